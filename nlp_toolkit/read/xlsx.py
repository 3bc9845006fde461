"""Workbooks of Excel (ECMA-376): every sheet that has the column of the texts, with its first row as the header."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from typing import Any

from nlp_toolkit.document import Source
from nlp_toolkit.errors import InputError
from nlp_toolkit.read import archive
from nlp_toolkit.read.options import ReadOptions
from nlp_toolkit.read.rows import Table

SUFFIXES = (".xlsx", ".xlsm")


def recognises(data: bytes) -> bool:
    """Whether the bytes are a ZIP file that holds a workbook."""
    return archive.holds(data, "xl/workbook.xml")


def read(data: bytes, name: str, document_id: str, options: ReadOptions) -> Iterator[Source | InputError]:
    """A source a row, or an error; formulas give the value that the program which saved them has put there."""
    try:
        from openpyxl import load_workbook
    except ImportError:
        yield InputError(f"{name}: reading .xlsx needs an extra; install nlp-toolkit[xlsx]")
        return
    try:
        archive.refuse_document_types(archive.opened(data, name), name)
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
        yield from _sheets(book, name, document_id, options)
    except InputError as error:
        yield error
    except Exception as error:  # openpyxl passes on whatever a damaged part makes Python raise
        yield InputError(f"{name}: is a damaged workbook ({type(error).__name__}: {error}); open it and save it anew")


def _sheets(book: Any, name: str, document_id: str, options: ReadOptions) -> Iterator[Source | InputError]:
    """The sources of the sheets that have the columns asked for; an error where none has."""
    first_error: InputError | None = None
    found = False
    for sheet in book.worksheets:
        rows = _rows(sheet)
        header = next(rows, None)
        if header is None:
            continue
        try:
            table = Table(header[1], f"{name}, sheet {sheet.title}", options)
        except InputError as error:
            first_error = first_error or error
            continue
        own_id = f"{document_id}-{sheet.title}" if found else document_id
        found = True
        yield from table.sources(rows, own_id)
    if not found:
        yield first_error or InputError(f"{name}: the workbook is empty; there is nothing to annotate")


def _rows(sheet: Any) -> Iterator[tuple[int, Sequence[Any]]]:
    """The rows that hold anything, each with its number, without the empty cells at the end."""
    sheet.reset_dimensions()  # what the file says of its size may be wrong
    for number, row in enumerate(sheet.iter_rows(values_only=True), 1):
        length = len(row)
        while length and row[length - 1] is None:
            length -= 1
        if length:
            yield number, row[:length]
