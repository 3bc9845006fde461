"""Generic mentions (有关部门, 各级政府, 中央) and groups with their number (八部委, 24个部门, 两办)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from nlp_toolkit.draft import Draft
from nlp_toolkit.extract.agencies.words import POST, Mention, either
from nlp_toolkit.numbers import parse_number

_BASIC = f"(?:{either('kind_of_office')})"
_FUNCTIONS = f"(?:{either('function', 'function_open')})"
_OF_FUNCTION = rf"{_FUNCTIONS}(?:[、和]{_FUNCTIONS}){{0,6}}{_BASIC}{{0,3}}(?:部门|机关(?!事务))"
_DEPARTMENT = (
    rf"(?:{_BASIC}{{0,3}}(?:部门|部委局|部委办局|委办局|部委|部会|厅局|局处|单位|主管机关|机关|机构(?!编制)|委员会)"
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
_GENERIC = re.compile(
    "(?:"
    # 各省、自治区、直辖市人民政府; 各市、县(区)政府; 各省、自治区、直辖市住房城乡建设厅(委、局)
    rf"各{_REGIONS}(?:{_GOVERNMENT}|{_OF_FUNCTION}|{_FUNCTIONS}(?:厅|局|委员会|委)(?:\([厅局委员会、办]+\))?)"
    # 各地商务主管部门; 省直部门; 省级文物行政部门; 县级卫生健康局; 上级检查组
    rf"|各地(?:有关|相关)?(?:{_GOVERNMENT}|{_DEPARTMENT})|(?:省|市|县)直(?:部门|单位|机关)"
    rf"|各?(?:省级|市级|县级)(?:以上)?(?:{_OF_FUNCTION}|(?:有关|相关|行业)?(?:主管|职能)?部门|{_FUNCTIONS}(?:厅|局|委))"
    r"|上级(?:检查|督查|督导|巡视|调研|考核|审计)组"
    r"|县\(市、区\)(?:党委政府|党委和政府|党委、政府|党委)"
    # 各级党委和政府; 各级财政部门
    rf"|(?:地方)?各级(?:地方)?(?:各)?(?:{_GOVERNMENT}|{_DEPARTMENT}|有关部门|相关部门)"
    # 有关部门; 各相关职能部门; 各部委; 有关市县人民政府
    rf"|(?:各有关|各相关|有关|相关|各)(?:{_DEPARTMENT}|(?:{_REGIONS}|省份)(?:{_GOVERNMENT}|{_OF_FUNCTION}))"
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
DEPARTMENTS_OF = re.compile(
    rf"(?:其他)?(?:(?:各有关|各相关|有关|相关|各){_DEPARTMENT}|部门"
    rf"|{_FUNCTIONS}(?:、{_FUNCTIONS}){{0,3}}(?:行政主管|行政|主管|监督管理|管理)部门)(?:办公厅\(室\))?(?!规章)"
)
# 中央 as one who acts: before a mark, or a word that says what it does; 中央企业 and the like are none.
_CENTRE = re.compile(
    rf"中央(?:(?:和国家机关|国家机关)?(?:各有关|各相关|有关|相关|各){_DEPARTMENT}|和国家机关(?!工委)"
    r"|政府(?!总预算|采购|门户)|(?:目的事业)?主管机关|部门|部会|机关|单位(?!定点)"
    rf"|(?=[,。;:、!?()“”\n ]|$|{either('centre_verb')}))"
)
_NOT_CENTRE = frozenset("党共团军革盟建进农致九台国学市")

_COUNTED = re.compile(
    r"(?<![第\d.〇零年月])(?P<count>[二三四五六七八九]?十[一二三四五六七八九]?|[两二三四五六七八九]|\d{1,3})"
    r" ?(?:多)?(?:个|家)?(?:国家|中央|国务院|省级|市级|省直|市直|有关|相关|成员|职能|主管)?\Z"
)
_HALVES = re.compile(r"两办(?![法公理])|两高(?=[,。;:、()\n ]|联合|发布|印发|出台|工作报告|报告)")


def counted_groups(draft: Draft) -> Iterator[Mention]:
    """Groups with their number: 八部委, 24个部门, 两办."""
    text = draft.text
    for start, end in draft.hits.all("agency.group"):
        if text[start:end] in ("两办", "两高"):
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
    for start, _ in draft.hits.all("agency.centre"):
        if text[start - 1 : start] not in _NOT_CENTRE and (match := _CENTRE.match(text, start)):
            yield Mention(start, match.end(), "generic")
