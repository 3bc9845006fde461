"""Statements of something wrong: reported ones, and ills to be avoided, prevented or removed.

Cues stand in data/cues/problems.tsv by class; what a class is worth, and where a span begins and ends, is grammar here.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from nlp_toolkit.document import Problem
from nlp_toolkit.draft import Draft, Heard, Range, merged
from nlp_toolkit.frame import FRAME_KINDS
from nlp_toolkit.lexicon import rule_scores

Cue = tuple[int, int, str]

# Of cues that are equally long the class named first counts.
CLASSES = (
    "harmless", "announce", "solved", "prohibit", "guard", "remedy",
    "lack", "quality", "absent", "ill", "consequence", "exists",
)  # fmt: skip
_SKIPPED = FRAME_KINDS - {"attachment"}
_LAYERS = tuple(f"problems.{name}" for name in CLASSES)
_WRONGS = frozenset({"lack", "quality", "ill", "consequence", "absent"})

# Connectives and frames in front of a clause that are no part of what it states.
_LEAD = re.compile(
    r"(?: |“|‘|-|·|\(?[一二三四五六七八九十\d]{1,2}[、.)]|第[一二三四五六]|[一二三四五六七八九十](?:是|则|来)|其[一二三四五六]"
    r"|但是|但|同时|与此同时|另外|此外|另|而且|并且|而|且|并(?![未无非不没])|由于|有?鉴于|因为|因|使得|使|以致|从而|进而|最终|最后|结果"
    r"|因此|所以|故(?![障意乡])|尤其是|尤其|特别是|其次|首先|再次|一方面|另一方面|虽然|虽|尽管|即使|例如|比如|譬如|如(?![果何期实同今])|即|以及|加之|再加上|甚至"
    r"|然而|然(?!后)|不过|可是|可(?![能以行见靠信用持])|却|惟|唯|查|经查|检查发现|审计发现|调查发现|调研发现|调研中发现|发现|据反映|反映出?|总的看|总体看|客观上|主观上"
    r"|不仅|不但|不只|更是|更|又|既|况且|何况|况|显见|显示|足见|可见|由此可见|表明|说明|导致|致使|致(?![力富癌残使])|则会|则|必然会|必然|往往会|随后|目前|当前|现在|如今|其实"
    r"|(?:主要)?原因(?:主要)?(?:是|系因|系|在于)|[^,]{0,12}问题(?:是|在于|为|还在于)|据[^,]{2,20}(?:指出|显示|反映|报导|认为))"
    r"(?!一)",
)
_HYPOTHETICAL = re.compile(r"就会|如果|假如|假若|倘若|若(?!干)|一旦|即便|哪怕|是否(?![^,;。]{2,16}(?:商榷|厘清|待))")
_OF = re.compile(r"[着了的在]{0,2}")
_LIST_END = re.compile(
    r"等(?:[^,。;、]{0,8}?(?:问题|现象|情况|情形|短板|弊端|弊病|乱象|困难|难题|不足|矛盾|行为))?[^,。;、]{0,8}$"
)
# 责任不清、推诿扯皮现象时有发生: what all parts are said to be comes last.
_COMMON_END = re.compile(r"(?<!等)(?:问题|现象|情况|行为|乱象|矛盾|困难)[^,。;、等]{2,8}$")
# Says that there are problems without saying which.
_ANNOUNCED = re.compile(
    r"(?:存在|还?有|面临|暴露出?|反映出)(?:着|了|出)?(?:一些|不少|许多|诸多|很多|一定的?|较多|若干|这样那样的|不同程度的)(?:亟待解决的|突出的?|现实)?"
    r"(?:问题|短板|困难|矛盾|挑战|薄弱环节|弱项|不足)(?:[和与、](?:问题|短板|困难|矛盾|挑战|薄弱环节|弱项|不足))?$"
)
_HEADS_LIST = re.compile(
    r"(?:主要|存在的?|突出的?|面临的?)++(?:问题|不足|短板|困难|差距|矛盾)(?:和(?:问题|不足|短板|困难|差距|矛盾))?$"
)
# 解决有关难题, 解决实际问题: a remedy that does not say for what.
_WITHOUT_CONTENT = re.compile(
    r"(?:的|了|好|一些|一批|实际|有关|具体|相关|各种|各类|突出|重点|难点|热点|存在的?|这些|此类|上述|重大|群众|企业|遇到的|困难和|诸多|一系列)*+"
    r"(?:问题|困难|难题|矛盾)$"
)
_NO_REMEDY = re.compile(
    r"次数|率|案|件|数|占比|处理|风险|营区|自|期间|工作|行动|专项|方案|以|为主|情况|办法|措施|力度|体系|机制|能力|条例|法"
)
_PUNISHED = re.compile(r"从严|严肃|依法|严厉|坚决|予以|采取|追究|追责|查处|处理|惩处|处罚|问责|惩戒|整治")
# What follows a word that says of whom something is told: 未达标的企业, 没有余水的县.
_OF_WHOM = re.compile(
    r"[^,;。]{0,6}的[^,;。的]{0,4}(?:县|市|城市|城区|地区|区域|乡镇|企业|单位|部门|项目|人员|人|学校|家庭|村|机构|场所|设施|产品|毕业生|群众|情况下|过程中)$"
)
# What may stand behind a word of the class quality where it is a predicate: 管网老旧、…, but not 老旧管网更新.
_NO_OBJECT = frozenset("超逾近约至已仍多的了、且和及而较很更极太达在于率,“”()")
_TARGET = re.compile(
    r"控制在|不低于|不高于|不超过|不少于|\d[%‰][^,;。]{0,3}(?:以上|以下|以内)|(?:低于|高于|下降|降低|减少)到?\d"
)
_NAMED = re.compile(
    r"(?:问题|现象|情况|情形|局面|状况|困境|难题|困难|矛盾|之处|之虞|之嫌|趋势|倾向|风险|后果|弊端|态势)"
)
# What cannot be done: 拿不出, 交不起, 到不了; but not 离不开 and 少不了, which praise.
_UNABLE = re.compile(
    r"(?<![离少免忘大了用受])(?<![一-龥]得)(?:[一-龥]不(?:起|出|到|了(?!解)|动(?!产)|着|上(?!述|级|报)|住(?!宅)|通|下去|过来|进去|出来))(?![一二三四五六七八九十\d])"
)
# Facts that are bad in themselves: deaths, damage, accidents, and what is only done in part.
_BAD_FACT = re.compile(
    r"\d人(?:死亡|遇难|罹难|丧生|身亡|重伤|轻伤|受伤|失踪|伤亡)|损失[^,;。]{0,6}\d[\d.,]*[万亿]?[余多]?元"
    r"|(?<![未没不免时易])发生(?:了|过)?(?!率)[^,;。、]{0,30}(?:事故|火灾|爆炸|泄漏|案件|纠纷|冲突)(?![^,;。]{0,6}[时后的])"
    r"|(?<![不一])仅(?:各)?(?:完成|达到|达|占|剩|约|有|为)?[^,;。]{0,6}\d|率各?(?:为)?仅|增幅(?:高?达|逾)\d|连续\d+年[^,;。]{0,8}(?:亏损|下降|减少|不及)"
    r"|造成[^,;。]{0,10}(?:影响|损害|冲击|伤害|困扰|不便|负担|损失)"
)
# What is to be done, with whatever ill it names in passing: 要加强对隐患整改的管理.
_DUTY = re.compile(
    r"(?:要|应当?|必须|须|宜|将)(?:坚决|严格|切实|及时|依法|立即|进一步|继续|不断|积极|认真|抓紧|尽快|从严|重点|着力|大力|全面|加快)*"
    r"(?:加强|采取|加大|建立|健全|完善|落实|做好|开展|组织|强化|制定|提高|提升|明确|按照|严肃|予以|责令|推动|推进|督促|引导|支持|提出|研议|检讨|研谋|改善|改进|规范)"
)
_MEASURE = re.compile(
    r"(?:加强|采取|加大|建立|健全|完善|做好|开展|组织|强化|制定|提高|提升|明确|按照|推动|推进|督促|引导|支持|鼓励|改造|开发|规范|优化|加快|探索|依法|积极|推广|培育|促进|研究|通过|围绕|针对|考核|衡量|补助|辅导|协助)"
)
_NO_WITHOUT = re.compile(r"没有[^,;。]{1,16}就没有")
# 未提供资料,不能正确计算的,由……: what a rule is for.
_CONDITION = re.compile(r",[^,;。:!?]{2,40}的,")
_TRAILING = re.compile(r"\([^()]*\)$")
_SOLVED = re.compile(
    r"得到(?:了)?[^,;。]{0,5}(?:遏制|解决|缓解|治理|控制|改善|扭转|纠正|消除|整治)|不再(?:闹心|糟心|烦心|难|愁|担心|困扰)|没有一[件个起例丝次名人]|无一[件个起例次名人]"
)
# What only says of what, when or where: 在……的情况下, 其中北京等9市.
_TOPIC = re.compile(r"情况下$|状况下$|以观$|为例$|来看$|等\d+[^,;。]{1,3}$|以下$|如下$")
_DENIALS = frozenset(("harmless", "announce", "solved"))
_SHORTEST = 3  # characters of a statement
_QUESTION = re.compile(r"如何|怎样|怎么|何以|会不会|是不是|难道|有没有")
_SILENCING = (_ANNOUNCED, _HYPOTHETICAL, _QUESTION, _NO_WITHOUT, _SOLVED)
_UNDOING = ("无法", "没法", "不能", "未能", "没能", "难以", "并未", "没有", "从未", "尚未")  # before a verb of remedy
_ALSO = tuple("又也却还都仍均才")  # before 不能 where it tells what is impossible, not what is forbidden
_DIGITS = re.compile(r"\d")
# What is done wrongly, behind a prohibition: 以会议落实会议, 一合了之, 借机收费, 让群众跑腿.
_EVIL = re.compile(
    r"以[^,;。]{1,12}(?:代|为名|之名|为由|换)|[^,;。]{0,8}一[一-龥]了之|[^,;。]{0,12}(?:了事|代替|替代|敷衍|应付|往返|奔波|跑腿|走过场|凑数|好看|表面|口号|层面|形式)"
    r"|再[^,;。]{0,3}(?:搞|建|设|发|举|出现|发生)|搞|借|变相|让[^,;。]{1,16}成|把[^,;。]{1,24}(?:当|作|成)|成为|变成|停留|满足于|只"
)
_TROUBLE = re.compile(
    r"问题|难题|困难|难点|堵点|痛点|瓶颈|障碍|壁垒|矛盾|风险|隐患|现象|行为|弊端|弊病|短板|缺口|差距|不足|损失|浪费|污染|事故"
    r"|乱象|倾向|做法|思想|作风|冲击|危机|陷阱|误区|纠纷|负担|压力|重复|盲目|随意|难|乱|贵|腐|滥|偏差|流失|侵害|泄露"
)


LEARNED = "learned"  # stands for a rule where the model alone found a statement
_GUARDS = frozenset({"guard", "remedy", "prohibit"})
_FURTHEST_GUARD = 6  # characters between the start of a clause and the verb that makes it a guarded one
# What is known of a clause besides its words: the rule by which cues tell a statement in it, what they tell of its
# neighbours in the passage, and whether the text before it, or the heading above it, speaks of problems.
TOLD = (
    "lack", "quality", "absent", "ill", "consequence", "guard", "remedy", "prohibit",
    "after_reported", "after_guarded", "after_nothing", "before_reported", "before_guarded", "before_nothing",
    "announced", "headed", "heading",
)  # fmt: skip
_SPEAKING_OF = re.compile(r"问题|不足|短板|困难|薄弱|差距|原因|矛盾|隐患|缺失|困境|难点|症结|弊")
_NEAR = 60  # characters before a clause in which an announcement counts
_SUREST = 30.0
_DOUBT = 0.1  # what cues tell is given up below this score; where no cue tells anything the model's threshold counts
_MOST_TORN = 3  # characters of a cue that words may not tear: longer ones are no accident


class Statement(NamedTuple):
    """A problem statement with the class of cue that tells it and the places that it rests on."""

    start: int
    end: int
    stance: str
    rule: str
    evidence: tuple[Range, ...]


class ProblemExtractor:
    """Finds problem statements clause by clause, by what cues tell and by how much a clause sounds like one."""

    def __init__(self) -> None:
        self.scores = rule_scores(Problem.label)

    def find(self, draft: Draft) -> list[Problem]:
        """The problems of the document, in order; themes are given to them later, by the theme model."""
        return [problem for _, problem in self.ruled(draft)]

    def ruled(self, draft: Draft) -> list[tuple[str, Problem]]:
        """The problems with the rule that found each, in order."""
        cues, taken = _cues(draft), _taken(draft)
        told = _told(draft, cues, taken)
        if draft.heard is None:
            return [
                (one.rule, _problem(draft.text, one, self.scores[one.rule], one.evidence))
                for _, said in sorted(told.items())
                for one in said
            ]
        return list(_judged(draft, draft.heard, told, cues, taken))

    def told_by_cues(self, draft: Draft) -> dict[int, list[Statement]]:
        """The statements that cues tell, by the number of their clause."""
        return _told(draft, _cues(draft), _taken(draft))


def _told(draft: Draft, cues: list[Cue], taken: list[Range]) -> dict[int, list[Statement]]:
    told: dict[int, list[Statement]] = {}
    for number, inside in cues_by_clause(draft.clauses, cues):
        free = [cue for cue in inside if not _covered(cue, taken)]
        if said := list(statements(draft.text, *draft.clauses[number], free)):
            told[number] = said
    return told


def _judged(
    draft: Draft, heard: Heard, told: dict[int, list[Statement]], cues: list[Cue], taken: list[Range]
) -> Iterator[tuple[str, Problem]]:
    """What cues tell where that is not most unlikely, and the clauses likely enough to state a problem without them."""
    knowledge = known(draft, told)
    sums = heard.weights[0] * heard.margins + knowledge @ heard.weights[1:-1] + heard.weights[-1]
    likely = 1 / (1 + np.exp(-np.clip(sums, -_SUREST, _SUREST)))
    starts = [first for first, _, _ in cues]
    for number in np.flatnonzero((likely >= _DOUBT) | _alone(knowledge)).tolist():
        said = told.get(number)
        if said is None and likely[number] < heard.threshold:
            continue
        clause, score = draft.clauses[number], round(float(likely[number]), 4)
        if said is None and _covered((*clause, ""), taken):
            continue
        places = heard.evidence(clause)
        if said is None:
            inside = cues[bisect_left(starts, clause[0]) : bisect_left(starts, clause[1])]
            said = list(_learned(draft.text, clause, inside, places))
        for one in said:
            inner = (place for place in places if one.start <= place[0] and place[1] <= one.end)
            yield one.rule, _problem(draft.text, one, score, merged([*one.evidence, *inner]))


def _problem(text: str, one: Statement, score: float, evidence: tuple[Range, ...]) -> Problem:
    return Problem(one.start, one.end, text[one.start : one.end], one.stance, score=score, evidence=evidence)


def _cues(draft: Draft) -> list[Cue]:
    cues = [(s, e, layer[9:]) for s, e, layer in draft.hits.classified(*_LAYERS)]
    return _with_inability(draft.text, list(_whole(draft, cues)))


def _whole(draft: Draft, cues: list[Cue]) -> Iterator[Cue]:
    """The cues that do not begin in the midst of a word and end in another: no 过大 in 通过大数据."""
    starts, ends = (np.array([cue[side] for cue in cues], np.int64) for side in (0, 1))
    words = draft.token_ends
    first = np.searchsorted(words, starts, "right")  # the word that a cue begins in
    begins = np.append(0, words)[first]
    torn = (begins < starts) & (np.append(words, len(draft.text))[first] < ends) & (ends - starts <= _MOST_TORN)
    return (cue for cue, is_torn in zip(cues, torn.tolist(), strict=True) if not is_torn)


def _taken(draft: Draft) -> list[Range]:
    """Where nothing is stated: titles of documents, and the lines around a text."""
    titles = [(span.start, span.end) for span in draft.spans.get("DOCUMENT", ())]
    skipped = [(p.start, p.end) for p in draft.passages if p.kind in _SKIPPED]
    return sorted(titles + skipped)


def known(draft: Draft, told: dict[int, list[Statement]]) -> npt.NDArray[np.int8]:
    """What is known of each clause besides its words, of shape (clauses, TOLD)."""
    clauses = np.array(draft.clauses, np.int64).reshape(-1, 2)
    starts = clauses[:, 0]
    passages = np.array([(p.start, p.end) for p in draft.passages], np.int64).reshape(-1, 2)
    owner = np.maximum(np.searchsorted(passages[:, 0], starts, "right") - 1, 0)
    known = np.zeros((len(clauses), len(TOLD)), np.int8)
    stance = np.zeros(len(clauses) + 2, np.int8)  # with an edge before and behind: 1 reported, 2 guarded
    for number, said in told.items():
        known[number, TOLD.index(said[0].rule)] = 1
        stance[number + 1] = 2 if said[0].stance == "guarded" else 1
    first = np.append(True, owner[1:] != owner[:-1]) if len(owner) else np.zeros(0, bool)
    last = np.append(first[1:], True)[: len(first)]
    for side, near, edge in (("after", stance[:-2], first), ("before", stance[2:], last)):
        known[:, TOLD.index(f"{side}_reported")] = (near == 1) & ~edge
        known[:, TOLD.index(f"{side}_guarded")] = (near == 2) & ~edge
        known[:, TOLD.index(f"{side}_nothing")] = edge
    headings = np.array([passage.kind == "heading" for passage in draft.passages], bool)
    if len(headings):
        known[:, TOLD.index("heading")] = headings[owner]
    speaking = np.array([match.start() for match in _SPEAKING_OF.finditer(draft.text)], np.int64)
    if len(speaking):
        latest = speaking[np.maximum(np.searchsorted(speaking, starts) - 1, 0)]
        near_start = np.maximum(passages[owner, 0], starts - _NEAR)
        known[:, TOLD.index("announced")] = (latest >= near_start) & (latest < starts)
        headed, heading = np.zeros(len(passages), bool), False
        for number, passage in enumerate(draft.passages):
            if passage.kind == "heading":
                heading = _SPEAKING_OF.search(draft.text, passage.start, passage.end) is not None
            else:
                headed[number] = heading
        known[:, TOLD.index("headed")] = headed[owner]
    return known


def _alone(knowledge: npt.NDArray[np.int8]) -> npt.NDArray[np.bool_]:
    """Which clauses have no neighbours to be judged by: there what cues tell is believed."""
    first, last, heading = (knowledge[:, TOLD.index(name)] for name in ("after_nothing", "before_nothing", "heading"))
    return (first & last & (1 - heading)).astype(np.bool_)


def _learned(text: str, clause: Range, cues: list[Cue], places: tuple[Range, ...]) -> Iterator[Statement]:
    """The statement of a clause in which no cue tells or denies one."""
    start, end = clause
    if any(kind in _DENIALS for _, _, kind in cues) or any(pattern.search(text, start, end) for pattern in _SILENCING):
        return
    start, end = _bounds(text, start, end)
    stance = "reported"
    for first, last, kind in cues:
        guards = kind in _GUARDS and text[first - 1 : first] not in _ALSO and text[first - 2 : first] != "一直"
        if guards and end - last >= _SHORTEST and first - start <= _FURTHEST_GUARD:
            start, stance = first, "guarded"
            break
    if stance == "reported" and (_DUTY.search(text, start, end) or _TOPIC.search(text, start, end)):
        return
    if end - start >= _SHORTEST:
        inner = tuple(place for place in places if start <= place[0] and place[1] <= end)
        yield Statement(start, end, stance, LEARNED, inner or ((start, end),))


def _unable(text: str) -> Iterator[re.Match[str]]:
    """What cannot be done, looked for where 不 stands, which is many times as fast as a search for all of it."""
    at, place = 0, text.find("不", 1)
    while place >= 0:
        if place > at and (match := _UNABLE.match(text, place - 1)):
            yield match
            at = match.end()
        place = text.find("不", place + 1)


def _with_inability(text: str, cues: list[Cue]) -> list[Cue]:
    """The cues, and what the text says cannot be done where no longer cue stands."""
    ends = {at for first, last, _ in cues for at in range(first, last)}
    found = [(*match.span(), "absent") for match in _unable(text) if match.start() + 1 not in ends]
    facts = [(*match.span(), "absent") for match in _BAD_FACT.finditer(text) if match.start() not in ends]
    return sorted([*cues, *found, *facts]) if found or facts else cues


def cues_by_clause(clauses: list[tuple[int, int]], cues: list[Cue]) -> Iterator[tuple[int, list[Cue]]]:
    """The numbers of the clauses that hold cues, each with its own; a cue that crosses a clause's end is passed over."""
    ends = [end for _, end in clauses]
    at = 0
    while at < len(cues):
        number = bisect_right(ends, cues[at][0])
        if number == len(clauses):
            return
        start, end = clauses[number]
        inside = []
        while at < len(cues) and cues[at][0] < end:
            if cues[at][0] >= start and cues[at][1] <= end:
                inside.append(cues[at])
            at += 1
        if inside:
            yield number, inside


