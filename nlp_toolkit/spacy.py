"""spaCy: documents as Docs and back, a component a layer, and a tokenizer whose tokens end where the spans do.

All parts of a pipeline share one analysis, which the Doc carries as ``Doc._.policy``. To import this module is to import
spaCy; the analyzer itself is loaded with the first text.
"""

# No `from __future__ import annotations` here: spaCy checks settings against the types of the factories' parameters.
import json
from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any, Optional

import spacy
import srsly
from spacy.language import Language
from spacy.tokens import Doc, Token
from spacy.tokens import Span as DocSpan
from spacy.util import registry
from spacy.vocab import Vocab

from nlp_toolkit.document import (
    LAYERS,
    SPAN_TYPES,
    THEMES,
    Agency,
    Date,
    Document,
    PolicyDocument,
    Span,
    read_span,
)
from nlp_toolkit.segment import Segmenter

SPANS_KEY = "policy"  # the group of Doc.spans for all layers with spans
THEMES_KEY = "policy_themes"  # the group of the passages that have a theme, labelled with it
ENTITY_LAYERS = frozenset(kind.layer for kind in (Date, Agency, PolicyDocument))  # whose spans never overlap
ENTITY_LABELS = frozenset(label for label, kind in SPAN_TYPES.items() if kind.layer in ENTITY_LAYERS)
# displaCy's colours for labels that spaCy has none for.
COLORS = {"AGENCY": "#9ecae9", "DOCUMENT": "#f2cf5b", "GOAL": "#a8d8a0", "PROBLEM": "#ffb3a7", "REFERENCE": "#d6c1e8"}
_MODEL_FILES = ("model.json", "weights.npz", "README.md")
_SURROGATES = dict.fromkeys(range(0xD800, 0xE000), "\ufffd")


# Documents as Docs and back -----------------------------------------------------------------------------------------


def to_spacy(document: Document, vocab: Vocab | None = None) -> Doc:
    """A Doc with the document's tokens, tags, sentences, spans and themes; its text is the document's text.

    ``doc.spans["policy"]`` holds the spans of all layers, ``doc.ents`` dates, agencies and policy documents,
    ``doc.spans["policy_themes"]`` the passages by theme and ``doc.cats`` each theme's highest score. ``doc._.policy`` is
    the document, and ``span._.policy`` the value behind a span or entity.

    Parameters
    ----------
    document
        An analysed document: one with tokens. A lone surrogate, which spaCy cannot hold, becomes U+FFFD in the Doc.
    vocab
        The vocabulary of the pipeline that the Doc is meant for (``nlp.vocab``).

    Raises
    ------
    ValueError
        If the document has a text but no tokens.

    Examples
    --------
    >>> import nlp_toolkit
    >>> doc = nlp_toolkit.load().analyze("今年，财政部印发通知。", date="2020-05-01").to_spacy()
    >>> [(entity.text, entity.label_) for entity in doc.ents], doc.ents[0]._.policy.edtf
    ([('今年', 'DATE'), ('财政部', 'AGENCY')], '2020')
    """
    doc = _tokenized(document, _vocab() if vocab is None else vocab)
    _show(doc, document, LAYERS)
    return doc


def from_spacy(doc: Doc) -> Document:
    """The document of a Doc: the tokens, sentences and policy spans that the Doc has now, the rest from ``doc._.policy``.

    A span that stands where the analysis put it keeps its value; one that was added or moved has none.

    Raises ValueError where ``doc.spans["policy"]`` has a label that no layer has.

    >>> import nlp_toolkit
    >>> document = nlp_toolkit.load().analyze("到2025年建成平台。")
    >>> from_spacy(document.to_spacy()) == document
    True
    """
    known = _analysis(doc) or Document(doc.text)
    return replace(
        known,
        sentence_bounds=_sentence_bounds(doc, known),
        token_ends=tuple(map(_end, doc)),
        token_tags=tuple(token.tag_ or "x" for token in doc),
        spans=tuple(_read(span, known) for span in doc.spans.get(SPANS_KEY, ())),
    )


