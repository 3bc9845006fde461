"""The tables of documents: one a layer, with the columns that its type in :mod:`nlp_toolkit.document` gives it.

CSV, XLSX, Parquet, Markdown and ``Document.to_frame`` all show these columns.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, fields
from datetime import date
from functools import partial
from operator import attrgetter
from typing import Any, Literal

from nlp_toolkit.document import (
    DEFAULT_LAYERS,
    LAYERS,
    SPAN_TYPES,
    THEMES,
    Decided,
    Document,
    Passage,
    PolicyDocument,
    Quantity,
    Span,
    Task,
    Theme,
    plain_number,
)
from nlp_toolkit.write.safe import as_json

# What stands in a column: text, a day, a whole number, any number, yes or no, or several texts, character ranges or
# quantities.
Kind = Literal["text", "day", "whole", "number", "truth", "texts", "ranges", "quantities"]
Row = dict[str, Any]

DOCUMENTS = "documents"
POLICY_DOCUMENTS = "policy_documents"  # the layer ``documents``, whose name the table of the documents themselves has
FIGURE = ("comparator", "value", "unit", "change")  # the parts of a quantity in columns of their own
_SEPARATOR = "; "


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its name, what it holds, and how to get that from the thing that a row stands for."""

    name: str
    kind: Kind
    value: Callable[[Any], Any]


def table_of(layer: str) -> str:
    """The table of a layer.

    >>> table_of("goals"), table_of("documents")
    ('goals', 'policy_documents')
    """
    return POLICY_DOCUMENTS if layer == PolicyDocument.layer else layer


def _span_columns(span_type: type[Span]) -> Iterator[Column]:
    """The columns of a layer's own attributes."""
    for attribute in fields(span_type):
        name = attribute.name
        match attribute.type:
            case _ if name in ("start", "end", "text", "score", "evidence"):
                continue
            case "date | None":
                yield Column(name, "day", attrgetter(name))
            case "int | None":
                yield Column(name, "whole", attrgetter(name))
            case "float | None":
                yield Column(name, "number", attrgetter(name))
            case "tuple[str, ...]":
                yield Column(name, "texts", attrgetter(name))
            case "tuple[Quantity, ...]":  # the first in columns to sort and count by, all of them in one
                yield from _figure_columns(partial(_first, name))
                yield Column(name, "quantities", attrgetter(name))
            case "Quantity":
                yield from _figure_columns(attrgetter(name))
            case "Quantity | None":
                yield from _figure_columns(attrgetter(name), f"{name}_")
            case _:
                yield Column(name, "text", attrgetter(name))


def _first(name: str, span: Span) -> Any:
    return next(iter(getattr(span, name)), None)


def _figure_columns(quantity: Callable[[Any], Quantity | None], prefix: str = "") -> Iterator[Column]:
    def part(name: str, kind: Kind) -> Column:
        return Column(prefix + name, kind, lambda row: getattr(quantity(row), name, None))

    yield part("comparator", "text")
    yield part("value", "number")
    yield part("unit", "text")
    yield part("change", "text")


@dataclass(frozen=True, slots=True)
class _Found:
    """A row of a layer: a span, or a passage's theme, in its document."""

    document: Document
    item: Span | Passage
    sentence: str
    theme: Theme | None = None


def _of_item(column: Column) -> Column:
    return Column(column.name, column.kind, lambda row: column.value(row.item))


_PLACE = (
    Column("document", "text", attrgetter("document.id")),
    Column("start", "whole", attrgetter("item.start")),
    Column("end", "whole", attrgetter("item.end")),
    Column("text", "text", attrgetter("item.text")),
)
_DECISION = (
    Column("score", "number", attrgetter("item.score")),
    Column("evidence", "texts", lambda row: tuple(row.document.text[s:e] for s, e in row.item.evidence)),
    Column("evidence_at", "ranges", attrgetter("item.evidence")),
)
_THEME = (
    *_PLACE,
    Column("kind", "text", attrgetter("item.kind")),
    Column("theme", "text", attrgetter("theme.id")),
    Column("score", "number", attrgetter("theme.score")),
    Column("evidence", "texts", lambda row: tuple(row.document.text[s:e] for s, e in row.theme.evidence)),
    Column("evidence_at", "ranges", attrgetter("theme.evidence")),
)


def _count(layer: str) -> Column:
    if layer == THEMES:
        return Column(layer, "whole", lambda document: sum(len(passage.themes) for passage in document.passages))
    return Column(table_of(layer), "whole", lambda document: len(getattr(document, layer)))


