"""Which mentions stay: none inside titles and dates, no look-alike, the longest at each place."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from nlp_toolkit.draft import Draft
from nlp_toolkit.extract.agencies.words import Mention
from nlp_toolkit.lexicon import read_table


def blocked_places(
    draft: Draft, look_alikes: Iterable[tuple[int, int]], mentions: Iterable[Mention]
) -> list[tuple[int, int, bool]]:
    """Where no authority may stand, in order; a look-alike (True) gives way to a name that holds all of it and more."""
    blocked = [(start, end, True) for start, end in look_alikes]
    blocked += [(span.start, span.end, False) for label in ("DOCUMENT", "DATE") for span in draft.spans.get(label, ())]
    blocked += [(start, end, False) for start, end in _titles(draft.text)]
    blocked += [(start, end, False) for start, end in _title_lines(draft.text, mentions)]
    blocked += [
        (line.start, line.end, False) for line in draft.passages if line.kind == "title" and _is_title(line.text)
    ]
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


def _is_title(line: str) -> bool:
    """Whether a title line is a document's and no headline: it ends in what documents are, with nothing but a topic behind.

    >>> _is_title("监察院纠正案文(树林区工厂火警案)"), _is_title("省政府出台养老新方案")
    (True, False)
    """
    return _DOCUMENT_LINE.fullmatch(line.strip()) is not None


_DOCUMENT_LINE = re.compile(
    r"(?:(?!印发|出台|发布|公布|召开|通过|审议)[^,。;!?\n:]){2,60}"
    rf"(?:{'|'.join(row['doctype'] for row in read_table('doctypes'))}|答复|案文|[纪记]录|质询|调查|审查决议|反馈情况)"
    r"(?:摘录|摘要)?(?:[:(].{1,60})?"
)
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
