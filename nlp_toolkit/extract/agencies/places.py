"""The places that a text names, and which of them it is about: what 市财政局 and 省政府 without a place belong to."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache
from operator import itemgetter
from typing import NamedTuple

from nlp_toolkit.document import Passage, PolicyDocument
from nlp_toolkit.draft import Draft
from nlp_toolkit.extract.agencies.words import LEVEL_OF_DIVISION, LEVEL_OF_MARK, PLACE_ENDS, places_by_name, words
from nlp_toolkit.registry import Division, division_by_code, divisions

# Kinds of passages that tell what place a document is of, the surest first.
_FRAME = ("letterhead", "title", "number", "signature", "addressee")
_AROUND = 300  # characters before a mention in which its place may stand
_OPENING_LINES, _SHORT_LINE = 3, 60  # short lines at the head tell it too
_NO_DISTRICT = ("自治区", "地区")  # a 区 of another kind


class Place(NamedTuple):
    """A place in the text: where it begins, its level, its full name (None where a short form fits several), itself."""

    start: int
    level: str | None
    full: str | None
    division: Division | None


class Places:
    """The places of one text by where they end."""

    def __init__(self, draft: Draft) -> None:
        self._draft = draft
        self._begin: dict[int, int] = {}  # where a place ends: where the longest that ends there begins
        for start, end in draft.hits.all("place"):
            if start < self._begin.get(end, end) and not draft.text.startswith("生产建设兵团", end):
                self._begin[end] = start
        self._ends = sorted(self._begin)
        self._about: dict[str, tuple[str, str] | None] = {}
        self._divisions: list[tuple[int, Division]] | None = None  # where divisions are named, for the nearest
        self._home: Place | None = None
        self._home_known = False

    def __contains__(self, end: int) -> bool:
        return end in self._begin

    def start(self, end: int) -> int:
        """Where the longest place that ends here begins, without the places around it."""
        return self._begin[end]

    def at(self, end: int) -> Place:
        """The place that ends here, with the places around it named right before it."""
        text, start = self._draft.text, self._begin[end]
        found = places_by_name()[text[start:end]]
        full = _full_name(text[start:end], found)
        level = LEVEL_OF_DIVISION[found[0].level]
        while start in self._begin:
            outer = self._begin[start]
            around = places_by_name()[text[outer:start]]
            name = _full_name(text[outer:start], around)
            full = name + full if name and full else None
            codes = {division.code for division in around}
            found = [division for division in found if codes & {d.code for d in upwards(division)}] or found
            start = outer
        division = found[0] if len(found) == 1 else None
        if start == self._begin[end] and division is not None and _is_district(division):
            full = division_by_code()[division.parent].name + division.name  # 济南市历下区
        return Place(start, level, full, division)

    def about(self, mark: str, at: int | None = None) -> tuple[str, str] | None:
        """The full name and the level of the place that a bare 市 or 省 means in this text; None where that is open.

        It is the place of the document's frame (title, number, signature) or one above it, else the only such place
        that the text names, else the only one that the sentence or the paragraph names before ``at``.
        """
        mark = next((known for known in ("自治区", "地区") if mark.endswith(known)), mark[-1:])
        if mark not in self._about:
            self._about[mark] = self._find_prefecture() if mark == "地区" else self._find_about(mark)
        return self._about[mark] or (self._nearest(mark, at) if at is not None else None)

    def home(self) -> Place | None:
        """The place that the frame of the document names, if it names one."""
        if not self._home_known:
            self._home, self._home_known = self._find_home(), True
        return self._home

    def _find_about(self, mark: str) -> tuple[str, str] | None:
        home = self.home()
        if home is not None and home.division is not None:
            for division in upwards(home.division):
                if _bears(division.name, mark):
                    full = home.full if division is home.division and home.full else division.name
                    return full, LEVEL_OF_DIVISION[division.level]
        named = [place.division for place in self._named() if place.division is not None]
        if home is not None and home.division is not None:  # 市财政局 in a text of a province that names one city
            named = [division for division in named if home.division in upwards(division)]
        meant = {d.code: d for division in named for d in upwards(division) if _bears(d.name, mark)}
        cities = [d for d in meant.values() if d.level != "county"]
        candidates = cities if mark == "市" and cities else list(meant.values())
        unknown = self._unknown(mark)
        if len(candidates) == 1 and not unknown:
            return candidates[0].name, LEVEL_OF_DIVISION[candidates[0].level]
        if not candidates and len(unknown) == 1:
            return unknown.pop(), LEVEL_OF_MARK.get(mark, "municipal")
        return None

    def _find_prefecture(self) -> tuple[str, str] | None:
        """The one prefecture (信阳地区) that the text names; many of them have become cities since."""
        text = self._draft.text
        names = {text[self._begin[end] : end] for end in self._ends}
        named = {name for name in names if name.endswith("地区")}
        named |= {text[self._begin[end] : end] + "地区" for end in self._ends if text.startswith("地区", end)}
        return (named.pop(), "municipal") if len(named) == 1 else None

    def _nearest(self, mark: str, at: int) -> tuple[str, str] | None:
        """The only place with this mark that the sentence names before ``at``, else the only one of the paragraph."""
        text = self._draft.text
        first = max(0, at - _AROUND)
        line = max(first, text.rfind("\n", first, at) + 1)
        sentence = max(line, *(text.rfind(end, line, at) + 1 for end in "。;!?"))
        if self._divisions is None:
            self._divisions = [(place.start, place.division) for place in self._named() if place.division is not None]
        here = range(
            bisect_left(self._divisions, line, key=itemgetter(0)), bisect_left(self._divisions, at, key=itemgetter(0))
        )
        named = [self._divisions[number] for number in here if _bears(self._divisions[number][1].name, mark)]
        meant = [division for start, division in named if start >= sentence] or [one for _, one in named]
        if len({division.code for division in meant}) != 1:
            return None
        return meant[0].name, LEVEL_OF_DIVISION[meant[0].level]

    def _unknown(self, mark: str) -> set[str]:
        """Names of the shape of a place with this mark that the table lacks.

        They stand twice or more, or where a name is sure to be one: in the frame, or behind a place of the table.
        """
        if len(mark) > 1:
            return set()
        text = self._draft.text
        frame = [(line.start, line.end) for line in self._draft.passages if line.kind in _FRAME]
        names: Counter[str] = Counter()
        for match in _shape(mark).finditer(text):
            start = match.start()
            behind_place = text[start - 1 : start] in PLACE_ENDS if start else False
            if not behind_place or start in self._begin:
                names[match["name"]] += 2 if behind_place or any(a <= start < b for a, b in frame) else 1
        return {
            name
            for name, count in names.items()
            if count > 1 and name not in places_by_name() and name[:-1] not in words("no_place_name")
        }

    def _frame(self) -> list[Passage]:
        """The lines that tell what place the document is of, the surest first."""
        lines = [line for line in self._draft.passages if line.kind in _FRAME]
        lines.sort(key=lambda line: _FRAME.index(line.kind))
        return lines + [line for line in self._draft.passages[:_OPENING_LINES] if len(line.text) <= _SHORT_LINE]

    def _find_home(self) -> Place | None:
        for line in self._frame():
            named = [place for place in self._named(line.start, line.end) if place.division is not None]
            if named:
                deepest = max(named, key=lambda place: len(upwards(place.division)))  # type: ignore[arg-type]
                chain = upwards(deepest.division)  # type: ignore[arg-type]
                return named[0] if all(place.division in chain for place in named) else None
            for span in self._draft.of(PolicyDocument):
                if line.start <= span.start < line.end and span.issuer and (found := place_at_start(span.issuer)):
                    return Place(0, LEVEL_OF_DIVISION[found.level], found.name, found)
        return None

    def _named(self, first: int = 0, last: int | None = None) -> Iterator[Place]:
        """The places in a range, each with the ones around it, in order; only full names and unmistakable short ones."""
        until = len(self._ends) if last is None else bisect_right(self._ends, last)
        text = self._draft.text
        for end in self._ends[bisect_left(self._ends, first + 1) : until]:
            if end + 1 in self._begin and self._begin[end + 1] <= self._begin[end]:
                continue  # 南京 in 南京市
            if any(begin == end for begin in (self._begin.get(later) for later in range(end + 2, end + 12))):
                continue  # 佛山市 in 佛山市南海区
            place = self.at(end) if self._begin[end] >= first else None
            if place and (text[end - 1] in PLACE_ENDS or (place.division and place.division.level != "county")):
                yield place


def _is_district(division: Division) -> bool:
    """Whether a division is a district of a city, whose bodies bear the city's name too."""
    city = division_by_code().get(division.parent)
    return (
        division.level == "county"
        and division.name.endswith("区")
        and not division.name.endswith(("开发区", "园区", "管理区"))
        and city is not None
        and not division.name.startswith(city.name[:2])
    )


