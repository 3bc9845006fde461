"""Time expressions that can be placed on a calendar, as days, EDTF values and roles.

EDTF is ISO 8601-2:2019, levels 0 and 1. Plan periods (data/plans.tsv) are those of the five-year plans; 民国 years
count from 1912. Finding is one pattern over the text; valuing is a pure function of the matched groups, the year in
force and the reference day.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from nlp_toolkit.document import Date
from nlp_toolkit.draft import Draft
from nlp_toolkit.lexicon import read_table
from nlp_toolkit.numbers import parse_number

_PLANS = {row["plan"]: (int(row["first_year"]), int(row["last_year"])) for row in read_table("plans")}
_PLAN = "|".join(sorted(_PLANS, key=lambda plan: (-len(plan), plan)))
_CN = "〇○零一二三四五六七八九"
_SEASON = {"一": 1, "二": 2, "三": 3, "四": 4, "1": 1, "2": 2, "3": 3, "4": 4, "首": 1}
_DASH = r"(?:-|—{1,2}|~|～|至|到)"

_YEAR = rf"(?:(?P<era>民国|中华民国) ?(?P<era_year>\d{{1,3}}|[{_CN}十百]{{1,5}})|(?P<year>[12]\d{{3}}|[一二][{_CN}]{{3}}|\d{{2,3}})) ?年"
_MONTH = r"(?P<month>1[0-2]|0?[1-9]|十[一二]?|[一二三四五六七八九]) ?月份?"
_DAY = r"(?P<day>3[01]|[12]\d|0?[1-9]|三十一?|二?十[一二三四五六七八九]?|[一二三四五六七八九]) ?[日号]"
_PART = r"(?P<part>年?初|年?底|年?末|上半年|下半年|前半年|前?(?P<quarters>[一二三四1-4首]) ?个?季度?(?P<quarter_end>末|初)?|中期|初期|后期|上旬|中旬|下旬|年中|全年|同期)"


def _named(pattern: str, suffix: str) -> str:
    """The pattern with its group names made distinct, so that it can stand twice in one expression."""
    return re.sub(r"\(\?P<(\w+)>", rf"(?P<\1{suffix}>", pattern)


# One date: year with month, day or part; alternatives are told apart by their groups.
_SINGLE = rf"(?:{_YEAR}(?P<school>度|级)? ?(?:{_MONTH}(?: ?{_DAY}|(?P<month_part>底|末|初|中旬|上旬|下旬))?|{_PART})?)"
_PATTERN = re.compile(
    r"(?P<range>(?<![\d.])(?P<first>(?:19|20)\d\d|1\d\d|[5-9]\d)(?P<first_year> ?年度?)?(?:至|到|-|—{1,2}|~|–)(?P<last>(?:19|20)?\d\d|1\d\d) ?(?P<range_unit>年度?|学年度?))"
    r"|(?P<pair>(?<![\d.])(?P<one>(?:19|20)\d\d)(?P<pair_year>年)?[、和及与](?P<two>(?:19|20)\d\d) ?(?:两)?年)"
    rf"|(?P<plan>“?(?P<plan_name>{_PLAN})”?(?P<plan_part>时期|期间|规划期间|规划期|规划时期|末期|末|初期|初|中期|前期|后期|以来)?)"
    r"|(?P<decade>(?:(?P<century>2[01]|1[89]|二十一?|十[八九]) ?世纪|(?P<this_century>上个?世纪|本世纪|新世纪))(?:(?P<tens>[1-9]0|[二三四五六七八九]十) ?年代(?P<decade_part>初期?|中期|末期?|后期)?|(?P<century_part>中叶|中期|初期?|末期?|前半叶|后半叶))"
    r"|(?<![\d世])(?P<bare_tens>[2-9]0) ?年代(?P<bare_part>初期?|中期|末期?|后期)?)"
    r"|(?P<relative>(?P<word>今年|本年度?|当年度?|去年|上年度?|上一年度?|前年|明年|来年|后年|下年度?|下一年度?|次年度?|翌年|同年|(?<![年全])全年|本月|上月|上个月|下月|下个月|当月|同月|今日|今天|昨日|昨天|明天|明日)"
    rf"(?: ?(?:{_named(_MONTH, '_r')}(?: ?{_named(_DAY, '_r')}|(?P<month_part_r>底|末|初|上旬|中旬|下旬))?|{_named(_PART, '_r')}|(?P<day_only_r>[12]?\d|3[01]) ?日))?)"
    rf"|(?P<single>(?<![\d.]){_SINGLE})"
    rf"|(?P<numeric>(?<![\d.\-/:A-Za-z])(?P<ny>(?:19|20)\d\d)(?P<sep>[-./])(?P<nm>1[0-2]|0?[1-9])(?:(?P=sep)(?P<nd>3[01]|[12]\d|0?[1-9]))?(?![\d.%\-/]|[万亿元个倍]))"
    rf"|(?P<months>(?<![\d.年])(?P<m1>1[0-2]|[1-9])月?{_DASH}(?P<m2>1[0-2]|[1-9]) ?月份?)"
    rf"|(?P<partial>(?<![\d.])(?:{_named(_MONTH, '_p')}(?: ?{_named(_DAY, '_p')}|(?P<month_part_p>底|末|初|上旬|中旬|下旬))?|(?P<part_p>年初|年底|年末|年中|上半年|下半年|前?(?P<quarters_p>[一二三四1-4首]) ?个?季度?(?P<quarter_end_p>末|初)?(?<=[度季末初])|月底|月初|上旬|中旬|下旬)))"
)  # fmt: skip
_RANGE_TAIL = re.compile(
    rf" ?{_DASH} ?(?:{_named(_YEAR, '_t')}(?: ?{_named(_MONTH, '_t')}(?: ?{_named(_DAY, '_t')}|(?P<month_part_t>底|末|初))?|(?P<part_t>年?底|年?末|年?初|上半年|下半年)?)"
    rf"|{_named(_MONTH, '_t2')}(?: ?{_named(_DAY, '_t2')}|(?P<month_part_t2>底|末|初))?|(?P<day_t3>3[01]|[12]\d|[1-9]) ?日)"
)  # fmt: skip

_NOT_BEFORE = re.compile(
    r"(?:第|每|[0-9.A-Za-z][-/]|[vV]|近|有|过|约|满|超过?|[共历经达](?=\d)|内|逾|前|后|头|再|多|几|数|延长|不足|不到|任期|为期)$"
)
_COUNTER = re.compile(r"起(?:[^,。;]{0,4})?(?:事件|事故|案件|案|纠纷|投诉)")
_DEADLINE_AFTER = re.compile(
    r"(?:\([^()]{0,12}\))?(?:之?前|以前|底前|内(?:须|应|要|完成)|为止(?!,?[^,。]{0,6}(?:已|共|累计)))"
)
_SINCE_AFTER = re.compile(r"(?:以来|以后|之后|后|起|开始|始)")
_BEFORE_WINDOW = 6  # characters looked back for a preposition
_MONTH_PARTS = {"上旬": (1, 10), "中旬": (11, 20), "下旬": (21, 31)}


@dataclass(frozen=True, slots=True)
class Value:
    """First and last day, and the EDTF form; all None where the expression cannot be placed."""

    first: date | None = None
    last: date | None = None
    edtf: str | None = None
    span: bool = False


@dataclass(frozen=True, slots=True)
class Frame:
    """What an expression is resolved against: the year (and month) in force, the document's day, Taiwan's years."""

    year: int | None = None
    month: int | None = None
    today: date | None = None
    republican: bool = False


class DateExtractor:
    """Finds and values the dates of a document outside the titles and numbers of policy documents."""

    def find(self, draft: Draft) -> list[Date]:
        """The dates of the document, in order."""
        text = draft.text
        taken = sorted((span.start, span.end) for span in draft.spans.get("DOCUMENT", ()))
        bounds = [start for start, _ in draft.sentences]
        lines = [passage.start for passage in draft.passages]
        today = draft.date
        republican = draft.script == "hant" and _writes_republican_years(text)
        frame = Frame(today.year if today else None, today.month if today else None, today, republican)
        found: list[Date] = []
        sentence = line = -1
        year, month = frame.year, frame.month
        at = 0
        while match := _PATTERN.search(text, at):
            start, end = match.span()
            at = end
            if _inside(start, taken) or not _may_be(match, text, republican):
                at = max(start + 1, _skip(match))
                continue
            here = bisect_right(bounds, start), bisect_right(lines, start)
            if here[1] != line:
                year, month = frame.year, frame.month
            elif here[0] != sentence:
                month = None if year != frame.year else month
            sentence, line = here
            for first, last, value in _valued(match, text, Frame(year, month, today, republican)):
                role = _role(text, first, last, value)
                found.append(Date(first, last, text[first:last], value.first, value.last, value.edtf, role))
                at = max(at, last)
                if value.last is not None and not value.span:
                    year, month = value.last.year, value.last.month
        return found


def _skip(match: re.Match[str]) -> int:
    """Past a number that was no date, so that its tail is not taken for one."""
    return match.start() + len(re.match(r"[\d]*", match.group()).group())  # type: ignore[union-attr]


def _inside(at: int, ranges: list[tuple[int, int]]) -> bool:
    place = bisect_right(ranges, (at, 1 << 60)) - 1
    return place >= 0 and ranges[place][1] > at


def _writes_republican_years(text: str) -> bool:
    """Whether a Traditional text counts years from 1912: it writes 114年度, or years of three digits without 民国."""
    return (
        re.search(r"民国|(?<!\d)(?:[89]\d|1[0-4]\d) ?年(?:度|\d|底|初|[0-9]{1,2} ?月)|(?<!\d)1[01]\d年", text)
        is not None
    )


def _may_be(match: re.Match[str], text: str, republican: bool) -> bool:
    """Whether a match is a date and not a duration, ordinal, price or name."""
    start, end = match.span()
    before, after = text[max(0, start - 4) : start], text[end : end + 4]
    if match["single"] is not None:
        year = match["year"]
        if year is not None and len(year) < 4:
            month_follows = match["month"] is not None
            if year.isdigit() and len(year) == 2 and not republican:
                return month_follows or (
                    (int(year) >= 78 or int(year) <= 30) and year[0] == "0" and not _NOT_BEFORE.search(before)
                )
            if not (republican and 30 <= (parse_number(year) or 0) <= 200):
                return False
            if _NOT_BEFORE.search(before) or after.startswith(("来", "间", "内", "以上", "期", "的历史", "制", "多")):
                return False
        return not (year is not None and before.endswith("第"))
    if match["plan"] is not None:
        quoted = match["plan"].startswith("“")
        if quoted and "”" not in match["plan"]:
            return False
        if quoted:
            return not after.startswith(("长假", "黄金周", "假期", "期间放假", "小长假"))
        if before[-1:] in tuple("第一二三四五六七八九十百千万零〇两") or after[:1] in tuple(
            "一二三四五六七八九十百千万亿分个条年月日号点成名家项倍岁天人次章大"
        ):
            return False
        return len(match["plan_name"]) == 3 or match["plan_part"] is not None
    if match["numeric"] is not None:
        return (
            match["sep"] != "/"
            or match["nd"] is not None
            or (len(match["nm"]) >= 1 and not after.startswith(("分", "的")))
        )
    if match["partial"] is not None:
        if match["month_p"] is not None:
            if before[-1:] in tuple("个第.每数几半两") or after.startswith(("内", "间", "的时间")):
                return False
            if match["day_p"] is None and match["month_part_p"] is None:
                return not match["month_p"].startswith("十") or before[-1:] not in tuple("一二三四五六七八九")
            return True
        part = match["part_p"]
        if part in ("上旬", "中旬", "下旬", "月底", "月初"):
            return before[-1:] != "每"
        if before[-1:] in tuple("每历往第") or (
            part.startswith(("一季", "二季", "三季", "四季")) and before.endswith(("每", "各"))
        ):
            return False
        return after[:1] != "的" or part[0] != "四" or "季度" in part
    if match["relative"] is not None:
        return not (match["word"] == "同年" and after.startswith(("龄", "级"))) and not (
            match["word"] in ("全年", "当年") and match["relative"] == match["word"] and match["word"] == "全年"
        )
    if match["months"] is not None:
        return int(match["m1"]) < int(match["m2"]) and "个" not in before[-1:]
    if match["range"] is not None:
        first, last = match["first"], match["last"]
        if len(first) < 4:
            return (republican and len(first) == len(last)) or (republican and int(first) < int(last))
        return "年" in match["range_unit"] or "年" in (match["first_year"] or "")
    return True


def _number(text: str) -> int:
    """A year, month or day in Arabic or Chinese numerals; 二〇一四 digit by digit."""
    value = parse_number(text)
    return int(value) if value is not None else 0


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _year_value(year: int) -> Value:
    return Value(date(year, 1, 1), date(year, 12, 31), f"{year:04d}")


def _month_value(year: int, month: int) -> Value:
    return Value(date(year, month, 1), date(year, month, monthrange(year, month)[1]), f"{year:04d}-{month:02d}")


def _day_value(day: date) -> Value:
    return Value(day, day, day.isoformat())


def _years(first: int, last: int) -> Value:
    return Value(date(first, 1, 1), date(last, 12, 31), f"{first:04d}/{last:04d}", span=True)


def _days(first: date, last: date) -> Value:
    return Value(first, last, f"{first.isoformat()}/{last.isoformat()}")


def _full_year(groups: dict[str, str | None], suffix: str, frame: Frame) -> int | None:
    """The year that the matched groups name: of the common era, of the Republic, or shortened to two digits."""
    era_year, year = groups.get(f"era_year{suffix}"), groups.get(f"year{suffix}")
    if era_year is not None:
        return 1911 + _number(era_year)
    if year is None:
        return None
    number = _number(year)
    if len(year) == 4:
        return number
    if frame.republican:
        return 1911 + number
    return (2000 if number <= 50 else 1900) + number if len(year) == 2 else None


def _in_year(
    year: int | None, month: str | None, day: str | None, month_part: str | None, part: str | None,
    quarters: str | None, quarter_end: str | None,
) -> Value:  # fmt: skip
    """The value of a month, day or part of a year; nothing where the year is unknown or the day does not exist."""
    if year is None or not 1 <= year <= 9999:
        return Value()
    if month is not None:
        number = _number(month)
        if day is not None:
            exact = _day(year, number, _number(day))
            return _day_value(exact) if exact else Value()
        return _part_of_month(year, number, month_part)
    if quarters is not None and part is not None:
        number = _SEASON[quarters]
        first, last = (1 if part.startswith("前") else 3 * number - 2), 3 * number
        begin, end = _month_value(year, first), _month_value(year, last)
        assert begin.first is not None
        assert end.last is not None
        if quarter_end == "末":
            return _day_value(end.last)
        if quarter_end == "初":
            return _day_value(begin.first)
        return Value(begin.first, end.last, f"{begin.edtf}/{end.edtf}")
    if part in ("初", "年初"):
        return _day_value(date(year, 1, 1))
    if part in ("底", "末", "年底", "年末"):
        return _day_value(date(year, 12, 31))
    if part in ("上半年", "前半年"):
        return Value(date(year, 1, 1), date(year, 6, 30), f"{year:04d}-01/{year:04d}-06")
    if part == "下半年":
        return Value(date(year, 7, 1), date(year, 12, 31), f"{year:04d}-07/{year:04d}-12")
    if part == "年中":
        return Value(date(year, 6, 1), date(year, 7, 31), f"{year:04d}-06~")
    return _year_value(year)


def _part_of_month(year: int, month: int, part: str | None) -> Value:
    whole = _month_value(year, month)
    assert whole.first is not None
    assert whole.last is not None
    if part in ("底", "末"):
        return _day_value(whole.last)
    if part == "初":
        return _day_value(whole.first)
    if part in _MONTH_PARTS:
        first, last = _MONTH_PARTS[part]
        return _days(date(year, month, first), date(year, month, min(last, whole.last.day)))
    return whole


def _valued(match: re.Match[str], text: str, frame: Frame) -> Iterator[tuple[int, int, Value]]:
    """The dates of a match with their places: two for a pair of years, one for all else."""
    start, end = match.span()
    groups = match.groupdict()
    if match["pair"] is not None:
        yield (
            match.start("one"),
            match.end("pair_year" if match["pair_year"] else "one"),
            _year_value(int(match["one"])),
        )
        last = end - 2 if text[end - 2 : end] == "两年" else end
        yield match.start("two"), last, _year_value(int(match["two"]))
        return
    if match["range"] is not None:
        first, last_year = int(match["first"]), int(match["last"])
        if len(match["first"]) < 4:
            first, last_year = first + 1911, last_year + 1911
        elif last_year < 100:
            last_year += first // 100 * 100
        yield start, end, _years(first, last_year) if 0 < first <= last_year else Value()
        return
    if match["plan"] is not None:
        if groups["plan_part"] == "以来":
            end = match.start("plan_part")
        yield start, end, _plan_value(groups)
        return
    if match["decade"] is not None:
        yield start, end, _decade_value(groups)
        return
    value = _simple_value(groups, frame)
    if value.first is not None and (tail := _RANGE_TAIL.match(text, end)):
        joined = _tail_value(value, tail.groupdict(), frame)
        if joined is not None:
            yield start, tail.end(), joined
            return
    if value.first is None and match["single"] is not None and match["day"] is not None:
        # an impossible day: the longest valid part of the expression
        shorter = _simple_value(groups | {"day": None}, frame)
        if shorter.first is not None:
            yield start, text.index("月", match.start("month")) + 1, shorter
        return
    if value.first is None and match["partial"] is not None and frame.year is not None:
        return
    yield start, end, value


def _simple_value(groups: dict[str, str | None], frame: Frame) -> Value:
    if groups["single"] is not None:
        return _in_year(
            _full_year(groups, "", frame), groups["month"], groups["day"], groups["month_part"], groups["part"],
            groups["quarters"], groups["quarter_end"],
        )  # fmt: skip
    if groups["numeric"] is not None:
        return _in_year(int(groups["ny"] or 0), groups["nm"], groups["nd"], None, None, None, None)
    if groups["relative"] is not None:
        return _relative_value(groups, frame)
    if groups["months"] is not None:
        if frame.year is None:
            return Value()
        first, last = _month_value(frame.year, int(groups["m1"] or 1)), _month_value(frame.year, int(groups["m2"] or 1))
        return Value(first.first, last.last, f"{first.edtf}/{last.edtf}", span=True)
    part = groups["part_p"]
    if part in ("月底", "月初", "上旬", "中旬", "下旬"):
        if frame.year is None or frame.month is None:
            return Value()
        return _part_of_month(frame.year, frame.month, part.removeprefix("月"))
    return _in_year(
        frame.year, groups["month_p"], groups["day_p"], groups["month_part_p"], part, groups["quarters_p"],
        groups["quarter_end_p"],
    )  # fmt: skip


_YEARS_AWAY = {"去": -1, "上": -1, "前": -2, "明": 1, "来": 1, "后": 2, "下": 1}


def _relative_value(groups: dict[str, str | None], frame: Frame) -> Value:
    """今年 counts from the document's day, 同年 and 次年 from the year in force."""
    word = groups["word"] or ""
    today = frame.today
    if word.endswith(("日", "天")):
        away = {"今": 0, "昨": -1, "明": 1}[word[0]]
        return _day_value(today + timedelta(days=away)) if today else Value()
    if "月" in word:
        year, month = (today.year, today.month) if today else (None, None)
        if word in ("当月", "同月"):
            year, month = frame.year, frame.month
        if year is None or month is None:
            return Value()
        month += {"上": -1, "下": 1}.get(word[0], 0)
        year, month = year + (month - 1) // 12, (month - 1) % 12 + 1
        day = groups["day_only_r"] or groups["day_r"]
        return _in_year(year, str(month), day, None, None, None, None)
    base = frame.year if word[0] in "同次翌当" else today.year if today else None
    if base is None:
        return Value()
    year = base + (1 if word[0] in "次翌" else _YEARS_AWAY.get(word[0], 0))
    return _in_year(
        year, groups["month_r"], groups["day_r"], groups["month_part_r"], groups["part_r"], groups["quarters_r"],
        groups["quarter_end_r"],
    )  # fmt: skip


