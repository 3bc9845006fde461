"""Public authorities: of the registry, local ones by grammar, coordination bodies, groups and generic mentions.

Words stand in data/agency_words.tsv by class (function, suffix, organ …), the registry in data/agencies.tsv.
Everything hangs on the automaton's hits: a pattern is only tried where one of its words stands.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from functools import cache
from typing import NamedTuple

from nlp_toolkit.document import Agency
from nlp_toolkit.draft import Draft
from nlp_toolkit.lexicon import Lexicon, read_table
from nlp_toolkit.normalize import normalize
from nlp_toolkit.numbers import parse_number
from nlp_toolkit.registry import Body, Division, Registry, divisions

_HAN = r"[\u4e00-\u9fff]"
_LEVEL_OF_DIVISION = {"province": "provincial", "city": "municipal", "county": "county"}
_LEVEL_OF_MARK = {
    "省": "provincial", "市": "municipal", "州": "municipal", "盟": "municipal",
    "县": "county", "区": "county", "旗": "county",
    "镇": "township", "乡": "township", "道": "township", "村": "township",
}  # fmt: skip


_SHORTENED = "shortened"  # the kind of a mention that counts only if a longer name stood before it


class Mention(NamedTuple):
    """A possible authority, before overlaps are settled."""

    start: int
    end: int
    kind: str = "named"
    canonical: str | None = None
    level: str | None = None
    size: int | None = None


class Head(NamedTuple):
    """What a local body's name ends in: its official form, None where not certain; whether it may stand bare."""

    full: str | None
    alone: bool


class _LastLocal(NamedTuple):
    """The local body that stood last: a list after it may leave its place out."""

    end: int
    place: str | None
    level: str | None


@cache
def _words(kind: str) -> dict[str, str]:
    """The words of one class with their official forms."""
    return {row["word"]: row["full"] for row in read_table("agency_words") if row["class"] == kind}


def _either(*kinds: str) -> str:
    """The words of some classes as an alternation, longer ones first."""
    every = {word for kind in kinds for word in _words(kind)}
    return "|".join(map(re.escape, sorted(every, key=lambda word: (-len(word), word))))


_SUFFIX_IN_FULL = {"委": "委员会"}
_WRITTEN_IN_FULL = (
    "政府", "大会", "委员会", "厅", "局", "法院", "检察院", "检察署", "办事处", "办公室", "公署", "议会", "会议",
    "公所", "支队", "大队", "总队", "派出所", "司法所", "中心", "警备区", "军分区",
)  # fmt: skip


@cache
def _heads() -> dict[str, Head]:
    """Every head of a local body: organs (人民政府), bodies (发改委), each function with each suffix (财政 + 局)."""
    heads: dict[str, Head] = {}
    for kind, certain in (("function", True), ("function_open", False)):
        for function, expanded in _words(kind).items():
            for suffix in _words("suffix"):
                if function.endswith("管理") and suffix.startswith("管理"):
                    continue
                full = (expanded or function) + _SUFFIX_IN_FULL.get(suffix, suffix)
                heads[function + suffix] = Head(full if certain else None, True)
    for body, full in _words("body").items():
        if body in heads and not full:
            continue
        heads[body] = Head(full or (body if body.endswith(_WRITTEN_IN_FULL) and len(body) > 3 else None), True)
    for organ, full in _words("organ").items():
        heads[organ] = Head(full or (organ if organ.endswith(_WRITTEN_IN_FULL) and organ != "法院" else None), False)
    # Party and state bodies whose official names are not simply place + head.
    heads["国资委"] = Head("人民政府国有资产监督管理委员会", True)
    return heads


@cache
def _places() -> dict[str, list[Division]]:
    """The divisions by name as normalised text has it (乾县 is 干县 there), without short forms that are words too."""
    named = divisions()
    written = normalize("\n".join(named)).text.split("\n")
    return {name: found for name, found in zip(written, named.values(), strict=True) if name not in _words("no_place")}


def layers() -> dict[str, list[str]]:
    """The phrases that the automaton looks for, by layer."""
    return {
        "agency": Registry.load().names,
        "place": list(_places()),
        "agency.head": [*_heads(), *_words("party")],
        "agency.look_alike": list(_words("look_alike")),
        "agency.coordination": list(_words("coordination")),
        "agency.generic": list(_words("generic")),
        "agency.group": ["部门", "部委", "部会", "委办局", "厅局", "委局", "两办"],
        "agency.foreign": list(_words("foreign")),
        "agency.centre": ["中央"],
        "agency.short": ["简称"],
    }


# --- What stands behind a name -------------------------------------------------------------------------------------

