"""Public authorities: bodies of the registry, local bodies by grammar, coordination bodies, groups and generic mentions.

Words stand in data/agency_words.tsv by class (function, suffix, look_alike …); the registry is data/agencies.tsv.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import replace
from functools import cache

from nlp_toolkit.document import Agency
from nlp_toolkit.draft import Draft
from nlp_toolkit.lexicon import read_table
from nlp_toolkit.numbers import parse_number
from nlp_toolkit.registry import Registry, divisions

_LEVEL_OF_DIVISION = {"province": "provincial", "city": "municipal", "county": "county"}
_LEVEL_OF_MARK = {
    "省": "provincial", "自治区": "provincial", "直辖市": "provincial", "市": "municipal", "州": "municipal", "盟": "municipal",
    "区": "county", "县": "county", "旗": "county", "镇": "township", "乡": "township", "街道": "township",
}  # fmt: skip
_NUMERAL = r"(?:[两二三四五六七八九]?十[一二三四五六七八九]?|[两二三四五六七八九]|\d{1,3})"


def layers() -> dict[str, list[str]]:
    """The phrases that the automaton looks for: names of bodies, of places, and words that look like bodies."""
    return {
        "agency": Registry.load().names,
        "place": list(divisions()),
        "agency.look_alike": _words("look_alike"),
    }


@cache
def _words(kind: str) -> list[str]:
    return [row["word"] for row in read_table("agency_words") if row["class"] == kind]


def _either(kind: str) -> str:
    return "|".join(map(re.escape, sorted(_words(kind), key=lambda word: (-len(word), word))))


# An office within a body: 住建部办公厅; 国务院办公厅 is in the registry itself.
_INNER = re.compile(
    r"(?:办公厅|办公室|综合司|综合处|法规司|规划司|财务司|人事司|秘书处|政策研究室|[\u4e00-\u9fff]{2,8}司(?=[,。;、印发会]))(?:\(室\))?"
)
_LOCAL = re.compile(
    rf"(?:(?:{_either('function')})(?:{_either('suffix')})|{_either('body')})(?:办公室|办公厅|分局|派出所)?(?![长员工友])"
)
# Bodies that are one character or two, only behind a place or the mark of a level: 市委, 省政府, 县人大.
_SHORT_BODY = re.compile(
    r"(?:委员会|委办公厅|委办公室|委组织部|委宣传部|委政法委|委常委会|委深改委|纪委监委|纪委|监委|委(?![托派员任培屈婉身以])"
    r"|人民政府办公厅|人民政府办公室|政府办公厅|政府办公室|人民政府|政府(?!采购|性|部门)|政府(?=部门)|人大常委会|人民代表大会常务委员会|人民代表大会|人大(?!代表)|政协(?!委员|提案)"
    r"|中级人民法院|高级人民法院|人民法院|法院|人民检察院|检察院|议会|市政会议|街道办事处|街道办|管委会|管理委员会)"
)
_MARK = r"(?:自治区|自治州|自治县|街道|[省市州盟区县旗镇乡])"
_MARKED = re.compile(rf"(?P<name>[A-Z某×X]{{1,3}})?(?P<mark>{_MARK})(?={_SHORT_BODY.pattern}|{_LOCAL.pattern})")
_MARK_BEFORE = frozenset("、,。;:!?()“”《》\n \u3000和与及由经报向是在为让被给请从对按将以而该各本全以且了过起据令成届")
_GROUP = re.compile(
    rf"(?P<count>{_NUMERAL}) ?(?:个|家)?(?:国家|中央|有关|相关|党中央|国务院)?(?:部委局|部委|部门|委办局|部委办|厅局|委局)(?!规章|预算|决算|职责|利益|经济)|两办(?![法公理])"
)
_HEAD = r"(?:人民政府|政府|部门|部委|单位|机构|机关|党委|党组织|法院|检察院|委办局|委|局|厅)"
_GENERIC = re.compile(
    rf"(?:国务院|省级|市级|县级)?(?:各省、自治区、直辖市(?:和计划单列市)?(?:、新疆生产建设兵团)?(?:人民政府|党委|人大|政府)?(?:[\u4e00-\u9fff和]{{2,10}}[厅局委](?=[,:(]))?"
    r"|各(?:市|州|市\(州\)|盟市|区县|县|区|县\(市\)|县\(市、区\)|市\(地\)|地、市)(?:、(?:市|州|自治州|盟|县|区|旗|县\(市\)|县\(市、区\)|自治县|直管市|林区)){0,4}(?:人民)?政府"
    r"|地方各级(?:人民)?(?:党委(?:和|、)政府|党委|政府|法院|检察院)|各级(?:地方)?(?:人民)?(?:党委(?:和|、)政府|党委、人民政府|党委|政府|行政机关|党政机关|国家机关|机关|部门|法院|检察院|人大|组织部门)"
    rf"|(?:国务院|中央和国家机关|中央|省直|市直|县直)?(?:各有关|各相关|有关|相关|各)(?:职能|主管|行政|监管|业务|政府|行业主管|国家|地方|直属|成员|责任|党政|执法|权责|主管机关|主政)?{_HEAD}(?!规章|预算|人员|负责人|职责|利益|经济|工作人员|规定|法|长)"
    r"|各直属机构|国务院部门|国务院各部委|各部委|各委员会|各部会|各机关|各局处|相关部会|各县市政府|各地方政府|地方政府|地方(?:人民)?政府|地方各级政府|县市政府"
    r"|基层(?:人民)?(?:政府|党委|组织机关|部门|单位)|上级(?:部门|机关|政府|单位|主管部门|党委|主管机关)|当地(?:人民)?(?:政府|部门|党委)|所在地(?:人民)?政府|主管机关"
    r"|县级以上(?:地方)?(?:各级)?人民政府(?:[\u4e00-\u9fff]{2,10}(?:主管|管理)?部门)?|(?:省|市|县|乡镇|区)级(?:人民)?政府|省级以上人民政府"
    r"|中央政府|中央和地方政府)(?:办公厅\(室\)|办公厅|办公室)?"
)
_CENTRE = re.compile(
    r"(?<![党共军])(?<!国家)中央(?!企业|财政|经济工作|农村工作|预算|委员|军委|纪委|政治|组织|宣传|统战|编办|网信|政法|文明|深改|银行|电视|广播|民族|党校|巡视|"
    r"和国家机关|机关|国家机关|一号|1号|苏区|红军|大学|空调|商务|公园|厨房|处理|管理|控制|直属|投资|转移|专项|资金|补助|级|储备|环保督察|生态环保|生态环境保护|决算|政府|水塔|山|广场|城市|活动|区|车站|山脉|八项|委|领导|书记|秘书|研究|健康|气象|选举|部门|国债|对|研发|企)"
)
_COORDINATION = re.compile(
    r"(?:工作领导小组|领导小组|部际联席会议|联席会议|部际协调工作组|协调工作组|协调小组|协调推进小组|工作专班|指挥部|协调委员会|工作组|专责小组|督导委员会|推动小组|推动委员会|会报)(?:办公室)?"
)
_STOP = frozenset(
    "成立 设立 建立 组建 组成 召开 召集 由 在 的 了 为 是 向 和 与 及 经 对 把 将 被 从 到 名为 更名 称 叫 该 各 本 一个 这个 这 那 其 并 或 等 以 于 而 下 后 前 中 里 上 请 报 通过 加入 参加 撤销 会同 联合 "
    "依托 发挥 健全 完善 明确 作为 担任 负责 牵头 承担 设在 隶属 每年 定期 升级 更名为 名称 相关 有关 多个 若干 省级 地方 成员 年 月 日 专门 全部 召集人 提请 要求 由于 自".split()
)
_LONGEST_NAME = 34

_APPROVED = re.compile(r"(?:的|领导)?(?:研究)?(?:同意|批准|审议|审定|审批|核准|核定|批复|授权|备案|决定)")
_LEADING = re.compile(r"(?:要|应|共同|作为|具体|主要|统一|总体|全面|承担)?(?:牵头|负总责|负责|主管|主办|总牵头|统筹协调|是[^,。;]{0,20}(?:主管|牵头|责任)(?:单位|部门|机关))")
_ISSUING = re.compile(r"(?:、[^,。;]{0,40}|等[^,。;]{0,10})?(?:日前|近日|正式|共同|联合|先后|同时|陆续|首次|已|今年|今日|昨日|随后)?(?:联合|共同)?(?:发布|印发|出台|下发|公布|颁布|制定|颁发|发文|发出|转发|签发|通告|公告|刊宪|函颁|订定)")
_TAKING_PART = re.compile(r"(?:等)?(?:配合|参与|参加|协助|协同|按职责分工负责|按职责分工|分工负责|协办)")
_ISSUE_TITLE = re.compile(r"关于")


class AgencyExtractor:
    """Finds authorities; the longest mention at a place is taken, and nothing inside a document's title."""

    def __init__(self) -> None:
        self._registry = Registry.load()

    def find(self, draft: Draft) -> list[Agency]:
        """The authorities of the document, in order, none overlapping another or a date or document."""
        taken = [(s.start, s.end) for label in ("DOCUMENT", "DATE") for s in draft.spans.get(label, ())]
        taken += draft.hits.longest("agency.look_alike")
        found: list[Agency] = []
        at = 0
        candidates = sorted(self._candidates(draft), key=lambda agency: (agency.start, -agency.end))
        blocked = sorted(taken)
        for agency in candidates:
            if agency.start >= at and not _overlaps(agency, blocked):
                found.append(agency)
                at = agency.end
        return _with_full_names([replace(agency, role=_role(draft, agency)) for agency in found], draft)

    def _candidates(self, draft: Draft) -> Iterator[Agency]:
        yield from self._registered(draft)
        yield from self._local(draft)
        yield from _coordination(draft)
        yield from _groups(draft.text)
        yield from _generic(draft.text)

    def _registered(self, draft: Draft) -> Iterator[Agency]:
        """Bodies of the registry, with the office named behind them; a run of bodies (内政部国土管理署) is one."""
        text = draft.text
        hits = draft.hits.longest("agency")
        number = 0
        while number < len(hits):
            start, end = hits[number]
            number += 1
            body = self._registry.resolve(text[start:end], draft.date)
            names = [body.canonical if body else None]
            while number < len(hits) and hits[number][0] == end and body is not None and body.parent != "":
                inner = self._registry.resolve(text[slice(*hits[number])], draft.date)
                if inner is None or not _belongs(inner.parent, names[-1]):
                    break
                names.append(inner.canonical)
                end = hits[number][1]
                number += 1
            level = body.level if body else _common_level(self._registry.candidates(text[start:end]))
            canonical = "".join(filter(None, names)) if None not in names else None
            if (match := _INNER.match(text, end)) and match.end() > end:
                end = match.end()
                canonical = canonical + match.group() if canonical else None
            if _is_part_of_word(text, start, end):
                continue
            yield Agency(start, end, text[start:end], "named", canonical, level)

    def _local(self, draft: Draft) -> Iterator[Agency]:
        """Bodies of a place: the place's name and a body, or the mark of a level (市, 县) and a body."""
        text = draft.text
        ends: dict[int, tuple[int, str]] = {}
        for start, end in draft.hits.all("place"):
            level = _LEVEL_OF_DIVISION[divisions()[text[start:end]][0].level]
            first = min(start, ends[start][0]) if start in ends else start
            if end not in ends or first < ends[end][0]:
                ends[end] = (first, level)
        for end, (start, level) in ends.items():
            match = _SHORT_BODY.match(text, end) or _LOCAL.match(text, end)
            if match is None and end < len(text) and text[end] in "省市县区州":
                match = _SHORT_BODY.match(text, end + 1) or _LOCAL.match(text, end + 1)
            if match:
                name = text[start : match.end()]
                yield Agency(start, match.end(), name, "named", _expanded(name), level)
        for match in _MARKED.finditer(text):
            start = match.start()
            before = text[start - 1 : start]
            if match["name"] is None and before and before not in _MARK_BEFORE:
                continue
            if match["name"] is None and match["mark"] in ("区", "州", "镇", "乡", "旗", "盟") and before in "了过起":
                continue
            body = _LOCAL.match(text, match.end()) or _SHORT_BODY.match(text, match.end())
            if body is not None and body.end() > body.start():
                end = max(body.end(), (_SHORT_BODY.match(text, match.end()) or body).end())
                yield Agency(start, end, text[start:end], "named", None, _LEVEL_OF_MARK.get(match["mark"], "municipal"))
        for match in _LOCAL.finditer(text):
            before = text[match.start() - 1 : match.start()]
            if (not before or before in _MARK_BEFORE) and not _is_part_of_word(text, match.start(), match.end()):
                yield Agency(match.start(), match.end(), match.group(), "named", None, None)


