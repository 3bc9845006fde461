"""Days as letterheads, tables and page headers write them: 2022-09-13, 2022年9月13日 10:15, 二〇二二年九月十三日, 民國113年5月20日.

Years of two or three digits behind 民国, and of three digits without it, count from 1912.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Any

from nlp_toolkit.numbers import parse_number

_NUMERAL = "〇○零Oo0-9一二三四五六七八九十百廿卅"
_DAY = re.compile(
    rf"""
    (?:
        (?P<roc>民[国國])?\s*(?<![{_NUMERAL}])(?P<year>[{_NUMERAL}]{{2,5}}+)\s*年\s*(?P<month>[{_NUMERAL}]{{1,3}}+)\s*月\s*(?P<day>[{_NUMERAL}]{{1,3}}+)\s*日  # 2022年9月13日
      | (?<![0-9])(?P<year_>[0-9]{{4}})\s?(?P<mark>[-/.])\s?(?P<month_>[0-9]{{1,2}})\s?(?P=mark)\s?(?P<day_>[0-9]{{1,2}})(?![0-9])  # 2022-09-13
      | (?<![0-9])(?P<compact>(?:19|20)[0-9]{{6}})(?![0-9])                                                                  # 20220913
    )
    """,
    re.VERBOSE,
)
_REPUBLIC = 1911
_DIGITS = str.maketrans("〇○零Oo一二三四五六七八九", "00000123456789")


def first_day(value: Any) -> date | None:
    """The first day named in a cell or a line, or None where there is none.

    >>> first_day("发布时间：2022年9月13日 10:15"), first_day("民國113年5月20日"), first_day("2022-13-01")
    (datetime.date(2022, 9, 13), datetime.date(2024, 5, 20), None)
    """
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    match = _DAY.search(str(value))
    return _day(match) if match is not None else None


def last_day(text: str) -> date | None:
    """The latest of the days named in a text: the last revision in the note under a law's title.

    >>> last_day("(2001年3月1日通过 根据2019年5月6日的决定修订)")
    datetime.date(2019, 5, 6)
    """
    return max(filter(None, map(_day, _DAY.finditer(text))), default=None)


def _day(match: re.Match[str]) -> date | None:
    """The day that a match names; None where the calendar has none."""
    if match["compact"]:
        year, month, day = match["compact"][:4], match["compact"][4:6], match["compact"][6:]
    else:
        year, month, day = (match[name] or match[f"{name}_"] for name in ("year", "month", "day"))
    try:
        return date(_year(year, match["roc"] is not None), _number(month), _number(day))
    except ValueError:
        return None


def _year(numeral: str, republican: bool) -> int:
    """A year of the common era; raises ValueError where a numeral is none, or of a century that is left out."""
    digits = numeral.translate(_DIGITS)
    year = int(digits) if digits.isdecimal() else _number(numeral)  # 二〇一四 digit by digit, 一百一十三 as a number
    if republican or len(digits) == 3 or 100 <= year < 200:
        return year + _REPUBLIC
    if year < 1000:
        raise ValueError(numeral)
    return year


def _number(numeral: str) -> int:
    if numeral.isdecimal():
        return int(numeral)
    number = parse_number(numeral.replace("廿", "二十").replace("卅", "三十"))
    if number is None:
        raise ValueError(numeral)
    return int(number)
