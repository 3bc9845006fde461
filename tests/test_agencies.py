"""Agencies: a table of cases, the form of the registry and of the word table, and properties that hold for any text."""

from __future__ import annotations

import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

import nlp_toolkit
from nlp_toolkit import segment
from nlp_toolkit.document import Agency, PolicyDocument
from nlp_toolkit.draft import Draft
from nlp_toolkit.extract.agencies import AgencyExtractor, layers
from nlp_toolkit.lexicon import Lexicon, read_table
from nlp_toolkit.normalize import normalize
from nlp_toolkit.registry import Registry, divisions
from tests.conftest import cases, texts

LEXICON = Lexicon(layers())
EXTRACTOR = AgencyExtractor()


def draft_of(text: str, day: date | None = None) -> Draft:
    """A draft as the analyzer makes it, without tokens, which agencies do not need."""
    normalized = normalize(text)
    lines = segment.passages(normalized.text)
    sentences = segment.sentences(normalized.text, lines)
    return Draft(text, normalized, day, lines, sentences, [], LEXICON.find(normalized.text))


def find(text: str, day: date | None = None) -> list[Agency]:
    return EXTRACTOR.find(draft_of(text, day))


def values(cell: str, count: int) -> list[str | None]:
    """The parts of a cell that holds a value a span; an empty one is None."""
    return [part or None for part in cell.split("|")] if count else []


@pytest.mark.parametrize(
    ("text", "day", "spans", "kinds", "canonical", "roles", "reason"), cases("agencies"), ids=lambda value: value[:12]
)
def test_cases(text: str, day: str, spans: str, kinds: str, canonical: str, roles: str, reason: str) -> None:
    draft = nlp_toolkit.load().draft(text, date.fromisoformat(day) if day else None)
    found = draft.of(Agency)
    assert [a.text for a in found] == (spans.split("|") if spans else []), reason
    assert [f"{a.kind}{a.count or ''}" for a in found] == (kinds.split("|") if kinds else []), reason
    assert [a.canonical for a in found] == values(canonical, len(found)), reason
    assert [a.role for a in found] == values(roles, len(found)), reason


def test_there_are_enough_cases() -> None:
    rows = cases("agencies")
    assert len(rows) >= 500
    assert sum(normalize(row[0]).script == "hant" for row in rows) >= 50


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("国务院召开会议。", "central"),
        ("浙江省财政厅召开会议。", "provincial"),
        ("北京市财政局召开会议。", "provincial"),  # a municipality under the central government
        ("杭州市财政局召开会议。", "municipal"),
        ("由市发展改革委牵头。", "municipal"),  # the place is not named, its level is
        ("嘉义县政府召开会议。", "county"),
        ("由Y县发改委牵头。", "county"),
        ("由镇人民政府负责。", "township"),
        ("新疆维吾尔自治区财政厅召开会议。", "provincial"),
        ("有关部门召开会议。", None),
    ],
)
def test_level(text: str, level: str | None) -> None:
    assert [agency.level for agency in find(text)] == [level]


def test_signature_is_issuer() -> None:
    """All bodies that sign, also those alone on the lines above the last."""
    found = find("关于加强管理的通知\n各市人民政府:\n现就有关事项通知如下。\n财政部\n水利部\n2020年5月1日\n")
    assert [(a.text, a.role) for a in found] == [("各市人民政府", None), ("财政部", "issuer"), ("水利部", "issuer")]


def test_no_body_of_a_title_line() -> None:
    found = find("監察院糾正案文（新北市樹林區農地工廠火警案）\n壹、案由\n經濟部應於113年2月20日前檢討改善。\n")
    assert [agency.canonical for agency in found] == ["经济部"]


def test_nothing_within_a_document_title() -> None:
    text = "国家发展改革委管理办法由国务院批准。"
    draft = draft_of(text)
    draft.spans["DOCUMENT"] = [PolicyDocument(0, 11, text[:11])]
    assert [agency.text for agency in EXTRACTOR.find(draft)] == ["国务院"]


# Pieces that make and break names, in any order.
PIECES = [
    "国务院", "办公厅", "财政部", "省", "市", "县", "发展改革委", "人民政府", "有关", "部门", "领导小组",
    "联席会议", "等", "八部委", "中央", "(以下简称", ")", "、", "。", "会同", "牵头", "北京", "关于", "《", "》",
    "“", "”", "各", "级", "政府", "部际", "协调", "委", "办", "美国", "某", "X", "24个", "自治区", "街道",
    "开发区", "管委会", "与", "司", "立法院", "内政委员会", "\n",
]  # fmt: skip


@given(st.lists(st.sampled_from(PIECES), max_size=30).map("".join) | texts)
def test_spans_are_sound(text: str) -> None:
    """Spans are in order, apart, not empty, and their text is the text; a second call finds the same."""
    draft = draft_of(text)
    found = EXTRACTOR.find(draft)
    end = 0
    for agency in found:
        assert end <= agency.start < agency.end <= len(draft.text)
        assert agency.text == draft.text[agency.start : agency.end]
        assert agency.kind in ("named", "group", "generic")
        assert agency.role in (None, "issuer", "lead", "participant", "approver")
        assert agency.level in (None, "central", "provincial", "municipal", "county", "township")
        assert (agency.count is not None) == (agency.kind == "group")
        assert agency.canonical is None or agency.kind == "named"
        assert not any(bracket in agency.text for bracket in "《》\n")
        end = agency.end
    assert EXTRACTOR.find(draft) == found


@given(st.sampled_from([row["canonical"] for row in read_table("agencies") if "《" not in row["canonical"]]))
def test_official_names_mean_themselves(name: str) -> None:
    """On the day, a name may have passed to a later body: 澳门政府 is today the government of the region."""
    text = f"香港、澳门:由{name}组织"
    body = Registry.load().resolve(name)
    assert [(a.text, a.canonical) for a in find(text)][-1] == (name, body and body.canonical)


def test_no_name_means_two_bodies_on_one_day() -> None:
    """Where a name is shared, the days or the realm tell the bodies apart."""
    registry = Registry.load()
    days = [date(year, 7, 1) for year in range(1982, 2026)]
    for name in registry.names:
        if len({body.canonical for body in registry.candidates(name)}) > 1:
            for day in days:
                existing = [body for body in registry.candidates(name) if body.existed(day)]
                assert len({(body.canonical, body.realm) for body in existing}) == len(
                    {body.realm for body in existing}
                ), name


def test_form_of_the_registry() -> None:
    day = re.compile(r"(?:\d{4}(?:-\d\d(?:-\d\d)?)?)?")
    for body in Registry.load().bodies:
        assert body.source, body.canonical
        assert body.level in ("central", "provincial", "municipal", "county", "township"), body.canonical
        assert day.fullmatch(body.valid_from), body.canonical
        assert day.fullmatch(body.valid_to), body.canonical
        assert normalize(body.canonical).text == body.canonical
        assert all(len(alias) > 1 for alias in body.aliases), body.canonical
    assert all(len(name) > 1 for name in divisions())


def test_form_of_the_word_table() -> None:
    rows = read_table("agency_words")
    keys = [(row["word"], row["class"]) for row in rows]
    assert keys == sorted(keys)
    assert len(set(keys)) == len(keys)
    assert all(row["source"] and normalize(row["word"]).text == row["word"] for row in rows)
