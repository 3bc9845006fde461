"""Numerals and quantities of Chinese policy text: value, unit, comparator and change.

Numerals follow GB/T 15835-2011 (Arabic and Chinese numerals in publications); the financial forms 壹贰叁 follow the
People's Bank's rules for filling in bills. All functions work on normalised text (half-width digits and signs), and
every pattern is bounded, so that their time is linear in the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from nlp_toolkit.document import Quantity
from nlp_toolkit.lexicon import read_table

_DIGITS = {
    "〇": 0, "○": 0, "零": 0, "一": 1, "壹": 1, "二": 2, "贰": 2, "两": 2, "三": 3, "叁": 3, "四": 4, "肆": 4, "五": 5,
    "伍": 5, "六": 6, "陆": 6, "七": 7, "柒": 7, "八": 8, "捌": 8, "九": 9, "玖": 9,
}  # fmt: skip
_SMALL = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000}
_LARGE = {"万": 10**4, "亿": 10**8, "兆": 10**12}
_DIGIT = "".join(_DIGITS)
_HAN = _DIGIT + "".join(_SMALL) + "".join(_LARGE)
_LONGEST = 24  # characters of one numeral; longer runs are no number that a text would write

# 千 and 兆 are powers of ten but for 千瓦, 千米, 兆瓦 and the like, where they belong to the unit.
_POWER = "(?:[十百万亿]|千(?![瓦米克伏卡赫帕焦])|兆(?![瓦字赫帕]))"
ARABIC = r"\d{1,3}(?:,\d{3}){1,6}(?![\d])(?:\.\d{1,9})?|\d{1,18}(?:\.\d{1,9})?"
_MIXED = rf"(?:{ARABIC})(?:\ ?{_POWER}{{1,3}}(?:(?:{ARABIC}){_POWER}{{1,3}}){{0,4}})?"
_CHINESE = rf"[{_DIGIT}十拾](?:[{_DIGIT}拾佰仟]|{_POWER}){{0,{_LONGEST}}}(?:点[{_DIGIT}]{{1,9}})?"
# A numeral in any form, without fractions; it is tried at a place where no other digit stands in front.
NUMERAL = rf"(?:{_MIXED}|{_CHINESE})"
_FRACTION = rf"(?P<base>[百千万]|[{_HAN}\d]{{1,4}})分之(?P<share>百|{NUMERAL})"
_FRACTION_WHOLE = re.compile(_FRACTION.replace(r"\ ", " "))
_TENTHS_WHOLE = re.compile(rf"(?P<first>[{_DIGIT}\d])(?P<second>[{_DIGIT}]?)成(?P<half>半)?")
_PIECES = re.compile(r"\d+(?:\.\d+)?|[^\d]")


def parse_number(text: str) -> float | None:
    """The value of a numeral, or None where the text is no numeral.

    >>> [parse_number(t) for t in ("1.2亿", "3万6千", "5,027万6千", "二十四点五", "二〇一四", "百分之七十", "七八成", "半")]
    [120000000.0, 36000.0, 50276000.0, 24.5, 2014.0, 0.7, 0.75, 0.5]
    """
    text = text.replace(",", "").replace(" ", "")
    if not text or len(text) > 2 * _LONGEST:
        return None
    if text in ("半", "一半", "半数"):
        return 0.5
    if "分之" in text:
        match = _FRACTION_WHOLE.fullmatch(text)
        if match is None:
            return None
        base, share = _plain(match["base"]), _plain(match["share"])
        return share / base if base and share is not None else None
    if match := _TENTHS_WHOLE.fullmatch(text):
        digits = [_digit(char) for char in match["first"] + match["second"]]
        return round(sum(digits) / len(digits) / 10 + (0.05 if match["half"] else 0), 4)
    if text.endswith("半") and len(text) > 1:
        whole = _plain(text[:-1])  # 一万半 is not written, 一倍半 loses its unit: two and a half
        return whole + 0.5 if whole is not None else None
    return _plain(text)


def _digit(char: str) -> int:
    return int(char) if char.isascii() else _DIGITS[char]


def _plain(text: str) -> float | None:
    """A numeral made of Arabic digits, Chinese digits and the Chinese powers of ten."""
    if not text:
        return None
    if "两" not in text and all(char in _DIGITS for char in text):
        return float("".join(str(_DIGITS[char]) for char in text))
    whole, point, decimals = text.partition("点")
    if point:
        bare = decimals.rstrip("万亿兆")
        if bare != decimals:  # 二十四点五亿
            number, power = _plain(f"{whole}点{bare}"), _powers(decimals[len(bare) :])
            return round(number * power, 6) if number is not None and power is not None else None
        value = _plain(whole)
        if value is None or not decimals or any(char not in _DIGITS for char in decimals):
            return None
        return float(f"{int(value)}.{''.join(str(_DIGITS[char]) for char in decimals)}")
    return _powers(text)


def _powers(text: str) -> float | None:
    """The sum of a numeral's pieces: 1亿1850万 is 1亿 and 1850万; 三万六 is 36000, a last digit without its power."""
    total = section = 0.0  # total: what the large powers (万 亿 兆) closed; section: what is below the next of them
    number: float | None = None
    last_power = 1.0
    for piece in _PIECES.findall(text):
        if piece[0].isascii() and piece[0].isdigit():
            number = float(piece)
        elif piece in _DIGITS:
            number = float(_DIGITS[piece])
        elif piece in _SMALL:
            section += (1.0 if number is None else number) * _SMALL[piece]
            number, last_power = None, _SMALL[piece]
        elif piece in _LARGE:
            power = _LARGE[piece]
            section += number or 0.0
            if total and total < power and last_power < power:
                total = (total + section) * power  # 3000万亿: all before it counts in the greater power
            else:
                total += (section if section or number is not None or total else 1.0) * power
            section, number, last_power = 0.0, None, power
        else:
            return None
    if number is not None:
        elliptic = last_power >= 100 and text[-1] in _DIGITS and text[-2] in (_SMALL | _LARGE)
        section += number * (last_power / 10 if elliptic else 1)
    return round(total + section, 6)