@cache
def _vocab() -> Vocab:
    return spacy.blank("zh").vocab


def _encodable(text: str) -> str:
    return text if text.isascii() else text.translate(_SURROGATES)


def _tokenized(document: Document, vocab: Vocab) -> Doc:
    """A Doc with the tokens, tags and sentences of a document."""
    if document.text and not document.token_ends:
        raise ValueError(f"{document.id or 'the document'}: has no tokens, which a Doc is made of; analyze its text")
    text = _encodable(document.text)
    bounds = list(pairwise((0, *document.token_ends)))
    starts = {0, *(start for start, _ in document.sentence_bounds)}
    doc = Doc(
        vocab,
        words=[text[start:end] for start, end in bounds],
        spaces=[False] * len(bounds),
        tags=list(document.token_tags),
        sent_starts=[start in starts for start, _ in bounds],
    )
    doc._.policy = document
    return doc


def _analysis(doc: Doc) -> Document | None:
    """The analysis that a Doc carries, if it is one of this Doc: a part of a Doc may carry that of the whole."""
    document = _carried(doc)
    length = _end(doc[-1]) if len(doc) else 0
    return document if document is not None and len(document.text) == length else None


def _carried(doc: Doc) -> Document | None:
    """What ``doc._.policy`` holds; where a Doc was read before this module was imported, that is unpacked only now."""
    if isinstance(doc._.policy, dict):
        doc._.policy = _unpack(doc._.policy)
    document: Document | None = doc._.policy
    return document


def _end(token: Token) -> int:
    """Where a token ends, with the space behind it."""
    return token.idx + len(token.text_with_ws)


def _sentence_bounds(doc: Doc, known: Document) -> tuple[tuple[int, int], ...]:
    """The sentences of a Doc without the white space around them; those of the analysis where nobody changed them."""
    if not doc.has_annotation("SENT_START"):
        return known.sentence_bounds
    sentences = list(doc.sents)
    if {sentence.start_char for sentence in sentences} == {0, *(start for start, _ in known.sentence_bounds)}:
        return known.sentence_bounds
    text, bounds = doc.text, []
    for sentence in sentences:
        inside = text[sentence.start_char : sentence.end_char]
        if body := inside.strip():
            start = sentence.start_char + inside.index(body)
            bounds.append((start, start + len(body)))
    return tuple(bounds)


def _read(span: DocSpan, known: Document) -> Span:
    """The span of a document that a Doc's span stands for."""
    value = _value(span)
    if value is not None:
        place = _on_tokens(span.doc, value.start, value.end, value.label)
        if (place.start, place.end) == (span.start, span.end):
            return value
    return read_span({"label": span.label_, "start": span.start_char, "end": span.end_char}, known.text)


# What the layers look like on a Doc ---------------------------------------------------------------------------------


def _show(doc: Doc, document: Document, layers: Collection[str], overwrite_ents: bool = True) -> None:
    """Put some layers of a document on its Doc, in place of what the Doc has of them already."""
    labels = {label for label, kind in SPAN_TYPES.items() if kind.layer in layers}
    # The id of a Doc's span is its number among the document's spans: there its value is.
    added = [
        _on_tokens(doc, span.start, span.end, span.label, str(number))
        for number, span in enumerate(document.spans)
        if span.label in labels
    ]
    kept = [span for span in doc.spans.get(SPANS_KEY, ()) if span.label_ not in labels]
    doc.spans[SPANS_KEY] = sorted(kept + added, key=_reading_order)
    if entities := [span for span in added if span.label_ in ENTITY_LABELS]:
        doc.ents = _apart(*((entities, doc.ents) if overwrite_ents else (doc.ents, entities)))
    if THEMES in layers:
        _show_themes(doc, document)


def _show_themes(doc: Doc, document: Document) -> None:
    found = [(passage, theme) for passage in document.passages for theme in passage.themes]
    doc.spans[THEMES_KEY] = [_on_tokens(doc, passage.start, passage.end, theme.id) for passage, theme in found]
    scores: dict[str, float] = {}
    for _, theme in found:
        scores[theme.id] = max(theme.score, scores.get(theme.id, 0.0))
    doc.cats |= scores


