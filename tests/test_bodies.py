"""Mentions of one body share a number, a document lists its bodies, and a group's count stands beside what is named."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

import nlp_toolkit
from nlp_toolkit.analyzer import Analyzer
from nlp_toolkit.document import Agency, Document
from nlp_toolkit.evaluate import evaluate
from nlp_toolkit.write.marks import marks
from tests.conftest import texts

# (text, the mentions with their numbers, what the case is for)
BODIES = [
    ("住建部印发通知，住房和城乡建设部组织实施。", "住建部1 住房和城乡建设部1", "short and full name"),
    ("发展改革委、发改委、国家发展改革委都在。", "发展改革委1 发改委1 国家发展改革委1", "three short names"),
    ("财政部会同审计署报国务院，财政部牵头。", "财政部1 审计署2 国务院3 财政部1", "in the order of the text"),
    ("住建部及住建部办公厅。", "住建部1 住建部办公厅2", "an inner office is a body of its own"),
    (
        "成立甲乙丙丁工作领导小组（以下简称领导小组）。领导小组负责统筹。",
        "甲乙丙丁工作领导小组1 领导小组1 领导小组1",
        "a declared short name",
    ),
    (
        "成立数据共享部际协调工作组。财政部报送部际协调工作组。",
        "数据共享部际协调工作组1 财政部2 部际协调工作组1",
        "the end of a name",
    ),
    (
        "市智慧城市建设领导小组（以下简称领导小组）负责，报领导小组。",
        "市智慧城市建设领导小组1 领导小组1 领导小组1",
        "a short name of a body without official name",
    ),
    ("市教育局牵头，市财政局配合，市教育局负责。", "市教育局1 市财政局2 市教育局1", "bodies without official name"),
    ("北京市教委印发，北京市教育委员会负责。", "北京市教委1 北京市教育委员会1", "local bodies"),
    ("有关部门、八部委和财政部。", "有关部门- 八部委- 财政部1", "generic bodies and groups have none"),
    ("內政部國土管理署會同國土管理署。", "內政部國土管理署1 國土管理署1", "with its parent and alone"),
    (
        "浙江省金华市财政局、金华市财政局、浙江省财政厅。",
        "浙江省金华市财政局1 金华市财政局1 浙江省财政厅2",
        "with its province and alone",
    ),
    ("建设部，2008年改为住房和城乡建设部。", "建设部1 住房和城乡建设部2", "a body and its successor are two"),
    ("財政部與财政部", "財政部1 财政部1", "in both scripts"),
]


@pytest.mark.parametrize(("text", "numbered", "reason"), BODIES, ids=[case[-1] for case in BODIES])
def test_numbers(nlp: Analyzer, text: str, numbered: str, reason: str) -> None:
    found = nlp.analyze(text).agencies
    assert " ".join(f"{agency.text}{agency.body or '-'}" for agency in found) == numbered


def test_bodies(nlp: Analyzer) -> None:
    document = nlp.analyze("财政部会同住建部印发通知。住房和城乡建设部牵头，市教育局和有关部门配合。财政部负责。")
    assert [(body.name, body.level, body.roles, len(body.mentions)) for body in document.bodies()] == [
        ("财政部", "central", ("issuer", "lead"), 2),
        ("住房和城乡建设部", "central", ("participant", "lead"), 2),
        ("市教育局", "municipal", ("participant",), 1),
    ]
    assert document.bodies()[2].canonical is None
    assert Document.from_dict(document.to_dict()).bodies() == document.bodies()


# (text, count and named of its group, what the case is for)
GROUPS = [
    ("发改委、住建部等八部委印发通知。", "8 2", "some of them"),
    ("财政部、审计署两部门印发通知。", "2 2", "all of them"),
    ("财政部、审计署、公安部两部门印发通知。", "2 3", "more than it says"),
    ("财政部、审计署、财政部等八部委印发通知。", "8 2", "each body once"),
    ("三部委（财政部、公安部、民政部）印发通知。", "3 3", "a list in brackets"),
    ("八部委印发通知。", "8 None", "no list"),
    ("八部委印发通知，财政部牵头。", "8 None", "a body that is no part of the list"),
    ("财政部印发通知。八部委参加。", "8 None", "the sentence before"),
    ("有关部门等八部委印发通知。", "8 None", "nobody is named"),
]


@pytest.mark.parametrize(("text", "counts", "reason"), GROUPS, ids=[case[-1] for case in GROUPS])
def test_groups(nlp: Analyzer, text: str, counts: str, reason: str) -> None:
    (group,) = (agency for agency in nlp.analyze(text).agencies if agency.kind == "group")
    assert f"{group.count} {group.named}" == counts


def test_gold_stays_as_it_was(nlp: Analyzer) -> None:
    """Gold has neither number: it is read, compared and exported without them."""
    text = "发改委、住建部等八部委印发通知。"
    document = nlp.analyze(text, id="a")
    assert [agency.attrs().get("body") for agency in document.agencies] == [1, 2, None]
    assert [agency.attrs().get("named") for agency in document.agencies] == [None, None, 2]
    assert all({"named", "body"}.isdisjoint(mark.attrs) for mark in marks(document))
    line = {
        "id": "a",
        "text": text,
        "spans": [
            span.to_dict() | {"attrs": mark.attrs} for span, mark in zip(document.spans, marks(document), strict=True)
        ],
    }
    gold = Document.from_dict(line)
    assert {agency.body for agency in gold.agencies} == {None}
    assert [body.name for body in gold.bodies()] == [body.name for body in document.bodies()]
    assert evaluate([gold], [document]).to_dict()["spans"]["AGENCY"]["values"] == 1.0


PIECES = ["财政部", "财政部办公厅", "发改委", "八部委", "有关部门", "市教育局", "（以下简称", "教育局", "）", "、", "等", "，", "领导小组", "甲乙", "（"]  # fmt: skip


@given(st.lists(st.sampled_from(PIECES), max_size=20).map("".join) | texts)
def test_numbers_are_sound(text: str) -> None:
    """Named mentions have numbers from 1 on without gaps, the same for one official name, and nobody else has."""
    document = nlp_toolkit.load().analyze(text)
    numbers = [agency.body for agency in document.agencies if agency.body is not None]
    assert list(dict.fromkeys(numbers)) == list(range(1, len(set(numbers)) + 1))
    known: dict[int, set[str]] = {}
    for agency in document.agencies:
        assert (agency.body is not None) == (agency.kind == "named")
        assert agency.named is None or agency.kind == "group"
        if agency.body is not None and agency.canonical:
            known.setdefault(agency.body, set()).add(agency.canonical)
    assert all(len(names) == 1 for names in known.values())
    assert len({name for names in known.values() for name in names}) == len(known)
    mentions = [mention for body in document.bodies() for mention in body.mentions]
    assert len(mentions) == len(numbers)
    assert all(isinstance(mention, Agency) for mention in mentions)
