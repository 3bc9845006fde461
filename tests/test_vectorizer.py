"""PolicyVectorizer: what its columns mean, and that it is a scikit-learn transformer like any other."""

from __future__ import annotations

import datetime
import pickle
import warnings
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.sparse import csr_matrix, issparse
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.exceptions import NotFittedError, SkipTestWarning
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline, make_union
from sklearn.utils import estimator_checks

from nlp_toolkit.analyzer import Analyzer
from nlp_toolkit.classify.model import ThemeModel
from nlp_toolkit.document import Source
from nlp_toolkit.vectorizer import PolicyVectorizer
from tests.conftest import needed

SILOS = "各部门的系统互不联通，形成一个个信息孤岛，亟须打破数据壁垒。"
GOAL = "到2025年，建成100个平台。"
PROBLEM = "财政部要求避免重复建设。"
PLAIN = "天气很好。"
TEXTS = [SILOS, GOAL, PROBLEM, PLAIN]


def column(matrix: Any, vectorizer: PolicyVectorizer, name: str) -> list[float]:
    return list(matrix[:, list(vectorizer.get_feature_names_out()).index(name)])


def test_columns_are_what_the_analysis_gives(nlp: Analyzer) -> None:
    vectorizer = PolicyVectorizer()
    matrix = vectorizer.fit_transform(TEXTS)
    documents = [nlp.analyze(text) for text in TEXTS]
    for layer in ("goals", "problems", "dates", "agencies"):
        assert column(matrix, vectorizer, layer) == [len(getattr(document, layer)) for document in documents], layer
    assert column(matrix, vectorizer, "dates") == [0, 1, 0, 0]
    for theme in nlp.codebook.ids:
        scores = [
            max((t.score for passage in document.passages for t in passage.themes if t.id == theme), default=0)
            for document in documents
        ]
        assert column(matrix, vectorizer, f"theme_{theme}") == scores, theme
    assert column(matrix, vectorizer, "theme_data_silos")[0] > 0.5


def test_the_highest_score_of_a_theme_counts(nlp: Analyzer) -> None:
    text = f"{SILOS}\n{PLAIN}\n信息壁垒仍然存在。\n{SILOS}{SILOS}"
    vectorizer = PolicyVectorizer(["themes"])
    scores = [t.score for passage in nlp.analyze(text).passages for t in passage.themes if t.id == "data_silos"]
    assert len(set(scores)) > 1
    assert column(vectorizer.fit_transform([text]), vectorizer, "theme_data_silos") == [max(scores)]


def test_feature_names(nlp: Analyzer) -> None:
    themes = [f"theme_{theme}" for theme in nlp.codebook.ids]
    names = PolicyVectorizer().fit(TEXTS).get_feature_names_out()
    assert names.dtype == object
    assert list(names) == [*themes, "goals", "problems", "dates", "agencies"]
    assert list(PolicyVectorizer(("quantities", "themes")).fit(TEXTS).get_feature_names_out()) == [
        "quantities",
        *themes,
    ]


def test_only_themes_of_ones_own_model(tmp_path: Path) -> None:
    ThemeModel.load().restricted(["waste"]).save(tmp_path / "model", "# One theme\n")
    vectorizer = PolicyVectorizer(model=tmp_path / "model")
    assert not column(vectorizer.fit_transform(TEXTS), vectorizer, "theme_data_silos")[0]


def test_optional_layers_are_found_when_asked_for() -> None:
    assert PolicyVectorizer(("quantities", "goals")).fit_transform([GOAL]).tolist() == [[1, 1]]


def test_sparse_and_dense_are_the_same() -> None:
    dense = PolicyVectorizer().fit_transform(TEXTS)
    sparse = PolicyVectorizer(sparse_output=True).fit_transform(TEXTS)
    assert isinstance(dense, np.ndarray)
    assert issparse(sparse)
    assert sparse.format == "csr"
    assert sparse.has_canonical_format
    assert dense.dtype == sparse.dtype == np.float64
    np.testing.assert_array_equal(sparse.toarray(), dense)
    assert sparse.nnz == np.count_nonzero(dense)


def test_sources_and_documents_bring_their_date(nlp: Analyzer) -> None:
    vectorizer = PolicyVectorizer().fit([])
    source = Source(GOAL, date=datetime.date(2020, 1, 1))
    rows = vectorizer.transform([GOAL, source, next(nlp.pipe([source])), np.str_(GOAL)])
    assert (rows == rows[0]).all()


def test_kinds_of_collections() -> None:
    needed(find_spec("pandas") is not None, "pandas is not installed")
    import pandas

    vectorizer = PolicyVectorizer().fit(TEXTS)
    wanted = vectorizer.transform(TEXTS)
    for texts in (tuple(TEXTS), iter(TEXTS), np.array(TEXTS), np.array(TEXTS, dtype=object), pandas.Series(TEXTS)):
        np.testing.assert_array_equal(vectorizer.transform(texts), wanted)
    assert vectorizer.transform([]).shape == (0, wanted.shape[1])


