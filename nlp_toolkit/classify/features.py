"""What the model looks at: words, pairs of neighbouring characters and cues of a range, and the words of its heading.

Pairs of characters see what words are too rare to tell: a phrase that the gold never had still shares its parts. All is
laid out once a document as arrays of columns, so that the score of any range is a difference of running sums.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np
import numpy.typing as npt

from nlp_toolkit.draft import Draft

Range = tuple[int, int]
Columns = npt.NDArray[np.int32]

# Parts of speech (jieba's tags, first letter) that carry meaning: nouns, verbs, adjectives, idioms, abbreviations,
# adverbs (for 不 and 未), distinguishing words, foreign words.
_CONTENT = frozenset("nvaijldbzes")
_FIRST_HAN, _LAST_HAN = 0x4E00, 0x9FFF
NO_FEATURE = -2  # the column where there is nothing to count: a mark, a particle
UNKNOWN = -1  # the column of what counts for length alone: a word that the vocabulary lacks
# A range with fewer words or pairs than this is not made to weigh as much as a long one.
FEWEST_WORDS, FEWEST_PAIRS = 4, 8
PAIRS_WEIGHT = 2.0  # of all pairs of characters, where all words weigh 1 (chosen by cross-validation)


class Vocabulary:
    """The features that have a column: ``w:`` + word, ``x:`` + two characters, ``c:`` + cue layer, ``h:`` + heading word."""

    def __init__(self, names: Sequence[str]) -> None:
        self.names = tuple(names)
        kinds: dict[str, dict[str, int]] = {kind: {} for kind in ("w:", "h:", "c:", "x:")}
        for column, name in enumerate(names):
            kinds[name[:2]][name[2:]] = column
        self.words, self.heading_words, self.cues, pairs = kinds.values()
        codes = np.array([_code(pair) for pair in pairs], np.int64)
        order = np.argsort(codes)
        self._codes = codes[order]
        self._pair_columns = np.array(list(pairs.values()), np.int32)[order]

    def pair_columns(self, codes: npt.NDArray[np.int64]) -> Columns:
        """The columns of pairs given by their codes; UNKNOWN for those that the vocabulary lacks."""
        if not len(self._codes):
            return np.full(len(codes), UNKNOWN, np.int32)
        places = np.minimum(np.searchsorted(self._codes, codes), len(self._codes) - 1)
        return np.where(self._codes[places] == codes, self._pair_columns[places], np.int32(UNKNOWN))


def _code(pair: str) -> int:
    return ord(pair[0]) << 16 | ord(pair[1])


@dataclass(slots=True)
class Occurrences:
    """Where the features of one text stand.

    pairs          for each character the column of the pair that begins there
    token_starts   where each token begins
    token_ends     where each token ends
    words          for each token the column of its word
    heading_words  for each token the column of its word in a heading
    cues           by column of a cue layer the first and last places of its hits
    """

    pairs: Columns
    token_starts: npt.NDArray[np.int64]
    token_ends: npt.NDArray[np.int64]
    words: Columns
    heading_words: Columns
    cues: dict[int, tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]]

    @classmethod
    def of(cls, draft: Draft, vocabulary: Vocabulary) -> Occurrences:
        """Lay out the features of a draft."""
        tokens = draft.tokens
        bounds = np.fromiter(accumulate((len(word) for word, _ in tokens), initial=0), np.int64, len(tokens) + 1)
        words, headings = vocabulary.words, vocabulary.heading_words
        content = [word if tag[0] in _CONTENT else None for word, tag in tokens]
        return cls(
            _pairs(draft.text, vocabulary),
            bounds[:-1],
            bounds[1:],
            _columns(content, words),
            _columns(content, headings) if headings else np.empty(0, np.int32),
            {
                column: _places(draft.hits.all(layer))
                for layer, column in vocabulary.cues.items()
                if draft.hits.all(layer)
            },
        )

    def tokens_in(self, start: int, end: int) -> slice:
        """The tokens that lie inside a range."""
        first, last = self.tokens_between(np.array([start]), np.array([end]))
        return slice(int(first[0]), int(last[0]))

    def tokens_between(
        self, starts: npt.NDArray[np.int64], ends: npt.NDArray[np.int64]
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """The first token that lies inside each range, and the one after the last."""
        first = np.searchsorted(self.token_starts, starts)
        return first, np.maximum(first, np.searchsorted(self.token_ends, ends, "right"))


def _columns(words: Sequence[str | None], known: Mapping[str, int]) -> Columns:
    return np.fromiter(
        (NO_FEATURE if word is None else known.get(word, UNKNOWN) for word in words), np.int32, len(words)
    )


def _pairs(text: str, vocabulary: Vocabulary) -> Columns:
    """For each character the column of the pair of Chinese characters that begins there."""
    columns = np.full(len(text), NO_FEATURE, np.int32)
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32).astype(np.int64)
    han = (codes >= _FIRST_HAN) & (codes <= _LAST_HAN)
    first = np.flatnonzero(han[:-1] & han[1:])
    columns[first] = vocabulary.pair_columns(codes[first] << 16 | codes[first + 1])
    return columns


def _places(hits: Sequence[Range]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """The first and last places of hits that do not lie inside or overlap an earlier, longer one."""
    kept: list[Range] = []
    for start, end in sorted(hits, key=lambda hit: (hit[0], -hit[1])):
        if not kept or start >= kept[-1][1]:
            kept.append((start, end))
    places = np.array(kept, np.int64).reshape(-1, 2)
    return places[:, 0], places[:, 1]


def norm(counts: npt.NDArray[np.float64], fewest: int) -> npt.NDArray[np.float64]:
    """What sums over so many words or pairs are divided by, of shape (ranges, 1)."""
    return np.sqrt(np.maximum(counts, fewest))[:, None]


def values(found: Occurrences, start: int, end: int, heading: Range | None = None) -> dict[int, float]:
    """The features of one range by column: what models are trained on."""
    result: dict[int, float] = {}
    inside = found.tokens_in(start, end)
    kinds = [
        (found.pairs[start : max(end - 1, start)], FEWEST_PAIRS, PAIRS_WEIGHT),
        (found.words[inside], FEWEST_WORDS, 1.0),
    ]
    if heading is not None and len(found.heading_words):
        kinds.append((found.heading_words[found.tokens_in(*heading)], FEWEST_WORDS, 1.0))
    for columns, fewest, weight in kinds:
        known, counts = np.unique(columns[columns >= 0], return_counts=True)
        length = math.sqrt(max(int((columns != NO_FEATURE).sum()), fewest))
        result |= dict(zip(known.tolist(), (counts * (weight / length)).tolist(), strict=True))
    for column, (firsts, lasts) in found.cues.items():
        count = int(np.searchsorted(lasts, end, "right") - np.searchsorted(firsts, start))
        if count > 0:
            result[column] = math.log1p(count)
    return result


def names_in(draft: Draft, start: int, end: int, heading: Range | None = None) -> set[str]:
    """The names of the features in a range: what a vocabulary is chosen from."""
    names = {f"x:{pair}" for pair in pairs_of(draft.text[start:end])}
    names |= {f"w:{word}" for word in _content_words(draft, start, end)}
    if heading is not None:
        names |= {f"h:{word}" for word in _content_words(draft, *heading)}
    return names


def pairs_of(text: str) -> set[str]:
    """The pairs of neighbouring Chinese characters in a text.

    >>> sorted(pairs_of("3个部门"))
    ['个部', '部门']
    """
    return {text[i : i + 2] for i in range(len(text) - 1) if _is_han(text[i]) and _is_han(text[i + 1])}


def _is_han(char: str) -> bool:
    return _FIRST_HAN <= ord(char) <= _LAST_HAN


def _content_words(draft: Draft, start: int, end: int) -> set[str]:
    words, at = set(), 0
    for word, tag in draft.tokens:
        if at >= end:
            break
        if at >= start and at + len(word) <= end and tag[0] in _CONTENT:
            words.add(word)
        at += len(word)
    return words


_BLOCK = 1 << 16  # characters whose running sums are held at a time


def range_sums(
    columns: Columns, weights: npt.NDArray[np.float32], starts: npt.NDArray[np.int64], ends: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """For each range of columns the sum of their weights, of shape (ranges, outputs), and how many features it has.

    ``weights`` ends in two rows of zeros, which UNKNOWN and NO_FEATURE point to.
    """
    sums = np.zeros((len(starts), weights.shape[1]))
    counts = np.zeros(len(starts))
    order = np.argsort(starts, kind="stable")
    number = 0
    while number < len(order):
        first = int(starts[order[number]])
        group, last = [order[number]], int(ends[order[number]])
        number += 1
        while number < len(order) and max(last, int(ends[order[number]])) - first <= _BLOCK:
            group.append(order[number])
            last = max(last, int(ends[order[number]]))
            number += 1
        part = columns[first:last]
        if len(part) > _BLOCK:  # one long range: its columns are counted instead
            totals = np.bincount(part[part >= 0], minlength=len(weights))
            sums[group], counts[group] = totals @ weights, (part != NO_FEATURE).sum()
            continue
        running = np.zeros((len(part) + 1, weights.shape[1]))
        np.cumsum(weights[part], axis=0, out=running[1:], dtype=np.float64)
        present = np.zeros(len(part) + 1)
        np.cumsum(part != NO_FEATURE, out=present[1:])
        begin, end = starts[group] - first, np.maximum(ends[group], starts[group]) - first
        sums[group], counts[group] = running[end] - running[begin], present[end] - present[begin]
    return sums, counts
