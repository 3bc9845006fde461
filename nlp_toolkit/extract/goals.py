"""Results to be reached: clauses that state an end state or a figure, grouped into goals with deadline and figures.

Cues stand in data/cues/goals.tsv by class. A goal needs one of: a figure to be reached, a verb of reaching with its
object, an end product, or an end state under a deadline or a word of aim. Bare measures (推进, 加强) are none.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import NamedTuple, TypeVar

from nlp_toolkit.document import Date, Goal, Passage, Quantity
from nlp_toolkit.draft import Draft, Range, merged
from nlp_toolkit.frame import FRAME_KINDS
from nlp_toolkit.lexicon import rule_scores
from nlp_toolkit.numbers import QuantityMatch, figure_places, find_quantities

T = TypeVar("T")
Cue = tuple[int, int, str]
CLASSES = ("asked", "past", "aim", "reach", "state", "build", "product", "measure")
_SPEAKING = frozenset({"aim", "reach", "state", "build", "product"})
_DECISIVE = frozenset(
    {"reach", "state", "build"}
)  # without one of them a sentence needs a date, a figure or a word of aim
_LAYERS = tuple(f"goals.{name}" for name in CLASSES)
# What makes a clause a goal: a figure or an end state, and what it stands under or with.
FIGURE_RULES = ("figure_due", "figure_listed", "figure_bound", "figure_aimed", "figure_reached")
STATE_RULES = (
    "state_aimed",
    "state_due",
    "state_dated",
    "state_reached",
    "state_listed",
    "product_listed",
    "product_described",
)
_NO_GOAL = ""
# A clause that goes on with what a goal is reached for: 为……提供支撑, 让人民群众的生活更美好.
_EXTENDS = re.compile(
    r"为[^,。;]{2,40}(?:提供|打下|奠定|创造|作出|做出)[^,。;]{2,20}$|[让使][^,。;]{4,40}$|促进[^,。;]{4,30}落地见效$"
)

_LEAD = re.compile(
    r"(?: |\(?[一二三四五六七八九十\d]{1,2}[、.)]|第[一二三四五六][,:]?|[一二三四五六七八九十](?:是|要)|其[一二三四五六]"
    r"|并且|并|而且|同时|此外|另外|进而|从而|以此|最终|因此|进一步|要|将(?![^,。;]{1,20}[建打提培])|须|应|即|也|还|使之|以期|俾|努力|着力|全力|奋力|积极|共同|以)"
    r"(?![一-龥]?为目标)"
)
# What introduces a goal and is no part of it: 明确提出要……, 目标是……
_SAYING = re.compile(
    r"(?:提出了?|明确了?|要求|指出|强调|确定了?|部署了?|规定|宣布|承诺|计划|目标(?:是|为|任务是)|要(?=“))(?:要|将|在)?[:“”]?"
)
_AIM_NOUN = re.compile(r"(?:为|的[^,。;]{0,6}?|(?:达|达成|实现|完成)[^,。;]{2,40}(?:之|的)?)目标$|目标任务$")
_CALLED = re.compile(r"(?:达成?|实现|完成)[^,。;]{2,40}目标$")
_EMPTY_AIM = re.compile(
    r"(?:达成?|达到|实现|完成)(?:原|其|该|此|当初|既定|预期|政策|计划|施政|设定|年度|相关|上述|各项|预定|有关|之|的)*目标(?:任务)?$"
    r"|(?:无法|未能|未|如何|是否(?:仍)?能?(?:有效)?)(?:达成?|达到|实现|完成)[^,。;]{0,40}目标$"
)
# How a budget is criticised with its goals: 仅达成目标7成, 扣除节电目标2%.
_CRITICISED = re.compile(r"仅|未|扣除|根据|落差|低于|差距|无法|导致|竟|更[达遽]|最高|假设|比率|增加|暴|遽")
_PERMITTED = re.compile(r"允许|最多|最迟|方可|按不|预付|搜集|为原则")
_AIMED = re.compile(r"以[^,。;]{2,40}为目标")
# What stands before a verb of reaching where it is furthered, tried or denied.
_FURTHERED = re.compile(
    r"推动|支持|探索|帮助|引导|鼓励|促进|防止|避免|杜绝|有助于?|有利于|服务|具备|没有?|未|便于|利于|可以|能够|才能|如何|加快|推进|协助|指导|为|是|助力|尝试|逐步(?=探索)"
)
_TURNING = re.compile(r"[一-龥]{0,2}[把将]")  # 努力把……建设成为
# What reaching is said to be good for, or is spoken of: no goal by itself.
_SPOKEN_OF = re.compile(
    r"的[^,。;的]{0,6}(?:关键|条件|需要|基础|保障|前提|途径|手段|路径|之路|举措|抓手|切入点|作用|体现|意义|机遇|期盼|必然要求|过程)$"
    r"|需要$|合力$|震慑$|如下$|意见$|孤岛|壁垒|[这该此](?:一|个|些|项)?目标$|上述目标$|目标的(?:实现|达成)$"
)
_DONE = re.compile(r"[了过](?![解])|[后的以](?!来)")
# Adverbs that make a clause under a deadline an end state: 全部完成, 基本消除.
_COMPLETE = re.compile(
    r"全部|全面|全覆盖|基本|普遍|明显|显著|大幅|更加|得到|完成|消除|健全|完善|达标|到位|落实|形成|零|转变|水平"
)
# What is completed by a day is a result; what is reported, issued or summed up by it is a step of procedure.
_COMPLETED = re.compile(
    r"建成|完工|竣工|投产|启用|启动|开工|完成|通车|通水|通航|开通|合龙|投入使用|投入运营|运行|挂牌|到位|推开|覆盖|接入|招收|交付|入住|搬迁|免征|取消|实行|实施|脱贫|退出|清零|达到|归集|贯通"
)
_PROCEDURE = re.compile(
    r"[报上提]送|上报|报[国省市县自]|报告|备案|[总小]结|征求意见|验收|通报|公布|汇总|拿出|签订|印发|出台|制定|修订|拟定|研究提出|提出[^,;。]{0,10}(?:方案|意见|办法|报告)|动支|冻结"
)
# What exams, forms and steps of procedure set, and no policy: 不超过300字, 最迟不超过4个小时.
_OF_FORM = frozenset(
    {
        "字",
        "页",
        "行",
        "分",
        "小时",
        "个小时",
        "分钟",
        "天",
        "日",
        "个工作日",
        "工作日",
        "个月",
        "月",
        "年",
        "岁",
        "周岁",
    }
)
_FLOOR = re.compile(
    r"不得(?:低于|少于|超过|高于)|不低于|不少于|不超过|不高于|控制在|至少|力争|确保|努力(?:实现|达到|使)"
)
_THRESHOLD_FOR_WHOM = re.compile(
    r"(?:以上|以下|以内|不满|满)的[^,。;]{0,12}(?:企业|单位|个人|人员|项目|家庭|学校|地区)"
)
# What reaches something only under a deadline or with a figure: 突破, 成为, 不超过.
_ONLY_DUE = frozenset(
    {
        "不低于",
        "不少于",
        "不超过",
        "不高于",
        "控制在",
        "突破",
        "成为",
        "超过",
        "达标",
        "维持在",
        "保持在",
        "稳定在",
        "达到",
    }
)
_MAKING = frozenset({"构建", "打造", "建设", "培育", "塑造", "创建", "开创", "组建", "创设"})
_SHORTEST_STATE = 4  # characters of an end state behind its verb
_MAKES = re.compile(
    r"建设|建成|打造|培育|推出|形成|新增|新建|扶持|引进|完成|创建|培养|选择|遴选|认定|支持建设|推动建设|实现|设立|发展|布局|组建|改造|解决|带动"
)
_ITEM = re.compile(r"\s*(?:——|--|-|·|●|•|\(?[一二三四五六七八九十\d]{1,2}[、.)])")
_NUMBERED = re.compile(r"\(?[一二三四五六七八九十\d]{1,3}[、.)]")
_LONGEST_HEADING = 18
_LAST_MONTH_OF_PLANS = 4  # up to then what is said of 今年 is planned: 今年新增就业35万人
# A passage about a budget tells what is planned and spent, and sets no goals but those it calls so.
_OF_BUDGET = re.compile(r"编列|动支|预算案")
_HAN = re.compile(r"[\u4e00-\u9fff]")
# A clause that says that goals follow: 总体目标:, 主要预期目标是:
_OPENS = re.compile(r"(?:目标(?:任务)?|指标)(?:[是为有:]|如下).{0,1}$")
# Reaching told by the word before a figure: 达80%, 增至300家, 占一半以上.
_REACHES = re.compile(r"(?:达|[增升扩提降减压]至|[增升降减]到|占|保持|[不未]?[超高低少]于|在)$")
_WILL = re.compile(r"要|将|力争|确保|争取|计划")
_TERM = re.compile(
    r"(?:经过|通过|用|再用|力争)?[一二三四五六七八九十两\d]{1,3}(?:[到至—-][一二三四五六七八九十\d]{1,3})?年(?:左右)?(?:的)?(?:努力|时间|内)?$"
)
# What stands around the thing measured and is no part of it.
_BEFORE_THING = re.compile(
    r"(?:全[省市县区州国镇乡村港]|[本我各](?:[省市县区州国]|地)|[一二三四五六七八九十两\d]{1,3}年内|累计|每年|共(?![享同建治有用产青])|要|将|力争|确保|争取|到|在|实现|完成|建成|新建成|培育|培训"
    r"|发放|新增|新建|组织开展|开展|扶持|引进|带动|推动|使|把|(?:建设|打造|推出|选择|改造|创建)$)"
)
_BEHIND_THING = re.compile(
    r"(?:分别|均|都|也|要|将|应|力争|确保|累计|不得|不|[比较](?:\d{4}年|[上去]年|[“\"]?十[一二三四五]五[”\"]?|基期)[^,]{0,6}|[由从]\d[^,]{0,8}|至少|总计|合计|年均|再"
    r"|高于|低于|少于|多于|超过|达到|达|为|控制在|保持在|稳定在|下降到?|上升到?|增长到?|增加到?|减少到?|提高到?|提升到?|降低到?|降[到至]?|压缩|压减|缩短|缩小|翻"
    r"|实现|突破|到|至|在)$"
)
_COUNTED = re.compile(r"(?:以上|左右|以内|以下)?的?([^,。;、()“”]{2,24})")
_BASE = re.compile(r"[比较由从]$")
_WORDS_OF_AIM = re.compile("目标|指标|年")
_MOST_DATES = 8  # dates of one clause
_SHORTEST_THING = 2
_LONGEST_TAIL = 20  # how far behind the thing measured its verb and base are looked for


@dataclass(slots=True)
class _Clause:
    """A clause with what speaks for a goal in it."""

    start: int
    end: int
    cues: Sequence[Cue]
    dates: Sequence[Date]
    figures: Sequence[QuantityMatch]
    spoken: str  # the words of aim and term in it: 目 指 年
    after_stop: bool  # the clause before it ended a sentence
    kinds: frozenset[str]

    def has(self, *kinds: str) -> bool:
        """Whether a cue of one of these kinds stands in it."""
        return not self.kinds.isdisjoint(kinds)


class _Due(NamedTuple):
    """A day by which something is due, and where the text says so."""

    day: date
    place: Range


@dataclass(slots=True)
class _Group:
    """A goal in the making, with the rules that found its clauses and the places that they rest on."""

    start: int
    end: int
    deadline: date | None
    clauses: list[_Clause] = field(default_factory=list)
    rules: list[str] = field(default_factory=list)
    evidence: list[Range] = field(default_factory=list)

    def add(self, clause: _Clause, rule: str, evidence: list[Range]) -> None:
        """Take in a clause."""
        self.end = clause.end
        self.clauses.append(clause)
        self.rules.append(rule)
        self.evidence += evidence


class GoalExtractor:
    """Finds goals passage by passage; a deadline named once holds for the rest of its list."""

    def __init__(self) -> None:
        self.scores = rule_scores(Goal.label)

    def find(self, draft: Draft) -> list[Goal]:
        """The goals of the document, in order."""
        return [goal for _, goal in self.ruled(draft)]

    def ruled(self, draft: Draft) -> list[tuple[str, Goal]]:
        """The goals with the best rule that found each, in order."""
        aside = [(span.start, span.end) for span in draft.spans.get("DOCUMENT", ())]
        found: list[tuple[str, Goal]] = []
        listed: _Due | None = None  # the deadline that a heading or an opening line gives to what follows
        recent: _Due | None = None  # the last deadline named under the heading at hand
        aiming: Range | None = None  # where the heading, or the line above a list, says that goals follow
        chained: Range | None = None  # where the item before this one in its list rests its deadline
        finder = _ClauseFinder(draft, aside)
        for passage in draft.passages:
            if passage.kind in FRAME_KINDS:
                continue
            clauses = finder.clauses(passage)
            if passage.kind == "heading":
                aiming = _place_of("目标", draft.text, passage.start, passage.end)
                dates = [d for clause in clauses for d in clause.dates]
                recent = listed = _ahead(dates, draft.date) if aiming else _due(dates, draft.date)
            if not clauses:
                continue
            is_item = _ITEM.match(draft.text, passage.start, passage.end) is not None
            reader = _PassageReader(
                draft, passage, listed, aiming or (chained if is_item else None), recent, self.scores
            )
            goals = reader.read(clauses)
            found += goals
            recent = reader.latest or recent
            chained = reader.due.place if is_item and goals and reader.due is not None else None
            if passage.text.rstrip().endswith(":"):
                listed = reader.due or listed
                aiming = reader.opened or aiming
        return found


class _ClauseFinder:
    """The clauses of the sentences in which anything may speak for a goal; most sentences are passed over whole.

    That takes a verb of reaching, a date, a figure, or a word for goals or for a term.
    """

    def __init__(self, draft: Draft, titles: list[Range]) -> None:
        self.text = draft.text
        self.titles = titles
        self.bounds = draft.clauses
        self.starts = [start for start, _ in self.bounds]
        self.sentences = draft.sentences
        dates = draft.of(Date)
        cues = [(s, e, layer[6:]) for s, e, layer in draft.hits.classified(*_LAYERS)]
        if titles:
            cues = [cue for cue in cues if not _in_any(cue[0], titles)]
        self.cues = self._by_clause(cues, [(first, last) for first, last, _ in cues])
        self.dates = self._by_clause(dates, [(found.start, found.end) for found in dates])
        self.figured = {self._clause_at(place) for place in figure_places(self.text)}
        self.spoken = self._words_of_aim()
        numbers = {number for number, inside in self.cues.items() if _may_decide(inside)}
        numbers.update(self.dates, self.figured, self.spoken, (self._clause_at(found.start) for found in dates))
        sentence_starts = [start for start, _ in self.sentences]
        self.live = sorted({bisect_right(sentence_starts, self.bounds[n][0]) - 1 for n in numbers if n >= 0} - {-1})

    def _clause_at(self, place: int) -> int:
        """The number of the clause that a place lies in or behind."""
        return bisect_right(self.starts, place) - 1

    def _by_clause(self, found: Iterable[T], places: Iterable[Range]) -> dict[int, list[T]]:
        """What stands within clauses, by their numbers."""
        result: dict[int, list[T]] = {}
        for one, (start, end) in zip(found, places, strict=True):
            number = bisect_right(self.starts, start) - 1
            if number >= 0 and end <= self.bounds[number][1]:
                result.setdefault(number, []).append(one)
        return result

    def _words_of_aim(self) -> dict[int, str]:
        """The first characters of the words of aim and term by clause."""
        spoken: dict[int, str] = {}
        for match in _WORDS_OF_AIM.finditer(self.text):
            number = bisect_right(self.starts, match.start()) - 1
            spoken[number] = spoken.get(number, "") + match.group()[0]
        spoken.pop(-1, None)
        return spoken

    def clauses(self, passage: Passage) -> list[_Clause]:
        """The clauses of a passage with the cues, dates and figures that stand in each, titles of documents left out."""
        result: list[_Clause] = []
        first = bisect_left(self.live, bisect_left(self.sentences, (passage.start,)))
        for place in range(first, len(self.live)):
            start, end = self.sentences[self.live[place]]
            if start >= passage.end:
                break
            after_skipped = place == first or self.live[place] > self.live[place - 1] + 1
            for number in range(bisect_left(self.starts, start), bisect_left(self.starts, end)):
                result.append(self._clause(number, after_skipped or self.starts[number] == start))
                after_skipped = False
        return result

    def _clause(self, number: int, after_stop: bool) -> _Clause:
        start, end = self.bounds[number]
        own = self.dates.get(number, ())[:_MOST_DATES]
        figures = self._figures(start, end, own) if number in self.figured else ()
        cues = self.cues.get(number, ())
        kinds = frozenset([kind for _, _, kind in cues]) if cues else _NOTHING
        return _Clause(start, end, cues, own, figures, self.spoken.get(number, ""), after_stop, kinds)

    def _figures(self, start: int, end: int, dates: Sequence[Date]) -> list[QuantityMatch]:
        return [
            figure
            for figure in find_quantities(self.text, start, end)
            if not any(d.start < figure.end and figure.start < d.end for d in dates)
            and not _in_any(figure.start, self.titles)
        ]


_NOTHING: frozenset[str] = frozenset()


def _may_decide(cues: list[Cue]) -> bool:
    """Whether a clause's cues may make a goal without a deadline: a verb of building needs its product."""
    kinds = [kind for _, _, kind in cues]
    return "reach" in kinds or "state" in kinds or ("build" in kinds and "product" in kinds)