@pytest.mark.parametrize(
    ("texts", "error", "message"),
    [
        (GOAL, ValueError, "X must be a list.*not a str; put a single text into a list"),
        (Source(GOAL), ValueError, "not a Source"),
        (np.array([[GOAL], [SILOS]]), ValueError, "one column of texts, not a ndarray"),
        ([GOAL, None], TypeError, "item 1 of X is a NoneType, not a text; drop or fill"),
        ([float("nan")], TypeError, "item 0 of X is a float"),
        ([[GOAL]], TypeError, "item 0 of X is a list"),
        ([GOAL.encode()], TypeError, "item 0 of X is a bytes"),
    ],
)
def test_what_is_no_list_of_texts(texts: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        PolicyVectorizer().fit(TEXTS).transform(texts)


def test_a_table_needs_its_column_chosen() -> None:
    needed(find_spec("pandas") is not None, "pandas is not installed")
    import pandas

    table = pandas.DataFrame({"id": [1, 2], "text": [GOAL, SILOS]})
    with pytest.raises(ValueError, match="choose the column of a table"):
        PolicyVectorizer().fit(table)
    chosen = ColumnTransformer([("policy", PolicyVectorizer(("goals",)), "text")])
    assert chosen.fit_transform(table)[0].tolist() == [1]
    assert list(chosen.get_feature_names_out()) == ["policy__goals"]


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"layers": ("goals", "persons")}, "unknown layer 'persons'"),
        ({"layers": "goals"}, "layers is the text 'goals'; give a tuple"),
        ({"layers": ("goals", "goals")}, "layers has a name twice"),
        ({"segmenter": "hanlp"}, "unknown segmenter 'hanlp'"),
    ],
)
def test_wrong_parameters_are_refused_at_fit(parameters: dict[str, Any], message: str) -> None:
    vectorizer = PolicyVectorizer(**parameters)
    with pytest.raises(ValueError, match=message):
        vectorizer.fit(TEXTS)


# A transformer like any other ---------------------------------------------------------------------------------------


def test_check_estimator_applies_as_far_as_it_does_to_text() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SkipTestWarning)
        estimator_checks.check_estimator(PolicyVectorizer())


@pytest.mark.parametrize(
    "check",
    [
        "check_estimator_cloneable",
        "check_estimator_tags_renamed",
        "check_valid_tag_types",
        "check_estimator_repr",
        "check_no_attributes_set_in_init",
        "check_do_not_raise_errors_in_init_or_set_params",
        "check_mixin_order",
        "check_parameters_default_constructible",
        "check_get_params_invariance",
        "check_set_params",
    ],
)
def test_checks_that_need_no_numbers(check: str) -> None:
    """check_estimator gives text vectorizers up at once; these of its checks do without a matrix of numbers."""
    function = getattr(estimator_checks, check, None)
    needed(function is not None, f"this scikit-learn has no {check}")
    assert function is not None
    function("PolicyVectorizer", PolicyVectorizer())


def test_what_the_other_checks_ask_of_texts() -> None:
    """Unfitted, fit returns self, fit idempotent, parameters and input unchanged, order and subsets, pickle."""
    vectorizer = PolicyVectorizer(sparse_output=False)
    for unfitted in (lambda: vectorizer.transform(TEXTS), vectorizer.get_feature_names_out):
        with pytest.raises(NotFittedError):
            unfitted()
    texts = list(TEXTS)
    parameters = vectorizer.get_params()
    assert vectorizer.fit(texts) is vectorizer
    state = dict(vectorizer.__dict__)
    first = vectorizer.transform(texts)
    assert texts == TEXTS
    assert vectorizer.get_params() == parameters
    assert vectorizer.__dict__ == state
    np.testing.assert_array_equal(vectorizer.fit(texts, y=[0, 1, 0, 1]).transform(texts), first)
    np.testing.assert_array_equal(clone(vectorizer).fit_transform(texts), first)
    np.testing.assert_array_equal(vectorizer.transform(texts[::-1]), first[::-1])
    np.testing.assert_array_equal(np.vstack([vectorizer.transform([text]) for text in texts]), first)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(vectorizer)).transform(texts), first)


@pytest.mark.parametrize("sparse", [False, True])
def test_pipeline_and_cross_validation(sparse: bool) -> None:
    texts = [f"{text}{number}月。" for number in range(1, 7) for text in (SILOS, GOAL)]
    labels = [0, 1] * 6
    model = make_pipeline(PolicyVectorizer(sparse_output=sparse), LogisticRegression())
    assert cross_val_score(model, texts, labels, cv=3, error_score="raise").tolist() == [1, 1, 1]
    assert model.fit(texts, labels).predict([GOAL, SILOS]).tolist() == [1, 0]
    assert len(model[:-1].get_feature_names_out()) == model[-1].n_features_in_


def test_search_over_its_parameters_with_documents(nlp: Analyzer) -> None:
    documents = list(nlp.pipe([SILOS, GOAL] * 4))
    search = GridSearchCV(
        make_pipeline(PolicyVectorizer(), LogisticRegression()),
        {"policyvectorizer__layers": [("documents",), ("themes", "goals")]},
        cv=2,
        error_score="raise",
    ).fit(documents, [0, 1] * 4)
    assert search.best_params_ == {"policyvectorizer__layers": ("themes", "goals")}
    assert search.best_score_ == 1


def test_beside_other_vectorizers() -> None:
    from sklearn.feature_extraction.text import TfidfVectorizer

    union = make_union(PolicyVectorizer(("goals",), sparse_output=True), TfidfVectorizer(analyzer="char"))
    matrix = csr_matrix(union.fit_transform(TEXTS))
    assert matrix[:, 0].toarray().ravel().tolist() == PolicyVectorizer(("goals",)).fit_transform(TEXTS).ravel().tolist()
    assert union.get_feature_names_out()[0] == "policyvectorizer__goals"


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_tables_out(library: str) -> None:
    needed(find_spec(library) is not None, f"{library} is not installed")
    table = PolicyVectorizer(("goals", "dates")).set_output(transform=library).fit_transform([GOAL, PLAIN])
    assert list(table.columns) == ["goals", "dates"]
    assert table["dates"].to_list() == [1, 0]
