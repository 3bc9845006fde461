"""Opens what a user names (files, folders, globs, archives, standard input) and delivers sources, one reader a format."""

from __future__ import annotations

import glob
import os
import stat
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path, PurePath
from typing import Protocol

from nlp_toolkit.document import Source
from nlp_toolkit.errors import InputError
from nlp_toolkit.read import archive, csv, docx, html, jsonl, ofd, parquet, pdf, text, unread, xlsx
from nlp_toolkit.read.options import ReadOptions


class Reader(Protocol):
    """What a module of this package offers to be a format's reader."""

    @property
    def SUFFIXES(self) -> tuple[str, ...]:  # noqa: N802
        """Endings that files of the format have; a folder is searched for them."""

    def recognises(self, data: bytes) -> bool:
        """Whether the bytes can be nothing else."""

    def read(self, data: bytes, name: str, document_id: str, options: ReadOptions) -> Iterator[Source | InputError]:
        """The documents in the bytes, and an error for each that cannot be read; it raises nothing."""


# A new format is one module and its name here. They are asked in this order whether they recognise the content.
READERS: tuple[Reader, ...] = (pdf, docx, ofd, xlsx, parquet, html, jsonl, csv, text)
STANDARD_INPUT = "-"
_BY_SUFFIX: dict[str, Reader] = {suffix: reader for reader in READERS for suffix in reader.SUFFIXES}
_SEARCHED = {*_BY_SUFFIX, *archive.SUFFIXES, *unread.SUFFIXES}


def read(
    inputs: str | Path | Iterable[str | Path],
    failed: Callable[[InputError], None] | None = None,
    *,
    encoding: str | None = None,
    text_column: str | None = None,
    id_column: str | None = None,
    date_column: str | None = None,
) -> Iterator[Source]:
    """The sources in files, folders, archives, globs or standard input (``-``), in order, one at a time.

    The encoding is found where none is given; the columns are those of tables (CSV, XLSX, Parquet).
    An input that cannot be read goes to ``failed``, and reading goes on; without it the error is raised.

    >>> list(read("no_such_file.txt"))
    Traceback (most recent call last):
    nlp_toolkit.errors.InputError: no_such_file.txt: there is no such file; check the name, or quote a glob
    """
    options = ReadOptions(encoding, text_column, id_column, date_column)
    for item in _all([inputs] if isinstance(inputs, str | Path) else inputs, options):
        if isinstance(item, Source):
            yield item
        elif failed is None:
            raise item
        else:
            failed(item)


def _all(inputs: Iterable[str | Path], options: ReadOptions) -> Iterator[Source | InputError]:
    for name in inputs:
        if str(name) == STANDARD_INPUT:
            yield from _taken(_standard_input, "standard input", "stdin", "", options)
            continue
        for item in _files(name):
            if isinstance(item, InputError):
                yield item
            else:
                path, document_id = item
                yield from _taken(path.read_bytes, str(path), document_id, path.suffix.lower(), options)


def _taken(
    take: Callable[[], bytes], name: str, document_id: str, suffix: str, options: ReadOptions
) -> Iterator[Source | InputError]:
    """The sources in one input, or an error where its bytes cannot be had."""
    try:
        data = take()
    except OSError as error:
        yield _unreadable(name, error)
    except MemoryError:
        yield InputError(f"{name}: is larger than the memory; cut it into parts")
    else:
        yield from content(data, name, document_id, suffix, options)


def _standard_input() -> bytes:
    """What comes in; nothing where the caller closed it."""
    return sys.stdin.buffer.read() if sys.stdin is not None else b""


def _unreadable(name: str | Path, error: OSError) -> InputError:
    return InputError(f"{name}: cannot be read ({error.strerror}); check the name and the permissions")


def _files(name: str | Path) -> Iterator[tuple[Path, str] | InputError]:
    """The files that one argument stands for, each with the id of its document."""
    path = Path(name)
    try:
        kind = stat.S_IFMT(path.stat().st_mode)
    except (FileNotFoundError, ValueError):
        kind = 0
    except OSError as error:
        yield _unreadable(path, error)
        return
    if kind == stat.S_IFDIR:
        found, unreadable = _below(path)
        yield from unreadable
        if not found and not unreadable:
            yield InputError(no_texts(path))
        yield from zip(found, archive.document_ids([p.relative_to(path) for p in found]), strict=True)
    elif kind:
        yield path, path.stem
    else:
        matches = sorted(map(Path, glob.glob(str(name), recursive=True))) if glob.has_magic(str(name)) else []
        if not matches:
            yield InputError(f"{name}: there is no such file; check the name, or quote a glob")
        for match in matches:
            yield from _files(match)


def _below(folder: Path) -> tuple[list[Path], list[InputError]]:
    """The texts in a folder and in those below it, and an error for each of these that cannot be listed.

    A file of whose kind nothing can be told, such as a link to nowhere, counts as a text, so that reading it names it.
    """
    errors: list[InputError] = []
    places = os.walk(folder, onerror=lambda error: errors.append(_unreadable(error.filename, error)))
    paths = (Path(place, name) for place, _, names in places for name in names)
    return sorted(p for p in paths if searched(p.relative_to(folder)) and _may_be_file(p)), errors


def _may_be_file(path: Path) -> bool:
    try:
        return path.is_file() or not path.exists()
    except OSError:
        return True


def no_texts(folder: Path) -> str:
    """What is said of a folder without texts."""
    return f"{folder}: the folder has no texts in it; it should hold {_LISTED} files"


_LISTED = f"{', '.join(list(_BY_SUFFIX)[:-1])} or {list(_BY_SUFFIX)[-1]}"


def searched(path: PurePath) -> bool:
    """Whether a folder or an archive is searched for such a file; hidden ones and Office's lock files are not texts."""
    hidden = any(part.startswith((".", "~$")) for part in path.parts)
    return not hidden and path.suffix.lower() in _SEARCHED


def content(
    data: bytes, name: str, document_id: str, suffix: str, options: ReadOptions
) -> Iterator[Source | InputError]:
    """The sources in the bytes of one input, read as what they are, and as what they are called where that is open.

    ``name`` is for messages, ``suffix`` in lower case and with its dot.
    """
    reader = reader_of(data, suffix, options)
    if not data.strip():
        yield InputError(f"{name}: is empty; there is nothing to annotate")
    elif reader is not None:
        yield from reader.read(data, name, document_id, options)
    elif (reason := unread.reason(data)) is not None:
        yield InputError(f"{name}: {reason}")
    else:
        yield from _archive(data, name, document_id, options)


def reader_of(data: bytes, suffix: str, options: ReadOptions) -> Reader | None:
    """What reads the bytes of one input; None for an archive and for a format that is not read."""
    reader = next((reader for reader in READERS if reader.recognises(data)), None)
    if reader is not None:
        return reader
    if unread.reason(data) is not None or archive.plain(data):
        return None
    table_asked_for = options.text_column is not None and suffix not in _BY_SUFFIX
    return _BY_SUFFIX.get(suffix, csv if table_asked_for else text)


def _archive(data: bytes, name: str, document_id: str, options: ReadOptions) -> Iterator[Source | InputError]:
    """The sources in the files of an archive, as in those of a folder."""
    found = False
    for member in archive.members(data, name, document_id, searched):
        found = True
        if isinstance(member, InputError):
            yield member
        else:
            yield from content(member.data, member.name, member.id, member.suffix, options)
    if not found:
        yield InputError(f"{name}: the archive has no texts in it; it should hold {_LISTED} files")