# --- Quantities ----------------------------------------------------------------------------------------------------

# Units: what is counted or measured; a power of ten before one is folded into the value (800万元 is 8000000 元).
_CANONICAL = {row["unit"]: (row["canonical"], float(row["factor"])) for row in read_table("units")}
UNITS = tuple(sorted(_CANONICAL, key=lambda unit: (-len(unit), unit)))
_UNIT = "|".join(re.escape(unit) for unit in UNITS)
_BETWEEN = r"(?:—{1,2}|[-~～至到])"
_FIGURE = re.compile(
    rf"""
    (?P<lead>[0-9{_HAN}半翻倍])(?<!第.)(?:
        (?<=翻)了?(?P<fold>[一两二三四])?番                                               # 翻一番, 翻两番
      |(?<=倍)增(?![计行工效器])                                                       # 倍增
      |(?<=半)数                                                                     # 半数以上
      |(?<=一)半(?![天年个月日小价路])                                                 # 一半以上
    )
  | (?<![0-9{_HAN}])(?P<fraction>(?:[百千万]|[{_HAN}\d]{{1,4}})分之(?:百|{NUMERAL}))(?!\d)             # 三分之一, 百分之七十
  | (?<![0-9{_HAN}])(?P<tenths>[一二两三四五六七八九1-9](?:[一二三四五六七八九]|成?{_BETWEEN}[一二三四五六七八九1-9])?成(?!不变|[为立功果员都本长就效分套品人交材年])半?)   # 五成, 七八成
  | (?<![0-9{_HAN}])(?P<number>{NUMERAL})
    (?:\ ?(?P<lower_unit>%|‰|{_UNIT})?\ ?{_BETWEEN}\ ?(?P<upper>{NUMERAL}))?           # 5%—8%, 3至5个
    \ ?(?P<more>[多余馀几])?(?P<power>[万亿]{{0,2}})\ ?(?:(?P<halved>个半)(?P<halved_unit>小时|月|学时|学期)|(?P<unit>{_UNIT})(?P<half>半)?)
    """,
    re.VERBOSE,
)
_LEAD = re.compile(rf"[\d{_HAN}半翻倍]")  # what a figure may begin with
_LEADS = re.compile(rf"{_LEAD.pattern}+")
_NAMED_BEFORE = tuple("第“‘×xX.:/·每")  # 第三项, “三个一”, 7×24小时, 每10万人: no quantity of the clause
_NAMED_AFTER = re.compile(r"[“‘0-9一二三四五六七八九十](?![、,])|[个]?(?:全面|维护|确立|自信|意识|不准|覆盖率)")
_VAGUE = re.compile("[一二两三四五六七八九]{2}[十百千万亿]*$")  # 三五个, 七八百人: no value that one could give
_BOUNDS_BEFORE = (
    (">=", re.compile(r"(?:不得?(?:低于|少于|小于|短于)|至少|最少|起码|大于等于|≥|>=|不亚于)[^,。;、\d]{0,6}$")),
    ("<=", re.compile(r"(?:不得?(?:超过|高于|大于|多于|突破|超出)|未超过|最多|至多|最高|封顶|(?:控制|限制|压缩|压减)(?:在|到|至)|小于等于|≤|<=)[^,。;、\d]{0,6}$")),
    (">", re.compile(r"(?:(?:超过|超出|高于|大于|多于|逾|突破|高出)(?:了|出)?(?:全|总)?[^,。;、\d]{0,2}|[>超]|(?<![通经不])过)$")),
    ("<", re.compile(r"(?:(?:低于|少于|小于|不足|不到|不满|未达|未满|短于)(?:了|到)?[^,。;、\d]{0,2}|<)$")),
    ("~", re.compile(r"(?:(?:(?<![节签预条合特契])约|大约|大致|大概|将近|接近)(?:为|占|有|需|达)?|(?<![附最])近)$")),
)  # fmt: skip
_BOUNDS_AFTER = (
    (">=", re.compile(r" ?\)?(?:及|或|和|含)?以上|之上|起步|\+")),
    ("<=", re.compile(r" ?\)?(?:(?:及|或|和|含)?(?:以下|以内)|之内|之下|内(?![容部地外生在涵需陆]))")),
    ("~", re.compile(r"(?:左右|上下)")),
)
_CHANGE = re.compile(
    r"(?P<up>提高|提升|增长|增加|上升|上涨|扩大|增幅|涨幅|增速|新增|增至|升至|攀升|延长|上调|回升)"
    r"|(?P<down>下降|降低|减少|缩短|压缩|压减|削减|缩小|降幅|回落|降至|减至|下调|减排|节约|精简|减轻|缩减)"
)
_LEVEL = re.compile(r"(?:[到至为在]|达)[^,。;、\d]{0,3}$")  # 提高到65%: the level reached, not the size of the change
_RATE = re.compile(r"(?:增速|增幅|涨幅|降幅|增长率)(?:达到|为|在|保持在|达)?[^,。;\d]{0,4}$")
_BASE_AFTER = re.compile(
    r"(?:左右|以上|以下)?[^,。;]{0,4}?(?:提高|提升|增加|增长|上升|扩大|下降|降低|减少|压缩|缩短|缩小|压减|下调|上调|降|增|升|调整|合并|归并|整合|精简|改|并)[至到为成]"
)
_BASE_BEFORE = re.compile(r"[由从自][^,。;]{0,14}$")
_JOINED = re.compile(r"(?:以上|以下|左右)?[、和及与]")
_WEAK_UNITS = frozenset("个种批项次条件位名家块层份场座句部支套所点步道轮对张只间组类")  # 一个: an article, not a count
_WINDOW = 14  # characters looked back for a bound