_STOP = "的了和与及或等会同将由对向把被在是为并以按经请报要应须可需各有关其该本于从至到所就又也且就让使给因如含即之、"
_PLAIN = rf"(?:(?![{_STOP}]|{_either('no_office')}){_HAN})"  # a character that may stand in the name of an office
# 住建部办公厅, 教育部职业教育与成人教育司, 财政部北京监管局; a 司 that no table has must end where a clause ends.
_OFFICE = re.compile(
    rf"(?:{_either('office')})(?:\((?:室|厅|局)\))?(?!主任|副主任|[法规理]长)"
    rf"|{_PLAIN}{{2,10}}?(?:[和与](?:(?!部){_PLAIN}){{1,6}}?)?司(?=[,。;:、印发会同()\n ]|等|$)"
    rf"|{_PLAIN}{{2,6}}(?:监管局|专员办事处|专员办|特派员办事处|特派办|调查总队|督察局|管理局|分局|分行|总部|营业管理部|中心支行)"
    r"(?![长面部])"
    rf"|{_PLAIN}{{2,6}}局(?=[,。;:、()\n ]|负责|$)"
)
# 环境部化学物质管理署, 国防部资通电军指挥部: units of a ministry that the registry lacks.
_UNIT = re.compile(rf"{_PLAIN}{{2,9}}?(?:(?<!部)署|总队|司令部|指挥部|勤务队)(?![名长理])")
_ROOM = re.compile(
    r"(?:办公厅|办公室)?(?:\((?:办公厅|办公室|室|厅|局|委|委、局|局、委|厅、局|厅、委)\))?"
    rf"(?:{_PLAIN}{{1,4}}(?:分局|派出所)|{_PLAIN}{{0,6}}(?:支队|大队|总队))?"
)
_POST = re.compile(
    rf"(?:原|党组|党委|常务|第一|新任|代)?(?:{_either('post')})(?!任务|席团|题|书处|要|张)|长(?![期三江效远春征安久短])"
)
_AFFILIATE = re.compile(rf"(?:{_either('affiliate')})")
# 财政部 + 门, 教育部 + 属高校, 发展局 + 面: the name is only the beginning of another word.
_CUT_WORD = re.compile(
    r"(?<=部)(?:门|件|位|队|属|下(?!发|达|属|设)|落|头|分(?!别|工|期|批|类|级|管|头|配|解|局|赴)|署(?![名长、,。]))"
    r"|(?<=局)(?:限|面|势|促|部(?!署|门|分|委|队))|(?<=委)(?:员|托|派|任|培|屈|婉|身|以|靡|实)"
    r"|(?<=办)(?:学|公(?!厅|室)|理|事|法|案|好|成|医|园|赛|会)"
    r"|(?<=院)(?:长|校|士|线|落)"
    r"|(?<=政府)(?:采购|性|网|购买|债|补贴|储备|令|职能|职责|治理|奖|主导|引导|投资|举债|信息公开)"
    r"|(?<=人大)(?:代表|附|建议)|(?<=政协)(?:委员|提案)"
)


def _is_other_word(text: str, end: int) -> bool:
    """Whether a name goes on as another word, a post or an institution of its own: 国务院总理, 教育部门, 农业部大学."""
    return text[end : end + 1] in _OTHER_WORD_BEGINS and bool(
        _CUT_WORD.match(text, end) or _POST.match(text, end) or _AFFILIATE.match(text, end)
    )


_OTHER_WORD_BEGINS = frozenset({word[0] for kind in ("post", "affiliate") for word in _words(kind)}) | frozenset(
    "原党常第新代长门件位队属下落头分署限面势促部员托派任培屈婉身以靡实学公理事法案好成医园赛会校士线"
    "采性网购债补储令职治奖主引投举信附建委提"
)


# --- Generic mentions ------------------------------------------------------------------------------------------------

