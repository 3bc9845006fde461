"""What comes out: a Document and one frozen type per layer, always in the coordinates of the original text.

The attributes are those of the annotation guideline; ``to_dict`` gives the JSON form that the gold files share.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import date
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeVar, overload

import orjson

from nlp_toolkit.version import __version__

if TYPE_CHECKING:
    import pandas
    import polars
    import spacy.tokens
    import spacy.vocab

JSON = dict[str, Any]
Day = date  # for classes that have a field of that name
S = TypeVar("S", bound="Span")


def iso(day: date | None) -> str | None:
    """A day as ISO 8601, or None."""
    return day.isoformat() if day is not None else None


def from_iso(day: str | None) -> date | None:
    """The reverse of :func:`iso`."""
    return date.fromisoformat(day) if day is not None else None


def parse_day(value: str) -> date:
    """A day from ISO 8601 text.

    Raises ValueError, saying what is wanted, where it is none.

    >>> parse_day("2020-05-01")
    datetime.date(2020, 5, 1)
    """
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise ValueError(f"{value!r} is not a date; write a day as YYYY-MM-DD, such as 2020-05-01") from None


def plain_number(value: float) -> int | float:
    """A number as JSON shows it best: whole ones without a decimal point."""
    return int(value) if float(value).is_integer() else value


@dataclass(frozen=True, slots=True)
class Source:
    """A text as a reader delivers it: with its id, its date where known, and what else came with it."""

    text: str
    id: str = ""
    date: date | None = None
    title: str | None = None
    meta: JSON = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Token:
    """A word with its part of speech (jieba's tag set)."""

    start: int
    end: int
    text: str
    pos: str


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence without the white space around it."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Theme:
    """A theme of the codebook, with its probability and the character ranges that speak for it."""

    id: str
    score: float
    evidence: tuple[tuple[int, int], ...] = ()

    def to_dict(self) -> JSON:
        return {"id": self.id, "score": self.score, "evidence": [list(e) for e in self.evidence]}

    @classmethod
    def from_dict(cls, data: JSON | str) -> Theme:
        """Read a theme; gold may give the bare id."""
        if isinstance(data, str):
            return cls(data, 1.0)
        return cls(data["id"], data.get("score", 1.0), tuple((s, e) for s, e in data.get("evidence", ())))


@dataclass(frozen=True, slots=True)
class Passage:
    """A line of the text with its kind (see :mod:`nlp_toolkit.segment`), heading level (1 to 4) and themes."""

    start: int
    end: int
    text: str
    kind: str = "paragraph"
    level: int | None = None
    themes: tuple[Theme, ...] = ()

    def to_dict(self) -> JSON:
        data: JSON = {"start": self.start, "end": self.end, "kind": self.kind}
        if self.level is not None:
            data["level"] = self.level
        data["themes"] = [theme.to_dict() for theme in self.themes]
        return data


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number with its unit as written, comparator (= >= > <= < ~) and, for a change, its direction (up, down)."""

    value: float
    unit: str | None = None
    comparator: str = "="
    change: str | None = None

    def to_dict(self) -> JSON:
        data: JSON = {"value": plain_number(self.value), "unit": self.unit, "comparator": self.comparator}
        if self.change is not None:
            data["change"] = self.change
        return data

    @classmethod
    def from_dict(cls, data: JSON) -> Quantity:
        if not isinstance(data["value"], int | float):
            raise TypeError(f"a quantity's value is {data['value']!r}, not a number")
        return cls(data["value"], data.get("unit"), data.get("comparator") or "=", data.get("change"))


@dataclass(frozen=True, slots=True)
class Span:
    """A half-open range of the text with a label; ``text`` is always ``document.text[start:end]``."""

    label: ClassVar[str] = ""
    layer: ClassVar[str] = ""

    start: int
    end: int
    text: str

    def attrs(self) -> JSON:
        """The layer's attributes in their JSON form."""
        raise NotImplementedError

    @classmethod
    def parse(cls, attrs: JSON) -> JSON:
        """Constructor arguments from the JSON attributes; attributes of a newer version are passed over."""
        known = {f.name for f in fields(cls)} - {"start", "end", "text"}
        return {name: value for name, value in attrs.items() if name in known}

    def to_dict(self) -> JSON:
        return {"label": self.label, "start": self.start, "end": self.end, "text": self.text, "attrs": self.attrs()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided(Span):
    """A span that had to be decided on: how sure that is, and the character ranges that it rests on.

    ``score`` estimates the share of right ones among spans found on the same grounds; gold has none. Evidence may
    stand outside the span: a deadline that a heading gives to its list.
    """

    score: float | None = None
    evidence: tuple[tuple[int, int], ...] = ()

    def decision(self) -> JSON:
        """Score and evidence in their JSON form; nothing for gold."""
        if self.score is None:
            return {}
        return {"score": self.score, "evidence": [list(place) for place in self.evidence]}

    @staticmethod
    def parse_decision(attrs: JSON) -> JSON:
        """Constructor arguments from what :meth:`decision` gives."""
        return {"score": attrs.get("score"), "evidence": tuple((s, e) for s, e in attrs.get("evidence") or ())}


@dataclass(frozen=True, slots=True)
class Date(Span):
    """A time expression: first and last day covered, EDTF value, and role (point deadline since asof span)."""

    label: ClassVar[str] = "DATE"
    layer: ClassVar[str] = "dates"

    first_day: date | None = None
    last_day: date | None = None
    edtf: str | None = None
    role: str = "point"

    def attrs(self) -> JSON:
        return {"start": iso(self.first_day), "end": iso(self.last_day), "edtf": self.edtf, "role": self.role}

    @classmethod
    def parse(cls, attrs: JSON) -> JSON:
        return {
            "first_day": from_iso(attrs.get("start")),
            "last_day": from_iso(attrs.get("end")),
            "edtf": attrs.get("edtf"),
            "role": attrs.get("role") or "point",
        }


@dataclass(frozen=True, slots=True)
class Agency(Span):
    """A public authority: kind (named group generic), official name, level and role in its sentence.

    ``count`` is how many bodies a group says it has, ``named`` how many its list names (发改委、住建部等八部委: 8 and 2).
    ``body`` is the same number for all mentions of one named body in the document; see :meth:`Document.bodies`.
    """

    label: ClassVar[str] = "AGENCY"
    layer: ClassVar[str] = "agencies"

    kind: str = "named"
    canonical: str | None = None
    level: str | None = None
    role: str | None = None
    count: int | None = None
    named: int | None = None
    body: int | None = None

    def attrs(self) -> JSON:
        data: JSON = {"kind": self.kind, "canonical": self.canonical, "level": self.level, "role": self.role}
        for name in ("count", "named", "body"):
            if (value := getattr(self, name)) is not None:
                data[name] = value
        return data


@dataclass(frozen=True, slots=True)
class PolicyDocument(Span):
    """A policy document's title (with its doctype) or its document number (with issuer and year where it tells them).

    ``refers_to`` is the full title that a short one (《意见》) stands for.
    """

    label: ClassVar[str] = "DOCUMENT"
    layer: ClassVar[str] = "documents"

    doctype: str | None = None
    number: str | None = None
    issuer: str | None = None
    year: int | None = None
    refers_to: str | None = None

    def attrs(self) -> JSON:
        if self.number is not None:
            return {"number": self.number, "issuer": self.issuer, "year": self.year}
        data: JSON = {"doctype": self.doctype}
        if self.refers_to is not None:
            data["refers_to"] = self.refers_to
        return data


@dataclass(frozen=True, slots=True)
class Goal(Decided):
    """A result to be reached: the day it is due, its figures, and the thing measured."""

    label: ClassVar[str] = "GOAL"
    layer: ClassVar[str] = "goals"

    deadline: date | None = None
    quantities: tuple[Quantity, ...] = ()
    indicator: str | None = None

    def attrs(self) -> JSON:
        return {
            "deadline": iso(self.deadline),
            "quantities": [quantity.to_dict() for quantity in self.quantities],
            "indicator": self.indicator,
            **self.decision(),
        }

    @classmethod
    def parse(cls, attrs: JSON) -> JSON:
        return {
            "deadline": from_iso(attrs.get("deadline")),
            "quantities": tuple(Quantity.from_dict(q) for q in attrs.get("quantities") or ()),
            "indicator": attrs.get("indicator"),
            **cls.parse_decision(attrs),
        }


@dataclass(frozen=True, slots=True)
class Problem(Decided):
    """Something said to be wrong: reported, or guarded against; with the themes it belongs to."""

    label: ClassVar[str] = "PROBLEM"
    layer: ClassVar[str] = "problems"

    stance: str = "reported"
    themes: tuple[str, ...] = ()

    def attrs(self) -> JSON:
        return {"stance": self.stance, "themes": list(self.themes), **self.decision()}

    @classmethod
    def parse(cls, attrs: JSON) -> JSON:
        return {
            "stance": attrs.get("stance") or "reported",
            "themes": tuple(attrs.get("themes") or ()),
            **cls.parse_decision(attrs),
        }


@dataclass(frozen=True, slots=True)
class Measure(Span):
    """A quantity where it stands; ``base`` is what a change started from, ``canonical`` the quantity in its standard unit.

    ``subject`` is what it is said of where 分别 deals figures out (城市和县城分别达到65%和55%). An optional layer: it is found only where it is asked for.
    """

    label: ClassVar[str] = "QUANTITY"
    layer: ClassVar[str] = "quantities"

    quantity: Quantity = Quantity(0.0)
    canonical: Quantity | None = None
    base: float | None = None
    subject: str | None = None

    def attrs(self) -> JSON:
        data = self.quantity.to_dict()
        if self.base is not None:
            data["base"] = plain_number(self.base)
        if self.canonical is not None:
            data["canonical"] = {"value": plain_number(self.canonical.value), "unit": self.canonical.unit}
        if self.subject is not None:
            data["subject"] = self.subject
        return data

    @classmethod
    def parse(cls, attrs: JSON) -> JSON:
        canonical = attrs.get("canonical")
        return {
            "quantity": Quantity.from_dict(attrs),
            "canonical": replace(Quantity.from_dict(attrs), **canonical) if canonical else None,
            "base": attrs.get("base"),
            "subject": attrs.get("subject"),
        }


@dataclass(frozen=True, slots=True)
class Reference(Span):
    """A later mention, without 《》, of a document that the text names in full; an optional layer."""

    label: ClassVar[str] = "REFERENCE"
    layer: ClassVar[str] = "references"

    refers_to: str = ""

    def attrs(self) -> JSON:
        return {"refers_to": self.refers_to}


@dataclass(frozen=True, slots=True)
class Task(Span):
    """A measure that ends in a note of who does it: its text without the note, who leads, who takes part, until when.

    ``lead`` and ``participants`` are official names, or the words as written where there is none; ``deadline`` is the
    last day. Tasks are no spans of the text's annotation but stand apart, in :attr:`Document.tasks`.
    """

    label: ClassVar[str] = "TASK"
    layer: ClassVar[str] = "tasks"

    lead: tuple[str, ...] = ()
    participants: tuple[str, ...] = ()
    deadline: date | None = None

    def attrs(self) -> JSON:
        return {"lead": list(self.lead), "participants": list(self.participants), "deadline": iso(self.deadline)}

    @classmethod
    def parse(cls, attrs: JSON) -> JSON:
        return {
            "lead": tuple(attrs.get("lead") or ()),
            "participants": tuple(attrs.get("participants") or ()),
            "deadline": from_iso(attrs.get("deadline")),
        }

    def to_dict(self) -> JSON:
        return {"start": self.start, "end": self.end, "text": self.text, **self.attrs()}

    @classmethod
    def from_dict(cls, data: JSON, text: str) -> Task:
        """Read a task, checked against the text it stands in; raises ValueError where it does not fit."""
        return cls(*_checked(cls.label, data, text), **cls.parse(data))


@dataclass(frozen=True, slots=True)
class MentionedBody:
    """A named authority with all its mentions in a document and the roles it has there, each once."""

    canonical: str | None
    level: str | None
    mentions: tuple[Agency, ...]
    roles: tuple[str, ...]

    @property
    def name(self) -> str:
        """The official name, or the words of the first mention where there is none."""
        return self.canonical or self.mentions[0].text


@dataclass(frozen=True, slots=True)
class Frame:
    """What stands around the text of an official document (GB/T 9704): who sends what to whom, and when.

    issuers        official names of the issuing bodies, else as written
    number         document number as GB/T 9704 writes it
    title          without its line breaks
    addressees     as written, one an item
    signatures     the bodies or persons that sign, as written
    date           the day that the document is dated with
    adopted        the note under the title that says who adopted it and when
    attachments    their titles
    copies_to      抄送
    notes          附注: （此件公开发布）
    places         for each of these the ranges of the text that it was read from
    """

    issuers: tuple[str, ...] = ()
    number: str | None = None
    title: str | None = None
    addressees: tuple[str, ...] = ()
    signatures: tuple[str, ...] = ()
    date: Day | None = None
    adopted: str | None = None
    attachments: tuple[str, ...] = ()
    copies_to: tuple[str, ...] = ()
    secrecy: str | None = None
    urgency: str | None = None
    copy_number: str | None = None
    signers: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    printed_by: str | None = None
    printed_on: Day | None = None
    notes: tuple[str, ...] = ()
    places: Mapping[str, tuple[tuple[int, int], ...]] = field(default_factory=dict)

    def to_dict(self) -> JSON:
        """The parts that there are."""
        data: JSON = {}
        for part in fields(self):
            value = getattr(self, part.name)
            if not value or part.name == "places":
                continue
            data[part.name] = (
                list(value) if isinstance(value, tuple) else iso(value) if isinstance(value, date) else value
            )
        if self.places:
            data["places"] = {part: [list(place) for place in places] for part, places in self.places.items()}
        return data

    @classmethod
    def from_dict(cls, data: JSON) -> Frame:
        """The reverse of :meth:`to_dict`; parts of a newer version are passed over.

        >>> Frame.from_dict({"number": "国发〔2020〕9号", "date": "2020-05-01"}).date
        datetime.date(2020, 5, 1)
        """
        known = {part.name for part in fields(cls)}
        values: JSON = {name: tuple(v) if isinstance(v, list) else v for name, v in data.items() if name in known}
        values |= {name: from_iso(values[name]) for name in ("date", "printed_on") if name in values}
        places = data.get("places") or {}
        values["places"] = {part: tuple((s, e) for s, e in ranges) for part, ranges in places.items()}
        return cls(**values)


SPAN_TYPES: dict[str, type[Span]] = {
    cls.label: cls for cls in (Date, Agency, PolicyDocument, Goal, Problem, Measure, Reference)
}
THEMES = "themes"
FRAME = "frame"  # the key of ``Document.meta`` that holds the frame
LAYERS = (*(cls.layer for cls in SPAN_TYPES.values()), Task.layer, THEMES)
DEFAULT_LAYERS = tuple(layer for layer in LAYERS if layer not in (Measure.layer, Reference.layer))


@dataclass(frozen=True)
class Document:
    """An analysed text. Offsets count code points of ``text``, which is the source's text unchanged.

    Tokens tile the text, so only their ends and tags are kept; ``tokens`` and ``sentences`` make objects on request.

    >>> doc = Document("到2025年建成", spans=(Date(1, 6, "2025年", edtf="2025", role="deadline"),))
    >>> doc.dates[0].edtf
    '2025'
    >>> Document.from_dict(doc.to_dict()) == doc
    True
    """

    text: str
    id: str = ""
    title: str | None = None
    date: date | None = None
    script: str = "hans"
    passages: tuple[Passage, ...] = ()
    sentence_bounds: tuple[tuple[int, int], ...] = ()
    token_ends: tuple[int, ...] = ()
    token_tags: tuple[str, ...] = ()
    spans: tuple[Span, ...] = ()
    meta: JSON = field(default_factory=dict)
    version: str = __version__
    tasks: tuple[Task, ...] = ()

    @property
    def frame(self) -> Frame | None:
        """What stands around the text of an official document, from ``meta["frame"]``; None where there is nothing.

        >>> Document("正文", meta={"frame": {"number": "国发〔2020〕9号"}}).frame.number
        '国发〔2020〕9号'
        """
        data = self.meta.get(FRAME)
        return Frame.from_dict(data) if isinstance(data, dict) else None

    @cached_property
    def tokens(self) -> tuple[Token, ...]:
        """The words of the text, without gaps."""
        bounds = pairwise((0, *self.token_ends))
        return tuple(Token(s, e, self.text[s:e], pos) for (s, e), pos in zip(bounds, self.token_tags, strict=True))

    @cached_property
    def sentences(self) -> tuple[Sentence, ...]:
        """The sentences of the text, in order."""
        return tuple(Sentence(s, e, self.text[s:e]) for s, e in self.sentence_bounds)

    def of(self, span_type: type[S]) -> tuple[S, ...]:
        """The spans of one layer, in order."""
        return tuple(span for span in self.spans if isinstance(span, span_type))

    @property
    def dates(self) -> tuple[Date, ...]:
        return self.of(Date)

    @property
    def agencies(self) -> tuple[Agency, ...]:
        return self.of(Agency)

    @property
    def documents(self) -> tuple[PolicyDocument, ...]:
        return self.of(PolicyDocument)

    @property
    def quantities(self) -> tuple[Measure, ...]:
        return self.of(Measure)

    @property
    def references(self) -> tuple[Reference, ...]:
        return self.of(Reference)

    @property
    def goals(self) -> tuple[Goal, ...]:
        return self.of(Goal)

    @property
    def problems(self) -> tuple[Problem, ...]:
        return self.of(Problem)

    def bodies(self) -> tuple[MentionedBody, ...]:
        """The named authorities, each once, in the order of their first mentions.

        Gold, which has no ``body``, is counted by official name, and by the words where there is none.

        >>> mentions = Agency(0, 3, "住建部", canonical="住房和城乡建设部"), Agency(5, 8, "住建部", canonical="住房和城乡建设部")
        >>> [(body.name, len(body.mentions)) for body in Document("住建部印发,住建部", spans=mentions).bodies()]
        [('住房和城乡建设部', 2)]
        """
        mentions: dict[int | str, list[Agency]] = {}
        for agency in self.agencies:
            if agency.kind == "named":
                key = agency.canonical or agency.text if agency.body is None else agency.body
                mentions.setdefault(key, []).append(agency)
        return tuple(
            MentionedBody(
                next((one.canonical for one in found if one.canonical), None),
                next((one.level for one in found if one.level), None),
                tuple(found),
                tuple(dict.fromkeys(one.role for one in found if one.role)),
            )
            for found in mentions.values()
        )

    def to_dict(self) -> JSON:
        """The document's JSON form."""
        return self._to_dict(list(map(list, self.sentence_bounds)), list(map(list, self._token_table())))

    def _token_table(self) -> list[tuple[int, int, str]]:
        return list(zip((0, *self.token_ends), self.token_ends, self.token_tags, strict=False))

    def _to_dict(self, sentences: Sequence[object], tokens: Sequence[object]) -> JSON:
        return {
            "id": self.id,
            "title": self.title,
            "date": iso(self.date),
            "script": self.script,
            "text": self.text,
            "passages": [passage.to_dict() for passage in self.passages],
            "sentences": sentences,
            "tokens": tokens,
            "spans": [span.to_dict() for span in self.spans],
            "tasks": [task.to_dict() for task in self.tasks],
            "meta": self.meta,
            "version": self.version,
        }

    def to_json(self) -> bytes:
        """One line of JSON in UTF-8; a lone surrogate, which UTF-8 cannot hold, is written as an escape."""
        data = self._to_dict(list(self.sentence_bounds), self._token_table())
        try:
            return orjson.dumps(data)
        except TypeError:
            return json.dumps(data, separators=(",", ":")).encode("ascii")

    @classmethod
    def from_dict(cls, data: JSON) -> Document:
        """Read the JSON form back, gold included (there, themes may be bare ids and tokens may be missing).

        Raises ValueError where the data is no document: a part is missing or of another type, a span's text is not the
        text at its offsets, a label is unknown.
        """
        try:
            return cls._of(data)
        except KeyError as error:
            raise ValueError(f"{error} is missing") from None
        except (TypeError, AttributeError) as error:
            raise ValueError(f"is not in the form of a document ({error})") from None

    @classmethod
    def _of(cls, data: JSON) -> Document:
        text = data["text"]
        if not isinstance(text, str):
            raise TypeError("its text is not a string")
        tokens = data.get("tokens") or []
        return cls(
            text=text,
            id=data.get("id", ""),
            title=data.get("title"),
            date=from_iso(data.get("date")),
            script=data.get("script", "hans"),
            passages=tuple(
                Passage(
                    p["start"],
                    p["end"],
                    text[p["start"] : p["end"]],
                    p.get("kind", "paragraph"),
                    p.get("level"),
                    tuple(Theme.from_dict(t) for t in p.get("themes", ())),
                )
                for p in data.get("passages", ())
            ),
            sentence_bounds=tuple((s, e) for s, e in data.get("sentences", ())),
            token_ends=tuple(e for _, e, _ in tokens),
            token_tags=tuple(pos for _, _, pos in tokens),
            spans=tuple(read_span(span, text) for span in data.get("spans", ())),
            tasks=tuple(Task.from_dict(task, text) for task in data.get("tasks", ())),
            meta=data.get("meta") or {},
            version=data.get("version", __version__),
        )

    @overload
    def to_frame(self, layer: str, library: Literal["pandas"] = "pandas") -> pandas.DataFrame: ...

    @overload
    def to_frame(self, layer: str, library: Literal["polars"]) -> polars.DataFrame: ...

    def to_frame(self, layer: str, library: str = "pandas") -> pandas.DataFrame | polars.DataFrame:
        """One layer as a table, a row a span or a theme, with the sentence around it (see :data:`LAYERS`).

        Parameters
        ----------
        layer
            The layer; its columns are there even when nothing was found.
        library
            ``pandas``, whose cells hold the values as they are here, or ``polars``, whose columns have types: a quantity
            or a range of characters is a struct there.

        Raises
        ------
        ValueError
            For an unknown layer or library.
        ImportError
            Where the library is not installed.
        """
        from nlp_toolkit.write.frames import frame

        return frame(self, layer, library)

    def _repr_html_(self) -> str:
        """The document as a notebook shows it; see :func:`nlp_toolkit.write.highlights.snippet`."""
        from nlp_toolkit.write.highlights import snippet

        return snippet(self)

    def to_spacy(self, vocab: spacy.vocab.Vocab | None = None) -> spacy.tokens.Doc:
        """The document as a spaCy Doc; see :func:`nlp_toolkit.spacy.to_spacy`."""
        from nlp_toolkit.spacy import to_spacy

        return to_spacy(self, vocab)

    @staticmethod
    def from_spacy(doc: spacy.tokens.Doc) -> Document:
        """The document of a spaCy Doc; see :func:`nlp_toolkit.spacy.from_spacy`."""
        from nlp_toolkit.spacy import from_spacy

        return from_spacy(doc)


def read_span(data: JSON, text: str) -> Span:
    """A span from its JSON form, checked against the text it stands in.

    >>> read_span({"label": "DATE", "start": 0, "end": 5, "attrs": {"edtf": "2025"}}, "2025年建成").text
    '2025年'
    """
    label = data["label"]
    if label not in SPAN_TYPES:
        raise ValueError(f"unknown label {label!r}; there are {', '.join(SPAN_TYPES)}")
    span_type = SPAN_TYPES[label]
    span = span_type(*_checked(label, data, text), **span_type.parse(data.get("attrs") or {}))
    if isinstance(span, Decided) and not all(0 <= first < last <= len(text) for first, last in span.evidence):
        place = f"{label} at {span.start}-{span.end}"
        raise ValueError(f"{place} has evidence outside the text of {len(text)} characters, or empty")
    return span


def _checked(label: str, data: JSON, text: str) -> tuple[int, int, str]:
    """Start, end and text of something that stands in a text; raises ValueError where it does not."""
    start, end = data["start"], data["end"]
    if not 0 <= start < end <= len(text):
        raise ValueError(f"{label} at {start}-{end} lies outside the text of {len(text)} characters, or is empty")
    if data.get("text", text[start:end]) != text[start:end]:
        raise ValueError(f"{label} at {start}-{end} is {text[start:end]!r} in the text, not {data['text']!r}")
    return start, end, text[start:end]
