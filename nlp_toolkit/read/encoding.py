"""Finds the encoding of a text from its bytes: the one in which they are the likeliest Chinese.

Every encoding that can decode the bytes is tried, and the characters are weighed by how often Chinese uses them
(data/characters.tsv, both scripts), so samples of a few characters are told apart too. Byte order marks and valid
UTF-8 decide before that. Damage of up to one character in a thousand is let pass, and counted.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import islice
from math import log
from typing import Any

from nlp_toolkit.errors import InputError
from nlp_toolkit.lexicon import read_table

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
    (b"\x84\x31\x95\x33", "gb18030"),
)
# Each with the bytes its characters are made of: bytes of another length are in another encoding.
_CANDIDATES = {
    "utf-8": 1, "gb18030": 1, "big5": 1, "big5hkscs": 1, "cp950": 1,
    "utf-16-le": 2, "utf-16-be": 2, "utf-32-le": 4, "utf-32-be": 4,
}  # fmt: skip
# The old names in page headers stand for the whole family (https://encoding.spec.whatwg.org/#names-and-labels).
_FAMILIES = {"gb2312": "gb18030", "gbk": "gb18030", "hz": "gb18030"}

_PUNCTUATION = "，。、；：？！“”‘’（）《》〈〉【】〔〕「」『』…—·　％"
# Logarithms of how likely a character is that the table does not hold, by its kind.
_USUAL, _FULL_WIDTH, _ACCENTED, _RARE_HAN, _FOREIGN, _NEVER = -4.5, -8.0, -10.0, -13.0, -16.0, -25.0
# What valid UTF-8 counts for: nobody writes it by accident, and most files are in it.
_UTF8_FILE, _UTF8_CHARACTER, _DECLARED = 5.0, 2.0, 6.0
_SURELY_UTF8 = 20
_CONTROL = re.compile("[\0-\x08\x0e-\x1f]")
_THREE_BYTES = re.compile("[\u0800-\U0010ffff]")
# Chinese lies near -7 a character, Chinese decoded wrongly near -13.
_LEAST_LIKELY = -11.0
# A guess must be 20 times as likely as the next one.
_LEAST_LEAD = log(20)
_MOST_DAMAGE = 1 / 1000


@dataclass(frozen=True, slots=True)
class Decoded:
    """A text with the encoding that was found, the next likely one, and the number of places that were damaged."""

    text: str
    encoding: str
    second: str | None = None
    damaged: int = 0
    declared: str | None = None

    @property
    def meta(self) -> dict[str, Any]:
        """What ``Source.meta`` says of it: nothing of plain UTF-8.

        >>> Decoded("数据", "utf-8").meta, Decoded("数据", "gb18030", "big5").meta
        ({}, {'encoding': {'name': 'gb18030', 'second': 'big5'}})
        """
        extra = {"second": self.second, "declared": self.declared, "damaged": self.damaged}
        said = {key: value for key, value in extra.items() if value}
        return {"encoding": {"name": self.encoding} | said} if said or self.encoding != "utf-8" else {}


def decode(data: bytes, name: str, encoding: str | None = None, declared: str | None = None) -> Decoded:
    """The text in the bytes, without a byte order mark; line ends stay as they are.

    ``encoding`` decides; ``declared``, which a page says of itself, is only one more sign.
    Raises InputError for bytes that are no text, and where it is unclear in which encoding they are one.

    >>> decode("数据共享".encode("gb18030"), "a.txt").text
    '数据共享'
    >>> decode("資料共享".encode("big5"), "a.txt").encoding
    'big5'
    """
    if encoding is not None:
        return _decode_as_told(data, name, encoding)
    for mark, marked in _MARKS:
        if data.startswith(mark):
            return _decode_as_marked(data, name, marked)
    declared = _codec(declared)
    text = _surely_utf8(data)
    if text is not None:
        if _binary(text):
            raise InputError(f"{name}: {_BINARY}")
        return Decoded(text, "utf-8", declared=_disagreeing(declared, "utf-8"))
    readings = sorted(_readings(data, declared), key=lambda reading: -reading.score)
    chinese = [reading for reading in readings if reading.plausible]
    if not chinese:  # then it may be another language, if the bytes or the page say in which encoding
        chinese = [reading for reading in readings if reading.encoding in ("utf-8", declared)][:1]
    if not chinese:
        raise InputError(f"{name}: {_not_chinese(data, readings)}")
    best = chinese[0]
    if _binary(best.text):
        raise InputError(f"{name}: {_BINARY}")
    second = next((reading for reading in readings if reading is not best), None)
    if second is not None and second.plausible and best.score - second.score < _LEAST_LEAD:
        raise InputError(
            f"{name}: could be {best.encoding} ({_opening(best.text)}) or {second.encoding} "
            f"({_opening(second.text)}); say which with --encoding"
        )
    return Decoded(
        best.text,
        best.encoding,
        second.encoding if second and best.encoding != "utf-8" else None,
        best.damaged,
        _disagreeing(declared, best.encoding),
    )


@dataclass(frozen=True, slots=True)
class _Reading:
    """The bytes decoded in one encoding, and the logarithm of how likely that text is."""

    encoding: str
    text: str
    score: float
    plausible: bool
    damaged: int


def _readings(data: bytes, declared: str | None) -> Iterator[_Reading]:
    """The text in every encoding that can decode it."""
    candidates = _CANDIDATES if declared is None or declared in _CANDIDATES else {**_CANDIDATES, declared: 1}
    seen: set[str] = set()
    for encoding, width in candidates.items():
        if len(data) % width:
            continue
        decoded = _lenient(data, encoding, strict=width > 1)
        if decoded is None or decoded[0] in seen:
            continue
        text, damaged = decoded
        seen.add(text)
        score, plausible = _likelihood(text)
        if declared is not None and _disagreeing(declared, encoding) is None:
            score += _DECLARED
        if encoding == "utf-8":
            score += _UTF8_FILE + _UTF8_CHARACTER * sum(character > "\x7f" for character in text)
        yield _Reading(encoding, text, score, plausible, damaged)


def _surely_utf8(data: bytes) -> str | None:
    """The text where it can be nothing but UTF-8: printable ASCII, or many sequences of three bytes, and all valid."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return None
    if text.isascii():
        return None if _CONTROL.search(text) else text
    return text if sum(1 for _ in islice(_THREE_BYTES.finditer(text), _SURELY_UTF8)) == _SURELY_UTF8 else None


