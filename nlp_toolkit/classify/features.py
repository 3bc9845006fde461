"""What the model looks at: words, pairs of neighbouring characters and cues of a range, and the words of its heading.

Pairs of characters see what words are too rare to tell: a phrase that the gold never had still shares its parts. All is
laid out once a document as arrays of columns, so that the sums of any ranges are differences of running sums.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, pairwise, repeat

import numpy as np
import numpy.typing as npt

from nlp_toolkit.draft import Draft
from nlp_toolkit.normalize import code_points

Range = tuple[int, int]
Places = npt.NDArray[np.int64]
Columns = npt.NDArray[np.int32]
Weights = npt.NDArray[np.float32]
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
        codes = np.array([_code(pair) for pair in pairs], np.uint32)
        self._pairs = PairTable(codes, np.array(list(pairs.values()), np.int32))

    def pair_columns(self, codes: npt.NDArray[np.uint32]) -> Columns:
        """The columns of pairs given by their codes; UNKNOWN for those that the vocabulary lacks."""
        return self._pairs.columns(codes)


def _code(pair: str) -> int:
    return ord(pair[0]) << 16 | ord(pair[1])


class PairTable:
    """Columns by pair of characters, as arrays in which each code has its place; who finds it taken goes to a smaller one.

    Many codes are looked up at once, in a fifth of the time of a binary search.
    """

    def __init__(self, codes: npt.NDArray[np.uint32], columns: Columns) -> None:
        self._levels: list[tuple[np.uint32, np.uint32, npt.NDArray[np.uint32], Columns]] = []
        factor, room = 2654435761, 4  # Knuth's; places a code
        while len(codes):
            bits = max(4, (len(codes) * room).bit_length())
            shift, multiplier = np.uint32(32 - bits), np.uint32(factor)
            taken, first = np.unique(codes * multiplier >> shift, return_index=True)
            held, held_columns = np.zeros(1 << bits, np.uint32), np.full(1 << bits, UNKNOWN, np.int32)
            held[taken], held_columns[taken] = codes[first], columns[first]
            self._levels.append((multiplier, shift, held, held_columns))
            codes, columns = np.delete(codes, first), np.delete(columns, first)
            factor = factor * 2246822519 % (1 << 32) | 1

    def columns(self, codes: npt.NDArray[np.uint32]) -> Columns:
        """The column of each code; UNKNOWN where it has none."""
        result = np.full(len(codes), UNKNOWN, np.int32)
        rest = np.arange(len(codes))
        for multiplier, shift, held, held_columns in self._levels:
            sought = codes[rest]
            place = sought * multiplier >> shift
            found = held[place] == sought
            result[rest[found]] = held_columns[place[found]]
            rest = rest[~found]
        return result


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
        first, last = np.searchsorted(self.known, starts), np.searchsorted(self.known, ends)
        cuts = np.unique(np.concatenate([first, last, np.arange(0, len(self.known), _STEP)]))
        running = np.zeros((len(cuts), weights.shape[1]))
        for low, high in _blocks(cuts):
            rows = weights.take(self.known_columns[cuts[low] : cuts[high]], axis=0)
            between = np.add.reduceat(rows, cuts[low:high] - cuts[low], axis=0)
            np.cumsum(between, axis=0, dtype=np.float64, out=running[low + 1 : high + 1])
            running[low + 1 : high + 1] += running[low]
        sums: Sums = running[np.searchsorted(cuts, np.maximum(first, last))] - running[np.searchsorted(cuts, first)]
        return sums

    def within(self, start: int, end: int) -> tuple[Places, Columns]:
        """The places in a range that have a column, and their columns."""
        first, last = np.searchsorted(self.known, (start, end))
        return self.known[first:last], self.known_columns[first:last]


_STEP = 256  # the most features that are summed in single precision
_BLOCK = 1 << 14  # features whose weights are held at a time


def _blocks(cuts: Places) -> Iterator[tuple[int, int]]:
    """Stretches of cuts with about _BLOCK features between the first and the last."""
    edges = np.searchsorted(cuts, np.arange(0, int(cuts[-1]) if len(cuts) else 0, _BLOCK)).tolist()
    edges.append(len(cuts) - 1)
    return ((low, high) for low, high in pairwise(edges) if low < high)


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
        first, last = np.searchsorted(self.starts, (start, end))
        for at in range(int(first), int(last)):
            if self.ends[at] <= end:
                yield int(self.starts[at]), int(self.ends[at]), int(self.columns[self.layers[at]])


_RANGES = 256  # ranges whose hits are looked for at a time


@dataclass(slots=True)
class Occurrences:
    """Where the features of one text stand.

    pairs          by character the column of the pair that begins there
    words          by token the column of its word
    token_starts   where each token begins
    token_ends     where each token ends
    cues           the hits of cue layers
    margins        what a model made of ranges, kept for its next look
    """

    pairs: Track
    words: Track
    token_starts: Places
    token_ends: Places
    cues: Cues
    margins: dict[str, tuple[Sequence[Range], Sums]] = field(default_factory=dict)
    _tokens: Sequence[tuple[str, str]] = ()
    _heading_words: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, draft: Draft, vocabulary: Vocabulary) -> Occurrences:
        """Lay out the features of a draft."""
        words, tags = draft.words, draft.tags
        ends = draft.token_ends
        columns = np.fromiter(map(vocabulary.words.get, words, repeat(UNKNOWN)), np.int32, len(words))
        columns[~np.fromiter(map(_content_tags.__getitem__, tags), np.bool_, len(tags))] = NO_FEATURE
        return cls(
            Track(_pairs(draft.text, vocabulary)),
            Track(columns),
            np.concatenate([np.zeros(1, np.int64), ends[:-1]])[: len(ends)],
            ends,
            Cues.of({column: hits for layer, column in vocabulary.cues.items() if (hits := draft.hits.all(layer))}),
            _tokens=draft.tokens,
            _heading_words=vocabulary.heading_words,
        )

    def tokens_in(self, start: int, end: int) -> slice:
        """The tokens that lie inside a range."""
        first, last = self.tokens_between(np.array([start]), np.array([end]))
        return slice(int(first[0]), int(last[0]))

    def tokens_between(self, starts: Places, ends: Places) -> tuple[Places, Places]:
        """The first token that lies inside each range, and the one after the last."""
        first = np.searchsorted(self.token_starts, starts)
        return first, np.maximum(first, np.searchsorted(self.token_ends, ends, "right"))

    def heading_words(self, heading: Range) -> Track:
        """The words of a heading, by their columns as words of a heading."""
        tokens = self._tokens[self.tokens_in(*heading)] if self._heading_words else ()
        known = (self._heading_words.get(word, UNKNOWN) if _content_tags[tag] else NO_FEATURE for word, tag in tokens)
        return Track(np.fromiter(known, np.int32, len(tokens)))


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


def _pairs(text: str, vocabulary: Vocabulary) -> Columns:
    """For each character the column of the pair of Chinese characters that begins there."""
    codes = code_points(text)
    columns = np.full(len(codes), NO_FEATURE, np.int32)
    han = (codes >= _FIRST_HAN) & (codes <= _LAST_HAN)
    first = np.flatnonzero(han[:-1] & han[1:])
    columns[first] = vocabulary.pair_columns(codes[first] << np.uint32(16) | codes[first + 1])
    return columns


def _apart(hits: Sequence[Range]) -> Iterator[Range]:
    """The hits that do not lie inside or overlap an earlier, longer one."""
    at = 0
    for start, end in sorted(hits, key=lambda hit: (hit[0], -hit[1])):
        if start >= at:
            yield start, end
            at = end


def norm(counts: npt.NDArray[np.int64], fewest: int) -> Sums:
    """What sums over so many words or pairs are divided by, of shape (ranges, 1)."""
    return np.sqrt(np.maximum(counts, fewest))[:, None]


def values(found: Occurrences, start: int, end: int, heading: Range | None = None) -> dict[int, float]:
    """The features of one range by column: what models are trained on."""
    result: dict[int, float] = {}
    inside = found.tokens_in(start, end)
    kinds = [
        (found.pairs.columns[start : max(end - 1, start)], FEWEST_PAIRS, PAIRS_WEIGHT),
        (found.words.columns[inside], FEWEST_WORDS, 1.0),
    ]
    if heading is not None:
        kinds.append((found.heading_words(heading).columns, FEWEST_WORDS, 1.0))
    for columns, fewest, weight in kinds:
        known, counts = np.unique(columns[columns >= 0], return_counts=True)
        length = math.sqrt(max(int((columns != NO_FEATURE).sum()), fewest))
        result |= dict(zip(known.tolist(), (counts * (weight / length)).tolist(), strict=True))
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
