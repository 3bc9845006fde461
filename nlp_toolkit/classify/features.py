"""What the model looks at: words, pairs of neighbouring characters and cues of a range, and the words of its heading.

Pairs of characters see what words are too rare to tell: a phrase that the gold never had still shares its parts. All is
laid out as arrays of columns, so that the sums of any ranges are differences of running sums, and many documents are
laid out as one text, since a short one alone would not be worth the arrays.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, chain, pairwise

import numpy as np
import numpy.typing as npt

from nlp_toolkit.draft import Draft
from nlp_toolkit.normalize import code_points

Range = tuple[int, int]
Places = npt.NDArray[np.int64]
Columns = npt.NDArray[np.int32]
Weights = npt.NDArray[np.float64]
Sums = npt.NDArray[np.float64]

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
        self.pairs = PairTable(pairs)


class PairTable:
    """Columns by pair of Chinese characters: each character that a known pair has is numbered, two numbers name a cell.

    Of the few million cells nearly all are empty; a whole text is looked up in three passes over its characters.
    """

    def __init__(self, pairs: Mapping[str, int]) -> None:
        pairs = {pair: column for pair, column in pairs.items() if len(pair) == 2 and all(map(_is_han, pair))}
        numbers = {char: number for number, char in enumerate(sorted(set("".join(pairs))), 2)}
        self._numbers = np.zeros(_LAST_HAN + 2, np.int64)  # by code point: 0 is not Chinese, 1 in no known pair
        self._numbers[_FIRST_HAN : _LAST_HAN + 1] = 1
        self._numbers[list(map(ord, numbers))] = list(numbers.values())
        self._size = len(numbers) + 2
        columns = np.array(list(pairs.values()), np.int64) - NO_FEATURE
        cells = np.full((self._size, self._size), UNKNOWN - NO_FEATURE, np.min_scalar_type(columns.max(initial=1)))
        cells[0], cells[:, 0] = 0, 0
        cells[tuple([numbers[pair[side]] for pair in pairs] for side in (0, 1))] = columns
        self._cells = cells.ravel()

    def columns(self, text: str) -> Columns:
        """For each character the column of the pair that begins there."""
        numbers = self._numbers.take(code_points(text), mode="clip")
        columns = np.full(len(numbers), NO_FEATURE, np.int32)
        columns[:-1] += self._cells.take(numbers[:-1] * self._size + numbers[1:])
        return columns


class Track:
    """One kind of feature along a text: at each place (a character, a token) its column, UNKNOWN or NO_FEATURE."""

    def __init__(self, columns: Columns) -> None:
        self.columns = columns
        self.known = np.flatnonzero(columns >= 0)  # the places that have a column
        self.known_columns = columns[self.known]
        self._counts = np.zeros(len(columns) + 1, np.int64)
        np.cumsum(columns != NO_FEATURE, out=self._counts[1:])

    def counts(self, starts: Places, ends: Places) -> Places:
        """How many features there are in each range of places, unknown ones included."""
        return self._counts[ends] - self._counts[starts]

    def sums(self, weights: Weights, starts: Places, ends: Places) -> Sums:
        """The sum of the weights of the features in each range of places, of shape (ranges, outputs).

        The weights are summed once between all places where a range begins or ends; a range is the difference of two
        running sums. That holds for ranges of any kind and order, and takes time in proportion to the text.
        """
        first, last = self.known.searchsorted(starts), self.known.searchsorted(ends)
        cuts = np.concatenate([_NOUGHT, first, last])
        cuts.sort()
        cuts = cuts[np.flatnonzero(np.diff(cuts, prepend=-1))]
        running = np.zeros((len(cuts), weights.shape[1]))
        for low, high in _blocks(cuts):
            rows = weights.take(self.known_columns[cuts[low] : cuts[high]], axis=0)
            between = np.add.reduceat(rows, cuts[low:high] - cuts[low], axis=0)
            np.cumsum(between, axis=0, out=running[low + 1 : high + 1])
            running[low + 1 : high + 1] += running[low]
        sums: Sums = running[cuts.searchsorted(np.maximum(first, last))] - running[cuts.searchsorted(first)]
        return sums


_NOUGHT = np.zeros(1, np.int64)
_BLOCK = 1 << 14  # features whose weights are held at a time, and those of one range


def _blocks(cuts: Places) -> Iterator[tuple[int, int]]:
    """Stretches of cuts with about _BLOCK features between the first and the last."""
    steps = np.flatnonzero(np.diff(cuts // _BLOCK)) + 1
    return pairwise([0, *steps[steps < len(cuts) - 1].tolist(), len(cuts) - 1]) if len(cuts) > 1 else iter(())


@dataclass(slots=True)
class Cues:
    """The hits of cue layers in order of their starts; ``layers`` numbers the columns that were hit at all."""

    starts: Places
    ends: Places
    layers: Places
    columns: Columns

    @classmethod
    def of(cls, hits: Mapping[int, Sequence[Range]]) -> Cues:
        """From the hits by column, each of which is left out where it overlaps an earlier, longer one of its layer."""
        kept = sorted(
            (start, end, layer) for layer, places in enumerate(hits.values()) for start, end in _apart(places)
        )
        table = np.array(kept, np.int64).reshape(-1, 3)
        return cls(table[:, 0], table[:, 1], table[:, 2], np.array(list(hits), np.int32))

    def counts(self, starts: Places, ends: Places) -> npt.NDArray[np.int64]:
        """How many hits of each layer lie in each range, of shape (ranges, layers)."""
        result = np.zeros((len(starts), len(self.columns)), np.int64)
        for low in range(0, len(starts) if len(self.starts) else 0, _RANGES):
            rows = slice(low, low + _RANGES)
            first, last = np.searchsorted(self.starts, (starts[rows].min(), ends[rows].max()))
            here = slice(int(first), int(last))
            inside = (self.starts[here] >= starts[rows, None]) & (self.ends[here] <= ends[rows, None])
            row, hit = np.nonzero(inside)
            np.add.at(result[rows], (row, self.layers[here][hit]), 1)
        return result

    def within(self, start: int, end: int) -> Iterator[tuple[int, int, int]]:
        """Start, end and column of the hits in a range."""
        first, last = self.starts.searchsorted((start, end))
        for at in range(first, last):
            if self.ends[at] <= end:
                yield int(self.starts[at]), int(self.ends[at]), int(self.columns[self.layers[at]])


_RANGES = 256  # ranges whose hits are looked for at a time


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of feature in a track: where it begins there, where its features stand in the text, what it weighs.

    A kind ``of_heading`` is looked at in the heading that a range stands under; all others are in the range itself.
    """

    first: int
    starts: Places
    ends: Places
    weight: float
    fewest: int
    of_heading: bool = False

    def place(self, start: int, end: int) -> Range:
        """Like ``places``, for one range."""
        first = int(self.starts.searchsorted(start))
        return self.first + first, self.first + max(first, int(self.ends.searchsorted(end, "right")))

    def places(self, starts: Places, ends: Places) -> tuple[Places, Places]:
        """Where in the track the features begin that lie in each range, and where they end."""
        first = self.starts.searchsorted(starts)
        return self.first + first, self.first + np.maximum(first, self.ends.searchsorted(ends, "right"))