@dataclass(frozen=True, slots=True)
class QuantityMatch:
    """A quantity and its place; ``base`` is what a change started from (由60%提高到70%: 60)."""

    start: int
    end: int
    quantity: Quantity
    base: float | None = None


def canonical(quantity: Quantity) -> Quantity | None:
    """The quantity in the standard unit of its kind (data/units.tsv), or None where its unit is unknown.

    >>> canonical(Quantity(3.0, "公顷", ">=")), canonical(Quantity(1.0, "束"))
    (Quantity(value=30000.0, unit='平方米', comparator='>=', change=None), None)
    """
    known = _CANONICAL.get(quantity.unit or "")
    if known is None:
        return None
    unit, factor = known
    return replace(quantity, value=round(quantity.value * factor, 6), unit=unit)


def find_quantities(text: str, start: int = 0, end: int | None = None) -> list[QuantityMatch]:
    """The quantities in a range of normalised text, in order; a range of figures gives its lower and its upper bound.

    >>> [(q.quantity.value, q.quantity.unit, q.quantity.comparator) for q in find_quantities("占比超过70%,建成100个以上中心")]
    [(70.0, '%', '>'), (100.0, '个', '>=')]
    """
    last = len(text) if end is None else end
    result: list[QuantityMatch] = []
    base: QuantityMatch | None = None
    for one in _figures(text, start, last):
        if _BASE_BEFORE.search(text, max(start, one.start - 16), one.start) and _BASE_AFTER.match(text, one.end, last):
            base = one
            continue
        if base is not None:
            if one.start - base.end <= 12:
                one = replace(one, base=base.quantity.value)
            base = None
        result.append(_like_neighbour(text, result, one))
    if "分别" in text[start:last]:
        _share_bounds(text, result)
    return result