def _covered(cue: Cue, taken: list[tuple[int, int]]) -> bool:
    place = bisect_left(taken, (cue[0] + 1,)) - 1
    return place >= 0 and taken[place][1] >= cue[1]


def statements(text: str, start: int, end: int, cues: list[Cue]) -> Iterator[Statement]:
    """The problem statements of one clause.

    >>> clause = "仍存在业务聚焦不够、担保能力不强等问题"
    >>> cues = [(1, 3, "exists"), (7, 9, "lack"), (14, 16, "lack")]
    >>> [(clause[s:e], rule, evidence) for s, e, _, rule, evidence in statements(clause, 0, len(clause), cues)]
    [('业务聚焦不够', 'lack', ((1, 3), (7, 9))), ('担保能力不强', 'lack', ((1, 3), (14, 16)))]
    """
    start, end = _bounds(text, start, end)
    cues = [cue for cue in cues if cue[0] >= start]
    if end - start < _SHORTEST or text[end - 1] == "的" or any(kind in ("solved", "announce") for _, _, kind in cues):
        return
    if any(pattern.search(text, start, end) for pattern in _SILENCING) or _HEADS_LIST.match(text, start, end):
        return
    guarded = _guard(text, start, end, cues)
    if guarded is not None:
        first, last, rule = guarded
        end = _before_measure(text, last, end)
        behind = [(f, t) for f, t, kind in cues if f >= last and kind in _WRONGS]
        troubles = [match.span() for match in _TROUBLE.finditer(text, last, end)]
        yield Statement(first, end, "guarded", rule, merged([(first, last), *behind, *troubles]))
        return
    wrongs = [cue for cue in cues if _states_wrong(text, start, end, cue, cues)]
    if wrongs and (_exists(cues, wrongs[0][0]) or not _is_duty(text, start, end, wrongs[-1][1])):
        for first, last in _statements_of(text, start, end, wrongs, cues):
            yield _reported(text, first, last, wrongs, cues)


