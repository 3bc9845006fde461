"""What the theme model looks at: the words of a range, the codebook's cues in it, and the words of its heading."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass, field
from itertools import accumulate

from nlp_toolkit.draft import Draft

Range = tuple[int, int]
Positions = dict[str, list[Range]]

# Parts of speech (jieba's tags, first letter) that carry meaning: nouns, verbs, adjectives, idioms, abbreviations,
# adverbs (for 不 and 未), distinguishing words, foreign words.
_CONTENT = frozenset("nvaijldbzes")
# A range shorter than this many words is not made to weigh as much as a long one.
_SHORT = 4


@dataclass(frozen=True, slots=True)
class Features:
    """The features of one range: name → value, and where the words and cues stand.

    Names are ``w:`` + word, ``b:`` + two words in a row, ``h:`` + word of the heading, ``c:`` + theme for its cues.
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
        positions: Positions = {}
        previous, previous_start = "", 0
        for word, first, last in self._words(start, end):
            positions.setdefault(f"w:{word}", []).append((first, last))
            if previous:
                positions.setdefault(f"b:{previous}_{word}", []).append((previous_start, last))
            previous, previous_start = word, first
        scale = 1 / math.sqrt(max(len(positions), _SHORT))
        values = dict.fromkeys(positions, scale)
        for name, found in self._cues(start, end).items():
            positions[name] = found
            values[name] = math.log1p(len(found))
        if heading is not None:
            words = Counter(word for word, _, _ in self._words(*heading))
            values |= {f"h:{word}": 1 / math.sqrt(max(len(words), _SHORT)) for word in words}
        return Features(values, positions)

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
