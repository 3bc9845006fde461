"""The frame of an official document: which lines are not its text, and where in them its parts stand.

The parts and their order are those of GB/T 9704-2012, 7.2 to 7.4 (issuer, number, title, addressees, signature, date,
attachments, imprint), of Taiwan's 公文程式條例 and of the circulars of Hong Kong, whose parts bear labels.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from functools import cache
from typing import NamedTuple

from nlp_toolkit.days import first_day, last_day
from nlp_toolkit.document import Passage
from nlp_toolkit.lexicon import read_table
from nlp_toolkit.segment import DATE_LINE, DOCTYPES, FINAL, NUMBER_LINE, SIGNATURE

Range = tuple[int, int]

# Kinds of lines that are about nothing: they state no goal, problem, task or theme.
FRAME_KINDS = frozenset(
    {"letterhead", "field", "number", "title", "note", "addressee", "signature", "date_line", "attachment", "imprint"}
)
_LONGEST_HEAD, _LONGEST_TAIL = 40, 25  # lines
_LONGEST_TITLE_LINE, _MOST_TITLE_LINES = 60, 6
_LONGEST_SIGNATURE, _MOST_SIGNATURES = 40, 20
_LONGEST_FIELD = 200
_FEWEST_LABELS = 3  # labels that other texts have too make a frame together

_DAY = DATE_LINE.pattern
_DAY_ENDS = "日)0123456789"
_MARK = re.compile(
    r"(?:(?P<copy_number>\d{6}) *)?(?P<secrecy>(?:绝密|机密|秘密)(?: *[★☆*].{0,8}?)?)?(?: *(?P<urgency>特急|加急|特提|平急|急件))?"
)
_BODY_NAME = (  # 财 政 部 may have its characters apart
    r"(?:[^\s,、。;:!?“”《》()\d]{1,30}?(?:政府|办公[厅室]|国务院|部|厅|局|署|院|委|办|处|司|集团|中心|委员会|常委会|会议?|小组|银行|[大中]学|[总支大]队|所|站|馆|社|联)"
    r"|(?:[\u4e00-\u9fff] ){2,9}[部厅局署院委办处会府])"
)
_LETTERHEAD = re.compile(
    rf"(?P<issuer>{_BODY_NAME}(?:[ 、]+{_BODY_NAME}){{0,9}}) ?(?P<form>文件|令|公告|通告|公报|会议纪要|纪要|书?函|决议|开会通知单|号外公告)?"
)
_CIRCULAR = re.compile(rf"(?P<issuer>{_BODY_NAME})(?:通函|通告|通知)第? ?\d{{1,4}}[A-Z]?/\d{{4}}号")
_ORDER = re.compile(
    r"\(?(?:(?:19|20)\d\d ?年)? ?第? ?[\d一二三四五六七八九十百〇零]{1,7} ?[号期]\)?|[〔\[(](?:19|20)\d\d[〕\])] ?第? ?\d{1,4} ?[号期]"
)
_NUMBER_IN_LINE = re.compile(r"[\u4e00-\u9fff]{1,12}[〔\[(](?:19|20)\d\d[〕\])]第? ?\d{1,5} ?号")
_NUMBER_AT_END = re.compile(rf"{_NUMBER_IN_LINE.pattern}$")
_YEAR = re.compile(r"[〔\[(]((?:19|20)\d\d)[〕\])]|((?:19|20)\d\d) ?年")
_CAPTION = re.compile(r"\([^\n]{0,60}?\d ?年|\([一二〇○零九]{2,4}年")
_CAPTION_VERB = re.compile("通过|批准|发布|公布|颁布|修订|修正|施行|印发|实施|批转")
_NOT_ADDRESSED = re.compile("如下|以下|下列|下述|特制[定订]|现将|现就|现予|^为|规定$|[。;!?]")
_PERSON = re.compile(
    r"[^,。;:!?“”《》()\d]{0,16}(?:总理|主席|省长|市长|县长|区长|州长|盟长|旗长|镇长|乡长|部长|主任|局长|院长|署长|行长|厅长|处长|司长|校长|审计长|检察长|委员长|司令员|行政长官|秘书长?)"
    r" ?(?:[\u4e00-\u9fff·]|[○〇×*]){1,6}(?: [\u4e00-\u9fff○〇×*]{1,4})?"
)
_SIGNED_WITH_DAY = re.compile(rf"(?P<signature>{_BODY_NAME}(?: +{_BODY_NAME}){{0,9}}) *(?P<day>{_DAY})")
_PRINTED = re.compile(rf"(?P<by>[^,。;:]{{2,40}}?) *(?P<on>{_DAY}) *印(?:发|制|刷)?")
_NOTE = re.compile(
    r"\((?:此件|此文|本文|此页|联系|信息公开|主动公开|依申请|不予公开|公开|发至|附注)[^\n]{0,200}\)|此页无正文"
)
_ATTACHED = re.compile(r"附(?:件|表|图)? ?(?P<serial>[\d一二三四五六七八九十]{0,3}) ?:? *")
_ENTITY = re.compile(r" *&\w{1,6}; *$")  # what some sites leave of a space
_LISTED = re.compile(r"(?P<serial>\d{1,2}) ?[.、] *(?!\d)")
_FORWARDS = re.compile("印发|转发|批转|公布|发布|下发")
_COVER = ("通知", "函", "决定", "公告", "通告", "通报", "令", "批复")
_TITLE_WORD = re.compile("关于|印发|转发|批转|条例|办法|规定|细则|规划|方案")
_AFTER_TITLE = re.compile(r"(?:\([^()]{1,40}\))+$")
_KIND_OF_PART = {
    "number": "number", "addressee": "addressee", "date": "date_line", "issuer": "letterhead", "copies_to": "imprint",
    "keywords": "imprint", "printed_by": "imprint", "attachment": "attachment",
}  # fmt: skip
_TAIL_PARTS = frozenset({"addressee", "copies_to", "keywords", "printed_by", "date", "signer", "contact", "attachment"})


class Layout(NamedTuple):
    """The lines of a text with the kinds that the frame gives them, and the ranges of its parts.

    day, year    when the document is dated: the day, or where none is told the year of its number
    wrapped      where the lines begin that are a piece of a title only
    """

    lines: list[Passage]
    parts: dict[str, list[Range]]
    day: date | None
    year: int | None
    wrapped: frozenset[int]


def layout(lines: Sequence[Passage]) -> Layout:
    """What of a normalised text's lines is the frame of an official document, and where its parts stand.

    >>> from nlp_toolkit.segment import passages
    >>> text = "国务院关于加强管理的通知\\n国发〔2020〕9号\\n各市人民政府:\\n加强管理。\\n国务院\\n2020年5月1日\\n(此件公开发布)"
    >>> found = layout(passages(text))
    >>> [line.kind for line in found.lines], found.day
    (['title', 'number', 'addressee', 'paragraph', 'signature', 'date_line', 'note'], datetime.date(2020, 5, 1))
    >>> {part: [text[start:end] for start, end in ranges] for part, ranges in found.parts.items()}["signature"]
    ['国务院']
    """
    return _Reader(lines).layout()


class _Field(NamedTuple):
    """A labelled part on a line, with the range of its value."""

    part: str
    alone: bool
    start: int
    end: int


class _Reader:
    """Reads the lines once: the head from the top, the end from the bottom, the signature between them."""

    def __init__(self, lines: Sequence[Passage]) -> None:
        self.lines = list(lines)
        self.parts: dict[str, dict[Range, None]] = {}  # each place once, in order
        self.days: dict[str, date] = {}  # by what tells them
        self.year: int | None = None
        self.titles: list[range] = []
        self.labelled = False  # whether the head has labels, as letters of Taiwan and Hong Kong have

    def layout(self) -> Layout:
        head = self._head()
        tail = self._tail(head)
        signed = self._signature(head, tail)
        self._attachments(head, signed, tail)
        if self.titles:
            self._add("title", *map(self._title_range, self.titles[-1]))
        wrapped = {self.lines[number].start for title in self.titles if len(title) > 1 for number in title}
        parts = {part: list(places) for part, places in self.parts.items()}
        return Layout(self.lines, parts, self._day(), self.year, frozenset(wrapped))

    def _day(self) -> date | None:
        """The day that the document is dated with, the surest first; an unsigned one must fit the number."""
        for source in ("labelled", "signed", "headed", "adopted", "printed", "last"):
            day = self.days.get(source)
            if day is None:
                continue
            if source not in ("labelled", "signed") and self.year is not None and abs(day.year - self.year) > 1:
                continue
            return day
        return None

    # --- Helpers

    def _text(self, number: int) -> str:
        return self.lines[number].text.strip()

    def _bare(self, number: int) -> Range:
        """Where the characters of a line stand, without the white space around them."""
        line = self.lines[number]
        start = line.start + len(line.text) - len(line.text.lstrip())
        return start, start + len(line.text.strip())

    def _add(self, part: str, *ranges: Range) -> None:
        if places := dict.fromkeys(place for place in ranges if place[0] < place[1]):
            self.parts.setdefault(part, {}).update(places)

    def _within(self, number: int, match: re.Match[str], group: str) -> Range:
        """Where a group stands that was matched in a line's bare text."""
        start = self._bare(number)[0]
        return start + match.start(group), start + match.end(group)

    def _mark(self, number: int, kind: str) -> None:
        self.lines[number] = replace(self.lines[number], kind=kind, level=None)

    # --- The head

    def _head(self) -> int:
        """Read the lines above the text; returns the number of the first that is no part of the frame."""
        last = min(len(self.lines), _LONGEST_HEAD)
        known = self._fields(range(last))
        self.labelled = bool(known)
        number = 0
        while number < last:
            following = self._head_line(number, known)
            if following == number:
                break
            number = following
        return number

    def _head_line(self, number: int, known: dict[int, list[_Field]]) -> int:
        """Read the part of the head that begins on a line; returns the line behind it, or the same where none does."""
        text = self._text(number)
        if number in known:
            fields = known[number]
            if any(field.part == "subject" for field in fields):
                self._take_fields(number, fields)
                return number
            self._take_fields(number, fields)
            return number + 1
        if (match := _MARK.fullmatch(text)) and len(self.lines) > 1:
            for part in ("copy_number", "secrecy", "urgency"):
                if match[part]:
                    self._add(part, self._within(number, match, part))
            self._mark(number, "field")
            return number + 1
        if self._is_number(number):
            return self._take_number(number)
        if DATE_LINE.fullmatch(text) and (number > 0 or len(self.lines) > 1):
            if (day := first_day(text)) is not None:
                self._take_day("headed", day, self._bare(number))
            return number + 1
        if number and (match := _SIGNED_WITH_DAY.fullmatch(text)):  # minutes have it below their head
            if (day := first_day(match["day"])) is not None:
                self._take_day("headed", day, self._within(number, match, "day"))
            self._mark(number, "date_line")
            return number + 1
        if match := _CIRCULAR.fullmatch(text):
            self._add("issuer", self._within(number, match, "issuer"))
            return self._take_number(number)
        if end := self._caption(number):
            return end
        if self._is_addressee(number):
            start, end = self._bare(number)
            self._add("addressee", (start, end - 1))
            self._mark(number, "addressee")
            return number + 1
        if end := self._letterhead(number):
            return end
        return self._title(number)

    def _is_number(self, number: int) -> bool:
        text = self._text(number)
        if NUMBER_LINE.fullmatch(text.strip("()")):
            return "关于" not in text
        before = self.lines[number - 1].kind if number else ""
        return before in ("letterhead", "title") and _ORDER.fullmatch(text) is not None

    def _take_number(self, number: int) -> int:
        start, end = self._bare(number)
        text = self._text(number)
        if text.startswith("(") and text.endswith(")") and not NUMBER_LINE.fullmatch(text):
            start, end = start + 1, end - 1
        if "number" not in self.parts:
            self._add("number", (start, end))
            if told := _YEAR.search(text):
                self.year = int(told[1] or told[2])
        self._mark(number, "number")
        return number + 1

    def _take_day(self, source: str, day: date, place: Range) -> None:
        if source not in self.days:
            self.days[source] = day
            self._add("date" if source != "adopted" else "adopted", place)

    def _caption(self, number: int) -> int:
        """The note in brackets under a title that says who adopted it and when, on up to six lines; 0 where it is none."""
        if number == 0 or self.lines[number - 1].kind not in ("title", "number", "date_line", "note"):
            return 0
        if not _CAPTION.match(self._text(number)):
            return 0
        for end in range(number, min(number + 6, len(self.lines))):
            if self._text(end).endswith(")"):
                break
        else:
            return 0
        whole = "".join(self._text(line) for line in range(number, end + 1))
        if not _CAPTION_VERB.search(whole):
            return 0
        for line in range(number, end + 1):
            self._mark(line, "note")
            self._add("adopted", self._bare(line))
        if (day := last_day(whole)) is not None:
            self.days.setdefault("adopted", day)
        return end + 1

    def _is_addressee(self, number: int) -> bool:
        """Whether a line that ends in a colon names those whom the document is sent to."""
        text = self._text(number)
        return (
            number > 0
            and text.endswith(":")
            and 3 <= len(text) <= 600
            and self.lines[number - 1].kind in ("title", "number", "note", "date_line", "addressee", "field")
            and not _NOT_ADDRESSED.search(text[:-1])
        )

    def _letterhead(self, number: int) -> int:
        """The lines that say who issues the document (国务院文件, 内政部 函), on one line each; 0 where there are none."""
        for end in range(number, min(number + 10, len(self.lines))):
            text = self._text(end)
            match = _LETTERHEAD.fullmatch(text) if len(text) <= _LONGEST_FIELD else None
            alone = text == "文件"
            if not alone and (match is None or self._text(end).startswith("关于")):
                return 0
            if alone and end == number:
                return 0
            if alone or (match is not None and match["form"]):
                form = "文件" if alone else str(match["form"] if match else "")
                if not self._heads(end, form):
                    return 0
                return self._take_letterhead(number, end)
            if end + 1 < len(self.lines) and self._is_plain_number(end + 1):
                return self._take_letterhead(number, end)
        return 0

    def _is_plain_number(self, number: int) -> bool:
        return NUMBER_LINE.fullmatch(self._text(number)) is not None

    def _heads(self, number: int, form: str) -> bool:
        """Whether what stands below fits a letterhead: any line below 文件, a number, a date or a label below 令."""
        if number + 1 >= len(self.lines):
            return False
        if form in ("文件", "会议纪要", "纪要"):
            return True
        below = self._text(number + 1)
        return bool(
            NUMBER_LINE.fullmatch(below.strip("()"))
            or _ORDER.fullmatch(below)
            or DATE_LINE.fullmatch(below)
            or next(_labelled(self.lines[number + 1]), None)
        )

    def _take_letterhead(self, first: int, last: int) -> int:
        for number in range(first, last + 1):
            match = _LETTERHEAD.fullmatch(self._text(number))
            if match is not None:
                self._add("issuer", self._within(number, match, "issuer"))
                if match["form"] in ("令", "公告", "通告") and number == last:
                    self._add("form", self._within(number, match, "form"))
            self._mark(number, "letterhead")
        return last + 1

    # --- Titles

    def _title(self, number: int) -> int:
        """A title on one or several lines; returns the line behind it, or the same where there is none."""
        before = self.titles[-1] if self.titles else None
        if (
            before is not None
            and before.stop == number
            and self._forwards(before)
            and not self._repeats(number, before)
        ):
            return number  # the title of what is forwarded: the head is over
        end = self._title_end(number)
        if end > number:
            self.titles.append(range(number, end))
            for line in range(number, end):
                self._mark(line, "title")
            self._number_behind_title(end - 1)
        return end

    def _forwards(self, title: range) -> bool:
        whole = self._joined(title)
        return _FORWARDS.search(whole) is not None and whole.endswith(_COVER)

    def _joined(self, title: range) -> str:
        return "".join(self._text(line) for line in title).replace(" ", "")

    def _repeats(self, number: int, before: range) -> bool:
        """Whether the lines from here on say a title again that stands whole above them."""
        return self._repeated(number, self._joined(before)) > number

    def _repeated(self, number: int, title: str) -> int:
        """The line behind those that together are a title, or the same where they are not."""
        whole = ""
        for line in range(number, min(number + _MOST_TITLE_LINES, len(self.lines))):
            whole += self._text(line).replace(" ", "")
            if whole == title:
                return line + 1
            if not title.startswith(whole):
                break
        return number

    def _title_end(self, number: int) -> int:
        for title in self.titles:
            if (end := self._repeated(number, self._joined(title))) > number:
                return end
        whole, best = "", number
        for line in range(number, min(number + _MOST_TITLE_LINES, len(self.lines))):
            text = self._text(line)
            if not self._may_be_title(line):
                break
            if line > number and (self._is_number(line) or DATE_LINE.fullmatch(text)):
                break
            whole += text.replace(" ", "")
            if _named(whole) and (line == number or _TITLE_WORD.search(whole) or self._frame_below(line + 1)):
                best = line + 1
                if not _FORWARDS.search(whole) or _AFTER_TITLE.sub("", whole).endswith(_COVER):
                    break
        if best == number and (self._ends_in_number(number) or self._stands_as_title(number)):
            return number + 1
        return best

    def _stands_as_title(self, number: int) -> bool:
        """Whether a line without a document's noun is a title by its place: the first, or the one below labelled parts."""
        if number == 0:
            return self.lines[0].kind == "title"
        below = self.lines[number - 1].kind in ("field", "addressee", "number", "date_line")
        return self.labelled and below and not self.titles and self._may_be_title(number)

    def _may_be_title(self, number: int) -> bool:
        line, text = self.lines[number], self._text(number)
        return (
            line.kind in ("title", "paragraph", "number")
            and len(text) <= (_LONGEST_TITLE_LINE if number else 120)
            and not text.endswith(FINAL[:-2])
            and "。" not in text
        )

    def _frame_below(self, number: int) -> bool:
        """Whether a line can only be a part of the frame that stands under a title."""
        if number >= len(self.lines):
            return False
        text = self._text(number)
        return bool(
            NUMBER_LINE.fullmatch(text.strip("()"))
            or DATE_LINE.fullmatch(text)
            or (text.endswith(":") and not _NOT_ADDRESSED.search(text[:-1]))
        )

    def _title_range(self, number: int) -> Range:
        """Where a line of a title stands, without a number behind it."""
        start, end = self._bare(number)
        named = self._ends_in_number(number)
        return start, start + named if named else end

    def _ends_in_number(self, number: int) -> int:
        """Where in a line the number begins that a page has put right behind the title; 0 where there is none."""
        text = self._text(number)
        match = _NUMBER_AT_END.search(text)
        if match is None or "关于" not in text:
            return 0
        shortest = re.search(r"[〔\[(]", text[match.start() :])
        last = match.start() + (shortest.start() if shortest else 0) - 2  # a code has two characters or more
        return next((at for at in range(last, max(match.start(), 5) - 1, -1) if _named(text[:at])), 0)

    def _number_behind_title(self, number: int) -> None:
        start, end = self._bare(number)
        if "number" not in self.parts and (named := self._ends_in_number(number)):
            self._add("number", (start + named, end))
            if told := _YEAR.search(self._text(number)[named:]):
                self.year = int(told[1])

    # --- Fields

    def _fields(self, numbers: range) -> dict[int, list[_Field]]:
        """The labelled lines among some, where one of them bears a label that is the frame's alone."""
        found = {number: fields for number in numbers if (fields := list(_labelled(self.lines[number])))}
        sure = len(found) >= _FEWEST_LABELS or any(field.alone for fields in found.values() for field in fields)
        return found if sure else {}

    def _take_fields(self, number: int, fields: list[_Field]) -> None:
        line = self.lines[number]
        for field in fields:
            value = line.text[field.start - line.start : field.end - line.start]
            if field.part == "date":
                if (day := first_day(value)) is not None:
                    self._take_day("labelled", day, (field.start, field.end))
                continue
            if field.part == "number" and "number" not in self.parts and (told := _YEAR.search(value)):
                self.year = int(told[1] or told[2])
            if field.part == "number" and "number" in self.parts:
                continue
            self._add(field.part, (field.start, field.end))
        first = self._bare(number)[0]
        before = line.text[: fields[0].start - line.start]
        if _NUMBER_IN_LINE.match(before.strip()):  # 江政发〔2021〕3号   签发人:某某
            match = _NUMBER_IN_LINE.match(before.strip())
            assert match is not None
            self._add("number", (first, first + match.end()))
            if told := _YEAR.search(match.group()):
                self.year = int(told[1])
            self._mark(number, "number")
        elif fields[0].part != "subject":
            kinds = [_KIND_OF_PART.get(field.part, "field") for field in fields]
            self._mark(number, kinds[0])

    # --- The end

    def _tail(self, head: int) -> int:
        """Read notes and imprint at the end; returns the number of the first line of them."""
        first = len(self.lines)
        numbers = range(max(head, len(self.lines) - _LONGEST_TAIL), len(self.lines))
        known = {
            number: fields
            for number, fields in self._fields(numbers).items()
            if all(field.part in _TAIL_PARTS for field in fields)
        }
        for number in reversed(numbers):
            text = self._text(number)
            if _NOTE.fullmatch(text):
                self._add("note", self._bare(number))
                self._mark(number, "note")
            elif match := _PRINTED.fullmatch(text):
                self._add("printed_by", self._within(number, match, "by"))
                self._add("printed_on", self._within(number, match, "on"))
                if (day := first_day(match["on"])) is not None:
                    self.days.setdefault("printed", day)
                self._mark(number, "imprint")
            elif number in known and self.lines[number].kind != "attachment":
                self._take_fields(number, known[number])
            elif first == len(self.lines) and number < len(self.lines) - 1:
                break
            else:
                continue
            first = number
        for number in range(head, first):  # a note stands below the signature, and above attachments
            if self.lines[number].text.lstrip().startswith("(") and _NOTE.fullmatch(self._text(number)):
                self._add("note", self._bare(number))
                self._mark(number, "note")
        return first

    def _signature(self, head: int, tail: int) -> int:
        """Find the first signature with its date below the head; returns its line, or ``tail`` where there is none."""
        last = self._first_attached(head)
        for number in range(head, min(last, len(self.lines))):
            text = self._text(number)
            if text[-1] not in _DAY_ENDS or len(text) > _LONGEST_SIGNATURE * 4:
                continue
            if DATE_LINE.fullmatch(text) and (day := first_day(text)) is not None:
                first = self._signers(number - 1, head)
                if first < number:
                    self._take_signature(range(first, number), day, self._bare(number))
                    return first
            elif match := _SIGNED_WITH_DAY.fullmatch(text):
                day = first_day(match["day"])
                if day is not None:
                    place = self._within(number, match, "signature")
                    self._add("signature", place)
                    self._take_day("signed", day, self._within(number, match, "day"))
                    self._mark(number, "signature")
                    return number
        end = min(last, tail)
        if end > max(head, 1) and DATE_LINE.fullmatch(self._text(end - 1)):
            if (day := first_day(self._text(end - 1))) is not None:
                self._take_day("last", day, self._bare(end - 1))
            return end - 1
        return end

    def _take_signature(self, lines: range, day: date, place: Range) -> None:
        for number in lines:
            self._add("signature", self._bare(number))
            self._mark(number, "signature")
        self._take_day("signed", day, place)

    def _signers(self, number: int, head: int) -> int:
        """The first of the lines up to this one that are a signature; the next where none is."""
        lowest = max(head, number - _MOST_SIGNATURES)
        first = number + 1
        while first - 1 >= lowest and self._may_sign(first - 1):
            first -= 1
        return first

    def _may_sign(self, number: int) -> bool:
        text, kind = _ENTITY.sub("", self._text(number)), self.lines[number].kind
        if kind not in ("paragraph", "signature") or len(text) > _LONGEST_SIGNATURE * 4 or text.endswith(FINAL):
            return False
        return bool(
            SIGNATURE.fullmatch(text)
            or _PERSON.fullmatch(text)
            or re.fullmatch(rf"{_BODY_NAME}(?: +{_BODY_NAME}){{0,9}}", text)
        )

    def _first_attached(self, head: int) -> int:
        """The number of the first line that heads an attached document, or how many lines there are."""
        for number in range(head, len(self.lines)):
            if self.lines[number].kind != "attachment":
                continue
            match = _ATTACHED.fullmatch(self._text(number))
            if match is not None and not self._lists(number):
                return number
        return len(self.lines)

    def _lists(self, number: int) -> bool:
        """Whether a bare 附件: has the list of attachments below it, and no attached document."""
        below = self._text(number + 1) if number + 1 < len(self.lines) else ""
        return self._text(number).endswith(":") and _LISTED.match(below) is not None

    def _attachments(self, head: int, signed: int, tail: int) -> None:
        """The titles of the attachments: from their list above the signature, else from where they stand."""
        listed = list(self._listed(head, min(signed, tail)))
        if listed:
            self._add("attachment", *listed)
            return
        found = [
            place
            for number in range(signed, min(tail, len(self.lines)))
            if self.lines[number].kind == "attachment" and (place := self._attached(number)) is not None
        ]
        self._add("attachment", *found)

    def _listed(self, head: int, end: int) -> Iterator[Range]:
        """Where the attachments listed above the signature stand, without their numbers."""
        for number in range(head, end):
            if self.lines[number].kind != "attachment":
                continue
            match = _ATTACHED.match(self._text(number))
            if match is None:
                continue
            start, last = self._bare(number)
            rest = self._text(number)[match.end() :]
            numbered = _LISTED.match(rest)
            first = start + match.end() + (numbered.end() if numbered else 0)
            if first < last:
                yield first, last
            for below in range(number + 1, end):
                following = _LISTED.match(self._text(below))
                if following is None or "。" in self._text(below) or len(self._text(below)) > _LONGEST_FIELD:
                    break
                start, last = self._bare(below)
                self._mark(below, "attachment")
                yield start + following.end(), last

    def _attached(self, number: int) -> Range | None:
        """Where the title of an attached document stands: behind 附件1: or on the line below it."""
        start, end = self._bare(number)
        match = _ATTACHED.match(self._text(number))
        if match is not None and match.end() < end - start:
            return start + match.end(), end
        if number + 1 < len(self.lines) and self._may_be_title(number + 1):
            return self._bare(number + 1)
        return None


