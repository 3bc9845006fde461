"""Tasks: the measures that a note closes, who does them and until when; and the grammar of the notes.

A task stands in tests/data/tasks.tsv as ``text;lead;participants;deadline``, several with ``|`` between; names with
``,`` between, ``\\n`` for the end of a line.
"""

from __future__ import annotations

from datetime import date
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

import nlp_toolkit
from nlp_toolkit.analyzer import Analyzer
from nlp_toolkit.document import Document, Task
from nlp_toolkit.normalize import normalize
from nlp_toolkit.notes import notes
from nlp_toolkit.segment import passages
from nlp_toolkit.write.tables import rows
from tests.conftest import cases, texts
from tests.written import save

CASES = cases("tasks")


def shown(task: Task) -> str:
    return ";".join([task.text, ",".join(task.lead), ",".join(task.participants), str(task.deadline or "")])


@pytest.mark.parametrize(("text", "day", "tasks", "reason"), CASES, ids=[reason for *_, reason in CASES])
def test_tasks(nlp: Analyzer, text: str, day: str, tasks: str, reason: str) -> None:
    document = nlp.analyze(text.replace("\\n", "\n"), date=day or None)
    assert "|".join(map(shown, document.tasks)) == tasks
    assert Document.from_dict(document.to_dict()) == document


def test_there_are_enough_cases() -> None:
    assert len(CASES) >= 60


# (note, its lists with their roles, what the case is for)
NOTES = [
    ("（财政部牵头，审计署配合）", "财政部 lead/审计署 participant", "verbs"),
    ("（责任单位：财政部；完成时限：年底）", "财政部 lead", "labels"),
    ("（牵头单位：财政部 责任单位：审计署）", "财政部 lead/审计署 participant", "labels behind white space"),
    ("（财政部、审计署，各地负责）", "财政部、审计署 lead/各地 lead", "an open list has the next role"),
    ("（财政部、审计署负责，列第一位的为牵头单位）", "财政部、审计署 first", "the first leads"),
    ("（财政部、审计署负责，排名第一的单位为牵头单位）", "财政部、审计署 first", "another wording"),
    ("（财政部、审计署负责，首列单位为牵头单位，其他为配合单位）", "财政部、审计署 first", "and another"),
    ("（财政部牵头，长期坚持）", "财政部 lead", "an aside"),
    ("（完成时限：2027年底）", "", "only until when"),
]


@pytest.mark.parametrize(("note", "parts", "reason"), NOTES, ids=[case[-1] for case in NOTES])
def test_notes(note: str, parts: str, reason: str) -> None:
    text = normalize(f"建成平台{note}").text
    (found,) = notes(text, passages(text))
    assert text[found.start : found.end] == text.removeprefix("建成平台")
    assert "/".join(f"{text[start:end]} {role}" for start, end, role in found.parts) == parts


# (text, roles of its agencies, what the case is for)
ROLES = [
    ("甲。（财政部、审计署负责。列第一位者为牵头单位，下同）", "lead participant", "the first leads"),
    ("甲。（财政部、审计署负责。列第一位者为牵头单位，下同）乙。（公安部、民政部负责）", "lead participant " * 2, "下同"),
    ("甲。（公安部、民政部负责）乙。（财政部、审计署负责，列首位的为牵头单位，下同）", "lead lead lead participant", "not before"),
    ("列首位的为牵头单位，下同。\n甲。（各有关部门、财政部负责）", "participant participant", "a generic body does not lead"),
    ("甲。（牵头单位：财政部；责任单位：审计署）", "lead participant", "责任 beside 牵头"),
    ("甲。（财政部、审计署，各省级人民政府按职责分工负责）", "participant " * 3, "a comma in the list"),
    ("甲。\n责任单位：财政部，审计署", "lead lead", "a line"),
    ("甲。\n配合单位：财政部、审计署", "participant participant", "a line of those who take part"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "roles", "reason"), ROLES, ids=[case[-1] for case in ROLES])
def test_roles_in_notes(nlp: Analyzer, text: str, roles: str, reason: str) -> None:
    assert [agency.role for agency in nlp.analyze(text).agencies] == roles.split()


TEXT = "一、建设平台。2027年底前，建成平台。（財政部牽頭，審計署配合）\r\n二、接入各市（财政部负责）。"


