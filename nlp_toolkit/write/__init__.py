"""Writes documents, one writer a format; what is written appears whole or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import BinaryIO

from nlp_toolkit.document import Document
from nlp_toolkit.whole import ZIP
from nlp_toolkit.whole import whole_file as whole_file
from nlp_toolkit.whole import whole_folder as whole_folder
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
    if suffix == ZIP:
        suffix = Path(path.stem).suffix.lower()
    chosen = format or SUFFIXES.get(suffix)
    if chosen not in FORMATS:
        raise ValueError(f"{path}: no format is known by that name; choose one of {', '.join(FORMATS)} with --format")
    if chosen not in WRITERS and path.suffix and SUFFIXES.get(path.suffix.lower()) is not None:
        raise ValueError(f"{path}: {chosen} makes several files; name a folder (--format {chosen}) or a .zip")
    if chosen not in FOLDER_WRITERS and path.suffix.lower() == ZIP:
        raise ValueError(f"{path}: {chosen} makes one file; name one that does not end in {ZIP}")
    return chosen


def makes_folder(path: Path, name: str) -> bool:
    """Whether the format is written into a folder (or a .zip) at this path, and not as one file.

    >>> makes_folder(Path("tables"), "csv"), makes_folder(Path("tasks.json"), "label-studio")
    (True, False)
    """
    return name in FOLDER_WRITERS and (name not in WRITERS or path.suffix.lower() in ("", ZIP))
