"""The tables' form, and the automaton that searches their phrases."""

from __future__ import annotations

from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp_toolkit.extract import agencies, goals, problems
from nlp_toolkit.lexicon import Lexicon, cells, read_table
from nlp_toolkit.normalize import normalize

TABLES = sorted(
    path.name.removesuffix(".tsv") if folder == "data" else f"cues/{path.name.removesuffix('.tsv')}"
    for folder in ("data", "data/cues")
    for path in files("nlp_toolkit").joinpath(*folder.split("/")).iterdir()
    if path.name.endswith(".tsv")
)


@pytest.mark.parametrize("name", TABLES)
def test_table_form(name: str) -> None:
    rows = read_table(name)
    assert len({tuple(row.values()) for row in rows}) == len(rows), "a row stands twice"
    for row in rows:
        assert all(value == value.strip() for value in row.values()), row
        assert "source" not in row or row["source"], f"no source: {row}"
        assert next(iter(row.values())), f"no key: {row}"


def test_terms() -> None:
    rows = read_table("terms")
    terms = [row["term"] for row in rows]
    assert len(terms) >= 2500
    assert terms == sorted(set(terms))
    assert {row["domain"] for row in rows} >= {
        "technology", "administration", "economy", "social", "party", "problem", "taiwan", "hongkong",
    }  # fmt: skip
    assert all(normalize(term).text == term for term in terms), "terms are matched in normalised text"


@pytest.mark.parametrize(("table", "classes"), [("problems", problems.CLASSES), ("goals", goals.CLASSES)])
def test_cues(table: str, classes: tuple[str, ...]) -> None:
    rows = read_table(f"cues/{table}")
    phrases = [(row["phrase"], row["class"]) for row in rows]
    assert phrases == sorted(set(phrases))
    assert {row["class"] for row in rows} == set(classes)
    assert all(normalize(row["phrase"]).text == row["phrase"] for row in rows)


def test_agency_phrases_are_normalised() -> None:
    for phrases in agencies.layers().values():
        assert all(normalize(phrase).text == phrase for phrase in phrases)


def test_cells() -> None:
    assert cells("甲|乙") == ["甲", "乙"]
    assert cells("") == []


def test_one_phrase_may_belong_to_several_layers() -> None:
    hits = Lexicon({"one": ["重复建设"], "two": ["重复建设", "建设"]}).find("防止重复建设")
    assert hits.all("one") == [(2, 6)]
    assert hits.all("two") == [(2, 6), (4, 6)]
    assert hits.classified("two", "one") == [(2, 6, "two")]
    assert hits.layers("o") == ["one"]


@given(st.lists(st.text("甲乙丙", min_size=1, max_size=3), min_size=1, max_size=5), st.text("甲乙丙丁", max_size=30))
def test_finds_what_a_plain_search_finds(phrases: list[str], text: str) -> None:
    found = Lexicon({"layer": phrases}).find(text).all("layer")
    wanted = {(i, i + len(p)) for p in phrases for i in range(len(text)) if text.startswith(p, i)}
    assert found == sorted(wanted)
