"""JSON lines: one document a line, in the form that the gold files share."""

from __future__ import annotations

from collections.abc import Iterable
from typing import BinaryIO

from nlp_toolkit.document import Document


def write(documents: Iterable[Document], stream: BinaryIO) -> None:
    """Write each document as a line of JSON."""
    for document in documents:
        stream.write(document.to_json() + b"\n")
        stream.flush()
