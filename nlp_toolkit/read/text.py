"""Plain text in UTF-8 (with or without byte order mark) or in UTF-16 with its mark."""

from __future__ import annotations

import codecs
from collections.abc import Iterator

from nlp_toolkit.document import Source
from nlp_toolkit.errors import InputError

_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


def read(data: bytes, name: str, document_id: str) -> Iterator[Source | InputError]:
    """The text as one source, or an error that says what the bytes are instead."""
    try:
        yield Source(decode(data, name), document_id)
    except InputError as error:
        yield error


def decode(data: bytes, name: str) -> str:
    """The text in the bytes; line ends stay as they are.

    Raises InputError for bytes that are no text, or text in another encoding.

    >>> decode("数据".encode("gb18030"), "a.txt")
    Traceback (most recent call last):
    nlp_toolkit.errors.InputError: a.txt: is not UTF-8 (byte 0 is 0xca); ...
    """
    encoding = next((encoding for mark, encoding in _MARKS if data.startswith(mark)), "utf-8")
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        if encoding == "utf-8" and _binary(data):
            raise InputError(f"{name}: is a binary file, not a text; save it as plain text (UTF-8) first") from None
        wrong = data[error.start : error.start + 1].hex()
        raise InputError(
            f"{name}: is not {encoding.upper()} (byte {error.start} is 0x{wrong}); "
            f"convert it, for example: iconv -f GB18030 -t UTF-8 (or -f BIG5 for Traditional)"
        ) from None
    if _binary(data) and encoding != "utf-16":
        raise InputError(f"{name}: is a binary file, not a text; save it as plain text (UTF-8) first")
    return text


def _binary(data: bytes) -> bool:
    """Whether the first bytes hold more control characters than a damaged text would."""
    head = data[:8192]
    control = sum(byte < 9 or 13 < byte < 32 for byte in head)
    return control * 20 > len(head)
