"""Bodies of a place: the place, the mark of a level or an earlier item of the list, then a function and a suffix."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from nlp_toolkit.draft import Draft
from nlp_toolkit.extract.agencies.generic import DEPARTMENTS_OF
from nlp_toolkit.extract.agencies.words import (
    CUT_WORD,
    HAN,
    LEVEL_OF_DIVISION,
    LEVEL_OF_MARK,
    PLACE_ENDS,
    ROOM,
    STOP,
    Head,
    Mention,
    either,
    heads,
    is_other_word,
    places_by_name,
    words,
)
from nlp_toolkit.registry import Division, Registry, divisions


class _LastLocal(NamedTuple):
    """The local body that stood last: a list after it may leave its place out."""

    end: int
    place: str | None
    level: str | None


class LocalBodies:
    """Finds the bodies of places."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._divisions = places_by_name()
        self._heads = heads()

    def find(self, draft: Draft, registered: list[Mention]) -> list[Mention]:
        """Bodies of a place: place, mark of a level or an earlier item of the list before a head."""
        text = draft.text
        places: dict[int, int] = {}  # where a place ends: where the longest that ends there begins
        for start, end in draft.hits.all("place"):
            if start < places.get(end, end):
                places[end] = start
        parents = {mention.end: mention for mention in registered}
        known = {(mention.start, mention.end) for mention in registered}
        found: list[Mention] = []
        last = _LastLocal(0, None, None)
        for start, end, name, head in self._heads_in(draft):
            if (where := self._place(text, start, places, last.end)) is not None:
                first, level, place = where
            elif head.alone and 0 < last.end >= start - 2 and text[last.end : start] in _LIST_MARKS:
                first, level, place = start, last.level, last.place
            elif (central := self._national(text, start, name, parents, draft)) is not None:
                found.append(Mention(start, end, "named", central, "central"))
                parents[end] = found[-1]
                continue
            elif head.alone and (start, end) not in known and (start == 0 or text[start - 1] in _BOUNDARY):
                first, level, place = start, None, None
            else:
                continue
            if name.endswith("政府") and first < start and (match := DEPARTMENTS_OF.match(text, end)):
                found.append(Mention(first, match.end(), "generic"))
                continue
            official = self._official(place, text[first:start], text[start:end], name, head)
            if (tail := ROOM.match(text, end)) and tail.end() > end:
                official = official + tail.group() if official else None
                end = tail.end()
            if is_other_word(text, end):
                continue
            parent = parents.get(first)
            if parent is not None and parent.kind == "named":  # 国家税务总局北京市税务局
                first = parent.start
                official = parent.canonical + text[parent.end : end] if parent.canonical else None
            elif name == "委" and text[max(0, first - 2) : first] == "中共":
                first -= 2
            found.append(Mention(first, end, "named", official, level))
            if name != "委":
                last = _LastLocal(end, place, level)
        return found

    def _heads_in(self, draft: Draft) -> Iterator[tuple[int, int, str, Head]]:
        """The heads of local bodies in the text: start, end, the head's word and what it is."""
        text = draft.text
        hits = draft.hits.longest("agency.head")
        number, count = 0, len(hits)
        while number < count:
            start, end = hits[number]
            number += 1
            name = text[start:end]
            while name.endswith("办") and CUT_WORD.match(text, end) and name[:-1] in self._heads:
                name, end = name[:-1], end - 1  # 市政府 + 办理
            head = self._heads.get(name)
            if head is None:  # 省委, 自治区党委: the mark belongs to the place
                start, name = (end - 2, "党委") if name.endswith("党委") else (end - 1, "委")
                head = Head(None, False)
                office = _PARTY_OFFICE.match(text, end)
                end = office.end() if office else end
            while number < count and hits[number][0] == end and name.endswith("政府"):
                inner = self._heads.get(text[end : hits[number][1]])
                if inner is None or not (inner.alone or text[hits[number][1] - 1] in "局处"):
                    break
                # 广东省人民政府国有资产监督管理委员会
                head = Head(f"{head.full or name}{inner.full}" if inner.full else None, False)
                end = hits[number][1]
                number += 1
            yield start, end, name, head

    def _national(self, text: str, start: int, name: str, before: dict[int, Mention], draft: Draft) -> str | None:
        """The national body that a bare name means in a central document or list: 教育部、海洋局 is 国家海洋局."""
        if text[start - 1 : start] not in _BOUNDARY or not (
            _is_central_issue(draft) or _follows_central(text, start, before)
        ):
            return None
        for prefix in ("国家", "中国", "国务院"):
            body = self._registry.resolve(prefix + name, draft.date)
            if body is not None:
                return body.canonical
        return None

    def _place(
        self, text: str, at: int, places: dict[int, int], last_end: int
    ) -> tuple[int, str | None, str | None] | None:
        """The place that ends at ``at``: where it begins, its level and its full name (None where it is not named)."""
        if at in places:
            if (
                text[at - 1] not in PLACE_ENDS
                and text.startswith(_SEATS, at)
                and not text.startswith(("香港", "澳门"), places[at])
            ):
                return None  # 大化政府
            return self._named_place(text, at, places)
        mark = text[at - 1 : at]
        if mark in _ZONE_ENDS and (match := _ZONE.search(text, max(0, at - 30), at)):
            for end in range(match.start(), max(match.start() - 7, -1), -1):
                if end in places and (end == match.start() or _INNER_PLACE.fullmatch(text, end, match.start())):
                    start, level, _ = self._named_place(text, end, places)
                    return start, level, text[start:at]
            if match.start() == 0 or text[match.start() - 1] in _BOUNDARY:
                return match.start(), None, None
        if text.startswith(("管委会", "管理委员会"), at) and (match := _SITE.search(text, max(0, at - 7), at)):
            return match.start(), None, None
        street = text.startswith("街道", at)
        level = "township" if street else LEVEL_OF_MARK.get(mark)
        if level is None:
            return None
        if street:
            begin = at
        elif text.startswith("自治", max(at - 3, 0)):
            begin, level = at - 3, "provincial" if mark == "区" else level
        elif mark == "道":
            if text[at - 2 : at - 1] != "街":
                return None
            begin = at - 2
        else:
            begin = at - 1
        if begin in places:
            start, _, _ = self._named_place(text, begin, places)
            return start, level, text[start:at]
        if match := _PLACEHOLDER.search(text, max(0, begin - 3), begin):
            start = match.start()
            return (self._named_place(text, start, places)[0] if start in places else start), level, None
        if begin <= 0 or text[begin - 1] in _BOUNDARY or begin == last_end:
            return None if street else (max(begin, 0), level, None)
        # A place that the table lacks, behind one that it has (左权县某乡) or behind a boundary (由襄樊市).
        for end in range(begin - 1, max(begin - 5, 0), -1):
            if end in places and _INNER_PLACE.fullmatch(text, end, begin):
                start, _, _ = self._named_place(text, end, places)
                return start, level, text[start:at]
        match = _NAME_OF_PLACE.search(text, max(0, begin - 3), begin)
        if (
            match
            and (match.start() == 0 or text[match.start() - 1] in _BOUNDARY)
            and match.group() not in words("no_place_name")
        ):
            return match.start(), level, text[match.start() : at]
        return None

    def _named_place(self, text: str, end: int, places: dict[int, int]) -> tuple[int, str | None, str | None]:
        """A place of the table that ends at ``end``, with the places around it named before it."""
        start = places[end]
        found = self._divisions[text[start:end]]
        full = _full_name(text[start:end], found)
        level = LEVEL_OF_DIVISION[found[0].level]
        while start in places:
            outer = places[start]
            name = _full_name(text[outer:start], self._divisions[text[outer:start]])
            full = name + full if name and full else None
            start = outer
        return start, level, full

    def _official(self, place: str | None, at: str, written: str, name: str, head: Head) -> str | None:
        """The official name of a local body (天津市 + 发改委: 天津市发展和改革委员会), None where it is not certain."""
        if place is None:
            return None
        if place.startswith(("香港", "澳门")) and (body := self._registry.resolve(written, realm="special")):
            return body.canonical
        if _is_overseas(place):
            return at + written if not name.endswith(("法院", "检察署", "地检署")) else None
        if name in _PARTY:
            return _PARTY[name].format(place) + written.removeprefix(name) if written.startswith(name) else None
        return place + head.full if head.full else None


