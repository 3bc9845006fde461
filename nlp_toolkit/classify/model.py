"""The model: one linear classifier a theme, and one that tells clauses that state a problem, with calibrated scores.

A model is a folder with ``model.json`` (codebook, feature names, thresholds, how it was made), ``weights.npz`` (arrays
only) and ``README.md`` (its card). Nothing in it is code, and loading it runs none.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt

from nlp_toolkit.classify.codebook import Codebook
from nlp_toolkit.classify.features import Occurrences, Places, Range, Sums, Vocabulary, bounds
from nlp_toolkit.document import Passage, Problem, Theme
from nlp_toolkit.draft import Draft, Finding, merged
from nlp_toolkit.errors import DataError
from nlp_toolkit.frame import FRAME_KINDS
from nlp_toolkit.whole import whole_file

DEFAULT_MODEL = "themes"
FORMAT = 3
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
_MOST_EVIDENCE = 5
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
    logistic function of the second stage over margins (see STAGE), a clause's that of its margin; an output is given
    where its score reaches its threshold.
    """

    codebook: Codebook
    outputs: tuple[str, ...]
    names: tuple[str, ...]
    weights: Array
    bias: Array
    stage: Array
    thresholds: Array
    made: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        outputs, themes = len(self.outputs), len(self.codebook)
        shapes = (self.weights.shape, self.bias.shape, self.thresholds.shape, self.stage.shape)
        fits = shapes == ((len(self.names), outputs), (outputs,), (outputs,), (len(STAGE) + 1,))
        if not fits or self.outputs[:themes] != self.codebook.ids or outputs - themes > 1:
            raise DataError(
                f"the model's arrays {self.weights.shape} do not fit {len(self.names)} features and {themes} themes"
            )
        object.__setattr__(self, "vocabulary", Vocabulary(self.names))

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
        numbers = [number for number, passage in enumerate(draft.passages) if passage.kind not in FRAME_KINDS]
        result: list[tuple[Theme, ...]] = [()] * len(draft.passages)
        if self.names and numbers:
            found = self.occurrences(draft)
            for row, given in self._given(self.scores(self.told(draft, numbers))).items():
                passage = draft.passages[numbers[row]]
                place = passage.start, passage.end
                themes = [
                    Theme(self.codebook.ids[column], round(score, 4), self.evidence(found, place, column))
                    for column, score in given
                ]
                result[numbers[row]] = tuple(sorted(themes, key=lambda theme: (-theme.score, theme.id)))
        return result

    def classify(self, draft: Draft, ranges: Sequence[Range]) -> list[tuple[str, ...]]:
        """The ids of the themes of problem statements of a draft, best first, each judged for itself."""
        if not self.names or not ranges:
            return [()] * len(ranges)
        margins = self._statement_margins(draft, ranges)
        themes = margins[:, : len(self.codebook)]
        trouble = margins[:, -1] if PROBLEM in self.outputs else np.full(len(ranges), NO_TROUBLE)
        given = self._given(self.scores(stage_features(themes, themes, themes, trouble, np.ones(len(ranges)))))
        ids = self.codebook.ids
        return [
            tuple(theme for _, theme in sorted((-score, ids[column]) for column, score in given.get(row, ())))
            for row in range(len(ranges))
        ]

    def _given(self, scores: Array) -> dict[int, list[tuple[int, float]]]:
        """By row the themes whose scores reach their thresholds, with their scores."""
        given: dict[int, list[tuple[int, float]]] = {}
        rows, columns = np.nonzero(scores >= self.thresholds[: len(self.codebook)])
        for row, column, score in zip(rows.tolist(), columns.tolist(), scores[rows, columns].tolist(), strict=True):
            given.setdefault(row, []).append((column, score))
        return given

    def problem_clauses(self, draft: Draft) -> list[Finding | None]:
        """What makes each clause of a draft a statement of something wrong; None where it is none.

        A model that was not taught problems finds none.
        """
        result: list[Finding | None] = [None] * len(draft.clauses)
        if PROBLEM in self.outputs and draft.clauses:
            found, scores = self.occurrences(draft), logistic(self._clause_trouble(draft))
            for number in np.flatnonzero(scores >= self.thresholds[-1]).tolist():
                evidence = self.evidence(found, draft.clauses[number], len(self.codebook))
                result[number] = Finding(round(float(scores[number]), 4), evidence)
        return result

    def scores(self, told: npt.NDArray[np.float64]) -> Array:
        """Scores between 0 and 1 of shape (ranges, themes) from what the second stage is told."""
        return logistic(told @ self.stage[:-1] + self.stage[-1])

    def told(self, draft: Draft, numbers: Sequence[int]) -> npt.NDArray[np.float64]:
        """What the second stage is told of passages, given by their numbers, of shape (passages, themes, stage)."""
        themes, outer = (
            slice(len(self.codebook)),
            bounds(((p.start, p.end) for p in draft.passages), len(draft.passages)),
        )
        passages, sentences, clauses = self._margins_of_text(draft)
        own = passages[numbers, themes]
        sentence = _best(sentences[:, themes], _owners(draft.sentences, *outer), len(passages), -np.inf)[numbers]
        problems = [(span.start, span.end) for span in draft.of(Problem)]
        owners = _owners(problems, *outer)
        margins = self._statement_margins(draft, problems)[:, themes]
        statement = _best(margins, owners, len(passages), NO_STATEMENT)[numbers]
        count = np.bincount(owners[owners >= 0], minlength=len(passages))[numbers].astype(np.float64)
        trouble = np.full(len(numbers), NO_TROUBLE)
        if PROBLEM in self.outputs:
            owners = _owners(draft.clauses, *outer)
            trouble = _best(clauses[:, -1:], owners, len(passages), NO_TROUBLE)[numbers, 0]
        return stage_features(own, np.where(np.isfinite(sentence), sentence, own), statement, trouble, count)

    def _margins_of_text(self, draft: Draft) -> tuple[Sums, Sums, Sums]:
        """The margins of passages and sentences, under their headings, and of clauses, all asked for at once."""
        passages = [(passage.start, passage.end) for passage in draft.passages]
        count = len(passages), len(passages) + len(draft.sentences)

        def margins() -> Sums:
            contexts = headings(draft.passages)
            owners = _owners(draft.sentences, *bounds(passages, len(passages))).tolist()
            return self.margins(
                self.occurrences(draft),
                [*passages, *draft.sentences, *draft.clauses],
                [*contexts, *(contexts[owner] for owner in owners), *[None] * len(draft.clauses)],
            )

        every = self._kept(draft, "text", draft.clauses, margins)
        return every[: count[0]], every[count[0] : count[1]], every[count[1] :]

    def _clause_trouble(self, draft: Draft) -> Sums:
        """How much each clause sounds like a problem."""
        trouble: Sums = self._margins_of_text(draft)[2][:, -1]
        return trouble

    def _statement_margins(self, draft: Draft, ranges: Sequence[Range]) -> Sums:
        """The margins of problem statements."""
        return self._kept(draft, "statements", ranges, lambda: self.margins(self.occurrences(draft), ranges))

    def _kept(self, draft: Draft, name: str, ranges: Sequence[Range], margins: Callable[[], Sums]) -> Sums:
        """Margins that are asked for twice."""
        kept = self.occurrences(draft).margins
        if name not in kept or kept[name][0] != ranges:
            kept[name] = ranges, margins()
        return kept[name][1]

    def margins(
        self, found: Occurrences, ranges: Sequence[Range], contexts: Sequence[Range | None] | None = None
    ) -> Sums:
        """The weighted sums behind the scores, of shape (ranges, outputs); far below all where a range has no features."""
        count = len(ranges)
        margins = np.repeat(self.bias.astype(np.float64)[None], count, axis=0)
        if not count:
            return margins
        own = bounds(ranges, count)
        above = own if contexts is None else bounds((context or (0, 0) for context in contexts), count)
        kinds = [kind for kind in found.kinds if contexts is not None or not kind.of_heading]
        places = [kind.places(*(above if kind.of_heading else own)) for kind in kinds]
        starts, ends = (np.concatenate([place[side] for place in places]) for side in (0, 1))
        sums, counts = found.track.sums(self.weights, starts, ends), found.track.counts(starts, ends)
        empty = np.ones(count, np.bool_)
        for number, kind in enumerate(kinds):
            rows = slice(number * count, (number + 1) * count)
            margins += sums[rows] * (kind.weight / np.sqrt(np.maximum(counts[rows], kind.fewest)))[:, None]
            if not kind.of_heading:
                empty &= counts[rows] == 0
        if len(found.cues.columns):
            margins += np.log1p(found.cues.counts(*own)) @ self.weights[found.cues.columns]
        margins[empty] = _NOWHERE
        return margins

    def evidence(self, found: Occurrences, place: Range, output: int) -> tuple[Range, ...]:
        """The places of the words, pairs and cues that speak most for an output, in text order."""
        weighed: list[tuple[float, int, int]] = []
        for kind in found.kinds:
            if kind.of_heading:
                continue
            (first,), (last,) = kind.places(*bounds([place], 1))
            known = slice(*found.track.known.searchsorted((first, last)).tolist())
            weights = self.weights[found.track.known_columns[known], output] * np.float32(kind.weight)
            most = np.flatnonzero(weights > _least_of_most(weights))
            at = found.track.known[known][most] - kind.first
            columns = (-weights[most]).tolist(), kind.starts[at].tolist(), kind.ends[at].tolist()
            weighed += zip(*columns, strict=True)
        for first, last, column in found.cues.within(*place):
            if (weight := float(self.weights[column, output])) > 0:
                weighed.append((-weight, first, last))
        return merged([(first, last) for _, first, last in sorted(weighed)[:_MOST_EVIDENCE]])

    def save(self, folder: str | Path, card: str) -> None:
        """Write the model and its card into a folder, the same bytes for the same model, each file whole or not at all."""
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
        described = json.dumps(description, ensure_ascii=False, indent=1) + "\n"
        with ExitStack() as open_files:  # all are written before the first one takes its place
            for name, text in (("model.json", described), ("README.md", card)):
                open_files.enter_context(whole_file(folder / name)).write(text.encode())
            stream = open_files.enter_context(whole_file(folder / "weights.npz"))
            np.savez_compressed(stream, weights=self.weights, bias=self.bias, stage=self.stage)

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
                arrays = {name: stored[name].astype(np.float32) for name in ("weights", "bias", "stage")}
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


