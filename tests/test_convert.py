"""Exports of brat, doccano and Label Studio become gold again; what does not fit is named, and the rest is kept."""

from __future__ import annotations

import json
import shutil
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given

import nlp_toolkit
from nlp_toolkit import convert as module
from nlp_toolkit.convert import Summary, convert, read_values
from nlp_toolkit.document import JSON, LAYERS, Document, Measure
from nlp_toolkit.errors import DataError
from nlp_toolkit.evaluate import evaluate, read_gold
from nlp_toolkit.write import write
from nlp_toolkit.write.safe import encodable
from tests.conftest import ROOT
from tests.test_cli import run
from tests.written import DOCUMENT, TEXT, documents, save

DATE: JSON = {"start": "2025-01-01", "end": "2025-12-31", "edtf": "2025", "role": "deadline"}


def converted(*paths: Path, **options: object) -> tuple[list[JSON], list[str]]:
    """The lines of gold, and the messages."""
    messages: list[str] = []
    lines = list(convert(paths, lambda error: messages.append(str(error)), **options))  # type: ignore[arg-type]
    return lines, messages


def exported(documents: list[Document], tool: str, folder: Path) -> Path:
    """The documents as the tool gives them back when nobody has changed anything."""
    if tool != "label-studio":
        return save(documents, folder / f"{tool}.export", tool)
    tasks = json.loads(save(documents, folder / "tasks.json", tool).read_bytes())
    for number, task in enumerate(tasks, 1):
        done = {"id": number, "was_cancelled": False, "result": task["predictions"][0]["result"]}
        task |= {"id": number, "annotations": [done]}
    (folder / "export.json").write_text(json.dumps(tasks), encoding="utf-8")
    return folder / "export.json"


def task(*result: JSON, **more: JSON) -> JSON:
    """A task as Label Studio exports it, with the text "到2025年建成"."""
    return {"id": 7, "data": {"text": "到2025年建成"}, "annotations": [{"result": list(result)}]} | more


def region(
    start: object, end: object, *labels: str, kind: str = "labels", name: str = "label", **value: object
) -> JSON:
    """A result of Label Studio's."""
    value = {"start": start, "end": end} | ({"labels": list(labels)} if labels else {}) | value
    return {"id": f"r{start}", "from_name": name, "to_name": "text", "type": kind, "value": value}


# -- round trips

TOOLS = ["brat", "doccano", "label-studio"]


@pytest.mark.parametrize("tool", TOOLS)
def test_the_gold_comes_back(tmp_path: Path, tool: str) -> None:
    """All of our own gold: spans, values (doccano's from the file), themes, ids, dates, genre and split."""
    gold = read_gold(ROOT / "corpora/documents.jsonl")
    export = exported(gold, tool, tmp_path)
    lines, messages = converted(export, values=read_values(ROOT / "corpora/documents.jsonl"))
    assert messages == []
    path = tmp_path / "gold.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    again = read_gold(path)
    for before, after in zip(gold, again, strict=True):
        order = sorted(before.spans, key=lambda span: (span.start, -span.end, span.label))
        assert (after.id, after.text, after.date, after.meta) == (before.id, before.text, before.date, before.meta)
        assert list(after.spans) == order
    assert {row["exact"]["f1"] for row in evaluate(gold, again).to_dict()["spans"].values()} == {1.0}
    assert evaluate(gold, again).to_dict()["themes"]["micro_f1"] == 1.0


@pytest.mark.parametrize("tool", TOOLS)
def test_gold_of_themes_alone_stays_that(tmp_path: Path, tool: str) -> None:
    (before,) = [d for d in read_gold(ROOT / "corpora/passages.jsonl") if "\n" not in d.text and d.passages[0].themes][
        :1
    ]
    (line,), messages = converted(exported([before], tool, tmp_path))
    assert messages == []
    assert "spans" not in line
    assert sorted(line["passages"][0]["themes"]) == sorted(theme.id for theme in before.passages[0].themes)


@pytest.mark.parametrize("tool", TOOLS)
def test_a_document_comes_back(tmp_path: Path, tool: str) -> None:
    (line,), messages = converted(exported([DOCUMENT], tool, tmp_path), values={})
    assert messages == []
    again = Document.from_dict(line)
    assert (again.id, again.date, again.title, line["genre"]) == ("../a/1", DOCUMENT.date, DOCUMENT.title, "notice")
    assert line["text"] == TEXT, "line ends as they were"
    assert [(p["start"], p["end"]) for p in line["passages"]] == [(p.start, p.end) for p in DOCUMENT.passages]
    if tool == "doccano":
        assert [(s.label, s.start, s.end) for s in again.spans] == [(s.label, s.start, s.end) for s in DOCUMENT.spans]
    else:
        assert again.spans == DOCUMENT.spans


