"""What a user may say about how inputs are to be read; every reader gets the same options."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """How to read: ``encoding`` of texts, and for tables the columns of the text, the id and the date.

    What is None is found out: the encoding from the bytes, the columns by their names (text, id, date).
    Raises ValueError for an encoding that does not exist.

    >>> ReadOptions(encoding="gb18031")
    Traceback (most recent call last):
    ValueError: unknown encoding 'gb18031'; write, for example, utf-8, gb18030, big5hkscs or utf-16
    """

    encoding: str | None = None
    text_column: str | None = None
    id_column: str | None = None
    date_column: str | None = None

    def __post_init__(self) -> None:
        if self.encoding is not None and not _decodes(self.encoding):
            raise ValueError(
                f"unknown encoding {self.encoding!r}; write, for example, utf-8, gb18030, big5hkscs or utf-16"
            )


def _decodes(encoding: str) -> bool:
    """Whether Python knows a text encoding of this name (rot13 and the like turn no bytes into text)."""
    try:
        b"a".decode(encoding, "replace")
    except (LookupError, ValueError):
        return False
    return True
