"""Trains the model: a logistic regression an output (scikit-learn) and one over their margins on held-out folds.

The folds are made by document, so that no passage helps to judge its neighbour.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from nlp_toolkit.classify.codebook import Codebook
from nlp_toolkit.classify.features import Occurrences, Range, Vocabulary, names_in, values
from nlp_toolkit.classify.model import (
    NO_STATEMENT,
    NO_TROUBLE,
    PROBLEM,
    STAGE,
    Array,
    ThemeModel,
    logistic,
    stage_features,
)
from nlp_toolkit.document import Problem
from nlp_toolkit.draft import Draft
from nlp_toolkit.errors import DataError
from nlp_toolkit.extract.problems import TOLD

FOLDS = 5
CODEBOOK = ""  # the document of an example that the codebook gives
# scikit-learn's C for themes and for clauses, chosen by cross-validation (benchmarks/themes.py)
REGULARIZATION, REGULARIZATION_OF_CLAUSES = 10.0, 3.0
MINIMUM_COUNT = 2  # examples that a feature must stand in
NEVER = -20.0  # the margin of a theme without a single example
# A theme wrongly given counts double when thresholds are chosen: in the gold every second passage has a theme, in
# running text every fourth or so. The same holds for clauses that are taken for problems without a cue.
FALSE_COUNTS = 2.0
_CLOSE_TO_ZERO = 1e-3
_GRID = [round(0.06 + 0.02 * step, 2) for step in range(43)]  # thresholds tried
Labels = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Example:
    """A range of a draft with its themes, or a clause that states a problem or does not (``stated``).

    Problem spans are examples of themes too, but only passages count when thresholds are chosen. What the codebook
    itself gives (its cues and examples) belongs to no document and is learned from in every fold.
    """

    draft: Draft
    place: Range
    themes: frozenset[str] = frozenset()
    document: str = CODEBOOK
    heading: Range | None = None
    sentences: tuple[Range, ...] = ()  # of a passage
    stated: bool | None = None  # of a clause
    known: tuple[int, ...] = ()  # of a clause, what is known besides its words (see extract.problems.TOLD)

    @property
    def is_passage(self) -> bool:
        """Whether the example is a passage of a gold document."""
        return self.stated is None and bool(self.sentences)


@dataclass(frozen=True, slots=True)
class Report:
    """Cross-validated F1 of a training: micro, macro, by theme with its number of passages, and of problem clauses."""

    micro: float
    macro: float
    each: dict[str, tuple[float, int]]
    passages: int
    clauses: tuple[float, int] | None = None

    def lines(self) -> Iterator[str]:
        """What to tell on the terminal."""
        yield f"trained on {self.passages} passages; cross-validated F1 micro {self.micro:.3f}, macro {self.macro:.3f}"
        for theme, (f1, positives) in self.each.items():
            yield f"  {theme:28}{positives:5} passages   F1 {f1:.3f}"
        if self.clauses is not None:
            yield f"  {'(clauses with a problem)':28}{self.clauses[1]:5}            F1 {self.clauses[0]:.3f}"


class _Inner(NamedTuple):
    """Rows of ranges inside examples, and the number of the example that each lies in."""

    owners: npt.NDArray[np.int64]
    rows: Any

    def best(
        self, count: int, among: npt.NDArray[np.bool_], weights: Array, bias: Array, none: float
    ) -> npt.NDArray[np.float64]:
        """For each of ``count`` examples the highest margins of what lies in it; only those ``among`` are looked at."""
        result = np.full((count, weights.shape[1]), none)
        chosen = np.flatnonzero(among[self.owners])
        np.maximum.at(result, self.owners[chosen], self.rows[chosen] @ weights + bias)
        return result


class _Matrix:
    """The features of all examples, and of the sentences, problem statements and clauses of passages, as sparse rows."""

    def __init__(self, examples: Sequence[Example], layers: Sequence[str]) -> None:
        counts = Counter(
            name for example in examples for name in names_in(example.draft, *example.place, example.heading)
        )
        names = {name for name, count in counts.items() if count >= MINIMUM_COUNT}
        self.names = tuple(sorted(names | {f"c:{layer}" for layer in layers}))
        self._vocabulary = Vocabulary(self.names)
        self._laid_out: dict[int, Occurrences] = {}
        self.rows = self._sparse([(e, e.place) for e in examples])
        self.sentences = self._inner(examples, lambda e: e.sentences)
        self.statements = self._inner(examples, lambda e: [(p.start, p.end) for p in e.draft.of(Problem)], headed=False)
        self.clauses = self._inner(examples, lambda e: e.draft.clauses, headed=False)

    def _inner(
        self, examples: Sequence[Example], places: Callable[[Example], Iterable[Range]], headed: bool = True
    ) -> _Inner:
        """The rows of ranges inside passages, and which example each belongs to."""
        inner = [
            (number, place)
            for number, example in enumerate(examples)
            if example.is_passage
            for place in places(example)
            if example.place[0] <= place[0] and place[1] <= example.place[1]
        ]
        rows = self._sparse([
            (examples[number] if headed else replace(examples[number], heading=None), place) for number, place in inner
        ])  # fmt: skip
        return _Inner(np.array([number for number, _ in inner], np.int64), rows)

    def _sparse(self, ranges: list[tuple[Example, Range]]):  # type: ignore[no-untyped-def]
        from scipy.sparse import csr_matrix

        rows, columns, data = [], [], []
        for row, (example, place) in enumerate(ranges):
            found = self._laid_out.get(id(example.draft))
            if found is None:
                found = self._laid_out[id(example.draft)] = Occurrences.of([example.draft], self._vocabulary)
            for column, value in values(found, *place, example.heading).items():
                rows.append(row)
                columns.append(column)
                data.append(value)
        return csr_matrix((data, (rows, columns)), shape=(len(ranges), len(self.names)), dtype=np.float64)


def train(examples: Sequence[Example], codebook: Codebook, layers: Sequence[str]) -> tuple[ThemeModel, Report]:
    """Fit a model and say how it does on documents it has not seen.

    Parameters
    ----------
    examples
        Passages, problem spans and clauses of the gold, and what the codebook gives.
    codebook
        The themes to learn.
    layers
        The lexicon's layers whose hits are features.

    Raises DataError where there is too little gold to learn from.
    """
    documents = sorted({example.document for example in examples} - {CODEBOOK})
    if len(documents) < FOLDS:
        raise DataError(f"training needs gold from at least {FOLDS} documents; there are {len(documents)}")
    fold_of = {document: number % FOLDS for number, document in enumerate(documents)} | {CODEBOOK: FOLDS}
    folds = np.array([fold_of[example.document] for example in examples])
    matrix = _Matrix(examples, layers)
    outputs, labels, taught = _outputs(examples, codebook)
    themes = len(codebook)
    passages = np.array([example.is_passage for example in examples])
    _check(labels[passages, :themes])
    told = np.zeros((len(examples), themes, len(STAGE)))
    trouble = np.zeros(len(examples))
    for fold in range(FOLDS):
        weights, bias = _fit(matrix, labels, taught & (folds != fold)[:, None], themes)
        held_out = folds == fold
        told[held_out & passages] = _told(matrix, held_out & passages, weights, bias, themes)
        trouble[held_out] = matrix.rows[held_out] @ weights[:, -1] + bias[-1]
    stage = _second_stage(told[passages], labels[passages, :themes])
    scores = logistic(told[passages] @ stage[:-1] + stage[-1])
    threshold = max(_GRID, key=lambda t: _f1(scores >= t, labels[passages, :themes], FALSE_COUNTS))
    thresholds = np.full(len(outputs), threshold, np.float32)
    clauses, clause_stage = None, np.zeros(len(TOLD) + 2, np.float32)
    if PROBLEM in outputs:
        judged = np.array([example.stated is not None for example in examples])
        wanted = labels[judged, -1]
        known = np.array([example.known for example in examples if example.stated is not None], np.float64)
        clause_stage, sounding = _clause_stage(np.column_stack([trouble[judged], known]), wanted)
        thresholds[-1] = max(_GRID, key=lambda t: _f1(sounding >= t, wanted, FALSE_COUNTS))
        clauses = round(_f1(sounding >= thresholds[-1], wanted), 4), int(wanted.sum())
    report = _report(scores >= threshold, labels[passages, :themes], codebook, clauses)
    weights, bias = _fit(matrix, labels, taught, len(codebook))
    used = np.flatnonzero(np.abs(weights).max(axis=1, initial=0) > _CLOSE_TO_ZERO)
    made = {
        "passages": report.passages,
        "documents": len(documents),
        "folds": FOLDS,
        "micro_f1": report.micro,
        "macro_f1": report.macro,
    }
    names = tuple(matrix.names[i] for i in used)
    return (
        ThemeModel(codebook, outputs, names, weights[used].round(4), bias, stage, thresholds, clause_stage, made),
        report,
    )


def _check(labels: Labels) -> None:
    """Whether the passages' labels hold something to tell apart; raises DataError where they do not."""
    if not labels.any():
        raise DataError("no passage of the gold has a theme; there is nothing to learn")
    if labels.all():
        raise DataError("every passage of the gold has every theme; add passages that have none")


