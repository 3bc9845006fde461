"""Writes documents, one writer a format; what is written appears whole or not at all."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from nlp_toolkit.document import Document
from nlp_toolkit.write import (
    brat,
    conll,
    csv,
    docbin,
    doccano,
    html,
    jsonl,
    label_studio,
    markdown,
    parquet,
    terminal,
    xlsx,
)

# The formats that make one file, and those that make several: a folder, or a .zip of one.
WRITERS: dict[str, Callable[[Iterable[Document], BinaryIO], None]] = {
    "jsonl": jsonl.write,
    "text": terminal.write,
    "xlsx": xlsx.write,
    "markdown": markdown.write,
    "html": html.write,
    "conll": conll.write,
    "spacy": docbin.write,
    "doccano": doccano.write,
    "label-studio": label_studio.write,
}
FOLDER_WRITERS: dict[str, Callable[[Iterable[Document], Path], None]] = {
    "csv": csv.write,
    "parquet": parquet.write,
    "brat": brat.write,
    "label-studio": label_studio.write_folder,
}
FORMATS = tuple(dict.fromkeys((*WRITERS, *FOLDER_WRITERS)))
SUFFIXES = {
    ".jsonl": "jsonl",
    ".txt": "text",
    ".xlsx": "xlsx",
    ".md": "markdown",
    ".html": "html",
    ".htm": "html",
    ".conll": "conll",
    ".conllup": "conll",
    ".spacy": "spacy",
    ".csv": "csv",
    ".parquet": "parquet",
    ".ann": "brat",
}
_ZIP = ".zip"
_ZIP_DATE = (1980, 1, 1, 0, 0, 0)  # the earliest that there is, so that the same documents make the same bytes


def write(documents: Iterable[Document], path: str | Path, format: str | None = None) -> None:
    """Write documents to a file, a folder or a .zip, in the format of its suffix unless one is named.

    Raises ValueError for a format or suffix that has no writer, a file for a format that makes several, and a folder
    that has something in it; PolicyError where the format's extra is not installed.
    """
    path = Path(path)
    name = format_of(path, format)
    if makes_folder(path, name):
        with whole_folder(path) as folder:
            FOLDER_WRITERS[name](documents, folder)
    else:
        with whole_file(path) as stream:
            WRITERS[name](documents, stream)


def format_of(path: Path, format: str | None = None) -> str:
    """The format to write a file, a folder or a .zip in.

    >>> format_of(Path("result.jsonl")), format_of(Path("result"), "text"), format_of(Path("tables.csv.zip"))
    ('jsonl', 'text', 'csv')
    """
    suffix = path.suffix.lower()
    if suffix == _ZIP:
        suffix = Path(path.stem).suffix.lower()
    chosen = format or SUFFIXES.get(suffix)
    if chosen not in FORMATS:
        raise ValueError(f"{path}: no format is known by that name; choose one of {', '.join(FORMATS)} with --format")
    if chosen not in WRITERS and path.suffix and SUFFIXES.get(path.suffix.lower()) is not None:
        raise ValueError(f"{path}: {chosen} makes several files; name a folder (--format {chosen}) or a .zip")
    if chosen not in FOLDER_WRITERS and path.suffix.lower() == _ZIP:
        raise ValueError(f"{path}: {chosen} makes one file; name one that does not end in {_ZIP}")
    return chosen


def makes_folder(path: Path, name: str) -> bool:
    """Whether the format is written into a folder (or a .zip) at this path, and not as one file.

    >>> makes_folder(Path("tables"), "csv"), makes_folder(Path("tasks.json"), "label-studio")
    (True, False)
    """
    return name in FOLDER_WRITERS and (name not in WRITERS or path.suffix.lower() in ("", _ZIP))


def _needs_folder(path: Path) -> None:
    if not path.parent.is_dir():
        raise ValueError(f"{path}: there is no folder {path.parent}; make it first")


@contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """A stream that becomes the file when all has been written, and leaves nothing behind when it has not.

    Raises ValueError where the folder of the file is not there.
    """
    _needs_folder(path)
    descriptor, beside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    try:
        with open(descriptor, "wb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        os.chmod(beside, 0o666 & ~_mask())
        os.replace(beside, path)
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(beside)
        raise


@contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """A folder that comes to stand at the path (or a .zip of it) when all has been written; nothing when it has not.

    Raises ValueError where the folder is there already and has something in it, which is never overwritten.
    """
    packed = path.suffix.lower() == _ZIP
    if not packed and path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise ValueError(f"{path}: is there already and not empty; name a new folder, or a .zip")
    _needs_folder(path)
    beside = Path(tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part"))
    try:
        yield beside
        if packed:
            with whole_file(path) as stream:
                _pack(beside, stream)
        else:
            os.chmod(beside, 0o777 & ~_mask())
            if path.exists():
                path.rmdir()
            os.rename(beside, path)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _pack(folder: Path, stream: BinaryIO) -> None:
    with ZipFile(stream, "w", ZIP_DEFLATED) as archive:
        for file in sorted(folder.iterdir()):
            entry = ZipInfo(file.name, _ZIP_DATE)
            entry.compress_type = ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            entry.file_size = file.stat().st_size
            with open(file, "rb") as source, archive.open(entry, "w") as target:
                shutil.copyfileobj(source, target)


def _mask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