def _on_tokens(doc: Doc, start: int, end: int, label: str, number: str = "") -> DocSpan:
    """A range as a span of whole tokens; tokens of our own end where it does, others may reach further."""
    span = doc.char_span(start, end, label=label, alignment_mode="expand", span_id=number)
    if span is None:
        raise ValueError(f"{label} at {start}-{end} lies outside the Doc of {len(doc.text)} characters")
    return span


def _apart(first: Iterable[DocSpan], second: Iterable[DocSpan]) -> list[DocSpan]:
    """All spans of the first, and those of the second that overlap none before them."""
    taken: set[int] = set()
    result = []
    for span in (*first, *second):
        tokens = range(span.start, span.end)
        if taken.isdisjoint(tokens):
            taken.update(tokens)
            result.append(span)
    return result


def _reading_order(span: DocSpan) -> tuple[int, int, str]:
    return span.start_char, -span.end_char, span.label_


def _value(span: DocSpan) -> Span | None:
    """The value behind a Doc's span: what ``span._.policy`` gives; None for spans that are not ours."""
    document = _carried(span.doc)
    if document is None or not span.id_.isdecimal() or int(span.id_) >= len(document.spans):
        return None
    value = document.spans[int(span.id_)]
    return value if value.label == span.label_ else None


# The parts of a pipeline --------------------------------------------------------------------------------------------


class _Part:
    """What tokenizer and components have in common: the analysis they share, and the model that is saved with them."""

    def __init__(self, model: str | None, segmenter: Segmenter) -> None:
        self.settings = model, segmenter
        self.model = model  # where it is now: a saved pipeline brings its own copy
        self.segmenter = segmenter

    def analyze(self, text: str) -> Document:
        """The analysis of a text; the analyzer is loaded with the first one."""
        from nlp_toolkit.analyzer import load

        return load(self.model, self.segmenter).analyze(text)

    def to_disk(self, path: str | Path, **_: Any) -> None:
        """Save the theme model, unless it is the one that comes with the toolkit."""
        if self.model is not None:
            files = {name: Path(self.model, name).read_bytes() for name in _MODEL_FILES}
            Path(path).mkdir(parents=True, exist_ok=True)
            for name, content in files.items():  # read first: a pipeline may be saved over itself
                Path(path, name).write_bytes(content)

    def from_disk(self, path: str | Path, **_: Any) -> "_Part":
        """Use the theme model saved here, if there is one."""
        if Path(path, _MODEL_FILES[0]).is_file():
            self.model = str(path)
        return self

    def to_bytes(self, **_: Any) -> bytes:
        """Nothing: the pipeline's configuration, which names the model's folder, says all."""
        return b""

    def from_bytes(self, data: bytes, **_: Any) -> "_Part":
        """The reverse of ``to_bytes``."""
        return self


class PolicyComponent(_Part):
    """Puts one layer on a Doc: its spans into ``doc.spans["policy"]``, dates, agencies and documents into ``doc.ents``.

    The first component that sees a Doc analyses its text; the others use what it found. A text's own date, which 今年 is
    resolved against, comes with ``document.to_spacy(nlp.vocab)``, which a pipeline takes in place of a text.

    >>> nlp = spacy.blank("zh", config={"nlp": {"tokenizer": {"@tokenizers": "policy_tokenizer"}}})
    >>> component = nlp.add_pipe("policy_goals", config={"segmenter": "rjieba"})
    >>> doc = nlp("到2025年，建成100个平台。")
    >>> doc.spans["policy"][0].text, doc._.policy.goals[0].deadline
    ('到2025年，建成100个平台', datetime.date(2025, 12, 31))
    """

    def __init__(
        self, layer: str, model: str | None = None, segmenter: Segmenter = "rjieba", overwrite_ents: bool = True
    ) -> None:
        super().__init__(model, segmenter)
        self.layer = layer
        self.overwrite_ents = overwrite_ents

    def __call__(self, doc: Doc) -> Doc:
        document = _analysis(doc)
        if document is None:
            document = doc._.policy = self.analyze(doc.text)
        _show(doc, document, {self.layer}, self.overwrite_ents)
        return doc


