"""Keeps a text from doing harm, or from failing, in the place where it is written.

Formulas after OWASP's "CSV Injection" (https://owasp.org/www-community/attacks/CSV_Injection), control characters after
XML 1.0, section 2.2.
"""

from __future__ import annotations

import json
import re
from importlib import import_module
from typing import Any

import orjson

from nlp_toolkit.errors import PolicyError

_UNKNOWN = "\ufffd"
_SURROGATES = re.compile("[\ud800-\udfff]")
_VISIBLE = {code: chr(0x2400 + code) for code in range(32) if chr(code) not in "\t\n\r"} | {
    0x7F: "␡",
    0xFFFE: _UNKNOWN,
    0xFFFF: _UNKNOWN,
}
# What a spreadsheet may take for the start of a formula, also behind white space, marks without width and our own quote.
_FORMULA = re.compile("['\\s\u200b-\u200f\u2060\ufeff]*[=+\\-@＝＋－＠]|'*[\t\r\n]")
_QUOTE = "'"
_LONGEST_NAME = 80  # characters; file systems allow 255 bytes, and a Chinese character takes three


def encodable(text: str) -> str:
    """The text with lone surrogates, which UTF-8 cannot hold, as U+FFFD; its length stays.

    >>> encodable("数\\ud800据")
    '数�据'
    """
    return _SURROGATES.sub(_UNKNOWN, text)


def as_json(data: Any) -> bytes:
    """JSON in UTF-8, with lone surrogates as U+FFFD.

    >>> as_json({"数据": ["\\ud800"]}).decode()
    '{"数据":["�"]}'
    """
    try:
        return orjson.dumps(data)
    except TypeError:
        return encodable(json.dumps(data, ensure_ascii=False, separators=(",", ":"), default=str)).encode()


def visible(text: str) -> str:
    """The text with control characters as signs, so that XML can hold them and no program obeys them; its length stays.

    >>> visible("数\\x1b据")
    '数␛据'
    """
    return encodable(text).translate(_VISIBLE)


def guarded(text: str) -> str:
    """The text as a spreadsheet shows it and never runs it: with a quote before what might be a formula.

    >>> guarded("=1+1"), guarded("数据")
    ("'=1+1", '数据')
    """
    return _QUOTE + text if _FORMULA.match(text) else text


def unguarded(text: str) -> str:
    """The reverse of :func:`guarded`, for every text.

    >>> unguarded("'=1+1"), unguarded("'数据'")
    ('=1+1', "'数据'")
    """
    return text[1:] if text.startswith(_QUOTE) and _FORMULA.match(text[1:]) else text


class FileNames:
    """Names for files from ids: each one once, none with a path in it.

    >>> names = FileNames()
    >>> names.of("../a/公报"), names.of("A_公报"), names.of("")
    ('a_公报', 'A_公报-2', 'document')
    """

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def of(self, document_id: str) -> str:
        """A name without suffix for the document of this id."""
        stem = re.sub(r"[^\w.-]+", "_", encodable(document_id)).strip("._-")[:_LONGEST_NAME] or "document"
        name, number = stem, 1
        while name.lower() in self._taken:
            number += 1
            name = f"{stem}-{number}"
        self._taken.add(name.lower())
        return name


def needed(module: str, extra: str, what: str) -> Any:
    """The module of an extra; raises PolicyError with the extra's name where it is not installed.

    >>> needed("no_such_module", "xlsx", "XLSX")
    Traceback (most recent call last):
    nlp_toolkit.errors.PolicyError: writing XLSX needs an extra; install nlp-toolkit[xlsx]
    """
    try:
        return import_module(module)
    except ImportError as error:
        raise PolicyError(f"writing {what} needs an extra; install nlp-toolkit[{extra}]") from error
