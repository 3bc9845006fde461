"""Rows on their way into the tables: one file a chunk, with the Arrow streams of all tables one behind the other."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from nlp_toolkit.batch import tables
from nlp_toolkit.write import whole_file
from nlp_toolkit.write.tables import Row

_ROWS = 5_000  # rows of a table that are held as Python's values


class Gathered:
    """Gathers the rows of documents, and writes them into one file."""

    def __init__(self) -> None:
        self._rows: dict[str, list[Row]] = {}
        self._batches: dict[str, list[Any]] = {}

    def __bool__(self) -> bool:
        return bool(self._rows or self._batches)

    def add(self, found: dict[str, list[Row]]) -> None:
        """Add the rows of a document."""
        for table, rows in found.items():
            held = self._rows.setdefault(table, [])
            held += rows
            if len(held) >= _ROWS:
                self._pack(table)

    def _pack(self, table: str) -> None:
        if rows := self._rows.pop(table, None):
            self._batches.setdefault(table, []).append(tables.record_batch(table, rows))

    def write(self, path: Path) -> int:
        """Write all rows, so that they are on the disk; return the size of the file."""
        import pyarrow as arrow

        options = arrow.ipc.IpcWriteOptions(compression="lz4")
        for table in list(self._rows):
            self._pack(table)
        with whole_file(path) as stream:
            for table, batches in self._batches.items():
                stream.write(table.encode().ljust(_NAME))
                at = stream.tell()
                stream.write(bytes(_LENGTH))
                with arrow.ipc.new_stream(
                    arrow.PythonFile(stream, "w"), tables.schema(table), options=options
                ) as writer:
                    for batch in batches:
                        writer.write_batch(batch)
                end = stream.tell()
                stream.seek(at)
                stream.write((end - at - _LENGTH).to_bytes(_LENGTH, "little"))
                stream.seek(end)
        synced(path.parent)
        return path.stat().st_size


_NAME, _LENGTH = 32, 8  # bytes before each stream: the table's name, and the stream's length


def read(path: Path, table: str) -> Iterator[Any]:
    """The record batches of one table in a file."""
    import pyarrow as arrow

    with open(path, "rb") as stream:
        while name := stream.read(_NAME):
            length = int.from_bytes(stream.read(_LENGTH), "little")
            if name.decode().rstrip() == table:
                yield from arrow.ipc.open_stream(stream.read(length))
                return
            stream.seek(length, os.SEEK_CUR)


def synced(folder: Path) -> None:
    """Wait until the names in a folder are on the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