_BASIC = f"(?:{_either('kind_of_office')})"
_FUNCTIONS = f"(?:{_either('function', 'function_open')})"
_OF_FUNCTION = rf"{_FUNCTIONS}(?:[、和]{_FUNCTIONS}){{0,4}}{_BASIC}{{0,3}}部门"
_DEPARTMENT = (
    rf"(?:{_BASIC}{{0,3}}(?:部门|部委局|部委办局|委办局|部委|部会|厅局|局处|单位|主管机关|机关|机构|委员会)"
    rf"|{_OF_FUNCTION})(?!规章|预算(?!单位)|决算|利益|经济|长|工作人员|[社]保)"
)
_REGION = f"(?:{_either('region')})"
_REGIONS = (
    rf"{_REGION}(?:(?:、|和|及|与|以及)?(?:{_REGION}|新疆生产建设兵团|\({_REGION}(?:、{_REGION}){{0,5}}\))){{0,9}}"
    r"(?:级|两级|三级)?"
)
_GOVERNMENT = (
    rf"(?:(?:人民)?政府(?:各)?(?:有关|相关){_BASIC}{{0,2}}部门|党委(?:、|和|及|与)?(?:人民)?政府|人民政府|政府|党委宣传部|党委"
    r"|人大常委会|人大|公安机关|人民法院|法院|人民检察院)"
)
_GENERIC = re.compile(
    "(?:"
    # 各省、自治区、直辖市人民政府; 各市、县(区)政府; 各省、自治区、直辖市住房城乡建设厅(委、局)
    rf"各{_REGIONS}(?:{_GOVERNMENT}|{_FUNCTIONS}(?:主管部门|厅|局|委员会|委)(?:\([厅局委员会、办]+\))?)"
    # 各级党委和政府; 各级财政部门
    rf"|(?:地方)?各级(?:地方)?(?:各)?(?:{_GOVERNMENT}|{_DEPARTMENT}|有关部门|相关部门)"
    # 有关部门; 各相关职能部门; 各部委; 有关市县人民政府
    rf"|(?:各有关|各相关|有关|相关|各)(?:{_DEPARTMENT}|(?:{_REGIONS}|省份)(?:{_GOVERNMENT}))"
    # 地方政府, 基层单位, 上级主管部门, 所在地人民政府
    r"|(?:基层|上级|当地|所在地|属地|同级|本级|地方)(?:省级|县级|市级|各级)?(?:以上)?"
    rf"(?:有关|相关|各有关)?(?:{_GOVERNMENT}|{_DEPARTMENT})"
    # 县级以上地方人民政府教育行政部门; 省级人民政府; 市、县人民政府; 乡镇政府
    rf"|(?:县级|省级|市级|设区的市级|乡级|地市级|市县级|{_REGIONS})(?:以上)?(?:地方)?(?:各级)?(?:人民)?政府"
    rf"(?:{_OF_FUNCTION}|(?:各)?(?:有关|相关){_BASIC}{{0,2}}部门)?"
    "|中央部门"
    r")(?:办公厅\(室\)|办公厅\(办公室\)|办公厅|办公室)?(?!采购|性|网站|购买|职能|债)"
)
_BEFORE_GENERIC = re.compile(
    r"(?:中央和国家机关|中央国家机关|中央|国家|省级|市级|县级|省直|市直|县直|政府|地方|上级|基层|省|市|县)\Z"
)
# Behind 国务院 or a government: its departments, as one mention.
_DEPARTMENTS_OF = re.compile(
    rf"(?:其他)?(?:(?:各有关|各相关|有关|相关|各){_DEPARTMENT}|部门"
    rf"|{_FUNCTIONS}(?:、{_FUNCTIONS}){{0,3}}(?:行政主管|行政|主管|监督管理|管理)部门)(?:办公厅\(室\))?(?!规章)"
)
# 中央 as one who acts: before a mark, or a word that says what it does; 中央企业 and the like are none.
_CENTRE = re.compile(
    rf"中央(?:(?:和国家机关|国家机关)?(?:各有关|各相关|有关|相关|各){_DEPARTMENT}|和国家机关(?!工委)"
    r"|政府(?!总预算|采购|门户)|(?:目的事业)?主管机关|部门|部会|机关|单位(?!定点)"
    rf"|(?=[,。;:、!?()“”\n ]|$|{_either('centre_verb')}))"
)
_NOT_CENTRE = frozenset("党共团军革盟建进农致九台国学市")

_COUNTED = re.compile(
    r"(?<![第\d.〇零年月])(?P<count>[二三四五六七八九]?十[一二三四五六七八九]?|[两二三四五六七八九]|\d{1,3})"
    r" ?(?:多)?(?:个|家)?(?:国家|中央|国务院|省级|市级|省直|市直|有关|相关|成员|职能|主管)?\Z"
)
_HALVES = re.compile(r"两办(?![法公理])")

# --- Coordination bodies ---------------------------------------------------------------------------------------------

_LONGEST_NAME = 40
_EDGES = re.compile(r"[,。;:!?()《》\n \u3000、\[\]【】<>/|]")
# Words that cannot stand in a body's name: the name begins behind the last of them.
_BREAK = re.compile(
    rf"{_either('name_break')}|落实(?=国|中|省|市|党|联|领)|已|并(?!联|购)|(?<!自)由|在(?!线|职|校|建)|的|了|被|将(?!军)"
    r"|向(?!西|东|南|北|阳)|从(?!业|化|教)|(?<![应针相面])对(?!口|外|台|策|接|标|俄)|(?<!行)为(?!民)|经(?!济|营|贸|信|费|开)"
    r"|请|(?<![情申])报(?!告|业|刊)|是|或|该|各|其(?!他)|以(?!色|上|下)|(?<!数)据|让|使|等(?!级|保)|于|而|把"
    r"|本(?!级|科|土|地)|即|日|年(?!度)|月|俟|爰|询|惟|查(?!处)|依(?!法)"
)
_ANCHORS = ("国务院", "中央", "全国", "国家", "省", "市", "县", "区", "部际")
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


