"""Documents for the tests of writers: one with every layer and much that is hard, and any that hypothesis thinks of."""

from __future__ import annotations

import datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from nlp_toolkit.document import (
    SPAN_TYPES,
    Agency,
    Date,
    Document,
    Goal,
    Measure,
    Passage,
    PolicyDocument,
    Problem,
    Quantity,
    Span,
    Theme,
)
from nlp_toolkit.write import write
from tests.conftest import needed, texts

TEXT = "到2025年，垃圾回收利用率达到35%。\r\n=1+1住建部印发《办法》，避免重复\n建设😀。"
LINE = TEXT.index("\r\n")


def _at(part: str) -> tuple[int, int, str]:
    start = TEXT.index(part)
    return start, start + len(part), part


DOCUMENT = Document(
    TEXT,
    id="../a/1",
    title='=HYPERLINK("x")',
    date=datetime.date(2023, 1, 2),
    passages=(
        Passage(0, LINE, TEXT[:LINE], "paragraph", None, (Theme("waste", 0.75, ((6, 8), (9, 11))),)),
        Passage(LINE + 2, LINE + 20, TEXT[LINE + 2 : LINE + 20]),
        Passage(LINE + 21, len(TEXT), TEXT[LINE + 21 :]),
    ),
    sentence_bounds=((0, LINE), (LINE + 2, len(TEXT))),
    token_ends=(1, 6, LINE, *(LINE + at for at in (2, 6, 9, 11, 15, 16, 18, 20, 21)), len(TEXT)),
    token_tags=("p", "t", "x", "x", "x", "n", "v", "n", "x", "v", "v", "x", "v"),
    spans=(
        Goal(*_at(TEXT[: LINE - 1]), datetime.date(2025, 12, 31), (Quantity(35.0, "%", ">=", "up"),), "垃圾回收利用率"),
        Date(*_at("2025年"), datetime.date(2025, 1, 1), datetime.date(2025, 12, 31), "2025", "deadline"),
        Agency(*_at("住建部"), "named", "住房和城乡建设部", "central", "issuer"),
        PolicyDocument(*_at("《办法》"), "办法"),
        Problem(*_at("避免重复\n建设"), "guarded", ("duplicate_construction", "waste")),
    ),
    meta={"genre": "notice", "split": "dev", "nested": {"a": [1]}},
)  # fmt: skip

# A document as JSON can hold it but a spreadsheet cannot: nothing found, no date, strange characters in the id.
EMPTY = Document("\x1b[31m数\ud800据\x00", id="=cmd|'/c calc'!A0")


EXTRAS = {"xlsx": "openpyxl", "parquet": "pyarrow"}


def installed(format: str) -> None:
    """Skip the test where the format's extra is not installed."""
    module = EXTRAS.get(format)
    needed(module is None or find_spec(module) is not None, f"{module} is not installed: nlp-toolkit[{format}]")


def save(documents: list[Document], path: Path, format: str | None = None) -> Path:
    """Write the documents and return the path."""
    write(iter(documents), path, format)
    return path


QUANTITIES = st.builds(
    Quantity, st.floats(-1e12, 1e12), st.none() | st.sampled_from(["%", "亿元"]),
    st.sampled_from(["=", ">=", ">", "<=", "<", "~"]), st.none() | st.sampled_from(["up", "down"]),
)  # fmt: skip
VALUES: dict[type[Span], st.SearchStrategy[dict[str, Any]]] = {
    Goal: st.fixed_dictionaries({"indicator": st.none() | texts}),
    Measure: st.fixed_dictionaries({"quantity": QUANTITIES, "base": st.none() | st.integers(0, 99)}),
}


@st.composite
def documents(draw: st.DrawFn, blank: bool = True) -> Document:
    """A document with any text and any spans in it; with ``blank`` also with spans of white space only."""
    text = draw(texts.filter(lambda text: blank or bool(text.strip())))
    spans: list[Span] = []
    for _ in range(draw(st.integers(0, 4)) if text else 0):
        start = draw(st.integers(0, len(text) - 1))
        end = draw(st.integers(start + 1, len(text)))
        if blank or text[start:end].strip():
            span_type = draw(st.sampled_from(list(SPAN_TYPES.values())))
            values = draw(VALUES.get(span_type, st.just({})))
            spans.append(span_type(start, end, text[start:end], **values))
    return Document(text, draw(texts), spans=tuple(spans))
