"""Looks into files: which pieces they have, what tells each piece's content, and which documents stand in it.

A file of one document is one piece. JSON lines are cut where lines end; other files of many documents (tables, archives)
are copied as records once, so that they can be cut too. No more than a piece is held at once but for such files.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from nlp_toolkit.batch.ledger import Entry, Piece
from nlp_toolkit.batch.sketch import fingerprint, sketch
from nlp_toolkit.batch.tables import Failure
from nlp_toolkit.document import Source, from_iso, iso
from nlp_toolkit.errors import InputError
from nlp_toolkit.read import content, docx, html, jsonl, ofd, pdf, reader_of, text
from nlp_toolkit.read.options import ReadOptions

PIECE = 1 << 20  # bytes: about a second of work
_ONE_DOCUMENT = (text, pdf, docx, ofd, html)  # the readers that make one document of a file
_HEAD = 4096
WHOLE, LINES, RECORDS = "whole", "lines", "records"
Tick = Callable[[int, int], None]  # called with the place of the document that comes next, and its size


@dataclass(frozen=True, slots=True)
class Wanted:
    """A file to look into, or to read a piece of: its number, its path below the input, its path, and its id."""

    number: int
    source: str
    path: str
    id: str

    @property
    def suffix(self) -> str:
        """The suffix in lower case, with its dot."""
        return Path(self.path).suffix.lower()


class ChangedError(Exception):
    """A file is not as it was when it was looked into."""


def digest(data: bytes) -> str:
    """What tells the content of bytes."""
    return hashlib.blake2b(data, digest_size=16).hexdigest()


def pieces(file: Wanted, options: ReadOptions, spool: Path, copies: bool, tick: Tick) -> Iterator[Piece]:
    """The pieces of a file; with ``copies`` all texts are read, for what tells copies.

    Raises OSError where the file cannot be read.
    """
    with open(file.path, "rb") as stream:
        head = stream.read(_HEAD)
        stream.seek(0)
        if jsonl.recognises(head) or (file.suffix in jsonl.SUFFIXES and reader_of(head, file.suffix, options) is jsonl):
            yield from _lines(stream, file, options, copies, tick)
            return
        data = stream.read()
    if reader_of(data, file.suffix, options) in _ONE_DOCUMENT or not data.strip():
        whole = Piece(0, WHOLE, 0, len(data), 1, digest(data), (Entry(0, file.id),))
        told = _with_entries(whole, _read(whole, data, file, options), copies, tick) if copies else whole
        yield told if told.entries else whole  # one that cannot be read is a document too, and fails later
    elif len(data) <= PIECE:
        whole = Piece(0, WHOLE, 0, len(data), 1, digest(data))
        yield _with_entries(whole, _read(whole, data, file, options), copies, tick)
    else:
        yield from _records(data, file, options, spool / str(file.number), copies, tick)


def read(piece: Piece, file: Wanted, options: ReadOptions, spool: Path) -> Iterator[Source | InputError]:
    """The documents of a piece, and an error for each that cannot be read.

    Raises ChangedError where the content is another one by now, and OSError where it cannot be read.
    """
    path = spool / str(file.number) if piece.kind == RECORDS else Path(file.path)
    with open(path, "rb") as stream:
        stream.seek(piece.start)
        data = stream.read(piece.size if piece.kind != WHOLE else -1)
    if digest(data) != piece.hash:
        raise ChangedError(file.source)
    return _read(piece, data, file, options)


def _read(piece: Piece, data: bytes, file: Wanted, options: ReadOptions) -> Iterator[Source | InputError]:
    if piece.kind == RECORDS:
        return map(_from_record, data.splitlines())
    if piece.kind == LINES:
        return jsonl.read(data, file.source, file.id, options, piece.first)
    return content(data, file.source, file.id, file.suffix, options)


def _lines(stream: BinaryIO, file: Wanted, options: ReadOptions, copies: bool, tick: Tick) -> Iterator[Piece]:
    """JSON lines, cut after the line in which a piece is full. UTF-16 is not cut, since its line ends are not bytes."""
    place, start, first = 0, 0, 1
    encoding = (options.encoding or "").lower().replace("_", "-")
    size = -1 if encoding.startswith(("utf-16", "utf-32")) else PIECE
    while data := stream.read(size):
        if b"\0" in data[:_HEAD] and place == 0:
            data += stream.read()
        data += stream.readline()
        if data.strip():
            piece = Piece(place, LINES, start, len(data), first, digest(data))
            yield _with_entries(piece, _read(piece, data, file, options), copies, tick)
            place += 1
        start, first = start + len(data), first + data.count(b"\n")


def _records(data: bytes, file: Wanted, options: ReadOptions, path: Path, copies: bool, tick: Tick) -> Iterator[Piece]:
    """The documents of a table or an archive as records, one a line, in a file of their own that is cut after lines."""
    path.parent.mkdir(exist_ok=True)
    start = place = 0
    lines: list[bytes] = []
    found: list[Source | InputError] = []
    with open(path, "wb") as stream:

        def cut() -> Piece:
            block = b"".join(lines)
            stream.write(block)
            piece = Piece(place, RECORDS, start, len(block), 1, digest(block))
            return _with_entries(piece, iter(found), copies, tick)

        size = 0
        for item in content(data, file.source, file.id, file.suffix, options):
            tick(len(found), 0)
            lines.append(_record(item))
            found.append(item)
            size += len(lines[-1])
            if size >= PIECE:
                yield cut()
                start, place, size = start + size, place + 1, 0
                lines.clear()
                found.clear()
        if found:
            yield cut()


def _with_entries(piece: Piece, items: Iterator[Source | InputError], copies: bool, tick: Tick) -> Piece:
    entries: list[Entry] = []
    tick(0, piece.size)
    for item in items:
        if isinstance(item, Source):
            told = (fingerprint(item.text), sketch(item.text), iso(item.date)) if copies else (None, None, None)
            entries.append(Entry(len(entries), item.id, *told))
            tick(len(entries), 0)
    return Piece(piece.place, piece.kind, piece.start, piece.size, piece.first, piece.hash, tuple(entries))


def _record(item: Source | InputError) -> bytes:
    """A line that holds a source with everything it has, or an error; ASCII, so that lone surrogates last."""
    data: Any = str(item)
    if isinstance(item, Source):
        data = [item.text, item.id, iso(item.date), item.title, item.meta]
    return json.dumps(data, separators=(",", ":"), default=str).encode("ascii") + b"\n"


def _from_record(line: bytes) -> Source | InputError:
    """The reverse of :func:`_record`.

    >>> from datetime import date
    >>> source = Source("数据", "a", date(2020, 5, 1), None, {"区县": "东河区"})
    >>> _from_record(_record(source)) == source
    True
    """
    data = json.loads(line)
    if isinstance(data, str):
        return InputError(data)
    body, document_id, day, title, meta = data
    return Source(body, document_id, from_iso(day), title, meta)


def failure(error: InputError, file: Wanted) -> Failure:
    """The failure that an error of a reader stands for."""
    return Failure(None, file.source, "input", str(error))
