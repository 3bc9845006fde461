"""Goals: where they begin and end, deadline, figures and the thing measured; and what only looks like one.

A goal stands in tests/data/goals.tsv as ``text;deadline;figures;indicator``, several with ``/`` between, ``-`` for none.
"""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

import nlp_toolkit
from nlp_toolkit.analyzer import Analyzer
from nlp_toolkit.document import Goal, Quantity
from tests.conftest import cases

CASES = cases("goals")


def shown(goal: Goal) -> str:
    figures = ",".join(map(figure, goal.quantities)) or "-"
    return ";".join([goal.text, str(goal.deadline or "-"), figures, goal.indicator or "-"])


def figure(quantity: Quantity) -> str:
    change = f"{quantity.change} " if quantity.change else ""
    return f"{change}{quantity.comparator}{quantity.value:.12g} {quantity.unit or ''}".strip()


@pytest.mark.parametrize(("text", "day", "goals", "reason"), CASES, ids=[reason for *_, reason in CASES])
def test_goals(nlp: Analyzer, text: str, day: str, goals: str, reason: str) -> None:
    assert "/".join(map(shown, nlp.analyze(text, date=day or None).goals)) == goals


def test_a_heading_gives_its_deadline_to_the_list_below_it(nlp: Analyzer) -> None:
    text = "二、到2025年的主要目标\n——粮食产能稳步提升，总产量稳定在1300亿斤以上。\n——农村公路优良中等路率达到85%。"
    assert [str(goal.deadline) for goal in nlp.analyze(text).goals][-2:] == ["2025-12-31", "2025-12-31"]


def test_a_deadline_that_has_passed_is_none(nlp: Analyzer) -> None:
    goals = nlp.analyze("到2015年，普及率达到90%。", date="2020-01-01").goals
    assert all(goal.deadline is None for goal in goals)


PARTS = [
    "到2025年",
    "，",
    "。",
    "建成",
    "一批",
    "平台",
    "达到",
    "70%",
    "力争",
    "实现",
    "的",
    "不低于",
    "3.5亿元",
    "“十四五”期间",
    "其中",
    "、",
]


@given(st.lists(st.sampled_from(PARTS), max_size=14))
def test_goals_stay_inside_their_line_and_apart(parts: list[str]) -> None:
    text = "".join(parts)
    goals = nlp_toolkit.load().analyze(text, date="2021-01-01").goals
    for goal in goals:
        assert text[goal.start : goal.end] == goal.text
        assert goal.indicator is None or goal.indicator in goal.text
    assert all(one.end <= other.start for one, other in itertools.pairwise(goals))
