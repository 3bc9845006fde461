"""Puts characters with places on pages into lines in reading order: what PDF and OFD have in common.

Places are (left, top, right, bottom) with the origin at the top left of the page, in any one unit.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from statistics import median
from unicodedata import east_asian_width

Character = tuple[str, float, float, float, float]  # with left, top, right, bottom

GUESSED_SPACE = "\u2009"  # a space that is not in the file, but looks like one

# In ems. Justified Chinese text spreads its characters by up to half an em; a table's cells stand further apart.
_CELL_GAP = 1.5
_SPACE = 0.6
_SPACE_BETWEEN_RUNS = 0.15  # of Latin text, whose words may be drawn one by one
_BACKWARDS = -0.5

_LINES_OF_A_COLUMN = 4  # fewer lines side by side are a table or a letterhead
_FILLED = 0.6  # the share of a column's width that its lines fill; cells of a table are shorter


@dataclass(frozen=True, slots=True)
class Run:
    """Characters that stand next to one another on a line."""

    text: str
    left: float
    top: float
    right: float
    bottom: float

    @property
    def size(self) -> float:
        """The height of the characters, about an em."""
        return self.bottom - self.top


@dataclass(frozen=True, slots=True)
class Page:
    """What is printed on a page, in any order."""

    width: float
    height: float
    runs: list[Run]


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a column; ``column`` names it ("" the whole width, "L" and "R" its halves, "RL" …)."""

    text: str
    left: float
    top: float
    right: float
    bottom: float
    size: float
    column: str
    bounds: tuple[float, float]

    @property
    def is_row(self) -> bool:
        """Whether the line has cells with tabs between them."""
        return "\t" in self.text


def is_wide(character: str) -> bool:
    """Whether a character is Chinese or its punctuation, which stand without spaces.

    >>> [is_wide(character) for character in "数，a1"]
    [True, True, False, False]
    """
    return east_asian_width(character) in "WF"


def runs(characters: Iterable[Character]) -> list[Run]:
    """Characters in the order in which they are drawn, gathered into runs; wide gaps and other lines begin new ones.

    >>> runs([("数", 0, 0, 10, 10), ("据", 10, 0, 20, 10), ("表", 60, 0, 70, 10)])
    [Run(text='数据', left=0, top=0, right=20, bottom=10), Run(text='表', left=60, top=0, right=70, bottom=10)]
    """
    result: list[Run] = []
    text, place, space = "", (0.0, 0.0, 0.0, 0.0), ""
    for character, left, top, right, bottom in characters:
        if character.isspace():
            space = character if character == GUESSED_SPACE else " "
            continue
        gap = (left - place[2]) / max(bottom - top, place[3] - place[1], 1e-6)
        if text and _level(place, (left, top, right, bottom)) and _BACKWARDS < gap < _CELL_GAP:
            text += _between(text[-1], character, gap, space) + character
            place = (place[0], min(place[1], top), max(place[2], right), max(place[3], bottom))
        else:
            if text:
                result.append(Run(text, *place))
            text, place = character, (left, top, right, bottom)
        space = ""
    if text:
        result.append(Run(text, *place))
    return result


def _level(one: tuple[float, float, float, float], other: tuple[float, float, float, float]) -> bool:
    """Whether two boxes stand on one line: they share half the height of the smaller, so that superscripts count."""
    shared = min(one[3], other[3]) - max(one[1], other[1])
    return shared >= 0.5 * min(one[3] - one[1], other[3] - other[1])


def _between(before: str, after: str, gap: float, space: str) -> str:
    """What stands between two characters of a line that are so many ems apart; Chinese has no guessed spaces."""
    if gap >= _CELL_GAP:
        return "\t"
    if space == GUESSED_SPACE and (is_wide(before) or is_wide(after)):
        space = ""
    return " " if space or gap >= _SPACE else ""


def lines(page: Page) -> list[Line]:
    """The lines of a page in reading order: column by column where the page has columns.

    >>> [line.text for line in lines(Page(100, 100, [Run("二", 0, 20, 10, 30), Run("一", 0, 0, 10, 10)]))]
    ['一', '二']
    """
    return list(_in_order(page.runs, "", (0, page.width)))


