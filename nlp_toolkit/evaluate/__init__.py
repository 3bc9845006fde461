"""Compares annotations with gold: scores, how far they can be trusted, what goes wrong, and whether scores mean what they say.

``evaluate`` counts, as the annotation guideline defines it; ``assess`` adds intervals, confusions and reliability.
"""

from nlp_toolkit.evaluate.gold import HELD_OUT, read_gold
from nlp_toolkit.evaluate.report import Report, assess
from nlp_toolkit.evaluate.scores import Counts, Scores, compare, evaluate, f1, paired, values_agree

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
