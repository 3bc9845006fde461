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
from nlp_toolkit.document import Passage, Problem, Theme
from nlp_toolkit.draft import Draft, Heard, merged
from nlp_toolkit.errors import DataError
from nlp_toolkit.extract.problems import TOLD

DEFAULT_MODEL = "themes"
FORMAT = 4
PROBLEM = "problem"  # the output that tells clauses that state something wrong
# What the second stage is told of a passage and a theme: the margins of the passage, of its most telling sentence and
# problem statement, and of its clause that sounds most like a problem; how many statements there are; and the margins
# again where there is none. An ill may fill one sentence of ten, and a passage without one has seldom a theme.
STAGE = (
    "passage",
    "sentence",
    "statement",
    "trouble",
    "statements",
    "none",
    "passage_alone",
    "sentence_alone",
    "trouble_alone",
)
NO_STATEMENT, NO_TROUBLE = -9.0, -6.0  # the margins where a passage has no statement, or the model was taught none
_STORED = ("weights", "bias", "stage", "clause_stage")
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
    """Weights of shape (features, outputs), bias and threshold of shape (outputs,), the second stage of shape (stage + 1,).

    Outputs are the themes of the codebook and, where the gold had problem spans, PROBLEM. A theme's score is the
    logistic function of the second stage over margins (see STAGE), a clause's that of the clause stage over its margin
    and what else is known of it (see ``extract.problems.TOLD``), of shape (TOLD + 2,); an output is given where its score
    reaches its threshold.
    """

    codebook: Codebook
    outputs: tuple[str, ...]
    names: tuple[str, ...]
    weights: Array
    bias: Array
    stage: Array
    thresholds: Array
    clause_stage: Array = field(default_factory=lambda: np.zeros(len(TOLD) + 2, np.float32))
    made: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        outputs, themes = len(self.outputs), len(self.codebook)
        shapes = (self.weights.shape, self.bias.shape, self.thresholds.shape, self.stage.shape, self.clause_stage.shape)
        fits = shapes == ((len(self.names), outputs), (outputs,), (outputs,), (len(STAGE) + 1,), (len(TOLD) + 2,))
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
        return cls(codebook, codebook.ids, (), weights, nothing, np.zeros(len(STAGE) + 1, np.float32), nothing + 2)

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
            scores = self.scores(self.told(draft, ranges, [contexts[n] for n in places]))
            for number, start_end, row in zip(places, ranges, scores, strict=True):
                result[number] = self._themes(found, start_end, row)
        return result

    def classify(self, draft: Draft, ranges: Sequence[Range]) -> list[tuple[str, ...]]:
        """The ids of the themes of problem statements of a draft, best first, each judged for itself."""
        if not self.names or not ranges:
            return [()] * len(ranges)
        margins = self.margins(self.occurrences(draft), ranges)
        themes = margins[:, : len(self.codebook)]
        trouble = margins[:, -1] if PROBLEM in self.outputs else np.full(len(ranges), NO_TROUBLE)
        scores = self.scores(stage_features(themes, themes, themes, trouble, np.ones(len(ranges))))
        given: list[list[tuple[float, str]]] = [[] for _ in ranges]
        for row, column in np.argwhere(scores >= self.thresholds[: len(self.codebook)]):
            given[row].append((-float(scores[row, column]), self.codebook.ids[column]))
        return [tuple(theme for _, theme in sorted(found)) for found in given]

    def hear(self, draft: Draft) -> Heard | None:
        """How much each clause of a draft sounds like a statement of something wrong; None where nothing was taught."""
        if PROBLEM not in self.outputs or not draft.clauses:
            return None
        return Heard(
            self._trouble(draft, draft.clauses),
            self.clause_stage,
            float(self.thresholds[-1]),
            lambda clause: self.evidence(self.occurrences(draft), clause, len(self.codebook)),
        )

    def scores(self, told: npt.NDArray[np.float64]) -> Array:
        """Scores between 0 and 1 of shape (ranges, themes) from what the second stage is told."""
        return logistic(told @ self.stage[:-1] + self.stage[-1])

    def told(self, draft: Draft, ranges: Sequence[Range], contexts: Sequence[Range | None]) -> npt.NDArray[np.float64]:
        """What the second stage is told of passages, of shape (passages, themes, stage)."""
        found, themes = self.occurrences(draft), slice(len(self.codebook))
        own = self.margins(found, ranges, contexts, themes)

        def best(inner: Sequence[Range], outputs: slice, headed: bool, none: float) -> npt.NDArray[np.float64]:
            owned = [(place, owner) for owner, outer in enumerate(ranges) for place in _inside(inner, outer)]
            result = np.full((len(ranges), len(self.bias[outputs])), none)
            if owned:
                heads = [contexts[owner] for _, owner in owned] if headed else None
                margins = self.margins(found, [place for place, _ in owned], heads, outputs)
                np.maximum.at(result, [owner for _, owner in owned], margins)
            return result

        sentence = best(draft.sentences, themes, True, -np.inf)
        problems = [(span.start, span.end) for span in draft.of(Problem)]
        statement = best(problems, themes, False, NO_STATEMENT)
        trouble = np.full(len(ranges), NO_TROUBLE)
        if PROBLEM in self.outputs:
            trouble = best(draft.clauses, slice(len(self.codebook), None), False, NO_TROUBLE)[:, 0]
        count = np.array([len(_inside(problems, outer)) for outer in ranges], np.float64)
        return stage_features(own, np.where(np.isfinite(sentence), sentence, own), statement, trouble, count)

    def _trouble(self, draft: Draft, ranges: Sequence[Range]) -> npt.NDArray[np.float64]:
        """How much ranges sound like a problem."""
        return self.margins(self.occurrences(draft), ranges, outputs=slice(len(self.codebook), None))[:, 0]

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
        return merged([(first, last) for _, first, last in best])

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
        arrays = {name: getattr(self, name) for name in _STORED}
        np.savez_compressed(folder / "weights.npz", **arrays)
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
                arrays = {name: stored[name].astype(np.float32) for name in _STORED}
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


def stage_features(
    passage: npt.NDArray[np.float64],
    sentence: npt.NDArray[np.float64],
    statement: npt.NDArray[np.float64],
    trouble: npt.NDArray[np.float64],
    statements: npt.NDArray[np.float64],
) -> npt.NDArray[np.float64]:
    """The features of the second stage in the order of STAGE, of shape (passages, themes, stage).

    The first three are margins of shape (passages, themes), the last two of shape (passages,).
    """
    trouble, statements = (np.broadcast_to(v[:, None], passage.shape) for v in (trouble, statements))
    none = (statements == 0).astype(np.float64)
    columns = (passage, sentence, np.maximum(statement, NO_STATEMENT), trouble, np.log1p(statements), none)
    return np.stack([*columns, passage * none, sentence * none, trouble * none], axis=-1)


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