# --- The extractor ---------------------------------------------------------------------------------------------------


class AgencyExtractor:
    """Finds authorities; the longest mention at a place is taken, and none inside a document's title or a date."""

    def __init__(self) -> None:
        self._registry = Registry.load()
        self._divisions = _places()
        self._heads = _heads()

    def find(self, draft: Draft) -> list[Agency]:
        """The authorities of the document, in order, none overlapping another or a date or document."""
        look_alikes: list[tuple[int, int]] = []
        mentions = list(self._registered(draft, look_alikes))
        mentions += self._local(draft, mentions)
        mentions += self._coordination(draft)
        mentions += _counted(draft)
        mentions += _generic(draft)
        if not mentions:
            return []
        blocked = _blocked(draft, look_alikes, mentions)
        foreign = {end for _, end in draft.hits.all("agency.foreign")}
        settled = _settled(mentions, blocked, foreign)
        settled = _with_short_names(draft, settled, blocked)
        roles = _roles(draft, settled)
        text = draft.text
        return [
            Agency(m.start, m.end, text[m.start : m.end], m.kind, m.canonical, m.level, role, m.size)
            for m, role in zip(settled, roles, strict=True)
        ]

    # Bodies of the registry ----------------------------------------------------------------------------------------

    def _registered(self, draft: Draft, look_alikes: list[tuple[int, int]]) -> Iterator[Mention]:
        """Bodies of the registry, with what is named behind them; look-alikes met on the way are set aside."""
        text, day = draft.text, draft.date
        hits = draft.hits.classified("agency", "agency.look_alike")
        realm = _realm(draft)
        at_hongkong = any(word in text for word in ("香港", "澳门", "行政长官", "特区政府"))
        number, count = 0, len(hits)
        while number < count:
            start, end, layer = hits[number]
            number += 1
            if layer != "agency":
                look_alikes.append((start, end))
                continue
            body = self._registry.resolve(text[start:end], day, realm)
            canonical = body.canonical if body else None
            # A body named behind its parent is one mention: 内政部国土管理署, 教育部国教署.
            while number < count and hits[number][0] == end and hits[number][2] == "agency" and canonical:
                inner = self._registry.resolve(text[end : hits[number][1]], day, realm)
                if inner is None or not inner.parent or not canonical.endswith(inner.parent):
                    break
                canonical += inner.canonical
                end = hits[number][1]
                number += 1
            if (
                body is not None
                and body.level == "provincial"
                and not at_hongkong
                and not text.startswith(("香港", "澳门"), start)
            ):
                continue  # 教育局 without Hong Kong in sight is a local body
            if canonical in ("国务院", "中国共产党中央委员会") and (match := _DEPARTMENTS_OF.match(text, end)):
                yield Mention(start, match.end(), "generic")
                continue
            yield from self._with_office(text, start, end, canonical, body)

    def _with_office(
        self, text: str, start: int, end: int, canonical: str | None, body: Body | None
    ) -> Iterator[Mention]:
        """A registered body with its inner office (住建部办公厅) or unit, unless it is only part of another word."""
        if canonical != "国务院" and "\u4e00" <= text[end : end + 1] <= "\u9fff":
            match = _OFFICE.match(text, end)
            if match is None and body is not None and body.realm == "taiwan":
                match = _UNIT.match(text, end)
            if match is not None and text[end] != "门":
                canonical = canonical + match.group() if canonical else None
                end = match.end()
        if not _is_other_word(text, end):
            level = body.level if body else _common_level(self._registry.candidates(text[start:end]))
            yield Mention(start, end, "named", canonical, level)

    # Local bodies ----------------------------------------------------------------------------------------------------

    def _local(self, draft: Draft, registered: list[Mention]) -> list[Mention]:
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
            if name.endswith("政府") and first < start and (match := _DEPARTMENTS_OF.match(text, end)):
                found.append(Mention(first, match.end(), "generic"))
                continue
            official = self._official(place, text[first:start], text[start:end], name, head)
            if (tail := _ROOM.match(text, end)) and tail.end() > end:
                official = official + tail.group() if official else None
                end = tail.end()
            if _is_other_word(text, end):
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
            while name.endswith("办") and _CUT_WORD.match(text, end) and name[:-1] in self._heads:
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
                text[at - 1] not in _PLACE_ENDS
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
        level = "township" if street else _LEVEL_OF_MARK.get(mark)
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
            and match.group() not in _words("no_place_name")
        ):
            return match.start(), level, text[match.start() : at]
        return None

    def _named_place(self, text: str, end: int, places: dict[int, int]) -> tuple[int, str | None, str | None]:
        """A place of the table that ends at ``end``, with the places around it named before it."""
        start = places[end]
        found = self._divisions[text[start:end]]
        full = _full_name(text[start:end], found)
        level = _LEVEL_OF_DIVISION[found[0].level]
        while start in places:
            outer = places[start]
            name = _full_name(text[outer:start], self._divisions[text[outer:start]])
            full = name + full if name and full else None
            start = outer
        return start, level, full

    def _level_of_name(self, name: str) -> str | None:
        """The level that a coordination body's name tells: by 国家 and the like, or by the place it begins with."""
        if "部际" in name or name.startswith(_OF_STATE):
            return "central"
        for size in range(2, min(len(name), 12)):
            if name[size - 1] in _PLACE_ENDS and (found := self._divisions.get(name[:size])):
                return _LEVEL_OF_DIVISION[found[0].level]
        return None

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

    # Coordination bodies ---------------------------------------------------------------------------------------------

    def _coordination(self, draft: Draft) -> Iterator[Mention]:
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
                    yield Mention(at, end, _SHORTENED, None, "central")
                continue
            start = _from_state(text, start, at)
            if not _may_be_name(text, start, at, head):
                continue
            office = _ROOM.match(text, end)
            end = office.end() if office else end
            if text.startswith(("主任", "副主任"), end):
                continue
            while text[start] in "0123456789. ":
                start += 1
            name = text[start:end]
            if name.startswith(_UNPLACED):  # 市优化营商环境工作领导小组: of which city?
                yield Mention(start, end, "named", None, _LEVEL_OF_MARK.get(name[0], "provincial"))
            else:
                yield Mention(start, end, "named", name, self._level_of_name(name))


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
_UNPLACED = ("省", "市", "县", "区", "镇", "乡", "自治区")
_STATE = re.compile(r"国务院|中央|全国|国家|总统府|行政院|国防部")
_NO_STATE = ("省", "市", "区", "县", "建设", "推进", "促进")
_PARTY = {
    "委": "中国共产党{}委员会",
    "政协": "中国人民政治协商会议{}委员会",
    "纪委": "中国共产党{}纪律检查委员会",
}
_SEATS = ("政府", "人大", "人民", "党委")
_NOT_A_NAME = re.compile(
    r"(?:省级|市级|县级|地方|基层|现场|联合|临时|专项|专门|相应|专家|工作|项目|应急工作|学校|企业|单位)+"
    r"(?:工作)?(?:领导|协调|推进|工作|专项)?(?:小组|组|指挥部|专班|会议)"
)
_PARTY_OFFICE = re.compile(rf"(?:员会)?(?:{_either('party_office')})?")
_LIST_MARKS = frozenset(("、", "和", "与", "及", "以及", ",", "或"))
_BOUNDARY = frozenset(
    "、,。;:!?()“”《》\n \u3000和与及由经报向是在为让被给请对按将以而该本我且了"
    "过起据令届等如含有到至从同合括促导商查询助俟交送受驻原于并但因"
)  # what a name may stand behind
_PLACE_ENDS = "省市区县州盟旗"
_ZONE = re.compile(rf"(?:国家级)?(?:{_either('zone')})\Z")
_ZONE_ENDS = frozenset("区园城港空")
_PLACEHOLDER = re.compile(r"[A-Z某×*○〇□]{1,3}\Z")
_INNER_PLACE = re.compile(r"(?:(?![的和与及等各省市县区])[\u4e00-\u9fff]){1,5}")
_SITE = re.compile(
    rf"(?<![^、,。;:!?()“”\s和与及由经在])(?:(?![的了和与及由经等各该本]){_HAN}){{2,6}}\Z"
)  # 中关村 + 管委会
_NAME_OF_PLACE = re.compile(
    rf"(?:(?![{_STOP}省市县区乡镇街道各全多每两三几一二四五六七八九十城外上下]){_HAN}){{2,4}}"
    r"(?=\Z|[省市县区州盟旗乡镇街村自])"
)


