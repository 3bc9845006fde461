"""Files for brat, doccano and Label Studio, checked against the formats that those tools publish.

brat: https://brat.nlplab.org/standoff.html and configuration.html; doccano: its importer's fields for sequence labelling;
Label Studio: https://labelstud.io/guide/predictions and the tags of its labelling interface.
"""

from __future__ import annotations

import io
import json
import re
import xml.etree.ElementTree as ElementTree
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from nlp_toolkit.document import JSON, SPAN_TYPES, Document, Goal, PolicyDocument
from nlp_toolkit.evaluate import read_gold
from nlp_toolkit.write import brat, doccano, label_studio, write
from nlp_toolkit.write.marks import ATTRIBUTES, form_of, known, marks, spelled, understood
from tests.conftest import ROOT
from tests.written import DOCUMENT, LINE, TEXT, documents, save

# -- marks


def test_marks_are_the_spans_and_the_themes() -> None:
    assert [(mark.label, TEXT[mark.start : mark.end]) for mark in marks(DOCUMENT)] == [
        ("THEME-waste", TEXT[:LINE]),
        ("GOAL", TEXT[: LINE - 1]),
        ("DATE", "2025年"),
        ("AGENCY", "住建部"),
        ("DOCUMENT", "《办法》"),
        ("PROBLEM", "避免重复\n建设"),
    ]


def test_every_value_in_the_gold_has_a_form() -> None:
    """A value outside the fixed sets could not be chosen in a tool."""
    for document in read_gold(ROOT / "corpora/documents.jsonl"):
        for span in document.spans:
            for name, value in known(span.attrs()).items():
                form = form_of(span.label, name)
                assert name in ATTRIBUTES[span.label], f"{span.label} {name}"
                assert value in form if isinstance(form, tuple) else understood(spelled(value, form), form) == value


def test_every_attribute_has_a_form() -> None:
    for label, span_type in SPAN_TYPES.items():
        assert set(span_type(0, 1, "数").attrs()) <= set(ATTRIBUTES[label])
    assert set(PolicyDocument(0, 1, "数", number="1号").attrs()) <= set(ATTRIBUTES["DOCUMENT"])


# -- brat

TEXT_BOUND = re.compile(r"T\d+\t([^\s;]+) (\d+ \d+(?:;\d+ \d+)*)\t(.+)")
ATTRIBUTE = re.compile(r"A\d+\t([\w-]+) (T\d+) (\S+)")
NOTE = re.compile(r"#\d+\tAnnotatorNotes (T\d+)\t(\S.*)")


def check_brat(folder: Path, name: str) -> list[tuple[str, int, int]]:
    """Check an .ann as brat's server does on reading it; return its marks."""
    text = (folder / f"{name}.txt").read_bytes().decode()
    lines = (folder / f"{name}.ann").read_bytes().decode().splitlines()
    ids = [line.split("\t")[0] for line in lines]
    assert len(set(ids)) == len(ids)
    found, values = [], configured(folder)
    for line in lines:
        if match := TEXT_BOUND.fullmatch(line):
            label, places, quoted = match.groups()
            assert label in values, "a label that annotation.conf does not have"
            bounds = [tuple(map(int, place.split())) for place in places.split(";")]
            assert all(start < end <= len(text) for start, end in bounds)
            assert all(end < start for (_, end), (start, _) in pairwise(bounds))
            assert quoted == " ".join(text[start:end] for start, end in bounds)
            found.append((label, bounds[0][0], bounds[-1][1]))
        elif match := ATTRIBUTE.fullmatch(line):
            name, target, value = match.groups()
            assert target in ids
            assert value in values[name], "a value that annotation.conf does not have"
        else:
            match = NOTE.fullmatch(line)
            assert match, line
            assert match[1] in ids
            assert isinstance(json.loads(match[2]), dict)
    return found


def configured(folder: Path) -> dict[str, list[str]]:
    """The entities, and the attributes with their values, of an annotation.conf."""
    sections = re.split(r"^\[(\w+)\]\n", (folder / "annotation.conf").read_text(encoding="utf-8"), flags=re.MULTILINE)[
        1:
    ]
    content = dict(zip(sections[::2], sections[1::2], strict=True))
    assert list(content) == ["entities", "relations", "events", "attributes"]
    entities = content["entities"].split()
    assert all(re.fullmatch(r"[A-Za-z0-9_-]+", name) for name in entities)
    found: dict[str, list[str]] = {name: [] for name in entities}
    for line in content["attributes"].splitlines():
        match = re.fullmatch(r"([\w-]+)\tArg:([\w-]+), Value:([\w|]+)", line)
        assert match, line
        assert match[2] in entities
        found[match[1]] = match[3].split("|")
    return found


