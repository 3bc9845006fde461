"""The result of a query as a table for the eye, as CSV or as Parquet, a few thousand rows in memory at a time."""

from __future__ import annotations

import csv
import io
from codecs import BOM_UTF8
from collections.abc import Iterator
from datetime import date, datetime
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

from nlp_toolkit.batch.store import ROWS, batches, failing_as_data
from nlp_toolkit.write import whole_file
from nlp_toolkit.write.safe import as_json, guarded, visible

_SUFFIXES = {".csv": "csv", ".parquet": "parquet", ".txt": "table"}
_ROWS_SHOWN = 500  # of a table for the eye; files hold all


def format_of(path: Path, format: str | None = None) -> str:
    """The format to write a file in; raises ValueError where its name does not tell.

    >>> format_of(Path("goals.csv")), format_of(Path("goals"), "parquet")
    ('csv', 'parquet')
    """
    chosen = format or _SUFFIXES.get(path.suffix.lower())
    if chosen is None:
        raise ValueError(
            f"{path}: no format is known by that name; end it in .csv or .parquet, or choose with --format"
        )
    return chosen


def write(result: Any, path: Path, format: str | None = None) -> None:
    """Write a result of DuckDB to a file, whole or not at all, in the format of its suffix unless one is named."""
    with whole_file(path) as stream:
        if format_of(path, format) == "csv":
            stream.write(BOM_UTF8)  # which tells Excel the encoding
        WRITERS[format_of(path, format)](result, stream)


def write_table(result: Any, stream: BinaryIO) -> None:
    """Write a table for the eye: at most 500 rows, and how many more there are."""
    from rich.console import Console
    from rich.table import Table

    wrapper = io.TextIOWrapper(stream, encoding="utf-8", errors="backslashreplace", write_through=True)
    console = Console(file=wrapper, width=None if stream.isatty() else 120, highlight=False, emoji=False, markup=False)
    table = Table(*map(visible, result.columns))
    rows = _rows(result)
    for row in islice(rows, _ROWS_SHOWN):
        table.add_row(*(visible(_cell(value)) for value in row))
    console.print(table)
    if more := sum(1 for _ in rows):
        console.print(f"… and {more:,} rows more; -o FILE.csv or FILE.parquet has them all")
    wrapper.detach()


def write_csv(result: Any, stream: BinaryIO) -> None:
    """Write CSV after RFC 4180 that Excel opens; no cell is a formula, several values in one are joined by semicolons."""
    wrapper = io.TextIOWrapper(stream, encoding="utf-8", errors="backslashreplace", newline="", write_through=True)
    writer = csv.writer(wrapper, quoting=csv.QUOTE_ALL)
    writer.writerow(guarded(visible(name)) for name in result.columns)
    for row in _rows(result):
        # Only numbers, which are none of the texts', may begin with a minus sign.
        writer.writerow(
            str(value) if isinstance(value, int | float) else guarded(visible(_cell(value))) for value in row
        )
    wrapper.detach()


def write_parquet(result: Any, stream: BinaryIO) -> None:
    """Write Parquet with the types of the result."""
    from pyarrow.parquet import ParquetWriter

    with failing_as_data():
        reader = result.to_arrow_reader(ROWS)
        with ParquetWriter(stream, reader.schema, compression="zstd") as writer:
            for batch in reader:
                writer.write_batch(batch)


WRITERS = {"table": write_table, "csv": write_csv, "parquet": write_parquet}


def _rows(result: Any) -> Iterator[tuple[Any, ...]]:
    for batch in batches(result):
        yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)


def _cell(value: Any) -> str:
    """A value as text.

    >>> _cell(None), _cell(["市民政局", "市财政局"]), _cell([{"start": 0, "end": 2}])
    ('', '市民政局; 市财政局', '{"start":0,"end":2}')
    """
    match value:
        case None:
            return ""
        case list():
            return "; ".join(map(_cell, value))
        case dict():
            return as_json(value).decode()
        case datetime() | date():
            return value.isoformat()
    return str(value)
