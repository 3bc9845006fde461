"""What the tests share: the analyzer, the folder of real documents where there is one, and tables of cases."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from shutil import which

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

import nlp_toolkit
from nlp_toolkit.analyzer import Analyzer
from tests.browser import Browser

ROOT = Path(__file__).parent.parent
DATA = Path(__file__).parent / "data"
SHARED = ROOT.parent / "shared"

settings.register_profile("default", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("default")

# Text that is hard on offsets: both scripts, digits, marks, line ends, invisible and astral characters.
ALPHABET = (
    "数据孤岛到年月日至国务院办公厅《》〔〕（）()“”「」、，。；：！？…\n\r\t 　0123456789０１２一二三十五％%臺灣裡面資料發改委著"
    "\ufeff\u200b\u00ad\u0301é㎡㍿豈⼈😀👨‍👩‍👧\U0002f800\ud800\0\x1b<script>"
)
texts = st.text(alphabet=st.sampled_from(ALPHABET) | st.characters(), max_size=80)


def cases(name: str) -> list[tuple[str, ...]]:
    """The rows of tests/data/<name>.tsv without the header."""
    with open(DATA / f"{name}.tsv", encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    return [tuple(row) for row in rows[1:]]


def needed(present: bool, reason: str) -> None:
    """Skip a test whose part is missing; in CI, where every part is installed, fail instead."""
    if not present:
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)


@pytest.fixture(scope="session")
def nlp() -> Analyzer:
    return nlp_toolkit.load()


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real documents, which is never part of the project."""
    if not SHARED.is_dir():
        pytest.skip("the folder of real documents (../shared) is not here")
    return SHARED


@pytest.fixture(scope="session")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    needed(find_spec("selenium") is not None, "selenium is not installed: pip install '.[test]'")
    present = which("chromium") is not None and which("chromedriver") is not None
    needed(present, "Chromium is not installed: apt-get install chromium chromium-driver")
    browser = Browser(tmp_path_factory.mktemp("profile"))
    yield browser
    browser.driver.quit()


@pytest.fixture
def browser(chromium: Browser) -> Iterator[Browser]:
    """The browser; nothing may have been said in its console at the end."""
    chromium.complaints()
    chromium.requests()
    yield chromium
    assert chromium.complaints() == []
