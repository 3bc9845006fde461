"""Generic mentions (有关部门, 各级政府, 中央) and groups with their number (八部委, 24个部门, 两办)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from nlp_toolkit.draft import Draft
from nlp_toolkit.extract.agencies.words import COUNTED_KINDS, POST, Mention, either
from nlp_toolkit.numbers import parse_number

_BASIC = f"(?:{either('kind_of_office')})"
_FUNCTIONS = f"(?:{either('function', 'function_open')})"
_TOPICS = f"(?:{_FUNCTIONS}|水|草原|种子)"
_OF_FUNCTION = rf"{_TOPICS}(?:[、和]{_TOPICS}){{0,6}}{_BASIC}{{0,3}}(?:部门|机关(?!事务)|消防机构)"
_OFFICES = r"各?[委办厅局](?:、各?(?:[委办厅局]|直属机构)){1,5}(?![\u4e00-\u9fff])"  # 各委、办、局
_DEPARTMENT = (
    rf"(?:个(?:部门|单位|机关)|{_OFFICES}|{_BASIC}{{0,3}}(?:部门|部委局|部委办局|委办局|部委|部会|厅局|局处|单位|主管机关|机关|机构(?!编制)|委员会)"
    rf"|{_OF_FUNCTION})(?!规章|预算(?!单位)|决算|利益|经济|长|工作人员|[社]保)"
)
_REGION = f"(?:{either('region')})"
_REGIONS = (
    rf"{_REGION}(?:(?:、|和|及|与|以及)?(?:{_REGION}|新疆生产建设兵团|\({_REGION}(?:、{_REGION}){{0,5}}\))){{0,9}}"
    r"(?:级|两级|三级)?"
)
_GOVERNMENT = (
    rf"(?:(?:人民)?政府(?:各)?(?:有关|相关){_BASIC}{{0,2}}部门|党委(?:、|和|及|与)?(?:人民)?政府|人民政府|政府|党委宣传部|党委"
    rf"|{_BASIC}{{0,2}}主管机关|人大常委会|人大|公安机关|人民法院|法院|人民检察院)"
)
_BRACKET = r"(?:\([厅局委办室员会、或行署]+\))?"
# What stands behind 各级 and 各市、县: governments, their departments, courts, bodies of every kind.
_OF_PLACES = (
    rf"(?:(?:人民)?政府{_OF_FUNCTION}|{_GOVERNMENT}|{_OF_FUNCTION}|党组织"
    rf"|(?:{_FUNCTIONS}(?:厅|局|委员会|委)|{either('organ', 'body')}){_BRACKET})"
)
_GENERIC = re.compile(
    "(?:"
    # 各省、自治区、直辖市人民政府; 各市、县(区)政府; 各省、自治区、直辖市住房城乡建设厅(委、局)
    rf"各{_REGIONS}{_OF_PLACES}"
    # 各地商务主管部门; 省直部门; 省级文物行政部门; 县级卫生健康局; 上级检查组
    rf"|各(?:国家级)?(?:{either('zone')}|功能区)(?:、(?:{either('zone')}|功能区)){{0,3}}(?:管委会|管理委员会|党工委)"
    rf"|各地(?:有关|相关)?(?:{_GOVERNMENT}|{_DEPARTMENT})|(?:省|市|县|区|州|盟)直(?:部门|单位|机关)"
    rf"|各?(?:省级|市级|县级)(?:以上)?(?:{_OF_FUNCTION}|(?:(?:有关|相关|行业)(?:主管|职能)?|主管|职能)部门|{_FUNCTIONS}(?:厅|局|委))"
    r"|上级(?:检查|督查|督导|巡视|调研|考核|审计)组"
    r"|县\(市、区\)(?:党委政府|党委和政府|党委、政府|党委)"
    # 各级党委和政府; 各级财政部门
    rf"|(?:地方)?各级(?:地方)?(?:各)?(?:{_OF_PLACES}|{_DEPARTMENT}|有关部门|相关部门)"
    # 有关部门; 各相关职能部门; 各部委; 有关市县人民政府
    rf"|(?:各有关|各相关|有关|相关|各)(?:{_DEPARTMENT}|(?:{_REGIONS}|省份)(?:{_GOVERNMENT}|{_OF_FUNCTION}))"
    # 地方政府, 基层单位, 上级主管部门, 所在地人民政府
    r"|(?:基层|上级|当地|所在(?:地|区|县|市|乡镇)|属地|同级|本级|地方)(?:省级|县级|市级|各级)?(?:以上)?"
    rf"(?:有关|相关|各有关)?(?:(?:人民)?政府{_OF_FUNCTION}|{_GOVERNMENT}|{_DEPARTMENT})"
    # 县级以上地方人民政府教育行政部门; 省级人民政府; 市、县人民政府; 乡镇政府
    rf"|(?:县级|省级|市级|设区的市级|乡级|地市级|市县级|{_REGIONS})(?:以上)?(?:地方)?(?:各级)?(?:人民)?政府"
    rf"(?:{_OF_FUNCTION}|(?:各)?(?:有关|相关){_BASIC}{{0,2}}部门)?"
    "|中央部门"
    r")(?:办公厅\(室\)|办公厅\(办公室\)|办公厅|办公室|\((?:行署|党组)\))?(?!采购|性|网站|购买|职能|债|规章|产业投资|投资基金|融资平台)"
)
_BEFORE_GENERIC = re.compile(
    r"(?:中央和国家机关|中央国家机关|中央|国家|省级|市级|县级|省直|市直|县直|区直|政府|地方|上级|基层"
    r"|省|市|县|自治区|区|自治州|州|盟|旗|沿(?:线|岸|[\u4e00-\u9fff]))\Z"
)
# Behind 国务院 or a government: its departments, as one mention.
DEPARTMENTS_OF = re.compile(
    rf"(?:其他)?(?:(?:各有关|各相关|有关|相关|各){_DEPARTMENT}|{_OFFICES}|部门"
    rf"|{_FUNCTIONS}(?:、{_FUNCTIONS}){{0,3}}(?:行政主管|行政|主管|监督管理|管理)部门)(?:办公厅\(室\))?(?!规章)"
)
# 中央 as one who acts: before a mark, or a word that says what it does; 中央企业 and the like are none.
_CENTRE = re.compile(
    rf"中央(?:(?:和国家机关|国家机关)?(?:各有关|各相关|有关|相关|各){_DEPARTMENT}|和国家机关(?!工委)"
    r"|政府(?!总预算|采购|门户|前瞻|流域|特别预算)|(?:目的事业)?主管机关|部门|部会|机关|单位(?!定点)"
    rf"|(?=[,。;:、!?()“”\n ]|$|{either('centre_verb')}))"
)
_NOT_CENTRE = frozenset("党共团军革盟建进农致九台国学市")

_COUNTED = re.compile(
    r"(?<![第\d.〇零年月])(?P<count>[二三四五六七八九]?十[一二三四五六七八九]?|[两二三四五六七八九]|\d{1,3})"
    r" ?(?:多)?(?:个|家)?(?:国家|中央|国务院|省级|市级|省直|市直|有关|相关|成员|职能|主管)?\Z"
)
_COUNTED_KIND = re.compile(r"[两三四五六七](?:局|署|部|委)(?=[各均都已将,。、;]|联合|共同|之间|$)")
_NO_COUNT_BEFORE = frozenset("十百千第零〇0123456789")
_AND_STREETS = "、街道办事处"
_HALVES = re.compile(r"两办(?![法公理])|两高(?=[,。;:、()\n ]|联合|发布|印发|出台|工作报告|报告)")


def counted_groups(draft: Draft) -> Iterator[Mention]:
    """Groups with their number: 八部委, 24个部门, 12个乡镇公所, 两办, 三局."""
    text = draft.text
    for start, end in draft.hits.all("agency.group"):
        name = text[start:end]
        if name in ("两办", "两高"):
            if _HALVES.match(text, start):
                yield Mention(start, end, "group", None, "central", 2)
        elif name in COUNTED_KINDS:
            if _COUNTED_KIND.match(text, start) and text[start - 1 : start] not in _NO_COUNT_BEFORE:
                yield Mention(start, end, "group", None, None, int(parse_number(name[0]) or 0))
        elif (match := _COUNTED.search(text[max(0, start - 9) : start])) and not text.startswith(
            ("规章", "预算", "经济"), end
        ):
            count = int(parse_number(match["count"]) or 0)
            if count > 1:
                begin = start - (len(match.group()))
                end += 1 if text[end : end + 1] == "局" and text[end - 1] == "委" else 0
                local = "省" in match.group() or "市" in match.group() or name.endswith(("所", "政府", "办"))
                yield Mention(begin, end, "group", None, None if local else "central", count)


def generic_mentions(draft: Draft) -> Iterator[Mention]:
    """Mentions of a kind of authority: 有关部门, 各级政府, 各省、自治区、直辖市人民政府, 中央."""
    text = draft.text
    at = 0
    for start, _ in draft.hits.all("agency.generic"):
        if start < at or not (match := _GENERIC.match(text, start)):
            continue
        at = match.end()
        if text[start] in "有相各" and (before := _BEFORE_GENERIC.search(text, max(0, start - 8), start)):
            start = before.start()
        if not POST.match(text, at):
            yield Mention(start, at, "generic")
            if text.startswith(_AND_STREETS, at) and text[at - 1] == "府":  # 各乡镇人民政府、街道办事处
                yield Mention(at + 1, at + len(_AND_STREETS), "generic")
    for start, _ in draft.hits.all("agency.centre"):
        if text[start - 1 : start] not in _NOT_CENTRE and (match := _CENTRE.match(text, start)):
            yield Mention(start, match.end(), "generic")


def with_elided(text: str, mentions: list[Mention]) -> list[Mention]:
    """Make generic what goes on a generic list: 财政局 in 各市、县民政局、财政局, 市人民政府 in 各盟行政公署、市人民政府."""
    result: list[Mention] = []
    for mention in mentions:
        before = result[-1] if result else None
        if (
            before is not None
            and before.kind == "generic"
            and mention.kind == "named"
            and text[before.end : mention.start] in ("、", "和")
            and text.startswith("各", before.start)
        ):
            name = text[mention.start : mention.end]
            listed, last = text[before.start : before.end], text[before.end - 1]
            if (last in "厅局委)" and _BARE.fullmatch(name)) or (name in _SEATS and _PREFECTURES.search(listed)):
                mention = Mention(mention.start, mention.end, "generic")
        result.append(mention)
    return result


_BARE = re.compile(rf"{_FUNCTIONS}(?:厅|局|委员会|委){_BRACKET}|(?:{either('body')}){_BRACKET}")
_SEATS = ("市人民政府", "市政府")
_PREFECTURES = re.compile(r"[盟州](?:行政公署|人民政府|政府)$")