def _belongs(parent: str, name: str | None) -> bool:
    return name is not None and (parent == name or parent.endswith(name))


def _common_level(bodies: list[Registry] | list[object]) -> str | None:
    levels = {getattr(body, "level", None) for body in bodies}
    return levels.pop() if len(levels) == 1 else None  # type: ignore[return-value]


def _is_part_of_word(text: str, start: int, end: int) -> bool:
    """Whether a name is only a part of a longer one that is no authority: 国务院总理, 教育部长, 司法部门."""
    after = text[end : end + 2]
    return after.startswith(("总理", "副总", "部长", "长", "门", "队", "件", "属高校", "直属高校", "员")) and not after.startswith(
        ("长期", "长三", "长效", "长江", "长远")
    )


def _overlaps(agency: Agency, blocked: list[tuple[int, int]]) -> bool:
    place = bisect_right(blocked, (agency.end, -1)) - 1
    while place >= 0 and blocked[place][0] > agency.start - 200:
        if blocked[place][1] > agency.start and blocked[place][0] < agency.end:
            return True
        place -= 1
    return False


_EXPANSIONS = {row["word"]: row["full"] for row in read_table("agency_words") if row["full"]}


def _expanded(name: str) -> str | None:
    """The official name of a local body: written in full already, or with its short form expanded.

    >>> _expanded("天津市发改委"), _expanded("基隆市政府")
    ('天津市发展和改革委员会', '基隆市政府')
    """
    for short, full in _EXPANSIONS.items():
        if name.endswith(short) and not name.endswith(full):
            return name.removesuffix(short) + full
    return name if re.search(r"(?:政府|委员会|厅|局|法院|检察院|大会|街道办事处|常委会|办公室|中心|议会)$", name) else None