def _figure_from(text: str, at: int, end: int) -> re.Match[str] | None:
    """The first figure from a place on; a search for what it may begin with is many times as fast as one for it."""
    while lead := _LEAD.search(text, at, end):
        at = lead.start()
        if match := _FIGURE.match(text, at, end):
            return match
        at += 1
    return None


def figure_places(text: str) -> list[int]:
    """Where the first and last characters stand of what may be a figure, one a run: elsewhere ``find_quantities`` finds none.

    >>> figure_places("一半以上, 5万人")
    [0, 1, 6, 8]
    """
    places: list[int] = []
    for run in _LEADS.finditer(text):
        found = (_FIGURE.match(text, at) for at in range(*run.span()))
        if match := next(filter(None, found), None):
            places += (match.start(), match.end() - 1)
    return places


def _figures(text: str, start: int, end: int) -> Iterator[QuantityMatch]:
    at = start
    while match := _figure_from(text, at, end):
        first, at = match.span()
        before = text[max(start, first - 1) : first]
        if (
            before.isascii()
            and (before.isalnum() or before in tuple("-.,"))
            and not (before == "," and not text[max(start, first - 2)].isdigit())
        ) or (before in _NAMED_BEFORE and before):
            if match["number"] is not None:
                at = match.end("number")
            continue
        if before and before in _HAN:
            continue  # the tail of a longer numeral
        if match["number"] is not None and _is_name(match, text, end):
            at = match.end("number")
            continue
        yield from _valued(match, text, start, end)


def _is_name(match: re.Match[str], text: str, end: int) -> bool:
    """Whether a figure is a part of a name (三个“一”, 三个1亿人), a length of time spent, or a round hundred alone."""
    if match["number"][0] in "百千万亿兆" or _VAGUE.match(match["number"]):
        return True
    if match["number"][0] in "十拾" and text[match.start() - 1 : match.start()] in ("几", "数", "好"):
        return True
    chinese = not match["number"][0].isascii()
    if chinese and _NAMED_AFTER.match(text, match.end(), end) and _unit(match) in _WEAK_UNITS:
        return True
    return _unit(match) in ("个月", "天", "周", "小时") and bool(
        re.match(r"的?时间|期间|后|前|来", text[match.end() : match.end() + 3])
    )


def _valued(match: re.Match[str], text: str, start: int, end: int) -> Iterator[QuantityMatch]:
    """One quantity of a match, or for a range its two bounds."""
    first, last = match.span()
    comparator, bound_end = _bound(text, start, first, last, end)
    change = _change(text, start, first)
    if match["number"] is None:
        if match["tenths"] and (joined := re.search(rf"成?{_BETWEEN}", match["tenths"])):
            low, high = match["tenths"][: joined.start()] + "成", match["tenths"][joined.end() :]
            for sign, share, span in (
                (">=", parse_number(low), (first, first + joined.start())),
                ("<=", parse_number(high), (first + joined.end(), bound_end)),
            ):
                if share is not None:
                    yield QuantityMatch(*span, Quantity(round(share * 100, 4), "%", sign, change))
            return
        value, unit = _share(match)
        if value is not None:
            if unit == "倍":
                change = None
            yield QuantityMatch(first, bound_end, Quantity(value, unit, comparator, change))
        return
    power, unit = match["power"], _unit(match)
    value = parse_number((match["upper"] or match["number"]) + power)
    if value is None:
        return
    if match["half"] or match["halved"]:
        value += 0.5
    if match["upper"] is not None:
        low = _lower(match, power, value)
        if low is None or low >= value:
            return
        yield QuantityMatch(first, match.end("number"), Quantity(low, unit, ">=", change))
        yield QuantityMatch(match.start("upper"), bound_end, Quantity(round(value, 6), unit, "<=", change))
        return
    if match["more"] and comparator == "=":
        comparator = ">"
    if comparator == "=" and match["number"] == "一" and unit in _WEAK_UNITS:
        return
    yield QuantityMatch(first, bound_end, Quantity(round(value, 6), unit, comparator, change))