def _plan_value(groups: dict[str, str | None]) -> Value:
    first, last = _PLANS[groups["plan_name"] or ""]
    part = groups["plan_part"] or ""
    if part in ("末", "末期"):
        return _day_value(date(last, 12, 31)) if part == "末" else _year_value(last)
    if part in ("初", "初期"):
        return _day_value(date(first, 1, 1)) if part == "初" else _year_value(first)
    if part == "中期":
        return _year_value(first + 2)
    return _years(first, last)


_TENS = {"二": 20, "三": 30, "四": 40, "五": 50, "六": 60, "七": 70, "八": 80, "九": 90}


def _decade_value(groups: dict[str, str | None]) -> Value:
    """20世纪80年代 is 198X; 本世纪中叶 is 2050, about."""
    century = groups["century"]
    if groups["bare_tens"] is not None:
        tens = int(groups["bare_tens"])
        base, part = (1900 if tens >= 30 else 2000) + tens, groups["bare_part"]
    else:
        if century is not None:
            hundred = (_number(century) - 1) * 100
        else:
            hundred = 1900 if (groups["this_century"] or "").startswith("上") else 2000
        if groups["tens"] is None:
            middle = {"中": 50, "初": 0, "末": 99, "前": 25, "后": 75}[(groups["century_part"] or "中")[0]]
            year = hundred + middle
            return Value(date(year, 1, 1), date(year, 12, 31), f"{year}~")
        tens_text = groups["tens"]
        base = hundred + (int(tens_text) if tens_text.isdigit() else _TENS[tens_text[0]])
        part = groups["decade_part"]
    if part:
        first, last = {"初": (0, 3), "中": (4, 6), "末": (7, 9), "后": (7, 9)}[part[0]]
        return Value(date(base + first, 1, 1), date(base + last, 12, 31), f"{base + first}~/{base + last}~", span=True)
    return Value(date(base, 1, 1), date(base + 9, 12, 31), f"{base // 10}X", span=True)