@dataclass(frozen=True, slots=True)
class Occurrences:
    """Where the features of some texts stand, one text behind the other with a line end between.

    offsets  where each text begins
    track    the columns of all features, one kind after the other
    kinds    pairs of characters, words, and the words of headings
    cues     the hits of cue layers
    """

    offsets: tuple[int, ...]
    track: Track
    kinds: tuple[Kind, ...]
    cues: Cues

    @classmethod
    def of(cls, drafts: Sequence[Draft], vocabulary: Vocabulary) -> Occurrences:
        """Lay out the features of drafts."""
        offsets = tuple(accumulate((len(draft.text) + 1 for draft in drafts[:-1]), initial=0))
        tokens = list(chain.from_iterable(draft.tokens for draft in drafts))
        ends = np.concatenate([draft.token_ends + offset for draft, offset in zip(drafts, offsets, strict=True)])
        starts = np.zeros_like(ends)
        starts[1:] = ends[:-1]
        firsts = accumulate((len(draft.tokens) for draft in drafts[:-1]), initial=0)
        for draft, first, offset in zip(drafts, firsts, offsets, strict=True):
            if draft.tokens:
                starts[first] = offset
        pairs = vocabulary.pairs.columns("\n".join(draft.text for draft in drafts))
        at = np.arange(len(pairs))
        laid = [pairs, _word_columns(tokens, vocabulary.words)]
        kinds = [
            Kind(0, at, at + 2, PAIRS_WEIGHT, FEWEST_PAIRS),
            Kind(len(pairs), starts, ends, 1.0, FEWEST_WORDS),
        ]
        titles = [
            (passage.start + offset, passage.end + offset)
            for draft, offset in zip(drafts, offsets, strict=True)
            for passage in draft.passages
            if passage.kind == "heading"
        ]
        if vocabulary.heading_words and titles:
            first = starts.searchsorted([start for start, _ in titles]).tolist()
            last = ends.searchsorted([end for _, end in titles], "right").tolist()
            inside = [number for places in zip(first, last, strict=True) for number in range(*places)]
            laid.append(_word_columns([tokens[number] for number in inside], vocabulary.heading_words))
            kinds.append(Kind(len(pairs) + len(tokens), starts[inside], ends[inside], 1.0, FEWEST_WORDS, True))
        cues = {
            column: [
                (start + offset, end + offset)
                for draft, offset in zip(drafts, offsets, strict=True)
                for start, end in draft.hits.all(layer)
            ]
            for layer, column in vocabulary.cues.items()
        }
        return cls(
            offsets, Track(np.concatenate(laid)), tuple(kinds), Cues.of({c: hits for c, hits in cues.items() if hits})
        )