def _realm(draft: Draft) -> str:
    """Whose authorities a text means where names coincide: taiwan for a Traditional text about Taiwan."""
    text = draft.text
    taiwan = draft.script == "hant" and any(word in text for word in ("行政院", "立法院", "台湾", "县市政府", "民国"))
    return "taiwan" if taiwan else "mainland"


def _is_central_issue(draft: Draft) -> bool:
    """Whether the document bears a number of the State Council or its office (国发, 国办函) near its head."""
    return any(line.kind == "number" and line.text.lstrip().startswith("国") for line in draft.passages[:8])


def _follows_central(text: str, start: int, before: dict[int, Mention]) -> bool:
    """Whether a central body stands just before in the same list."""
    if text[start - 1 : start] != "、":
        return False
    previous = next((before[end] for end in range(start - 1, max(start - 9, -1), -1) if end in before), None)
    return previous is not None and previous.level == "central" and "。" not in text[previous.end : start]


def _common_level(bodies: Iterable[Body]) -> str | None:
    levels = {body.level for body in bodies}
    return levels.pop() if len(levels) == 1 else None


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


def _counted(draft: Draft) -> Iterator[Mention]:
    """Groups with their number: 八部委, 24个部门, 两办."""
    text = draft.text
    for start, end in draft.hits.all("agency.group"):
        if text[start:end] == "两办":
            if _HALVES.match(text, start):
                yield Mention(start, end, "group", None, "central", 2)
        elif (match := _COUNTED.search(text[max(0, start - 9) : start])) and not text.startswith(
            ("规章", "预算", "经济"), end
        ):
            count = int(parse_number(match["count"]) or 0)
            if count > 1:
                begin = start - (len(match.group()))
                end += 1 if text[end : end + 1] == "局" and text[end - 1] == "委" else 0
                local = "省" in match.group() or "市" in match.group()
                yield Mention(begin, end, "group", None, None if local else "central", count)


