"""The whole corridor: what must hold for any text, and that both scripts give the same values."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import opencc
import pytest
from hypothesis import given, settings

import nlp_toolkit
from nlp_toolkit.analyzer import Analyzer, segmented
from nlp_toolkit.document import Document, Goal
from tests.conftest import texts

CORPUS = Path(__file__).parent.parent / "corpora/documents.jsonl"
ARTICLE = """关于推进数据共享的实施意见
“十三五”时期，住建部、发改委等八部委联合印发《关于促进智慧城市健康发展的指导意见》，经国务院批准，由财政部牵头。
到2020年，建成一批特色鲜明的智慧城市，共享率超过70%。但部门之间信息壁垒仍然存在，监管不到位，避免重复建设。"""


@given(texts)
@settings(max_examples=150)
def test_invariants_for_any_text(text: str) -> None:
    document = nlp_toolkit.load().analyze(text, date="2020-05-01")
    assert "".join(token.text for token in document.tokens) == text
    assert all(token.text for token in document.tokens)
    boundaries = {0, *document.token_ends}
    for span in document.spans:
        assert text[span.start : span.end] == span.text != ""
        assert {span.start, span.end} <= boundaries, "a span is a whole number of tokens"
    for passage in document.passages:
        assert text[passage.start : passage.end] == passage.text != ""
        for theme in passage.themes:
            assert 0 <= theme.score <= 1
            assert all(passage.start <= s < e <= passage.end for s, e in theme.evidence)
    assert all(sentence.text for sentence in document.sentences)
    exclusive = sorted((s.start, s.end) for s in document.spans if s.label in ("DATE", "AGENCY", "DOCUMENT"))
    assert all(one[1] <= other[0] for one, other in pairwise(exclusive))
    assert Document.from_dict(document.to_dict()) == document
    assert nlp_toolkit.load().analyze(text, date="2020-05-01").to_json() == document.to_json()
    assert Document.from_dict(json.loads(document.to_json())) == document


def test_both_scripts_give_the_same_values_at_the_same_places(nlp: Analyzer) -> None:
    traditional = opencc.OpenCC("s2t").convert(ARTICLE)
    assert len(traditional) == len(ARTICLE)
    assert traditional != ARTICLE
    one, other = nlp.analyze(ARTICLE, date="2018-01-01"), nlp.analyze(traditional, date="2018-01-01")
    assert other.script == "hant"
    assert len(one.spans) >= 10

    def values(document: Document) -> list[object]:
        return [
            (s.label, s.start, s.end, {k: v for k, v in s.attrs().items() if k != "indicator"}) for s in document.spans
        ]

    assert values(one) == values(other)
    assert [p.themes for p in one.passages] == [p.themes for p in other.passages]


def test_themes_have_evidence(nlp: Analyzer) -> None:
    themes = nlp.analyze("各部门的系统互不联通，形成一个个信息孤岛，亟须打破数据壁垒。").passages[0].themes
    assert themes[0].id == "data_silos"
    assert themes[0].evidence


def test_removing_the_evidence_lowers_the_score(nlp: Analyzer) -> None:
    text = "各部门的系统互不联通，形成一个个信息孤岛，亟须打破数据壁垒。"
    theme = nlp.analyze(text).passages[0].themes[0]
    rest = "".join(c for i, c in enumerate(text) if not any(s <= i < e for s, e in theme.evidence))
    after = {t.id: t.score for t in nlp.analyze(rest).passages[0].themes}
    assert after.get(theme.id, 0) < theme.score


def test_ten_megabytes_in_one_line(nlp: Analyzer) -> None:
    text = "到2025年，建成平台，避免重复建设；" * (
        10_000_000 // 19 // 20
    )  # a twentieth: enough to show what is not linear
    document = nlp.analyze(text)
    assert len(document.problems) == text.count("避免")


def test_pipe_and_titles(nlp: Analyzer) -> None:
    documents = list(nlp.pipe(["关于加强管理的通知\n正文。", nlp_toolkit.Source("正文。", id="x", title="题")]))
    assert [document.title for document in documents] == ["关于加强管理的通知", "题"]


def test_a_bad_date_is_refused(nlp: Analyzer) -> None:
    with pytest.raises(ValueError, match="YYYY-MM-DD"):
        nlp.analyze("今年", date="2020/1/1")


def test_unknown_segmenter() -> None:
    with pytest.raises(ValueError, match="unknown segmenter"):
        nlp_toolkit.load(segmenter="hanlp")  # type: ignore[arg-type]


def test_each_goal_keeps_its_own_deadline(nlp: Analyzer) -> None:
    goals = nlp.analyze("到2026年，接入部门不少于45个；到2027年，共享率达到95%。", date="2026-01-01").goals
    assert [goal.deadline and goal.deadline.year for goal in goals if isinstance(goal, Goal)] == [2026, 2027]


@given(texts)
def test_segmented_words_are_the_sentences_characters(text: str) -> None:
    words = "".join(word for sentence in segmented(text) for word, _ in sentence)
    assert words.split() == [] or set(words) <= set(text)


def test_documents_taken_together_are_those_taken_alone() -> None:
    """Whatever goes through the corridor with a text, and however much, changes nothing in it."""
    lines = CORPUS.read_text(encoding="utf-8").splitlines()[:40]
    every = ["", "\n", *(json.loads(line)["text"] for line in lines)]
    nlp = nlp_toolkit.load()
    alone = [nlp.analyze(text).to_json() for text in every]
    assert [document.to_json() for document in nlp.pipe(every)] == alone
    assert [document.to_json() for document in nlp.pipe(reversed(every))] == alone[::-1]


def test_the_first_document_does_not_wait_for_the_second() -> None:
    def endless() -> Iterator[str]:
        yield "到2025年建成平台。"
        raise AssertionError("nobody asked for it")

    assert next(nlp_toolkit.load().pipe(endless())).dates
