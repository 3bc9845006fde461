"""spaCy: documents as Docs and back, components and tokenizer in pipelines that are configured, saved and loaded."""

from __future__ import annotations

import html
import pickle
import re
import shutil
import subprocess
import sys
from importlib.metadata import entry_points
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
import spacy
from hypothesis import given, settings
from spacy import displacy
from spacy.language import Language
from spacy.tokens import Doc, DocBin, Span

import nlp_toolkit
import nlp_toolkit.spacy  # registers the factories where the package is not installed
from nlp_toolkit.analyzer import Analyzer
from nlp_toolkit.classify.model import ThemeModel
from nlp_toolkit.document import Document, PolicyDocument, Quantity
from nlp_toolkit.spacy import SPANS_KEY, THEMES_KEY
from tests.conftest import needed, texts

TEXT = (
    "关于推进数据共享的实施意见\n"
    "今年8月，发改委、住建部等八部委联合发布《关于促进智慧城市健康发展的指导意见》。"
    "到2025年，建成100个平台，避免重复建设。\n"
    "各部门的系统互不联通，形成一个个信息孤岛，亟须打破数据壁垒。"
)
COMPONENTS = [f"policy_{layer}" for layer in ("dates", "agencies", "documents", "goals", "problems", "themes")]
OUR_TOKENIZER = {"nlp": {"tokenizer": {"@tokenizers": "policy_tokenizer"}}}


@pytest.fixture(scope="module")
def document(nlp: Analyzer) -> Document:
    return nlp.analyze(TEXT, date="2014-09-01", id="a/1", meta={"genre": "notice"})


def pipeline(*components: str, config: dict[str, Any] | None = None) -> Language:
    result = spacy.blank("zh", config=config or {})
    for component in components:
        result.add_pipe(component)
    return result


def places(doc: Doc, key: str = SPANS_KEY) -> list[tuple[int, int, str]]:
    return [(span.start_char, span.end_char, span.label_) for span in doc.spans[key]]


def test_a_doc_shows_all_layers(document: Document) -> None:
    doc = document.to_spacy()
    assert doc.text == TEXT
    assert doc._.policy is document
    assert places(doc) == [(span.start, span.end, span.label) for span in document.spans]
    assert [span._.policy for span in doc.spans[SPANS_KEY]] == list(document.spans)
    assert [entity._.policy for entity in doc.ents] == sorted(
        (*document.dates, *document.agencies, *document.documents), key=lambda span: span.start
    )
    assert [token.tag_ for token in doc] == list(document.token_tags)
    assert [sentence.text.strip() for sentence in doc.sents] == [sentence.text for sentence in document.sentences]
    assert {span.label_ for span in doc.spans[THEMES_KEY]} == set(doc.cats) >= {"data_silos"}
    assert doc.cats["data_silos"] == max(
        theme.score for passage in document.passages for theme in passage.themes if theme.id == "data_silos"
    )


@given(texts)
@settings(max_examples=150)
def test_round_trip_of_any_text(text: str) -> None:
    document = nlp_toolkit.load().analyze(text, date="2020-05-01", id="x", meta={"a": [1, None]})
    doc = document.to_spacy()
    assert len(doc.text) == len(text)
    assert doc.text == re.sub("[\ud800-\udfff]", "\ufffd", text)
    assert Document.from_spacy(doc) == document
    restored = Doc(doc.vocab).from_bytes(doc.to_bytes())
    assert Document.from_spacy(restored) == document


def test_text_without_tokens_is_refused() -> None:
    with pytest.raises(ValueError, match="gold/7: has no tokens, which a Doc is made of; analyze its text"):
        Document("到2025年。", id="gold/7").to_spacy()
    assert Document("").to_spacy().text == ""


def test_a_doc_of_others_is_a_document_without_values() -> None:
    doc = spacy.blank("en")("By 2025 done.")
    document = Document.from_spacy(doc)
    assert (document.text, document.spans, document.passages) == ("By 2025 done.", (), ())
    assert [token.text for token in document.tokens] == ["By ", "2025 ", "done", "."]


