"""Time expressions that can be placed on a calendar, as days, EDTF values and roles.

EDTF is ISO 8601-2:2019, levels 0 and 1. Plan periods (data/plans.tsv) are those of the five-year plans; years of the
Republic (民国) count from 1912. Three steps, each on its own: patterns find what may be an expression; readers turn a
match into what its characters say (an `Expression`, without any context); `value` places an expression on the calendar,
given the year in force and the reference day. Every pattern is bounded and begins with a set of characters, so that
scanning is linear and fast.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import lru_cache

from nlp_toolkit.document import Date
from nlp_toolkit.draft import Draft
from nlp_toolkit.lexicon import read_table
from nlp_toolkit.numbers import parse_number

_PLANS = {row["plan"]: (int(row["first_year"]), int(row["last_year"])) for row in read_table("plans")}

_N = "[0-9〇○零Oo一二三四五六七八九十百廿卅]"
_CHINESE = frozenset("〇○零一二三四五六七八九十百千万亿两廿卅")
_BETWEEN = "—{1,2}|[-~～至到]"  # joins the ends of a range
_LISTED = "[、和及与或暨]"  # joins the members of a list

# What may follow 年: a month with its day or part, or a part of the year.
_TAIL = rf"""
    (?:\ ?(?P<month>{_N}{{1,3}}+|元(?=月))(?:\ ?(?P<months>{_BETWEEN}|{_LISTED})\ ?(?P<month_2>{_N}{{1,3}}+))?\ ?月份?   # 8月, 1—6月份
        (?:\ ?(?P<day>{_N}{{1,3}}+)(?:\ ?(?P<days>{_BETWEEN}|{_LISTED})\ ?(?P<day_2>{_N}{{1,3}}+))?\ ?[日号]    # 5日, 16至18日
          |(?P<month_part>底(?![线层])|末|初(?![步级中审评])|[上中下]旬))?
      |\ ?(?P<part>年?[末底](?![线层])|年?初(?![步级中审评次])|年年[中内]|[上下]半年|年?中期
          |(?P<ahead>前)?第?(?P<quarter>[一二三四1-4首])\ ?个?季度?(?P<quarter_part>[末初])?
          |前\ ?(?P<first_months>{_N}{{1,2}})\ ?个月))?
