"""JSON lines: one document a line with ``text`` and optionally ``id``, ``date`` and ``title``; the rest is kept."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import orjson

from nlp_toolkit.document import Source
from nlp_toolkit.errors import InputError
from nlp_toolkit.read.encoding import decode
from nlp_toolkit.read.options import ReadOptions

SUFFIXES = (".jsonl", ".ndjson")


def recognises(data: bytes) -> bool:
    """Whether the bytes begin with an object."""
    return data[:64].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b'{"')


def read(
    data: bytes, name: str, document_id: str, options: ReadOptions, first: int = 1
) -> Iterator[Source | InputError]:
    """The documents of a file in JSON lines, or of its lines from the ``first`` on; each bad line is an error of its own."""
    try:
        decoded = decode(data, name, options.encoding)
    except InputError as error:
        yield error
        return
    for number, line in enumerate(decoded.text.split("\n"), first):
        if line.strip():
            try:
                yield _source(line, f"{document_id}-{number}", decoded.meta)
            except ValueError as error:
                yield InputError(f"{name}, line {number}: {error}")


def _source(line: str, default_id: str, meta: dict[str, Any]) -> Source:
    """Read one line; raises ValueError with what is wrong and what to do."""
    try:
        record: Any = orjson.loads(line)
    except ValueError as error:
        raise ValueError(f"is not JSON ({error}); write one object a line") from None
    if not isinstance(record, dict):
        raise ValueError(f'is {type(record).__name__}, not an object; write {{"text": ...}}')
    text = record.pop("text", None)
    if not isinstance(text, str):
        raise ValueError('has no "text"; each line needs one, a string')
    if not text.strip():
        raise ValueError('has an empty "text"; there is nothing to annotate')
    day = record.pop("date", None)
    try:
        parsed = None if day is None else date.fromisoformat(day)
    except (TypeError, ValueError):
        raise ValueError(f'"date" is {day!r}; write a day as "YYYY-MM-DD", or leave it out') from None
    title = record.pop("title", None)
    if title is not None and not isinstance(title, str):
        raise ValueError('"title" is not a string')
    return Source(text, str(record.pop("id", default_id)), parsed, title, meta | record)
