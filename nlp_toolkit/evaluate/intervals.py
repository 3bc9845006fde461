"""How far figures can be trusted: percentile bootstrap over documents (Efron and Tibshirani 1993, ch. 13).

Whole documents are drawn, since spans and passages of one document succeed and fail together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from nlp_toolkit.document import JSON
from nlp_toolkit.evaluate.scores import Counts, Scores

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Sums = npt.NDArray[np.float64]

RESAMPLES, SEED, LEVEL = 1000, 0, 0.95
_AT_A_TIME = 100  # resamples, so that memory does not grow with their number
_COUNTED = ("gold", "predicted", "exact", "overlap", "values")


class Interval(NamedTuple):
    """The ends between which a figure lies in 95 of 100 resamples."""

    low: float
    high: float


Rates = dict[str, Interval | None]  # p, r and f1


@dataclass(slots=True)
class Intervals:
    """Intervals by label and theme; None where no resample gives a figure, such as the precision of what is never found."""

    exact: dict[str, Rates] = field(default_factory=dict)
    overlap: dict[str, Rates] = field(default_factory=dict)
    values: dict[str, Interval | None] = field(default_factory=dict)
    themes: dict[str, Rates] = field(default_factory=dict)
    micro: Interval | None = None
    macro: Interval | None = None


def bootstrap(documents: Sequence[Scores], resamples: int = RESAMPLES, seed: int = SEED) -> Intervals:
    """Intervals from the counts of each document; the same for the same seed.

    >>> from nlp_toolkit.document import Date, Document
    >>> from nlp_toolkit.evaluate.scores import compare
    >>> right = Document("2025年", "a", spans=(Date(0, 5, "2025年"),))
    >>> bootstrap([compare(right, right)] * 5).exact["DATE"]["f1"]
    Interval(low=1.0, high=1.0)
    """
    import numpy as np

    result = Intervals()
    labels = sorted({label for scores in documents for label in scores.spans})
    themes = sorted({theme for scores in documents for theme in scores.themes})
    of_spans = _drawn([_row(scores.spans, labels) for scores in documents], resamples, seed)
    of_themes = _drawn([_row(scores.themes, themes) for scores in documents], resamples, seed)
    for number, label in enumerate(labels):
        gold, predicted, exact, overlap, values = np.moveaxis(of_spans[:, number], -1, 0)
        result.exact[label] = _rates(exact, predicted, gold)
        result.overlap[label] = _rates(overlap, predicted, gold)
        result.values[label] = _interval(_ratio(values, overlap))
    for number, theme in enumerate(themes):
        gold, predicted, hits, *_ = np.moveaxis(of_themes[:, number], -1, 0)
        result.themes[theme] = _rates(hits, predicted, gold)
    if themes:
        gold, predicted, hits, *_ = np.moveaxis(of_themes, -1, 0)
        result.micro = _interval(_ratio(2 * hits.sum(axis=1), (gold + predicted).sum(axis=1)))
        used = np.where(gold > 0, _ratio(2 * hits, gold + predicted), np.nan)
        result.macro = _interval(_ratio(np.nansum(used, axis=1), (gold > 0).sum(axis=1)))
    return result


def _row(counts: dict[str, Counts], names: Sequence[str]) -> list[list[int]]:
    empty = Counts()
    return [[getattr(counts.get(name, empty), part) for part in _COUNTED] for name in names]


def _drawn(counts: list[list[list[int]]], resamples: int, seed: int) -> Sums:
    """The sums of counts of shape (documents, names, counted) in each resample, of shape (resamples, names, counted)."""
    import numpy as np

    documents, names = len(counts), len(counts[0]) if counts else 0
    sums = np.zeros((resamples, names * len(_COUNTED)))
    if names:
        each = np.array(counts, np.float64).reshape(documents, -1)
        random = np.random.default_rng(seed)
        for first in range(0, resamples, _AT_A_TIME):
            part = sums[first : first + _AT_A_TIME]
            part[:] = random.multinomial(documents, np.full(documents, 1 / documents), size=len(part)) @ each
    return sums.reshape(resamples, names, len(_COUNTED))


def _rates(hits: Sums, predicted: Sums, gold: Sums) -> Rates:
    return {
        "p": _interval(_ratio(hits, predicted)),
        "r": _interval(_ratio(hits, gold)),
        "f1": _interval(_ratio(2 * hits, predicted + gold)),
    }


def _ratio(part: Sums, whole: Sums) -> Sums:
    """The ratio, or nan where there is nothing to divide by."""
    import numpy as np

    ratio: Sums = np.divide(part, whole, out=np.full(np.broadcast(part, whole).shape, np.nan), where=whole > 0)
    return ratio


def _interval(figures: Sums) -> Interval | None:
    import numpy as np

    known = figures[~np.isnan(figures)]
    if not len(known):
        return None
    low, high = np.percentile(known, [50 * (1 - LEVEL), 50 * (1 + LEVEL)])
    return Interval(round(float(low), 4), round(float(high), 4))


def as_json(rates: Rates) -> JSON:
    """Rates with lists for intervals."""
    return {name: interval and list(interval) for name, interval in rates.items()}
