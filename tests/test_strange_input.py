"""What benchmarks/fuzz.py has found, each kind once: an error of ours, never one of Python's."""

from __future__ import annotations

from typing import Any

import pytest

from nlp_toolkit import Document
from nlp_toolkit.errors import InputError
from nlp_toolkit.read import READERS, content
from nlp_toolkit.read.options import ReadOptions

TEXT = "到2025年，建成100个平台。"
DATE = {"label": "DATE", "start": 1, "end": 6}
GOAL = {"label": "GOAL", "start": 0, "end": 9}

# (what is no document, what the message says)
NO_DOCUMENTS: list[tuple[Any, str]] = [
    ([], "not in the form of a document"),
    ({}, "'text' is missing"),
    ({"text": 3}, "its text is not a string"),
    ({"text": TEXT, "passages": 3}, "not in the form"),
    ({"text": TEXT, "passages": [{"start": 0}]}, "'end' is missing"),
    ({"text": TEXT, "passages": [{"start": 0, "end": 3, "themes": [{}]}]}, "'id' is missing"),
    ({"text": TEXT, "passages": [{"start": 0, "end": 3, "themes": [1]}]}, "not in the form"),
    ({"text": TEXT, "sentences": [0, 3]}, "not in the form"),
    ({"text": TEXT, "tokens": [[0, 3]]}, "not enough values"),
    ({"text": TEXT, "date": 2020}, "not in the form"),
    ({"text": TEXT, "date": "2020-13-01"}, "month must be in 1..12"),
    ({"text": TEXT, "spans": [{}]}, "'label' is missing"),
    ({"text": TEXT, "spans": [{"label": {}}]}, "unhashable"),
    ({"text": TEXT, "spans": [DATE | {"end": []}]}, "not in the form"),
    ({"text": TEXT, "spans": [DATE | {"attrs": {"start": 1}}]}, "not in the form"),
    ({"text": TEXT, "spans": [DATE | {"attrs": "2025"}]}, "not in the form"),
    ({"text": TEXT, "spans": [GOAL | {"attrs": {"quantities": [{}]}}]}, "'value' is missing"),
    ({"text": TEXT, "spans": [GOAL | {"attrs": {"quantities": [{"value": "2020-13-01"}]}}]}, "not a number"),
    ({"text": TEXT, "spans": [GOAL | {"attrs": {"evidence": [1], "score": 1}}]}, "not in the form"),
    ({"text": TEXT, "tasks": [{}]}, "'start' is missing"),
]


@pytest.mark.parametrize(("data", "message"), NO_DOCUMENTS)
def test_what_is_no_document_is_refused(data: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Document.from_dict(data)


# Bytes of which a reader made a text with nothing in it.
EMPTY = [b"\x84\x31\x95\x33", b"\xef\xbb\xbf", b"\xff\xfe\0\0", b"\xef\xbb\xbf \n"]


@pytest.mark.parametrize("data", EMPTY)
def test_a_mark_alone_is_no_text(data: bytes) -> None:
    (found,) = content(data, "a.txt", "a", ".txt", ReadOptions())
    assert isinstance(found, InputError)
    assert str(found) == "a.txt: is empty; there is nothing to annotate"


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.SUFFIXES[0])
def test_readers_raise_nothing(reader: Any) -> None:
    for data in (b"", b"\0", b"PK\x03\x04", b"%PDF-", b"PAR1", b"\xff" * 9, b"<", b"&#x110000;", *EMPTY):
        for found in reader.read(data, "a", "a", ReadOptions()):
            assert isinstance(found, InputError) or found.text.strip()
