"""Policy documents: titles in 《》, title lines, and document numbers.

Numbers follow the form of GB/T 9704-2012, 7.2.5 (国发〔2015〕50号) and the forms that laws, standards and the authorities of
Taiwan and Hong Kong use instead.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from nlp_toolkit.document import PolicyDocument
from nlp_toolkit.draft import Draft
from nlp_toolkit.lexicon import read_table
from nlp_toolkit.segment import DOCTYPES

_LONGEST_TITLE = 200  # characters between 《 and 》
_TITLE_MARKS = re.compile(r"[《》]")
_NUMBER = re.compile(
    r"(?P<code>[\u4e00-\u9fffA-Z]{1,12})[〔\[(【](?P<year>(?:19|20)\d\d)(?:年)?[〕\])】] ?(?:第)? ?(?P<serial>\d{1,5}) ?(?:号|期)"
    r"|(?:国务院|主席|部|委|局|署|省|市|政府|总局|院|中央军委|人大常委会)?(?:令|公告|通告)(?: ?\(?第? ?(?:\d{1,4}|[一二三四五六七八九十百〇零]{1,6}) ?号\)?|(?P<announced>(?:19|20)\d\d) ?年第? ?\d{1,4} ?号)"
    r"|(?:GB|GA|DB\d{0,2}|YD|HJ|JGJ|CJJ|GM|WS|NY|JT|SL|LY|MZ)(?:/[TZ])? ?\d{2,6}(?:\.\d+)?[-—–]\d{4}"
    r"|[\u4e00-\u9fff]{1,6}字第 ?[A-Z\d]{6,14} ?号"
)
# Words that end a sentence's stretch before a number's code and are no part of it.
_BEFORE_CODE = re.compile(
    r"^(?:.*(?:根据|按照|依据|依照|参照|贯彻|落实|执行|关于|以及|印发|详见|参见|见|和|与|及|据|以|将|对|文|是|为|的))(?=[\u4e00-\u9fff])"
)
_SUFFIX = re.compile(
    r"\((?:[^()]{0,6}(?:试行|暂行|草案|修订|修正|征求意见|送审|讨论|节选|摘要|年本|年版|年)[^()]{0,8})\)$"
)
_DOCTYPES = sorted(DOCTYPES, key=lambda noun: (-len(noun), noun))
_MEDIA = frozenset(row["title"] for row in read_table("media"))
_MEDIA_ENDINGS = (
    "日报",
    "晚报",
    "时报",
    "周刊",
    "月刊",
    "杂志",
    "新闻",
    "早报",
    "晨报",
    "商报",
    "周报",
    "季刊",
    "学报",
    "故事",
    "之歌",
    "演义",
)
_ISSUED = re.compile(
    r"(?:发布|印发|出台|公布|颁布|制定|实施|施行|通过|审议|下发|修订|执行|签署|提出|根据|按照|依据|依照|落实|贯彻|违反|符合)了?[^,。;《》]{0,8}$"
)
_POLICY = re.compile(
    r"(?:规划|计划|战略|行动|工程|方案|制度|体系|目标|责任|管理|建设|发展|改革|条例|法|安全|保护|议程|协定|声明|框架|规范)"
)


class DocumentExtractor:
    """Finds titles and numbers; titles first, since a number may stand inside one."""

    def find(self, draft: Draft) -> list[PolicyDocument]:
        """The policy documents named in the text, in order."""
        titles = list(_titles(draft.text))
        lines = [found for found in _title_lines(draft) if not any(_overlap(found, title) for title in titles)]
        taken = sorted([*titles, *lines], key=lambda found: found.start)
        numbers = [n for n in _numbers(draft.text) if not _covered(n, taken)]
        named = [found for found in taken if found.doctype != _DROPPED]
        return sorted([*named, *numbers], key=lambda found: found.start)


_DROPPED = "-"  # a title in 《》 that is no policy document: it still hides the numbers inside it


def _titles(text: str) -> Iterator[PolicyDocument]:
    """Titles in 《》, marks included; inner pairs belong to the outer title, an unclosed mark to nothing."""
    open_at: list[int] = []
    for match in _TITLE_MARKS.finditer(text):
        at = match.start()
        if match.group() == "《":
            if open_at and at - open_at[0] > _LONGEST_TITLE:
                open_at.clear()
            open_at.append(at)
        elif open_at:
            start = open_at.pop()
            if not open_at and 1 < at - start <= _LONGEST_TITLE:
                title = text[start + 1 : at]
                noun = doctype(title)
                yield PolicyDocument(
                    start, at + 1, text[start : at + 1], noun if _is_policy(text, start, title, noun) else _DROPPED
                )


def _is_policy(text: str, start: int, title: str, noun: str | None) -> bool:
    """Whether a title is that of a policy document and not of a newspaper, book, song or film."""
    plain = title.strip()
    if plain in _MEDIA or plain.endswith(_MEDIA_ENDINGS):
        return False
    if noun is not None:
        return True
    return (
        _ISSUED.search(text, max(0, start - 14), start) is not None
        or _POLICY.search(plain) is not None
        or bool(re.search(r"20\d\d", plain))
    )


def doctype(title: str) -> str | None:
    """The final noun of a title, the longest that is known; a note such as （试行） is passed over.

    >>> doctype("关于加强城市内涝治理的实施意见(试行)"), doctype("智慧国家2025")
    ('实施意见', None)
    """
    bare = title.replace("\\n", "").strip()
    while match := _SUFFIX.search(bare):
        bare = bare[: match.start()].rstrip()
    return next((noun for noun in _DOCTYPES if bare.endswith(noun)), None)


def _title_lines(draft: Draft) -> Iterator[PolicyDocument]:
    """Lines that are the whole title of this document or of one attached to it."""
    for passage in draft.passages:
        if passage.kind == "title":
            line = passage.text.strip()
            noun = doctype(line)
            bare = line
            while match := _SUFFIX.search(bare):
                bare = bare[: match.start()]
            if noun is not None and len(bare) > len(noun) + 1 and not _ESSAY.search(line):
                start = passage.start + passage.text.index(line)
                yield PolicyDocument(start, start + len(line), line, noun)


_ESSAY = re.compile(r"[?!:…“”]|申论|作文|读后感|评论")


def _numbers(text: str) -> Iterator[PolicyDocument]:
    """Document numbers, without the words before them."""
    for match in _NUMBER.finditer(text):
        start, end = match.span()
        if match["code"] is not None:
            lead = _BEFORE_CODE.match(match["code"])
            start += lead.end() if lead else 0
            if end - start < 8:
                continue
        number = re.sub(r"[\[(【]((?:19|20)\d\d)年?[\])】] ?第? ?", r"〔\1〕", text[start:end])
        yield PolicyDocument(start, end, text[start:end], None, number.replace(" ", ""))


def _overlap(one: PolicyDocument, other: PolicyDocument) -> bool:
    return one.start < other.end and other.start < one.end


def _covered(number: PolicyDocument, taken: list[PolicyDocument]) -> bool:
    return any(_overlap(number, other) for other in taken)
