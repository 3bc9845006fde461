"""The report of a corpus: its figures are those of the documents, and it can be used in a real browser."""

from __future__ import annotations

import base64
import json
import re
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from importlib.util import find_spec
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from nlp_toolkit import report
from nlp_toolkit.analyzer import Analyzer
from nlp_toolkit.batch.place import place_of
from nlp_toolkit.document import Document
from nlp_toolkit.errors import PolicyError
from nlp_toolkit.evaluate import read_gold
from nlp_toolkit.report import figures
from nlp_toolkit.report.layout import HEIGHT, WIDTH, arranged
from nlp_toolkit.write import write
from tests.browser import Browser, contrast, server
from tests.conftest import ROOT, needed
from tests.test_write_html import ATTACK, hostile

PAGE = ROOT / "nlp_toolkit/write/page"


@pytest.fixture(scope="module", autouse=True)
def _parts() -> None:
    needed(find_spec("duckdb") is not None and find_spec("pyarrow") is not None, "pip install '.[batch]'")


@pytest.fixture(scope="module")
def corpus(nlp: Analyzer) -> list[Document]:
    gold = read_gold(ROOT / "corpora/documents.jsonl")
    documents = [nlp.analyze(one.text, date=one.date, id=one.id) for one in gold]
    return [*documents, nlp.analyze("财政部牵头、教育部参与，到2030年建成100所学校。", id="undated")]


