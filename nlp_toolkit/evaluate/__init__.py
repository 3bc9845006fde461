"""Compares annotations with gold: scores, how far they can be trusted, what goes wrong, and whether scores mean what they say.

``evaluate`` counts, as the annotation guideline defines it; ``assess`` adds intervals, confusions and reliability (and
loads numpy for them, so it comes only when it is asked for).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nlp_toolkit.evaluate.gold import HELD_OUT, read_gold
from nlp_toolkit.evaluate.scores import Counts, Scores, compare, evaluate, f1, paired, values_agree

if TYPE_CHECKING:
    from nlp_toolkit.evaluate.report import Report, assess

__all__ = [
    "HELD_OUT",
    "Counts",
    "Report",
    "Scores",
    "assess",
    "compare",
    "evaluate",
    "f1",
    "paired",
    "read_gold",
    "values_agree",
]


def __getattr__(name: str) -> Any:
    if name in ("Report", "assess"):
        from nlp_toolkit.evaluate import report

        return getattr(report, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