def _in_any(at: int, ranges: Sequence[tuple[int, int]]) -> bool:
    place = bisect_left(ranges, (at + 1,)) - 1
    return place >= 0 and ranges[place][1] > at


def _place_of(word: str, text: str, start: int, end: int) -> Range | None:
    at = text.find(word, start, end)
    return (at, at + len(word)) if at >= 0 else None


def _due(dates: Sequence[Date], today: date | None) -> _Due | None:
    """The deadline among some dates, if it was still to come when the document was written."""
    for found in dates:
        if found.last_day is None or (today is not None and found.last_day < today):
            continue
        if found.role == "deadline" or (found.role == "span" and "五" in found.text):
            return _Due(found.last_day, (found.start, found.end))
    return None


def _ahead(dates: Sequence[Date], today: date | None) -> _Due | None:
    """The last date that is still to come."""
    ahead = [_Due(d.last_day, (d.start, d.end)) for d in dates if d.last_day and (today is None or d.last_day >= today)]
    return ahead[-1] if ahead else None


def _is_attribute(text: str, figures: list[QuantityMatch]) -> bool:
    """Whether a figure only says of whom the next one is told: 592个县的解决比例不低于80%."""
    if len(figures) < 2:
        return False
    between = text[figures[0].end : figures[1].start]
    return "的" in between and "," not in between and _REACHES.search(between) is not None


