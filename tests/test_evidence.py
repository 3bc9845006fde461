"""Every goal, problem and theme says how sure it is and what it rests on: without its evidence it is less sure, or gone."""

from __future__ import annotations

import pytest
from hypothesis import given

import nlp_toolkit
from nlp_toolkit.analyzer import Analyzer
from nlp_toolkit.document import Decided, Document, Goal, Passage, Problem, Theme, read_span
from nlp_toolkit.evaluate import read_gold
from nlp_toolkit.extract.goals import FIGURE_RULES, STATE_RULES
from nlp_toolkit.extract.problems import LEARNED, ProblemExtractor
from nlp_toolkit.lexicon import read_table, rule_scores
from nlp_toolkit.write.marks import marks
from nlp_toolkit.write.tables import rows
from tests.conftest import ROOT, texts

Places = tuple[tuple[int, int], ...]


def without(text: str, places: Places) -> str:
    """The text with some places cut out."""
    kept, at = "", 0
    for start, end in places:
        kept, at = kept + text[at:start], end
    return kept + text[at:]


def moved(offset: int, places: Places) -> int:
    """Where an offset lies after :func:`without`."""
    return offset - sum(max(0, min(end, offset) - start) for start, end in places if start < offset)


def remaining_score(nlp: Analyzer, document: Document, span: Decided | Passage, label: str, evidence: Places) -> float:
    """The best score of what is found in a range once the evidence is cut out; 0 where nothing is."""
    start, end = moved(span.start, evidence), moved(span.end, evidence)
    found = nlp.analyze(without(document.text, evidence), date=document.date)
    spans = [s for s in found.spans if isinstance(s, Decided) and s.label == label and s.start < end and start < s.end]
    themes = [t for p in found.passages if p.start < end and start < p.end for t in p.themes if t.id == label]
    return max([s.score or 0.0 for s in spans] + [t.score for t in themes], default=0.0)


# (text, the span, its evidence, what the case is for)
CASES = [
    ("到2025年，新增停车位5万个。", "到2025年，新增停车位5万个", ["2025年", "5万个"], "a figure and its deadline"),
    ("到2025年，新增停車位5萬個。", "到2025年，新增停車位5萬個", ["2025年", "5萬個"], "Traditional, told in its own characters"),
    ("二、到2030年的主要目标\n——森林覆盖率不低于45%。", "森林覆盖率不低于45%", ["2030年", "目标", "不低于", "45%"], "context in the heading"),
    ("部门之间数据不共享。", "部门之间数据不共享", ["数据不共享"], "a lack"),
    ("严防重复建设。", "严防重复建设", ["严防", "重复建设"], "guarding verb and ill"),
    ("村里的老人交不起这笔钱。", "村里的老人交不起这笔钱", ["交不起"], "what cannot be done"),
    ("仍存在监管缺位、责任不清等问题。", "监管缺位", ["仍存在", "缺位"], "each part of a list rests on its own cue"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "span", "evidence", "reason"), CASES, ids=[reason for *_, reason in CASES])
def test_what_a_decision_rests_on(nlp: Analyzer, text: str, span: str, evidence: list[str], reason: str) -> None:
    document = nlp.analyze(text, date="2021-03-01")
    found = next(s for s in document.spans if isinstance(s, Decided) and s.text == span)
    assert found.score is not None
    assert 0 < found.score < 1
    assert set(evidence) <= {text[start:end] for start, end in found.evidence}
    assert remaining_score(nlp, document, found, found.label, found.evidence) < found.score


@pytest.fixture(scope="module")
def development() -> list[Document]:
    return [document for document in read_gold(ROOT / "corpora/documents.jsonl") if document.meta["split"] == "dev"]


@pytest.mark.parametrize("label", ["GOAL", "PROBLEM"])
def test_without_its_evidence_a_span_is_less_sure_or_gone(
    nlp: Analyzer, development: list[Document], label: str
) -> None:
    decided = 0
    for gold in development:
        document = nlp.analyze(gold.text, date=gold.date)
        for span in document.spans:
            if isinstance(span, Decided) and span.label == label:
                decided += 1
                assert span.score is not None
                assert remaining_score(nlp, document, span, label, span.evidence) < span.score, span
    assert decided >= 15


def test_without_its_evidence_a_theme_is_less_sure_or_gone(nlp: Analyzer, development: list[Document]) -> None:
    decided, weaker = 0, 0
    for gold in development:
        document = nlp.analyze(gold.text, date=gold.date)
        for passage in document.passages:
            for theme in passage.themes:
                decided += 1
                weaker += remaining_score(nlp, document, passage, theme.id, theme.evidence) < theme.score
    assert decided >= 15
    assert weaker / decided >= 0.95  # a cut may join two words to a new one that speaks louder


