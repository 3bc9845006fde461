"""spaCy's DocBin (https://spacy.io/api/docbin): what ``spacy train`` and ``DocBin().from_disk`` read.

Each Doc carries its document, which ``Document.from_spacy`` gives back. A DocBin is made in memory as a whole, so its
documents should fit there.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import BinaryIO

from nlp_toolkit.document import Document

_ATTRIBUTES = ["TAG", "ENT_IOB", "ENT_TYPE", "ENT_ID", "SENT_START"]


def write(documents: Iterable[Document], stream: BinaryIO) -> None:
    """Write analysed documents as one DocBin; raises ValueError for a document without tokens."""
    from spacy.tokens import DocBin

    binary = DocBin(attrs=_ATTRIBUTES, store_user_data=True)
    for document in documents:
        binary.add(document.to_spacy())
    stream.write(binary.to_bytes())
