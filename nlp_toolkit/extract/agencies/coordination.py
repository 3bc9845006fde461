"""Bodies made for a task, by their shape: ……领导小组, ……联席会议, ……协调机制, ……专班."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from nlp_toolkit.draft import Draft
from nlp_toolkit.extract.agencies.places import Places
from nlp_toolkit.extract.agencies.words import (
    LEVEL_OF_DIVISION,
    LEVEL_OF_MARK,
    PLACE_ENDS,
    ROOM,
    SHORTENED,
    Mention,
    either,
    places_by_name,
)

_LONGEST_NAME = 40
_EDGES = re.compile(r"[,。;:!?()《》\n \u3000、\[\]【】<>/|]")
# Words that cannot stand in a body's name: the name begins behind the last of them.
_BREAK = re.compile(
    rf"{either('name_break')}|落实(?=国|中|省|市|党|联|领)|已|并(?!联|购)|(?<!自)由|在(?!线|职|校|建)|的|了|被|将(?!军)"
    r"|向(?!西|东|南|北|阳)|从(?!业|化|教)|(?<![应针相面])对(?!口|外|台|策|接|标|俄)|(?<!行)为(?!民)|经(?!济|营|贸|信|费|开)"
    r"|请|(?<![情申])报(?!告|业|刊)|是|或|该|各|其(?!他)|以(?!色|上|下)|(?<!数)据|让|使|等(?!级|保)|于|而|把"
    r"|本(?!级|科|土|地)|即|日|年(?!度)|月|俟|爰|询|惟|查(?!处)|依(?!法)"
)
ANCHORS = ("国务院", "中央", "全国", "国家", "省", "市", "县", "区", "部际")
_ANCHOR = re.compile(r"国务院|中央|全国|国家|省|市|县|区|总统府|行政院|国防部")
# Heads that are common nouns too: they need a longer name, or a place or 国家 before it.
_ANCHORED_HEADS = frozenset(("委员会", "咨询委员会", "协调机制", "调查组", "指挥中心", "司令部"))
_WEAK_HEADS = frozenset(
    ("工作组", "审查组", "督察组", "督导组", "督查组", "巡视组", "巡察组", "工作小组", "专项小组", "专班")
)
_ORGAN_END = ("政府", "部门", "单位", "机关", "院", "委", "局", "厅", "部", "办", "会")


def _left_of_task(text: str, at: int) -> int:
    """Where the name of a coordination body begins whose head stands at ``at``; quoted words belong to it."""
    first = max(0, at - _LONGEST_NAME)
    window = text[first:at]
    start = 0
    for match in _EDGES.finditer(window):
        start = match.end()
    quote = window.rfind("“", start)
    if quote >= 0 and "”" not in window[quote:]:
        start = quote + 1
    elif "”" in window[start:] and (quote < 0 or window.rfind("”") - quote > 10):
        start = window.rfind("”") + 1
    for match in _BREAK.finditer(window, start):
        start = match.end()
    for match in re.finditer("[和与及]", window[start:]):
        if window[: start + match.start()].endswith(_ORGAN_END):
            start += match.end()
            break
    while start < len(window) and window[start] in "和与及同并”等个":
        start += 1
    return first + start


def _level_of_name(name: str) -> str | None:
    """The level that a coordination body's name tells: by 国家 and the like, or by the place it begins with."""
    if "部际" in name or name.startswith(_OF_STATE):
        return "central"
    for size in range(2, min(len(name), 12)):
        if name[size - 1] in PLACE_ENDS and (found := places_by_name().get(name[:size])):
            return LEVEL_OF_DIVISION[found[0].level]
    return None


def coordination_bodies(draft: Draft, places: Places) -> Iterator[Mention]:
    """Bodies made for a task, by their shape: all back to a mark or a word that cannot belong to the name."""
    text = draft.text
    named = {end: start for start, end in draft.hits.longest("agency")}
    for at, end in _last_ending(draft.hits.all("agency.coordination")):
        if named.get(end, at) < at or text.startswith(("长", "公司", "成员名", "委员"), end):
            continue
        start = _left_of_task(text, at)
        head = text[at:end]
        if start >= at:
            if head.startswith("部际"):  # kept where it was named in full before
                yield Mention(at, end, SHORTENED, None, "central")
            continue
        start = _from_state(text, start, at)
        if not _may_be_name(text, start, at, head):
            continue
        office = ROOM.match(text, end)
        end = office.end() if office else end
        if text.startswith(("主任", "副主任"), end):
            continue
        while text[start] in "0123456789. ":
            start += 1
        name = text[start:end]
        unplaced = _UNPLACED.match(name)
        if unplaced is None:
            yield Mention(start, end, "named", in_full(name), _level_of_name(name.removeprefix("中共")))
            continue
        # 市优化营商环境工作领导小组: of which city?
        mark = unplaced.group()
        about = places.about(mark, start)
        level = about[1] if about else LEVEL_OF_MARK.get(mark, "provincial")
        yield Mention(start, end, "named", in_full(about[0] + name[len(mark) :]) if about else None, level)


def in_full(name: str) -> str:
    """A name with the party committee at its head written in full.

    >>> in_full("岳阳市委巡察工作领导小组")
    '中国共产党岳阳市委员会巡察工作领导小组'
    """
    match = _PARTY_OF.match(name)
    return f"中国共产党{match['place']}委员会{name[match.end() :]}" if match else name


def _from_state(text: str, start: int, at: int) -> int:
    """A later beginning of a name where 国家, 全国 … stands behind words that are no place: 实现国家甲领导小组."""
    if text.startswith(("国务院", "中央", "全国"), start):
        return start
    state = [match.start() for match in _STATE.finditer(text, start, at)]
    if state and state[-1] - start <= 12 and not text.endswith(_NO_STATE, start, state[-1]):
        return state[-1]
    return start


def _may_be_name(text: str, start: int, at: int, head: str) -> bool:
    """Whether what stands before a head makes it the name of one body: long enough, or with a place or 国家 in it."""
    anchor = _ANCHOR.search(text, start, at)
    anchored = anchor is not None and (anchor.start() == start or anchor.group() in "省市县区")
    if head in _ANCHORED_HEADS:
        return anchored and text.startswith(("国", "全", "中", "总统", "行政院"), start)
    shortest = 4 if head in _WEAK_HEADS and not anchored else 2
    return at - start >= shortest and _NOT_A_NAME.match(text, start) is None


_OF_STATE = ("国务院", "国家", "全国", "中央", "中国", "行政院", "总统府", "国防部")
_UNPLACED = re.compile("自治区|[省市县区镇乡州旗盟](?!级)")
_PARTY_OF = re.compile(r"(?:中共)?(?P<place>[\u4e00-\u9fff]{1,12}?[省市县区州旗盟])委(?!员)")
_STATE = re.compile(r"国务院|中央|全国|国家|总统府|行政院|国防部")
_NO_STATE = ("省", "市", "区", "县", "建设", "推进", "促进")
_NOT_A_NAME = re.compile(
    r"(?:省级|市级|县级|地方|基层|现场|联合|临时|专项|专门|相应|专家|工作|项目|应急工作|学校|企业|单位)+"
    r"(?:工作)?(?:领导|协调|推进|工作|专项)?(?:小组|组|指挥部|专班|会议)"
)


def _last_ending(hits: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Of the hits that overlap, the one that begins first and ends last: 部际协调工作组, not 工作组."""
    result: list[tuple[int, int]] = []
    for start, end in hits:
        if result and start < result[-1][1]:
            if end > result[-1][1]:
                result[-1] = (result[-1][0], end)
        else:
            result.append((start, end))
    return result