def _named(title: str) -> bool:
    """Whether a title ends in the noun of a document, notes such as (试行) passed over."""
    return _AFTER_TITLE.sub("", title).endswith(DOCTYPES)


@cache
def _labels() -> tuple[dict[str, tuple[str, bool]], re.Pattern[str]]:
    """The labels with their part and whether they are the frame's alone, and a pattern for them, spaced or not."""
    kinds = {row["label"]: (row["part"], row["alone"] == "yes") for row in read_table("frame_labels")}
    parts = {"label:issuer": "issuer", "label:number": "number", "label:written": "date"}
    for row in read_table("web_pages"):
        if row["part"] in parts and re.fullmatch("[\u4e00-\u9fff]{2,6}", row["name"]):
            kinds.setdefault(row["name"], (parts[row["part"]], True))
    spaced = " *".join
    names = "|".join(map(spaced, sorted(kinds, key=lambda name: (-len(name), name))))
    return kinds, re.compile(rf"(?:(?<=[ |])|(?<![^(【\[]))(?P<label>{names}) ?[】\]]? ?:(?!//)")


def _labelled(line: Passage) -> Iterator[_Field]:
    """The labelled parts on a line: one, or several with spaces between them, and what stands before the first."""
    if ":" not in line.text or len(line.text) > 3 * _LONGEST_FIELD:
        return
    kinds, pattern = _labels()
    text = line.text
    found = list(pattern.finditer(text))
    if not found or len(text[: found[0].start()].strip()) > 30:
        return
    before = text[: found[0].start()].strip(" 【[(")
    if before and not _NUMBER_IN_LINE.fullmatch(before):
        return
    ends = [*(match.start() for match in found[1:]), len(text)]
    for match, end in zip(found, ends, strict=True):
        part, alone = kinds[match["label"].replace(" ", "")]
        value = text[match.end() : end].rstrip(" |)】]。")
        start = match.end() + len(value) - len(value.lstrip())
        yield _Field(part, alone, line.start + start, line.start + match.end() + len(value))