def _outputs(examples: Sequence[Example], codebook: Codebook) -> tuple[tuple[str, ...], Labels, Labels]:
    """The outputs, the labels of each example, and which examples teach which output."""
    labels = np.array([[theme in e.themes for theme in codebook.ids] + [bool(e.stated)] for e in examples], bool)
    taught = np.array([[e.stated is None] * len(codebook) + [e.stated is not None] for e in examples], bool)
    if not labels[:, -1].any():
        return codebook.ids, labels[:, :-1], taught[:, :-1]
    return (*codebook.ids, PROBLEM), labels, taught


def _fit(matrix: _Matrix, labels: Labels, taught: Labels, themes: int) -> tuple[Array, Array]:
    """Weights and bias of one classifier an output; an output without positives is never given."""
    from sklearn.linear_model import LogisticRegression

    weights = np.zeros((len(matrix.names), labels.shape[1]), np.float32)
    bias = np.full(labels.shape[1], NEVER, np.float32)
    for output in range(labels.shape[1]):
        rows = np.flatnonzero(taught[:, output])
        wanted = labels[rows, output]
        if wanted.any() and not wanted.all():
            strength = REGULARIZATION if output < themes else REGULARIZATION_OF_CLAUSES
            classifier = LogisticRegression(C=strength, max_iter=10_000)
            classifier.fit(matrix.rows[rows], wanted)
            weights[:, output] = classifier.coef_[0]
            bias[output] = classifier.intercept_[0]
    return weights, bias


