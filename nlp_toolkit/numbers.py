"""Numerals and quantities of Chinese policy text: value, unit, comparator and change.

Numerals follow GB/T 15835-2011 (Arabic and Chinese numerals in publications); the financial forms 壹贰叁 follow the
People's Bank's rules for filling in bills. All functions work on normalised text (half-width digits and signs).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from nlp_toolkit.document import Quantity
from nlp_toolkit.lexicon import read_table

_DIGITS = {
    "〇": 0, "○": 0, "零": 0, "一": 1, "壹": 1, "二": 2, "贰": 2, "两": 2, "三": 3, "叁": 3, "四": 4, "肆": 4, "五": 5,
    "伍": 5, "六": 6, "陆": 6, "七": 7, "柒": 7, "八": 8, "捌": 8, "九": 9, "玖": 9,
}  # fmt: skip
_SMALL = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000}
_LARGE = {"万": 10**4, "亿": 10**8, "兆": 10**12}
_HAN = "".join(_DIGITS) + "".join(_SMALL) + "".join(_LARGE)

# Every repetition is bounded, so that a run of digits of any length costs linear time.
ARABIC = r"\d{1,3}(?:,\d{3}){1,6}(?:\.\d{1,12})?|\d{1,20}(?:\.\d{1,12})?"
_MIXED = rf"(?:{ARABIC})(?: ?[十百千]?[万亿兆](?:(?:{ARABIC})[千百]?[万亿]?){{0,3}}| ?[十百千](?=[万亿]))?[十百千万亿兆]{{0,3}}"
_CHINESE = rf"[{_HAN}]{{1,20}}(?:点[{''.join(_DIGITS)}]{{1,12}})?"
# A numeral in any form, without fractions; it is tried at a place where no other digit stands in front.
NUMERAL = rf"(?:{_MIXED}|{_CHINESE})"
_FRACTION = rf"(?P<base>[百千万]|[{_HAN}\d]{{1,4}})分之(?P<share>{NUMERAL})"


def parse_number(text: str) -> float | None:
    """The value of a numeral, or None where the text is no numeral.

    >>> [parse_number(t) for t in ("1.2亿", "3万6千", "5,027万6千", "二十四点五", "二〇一四", "百分之七十", "七八成", "半")]
    [120000000.0, 36000.0, 50276000.0, 24.5, 2014.0, 0.7, 0.75, 0.5]
    """
    text = text.replace(",", "").replace(" ", "")
    if not text:
        return None
    if text in ("半", "一半"):
        return 0.5
    if match := re.fullmatch(_FRACTION, text):
        base, share = parse_number(match["base"]), parse_number(match["share"])
        return share / base if base and share is not None else None
    if match := re.fullmatch(
        rf"(?P<first>[{''.join(_DIGITS)}\d])(?P<second>[{''.join(_DIGITS)}]?)成(?P<half>半)?", text
    ):
        digits = [_digit(char) for char in match["first"] + match["second"]]
        return round(sum(digits) / len(digits) / 10 + (0.05 if match["half"] else 0), 4)
    return _arabic_or_chinese(text)


def _digit(char: str) -> int:
    return int(char) if char.isascii() else _DIGITS[char]


def _arabic_or_chinese(text: str) -> float | None:
    """A numeral made of Arabic digits, Chinese digits and the Chinese powers of ten."""
    if re.fullmatch(rf"[{''.join(_DIGITS)}]+", text) and "两" not in text:
        return float("".join(str(_DIGITS[char]) for char in text))
    whole, point, decimals = text.partition("点")
    if point:
        value = _arabic_or_chinese(whole)
        if value is None or not decimals or any(char not in _DIGITS for char in decimals):
            return None
        return float(f"{int(value)}.{''.join(str(_DIGITS[char]) for char in decimals)}")
    total = section = 0.0
    number: float | None = None
    last_unit = 1.0
    for piece in re.findall(r"\d+(?:\.\d+)?|[^\d]", text):
        if piece[0].isdigit() and piece[0].isascii():
            number = float(piece)
        elif piece in _DIGITS:
            number = float(_DIGITS[piece])
        elif piece in _SMALL:
            section += (1.0 if number is None else number) * _SMALL[piece]
            number, last_unit = None, _SMALL[piece]
        elif piece in _LARGE:
            section += number or 0.0
            if not section and number is None and not total:
                section = 1.0
            if total and _LARGE[piece] > last_unit and total < _LARGE[piece]:
                total = (total + section) * _LARGE[piece]  # 万亿
            else:
                total += section * _LARGE[piece]
            section, number, last_unit = 0.0, None, _LARGE[piece]
        else:
            return None
    if number is not None:
        # 一百五 is 150, 三万六 is 36000
        elliptic = last_unit >= 100 and not text[-2:-1].isdigit() and text[-1] in _DIGITS and text[-2:-1] not in "零〇"
        section += number * (last_unit / 10 if elliptic and text[-2] in (_SMALL | _LARGE) else 1)
    return round(total + section, 6)


# Units: what is counted or measured, with the factor that is folded into the value (800万元 is 8000000 元).
UNITS = tuple(sorted((row["unit"] for row in read_table("units")), key=lambda unit: (-len(unit), unit)))
_UNIT = "|".join(map(re.escape, UNITS))
_BEFORE = (
    (re.compile(r"(?:不低于|不少于|不小于|不得低于|不得少于|至少|最少|不低於|大于等于|≥|>=|起码)(?:了|为|是|占)?[^,。;、\d]{0,4}$"), ">="),
    (re.compile(r"(?:不超过|不高于|不大于|不得超过|不得高于|不多于|最多|至多|控制在|≤|<=|限制在)[^,。;、\d]{0,4}$"), "<="),
    (re.compile(r"(?:超过|超|高于|大于|多于|逾|突破|>|过|高出)(?:了|出)?[^,。;、\d]{0,2}$"), ">"),
    (re.compile(r"(?:低于|少于|小于|不足|不到|<|未达|不满)[^,。;、\d]{0,2}$"), "<"),
    (re.compile(r"(?:约|大约|近|将近|接近|左右|大致|约为|约占)[^,。;、\d]{0,2}$"), "~"),
)  # fmt: skip
_AFTER = (
    (re.compile(r"(?:及|或|和|含)?(?:其)?以上|之上"), ">="),
    (re.compile(r"(?:及|或|和)?(?:其)?(?:以下|以内|之内|之下)"), "<="),
    (re.compile(r"左右|上下|许|多(?=[个万亿家户人名项])"), "~"),
)
_CHANGE = re.compile(
    r"(?P<up>提高|提升|增长|增加|上升|上涨|扩大|增幅|涨幅|增速|新增|增至|提高到|增加到|升至|攀升|翻)"
    r"|(?P<down>下降|降低|减少|缩短|压缩|压减|削减|缩小|降幅|回落|降至|减至|降到|下调|减排)"
)
_TO = re.compile(r"(?:到|至|为|达|达到)[^,。;、\d]{0,2}$")
_NO_QUANTITY_BEFORE = re.compile(r"(?:第|[年月日号:.\-/〔\[No]|[A-Za-z])$")
_QUANTITY = re.compile(
    rf"(?<![\d.A-Za-z])(?P<fraction>{_FRACTION})"
    rf"|(?P<times>翻(?P<fold>[一两二三四])?番|倍增)"
    rf"|(?P<half>(?:一半|半数)(?![天年个月日]))"
    rf"|(?P<tenths>[一二三四五六七八九][一二三四五六七八九]?成半?(?![为立功果员都本长就效分套]))"
    rf"|(?<![\d.A-Za-z第])(?P<number>{NUMERAL}) ?(?P<more>多|余)?(?P<power>[万亿]?) ?(?P<unit>{_UNIT})"
)


@dataclass(frozen=True, slots=True)
class QuantityMatch:
    """A quantity and its place."""

    start: int
    end: int
    quantity: Quantity


def find_quantities(text: str, start: int = 0, end: int | None = None) -> list[QuantityMatch]:
    """The quantities in a range of normalised text, in order.

    >>> [(q.quantity.value, q.quantity.unit, q.quantity.comparator) for q in find_quantities("占比超过70%,建成100个以上中心")]
    [(70.0, '%', '>'), (100.0, '个', '>=')]
    """
    return list(_matches(text, start, len(text) if end is None else end))


def _matches(text: str, start: int, end: int) -> Iterator[QuantityMatch]:
    for match in _QUANTITY.finditer(text, start, end):
        first, last = match.span()
        if match["number"] is not None and _NO_QUANTITY_BEFORE.search(text, max(start, first - 2), first):
            continue
        valued = _value(match)
        if valued is None:
            continue
        value, unit = valued
        comparator, last = _comparator(text, start, first, last, end)
        if match["more"] and comparator == "=":
            comparator = ">"
        if comparator == "=" and match["number"] in ("一", "两") and match["unit"] in _WEAK_UNITS:
            continue
        change = _change(text, start, first)
        yield QuantityMatch(first, last, Quantity(value, unit, comparator, change))


def _value(match: re.Match[str]) -> tuple[float, str] | None:
    """Value and unit of a match: shares as %, multiples as 倍, powers of ten folded into the value."""
    if match["times"]:
        return (2.0 if match["times"] == "倍增" else float(2 ** _DIGITS[match["fold"] or "一"])), "倍"
    if match["half"]:
        return 50.0, "%"
    if match["fraction"] or match["tenths"]:
        share = parse_number(match["fraction"] or match["tenths"])
        return None if share is None else (round(share * 100, 4), "%")
    value = parse_number(match["number"] + match["power"])
    if value is None:
        return None
    unit = match["unit"]
    for prefix, factor in (("万", 10**4), ("亿", 10**8)):
        if len(unit) > 1 and unit.startswith(prefix):
            value, unit = value * factor, unit[1:]
    if unit == "‰":
        return round(value / 10, 4), "%"
    return round(value, 6), unit


# 一个, 一种 and the like are articles, not counts, unless a bound is set (至少一所).
_WEAK_UNITS = frozenset("个种批项次条件位名家块层份场座句部支套所")


def _comparator(text: str, start: int, first: int, last: int, end: int) -> tuple[str, int]:
    """The comparator from the words around a figure, and where the figure with them ends."""
    for pattern, sign in _AFTER:
        if match := pattern.match(text, last, end):
            return sign, match.end()
    before = text[max(start, first - 10) : first]
    for pattern, sign in _BEFORE:
        if pattern.search(before):
            return sign, last
    return "=", last


def _change(text: str, start: int, first: int) -> str | None:
    """up or down where the figure is the size of a change, not the level reached (提高到65% is a level)."""
    before = text[max(start, first - 10) : first]
    found = max(_CHANGE.finditer(before), key=lambda match: match.start(), default=None)
    if found is None or "," in before[found.end() :] or _TO.search(before[found.start() :]):
        return None
    return "up" if found["up"] else "down"
