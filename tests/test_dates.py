"""Dates: a table of cases, EDTF as another library reads it, relative days across all calendars, and any text at all."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from itertools import pairwise

import edtf
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp_toolkit.document import Date
from nlp_toolkit.draft import Draft
from nlp_toolkit.extract.dates import DateExtractor
from nlp_toolkit.extract.documents import DocumentExtractor
from nlp_toolkit.lexicon import Hits
from nlp_toolkit.normalize import normalize
from nlp_toolkit.segment import passages, sentences
from tests.conftest import cases

ROWS = cases("dates")
DAYS = st.dates(date(1950, 1, 1), date(2090, 12, 31))


def find(text: str, day: date | None = None) -> list[Date]:
    """The dates of a text as the analyzer finds them, in the characters of the text."""
    normalized = normalize(text)
    lines = passages(normalized.text)
    draft = Draft(text, normalized, day, lines, sentences(normalized.text, lines), [], Hits({}))
    draft.spans["DOCUMENT"] = list(DocumentExtractor().find(draft))
    return DateExtractor().find(draft)


def bounds(value: str) -> tuple[date, date]:
    """First and last day of an EDTF value, read by the edtf library."""
    parsed = edtf.parse_edtf(value)
    return date(*parsed.lower_strict()[:3]), date(*parsed.upper_strict()[:3])


@pytest.mark.parametrize(("family", "text", "day", "expected", "reason"), ROWS, ids=lambda value: value[:14])
def test_cases(family: str, text: str, day: str, expected: str, reason: str) -> None:
    found = find(text, date.fromisoformat(day) if day else None)
    source = normalize(text).alignment.to_source
    shown = [
        f"{text[slice(*source(one.start, one.end))]}={one.edtf or ''}" + (f" {one.role}" if one.role != "point" else "")
        for one in found
    ]
    assert "; ".join(shown) == expected, f"{family}: {reason}"
    for one in found:
        assert (one.first_day is None) == (one.last_day is None) == (one.edtf is None)
        if one.edtf is not None:
            assert bounds(one.edtf) == (one.first_day, one.last_day)


def test_there_are_enough_cases() -> None:
    assert len(ROWS) >= 400
    assert len({row[1:3] for row in ROWS}) == len(ROWS)
    assert min(Counter(row[0] for row in ROWS).values()) >= 5


@given(
    st.lists(
        st.sampled_from(
            [*"0123456789〇一二三十廿年月日号至到—-~、/.()（）《》〔〕“”五前底末初起", "季度", "年代", "世纪"]
        ),
        max_size=40,
    )
)
def test_any_figures_give_valid_dates_or_none(parts: list[str]) -> None:
    text = "".join(parts)
    found = find(text, date(2020, 2, 29))
    for before, after in pairwise(found):
        assert before.end <= after.start
    for one in found:
        assert normalize(text).text[one.start : one.end] == one.text
        if one.edtf is not None:
            assert bounds(one.edtf) == (one.first_day, one.last_day)
            assert one.first_day <= one.last_day


@given(DAYS)
def test_a_full_date_is_read_in_every_form(day: date) -> None:
    year = "".join("〇一二三四五六七八九"[int(digit)] for digit in str(day.year))
    forms = (
        f"{day.year}年{day.month}月{day.day}日",
        f"{day.year}-{day.month:02}-{day.day:02}",
        f"{day.year}.{day.month}.{day.day}",
        f"{day.year}/{day.month}/{day.day}",
        f"{year}年{chinese(day.month)}月{chinese(day.day)}日",
        f"民国{chinese(day.year - 1911)}年{day.month}月{day.day}日",
    )
    for form in forms:
        found = find(f"会议于{form}召开。")
        assert [(one.text, one.first_day, one.last_day) for one in found] == [(form, day, day)]


def chinese(number: int) -> str:
    """A number below 200 as it is written: 二十九, 一百零三."""
    if number >= 100:
        rest = number - 100
        return "一百" + (
            "" if rest == 0 else "零" + chinese(rest) if rest < 10 else ("一" if rest < 20 else "") + chinese(rest)
        )
    tens, ones = divmod(number, 10)
    return ("" if tens == 0 else "十" if tens == 1 else "一二三四五六七八九"[tens - 1] + "十") + (
        "一二三四五六七八九"[ones - 1] if ones else ""
    )


@given(DAYS)
def test_relative_words_cross_months_and_years(day: date) -> None:
    first = day.replace(day=1)
    last_month = first - timedelta(days=1)
    next_month = (first + timedelta(days=32)).replace(day=1)
    expected = {
        "昨天": (day - timedelta(days=1),) * 2,
        "明日": (day + timedelta(days=1),) * 2,
        "本月": (first, next_month - timedelta(days=1)),
        "上月": (last_month.replace(day=1), last_month),
        "下个月": (next_month, (next_month + timedelta(days=32)).replace(day=1) - timedelta(days=1)),
        "上月底": (last_month,) * 2,
        "去年": (date(day.year - 1, 1, 1), date(day.year - 1, 12, 31)),
        "明年2月底": (date(day.year + 1, 3, 1) - timedelta(days=1),) * 2,
        "今年上半年": (date(day.year, 1, 1), date(day.year, 6, 30)),
    }
    for word, days in expected.items():
        found = find(f"{word}召开会议。", day)
        assert [(one.text, one.first_day, one.last_day) for one in found] == [(word, *days)]


@given(st.dates(date(1950, 1, 1), date(2090, 12, 31)), st.integers(1, 12), st.integers(1, 31))
def test_a_day_that_does_not_exist_is_never_a_date(day: date, month: int, number: int) -> None:
    text = f"{day.year}年{month}月{number}日"
    try:
        wanted = date(day.year, month, number)
    except ValueError:
        assert [one.text for one in find(text)] == [f"{day.year}年{month}月"]
    else:
        assert [(one.text, one.first_day) for one in find(text)] == [(text, wanted)]
