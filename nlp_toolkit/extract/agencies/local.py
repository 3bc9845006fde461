"""Bodies of a place: the place, the mark of a level or an earlier item of the list, then a function and a suffix."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from nlp_toolkit.draft import Draft
from nlp_toolkit.extract.agencies.boundaries import BOUNDARY, Boundaries
from nlp_toolkit.extract.agencies.generic import DEPARTMENTS_OF
from nlp_toolkit.extract.agencies.places import Places, is_overseas
from nlp_toolkit.extract.agencies.unlisted import unlisted_heads
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
    words,
)
from nlp_toolkit.lexicon import cells, read_table
from nlp_toolkit.registry import Division, Registry, division_by_code


class _LastLocal(NamedTuple):
    """The local body that stood last: a list after it may leave its place out."""

    end: int
    place: str | None
    level: str | None


class LocalBodies:
    """Finds the bodies of places."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._heads = heads()

    def find(self, draft: Draft, places: Places, registered: list[Mention]) -> list[Mention]:
        """Bodies of a place: place, mark of a level or an earlier item of the list before a head."""
        text = draft.text
        parents = {mention.end: mention for mention in registered}
        boundaries = Boundaries(draft)
        known = {(mention.start, mention.end) for mention in registered}
        found: list[Mention] = []
        last = _LastLocal(0, None, None)
        for start, end, name, head in sorted([*self._heads_in(draft), *self._unlisted(draft, places, boundaries)]):
            if (where := self._place(text, start, places, boundaries, found[-1].end if found else 0)) is not None:
                first, level, place = where
                if (
                    place is None
                    and (about := places.about(text[first:start], first)) is not None
                    and start - first <= 3
                ):
                    place, level = about
            elif head.alone and 0 < last.end >= start - 2 and text[last.end : start] in _LIST_MARKS:
                first, level, place = start, last.level, last.place
            elif (central := self._national(text, start, name, parents, draft)) is not None:
                found.append(Mention(start, end, "named", central, "central"))
                parents[end] = found[-1]
                continue
            elif head.alone and start in parents and parents[start].canonical == "新疆生产建设兵团":
                first, level, place = parents[start].start, "provincial", "新疆生产建设兵团"
            elif head.alone and (start, end) not in known and start in boundaries:
                first, level, place = start, *_at_home(places, name, draft)
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
            elif name == "委" and place is not None and text[max(0, first - 2) : first] == "政协":
                first, official = first - 2, _PARTY["政协"].format(place)
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
                if name.endswith("府"):  # 市府, 县府
                    start, name, head = end - 1, "府", Head("政府", False)
                else:
                    start, name = (end - 2, "党委") if name.endswith("党委") else (end - 1, "委")
                    head = Head(None, False)
                    office = _PARTY_OFFICE.match(text, end)
                    end = office.end() if office else end
            while number < count and hits[number][0] == end and name.endswith("府"):
                inner = self._heads.get(text[end : hits[number][1]])
                if inner is None or not (inner.alone or text[hits[number][1] - 1] in "局处"):
                    break
                # 广东省人民政府国有资产监督管理委员会
                head = Head(f"{head.full or name}{inner.full or text[end : hits[number][1]]}", False)
                end = hits[number][1]
                number += 1
            yield start, end, name, head

    def _unlisted(self, draft: Draft, places: Places, boundaries: Boundaries) -> Iterator[tuple[int, int, str, Head]]:
        """The heads of no table, where the head that a table has is not all of the name: 林业 + 水利局."""
        listed = {end: start for start, end in draft.hits.longest("agency.head")}
        return unlisted_heads(draft, places, boundaries, listed)

    def _national(self, text: str, start: int, name: str, before: dict[int, Mention], draft: Draft) -> str | None:
        """The national body that a bare name means in a central document or list: 教育部、海洋局 is 国家海洋局."""
        if text[start - 1 : start] not in BOUNDARY or not (
            _is_central_issue(draft) or _follows_central(text, start, before)
        ):
            return None
        for prefix in ("国家", "中国", "国务院"):
            body = self._registry.resolve(prefix + name, draft.date)
            if body is not None:
                return body.canonical
        return None

    def _place(
        self, text: str, at: int, places: Places, boundaries: Boundaries, last_end: int
    ) -> tuple[int, str | None, str | None] | None:
        """The place that ends at ``at``: where it begins, its level and its full name (None where it is not named)."""
        if ordinal := _ORDINAL.search(text, max(0, at - 7), at):  # 甘肃省第十二届人民代表大会
            at = ordinal.start()
        if at in places and not text.startswith("街道", at):
            if (
                text[at - 1] not in PLACE_ENDS
                and text.startswith(_SEATS, at)
                and not text.startswith(("香港", "澳门"), places.start(at))
            ):
                return None  # 大化政府
            return places.at(at)[:3]
        mark = text[at - 1 : at]
        if (
            mark in _one_character_places()
            and at - 1 in boundaries
            and not text.startswith(("政府", "人民", "人大"), at)
        ):
            division = _one_character_places()[mark]  # 沪教委
            return at - 1, LEVEL_OF_DIVISION[division.level], division.name
        if mark in _ZONE_ENDS and (match := _ZONE.search(text, max(0, at - 30), at)):
            return self._zone(text, match.start(), at, places)
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
        elif text.startswith("地区", max(at - 2, 0)):
            begin, level = at - 2, "municipal"
        elif mark == "道":
            if text[at - 2 : at - 1] != "街":
                return None
            begin = at - 2
        else:
            begin = at - 1
        if begin in places:
            start = places.at(begin).start
            return start, level, text[start:at]
        if match := _PLACEHOLDER.search(text, max(0, begin - 3), begin):
            start = match.start()
            return (places.at(start).start if start in places else start), level, None
        if begin in boundaries or begin == last_end:
            return None if street else (max(begin, 0), level, None)
        # A place that the table lacks, behind one that it has (左权县某乡) or behind a boundary (由襄樊市).
        for end in range(begin - 1, max(begin - 5, 0), -1):
            if end in places and _INNER_PLACE.fullmatch(text, end, begin):
                start = places.at(end).start
                return start, level, text[start:at]
        match = _NAME_OF_PLACE.search(text, max(0, begin - 3), begin)
        if (
            match
            and match.start() in boundaries
            and boundaries.holds_name(match.start(), begin)
            and match.group() not in words("no_place_name")
        ):
            return match.start(), level, text[match.start() : at]
        return None

    def _zone(self, text: str, zone: int, at: int, places: Places) -> tuple[int, str | None, str | None] | None:
        """The zone (经开区) that begins at ``zone`` and ends at ``at``, with the place or the name before it."""
        for end in range(zone, max(zone - 7, -1), -1):
            if end in places and (end == zone or _INNER_PLACE.fullmatch(text, end, zone)):
                start, level = places.at(end)[:2]
                return start, level, text[start:at]
        if zone == 0 or text[zone - 1] in BOUNDARY:
            return zone, None, None
        named = _NAME_OF_ZONE.search(text, max(0, zone - 6), zone)
        return (named.start(), None, None) if named else None

    def _official(self, place: str | None, at: str, written: str, name: str, head: Head) -> str | None:
        """The official name of a local body (天津市 + 发改委: 天津市发展和改革委员会), None where it is not certain."""
        if place is None:
            return None
        known = self._registry.resolve(place + written)
        if known is not None:  # names that differ from place to place: 贵州省大数据局
            return known.canonical
        if place.startswith(("香港", "澳门")) and (body := self._registry.resolve(written, realm="special")):
            return body.canonical
        if is_overseas(place):
            if name.endswith(("法院", "检察署", "地检署")):
                return None
            if name == "府":
                return place + "政府" + written.removeprefix("府")
            # 台南市文化局 is in full 台南市政府文化局; counties have both forms (彰化县消防局).
            bureau = written.endswith(("局", "处")) and "府" not in written and place.endswith(("市", "县"))
            of_government = bureau and (at != place or place in _SPECIAL_MUNICIPALITIES)
            return f"{place}政府{head.full or written}" if of_government else place + written
        if name.endswith(_OF_SHORT_PLACE):
            return at.removesuffix("市") + written
        if name in _BRANCHES:
            return _BRANCHES[name].format(at.removesuffix("市").removesuffix("省"))
        if name in _PARTY:
            if not written.startswith(name):
                return None
            office = written.removeprefix(name).removeprefix("员会" if name == "委" else "")
            return _PARTY[name].format(place) + (words("party_office").get(office) or office)
        return place + head.full if head.full else None


