"""The tables of a corpus: from a document to the rows of each, and their Arrow schemas; every engine makes the same.

The layers have the columns of :mod:`nlp_toolkit.write.tables`. Each table also has ``year``, that of the document's date:
on disk it is the name of a folder (TABLE/year=2020/*.parquet, as Hive and Spark lay tables out), and never in the file.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from operator import attrgetter, itemgetter
from typing import Any

from nlp_toolkit.batch.place import place_of
from nlp_toolkit.batch.sketch import fingerprint, sketch
from nlp_toolkit.document import DEFAULT_LAYERS, Document, Passage
from nlp_toolkit.write import parquet
from nlp_toolkit.write.tables import DOCUMENTS, TABLES_WITH_TEXT, Column, Row, table_of, things

PASSAGES, SENTENCES, FAILURES, DUPLICATES = "passages", "sentences", "failures", "duplicates"
YEAR = "year"
NO_YEAR = (
    "__HIVE_DEFAULT_PARTITION__"  # the folder of documents without a date; DuckDB, Spark and Arrow take it for a null
)


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a document: a passage, or a sentence with the kind of none."""

    document: str
    start: int
    end: int
    text: str
    passage: Passage | None = None


@dataclass(frozen=True, slots=True)
class Failure:
    """A document, or a whole input, that could not be processed.

    ``document`` is its id where that is known, ``source`` the input below the folder named. ``kind`` is ``input`` (it
    cannot be read), ``error`` (the program failed on it), ``crash``, ``time`` or ``memory``; ``reason`` says more.
    """

    document: str | None
    source: str | None
    kind: str
    reason: str


def _beside_year(column: Column) -> Column:
    """A column, under another name where its own is that of the document's year: the year in a document's number."""
    return replace(column, name="number_year") if column.name == YEAR else column


_PART = (
    Column("document", "text", attrgetter("document")),
    Column("start", "whole", attrgetter("start")),
    Column("end", "whole", attrgetter("end")),
    Column("text", "text", attrgetter("text")),
)
_PASSAGE = (
    *_PART,
    Column("kind", "text", attrgetter("passage.kind")),
    Column("level", "whole", attrgetter("passage.level")),
    Column("themes", "texts", lambda part: tuple(theme.id for theme in part.passage.themes)),
)
_FAILURE = tuple(Column(name, "text", attrgetter(name)) for name in ("document", "source", "kind", "reason"))
# What is found out over all documents; see :mod:`nlp_toolkit.batch.duplicates`.
_DUPLICATE = (
    Column("document", "text", itemgetter("document")),
    Column("duplicate_of", "text", itemgetter("duplicate_of")),
    Column("near_duplicate_of", "text", itemgetter("near_duplicate_of")),
    Column("similarity", "number", itemgetter("similarity")),
    Column("skipped", "truth", itemgetter("skipped")),
)
_SOURCE = "source"
# What a corpus tells of a document beside what the document tells of itself; its source is not in the document.
_IN_CORPUS = (
    Column("place", "text", place_of),
    Column(_SOURCE, "text", lambda document: None),
    Column("fingerprint", "text", lambda document: fingerprint(document.text)),
    Column("sketch", "text", lambda document: sketch(document.text)),
)
TABLES: dict[str, tuple[Column, ...]] = {
    DOCUMENTS: (*TABLES_WITH_TEXT[DOCUMENTS], *_IN_CORPUS),
    PASSAGES: _PASSAGE,
    SENTENCES: _PART,
    **{table: tuple(map(_beside_year, found)) for table, found in TABLES_WITH_TEXT.items() if table != DOCUMENTS},
    FAILURES: _FAILURE,
    DUPLICATES: _DUPLICATE,
}
# The tables that are made of all documents together, at the end of a run.
DERIVED = (FAILURES, DUPLICATES)


def names(layers: Iterable[str] = DEFAULT_LAYERS) -> tuple[str, ...]:
    """The tables of a corpus with some layers, in the order in which they are shown.

    >>> names(["goals"])
    ('documents', 'passages', 'sentences', 'goals', 'failures', 'duplicates')
    """
    wanted = {DOCUMENTS, PASSAGES, SENTENCES, *DERIVED, *map(table_of, layers)}
    return tuple(table for table in TABLES if table in wanted)


def tables_of(
    document: Document, source: str | None = None, layers: Iterable[str] = DEFAULT_LAYERS
) -> dict[str, list[Row]]:
    """The rows of a document in every table but the derived ones, with plain values that Arrow takes and with the year.

    Parameters
    ----------
    document
        With an id that no other document of the corpus has.
    source
        The input that it came from, below the folder that was named; None where it is of no file.
    layers
        The layers that it was analysed for.

    >>> from datetime import date
    >>> from nlp_toolkit.document import Date
    >>> document = Document("到2025年。", "a", date=date(2023, 5, 1), spans=(Date(1, 6, "2025年", edtf="2025"),))
    >>> [(row["document"], row["edtf"], row["year"]) for row in tables_of(document)["dates"]]
    [('a', '2025', 2023)]
    """
    found = {table: _plain(table, _things(document, table)) for table in names(layers) if table not in DERIVED}
    year = document.date.year if document.date is not None else None
    found[DOCUMENTS][0][_SOURCE] = source
    for table in found.values():
        for row in table:
            row[YEAR] = year
    return found


def failures_of(failures: Iterable[Failure]) -> list[Row]:
    """The rows of failures, which have no year.

    >>> failures_of([Failure("a", "a.txt", "time", "took more than 60 seconds")])[0]["kind"]
    'time'
    """
    return [row | {YEAR: None} for row in _plain(FAILURES, failures)]


def _plain(table: str, things: Iterable[Any]) -> list[Row]:
    columns = TABLES[table]
    return [{column.name: parquet.plain(column.value(thing), column.kind) for column in columns} for thing in things]


def _things(document: Document, table: str) -> Iterable[Any]:
    """What the rows of a table stand for."""
    if table == PASSAGES:
        return (Part(document.id, p.start, p.end, p.text, p) for p in document.passages)
    if table == SENTENCES:
        return (Part(document.id, s.start, s.end, s.text) for s in document.sentences)
    return things(document, table)


def schema(table: str) -> Any:
    """The Arrow schema of a table as readers see it, with ``year`` (32 bits, null where the date is not known) last.

    >>> schema("sentences").names
    ['document', 'start', 'end', 'text', 'year']
    """
    import pyarrow as arrow

    return parquet.schema(TABLES[table]).append(arrow.field(YEAR, arrow.int32()))


def record_batch(table: str, found: list[Row]) -> Any:
    """Rows of a table as an Arrow record batch of its schema."""
    import pyarrow as arrow

    return arrow.RecordBatch.from_pylist(found, schema=schema(table))
