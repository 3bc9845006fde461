"""The registry as an API: who bore a name on a day, who took over, and the whole line of a body.

The chains of real reforms stand in tests/data/successions.tsv; an empty cell of successors: the table does not tell.
"""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp_toolkit.registry import MAINLAND, Body, Registry
from tests.conftest import cases

REGISTRY = Registry.load()
CHAINS = cases("successions")
DAYS = st.dates(date(1949, 1, 1), date(2030, 1, 1))


def names(bodies: tuple[Body, ...]) -> list[str]:
    return [body.canonical for body in bodies]


@pytest.mark.parametrize(("name", "on", "realm", "successors", "reason"), CHAINS, ids=[" ".join(c[:2]) for c in CHAINS])
def test_successor(name: str, on: str, realm: str, successors: str, reason: str) -> None:
    found = names(REGISTRY.successor(name, on=on, realm=realm or MAINLAND))
    assert found == (successors.split("|") if successors else []), reason


def test_there_are_enough_chains() -> None:
    assert sum(bool(successors) and successors != name for name, _, _, successors, _ in CHAINS) >= 80


# (name, day, realm, official name, what the case is for)
NAMES = [
    ("建设部", "2006-05-01", MAINLAND, "建设部", "the issue's own example"),
    ("建设部", "2014-08-01", MAINLAND, "建设部", "gone, but only one body ever bore the name"),
    ("发改委", "2014-08-01", MAINLAND, "国家发展和改革委员会", "a short name"),
    ("发改委", "1998-01-01", MAINLAND, None, "nobody bore the name yet"),
    ("国家计委", "1996-03-01", MAINLAND, "国家计划委员会", "the older of two bearers"),
    ("国家计委", "2000-01-01", MAINLAND, "国家发展计划委员会", "the younger of two bearers"),
    ("国家计委", "2010-01-01", MAINLAND, None, "both gone: nothing tells which is meant"),
    ("国家药监局", "2000-01-01", MAINLAND, "国家药品监督管理局", "the first body of the name"),
    ("国信办", "2005-01-01", MAINLAND, "国务院信息化工作办公室", "one gone, one not there yet"),
    ("国信办", "2009-01-01", MAINLAND, "国务院信息化工作办公室", "gone; the other was not there yet"),
    ("国信办", "2012-01-01", MAINLAND, "国家互联网信息办公室", "the one that is there goes before the one gone"),
    ("国信办", None, MAINLAND, "国家互联网信息办公室", "today"),
    ("广电总局", "2016-01-01", MAINLAND, "国家新闻出版广电总局", "the second of three"),
    ("移民署", "2010-01-01", "taiwan", "入出国及移民署", "a short name that became the official one"),
    ("移民署", "2020-01-01", "taiwan", "移民署", "the official name"),
    ("港府", "1990-01-01", "special", "香港政府", "before 1997"),
    ("港府", "2000-01-01", "special", "香港特别行政区政府", "since 1997"),
    ("没有这个部", None, MAINLAND, None, "unknown"),
]


@pytest.mark.parametrize(("name", "on", "realm", "canonical", "reason"), NAMES, ids=[case[-1] for case in NAMES])
def test_resolve(name: str, on: str | None, realm: str, canonical: str | None, reason: str) -> None:
    body = REGISTRY.resolve(name, on, realm)
    assert (body.canonical if body else None) == canonical
    if on:
        assert REGISTRY.resolve(name, date.fromisoformat(on), realm) == body, "a day and its ISO form are the same"


def test_resolve_tells_the_lives_of_one_name_apart() -> None:
    """机械工业部 was there twice; the day says which of the two is meant."""
    lives = [REGISTRY.resolve("机械工业部", on) for on in ("1984-01-01", "1995-01-01")]
    assert [(body.valid_from, body.successor) for body in lives if body] == [
        ("1982-05", ("国家机械工业委员会",)),
        ("1993-03", ("国家机械工业局",)),
    ]