def test_json(nlp: Analyzer) -> None:
    document = nlp.analyze(TEXT, date="2026-01-01")
    first, second = document.to_dict()["tasks"]
    assert first == {
        "start": 0,
        "end": TEXT.index("（"),
        "text": TEXT[: TEXT.index("（")],
        "lead": ["财政部"],
        "participants": ["审计署"],
        "deadline": "2027-12-31",
    }
    assert TEXT[second["start"] : second["end"]] == second["text"] == "二、接入各市"
    assert "TASK" not in {span.label for span in document.spans}


def test_gold_without_tasks_is_read() -> None:
    assert Document.from_dict({"text": TEXT}).tasks == ()
    with pytest.raises(ValueError, match="TASK at 0-2 is '一、' in the text, not '二、'"):
        Document.from_dict({"text": TEXT, "tasks": [{"start": 0, "end": 2, "text": "二、"}]})


def test_a_layer_that_can_be_left_out() -> None:
    assert nlp_toolkit.load(layers=("agencies",)).analyze(TEXT).tasks == ()
    only = nlp_toolkit.load(layers=("tasks",)).analyze(TEXT)
    assert (len(only.tasks), only.spans) == (2, ())


def test_tables(nlp: Analyzer, tmp_path) -> None:  # type: ignore[no-untyped-def]
    document = nlp.analyze(TEXT, id="a", date="2026-01-01")
    first, _ = rows(document, "tasks")
    assert (first["lead"], first["participants"], first["deadline"]) == (("财政部",), ("审计署",), date(2027, 12, 31))
    assert next(rows(document, "documents"))["tasks"] == 2
    csv = save([document], tmp_path / "tables", "csv") / "tasks.csv"
    assert '"财政部","审计署","2027-12-31"' in csv.read_text(encoding="utf-8-sig")
    view = save([document], tmp_path / "view.txt").read_text(encoding="utf-8")
    assert "Tasks 任务分工" in view
    assert "二、接入各市" in view.split("Tasks 任务分工")[1]


def test_frame(nlp: Analyzer) -> None:
    pytest.importorskip("pandas")
    frame = nlp.analyze(TEXT).to_frame("tasks")
    assert frame["lead"].tolist() == [("财政部",), ("财政部",)]


PARTS = [
    "（", "）", "【", "】", "财政部", "审计署", "市教育局", "某集团公司", "各有关部门", "、", "，", "；", "。", "：", "\n", " ",
    "负责", "牵头", "配合", "会同", "商", "等", "和", "按职责分工", "责任单位", "配合单位", "完成时限", "2027年底前",
    "列首位的为牵头单位", "，下同", "建成平台", "一、", "（一）", "由", "财政部牵头", "（财政部负责）", "\u200b",
]  # fmt: skip


@given(st.lists(st.sampled_from(PARTS), max_size=30).map("".join) | texts)
def test_tasks_are_sound(text: str) -> None:
    """Tasks are in order and apart, their text is the text without their notes, and each names somebody."""
    document = nlp_toolkit.load().analyze(text, date="2026-01-01")
    for task in document.tasks:
        assert 0 <= task.start < task.end <= len(text)
        assert text[task.start : task.end] == task.text == task.text.strip()
        assert task.lead or task.participants
        assert all(name.strip() for name in (*task.lead, *task.participants))
        assert not set(task.lead) & set(task.participants)
        assert len(set(task.participants)) == len(task.participants)
        assert task.deadline is None or task.deadline >= date(2026, 1, 1)
    assert all(one.end <= other.start for one, other in pairwise(document.tasks))
    assert Document.from_dict(document.to_dict()) == document


@given(st.lists(st.sampled_from(PARTS), max_size=30).map("".join) | texts)
def test_notes_are_sound(text: str) -> None:
    """Notes and their lists are in order, apart and inside one another; lists are not empty."""
    text = normalize(text).text
    found = notes(text, passages(text))
    assert all(one.end <= other.start for one, other in pairwise(found))
    for note in found:
        assert all(note.start <= part.start < part.end <= note.end for part in note.parts)
        assert all(one.end <= other.start for one, other in pairwise(note.parts))
        assert sum(part.role == "first" for part in note.parts) <= 1