def _word_columns(tokens: Sequence[tuple[str, str]], known: Mapping[str, int]) -> Columns:
    columns = [known.get(word, UNKNOWN) if _content_tags[tag] else NO_FEATURE for word, tag in tokens]
    return np.array(columns, np.int32)


class _ContentTags(dict[str, bool]):
    """Whether a part of speech carries meaning; filled as tags are met, since jieba's dictionary has no list of them."""

    def __missing__(self, tag: str) -> bool:
        known = self[tag] = tag[0] in _CONTENT
        return known


_content_tags = _ContentTags()


def bounds(ranges: Iterable[Range], count: int) -> tuple[Places, Places]:
    """The starts and the ends of some ranges."""
    places = np.fromiter(chain.from_iterable(ranges), np.int64, 2 * count).reshape(-1, 2)
    return places[:, 0], places[:, 1]


def _apart(hits: Sequence[Range]) -> Iterator[Range]:
    """The hits that do not lie inside or overlap an earlier, longer one."""
    at = 0
    for start, end in sorted(hits, key=lambda hit: (hit[0], -hit[1])):
        if start >= at:
            yield start, end
            at = end


def values(found: Occurrences, start: int, end: int, heading: Range | None = None) -> dict[int, float]:
    """The features of one range by column: what models are trained on."""
    result: dict[int, float] = {}
    for kind in found.kinds:
        place = heading if kind.of_heading else (start, end)
        if place is None:
            continue
        first, last = kind.places(*bounds([place], 1))
        columns = found.track.columns[first[0] : last[0]]
        known, counts = np.unique(columns[columns >= 0], return_counts=True)
        length = math.sqrt(max(int((columns != NO_FEATURE).sum()), kind.fewest))
        result |= dict(zip(known.tolist(), (counts * (kind.weight / length)).tolist(), strict=True))
    for column, count in zip(found.cues.columns, found.cues.counts(np.array([start]), np.array([end]))[0], strict=True):
        if count > 0:
            result[int(column)] = math.log1p(count)
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
