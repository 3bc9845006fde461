"""Finds the files that inputs stand for, a folder at a time, so that memory does not grow with their number."""

from __future__ import annotations

import glob
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path, PurePath

from nlp_toolkit.batch.ledger import File
from nlp_toolkit.errors import InputError
from nlp_toolkit.read import no_texts, searched
from nlp_toolkit.read.archive import document_ids

Failed = Callable[[InputError], None]


def files(name: str, root: int, failed: Failed, besides: Path) -> Iterator[File]:
    """The files that an input (a file, a folder or a glob) stands for; what cannot be read goes to ``failed``.

    The folder ``besides`` is not searched: the corpus itself, which may stand among its inputs.
    """
    path = Path(name)
    if path.is_dir():
        found = False
        for file in _below(path, PurePath(), root, failed, besides.resolve()):
            found = True
            yield file
        if not found:
            failed(InputError(no_texts(path)))
    elif path.exists():
        yield from _states([(path, path.name)], [path.stem], root, failed)
    else:
        matches = sorted(map(Path, glob.glob(name, recursive=True))) if glob.has_magic(name) else []
        if not matches:
            failed(InputError(f"{name}: there is no such file; check the name, or quote a glob"))
        for match in matches:
            yield from _renamed(match, files(str(match), root, failed, besides))


def _renamed(match: Path, found: Iterator[File]) -> Iterator[File]:
    """Files below one of several matches, told apart by its name where it is a folder."""
    for file in found:
        yield replace(file, source=f"{match.as_posix()}/{file.source}" if match.is_dir() else match.as_posix())


def _below(top: Path, below: PurePath, root: int, failed: Failed, besides: Path) -> Iterator[File]:
    """The texts in a folder and those below it; links to folders are not followed."""
    try:
        with os.scandir(top / below) as entries:
            inside = sorted(entries, key=lambda entry: entry.name)
    except OSError as error:
        failed(InputError(f"{top / below}: cannot be read ({error.strerror}); check the folder and its permissions"))
        return
    folders = [e.name for e in inside if e.is_dir(follow_symlinks=False) and not e.name.startswith((".", "~$"))]
    texts = [below / e.name for e in inside if searched(PurePath(e.name)) and e.is_file()]
    named = [(top / text, text.as_posix()) for text in texts]
    yield from _states(named, document_ids(texts), root, failed)
    for folder in folders:
        if (top / below / folder).resolve() != besides:
            yield from _below(top, below / folder, root, failed, besides)


def _states(named: list[tuple[Path, str]], ids: list[str], root: int, failed: Failed) -> Iterator[File]:
    for (path, source), document_id in zip(named, ids, strict=True):
        try:
            state = path.stat()
        except OSError as error:
            failed(InputError(f"{path}: cannot be read ({error.strerror}); check the file and its permissions"))
            continue
        yield File(
            root, source, str(path.absolute()), document_id,
            state.st_size, state.st_mtime_ns, state.st_ctime_ns, state.st_ino,
        )  # fmt: skip
