"""What a body does in its sentence: issuer, lead, participant, approver."""

from __future__ import annotations

import re
from bisect import bisect_left

from nlp_toolkit.draft import Draft
from nlp_toolkit.extract.agencies.words import Mention, either

_APPROVER_BEFORE = ("经", "报", "提请", "报请", "报经", "呈报", "上报", "须经", "请示", "经商")
_APPROVED = re.compile(
    r"(?:等)?(?:领导同志|主要领导|领导)?(?:的)?(?:研究|审核|正式|依法|书面|会议)?"
    r"(?:同意|批准|审议|审定|审批|核准|核定|批复|授权|审核|审查|批示同意)"
)
_APPROVES = re.compile(r"(?:已|正式|原则|日前|近日)?(?:同意|批准|批复|核准|(?:审议|表决|三读|细则性|一般性)通过|审定)")
_PARTICIPANT_BEFORE = re.compile(
    r"(?:会同|联合|(?<!协)商|配合|协同|会商|征求|协调|(?:参与|配合|参加|协办|协同)(?:单位|部门):)$"
)
_LEAD_BEFORE = re.compile(r"(?:牵头|责任|主办|主管|主责|负责)(?:单位|部门|机关)?:\Z")
_WITH = re.compile(r"(?:要|应|负责)?(?:会同|联合|商|会商|协同)")
_ADVERB = (
    r"(?:要|应|应当|须|共同|作为|具体|主要|统一|总体|全面|承担|分别|依法|按照职责|同时|根据职责|组织|继续|抓紧){0,6}"
)
_LEADS = re.compile(rf"{_ADVERB}(?:牵头|总牵头|负总责|负责(?!人|同志)|主管(?!部门|机关|单位)|主办|统筹负责)")
_IS_LEAD = re.compile(r"(?:是|为)[^,。;\n]{0,20}(?:主管|牵头|责任|主办)(?:单位|部门|机关)")
_TAKES_PART = re.compile(
    rf"{_ADVERB}(?:配合|参与|协助|协同|协办)"
    r"|(?:按|按照|根据|依)(?:各自)?(?:的)?职责(?:分工)?(?:分别)?(?:负责|落实)?|(?:分工|各)负责|分工协作"
)
_WHEN = (
    r"(?:日前|近日|正式|共同|联合|先后|同时|陆续|首次|已经|已|今年|昨日|随后|曾|再次|相继|每年|每月|每季度|定期|专门|又|还|于|在"
    r"|[\d年月日]{1,12}){0,8}"
)
_ISSUES = re.compile(rf"{_WHEN}(?:{either('issuing')})(?!会)")
_AND_OTHERS = re.compile(r"(?:等(?:有关|相关)?(?:部门|单位|部委|机关|多部门|多个部门)?)?(?:\([^()\n]{1,40}\))?(?:等)?")


def roles_of(draft: Draft, mentions: list[Mention]) -> list[str | None]:
    """The role of each mention; what stands before or behind a list holds for each of its members."""
    text = draft.text
    roles: list[str | None] = [None] * len(mentions)
    signed = _signed(draft, mentions)
    first = 0
    for number, mention in enumerate(mentions):
        following = mentions[number + 1] if number + 1 < len(mentions) else None
        if following is not None and is_joined(text, mention, following):
            continue
        role = _role(text, mentions[first].start, mention.end, following)
        for member in range(first, number + 1):
            if member in signed:
                roles[member] = "issuer"
            elif mentions[member].kind != "generic" or role != "issuer":
                roles[member] = role
        first = number + 1
    _divide_tasks(draft, mentions, roles)
    return roles


def _divide_tasks(draft: Draft, mentions: list[Mention], roles: list[str | None]) -> None:
    """Set the roles of those who stand in a note that says who does a measure."""
    starts = [mention.start for mention in mentions] if draft.notes else []
    for note in draft.notes:
        for start, end, role in note.parts:
            for number in range(bisect_left(starts, start), bisect_left(starts, end)):
                first = starts[number] == start and mentions[number].kind != "generic"
                leads = role == "lead" or (role == "first" and first)
                roles[number] = "lead" if leads else "participant"


def is_joined(text: str, mention: Mention, following: Mention) -> bool:
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
_NO_APPROVER = ("曾经", "已经", "情报", "日报")
_BEHIND_ROLE = frozenset(  # what any of the patterns for the words behind a list may begin with
    "三表细一每定要应须共作具主统总全承分依按同根继抓组牵负是为配参协各日近正联先陆首已今昨随曾再相专又还于在年月"
    "0123456789发印出下公颁制转签通刊函订批原核审会商"
)
_TO_VERB = re.compile(r"[^。;\n]{0,60}?(?P<verb>印发|发布|出台|公布|下发|颁布|负责|牵头|制定)")


def _role_of_host(text: str, end: int) -> str:
    """The role of A in A会同B: issuer where both then issue something, else lead."""
    match = _TO_VERB.match(text, end)
    issues = match is not None and match["verb"] not in ("负责", "牵头", "制定") and match.end() - end <= 10
    return "issuer" if issues else "lead"


def _signed(draft: Draft, mentions: list[Mention]) -> set[int]:
    """The mentions with which the document is issued: in its head, on the line before its date, and alone on lines above that."""
    lines = draft.passages
    starts = [mention.start for mention in mentions]
    result: set[int] = set()
    for number in [number for number, line in enumerate(lines) if line.kind in ("signature", "letterhead")]:
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
