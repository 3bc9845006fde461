"""CSV after RFC 4180, one table a layer: rows of different layers have different columns, so one file cannot hold them.

Opens in Excel with a double click: UTF-8 with byte order mark, CRLF, every cell in quotes, no cell a formula.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from pathlib import Path

from nlp_toolkit.document import Document
from nlp_toolkit.write.safe import guarded, visible
from nlp_toolkit.write.tables import TABLES, Column, Row, fill, flat


def write(documents: Iterable[Document], folder: Path) -> None:
    """Write ``documents.csv``, ``dates.csv``, ``agencies.csv`` … into the folder."""
    with ExitStack() as files:

        def open_table(name: str) -> Callable[[Row], object]:
            file = files.enter_context(open(folder / f"{name}.csv", "w", encoding="utf-8-sig", newline=""))
            writer = csv.writer(file, quoting=csv.QUOTE_ALL)
            columns = TABLES[name]
            writer.writerow(column.name for column in columns)
            return lambda row: writer.writerow([_cell(row, column) for column in columns])

        fill(documents, open_table)


def _cell(row: Row, column: Column) -> str:
    """A cell as text. Only numbers that are ours may begin with a minus sign."""
    value = flat(row[column.name], column.kind)
    if value is None:
        return ""
    return guarded(visible(value)) if isinstance(value, str) else str(value)