def _bears(name: str, mark: str) -> bool:
    """Whether a division is called by a mark: 佛山市 by 市, 内蒙古自治区 by 自治区 and not by 区."""
    return name.endswith(mark) and not (mark == "区" and name.endswith(_NO_DISTRICT))


@cache
def _shape(mark: str) -> re.Pattern[str]:
    """洮阳县, behind a mark or a word before names and before a seat or a word of place."""
    return re.compile(
        rf"(?:^|(?<=[,。;:、“(\n 在从由对向{PLACE_ENDS}]))(?P<name>(?![本全该各某我你他这那邻外])[\u4e00-\u9fff]{{2,3}}{mark})"
        r"(?=[委人政是的位在地有,。、一二三县市]|$)",
        re.MULTILINE,
    )


def upwards(division: Division) -> list[Division]:
    """A division and the ones above it."""
    chain = [division]
    while (parent := division_by_code().get(chain[-1].parent)) is not None:
        chain.append(parent)
    return chain


def place_at_start(body: str) -> Division | None:
    """The place that a body's name begins with."""
    for size in range(min(len(body), 12), 1, -1):
        found = divisions().get(body[:size])
        if found and len(found) == 1:
            return found[0]
    return None


def _full_name(name: str, found: Iterable[Division]) -> str | None:
    """A division's full name; None where a short form fits several: 朝阳."""
    names = {division.name for division in found}
    return name if name in names else names.pop() if len(names) == 1 else None


@cache
def _overseas() -> tuple[str, ...]:
    """The names of Hong Kong, Macau and Taiwan and of their divisions (codes 71, 81 and 82)."""
    return tuple(
        name
        for name, found in divisions().items()
        if all(division.code[:2] in ("71", "81", "82") for division in found)
    )


def is_overseas(place: str) -> bool:
    """Whether a place lies in Hong Kong, Macau or Taiwan."""
    return place.startswith(_overseas())