class _PassageReader:
    """Walks the clauses of one passage and groups them into goals."""

    def __init__(
        self, draft: Draft, passage: Passage, listed: _Due | None, aiming: Range | None, recent: _Due | None,
        scores: dict[str, float],
    ) -> None:  # fmt: skip
        self.draft = draft
        self.text = draft.text
        self.passage = passage
        self.scores = scores
        self.due = listed
        self.recent = recent  # what 主要指标: falls back on
        self.latest: _Due | None = None  # the last deadline that the passage names
        # Where the text says that goals follow, and where the sentence at hand names a deadline itself.
        self.aiming = [place for place in (aiming, listed.place if listed else None) if place is not None]
        self.named: list[Range] = []
        self.opened: Range | None = None  # where the passage says that goals follow
        self.chained: Range | None = None  # where a sentence before, of goals as well, names the deadline
        self.of_budget = _OF_BUDGET.search(self.text, passage.start, passage.end) is not None

    def read(self, clauses: list[_Clause]) -> list[tuple[str, Goal]]:
        """The goals of the passage, each with its rule."""
        groups: list[_Group] = []
        open_group: _Group | None = None
        bridge: _Clause | None = None  # a measure between two goals of one sentence
        opening: int | None = None  # where a clause that holds nothing but a deadline or a term begins
        asked = False  # whether the sentence forecasts or asks
        sentence = self.passage.start  # where it begins
        for clause in clauses:
            if clause.after_stop:
                self.chained = self.due.place if self.due and groups and groups[-1].start >= sentence else None
                sentence = clause.start
                open_group = bridge = opening = None
                self.named, asked = [], False
            if clause.spoken and _OPENS.search(self.text, clause.start, clause.end + 1):
                self._open(clause)
                continue
            due = None
            if clause.dates:
                due = _due(clause.dates, self.draft.date) or self._year_ahead(clause) or self._year_alone(clause)
            if due is not None:
                self.due = self.latest = due
                self.named.append(due.place)
                open_group = bridge = None
            if due is not None and self._is_bare(clause):
                opening, asked = self._at_date(clause, clause.dates[0]), asked or clause.has("asked")
                continue
            if "年" in clause.spoken and _TERM.match(self.text, clause.start, clause.end):
                opening = clause.start
                self.named.append((clause.start, clause.end))
                continue
            asked = asked or clause.has("asked")
            rule = self._rule(clause)
            if asked and rule != "state_aimed":
                rule = _NO_GOAL
            if open_group is not None and bridge is None and _EXTENDS.match(self.text, clause.start, clause.end):
                open_group.end = clause.end
                continue
            if rule == _NO_GOAL:
                bridge = clause if open_group is not None and bridge is None else None
                if bridge is None:
                    open_group = None
                continue
            if open_group is None or rule in FIGURE_RULES:
                open_group = _Group(self._start(clause, opening), clause.end, self.due.day if self.due else None)
                groups.append(open_group)
            open_group.add(clause, rule, self._evidence(clause))
            if rule in FIGURE_RULES:
                open_group = None
            opening = bridge = None
        return [goal for group in groups if (goal := self._goal(group)) is not None]

    def _open(self, clause: _Clause) -> None:
        """Note that goals follow, and the year to come that the clause names for them."""
        self.opened = _place_of("目标", self.text, clause.start, clause.end) or (clause.start, clause.end)
        self.aiming.append(self.opened)
        self.due = _ahead(clause.dates, self.draft.date) or self.due or self.recent

    def _year_ahead(self, clause: _Clause) -> _Due | None:
        """A plain date still to come is a deadline where a verb of reaching stands with it: 2022年实现……"""
        today = self.draft.date
        if clause.has("past", "asked"):
            return None
        if not clause.has("reach", "state", "build") and not clause.figures and not self._completes(clause):
            return None
        wills = clause.has("reach", "state", "build") or self._wills(clause)
        for found in clause.dates:
            if found.role != "point" or found.last_day is None or today is None or found.last_day < today:
                continue
            if wills or (found.first_day is not None and found.first_day > today and not self._forecasts(clause)):
                return _Due(found.last_day, (found.start, found.end))
        return None

    def _completes(self, clause: _Clause) -> bool:
        return any(pattern.search(self.text, clause.start, clause.end) for pattern in (_COMPLETE, _COMPLETED))

    def _year_alone(self, clause: _Clause) -> _Due | None:
        """A year to come that is a clause by itself: 2040年,50%的建筑……"""
        today = self.draft.date
        if today is None or not clause.dates or not self._is_bare(clause):
            return None
        first, last = clause.dates[0], clause.dates[-1]
        if first.first_day is None or last.last_day is None:
            return None
        planned = today.month <= _LAST_MONTH_OF_PLANS and first.first_day == today.replace(month=1, day=1)
        if first.first_day <= today and not (planned and last.last_day > today):
            return None
        return _Due(last.last_day, (first.start, last.end))

    def _forecasts(self, clause: _Clause) -> bool:
        """Whether a clause says what will come by itself: 2030年老年人将超过……"""
        return "将" in self.text[clause.start : clause.end]

    def _wills(self, clause: _Clause) -> bool:
        """Whether a word of intent stands right behind the clause's date: 今年要完成……"""
        today = self.draft.date
        early = today is not None and today.month <= _LAST_MONTH_OF_PLANS
        return any(
            _WILL.match(self.text, found.end) or (early and found.text in ("今年", "本年")) for found in clause.dates
        )

    def _is_bare(self, clause: _Clause) -> bool:
        """Whether a clause only names the time (and perhaps the place): 到2025年, 到“十四五”末全市."""
        last = max(found.end for found in clause.dates)
        return clause.end - last <= 4 and not clause.figures

    def _rule(self, clause: _Clause) -> str:
        """The rule that makes a clause a goal, or _NO_GOAL."""
        if clause.has("past", "asked") or not (clause.cues or clause.figures or clause.spoken or self.named):
            return _NO_GOAL
        if self.passage.kind == "heading" and not (clause.figures or clause.dates):
            return _NO_GOAL
        rule = self._figure_rule(clause) if clause.figures else self._state_rule(clause)
        if rule == _NO_GOAL or self._is_done(clause):
            return _NO_GOAL
        if not clause.figures and _PROCEDURE.search(self.text, clause.start, clause.end):
            return _NO_GOAL
        if not clause.figures and _SPOKEN_OF.search(self.text, clause.start, clause.end):
            return _NO_GOAL
        return rule

    def _figure_rule(self, clause: _Clause) -> str:
        text, start = self.text, clause.start
        reaches = clause.has("reach") or _REACHES.search(text, start, clause.figures[0].start) is not None
        if self.of_budget and not self._is_aim_of_budget(clause, reaches):
            return _NO_GOAL
        rules = {
            "figure_due": bool(self.named),
            "figure_listed": (bool(self.aiming) and (reaches or not self._is_of_form(clause))) or self._goes_on(clause),
            "figure_bound": _FLOOR.search(text, start, clause.end) is not None
            and not self._is_of_form(clause)
            and _PERMITTED.search(text, start, clause.end) is None,
            "figure_aimed": clause.has("aim") and _FURTHERED.search(text, start, clause.end) is None,
            "figure_reached": reaches and self.due is not None,
        }
        return next((rule for rule, holds in rules.items() if holds), _NO_GOAL)

    def _goes_on(self, clause: _Clause) -> bool:
        """Whether a clause makes something in a sentence after one of goals: 推出100项……, 打造一批……"""
        return (
            self.chained is not None and _MAKES.match(self.text, self._after_lead(clause.start, clause.end)) is not None
        )

    def _is_aim_of_budget(self, clause: _Clause, reaches: bool) -> bool:
        """Whether a figure in a passage about a budget is aimed at, not spent, counted or criticised."""
        text, start, today = self.text, clause.start, self.draft.date
        if self.named and self.due and today and self.due.day.year > today.year + 1:
            return True
        called = _CALLED.search(text, start, clause.end) is not None
        spoken = reaches or "目" in clause.spoken or clause.has("aim") or _COMPLETED.search(text, start, clause.end)
        return called or (bool(spoken) and _CRITICISED.search(text, start, clause.end) is None)

    def _is_of_form(self, clause: _Clause) -> bool:
        return all((figure.quantity.unit or "") in _OF_FORM for figure in clause.figures) and not self.named

    def _state_rule(self, clause: _Clause) -> str:
        if clause.spoken and _AIM_NOUN.search(self.text, clause.start, clause.end):
            empty = _EMPTY_AIM.search(self.text, clause.start, clause.end)
            return _NO_GOAL if empty else "state_aimed"
        if self.named:
            if clause.has("reach", "state", "build") or _COMPLETE.search(self.text, clause.start, clause.end):
                return "state_due"
            dated = (
                clause.dates
                and not self._starts_measure(clause)
                and _COMPLETED.search(self.text, clause.start, clause.end)
            )
            return "state_dated" if dated else _NO_GOAL
        if not clause.has(*_DECISIVE):
            return _NO_GOAL
        if self._is_run_in_heading(clause) or self.of_budget:
            return _NO_GOAL
        reaching = [cue for cue in clause.cues if cue[2] == "reach" and self.text[cue[0] : cue[1]] not in _ONLY_DUE]
        if any(
            self._leads(clause, cue)
            and (clause.end - cue[1] >= _SHORTEST_STATE or self.text.endswith("覆盖", cue[0], clause.end))
            for cue in reaching
        ):
            return "state_reached"
        building = [cue for cue in clause.cues if cue[2] == "build"]
        if any(self._leads(clause, cue) and self._ends_in_product(clause, cue) for cue in building):
            if self.aiming or self._goes_on(clause):
                return "product_listed"
            making = any(self.text[first:last] in _MAKING for first, last, _ in building)
            return "product_described" if making and self._described(clause) else _NO_GOAL
        return "state_listed" if self.aiming and clause.has("state", "reach") else _NO_GOAL

    def _evidence(self, clause: _Clause) -> list[Range]:
        """All that speaks for a goal in a clause, and what makes its context one."""
        places = [(first, last) for first, last, kind in clause.cues if kind in _SPEAKING]
        places += [(figure.start, figure.end) for figure in clause.figures]
        for pattern in (_FLOOR, _AIM_NOUN, _COMPLETE):
            places += [match.span() for match in pattern.finditer(self.text, clause.start, clause.end)]
        return places + self.named + self.aiming + ([self.due.place] if self.due else [])

    def _is_run_in_heading(self, clause: _Clause) -> bool:
        """Whether a clause is the heading that a numbered paragraph begins with: (十六)打造发展平台。"""
        start = self.passage.start + len(self.passage.text) - len(self.passage.text.lstrip())
        return (
            clause.start - start <= 1
            and clause.end - start <= _LONGEST_HEADING
            and _NUMBERED.match(self.text, start) is not None
            and self.text[clause.end : clause.end + 1] in "。 "
        )

    def _is_done(self, clause: _Clause) -> bool:
        return any(kind in ("reach", "build") and _DONE.match(self.text, last) for _, last, kind in clause.cues)

    def _starts_measure(self, clause: _Clause) -> bool:
        start = self._after_lead(clause.start, clause.end)
        return any(kind == "measure" and first - start <= 2 for first, _, kind in clause.cues)

    def _leads(self, clause: _Clause, cue: Cue) -> bool:
        """Whether a verb stands at the head of its clause, not in an attribute or behind another verb's object."""
        start = self._after_lead(clause.start, clause.end)
        if _FURTHERED.search(self.text, start, cue[0]):
            return False
        return (
            cue[0] - start <= 4
            or self.text[cue[0] - 1] in "“要将以来"
            or _TURNING.match(self.text, start, cue[0]) is not None
        )

    def _ends_in_product(self, clause: _Clause, cue: Cue) -> bool:
        return any(kind == "product" and first > cue[1] and clause.end - last <= 3 for first, last, kind in clause.cues)

    def _described(self, clause: _Clause) -> bool:
        """An end product with its description (……的……体系) is a result; a bare one (建设数据平台) is a measure."""
        return "的" in self.text[clause.start : clause.end] or "一批" in self.text[clause.start : clause.end]

    def _after_lead(self, start: int, end: int) -> int:
        while (match := _LEAD.match(self.text, start, end)) and match.end() > start:
            start = match.end()
        return start

    def _start(self, clause: _Clause, opening: int | None) -> int:
        """Where the goal begins: at its deadline, or after what introduces it."""
        text = self.text
        if opening is not None:
            return opening
        if called := _CALLED.search(text, clause.start, clause.end):
            return called.start()
        timed = [
            found
            for found in clause.dates
            if found.role in ("deadline", "span", "point") and not _BASE.search(text, clause.start, found.start)
        ]
        if timed:
            return self._at_date(clause, timed[0])
        start = clause.start
        if aimed := _AIMED.search(text, start, clause.end) or _CALLED.search(text, start, clause.end):
            return aimed.start()
        for match in _SAYING.finditer(text, start, clause.end):
            verbs = [first for first, _, kind in clause.cues if kind in ("reach", "build", "state") and first >= start]
            if clause.end - match.end() >= 4 and (not verbs or match.end() <= verbs[0]):
                start = match.end()
        start = self._after_lead(start, clause.end)
        verbs = [first for first, _, kind in clause.cues if kind in ("reach", "build") and first >= start]
        if verbs and verbs[0] - start <= 4 and not clause.figures and text[start] not in "把将使":
            return verbs[0]
        return start

    def _at_date(self, clause: _Clause, found: Date) -> int:
        """The clause's start, or the preposition before the date where words of saying come first."""
        text, start = self.text, self._after_lead(clause.start, clause.end)
        first = found.start
        if first > start and text[first - 1] in "到至":
            first -= 1
        if first - start <= 1 or _SAYING.search(text, start, first) or text[start:first].endswith(("在", "于")):
            return first
        return start

    def _goal(self, group: _Group) -> tuple[str, Goal] | None:
        text = self.text
        start, end = group.start, group.end
        while end > start and text[end - 1] in " 、”’" and text.count("“", start, end) < text.count("”", start, end):
            end -= 1
        while start < end and text[start] in "“‘ " and text.count("“", start, end) > text.count("”", start, end):
            start += 1
        if end - start < 4 or not _HAN.search(text, start, end):
            return None
        figures = [
            figure
            for clause in group.clauses
            for figure in clause.figures
            if figure.start >= start and not _THRESHOLD_FOR_WHOM.match(text, figure.end)
        ]
        figures = [figure for i, figure in enumerate(figures) if not _is_attribute(text, figures[i : i + 2])]
        quantities: tuple[Quantity, ...] = tuple(
            replace(figure.quantity, unit=self.draft.written(figure.quantity.unit, figure.start, figure.end))
            for figure in figures
        )
        indicator = self._indicator(group, figures) if figures else None
        rule = max(group.rules, key=self.scores.__getitem__)
        return rule, Goal(
            start, end, text[start:end], group.deadline, quantities, indicator,
            score=self.scores[rule], evidence=merged(group.evidence),
        )  # fmt: skip

    def _indicator(self, group: _Group, figures: list[QuantityMatch]) -> str | None:
        """The thing measured: the subject or object before the first figure, else the noun that is counted after it."""
        clause = group.clauses[0]
        last = figures[0].start
        opening = [d.end for d in clause.dates if d.end <= last and not _BASE.search(self.text, clause.start, d.start)]
        first, last = self._trimmed(max([clause.start, *opening]), last)
        if last - first < _SHORTEST_THING:
            first, last = self._counted(figures[0].end, clause.end)
        return self.draft.source(first, last) if last - first >= _SHORTEST_THING else None

    def _trimmed(self, first: int, last: int) -> tuple[int, int]:
        """The thing within a range: without verbs, places and adverbs around it."""
        text = self.text
        first = self._after_lead(first, last)
        while True:
            if first < last and text[first] in " ,“”、前底末":
                first += 1
            elif last > first and text[last - 1] in " ,“”、的":
                last -= 1
            elif match := _BEFORE_THING.match(text, first, last):
                first = match.end()
            elif match := _BEHIND_THING.search(text, max(first, last - _LONGEST_TAIL), last):
                last = match.start()
            else:
                return first, last

    def _counted(self, first: int, last: int) -> tuple[int, int]:
        """The noun behind a figure."""
        match = _COUNTED.match(self.text, first, last)
        if match is None:
            return first, first
        return match.start(1), match.start(1) + len(match.group(1).removesuffix("建设"))