def test_brat(tmp_path: Path) -> None:
    folder = save([DOCUMENT], tmp_path / "brat", "brat")
    assert sorted(path.name for path in folder.iterdir()) == [
        "a_1.ann",
        "a_1.txt",
        "annotation.conf",
        "documents.jsonl",
    ]
    assert check_brat(folder, "a_1") == [(mark.label, mark.start, mark.end) for mark in marks(DOCUMENT)]
    lines = (folder / "a_1.ann").read_text(encoding="utf-8").split("\n")
    assert "A1\tDATE_role T3 deadline" in lines
    at = TEXT.index("避免")
    assert f"T6\tPROBLEM {at} {at + 4};{at + 5} {at + 7}\t避免重复 建设" in lines, "one part a line"
    assert '#4\tAnnotatorNotes T4\t{"canonical":"住房和城乡建设部"}' in lines


@given(documents(blank=False))
def test_brat_of_any_document(tmp_path_factory: pytest.TempPathFactory, document: Document) -> None:
    folder = save([document, document], tmp_path_factory.mktemp("brat") / "out", "brat")
    for path in folder.glob("*.ann"):
        found = check_brat(folder, path.stem)
        text = (folder / f"{path.stem}.txt").read_bytes().decode()
        assert len(text) == len(document.text)
        assert [text[start:end].strip("\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029") for _, start, end in found] == [
            text[mark.start : mark.end].strip("\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029") for mark in marks(document)
        ]


def test_brat_cannot_hold_a_span_of_line_ends(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="GOAL at 1-3 is only line ends"):
        write([Document("数\r\n据", "a", spans=(Goal(1, 3, "\r\n"),))], tmp_path / "out", "brat")
    assert list(tmp_path.iterdir()) == []


