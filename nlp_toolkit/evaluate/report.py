"""An assessment: the scores, their intervals, the confusions and the reliability of scores, as data."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from nlp_toolkit.document import JSON, Document
from nlp_toolkit.evaluate.confusions import Confusion, confusions
from nlp_toolkit.evaluate.intervals import LEVEL, RESAMPLES, SEED, Intervals, as_json, bootstrap
from nlp_toolkit.evaluate.reliability import Reliability, reliability
from nlp_toolkit.evaluate.scores import Scores, compare, f1, side_by_side


@dataclass(frozen=True, slots=True)
class Report:
    """What a comparison with gold tells."""

    documents: int
    scores: Scores
    intervals: Intervals
    confusions: list[Confusion]
    reliability: dict[str, Reliability]
    resamples: int = RESAMPLES
    seed: int = SEED

    def to_dict(self) -> JSON:
        """The scores of :meth:`Scores.to_dict` with an ``interval`` beside each, and what else there is."""
        data = self.scores.to_dict()
        for label, row in data["spans"].items():
            row["interval"] = {
                "exact": as_json(self.intervals.exact[label]),
                "overlap": as_json(self.intervals.overlap[label]),
                "values": _listed(self.intervals.values[label]),
            }
        themes = data["themes"]
        themes["micro_f1_interval"] = _listed(self.intervals.micro)
        themes["macro_f1_interval"] = _listed(self.intervals.macro)
        for theme, row in themes["each"].items():
            counts = self.scores.themes[theme]
            precision, recall, _ = f1(counts.exact, counts.predicted, counts.gold)
            row |= {"p": round(precision, 4), "r": round(recall, 4), "interval": as_json(self.intervals.themes[theme])}
        data["confusions"] = [confusion.to_dict() for confusion in self.confusions]
        data["reliability"] = {name: each.to_dict() for name, each in self.reliability.items()}
        data["bootstrap"] = {
            "documents": self.documents,
            "resamples": self.resamples,
            "seed": self.seed,
            "level": LEVEL,
        }
        return data


def _listed(interval: tuple[float, float] | None) -> list[float] | None:
    return None if interval is None else list(interval)


def assess(
    gold: Iterable[Document], predicted: Iterable[Document], resamples: int = RESAMPLES, seed: int = SEED
) -> Report:
    """Compare documents by id, as :func:`evaluate` does, and say how far the figures go and what is wrong.

    >>> from nlp_toolkit.document import Date
    >>> gold = Document("2025年", "a", spans=(Date(0, 5, "2025年", edtf="2025"),))
    >>> report = assess([gold], [gold])
    >>> report.to_dict()["spans"]["DATE"]["interval"]["exact"]["f1"], report.confusions
    ([1.0, 1.0], [])
    """
    compared = list(side_by_side(gold, predicted))
    each = [compare(*pair) for pair in compared]
    total = Scores()
    for scores in each:
        total.add(scores)
    return Report(
        len(compared),
        total,
        bootstrap(each, resamples, seed),
        confusions(compared),
        reliability(compared),
        resamples,
        seed,
    )
