"""A readable view for the terminal: the text with its spans coloured, then a table a layer."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, BinaryIO

from nlp_toolkit.document import (
    Agency,
    Date,
    Document,
    Goal,
    Measure,
    PolicyDocument,
    Problem,
    Quantity,
    Reference,
    Span,
    Task,
)

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

# Colours that colour-blind readers can tell apart (after Okabe and Ito); goals and problems are underlined as well.
STYLES = {
    "DATE": "bold cyan",
    "AGENCY": "bold yellow",
    "DOCUMENT": "bold magenta",
    "GOAL": "underline blue",
    "PROBLEM": "underline red",
    "QUANTITY": "magenta",
    "REFERENCE": "green",
}
TITLES = {
    "dates": "Dates 时间",
    "agencies": "Agencies 机构",
    "documents": "Policy documents 政策文件",
    "goals": "Goals 目标",
    "problems": "Problems 问题",
    "quantities": "Quantities 数量",
    "references": "References 指代",
    "tasks": "Tasks 任务分工",
    "themes": "Themes 主题",
}
_WIDTH_OF_FILE = 120  # columns, where the output is no terminal


def write(documents: Iterable[Document], stream: BinaryIO) -> None:
    """Write the view of each document; coloured where the stream is a terminal."""
    from rich.console import Console

    wrapper = io.TextIOWrapper(stream, encoding="utf-8", errors="backslashreplace", write_through=True)
    console = Console(file=wrapper, width=None if stream.isatty() else _WIDTH_OF_FILE, highlight=False, emoji=False)
    try:
        for document in documents:
            show(document, console)
    finally:
        wrapper.detach()


def show(document: Document, console: Console) -> None:
    """Print one document: header, text, legend, tables."""
    from rich.rule import Rule
    from rich.text import Text

    header = " · ".join(filter(None, (document.id, str(document.date or ""), document.script)))
    console.print(Rule(Text(header, style="bold")))
    console.print(_coloured(document))
    console.print(Text("  ").join(Text(label, style=style) for label, style in STYLES.items()))
    for layer, rows in _tables(document):
        console.print()
        _table(console, TITLES[layer], rows)


def _coloured(document: Document) -> Text:
    from rich.text import Text

    text = Text(_printable(document.text))
    for span in document.spans:
        text.stylize(STYLES[span.label], span.start, span.end)
    return text


def _printable(text: str) -> str:
    """The text with control characters shown as signs, one for one, so that a document cannot steer the terminal."""
    return "".join(
        chr(0x2400 + ord(c)) if ord(c) < 32 and c not in "\n\t" else "\ufffd" if 0x7F <= ord(c) < 0xA0 else c
        for c in text
    )


def _tables(document: Document) -> Iterator[tuple[str, list[tuple[str, ...]]]]:
    """The rows of each layer that has any."""
    columns = {
        "dates": _date,
        "agencies": _agency,
        "documents": _document,
        "goals": _goal,
        "problems": _problem,
        "quantities": _measure,
        "references": _reference,
        "tasks": _task,
    }
    found = (*document.spans, *document.tasks)
    for layer, row in columns.items():
        rows = [(_printable(span.text), *map(_printable, row(span))) for span in found if span.layer == layer]
        if rows:
            yield layer, rows
    rows = [
        (
            _printable(passage.text.strip()[:40]),
            theme.id,
            f"{theme.score:.2f}",
            " ".join(_printable(document.text[start:end]) for start, end in theme.evidence),
        )
        for passage in document.passages
        for theme in passage.themes
    ]
    if rows:
        yield "themes", rows


def _date(span: Span) -> tuple[str, ...]:
    assert isinstance(span, Date)
    return span.edtf or "", f"{span.first_day or ''} … {span.last_day or ''}", span.role


def _agency(span: Span) -> tuple[str, ...]:
    assert isinstance(span, Agency)
    kind = span.kind if span.count is None else f"{span.kind} of {span.count}"
    return span.canonical or "", kind, " ".join(filter(None, (span.level, span.role)))


def _document(span: Span) -> tuple[str, ...]:
    assert isinstance(span, PolicyDocument)
    return span.number or span.doctype or "", span.issuer or span.refers_to or ""


def _reference(span: Span) -> tuple[str, ...]:
    assert isinstance(span, Reference)
    return (span.refers_to,)


def _goal(span: Span) -> tuple[str, ...]:
    assert isinstance(span, Goal)
    return str(span.deadline or ""), span.indicator or "", "; ".join(map(_figure, span.quantities))


def _figure(quantity: Quantity) -> str:
    direction = {"up": "↑", "down": "↓"}.get(quantity.change or "", "")
    return f"{quantity.comparator} {quantity.value:g}{quantity.unit or ''}{direction}"


def _problem(span: Span) -> tuple[str, ...]:
    assert isinstance(span, Problem)
    return span.stance, " ".join(span.themes)


def _task(span: Span) -> tuple[str, ...]:
    assert isinstance(span, Task)
    return "、".join(span.lead), "、".join(span.participants), str(span.deadline or "")


def _measure(span: Span) -> tuple[str, ...]:
    assert isinstance(span, Measure)
    base = f"from {span.base:g}" if span.base is not None else ""
    return _figure(span.quantity), base, f"= {span.canonical.value:g} {span.canonical.unit}" if span.canonical else ""


def _table(console: Console, title: str, rows: list[tuple[str, ...]]) -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table(title=title, title_justify="left", title_style="bold", show_header=False, box=None, pad_edge=False)
    for number in range(len(rows[0])):
        table.add_column(overflow="fold", ratio=3 if number == 0 else None)
    for row in rows:
        table.add_row(*map(Text, row))
    console.print(table)