"""
# A numeral, or several joined, with the unit that makes it a date: 2014年8月5日, 2016—2020年, 1、2月份, 三季度, 80年代.
_FIGURE = re.compile(
    rf"""
    (?P<lead>[0-9〇○零一二三四五六七八九十廿卅]{_N}{{0,5}}+|元(?=[年月]))
    (?P<others>(?:\ ?(?:{_BETWEEN}|{_LISTED})\ ?{_N}{{1,4}}+){{0,9}}+)
    \ ?(?:(?P<year>(?:[两二三四五]|(?<=[\d度])[学财]|会计)?年(?!代)度?){_TAIL}
      |(?P<in_month>月)份?
        (?:\ ?(?P<in_day>{_N}{{1,3}}+)(?:\ ?(?P<in_days>{_BETWEEN}|{_LISTED})\ ?(?P<in_day_2>{_N}{{1,3}}+))?\ ?[日号]
          |(?P<in_month_part>底(?![线层])|末|初(?![步级中审评])|[上中下]旬))?
      |(?P<bare_day>日(?![均常内益前]))
      |个?(?P<season>季)度?(?P<season_part>[末初])?
      |(?P<century>世纪)(?:\ ?(?P<tens>[1-9]0|[一二三四五六七八九]十)\ ?年代|(?P<century_part>中叶|中期|初期?|末期?|前半叶|后半叶)|)
        (?P<century_decade_part>初期?|中期?|末期?|后期)?
      |(?P<decade>年代)(?P<decade_part>初期?|中期|末期?|后期)?
    )
    """,
    re.VERBOSE,
)
# One of the numerals that the first is joined to.
_OTHER = re.compile(rf" ?(?P<sign>{_BETWEEN}|{_LISTED}) ?(?P<numeral>{_N}+)")
_TWO_DIGITS = re.compile("[0-9]{2}|[〇○零一二三四五六七八九]{2}")
# Years, months and days written with signs: 2014-08-05, 2014/8, 2014.8.5; a range of years without 年: 2016—2020.
_NUMERIC = re.compile(
    r"""
    (?P<year>[12]\d{3})(?:
        (?P<sign>[-./])(?P<month>\d{1,2}+)(?:(?P=sign)(?P<day>\d{1,2}+))?
      |(?:—{1,2}|[-~～])(?P<until>[12]\d{3}+))
    (?![\d%‰:/]|[-.]\d|\ ?[万亿千百元个吨倍米家人亩户号项件次名只台套斤度])
    """,
    re.VERBOSE,
)
# Words that count from the document's day, or from the year in force; and parts of a year that is not named.
_YEAR_WORDS = {
    "今年": ("today", 0), "去年": ("today", -1), "上年": ("today", -1), "上一年": ("today", -1), "前年": ("today", -2),
    "明年": ("today", 1), "来年": ("today", 1), "下年": ("today", 1), "下一年": ("today", 1), "后年": ("today", 2),
    "本年": ("either", 0), "同年": ("force", 0), "当年": ("force", 0), "次年": ("force", 1), "翌年": ("force", 1),
}  # fmt: skip
_MONTH_WORDS = {
    "本月": ("today month", 0), "上月": ("today month", -1), "上个月": ("today month", -1), "下月": ("today month", 1),
    "下个月": ("today month", 1), "当月": ("force month", 0), "同月": ("force month", 0), "次月": ("force month", 1),
}  # fmt: skip
_DAY_WORDS = {f"{word}{unit}": away for word, away in (("昨", -1), ("今", 0), ("明", 1)) for unit in "日天"}
_BOTH_YEARS = "今明两年"
_PART_WORDS = (
    "年初",
    "年底",
    "年末",
    "年中",
    "年内",
    "上半年",
    "下半年",
    "月底",
    "月末",
    "月初",
    "上旬",
    "中旬",
    "下旬",
)
_WORD = re.compile(
    rf"""
    (?P<word>{"|".join([_BOTH_YEARS, *_YEAR_WORDS, *_MONTH_WORDS, *_DAY_WORDS, *_PART_WORDS])}|本世纪|上世纪|上个世纪)
    (?:(?<=世纪)(?:(?P<tens>[1-9]0|[一二三四五六七八九]十)\ ?年代|(?P<century_part>中叶|中期|初期?|末期?|前半叶|后半叶))
        (?P<decade_part>初期?|中期|末期?|后期)?
      |(?<=月)(?:\ ?(?P<day_only>{_N}{{1,3}}+)\ ?日(?!内)|(?P<month_only>[底末初]|[上中下]旬))
      |(?<=[上下一去今明后前来本同当次翌]年)度?{_TAIL})?
    """,
    re.VERBOSE,
)
# A word with the year it means behind it, as Taiwan writes: 今（113）年底, 明（2020）年.
_GLOSSED = re.compile(rf"[今明去前上本]\((?P<number>\d{{2,4}})\)(?P<year>年)度?{_TAIL}", re.VERBOSE)
# A five-year plan: “十三五”时期, “十四五”末, 九五期间.
_PLAN = re.compile(
    r"(?P<plan>[一二三四五六七八九十][一二三四五六]?五)(?P<close>”)?(?P<part>(?:规划)?(?:时期|期间)|规划期|期(?!内)|[初中末前后]期|末|初(?![步级中审]))?"
)

# A numeral goes on to the left: in a version, a telephone number, a code.
_LONGER_BEFORE = re.compile(r"[0-9A-Za-z_/]$|[0-9A-Za-z][-.:]$")
_DATES_BEFORE = re.compile(r"(?:每(?:年|月|周|隔)?的?|历年|[近逾满共约超第]|任期|为期|不足|不到|超过|长达|延长)$")
_DURATION_AFTER = re.compile(
    r" ?(?:[以之]?内|[以之]上|间(?!接)|多|余|来(?!临|函|到)|左右|之久|的?(?:历史|时间|任期)|[制期限龄薪检]|[以之]?后)"
)
_ORIGIN = r"(?:\((?:星期|周|礼拜)[一二三四五六日天]\))?"
_JOIN = re.compile(rf"(?:起|开始)?{_ORIGIN} ?(?:{_BETWEEN}|延续?至|直到) ?")
_TITLED = re.compile("《[^《》]{1,200}+》")
_UNITS_AFTER_PLAN = frozenset("一二三四五六七八九十百千万亿分个条年月日号点成名家项倍岁天人次章大所种类批座.%")
_BAD_BEFORE_WORD = {
    "前年": "以目之提三两几多百此", "后年": "以今之而其三两几多", "来年": "年近以将历", "上年": "以纪", "本年": "基资成日版文样",
    "上月": "以", "本月": "基资成", "下年": "以", "下月": "以", "当年": "相适恰", "去年": "失过",
}  # fmt: skip
_NOT_AFTER_YEAR_WORD = ("轻", "龄", "级", "纪", "产", "均", "薪", "货", "销", "幼", "味")
_OPENING = frozenset("\n ,。;:!?、(“自从在于到至")  # before a year of two digits
_BEFORE_BARE_PART = frozenset("每历逐各往近学一二三四五六七八九十两几半多个余全周数")


@dataclass(frozen=True, slots=True)
class Expression:
    """What the characters of one time expression say.

    ``year`` is a year of the common era, or with ``base`` the distance from today's year, from the year in force, from
    this month (all in the base's unit). ``part`` is a piece of the year or month: 初 底 上半年 上旬 Q1-3 M1-8 about decade plan.
    """

    year: int | None = None
    month: int | None = None
    day: int | None = None
    part: str | None = None
    base: str = ""
    last_year: int | None = None  # of a plan or a decade


@dataclass(frozen=True, slots=True)
class Frame:
    """What an expression is resolved against: the year and month last named, the document's day, and its year."""

    year: int | None = None
    month: int | None = None
    today: date | None = None
    this_year: int | None = None


@dataclass(frozen=True, slots=True)
class Value:
    """First and last day, and the EDTF form; all None where the expression cannot be placed."""

    first: date | None = None
    last: date | None = None
    edtf: str | None = None
    span: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """An expression with its place; ``until`` is the far end of a range."""

    start: int
    end: int
    expression: Expression
    until: Expression | None = None
    loose: bool = False  # a bare day: a date only beside another


class DateExtractor:
    """Finds dates outside document titles and numbers, and resolves them against the year in force."""

    def find(self, draft: Draft) -> list[Date]:
        """The dates of the text, in order.

        Needs the DOCUMENT spans in ``draft.spans``: years inside titles and document numbers are no dates.
        """
        text = draft.text
        found = _ranges(text, list(_outside(_found(text, _counts_from_1912(draft)), text, draft)))
        return list(_dates(draft, found))


def _found(text: str, republican: bool) -> list[Found]:
    """All expressions; of two that overlap, the one that begins first, then the longer."""
    every = [*_figures(text, republican), *_numerics(text), *_words(text), *_glossed(text), *_plans(text)]
    every.sort(key=lambda one: (one.start, -one.end))
    result: list[Found] = []
    at = 0
    for one in every:
        if one.start >= at:
            result.append(one)
            at = one.end
    return result


def _outside(found: list[Found], text: str, draft: Draft) -> Iterator[Found]:
    """The expressions that stand in no document title or number."""
    hidden = [(span.start, span.end) for span in draft.spans.get("DOCUMENT", ())]
    hidden = sorted({*hidden, *(match.span() for match in _TITLED.finditer(text))})
    reach, ends = 0, []
    for _, end in hidden:
        reach = max(reach, end)
        ends.append(reach)
    starts = [start for start, _ in hidden]
    for one in found:
        place = bisect_right(starts, one.start) - 1
        if (place < 0 or ends[place] <= one.start) and (place + 1 >= len(starts) or starts[place + 1] >= one.end):
            yield one


def _ranges(text: str, found: list[Found]) -> list[Found]:
    """Neighbours joined by 至 到 - — become one; a bare day stays only beside another date of a list."""
    result: list[Found] = []
    for one in found:
        before = result[-1] if result else None
        if before is not None and one.start - before.end <= 12 and before.until is None and one.until is None:
            join = _JOIN.fullmatch(text, before.end, one.start)
            if join and _may_join(before.expression, one.expression):
                result[-1] = replace(before, end=one.end, until=one.expression)
                continue
        if one.loose and (before is None or not _in_list(text[before.end : one.start])):
            continue
        result.append(one)
    return result


def _in_list(between: str) -> bool:
    """Whether a bare day may take its month from the date before: 8月5日、6日; 8月5日上午和6日下午."""
    return len(between) <= 40 and not any(mark in between for mark in "。;\n")


def _may_join(first: Expression, last: Expression) -> bool:
    """Whether two expressions can be the ends of one range."""
    if last.day is not None and last.month is None and last.year is None:
        return first.day is not None
    if first.part in ("decade", "about") or last.part in ("decade", "about"):
        return first.part == last.part
    if not last.base and not first.base and first.year is not None and last.year is not None:
        return (first.year, first.month or 0, first.day or 0) <= (last.year, last.month or 12, last.day or 31)
    return True


def _dates(draft: Draft, found: list[Found]) -> Iterator[Date]:
    """Values and roles, with the year in force: the last one named in the sentence, then in the passage, else the document's."""
    text = draft.text
    sentences = [start for start, _ in draft.sentences]
    lines = [passage.start for passage in draft.passages]
    year = month = None
    line = sentence = -1
    for one in found:
        here, inner = bisect_right(lines, one.start), bisect_right(sentences, one.start)
        if here != line:
            year = month = None
        elif inner != sentence:
            month = None
        line, sentence = here, inner
        if one.expression.base.startswith("force") and year is None:
            continue  # 当年 in a rule counts from no year
        frame = Frame(year if year is not None else draft.year, month, draft.date, draft.year)
        if one.loose and frame.month is None:
            continue
        placed = _placed(one, frame)
        role = _role(text, one.start, one.end, placed.span)
        yield Date(one.start, one.end, text[one.start : one.end], placed.first, placed.last, placed.edtf, role)
        if placed.last is not None and one.expression.part not in ("plan", "decade", "about"):
            year, month = placed.last.year, placed.last.month
        elif (one.until or one.expression).month is not None and not one.expression.base:
            month = (one.until or one.expression).month


def _placed(found: Found, frame: Frame) -> Value:
    """The value of an expression or of a range."""
    first = value(found.expression, frame)
    if found.until is None:
        return first
    inner = (
        replace(frame, year=first.first.year, month=first.first.month) if first.first else replace(frame, month=None)
    )
    last = value(found.until, inner)
    if first.first is None or last.last is None or first.edtf is None or last.edtf is None or last.last < first.first:
        return Value(span=True)
    return Value(first.first, last.last, f"{first.edtf.split('/')[0]}/{last.edtf.split('/')[-1]}", True)


# --- Finding: from a match to what it says -----------------------------------------------------------------------


@lru_cache(1024)
def _number(text: str) -> int:
    """A year, month or day in Arabic or Chinese numerals (二〇一四 digit by digit); 0 where it is none."""
    if text.isascii() and text.isdigit():
        return int(text)
    if text == "元":
        return 1
    if any(char in "0Oo" for char in text) and all(char in "0Oo〇○零一二三四五六七八九" for char in text):
        text = text.translate({ord(zero): "〇" for zero in "0Oo"})
    if any(char.isascii() for char in text):
        return 0
    number = parse_number(text.replace("廿", "二十").replace("卅", "三十"))
    return int(number) if number is not None else 0


def _counts_from_1912(draft: Draft) -> bool:
    """Whether a Traditional text counts years from 1912, as Taiwan does and Hong Kong does not."""
    if draft.script == "hans":
        return False
    text = draft.text
    if re.search(
        r"民国|(?<![\d.])(?:[89]\d|1[0-4]\d) ?年(?:度|底|初|\d{1,2} ?月)|(?<![\d.])1[0-4]\d ?(?:至|到|-|—|~|、|及|和) ?1[0-4]\d ?年",
        text,
    ):
        return True
    return (
        re.search(r"(?<![\d.近逾约满达长共第超有])1[012][1-9] ?年(?!的?历史|来|之|间|前|后|以|内|的)", text) is not None
    )


def _figures(text: str, republican: bool) -> Iterator[Found]:
    """Expressions that begin with a numeral."""
    at = 0
    while match := _FIGURE.search(text, at):
        found = list(_figure(match, text, republican))
        yield from found
        others = match["others"]
        # What does not exist in the calendar (2月30日) is left out of the span and is no date of its own either.
        at = match.end() if found else match.end("lead") + (len(others) - len(others.lstrip("、和及与或至到-—~～ ")))


def _figure(match: re.Match[str], text: str, republican: bool) -> Iterator[Found]:
    start = match.start()
    before = text[max(0, start - 5) : start]
    if before[-1:] in _CHINESE or _LONGER_BEFORE.search(before):
        return
    if match["year"] is not None:
        yield from _year_figure(match, text, before, republican)
    elif match["in_month"] is not None:
        yield from _month_figure(match, text, before)
    elif match["bare_day"] is not None:
        yield from _day_figure(match, text, before)
    elif match["season"] is not None:
        yield from _season_figure(match, text, before)
    else:
        yield from _decade_figure(match, before)


def _members(match: re.Match[str]) -> list[tuple[int, int, str, str]]:
    """The numerals of a match that stand before its unit: (start, end, numeral, the sign before it)."""
    members = [(match.start("lead"), match.end("lead"), match["lead"], "")]
    if match["others"]:
        offset = match.start("others")
        members += [
            (offset + other.start("numeral"), offset + other.end("numeral"), other["numeral"], other["sign"])
            for other in _OTHER.finditer(match["others"])
        ]
    return members


def _is_list(sign: str) -> bool:
    return sign in ("、", "和", "及", "与", "或", "暨")


def _year_figure(match: re.Match[str], text: str, before: str, republican: bool) -> Iterator[Found]:
    """2014年…, 民国103年…, 08年, 2016—2020年, 2018和2019两年."""
    start, unit = match.start(), match["year"]
    era = re.search(r"(?:中华)?民国 ?$", before)
    after = text[match.end("year") : match.end("year") + 4]
    several = unit[0] in "两二三四五"
    members = _members(match)
    if several and len(members) == 1:
        return
    dated = match["month"] is not None or match["part"] is not None or unit.endswith("度")
    years: list[tuple[int, int, int, str]] = []
    for first, last, numeral, sign in members:
        year = _year(
            numeral, era is not None, republican, dated, len(members) > 1, before if first == start else "、", after
        )
        if year is None and years and _TWO_DIGITS.fullmatch(numeral) and not _is_list(sign):
            year = years[-1][2] // 100 * 100 + _number(numeral)  # 2019—20年度
        if year is None or not 1000 <= year <= 2999:
            if sign and not _is_list(sign):
                return
            years.clear()
            continue
        if not years and sign and not _is_list(sign):
            return  # the far end of a range whose near end is no year: 5—10年
        years.append((first, last, year, sign))
    if not years:
        return
    if era is not None and years[0][0] == start:
        years[0] = (start - len(era.group()), *years[0][1:])
    if _DATES_BEFORE.search(before) and before[-1:] == "第":
        return
    end, expression, until = _tailed(match, Expression(years[-1][2]), "")
    if several:
        end = years[-1][1]
    for i, (first, last, year, sign) in enumerate(years):
        next_sign = years[i + 1][3] if i + 1 < len(years) else ""
        if i and not _is_list(sign):
            continue  # the far end of a range, told with its near end
        if next_sign and not _is_list(next_sign):
            far = years[i + 1]
            if far[2] < year:
                return
            closing = end if i + 2 == len(years) else far[1]
            yield Found(
                first, closing, Expression(year), (until or expression) if i + 2 == len(years) else Expression(far[2])
            )
        elif i + 1 == len(years):
            yield Found(first, end, expression, until)
        else:
            yield Found(first, last, Expression(year))


def _year(numeral: str, era: bool, republican: bool, dated: bool, listed: bool, before: str, after: str) -> int | None:
    """The year of the common era that a numeral before 年 names, or None where it counts years."""
    if era:
        return 1912 if numeral == "元" else 1911 + _number(numeral)
    if numeral.isascii() and numeral.isdigit():
        number = int(numeral)
        if len(numeral) == 4:
            counted = number % 100 == 0 and (
                _DATES_BEFORE.search(before) or re.match("(?:的?历史|来(?!源)|之久|间|文明|前)", after)
            )
            return number if 1500 <= number <= 2299 and not counted else None
        lasting = _DATES_BEFORE.search(before) or _DURATION_AFTER.match(after)
        if republican and (
            (len(numeral) == 3 and 100 <= number < 150)
            or (len(numeral) == 2 and number >= 60)
            or ((dated or listed) and 30 <= number < 150)
        ):
            within = after.startswith("间") and number >= 60  # 98年间: in that year
            return 1911 + number if dated or listed or within or not lasting else None
        opening = numeral[0] == "0" or not before or before[-1] in _OPENING
        if len(numeral) == 2 and not republican and (dated or (opening and not lasting)):
            return (2000 if number < 50 else 1900) + number if number >= 78 or number <= 35 else None
        return None
    if len(numeral) == 4 and "十" not in numeral and "百" not in numeral:
        number = _number(numeral)
        return number if 1500 <= number <= 2299 else None
    if republican and "百" in numeral and dated:
        return 1911 + _number(numeral)
    if len(numeral) == 2 and dated and numeral[0] in "七八九〇零" and numeral[1] in "〇○零一二三四五六七八九":
        number = _number(numeral)
        return (2000 if number < 50 else 1900) + number
    return None


def _tailed(match: re.Match[str], year: Expression, prefix: str) -> tuple[int, Expression, Expression | None]:
    """A year with the month, day or part behind it, as far as they exist in the calendar; and where that ends."""
    end = match.end("year") if prefix == "" else match.start() + len(prefix)
    if match["month"] is not None:
        return _month_tail(match, year, end, ("month", "months", "month_2", "day", "days", "day_2", "month_part"))
    part = match["part"]
    if part is None:
        return end, year, None
    if match["quarter"] is not None:
        quarter = 1 if match["quarter"] == "首" else _number(match["quarter"])
        code = f"Q{1 if match['ahead'] else quarter}-{quarter}{match['quarter_part'] or ''}"
        return match.end("part"), replace(year, part=code), None
    if match["first_months"] is not None:
        last = _number(match["first_months"])
        return (match.end("part"), replace(year, part=f"M1-{last}"), None) if 1 <= last <= 12 else (end, year, None)
    if part.endswith("中期"):
        return end, year, None
    return match.end("part"), replace(year, part=part.replace("年年", "年") if "半" in part else part[-1]), None


def _month_tail(
    match: re.Match[str], year: Expression, end: int, names: tuple[str, ...]
) -> tuple[int, Expression, Expression | None]:
    """The months and days of a match put to a year; what does not exist is left out of the span."""
    month_name, _, month_2_name, day_name, days_name, day_2_name, part_name = names
    month = _number(match[month_name])
    if not 1 <= month <= 12:
        return end, year, None
    first = replace(year, month=month)
    last = None
    month_end = match.end(month_name) if match[month_2_name] is None else match.end(month_2_name)
    month_end = match.string.index("月", month_end) + 1
    if match.string[month_end : month_end + 1] == "份":
        month_end += 1
    if match[month_2_name] is not None:
        month_2 = _number(match[month_2_name])
        if not month < month_2 <= 12:
            return end, year, None
        last = replace(year, month=month_2)
    if match[day_name] is not None:
        return _day_tail(match, (month_end, first, last), day_name, days_name, day_2_name)
    if match[part_name] is not None:
        part = match[part_name]
        return match.end(part_name), *((first, replace(last, part=part)) if last else (replace(first, part=part), None))
    return month_end, first, last


def _day_tail(
    match: re.Match[str],
    month: tuple[int, Expression, Expression | None],
    day_name: str,
    days_name: str,
    day_2_name: str,
) -> tuple[int, Expression, Expression | None]:
    """The day or days behind a month, where they exist in that month."""
    _, first, last = month
    target = last or first
    day = _number(match[day_name])
    if not _exists(target, day):
        return month
    end = match.end(day_2_name) if match[day_2_name] is not None else match.end(day_name)
    end += 1 + (match.string[end : end + 1] == " ")
    if match[day_2_name] is None:
        return (end, first, replace(last, day=day)) if last else (end, replace(first, day=day), None)
    day_2 = _number(match[day_2_name])
    if last is not None or not _exists(target, day_2) or day_2 < day:
        return month
    return end, replace(first, day=day), replace(first, day=day_2)


def _exists(month: Expression, day: int) -> bool:
    """Whether the month has that day; 29 February counts where the year is not told."""
    year = month.year if month.year is not None and not month.base else 2000
    return month.month is not None and 1 <= day <= monthrange(year, month.month)[1]


def _month_figure(match: re.Match[str], text: str, before: str) -> Iterator[Found]:
    """8月5日, 10月底, 1—6月, 十二月."""
    if re.search(r"(?:个|第|每年?|每个|[几半数上下某])$", before) or text[match.end() : match.end() + 1] in (
        "龄",
        "期",
        "租",
        "薪",
    ):
        return
    members = _members(match)
    months = [_number(numeral) for _, _, numeral, _ in members]
    last_start, last_end, _, sign = members[-1]
    if not 1 <= months[-1] <= 12:
        return
    year = Expression()
    end, expression, until = (
        _month_tail(
            match, year, last_end, ("lead", "in_days", "in_day_2", "in_day", "in_days", "in_day_2", "in_month_part")
        )
        if len(members) == 1 and match["in_day_2"] is None
        else _plain_month(match, months[-1])
    )
    if len(members) == 1:
        yield Found(match.start(), end, expression, until)
    elif len(members) == 2 and not _is_list(sign):
        if 1 <= months[0] < months[1]:
            yield Found(match.start(), end, Expression(month=months[0]), until or expression)
    else:
        for (first, last, _, _), month in zip(members[:-1], months[:-1], strict=True):
            if 1 <= month <= 12:
                yield Found(first, last, Expression(month=month))
        yield Found(last_start, end, expression, until)


def _plain_month(match: re.Match[str], month: int) -> tuple[int, Expression, Expression | None]:
    """The last month of several, or a month with several days, with what follows it."""
    end = match.end("in_month")
    if match.string[end : end + 1] == "份":
        end += 1
    expression = Expression(month=month)
    if match["in_day"] is not None:
        return _day_tail(match, (end, expression, None), "in_day", "in_days", "in_day_2")
    if match["in_month_part"] is not None:
        return match.end("in_month_part"), replace(expression, part=match["in_month_part"]), None
    return end, expression, None


def _day_figure(match: re.Match[str], text: str, before: str) -> Iterator[Found]:
    """29日, 16至18日: kept only where the month is known from the same sentence."""
    if (
        _DATES_BEFORE.search(before)
        or before.endswith(("起", "个", "计", "达", "最后", "首", "次", "某"))
        or re.match(r"[以之]?内|[以之]上|[游程报]", text[match.end() : match.end() + 2])
    ):
        return
    members = _members(match)
    days = [_number(numeral) for _, _, numeral, _ in members]
    if not all(1 <= day <= 31 for day in days):
        return
    if len(days) == 2 and not _is_list(members[1][3]):
        if days[0] < days[1]:
            yield Found(match.start(), match.end(), Expression(day=days[0]), Expression(day=days[1]), True)
        return
    for (first, last, _, _), day in zip(members, days, strict=True):
        yield Found(first, match.end() if last == members[-1][1] else last, Expression(day=day), None, True)


def _season_figure(match: re.Match[str], text: str, before: str) -> Iterator[Found]:
    """一季度, 第3季, 前三季度, 一季度末."""
    members = _members(match)
    quarters = [_number(numeral) for _, _, numeral, _ in members]
    ordinal = before.endswith("第")
    if not all(1 <= quarter <= 4 for quarter in quarters) or not (
        ordinal or match.group().rstrip("末初").endswith("度")
    ):
        return
    ahead = before.endswith("前") and not before.endswith(("目前", "以前", "之前"))
    if before.endswith(("每", "各", "每个")) or ("个" in match.group() and not ahead):
        return
    start = match.start() - (ordinal or ahead)
    end_part = match["season_part"] or ""
    if len(quarters) == 1 or ahead:
        yield Found(start, match.end(), Expression(part=f"Q{1 if ahead else quarters[-1]}-{quarters[-1]}{end_part}"))
    elif not _is_list(members[1][3]):
        yield Found(start, match.end(), Expression(part=f"Q{min(quarters)}-{max(quarters)}"))
    else:
        for (first, last, _, _), quarter in zip(members, quarters, strict=True):
            at = start if first == match.start() else first
            yield Found(at, match.end() if last == members[-1][1] else last, Expression(part=f"Q{quarter}-{quarter}"))


def _decade_figure(match: re.Match[str], before: str) -> Iterator[Found]:
    """80年代, 20世纪80年代末, 21世纪中叶."""
    number = _number(match["lead"])
    if match["others"] or before.endswith("第"):
        return
    if match["decade"] is not None:
        if number in range(20, 100, 10):
            yield Found(
                match.start(), match.end(), _decade((1900 if number >= 30 else 2000) + number, match["decade_part"])
            )
    elif 16 <= number <= 22:
        hundred = (number - 1) * 100
        if match["tens"] is not None:
            yield Found(
                match.start(), match.end(), _decade(hundred + _number(match["tens"]), match["century_decade_part"])
            )
        elif match["century_part"] is not None:
            yield Found(match.start(), match.end("century_part"), _century(hundred, match["century_part"]))


def _decade(year: int, part: str | None) -> Expression:
    """The ten years from a year on, or their beginning, middle or end."""
    if part:
        first, last = {"初": (0, 3), "中": (4, 6), "末": (7, 9), "后": (7, 9)}[part[0]]
        return Expression(year + first, last_year=year + last, part="about")
    return Expression(year, last_year=year + 9, part="decade")


def _century(hundred: int, part: str) -> Expression:
    """The year that stands for a part of a century: its middle is the fiftieth."""
    year = hundred + {"中": 50, "初": 1, "末": 99, "前": 25, "后": 75}[part[0]]
    return Expression(year, last_year=year, part="about")


def _numerics(text: str) -> Iterator[Found]:
    """2014-08-05, 2014/8, 2014.8.5, 2016—2020."""
    at = 0
    while match := _NUMERIC.search(text, at):
        at = match.end()
        start = match.start()
        before = text[max(0, start - 2) : start]
        if _LONGER_BEFORE.search(before):
            continue
        year = int(match["year"])
        if match["until"] is not None:
            until = int(match["until"])
            if 1900 <= year < until <= 2100 and text[at : at + 1] not in ("年", "-", "—"):
                yield Found(start, at, Expression(year), Expression(until))
            continue
        month, day = int(match["month"]), int(match["day"] or 1)
        expression = Expression(year, month)
        if not 1900 <= year <= 2199 or not 1 <= month <= 12 or not _exists(expression, day):
            continue
        if match["day"] is not None:
            yield Found(start, at, replace(expression, day=day))
        elif (match["sign"] == "-" and len(match["month"]) == 2) or match["sign"] == "/" or _alone(text, start, at):
            yield Found(start, at, expression)


def _alone(text: str, start: int, end: int) -> bool:
    """Whether 2014.8 stands for a month: between brackets, dashes, line ends or before 起 至 出生, not as a decimal."""
    before, after = text[start - 1 : start], text[end : end + 1]
    if after in ("生", "出") or (after in (",", "。", ";") and before in ("—", "-", "~", "至")):
        return True
    return before in ("", *"(\n —-至自从、") and after in ("", *")\n —-至~起、")


def _words(text: str) -> Iterator[Found]:
    """Expressions that begin with a word: 今年…, 本月, 年底, 上半年, 本世纪中叶."""
    for match in _WORD.finditer(text):
        start, end = match.span()
        word = match["word"]
        before, after = text[max(0, start - 3) : start], text[end : end + 3]
        if before[-1:] and before[-1:] in _BAD_BEFORE_WORD.get(word, ""):
            continue
        if word in _YEAR_WORDS:
            if (after.startswith(_NOT_AFTER_YEAR_WORD) and end == start + len(word)) or before.endswith("每"):
                continue
            base, away = _YEAR_WORDS[word]
            prefix = word + ("度" if text[start + len(word) : start + len(word) + 1] == "度" else "")
            stop, expression, until = _tailed(match, Expression(away, base=base), prefix)
            yield Found(start, stop, expression, until)
        elif word == _BOTH_YEARS:
            yield Found(start, end, Expression(0, base="today"), Expression(1, base="today"))
        elif word in _MONTH_WORDS:
            if after.startswith(("份额", "均", "嫂", "饼")):
                continue
            base, away = _MONTH_WORDS[word]
            day = _number(match["day_only"]) if match["day_only"] else None
            if day is not None and not 1 <= day <= 31:
                day, end = None, start + len(word)
            yield Found(start, end, Expression(away, day=day, part=match["month_only"], base=base))
        elif word in _DAY_WORDS:
            if not after.startswith(("的", "之", "中国", "世界", "头条", "我", "社会")):
                yield Found(start, end, Expression(_DAY_WORDS[word], base="today day"))
        elif word.endswith("世纪"):
            yield from _century_word(match)
        elif _is_part(word, before, after):
            yield Found(
                start,
                end,
                Expression(part=word if "半" in word else word if word[0] == "月" or "旬" in word else word[-1]),
            )


def _glossed(text: str) -> Iterator[Found]:
    """A word for a year with the year itself in brackets."""
    for match in _GLOSSED.finditer(text):
        number = int(match["number"])
        year = number if number > 999 else 1911 + number
        if 1900 <= year <= 2199:
            yield Found(match.start(), *_tailed(match, Expression(year), ""))


def _century_word(match: re.Match[str]) -> Iterator[Found]:
    """上世纪90年代, 本世纪中叶; 本世纪 alone is too vague."""
    hundred = 2000 if match["word"] == "本世纪" else 1900
    if match["tens"] is not None:
        yield Found(*match.span(), _decade(hundred + _number(match["tens"]), match["decade_part"]))
    elif match["century_part"] is not None:
        yield Found(match.start(), match.end("century_part"), _century(hundred, match["century_part"]))


def _is_part(word: str, before: str, after: str) -> bool:
    """Whether 年底, 上半年, 月初, 中旬 names one time and not a frequency or a length."""
    if before[-1:] in _BEFORE_BARE_PART or before.endswith(("每个", "每年", "历年")) or before[-1:].isdigit():
        return False
    if word in ("年中", "年内"):
        return (not before or before[-1:] in "到至在于,。;、(\n 争前") and not after.startswith(
            ("国", "央", "期", "部", "心", "在", "容", "地", "陆", "外", "无休")
        )
    if word in ("年初", "月初"):
        return not after.startswith(("步", "级", "中", "审", "评", "次"))
    return not (word in ("年底", "月底") and after.startswith(("线", "层", "部", "蕴")))


def _plans(text: str) -> Iterator[Found]:
    """The periods of the five-year plans, with or without quotation marks."""
    for match in _PLAN.finditer(text):
        start, end = match.span()
        name, part = match["plan"], match["part"]
        before, after = text[max(0, start - 1) : start], text[end : end + 2]
        if name not in _PLANS or before in _CHINESE or (before == "第" and before) or after.startswith("普法"):
            continue
        if before == "“" and match["close"]:
            start -= 1
        elif (match["close"] and before != "、") or (before == "“" and not _closes(text, end)):
            continue
        elif not match["close"]:
            if part is None and after[:1] in _UNITS_AFTER_PLAN:
                continue
            if part is None and len(name) == 2 and not after.startswith(("规划", "计划", "”")):
                continue
        first, last = _PLANS[name]
        yield Found(
            start,
            end,
            Expression(first, part=f"plan{part if part and part[0] in '初中末前后' else ''}", last_year=last),
        )


def _closes(text: str, end: int) -> bool:
    """Whether the quotation that a plan's name begins goes on: “十三五规划”."""
    return text[end : end + 1] not in ("”", "")


# --- Valuing: from what is said to days -----------------------------------------------------------------------------


def value(expression: Expression, frame: Frame) -> Value:
    """The days that an expression covers, given what it is resolved against; an empty value where they are unknown.

    >>> value(Expression(2019, 2, part="底"), Frame()).edtf
    '2019-02-28'
    >>> value(Expression(part="Q1-3"), Frame(2020)).last
    datetime.date(2020, 9, 30)
    """
    part = expression.part or ""
    if expression.last_year is not None and expression.year is not None:
        return _period(expression.year, expression.last_year, part)
    if expression.base == "today day":
        return _day_value(frame.today + timedelta(days=expression.year or 0)) if frame.today else Value()
    if expression.base.endswith("month"):
        return _month_away(expression, frame)
    year = _resolved_year(expression, frame)
    if year is None or not 1 <= year <= 9999:
        return Value()
    month = expression.month
    if month is None and (expression.day is not None or part.startswith("月") or "旬" in part):
        month = frame.month
        if month is None:
            return Value()
        part = part.removeprefix("月")
    if month is not None:
        return _in_month(year, month, expression.day, part)
    return _in_year(year, part)


def _resolved_year(expression: Expression, frame: Frame) -> int | None:
    """The year meant: told, or counted from the document's day or from the year in force."""
    this_year = frame.today.year if frame.today else frame.this_year
    if expression.base == "":
        return expression.year if expression.year is not None else frame.year
    base = frame.year if expression.base == "force" else this_year
    if expression.base == "either" and base is None:
        base = frame.year
    return base + (expression.year or 0) if base is not None else None


def _month_away(expression: Expression, frame: Frame) -> Value:
    """本月, 上月 from the document's day; 当月, 次月 from the month in force."""
    if expression.base == "today month":
        start = (frame.today.year, frame.today.month) if frame.today else None
    else:
        start = (frame.year, frame.month) if frame.year is not None and frame.month is not None else None
    if start is None:
        return Value()
    count = start[0] * 12 + start[1] - 1 + (expression.year or 0)
    return _in_month(count // 12, count % 12 + 1, expression.day, expression.part or "")


def _in_month(year: int, month: int, day: int | None, part: str) -> Value:
    """A month, or a day or part of it; empty where it has no such day."""
    length = monthrange(year, month)[1]
    if day is not None:
        return _day_value(date(year, month, day)) if day <= length else Value()
    if part in ("底", "末"):
        return _day_value(date(year, month, length))
    if part == "初":
        return _day_value(date(year, month, 1))
    if "旬" in part:
        first, last = {"上": (1, 10), "中": (11, 20), "下": (21, length)}[part[0]]
        return _days(date(year, month, first), date(year, month, last))
    return Value(date(year, month, 1), date(year, month, length), f"{year:04d}-{month:02d}")


def _in_year(year: int, part: str) -> Value:
    """A year or a part of it."""
    if part[:1] in ("Q", "M"):
        return _in_months(year, part)
    if part == "初":
        return _day_value(date(year, 1, 1))
    if part in ("底", "末"):
        return _day_value(date(year, 12, 31))
    if part == "上半年":
        return _months(year, 1, 6)
    if part == "下半年":
        return _months(year, 7, 12)
    if part == "中":
        return replace(_months(year, 6, 7), edtf=f"{year:04d}-06~/{year:04d}-07~")
    return Value(date(year, 1, 1), date(year, 12, 31), f"{year:04d}")


def _in_months(year: int, part: str) -> Value:
    """Quarters (Q1-3: the first three) or months (M1-8) of a year; 末 and 初 are the last and the first day."""
    first, last = (int(number) for number in part[1:].rstrip("末初").split("-"))
    if part[0] == "Q":
        first, last = 3 * first - 2, 3 * last
    months = _months(year, first, last)
    if part.endswith("末") and months.last is not None:
        return _day_value(months.last)
    if part.endswith("初") and months.first is not None:
        return _day_value(months.first)
    return months


def _months(year: int, first: int, last: int) -> Value:
    edtf = f"{year:04d}-{first:02d}/{year:04d}-{last:02d}" if first < last else f"{year:04d}-{first:02d}"
    return Value(date(year, first, 1), date(year, last, monthrange(year, last)[1]), edtf)


def _day_value(day: date) -> Value:
    return Value(day, day, day.isoformat())


def _days(first: date, last: date) -> Value:
    return Value(first, last, f"{first.isoformat()}/{last.isoformat()}")


def _period(first: int, last: int, part: str) -> Value:
    """A plan, a decade or a part of one; 末 is a plan's last day, 末期 and 后期 its last years."""
    if part == "decade":
        return Value(date(first, 1, 1), date(last, 12, 31), f"{first // 10}X", span=True)
    if part == "about":
        edtf = f"{first}~" if first == last else f"{first}~/{last}~"
        return Value(date(first, 1, 1), date(last, 12, 31), edtf, span=first != last)
    if part == "plan末":
        return _day_value(date(last, 12, 31))
    if part == "plan初":
        return _day_value(date(first, 1, 1))
    if part in ("plan初期", "plan前期"):
        return _period(first, first + 1, "about")
    if part in ("plan末期", "plan后期"):
        return _period(last - 1, last, "about")
    if part == "plan中期":
        first = last = first + 2
    if first == last:
        return _in_year(first, "")
    return Value(date(first, 1, 1), date(last, 12, 31), f"{first:04d}/{last:04d}", span=True)


# --- Roles: from the words around ------------------------------------------------------------------------------------

_REPORTED_BEFORE = re.compile(r"(?:截至|截止|截止到|截至到|截止至|迄至?) ?$")
_DUE_BEFORE = re.compile(
    r"(?:(?<![达得回看感受想提遇做高加少大降长延迟推升收涨转移直拓展])到|(?<![截甚乃以降增升减延推缩直移展迄])至|力争|争取|确保|不迟于|不晚于|限于?|最迟|直至|推迟到|力争于|力争在) ?$"
)
_DUE_AFTER = re.compile(
    r"(?:\([^()]{0,12}\))?(?:[之以底]?前(?![期后三两往来沿提述置瞻所身任个半0-9一二四五六七八九十])|内(?![容部地外生在涵需陆政务蒙江河贸]))"
)
_UNTIL_NOW = re.compile(r"(?:为止|止(?![损咳血步]))")
_SINCE_BEFORE = re.compile(r"(?:自|从|自从)(?:公元)? ?$")
_SINCE_AFTER = re.compile(
    r"(?:以来|[以之]后|后(?![期勤备续台果])|起(?![草诉步源到]|\d)(?![^,。;]{0,4}(?:事件|事故|案件|纠纷))|开始|始(?!终)|至今)"
)


def _role(text: str, start: int, end: int, span: bool) -> str:
    """point, deadline, since, asof or span, from the words around an expression."""
    before, after = text[max(0, start - 5) : start], text[end : end + 16]
    if _REPORTED_BEFORE.search(before):
        return "deadline" if _DUE_AFTER.match(after) else "asof"
    if _UNTIL_NOW.match(after):
        return "span" if span else "asof"
    if _DUE_AFTER.match(after) and not span:
        return "deadline"
    if _DUE_BEFORE.search(before) and not after.startswith("的"):
        return "deadline"
    if _SINCE_AFTER.match(after):
        return "since"
    if span:
        return "span"
    return "since" if _SINCE_BEFORE.search(before) else "point"
