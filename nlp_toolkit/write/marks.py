"""What annotation tools share: a document as marks (ranges with a label and values), and gold from marks.

A passage's theme is a mark over the passage, labelled ``THEME-`` and its id. Values are those of the annotation guideline.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

import orjson

from nlp_toolkit.document import JSON, SPAN_TYPES, Agency, Date, Document, PolicyDocument, iso, read_span
from nlp_toolkit.normalize import normalize, script_of
from nlp_toolkit.segment import passages
from nlp_toolkit.write.safe import as_json

THEME = "THEME-"
THEMES_ONLY = ["themes"]  # ``meta["layers"]`` of gold that says nothing about spans
_NEVER_OVERLAP = {Date.label, Agency.label, PolicyDocument.label}

# What the analyzer says of its own decision, and what follows from other values, is no value to correct; gold lacks it.
_DERIVED = ("score", "evidence", "named", "body")
# How a tool can show an attribute: as one of some values, as text, or as JSON.
Form = tuple[str, ...] | Literal["text", "json"]
ATTRIBUTES: dict[str, dict[str, Form]] = {
    "DATE": {
        "role": ("point", "deadline", "since", "asof", "span"),
        "start": "text",
        "end": "text",
        "edtf": "text",
    },
    "AGENCY": {
        "kind": ("named", "group", "generic"),
        "level": ("central", "provincial", "municipal", "county", "township"),
        "role": ("issuer", "lead", "participant", "approver"),
        "canonical": "text",
        "count": "json",
    },
    "DOCUMENT": {"doctype": "text", "number": "text", "issuer": "text", "year": "json", "refers_to": "text"},
    "GOAL": {"deadline": "text", "indicator": "text", "quantities": "json"},
    "PROBLEM": {"stance": ("reported", "guarded"), "themes": "json"},
    "QUANTITY": {
        "value": "json",
        "unit": "text",
        "comparator": ("=", ">=", ">", "<=", "<", "~"),
        "change": ("up", "down"),
        "base": "json",
        "canonical": "json",
        "subject": "text",
    },
    "REFERENCE": {"refers_to": "text"},
}


def form_of(label: str, attribute: str) -> Form:
    """How to show an attribute; one that is not known here is JSON, which holds everything.

    >>> form_of("PROBLEM", "stance"), form_of("GOAL", "quantities")
    (('reported', 'guarded'), 'json')
    """
    return ATTRIBUTES.get(label, {}).get(attribute, "json")


def spelled(value: Any, form: Form) -> str:
    """An attribute's value as text; :func:`understood` is the reverse."""
    return as_json(value).decode() if form == "json" else str(value)


def understood(text: str, form: Form) -> Any:
    """The value that a text stands for; raises ValueError where it is not JSON and should be."""
    return orjson.loads(text) if form == "json" else text


@dataclass(frozen=True, slots=True)
class Mark:
    """A range of the text with a label and the values that are known."""

    start: int
    end: int
    label: str
    attrs: JSON = field(default_factory=dict)


def marks(document: Document) -> list[Mark]:
    """The spans and themes of a document in reading order, without values that are not known.

    >>> from nlp_toolkit.document import Date
    >>> marks(Document("到2025年", spans=(Date(1, 6, "2025年", edtf="2025"),)))
    [Mark(start=1, end=6, label='DATE', attrs={'edtf': '2025', 'role': 'point'})]
    """
    found = [Mark(span.start, span.end, span.label, _of_gold(span.attrs())) for span in document.spans]
    for passage in document.passages:
        start, end = _without_space(document.text, passage.start, passage.end)
        found += (Mark(start, end, THEME + theme.id) for theme in passage.themes)
    return sorted(found, key=lambda mark: (mark.start, -mark.end, mark.label))


def known(attrs: JSON) -> JSON:
    """The attributes that have a value."""
    return {name: value for name, value in attrs.items() if value not in (None, [])}


def _of_gold(attrs: JSON) -> JSON:
    """The attributes that have a value and that gold has too."""
    return {name: value for name, value in known(attrs).items() if name not in _DERIVED}


def _without_space(text: str, start: int, end: int) -> tuple[int, int]:
    part = text[start:end]
    return start + len(part) - len(part.lstrip()), end - len(part) + len(part.rstrip())


def origin(document: Document) -> JSON:
    """What a tool has to keep about a document so that it finds its way back; always with the same keys."""
    kept = {n: v for n, v in document.meta.items() if isinstance(v, str | int | float) or v == THEMES_ONLY}
    return {"document": document.id, "title": document.title, "date": iso(document.date), "meta": kept}