@pytest.fixture(scope="module")
def annotated(corpus: list[Document], tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("report") / "语料.jsonl"
    write(corpus, path)
    return path


@pytest.fixture(scope="module")
def counted(annotated: Path) -> dict[str, Any]:
    with report._opened(annotated) as connection:
        return figures.report_of(connection, annotated.stem)


@pytest.fixture(scope="module")
def page(annotated: Path) -> Path:
    report.write(annotated, annotated.with_suffix(".html"))
    return annotated.with_suffix(".html")


def cells_of(counted: dict[str, Any], name: str) -> dict[tuple[str, str], tuple[int, int]]:
    """How many facts in how many documents a figure tells, by row and column."""
    figure = next(figure for figure in counted["figures"] if figure["name"] == name)
    return {(figure["rows"][r], figure["columns"][c]): (n, documents) for r, c, n, documents, _ in figure["cells"]}


# ---- The figures are those of the documents


def facts_of(documents: list[Document]) -> dict[str, list[tuple[str, str, str]]]:
    """For each figure its facts in plain Python: row, column, id of the document."""
    facts: dict[str, list[tuple[str, str, str]]] = defaultdict(list)
    for document in documents:
        named = [agency for agency in document.agencies if agency.kind == "named" and agency.canonical]
        for theme in (theme.id for passage in document.passages for theme in passage.themes):
            facts["places"].append((theme, place_of(document) or "national", document.id))
            if document.date:
                facts["themes"].append((theme, f"{document.date.year}", document.id))
        for layer, things in (("goals", document.goals), ("tasks", document.tasks)):
            facts["deadlines"] += [(layer, f"{one.deadline.year}", document.id) for one in things if one.deadline]
        facts["indicators"] += [(goal.indicator, "goals", document.id) for goal in document.goals if goal.indicator]
        for problem in document.problems:
            facts["problems"] += [(theme, problem.stance, document.id) for theme in problem.themes]
        facts["roles"] += [
            (one.canonical, one.role, document.id) for one in named if one.role in ("lead", "participant", "issuer")
        ]  # type: ignore[misc]
        facts["bodies"] += [(one.canonical, "documents", document.id) for one in named]  # type: ignore[misc]
    return facts


@pytest.mark.parametrize("name", ["themes", "places", "bodies", "roles", "deadlines", "indicators", "problems"])
def test_figures_equal_the_documents(corpus: list[Document], counted: dict[str, Any], name: str) -> None:
    facts = facts_of(corpus)[name]
    expected = {
        cell: (number, len({document for *at, document in facts if tuple(at) == cell}))
        for cell, number in Counter((row, column) for row, column, _ in facts).items()
    }
    shown = cells_of(counted, name)
    figure = next(figure for figure in counted["figures"] if figure["name"] == name)
    assert len(shown) > 10
    assert shown == {at: n for at, n in expected.items() if at[0] in figure["rows"] and at[1] in figure["columns"]}
    if name in ("themes", "places", "deadlines", "problems"):
        assert len(shown) == len(expected)


def test_links_equal_the_documents(corpus: list[Document], counted: dict[str, Any]) -> None:
    together: Counter[frozenset[str]] = Counter()
    leads: Counter[tuple[str, str]] = Counter()
    for document in corpus:
        named = [agency for agency in document.agencies if agency.kind == "named" and agency.canonical]
        together.update(map(frozenset, combinations({one.canonical for one in named}, 2)))  # type: ignore[arg-type]
        for start, end in document.sentence_bounds:
            inside = [one for one in named if start <= one.start < end]
            leads.update(
                {
                    (one.canonical, other.canonical): 1  # type: ignore[misc]
                    for one in inside for other in inside
                    if (one.role, other.role) == ("lead", "participant") and one.canonical != other.canonical
                }
            )  # fmt: skip
    shown = cells_of(counted, "together")
    assert len(shown) > 50
    assert all(together[frozenset(pair)] == documents for pair, (_, documents) in shown.items())
    assert {pair: count for pair, (count, _) in cells_of(counted, "leads").items()}.items() <= leads.items()
    assert cells_of(counted, "leads")


def test_ranges_are_of_the_most_usual_unit(nlp: Analyzer, tmp_path: Path) -> None:
    texts = ("到2025年，森林覆盖率达到20%。", "到2026年，森林覆盖率达到30%。", "到2027年，森林覆盖率达到70%。")
    write([nlp.analyze(text, id=text) for text in texts], tmp_path / "a.jsonl")
    with report._opened(tmp_path / "a.jsonl") as connection:
        shown = next(f for f in figures.report_of(connection, "a")["figures"] if f["name"] == "indicators")
    assert shown["rows"] == ["森林覆盖率"]
    assert shown["ranges"] == [{"unit": "%", "low": 20, "middle": 30, "high": 70}]


def test_behind_a_cell_are_its_documents(corpus: list[Document], counted: dict[str, Any]) -> None:
    by_id = {document.id: document for document in corpus}
    seen = 0
    for figure in counted["figures"]:
        for row, column, _, documents, behind in figure["cells"]:
            assert len(behind) == min(documents, figures.DOCUMENTS_BEHIND)
            assert len({source for source, *_ in behind}) == len(behind)
            for source, sentence, times in behind:
                document = by_id[counted["sources"][source][0]]
                assert times >= 1
                if sentence is not None:
                    seen += 1
                    words = counted["sentences"][sentence].strip("…")
                    assert words in " ".join(document.text.split())
                    assert len(words) <= figures.LONGEST_SENTENCE
                if figure["name"] == "themes":
                    assert str(document.date.year) == figure["columns"][column]  # type: ignore[union-attr]
                    themes = {theme.id for passage in document.passages for theme in passage.themes}
                    assert figure["rows"][row] in themes
    assert seen > 500


def test_a_small_budget_leaves_fewer_documents_behind(annotated: Path, counted: dict[str, Any]) -> None:
    def weight(some: dict[str, Any]) -> int:
        return len(json.dumps([some["sources"], some["sentences"]], ensure_ascii=False).encode())

    with report._opened(annotated) as connection:
        small = figures.report_of(connection, "a", budget=120_000)
    assert weight(small) < 120_000 < weight(counted)
    for name in ("themes", "places", "problems"):
        assert cells_of(small, name) == cells_of(counted, name)


def test_the_same_corpus_makes_the_same_page(annotated: Path, page: Path, tmp_path: Path) -> None:
    report.write(annotated, tmp_path / "again.html")
    assert (tmp_path / "again.html").read_bytes() == page.read_bytes()


@pytest.mark.parametrize("count", [0, 1, 2, 36])
def test_no_body_lies_on_another(count: int) -> None:
    links = {(one, other): 1 for one in range(count) for other in range(one + 1, count) if (one * other) % 5 == 0}
    places = arranged([count - at for at in range(count)], links, [8] * count)
    assert len(places) == count
    assert all(0 <= x <= WIDTH and 0 <= y <= HEIGHT for x, y in places)
    for (x, y), (u, v) in combinations(places, 2):
        assert abs(x - u) > 50 or abs(y - v) > 20


# ---- The command


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "nlp_toolkit", "report", *map(str, arguments)], capture_output=True, text=True)  # fmt: skip