def test_resolve_prefers_the_realm() -> None:
    """交通部 was a ministry of the State Council until 2008 and is one of Taiwan."""
    found = [REGISTRY.resolve("交通部", realm=realm) for realm in ("mainland", "taiwan")]
    assert [body.parent for body in found if body] == ["国务院", "行政院"]


@pytest.mark.parametrize("on", ["2006", "2006-13-01", "去年"])
def test_what_is_no_day_is_refused(on: str) -> None:
    for call in (REGISTRY.resolve, REGISTRY.successor):
        with pytest.raises(ValueError, match="write a day as YYYY-MM-DD"):
            call("建设部", on)


def test_successor_of_a_body() -> None:
    """A body instead of a name: which of the lives is meant is then certain."""
    first, second = (body for body in REGISTRY.candidates("电子工业部"))
    assert names(REGISTRY.successor(first, "1990-01-01")) == ["机械电子工业部"]
    assert REGISTRY.successor(second, "1990-01-01") == (), "not there yet"
    assert names(REGISTRY.successor(second)) == ["工业和信息化部"], "today"


# (name, the line, what the case is for)
LINES = [
    ("国家旅游局", "中国旅行游览事业管理局 中国旅行游览事业管理总局 国家旅游局 文化和旅游部", "one line"),
    ("国务院扶贫办", "国务院扶贫开发领导小组办公室 国家乡村振兴局 农业农村部", "by a short name"),
    ("商业部", "贸易部 粮食部 粮食部 商业部 国内贸易部 国家国内贸易局 国家经济贸易委员会", "several lines meet"),
    ("国家科委", "国务院科学规划委员会 国家技术委员会 国家科学技术委员会 中国科学院 国家科学技术委员会", "two lives"),
    ("银监会", "中共中央金融工作委员会 中国银行业监督管理委员会 中国银行保险监督管理委员会", "across party and state"),
    ("海关总署", "海关总署", "alone"),
    ("不存在部", "", "nobody"),
]


@pytest.mark.parametrize(("name", "line", "reason"), LINES, ids=[case[-1] for case in LINES])
def test_history(name: str, line: str, reason: str) -> None:
    """All named bodies stand in the history, in this order."""
    found = iter(names(REGISTRY.history(name)))
    assert [one for one in line.split() if one not in found] == []
    assert bool(REGISTRY.history(name)) == bool(line)


@given(st.sampled_from(REGISTRY.bodies))
def test_history_is_in_order(body: Body) -> None:
    """Every body once, with the bearer among them, and none before one that it came from."""
    line = REGISTRY.history(body.canonical)
    assert body in line
    assert len(set(line)) == len(line)
    places = {one.canonical: place for place, one in enumerate(line) if len(REGISTRY.candidates(one.canonical)) == 1}
    for one in line:
        if one.canonical in places:
            heirs = [places[name] for name in one.successor if name in places]
            assert all(places[one.canonical] < place for place in heirs)


@given(st.sampled_from(REGISTRY.names), DAYS, st.sampled_from(["mainland", "taiwan", "special"]))
def test_answers_hold_on_their_day(name: str, on: date, realm: str) -> None:
    """No body is the answer for a day before it was there; a successor exists on the day, and each stands once."""
    body = REGISTRY.resolve(name, on, realm)
    assert body is None or (body.had_begun(on) and name in (body.canonical, *body.aliases))
    heirs = REGISTRY.successor(name, on, realm)
    assert all(heir.existed(on) for heir in heirs)
    assert len(set(heirs)) == len(heirs)
    if body is not None and body.existed(on) and body.valid_to:
        assert heirs == (body,)


@given(st.sampled_from(REGISTRY.bodies), DAYS, DAYS)
def test_later_heirs_are_heirs_of_earlier_ones(body: Body, one: date, other: date) -> None:
    """Going to a day and from there to a later one is going there at once, wherever no link is missing."""
    earlier, later = sorted((one, other))
    stops = REGISTRY.successor(body, earlier)
    for heir in REGISTRY.successor(body, later) if stops else ():
        onward = [end for stop in stops for end in REGISTRY.successor(stop, later)]
        assert heir in onward or not all(stop.valid_to for stop in stops) or not heir.had_begun(earlier)