class PolicyTokenizer(_Part):
    """Cuts a text into tokens that end wherever a span does, with parts of speech (jieba's) as tags, and sentences.

    To know where spans end it analyses the text; the components of the same pipeline use that analysis.
    """

    def __init__(self, vocab: Vocab, model: str | None = None, segmenter: Segmenter = "rjieba") -> None:
        super().__init__(model, segmenter)
        self.vocab = vocab

    def __call__(self, text: str) -> Doc:
        return _tokenized(self.analyze(text), self.vocab)


def _factory(layer: str) -> Callable[..., PolicyComponent]:
    """The factory ``policy_<layer>``. Its settings, each the same for all parts of a pipeline but the last:

    model           folder of a theme model; without it the one that comes with the toolkit
    segmenter       rjieba or jieba
    overwrite_ents  whether entities of other components give way to ours where they overlap (layers with entities)
    """
    config: dict[str, Any] = {"model": None, "segmenter": "rjieba"}
    assigns = ["doc._.policy", "doc.spans"]
    if layer in ENTITY_LAYERS:
        config["overwrite_ents"] = True
        assigns.append("doc.ents")
    if layer == THEMES:
        assigns.append("doc.cats")

    def create(
        nlp: Language,
        name: str,
        model: Optional[str],  # noqa: UP045 (spaCy reads these types)
        segmenter: Segmenter,
        overwrite_ents: bool = True,
    ) -> PolicyComponent:
        component = PolicyComponent(layer, model, segmenter, overwrite_ents)
        for other_name, other in (("tokenizer", nlp.tokenizer), *nlp.components):
            if isinstance(other, _Part) and other.settings != component.settings:
                raise ValueError(
                    f"{name}: the parts of a pipeline share one analysis, and {other_name} has other settings "
                    f"(model, segmenter): {other.settings}, not {component.settings}; give all of them the same"
                )
        return component

    Language.factory(f"policy_{layer}", default_config=config, assigns=assigns, func=create)
    return create


policy_dates = _factory("dates")
policy_agencies = _factory("agencies")
policy_documents = _factory("documents")
policy_goals = _factory("goals")
policy_problems = _factory("problems")
policy_themes = _factory("themes")


def policy_tokenizer(
    model: Optional[str] = None,  # noqa: UP045
    segmenter: Segmenter = "rjieba",
) -> Callable[[Language], PolicyTokenizer]:
    """The tokenizer ``policy_tokenizer`` of a pipeline's configuration; its settings are those of the components."""

    def create(nlp: Language) -> PolicyTokenizer:
        return PolicyTokenizer(nlp.vocab, model, segmenter)

    return create


# What spaCy has to know ---------------------------------------------------------------------------------------------

_PACKED = "nlp_toolkit.Document"


def _pack(value: Any, chain: Callable[[Any], Any] | None = None) -> Any:
    """A document as msgpack holds it, so that Docs can be saved and sent to other processes with their analysis."""
    if isinstance(value, Document):
        return {_PACKED: value.to_json()}
    return value if chain is None else chain(value)


def _unpack(value: Any, chain: Callable[[Any], Any] | None = None) -> Any:
    if _PACKED in value:
        return Document.from_dict(json.loads(value[_PACKED]))
    return value if chain is None else chain(value)


registry.tokenizers.register("policy_tokenizer", func=policy_tokenizer)
srsly.msgpack_encoders.register(_PACKED, func=_pack)
srsly.msgpack_decoders.register(_PACKED, func=_unpack)
# spaCy imports this module with every pipeline (the factories are entry points): no one's own extension is replaced.
if not Doc.has_extension("policy"):
    Doc.set_extension("policy", default=None)
if not DocSpan.has_extension("policy"):
    DocSpan.set_extension("policy", getter=_value)
