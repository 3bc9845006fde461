"""The figures of a report, counted in SQL over the tables of a corpus: each has rows, columns, cells, and what is behind.

A figure is made of facts: a row and a column of it, and the document and place in its text that count there.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from nlp_toolkit.document import JSON
from nlp_toolkit.report.layout import HEIGHT, WIDTH, arranged
from nlp_toolkit.write.safe import visible

BODIES, LINKS, ROLES, INDICATORS, THEMES, YEARS = 36, 150, 16, 20, 40, 40  # the most that a figure shows
DOCUMENTS_BEHIND = 20  # at most; fewer where the page would become too large
BUDGET = 3_400_000  # bytes for what is behind all cells; the rest of a page takes less than one megabyte
LONGEST_SENTENCE, BEFORE = 120, 24  # characters of a sentence that is shown, and of those before what counts in it
NATIONAL = "national"  # documents of no province
OTHER = "other"  # problems of no theme
TOGETHER, SENTENCES, LEADS = "together", "sentences", "leads"

# Numbers for documents: short to join by, and in one order whatever the order of the files.
_NUMBERED = """
CREATE TEMP TABLE numbered AS
SELECT (row_number() OVER (ORDER BY document) - 1)::INTEGER AS number, document, title, date, place, year, characters
FROM documents
"""
# The bodies whose network is drawn: those in most documents.
_BODIES = """
CREATE TEMP TABLE bodies AS
SELECT (row_number() OVER (ORDER BY count(DISTINCT document) DESC, canonical) - 1)::INTEGER AS node, canonical
FROM agencies WHERE kind = 'named' AND canonical IS NOT NULL GROUP BY canonical ORDER BY node LIMIT $bodies
"""
_MENTIONS = """
CREATE TEMP TABLE mentions AS
SELECT numbered.number, node, role, start, hash(sentence) AS sentence
FROM agencies JOIN bodies USING (canonical) JOIN numbered USING (document) WHERE kind = 'named'
"""
# For each figure the facts: row, column, number of the document, where in it, the table that tells, and its weight:
# of the documents behind a cell, the weightiest come first.
_FACTS = {
    "themes": """SELECT theme, year::VARCHAR, number, start, 'themes', score
        FROM themes JOIN numbered USING (document, year) WHERE year IS NOT NULL""",
    "places": f"""SELECT theme, coalesce(place, '{NATIONAL}'), number, start, 'themes', score
        FROM themes JOIN numbered USING (document)""",
    "bodies": """SELECT canonical, 'documents', number, start, 'agencies', 0 FROM mentions JOIN bodies USING (node)""",
    "roles": """SELECT canonical, role, number, start, 'agencies', 0 FROM agencies JOIN numbered USING (document)
        WHERE kind = 'named' AND canonical IS NOT NULL AND role IN ('lead', 'participant', 'issuer')""",
    "deadlines": """SELECT layer, year(deadline)::VARCHAR, number, start, layer, score FROM (
            SELECT 'goals' AS layer, document, start, deadline, score FROM goals
            UNION ALL SELECT 'tasks', document, start, deadline, 0 FROM tasks
        ) JOIN numbered USING (document) WHERE deadline IS NOT NULL""",
    "indicators": """SELECT indicator, 'goals', number, start, 'goals', score FROM goals JOIN numbered USING (document)
        WHERE indicator IS NOT NULL""",
    "problems": f"""SELECT theme, stance, number, start, 'problems', score FROM (
            SELECT document, stance, start, score, unnest(if(len(themes) > 0, themes, ['{OTHER}'])) AS theme FROM problems
        ) JOIN numbered USING (document)""",
    TOGETHER: """SELECT one.canonical, other.canonical, number, NULL, NULL, 0
        FROM (SELECT DISTINCT number, node FROM mentions) AS a
        JOIN (SELECT DISTINCT number, node FROM mentions) AS b USING (number)
        JOIN bodies AS one ON one.node = a.node JOIN bodies AS other ON other.node = b.node WHERE a.node < b.node""",
    SENTENCES: """SELECT one.canonical, other.canonical, number, a.start, 'agencies', 0
        FROM (SELECT number, sentence, node, min(start) AS start FROM mentions GROUP BY ALL) AS a
        JOIN (SELECT number, sentence, node FROM mentions GROUP BY ALL) AS b USING (number, sentence)
        JOIN bodies AS one ON one.node = a.node JOIN bodies AS other ON other.node = b.node WHERE a.node < b.node""",
    LEADS: """SELECT one.canonical, other.canonical, number, a.start, 'agencies', 0
        FROM (SELECT number, sentence, node, min(start) AS start FROM mentions WHERE role = 'lead' GROUP BY ALL) AS a
        JOIN (SELECT DISTINCT number, sentence, node FROM mentions WHERE role = 'participant') AS b
        USING (number, sentence)
        JOIN bodies AS one ON one.node = a.node JOIN bodies AS other ON other.node = b.node WHERE a.node <> b.node""",
}
_FACT = '("row", "column", number, start, layer, weight)'
# A fact a document, with how often it is in it and where first; then the first documents of each cell.
_CELLS = """
WITH facts {fact} AS ({facts}),
of_documents AS (
    SELECT "row", "column", number, count(*) AS times, max(coalesce(weight, 0)) AS weight,
        arg_min(start, (-coalesce(weight, 0)) * 1e9 + coalesce(start, 0)) AS start, min(layer) AS layer
    FROM facts GROUP BY "row", "column", number
),
ranked AS (
    SELECT *, row_number() OVER cell AS rank, sum(times) OVER whole AS count, count(*) OVER whole AS documents
    FROM of_documents JOIN numbered USING (number)
    WINDOW whole AS (PARTITION BY "row", "column"),
        cell AS (PARTITION BY "row", "column" ORDER BY of_documents.weight DESC, date DESC NULLS LAST, number)
)
SELECT "row", "column", count, documents, number, times, layer, start FROM ranked WHERE rank <= $behind
ORDER BY "row", "column", rank
"""
# The sentence at a place, and what counts in it. A passage's theme is told by its evidence.
_SENTENCES = {
    "themes": "SELECT number, start, min(text), min(coalesce(evidence[1], '')) FROM themes",
    "agencies": "SELECT number, start, min(sentence), min(text) FROM agencies",
    "goals": "SELECT number, start, min(sentence), min(text) FROM goals",
    "tasks": "SELECT number, start, min(sentence), min(text) FROM tasks",
    "problems": "SELECT number, start, min(sentence), min(text) FROM problems",
}
_RANGES = """
WITH figures AS (SELECT indicator, coalesce(unit, '') AS unit, value FROM goals WHERE indicator IN $names AND value IS NOT NULL),
units AS (SELECT indicator, unit, row_number() OVER (PARTITION BY indicator ORDER BY count(*) DESC, unit) AS rank
    FROM figures GROUP BY indicator, unit)
