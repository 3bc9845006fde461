"""The frame of official documents: its parts, the day that comes from it, and the kinds of its lines."""

from __future__ import annotations

import re
import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import nlp_toolkit
from nlp_toolkit.analyzer import Analyzer
from nlp_toolkit.document import Document, Frame
from nlp_toolkit.frame import layout
from nlp_toolkit.normalize import normalize
from nlp_toolkit.segment import passages
from tests.conftest import DATA, texts

CASES: list[dict[str, Any]] = tomllib.loads((DATA / "frames.toml").read_text("utf-8"))["case"]


@pytest.mark.parametrize("case", CASES, ids=[case["why"] for case in CASES])
def test_cases(case: dict[str, Any], nlp: Analyzer) -> None:
    text = case["text"].strip("\n")
    document = nlp.analyze(text)
    found = dict(document.meta.get("frame", {}))
    found.pop("places", None)
    expected = {part: value for part, value in case.items() if part not in ("why", "text")}
    if found and found.get("title") == text.split("\n")[0]:
        expected.setdefault("title", found["title"])
    assert found == expected
    assert (document.date.isoformat() if document.date else None) == expected.get("date")


BODIES = ("江城市人民政府", "财政部", "国家发展改革委", "湖南省林业厅", "青海省公安厅", "国务院办公厅")
NOUNS = ("通知", "意见", "决定", "批复", "函")
DAYS = st.dates(date(1950, 1, 1), date(2090, 12, 31))
CHINESE = "〇一二三四五六七八九"


def chinese(day: date) -> str:
    """A day as documents before 2012 write it."""
    year = "".join(CHINESE[int(digit)] for digit in f"{day.year}")
    tens = [
        f"{'' if n < 20 else CHINESE[n // 10]}十{CHINESE[n % 10] if n % 10 else ''}" if n >= 10 else CHINESE[n]
        for n in (day.month, day.day)
    ]
    return f"{year}年{tens[0]}月{tens[1]}日"


@given(
    st.lists(st.sampled_from(BODIES), min_size=1, max_size=3, unique=True),
    st.sampled_from(NOUNS),
    st.integers(1, 999),
    DAYS,
    st.booleans(),
    st.booleans(),
)
def test_what_a_notice_is_made_of_comes_back(
    bodies: list[str], noun: str, serial: int, day: date, old: bool, wrapped: bool
) -> None:
    about = f"关于做好水库除险加固{chr(10) if wrapped else ''}和汛期值守工作的{noun}"
    lines = [about, f"某发〔{day.year}〕{serial}号", "各县人民政府：", "汛期将至，务必加强值守。", *bodies]
    text = "\n".join([*lines, chinese(day) if old else f"{day.year}年{day.month}月{day.day}日"])
    document = nlp_toolkit.load().analyze(text)
    frame = document.frame
    assert frame is not None
    assert frame.title == about.replace("\n", "")
    assert frame.number == f"某发〔{day.year}〕{serial}号"
    assert frame.addressees == ("各县人民政府",)
    assert frame.signatures == tuple(bodies)
    assert frame.date == document.date == day


@given(texts, st.sampled_from(BODIES), DAYS)
def test_places_say_where_each_part_was_read(text: str, body: str, day: date) -> None:
    text = f"关于{text}的通知\n国发〔{day.year}〕7号\n{text}：\n{text}\n{body}\n{day.isoformat()}\n附件：{text}\n（此件公开发布）"
    frame = nlp_toolkit.load().analyze(text).frame
    assert frame is not None
    assert set(frame.places) == set(frame.to_dict()) - {"places"} - ({"issuers"} - set(frame.places))
    for places in frame.places.values():
        for start, end in places:
            assert 0 <= start < end <= len(text)
            assert text[start:end].strip()
    assert Frame.from_dict(frame.to_dict()) == frame


@given(texts)
def test_any_text_keeps_its_lines(text: str) -> None:
    """The frame names lines, and moves none."""
    lines = passages(normalize(text).text)
    assert [(line.start, line.end, line.text) for line in layout(lines).lines] == [
        (line.start, line.end, line.text) for line in lines
    ]


