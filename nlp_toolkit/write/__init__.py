"""Writes documents, one writer a format; a file appears whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from nlp_toolkit.document import Document
from nlp_toolkit.write import jsonl, terminal

WRITERS: dict[str, Callable[[Iterable[Document], BinaryIO], None]] = {
    "jsonl": jsonl.write,
    "text": terminal.write,
}
SUFFIXES = {".jsonl": "jsonl", ".txt": "text"}


def write(documents: Iterable[Document], path: str | Path, format: str | None = None) -> None:
    """Write documents to a file, in the format of its suffix unless one is named.

    Raises ValueError for a format or suffix that has no writer.
    """
    writer = WRITERS[format_of(Path(path), format)]
    with whole_file(Path(path)) as stream:
        writer(documents, stream)


def format_of(path: Path, format: str | None = None) -> str:
    """The format to write a file in.

    >>> format_of(Path("result.jsonl")), format_of(Path("result"), "text")
    ('jsonl', 'text')
    """
    chosen = format or SUFFIXES.get(path.suffix.lower())
    if chosen not in WRITERS:
        raise ValueError(f"{path}: no format is known by that name; choose one of {', '.join(WRITERS)} with --format")
    return chosen


@contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """A stream that becomes the file when all has been written, and leaves nothing behind when it has not."""
    descriptor, beside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    try:
        with open(descriptor, "wb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        mask = os.umask(0)
        os.umask(mask)
        os.chmod(beside, 0o666 & ~mask)
        os.replace(beside, path)
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(beside)
        raise