def test_where_cues_are_silent_the_model_has_the_word(nlp: Analyzer) -> None:
    """A learned clause has at least the model's threshold for score, and rests on its own words."""
    learned = 0
    for gold in read_gold(ROOT / "corpora/documents.jsonl"):
        draft = nlp.draft(gold.text, gold.date)
        for rule, problem in ProblemExtractor().ruled(draft):
            if rule == LEARNED:
                learned += 1
                assert problem.score is not None
                assert problem.score >= round(float(nlp.model.thresholds[-1]), 4)
                assert problem.evidence
                assert all(problem.start <= start < end <= problem.end for start, end in problem.evidence)
    assert learned > 50


def test_without_a_model_cues_have_the_word(nlp: Analyzer) -> None:
    draft = nlp.draft("部门之间数据不共享。")
    draft.heard = None
    ((rule, problem),) = ProblemExtractor().ruled(draft)
    assert (problem.text, problem.score) == ("部门之间数据不共享", rule_scores("PROBLEM")[rule])


@given(texts)
def test_evidence_is_in_the_text_and_in_order(text: str) -> None:
    for span in nlp_toolkit.load().analyze(text + "\n到2025年建成5个平台，部门之间数据不共享。").spans:
        if isinstance(span, Decided):
            flat = [offset for place in span.evidence for offset in place]
            assert flat == sorted(flat)
            assert all(0 <= start < end <= len(text) + 30 for start, end in span.evidence)


# (attributes, score, evidence, what the case is for)
ATTRIBUTES = [
    ({}, None, (), "gold of old"),
    ({"score": None, "evidence": None}, None, (), "empty fields"),
    ({"score": 0.8, "evidence": [[0, 2], [3, 4]]}, 0.8, ((0, 2), (3, 4)), "as the analyzer writes them"),
]


@pytest.mark.parametrize(
    ("attrs", "score", "evidence", "reason"), ATTRIBUTES, ids=[reason for *_, reason in ATTRIBUTES]
)
@pytest.mark.parametrize("label", ["GOAL", "PROBLEM"])
def test_gold_needs_neither(
    label: str, attrs: dict[str, object], score: float | None, evidence: Places, reason: str
) -> None:
    span = read_span({"label": label, "start": 0, "end": 4, "attrs": attrs}, "建成平台")
    assert isinstance(span, Decided)
    assert (span.score, span.evidence) == (score, evidence)
    assert read_span(span.to_dict(), "建成平台") == span
    assert ("score" in span.attrs()) == (score is not None)


@pytest.mark.parametrize("places", [[[0, 9]], [[2, 2]], [[-1, 2]]])
def test_evidence_outside_the_text_is_refused(places: list[list[int]]) -> None:
    with pytest.raises(ValueError, match="evidence"):
        read_span({"label": "GOAL", "start": 0, "end": 4, "attrs": {"score": 0.5, "evidence": places}}, "建成平台")


def test_tables_show_score_and_evidence_and_annotation_tools_do_not() -> None:
    goal = Goal(0, 4, "建成平台", score=0.8, evidence=((0, 2),))
    problem = Problem(0, 4, "建成平台", score=0.7, evidence=((2, 4),))
    document = Document("建成平台", "a", spans=(goal, problem))
    for table, score, quoted, place in (("goals", 0.8, "建成", (0, 2)), ("problems", 0.7, "平台", (2, 4))):
        row = next(rows(document, table))
        assert (row["score"], row["evidence"], row["evidence_at"]) == (score, (quoted,), (place,))
    assert not {"score", "evidence"} & {name for mark in marks(document) for name in mark.attrs}


def test_every_rule_has_a_score_that_its_counts_give() -> None:
    table = read_table("rule_scores")
    assert [(row["label"], row["rule"]) for row in table] == sorted((row["label"], row["rule"]) for row in table)
    assert set(rule_scores("GOAL")) == {*FIGURE_RULES, *STATE_RULES}
    for row in table:
        assert float(row["score"]) == pytest.approx((int(row["right"]) + 1) / (int(row["found"]) + 2), abs=5e-4)


def test_a_document_keeps_scores_and_evidence(nlp: Analyzer) -> None:
    document = nlp.analyze("到2025年，建成100个平台。部门之间数据不共享。", date="2023-03-01")
    assert Document.from_dict(document.to_dict()) == document
    assert all(isinstance(theme, Theme) for passage in document.passages for theme in passage.themes)