@pytest.mark.parametrize("tool", ["brat", "label-studio"])
def test_the_values_of_quantities_come_back(tmp_path: Path, tool: str) -> None:
    text = "城市和县城污水处理率分别由60%提高到95%以上和85%左右，投资不超过3.5亿元，耕地保持在300万亩。"
    document = nlp_toolkit.load(layers=LAYERS).analyze(text, id="a")
    assert {"QUANTITY", "GOAL"} <= {span.label for span in document.spans}
    (line,), messages = converted(exported([document], tool, tmp_path))
    assert messages == []
    again = Document.from_dict(line)
    assert again.of(Measure) == document.of(Measure)


@pytest.mark.parametrize("tool", TOOLS)
@given(document=documents(blank=False))
def test_offsets_of_any_document(tmp_path_factory: pytest.TempPathFactory, tool: str, document: Document) -> None:
    """Spans that gold allows come back where they were; those that it does not are named."""
    folder = tmp_path_factory.mktemp("export")
    lines, messages = converted(exported([document], tool, folder))
    (line,) = lines
    assert line["text"] == encodable(document.text)
    assert all(line["text"][span["start"] : span["end"]] == span["text"] for span in line["spans"])
    reasons = ["overlaps another", "stands there twice"]
    if tool == "doccano":  # it has no place for values, and a quantity is nothing without its own
        reasons.append("QUANTITY")
    refused = [message for message in messages if any(reason in message for reason in reasons)]
    assert refused == messages
    assert len(line["spans"]) + len(refused) == len(document.spans)
    found = {(span["label"], span["text"].strip()) for span in line["spans"]}
    assert found <= {(span.label, encodable(span.text).strip()) for span in document.spans}
    shutil.rmtree(folder)


# -- doccano

# (columns of a line, what of it is gold, what the message says, what the case is for)
DOCCANO = [
    ({"label": [[1, 6, "DATE"]]}, ["2025年"], None, "triples"),
    ({"labels": [[1, 6, "DATE"]]}, ["2025年"], None, "an older name of the column"),
    (
        {"entities": [{"id": 1, "label": "DATE", "start_offset": 1, "end_offset": 6}], "relations": []},
        ["2025年"], None, "entities, from projects with relations",
    ),
    ({"label": []}, [], None, "nothing marked"),
    ({"label": [[6, 8, "PERSON"]]}, [], "PERSON at 6-8 is left out: unknown label 'PERSON'", "a label that is not ours"),
    ({"label": [[1, 99, "DATE"]]}, [], "outside the text of 8 characters", "beyond the text"),
    ({"label": [[3, 3, "DATE"]]}, [], "is empty", "an empty range"),
    ({"label": [[1, 6, "DATE"], [2, 5, "AGENCY"]]}, ["2025年"], "AGENCY at 2-5 is left out: it overlaps", "an overlap"),
    ({"label": [[1, 6, "DATE"], [1, 6, "DATE"]]}, ["2025年"], "stands there twice", "twice the same"),
    ({"label": [[0, 8, "GOAL"], [1, 6, "DATE"]]}, ["到2025年建成", "2025年"], None, "goals may overlap"),
    ({"label": ["positive"]}, [], "'positive' is left out: it is no range with a label", "classes, not ranges"),
    ({"label": [], "Comments": ["?"]}, [], "1 comments are left out", "comments"),
    ({"entities": [], "relations": [{"id": 1}]}, [], "1 relations are left out", "relations"),
    ({"label": [[0, 99, "THEME-waste"]]}, [], "THEME-waste at 0-99 is left out", "a theme beyond the text"),
]  # fmt: skip


@pytest.mark.parametrize(("columns", "spans", "message", "reason"), DOCCANO, ids=[case[-1] for case in DOCCANO])
def test_doccano(tmp_path: Path, columns: JSON, spans: list[str], message: str | None, reason: str) -> None:
    path = tmp_path / "all.jsonl"
    path.write_text(json.dumps({"id": 3, "text": "到2025年建成"} | columns), encoding="utf-8")
    (line,), messages = converted(path)
    assert line["id"] == "3"
    assert [span["text"] for span in line["spans"]] == spans
    assert len(messages) == (message is not None)
    if message is not None:
        assert messages[0].startswith(f"{path}, line 1: ")
        assert message in messages[0]