@pytest.mark.parametrize(
    ("contents", "said"),
    [
        (b"plain text", "line 1"),
        (b'{"id": "a", "text": "abc"}', "no annotated document"),
        (
            b'{"text": "abc", "passages": [], "spans": [{"label": "DATE", "start": 5, "end": 9}]}',
            "lies outside the text",
        ),
        (b"[]\n", "no annotated document"),
        (b"\xff\xfe", "line 1"),
        (b"[" * 100_000, "line 1"),
    ],
)
def test_what_is_no_annotated_file_is_named_and_nothing_is_written(tmp_path: Path, contents: bytes, said: str) -> None:
    source, target = tmp_path / "a.jsonl", tmp_path / "a.html"
    source.write_bytes(contents)
    with pytest.raises(PolicyError, match=said) as error:
        report.write(source, target)
    assert "a.jsonl" in str(error.value)
    assert "nlp-toolkit annotate" in str(error.value)
    assert list(tmp_path.iterdir()) == [source]


def test_the_command(annotated: Path, page: Path, tmp_path: Path) -> None:
    done = run(annotated, "-o", tmp_path / "a.html")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert (tmp_path / "a.html").read_bytes() == page.read_bytes()
    for source, said in ((tmp_path / "missing", "check the name"), (tmp_path, "holds no corpus")):
        done = run(source, "-o", tmp_path / "b.html")
        assert (done.returncode, said in done.stderr) == (2, True)
        assert done.stderr.count("\n") == 1
    done = run(annotated, "-o", tmp_path / "no/such/folder.html")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert [path.name for path in tmp_path.iterdir()] == ["a.html"]


def test_documents_of_one_id_are_told_apart(corpus: list[Document], tmp_path: Path) -> None:
    write([replace(corpus[0], id="a"), replace(corpus[1], id="a"), replace(corpus[2], id="")], tmp_path / "a.jsonl")
    assert [document.id for document in report.annotated(tmp_path / "a.jsonl")] == ["a", "a (2)", "3"]


def test_labels_of_the_report_are_used() -> None:
    keys = {line.split("\t")[0] for line in (PAGE / "labels.tsv").read_text(encoding="utf-8").splitlines()}
    code = "".join((PAGE / name).read_text(encoding="utf-8") for name in ("report.html", "report.js", "base.js"))
    said = set(re.findall(r'["`]((?:ui|report)\.[a-z_]+)["`]', code))
    assert said <= keys
    names = set(re.findall(r"^  (\w+): \{ row", code, re.MULTILINE))
    notes = set(
        re.findall(r'\("(\w+)", (?:about|outside|len|others)', Path(figures.__file__).read_text(encoding="utf-8"))
    )
    columns = {f"report.{name}" for name in ("documents", "goals", "tasks", "number", "share", *names)}
    spoken = said | columns | {f"report.of.{name}" for name in names} | {f"report.note.{name}" for name in notes}
    assert {key for key in keys if key.startswith("report.")} <= spoken


# ---- The page in a browser

MARK = 'return document.querySelector(`.mark[data-figure="{}"]`)'


def press_mark(browser: Browser, label: str) -> None:
    """Click the mark whose label begins so."""
    browser.run(
        "const mark = [...document.querySelectorAll('.mark')].find((m) => m.getAttribute('aria-label').startsWith(arguments[0]));"
        "mark.scrollIntoView({block: 'center'}); mark.querySelector('rect, circle').dispatchEvent(new MouseEvent('click', {bubbles: true}))",
        label,
    )


def test_every_cell_is_a_mark_with_its_number(browser: Browser, page: Path, counted: dict[str, Any]) -> None:
    browser.show(page)
    for name in ("themes", "places", "roles", "deadlines", "indicators", "problems", "bodies", "together"):
        said = browser.run(
            "return [...document.querySelectorAll(`.mark[data-figure='${arguments[0]}']`)].map((m) => m.getAttribute('aria-label'))",
            name,
        )
        wanted = sorted(documents for _, documents in cells_of(counted, name).values())
        assert sorted(int(re.search(r"([\d,]+) documents$", label)[1]) for label in said) == wanted  # type: ignore[index]
    shown = browser.texts("#figure-problems .rows li:first-child .count")[0]
    top = next(figure for figure in counted["figures"] if figure["name"] == "problems")["rows"][0]
    counts = cells_of(counted, "problems")
    assert shown == " + ".join(
        f"{counts[top, stance][0]}" for stance in ("reported", "guarded") if (top, stance) in counts
    )


