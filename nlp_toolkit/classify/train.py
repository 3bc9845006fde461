"""Trains the model: a logistic regression an output (scikit-learn), calibrated on held-out folds.

The folds are made by document, so that no passage helps to judge its neighbour.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nlp_toolkit.classify.codebook import Codebook
from nlp_toolkit.classify.features import Occurrences, Range, Vocabulary, names_in, values
from nlp_toolkit.classify.model import PROBLEM, SENTENCE_SHARE, Array, ThemeModel, logistic
from nlp_toolkit.draft import Draft
from nlp_toolkit.errors import DataError

FOLDS = 5
CODEBOOK = ""  # the document of an example that the codebook gives
# scikit-learn's C for themes and for clauses, chosen by cross-validation (benchmarks/themes.py)
REGULARIZATION, REGULARIZATION_OF_CLAUSES = 10.0, 3.0
MINIMUM_COUNT = 2  # examples that a feature must stand in
DEFAULT_THRESHOLD = 0.5
NEVER = -20.0  # the margin of a theme without a single example
# A theme wrongly given counts double when thresholds are chosen: in the gold every second passage has a theme, in
# running text every fourth or so.
FALSE_COUNTS = 2.0
# Clauses are taken for problems only where nine in ten held-out ones are right: cues find most of them already, and in
# running text problems are a third as frequent as in the gold.
PRECISION_OF_CLAUSES = 0.9
_PRIOR = 20  # hits' worth of trust in the common threshold against a theme's own
_CLOSE_TO_ZERO = 1e-3
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


class _Matrix:
    """The features of all examples, and of the sentences of passages, as sparse rows over one vocabulary."""

    def __init__(self, examples: Sequence[Example], layers: Sequence[str]) -> None:
        counts = Counter(
            name for example in examples for name in names_in(example.draft, *example.place, example.heading)
        )
        names = {name for name, count in counts.items() if count >= MINIMUM_COUNT}
        self.names = tuple(sorted(names | {f"c:{layer}" for layer in layers}))
        self._vocabulary = Vocabulary(self.names)
        self._laid_out: dict[int, Occurrences] = {}
        self.rows = self._sparse([(e, e.place) for e in examples])
        inner = [(number, place) for number, e in enumerate(examples) for place in e.sentences]
        self.owners = np.array([number for number, _ in inner], np.int64)
        self.sentences = self._sparse([(examples[number], place) for number, place in inner])

    def _sparse(self, ranges: list[tuple[Example, Range]]):  # type: ignore[no-untyped-def]
        from scipy.sparse import csr_matrix

        rows, columns, data = [], [], []
        for row, (example, place) in enumerate(ranges):
            found = self._laid_out.get(id(example.draft))
            if found is None:
                found = self._laid_out[id(example.draft)] = Occurrences.of(example.draft, self._vocabulary)
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
    if not any(example.themes for example in examples if example.document != CODEBOOK):
        raise DataError("no passage of the gold has a theme; there is nothing to learn")
    fold_of = {document: number % FOLDS for number, document in enumerate(documents)} | {CODEBOOK: FOLDS}
    folds = np.array([fold_of[example.document] for example in examples])
    matrix = _Matrix(examples, layers)
    outputs, labels, taught = _outputs(examples, codebook)
    margins = np.zeros(labels.shape)
    for fold in range(FOLDS):
        weights, bias = _fit(matrix, labels, taught & (folds != fold)[:, None], len(codebook))
        test = np.flatnonzero(folds == fold)
        margins[test] = _margins(matrix, test, weights, bias)
    judged = np.array([[e.is_passage] * len(codebook) + [e.stated is not None] for e in examples])[:, : len(outputs)]
    slope, offset = _calibration(margins, labels, judged)
    scores = logistic(margins * slope + offset)
    thresholds = _thresholds(scores, labels, judged, len(codebook))
    report = _report(scores >= thresholds, labels, judged, outputs, len(codebook))
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
        ThemeModel(codebook, outputs, names, weights[used].round(4), bias, slope, offset, thresholds, made),
        report,
    )


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


def _margins(matrix: _Matrix, rows: npt.NDArray[np.int64], weights: Array, bias: Array) -> npt.NDArray[np.float64]:
    """The margins of some examples as the model will give them: passages with their most telling sentence."""
    margins = matrix.rows[rows] @ weights + bias
    place = {int(row): number for number, row in enumerate(rows)}
    inner = np.flatnonzero(np.isin(matrix.owners, rows))
    sentences = matrix.sentences[inner] @ weights + bias
    best = np.full(margins.shape, -np.inf)
    np.maximum.at(best, [place[int(owner)] for owner in matrix.owners[inner]], sentences)
    best = np.where(np.isfinite(best), best, margins)
    return np.asarray((1 - SENTENCE_SHARE) * margins + SENTENCE_SHARE * best)


def _calibration(margins: npt.NDArray[np.float64], labels: Labels, judged: Labels) -> tuple[Array, Array]:
    """Slope and offset an output that turn held-out margins into probabilities (Platt 1999)."""
    from sklearn.linear_model import LogisticRegression

    slope, offset = np.ones(labels.shape[1], np.float32), np.zeros(labels.shape[1], np.float32)
    for output in range(labels.shape[1]):
        rows = judged[:, output]
        wanted = labels[rows, output]
        if wanted.any() and not wanted.all():
            sigmoid = LogisticRegression(C=1e3).fit(margins[rows, output : output + 1], wanted)
            slope[output], offset[output] = max(float(sigmoid.coef_[0, 0]), 0.1), float(sigmoid.intercept_[0])
    return slope.round(4), offset.round(4)


def _thresholds(scores: Array, labels: Labels, judged: Labels, themes: int) -> Array:
    """A threshold an output: the one with the best F1, of themes drawn towards the best common one where few have it."""
    grid = [round(0.06 + 0.02 * step, 2) for step in range(43)]
    rows = judged[:, 0]
    common: float = max(grid, key=lambda t: _f1(scores[rows, :themes] >= t, labels[rows, :themes], FALSE_COUNTS))
    result = np.empty(labels.shape[1], np.float32)
    for output in range(labels.shape[1]):
        rows = judged[:, output]
        found, wanted = scores[rows, output], labels[rows, output]

        if output >= themes:
            result[output] = _precise(grid, found, wanted)
            continue
        best = _best(grid, found, wanted)
        own = max(best, key=lambda threshold: -abs(threshold - common))
        positives = int(wanted.sum())
        result[output] = (own * positives + common * _PRIOR) / (positives + _PRIOR)
    return result.round(4)


def _best(grid: list[float], found: Array, wanted: Labels) -> list[float]:
    """The thresholds of a grid with the best F1."""
    quality = {threshold: _f1(found >= threshold, wanted, FALSE_COUNTS) for threshold in grid}
    best = max(quality.values())
    return [threshold for threshold in grid if quality[threshold] == best]


def _precise(grid: list[float], found: Array, wanted: Labels) -> float:
    """The lowest threshold of a grid from which on enough of what is found is right."""
    for threshold in grid:
        given = found >= threshold
        if given.any() and wanted[given].mean() >= PRECISION_OF_CLAUSES:
            return threshold
    return grid[-1]


def _f1(predicted: Labels, labels: Labels, false_counts: float = 1.0) -> float:
    hits = int((predicted & labels).sum())
    wrong, missed = int((predicted & ~labels).sum()), int((~predicted & labels).sum())
    return 2 * hits / max(2 * hits + false_counts * wrong + missed, 1)


def _report(predicted: Labels, labels: Labels, judged: Labels, outputs: tuple[str, ...], themes: int) -> Report:
    def scored(output: int) -> tuple[float, int]:
        rows = judged[:, output]
        wanted = labels[rows, output]
        return round(_f1(predicted[rows, output], wanted), 4), int(wanted.sum())

    rows = judged[:, 0]
    each = {outputs[output]: scored(output) for output in range(themes)}
    used = [f1 for f1, positives in each.values() if positives]
    micro = _f1(predicted[rows, :themes], labels[rows, :themes])
    clauses = scored(themes) if len(outputs) > themes else None
    return Report(round(micro, 4), round(sum(used) / len(used), 4), each, int(rows.sum()), clauses)


def card(model: ThemeModel, report: Report) -> str:
    """The model's card: what it is, what it was trained on, how well it does, what it must not be used for."""
    return "\n".join(_card(model, report))


def _card(model: ThemeModel, report: Report) -> Iterator[str]:
    yield from (
        "# Theme model",
        "",
        "Gives the themes of a codebook to passages of Chinese policy texts (Simplified, or Traditional after conversion), and",
        "helps the problem layer to tell which clauses state something wrong. One logistic regression an output over words,",
        "pairs of characters, cue phrases and the words of the heading; a passage's margin is the mean of its own and of its most",
        "telling sentence's, calibrated to a probability on held-out folds; the evidence is what weighs most.",
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
