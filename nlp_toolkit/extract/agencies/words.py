"""The words of data/agency_words.tsv and the registry as patterns: heads of names, inner offices, posts, other words.

Words stand in the table by class (function, suffix, organ ...), the registry in data/agencies.tsv.
"""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

from nlp_toolkit.lexicon import read_table
from nlp_toolkit.normalize import normal_form
from nlp_toolkit.registry import Division, Registry, divisions

HAN = r"[\u4e00-\u9fff]"
LEVEL_OF_DIVISION = {"province": "provincial", "city": "municipal", "county": "county"}
PLACE_ENDS = "省市区县州盟旗"
LEVEL_OF_MARK = {
    "省": "provincial", "市": "municipal", "州": "municipal", "盟": "municipal",
    "县": "county", "区": "county", "旗": "county",
    "镇": "township", "乡": "township", "道": "township", "村": "township",
}  # fmt: skip


SHORTENED = "shortened"  # the kind of a mention that counts only if a longer name stood before it


# 两局, 三署: groups named by their number alone.
COUNTED_KINDS = tuple(number + kind for number in "两三四五六七" for kind in "局署部委")


class Mention(NamedTuple):
    """A possible authority, before overlaps are settled.

    ``written`` is the full name, in the text, of a short one; ``alone`` the official name without its parent's.
    """

    start: int
    end: int
    kind: str = "named"
    canonical: str | None = None
    level: str | None = None
    size: int | None = None
    written: str | None = None
    alone: str | None = None


class Head(NamedTuple):
    """What a local body's name ends in: its official form, None where not certain; whether it may stand bare."""

    full: str | None
    alone: bool


@cache
def words(kind: str) -> dict[str, str]:
    """The words of one class with their official forms."""
    return {row["word"]: row["full"] for row in read_table("agency_words") if row["class"] == kind}


def either(*kinds: str) -> str:
    """The words of some classes as an alternation, longer ones first."""
    every = {word for kind in kinds for word in words(kind)}
    return "|".join(map(re.escape, sorted(every, key=lambda word: (-len(word), word))))


_SUFFIX_IN_FULL = {"委": "委员会"}
_WRITTEN_IN_FULL = (
    "政府", "大会", "委员会", "厅", "局", "法院", "检察院", "检察署", "办事处", "办公室", "公署", "议会", "会议",
    "公所", "支队", "大队", "总队", "派出所", "司法所", "中心", "警备区", "军分区",
)  # fmt: skip


@cache
def heads() -> dict[str, Head]:
    """Every head of a local body: organs (人民政府), bodies (发改委), each function with each suffix (财政 + 局)."""
    heads: dict[str, Head] = {}
    for kind, certain in (("function", True), ("function_open", False)):
        for function, expanded in words(kind).items():
            for suffix in words("suffix"):
                if function.endswith("管理") and suffix.startswith("管理"):
                    continue
                full = (expanded or function) + _SUFFIX_IN_FULL.get(suffix, suffix)
                heads[function + suffix] = Head(full if certain else None, True)
    for body, full in words("body").items():
        if body in heads and not full:
            continue
        heads[body] = Head(full or (body if body.endswith(_WRITTEN_IN_FULL) and len(body) > 3 else None), True)
    for organ, full in words("organ").items():
        heads[organ] = Head(full or (organ if organ.endswith(_WRITTEN_IN_FULL) and organ != "法院" else None), False)
    # Party and state bodies whose official names are not simply place + head.
    heads["国资委"] = Head("人民政府国有资产监督管理委员会", True)
    return heads


@cache
def places_by_name() -> dict[str, list[Division]]:
    """The divisions by name as normalised text has it (乾县 is 干县 there), without short forms that are words too."""
    named = divisions()
    written = normal_form("\n".join(named)).split("\n")
    return {name: found for name, found in zip(written, named.values(), strict=True) if name not in words("no_place")}


def layers() -> dict[str, list[str]]:
    """The phrases that the automaton looks for, by layer."""
    return {
        "agency": Registry.load().names,
        "place": list(places_by_name()),
        "agency.head": [*heads(), *words("party")],
        "agency.tail": ["局", "委员会", "办公室", "办", "执法支队", "执法大队", "执法总队", "执法队"],
        "agency.look_alike": list(words("look_alike")),
        "agency.coordination": list(words("coordination")),
        "agency.generic": list(words("generic")),
        "agency.group": [*words("group"), *COUNTED_KINDS],
        "agency.foreign": list(words("foreign")),
        "agency.centre": ["中央"],
        "agency.short": ["简称"],
    }