def _unit(match: re.Match[str]) -> str:
    """The unit of a counted figure: 一个半月 counts 个月, 一个半小时 counts 小时."""
    if match["halved_unit"] == "月":
        return "个月"
    return match["halved_unit"] or match["unit"]


def _lower(match: re.Match[str], power: str, upper: float) -> float | None:
    """The lower bound of a range; it may leave its power of ten to the upper one (3至5万人)."""
    low = parse_number(match["number"])
    if low is None or match["lower_unit"] or match["number"][-1] in "万亿兆":
        return low
    tail = re.search(r"[万亿兆]+$", match["upper"] + power)
    return parse_number(match["number"] + tail.group()) if tail else low


def _share(match: re.Match[str]) -> tuple[float | None, str]:
    """Value and unit of multiples, halves, fractions and tenths: 倍 and %."""
    if match["fraction"] or match["tenths"]:
        words = match["fraction"] or match["tenths"]
        if match["tenths"] and words[1:2].isdigit():
            words = words[0] + "〇一二三四五六七八九"[int(words[1])] + words[2:]
        share = parse_number(words)
        return (round(share * 100, 4), "%") if share is not None else (None, "%")
    if match["lead"] == "翻":
        return float(2 ** _DIGITS[match["fold"] or "一"]), "倍"
    if match["lead"] == "倍":
        return 2.0, "倍"
    return 50.0, "%"


def _bound(text: str, start: int, first: int, last: int, end: int) -> tuple[str, int]:
    """The comparator from the words around a figure, and where the figure with them ends."""
    for sign, pattern in _BOUNDS_AFTER:
        if match := pattern.match(text, last, end):
            return sign, match.end()
    before = text[max(start, first - _WINDOW) : first]
    for sign, pattern in _BOUNDS_BEFORE:
        if pattern.search(before):
            return sign, last
    return "=", last


def _change(text: str, start: int, first: int) -> str | None:
    """up or down where the figure is the size of a change, not the level reached (提高到65% is a level)."""
    before = text[max(start, first - 12) : first]
    found = next(reversed(list(_CHANGE.finditer(before))), None)
    if found is None or "," in before[found.end() :] or re.search(r"[\d、]", before[found.end() :]):
        return None
    if _LEVEL.search(before[found.start() :]) and not _RATE.search(before):
        return None
    return "up" if found["up"] else "down"


def _like_neighbour(text: str, result: list[QuantityMatch], one: QuantityMatch) -> QuantityMatch:
    """A figure joined to the one before (超过65%和55%) shares the bound and the change that stand before both."""
    if not result or one.quantity.comparator != "=":
        return one
    before = result[-1]
    if before.quantity.unit == one.quantity.unit and _JOINED.fullmatch(text, before.end, one.start):
        bound = before.quantity.comparator
        change = one.quantity.change or before.quantity.change
        return replace(one, quantity=replace(one.quantity, comparator=bound, change=change))
    return one


def _share_bounds(text: str, result: list[QuantityMatch]) -> None:
    """分别达到65%、55%以上: the bound behind the last of joined figures holds for all of them."""
    for i in range(len(result) - 2, -1, -1):
        one, after = result[i], result[i + 1]
        if (
            one.quantity.comparator == "="
            and one.quantity.unit == after.quantity.unit
            and _JOINED.fullmatch(text, one.end, after.start)
        ):
            result[i] = replace(one, quantity=replace(one.quantity, comparator=after.quantity.comparator))
