"""What the theme model looks at: words and pairs of characters of a range, the codebook's cues in it, its heading's words.

Pairs of characters see what words are too rare to tell: a phrase that the gold never had still shares its parts.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_left
from dataclasses import dataclass, field
from itertools import accumulate

from nlp_toolkit.draft import Draft

Range = tuple[int, int]
Positions = dict[str, list[Range]]

# Parts of speech (jieba's tags, first letter) that carry meaning: nouns, verbs, adjectives, idioms, abbreviations,
# adverbs (for 不 and 未), distinguishing words, foreign words.
_CONTENT = frozenset("nvaijldbzes")
_HAN = re.compile("[一-鿿]{2,}")
# A range with fewer words or pairs than this is not made to weigh as much as a long one.
_FEWEST_WORDS, _FEWEST_PAIRS = 4, 8
_PAIRS = 2.0  # the weight of all pairs of characters, where all words weigh 1 (chosen by cross-validation)


@dataclass(frozen=True, slots=True)
class Features:
    """The features of one range: name → value, and where the words and cues stand.

    Names are ``w:`` + word, ``x:`` + two characters, ``h:`` + word of the heading, ``c:`` + theme for its cues.
    """

    values: dict[str, float]
    positions: Positions = field(default_factory=dict)


class FeatureReader:
    """Reads the features of ranges of one draft; the tokens are laid out once."""

    def __init__(self, draft: Draft) -> None:
        self._draft = draft
        self._ends = list(accumulate(len(word) for word, _ in draft.tokens))

    def read(self, start: int, end: int, heading: Range | None = None) -> Features:
        """The features of one range, with the words of its heading where it has one."""
        words: Positions = {}
        for word, first, last in self._words(start, end):
            words.setdefault(f"w:{word}", []).append((first, last))
        pairs = self._pairs(start, end)
        cues = self._cues(start, end)
        values = dict.fromkeys(words, 1 / math.sqrt(max(len(words), _FEWEST_WORDS)))
        values |= dict.fromkeys(pairs, _PAIRS / math.sqrt(max(len(pairs), _FEWEST_PAIRS)))
        values |= {name: math.log1p(len(found)) for name, found in cues.items()}
        if heading is not None:
            names = {f"h:{word}" for word, _, _ in self._words(*heading)}
            values |= dict.fromkeys(sorted(names), 1 / math.sqrt(max(len(names), _FEWEST_WORDS)))
        return Features(values, words | pairs | cues)

    def _pairs(self, start: int, end: int) -> Positions:
        """The pairs of neighbouring Chinese characters in a range, with their places."""
        pairs: Positions = {}
        for run in _HAN.finditer(self._draft.text, start, end):
            text, first = run.group(), run.start()
            for at in range(len(text) - 1):
                pairs.setdefault(f"x:{text[at : at + 2]}", []).append((first + at, first + at + 2))
        return pairs

    def _words(self, start: int, end: int) -> list[tuple[str, int, int]]:
        """The words of a range that carry meaning, with their places."""
        tokens = self._draft.tokens
        number = bisect_left(self._ends, start + 1)
        words = []
        while number < len(tokens):
            word, pos = tokens[number]
            last = self._ends[number]
            first = last - len(word)
            if first >= end:
                break
            if pos[0] in _CONTENT and first >= start and last <= end:
                words.append((word, first, last))
            number += 1
        return words

    def _cues(self, start: int, end: int) -> Positions:
        hits: Positions = {}
        for layer in self._draft.hits.layers("theme."):
            places = self._draft.hits.all(layer)
            inside: list[Range] = []
            number = bisect_left(places, (start, start))
            at = start
            while number < len(places) and places[number][0] < end:
                first, last = places[number]
                if last <= end:
                    if inside and first < at and last > inside[-1][1]:
                        inside[-1] = (inside[-1][0], last)
                    elif first >= at:
                        inside.append((first, last))
                    at = max(at, last)
                number += 1
            if inside:
                hits[f"c:{layer[6:]}"] = inside
        return hits