class TestEdited:
    """What was changed on the Doc is what the document says."""

    def test_removed(self, document: Document) -> None:
        doc = document.to_spacy()
        doc.spans[SPANS_KEY] = [span for span in doc.spans[SPANS_KEY] if span.label_ != "GOAL"]
        assert Document.from_spacy(doc).spans == tuple(span for span in document.spans if span.label != "GOAL")

    def test_added_has_no_value(self, document: Document) -> None:
        doc = document.to_spacy()
        start = TEXT.index("智慧城市")
        added = doc.char_span(start, start + 4, label="DOCUMENT")
        assert added is not None
        doc.spans[SPANS_KEY] = [added]
        assert Document.from_spacy(doc).spans == (PolicyDocument(start, start + 4, "智慧城市"),)

    def test_moved_loses_its_value(self, document: Document) -> None:
        doc = document.to_spacy()
        first = next(span for span in doc.spans[SPANS_KEY] if span.label_ == "GOAL")
        assert first._.policy.quantities == (Quantity(100.0, "个"),)
        doc.spans[SPANS_KEY] = [Span(doc, first.start, first.end - 1, label="GOAL", span_id=first.id_)]
        (goal,) = Document.from_spacy(doc).goals
        assert goal.quantities == ()
        assert goal.text == first.text[:-2]

    def test_unknown_label(self, document: Document) -> None:
        doc = document.to_spacy()
        doc.spans[SPANS_KEY] = [Span(doc, 0, 1, label="PERSON")]
        with pytest.raises(ValueError, match="unknown label 'PERSON'; there are DATE"):
            Document.from_spacy(doc)

    def test_sentences_joined(self, document: Document) -> None:
        doc = document.to_spacy()
        second = list(doc.sents)[2]
        second[0].is_sent_start = False
        joined = Document.from_spacy(doc)
        assert len(joined.sentences) == len(document.sentences) - 1
        assert joined.sentences[1].text == TEXT.split("\n")[1]
        assert joined.spans == document.spans


# Pipelines ----------------------------------------------------------------------------------------------------------


def test_entry_points_are_found_without_an_import(tmp_path: Path) -> None:
    registered = {point.name for point in entry_points(group="spacy_factories")}
    needed(set(COMPONENTS) <= registered, "the package is not installed with these entry points: make test installs it")
    pipeline(*COMPONENTS, config=OUR_TOKENIZER).to_disk(tmp_path / "saved")
    code = f"""
import sys, spacy
nlp = spacy.load({str(tmp_path / "saved")!r})
assert "nlp_toolkit.spacy" in sys.modules and "nlp_toolkit.analyzer" not in sys.modules, "light until the first text"
assert [entity.label_ for entity in nlp("到2025年，财政部牵头。").ents] == ["DATE", "AGENCY"]
"""
    subprocess.run([sys.executable, "-c", code], check=True, cwd=tmp_path)


