"""Days as tables and page headers write them: 2022-09-13, 2022/9/13, 2022年9月13日 10:15, 20220913, 民國113年5月20日."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Any

_DAY = re.compile(
    r"""
    (?<![0-9])(?:
        (?P<roc>民[国國])?\s*(?P<year>[0-9]{2,4})\s*年\s*(?P<month>[0-9]{1,2})\s*月\s*(?P<day>[0-9]{1,2})\s*日  # 2022年9月13日
      | (?P<year_>[0-9]{4})\s?(?P<mark>[-/.])\s?(?P<month_>[0-9]{1,2})\s?(?P=mark)\s?(?P<day_>[0-9]{1,2})(?![0-9])  # 2022-09-13
      | (?P<compact>(?:19|20)[0-9]{6})(?![0-9])                                                                  # 20220913
    )
    """,
    re.VERBOSE,
)
_REPUBLIC = 1911


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
    if match is None:
        return None
    if match["compact"]:
        year, month, day = match["compact"][:4], match["compact"][4:6], match["compact"][6:]
    else:
        year, month, day = (match[name] or match[f"{name}_"] for name in ("year", "month", "day"))
    try:
        return date(int(year) + (_REPUBLIC if match["roc"] else 0), int(month), int(day))
    except ValueError:
        return None