def _is_duty(text: str, start: int, end: int, last: int) -> bool:
    """Whether a clause says what is to be done, and names what is wrong only in passing."""
    if _CONDITION.match(text, end):
        return True
    return end - last > 2 and (_MEASURE.match(text, start, end) or _DUTY.search(text, start, end)) is not None


def _before_measure(text: str, first: int, end: int) -> int:
    """Where a guarded statement ends: before what is to be furthered, which 、 may join to it."""
    for begin, _ in list(_parts(text, first, end))[1:]:
        if _MEASURE.match(text, begin, end):
            return begin - 1
    return end


def _reported(text: str, start: int, end: int, wrongs: list[Cue], cues: list[Cue]) -> Statement:
    """A reported wrong; of several classes of cues the one named first in CLASSES counts."""
    inside = [cue for cue in wrongs if start <= cue[0] and cue[1] <= end] or wrongs
    rule = min((kind for _, _, kind in inside), key=CLASSES.index)
    named = [match.span() for match in _NAMED.finditer(text, start, end)]
    existing = [(first, last) for first, last, kind in cues if kind == "exists" and last <= inside[-1][0]]
    evidence = merged([(first, last) for first, last, _ in inside] + named + existing)
    return Statement(start, end, "reported", rule, evidence)


def _bounds(text: str, start: int, end: int) -> tuple[int, int]:
    """A clause without connectives before it and closing marks behind it."""
    start = _after_lead(text, start, end)
    if (match := _TRAILING.search(text, start, end)) and match.start() - start >= _SHORTEST:
        end = match.start()
    while text[start - 1 : start] in ("“", "‘") and text.count("”", start, end) > text.count("“", start, end):
        start -= 1
    while end > start and text[end - 1] in " ”’":
        if text[end - 1] in "”’" and text.count("“", start, end) + text.count("‘", start, end) > 0:
            break
        end -= 1
    return start, end


