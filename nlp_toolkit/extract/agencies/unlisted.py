"""Heads of local bodies that no table lists, by their shape: 金华市 + 糖业振兴 + 局, 市 + 电政信息 + 办.

A name counts only behind the full name of a place or the mark of a level, and only if it holds no word of a sentence.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from nlp_toolkit.draft import Draft
from nlp_toolkit.extract.agencies.boundaries import Boundaries
from nlp_toolkit.extract.agencies.places import Places
from nlp_toolkit.extract.agencies.words import OFFICE_ENDS, PLACE_ENDS, PLAIN, Head, either, words

_LONGEST, _SHORTEST = 8, 2  # characters before the ending
_FULL = 3  # from so many on, a name that ends as official ones do is taken for the official one
_INNER = re.compile(
    rf"(?![场级民域属直里内委长区县立值情容际别块间分划城政])(?:(?!{either('name_break')}|[个本全各]){PLAIN})"
    rf"{{{_SHORTEST},{_LONGEST}}}"
)
_NO_NAME = re.compile(  # 格局, 供电局 (a firm), 村民委员会, 主办
    r"(?:[格布大结开僵全当时困破变终败定残棋饭骗邮书药牌赌危迷政对战]局|(?:供电|电信|电力|电业)局"
    r"|(?:村民|居民|业主|仲裁|评审|评标|专家|学术|伦理|家长|组织)委员会"
    r"|街道办|[主承协举创督开兴筹试申代包帮补查惩严停公合催交操采领自转批速快难可经该]办)\Z"
)
_IN_FULL = ("局", "委员会", "办公室")


def unlisted_heads(
    draft: Draft, places: Places, boundaries: Boundaries, listed: dict[int, int]
) -> Iterator[tuple[int, int, str, Head]]:
    """The heads that stand behind a place and are not listed: start, end, the head's word and what it is.

    ``listed`` says for each end of a listed head where that head begins.
    """
    text = draft.text
    for at, end in draft.hits.longest("agency.tail"):
        if _NO_NAME.search(text, max(0, at - 2), end) or (text[at:end] == "办" and not OFFICE_ENDS.match(text, end)):
            continue
        start = _start(text, at, places, boundaries)
        if start and start != listed.get(end) and _INNER.fullmatch(text, start, at):
            name = text[start:end]
            full = name if name.endswith(_IN_FULL) and at - start >= _FULL else None
            yield start, end, name, Head(full, False)


def _start(text: str, at: int, places: Places, boundaries: Boundaries) -> int | None:
    """Where a name begins: behind the nearest place or mark of a level before its ending."""
    for start in range(at - _SHORTEST, max(at - _LONGEST - 1, 0), -1):
        if text[start - 1] in PLACE_ENDS and (
            start in places or start - 1 in boundaries or text.endswith(_zones(), max(0, start - 8), start)
        ):
            return start
    return None


@cache
def _zones() -> tuple[str, ...]:
    return tuple(words("zone"))