def _generic(draft: Draft) -> Iterator[Mention]:
    """Mentions of a kind of authority: 有关部门, 各级政府, 各省、自治区、直辖市人民政府, 中央."""
    text = draft.text
    at = 0
    for start, _ in draft.hits.all("agency.generic"):
        if start < at or not (match := _GENERIC.match(text, start)):
            continue
        at = match.end()
        if text[start] in "有相各" and (before := _BEFORE_GENERIC.search(text, max(0, start - 8), start)):
            start = before.start()
        if not _POST.match(text, at):
            yield Mention(start, at, "generic")
    for start, _ in draft.hits.all("agency.centre"):
        if text[start - 1 : start] not in _NOT_CENTRE and (match := _CENTRE.match(text, start)):
            yield Mention(start, match.end(), "generic")


# --- Which mentions stay ---------------------------------------------------------------------------------------------


def _blocked(
    draft: Draft, look_alikes: Iterable[tuple[int, int]], mentions: Iterable[Mention]
) -> list[tuple[int, int, bool]]:
    """Where no authority may stand, in order; a look-alike (True) gives way to a name that holds all of it and more."""
    blocked = [(start, end, True) for start, end in look_alikes]
    blocked += [(span.start, span.end, False) for label in ("DOCUMENT", "DATE") for span in draft.spans.get(label, ())]
    blocked += [(start, end, False) for start, end in _titles(draft.text)]
    blocked += [(start, end, False) for start, end in _title_lines(draft.text, mentions)]
    return sorted(blocked)


_TITLE = re.compile(r"《[^《》\n]{1,200}》")


def _titles(text: str) -> Iterator[tuple[int, int]]:
    return (match.span() for match in _TITLE.finditer(text)) if "《" in text else iter(())


def _title_lines(text: str, mentions: Iterable[Mention]) -> Iterator[tuple[int, int]]:
    """Lines that are a title: they begin with the issuing body and 关于, and are no sentence."""
    for mention in mentions:
        if text.startswith(("关于", "转发", "批转"), mention.end):
            first = text.rfind("\n", max(0, mention.start - 60), mention.start) + 1
            if (first or mention.start < 60) and (match := _TITLE_LINE.match(text, first)):
                yield match.span()


_TITLE_LINE = re.compile(r" *[\u4e00-\u9fff、 ()]{2,60}?(?:关于|转发|批转)[^。,;:!?\n]{0,80}$", re.MULTILINE)


def _settled(mentions: list[Mention], blocked: list[tuple[int, int, bool]], foreign: set[int]) -> list[Mention]:
    """The mentions that stay, from left to right, the longest at each place."""
    mentions.sort(key=lambda mention: (mention.start, -mention.end))
    result: list[Mention] = []
    at, number = 0, 0
    for mention in mentions:
        start, end = mention.start, mention.end
        if start < at or start in foreign:
            continue
        while number < len(blocked) and blocked[number][1] <= start:
            number += 1
        clear = True
        for place in range(number, len(blocked)):
            first, last, gives_way = blocked[place]
            if first >= end:
                break
            if last > start and not (gives_way and first >= start and last <= end and (first > start or last < end)):
                clear = False
                break
        if clear:
            result.append(mention)
            at = end
    return result


_SHORT_NAME = re.compile(
    r"\((?:以下|下称|下同,|以下均|以下统)?(?:简称|称)[:为]?“?(?P<name>[\u4e00-\u9fff]{2,16})”?[,)]"
)
_TASK_ENDS = ("工作组", "小组", "联席会议", "指挥部", "专班", "协调机制")


