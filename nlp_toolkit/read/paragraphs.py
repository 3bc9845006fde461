"""Makes paragraphs of the lines of pages: running heads and page numbers go, line breaks inside a paragraph close.

A paragraph goes on where its line is full and the next is not indented, as Chinese documents are set (GB/T 9704).
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median, median_low

from nlp_toolkit.read.layout import Line, Page, is_wide, lines

_MARGIN = 0.15  # the share of a page's height, at its top and its bottom, where running heads stand
_RUNNING_LINES = 3  # at most so many at the top and at the bottom
_LONGEST_HEAD = 200  # characters
_MOVED = 0.01  # of the height: a running head does not move from page to page

_PAGE_NUMBER = re.compile(
    r"""[—–－-]+\s*\d+\s*[—–－-]+              # — 3 —
      | 第\s*\d+\s*[页頁](\s*[,，/]?\s*共\s*\d+\s*[页頁])?   # 第 3 页 共 9 页
      | [Pp]age\s+\d+(\s+of\s+\d+)?           # Page 3 of 9
    """,
    re.VERBOSE,
)
_NUMBERS = re.compile(r"[\W\d_]*\d[\W\d_]*")  # · 3 ·, 3/9 and the like are page numbers only where they run
_NUMERAL = re.compile(r"\d+")
_MARKER = re.compile(
    r"[一二三四五六七八九十]+、|[（(][一二三四五六七八九十\d]+[)）]|第[一二三四五六七八九十百\d]+[编章节条]"
)
_SOFT_HYPHEN = "\u00ad"
_SENTENCE_ENDS = "。！？；：!?;:”』」"

# In ems, unless said otherwise.
_INDENT = 1.0
_KINSOKU = 2.0  # a Chinese line ends early by so much at most, when a mark must not begin the next
_CENTRED = 1.0
_PITCH = 1.4  # times the usual distance of lines: more is a gap between paragraphs
_SAME_SIZE = 1.25  # times: fonts of one size differ so much in the height of their boxes
_TITLE_SIZE = 1.15  # times the size of the body


@dataclass(frozen=True, slots=True)
class Column:
    """Where the lines of a column begin and end when they are full."""

    left: float
    right: float


@dataclass(frozen=True, slots=True)
class _Measure:
    """What is usual in a document: columns by page and name, distance of lines, size of the body."""

    columns: dict[tuple[int, str], Column]
    pitch: float
    body: float


def text_of(pages: Sequence[Page]) -> tuple[str, list[str]]:
    """The text of pages, a paragraph a line, and the running heads (each once) that were taken out of it.

    Page numbers are taken out too. Rows of tables are lines with tabs.
    """
    read, heads = without_running_heads([(page.height, lines(page)) for page in pages])
    placed = [(number, line) for number, found in enumerate(read) for line in found]
    measure = _measure(placed)
    result: list[list[str]] = []
    before: tuple[int, Line] | None = None
    for number, line in placed:
        if before is not None and _continues(before, (number, line), measure):
            result[-1].append(line.text)
        else:
            result.append([line.text])
        before = number, line
    return "\n".join(map(joined, result)), heads


def joined(parts: Sequence[str]) -> str:
    """A paragraph from its lines: Chinese is joined without a space, Latin words with one.

    >>> joined(["推进数字", "政府建设"]), joined(["open", "data"]), joined(["infor\u00ad", "mation"])
    ('推进数字政府建设', 'open data', 'information')
    """
    pieces = list(parts[:1])
    for before, after in pairwise(parts):
        if before.endswith(_SOFT_HYPHEN):
            pieces[-1] = before[:-1]
        elif not is_wide(before[-1]) and not is_wide(after[0]):
            pieces.append(" ")
        pieces.append(after)
    return "".join(pieces)


def without_running_heads(pages: Sequence[tuple[float, Sequence[Line]]]) -> tuple[list[list[Line]], list[str]]:
    """The lines of each page (given with its height) without running heads and page numbers; and the heads, each once.

    A running head stands at the same height in the margin of three pages (two, where there are less than five) with the
    same text, but for one number that grows with the pages.
    """
    seen: dict[tuple[str, int], set[int]] = defaultdict(set)
    for number, (height, found) in enumerate(pages):
        for line in _outer(height, found):
            for key in _keys(line, number, height):
                seen[key].add(number)
    enough = 3 if len(pages) > 4 else 2
    running = {key for key, numbers in seen.items() if len(numbers) >= enough}
    kept: list[list[Line]] = []
    heads: dict[str, str] = {}  # by what they have in common
    for number, (height, found) in enumerate(pages):
        gone = set()
        for line in _outer(height, found):
            common = next((key for key in _keys(line, number, height) if key in running), None)
            if common is not None or _PAGE_NUMBER.fullmatch(line.text):
                gone.add(id(line))
            if common is not None and not (_PAGE_NUMBER.fullmatch(line.text) or _NUMBERS.fullmatch(line.text)):
                heads.setdefault(common[0], line.text)
        kept.append([line for line in found if id(line) not in gone])
    return kept, list(dict.fromkeys(heads.values()))


def _outer(height: float, found: Sequence[Line]) -> list[Line]:
    """The lines in the margins of a page, the outermost few."""
    by_place = sorted(found, key=lambda line: line.top)
    top = [line for line in by_place[:_RUNNING_LINES] if line.bottom <= _MARGIN * height]
    bottom = [line for line in by_place[-_RUNNING_LINES:] if line.top >= (1 - _MARGIN) * height]
    return top + bottom


def _keys(line: Line, page: int, height: float) -> Iterator[tuple[str, int]]:
    """What a running head has in common on its pages: its place, and its text with one number counted from the page's."""
    if len(line.text) > _LONGEST_HEAD:
        return
    for place in {round(line.top / max(height, 1.0) / _MOVED + shift) for shift in (-0.25, 0.25)}:
        yield line.text, place
        for found in _NUMERAL.finditer(line.text):
            if len(found.group()) <= 5:
                offset = int(found.group()) - page
                yield f"{line.text[: found.start()]}\0{offset}\0{line.text[found.end() :]}", place


