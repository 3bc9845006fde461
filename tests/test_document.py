"""The document's types and their JSON form."""

from __future__ import annotations

import datetime
import sys
from importlib.util import find_spec

import pytest

from nlp_toolkit.analyzer import Analyzer
from nlp_toolkit.document import LAYERS, Agency, Date, Document, Goal, Passage, PolicyDocument, Problem, Quantity, Theme
from tests.conftest import needed

TEXT = "到2025年，垃圾回收利用率达到35%。住建部印发《办法》，避免重复建设。"
DOCUMENT = Document(
    TEXT,
    id="a/1",
    title="题",
    date=datetime.date(2023, 1, 2),
    passages=(Passage(0, len(TEXT), TEXT, "list_item", 3, (Theme("waste", 0.75, ((6, 8),)),)),),
    sentence_bounds=((0, 20), (20, len(TEXT))),
    token_ends=(1, 6, len(TEXT)),
    token_tags=("p", "t", "x"),
    spans=(
        Goal(0, 19, TEXT[:19], datetime.date(2025, 12, 31), (Quantity(35.0, "%", ">=", "up"),), "垃圾回收利用率"),
        Date(1, 6, "2025年", datetime.date(2025, 1, 1), datetime.date(2025, 12, 31), "2025", "deadline"),
        Agency(20, 23, "住建部", "named", "住房和城乡建设部", "central", "issuer"),
        PolicyDocument(25, 29, "《办法》", "办法"),
        Problem(30, 36, TEXT[30:36], "guarded", ("duplicate_construction",)),
    ),
    meta={"genre": "notice"},
)


def test_round_trip() -> None:
    assert Document.from_dict(DOCUMENT.to_dict()) == DOCUMENT


def test_layers_and_tokens() -> None:
    assert [len(getattr(DOCUMENT, layer)) for layer in ("dates", "agencies", "documents", "goals", "problems")] == [
        1
    ] * 5
    assert "".join(token.text for token in DOCUMENT.tokens) == TEXT
    assert [sentence.text for sentence in DOCUMENT.sentences] == [TEXT[:20], TEXT[20:]]


def test_json_form() -> None:
    data = DOCUMENT.to_dict()
    assert data["spans"][0]["attrs"] == {
        "deadline": "2025-12-31",
        "quantities": [{"value": 35, "unit": "%", "comparator": ">=", "change": "up"}],
        "indicator": "垃圾回收利用率",
    }
    assert data["spans"][1]["attrs"] == {"start": "2025-01-01", "end": "2025-12-31", "edtf": "2025", "role": "deadline"}
    assert data["tokens"][:2] == [[0, 1, "p"], [1, 6, "t"]]
    assert data["passages"][0]["level"] == 3


def test_a_lone_surrogate_survives_json() -> None:
    import json

    document = Document("数\ud800据")
    assert Document.from_dict(json.loads(document.to_json())) == document


@pytest.mark.parametrize(
    ("span", "message"),
    [
        ({"label": "DATE", "start": 0, "end": 3, "text": "2025"}, "not '2025'"),
        ({"label": "DATE", "start": 3, "end": 3}, "empty"),
        ({"label": "DATE", "start": 0, "end": 999}, "outside"),
        ({"label": "PERSON", "start": 0, "end": 1}, "unknown label"),
    ],
)
def test_spans_that_do_not_fit_are_refused(span: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Document.from_dict({"text": TEXT, "spans": [span]})


def test_frames() -> None:
    needed(find_spec("pandas") is not None, "pandas is not installed")
    goals = DOCUMENT.to_frame("goals")
    assert goals.loc[0, "deadline"] == datetime.date(2025, 12, 31)
    assert DOCUMENT.to_frame("themes").loc[0, "theme"] == "waste"
    assert DOCUMENT.to_frame("quantities").empty
    assert "unit" in DOCUMENT.to_frame("quantities").columns


def test_frames_of_polars() -> None:
    needed(find_spec("polars") is not None, "polars is not installed")
    goals = DOCUMENT.to_frame("goals", library="polars")
    assert goals["deadline"].to_list() == [datetime.date(2025, 12, 31)]
    assert goals["quantities"].to_list() == [[{"value": 35.0, "unit": "%", "comparator": ">=", "change": "up"}]]
    assert DOCUMENT.to_frame("themes", library="polars")["evidence_at"].to_list() == [[{"start": 6, "end": 8}]]


@pytest.mark.parametrize("layer", LAYERS)
def test_frames_have_the_same_columns_and_types_whatever_was_found(layer: str) -> None:
    needed(find_spec("polars") is not None and find_spec("pandas") is not None, "pandas or polars is not installed")
    found, empty = (document.to_frame(layer, library="polars") for document in (DOCUMENT, Document("")))
    assert found.schema == empty.schema
    assert list(DOCUMENT.to_frame(layer).columns) == list(Document("").to_frame(layer).columns) == found.columns
    assert found["text"].to_list() == DOCUMENT.to_frame(layer)["text"].to_list()


def test_frames_that_there_are_not() -> None:
    with pytest.raises(ValueError, match="unknown layer 'persons'; there are dates"):
        DOCUMENT.to_frame("persons")
    with pytest.raises(ValueError, match="unknown library 'arrow'; there are pandas and polars"):
        DOCUMENT.to_frame("dates", library="arrow")  # type: ignore[call-overload]


def test_a_missing_library_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "polars", None)
    with pytest.raises(ImportError, match=r"pip install 'nlp_toolkit\[polars\]'"):
        DOCUMENT.to_frame("dates", library="polars")


@pytest.mark.parametrize(
    "text", [TEXT, "國務院辦公廳２０１９年\r\n印發《條例》😀。\n\n  杜絕浪費", "\ufeff到2025年建成。\u200b"]
)
def test_spacy(nlp: Analyzer, text: str) -> None:
    needed(pytest.importorskip("spacy") is not None, "spaCy is not installed")
    document = nlp.analyze(text, date="2019-01-01")
    doc = document.to_spacy()
    assert doc.text == text
    assert [(s.start_char, s.end_char, s.label_) for s in doc.spans["policy"]] == [
        (s.start, s.end, s.label) for s in document.spans
    ]
    assert {entity.label_ for entity in doc.ents} <= {"DATE", "AGENCY", "DOCUMENT"}