def _in_order(found: Sequence[Run], column: str, bounds: tuple[float, float]) -> Iterator[Line]:
    """Bands of columns, cut where a run crosses the gutter (a title, a table)."""
    gutter = _gutter(found, bounds)
    if gutter is None:
        yield from _stacked(found, column, bounds)
        return
    band: list[Run] = []
    crossing: list[Run] = []
    for run in sorted(found, key=lambda run: run.top):
        if run.left < gutter < run.right:
            yield from _band(band, gutter, column, bounds)
            band = []
            crossing.append(run)
        else:
            yield from _stacked(crossing, column, bounds)
            crossing = []
            band.append(run)
    yield from _stacked(crossing, column, bounds)
    yield from _band(band, gutter, column, bounds)


def _band(band: list[Run], gutter: float, column: str, bounds: tuple[float, float]) -> Iterator[Line]:
    """The left column and then the right one; where they are not filled like text, lines across both."""
    left = [run for run in band if run.right <= gutter]
    right = [run for run in band if run.right > gutter]
    sides = ((left, (bounds[0], gutter), "L"), (right, (gutter, bounds[1]), "R"))
    if all(_is_column(side, side_bounds) for side, side_bounds, _ in sides):
        for side, side_bounds, name in sides:
            yield from _in_order(side, column + name, side_bounds)
    else:
        yield from _stacked(band, column, bounds)


def _is_column(found: list[Run], bounds: tuple[float, float]) -> bool:
    """Whether runs fill a column as lines of text do."""
    if len(found) < _LINES_OF_A_COLUMN:
        return False
    start, end = min(run.left for run in found), max(run.right for run in found)
    filled = median(run.right - run.left for run in found) >= _FILLED * (end - start)
    return filled and end - start >= 0.5 * (bounds[1] - bounds[0])


def _gutter(found: Sequence[Run], bounds: tuple[float, float]) -> float | None:
    """Where a second column begins: the place near the middle at which most runs do, with nothing just before it."""
    width = bounds[1] - bounds[0]
    grid = width / 100
    if grid <= 0:
        return None
    starts = Counter(round(run.left / grid) for run in found if 0.3 * width < run.left - bounds[0] < 0.7 * width)
    if not starts:
        return None
    place, count = max(starts.items(), key=lambda item: (item[1], -item[0]))
    gutter = (place - 1) * grid
    crossing = sum(run.left < gutter < run.right for run in found)
    return gutter if count >= _LINES_OF_A_COLUMN and crossing < count else None


def _stacked(found: Sequence[Run], column: str, bounds: tuple[float, float]) -> Iterator[Line]:
    """The lines of one column from top to bottom."""
    row: list[Run] = []
    tallest: Run | None = None
    for run in sorted(found, key=lambda run: run.top + run.bottom):
        if tallest is None or not _level(_place(tallest), _place(run)):
            if row:
                yield _line(row, column, bounds)
            row, tallest = [], run
        row.append(run)
        if run.size > tallest.size:
            tallest = run
    if row:
        yield _line(row, column, bounds)


def _place(run: Run) -> tuple[float, float, float, float]:
    return run.left, run.top, run.right, run.bottom


def _line(row: list[Run], column: str, bounds: tuple[float, float]) -> Line:
    """The runs of a line from left to right; one that is drawn twice (a way to print bold) counts once."""
    row = sorted(row, key=lambda run: run.left)
    text, right, before = row[0].text, row[0].right, row[0]
    for run in row[1:]:
        if run.text == before.text and run.left - before.left < 0.2 * run.size:
            continue
        gap = (run.left - right) / max(run.size, before.size, 1e-6)
        space = GUESSED_SPACE if gap >= _SPACE_BETWEEN_RUNS else ""
        text += _between(text[-1], run.text[0], gap, space) + run.text
        right, before = max(right, run.right), run
    top, bottom = min(run.top for run in row), max(run.bottom for run in row)
    return Line(text, row[0].left, top, right, bottom, max(run.size for run in row), column, bounds)