def _coordination(draft: Draft) -> Iterator[Agency]:
    """Bodies made for a task, by their shape: everything back to a mark or a word that cannot belong to the name."""
    text = draft.text
    starts: list[int] | None = None
    for match in _COORDINATION.finditer(text):
        if starts is None:
            starts, at = [], 0
            for word, _ in draft.tokens:
                starts.append(at)
                at += len(word)
        number = bisect_right(starts, match.start()) - 1
        start = starts[number] if starts else match.start()
        while number > 0 and match.end() - starts[number - 1] <= _LONGEST_NAME:
            word, pos = draft.tokens[number - 1]
            if word in _STOP or pos[0] in "xpurwd" or pos in ("t", "m", "mq", "f") or not _is_name_part(word):
                break
            number -= 1
            start = starts[number]
        if match.start() - start >= 2 and not text[match.end() : match.end() + 1] == "长":
            name = text[start : match.end()]
            level = "central" if "部际" in name or name.startswith(("国务院", "国家", "全国", "中央")) else None
            yield Agency(start, match.end(), name, "named", name if len(name) >= 8 else None, level)


def _is_name_part(word: str) -> bool:
    return "\u4e00" <= word[0] <= "\u9fff" or word.isalnum()


def _groups(text: str) -> Iterator[Agency]:
    for match in _GROUP.finditer(text):
        count = 2 if match["count"] is None else int(parse_number(match["count"]) or 0)
        before = text[match.start() - 1 : match.start()]
        if count >= 2 and before not in tuple("第0123456789.年"):
            yield Agency(match.start(), match.end(), match.group(), "group", None, "central", count=count)