@dataclass(slots=True)
class Exported:
    """A text as a tool exports it: its name for messages, its origin, its marks, and what of it gold has no place for."""

    name: str
    text: str
    origin: JSON
    marks: list[Mark] = field(default_factory=list)
    misfits: list[str] = field(default_factory=list)


def gold(exported: Exported) -> JSON:
    """A line of gold (see corpora/README.md) from an exported text and its marks.

    A mark that gold cannot hold is left out and told in ``exported.misfits``. Raises ValueError for a text without a
    character in it or an origin that cannot be.

    >>> marks = [Mark(1, 6, "DATE"), Mark(7, 9, "THEME-waste"), Mark(7, 9, "PERSON")]
    >>> exported = Exported("a", "到2025年\\n建成", {"document": "a"}, marks)
    >>> line = gold(exported)
    >>> line["passages"], line["spans"][0]["text"]
    ([{'start': 0, 'end': 6, 'themes': []}, {'start': 7, 'end': 9, 'themes': ['waste']}], '2025年')
    >>> exported.misfits
    ["PERSON at 7-9 is left out: unknown label 'PERSON'; there are DATE, AGENCY, ..."]
    """
    text = exported.text
    if not text.strip():
        raise ValueError("has no text")
    normalized = normalize(text)
    bounds = [normalized.alignment.to_source(line.start, line.end) for line in passages(normalized.text)]
    lines: list[JSON] = [{"start": start, "end": end, "themes": []} for start, end in bounds]
    spans = _Spans(text)
    for mark in exported.marks:
        try:
            if mark.label.startswith(THEME):
                _add_theme(mark, text, lines)
            else:
                spans.add(mark)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            reason = (
                error
                if isinstance(error, ValueError)
                else f"its values are missing or not in the form of gold's ({error})"
            )
            exported.misfits.append(f"{mark.label} at {mark.start}-{mark.end} is left out: {reason}")
    return _record(text, lines, spans.found, exported.origin)


def _add_theme(mark: Mark, text: str, lines: list[JSON]) -> None:
    """Give the theme to every passage that the mark touches."""
    if not 0 <= mark.start < mark.end <= len(text):
        raise ValueError(f"it lies outside the text of {len(text)} characters, or is empty")
    theme = mark.label.removeprefix(THEME)
    for line in lines:
        if mark.start < line["end"] and line["start"] < mark.end and theme not in line["themes"]:
            line["themes"].append(theme)


class _Spans:
    """The spans of a text that gold can hold."""

    def __init__(self, text: str) -> None:
        self.found: list[JSON] = []
        self._text = text
        self._seen: set[tuple[str, int, int]] = set()
        self._covered: set[int] = set()  # characters of labels that never overlap

    def add(self, mark: Mark) -> None:
        """Take a mark; raises ValueError with the reason why it cannot be taken."""
        place = (mark.label, mark.start, mark.end)
        span = read_span({"label": mark.label, "start": mark.start, "end": mark.end, "attrs": mark.attrs}, self._text)
        for name, value in mark.attrs.items():
            form = form_of(mark.label, name)
            if isinstance(form, tuple) and value not in form:
                raise ValueError(f"its {name} is {value!r}; there are {', '.join(form)}")
        if place in self._seen:
            raise ValueError("it stands there twice")
        if mark.label in _NEVER_OVERLAP:
            if not self._covered.isdisjoint(range(mark.start, mark.end)):
                raise ValueError("it overlaps another DATE, AGENCY or DOCUMENT; keep one of them")
            self._covered.update(range(mark.start, mark.end))
        self._seen.add(place)
        self.found.append(span.to_dict())


def _record(text: str, lines: list[JSON], spans: list[JSON], origin: JSON) -> JSON:
    meta = origin.get("meta") or {}
    record: JSON = {"id": str(origin["document"])}
    if origin.get("title"):
        record["title"] = origin["title"]
    record["date"] = origin.get("date") or None
    record |= {name: meta[name] for name in ("genre", "split") if name in meta}
    record |= {"script": script_of(text), "text": text, "passages": lines}
    if spans or meta.get("layers") != THEMES_ONLY:
        record["spans"] = sorted(spans, key=lambda span: (span["start"], -span["end"], span["label"]))
    Document.from_dict(record)  # raises ValueError for a date that is none
    return record


def labels(themes: Iterable[str]) -> list[str]:
    """Every label that a tool has to know, those of the themes last."""
    return [*SPAN_TYPES, *(THEME + theme for theme in themes)]
