"""Apache Parquet, one file a layer with typed columns; the table of documents holds the texts that offsets refer to."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from nlp_toolkit.document import Document
from nlp_toolkit.write.safe import encodable, needed
from nlp_toolkit.write.tables import TABLES_WITH_TEXT, Column, Kind, Row, fill

_GROUP = 10_000  # rows held in memory for each table


def write(documents: Iterable[Document], folder: Path) -> None:
    """Write ``documents.parquet``, ``dates.parquet`` … into the folder; raises PolicyError without pyarrow."""
    needed("pyarrow.parquet", "parquet", "Parquet")
    with ExitStack() as tables:

        def open_table(name: str) -> Callable[[Row], object]:
            table = _Table(folder, name)
            tables.callback(table.close)
            return table.add

        fill(documents, open_table)


def schema(columns: Iterable[Column]) -> Any:
    """The Arrow schema of columns."""
    import pyarrow as arrow

    span = arrow.struct([("start", arrow.int64()), ("end", arrow.int64())])
    quantity = arrow.struct(
        [("value", arrow.float64())] + [(name, arrow.string()) for name in ("unit", "comparator", "change")]
    )
    types: dict[Kind, Any] = {
        "text": arrow.string(),
        "day": arrow.date32(),
        "whole": arrow.int64(),
        "number": arrow.float64(),
        "truth": arrow.bool_(),
        "texts": arrow.list_(arrow.string()),
        "ranges": arrow.list_(span),
        "quantities": arrow.list_(quantity),
    }
    return arrow.schema([(column.name, types[column.kind]) for column in columns])


def plain(value: Any, kind: Kind) -> Any:
    """A value in the form that the column's type takes."""
    match kind:
        case "text":
            return encodable(value) if value is not None else None
        case "texts":
            return [encodable(text) for text in value]
        case "ranges":
            return [{"start": start, "end": end} for start, end in value]
        case "quantities":
            return [{"value": q.value, "unit": q.unit, "comparator": q.comparator, "change": q.change} for q in value]
    return value


class _Table:
    """A Parquet file that is written in groups of rows."""

    def __init__(self, folder: Path, name: str) -> None:
        import pyarrow.parquet

        self._columns = TABLES_WITH_TEXT[name]
        self._schema = schema(self._columns)
        self._rows: list[Row] = []
        self._writer = pyarrow.parquet.ParquetWriter(folder / f"{name}.parquet", self._schema, compression="zstd")

    def add(self, row: Row) -> None:
        """Append a row."""
        self._rows.append({column.name: plain(row[column.name], column.kind) for column in self._columns})
        if len(self._rows) == _GROUP:
            self._flush()

    def close(self) -> None:
        """Write what is held and end the file."""
        self._flush()
        self._writer.close()

    def _flush(self) -> None:
        import pyarrow as arrow

        if self._rows:
            self._writer.write_table(arrow.Table.from_pylist(self._rows, schema=self._schema))
        self._rows = []
