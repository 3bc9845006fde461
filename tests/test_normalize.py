"""Normalisation: one form for every text, and an exact way back."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given

from nlp_toolkit.normalize import normalize, script_of
from tests.conftest import texts

# (source, normalised, reason)
FORMS = [
    ("裡面", "里面", "variant characters"),
    ("臺灣", "台湾", "Taiwan's form"),
    ("隨著", "随着", "著 as a particle"),
    ("著名", "著名", "著 as a word of its own"),
    ("計畫", "计划", "Taiwan's word form"),
    ("２０１４年", "2014年", "full-width digits"),
    ("（一）", "(一)", "full-width brackets"),
    ("「智慧」『城市』", "“智慧”‘城市’", "corner quotation marks"),
    ("豈", "岂", "compatibility ideograph, then Simplified"),
    ("⼈⼝", "人口", "Kangxi radicals, as PDF files have them"),
    ("5㎡", "5m2", "one character becomes two"),
    ("甲\r\n乙\r丙\u2028丁", "甲\n乙\n丙\n丁", "line ends"),
    ("\ufeff数\u200b据", "数据", "byte order mark and zero-width space"),
    ("e\u0301", "e\u0301", "a combining mark stays with its letter"),
    ("👨‍👩‍👧共享", "👨👩👧共享", "joiners between emoji go, the emoji stay"),
    ("数据\0", "数据\ufffd", "NUL"),
    ("\ud800据", "\ufffd据", "a lone surrogate"),
    ("显著提高", "显著提高", "Simplified text is left alone"),
    ("甲　乙\u00a0丙", "甲 乙 丙", "spaces of all kinds"),
]  # fmt: skip


@pytest.mark.parametrize(("source", "expected", "reason"), FORMS, ids=[reason for *_, reason in FORMS])
def test_form(source: str, expected: str, reason: str) -> None:
    assert normalize(source).text == expected


# (source, the place of a normalised character, the source range it came from)
PLACES = [
    ("甲\r\n乙", "乙", (3, 4)),
    ("\ufeff乙", "乙", (1, 2)),
    ("5㎡乙", "2", (1, 2)),
    ("5㎡乙", "乙", (2, 3)),
    ("数\u200b据", "据", (2, 3)),
    ("😀臺灣", "湾", (2, 3)),
]


@pytest.mark.parametrize(("source", "char", "place"), PLACES)
def test_place(source: str, char: str, place: tuple[int, int]) -> None:
    result = normalize(source)
    at = result.text.index(char)
    assert result.alignment.to_source(at, at + 1) == place


@given(texts)
def test_alignment_is_monotone_and_inside(text: str) -> None:
    result = normalize(text)
    places = [result.alignment.to_source(i, i + 1) for i in range(len(result.text))]
    assert all(0 <= start < end <= len(text) for start, end in places)
    assert places == sorted(places)
    assert all(one == other or one[1] <= other[0] for one, other in itertools.pairwise(places))


@given(texts)
def test_way_there_reverses_way_back(text: str) -> None:
    result = normalize(text)
    for i in range(len(result.text)):
        start, end = result.alignment.to_normalized(*result.alignment.to_source(i, i + 1))
        assert start <= i < end


@given(texts)
def test_idempotent(text: str) -> None:
    once = normalize(text).text
    assert normalize(once).text == once


@pytest.mark.parametrize(
    ("text", "script"),
    [
        ("推動數位轉型，強化資通安全。", "hant"),
        ("推动数字化转型，加强网络安全。", "hans"),
        ("推动数字化转型，強化資通安全。", "mixed"),
        ("1234", "hans"),
        ("", "hans"),
    ],
)
def test_script(text: str, script: str) -> None:
    assert script_of(text) == script
