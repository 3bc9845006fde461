"""What importing costs: the package alone is light, and heavy libraries come only with what needs them."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

import nlp_toolkit

HEAVY = {
    "jieba", "lxml", "numpy", "opencc", "openpyxl", "pandas", "polars", "pyarrow", "pypdfium2", "rjieba", "scipy", "sklearn",
    "spacy",
}  # fmt: skip
ANALYZE = "nlp_toolkit.load().analyze('到2025年，建成100个平台，避免重复建设。')"


def imported_by(code: str) -> set[str]:
    """Which heavy libraries code imports in an interpreter of its own."""
    program = f"import json, sys\n{code}\nprint(json.dumps([name for name in {sorted(HEAVY)} if name in sys.modules]))"
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, text=True)
    return set(json.loads(result.stdout))


@pytest.mark.parametrize(
    ("code", "imported"),
    [
        ("import nlp_toolkit", set()),
        ("import nlp_toolkit.cli", set()),
        ("from nlp_toolkit import Document, Source, InputError, read, write, evaluate", set()),
        ("from nlp_toolkit import Codebook; Codebook.load()", set()),
        (f"import nlp_toolkit; {ANALYZE}", {"numpy", "opencc", "rjieba"}),
        (f"import nlp_toolkit; {ANALYZE}.to_json()", {"numpy", "opencc", "rjieba"}),
    ],
)
def test_no_more_is_imported_than_is_needed(code: str, imported: set[str]) -> None:
    assert imported_by(code) <= imported


@pytest.mark.parametrize("name", nlp_toolkit.__all__)
def test_every_public_name_is_there(name: str) -> None:
    assert getattr(nlp_toolkit, name) is not None
    assert name in dir(nlp_toolkit)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="'nlp_toolkit' has no attribute 'Analyser'"):
        nlp_toolkit.Analyser  # type: ignore[attr-defined]  # noqa: B018
    with pytest.raises(ImportError):
        from nlp_toolkit import Analyser  # type: ignore[attr-defined]  # noqa: F401


@pytest.mark.parametrize("name", ["read", "write", "evaluate"])
@pytest.mark.parametrize(
    "before", ["", "import nlp_toolkit.{0}", "from nlp_toolkit import {0}", "import nlp_toolkit.cli"]
)
def test_a_function_named_like_its_module_stays_the_function(name: str, before: str) -> None:
    imported_by(f"{before.format(name)}\nimport nlp_toolkit, nlp_toolkit.{name}\nassert callable(nlp_toolkit.{name})")