def _with_short_names(draft: Draft, mentions: list[Mention], blocked: list[tuple[int, int, bool]]) -> list[Mention]:
    """Give short mentions the full name that stood before them: by 以下简称, or as the end of a longer name."""
    text = draft.text
    declared: dict[str, tuple[int, Mention]] = {}
    shorts = draft.hits.all("agency.short")
    starts = [mention.start for mention in mentions] if shorts else []
    for at, _ in shorts:
        match = _SHORT_NAME.match(text, text.rfind("(", max(0, at - 4), at + 1))
        number = bisect_right(starts, at) - 1
        if match and number >= 0 and mentions[number].kind == "named" and mentions[number].end == match.start():
            declared.setdefault(match["name"], (match.start("name"), mentions[number]))
    if not declared and not draft.hits.all("agency.coordination"):
        return mentions
    result: list[Mention] = []
    ends_of: dict[str, Mention] = {}  # what the last body with a name of this end was
    for mention in mentions:
        name = text[mention.start : mention.end]
        short = _declared_end(name, declared)
        if (
            short
            and mention.start >= declared[short][0]
            and (name == short or mention.canonical == name)
            and not name.startswith(_ANCHORS)
        ):
            origin = declared[short][1]
            start = mention.end - len(short)
            mention = Mention(start, mention.end, "named", origin.canonical, origin.level)
        elif mention.kind in ("named", _SHORTENED) and name.endswith(_TASK_ENDS):
            longer = ends_of.get(name)
            if longer is None and mention.kind == _SHORTENED:
                continue
            if longer is not None:
                mention = mention._replace(kind="named", canonical=longer.canonical, level=longer.level)
            elif mention.canonical:
                for cut in range(1, len(mention.canonical) - 3):
                    ends_of[mention.canonical[cut:]] = mention
        result.append(mention)
    more = list(_declared_again(text, declared))
    return _settled(result + more, blocked, set()) if more else result


def _declared_end(name: str, declared: dict[str, tuple[int, Mention]]) -> str | None:
    """The declared short name that a name is or ends in."""
    if declared:
        for cut in range(len(name) - 1):
            if name[cut:] in declared:
                return name[cut:]
    return None


def _declared_again(text: str, declared: dict[str, tuple[int, Mention]]) -> Iterator[Mention]:
    """Where a name that 以下简称 gave stands from there on; with its office: 联席会议办公室."""
    if not declared:
        return
    for start, end in Lexicon({"short": declared}).find(text).longest("short"):
        first, origin = declared[text[start:end]]
        if start >= first and not text.startswith(("长", "制度"), end) and not _POST.match(text, end):
            office = "办公室" if text.startswith("办公室", end) else ""
            canonical = origin.canonical + office if origin.canonical else None
            yield Mention(start, end + len(office), "named", canonical, origin.level)


# --- Roles -----------------------------------------------------------------------------------------------------------

_APPROVER_BEFORE = ("经", "报", "提请", "报请", "报经", "呈报", "上报", "须经", "请示", "经商")
_APPROVED = re.compile(
    r"(?:等)?(?:领导同志|主要领导|领导)?(?:的)?(?:研究|审核|正式|依法|书面|会议)?"
    r"(?:同意|批准|审议|审定|审批|核准|核定|批复|授权|审核|审查|批示同意)"
)
_APPROVES = re.compile(r"(?:已|正式|原则|日前|近日)?(?:同意|批准|批复|核准|审议通过|审定)")
_PARTICIPANT_BEFORE = re.compile(
    r"(?:会同|联合|(?<!协)商|配合|协同|会商|征求|协调|(?:参与|配合|参加|协办|协同)(?:单位|部门):)$"
)
_LEAD_BEFORE = re.compile(r"(?:牵头|责任|主办|主管|主责|负责)(?:单位|部门|机关)?:\Z")
_WITH = re.compile(r"(?:要|应|负责)?(?:会同|联合|商|会商|协同)")
_ADVERB = r"(?:要|应|应当|须|共同|作为|具体|主要|统一|总体|全面|承担|分别|依法|按照职责|同时|根据职责|组织|继续|抓紧)*"
_LEADS = re.compile(rf"{_ADVERB}(?:牵头|总牵头|负总责|负责(?!人|同志)|主管(?!部门|机关|单位)|主办|统筹负责)")
_IS_LEAD = re.compile(r"(?:是|为)[^,。;\n]{0,20}(?:主管|牵头|责任|主办)(?:单位|部门|机关)")
_TAKES_PART = re.compile(
    rf"{_ADVERB}(?:配合|参与|参加|协助|协同|协办)"
    r"|(?:按|按照|根据|依)(?:各自)?(?:的)?职责(?:分工)?(?:分别)?(?:负责|落实)?|(?:分工|各)负责|分工协作"
)
_WHEN = (
    r"(?:日前|近日|正式|共同|联合|先后|同时|陆续|首次|已经|已|今年|昨日|随后|曾|再次|相继|专门|又|还|于|在"
    r"|[\d年月日])*"
)
_ISSUES = re.compile(rf"{_WHEN}(?:{_either('issuing')})(?!会)")
_AND_OTHERS = re.compile(r"(?:等(?:有关|相关)?(?:部门|单位|部委|机关|多部门|多个部门)?)?(?:\([^()\n]{1,40}\))?(?:等)?")