def _owners(inner: Sequence[Range], starts: Places, ends: Places) -> Places:
    """The number of the passage that each range lies in, -1 where it lies in none; all in order and apart."""
    inner_starts, inner_ends = bounds(inner, len(inner))
    owners = starts.searchsorted(inner_starts, "right") - 1
    return np.where((owners >= 0) & (inner_ends <= ends[owners]), owners, -1) if len(starts) else owners


def _best(margins: Sums, owners: Places, count: int, none: float) -> Sums:
    """The highest margins of what lies in each of ``count`` passages, and what stands for none."""
    result = np.full((count, margins.shape[1]), none)
    held = owners >= 0
    margins, owners = margins[held], owners[held]
    if len(owners):
        first = np.flatnonzero(np.diff(owners, prepend=-1))
        result[owners[first]] = np.maximum.reduceat(margins, first, axis=0)
    return result


def _least_of_most(weights: Array) -> float:
    """What a weight must exceed to be among the highest that may be evidence; ties are kept, and nothing below zero."""
    if len(weights) <= _MOST_EVIDENCE:
        return 0.0
    least = np.partition(weights, -_MOST_EVIDENCE)[-_MOST_EVIDENCE]
    return max(float(np.nextafter(least, np.float32(-np.inf))), 0.0)


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