def test_bars_are_as_tall_as_their_numbers(browser: Browser, page: Path) -> None:
    browser.show(page)
    bars = browser.run(
        """return [...document.querySelectorAll('#figure-themes .mark')].map((mark) => [
             Number(mark.getAttribute('aria-label').match(/(\\d+) documents/)[1]),
             Number(mark.querySelector('.first').getAttribute('height'))])"""
    )
    ratios = {round(tall / documents, 6) for documents, tall in bars}
    assert len(bars) > 50
    assert len(ratios) == 1


def test_a_click_shows_the_documents(browser: Browser, page: Path, counted: dict[str, Any]) -> None:
    browser.show(page)
    assert browser.run("return document.querySelector('#behind').hidden")
    (theme, year), (number, documents) = max(cells_of(counted, "themes").items(), key=lambda item: item[1][1])
    label = browser.run("return labels[arguments[0]].en", f"theme.{theme}")
    press_mark(browser, f"{label} · {year}: {number} passages · {documents} documents")
    assert browser.texts("#behind-title") == [f"{label} · {year}"]
    assert browser.texts("#behind .facts") == [f"{number} passages · {documents} documents"]
    assert len(browser.texts("#behind .sources li")) == documents
    assert all(text.startswith(year) for text in browser.texts("#behind .sources .aside"))
    browser.click("#close")
    assert browser.run("return document.querySelector('#behind').hidden")
    assert browser.run("return document.activeElement.dataset.figure") == "themes"


def test_what_is_not_shown_is_counted(browser: Browser, annotated: Path, tmp_path: Path) -> None:
    with report._opened(annotated) as connection:
        some = figures.report_of(connection, "a", budget=120_000)
    (tmp_path / "a.html").write_text(report.page_of(some), encoding="utf-8")
    browser.show(tmp_path / "a.html")
    (theme, place), (number, documents) = max(cells_of(some, "places").items(), key=lambda item: item[1][1])
    assert place == "national"
    press_mark(browser, f"{browser.run('return labels[arguments[0]].en', f'theme.{theme}')} · National")
    shown = len(browser.texts("#behind .sources li"))
    assert 0 < shown < documents
    assert browser.texts("#behind .facts") == [
        f"{number} passages · {documents} documents · the first {shown} are shown"
    ]


def test_a_body_leads_to_those_it_appears_with(browser: Browser, page: Path, counted: dict[str, Any]) -> None:
    browser.show(page)
    press_mark(browser, "财政部: ")
    together = {pair: documents for pair, (_, documents) in cells_of(counted, "together").items() if "财政部" in pair}
    first = browser.texts("#behind .related:first-of-type li")[0].split("\n")
    assert int(first[-1]) == max(together.values())
    assert browser.run("return document.querySelectorAll('.mark.chosen').length") == len(together) + 1
    browser.click("#behind .related .jump")
    assert browser.texts("#behind .facts") == [f"{max(together.values())} documents"]
    browser.run("document.querySelector('input[value=leads]').click()")
    leads = cells_of(counted, "leads")
    assert browser.run("return document.querySelectorAll('.mark[data-figure=leads]').length") == len(leads)
    assert browser.run("return document.querySelectorAll('.mark[data-figure=together]').length") == 0
    press_mark(browser, "财政部: ")
    assert "财政部 → 教育部" in " ".join(browser.texts("#behind .related .jump"))


def test_shares(browser: Browser, page: Path, counted: dict[str, Any]) -> None:
    browser.show(page)
    numbers = "return [...document.querySelectorAll('#figure-places .mark text')].map((e) => e.textContent)"
    before = browser.run(numbers)
    browser.run("document.querySelector('input[name=share-places][value=share]').click()")
    base = next(figure for figure in counted["figures"] if figure["name"] == "places")["base"]
    after = browser.run(numbers)
    assert len(after) == len(before)
    national = int(before[0])
    assert after[0] == f"{100 * national / base[0]:.0f}%"
    assert browser.run("return document.activeElement.value") == "share"


