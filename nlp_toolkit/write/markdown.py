"""Markdown (CommonMark with the tables of GFM): a report of each document that reads well as text and as a page."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date
from typing import BinaryIO

from nlp_toolkit.document import Document
from nlp_toolkit.write.safe import visible
from nlp_toolkit.write.tables import DOCUMENTS, FIGURE, TABLES, flat, rows

TITLES = {
    "goals": "Goals 目标",
    "tasks": "Tasks 任务分工",
    "problems": "Problems 问题",
    "agencies": "Agencies 机构",
    "dates": "Dates 时间",
    "policy_documents": "Policy documents 政策文件",
    "themes": "Themes 主题",
    "quantities": "Quantities 数量",
    "references": "References 指代",
}
_LEFT_OUT = ("document", "start", "end", "sentence", "evidence_at")
_LONGEST = 120  # characters of a cell
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~!&$^])")


def write(documents: Iterable[Document], stream: BinaryIO) -> None:
    """Write a report of each document, one after another."""
    for document in documents:
        stream.write("\n".join(_report(document)).encode() + b"\n\n")


def _report(document: Document) -> Iterator[str]:
    yield f"# {escaped(document.title or document.id or 'Document')}"
    yield ""
    for name, value in next(rows(document, DOCUMENTS)).items():
        if name not in ("title", "text", "meta") and value is not None:
            yield f"- {name.replace('_', ' ')}: {_cell(value)}"
    for table in (*TITLES, *(name for name in TABLES if name not in TITLES and name != DOCUMENTS)):
        yield from _table(document, table)


def _table(document: Document, table: str) -> Iterator[str]:
    """A heading and a table with the columns that have a value in some row; nothing where there is no row."""
    joined = any(column.kind == "quantities" for column in TABLES[table])
    left_out = (*_LEFT_OUT, *FIGURE) if joined else _LEFT_OUT
    columns = [column for column in TABLES[table] if column.name not in left_out]
    cells = [[_cell(flat(row[column.name], column.kind)) for column in columns] for row in rows(document, table)]
    used = [at for at in range(len(columns)) if any(row[at] for row in cells)]
    if not used:
        return
    yield from ("", f"## {TITLES.get(table, table)}", "")
    yield _line(columns[at].name.replace("_", " ") for at in used)
    yield _line("---" for _ in used)
    for row in cells:
        yield _line(row[at] for at in used)


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(value: str | int | float | date | None) -> str:
    if value is None:
        return ""
    text = str(value).strip()
    return escaped(text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…")


def escaped(text: str) -> str:
    """The text on one line, with nothing in it that Markdown or HTML would take for its own.

    >>> escaped("a|b <b>")
    'a\\\\|b \\\\<b\\\\>'
    """
    return _SPECIAL.sub(r"\\\1", " ".join(visible(text).split()))
