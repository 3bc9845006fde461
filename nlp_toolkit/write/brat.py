"""brat's standoff format (https://brat.nlplab.org/standoff.html), and back: a .txt and an .ann a document.

Values of a fixed set are attributes, the others stand as JSON in the mark's note. ``annotation.conf`` tells brat the labels
and attributes; ``documents.jsonl``, which brat passes over, keeps ids and dates.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import TypeGuard

import orjson

from nlp_toolkit.classify.codebook import Codebook
from nlp_toolkit.document import JSON, Document
from nlp_toolkit.errors import InputError
from nlp_toolkit.write.marks import ATTRIBUTES, Exported, Form, Mark, form_of, labels, marks, origin
from nlp_toolkit.write.safe import FileNames, as_json, encodable

ORIGINS = "documents.jsonl"
_NOTE = "AnnotatorNotes"
# What ends a line for brat, which reads .ann files with Python's str.splitlines.
_LINE_ENDS = re.compile("[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]+")
_OTHERS = {"R": "relations", "E": "events", "N": "normalizations", "*": "equivalences"}


def write(documents: Iterable[Document], folder: Path) -> None:
    """Write the documents and brat's configuration into the folder.

    Raises ValueError for a span of line ends only, which brat cannot hold.
    """
    names, used = FileNames(), set(labels(Codebook.load().ids))
    with open(folder / ORIGINS, "wb") as origins:
        for document in documents:
            name, found = names.of(document.id), marks(document)
            used |= {mark.label for mark in found}
            (folder / f"{name}.txt").write_bytes(encodable(document.text).encode())
            (folder / f"{name}.ann").write_bytes("".join(_lines(document, found)).encode())
            origins.write(as_json({"file": name} | origin(document)) + b"\n")
    (folder / "annotation.conf").write_text(configuration(used), encoding="utf-8")


def configuration(used: Iterable[str]) -> str:
    """The annotation.conf for these labels.

    >>> print(configuration(["PROBLEM"]))
    [entities]
    PROBLEM
    <BLANKLINE>
    [relations]
    [events]
    [attributes]
    PROBLEM_stance	Arg:PROBLEM, Value:reported|guarded
    <BLANKLINE>
    """
    used = sorted(used)
    attributes = [
        f"{label}_{name}\tArg:{label}, Value:{'|'.join(form)}"
        for label in used
        for name, form in ATTRIBUTES.get(label, {}).items()
        if _is_plain(form)
    ]
    return "\n".join(["[entities]", *used, "", "[relations]", "[events]", "[attributes]", *attributes, ""])


def _is_plain(form: Form) -> TypeGuard[tuple[str, ...]]:
    """Whether an attribute has a few values that brat's configuration can hold, which are words; >= is none."""
    return isinstance(form, tuple) and all(value.isalpha() for value in form)


def _lines(document: Document, found: list[Mark]) -> Iterator[str]:
    attribute = 0
    for number, mark in enumerate(found, 1):
        fragments = list(_fragments(document.text, mark.start, mark.end))
        if not fragments:
            raise ValueError(f"{document.id}: {mark.label} at {mark.start}-{mark.end} is only line ends, which brat cannot hold")  # fmt: skip
        places = ";".join(f"{start} {end}" for start, end in fragments)
        text = " ".join(document.text[start:end] for start, end in fragments)
        yield f"T{number}\t{mark.label} {places}\t{encodable(text)}\n"
        rest = {}
        for name, value in mark.attrs.items():
            form = form_of(mark.label, name)
            if _is_plain(form) and value in form:
                attribute += 1
                yield f"A{attribute}\t{mark.label}_{name} T{number} {value}\n"
            else:
                rest[name] = value
        if rest:
            note = _LINE_ENDS.sub(_escaped, as_json(rest).decode())
            yield f"#{number}\t{_NOTE} T{number}\t{note}\n"


def _escaped(ends: re.Match[str]) -> str:
    """Line ends as JSON may write them too."""
    return "".join(f"\\u{ord(char):04x}" for char in ends.group())


def _fragments(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The parts of a range that stand on one line each; brat holds several as a discontinuous mark."""
    for match in _LINE_ENDS.finditer(text, start, end):
        if start < match.start():
            yield start, match.start()
        start = match.end()
    if start < end:
        yield start, end


def read(text: bytes, annotations: bytes, name: str, kept: JSON) -> Exported | InputError:
    """A document from its two files; ``kept`` is its line of documents.jsonl, or the file's name as ``document``."""
    try:
        exported = Exported(f"{name}.ann", text.decode("utf-8"), kept)
        lines = annotations.decode("utf-8").replace("\r\n", "\n").split("\n")
    except UnicodeDecodeError as error:
        return InputError(f"{name}: is not UTF-8 ({error.reason} at byte {error.start}); brat's files are")
    found: dict[str, Mark] = {}
    others: Counter[str] = Counter()
    for line in lines:
        kind = line[:1]
        if kind in _OTHERS:
            others[_OTHERS[kind]] += 1
        elif kind == "T":
            _read_mark(line, exported, found)
    for line in lines:
        if line[:1] in ("A", "M", "#"):
            _read_value(line, exported, found)
        elif line.strip() and line[:1] != "T" and line[:1] not in _OTHERS:
            exported.misfits.append(f"{line!r} is left out: it is no line of brat's")
    exported.misfits += [f"{count} {what} are left out: gold has none" for what, count in sorted(others.items())]
    exported.marks = list(found.values())
    return exported


def _read_mark(line: str, exported: Exported, found: dict[str, Mark]) -> None:
    match = re.fullmatch(r"(T\S*)\t(\S+) (\d+ \d+(?:;\d+ \d+)*)(?:\t(.*))?", line, re.DOTALL)
    if match is None:
        exported.misfits.append(f"{line!r} is left out: it is no mark of brat's")
        return
    key, label, places, quoted = match.groups()
    bounds = [tuple(map(int, place.split())) for place in places.split(";")]
    text = exported.text
    gaps = [text[end:start] for (_, end), (start, _) in pairwise(bounds)]
    if any(gap.strip() for gap in gaps):
        exported.misfits.append(f"{key} ({label}) is left out: it is discontinuous, and gold's spans are not")
    elif quoted is not None and quoted != " ".join(text[start:end] for start, end in bounds):
        exported.misfits.append(f"{key} ({label}) is left out: {quoted!r} is not what stands at {places} in the .txt")
    else:
        found[key] = Mark(bounds[0][0], bounds[-1][1], label)


def _read_value(line: str, exported: Exported, found: dict[str, Mark]) -> None:
    """Give the mark that a line of an attribute or a note is about its values."""
    match line.split("\t"):
        case [_, about, note] if line.startswith("#"):
            kind, _, target = about.partition(" ")
            if target in found and kind == _NOTE and note.startswith("{"):
                try:
                    found[target].attrs.update(orjson.loads(note))
                    return
                except ValueError:
                    pass
            reason = "a note that is not our JSON"
        case [_, about]:
            name, _, rest = about.partition(" ")
            target, _, value = rest.partition(" ")
            mark = found.get(target)
            if mark is not None and name.startswith(f"{mark.label}_") and value:
                mark.attrs[name.removeprefix(f"{mark.label}_")] = value
                return
            reason = "an attribute that is not its mark's"
        case _:
            reason = "no line of brat's"
    exported.misfits.append(f"{line!r} is left out: it is {reason}")
