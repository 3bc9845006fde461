"""Scores annotations against gold, as the annotation guideline defines it ("How a comparison counts").

Spans pair one to one within a label, best intersection over union first and at least 0.5; values are compared on
pairs; themes are compared on passages. Generic agencies are scored apart (AGENCY.generic).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields

from nlp_toolkit.document import JSON, Agency, Date, Document, Goal, Passage, Problem, Span, Theme

MINIMUM_OVERLAP = 0.5


@dataclass(slots=True)
class Counts:
    """What was counted for one label: gold and predicted spans, exact and overlap hits, agreeing values."""

    gold: int = 0
    predicted: int = 0
    exact: int = 0
    overlap: int = 0
    values: int = 0

    def add(self, other: Counts) -> None:
        """Take in what was counted elsewhere."""
        for part in fields(self):
            setattr(self, part.name, getattr(self, part.name) + getattr(other, part.name))

    def to_dict(self) -> JSON:
        def rates(hits: int) -> JSON:
            return dict(zip(("p", "r", "f1"), (round(x, 4) for x in f1(hits, self.predicted, self.gold)), strict=True))

        return {
            "gold": self.gold,
            "predicted": self.predicted,
            "exact": rates(self.exact),
            "overlap": rates(self.overlap),
            "values": round(self.values / self.overlap, 4) if self.overlap else None,
        }


@dataclass(slots=True)
class Scores:
    """The counts of a comparison by label and by theme; for themes ``exact`` counts the hits."""

    spans: dict[str, Counts] = field(default_factory=lambda: defaultdict(Counts))
    themes: dict[str, Counts] = field(default_factory=lambda: defaultdict(Counts))

    def add(self, other: Scores) -> None:
        """Take in the counts of another comparison."""
        for own, others in ((self.spans, other.spans), (self.themes, other.themes)):
            for name, counts in others.items():
                own[name].add(counts)

    def to_dict(self) -> JSON:
        """Precision, recall and F1 by label, micro and macro F1 of the themes, rounded to four digits."""
        used = [counts for counts in self.themes.values() if counts.gold]
        total = [sum(getattr(c, name) for c in self.themes.values()) for name in ("exact", "predicted", "gold")]
        every = {theme: f1(c.exact, c.predicted, c.gold)[2] for theme, c in sorted(self.themes.items())}
        macro = sum(f1(c.exact, c.predicted, c.gold)[2] for c in used) / len(used) if used else None
        return {
            "spans": {label: counts.to_dict() for label, counts in sorted(self.spans.items())},
            "themes": {
                "micro_f1": round(f1(*total)[2], 4),
                "macro_f1": None if macro is None else round(macro, 4),
                "each": {
                    theme: {
                        "gold": self.themes[theme].gold,
                        "predicted": self.themes[theme].predicted,
                        "f1": round(value, 4),
                    }
                    for theme, value in every.items()
                },
            },
        }


def f1(hits: int, predicted: int, gold: int) -> tuple[float, float, float]:
    """Precision, recall and their harmonic mean; 0 where there is nothing to divide by.

    >>> f1(1, 2, 2)
    (0.5, 0.5, 0.5)
    """
    precision = hits / predicted if predicted else 0.0
    recall = hits / gold if gold else 0.0
    total = precision + recall
    return precision, recall, (2 * precision * recall / total if total else 0.0)


def evaluate(gold: Iterable[Document], predicted: Iterable[Document]) -> Scores:
    """Compare documents by id. A gold document without a prediction counts as empty; other predictions are ignored.

    >>> gold = Document("2025年", "a", spans=(Date(0, 5, "2025年", edtf="2025"),))
    >>> evaluate([gold], [gold]).to_dict()["spans"]["DATE"]["exact"]
    {'p': 1.0, 'r': 1.0, 'f1': 1.0}
    """
    scores = Scores()
    for document, other in side_by_side(gold, predicted):
        scores.add(compare(document, other))
    return scores


def side_by_side(gold: Iterable[Document], predicted: Iterable[Document]) -> Iterator[tuple[Document, Document]]:
    """Each gold document with the one predicted for it, or with an empty one."""
    by_id = {document.id: document for document in predicted}
    for document in {document.id: document for document in gold}.values():
        yield document, by_id.get(document.id, Document(document.text))


def compare(gold: Document, predicted: Document) -> Scores:
    """The counts of one document."""
    scores = Scores()
    _score_spans(gold, predicted, scores.spans)
    _score_themes(gold, predicted, scores.themes)
    return scores


def label_of(span: Span) -> str:
    """The label under which a span is scored."""
    return "AGENCY.generic" if isinstance(span, Agency) and span.kind == "generic" else span.label


def spans_by_label(gold: Document, predicted: Document) -> dict[str, tuple[list[Span], list[Span]]]:
    """The gold and the predicted spans of each label; none where the gold says nothing about spans."""
    sides: dict[str, tuple[list[Span], list[Span]]] = defaultdict(lambda: ([], []))
    if gold.meta.get("layers") != ["themes"]:
        for side, document in enumerate((gold, predicted)):
            for span in document.spans:
                sides[label_of(span)][side].append(span)
    return sides


def _score_spans(gold: Document, predicted: Document, scores: dict[str, Counts]) -> None:
    for label, (wanted, got) in spans_by_label(gold, predicted).items():
        counts = scores[label]
        pairs = paired(wanted, got)
        counts.gold += len(wanted)
        counts.predicted += len(got)
        counts.exact += len({(s.start, s.end) for s in wanted} & {(s.start, s.end) for s in got})
        counts.overlap += len(pairs)
        counts.values += sum(values_agree(a, b) for a, b in pairs)


def paired(gold: list[Span], predicted: list[Span]) -> list[tuple[Span, Span]]:
    """One-to-one pairs by overlap: the best first, and of equals the earliest in the lists."""
    candidates = []
    for i, a in enumerate(gold):
        for j, b in enumerate(predicted):
            shared = min(a.end, b.end) - max(a.start, b.start)
            overlap = max(0, shared) / (max(a.end, b.end) - min(a.start, b.start))
            if overlap >= MINIMUM_OVERLAP:
                candidates.append((-overlap, i, j))
    free_gold, free_predicted = set(range(len(gold))), set(range(len(predicted)))
    pairs = []
    for _, i, j in sorted(candidates):
        if i in free_gold and j in free_predicted:
            free_gold.remove(i)
            free_predicted.remove(j)
            pairs.append((gold[i], predicted[j]))
    return pairs


def values_agree(gold: Span, predicted: Span) -> bool:
    """Whether the values that count for the layer are the same."""
    if isinstance(gold, Date) and isinstance(predicted, Date):
        return (gold.first_day, gold.last_day) == (predicted.first_day, predicted.last_day)
    if isinstance(gold, Agency) and isinstance(predicted, Agency):
        if gold.kind == "group":
            return predicted.kind == "group" and gold.count == predicted.count
        return gold.canonical == predicted.canonical
    if isinstance(gold, Goal) and isinstance(predicted, Goal):
        return gold.deadline == predicted.deadline and _figures(gold) == _figures(predicted)
    if isinstance(gold, Problem) and isinstance(predicted, Problem):
        return gold.stance == predicted.stance
    return True


def _figures(goal: Goal) -> Counter[tuple[float, str, str]]:
    return Counter((round(float(q.value), 4), q.unit or "", q.comparator) for q in goal.quantities)


def _score_themes(gold: Document, predicted: Document, scores: dict[str, Counts]) -> None:
    for passage, themes in themes_by_passage(gold, predicted):
        wanted, got = {theme.id for theme in passage.themes}, {theme.id for theme in themes}
        for theme in wanted | got:
            scores[theme].gold += theme in wanted
            scores[theme].predicted += theme in got
            scores[theme].exact += theme in wanted and theme in got


def themes_by_passage(gold: Document, predicted: Document) -> Iterator[tuple[Passage, tuple[Theme, ...]]]:
    """Each gold passage with the themes predicted for the passage that overlaps it most."""
    themes_of = {(p.start, p.end): p.themes for p in predicted.passages}
    for passage in {(p.start, p.end): p for p in gold.passages}.values():
        yield passage, _best(passage, themes_of)


def _best(passage: Passage, themes_of: Mapping[tuple[int, int], tuple[Theme, ...]]) -> tuple[Theme, ...]:
    def shared(bounds: tuple[int, int]) -> int:
        return min(passage.end, bounds[1]) - max(passage.start, bounds[0])

    best = max(themes_of, key=shared, default=None)
    return themes_of[best] if best is not None and shared(best) > 0 else ()
