"""Reads gold: documents in JSON lines, checked so that a slip is named with its line."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import orjson

from nlp_toolkit.document import JSON, Document
from nlp_toolkit.errors import DataError

HELD_OUT = "test"  # the split of gold that no model is trained on


def read_gold(path: str | Path, themes: Collection[str] | None = None) -> list[Document]:
    """The gold documents of a file in JSON lines; those without ``spans`` are annotated with themes only.

    Such a document has ``meta["layers"] == ["themes"]``. With ``themes``, others are refused.

    Raises
    ------
    DataError
        Naming file and line, where a line is not gold: no JSON, no text, offsets outside the text, a quoted text that
        is not the text at its offsets, an unknown label or theme.
    """
    try:
        lines = Path(path).read_bytes().split(b"\n")
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}); check the name") from None
    documents = []
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                documents.append(_gold(orjson.loads(line), themes))
            except KeyError as error:
                raise DataError(f"{path}, line {number}: {error} is missing; see the gold form in the docs") from None
            except (ValueError, TypeError, AttributeError) as error:
                raise DataError(f"{path}, line {number}: {error}; mend the line or leave it out") from None
    if not documents:
        raise DataError(f"{path}: has no documents; gold holds one a line")
    return documents


def _gold(record: JSON, themes: Collection[str] | None) -> Document:
    if not isinstance(record, dict):
        raise ValueError("is not an object")
    for passage in record.get("passages", ()):
        if not 0 <= passage["start"] < passage["end"] <= len(record["text"]):
            raise ValueError(f"a passage at {passage['start']}-{passage['end']} lies outside the text")
    meta: JSON = {name: record[name] for name in ("genre", "split") if name in record}
    if "spans" not in record:
        meta["layers"] = ["themes"]
    document = Document.from_dict(record | {"meta": meta})
    used = {theme.id for passage in document.passages for theme in passage.themes}
    used |= {theme for problem in document.problems for theme in problem.themes}
    if themes is not None and used - set(themes):
        raise ValueError(f"theme {min(used - set(themes))!r} is not in the codebook")
    return document