NOTICE = """国务院办公厅关于做好冬季供暖工作的通知
国办发明电〔2017〕9号
各省、自治区、直辖市人民政府：
要在今年年底前完成改造，明年上半年验收。{end}"""


def days(document: Document) -> list[str | None]:
    return [one.edtf for one in document.dates]


def test_relative_dates_are_resolved_against_the_signature(nlp: Analyzer) -> None:
    document = nlp.analyze(NOTICE.format(end="\n国务院办公厅\n2017年12月3日"))
    assert document.date == date(2017, 12, 3)
    assert days(document) == ["2017-12-31", "2018-01/2018-06", "2017-12-03"]


def test_a_number_tells_the_year_but_no_day(nlp: Analyzer) -> None:
    document = nlp.analyze(NOTICE.format(end=""))
    assert document.date is None
    assert days(document) == ["2017-12-31", "2018-01/2018-06"]


def test_the_day_that_is_given_decides(nlp: Analyzer) -> None:
    document = nlp.analyze(NOTICE.format(end="\n国务院办公厅\n2017年12月3日"), date="2018-02-01")
    assert document.date == date(2018, 2, 1)
    assert document.frame is not None
    assert document.frame.date == date(2017, 12, 3)
    assert days(document)[0] == "2018-12-31"


def test_a_frame_that_came_with_the_source_stays(nlp: Analyzer) -> None:
    came = {"frame": {"number": "自编1号"}, "source": "江城日报"}
    document = nlp.analyze(NOTICE.format(end=""), meta=came)
    assert document.meta == came
    assert document.frame is not None
    assert document.frame.number == "自编1号"
    assert came == {"frame": {"number": "自编1号"}, "source": "江城日报"}


def test_a_frame_of_another_form_is_no_frame(nlp: Analyzer) -> None:
    assert nlp.analyze(NOTICE.format(end=""), meta={"frame": "wooden"}).frame is None


# (kind, line) of the printed form, in order
KINDS = [
    ("field", "000123"),
    ("field", "机密★1年"),
    ("letterhead", "云南省水利厅文件"),
    ("number", "云水发〔2022〕8号    签发人：王某某"),
    ("title", "云南省水利厅关于报送"),
    ("title", "水库除险情况的报告"),
    ("addressee", "省政府："),
    ("paragraph", "现将水库除险情况报告如下。"),
    ("attachment", "附件：1.水库名单"),
    ("attachment", "2.进度表"),
    ("signature", "云南省水利厅"),
    ("date_line", "2022年6月1日"),
    ("note", "（联系人：某某，电话：0871-0000000）"),
    ("imprint", "抄送：省发展改革委、省财政厅。"),
    ("imprint", "云南省水利厅办公室    2022年6月2日印发"),
]


def test_the_lines_of_the_printed_form(nlp: Analyzer) -> None:
    document = nlp.analyze("\n".join(line for _, line in KINDS))
    assert [(passage.kind, passage.text) for passage in document.passages] == KINDS
    assert not any(passage.themes for passage in document.passages if passage.kind != "paragraph")


def test_a_title_on_two_lines_is_no_document_line_by_line(nlp: Analyzer) -> None:
    document = nlp.analyze("\n".join(line for _, line in KINDS))
    assert [one.text for one in document.documents] == ["云水发〔2022〕8号"]
    assert document.title == "云南省水利厅关于报送水库除险情况的报告"


def test_real_documents_have_the_number_and_issuer_that_came_with_them(nlp: Analyzer, shared: Path) -> None:
    import json

    pool = shared / "pool" / "documents.jsonl"
    documents = [one for one in map(json.loads, pool.read_text("utf-8").splitlines()) if "number" in one]
    right = 0
    for one in documents:
        frame = nlp.analyze(one["text"]).frame
        assert frame is not None, one["id"]
        number = re.sub("^国务院令", "国令", frame.number or "")
        right += (number, "、".join(frame.issuers), frame.title) == (one["number"], one["issuer"], one["title"])
    assert right >= 0.95 * len(documents)
