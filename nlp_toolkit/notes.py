"""Notes that say who does a measure: （财政部牵头，审计署配合）, （责任单位：……；完成时限：……）, also as lines of their own.

The forms are those in which official documents divide tasks (分工); what makes whom lead or participant is defined by
the annotation guideline. A sentence such as 列第一位者为牵头单位，下同 changes the reading of the notes it is about.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from typing import Literal, NamedTuple

from nlp_toolkit.document import Passage

# first: the first of the list leads, if it is one body, and the others take part
Role = Literal["lead", "participant", "first"]


class Part(NamedTuple):
    """A list of bodies in a note, where it stands, and what they do."""

    start: int
    end: int
    role: Role


class Note(NamedTuple):
    """A note with its brackets, or a line or its end; one without parts says only until when (完成时限：……).

    labelled     its lists stand behind 责任单位： and the like
    led          it says itself who leads (牵头, 主办)
    """

    start: int
    end: int
    parts: tuple[Part, ...]
    labelled: bool
    led: bool


def notes(text: str, lines: Iterable[Passage]) -> list[Note]:
    """The notes of a normalised text, in order.

    >>> text = "编制目录(财政部牵头,审计署、统计局配合)。"
    >>> [(text[part.start : part.end], part.role) for note in notes(text, []) for part in note.parts]
    [('财政部', 'lead'), ('审计署、统计局', 'participant')]
    """
    if not _CUE.search(text):
        return []
    found = [_note(text, *match.span(), 1) for match in _BRACKETS.finditer(text) if _CUE.search(match.group())]
    found += [_note(text, start, end, 0) for start, end in _labelled(lines)]
    return _with_first_leading(text, _apart(sorted(note for note in found if note is not None)))


_CUE = re.compile(r"负责|牵头|配合|参与|落实|主办|主责|承办|[位门关体限间度点]:")
_BRACKETS = re.compile(r"[(\[【〔](?:[^()\[\]【】〔〕\n]++|\([^()\n]{0,40}+\)){1,60}+[)\]】〕]")

# Behind a colon: 牵头单位:, 责任部门:, 主办机关:, 配合单位:
_LABEL = re.compile(
    r"(?:(?P<lead>(?:总?牵头|主办|主责|第一责任)(?:(?:、|和|及)?(?:责任|负责))?)"
    r"|(?P<responsible>(?:责任|负责|主管|实施|落实|承办)(?=[单部机主处科]))"
    r"|(?P<participant>配合|参与|协办|(?:参加|协同|协作|协助|支持)(?=[单部机主处科]))"
    r")(?:单位|部门|机关|机构|主体|处室|科室)?(?:[及和、](?:责任人|联系人|时限|完成时限))?:"
)
_DUE = re.compile(r"(?:完成|实施|推进|办理|整改|落实|工作|时间)?(?:时限|期限|时间|进度|节点)(?:要求|安排|节点|进度)?:")
_LABELLED_LINE = re.compile(rf" *(?:[-*●·■◆] ?|\(?\d{{1,2}}[.)、] ?)?(?:{_LABEL.pattern}|{_DUE.pattern}).")
_LABEL_BEHIND = re.compile(rf"(?<=[。!?]) *{_LABEL.pattern}.")
_OTHER_LABEL = re.compile(r"[^:、]{2,8}:")
_WHOLE_DUTY = r"(?:落实|实施|推进|组织|统筹|指导|办理|协调|抓总|抓好|做好|组织实施|组织落实|抓落实|总体协调|统筹协调|统筹推进|会同推进|具体工作)"
_HOW = r"(?:要|应|应当|共同|联合|具体|统一|全面|主要|总体|切实|一并|总){0,6}"
_LEADS = rf"{_HOW}(?:牵头|主办|主责){_WHOLE_DUTY}?(?:负责)?{_WHOLE_DUTY}?"
_RESPONSIBLE = rf"{_HOW}(?:负总责|负责{_WHOLE_DUTY}?|承办|组织实施|落实|统筹(?:负责|协调|推进)?|主管)"
_TAKES_PART = (
    rf"{_HOW}(?:配合|参与|参加|协助|协同|协办|支持|指导){_WHOLE_DUTY}?"
    r"|(?:依法)?(?:按照|按|根据|依据|依)(?:各自)?(?:的)?(?:部门|工作)?(?:职责|职能|任务)?(?:和)?(?:职责|权限|分工){1,3}"
    rf"(?:分别|共同|做好)?(?:负责)?{_WHOLE_DUTY}?(?:相关工作|有关工作)?|(?:分工|分别|分头)负责(?:落实)?|各负其责"
)
# A会同B; 商 and 联合 are parts of names too: 商务部, 残疾人联合会.
_WITH = r"(?:并?会同|(?:(?<=[部委局厅办署院会行社组室(,;])|(?<![^,;]))(?:商|会商|联合|协同)(?![务业标检品会]))"
# 某委牵头; 某局、某办按职责分工负责; 由某部会同某署落实
_ACT = re.compile(
    rf"(?:其中|并)?由?(?P<list>.*?)(?:(?P<lead>{_LEADS})|(?P<participant>{_TAKES_PART})|(?P<responsible>{_RESPONSIBLE}))?"
    rf"(?:{_WITH}(?P<others>.+?)(?:{_LEADS}|{_TAKES_PART}|{_RESPONSIBLE})?)?"
)
_ORDER = re.compile(
    r"(?:(?:名?列|排(?:名|列)?|位列|标注)(?:在|于)?(?:最前面?|第一位?|首位?|前面)|第一个|首个|首列|首位)(?:者|的)?(?:责任)?(?:单位|部门|机关|者|的)?"
    r"(?:均|即|都)?(?:为|是|系|作为)(?:总|主要)?(?:牵头|主责|主办)(?:单位|部门|机关|者)?"
)
_SAME_BELOW = re.compile(r"[^()。\n]{0,30}?下(?:均)?(?:相)?同")
# What may stand in a note besides the bodies: until when, for how long, where.
_ASIDE = re.compile(
    r"(?:以?下(?:均)?(?:相)?同|其[他余](?:单位|部门|者|的)?(?:均)?(?:为|是)?[^,;。]{0,12}|(?:长期|持续|常态化|分年度|分阶段|滚动|逐年|每年)[^,;。]{0,12}"
    r"|[^,;。]{0,6}\d{1,4} ?[年月日].{0,20}|[^,;。]{0,8}(?:年底|月底|年内|年末|季度|期间|时期)(?:之?前)?[^,;。]{0,8}"
    r"|(?:已|正在|加快|抓紧|全年|立即|即时)[^,;。]{0,10})"
)
_NO_LIST = re.compile(r"(?<!自)由|是|的|如(?!东|皋)|应当|必须|不得|有权|谁|专人|本人|同志|负责人|人员|制度?$")
_LONGEST_NAME = 30  # characters; a longer member is no name
_Kind = Literal["lead", "responsible", "participant", "open", "aside"]
_KINDS: tuple[_Kind, ...] = ("lead", "responsible", "participant")


class _Clause(NamedTuple):
    """A clause of a note: where its list stands, and what the words around it say: a role, nothing, or an aside."""

    start: int
    end: int
    kind: _Kind
    labelled: bool = False

    def under(self, kind: _Kind) -> _Clause:
        """The clause behind a label, which says what the clause itself leaves open."""
        return self._replace(kind=kind if self.kind == "open" else self.kind, labelled=True)


def _labelled(lines: Iterable[Passage]) -> Iterator[tuple[int, int]]:
    """Where lines, or what stands behind a sentence in them, begin with a label."""
    for line in lines:
        if ":" not in line.text:
            continue
        if _LABELLED_LINE.match(line.text):
            yield line.start, line.end
        elif match := _LABEL_BEHIND.search(line.text):
            yield line.start + match.start(), line.end


def _apart(found: list[Note]) -> list[Note]:
    """The notes without those in brackets that stand in a line that is one."""
    result: list[Note] = []
    for note in found:
        if not result or note.start >= result[-1].end:
            result.append(note)
    return result


def _note(text: str, start: int, end: int, bracket: int) -> Note | None:
    """The note between two places, without ``bracket`` characters at each end; None where it is something else."""
    found: list[_Clause] = []
    for first, last in _cut(text, start + bracket, end - bracket):
        behind = found[-1] if found else None
        found += _clauses(text, first, last, behind)
    labelled = any(clause.labelled for clause in found)
    if found and all(clause.kind == "aside" and _DUE.match(text, clause.start, clause.end) for clause in found):
        return Note(start, end, (), labelled, False)
    roles = _settled([clause for clause in found if clause.kind != "aside"])
    if roles is None or not all(_may_be_list(text, part) for part in roles):
        return None
    return Note(start, end, tuple(roles), labelled, any(clause.kind == "lead" for clause in found))


def _cut(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The clauses of a note, between marks that stand outside brackets, and before a label behind white space."""
    at = start
    for match in _CUTS.finditer(text, start, end):
        if text[match.start()] != "(":
            yield at, match.start()
            at = match.end()
    yield at, end