SELECT indicator, unit, min(value), median(value), max(value) FROM figures JOIN units USING (indicator, unit)
WHERE rank = 1 GROUP BY indicator, unit
"""

# What is counted of the whole corpus: the label that it is called by, and the column of the table of documents.
_COUNTED = {
    "date": "dates", "agency": "agencies", "document": "policy_documents", "goal": "goals", "problem": "problems",
    "task": "tasks", "themes": "themes",
}  # fmt: skip


@dataclass(slots=True)
class Cell:
    """How many facts there are in how many documents, and of the first of these: number, layer, place, times."""

    count: int
    documents: int
    behind: list[tuple[int, str | None, int | None, int]] = field(default_factory=list)


Cells = dict[tuple[str, str], Cell]


@dataclass(slots=True)
class Figure:
    """A figure; ``notes`` say what it leaves out, ``more`` is what its drawing needs beside."""

    name: str
    rows: list[str]
    columns: list[str]
    cells: Cells
    notes: list[tuple[str, int | None]] = field(default_factory=list)
    more: JSON = field(default_factory=dict)


def report_of(connection: Any, name: str, budget: int = BUDGET) -> JSON:
    """All that the page of a report shows, as JSON.

    Parameters
    ----------
    connection
        A DuckDB connection in which the tables of a corpus (see :mod:`nlp_toolkit.batch.tables`) can be asked.
    name
        What the corpus is called.
    budget
        The most bytes for the documents and sentences behind the figures.
    """
    for statement in (_NUMBERED, _BODIES, _MENTIONS):
        connection.execute(statement, {"bodies": BODIES} if "$bodies" in statement else None)
    cells = {figure: _cells(connection, facts) for figure, facts in _FACTS.items()}
    about = _about(connection)
    figures = [
        _themes(connection, cells["themes"], about),
        _places(connection, cells["places"]),
        *_network(cells),
        _roles(cells["roles"]),
        _deadlines(cells["deadlines"]),
        _indicators(connection, cells["indicators"]),
        _problems(cells["problems"]),
    ]
    return {"name": visible(name), "about": about, **_packed(connection, figures, budget)}


def _cells(connection: Any, facts: str) -> Cells:
    rows = connection.execute(_CELLS.format(fact=_FACT, facts=facts), {"behind": DOCUMENTS_BEHIND}).fetchall()
    cells: Cells = {}
    for row, column, count, documents, number, times, layer, start in rows:
        cell = cells.setdefault((row, column), Cell(int(count), documents))
        cell.behind.append((number, layer, start, times))
    return cells


def _about(connection: Any) -> JSON:
    """How large the corpus is and what was found in it."""
    documents, characters, undated, first, last = connection.execute(
        "SELECT count(*), coalesce(sum(characters), 0), count(*) FILTER (year IS NULL), min(year), max(year) FROM numbered"
    ).fetchone()
    sums = ", ".join(f"coalesce(sum({table}), 0)::BIGINT" for table in _COUNTED.values())
    found = connection.execute(f"SELECT {sums} FROM documents").fetchone()
    (failures,) = connection.execute("SELECT count(*) FROM failures").fetchone()
    return {
        "documents": documents, "characters": int(characters), "undated": undated, "first": first, "last": last,
        "failures": failures, "layers": list(zip(_COUNTED, found, strict=True)),
    }  # fmt: skip


def _figure(name: str, cells: Cells, rows: Iterable[str], columns: Iterable[str], **more: Any) -> Figure:
    """A figure of some of the rows and columns, without the cells of others."""
    rows, columns = list(rows), list(columns)
    shown = {at: cell for at, cell in cells.items() if at[0] in set(rows) and at[1] in set(columns)}
    return Figure(name, rows, columns, shown, more=more)


def _by_size(cells: Cells, axis: int = 0) -> list[str]:
    """The names on an axis, that with most documents first."""
    sizes: Counter[str] = Counter()
    for at, cell in cells.items():
        sizes[at[axis]] += cell.documents
    return sorted(sizes, key=lambda name: (-sizes[name], name))


def _themes(connection: Any, cells: Cells, about: JSON) -> Figure:
    """Themes by year; of more years than can be drawn, those that have most."""
    found = connection.execute("SELECT year, count(*) FROM numbered WHERE year IS NOT NULL GROUP BY year").fetchall()
    of_years = dict(found)
    years, outside = consecutive(of_years, YEARS)
    figure = _figure(
        "themes", cells, _by_size(cells)[:THEMES], map(str, years), base=[of_years.get(y, 0) for y in years]
    )
    if about["undated"]:
        figure.notes.append(("undated", about["undated"]))
    if outside:
        figure.notes.append(("other_years", outside))
    return figure


def _places(connection: Any, cells: Cells) -> Figure:
    found = connection.execute(
        f"SELECT coalesce(place, '{NATIONAL}') AS p, count(*) FROM numbered GROUP BY p"
    ).fetchall()
    of_places = dict(found)
    places = sorted(of_places, key=lambda place: (place != NATIONAL, -of_places[place], place))
    return _figure("places", cells, _by_size(cells)[:THEMES], places, base=[of_places[place] for place in places])


def _network(cells: Mapping[str, Cells]) -> list[Figure]:
    """The bodies with their places in the drawing, and their links of each kind."""
    names = _by_size(cells["bodies"])
    leading = [cells["roles"][name, "lead"].count if (name, "lead") in cells["roles"] else 0 for name in names]
    links = [
        _figure(kind, _strongest(cells[kind], kind == LEADS), names, names) for kind in (TOGETHER, SENTENCES, LEADS)
    ]
    at = {name: number for number, name in enumerate(names)}
    weights = {(at[one], at[other]): cell.documents for (one, other), cell in links[0].cells.items()}
    sizes = [cells["bodies"][name, "documents"].documents for name in names]
    places = [[round(x, 1), round(y, 1)] for x, y in arranged(sizes, weights, [len(visible(name)) for name in names])]
    bodies = _figure(
        "bodies", cells["bodies"], names, ["documents"], places=places, leading=leading, most=max(sizes, default=1),
        width=WIDTH, height=HEIGHT,
    )  # fmt: skip
    bodies.notes.append(("bodies", len(names)))
    return [bodies, *links]


def _strongest(cells: Cells, by_count: bool) -> Cells:
    def strength(at: tuple[str, str]) -> tuple[int, tuple[str, str]]:
        return -(cells[at].count if by_count else cells[at].documents), at

    return {at: cells[at] for at in sorted(cells, key=strength)[:LINKS]}


def _roles(cells: Cells) -> Figure:
    """Who leads, those that lead most often first."""
    names = {name for name, _ in cells}

    def times(name: str) -> tuple[int, int, str]:
        counts = {role: cells[name, role].count for role in ("lead", "participant") if (name, role) in cells}
        return -counts.get("lead", 0), -counts.get("participant", 0), name

    leading = [name for name in sorted(names, key=times) if (name, "lead") in cells or (name, "participant") in cells]
    return _figure("roles", cells, leading[:ROLES], ["lead", "participant", "issuer"])


def _deadlines(cells: Cells) -> Figure:
    due: Counter[int] = Counter()
    for (_, year), cell in cells.items():
        due[int(year)] += cell.count
    years, outside = consecutive(due, YEARS)
    figure = _figure("deadlines", cells, ["goals", "tasks"], map(str, years))
    if outside:
        figure.notes.append(("other_deadlines", outside))
    return figure


def _indicators(connection: Any, cells: Cells) -> Figure:
    names = sorted((name for name, _ in cells), key=lambda name: (-cells[name, "goals"].count, name))[:INDICATORS]
    ranges: dict[str, JSON] = {}
    if names:
        for indicator, unit, low, middle, high in connection.execute(_RANGES, {"names": names}).fetchall():
            ranges[indicator] = {"unit": visible(unit), "low": low, "middle": middle, "high": high}
    return _figure("indicators", cells, names, ["goals"], ranges=[ranges.get(name) for name in names])


def _problems(cells: Cells) -> Figure:
    names = [name for name in _by_size(cells)[: THEMES + 1] if name != OTHER]
    figure = _figure("problems", cells, names, ["reported", "guarded"])
    if others := sum(cell.count for (name, _), cell in cells.items() if name == OTHER):
        figure.notes.append(("other_problems", others))
    return figure


def consecutive(amounts: Mapping[int, int], most: int) -> tuple[list[int], int]:
    """The years from the first to the last, or as many in a row as are wanted and hold most; how much is outside.

    >>> consecutive({2018: 3, 2020: 1}, 10), consecutive({1912: 1, 2018: 3, 2020: 1}, 3)
    (([2018, 2019, 2020], 0), ([2018, 2019, 2020], 1))
    """
    if not amounts:
        return [], 0
    first, last = min(amounts), max(amounts)
    if last - first >= most:
        within = {
            year: sum(amount for other, amount in amounts.items() if year <= other < year + most) for year in amounts
        }
        first = max(within, key=lambda year: (within[year], year))
        last = max(year for year in amounts if year < first + most)
    inside = sum(amount for year, amount in amounts.items() if first <= year <= last)
    return list(range(first, last + 1)), sum(amounts.values()) - inside


def _packed(connection: Any, figures: list[Figure], budget: int) -> JSON:
    """The figures with as much behind each cell as fits, and the documents and sentences that they point to."""
    sentences = _sentences(connection, figures)
    sources = _sources(connection, {number for f in figures for cell in f.cells.values() for number, *_ in cell.behind})
    behind = _what_fits(figures, sources, sentences, budget)
    source_at: dict[int, int] = {}
    sentence_at: dict[str, int] = {}

    def packed(cell: Cell) -> list[list[int | None]]:
        return [
            [
                source_at.setdefault(number, len(source_at)),
                None if layer is None else sentence_at.setdefault(sentences[layer, number, start], len(sentence_at)),
                times,
            ]
            for number, layer, start, times in cell.behind[:behind]
        ]

    data = []
    for figure in figures:
        rows, columns = ({name: at for at, name in enumerate(names)} for names in (figure.rows, figure.columns))
        cells = [
            [rows[row], columns[column], cell.count, cell.documents, packed(cell)]
            for (row, column), cell in sorted(figure.cells.items(), key=lambda i: (rows[i[0][0]], columns[i[0][1]]))
        ]
        names = {"rows": [visible(name) for name in figure.rows], "columns": [visible(name) for name in figure.columns]}
        data.append({"name": figure.name, **names, "notes": figure.notes, **figure.more, "cells": cells})
    return {"figures": data, "sources": [sources[number] for number in source_at], "sentences": list(sentence_at)}


def _sentences(connection: Any, figures: list[Figure]) -> dict[tuple[str | None, int, int | None], str]:
    """The sentence at each place that is pointed to, cut to what is shown."""
    wanted: defaultdict[str, set[tuple[int, int]]] = defaultdict(set)
    for figure in figures:
        for cell in figure.cells.values():
            for number, layer, start, _ in cell.behind:
                if layer is not None and start is not None:
                    wanted[layer].add((number, start))
    found: dict[tuple[str | None, int, int | None], str] = {}
    for layer, places in wanted.items():
        numbers, starts = zip(*sorted(places), strict=True)
        rows = connection.execute(
            "WITH wanted AS (SELECT unnest($numbers) AS number, unnest($starts) AS start) "
            f"{_SENTENCES[layer]} JOIN numbered USING (document) SEMI JOIN wanted USING (number, start) GROUP BY number, start",
            {"numbers": list(numbers), "starts": list(starts)},
        ).fetchall()
        for number, start, sentence, counted in rows:
            found[layer, number, start] = clipped(visible(sentence), visible(counted or ""))
    return found


def _sources(connection: Any, numbers: set[int]) -> dict[int, list[str | None]]:
    """Id, title and date of documents."""
    rows = connection.execute(
        "SELECT number, document, title, date::VARCHAR FROM numbered WHERE number IN (SELECT unnest($numbers))",
        {"numbers": sorted(numbers)},
    ).fetchall()
    return {
        number: [visible(document), visible(title)[:LONGEST_SENTENCE] if title else None, day]
        for number, document, title, day in rows
    }


def _what_fits(
    figures: list[Figure], sources: Mapping[int, list[str | None]], sentences: Mapping[Any, str], budget: int
) -> int:
    """How many documents behind each cell the budget allows."""
    sizes = [0] * DOCUMENTS_BEHIND  # what the document of each rank adds to the page
    seen: set[Any] = set()
    for rank in range(DOCUMENTS_BEHIND):
        for figure in figures:
            for cell in figure.cells.values():
                for number, layer, start, _ in cell.behind[rank : rank + 1]:
                    sizes[rank] += 20
                    for key, text in (
                        (number, "".join(part or "" for part in sources[number])),
                        ((layer, number, start), sentences.get((layer, number, start), "")),
                    ):
                        if key not in seen:
                            seen.add(key)
                            sizes[rank] += len(text.encode()) + 12
    fitting = 0
    while fitting < DOCUMENTS_BEHIND and (budget := budget - sizes[fitting]) >= 0:
        fitting += 1
    return fitting


def clipped(sentence: str, counted: str) -> str:
    """A sentence, or of a long one the part around what counts in it.

    >>> clipped("一" * 200 + "数据孤岛" + "二" * 200, "数据孤岛")[:30]
    '…一一一一一一一一一一一一一一一一一一一一一一一一数据孤岛二'
    """
    sentence = " ".join(sentence.split())
    if len(sentence) <= LONGEST_SENTENCE:
        return sentence
    at = max(0, sentence.find(counted) - BEFORE)
    at = min(at, len(sentence) - LONGEST_SENTENCE)
    part = sentence[at : at + LONGEST_SENTENCE]
    return f"{'…' if at else ''}{part}{'…' if at + LONGEST_SENTENCE < len(sentence) else ''}"
