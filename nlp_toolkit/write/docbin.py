"""spaCy's DocBin (https://spacy.io/api/docbin): what ``spacy train`` and ``DocBin().from_disk`` read.

A DocBin is made in memory as a whole, so its documents should fit there.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import BinaryIO

import orjson

from nlp_toolkit.document import JSON, Document
from nlp_toolkit.write.safe import as_json, encodable

DATA_KEY = "policy"  # of the Doc's user data: the document's JSON form without its text, tokens and sentences


def write(documents: Iterable[Document], stream: BinaryIO) -> None:
    """Write analysed documents as one DocBin; raises ValueError for a document without tokens."""
    from spacy.tokens import DocBin

    binary = DocBin(attrs=["TAG", "ENT_IOB", "ENT_TYPE", "SENT_START"], store_user_data=True)
    for document in documents:
        if document.text and not document.tokens:
            raise ValueError(f"{document.id}: has no tokens, which a Doc is made of; annotate the text first")
        doc = replace(document, text=encodable(document.text)).to_spacy()
        doc.user_data[DATA_KEY] = _data(document)
        binary.add(doc)
    stream.write(binary.to_bytes())


def _data(document: Document) -> JSON:
    data = document.to_dict()
    kept = {name: data[name] for name in ("id", "title", "date", "script", "passages", "spans", "meta", "version")}
    encoded: JSON = orjson.loads(as_json(kept))
    return encoded