def _after_lead(text: str, start: int, end: int) -> int:
    """The clause's start after connectives."""
    while (match := _LEAD.match(text, start, end)) and match.end() > start:
        start = match.end()
    return start


def _guard(text: str, start: int, end: int, cues: list[Cue]) -> Cue | None:
    """The verb at which a guarded statement begins: the first guarding one with an ill behind it."""
    for i, (first, last, kind) in enumerate(cues):
        if kind not in _GUARDS or end - last < 2 or text[last] in "了过" or text[first - 2 : first] in _UNDOING:
            continue
        if kind == "prohibit" and text[first - 1 : first] in _ALSO:
            continue
        if kind == "remedy" and (_WITHOUT_CONTENT.match(text, last, end) or _NO_REMEDY.match(text, last, end)):
            continue
        if kind != "prohibit" and (_DIGITS.search(text, last, end) or _NO_REMEDY.match(text, last, end)):
            continue
        behind = {k for _, _, k in cues[i + 1 :]}
        ill = bool(behind & _WRONGS) or (kind != "prohibit" and _TROUBLE.search(text, last, end) is not None)
        if ill or (kind == "guard" and end - last >= 3) or (kind == "prohibit" and _EVIL.match(text, last, end)):
            return cues[i]
    if text[start] == "对" and _PUNISHED.search(text, start, end) and any(k in _WRONGS for _, _, k in cues):
        return start, start + 1, "prohibit"
    return None


