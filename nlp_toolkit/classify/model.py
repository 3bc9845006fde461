"""The model: one linear classifier a theme, and one that tells clauses that state a problem, with calibrated scores.

A model is a folder with ``model.json`` (codebook, feature names, thresholds, how it was made), ``weights.npz`` (arrays
only) and ``README.md`` (its card). Nothing in it is code, and loading it runs none.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from hashlib import sha256
from importlib.resources import as_file, files
from io import BytesIO
from itertools import accumulate, chain, islice
from pathlib import Path
from typing import Any, cast
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt

from nlp_toolkit.classify.codebook import Codebook
from nlp_toolkit.classify.features import Occurrences, Places, Range, Sums, Vocabulary, bounds
from nlp_toolkit.document import Passage, Problem, Theme
from nlp_toolkit.draft import Draft, Heard, merged
from nlp_toolkit.errors import DataError
from nlp_toolkit.extract.problems import TOLD
from nlp_toolkit.frame import FRAME_KINDS
from nlp_toolkit.whole import whole_file

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
Array = npt.NDArray[np.float32]
_NOWHERE = -50.0  # the margin of a range without features


def logistic(margins: npt.NDArray[Any]) -> Array:
    """Probabilities from margins."""
    with np.errstate(over="ignore"):
        return np.asarray(1 / (1 + np.exp(-margins)), np.float32)


class Spread:
    """Ranges of some drafts in order, in the coordinates of their reading, with what a model made of them."""

    def __init__(self, ranges: Sequence[Sequence[Range]], offsets: Sequence[int]) -> None:
        counts = [len(inner) for inner in ranges]
        starts, ends = bounds(chain.from_iterable(ranges), sum(counts))
        moved = np.repeat(np.array(offsets), counts)
        self.bounds = starts + moved, ends + moved
        self.margins: Sums = np.empty((0, 0))
        self._first = [0, *accumulate(counts)]

    def rows(self, number: int) -> slice:
        """Where the ranges of one draft stand."""
        return slice(self._first[number], self._first[number + 1])

    def owners(self, inner: Spread) -> Places:
        """The number of the range here that each of other ranges lies in, -1 where it lies in none."""
        owners: Places = self.bounds[0].searchsorted(inner.bounds[0], "right") - 1
        outside = owners < 0
        if len(self.bounds[1]):
            outside |= inner.bounds[1] > self.bounds[1][owners]
        owners[outside] = -1
        return owners


@dataclass(eq=False, slots=True)
class Reading:
    """What a model makes of some drafts that it reads as one text."""

    found: Occurrences
    passages: Spread
    sentences: Spread
    clauses: Spread
    _statements: tuple[list[list[Range]], Spread] | None = None

    @classmethod
    def of(cls, found: Occurrences, drafts: Sequence[Draft]) -> Reading:
        """A reading whose ranges are not weighed yet."""
        passages = [[(passage.start, passage.end) for passage in draft.passages] for draft in drafts]
        sentences, clauses = [draft.sentences for draft in drafts], [draft.clauses for draft in drafts]
        passages_of, sentences_of, clauses_of = (
            Spread(ranges, found.offsets) for ranges in (passages, sentences, clauses)
        )
        return cls(found, passages_of, sentences_of, clauses_of)

    def statements_of(self, model: ThemeModel, drafts: Sequence[Draft]) -> Spread:
        """The problem statements of the drafts, weighed; kept, since they are asked for twice."""
        problems = [[(span.start, span.end) for span in draft.of(Problem)] for draft in drafts]
        if self._statements is None or self._statements[0] != problems:
            spread = Spread(problems, self.found.offsets)
            spread.margins = model.margins(self.found, spread.bounds)
            self._statements = problems, spread
        return self._statements[1]


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
        object.__setattr__(self, "vocabulary", Vocabulary(self.names))
        # Sums in double precision are the same to the last digit shown, whatever is read together.
        object.__setattr__(self, "_exact", self.weights.astype(np.float64))

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

    def read(self, drafts: Sequence[Draft]) -> Reading:
        """Lay out the features of drafts and weigh their passages, sentences and clauses, all at once.

        The reading is kept with the drafts, since every question about them needs it.
        """
        found = Occurrences.of(drafts, self.vocabulary)
        reading = Reading.of(found, drafts)
        own = [spread.bounds for spread in (reading.passages, reading.sentences, reading.clauses)]
        contexts = [
            (heading[0] + offset, heading[1] + offset) if heading else (0, 0)
            for draft, offset in zip(drafts, found.offsets, strict=True)
            for heading in headings(draft.passages)
        ]
        passages = bounds(contexts, len(contexts))
        owners = reading.passages.owners(reading.sentences)
        nothing = np.zeros_like(own[2][0])
        above = [np.concatenate([context, context[owners], nothing]) for context in passages]
        margins = self.margins(found, [np.concatenate(side) for side in zip(*own, strict=True)], above)
        at = 0
        for spread in (reading.passages, reading.sentences, reading.clauses):
            spread.margins = margins[at : at + len(spread.bounds[0])]
            at += len(spread.bounds[0])
        for number, draft in enumerate(drafts):
            draft.features = reading, number
        return reading

    def _reading(self, draft: Draft) -> tuple[Reading, int]:
        """The reading that a draft is part of, and its number there."""
        if draft.features is None:
            self.read([draft])
        reading, number = cast("tuple[Reading, int]", draft.features)
        return reading, number

    def predict(self, draft: Draft) -> list[tuple[Theme, ...]]:
        """The themes of each passage, best first, with evidence in normalised coordinates."""
        return self.predict_all([draft])[0]

    def predict_all(self, drafts: Sequence[Draft]) -> list[list[tuple[Theme, ...]]]:
        """The themes of each passage of drafts that were read together, or were not yet read."""
        result: list[list[tuple[Theme, ...]]] = [[()] * len(draft.passages) for draft in drafts]
        places = [
            (number, passage.kind not in FRAME_KINDS, row)
            for number, draft in enumerate(drafts)
            for row, passage in enumerate(draft.passages)
        ]
        if not self.names or not places:
            return result
        given = self._given(self.scores(self.told(drafts)))
        for (number, speaks, row), themes in zip(places, map(given.get, range(len(places))), strict=True):
            if speaks and themes:
                passage = drafts[number].passages[row]
                found = [
                    Theme(
                        self.codebook.ids[column],
                        round(score, 4),
                        self.evidence(drafts[number], (passage.start, passage.end), column),
                    )
                    for column, score in themes
                ]
                result[number][row] = tuple(sorted(found, key=lambda theme: (-theme.score, theme.id)))
        return result

    def classify(self, draft: Draft) -> list[tuple[str, ...]]:
        """The ids of the themes of a draft's problem statements, best first, each judged for itself."""
        return self.classify_all([draft])[0]

    def classify_all(self, drafts: Sequence[Draft]) -> list[list[tuple[str, ...]]]:
        """The ids of the themes of the problem statements of drafts that were read together."""
        counts = [len(draft.of(Problem)) for draft in drafts]
        if not self.names or not any(counts):
            return [[()] * count for count in counts]
        margins = self._together(drafts).statements_of(self, drafts).margins
        themes = margins[:, : len(self.codebook)]
        trouble = margins[:, -1] if PROBLEM in self.outputs else np.full(len(margins), NO_TROUBLE)
        given = self._given(self.scores(stage_features(themes, themes, themes, trouble, np.ones(len(margins)))))
        ids = self.codebook.ids
        every = iter(range(len(margins)))
        return [
            [
                tuple(theme for _, theme in sorted((-score, ids[column]) for column, score in given.get(row, ())))
                for row in islice(every, count)
            ]
            for count in counts
        ]

    def _together(self, drafts: Sequence[Draft]) -> Reading:
        """The one reading of some drafts."""
        if any(draft.features is None for draft in drafts):
            return self.read(drafts)
        reading, _ = self._reading(drafts[0])
        whole = len(reading.found.offsets) == len(drafts)
        if whole and all(self._reading(draft) == (reading, number) for number, draft in enumerate(drafts)):
            return reading
        return self.read(drafts)

    def _given(self, scores: Array) -> dict[int, list[tuple[int, float]]]:
        """By row the themes whose scores reach their thresholds, with their scores."""
        given: dict[int, list[tuple[int, float]]] = {}
        rows, columns = np.nonzero(scores >= self.thresholds[: len(self.codebook)])
        for row, column, score in zip(rows.tolist(), columns.tolist(), scores[rows, columns].tolist(), strict=True):
            given.setdefault(row, []).append((column, score))
        return given

    def hear(self, draft: Draft) -> Heard | None:
        """How much each clause of a draft sounds like a statement of something wrong; None where nothing was taught."""
        if PROBLEM not in self.outputs or not draft.clauses:
            return None
        return Heard(
            self._clause_trouble(draft),
            self.clause_stage,
            float(self.thresholds[-1]),
            lambda clause: self.evidence(draft, clause, len(self.codebook)),
        )

    def scores(self, told: npt.NDArray[np.float64]) -> Array:
        """Scores between 0 and 1 of shape (ranges, themes) from what the second stage is told.

        Not by a matrix product: its library would set all cores to work on a few numbers and wait for them.
        """
        return logistic(np.einsum("pts,s->pt", told, self.stage[:-1]) + self.stage[-1])

    def told(self, drafts: Sequence[Draft]) -> npt.NDArray[np.float64]:
        """What the second stage is told of all passages of drafts, of shape (passages, themes, stage)."""
        reading, themes = self._together(drafts), slice(len(self.codebook))
        passages, count = reading.passages, len(reading.passages.margins)
        own = passages.margins[:, themes]
        sentence = _best(reading.sentences.margins[:, themes], passages.owners(reading.sentences), count, -np.inf)
        statements = reading.statements_of(self, drafts)
        owners = passages.owners(statements)
        statement = _best(statements.margins[:, themes], owners, count, NO_STATEMENT)
        stated = np.bincount(owners[owners >= 0], minlength=count).astype(np.float64)
        trouble = np.full(count, NO_TROUBLE)
        if PROBLEM in self.outputs:
            clauses = reading.clauses
            trouble = _best(clauses.margins[:, -1:], passages.owners(clauses), count, NO_TROUBLE)[:, 0]
        return stage_features(own, np.where(np.isfinite(sentence), sentence, own), statement, trouble, stated)

    def _clause_trouble(self, draft: Draft) -> Sums:
        """How much each clause sounds like a problem."""
        reading, number = self._reading(draft)
        trouble: Sums = reading.clauses.margins[reading.clauses.rows(number), -1]
        return trouble

    def margins(self, found: Occurrences, own: Sequence[Places], above: Sequence[Places] | None = None) -> Sums:
        """The weighted sums behind the scores, of shape (ranges, outputs); far below all where a range has no features.

        ``own`` and ``above`` are starts and ends of the ranges and of the headings they stand under.
        """
        count = len(own[0])
        margins = np.repeat(self.bias.astype(np.float64)[None], count, axis=0)
        if not count:
            return margins
        kinds = [kind for kind in found.kinds if above is not None or not kind.of_heading]
        places = [kind.places(*(above if above is not None and kind.of_heading else own)) for kind in kinds]
        starts, ends = (np.concatenate([place[side] for place in places]) for side in (0, 1))
        sums, counts = found.track.sums(self._exact, starts, ends), found.track.counts(starts, ends)  # type: ignore[attr-defined]
        empty = np.ones(count, np.bool_)
        for number, kind in enumerate(kinds):
            rows = slice(number * count, (number + 1) * count)
            margins += sums[rows] * (kind.weight / np.sqrt(np.maximum(counts[rows], kind.fewest)))[:, None]
            if not kind.of_heading:
                empty &= counts[rows] == 0
        if len(found.cues.columns):
            hits = found.cues.counts(*own)
            hit = np.flatnonzero(hits.any(axis=1))
            margins[hit] += np.einsum("rl,lo->ro", np.log1p(hits[hit]), self.weights[found.cues.columns])
        margins[empty] = _NOWHERE
        return margins

    def evidence(self, draft: Draft, place: Range, output: int) -> tuple[Range, ...]:
        """The places of the words, pairs and cues that speak most for an output, in text order."""
        reading, number = self._reading(draft)
        found, offset = reading.found, reading.found.offsets[number]
        start, end = place[0] + offset, place[1] + offset
        weighed: list[tuple[float, int, int]] = []
        for kind in found.kinds:
            if kind.of_heading:
                continue
            known = slice(*found.track.known.searchsorted(kind.place(start, end)).tolist())
            weights = self.weights[found.track.known_columns[known], output] * np.float32(kind.weight)
            most = np.flatnonzero(weights > _least_of_most(weights))
            at = found.track.known[known][most] - kind.first
            columns = (-weights[most]).tolist(), kind.starts[at].tolist(), kind.ends[at].tolist()
            weighed += zip(*columns, strict=True)
        for first, last, column in found.cues.within(start, end):
            if (weight := float(self.weights[column, output])) > 0:
                weighed.append((-weight, first, last))
        return merged([(first - offset, last - offset) for _, first, last in sorted(weighed)[:_MOST_EVIDENCE]])

    def save(self, folder: str | Path, card: str) -> None:
        """Write the model and its card into a folder, the same bytes for the same model, each file whole or not at all."""
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        weights = self._arrays()
        description = {
            "format": FORMAT,
            "codebook": self.codebook.to_dict(),
            "made": self.made,
            "outputs": list(self.outputs),
            "thresholds": [round(float(t), 4) for t in self.thresholds],
            "names": list(self.names),
            "sha256": sha256(weights).hexdigest(),
        }
        described = json.dumps(description, ensure_ascii=False, indent=1) + "\n"
        with ExitStack() as open_files:  # all are written before the first one takes its place
            for name, text in (("model.json", described), ("README.md", card)):
                open_files.enter_context(whole_file(folder / name)).write(text.encode())
            open_files.enter_context(whole_file(folder / "weights.npz")).write(weights)

    def _arrays(self) -> bytes:
        """The arrays as they are stored."""
        stream = BytesIO()
        np.savez_compressed(stream, **{name: getattr(self, name) for name in _STORED})
        return stream.getvalue()

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
            weights = (path / "weights.npz").read_bytes()
            if sha256(weights).hexdigest() != description["sha256"]:
                raise DataError(
                    f"{path}: weights.npz is not the file that the model was saved with; copy the folder anew"
                )
            with np.load(BytesIO(weights), allow_pickle=False) as stored:
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