def test_with_keys_alone(browser: Browser, page: Path) -> None:
    from selenium.webdriver.common.keys import Keys

    browser.show(page)
    focus = "document.querySelector('#figure-{} .mark[tabindex=\"0\"]').focus()"
    at = "return [document.activeElement.dataset.row, document.activeElement.dataset.column].map(Number)"
    for name in ("themes", "places", "bodies", "roles", "deadlines", "indicators", "problems"):
        browser.run(focus.format(name))
        begun = browser.run(at)
        browser.press(Keys.ARROW_DOWN)
        down = browser.run(at)
        assert down[0] > begun[0] or name == "deadlines"
        browser.press(Keys.ARROW_UP)
        assert (
            browser.run("return document.querySelectorAll(`#figure-${arguments[0]} .mark[tabindex='0']`).length", name)
            == 1
        )
    browser.run(focus.format("themes"))
    browser.press(Keys.ARROW_RIGHT)
    here = browser.run(at)
    browser.press(Keys.ENTER)
    assert browser.run("return document.activeElement.id") == "behind-title"
    browser.press(Keys.ESCAPE)
    assert browser.run("return document.querySelector('#behind').hidden")
    assert browser.run(at) == here


def test_the_numbers_as_tables(browser: Browser, page: Path, counted: dict[str, Any]) -> None:
    browser.show(page)
    browser.click("#figure-problems summary")
    browser.until("document.querySelectorAll('#figure-problems tbody tr').length > 0")
    rows = browser.texts("#figure-problems tbody tr")
    assert len(rows) == len(cells_of(counted, "problems"))
    assert sorted(int(row.split("\t")[-1]) for row in rows) == sorted(
        d for _, d in cells_of(counted, "problems").values()
    )


def test_both_languages(browser: Browser, page: Path) -> None:
    browser.show(page)
    assert "Themes over time" in browser.texts("h2")
    assert browser.run("return document.title") == "语料 · Policy corpus report"
    browser.click('[data-language="zh"]')
    seen = " ".join(browser.texts(".bar, main"))
    assert "数据孤岛与信息壁垒" in seen
    assert set(re.findall(r"[A-Za-z]{3,}", seen)) <= {"English", "Esc", "GDP"}


def test_on_a_telephone(browser: Browser, page: Path) -> None:
    browser.show(page, width=360, height=700)
    assert browser.run("return document.documentElement.scrollWidth <= innerWidth")
    press_mark(browser, "财政部: ")
    box = browser.run("return document.querySelector('#behind').getBoundingClientRect().toJSON()")
    assert (box["left"], box["bottom"], box["width"]) == (0, 700, 360)
    assert box["top"] > 200


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_colours_can_be_read(browser: Browser, page: Path, scheme: str) -> None:
    browser.show(page, color_scheme=scheme)
    assert (browser.style("body", "background-color") == "rgb(255, 255, 255)") == (scheme == "light")
    for colour in ("--accent", "--goal", "--problem", "--agency", "--faint"):
        assert contrast(browser, colour, "--ground") >= 3
    light = browser.run(  # of a number on the darkest cell, and of the cell: how far apart their lights are
        """const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
           const of = (colour) => { canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
             const [r, g, b] = [...canvas.getImageData(0, 0, 1, 1).data].map((p) => (p /= 255) <= .04045 ? p / 12.92 : ((p + .055) / 1.055) ** 2.4);
             return .2126 * r + .7152 * g + .0722 * b; };
           return Math.min(...[...document.querySelectorAll('#figure-places .mark')].map((mark) => {
             const [a, b] = [of(getComputedStyle(mark.querySelector('rect')).fill), of(getComputedStyle(mark.querySelector('text')).fill)];
             return (Math.max(a, b) + .05) / (Math.min(a, b) + .05); }))"""
    )
    assert light >= 4.5


def test_stances_differ_by_pattern_as_well_as_by_colour(browser: Browser, page: Path) -> None:
    browser.show(page)
    fills = [browser.style(f"#figure-problems .{kind}", "fill") for kind in ("first", "second")]
    assert "url" not in fills[0]
    assert "stripes" in fills[1]


def test_print_holds_every_figure(browser: Browser, page: Path) -> None:
    needed(find_spec("pypdfium2") is not None, "pypdfium2 is not installed: nlp-toolkit[pdf]")
    import pypdfium2

    browser.show(page, color_scheme="dark")
    printed = browser.driver.execute_cdp_cmd("Page.printToPDF", {})
    pages = list(pypdfium2.PdfDocument(base64.b64decode(printed["data"])))
    text = "".join("".join(one.get_textpage().get_text_range() for one in pages).split())
    for part in ("Themesovertime", "Themesbyplace", "Network", "Wholeads", "Timeline", "Topindicators", "stance"):
        assert part in text
    assert "Pressany" not in text
    assert pages[0].render().to_pil().getpixel((2, 2)) == (255, 255, 255)


