"""What goes wrong, the most frequent first, with examples: missed, false, wrong bounds, label or value, themes confused."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from nlp_toolkit.document import (
    JSON,
    Agency,
    Date,
    Decided,
    Document,
    Goal,
    Problem,
    Quantity,
    Span,
    Theme,
    iso,
    plain_number,
)
from nlp_toolkit.evaluate.scores import label_of, paired, spans_by_label, themes_by_passage, values_agree

NONE = "-"  # what stands for no label or theme
KINDS = {
    "missed": "in gold, not found",
    "false": "found, not in gold",
    "bounds": "found where gold has one, with less than half in common",
    "label": "found under another label",
    "value": "found with another value",
    "theme": "passages given another theme, none, or one too many",
}
_EXAMPLES = 3
_AROUND, _LONGEST = 12, 60  # characters shown around and of a span


@dataclass(frozen=True, slots=True)
class Example:
    """A place where it went wrong: in which document, its text and what stands around it, and both values."""

    document: str
    start: int
    end: int
    before: str
    text: str
    after: str
    gold: str = ""
    predicted: str = ""
    score: float | None = None

    def to_dict(self) -> JSON:
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


@dataclass(slots=True)
class Confusion:
    """One way to go wrong: its kind (see KINDS), what gold says, what was predicted, and how often."""

    kind: str
    gold: str
    predicted: str
    count: int = 0
    examples: list[Example] = field(default_factory=list)

    def to_dict(self) -> JSON:
        return {
            "kind": self.kind,
            "gold": self.gold,
            "predicted": self.predicted,
            "count": self.count,
            "examples": [example.to_dict() for example in self.examples],
        }


def confusions(compared: Iterable[tuple[Document, Document]]) -> list[Confusion]:
    """All confusions of documents with what was predicted for them, the most frequent first.

    Of the examples of false spans and themes those with the highest scores are kept, of others the first.

    >>> gold = Document("2025年", "a", spans=(Date(0, 5, "2025年", edtf="2025"),))
    >>> [(c.kind, c.gold, c.predicted, c.count) for c in confusions([(gold, Document("2025年", "a"))])]
    [('missed', 'DATE', '-', 1)]
    """
    found: dict[tuple[str, str, str], Confusion] = {}
    for gold, predicted in compared:
        for places in (_of_spans, _of_themes):
            for kind, wanted, got, example in places(gold, predicted):
                one = found.setdefault((kind, wanted, got), Confusion(kind, wanted, got))
                one.count += 1
                if example.text not in {other.text for other in one.examples}:
                    one.examples.append(example)
                    one.examples.sort(key=lambda other: -(other.score or 0))
                    del one.examples[_EXAMPLES:]
    return sorted(found.values(), key=lambda one: (-one.count, one.kind, one.gold, one.predicted))


Place = tuple[str, str, str, Example]


def _of_spans(gold: Document, predicted: Document) -> Iterator[Place]:
    missed: list[Span] = []
    false: list[Span] = []
    for label, (wanted, got) in spans_by_label(gold, predicted).items():
        pairs = paired(wanted, got)
        for one, other in pairs:
            if not values_agree(one, other):
                was, is_now = _difference(one, other)
                yield "value", label + was, label + is_now, _example(gold, one, one, other)
        hit = {id(span) for pair in pairs for span in pair}
        missed += [span for span in wanted if id(span) not in hit]
        false += [span for span in got if id(span) not in hit]
    for kind, pairs in (("label", paired(missed, false)), ("bounds", _touching(missed, false))):
        for one, other in pairs:
            if one in missed and other in false:
                missed.remove(one)
                false.remove(other)
                yield kind, label_of(one), label_of(other), _example(gold, one, one, other)
    for span in missed:
        yield "missed", label_of(span), NONE, _example(gold, span, span, None)
    for span in false:
        yield "false", NONE, label_of(span), _example(gold, span, None, span)


def _touching(missed: list[Span], false: list[Span]) -> list[tuple[Span, Span]]:
    return [
        (one, other)
        for one in missed
        for other in false
        if label_of(one) == label_of(other) and one.start < other.end and other.start < one.end
    ]


def _of_themes(gold: Document, predicted: Document) -> Iterator[Place]:
    for passage, themes in themes_by_passage(gold, predicted):
        wanted, got = {theme.id for theme in passage.themes}, {theme.id: theme for theme in themes}
        missed, false = sorted(wanted - got.keys()), sorted(got.keys() - wanted)
        for one in missed or ([NONE] if false else []):
            for other in false or [NONE]:
                score = got[other].score if other in got else None
                text = printable(shortened(passage.text.strip()))
                all_gold, all_got = " ".join(sorted(wanted)) or NONE, " ".join(map(_scored, themes)) or NONE
                example = Example(
                    printable(gold.id), passage.start, passage.end, "", text, "", all_gold, all_got, score
                )
                yield "theme", one, other, example


def _scored(theme: Theme) -> str:
    return f"{theme.id} {theme.score:.2f}"


def _difference(gold: Span, predicted: Span) -> tuple[str, str]:
    """What differs between two values: stances and kinds by name, others by the attribute alone."""
    if isinstance(gold, Problem) and isinstance(predicted, Problem):
        return f" {gold.stance}", f" {predicted.stance}"
    if isinstance(gold, Agency) and isinstance(predicted, Agency):
        if gold.kind != predicted.kind and "group" in (gold.kind, predicted.kind):
            return f" {gold.kind}", f" {predicted.kind}"
        return "", " of another count" if gold.kind == "group" else " with another name"
    if isinstance(gold, Goal) and isinstance(predicted, Goal):
        parts = {"deadline": gold.deadline != predicted.deadline, "figures": _figures(gold) != _figures(predicted)}
        return "", " with another " + " and ".join(name for name, differs in parts.items() if differs)
    return "", " on other days"


def _example(document: Document, at: Span, gold: Span | None, predicted: Span | None) -> Example:
    text = document.text
    both = gold is not None and predicted is not None
    return Example(
        printable(document.id),
        at.start,
        at.end,
        printable(text[max(0, at.start - _AROUND) : at.start]),
        printable(shortened(at.text)),
        printable(text[at.end : at.end + _AROUND]),
        printable(_value(gold)) if gold is not None else NONE,
        printable(_value(predicted, quoted=both and (at.start, at.end) != (predicted.start, predicted.end)))
        if predicted is not None
        else NONE,
        predicted.score if isinstance(predicted, Decided) else None,
    )


def _value(span: Span, quoted: bool = False) -> str:
    """The values that count for a span's layer, for people to read; quoted, with its text."""
    parts = [f"“{shortened(span.text)}”"] if quoted else []
    match span:
        case Date():
            parts.append(f"{iso(span.first_day) or ''}/{iso(span.last_day) or ''}")
        case Agency():
            parts.append(f"{span.kind} of {span.count}" if span.count is not None else span.canonical or span.kind)
        case Goal():
            parts += [f"by {span.deadline}"] if span.deadline else []
            parts.append("; ".join(_figures(span)))
        case Problem():
            parts.append(span.stance)
    return " ".join(filter(None, parts))


def _figures(goal: Goal) -> list[str]:
    def figure(quantity: Quantity) -> str:
        return f"{quantity.comparator} {plain_number(round(quantity.value, 4))}{quantity.unit or ''}"

    return sorted(map(figure, goal.quantities))


def shortened(text: str) -> str:
    """The text, its middle left out where it is long.

    >>> shortened("数" * 61) == "数" * 30 + "…" + "数" * 30
    True
    """
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST // 2]}…{text[-_LONGEST // 2 :]}"


def printable(text: str) -> str:
    """The text with whatever could steer a terminal, or cannot be encoded, as a space; its length stays.

    >>> printable("数\\x1b据\\n")
    '数 据 '
    """
    return "".join(char if char.isprintable() else " " for char in text)