STOP = "的了和与及或等会同将由对向把被在是为并以按经请报要应须可需各有关其该本于从至到所就又也且就让使给因如含即之、"
PLAIN = rf"(?:(?<=高)等|(?![{STOP}]|{either('no_office')}){HAN})"  # a character that may stand in the name of an office
# 住建部办公厅, 教育部职业教育与成人教育司, 财政部北京监管局; a 司 that no table has must end where a clause ends.
_ENDS = r"(?=[,。;:、()的\n ]|印发|发布|会同|等|来|派|负责|牵头|说明|有关|相关|就|已|近日|日前|组织|配合|公布|回应|表示|同|$)"
OFFICE_ENDS = re.compile(_ENDS)  # what may follow the name of an office that no table has
OFFICE = re.compile(
    rf"(?:党组|第[一二三四五六]巡回法庭|(?:财务|内务|政府[帐账]目|人事编制|工务小组|议事规则|法案|事务)委员会|{PLAIN}{{2,6}}及相关委员会|{either('office')})(?:\((?:室|厅|局)\))?(?!主任|副主任|[法规理]长)"
    rf"|{PLAIN}{{2,10}}?(?:[和与](?:(?!部){PLAIN}){{1,6}}?)?(?<!公)司{_ENDS}"
    rf"|{PLAIN}{{2,6}}(?:监管局|专员办事处|专员办|特派员办事处|特派办|调查总队|督察局|管理局|分局|分行|总部|营业管理部|中心支行)"
    r"(?![长面部])"
    rf"|{PLAIN}{{2,6}}局{_ENDS}"
)
# 卫生福利部护理及健康照护司: ministries of Taiwan are divided into them, and no firm (公司) is meant.
TAIWAN_OFFICE = re.compile(rf"(?:(?!公司)(?:{PLAIN}|[及与和])){{2,10}}?(?<!公)司(?![法令长机])")
# 环境部化学物质管理署, 国防部资通电军指挥部: units of a ministry that the registry lacks.
UNIT = re.compile(rf"{PLAIN}{{2,9}}?(?:(?<!部)署|总队|司令部|指挥部|勤务队)(?![名长理])")
ROOM = re.compile(
    r"(?:办公厅|办公室|党组)?(?:\((?:办公厅|办公室|室|厅|局|委|委、局|局、委|厅、局|厅、委)\))?"
    rf"(?:{PLAIN}{{1,4}}(?:分局|派出所)|{PLAIN}{{0,6}}(?:支队|大队|总队)|交通管理局"
    rf"|(?!组成|派出|成立|抽调){PLAIN}{{0,4}}(?:检查组|调研组|调查组|督查组|考察组|工作组)|{PLAIN}{{2,4}}处(?=[,。;:、()\n ]|负责|牵头|会同|$))?"
)
POST = re.compile(
    rf"(?:原|党组|党委|常务|第一|新任|代)?(?:{either('post')})(?!任务|席团|题|书处|要|张)|长(?![期三江效远春征安久短])"
)
_AFFILIATE = re.compile(rf"(?:{either('affiliate')})")
# 财政部 + 门, 教育部 + 属高校, 发展局 + 面: the name is only the beginning of another word.
CUT_WORD = re.compile(
    r"(?<=部)(?:门|件|位|队|属|下(?!发|达|属|设)|落|头|分(?!别|工|期|批|类|级|管|头|配|解|局|赴)|署(?![名长、,。]))"
    r"|(?<=局)(?:限|面|势|促|部(?!署|门|分|委|队))|(?<=委)(?:员|托|派(?!员|出|人|驻)|任|培|屈|婉|身|以|靡|实)"
    r"|(?<=办)(?:学|公(?!厅|室|布|开|告|示)|理|事|法|案|好|成|医|园|赛|会(?!同|商))"
    r"|(?<=院)(?:长|校|士|线|落)"
    r"|(?<=署)名|(?<=政府)(?:采购|性|网|购买|债|补贴|储备|令|职能|职责|治理|奖|主导|引导|投资|举债|信息公开)"
    r"|(?<=人大)(?:代表|附|建议)|(?<=政协)(?:委员|提案)"
)


def is_other_word(text: str, end: int) -> bool:
    """Whether a name goes on as another word, a post or an institution of its own: 国务院总理, 教育部门, 农业部大学."""
    return text[end : end + 1] in _OTHER_WORD_BEGINS and bool(
        CUT_WORD.match(text, end) or POST.match(text, end) or _AFFILIATE.match(text, end)
    )


_OTHER_WORD_BEGINS = frozenset({word[0] for kind in ("post", "affiliate") for word in words(kind)}) | frozenset(
    "原党常第新代长门件位队属下落头分署限面势促部员托派任培屈婉身以靡实学公理事法案好成医园赛会校士线"
    "名采性网购债补储令职治奖主引投举信附建委提"
)
