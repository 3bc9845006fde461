"""Problem statements: one span a clause, reported or guarded, and what is none.

Problems stand in tests/data/problems.tsv with ``/`` between; ``guarded`` before those that are to be avoided or removed.
"""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

import nlp_toolkit
from nlp_toolkit.analyzer import Analyzer
from tests.conftest import cases

CASES = cases("problems")
STOPS = "，；。：！？"


@pytest.mark.parametrize(("text", "problems", "reason"), CASES, ids=[reason for *_, reason in CASES])
def test_problems(nlp: Analyzer, text: str, problems: str, reason: str) -> None:
    found = nlp.analyze(text).problems
    assert "/".join(("guarded " if p.stance == "guarded" else "") + p.text for p in found) == problems


PARTS = [
    "部门间",
    "数据",
    "不共享",
    "，",
    "。",
    "、",
    "避免",
    "重复建设",
    "等问题",
    "但",
    "“",
    "”",
    "存在",
    "监管不到位",
    "不得",
    "解决",
]


@given(st.lists(st.sampled_from(PARTS), max_size=14))
def test_a_statement_stays_inside_its_clause(parts: list[str]) -> None:
    text = "".join(parts)
    problems = nlp_toolkit.load().analyze(text).problems
    for problem in problems:
        assert not set(problem.text) & set(STOPS)
        assert len(problem.text) >= 3
    assert all(one.end <= other.start for one, other in itertools.pairwise(problems))
