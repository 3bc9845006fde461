"""CoNLL-U Plus (https://universaldependencies.org/ext-format.html): one token a line, an empty line after each sentence.

Columns: the word, its part of speech, and one column of B, I and O each for DATE, AGENCY and DOCUMENT.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from typing import BinaryIO

from nlp_toolkit.document import Agency, Date, Document, PolicyDocument, Token
from nlp_toolkit.write.safe import encodable

LABELS = (Date.label, Agency.label, PolicyDocument.label)
_SPACE = re.compile(r"\s+")


def write(documents: Iterable[Document], stream: BinaryIO) -> None:
    """Write the sentences of analysed documents; raises ValueError for a document without tokens."""
    stream.write(f"# global.columns = FORM XPOS {' '.join(LABELS)}\n".encode())
    for document in documents:
        for line in _lines(document):
            stream.write(encodable(line).encode() + b"\n")


def _lines(document: Document) -> Iterator[str]:
    if document.text.strip() and not document.tokens:
        raise ValueError(f"{document.id}: has no tokens, which CoNLL is made of; annotate the text first")
    tokens = [token for token in document.tokens if not token.text.isspace()]
    starts = [token.start for token in tokens]
    tags = {label: _tags(document, label, tokens, starts) for label in LABELS}
    for number, sentence in enumerate(document.sentences, 1):
        if number == 1:
            yield f"# newdoc id = {_on_one_line(document.id)}"
        yield f"# sent_id = {number}"
        yield f"# text = {_on_one_line(sentence.text)}"
        for at in range(bisect_left(starts, sentence.start), bisect_left(starts, sentence.end)):
            columns = (tokens[at].text, tokens[at].pos, *(tags[label][at] for label in LABELS))
            yield "\t".join(map(_on_one_line, columns))
        yield ""


def _tags(document: Document, label: str, tokens: list[Token], starts: list[int]) -> list[str]:
    """B-label, I-label or O for each token."""
    tags = ["O"] * len(tokens)
    for span in document.spans:
        if span.label == label:
            first, after = bisect_left(starts, span.start), bisect_left(starts, span.end)
            tags[first:after] = [f"I-{label}"] * (after - first)
            if first < after:
                tags[first] = f"B-{label}"
    return tags


def _on_one_line(text: str) -> str:
    return _SPACE.sub(" ", text)