def _tail_value(head: Value, tail: dict[str, str | None], frame: Frame) -> Value | None:
    """The value of a range: the head's first day to the tail's last; None where the tail is no later date."""
    assert head.first is not None
    assert head.last is not None
    assert head.edtf is not None
    if tail["day_t3"] is not None:
        last = _day(head.last.year, head.last.month, int(tail["day_t3"]))
        value = _day_value(last) if last and head.first == head.last else Value()
    elif tail["month_t2"] is not None:
        value = _in_year(head.last.year, tail["month_t2"], tail["day_t2"], tail["month_part_t2"], None, None, None)
    else:
        year = _full_year(tail, "_t", frame)
        value = _in_year(year, tail["month_t"], tail["day_t"], tail["month_part_t"], tail["part_t"], None, None)
    if value.last is None or value.last < head.first or "/" in head.edtf or "/" in (value.edtf or ""):
        return None
    return Value(head.first, value.last, f"{head.edtf}/{value.edtf}", span=True)


def _role(text: str, start: int, end: int, value: Value) -> str:
    """point, deadline, since, asof or span, from the words around the expression."""
    before, after = text[max(0, start - _BEFORE_WINDOW) : start], text[end : end + 16]
    if before.endswith(("截至", "截止", "截止到", "截至到", "截止至")):
        return "deadline" if _DEADLINE_AFTER.match(after) and not after.startswith("为止") else "asof"
    if after.startswith(("为止", "止")) or (before.endswith("至") and after.startswith(("止", "为止"))):
        return "asof"
    if _DEADLINE_AFTER.match(after) and not after.startswith(("前期", "前后")):
        return "deadline"
    if before.endswith(
        ("到", "至", "力争", "迟至", "不迟于", "不晚于", "争取", "确保", "力争到", "限")
    ) and not before.endswith(("直到", "达到", "得到", "回到", "推迟到", "延长至")):
        return "deadline"
    if value.span:
        return "span"
    if before.endswith(("自", "从", "自从")) or (
        _SINCE_AFTER.match(after)
        and not _COUNTER.match(after)
        and not after.startswith(("后期", "后勤", "后备", "始终"))
    ):
        return "since"
    return "point"