def test_everything_that_can_be_used_has_a_name(browser: Browser, page: Path) -> None:
    browser.show(page)
    press_mark(browser, "财政部: ")
    nodes = browser.driver.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
    used = {"button", "radio", "region", "group", "heading", "link", "navigation", "complementary"}
    shown = [node for node in nodes if not node["ignored"] and node["role"]["value"] in used]
    assert len(shown) > 300
    nameless = [node["role"]["value"] for node in shown if not node["name"]["value"].strip()]
    assert set(nameless) <= {"group"}  # of the tables that can be opened
    ids = browser.run("return [...document.querySelectorAll('[id]')].map((e) => e.id)")
    assert len(ids) == len(set(ids))


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, list[str], str]]:
    """The address of a report of hostile documents, what its server was asked for, and the address they point to."""
    with server(b"") as (outside, asked):
        folder = tmp_path_factory.mktemp("attacked")
        bad = hostile(outside)
        agency = replace(bad.agencies[0], kind="named", role="lead")
        bad = replace(bad, date=date(2020, 1, 1), spans=(*bad.spans, agency))
        write([bad, replace(bad, id=bad.id + "2")], folder / "a.jsonl")
        with report._opened(folder / "a.jsonl") as connection:
            contents = report.page_of(figures.report_of(connection, ATTACK))
        with server(contents.encode()) as (address, _):
            yield address, asked, outside


def test_no_request_leaves_and_no_attack_runs(chromium: Browser, attacked: tuple[str, list[str], str]) -> None:
    address, asked, outside = attacked
    chromium.complaints()
    chromium.requests()
    chromium.show(f"{address}/report.html")
    assert ATTACK[:8] in chromium.texts("h1")[0]
    marks = chromium.run("return document.querySelectorAll('.mark').length")
    assert marks >= 6
    for at in range(marks):
        chromium.run(
            "document.querySelectorAll('.mark')[arguments[0]].dispatchEvent(new MouseEvent('click', {bubbles: true}))",
            at,
        )
        assert "<script>" in chromium.texts("#behind")[0]
    assert chromium.complaints() == []
    assert chromium.run("return window.attacked") is None
    assert [url for url in chromium.requests() if not url.startswith("data:")] == [f"{address}/report.html"]
    blocked = chromium.driver.execute_async_script(
        "const [address, done] = arguments; fetch(address).then(() => done('sent'), () => done('refused'))", outside
    )
    assert blocked == "refused"
    assert asked == []
    chromium.complaints()  # the browser says what it has refused


def test_an_empty_corpus(browser: Browser, tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(b"")
    write([Document("", "a")], tmp_path / "b.jsonl")
    for name, documents in (("a", 0), ("b", 1)):
        report.write(tmp_path / f"{name}.jsonl", tmp_path / f"{name}.html")
        browser.show(tmp_path / f"{name}.html")
        assert browser.texts(".facts")[0].startswith(f"{documents} documents")
        assert set(browser.texts(".figure .empty")) == {"Nothing here"}
        assert len(browser.texts(".figure .empty")) == 7


def test_a_hundred_thousand_documents_make_a_small_page_that_opens_at_once(
    browser: Browser, annotated: Path, tmp_path: Path
) -> None:
    """The documents over and over, each time with other ids, years and words."""
    with report._opened(annotated) as connection:
        for table in ("documents", "themes", "agencies", "goals", "tasks", "problems"):
            rows = connection.execute(
                f"SELECT column_name FROM information_schema.columns WHERE table_name = '{table}' ORDER BY ordinal_position"
            )
            changed = {
                "document": "document || '-' || i",
                "year": "(year - i % 25)::INTEGER",
                "text": "i || text",
                "sentence": "i || sentence",
            }
            values = ", ".join(changed.get(column, f'"{column}"') for (column,) in rows.fetchall())
            connection.execute(f"INSERT INTO {table} SELECT {values} FROM {table}, range(900) AS r(i)")
        counted = figures.report_of(connection, "a")
    assert counted["about"]["documents"] > 100_000
    contents = report.page_of(counted).encode()
    assert 1_000_000 < len(contents) < 5_000_000
    (tmp_path / "a.html").write_bytes(contents)
    begun = time.monotonic()
    browser.show(tmp_path / "a.html")
    assert time.monotonic() - begun < 10  # seconds; less than two on a machine with nothing else to do
    press_mark(browser, "财政部: ")
    assert "the first" in browser.texts("#behind .facts")[0]
