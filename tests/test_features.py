"""The features that models are trained on are those that they are asked about, however a text is cut into ranges."""

from __future__ import annotations

from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

import nlp_toolkit
from nlp_toolkit.classify.features import (
    NO_FEATURE,
    UNKNOWN,
    Cues,
    Occurrences,
    PairTable,
    Track,
    Vocabulary,
    names_in,
    pairs_of,
    values,
)
from nlp_toolkit.draft import Draft
from tests.conftest import texts

PIECES = [
    "部门间",
    "数据孤岛",
    "资金不足",
    "，",
    "。",
    "\n",
    "一、主要问题",
    "重复建设",
    "监管",
    "AI",
    "的",
    "２０２５年",
    "不",
]
policy_texts = st.lists(st.sampled_from(PIECES), min_size=1, max_size=25).map("".join) | texts


def laid_out(text: str) -> tuple[Draft, Occurrences, Vocabulary]:
    draft = nlp_toolkit.load().draft(text)
    names = sorted(names_in(draft, 0, len(draft.text), (0, len(draft.text))) | {"c:problems.lack"})
    vocabulary = Vocabulary(names[::2] + names[1::4])
    return draft, Occurrences.of([draft], vocabulary), vocabulary


@given(policy_texts, st.data())
def test_running_sums_give_what_was_trained_on(text: str, data: st.DataObject) -> None:
    draft, found, vocabulary = laid_out(text)
    model = nlp_toolkit.load().model
    place = sorted(data.draw(st.tuples(*[st.integers(0, len(draft.text))] * 2)))
    own = Occurrences.of([draft], model.vocabulary)
    by_column = values(own, *place)
    margin = model.margins(own, [np.array([at]) for at in place])[0]
    if by_column:
        expected = model.bias + sum(model.weights[column] * value for column, value in by_column.items())
        assert np.allclose(margin, expected, atol=1e-3)
    assert set(values(found, *place)) <= set(range(len(vocabulary.names)))


@given(policy_texts)
def test_every_known_feature_is_found_where_it_is_named(text: str) -> None:
    draft, found, vocabulary = laid_out(text)
    known = names_in(draft, 0, len(draft.text)) & set(vocabulary.names)
    seen = {vocabulary.names[column] for column in values(found, 0, len(draft.text))}
    assert {name for name in seen if name[:2] in ("w:", "x:")} == known


@given(
    st.lists(st.integers(-2, 5), max_size=60),
    st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), min_size=1, max_size=8),
)
def test_sums_of_a_track(columns: list[int], ranges: list[tuple[int, int]]) -> None:
    """Against the plain sum, range by range."""
    weights = np.arange(12.0).reshape(6, 2)
    bounds = [(min(pair), min(max(pair), len(columns))) for pair in ranges]
    bounds = [(min(start, end), end) for start, end in bounds]
    track = Track(np.array(columns, np.int32))
    places = [np.array([b[side] for b in bounds], np.int64) for side in (0, 1)]
    sums, counts = track.sums(weights, *places), track.counts(*places)
    for (start, end), total, count in zip(bounds, sums, counts, strict=True):
        inside = Counter(columns[start:end])
        assert total.tolist() == [sum(n * weights[c][k] for c, n in inside.items() if c >= 0) for k in (0, 1)]
        assert count == sum(n for c, n in inside.items() if c != NO_FEATURE)


def test_a_range_longer_than_a_block_is_summed_too() -> None:
    track = Track(np.tile(np.array([0, 1, UNKNOWN, NO_FEATURE], np.int32), 50_000))
    weights = np.array([[1.0], [2.0]])
    places = np.array([0, 4], np.int64), np.array([200_000, 8], np.int64)
    assert track.sums(weights, *places).tolist() == [[150_000.0], [3.0]]
    assert track.counts(*places).tolist() == [150_000, 3]


@given(
    st.lists(st.tuples(st.integers(0, 400), st.integers(1, 4), st.integers(0, 2)), max_size=80),
    st.lists(st.tuples(st.integers(0, 400), st.integers(0, 60)), max_size=600),
)
def test_cues_are_counted_where_they_lie_inside(
    hits: list[tuple[int, int, int]], ranges: list[tuple[int, int]]
) -> None:
    """Against a plain count; hits of one layer that overlap an earlier one do not count."""
    by_layer: dict[int, list[tuple[int, int]]] = {}
    for start, length, layer in sorted(hits):
        before = by_layer.setdefault(layer, [])
        if not before or before[-1][1] <= start:
            before.append((start, start + length))
    cues = Cues.of(by_layer)
    bounds = [(start, start + length) for start, length in ranges]
    found = cues.counts(*(np.array([b[side] for b in bounds], np.int64) for side in (0, 1)))
    for (start, end), row in zip(bounds, found.tolist(), strict=True):
        assert row == [sum(start <= s and e <= end for s, e in by_layer[column]) for column in cues.columns.tolist()]


@given(
    st.dictionaries(st.text("数据孤岛a", min_size=2, max_size=2), st.integers(0, 10**6)),
    st.text("数据孤岛烟囱a,", max_size=30),
)
def test_every_pair_has_the_column_it_was_given(columns: dict[str, int], text: str) -> None:
    expected = [
        columns.get(text[at : at + 2], UNKNOWN) if len(pairs_of(text[at : at + 2])) else NO_FEATURE
        for at in range(len(text))
    ]
    assert PairTable(columns).columns(text).tolist() == expected
