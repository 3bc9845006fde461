"""Plain text in whatever encoding it is."""

from __future__ import annotations

from collections.abc import Iterator

from nlp_toolkit.document import Source
from nlp_toolkit.errors import InputError
from nlp_toolkit.read.encoding import decode
from nlp_toolkit.read.options import ReadOptions

SUFFIXES = (".txt", ".text", ".md")


def recognises(data: bytes) -> bool:
    """Nothing marks a plain text: it is what remains when no other format is recognised."""
    return False


def read(data: bytes, name: str, document_id: str, options: ReadOptions) -> Iterator[Source | InputError]:
    """The text as one source, or an error that says what the bytes are instead.

    >>> next(read("資料共享".encode("big5"), "a.txt", "a", ReadOptions())).text
    '資料共享'
    """
    try:
        decoded = decode(data, name, options.encoding)
    except InputError as error:
        yield error
    else:
        if decoded.text.strip():
            yield Source(decoded.text, document_id, meta=decoded.meta)
        else:  # a byte order mark and nothing after it
            yield InputError(f"{name}: is empty; there is nothing to annotate")
