"""Which mentions mean one body, and how many bodies a group's list names."""

from __future__ import annotations

from functools import cache

from nlp_toolkit.extract.agencies.roles import is_joined
from nlp_toolkit.extract.agencies.words import Mention
from nlp_toolkit.registry import division_by_code, divisions


def body_numbers(text: str, mentions: list[Mention]) -> list[int | None]:
    """A number for each named mention, from 1 in the order of the text, the same for all mentions of one body.

    Mentions of one official name are one body; where a name has none, those that are written the same or that a
    declared short name stands for.
    """
    numbers: dict[str, int] = {}
    return [
        numbers.setdefault(_name_of_body(text, mention), len(numbers) + 1) if mention.kind == "named" else None
        for mention in mentions
    ]


def _name_of_body(text: str, mention: Mention) -> str:
    """What tells a body from others: its official name without its parent's (国土管理署) or its province's (金华市财政局)."""
    name = mention.alone or mention.canonical or mention.written or text[mention.start : mention.end]
    if name.startswith(_provinces()):
        for size in (3, 5, 6, 7, 8):  # 浙江省, 西藏自治区, 内蒙古自治区, 广西壮族自治区, 新疆维吾尔自治区
            rest = name[size:]
            if name[:size] in _provinces() and any(rest[:length] in divisions() for length in range(2, 9)):
                return rest
    return name


@cache
def _provinces() -> tuple[str, ...]:
    return tuple(one.name for one in division_by_code().values() if one.level == "province" and one.name[-1] != "市")


def counts_named(text: str, mentions: list[Mention], bodies: list[int | None]) -> list[int | None]:
    """For each group how many bodies its list names: 2 in 发改委、住建部等八部委; None where no list stands with it."""
    result: list[int | None] = [None] * len(mentions)
    for number, mention in enumerate(mentions):
        if mention.kind == "group":
            listed = _before(text, mentions, number) or _in_brackets(text, mentions, number)
            result[number] = len({bodies[member] for member in listed}) or None
    return result


def _before(text: str, mentions: list[Mention], group: int) -> list[int]:
    """The named members of the list that a group closes."""
    listed = []
    at = group
    while at and mentions[at - 1].kind == "named" and is_joined(text, mentions[at - 1], mentions[at]):
        at -= 1
        listed.append(at)
    return listed


def _in_brackets(text: str, mentions: list[Mention], group: int) -> list[int]:
    """The named members of the list in brackets behind a group: 三部委(发改委、财政部、住建部)."""
    start = mentions[group].end
    end = text.find(")", start, start + _LONGEST_LIST) if text.startswith("(", start) else -1
    listed = []
    for at in range(group + 1, len(mentions)):
        if mentions[at].start >= end:
            break
        if mentions[at].kind == "named":
            listed.append(at)
    return listed


_LONGEST_LIST = 400  # characters