def test_brat_keeps_hostile_ids_in_the_folder(tmp_path: Path) -> None:
    ids = ["../../x", "/etc/passwd", "a/b", "A_B", "a\\b", "", ".", "..", "数" * 300, "a\0b"]
    folder = save([Document("数据", name) for name in ids], tmp_path / "out", "brat")
    assert list(tmp_path.iterdir()) == [folder]
    assert len(list(folder.glob("*.txt"))) == len(ids)
    kept = [json.loads(line) for line in (folder / "documents.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [line["document"] for line in kept] == ids
    assert all((folder / f"{line['file']}.txt").exists() for line in kept)


# -- doccano


def check_doccano(line: JSON) -> None:
    """Check a line as doccano's importer does: text, and ranges with 0 <= start < end and a name."""
    assert isinstance(line["text"], str)
    for start, end, label in line["label"]:
        assert 0 <= start < end <= len(line["text"])
        assert label
    assert not {"id", "data", "Comments", "entities", "relations", "filename"} & set(line), "names that doccano uses"


def test_doccano(tmp_path: Path) -> None:
    lines = [
        json.loads(line) for line in save([DOCUMENT, Document("数", "b")], tmp_path / "a.jsonl", "doccano").open("rb")
    ]
    for line in lines:
        check_doccano(line)
    assert lines[0]["label"][:2] == [[0, LINE, "THEME-waste"], [0, LINE - 1, "GOAL"]]
    assert {name: lines[0][name] for name in ("document", "date", "meta")} == {
        "document": "../a/1",
        "date": "2023-01-02",
        "meta": {"genre": "notice", "split": "dev"},
    }
    assert set(lines[0]) == set(lines[1]), "doccano reads lines as one table"


@given(documents())
def test_doccano_of_any_document(document: Document) -> None:
    stream = io.BytesIO()
    doccano.write([document], stream)
    line = json.loads(stream.getvalue())
    check_doccano(line)
    assert len(line["text"]) == len(document.text)


# -- Label Studio


def controls(interface: str) -> dict[str, Any]:
    """The labelling interface's controls by name."""
    root = ElementTree.fromstring(interface)
    assert root.tag == "View"
    named = {element.attrib["name"]: element for element in root.iter() if "name" in element.attrib}
    for element in named.values():
        assert element.attrib.get("toName", "text") == "text"
    assert named["text"].attrib["value"] == "$text"
    assert root.findtext("Style") == ".htx-text { white-space: pre-wrap; }", "else white space is not counted"
    return named


def check_task(task: JSON, named: dict[str, Any]) -> None:
    """Check a task and its predictions against the interface that shows it."""
    text = task["data"]["text"]
    (prediction,) = task["predictions"]
    assert prediction["model_version"]
    places: dict[str, tuple[int, int]] = {}
    for region in prediction["result"]:
        control, value = named[region["from_name"]], region["value"]
        assert region["to_name"] == "text"
        assert region["type"] == control.tag.lower()
        assert places.setdefault(region["id"], (value["start"], value["end"])) == (value["start"], value["end"])
        assert 0 <= value["start"] < value["end"] <= len(text)
        if region["type"] == "labels":
            assert value["text"] == text[value["start"] : value["end"]]
            assert set(value["labels"]) <= {child.attrib["value"] for child in control}
        elif region["type"] == "choices":
            assert set(value["choices"]) <= {child.attrib["value"] for child in control}
            assert control.attrib["perRegion"] == "true"
        else:
            assert region["type"] == "textarea"
            assert all(isinstance(part, str) for part in value["text"])
            assert control.attrib["perRegion"] == "true"


def test_label_studio(tmp_path: Path) -> None:
    folder = save([DOCUMENT, Document("数据", "b")], tmp_path / "review", "label-studio")
    assert sorted(path.name for path in folder.iterdir()) == ["labeling_interface.xml", "tasks.json"]
    named = controls((folder / "labeling_interface.xml").read_text(encoding="utf-8"))
    tasks = json.loads((folder / "tasks.json").read_bytes())
    for task in tasks:
        check_task(task, named)
    assert [task["data"]["document"] for task in tasks] == ["../a/1", "b"]
    goal = {r["from_name"]: r["value"] for r in tasks[0]["predictions"][0]["result"] if r["id"] == "m2"}
    assert json.loads(goal["GOAL_quantities"]["text"][0]) == [
        {"value": 35, "unit": "%", "comparator": ">=", "change": "up"}
    ]
    assert (
        save([DOCUMENT, Document("数据", "b")], tmp_path / "a.json", "label-studio").read_bytes()
        == (folder / "tasks.json").read_bytes()
    )


def test_label_studio_without_a_document() -> None:
    stream = io.BytesIO()
    label_studio.write([], stream)
    assert json.loads(stream.getvalue()) == []


@given(documents())
def test_label_studio_of_any_document(document: Document) -> None:
    stream = io.BytesIO()
    label_studio.write([document], stream)
    (task,) = json.loads(stream.getvalue())
    check_task(task, controls(label_studio.interface(["waste"])))
    assert len(task["data"]["text"]) == len(document.text)


def test_label_studio_takes_what_we_write(tmp_path: Path) -> None:
    """Its own package, where it is installed (it is large): the interface, the tasks, and its converter's CoNLL."""
    sdk = pytest.importorskip("label_studio_sdk.label_interface", reason="label-studio-sdk is not installed")
    from label_studio_sdk.converter import Converter

    folder = save([DOCUMENT], tmp_path / "review", "label-studio")
    interface = (folder / "labeling_interface.xml").read_text(encoding="utf-8")
    parsed = sdk.LabelInterface(interface)
    parsed.validate()
    (task,) = json.loads((folder / "tasks.json").read_bytes())
    assert parsed.validate_prediction(task["predictions"][0], return_errors=True) == []
    done = {"id": 1, "result": task["predictions"][0]["result"], "was_cancelled": False}
    export = tmp_path / "export.json"
    export.write_text(json.dumps([{"id": 1, "data": task["data"], "annotations": [done]}]), encoding="utf-8")
    Converter(config=interface, project_dir=None).convert(str(export), str(tmp_path / "out"), "JSON_MIN", is_dir=False)
    (line,) = json.loads(next((tmp_path / "out").rglob("*.json")).read_bytes())
    assert [(part["labels"], part["start"], part["end"]) for part in line["label"]] == [
        ([mark.label], mark.start, mark.end) for mark in marks(DOCUMENT)
    ]


def test_what_the_tools_cannot_hold() -> None:
    """Scores and evidence of themes, tokens, sentences, kinds of passages; doccano also no values."""
    written = json.dumps(label_studio.task(DOCUMENT)) + brat.configuration(["DATE"])
    assert "0.75" not in written
    stream = io.BytesIO()
    doccano.write([DOCUMENT], stream)
    assert "2025-12-31" not in stream.getvalue().decode()