def _generic(text: str) -> Iterator[Agency]:
    for match in _GENERIC.finditer(text):
        if not text.startswith(("之间的利益", "长"), match.end()):
            yield Agency(match.start(), match.end(), match.group(), "generic")
    for match in _CENTRE.finditer(text):
        yield Agency(match.start(), match.end(), match.group(), "generic")


def _with_full_names(agencies: list[Agency], draft: Draft) -> list[Agency]:
    """Give short mentions the full name that stood before them: 部际协调工作组 after 新型智慧城市建设部际协调工作组."""
    full: list[str] = []
    result = []
    for agency in agencies:
        if agency.kind == "named" and agency.canonical is None:
            tails = [name for name in full if name.endswith(agency.text) and name != agency.text]
            if tails:
                agency = replace(agency, canonical=tails[-1])
        if agency.canonical is not None:
            if agency.canonical in full:
                full.remove(agency.canonical)
            full.append(agency.canonical)
        result.append(agency)
    return result


def _role(draft: Draft, agency: Agency) -> str | None:
    """issuer, lead, participant or approver, from the words around the mention; None where they say nothing."""
    text, start, end = draft.text, agency.start, agency.end
    before = text[max(0, start - 4) : start]
    if before.endswith(("经", "报", "提请", "报请", "报经", "呈报")) and _APPROVED.match(text, end):
        return "approver"
    if before.endswith(("经党中央、", "报党中央、")):
        return "approver"
    if before.endswith(("会同", "联合", "商", "配合", "协同")):
        return "participant"
    if _LEADING.match(text, end):
        return "participant" if text.startswith("按职责", end) else "lead"
    if _TAKING_PART.match(text, end):
        return "participant"
    if agency.kind != "generic" and (_ISSUING.match(text, end) or _signs(draft, agency)):
        return "issuer"
    return None


def _signs(draft: Draft, agency: Agency) -> bool:
    """Whether the mention is the signature of the document."""
    for passage in draft.passages:
        if passage.start <= agency.start < passage.end:
            return passage.kind == "signature"
    return False
