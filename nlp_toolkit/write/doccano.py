"""doccano's JSONL for sequence labelling (https://github.com/doccano/doccano), and back.

A line: ``{"text": …, "label": [[start, end, label], …]}`` and columns that doccano keeps as they are. The project must
allow overlapping spans. doccano has no place for values.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import BinaryIO

import orjson

from nlp_toolkit.document import JSON, Document
from nlp_toolkit.errors import InputError
from nlp_toolkit.write.marks import Exported, Mark, marks, origin
from nlp_toolkit.write.safe import encodable


def write(documents: Iterable[Document], stream: BinaryIO) -> None:
    """Write each document as a line to import into doccano."""
    for document in documents:
        label = [[mark.start, mark.end, mark.label] for mark in marks(document)]
        stream.write(orjson.dumps({"text": encodable(document.text), "label": label} | origin(document)) + b"\n")


def read(data: bytes, name: str) -> Iterator[Exported | InputError]:
    """The texts of an export, with labels as triples or, from projects with relations, as entities."""
    for number, line in enumerate(data.split(b"\n"), 1):
        place = f"{name}, line {number}"
        if line.strip():
            try:
                yield _read(orjson.loads(line), place)
            except (ValueError, TypeError, KeyError, AttributeError) as error:
                yield InputError(f"{place}: is no document of doccano's ({error}); export it as JSONL")


def _read(record: JSON, place: str) -> Exported:
    text = record["text"]
    if not isinstance(text, str):
        raise ValueError("its text is no string")
    kept = {"document": record.get("document", record.get("id", place)), **{n: record.get(n) for n in ("title", "date", "meta")}}  # fmt: skip
    exported = Exported(place, text, kept)
    if "entities" in record:
        triples = [(entity["start_offset"], entity["end_offset"], entity["label"]) for entity in record["entities"]]
    else:
        triples = record.get("label", record.get("labels")) or []
    for triple in triples:
        match triple:
            case [int(start), int(end), str(label)] | (int(start), int(end), str(label)):
                exported.marks.append(Mark(start, end, label))
            case _:
                exported.misfits.append(f"{triple!r} is left out: a label is [start, end, label]")
    for what in ("relations", "Comments"):
        if record.get(what):
            exported.misfits.append(f"{len(record[what])} {what.lower()} are left out: gold has none")
    return exported
