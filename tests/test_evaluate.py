"""Scoring: the definitions of the guideline on small cases, and agreement with the reference scorer."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from pathlib import Path

import pytest

from nlp_toolkit.analyzer import Analyzer
from nlp_toolkit.document import Agency, Date, Document, Goal, Passage, Problem, Quantity, Theme
from nlp_toolkit.errors import DataError
from nlp_toolkit.evaluate import evaluate, paired, read_gold, values_agree

TEXT = "0123456789" * 3


def date(start: int, end: int, **values: object) -> Date:
    return Date(start, end, TEXT[start:end], **values)  # type: ignore[arg-type]


def test_pairs_are_one_to_one_and_best_first() -> None:
    gold = [date(0, 10), date(10, 20)]
    predicted = [date(0, 8), date(0, 10), date(14, 20)]
    assert paired(gold, predicted) == [(gold[0], predicted[1]), (gold[1], predicted[2])]


def test_overlap_of_less_than_half_is_none() -> None:
    assert paired([date(0, 10)], [date(6, 10)]) == []
    assert paired([date(0, 10)], [date(5, 10)]) != []


@pytest.mark.parametrize(
    ("gold", "predicted", "agree"),
    [
        (Agency(0, 1, "0", "group", count=8), Agency(0, 1, "0", "group", count=8), True),
        (Agency(0, 1, "0", "group", count=8), Agency(0, 1, "0", "named"), False),
        (Agency(0, 1, "0", canonical="甲"), Agency(0, 1, "0", canonical="乙"), False),
        (Problem(0, 1, "0", "guarded"), Problem(0, 1, "0", "reported"), False),
        (Goal(0, 1, "0", None, (Quantity(1, "个"), Quantity(2, "%"))),
         Goal(0, 1, "0", None, (Quantity(2.0, "%"), Quantity(1.0, "个"))), True),
        (Goal(0, 1, "0", None, (Quantity(1, "个"),)), Goal(0, 1, "0", None, (Quantity(1, "个", ">="),)), False),
    ],
)  # fmt: skip
def test_values(gold: Goal, predicted: Goal, agree: bool) -> None:
    assert values_agree(gold, predicted) is agree


def test_generic_agencies_are_scored_apart() -> None:
    document = Document(TEXT, "a", spans=(Agency(0, 2, "01", "generic"), Agency(3, 5, "34")))
    assert set(evaluate([document], [document]).to_dict()["spans"]) == {"AGENCY", "AGENCY.generic"}


def test_gold_with_themes_only_leaves_spans_out() -> None:
    gold = Document(TEXT, "a", passages=(Passage(0, 5, "01234"),), meta={"layers": ["themes"]})
    predicted = Document(TEXT, "a", passages=(Passage(0, 5, "01234", themes=(Theme("x", 1),)),), spans=(date(0, 1),))
    scores = evaluate([gold], [predicted]).to_dict()
    assert scores["spans"] == {}
    assert scores["themes"]["each"]["x"] == {"gold": 0, "predicted": 1, "f1": 0.0}


# (a line of a gold file, what the message says)
BAD_GOLD = [
    ('{"id": "a"', "line 2"),
    ('{"id": "a"}', "'text' is missing"),
    ('{"id": "a", "text": "数据", "spans": [{"label": "DATE", "start": 0, "end": 9}]}', "outside the text"),
    ('{"id": "a", "text": "数据", "spans": [{"label": "DATE", "start": 0, "end": 1, "text": "据"}]}', "is '数' in the text"),
    ('{"id": "a", "text": "数据", "spans": [{"label": "X", "start": 0, "end": 1}]}', "unknown label"),
    ('{"id": "a", "text": "数据", "spans": [{"label": "DATE", "end": 1}]}', "'start' is missing"),
    ('{"id": "a", "text": "数据", "passages": [{"start": 0, "end": 5}]}', "outside the text"),
    ('{"id": "a", "text": "数据", "passages": [{"start": 0, "end": 2, "themes": ["no_such"]}]}', "not in the codebook"),
    ("[1]", "not an object"),
]  # fmt: skip


@pytest.mark.parametrize(("line", "message"), BAD_GOLD)
def test_bad_gold_is_named_with_its_line(tmp_path: Path, line: str, message: str) -> None:
    path = tmp_path / "gold.jsonl"
    path.write_text('{"id": "ok", "text": "好"}\n' + line + "\n", encoding="utf-8")
    with pytest.raises(DataError, match=message) as caught:
        read_gold(path, ["data_silos"])
    assert f"{path}, line 2" in str(caught.value)


def reference(shared: Path, gold: Path, predicted: Path) -> object:
    command = [sys.executable, str(shared / "tools/score.py"), str(gold), str(predicted), "--json"]
    return json.loads(subprocess.run(command, capture_output=True, check=True, text=True).stdout)


def test_agrees_with_the_reference_scorer(nlp: Analyzer, shared: Path, tmp_path: Path) -> None:
    """To the last digit, on our output and on gold that was damaged at random."""
    gold_path, noise = shared / "dev/gold.jsonl", random.Random(7)
    gold = read_gold(gold_path)
    damaged = []
    for document in gold:
        data = document.to_dict()
        for span in data["spans"]:
            span["start"] = max(0, span["start"] - noise.choice([0, 0, 0, 1, 2]))
            span["end"] = min(len(document.text), span["end"] + noise.choice([0, 0, 1, 3]))
            del span["text"]
        data["spans"] = noise.sample(data["spans"], k=len(data["spans"]) * 3 // 4) + data["spans"][:3]
        for passage in data["passages"]:
            passage["themes"] = [t for t in passage["themes"] if noise.random() < 0.7]
        damaged.append(data)
    ours = [nlp.analyze(d.text, id=d.id).to_dict() for d in gold]
    for name, predictions in (("damaged", damaged), ("ours", ours)):
        path = tmp_path / f"{name}.jsonl"
        path.write_text("".join(json.dumps(p) + "\n" for p in predictions), encoding="utf-8")
        assert evaluate(gold, read_gold(path)).to_dict() == reference(shared, gold_path, path)