_PARTY = {
    "委": "中国共产党{}委员会",
    "政协": "中国人民政治协商会议{}委员会",
    "纪委": "中国共产党{}纪律检查委员会",
}
_SEATS = ("政府", "人大", "人民", "党委")
_PARTY_OFFICE = re.compile(rf"(?:员会)?(?:{either('party_office')})?")
_LIST_MARKS = frozenset(("、", "和", "与", "及", "以及", ",", "或"))
_BOUNDARY = frozenset(
    "、,。;:!?()“”《》\n \u3000和与及由经报向是在为让被给请对按将以而该本我且了"
    "过起据令届等如含有到至从同合括促导商查询助俟交送受驻原于并但因"
)  # what a name may stand behind
_ZONE = re.compile(rf"(?:国家级)?(?:{either('zone')})\Z")
_ZONE_ENDS = frozenset("区园城港空")
_PLACEHOLDER = re.compile(r"[A-Z某×*○〇□]{1,3}\Z")
_INNER_PLACE = re.compile(r"(?:(?![的和与及等各省市县区])[\u4e00-\u9fff]){1,5}")
_SITE = re.compile(
    rf"(?<![^、,。;:!?()“”\s和与及由经在])(?:(?![的了和与及由经等各该本]){HAN}){{2,6}}\Z"
)  # 中关村 + 管委会
_NAME_OF_PLACE = re.compile(
    rf"(?:(?![{STOP}省市县区乡镇街道各全多每两三几一二四五六七八九十城外上下]){HAN}){{2,4}}"
    r"(?=\Z|[省市县区州盟旗乡镇街村自])"
)


def _is_central_issue(draft: Draft) -> bool:
    """Whether the document bears a number of the State Council or its office (国发, 国办函) near its head."""
    return any(line.kind == "number" and line.text.lstrip().startswith("国") for line in draft.passages[:8])


def _follows_central(text: str, start: int, before: dict[int, Mention]) -> bool:
    """Whether a central body stands just before in the same list."""
    if text[start - 1 : start] != "、":
        return False
    previous = next((before[end] for end in range(start - 1, max(start - 9, -1), -1) if end in before), None)
    return previous is not None and previous.level == "central" and "。" not in text[previous.end : start]


def _full_name(name: str, found: list[Division]) -> str | None:
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


def _is_overseas(place: str) -> bool:
    return place.startswith(_overseas())