def test_values_are_given_where_spans_did_not_move(tmp_path: Path) -> None:
    annotated = save([DOCUMENT], tmp_path / "annotated.jsonl")
    moved = replace(DOCUMENT, spans=(replace(DOCUMENT.spans[1], end=5, text="2025"), *DOCUMENT.spans[2:]))
    summary = Summary()
    export = exported([moved], "doccano", tmp_path)
    (line,), messages = converted(export, values=read_values(annotated), summary=summary)
    assert messages == []
    values = {span["text"]: span["attrs"] for span in line["spans"]}
    assert values["住建部"]["canonical"] == "住房和城乡建设部"
    assert values["2025"]["edtf"] is None
    assert summary == Summary(documents=1, spans=4, without_values=1)


# -- Label Studio

# (tasks, what of the first is gold, what the message says, what the case is for)
STUDIO: list[tuple[JSON, dict[str, JSON] | None, str | None, str]] = [
    (task(region(1, 6, "DATE", text="2025年")), {"2025年": {"role": "point"}}, None, "a region"),
    (
        task(
            region(1, 6, "DATE"),
            region(1, 6, kind="choices", name="DATE_role", choices=["deadline"]),
            region(1, 6, kind="textarea", name="DATE_edtf", text=["2025"]),
            region(1, 6, kind="textarea", name="DATE_start", text=[" "]),
        ),
        {"2025年": {"role": "deadline", "edtf": "2025", "start": None}}, None, "values of a region",
    ),
    (task(region("1", "6", "DATE")), {"2025年": {}}, None, "offsets as strings, in old versions"),
    (task(region(0, 8, "GOAL", "PROBLEM")), {"到2025年建成": {}}, None, "two labels on one region"),
    (task(region(1, 6, "DATE", text="025年")), {}, "'025年' is not what stands there", "offsets that miscount"),
    (task(region(1, 6, "DATE"), region(1, 6, kind="choices", name="DATE_role", choices=["soon"])), {}, "its role is 'soon'; there are point", "a value that is not ours"),
    (task(region(1, 6, "DATE"), region(1, 6, kind="textarea", name="DATE_start", text=["2025年"])), {}, "Invalid isoformat", "a day that is none"),
    (task(region(0, 8, "GOAL"), region(0, 8, kind="textarea", name="GOAL_quantities", text=["{"])), {"到2025年建成": {}}, "GOAL_quantities is left out", "JSON that is none"),
    (task(region(0, 8, "GOAL"), region(0, 8, kind="textarea", name="GOAL_quantities", text=["[1]"])), {}, "its values are missing or not in the form", "JSON of another form"),
    (task(region(1, 6, "DATE"), region(1, 6, kind="choices", name="AGENCY_kind", choices=["named"])), {"2025年": {}}, "AGENCY_kind is left out: its region has no such label", "a value of another label"),
    (task(region(1, 6, "DATE"), region(1, 6, kind="textarea", name="DATE_edtf", text=["2025", "2026"])), {"2025年": {}}, "has several values", "several values"),
    (task({"type": "relation", "from_id": "a", "to_id": "b", "value": {}}), {}, "type 'relation' is left out", "a relation"),
    (task(annotations=[]), None, "is not annotated yet", "nobody has looked at it"),
    (task(annotations=[{"result": [], "was_cancelled": True}]), None, "is not annotated yet", "skipped"),
    (task(annotations=[{"result": []}, {"result": []}]), None, "has 2 annotations; mark one of them as ground truth", "two truths"),
    (task(annotations=[{"result": []}, {"result": [region(1, 6, "DATE")], "ground_truth": True}]), {"2025年": {}}, None, "ground truth"),
    ({"id": 7, "text": "到2025年", "label": [{"start": 1, "end": 6, "labels": ["DATE"]}]}, None, 'not "JSON-MIN"', "the short form"),
    (task(data={"text": 3}), None, "no string in data.text", "no text"),
    (task(data={"text": " \n"}), None, "has no text", "blank"),
    (task(data={"text": "数", "date": "2020-13-01"}), None, "month must be in", "a date that is none"),
    (task(annotations=3), None, "is no task of Label Studio's", "not a list"),
]  # fmt: skip


@pytest.mark.parametrize(("item", "spans", "message", "reason"), STUDIO, ids=[case[-1] for case in STUDIO])
def test_label_studio(
    tmp_path: Path, item: JSON, spans: dict[str, JSON] | None, message: str | None, reason: str
) -> None:
    path = tmp_path / "project-1.json"
    path.write_text(json.dumps([item, task() | {"id": 8}]), encoding="utf-8")
    lines, messages = converted(path)
    assert lines[-1]["id"] == "8", "the others go on"
    assert len(lines) == 1 + (spans is not None)
    if spans is not None:
        got = {span["text"]: span["attrs"] for span in lines[0]["spans"]}
        assert set(got) == set(spans)
        assert all(got[text][name] == value for text, values in spans.items() for name, value in values.items())
    assert len(messages) == (message is not None)
    if message is not None:
        assert messages[0].startswith(f"{path}, task 7: ")
        assert message in messages[0]