def _told(
    matrix: _Matrix, chosen: npt.NDArray[np.bool_], weights: Array, bias: Array, themes: int
) -> npt.NDArray[np.float64]:
    """What the second stage is told of the chosen passages, as the model will tell it."""
    count = len(chosen)
    own = matrix.rows[chosen] @ weights[:, :themes] + bias[:themes]
    sentence, statement = (
        inner.best(count, chosen, weights[:, :themes], bias[:themes], none)[chosen]
        for inner, none in ((matrix.sentences, -np.inf), (matrix.statements, NO_STATEMENT))
    )
    trouble = np.full(int(chosen.sum()), NO_TROUBLE)
    if weights.shape[1] > themes:
        trouble = matrix.clauses.best(count, chosen, weights[:, themes:], bias[themes:], NO_TROUBLE)[chosen, 0]
    statements = np.bincount(matrix.statements.owners, minlength=count)[chosen].astype(np.float64)
    return stage_features(own, np.where(np.isfinite(sentence), sentence, own), statement, trouble, statements)


def _second_stage(told: npt.NDArray[np.float64], labels: Labels) -> Array:
    """Weights and bias over what is told of passages, the same for all themes, so that few passages are enough."""
    from sklearn.linear_model import LogisticRegression

    stage = LogisticRegression(C=10.0, max_iter=10_000).fit(told.reshape(-1, told.shape[-1]), labels.ravel())
    return np.append(stage.coef_[0], stage.intercept_[0]).astype(np.float32).round(4)


def _clause_stage(told: npt.NDArray[np.float64], wanted: Labels) -> tuple[Array, Array]:
    """Weights and bias over the margins of clauses and what else is known of them, and the scores that they give."""
    from sklearn.linear_model import LogisticRegression

    stage = LogisticRegression(max_iter=10_000).fit(told, wanted)
    weights = np.append(stage.coef_[0], stage.intercept_[0]).astype(np.float32).round(4)
    return weights, logistic(told @ weights[:-1] + weights[-1])


def _f1(predicted: Labels, labels: Labels, false_counts: float = 1.0) -> float:
    hits = int((predicted & labels).sum())
    wrong, missed = int((predicted & ~labels).sum()), int((~predicted & labels).sum())
    return 2 * hits / max(2 * hits + false_counts * wrong + missed, 1)


def _report(predicted: Labels, labels: Labels, codebook: Codebook, clauses: tuple[float, int] | None) -> Report:
    each = {
        theme: (round(_f1(predicted[:, i], labels[:, i]), 4), int(labels[:, i].sum()))
        for i, theme in enumerate(codebook.ids)
    }
    used = [f1 for f1, positives in each.values() if positives]
    return Report(round(_f1(predicted, labels), 4), round(sum(used) / len(used), 4), each, len(labels), clauses)


def card(model: ThemeModel, report: Report) -> str:
    """The model's card: what it is, what it was trained on, how well it does, what it must not be used for."""
    return "\n".join(_card(model, report))


def _card(model: ThemeModel, report: Report) -> Iterator[str]:
    yield from (
        "# Theme model",
        "",
        "Gives the themes of a codebook to passages of Chinese policy texts (Simplified, or Traditional after conversion), and",
        "helps the problem layer to tell which clauses state something wrong. One logistic regression an output over words,",
        "pairs of characters, cue phrases and the words of the heading; a second one over the margins of the passage, its most",
        "telling sentence and problem statement, fitted on held-out folds; the evidence is what weighs most.",
        "",
        f"Trained with `nlp-toolkit train` on {model.made['passages']} passages of {model.made['documents']} gold documents, all written for this",
        f"purpose. Cross-validated by document ({model.made['folds']} folds; the thresholds were chosen on the same folds, so the figures are",
        f"a little kind): micro F1 {report.micro:.3f}, macro F1 {report.macro:.3f}.",
        "",
        "| theme | passages with it | F1 |",
        "|---|---:|---:|",
    )  # fmt: skip
    yield from (f"| {theme} | {positives} | {f1:.3f} |" for theme, (f1, positives) in report.each.items())
    if report.clauses is not None:
        yield from ("", f"Clauses that state a problem: {report.clauses[1]}, F1 {report.clauses[0]:.3f} (model alone).")
    yield from (
        "",
        "Not for: texts that are no policy writing; judging persons or bodies; themes outside the codebook. Irony, foreign and",
        "hypothetical problems are often taken at face value. Check a sample by hand before you count.",
        "",
    )
