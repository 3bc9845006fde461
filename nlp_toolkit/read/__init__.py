"""Opens what a user names (files, folders, globs, standard input) and delivers sources, one reader a format."""

from __future__ import annotations

import glob
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from nlp_toolkit.document import Source
from nlp_toolkit.errors import InputError
from nlp_toolkit.read import jsonl, text

# Suffixes that a folder is searched for; a file named directly is read whatever its name.
READERS: dict[str, Callable[[bytes, str, str], Iterator[Source | InputError]]] = {
    ".txt": text.read,
    ".jsonl": jsonl.read,
}
STANDARD_INPUT = "-"


def read(
    inputs: str | Path | Iterable[str | Path], failed: Callable[[InputError], None] | None = None
) -> Iterator[Source]:
    """The sources in files, folders, globs or standard input (``-``), in order, one at a time.

    An input that cannot be read goes to ``failed``, and reading goes on; without it the error is raised.

    >>> list(read("no_such_file.txt"))
    Traceback (most recent call last):
    nlp_toolkit.errors.InputError: no_such_file.txt: there is no such file; check the name, or quote a glob
    """
    for item in _all([inputs] if isinstance(inputs, str | Path) else inputs):
        if isinstance(item, Source):
            yield item
        elif failed is None:
            raise item
        else:
            failed(item)


def _all(inputs: Iterable[str | Path]) -> Iterator[Source | InputError]:
    for name in inputs:
        if str(name) == STANDARD_INPUT:
            yield from _content(sys.stdin.buffer.read(), "standard input", "stdin", "")
            continue
        for item in _files(name):
            if isinstance(item, InputError):
                yield item
                continue
            path, document_id = item
            try:
                data = path.read_bytes()
            except OSError as error:
                yield InputError(f"{path}: cannot be read ({error.strerror}); check the file and its permissions")
                continue
            yield from _content(data, str(path), document_id, path.suffix.lower())


def _files(name: str | Path) -> Iterator[tuple[Path, str] | InputError]:
    """The files that one argument stands for, each with the id of its document."""
    path = Path(name)
    if path.is_dir():
        found = sorted(p for p in path.rglob("*") if p.suffix.lower() in READERS and p.is_file())
        if not found:
            yield InputError(f"{path}: the folder has no texts in it; it should hold {' or '.join(READERS)} files")
        yield from ((p, p.relative_to(path).with_suffix("").as_posix()) for p in found)
    elif path.exists():
        yield path, path.stem
    else:
        matches = sorted(map(Path, glob.glob(str(name), recursive=True))) if glob.has_magic(str(name)) else []
        if not matches:
            yield InputError(f"{name}: there is no such file; check the name, or quote a glob")
        for match in matches:
            yield from _files(match)


def _content(data: bytes, name: str, document_id: str, suffix: str) -> Iterator[Source | InputError]:
    """The sources in the bytes of one input: JSON lines where they look like it or are named so, else a text."""
    if not data.strip():
        yield InputError(f"{name}: is empty; there is nothing to annotate")
        return
    reader = READERS.get(suffix)
    if reader is None:
        reader = jsonl.read if data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b'{"') else text.read
    yield from reader(data, name, document_id)