def test_nothing_of_spacy_is_imported_until_asked_for() -> None:
    code = """
import sys, nlp_toolkit, nlp_toolkit.cli
document = nlp_toolkit.load().analyze("到2025年建成平台。")
document.to_json(), document.tokens, document.sentences
assert not [name for name in sys.modules if name.split(".")[0] in ("spacy", "thinc", "srsly")]
document.to_spacy()
assert "spacy" in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("order", list(permutations(COMPONENTS))[::90])
@pytest.mark.parametrize("config", [{}, OUR_TOKENIZER], ids=["spaCy's tokenizer", "ours"])
def test_all_components_give_what_the_analysis_gives(order: tuple[str, ...], config: dict[str, Any]) -> None:
    doc = pipeline(*order, config=config)(TEXT)
    document = nlp_toolkit.load().analyze(TEXT)
    whole = document.to_spacy()
    assert doc._.policy == document
    assert places(doc) == places(whole)
    assert places(doc, THEMES_KEY) == places(whole, THEMES_KEY)
    assert [(e.start_char, e.end_char, e.label_) for e in doc.ents] == [
        (e.start_char, e.end_char, e.label_) for e in whole.ents
    ]
    assert doc.cats == whole.cats
    assert Document.from_spacy(doc).spans == document.spans
    if config:
        assert Document.from_spacy(doc) == document


@pytest.mark.parametrize("layer", ["dates", "agencies", "documents", "goals", "problems"])
def test_a_component_alone_shows_its_layer_alone(layer: str, document: Document) -> None:
    doc = pipeline(f"policy_{layer}")(TEXT)
    assert {span.label_ for span in doc.spans[SPANS_KEY]} == {span.label for span in getattr(document, layer)}
    assert {entity.label_ for entity in doc.ents} <= {span.label_ for span in doc.spans[SPANS_KEY]}
    assert THEMES_KEY not in doc.spans
    assert doc._.policy.goals, "the analysis is whole all the same"


@pytest.mark.parametrize("config", [{}, OUR_TOKENIZER], ids=["spaCy's tokenizer", "ours"])
def test_components_share_one_analysis(monkeypatch: pytest.MonkeyPatch, config: dict[str, Any]) -> None:
    analyzed: list[str] = []
    analyze = Analyzer.analyze

    def counting(self: Analyzer, text: str, **options: object) -> Document:
        analyzed.append(text)
        return analyze(self, text, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(Analyzer, "analyze", counting)
    nlp = pipeline(*COMPONENTS, config=config)
    assert len(list(nlp.pipe([TEXT, "到2025年。"]))) == 2
    assert analyzed == [TEXT, "到2025年。"]
    nlp(nlp(TEXT))
    assert analyzed[2:] == [TEXT], "a Doc that has its analysis keeps it"


def test_a_document_with_its_date_goes_through_a_pipeline(document: Document) -> None:
    nlp = pipeline(*COMPONENTS)
    doc = nlp(document.to_spacy(nlp.vocab))
    assert doc.vocab is nlp.vocab
    assert doc.ents[1]._.policy.edtf == "2014-08"
    assert Document.from_spacy(doc) == document


def test_a_part_of_a_doc_is_analysed_for_itself(document: Document) -> None:
    doc = document.to_spacy()
    part = list(doc.sents)[2].as_doc(copy_user_data=True)
    assert [entity.text for entity in pipeline("policy_dates").pipeline[0][1](part).ents] == ["2025年"]
    assert part._.policy.text == part.text


def test_tokens_that_reach_further_than_a_span() -> None:
    nlp = pipeline(*COMPONENTS)
    words = ["到2025年", "，", "由财政部", "牵头", "。"]
    doc = nlp(Doc(nlp.vocab, words=words, spaces=[False] * len(words)))
    assert [(entity.text, entity._.policy.text) for entity in doc.ents] == [
        ("到2025年", "2025年"),
        ("由财政部", "财政部"),
    ]
    assert Document.from_spacy(doc).spans == nlp_toolkit.load().analyze("".join(words)).spans


@pytest.mark.parametrize(
    ("overwrite", "labels"),
    [
        (True, ["DATE", "AGENCY", "THING"]),  # ours go before those they overlap; others stay
        (False, ["DATE", "ORG", "THING"]),
    ],
)
def test_entities_of_others(overwrite: bool, labels: list[str]) -> None:
    nlp = spacy.blank("zh")
    patterns = [{"label": "ORG", "pattern": "由财政部"}, {"label": "THING", "pattern": "平台"}]
    nlp.add_pipe("entity_ruler").add_patterns(patterns)  # type: ignore[attr-defined]
    for component in ("policy_dates", "policy_agencies"):
        nlp.add_pipe(component, config={"overwrite_ents": overwrite})
    doc = nlp("到2025年，由财政部建成平台。")
    assert [entity.label_ for entity in doc.ents] == labels
    assert [label for _, _, label in places(doc)] == ["DATE", "AGENCY"]


def test_settings_must_agree() -> None:
    nlp = pipeline("policy_dates", config=OUR_TOKENIZER)
    with pytest.raises(ValueError, match=r"policy_goals: .*tokenizer has other settings.*give all of them the same"):
        nlp.add_pipe("policy_goals", config={"segmenter": "jieba"})
    with pytest.raises(ValueError, match="hanlp"):
        nlp.add_pipe("policy_goals", config={"segmenter": "hanlp"})


def test_a_saved_pipeline_brings_its_model(tmp_path: Path) -> None:
    model, saved = tmp_path / "model", tmp_path / "saved"
    ThemeModel.load().restricted(["data_silos"]).save(model, "# One theme\n")
    shared = {"model": str(model), "segmenter": "rjieba"}
    nlp = spacy.blank("zh", config={"nlp": {"tokenizer": {"@tokenizers": "policy_tokenizer", **shared}}})
    for component in COMPONENTS:
        nlp.add_pipe(component, config=shared)
    doc = nlp(TEXT)
    assert set(doc.cats) == {"data_silos"}

    nlp.to_disk(saved)
    shutil.rmtree(model)
    moved = saved.rename(tmp_path / "moved")
    loaded = spacy.load(moved)
    assert loaded.pipe_names == COMPONENTS
    assert loaded(TEXT)._.policy == doc._.policy
    loaded.to_disk(moved)  # over itself
    assert set(spacy.load(moved)(TEXT).cats) == {"data_silos"}


def test_bytes_of_a_pipeline() -> None:
    nlp = pipeline(*COMPONENTS, config=OUR_TOKENIZER)
    loaded = pipeline(*COMPONENTS, config=OUR_TOKENIZER).from_bytes(nlp.to_bytes())
    assert loaded(TEXT)._.policy == nlp(TEXT)._.policy


def test_docs_are_saved_and_sent_with_their_analysis(document: Document, tmp_path: Path) -> None:
    doc = document.to_spacy()
    DocBin(docs=[doc], store_user_data=True).to_disk(tmp_path / "a.spacy")
    (stored,) = DocBin().from_disk(tmp_path / "a.spacy").get_docs(doc.vocab)
    for other in (stored, doc.copy(), pickle.loads(pickle.dumps(doc))):
        assert other._.policy == document
        assert [entity._.policy for entity in other.ents] == [entity._.policy for entity in doc.ents]


def test_docs_read_before_our_module_was_imported(document: Document, tmp_path: Path) -> None:
    nlp_toolkit.write([document], tmp_path / "a.spacy")
    (tmp_path / "a.json").write_bytes(document.to_json())
    code = """
