"""Turns the rows of a table into sources; the readers of CSV, XLSX and Parquet share it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, time
from typing import Any

from nlp_toolkit.days import first_day
from nlp_toolkit.document import Source
from nlp_toolkit.errors import InputError
from nlp_toolkit.read.options import ReadOptions


class Table:
    """A table's columns and which of them hold the text, the id, the date and the title.

    A column is the one that the options name, or the one called ``text``, ``id``, ``date`` or ``title``, as in JSON
    lines. Raises InputError, listing the columns, where there is no such column.

    >>> Table(["编号", "正文"], "a.csv", ReadOptions())
    Traceback (most recent call last):
    nlp_toolkit.errors.InputError: a.csv: has no column 'text'; name the one with the texts with --text-column. It has: 编号, 正文
    """

    def __init__(self, columns: Sequence[Any], name: str, options: ReadOptions) -> None:
        self.name = name
        self.columns = _distinct(columns)
        self.text = self._find(options.text_column, "text")
        self.id = self._find(options.id_column, "id")
        self.date = self._find(options.date_column, "date")
        self.title = self._find(None, "title")
        self.date_is_asked_for = options.date_column is not None
        if self.text is None:
            listed = ", ".join(self.columns) or "none; the first row must hold their names"
            raise InputError(
                f"{name}: has no column 'text'; name the one with the texts with --text-column. It has: {listed}"
            )

    def _find(self, asked: str | None, usual: str) -> int | None:
        """The place of the column asked for, else of the usual one where there is one."""
        wanted = asked if asked is not None else usual
        if wanted in self.columns:
            return self.columns.index(wanted)
        if asked is None:
            return None
        raise InputError(f"{self.name}: has no column {asked!r}. It has: {', '.join(self.columns)}")

    def sources(self, rows: Iterable[tuple[int, Sequence[Any]]], document_id: str) -> Iterator[Source | InputError]:
        """A source a row (with its number as the user sees it), or an error; empty rows are passed over."""
        for number, row in rows:
            if all(_empty(cell) for cell in row):
                continue
            try:
                yield self._source(row, f"{document_id}-{number}")
            except ValueError as error:
                yield InputError(f"{self.name}, row {number}: {error}")

    def _source(self, row: Sequence[Any], default_id: str) -> Source:
        """Read one row; raises ValueError with what is wrong and what to do."""
        if len(row) > len(self.columns):
            raise ValueError(
                f"has {len(row)} fields where the header has {len(self.columns)}; quote texts that hold the separator"
            )
        cells = [*row, *[None] * (len(self.columns) - len(row))]
        assert self.text is not None
        text = cells[self.text]
        if _empty(text):
            raise ValueError(f"has nothing in the column {self.columns[self.text]!r}; there is nothing to annotate")
        day = None if self.date is None or _empty(cells[self.date]) else first_day(cells[self.date])
        if self.date is not None and self.date_is_asked_for and day is None and not _empty(cells[self.date]):
            raise ValueError(f"{self.columns[self.date]!r} is {cells[self.date]!r}; write a day as YYYY-MM-DD")
        own_id = None if self.id is None or _empty(cells[self.id]) else str(cells[self.id])
        title = None if self.title is None or _empty(cells[self.title]) else str(cells[self.title])
        used = {self.text, self.id, self.title, self.date if day else None}
        meta = {
            column: _plain(cell)
            for place, (column, cell) in enumerate(zip(self.columns, cells, strict=True))
            if place not in used and not _empty(cell)
        }
        return Source(str(text), own_id or default_id, day, title, meta)


def _distinct(columns: Sequence[Any]) -> list[str]:
    """The names of the columns; nameless ones get their place, and later ones of the same name a number."""
    names: list[str] = []
    for place, column in enumerate(columns, 1):
        name = f"column {place}" if _empty(column) else str(column).strip()
        copies = sum(name == other or other.startswith(f"{name} (") for other in names)
        names.append(f"{name} ({copies + 1})" if copies else name)
    return names


def _empty(cell: Any) -> bool:
    return cell is None or (isinstance(cell, str) and not cell.strip())


def _plain(value: Any) -> Any:
    """A cell's value as JSON can hold it."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if value is None or isinstance(value, str | bool | int | float):
        return value if not isinstance(value, int) or abs(value) < 2**63 else str(value)
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    if isinstance(value, dict):
        return {str(key): _plain(part) for key, part in value.items()}
    return str(value)
