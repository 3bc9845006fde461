"""Which mentions stay: none inside titles and dates, no look-alike, the longest at each place."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from nlp_toolkit.draft import Draft
from nlp_toolkit.extract.agencies.words import Mention


def blocked_places(
    draft: Draft, look_alikes: Iterable[tuple[int, int]], mentions: Iterable[Mention]
) -> list[tuple[int, int, bool]]:
    """Where no authority may stand, in order; a look-alike (True) gives way to a name that holds all of it and more."""
    blocked = [(start, end, True) for start, end in look_alikes]
    blocked += [(span.start, span.end, False) for label in ("DOCUMENT", "DATE") for span in draft.spans.get(label, ())]
    blocked += [(start, end, False) for start, end in _titles(draft.text)]
    blocked += [(start, end, False) for start, end in _title_lines(draft.text, mentions)]
    return sorted(blocked)


_TITLE = re.compile(r"《[^《》\n]{1,200}》")


def _titles(text: str) -> Iterator[tuple[int, int]]:
    return (match.span() for match in _TITLE.finditer(text)) if "《" in text else iter(())


def _title_lines(text: str, mentions: Iterable[Mention]) -> Iterator[tuple[int, int]]:
    """Lines that are a title: they begin with the issuing body and 关于, and are no sentence."""
    for mention in mentions:
        if text.startswith(("关于", "转发", "批转"), mention.end):
            first = text.rfind("\n", max(0, mention.start - 60), mention.start) + 1
            if (first or mention.start < 60) and (match := _TITLE_LINE.match(text, first)):
                yield match.span()


_TITLE_LINE = re.compile(r" *[\u4e00-\u9fff、 ()]{2,60}?(?:关于|转发|批转)[^。,;:!?\n]{0,80}$", re.MULTILINE)


def settled(mentions: list[Mention], blocked: list[tuple[int, int, bool]], foreign: set[int]) -> list[Mention]:
    """The mentions that stay, from left to right, the longest at each place."""
    mentions.sort(key=lambda mention: (mention.start, -mention.end))
    result: list[Mention] = []
    at, number = 0, 0
    for mention in mentions:
        start, end = mention.start, mention.end
        if start < at or start in foreign:
            continue
        while number < len(blocked) and blocked[number][1] <= start:
            number += 1
        clear = True
        for place in range(number, len(blocked)):
            first, last, gives_way = blocked[place]
            if first >= end:
                break
            if last > start and not (gives_way and first >= start and last <= end and (first > start or last < end)):
                clear = False
                break
        if clear:
            result.append(mention)
            at = end
    return result