_CUTS = re.compile(r"\([^()\n]{0,40}\)|[,;。] *|(?<! ) +(?=[\u4e00-\u9fff]{2,8}:)")


def _clauses(text: str, start: int, end: int, before: _Clause | None) -> Iterator[_Clause]:
    """What a clause of a note says; one behind a label goes on with its list."""
    while start < end and text[start] in " -*●·■◆":
        start += 1
    while start < end and text[end - 1] == " ":
        end -= 1
    if start == end:
        return
    if label := _LABEL.match(text, start, end):
        kind = next(name for name in _KINDS if label[name])
        yield from (clause.under(kind) for clause in _acts(text, label.end(), end))
    elif _ORDER.search(text, start, end) or _ASIDE.fullmatch(text, start, end):
        yield _Clause(start, end, "aside")
    elif _OTHER_LABEL.match(text, start, end):
        yield _Clause(start, end, "aside", True)
    else:
        acts = _acts(text, start, end)
        goes_on = before is not None and before.labelled and "。" not in text[before.end : start]
        yield from (clause.under(before.kind) for clause in acts) if before and goes_on else acts


def _acts(text: str, start: int, end: int) -> Iterator[_Clause]:
    """A clause without a label: who, and what they do; for A会同B both."""
    match = _ACT.fullmatch(text, start, end)
    assert match is not None  # the pattern takes any clause: what it does not know is an open list
    kind: _Kind = next((name for name in _KINDS if match[name]), "open")
    first, last = match.span("list")
    if match["others"]:
        if first < last:
            yield _Clause(first, last, "responsible" if kind == "open" else kind)
        yield _Clause(*match.span("others"), "participant")
    else:
        yield _Clause(first, last, kind)