_DOCUMENT = (
    Column("document", "text", attrgetter("id")),
    Column("title", "text", attrgetter("title")),
    Column("date", "day", attrgetter("date")),
    Column("script", "text", attrgetter("script")),
    Column("characters", "whole", lambda document: len(document.text)),
    Column("sentences", "whole", lambda document: len(document.sentence_bounds)),
    *(_count(layer) for layer in DEFAULT_LAYERS),
    Column("meta", "text", lambda document: as_json(document.meta).decode() if document.meta else None),
)  # fmt: skip

_SPAN_TYPES: tuple[type[Span], ...] = (*SPAN_TYPES.values(), Task)
TABLES: dict[str, tuple[Column, ...]] = {
    DOCUMENTS: _DOCUMENT,
    **{
        table_of(span_type.layer): (
            *_PLACE,
            *map(_of_item, _span_columns(span_type)),
            *(_DECISION if issubclass(span_type, Decided) else ()),
            Column("sentence", "text", attrgetter("sentence")),
        )
        for span_type in _SPAN_TYPES
    },
    THEMES: _THEME,
}
# With the texts, which are too long for the cells of a spreadsheet.
TABLES_WITH_TEXT = TABLES | {DOCUMENTS: (*_DOCUMENT, Column("text", "text", attrgetter("text")))}
# The tables that are there even when nothing was found; those of optional layers come with their first row.
ALWAYS = (DOCUMENTS, *map(table_of, DEFAULT_LAYERS))
_LAYER_OF = {table_of(layer): layer for layer in LAYERS}


def rows(document: Document, table: str) -> Iterator[Row]:
    """The rows of one table for one document, a value a column (see :data:`TABLES_WITH_TEXT`).

    Values are as in the document: days are ``date``, figures ``Quantity``; what is not known is None.

    >>> from nlp_toolkit.document import Date
    >>> document = Document("到2025年。", "a", sentence_bounds=((0, 7),), spans=(Date(1, 6, "2025年", edtf="2025"),))
    >>> [(row["document"], row["text"], row["edtf"], row["sentence"]) for row in rows(document, "dates")]
    [('a', '2025年', '2025', '到2025年。')]
    """
    for thing in things(document, table):
        yield {column.name: column.value(thing) for column in TABLES_WITH_TEXT[table]}


def things(document: Document, table: str) -> Iterator[Document | _Found]:
    """What the rows of a table stand for: the columns' ``value`` takes them."""
    if table == DOCUMENTS:
        yield document
    elif table == THEMES:
        for passage in document.passages:
            for theme in passage.themes:
                yield _Found(document, passage, passage.text, theme)
    else:
        layer, sentence = _LAYER_OF[table], _sentences(document)
        for span in (*document.spans, *document.tasks):
            if span.layer == layer:
                yield _Found(document, span, sentence(span.start, span.end))


def _sentences(document: Document) -> Callable[[int, int], str]:
    """What gives the sentence around a range, or the sentences where it spans several (gold: the passages)."""
    bounds = document.sentence_bounds or tuple((passage.start, passage.end) for passage in document.passages)
    starts, ends = [start for start, _ in bounds], [end for _, end in bounds]

    def around(start: int, end: int) -> str:
        first, last = bisect_right(starts, start) - 1, bisect_left(ends, end)
        if first >= 0 and start < ends[first]:
            start = starts[first]
        if last < len(ends) and starts[last] < end:
            end = ends[last]
        return document.text[start:end]

    return around


def fill(documents: Iterable[Document], open_table: Callable[[str], Callable[[Row], object]]) -> None:
    """Give every row of every document to its table; ``open_table`` opens one and returns what takes its rows."""
    tables = {name: open_table(name) for name in ALWAYS}
    for document in documents:
        for name in TABLES:
            for row in rows(document, name):
                if name not in tables:
                    tables[name] = open_table(name)
                tables[name](row)


def flat(value: Any, kind: Kind) -> str | int | float | date | None:
    """A value for a cell: several in one are joined into a text.

    >>> flat((Quantity(35.0, "%", ">=", "up"), Quantity(2.0, "倍")), "quantities")
    '>= 35% up; 2倍'
    >>> flat(((0, 4), (6, 8)), "ranges")
    '0-4; 6-8'
    """
    match kind:
        case "texts":
            return _SEPARATOR.join(value) or None
        case "ranges":
            return _SEPARATOR.join(f"{start}-{end}" for start, end in value) or None
        case "quantities":
            return _SEPARATOR.join(map(_figure, value)) or None
        case "number":
            return None if value is None else plain_number(value)
    return value  # type: ignore[no-any-return]


def _figure(quantity: Quantity) -> str:
    number = f"{plain_number(quantity.value)}{quantity.unit or ''}"
    comparator = "" if quantity.comparator == "=" else quantity.comparator
    return " ".join(filter(None, (comparator, number, quantity.change)))