# -- brat

# (the .ann, what of it is gold, what the message says, what the case is for)
BRAT = [
    ("T1\tDATE 1 6\t2025年\n", ["2025年"], None, "a mark"),
    ("T1\tDATE 1 6\t2025年\r\n", ["2025年"], None, "line ends of Windows"),
    ("T1\tGOAL 0 8;9 13\t到2025年建成 数据共享", ["到2025年建成\n数据共享"], None, "a mark over two lines"),
    ("T1\tGOAL 0 3;6 8\t到20 建成", [], "it is discontinuous", "a mark with a gap"),
    ("T1\tDATE 1 6\t2026年", [], "'2026年' is not what stands at 1 6", "a text that has changed"),
    ("T1\tPerson 1 6\t2025年", [], "unknown label 'Person'", "a label that is not ours"),
    ("T1\tDATE 1 6\t2025年\nA1\tDATE_role T1 soon", [], "its role is 'soon'", "a value that is not ours"),
    (
        "T1\tDATE 1 6\t2025年\nA1\tNegation T1",
        ["2025年"],
        "an attribute that is not its mark's",
        "an attribute of theirs",
    ),
    ("T1\tDATE 1 6\t2025年\n#1\tAnnotatorNotes T1\tsure?", ["2025年"], "a note that is not our JSON", "a note"),
    ("T1\tDATE 1 6\t2025年\nR1\tX Arg1:T1 Arg2:T1\nE1\tX:T1", ["2025年"], "1 events are left out", "events"),
    ("*\tEquiv T1 T2", [], "1 equivalences are left out", "equivalences"),
    ("T1 DATE 1 6 2025年", [], "it is no mark of brat's", "blanks for tabs"),
    ("hello", [], "it is no line of brat's", "something else"),
    ("", [], None, "nothing marked"),
]


@pytest.mark.parametrize(("lines", "spans", "message", "reason"), BRAT, ids=[case[-1] for case in BRAT])
def test_brat(tmp_path: Path, lines: str, spans: list[str], message: str | None, reason: str) -> None:
    (tmp_path / "a.txt").write_text("到2025年建成\n数据共享", encoding="utf-8", newline="")
    (tmp_path / "a.ann").write_text(lines, encoding="utf-8", newline="")
    for path in (tmp_path, tmp_path / "a.ann", tmp_path / "a.txt"):
        (line,), messages = converted(path)
        assert line["id"] == "a"
        assert [span["text"] for span in line["spans"]] == spans
        assert bool(messages) == (message is not None)
        if message is not None:
            assert message in messages[0]
            assert "a.ann: " in messages[0]


def test_brat_folders_below_one_another(tmp_path: Path) -> None:
    for name in ("one", "two"):
        save([replace(DOCUMENT, id=f"{name}/x")], tmp_path / name, "brat")
    (tmp_path / "one/alone.txt").write_text("数据", encoding="utf-8")
    lines, messages = converted(tmp_path)
    assert [line["id"] for line in lines] == ["one/x", "two/x"]
    assert messages == [f"{tmp_path}/one/alone: has no .ann beside it; brat's documents are a .txt and an .ann"]


# -- files


# (name, bytes, what the message says)
BAD = [
    ("a.jsonl", b"", "is no export of brat's"),
    ("a.jsonl", b"\x89PNG\r\n", "is no export of brat's"),
    ("a.jsonl", b"{", "line 1: is no document of doccano's"),
    ("a.jsonl", b'{"text": "\xff", "label": []}', "line 1: is no document of doccano's"),
    ("a.jsonl", b'{"text": "a", "spans": []}', "it has neither label nor entities"),
    ("a.jsonl", b'{"text": 1, "label": []}', "its text is no string"),
    ("a.json", b"[", "is not JSON"),
    ("a.json", b"[1, null]", "task 1: is no task of Label Studio's"),
    ("a.json", b"[" * 100_000, "is not JSON"),
    ("a.zip", b"PK\x03\x04 nothing", "cannot be unpacked"),
    ("a.ann", b"T1\tDATE 0 1\ta", "has no .txt beside it"),
]


