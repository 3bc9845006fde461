"""Parquet tables: one document a row, read a few rows at a time."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from typing import Any

from nlp_toolkit.document import Source
from nlp_toolkit.errors import InputError
from nlp_toolkit.read.options import ReadOptions
from nlp_toolkit.read.rows import Table

SUFFIXES = (".parquet",)
_MARK = b"PAR1"
# Few enough that rows of one long repeated text, which the file holds once, do not fill the memory.
_ROWS_AT_ONCE = 64


def recognises(data: bytes) -> bool:
    """Whether the bytes begin and end with the format's mark."""
    return data.startswith(_MARK) and data.endswith(_MARK)


def read(data: bytes, name: str, document_id: str, options: ReadOptions) -> Iterator[Source | InputError]:
    """A source a row, or an error; rows are numbered from 1."""
    try:
        from pyarrow import ArrowException
        from pyarrow.parquet import ParquetFile
    except ImportError:
        yield InputError(f"{name}: reading Parquet needs an extra; install nlp-toolkit[parquet]")
        return
    try:
        file = ParquetFile(io.BytesIO(data))
        table = Table(file.schema_arrow.names, name, options)
        yield from table.sources(_rows(file), document_id)
    except InputError as error:
        yield error
    except (ArrowException, OSError, UnicodeDecodeError) as error:
        reason = str(error).splitlines()[0].rstrip(".") if str(error) else type(error).__name__
        yield InputError(f"{name}: is a damaged Parquet file ({reason}); write it anew")


def _rows(file: Any) -> Iterator[tuple[int, Sequence[Any]]]:
    """The rows with their numbers."""
    number = 0
    for batch in file.iter_batches(batch_size=_ROWS_AT_ONCE):
        for row in zip(*(column.to_pylist() for column in batch.columns), strict=True):
            number += 1
            yield number, row
