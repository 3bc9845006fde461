"""The model: one linear classifier a theme, and one that tells clauses that state a problem, with calibrated scores.

A model is a folder with ``model.json`` (codebook, feature names, thresholds, how it was made), ``weights.npz`` (arrays
only) and ``README.md`` (its card). Nothing in it is code, and loading it runs none.
"""

from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt

from nlp_toolkit.classify.codebook import Codebook
from nlp_toolkit.classify.features import (
    FEWEST_PAIRS,
    FEWEST_WORDS,
    PAIRS_WEIGHT,
    Occurrences,
    Range,
    Vocabulary,
    norm,
    range_sums,
)
from nlp_toolkit.document import Passage, Theme
from nlp_toolkit.draft import Draft
from nlp_toolkit.errors import DataError

DEFAULT_MODEL = "themes"
FORMAT = 2
PROBLEM = "problem"  # the output that tells clauses that state something wrong
# A passage's margin is the mean of its own and of its most telling sentence's: an ill may fill one sentence of ten.
SENTENCE_SHARE = 0.5
_MOST_EVIDENCE = 5
# Kinds of passages that are about nothing: they get no theme.
_FRAME = frozenset({"title", "number", "addressee", "signature", "date_line", "attachment"})
Array = npt.NDArray[np.float32]
_NOWHERE = -50.0  # the margin of a range without features


def logistic(margins: npt.NDArray[Any]) -> Array:
    """Probabilities from margins."""
    with np.errstate(over="ignore"):
        return np.asarray(1 / (1 + np.exp(-margins)), np.float32)