def _measure(placed: Sequence[tuple[int, Line]]) -> _Measure:
    """Measure a document: each column on each page by its own full lines where it has enough, else by all pages'."""
    by_column: dict[str, list[Line]] = defaultdict(list)
    by_page: dict[tuple[int, str], list[Line]] = defaultdict(list)
    distances = []
    for number, line in placed:
        by_column[line.column].append(line)
        by_page[number, line.column].append(line)
    for found in by_page.values():
        distances += [after.top - line.top for line, after in pairwise(found) if after.top > line.top]
    everywhere = {name: _column(found) for name, found in by_column.items()}
    columns = {
        (number, name): _column(found) if sum(map(_is_long, found)) >= 8 else everywhere[name]
        for (number, name), found in by_page.items()
    }
    sizes = sorted(line.size for _, line in placed for _ in range(0, len(line.text), 8))
    return _Measure(columns, median_low(distances) if distances else 0.0, median(sizes) if sizes else 0.0)


def _is_long(line: Line) -> bool:
    return not line.is_row and line.right - line.left >= 0.5 * (line.bounds[1] - line.bounds[0])


def _column(found: Iterable[Line]) -> Column:
    """Where full lines begin (the leftmost place that is not a single line's) and end (where three quarters of them do)."""
    found = list(found)
    long = [line for line in found if _is_long(line)]
    if not long:
        left = min(line.left for line in found)
        start, end = found[0].bounds
        return Column(left, max(end - max(0.0, left - start), left + 0.5 * (end - start)))
    begins = Counter(round(line.left / line.size * 2) for line in long if line.size)
    usual = min((place for place, count in begins.items() if count > 1), default=None)
    left = min(line.left for line in long if usual is None or round(line.left / max(line.size, 1e-6) * 2) == usual)
    ends = sorted(line.right for line in long)
    return Column(left, ends[len(ends) * 3 // 4])


def _continues(before: tuple[int, Line], after: tuple[int, Line], measure: _Measure) -> bool:
    """Whether a line goes on with the paragraph of the line before it."""
    (number, line), (next_number, following) = before, after
    if line.is_row or following.is_row or not _same_size(line.size, following.size):
        return False
    below = number == next_number and line.column == following.column
    if below and following.top - line.top > _PITCH * max(measure.pitch, line.size):
        return False
    column, next_column = measure.columns[number, line.column], measure.columns[next_number, following.column]
    if below and _centred(following, next_column) and (_centred(line, column) or _fills(line, column)):
        title = min(line.size, following.size) >= _TITLE_SIZE * measure.body
        if title or _centred(line, column):
            return title and not _MARKER.match(following.text)
    ended = line.text[-1] in _SENTENCE_ENDS
    if (ended or not below) and _MARKER.match(following.text):
        return False
    if following.left - next_column.left > _INDENT * following.size:
        hangs = below and abs(following.left - line.left) < 0.5 * line.size
        if not hangs or ended or _MARKER.match(following.text):
            return False
    return column.right - line.right < _room_for(following)


def _same_size(one: float, other: float) -> bool:
    return max(one, other) <= _SAME_SIZE * min(one, other)


def _centred(line: Line, column: Column) -> bool:
    """Whether a line stands in the middle of its column, well inside of it on both sides."""
    before, behind = line.left - column.left, column.right - line.right
    return min(before, behind) > _INDENT * line.size and abs(before - behind) < _CENTRED * line.size


def _fills(line: Line, column: Column) -> bool:
    """Whether a line leaves as little room on one side of its column as on the other, as the first of a long title does."""
    before, behind = line.left - column.left, column.right - line.right
    return max(abs(before), abs(behind)) < _KINSOKU * line.size and abs(before - behind) < _CENTRED * line.size


def _room_for(line: Line) -> float:
    """The width that the first word of a line would have needed on the line before it."""
    first = line.text.split(maxsplit=1)[0]
    if is_wide(first[0]):
        return _KINSOKU * line.size
    word = next((first[:end] for end, character in enumerate(first) if is_wide(character)), first)
    return max(_KINSOKU * line.size, (len(word) + 1) * (line.right - line.left) / len(line.text))