import json
from spacy.tokens import DocBin
from spacy.vocab import Vocab
(doc,) = DocBin().from_disk("a.spacy").get_docs(Vocab())
from nlp_toolkit import Document
assert Document.from_spacy(doc) == Document.from_dict(json.load(open("a.json", encoding="utf-8")))
assert doc.ents[0]._.policy == doc._.policy.documents[0]
"""
    subprocess.run([sys.executable, "-c", code], check=True, cwd=tmp_path)


def test_several_processes(document: Document) -> None:
    docs = list(pipeline(*COMPONENTS, config=OUR_TOKENIZER).pipe([TEXT] * 3, n_process=2, batch_size=1))
    assert [doc._.policy.text for doc in docs] == [TEXT] * 3
    assert {Document.from_spacy(doc).goals for doc in docs} == {document.goals}


def marks(page: str) -> list[tuple[str, str]]:
    """The texts and labels of the entities on displaCy's page."""
    found = re.findall(r"<mark[^>]*>\s*(.*?)\s*<span[^>]*>(\w+)</span>", page, re.DOTALL)
    return [(html.unescape(text), label) for text, label in found]


def test_displacy_renders_entities_and_spans(document: Document) -> None:
    doc = document.to_spacy()
    page = displacy.render(doc, style="ent", page=True, jupyter=False)
    assert marks(page) == [(entity.text, entity.label_) for entity in doc.ents]
    spans = displacy.render(doc, style="span", options={"spans_key": SPANS_KEY}, jupyter=False)
    assert {label for _, _, label in places(doc)} <= set(re.findall(r"[A-Z]{4,}", spans))


def test_displacy_escapes(nlp: Analyzer) -> None:
    page = displacy.render(nlp.analyze("<script>alert(1)</script>财政部").to_spacy(), style="ent", jupyter=False)
    assert "<script>" not in page
    assert marks(page) == [("财政部", "AGENCY")]
