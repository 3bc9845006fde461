"""XLSX (Office Open XML, ECMA-376), one sheet a layer, the header frozen and filtered; rows are written as they come.

Texts are cells of type string, which a spreadsheet does not run, marked so that they stay texts when they are edited.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import date
from typing import Any, BinaryIO

from nlp_toolkit.document import Document
from nlp_toolkit.write.safe import guarded, needed, visible
from nlp_toolkit.write.tables import TABLES, Column, Row, fill, flat

MOST_ROWS = 1_048_576  # a sheet holds no more; the table goes on in another
LONGEST_CELL = 32_767  # characters; a longer text is cut and ends in an ellipsis
_FIRST_DAY = date(1900, 3, 1)  # earlier days are shifted or unknown in the calendar of spreadsheets
_WIDTHS = {"text": 40, "sentence": 80, "title": 40, "meta": 30, "canonical": 30, "evidence": 40, "document": 20}
_WIDTH = 13  # characters, for columns of short values


def write(documents: Iterable[Document], stream: BinaryIO) -> None:
    """Write a workbook; raises PolicyError where openpyxl is not installed."""
    needed("openpyxl", "xlsx", "XLSX")
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    sheets: list[_Sheets] = []

    def open_table(name: str) -> Callable[[Row], object]:
        sheets.append(_Sheets(book, name))
        return sheets[-1].add

    try:
        fill(documents, open_table)
        for table in sheets:
            table.finish()
    except BaseException as error:
        for sheet in book.worksheets:
            with suppress(Exception):
                sheet.close()  # else what openpyxl has half written complains when it is collected
        if (number := getattr(errno, str(error).removeprefix("IO_"), None)) is not None:
            raise OSError(number, os.strerror(number)) from None  # lxml's word for it
        raise
    book.save(stream)


class _Sheets:
    """The sheet of a table, and further ones where its rows are more than a sheet holds."""

    def __init__(self, book: Any, name: str) -> None:
        self._book, self._name, self._columns = book, name, TABLES[name]
        self._number = 0
        self._open()

    def _open(self) -> None:
        from openpyxl.styles import Font
        from openpyxl.utils import get_column_letter

        self._number += 1
        self._sheet = self._book.create_sheet(self._name if self._number == 1 else f"{self._name} {self._number}")
        self._sheet.freeze_panes = "A2"
        for at, column in enumerate(self._columns, 1):
            self._sheet.column_dimensions[get_column_letter(at)].width = _WIDTHS.get(column.name, _WIDTH)
        header = [self._text(column.name) for column in self._columns]
        for cell in header:
            cell.font = Font(bold=True)
        self._sheet.append(header)
        self._rows = 1

    def add(self, row: Row) -> None:
        """Append a row."""
        if self._rows == MOST_ROWS:
            self.finish()
            self._open()
        self._sheet.append([self._cell(row, column) for column in self._columns])
        self._rows += 1

    def finish(self) -> None:
        """Set the filter, whose range is known only now."""
        from openpyxl.utils import get_column_letter

        self._sheet.auto_filter.ref = f"A1:{get_column_letter(len(self._columns))}{self._rows}"

    def _cell(self, row: Row, column: Column) -> Any:
        value = flat(row[column.name], column.kind)
        if isinstance(value, date) and value < _FIRST_DAY:
            value = value.isoformat()
        return self._text(value) if isinstance(value, str) else value

    def _text(self, text: str) -> Any:
        from openpyxl.cell import WriteOnlyCell

        text = visible(text).replace("\r\n", "\n").replace("\r", "\n")
        if len(text) > LONGEST_CELL:
            text = text[: LONGEST_CELL - 1] + "…"
        cell = WriteOnlyCell(self._sheet, text)
        cell.data_type = "s"  # also where it looks like a formula or an error
        if guarded(text) != text:
            cell.quotePrefix = True
        return cell
