"""One form for every text: Simplified characters, half-width signs, one kind of line end; offsets map back exactly.

Width folding follows Unicode's compatibility mappings (UAX #15) for the blocks that Chinese typesetting uses;
Traditional characters become Simplified by OpenCC's ``tw2s``, which unlike ``t2s`` also turns 随著 into 随着.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import opencc

# Blocks whose characters are variants of others: Kangxi and CJK radicals, squared units, compatibility ideographs,
# half- and full-width forms.
_VARIANT_BLOCKS = (
    (0x2E80, 0x2FDF),
    (0x3300, 0x33FF),
    (0xF900, 0xFAFF),
    (0xFE30, 0xFE4F),
    (0xFF00, 0xFFEF),
    (0x2F800, 0x2FA1F),
)
# One sign for what typesetters write in several ways; everything else keeps its own.
_SIGNS = {
    "「": "“", "」": "”", "『": "‘", "』": "’", "﹁": "“", "﹂": "”", "﹃": "‘", "﹄": "’",
    "〝": "“", "〞": "”", "〟": "”", "﹝": "〔", "﹞": "〕", "﹙": "(", "﹚": ")", "﹐": ",", "﹑": "、", "﹒": "·",
    "﹔": ";", "﹕": ":", "﹖": "?", "﹗": "!", "‧": "·", "・": "·", "•": "·",
    "‐": "-", "‑": "-", "‒": "-", "–": "-", "—": "—", "―": "—", "−": "-", "〜": "~", "∼": "~",
    "\u3000": " ", "\u00a0": " ", "\u2002": " ", "\u2003": " ", "\u2009": " ", "\u202f": " ", "\t": " ",
    "\r": "\n", "\u0085": "\n", "\u2028": "\n", "\u2029": "\n", "\v": "\n", "\f": "\n",
    "\0": "\ufffd",
}  # fmt: skip
# Forms of Hong Kong's print that OpenCC leaves, as Traditional print elsewhere has them.
_FORMS = {"衞": "衛", "枱": "檯", "畧": "略", "濶": "闊"}
# Characters without width: marks of direction and joining, byte order mark, soft hyphen, variation selectors.
_INVISIBLE = (
    (0x00AD, 0x00AD),
    (0x034F, 0x034F),
    (0x180E, 0x180E),
    (0x200B, 0x200F),
    (0x202A, 0x202E),
    (0x2060, 0x2064),
    (0xFE00, 0xFE0F),
    (0xFEFF, 0xFEFF),
    (0xE0100, 0xE01EF),
)


@dataclass(frozen=True, slots=True)
class Alignment:
    """Maps ranges of the normalised text to ranges of the source; ``None`` arrays stand for the identity.

    ``starts[i]`` and ``ends[i]`` bound the source characters that normalised character ``i`` came from.
    """

    starts: array[int] | None = None
    ends: array[int] | None = None

    @classmethod
    def of(cls, runs: Iterable[tuple[int, int]]) -> Alignment:
        """From (source length, normalised length) runs in order: equal lengths correspond character by character."""
        starts, ends = array("q"), array("q")
        at = 0
        for source, new in runs:
            if source == new:
                starts.extend(range(at, at + new))
                ends.extend(range(at + 1, at + new + 1))
            else:
                starts.extend([at] * new)
                ends.extend([at + source] * new)
            at += source
        return cls(starts, ends)

    def then(self, later: Alignment) -> Alignment:
        """This alignment followed by another, whose source is this one's normalised text."""
        if self.starts is None or self.ends is None:
            return later
        if later.starts is None or later.ends is None:
            return self
        starts, ends = self.starts, self.ends
        return Alignment(
            array("q", [starts[start] for start in later.starts]), array("q", [ends[end - 1] for end in later.ends])
        )

    def to_normalized(self, start: int, end: int) -> tuple[int, int]:
        """The normalised range that covers a source range; the reverse of ``to_source``."""
        if self.starts is None or self.ends is None:
            return start, end
        return bisect_right(self.ends, start), bisect_left(self.starts, end)

    def to_source(self, start: int, end: int) -> tuple[int, int]:
        """The source range of a non-empty normalised range.

        >>> normalize("㎡内").alignment.to_source(1, 3)   # m2内: inside the one character ㎡
        (0, 2)
        """
        if self.starts is None or self.ends is None:
            return start, end
        return self.starts[start], self.ends[end - 1]


@dataclass(frozen=True, slots=True)
class Normalized:
    """A normalised text, the way back, and the script of its source (hans, hant or mixed)."""

    text: str
    alignment: Alignment
    script: str


# What a character is, as flags: it changes the length of the text when it is folded, or becomes one that is Traditional.
_IRREGULAR, _TRADITIONAL = 1, 2


class _Tables(NamedTuple):
    """What folding does to characters.

    folded     by code point the code point that it becomes, itself for most
    kinds      by code point its flags
    several    what one character becomes that becomes several
    irregular  matches all that changes the length of the text
    """

    folded: npt.NDArray[np.uint32]
    kinds: npt.NDArray[np.uint8]
    several: dict[str, str]
    irregular: re.Pattern[str]


