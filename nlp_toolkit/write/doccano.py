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
from nlp_toolkit.write.safe import as_json


def write(documents: Iterable[Document], stream: BinaryIO) -> None:
    """Write each document as a line to import into doccano."""
    for document in documents:
        label = [[mark.start, mark.end, mark.label] for mark in marks(document)]
        stream.write(as_json({"text": document.text, "label": label} | origin(document)) + b"\n")


def read(data: bytes, name: str) -> Iterator[Exported | InputError]:
    """The texts of an export, with labels as triples or, from projects with relations, as entities."""
    if not data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        yield InputError(f"{name}: is no export of brat's (a folder), doccano's (JSONL) or Label Studio's (JSON)")
        return
    for number, line in enumerate(data.removeprefix(b"\xef\xbb\xbf").split(b"\n"), 1):
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
    column = next((name for name in ("entities", "label", "labels") if name in record), None)
    if column is None:
        raise ValueError("it has neither label nor entities")
    kept = {name: record.get(name) for name in ("title", "date", "meta")}
    exported = Exported(place, text, kept | {"document": record.get("document", record.get("id", place))})
    for label in record[column] or ():
        match label:
            case [int(start), int(end), str(name)] | {
                "start_offset": int(start),
                "end_offset": int(end),
                "label": str(name),
            }:
                exported.marks.append(Mark(start, end, name))
            case _:
                exported.misfits.append(f"{label!r} is left out: it is no range with a label")
    for what in ("relations", "Comments"):
        if record.get(what):
            exported.misfits.append(f"{len(record[what])} {what.lower()} are left out: gold has none")
    return exported