@pytest.mark.parametrize(("name", "data", "message"), BAD)
def test_a_bad_file_is_named_and_the_others_are_done(tmp_path: Path, name: str, data: bytes, message: str) -> None:
    bad = tmp_path / name
    bad.write_bytes(data)
    lines, messages = converted(bad, exported([DOCUMENT], "doccano", tmp_path))
    assert [line["id"] for line in lines] == ["../a/1"]
    assert message in messages[0]
    assert str(bad.with_suffix("")) in messages[0]


def test_zips(tmp_path: Path) -> None:
    """doccano delivers a .zip with a file a person; brat's folder may be packed; two versions cannot both be gold."""
    doccano = exported([DOCUMENT], "doccano", tmp_path)
    with zipfile.ZipFile(tmp_path / "people.zip", "w") as archive:
        archive.write(doccano, "../../anna.jsonl")
        archive.write(doccano, "bo.jsonl")
    lines, messages = converted(tmp_path / "people.zip")
    assert len(lines) == 1
    assert "bo.jsonl, line 1: is left out: the document '../a/1' was there before" in messages[0]
    write([DOCUMENT], tmp_path / "brat.zip", "brat")
    (line,), messages = converted(tmp_path / "brat.zip")
    assert (line["id"], messages) == ("../a/1", [])
    assert not (tmp_path.parent.parent / "anna.jsonl").exists()


def test_a_zip_bomb_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_BYTES", 2**20)
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.jsonl", bytes(2**21))
    assert converted(tmp_path / "a.zip") == (
        [],
        [f"{tmp_path}/a.zip: unpacks to more than 1 MiB; unpack it yourself and name the folder"],
    )


def test_an_encrypted_zip_is_said_to_be_one(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("a.jsonl", b"{}")
    data = bytearray((tmp_path / "a.zip").read_bytes())
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(signature) + offset] |= 1
    (tmp_path / "a.zip").write_bytes(data)
    assert "encrypted" in converted(tmp_path / "a.zip")[1][0]


def test_brat_with_damaged_origins(tmp_path: Path) -> None:
    folder = save([DOCUMENT], tmp_path / "brat", "brat")
    (folder / "documents.jsonl").write_text("{", encoding="utf-8")
    (line,), messages = converted(folder)
    assert line["id"] == "a_1"
    assert "documents.jsonl: is damaged" in messages[0]


def test_an_empty_folder(tmp_path: Path) -> None:
    assert "holds no export" in converted(tmp_path)[1][0]


@pytest.mark.parametrize("data", [b"{", b'{"spans": [1]}', b"[]"])
def test_values_that_cannot_be_read(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a.jsonl").write_bytes(data)
    with pytest.raises(DataError, match="no file of annotated documents"):
        read_values(tmp_path / "a.jsonl")
    with pytest.raises(DataError, match="cannot be read"):
        read_values(tmp_path / "none.jsonl")


# -- the command


def test_the_command(tmp_path: Path) -> None:
    """Annotate, correct, convert, evaluate."""
    article = tmp_path / "article.txt"
    article.write_text(TEXT, encoding="utf-8")
    assert run("annotate", article, "-o", tmp_path / "annotated.jsonl").returncode == 0
    assert run("annotate", article, "-f", "doccano", "-o", tmp_path / "doccano.jsonl").returncode == 0
    result = run(
        "convert", tmp_path / "doccano.jsonl", "--values", tmp_path / "annotated.jsonl", "-o", tmp_path / "gold.jsonl"
    )
    assert result.returncode == 0
    assert "gold.jsonl: 1 documents with" in result.stderr.decode()
    scores = json.loads(run("evaluate", tmp_path / "gold.jsonl", "--json").stdout)
    assert {row["exact"]["f1"] for row in scores["spans"].values()} == {1.0}
    again = run("convert", tmp_path / "doccano.jsonl", "-o", tmp_path / "gold.jsonl")
    assert "spans came without values" in again.stderr.decode()


def test_the_command_names_what_does_not_fit(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"id": 1, "text": "2025年", "label": [[0, 5, "DATE"], [0, 1, "X"]]}\n{', encoding="utf-8")
    result = run("convert", path, tmp_path / "none", "-o", tmp_path / "gold.jsonl")
    assert result.returncode == 1
    assert result.stderr.decode().count("nlp-toolkit: ") == 3
    assert len(read_gold(tmp_path / "gold.jsonl")[0].spans) == 1
    assert run("convert", tmp_path / "none", "-o", tmp_path / "other.jsonl").returncode == 1
    assert not (tmp_path / "other.jsonl").exists()
    assert run("convert", path).returncode == 2
