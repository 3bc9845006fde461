"""The numbers that Word puts before paragraphs (一、 （一） 第一条 1.) and that stand in no text of the file.

Follows ISO/IEC 29500-1, 17.9 for the definitions and 17.18.59 for the formats.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from nlp_toolkit.read.parts import Element

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"

_DIGITS = "零一二三四五六七八九"
_FINANCIAL = str.maketrans("一二三四五六七八九十百千", "壹贰叁肆伍陆柒捌玖拾佰仟")
_CHINESE = {
    "chineseCounting", "chineseCountingThousand", "taiwaneseCounting", "taiwaneseCountingThousand",
    "japaneseCounting",
}  # fmt: skip
_ROMAN = ((1000, "M"), (900, "CM"), (500, "D"), (400, "CD"), (100, "C"), (90, "XC"), (50, "L"), (40, "XL"),
          (10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I"))  # fmt: skip
_LEVELS = 9


@dataclass(frozen=True, slots=True)
class _Level:
    """One level of a list: where it starts, how its number is written, and what stands between it and the text."""

    start: int
    form: str
    text: str
    suffix: str


@dataclass(slots=True)
class Numbering:
    """The lists of a document; ``label`` counts, so it is asked for each numbered paragraph once and in order."""

    levels: dict[str, dict[int, _Level]] = field(default_factory=dict)  # by abstract list
    lists: dict[str, str] = field(default_factory=dict)  # the abstract list of each list
    starts: dict[tuple[str, int], int] = field(default_factory=dict)  # where a list starts anew
    _counts: dict[str, list[int | None]] = field(default_factory=dict)
    _begun: set[tuple[str, int]] = field(default_factory=set)

    @classmethod
    def of(cls, root: Element | None) -> Numbering:
        """The lists in the numbering part of a document, which may have none."""
        result = cls()
        if root is None:
            return result
        for abstract in root.iterfind(f"{W}abstractNum"):
            result.levels[abstract.get(f"{W}abstractNumId", "")] = {
                number: level for item in abstract.iterfind(f"{W}lvl") for number, level in [_level(item)]
            }
        for item in root.iterfind(f"{W}num"):
            name = item.get(f"{W}numId", "")
            result.lists[name] = value(item, "abstractNumId") or ""
            for override in item.iterfind(f"{W}lvlOverride"):
                if start := value(override, "startOverride"):
                    result.starts[name, whole(override.get(f"{W}ilvl"), 0)] = whole(start, 1)
        return result

    def label(self, name: str, level: int) -> str:
        """The number before the next paragraph on this level of a list; empty for bullets and unknown lists."""
        abstract = self.lists.get(name, "")
        levels = self.levels.get(abstract, {})
        if level not in levels:
            return ""
        counts = self._counts.setdefault(abstract, [None] * _LEVELS)
        if (name, level) in self.starts and (name, level) not in self._begun:
            counts[level] = self.starts[name, level]
        else:
            before = counts[level]
            counts[level] = levels[level].start if before is None else before + 1
        self._begun.add((name, level))
        counts[level + 1 :] = [None] * (_LEVELS - level - 1)
        return _filled(levels, counts, level)


def _filled(levels: dict[int, _Level], counts: list[int | None], level: int) -> str:
    """A level's text with its numbers: ``第%1条`` becomes 第三条."""
    if levels[level].form in ("bullet", "none"):
        return ""

    def number(found: re.Match[str]) -> str:
        at = int(found[1]) - 1
        if at not in levels:
            return ""
        count = counts[at]
        return written(levels[at].start if count is None else count, levels[at].form)

    label = re.sub(r"%([1-9])", number, levels[level].text)
    # Without a space 1. before 5亿元 would become another number; after 、 and ） Chinese has none.
    return label + ("" if not label or levels[level].suffix == "nothing" or label[-1] in "、）．：" else " ")


def _level(item: Element) -> tuple[int, _Level]:
    form = value(item, "numFmt") or "decimal"
    return whole(item.get(f"{W}ilvl"), 0), _Level(
        whole(value(item, "start"), 1), form, value(item, "lvlText") or "", value(item, "suff") or "tab"
    )


def value(element: Element, name: str) -> str | None:
    """The ``w:val`` of a child element."""
    child = element.find(f"{W}{name}")
    return None if child is None else child.get(f"{W}val")


def whole(text: str | None, default: int) -> int:
    """A whole number, or the default for what is none."""
    try:
        return max(0, min(int(text or ""), 1_000_000))
    except ValueError:
        return default


def written(number: int, form: str) -> str:
    """A number in one of Word's formats; formats of other languages come as digits.

    >>> written(12, "chineseCountingThousand"), written(3, "decimalEnclosedCircle"), written(4, "lowerRoman")
    ('十二', '③', 'iv')
    """
    if form in _CHINESE:
        return _chinese(number)
    if form in ("ideographDigital", "taiwaneseDigital"):
        return "".join(_DIGITS[int(digit)] for digit in str(number)).replace("零", "〇")
    if form == "chineseLegalSimplified":
        return _tens(number).translate(_FINANCIAL)
    if form.startswith("decimalEnclosedCircle") and 1 <= number <= 20:
        return chr(0x245F + number)
    if form == "decimalZero":
        return f"{number:02}"
    if form == "decimalFullWidth":
        return "".join(chr(0xFF10 + int(digit)) for digit in str(number))
    letters = chr(ord("A") + (number - 1) % 26) * min((number - 1) // 26 + 1, 50) if number else ""
    roman = _roman(number)
    return {
        "upperLetter": letters,
        "lowerLetter": letters.lower(),
        "upperRoman": roman,
        "lowerRoman": roman.lower(),
    }.get(form, str(number))


def _chinese(number: int) -> str:
    """A number below a hundred million as it is counted in Chinese."""
    if number < 10:
        return _DIGITS[number]
    for power, name in ((10_000, "万"), (1000, "千"), (100, "百"), (10, "十")):
        if number >= power:
            high, low = divmod(number, power)
            head = "" if power == 10 and high == 1 else _chinese(high)
            zero = "零" if 0 < low < power // 10 else ""
            return head + name + zero + (_tens(low) if low else "")
    raise AssertionError(number)


def _tens(number: int) -> str:
    """A number after a higher unit, where ten is 一十: 一百一十二."""
    return ("一" if 10 <= number < 20 else "") + _chinese(number)


def _roman(number: int) -> str:
    result = ""
    for amount, sign in _ROMAN:
        result += sign * min(number // amount, 20)
        number %= amount
    return result
