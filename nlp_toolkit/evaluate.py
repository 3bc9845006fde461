"""Scores annotations against gold, as the annotation guideline defines it ("How a comparison counts").

Spans pair one to one within a label, best intersection over union first and at least 0.5; values are compared on
pairs; themes are compared on passages. Generic agencies are scored apart (AGENCY.generic).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import orjson

from nlp_toolkit.document import JSON, Agency, Date, Document, Goal, Passage, Problem, Span
from nlp_toolkit.errors import DataError

MINIMUM_OVERLAP = 0.5
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


@dataclass(slots=True)
class Counts:
    """What was counted for one label: gold and predicted spans, exact and overlap hits, agreeing values."""

    gold: int = 0
    predicted: int = 0
    exact: int = 0
    overlap: int = 0
    values: int = 0

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
    by_id = {document.id: document for document in predicted}
    scores = Scores()
    for document in {document.id: document for document in gold}.values():
        other = by_id.get(document.id, Document(document.text))
        if document.meta.get("layers") != ["themes"]:
            _score_spans(document, other, scores.spans)
        _score_themes(document, other, scores.themes)
    return scores


def _label(span: Span) -> str:
    return "AGENCY.generic" if isinstance(span, Agency) and span.kind == "generic" else span.label


def _score_spans(gold: Document, predicted: Document, scores: dict[str, Counts]) -> None:
    sides: dict[str, tuple[list[Span], list[Span]]] = defaultdict(lambda: ([], []))
    for side, document in enumerate((gold, predicted)):
        for span in document.spans:
            sides[_label(span)][side].append(span)
    for label, (wanted, got) in sides.items():
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
    themes_of = {(p.start, p.end): {theme.id for theme in p.themes} for p in predicted.passages}
    for passage in {(p.start, p.end): p for p in gold.passages}.values():
        wanted, got = {theme.id for theme in passage.themes}, _best(passage, themes_of)
        for theme in wanted | got:
            scores[theme].gold += theme in wanted
            scores[theme].predicted += theme in got
            scores[theme].exact += theme in wanted and theme in got


def _best(passage: Passage, themes_of: Mapping[tuple[int, int], set[str]]) -> set[str]:
    """The themes predicted for the passage that overlaps this one most."""

    def shared(bounds: tuple[int, int]) -> int:
        return min(passage.end, bounds[1]) - max(passage.start, bounds[0])

    best = max(themes_of, key=shared, default=None)
    return themes_of[best] if best is not None and shared(best) > 0 else set()
