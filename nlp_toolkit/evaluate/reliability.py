"""Whether scores mean what they say: of what was given with a score of 0.8, are eight in ten right?

The bins and the error are those of a reliability diagram (Niculescu-Mizil and Caruana 2005; Guo et al. 2017). Only what
was given is seen, so the lowest bins are those just above the thresholds.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from nlp_toolkit.document import JSON, THEMES, Decided, Document
from nlp_toolkit.evaluate.scores import paired, spans_by_label, themes_by_passage

BINS = 10


@dataclass(frozen=True, slots=True)
class Bin:
    """What was given with scores from ``low`` to ``high``: how many, their mean score, and the share that is right."""

    low: float
    high: float
    count: int
    score: float
    right: float

    def to_dict(self) -> JSON:
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


@dataclass(frozen=True, slots=True)
class Reliability:
    """The bins that are not empty, and the expected calibration error: the mean distance of score and share right."""

    bins: tuple[Bin, ...]
    error: float

    def to_dict(self) -> JSON:
        return {"error": self.error, "bins": [one.to_dict() for one in self.bins]}


def reliability(compared: Iterable[tuple[Document, Document]]) -> dict[str, Reliability]:
    """The reliability of the scores of themes, and of each label whose spans have scores.

    >>> from nlp_toolkit.document import Problem
    >>> gold = Document("监管不力", "a", spans=(Problem(0, 4, "监管不力"),))
    >>> found = Document("监管不力", "a", spans=(Problem(0, 4, "监管不力", score=0.75),))
    >>> reliability([(gold, found)])["PROBLEM"].error
    0.25
    """
    judged: dict[str, list[tuple[float, bool]]] = defaultdict(list)
    for gold, predicted in compared:
        for name, score, right in _judged(gold, predicted):
            judged[name].append((score, right))
    return {name: binned(pairs) for name, pairs in sorted(judged.items())}


def _judged(gold: Document, predicted: Document) -> Iterator[tuple[str, float, bool]]:
    for passage, themes in themes_by_passage(gold, predicted):
        wanted = {theme.id for theme in passage.themes}
        yield from ((THEMES, theme.score, theme.id in wanted) for theme in themes)
    for label, (spans, found) in spans_by_label(gold, predicted).items():
        hits = {id(other) for _, other in paired(spans, found)}
        for span in found:
            if isinstance(span, Decided) and span.score is not None:
                yield label, span.score, id(span) in hits


def binned(judged: Iterable[tuple[float, bool]]) -> Reliability:
    """Scores, each with whether it is right, in bins of equal width."""
    bins: dict[int, list[tuple[float, bool]]] = defaultdict(list)
    for score, right in judged:
        bins[min(max(int(score * BINS), 0), BINS - 1)].append((score, right))
    result = []
    error = 0.0
    total = sum(map(len, bins.values()))
    for number, members in sorted(bins.items()):
        mean = sum(score for score, _ in members) / len(members)
        share = sum(right for _, right in members) / len(members)
        error += len(members) / total * abs(mean - share)
        result.append(Bin(number / BINS, (number + 1) / BINS, len(members), round(mean, 4), round(share, 4)))
    return Reliability(tuple(result), round(error, 4))
