"""A document's text as HTML in which every span is marked, for the page to look at and for notebooks.

Marks nest where spans do; of two that cross, the later one goes on in a second piece, so that all of it is marked.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from heapq import heapify, heappop, heappush
from html import escape
from importlib.resources import files

from nlp_toolkit.document import JSON, Document, Passage, Span
from nlp_toolkit.write.marks import known
from nlp_toolkit.write.safe import as_json, visible

_LONGEST_BLOCK = 2_000  # characters; a browser lays out short blocks one by one, as they come into view
_LONGEST_SNIPPET = 2_000  # characters of a text in a notebook


@dataclass(frozen=True, slots=True)
class Block:
    """A part of the text that stands by itself: a passage, a part of a long one, or text outside all passages."""

    start: int
    end: int
    passage: Passage | None = None
    number: int = 0  # of the part in its passage, from 0


@dataclass(frozen=True, slots=True, order=True)
class Range:
    """A range of the text with the tags that open and close it; of ranges alike, the one of lower rank is outside."""

    start: int
    end: int
    rank: int
    opening: str
    closing: str


def shown(text: str) -> str:
    """The text for HTML: as it is, never obeyed, and a character for a character.

    >>> shown('<script>"\\x1b"\\r\\n')
    '&lt;script&gt;&quot;␛&quot;&#13;\\n'
    """
    return escape(visible(text)).replace("\r", "&#13;")


def ordered(document: Document) -> list[Span]:
    """The spans in reading order, the longer of two that begin together first."""
    return sorted(document.spans, key=lambda span: (span.start, -span.end, span.label))


def blocks(document: Document) -> list[Block]:
    """The blocks of a document in order; only white space stands between them.

    >>> blocks(Document("目标\\n建成", passages=(Passage(0, 2, "目标"),)))
    [Block(start=0, end=2, passage=Passage(start=0, ...), number=0), Block(start=3, end=5, passage=None, number=0)]
    """
    result: list[Block] = []
    at = 0
    for passage in sorted(document.passages, key=lambda passage: passage.start):
        if passage.start >= at:  # passages that overlap another one cannot be shown twice
            result += _lines(document, at, passage.start)
            result += _parts(document, passage.start, passage.end, passage)
            at = passage.end
    return result + list(_lines(document, at, len(document.text)))


def _lines(document: Document, start: int, end: int) -> Iterator[Block]:
    """The lines of a stretch of text outside all passages."""
    for line in document.text[start:end].split("\n"):
        if line.strip():
            yield from _parts(document, start, start + len(line), None)
        start += len(line) + 1


def _parts(document: Document, start: int, end: int, passage: Passage | None) -> Iterator[Block]:
    """A passage in parts of a length that a browser can handle, cut between sentences where there are any."""
    number = 0
    while end - start > _LONGEST_BLOCK:
        after = bisect_left(document.sentence_bounds, (start + _LONGEST_BLOCK + 1,)) - 1
        cut = document.sentence_bounds[after][0] if after >= 0 else start
        if cut <= start:
            cut = start + _LONGEST_BLOCK
        yield Block(start, cut, passage, number)
        start, number = cut, number + 1
    yield Block(start, end, passage, number)


def by_block(ranges: list[Range], parts: list[Block]) -> list[list[Range]]:
    """For each block the ranges in it, cut off where the block ends."""
    starts, ends = [block.start for block in parts], [block.end for block in parts]
    result: list[list[Range]] = [[] for _ in parts]
    for found in ranges:
        for at in range(bisect_right(ends, found.start), bisect_left(starts, found.end)):
            start, end = max(found.start, starts[at]), min(found.end, ends[at])
            result[at].append(Range(start, end, found.rank, found.opening, found.closing))
    return result


def marked(text: str, start: int, end: int, ranges: list[Range]) -> str:
    """The stretch of text with the ranges, all of them within it, marked.

    >>> marked("到2025年建成", 0, 8, [Range(0, 8, 0, "<b>", "</b>"), Range(1, 6, 1, "<i>", "</i>")])
    '<b>到<i>2025年</i>建成</b>'
    >>> marked("abcd", 0, 4, [Range(0, 3, 0, "<b>", "</b>"), Range(1, 4, 1, "<i>", "</i>")])
    '<b>a<i>bc</i></b><i>d</i>'
    """
    waiting = [(found.start, -found.end, found.rank, found) for found in ranges]
    heapify(waiting)
    open_ones: list[tuple[int, Range]] = []  # where each ends, the innermost last
    pieces: list[str] = []
    at = start

    def close(until: int) -> None:
        nonlocal at
        while open_ones and open_ones[-1][0] <= until:
            stop, found = open_ones.pop()
            pieces.extend((shown(text[at:stop]), found.closing))
            at = stop

    while waiting:
        begin, negative_stop, rank, found = heappop(waiting)
        close(begin)
        stop = -negative_stop
        if open_ones and stop > open_ones[-1][0]:
            stop = open_ones[-1][0]
            heappush(waiting, (stop, negative_stop, rank, found))
        pieces.extend((shown(text[at:begin]), found.opening))
        at = begin
        open_ones.append((stop, found))
    close(end)
    pieces.append(shown(text[at:end]))
    return "".join(pieces)


def snippet(document: Document, longest: int = _LONGEST_SNIPPET) -> str:
    """A document in small, as a notebook shows it: the beginning of its text, marked, with the values on hover.

    >>> from nlp_toolkit.document import Date
    >>> snippet(Document("到2025年", spans=(Date(1, 6, "2025年", edtf="2025"),))).count('title="DATE · edtf: 2025 · role: point">2025年</mark>')
    1
    """
    ranges = [
        Range(span.start, span.end, rank, f'<mark class="{class_of(span)}" title="{_values(span)}">', "</mark>")
        for rank, span in enumerate(ordered(document))
    ]
    parts = [block for block in blocks(document) if block.start < longest]
    lines = [
        f'<p lang="zh">{marked(document.text, block.start, block.end, found)}</p>'
        for block, found in zip(parts, by_block(ranges, parts), strict=True)
    ]
    left = len(document.text) - parts[-1].end if parts else 0
    rest = f"<p>… {left:,} more characters</p>" if left > 0 else ""
    return f'<div class="nlp-toolkit"><style>{stylesheet()}</style>{_counts(document)}{"".join(lines)}{rest}</div>'


def class_of(span: Span) -> str:
    """The name of a span's kind of mark."""
    return span.label.lower()


@cache
def stylesheet() -> str:
    """The colours and lines of the marks."""
    return files("nlp_toolkit.write").joinpath("page/highlights.css").read_text(encoding="utf-8")


def _values(span: Span) -> str:
    """A span's values on one line, safe in an attribute."""
    values: JSON = known(span.attrs())
    texts = (
        f"{name}: {value if isinstance(value, str) else as_json(value).decode()}" for name, value in values.items()
    )
    return shown(" · ".join((span.label, *texts)))


def _counts(document: Document) -> str:
    """How many spans of each kind there are; a legend as well."""
    counts: dict[str, int] = {}
    for span in document.spans:
        counts[span.label] = counts.get(span.label, 0) + 1
    entries = (f'<mark class="{label.lower()}">{label}</mark> {count:,}' for label, count in sorted(counts.items()))
    return f"<p>{' &ensp; '.join(entries)}</p>"
