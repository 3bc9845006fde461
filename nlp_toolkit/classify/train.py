"""Trains the theme model: a linear support vector machine a theme (scikit-learn), calibrated on held-out folds.

The folds are made by document, so that no passage helps to judge its neighbour.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nlp_toolkit.classify.codebook import Codebook
from nlp_toolkit.classify.features import Features
from nlp_toolkit.classify.model import Array, ThemeModel, logistic
from nlp_toolkit.errors import DataError

FOLDS = 5
CODEBOOK = ""  # the document of an example that the codebook gives
REGULARIZATION = 0.2  # scikit-learn's C, chosen by cross-validation (benchmarks/themes.py)
MINIMUM_COUNT = 2  # ranges that a feature must stand in
DEFAULT_THRESHOLD = 0.5
NEVER = -20.0  # the margin of a theme without a single example
_PRIOR = 4  # hits' worth of trust in the common threshold against a theme's own
Labels = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Example:
    """The features of one range, its themes, the document it is from, and whether it is a passage.

    Problem spans are examples too, but only passages count when thresholds are chosen. What the codebook itself gives
    (its cues and examples) belongs to no document and is learned from in every fold.
    """

    features: Features
    themes: frozenset[str]
    document: str
    passage: bool = True


@dataclass(frozen=True, slots=True)
class Report:
    """Cross-validated F1 of a training: micro, macro, and by theme with its number of positive passages."""

    micro: float
    macro: float
    each: dict[str, tuple[float, int]]
    passages: int


def train(examples: Sequence[Example], codebook: Codebook) -> tuple[ThemeModel, Report]:
    """Fit a model and say how it does on passages of documents it has not seen.

    Raises DataError where there is too little gold to learn from.
    """
    documents = sorted({example.document for example in examples} - {CODEBOOK})
    if len(documents) < FOLDS:
        raise DataError(f"training needs gold from at least {FOLDS} documents; there are {len(documents)}")
    labels = np.array([[theme in example.themes for theme in codebook.ids] for example in examples], bool)
    if not labels.any():
        raise DataError("no passage of the gold has a theme; there is nothing to learn")
    fold_of = {document: number % FOLDS for number, document in enumerate(documents)} | {CODEBOOK: FOLDS}
    folds = np.array([fold_of[example.document] for example in examples])
    margins = np.zeros(labels.shape, np.float32)
    for fold in range(FOLDS):
        test = np.flatnonzero(folds == fold)
        rest = np.flatnonzero(folds != fold)
        model = _fit([examples[i] for i in rest.tolist()], labels[rest], codebook)
        margins[test] = model.margins([examples[i].features for i in test.tolist()])
    passages = np.array([example.passage and bool(example.features.values) for example in examples])
    slope, offset = _calibration(margins[passages], labels[passages])
    held_out = logistic(margins[passages] * slope + offset)
    thresholds = _thresholds(held_out, labels[passages])
    report = _report(held_out >= thresholds, labels[passages], codebook)
    final = _fit(examples, labels, codebook)
    weights, bias = (final.weights * slope).round(4), (final.bias * slope + offset).round(4)
    made = {
        "passages": report.passages,
        "documents": len(documents),
        "folds": FOLDS,
        "micro_f1": report.micro,
        "macro_f1": report.macro,
    }
    return ThemeModel(codebook, final.names, weights, bias, thresholds, made), report


def _fit(examples: Sequence[Example], labels: Labels, codebook: Codebook) -> ThemeModel:
    """One linear classifier a theme on all examples, not yet calibrated; a theme without positives is never given."""
    from scipy.sparse import csr_matrix
    from sklearn.svm import LinearSVC

    counts = Counter(name for example in examples for name in example.features.values)
    names = tuple(sorted(name for name, count in counts.items() if count >= MINIMUM_COUNT))
    index = {name: number for number, name in enumerate(names)}
    rows, columns, values = [], [], []
    for row, example in enumerate(examples):
        for name, value in example.features.values.items():
            if name in index:
                rows.append(row)
                columns.append(index[name])
                values.append(value)
    matrix = csr_matrix((values, (rows, columns)), shape=(len(examples), len(names)), dtype=np.float64)
    weights = np.zeros((len(names), len(codebook)), np.float32)
    bias = np.full(len(codebook), NEVER, np.float32)
    for theme in range(len(codebook)):
        if labels[:, theme].any() and not labels[:, theme].all():
            classifier = LinearSVC(C=REGULARIZATION, random_state=0, max_iter=10_000)
            classifier.fit(matrix, labels[:, theme])
            weights[:, theme] = classifier.coef_[0]
            bias[theme] = classifier.intercept_[0]
    used = np.flatnonzero(np.abs(weights).max(axis=1, initial=0) > 1e-3)
    thresholds = np.full(len(codebook), DEFAULT_THRESHOLD, np.float32)
    return ThemeModel(codebook, tuple(names[i] for i in used), weights[used], bias, thresholds)


def _calibration(margins: Array, labels: Labels) -> tuple[Array, Array]:
    """Slope and offset a theme that turn held-out margins into probabilities (Platt 1999)."""
    from sklearn.linear_model import LogisticRegression

    slope, offset = np.ones(labels.shape[1], np.float32), np.zeros(labels.shape[1], np.float32)
    for theme in range(labels.shape[1]):
        if labels[:, theme].any() and not labels[:, theme].all():
            sigmoid = LogisticRegression(C=1e3).fit(margins[:, theme : theme + 1], labels[:, theme])
            slope[theme], offset[theme] = max(float(sigmoid.coef_[0, 0]), 0.1), float(sigmoid.intercept_[0])
    return slope, offset


def _thresholds(scores: Array, labels: Labels) -> Array:
    """A threshold a theme: the one with the best F1, drawn towards the best common one where positives are few."""
    grid = np.arange(0.06, 0.91, 0.02, dtype=np.float32)
    common = max(grid, key=lambda t: _f1(scores >= t, labels))
    result = np.empty(labels.shape[1], np.float32)
    for theme in range(labels.shape[1]):
        own = max(grid, key=lambda t: (_f1(scores[:, theme] >= t, labels[:, theme]), -abs(t - common)))
        positives = int(labels[:, theme].sum())
        result[theme] = round(float((own * positives + common * _PRIOR) / (positives + _PRIOR)), 4)
    return result


def _f1(predicted: Labels, labels: Labels) -> float:
    hits = int((predicted & labels).sum())
    return 2 * hits / max(int(predicted.sum()) + int(labels.sum()), 1)


def _report(predicted: Labels, labels: Labels, codebook: Codebook) -> Report:
    each = {
        theme: (round(_f1(predicted[:, i], labels[:, i]), 4), int(labels[:, i].sum()))
        for i, theme in enumerate(codebook.ids)
    }
    used = [f1 for f1, positives in each.values() if positives]
    return Report(round(_f1(predicted, labels), 4), round(sum(used) / len(used), 4), each, len(labels))


def card(model: ThemeModel, report: Report) -> str:
    """The model's card: what it is, what it was trained on, how well it does, what it must not be used for."""
    lines = [
        "# Theme model",
        "",
        "Gives the themes of a codebook to passages of Chinese policy texts (Simplified, or Traditional after conversion).",
        "One linear support vector machine a theme over words, pairs of characters, cue phrases and the words of the heading; the",
        "score is its margin calibrated to a probability on held-out folds, the evidence the places that weigh most.",
        "",
        f"Trained with `nlp-toolkit train` on {model.made['passages']} passages of {model.made['documents']} gold documents, all written for this",
        f"purpose. Cross-validated by document ({model.made['folds']} folds; the thresholds were chosen on the same folds, so the figures are",
        f"a little kind): micro F1 {report.micro:.3f}, macro F1 {report.macro:.3f}.",
        "",
        "| theme | passages with it | F1 |",
        "|---|---:|---:|",
        *(f"| {theme} | {positives} | {f1:.3f} |" for theme, (f1, positives) in report.each.items()),
        "",
        "Not for: texts that are no policy writing; judging persons or bodies; themes outside the codebook. Irony, foreign and",
        "hypothetical problems are often taken at face value. Check a sample by hand before you count.",
        "",
    ]  # fmt: skip
    return "\n".join(lines)