_PARTY = {
    "委": "中国共产党{}委员会",
    "政协": "中国人民政治协商会议{}委员会",
    "纪委": "中国共产党{}纪律检查委员会",
}
# Bodies named by the place without its mark: 上海海事法院, 昆明海关; branches in full by the short place.
_BRANCHES = {
    "证监局": "中国证券监督管理委员会{}监管局",
    "银监局": "中国银行业监督管理委员会{}监管局",
    "保监局": "中国保险监督管理委员会{}监管局",
    "银保监局": "中国银行保险监督管理委员会{}监管局",
}
_OF_SHORT_PLACE = (
    "海事法院",
    "互联网法院",
    "知识产权法院",
    "金融法院",
    "铁路运输法院",
    "铁路运输中级法院",
    "海关",
    "铁路局",
    "海事局",
)
_SPECIAL_MUNICIPALITIES = ("台北市", "新北市", "桃园市", "台中市", "台南市", "高雄市")
_SEATS = ("政府", "人大", "人民", "党委")
_PARTY_OFFICE = re.compile(rf"(?:员会)?(?:{either('party_office')}|第[一二三四五六七八九十]{{1,3}}(?:巡视|巡察)组)?")
_ORDINAL = re.compile(r"第[一二三四五六七八九十]{1,3}届\Z")
_LIST_MARKS = frozenset(("、", "和", "与", "及", "以及", ",", "或"))
_ZONE = re.compile(rf"(?:国家级)?(?:{either('zone')})\Z")
_ZONE_ENDS = frozenset("区园城港空")
_PLACEHOLDER = re.compile(r"[A-Z某×*○〇□]{1,3}\Z")
_INNER_PLACE = re.compile(r"(?:(?![的和与及等各委省市县区])[\u4e00-\u9fff]){1,5}")
_SITE = re.compile(
    rf"(?<![^、,。;:!?()“”\s和与及由经在])(?:(?![的了和与及由经等各该本]){HAN}){{2,6}}\Z"
)  # 中关村 + 管委会
_NAME_OF_ZONE = re.compile(rf"(?<![^{re.escape(''.join(BOUNDARY))}])(?:(?![{STOP}各]){HAN}){{2,5}}\Z")  # 滇中新区
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


@cache
def _one_character_places() -> dict[str, Division]:
    """The divisions by their names of one character: 京, 沪."""
    return {
        short: division_by_code()[row["code"]]
        for row in read_table("divisions")
        for short in cells(row["short"])
        if len(short) == 1 and row["level"] == "province"
    }


def _at_home(places: Places, name: str, draft: Draft) -> tuple[str | None, str | None]:
    """Level and place of a body that stands bare (财政局) in a document that bears the name of its place."""
    home = places.home()
    if home is None or home.division is None or _is_central_issue(draft):
        return None, None
    if name.endswith("厅") and home.level != "provincial":
        return None, None
    return home.level, home.full