def _settled(clauses: list[_Clause]) -> list[Part] | None:
    """The lists with their roles; None where one is left open, or there is none.

    Where somebody 牵头, those who 负责 beside them take part. An open list has the role of the next clause.
    """
    led = any(clause.kind == "lead" for clause in clauses)
    parts: list[Part] = []
    following: _Kind = "open"
    for clause in reversed(clauses):
        kind = following = clause.kind if clause.kind != "open" else following
        if kind == "open":
            return None
        if clause.start < clause.end:
            role: Role = "lead" if kind == "lead" or (kind == "responsible" and not led) else "participant"
            parts.append(Part(clause.start, clause.end, role))
    return parts[::-1] or None


def _may_be_list(text: str, part: Part) -> bool:
    """Whether a list may be one of bodies: no member too short or long for a name or with words of a sentence."""
    members = re.split("[、,]", text[part.start : part.end])
    return all(2 <= len(member.strip()) <= _LONGEST_NAME and not _NO_LIST.search(member) for member in members)


def _with_first_leading(text: str, found: list[Note]) -> list[Note]:
    """The notes as a sentence such as 列第一位者为牵头单位 wants them read.

    With 下同 it holds from its place on; without, for the note it stands in, or for all where it stands in none.
    """
    if "牵头" not in text and "主责" not in text and "主办" not in text:
        return found
    starts = [note.start for note in found]
    about: set[int] = set()
    for order in _ORDER.finditer(text):
        at = bisect_right(starts, order.start()) - 1
        within = at >= 0 and order.start() < found[at].end
        if _SAME_BELOW.match(text, order.end()):
            about.update(range(at if within else at + 1, len(found)))
            break
        about.update([at] if within else range(len(found)))
        if not within:
            break
    return [_first_leading(note) if number in about else note for number, note in enumerate(found)]


def _first_leading(note: Note) -> Note:
    """A note in which the first body leads, unless it says itself who does."""
    if note.led:
        return note
    first = next((number for number, part in enumerate(note.parts) if part.role != "participant"), 0)
    roles: list[Role] = ["first" if number == first else "participant" for number in range(len(note.parts))]
    parts = (part._replace(role=role) for part, role in zip(note.parts, roles, strict=True))
    return note._replace(parts=tuple(parts))