@cache
def _tables() -> _Tables:
    import numpy as np

    single: dict[int, str] = {ord(char): sign for char, sign in (_SIGNS | _FORMS).items()}
    several: dict[str, str] = {}
    for first, last in _VARIANT_BLOCKS:
        for code in range(first, last + 1):
            char = chr(code)
            folded = unicodedata.normalize("NFKC", char)
            if folded == char or char in _SIGNS:
                continue
            if len(folded) == 1:
                single[code] = _SIGNS.get(folded, folded)
            else:
                several[char] = folded
    single.update(dict.fromkeys(range(0xD800, 0xE000), "\ufffd"))
    becomes = np.arange(sys.maxunicode + 1, dtype=np.uint32)
    becomes[list(single)] = list(map(ord, single.values()))
    kinds = np.zeros(sys.maxunicode + 1, np.uint8)
    kinds[list(map(ord, _traditional()))] = _TRADITIONAL
    kinds = kinds[becomes]
    kinds[[ord(char) for char in several]] |= _IRREGULAR
    for first, last in _INVISIBLE:
        kinds[first : last + 1] |= _IRREGULAR
    kinds[ord("\r")] |= _IRREGULAR  # before \n it goes
    invisible = "".join(f"{chr(first)}-{chr(last)}" for first, last in _INVISIBLE)
    return _Tables(becomes, kinds, several, re.compile(f"\r\n|[{invisible}{''.join(map(re.escape, several))}]"))


def code_points(text: str) -> npt.NDArray[np.uint32]:
    """The code points of a text, one a character.

    >>> code_points("甲1").tolist()
    [30002, 49]
    """
    import numpy as np

    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)


@cache
def _converter() -> opencc.OpenCC:
    import opencc

    return opencc.OpenCC("tw2s")


def _every_character() -> str:
    """The Chinese characters of Unicode's first block."""
    return "".join(map(chr, range(0x4E00, 0xA000)))


@cache
def _traditional() -> frozenset[str]:
    """Characters that are only Traditional."""
    import opencc

    every = _every_character()
    converted = opencc.OpenCC("t2s").convert(every)
    return frozenset(char for char, other in zip(every, converted, strict=True) if char != other)


@cache
def _simplified() -> frozenset[str]:
    """Characters that are only Simplified.

    Many Simplified forms are rare Traditional characters too; so only what Big5 lacks counts, and a few forms
    that Traditional print nearly always writes otherwise (於 後 並 範 雲 鬥).
    """
    import opencc

    def big5(char: str) -> bool:
        try:
            char.encode("big5")
        except UnicodeEncodeError:
            return False
        return True

    every = _every_character()
    converted = opencc.OpenCC("s2t").convert(every)
    simplified = frozenset(
        char
        for char, other in zip(every, converted, strict=True)
        if char != other and (char in "于后并范云斗" or not big5(char))
    )
    return simplified - _traditional()


@cache
def _simplified_codes() -> npt.NDArray[np.bool_]:
    """By code point whether it is only Simplified."""
    import numpy as np

    result = np.zeros(sys.maxunicode + 1, np.bool_)
    result[list(map(ord, _simplified()))] = True
    return result


def script_of(text: str) -> str:
    """``hans``, ``hant``, or ``mixed`` where at least one character in fifty is of the other script.

    >>> script_of("數據共享"), script_of("数据共享"), script_of("数据共享平臺")
    ('hant', 'hans', 'mixed')
    """
    codes = code_points(text)
    traditional = int((_tables().kinds[codes] & _TRADITIONAL > 0).sum())
    if not traditional:
        return "hans"
    simplified = int(_simplified_codes()[codes].sum())
    if min(traditional, simplified) * 50 >= traditional + simplified:
        return "mixed"
    return "hant" if traditional > simplified else "hans"


def normalize(text: str) -> Normalized:
    """Fold widths and signs, then convert to Simplified where the text has Traditional characters.

    >>> result = normalize("臺灣２０１４年８月\\r\\n「資料孤島」")
    >>> result.text
    '台湾2014年8月\\n“资料孤岛”'
    >>> result.alignment.to_source(10, 12)
    (11, 13)
    """
    tables, codes, alignment = _tables(), code_points(text), Alignment()
    kinds = tables.kinds[codes]
    if (kinds & _IRREGULAR).any():
        text, alignment = _fold(text, tables)
        codes = code_points(text)
        kinds = tables.kinds[codes]
    folded = tables.folded[codes].tobytes().decode("utf-32-le")
    if not (kinds & _TRADITIONAL).any():
        return Normalized(folded, alignment, "hans")
    simplified, conversion = _simplify(folded)
    return Normalized(simplified, alignment.then(conversion), script_of(folded))


def normal_form(text: str) -> str:
    """The normalised text alone, for phrases that are looked for in normalised texts.

    >>> normal_form("資料孤島")
    '资料孤岛'
    """
    return normalize(text).text


def _fold(text: str, tables: _Tables) -> tuple[str, Alignment]:
    """Replace what changes the length of the text: CRLF, invisible characters, squared units."""
    pieces: list[str] = []
    runs: list[tuple[int, int]] = []
    at = 0
    for match in tables.irregular.finditer(text):
        start, end = match.span()
        new = "\n" if end - start == 2 else tables.several.get(match.group(), "")
        pieces += (text[at:start], new)
        runs += ((start - at, start - at), (end - start, len(new)))
        at = end
    if not pieces:  # a carriage return alone keeps its place
        return text, Alignment()
    pieces.append(text[at:])
    runs.append((len(text) - at, len(text) - at))
    return "".join(pieces), Alignment.of(runs)


def _simplify(text: str) -> tuple[str, Alignment]:
    """Convert to Simplified; where the length of a line changes, that line is converted character by character."""
    converter = _converter()
    lines, converted = text.split("\n"), converter.convert(text).split("\n")
    if [len(line) for line in lines] == [len(line) for line in converted]:
        return "\n".join(converted), Alignment()
    runs: list[tuple[int, int]] = []
    for i, line in enumerate(lines):
        if len(line) == len(converted[i]):
            runs.append((len(line), len(line)))
        else:
            characters = [converter.convert(char) for char in line]
            converted[i] = "".join(characters)
            runs += [(1, len(char)) for char in characters]
        runs.append((1, 1))  # the line end
    return "\n".join(converted), Alignment.of(runs[:-1])
