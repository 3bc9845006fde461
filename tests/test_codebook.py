"""The codebook and the theme model: what is refused and what the message says, and that a model keeps what it learned."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

import nlp_toolkit
from nlp_toolkit.analyzer import Analyzer, train
from nlp_toolkit.classify.codebook import Codebook
from nlp_toolkit.classify.model import ThemeModel
from nlp_toolkit.document import Document, Passage, Theme
from nlp_toolkit.errors import DataError

THEMES = [
    "data_silos",
    "regional_gaps",
    "vanity_projects",
    "departmental_fragmentation",
    "unclear_accountability",
    "weak_standards",
    "weak_oversight",
    "duplicate_construction",
    "formalism",
    "service_shortfall",
    "urban_strain",
    "funding_strain",
    "talent_shortage",
    "innovation_bottleneck",
    "security_risk",
    "environmental_pressure",
]


def test_the_codebook_has_the_themes_of_the_guideline_each_with_all_it_needs() -> None:
    book = Codebook.load()
    assert list(book.ids) == THEMES
    for theme in book.themes:
        assert all((theme.zh, theme.en, theme.definition, theme.include, theme.exclude, theme.cues))


# (what a codebook says, what the message says)
BAD = [
    ("", "has no themes"),
    ("themes = 3", "has no themes"),
    ("[[themes]]\nzh = '名'", "theme 1: needs an id"),
    ("[[themes]]\nid = 'Data Silos'", "needs an id of lower-case letters"),
    ("[[themes]]\nid = 'a'\n[[themes]]\nid = 'a'", "theme 2: the id 'a' stands twice"),
    ("[[themes]]\nid = 'a'\ncolour = 'red'", "unknown field 'colour'"),
    ("[[themes]]\nid = 'a'\ncues = '词'", "'cues' must be a list of strings"),
    ("[[themes]]\nid = 'a'\nzh = ['名']", "'zh' must be a string"),
    ("[[themes]", "is not TOML"),
]


@pytest.mark.parametrize(("text", "message"), BAD, ids=[message for _, message in BAD])
def test_a_bad_codebook(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=message) as caught:
        Codebook.load(path)
    assert "mine.toml" in str(caught.value)


def gold(*labelled: tuple[str, str]) -> list[Document]:
    return [
        Document(text, str(i), passages=(Passage(0, len(text), text, themes=(Theme(name, 1.0),) if name else ()),))
        for i, (text, name) in enumerate(labelled)
    ]


SILOS = [("系统互不相通，数据没有共享。", "silo"), ("道路宽阔，绿树成荫。", "")] * 6


@pytest.fixture(scope="module")
def model() -> ThemeModel:
    return train(gold(*SILOS), Codebook.from_dict({"themes": [{"id": "silo", "cues": ["互不相通"]}]}))[0]


def test_a_model_keeps_what_it_learned(model: ThemeModel, tmp_path: Path) -> None:
    model.save(tmp_path / "m", "card")
    loaded = ThemeModel.load(tmp_path / "m")
    assert loaded.codebook == model.codebook
    texts = ["两个系统互不相通。", "绿树成荫。", ""]
    one, other = (Analyzer(m) for m in (model, loaded))
    assert [one.analyze(t).passages for t in texts] == [other.analyze(t).passages for t in texts]
    assert one.analyze(texts[0]).passages[0].themes[0].id == "silo"
    assert not one.analyze(texts[1]).passages[0].themes


def test_too_little_gold() -> None:
    book = Codebook.from_dict({"themes": [{"id": "silo"}]})
    with pytest.raises(DataError, match="nothing to go by"):
        train(gold(*SILOS[:2]), book)
    with pytest.raises(DataError, match="no passage of the gold has a theme"):
        train(gold(*[("绿树成荫。", "")] * 6), book)


# (what is done to a model's folder, what the message says)
DAMAGE = [
    (lambda folder: (folder / "weights.npz").unlink(), "weights.npz is missing"),
    (lambda folder: (folder / "model.json").unlink(), "model.json is missing"),
    (lambda folder: (folder / "model.json").write_text("{"), "cannot be read"),
    (lambda folder: (folder / "model.json").write_text('{"format": 99}'), "format 99"),
    (lambda folder: (folder / "weights.npz").write_bytes(b"PK\x03\x04"), "not the file that the model was saved with"),
    (lambda folder: _signed(folder, weights=np.array([{}], dtype=object), bias=np.zeros(1)), "cannot be read"),
    (
        lambda folder: _signed(
            folder, weights=np.zeros((1, 1)), **dict.fromkeys(("bias", "stage", "clause_stage"), np.zeros(3))
        ),
        "do not fit",
    ),
]


def _signed(folder: Path, **arrays: np.ndarray) -> None:
    """Put other arrays into a model, with the checksum that they need to be opened at all."""
    weights = folder / "weights.npz"
    np.savez(weights, **arrays)  # type: ignore[arg-type]
    description = json.loads((folder / "model.json").read_text(encoding="utf-8"))
    description["sha256"] = sha256(weights.read_bytes()).hexdigest()
    (folder / "model.json").write_text(json.dumps(description), encoding="utf-8")


@pytest.mark.parametrize(("damage", "message"), DAMAGE, ids=[f"{i} {m}" for i, (_, m) in enumerate(DAMAGE)])
def test_a_damaged_model_is_refused(model: ThemeModel, tmp_path: Path, damage, message: str) -> None:  # type: ignore[no-untyped-def]
    folder = tmp_path / "m"
    model.save(folder, "card")
    damage(folder)
    with pytest.raises(DataError, match=message):
        ThemeModel.load(folder)


def test_the_packaged_model_fits_the_packaged_codebook() -> None:
    model = ThemeModel.load()
    assert model.codebook == Codebook.load()
    assert np.isfinite(model.weights).all()
    assert model.made["passages"] >= 300


def test_the_models_description_is_readable_data(model: ThemeModel, tmp_path: Path) -> None:
    model.save(tmp_path / "m", "card")
    assert json.loads((tmp_path / "m/model.json").read_text(encoding="utf-8"))["format"] == 4
    assert nlp_toolkit.load(tmp_path / "m").codebook.ids == ("silo",)
