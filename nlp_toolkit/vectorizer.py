"""Policy layers as features for scikit-learn: a score a theme, and how many goals, problems, dates and agencies a text has.

To import this module is to import scikit-learn.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from nlp_toolkit.analyzer import Analyzer, load
from nlp_toolkit.document import LAYERS, THEMES, Document, Source
from nlp_toolkit.segment import Segmenter

Text = str | Source | Document
_THEME_PREFIX = "theme_"


class PolicyVectorizer(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Turns texts into a matrix of policy features, of shape (texts, features).

    Parameters
    ----------
    layers
        What becomes features, in this order (see :data:`nlp_toolkit.document.LAYERS`): for ``themes`` one column a theme of
        the codebook, with its highest score among the passages or 0; for any other layer one column with its count.
    model
        The folder of a theme model; without it the one that comes with the toolkit.
    segmenter
        ``rjieba`` or ``jieba``.
    sparse_output
        Whether the matrix is sparse (CSR) or a dense array.

    Attributes
    ----------
    themes_
        The ids of the themes that have a column.

    Notes
    -----
    Nothing is learned from the texts. To analyse them once only, where a search or cross-validation transforms them many
    times, give documents: ``list(nlp.pipe(texts))``. Sources and documents bring their dates.

    Examples
    --------
    >>> vectorizer = PolicyVectorizer(layers=("goals", "problems")).set_output(transform="pandas")
    >>> vectorizer.fit_transform(["到2025年，建成100个平台，避免重复建设。", "会议召开。"])
       goals  problems
    0    1.0       1.0
    1    0.0       0.0
    """

    def __init__(
        self,
        layers: Iterable[str] = (THEMES, "goals", "problems", "dates", "agencies"),
        *,
        model: str | Path | None = None,
        segmenter: Segmenter = "rjieba",
        sparse_output: bool = False,
    ) -> None:
        self.layers = layers
        self.model = model
        self.segmenter = segmenter
        self.sparse_output = sparse_output

    def fit(self, X: Iterable[Text], y: object = None) -> PolicyVectorizer:  # noqa: N803 (scikit-learn's name)
        """Look up the themes; the texts are not analysed.

        Raises ValueError for an unknown layer or segmenter, or where ``X`` is no list of texts, and DataError where the
        model cannot be read.
        """
        _check_one_dimension(X)
        analyzer = self._analyzer()
        self.themes_ = analyzer.codebook.ids if THEMES in analyzer.layers else ()
        return self

    def transform(self, X: Iterable[Text]) -> npt.NDArray[np.float64] | csr_matrix:  # noqa: N803
        """The features of texts, sources or documents, a row each.

        Raises
        ------
        ValueError
            If ``X`` is a single text or has several columns.
        TypeError
            Naming the number of the first item that is no text, such as a missing value.
        """
        check_is_fitted(self)
        _check_one_dimension(X)
        analyzer = self._analyzer()
        columns = {name: number for number, name in enumerate(self.get_feature_names_out())}
        values, places, ends = array("d"), array("i"), array("i", [0])
        for number, item in enumerate(X):
            found = _features(_document(analyzer, item, number))
            for name in found.keys() & columns.keys():
                places.append(columns[name])
                values.append(found[name])
            ends.append(len(values))
        matrix = csr_matrix((values, places, ends), shape=(len(ends) - 1, len(columns)), dtype=np.float64)
        matrix.sort_indices()
        return matrix if self.sparse_output else matrix.toarray()

    def get_feature_names_out(self, input_features: object = None) -> npt.NDArray[np.object_]:
        """The names of the columns: ``theme_<id>``, and the layers that are counted."""
        check_is_fitted(self)
        names: list[str] = []
        for layer in self.layers:
            names += [_THEME_PREFIX + theme for theme in self.themes_] if layer == THEMES else [layer]
        return np.array(names, dtype=object)

    def _analyzer(self) -> Analyzer:
        if isinstance(self.layers, str):
            raise ValueError(f"layers is the text {self.layers!r}; give a tuple of names out of {', '.join(LAYERS)}")
        layers = tuple(self.layers)
        if len(set(layers)) < len(layers):
            raise ValueError(f"layers has a name twice: {', '.join(layers)}")
        return load(self.model, self.segmenter, layers)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        tags.input_tags.string = True
        tags.no_validation = True
        return tags


def _check_one_dimension(texts: object) -> None:
    if isinstance(texts, (str, bytes, Source, Document)) or len(getattr(texts, "shape", (0,))) != 1:
        raise ValueError(
            f"X must be a list, an array or one column of texts, not a {type(texts).__name__}; "
            "put a single text into a list, and choose the column of a table"
        )


def _document(analyzer: Analyzer, item: Text, number: int) -> Document:
    """An item as an analysed document."""
    if isinstance(item, Document):
        return item
    if not isinstance(item, str | Source):
        raise TypeError(f"item {number} of X is a {type(item).__name__}, not a text; drop or fill missing texts first")
    return next(analyzer.pipe([item]))


def _features(document: Document) -> dict[str, float]:
    """The features of a document that are not 0, by name."""
    features: dict[str, float] = dict(Counter(span.layer for span in document.spans))
    for passage in document.passages:
        for theme in passage.themes:
            name = _THEME_PREFIX + theme.id
            features[name] = max(theme.score, features.get(name, 0.0))
    return features