@dataclass(frozen=True)
class ThemeModel:
    """Weights of shape (features, outputs), bias, slope, offset and threshold of shape (outputs,).

    Outputs are the themes of the codebook and, where the gold had problem spans, PROBLEM. The score is the logistic
    function of slope × margin + offset; an output is given where its score reaches its threshold.
    """

    codebook: Codebook
    outputs: tuple[str, ...]
    names: tuple[str, ...]
    weights: Array
    bias: Array
    slope: Array
    offset: Array
    thresholds: Array
    made: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        outputs, themes = len(self.outputs), len(self.codebook)
        vectors = (self.bias, self.slope, self.offset, self.thresholds)
        fits = self.weights.shape == (len(self.names), outputs) and all(v.shape == (outputs,) for v in vectors)
        if not fits or self.outputs[:themes] != self.codebook.ids or outputs - themes > 1:
            raise DataError(
                f"the model's arrays {self.weights.shape} do not fit {len(self.names)} features and {themes} themes"
            )
        padded = np.vstack([self.weights, np.zeros((2, outputs), np.float32)])
        object.__setattr__(self, "vocabulary", Vocabulary(self.names))
        object.__setattr__(self, "_padded", padded)

    vocabulary: Vocabulary = field(init=False, repr=False, compare=False)

    @classmethod
    def untrained(cls, codebook: Codebook) -> ThemeModel:
        """A model that gives no theme at all: what training starts from."""
        nothing = np.zeros(len(codebook), np.float32)
        weights = np.zeros((0, len(codebook)), np.float32)
        return cls(codebook, codebook.ids, (), weights, nothing, nothing + 1, nothing, nothing + 2)

    def restricted(self, wanted: Collection[str]) -> ThemeModel:
        """The same model, giving no other themes than the wanted ones."""
        kept = np.array([output in wanted or output == PROBLEM for output in self.outputs])
        return replace(self, thresholds=np.where(kept, self.thresholds, np.float32(2)))

    def occurrences(self, draft: Draft) -> Occurrences:
        """Where the model's features stand in a draft; kept with it, since every reader of the draft needs them."""
        if not isinstance(draft.features, Occurrences):
            draft.features = Occurrences.of(draft, self.vocabulary)
        return draft.features

    def predict(self, draft: Draft) -> list[tuple[Theme, ...]]:
        """The themes of each passage, best first, with evidence in normalised coordinates."""
        places = [n for n, p in enumerate(draft.passages) if p.kind not in _FRAME]
        ranges = [(draft.passages[n].start, draft.passages[n].end) for n in places]
        contexts = headings(draft.passages)
        result: list[tuple[Theme, ...]] = [()] * len(draft.passages)
        if self.names and ranges:
            found = self.occurrences(draft)
            scores = self.scores(self.passage_margins(draft, ranges, [contexts[n] for n in places]))
            for number, start_end, row in zip(places, ranges, scores, strict=True):
                result[number] = self._themes(found, start_end, row)
        return result

    def classify(self, draft: Draft, ranges: Sequence[Range]) -> list[tuple[Theme, ...]]:
        """The themes of ranges of a draft, each judged for itself."""
        if not self.names or not ranges:
            return [()] * len(ranges)
        found = self.occurrences(draft)
        scores = self.scores(self.margins(found, ranges))
        return [self._themes(found, place, row) for place, row in zip(ranges, scores, strict=True)]

    def problem_clauses(self, draft: Draft) -> list[bool]:
        """For each clause of a draft whether it states something wrong; all False where the model was not taught it."""
        if PROBLEM not in self.outputs or not draft.clauses:
            return [False] * len(draft.clauses)
        column = self.outputs.index(PROBLEM)
        margins = self.margins(self.occurrences(draft), draft.clauses, outputs=slice(column, column + 1))
        scores = logistic(margins[:, 0] * self.slope[column] + self.offset[column])
        return [bool(score >= self.thresholds[column]) for score in scores]

    def scores(self, margins: npt.NDArray[Any]) -> Array:
        """Scores between 0 and 1."""
        return logistic(margins * self.slope + self.offset)

    def passage_margins(
        self, draft: Draft, ranges: Sequence[Range], contexts: Sequence[Range | None]
    ) -> npt.NDArray[np.float64]:
        """Margins of passages, each raised or lowered by its most telling sentence."""
        found = self.occurrences(draft)
        margins = self.margins(found, ranges, contexts)
        inner = [(s, owner) for owner, place in enumerate(ranges) for s in _inside(draft.sentences, place)]
        if inner:
            sentences = self.margins(found, [s for s, _ in inner], [contexts[owner] for _, owner in inner])
            best = np.full(margins.shape, -np.inf)
            np.maximum.at(best, [owner for _, owner in inner], sentences)
            best = np.where(np.isfinite(best), best, margins)
            margins = (1 - SENTENCE_SHARE) * margins + SENTENCE_SHARE * best
        return margins

    def margins(
        self,
        found: Occurrences,
        ranges: Sequence[Range],
        contexts: Sequence[Range | None] | None = None,
        outputs: slice = slice(None),
    ) -> npt.NDArray[np.float64]:
        """The weighted sums behind the scores, of shape (ranges, outputs); far below all where a range has no features."""
        weights: Array = self._padded[:, outputs]  # type: ignore[attr-defined]
        starts, ends = (np.array([place[side] for place in ranges], np.int64) for side in (0, 1))
        sums, pairs = range_sums(found.pairs, weights, starts, np.maximum(ends - 1, starts))
        margins: npt.NDArray[np.float64] = self.bias[outputs] + sums * (PAIRS_WEIGHT / norm(pairs, FEWEST_PAIRS))
        sums, words = range_sums(found.words, weights, *found.tokens_between(starts, ends))
        margins += sums / norm(words, FEWEST_WORDS)
        for column, (hit_starts, hit_ends) in found.cues.items():
            hits = np.searchsorted(hit_ends, ends, "right") - np.searchsorted(hit_starts, starts)
            margins += np.log1p(np.maximum(hits, 0))[:, None] * weights[column]
        if contexts is not None and len(found.heading_words):
            known = sorted({context for context in contexts if context is not None})
            if known:
                headed = self._heading_margins(found, known, weights)
                at = {context: number for number, context in enumerate(known)}
                rows = [n for n, context in enumerate(contexts) if context is not None]
                margins[rows] += headed[[at[context] for context in contexts if context is not None]]
        margins[(pairs == 0) & (words == 0)] = _NOWHERE
        return margins

    def _heading_margins(self, found: Occurrences, contexts: list[Range], weights: Array) -> npt.NDArray[np.float64]:
        starts, ends = (np.array([place[side] for place in contexts], np.int64) for side in (0, 1))
        sums, words = range_sums(found.heading_words, weights, *found.tokens_between(starts, ends))
        return sums / norm(words, FEWEST_WORDS)

    def _themes(self, found: Occurrences, place: Range, scores: Array) -> tuple[Theme, ...]:
        themes = [
            Theme(theme, round(float(scores[column]), 4), self.evidence(found, place, column))
            for column, theme in enumerate(self.codebook.ids)
            if scores[column] >= self.thresholds[column]
        ]
        return tuple(sorted(themes, key=lambda theme: (-theme.score, theme.id)))

    def evidence(self, found: Occurrences, bounds: Range, output: int) -> tuple[Range, ...]:
        """The places of the words, pairs and cues that speak most for an output, in text order."""
        start, end = bounds
        weights: Array = self._padded[:, output]  # type: ignore[attr-defined]
        weighed: list[tuple[float, int, int]] = []
        pairs = found.pairs[start : max(end - 1, start)]
        weighed += [
            (-PAIRS_WEIGHT * weights[pairs[at]], start + int(at), start + int(at) + 2)
            for at in np.flatnonzero(weights[pairs] > 0)
        ]
        inside = found.tokens_in(start, end)
        for number in np.flatnonzero(weights[found.words[inside]] > 0) + inside.start:
            place = int(found.token_starts[number]), int(found.token_ends[number])
            weighed.append((-weights[found.words[number]], *place))
        for column, (firsts, lasts) in found.cues.items():
            for number in range(int(np.searchsorted(firsts, start)), int(np.searchsorted(lasts, end, "right"))):
                if weights[column] > 0:
                    weighed.append((-weights[column], int(firsts[number]), int(lasts[number])))
        best = sorted(weighed)[:_MOST_EVIDENCE]
        return _merged([(first, last) for _, first, last in best])

    def save(self, folder: str | Path, card: str) -> None:
        """Write the model and its card into a folder, the same bytes for the same model."""
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        description = {
            "format": FORMAT,
            "codebook": self.codebook.to_dict(),
            "made": self.made,
            "outputs": list(self.outputs),
            "thresholds": [round(float(t), 4) for t in self.thresholds],
            "names": list(self.names),
        }
        (folder / "model.json").write_text(
            json.dumps(description, ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
        )
        np.savez_compressed(
            folder / "weights.npz", weights=self.weights, bias=self.bias, slope=self.slope, offset=self.offset
        )
        (folder / "README.md").write_text(card, encoding="utf-8")

    @classmethod
    def load(cls, folder: str | Path | None = None) -> ThemeModel:
        """The model in a folder, or the one that comes with the toolkit.

        Raises DataError where the folder holds no model that this version can read.
        """
        if folder is None:
            with as_file(files("nlp_toolkit.models").joinpath(DEFAULT_MODEL)) as packaged:
                return cls.load(packaged)
        path = Path(folder)
        try:
            description = json.loads((path / "model.json").read_text(encoding="utf-8"))
            if description["format"] != FORMAT:
                raise DataError(f"{path}: is a model of format {description['format']}, not {FORMAT}; train it anew")
            with np.load(path / "weights.npz", allow_pickle=False) as stored:
                arrays = {name: stored[name].astype(np.float32) for name in ("weights", "bias", "slope", "offset")}
            return cls(
                Codebook.from_dict(description["codebook"], str(path)),
                tuple(description["outputs"]),
                tuple(description["names"]),
                thresholds=np.asarray(description["thresholds"], np.float32),
                made=description["made"],
                **arrays,
            )
        except FileNotFoundError as error:
            raise DataError(f"{path}: is no model folder ({Path(error.filename).name} is missing)") from None
        except (OSError, ValueError, KeyError, TypeError, BadZipFile) as error:
            raise DataError(f"{path}: the model cannot be read ({error}); train it anew") from None


def _inside(ranges: Sequence[Range], outer: Range) -> Sequence[Range]:
    """Those of some ranges, in order, that lie in another."""
    first = bisect_left(ranges, (outer[0], outer[0]))
    last = first
    while last < len(ranges) and ranges[last][1] <= outer[1]:
        last += 1
    return ranges[first:last]


def headings(passages: Sequence[Passage]) -> list[Range | None]:
    """For each passage the place of the heading it stands under; none for headings themselves."""
    result: list[Range | None] = []
    current: Range | None = None
    for passage in passages:
        if passage.kind == "heading":
            current = (passage.start, passage.end)
            result.append(None)
        else:
            result.append(current)
    return result


def _merged(places: list[Range]) -> tuple[Range, ...]:
    """Places in order, overlapping ones joined."""
    result: list[Range] = []
    for start, end in sorted(places):
        if result and start < result[-1][1]:
            result[-1] = (result[-1][0], max(end, result[-1][1]))
        else:
            result.append((start, end))
    return tuple(result)