def _likelihood(text: str) -> tuple[float, bool]:
    """How likely the text is as Chinese (a logarithm), and whether it can be Chinese at all."""
    counts = Counter(text)
    score = foreign = 0.0
    others = 0
    for character, count in counts.items():
        weight = _weight(character)
        score += weight * count
        if character > "\x7f" or weight == _NEVER:
            foreign += weight * count
            others += count
    return score, not others or foreign / others > _LEAST_LIKELY


@cache
def _table() -> dict[str, float]:
    """The logarithm of each frequent character's share of a text."""
    shares = {row["character"]: int(row["per_million"]) / 1_000_000 for row in read_table("characters")}
    return {character: log(share) for character, share in shares.items()} | dict.fromkeys(_PUNCTUATION, _USUAL)


def _weight(character: str) -> float:
    """The logarithm of how likely one character is."""
    known = _table().get(character)
    if known is not None:
        return known
    if character <= "\x7f":
        return _USUAL if character.isprintable() or character in "\t\r\n" else _NEVER
    if unicodedata.category(character) in ("Cc", "Cn", "Co", "Cs") or character == "\ufffd":
        return _NEVER
    if "\u4e00" <= character <= "\u9fff":
        return _RARE_HAN
    if "\uff01" <= character <= "\uff5e" or "\u2000" <= character <= "\u303f":
        return _FULL_WIDTH
    return _ACCENTED if "\u00a0" <= character <= "\u00ff" else _FOREIGN


def _lenient(data: bytes, encoding: str, strict: bool) -> tuple[str, int] | None:
    """The text without its mark and the number of damaged places, or None where there are too many."""
    try:
        return data.decode(encoding).removeprefix("\ufeff"), 0
    except UnicodeDecodeError:
        if strict:
            return None
    text = data.decode(encoding, "replace").removeprefix("\ufeff")
    damaged = text.count("\ufffd")
    return (text, damaged) if damaged <= _MOST_DAMAGE * len(text) else None


def _decode_as_told(data: bytes, name: str, encoding: str) -> Decoded:
    """The text in the encoding that the user names."""
    decoded = _lenient(data, encoding, strict=False)
    if decoded is None:
        raise InputError(
            f"{name}: is not {encoding.upper()}{_first_wrong(data, encoding)}; leave --encoding out to have it found"
        )
    return Decoded(decoded[0], codecs.lookup(encoding).name, damaged=decoded[1])


def _decode_as_marked(data: bytes, name: str, encoding: str) -> Decoded:
    """The text in the encoding whose byte order mark it begins with."""
    decoded = _lenient(data, encoding, strict=False)
    if decoded is None:
        raise InputError(
            f"{name}: begins with the mark of {encoding.upper()} but is not{_first_wrong(data, encoding)}; "
            "save it anew as UTF-8"
        )
    return Decoded(decoded[0], encoding, damaged=decoded[1])


_BINARY = "is a binary file, not a text; save it as plain text (UTF-8) first"


def _not_chinese(data: bytes, readings: list[_Reading]) -> str:
    """What to say of bytes that are Chinese in no encoding."""
    control = sum(byte < 9 or 13 < byte < 32 for byte in data[:8192])
    if control * 20 > len(data[:8192]):
        return _BINARY
    from charset_normalizer import from_bytes

    other = from_bytes(data[:16384]).best()
    names = [codecs.lookup(other.encoding).name] if other else []
    names += [reading.encoding for reading in readings[:2] if reading.encoding not in names]
    nearest = f" (nearest: {', then '.join(names[:2])})" if names else ""
    return (
        f"is not UTF-8{_first_wrong(data, 'utf-8')}, and reads as Chinese in no other encoding{nearest}; "
        "if you know the encoding, name it with --encoding"
    )


def _first_wrong(data: bytes, encoding: str) -> str:
    try:
        data.decode(encoding)
    except UnicodeDecodeError as error:
        return f" (byte {error.start} is 0x{data[error.start]:02x})"
    return ""


def _opening(text: str) -> str:
    """The first characters, with those that a terminal would not show as escapes."""
    return repr(text.strip()[:8])


def _binary(text: str) -> bool:
    """Whether the beginning holds more control characters than a damaged text would."""
    head = text[:8192]
    return len(_CONTROL.findall(head)) * 20 > len(head)


def _codec(declared: str | None) -> str | None:
    """Python's name of a declared encoding, or None where it is none."""
    try:
        name = codecs.lookup((declared or "").strip()).name
        b"a".decode(name, "replace")
    except (LookupError, ValueError):
        return None
    return _FAMILIES.get(name, name)


def _disagreeing(declared: str | None, found: str) -> str | None:
    """The declared encoding where the one found is not of its family."""
    big5 = ("big5", "big5hkscs", "cp950")
    return None if declared == found or (declared in big5 and found in big5) else declared