def _states_wrong(text: str, start: int, end: int, cue: Cue, cues: list[Cue]) -> bool:
    """Whether a cue makes its clause a reported wrong, given what stands around it."""
    first, last, kind = cue
    if kind in _WRONGS and (_TARGET.search(text, start, end) or _OF_WHOM.match(text, last, end)):
        return False
    if kind == "quality" and last < end and text[last] not in _NO_OBJECT:
        return _exists(cues, first) or _NAMED.search(text, last, end) is not None
    if kind in ("lack", "absent", "quality"):
        # an attribute (不合格的产品) states nothing unless it is called a problem
        if text[last : last + 1] == "的" and last + 1 < end:
            return _NAMED.search(text, last, end) is not None or _exists(cues, first)
        return kind == "absent" or first > start or end - last <= 6
    if kind == "ill":
        quoted = text[first - 1 : first] in ("“", "‘") and text[last : last + 1] in ("”", "’")
        return quoted or _exists(cues, first) or _NAMED.search(text, last, end) is not None
    return kind == "consequence" and end - last >= 2


def _exists(cues: list[Cue], before: int) -> bool:
    return any(kind == "exists" and last <= before for _, last, kind in cues)


def _statements_of(text: str, start: int, end: int, wrongs: list[Cue], cues: list[Cue]) -> Iterator[tuple[int, int]]:
    """One span a clause, or one for each part that 、 joins where every part states its own wrong."""
    parts = list(_parts(text, start, end))
    tail = _LIST_END.search(text, parts[-1][0], end)
    if len(parts) > 1:
        parts[-1] = (parts[-1][0], tail.start() if tail else end)
        shared = tail is None and _COMMON_END.search(text, parts[-1][0], end) is not None
        stating = sum(
            any(a + (tail is None and a > start) <= first and last <= b for first, last, _ in wrongs) for a, b in parts
        )
        opening = [last for _, last, kind in cues if kind == "exists" and last < parts[0][1]]
        if not shared and (
            stating == len(parts)
            or (tail and opening and _predicates(parts, wrongs) * (3 if "问题" in tail.group() else 1.5) >= len(parts))
        ):
            if opening and opening[0] <= min(first for first, _, _ in wrongs):
                parts[0] = (_OF.match(text, opening[0]).end(), parts[0][1])  # type: ignore[union-attr]
            yield from ((a, b) for a, b in parts if b - a >= _SHORTEST)
            return
    elif tail and (opening := [last for _, last, kind in cues if kind == "exists" and last < tail.start() - 2]):
        yield _OF.match(text, opening[0]).end(), tail.start()  # type: ignore[union-attr]
        return
    yield start, end


def _predicates(parts: list[tuple[int, int]], wrongs: list[Cue]) -> int:
    """How many parts of a list say something of a subject of their own."""
    return sum(any(a < first and last <= b and kind != "ill" for first, last, kind in wrongs) for a, b in parts)


def _parts(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """What 、 joins in a clause, outside quotation marks and brackets."""
    depth = 0
    first = start
    for at in range(start, end):
        char = text[at]
        if char in "“‘(《":
            depth += 1
        elif char in "”’)》":
            depth = max(depth - 1, 0)
        elif char == "、" and depth == 0:
            yield first, at
            first = at + 1
        elif char == "以" and depth == 0 and text.startswith("以及", at):
            yield first, at
            first = at + 2
    yield first, end