def _roles(draft: Draft, mentions: list[Mention]) -> list[str | None]:
    """The role of each mention; what stands before or behind a list holds for each of its members."""
    text = draft.text
    roles: list[str | None] = [None] * len(mentions)
    signed = _signed(draft, mentions)
    first = 0
    for number, mention in enumerate(mentions):
        following = mentions[number + 1] if number + 1 < len(mentions) else None
        if following is not None and _is_joined(text, mention, following):
            continue
        role = _role(text, mentions[first].start, mention.end, following)
        for member in range(first, number + 1):
            if member in signed:
                roles[member] = "issuer"
            elif mentions[member].kind != "generic" or role in ("lead", "participant"):
                roles[member] = role
        first = number + 1
    return roles


def _is_joined(text: str, mention: Mention, following: Mention) -> bool:
    """Whether two mentions are members of one list: 发改委、住建部等八部委."""
    between = text[mention.end : following.start]
    if len(between) > 12:
        return False
    if between in ("、", "和", "与", "及", "以及", "等", "并", "、和", "或"):
        return True
    return not between or _AND_MORE.fullmatch(between) is not None


_AND_MORE = re.compile(r"(?:等)?(?:\([^()]{1,10}\))?[、和与及等]?")


def _role(text: str, start: int, end: int, following: Mention | None) -> str | None:
    """issuer, lead, participant or approver, from the words around a list; None where they say nothing."""
    last = text[start - 1 : start]
    behind = end
    if text[end : end + 1] in ("等", "(") and (others := _AND_OTHERS.match(text, end)):
        behind = others.end()
    if last in _BEFORE_ROLE:
        before = text[max(0, start - 8) : start]
        if last != ":" and before.endswith(_APPROVER_BEFORE) and not before.endswith(_NO_APPROVER):
            if _APPROVED.match(text, behind) or _APPROVED.match(text, end):
                return "approver"
        elif _PARTICIPANT_BEFORE.search(before):
            return "participant"
        elif _LEAD_BEFORE.search(before):
            return "lead"
    if last == "(" and _TASK_NOTE.match(text, behind):
        return "lead"
    if text[behind : behind + 1] not in _BEHIND_ROLE:
        return None
    if _TAKES_PART.match(text, behind):
        return "participant"
    if _LEADS.match(text, behind) or (_IS_LEAD.match(text, behind) and not text.startswith(("地方", "各"), start)):
        return "lead"
    if _ISSUES.match(text, behind):
        return "issuer"
    if _APPROVES.match(text, behind):
        return "approver"
    if following is not None and (match := _WITH.match(text, behind)) and match.end() == following.start:
        return _role_of_host(text, following.end)
    return None


_BEFORE_ROLE = frozenset("经报请示同合商配协调求:")
_TASK_NOTE = re.compile(  # (公安部、某办负责)
    r"(?![^()\n]{0,80}(?:牵头|分工|会同|配合|参与))[^()\n]{0,80}(?<!分工)负责\)"
)
_NO_APPROVER = ("曾经", "已经", "情报", "日报")
_BEHIND_ROLE = frozenset(  # what any of the patterns for the words behind a list may begin with
    "要应须共作具主统总全承分依按同根继抓组牵负是为配参协各日近正联先陆首已今昨随曾再相专又还于在年月"
    "0123456789发印出下公颁制转签通刊函订批原核审会商"
)
_TO_VERB = re.compile(r"[^。;\n]{0,60}?(?P<verb>印发|发布|出台|公布|下发|颁布|负责|牵头|制定)")


def _role_of_host(text: str, end: int) -> str:
    """The role of A in A会同B: issuer where both then issue something, else lead."""
    match = _TO_VERB.match(text, end)
    issues = match is not None and match["verb"] not in ("负责", "牵头", "制定") and match.end() - end <= 10
    return "issuer" if issues else "lead"


def _signed(draft: Draft, mentions: list[Mention]) -> set[int]:
    """The mentions with which the document is signed: on the line before the date, and alone on lines above it."""
    lines = draft.passages
    starts = [mention.start for mention in mentions]
    result: set[int] = set()
    for number in [number for number, line in enumerate(lines) if line.kind == "signature"]:
        here = range(bisect_left(starts, lines[number].start), bisect_left(starts, lines[number].end))
        while here:
            result.update(here)
            number -= 1
            if number <= 0:
                break
            first, last = _extent(lines[number].text, lines[number].start)
            above = range(bisect_left(starts, first), bisect_left(starts, last))
            here = above if len(above) == 1 and tuple(mentions[above[0]][:2]) == (first, last) else range(0)
    return result


def _extent(line: str, start: int) -> tuple[int, int]:
    """Where a line's characters stand without the white space around them."""
    body = line.strip()
    first = start + len(line) - len(line.lstrip())
    return first, first + len(body)
