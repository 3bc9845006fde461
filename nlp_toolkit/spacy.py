"""Documents as spaCy Docs. spaCy is imported only when one is asked for."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from nlp_toolkit.document import Document

if TYPE_CHECKING:
    import spacy.tokens
    import spacy.vocab

SPANS_KEY = "policy"
ENTITY_LABELS = frozenset({"DATE", "AGENCY", "DOCUMENT"})


@cache
def _vocab() -> spacy.vocab.Vocab:
    import spacy

    return spacy.blank("xx").vocab


def to_spacy(document: Document) -> spacy.tokens.Doc:
    """A Doc with the document's tokens, tags and sentences; its text is the document's text.

    All spans stand in ``doc.spans["policy"]``; dates, agencies and policy documents, which never overlap, also in
    ``doc.ents``. Needs an analyzed document: one with tokens.
    """
    from spacy.tokens import Doc

    tokens = document.tokens
    starts = {start for start, _ in document.sentence_bounds}
    doc = Doc(
        _vocab(),
        words=[token.text for token in tokens],
        spaces=[False] * len(tokens),
        tags=[token.pos for token in tokens],
        sent_starts=[token.start in starts or i == 0 for i, token in enumerate(tokens)],
    )
    found = [doc.char_span(span.start, span.end, label=span.label) for span in document.spans]
    spans = [span for span in found if span is not None]
    doc.spans[SPANS_KEY] = spans
    doc.ents = [span for span in spans if span.label_ in ENTITY_LABELS]
    return doc
