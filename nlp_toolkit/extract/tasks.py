"""Measures with those who do them: what stands before （财政部牵头，审计署配合） or above 责任单位：……, as a table of tasks.

Reads only what was found before: the notes that divide tasks, authorities and dates.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from datetime import date

from nlp_toolkit.document import Agency, Date, Task
from nlp_toolkit.draft import Draft
from nlp_toolkit.frame import FRAME_KINDS
from nlp_toolkit.notes import Note, Part

_BETWEEN = re.compile(r"[\s。;,.、]*")  # what may stand between two notes on one measure
_BEFORE = re.compile(r"[\s。;,、!?)”]*")  # what may be left of the measure before
_HAN = re.compile(r"[\u4e00-\u9fff]")
_ENDS = "。;!?,\n "  # what may follow a note that ends a measure
_SHORTEST = 2  # Chinese characters; less is no measure


class TaskExtractor:
    """Finds the measures of a document that end in a note of who does them."""

    def find(self, draft: Draft) -> list[Task]:
        """The tasks, in order, none overlapping another."""
        if not draft.notes:
            return []
        reader = _Reader(draft)
        result: list[Task] = []
        at = 0  # where the notes of the measure before end
        for group in _groups(draft):
            end = group[-1].end
            bounds = reader.measure(at, group[0].start) if _closes(draft.text, group) else None
            if bounds is not None and (task := reader.task(*bounds, group)):
                result.append(task)
            at = end
        return result


def _groups(draft: Draft) -> Iterator[list[Note]]:
    """Notes that follow one another with nothing between, as 牵头单位：… and 配合单位：… on two lines."""
    group: list[Note] = []
    for note in draft.notes:
        if group and _BETWEEN.fullmatch(draft.text, group[-1].end, note.start) is None:
            yield group
            group = []
        group.append(note)
    yield group


def _closes(text: str, group: list[Note]) -> bool:
    """Whether notes stand at the end of a measure, and not within its words: 领导小组(财政部牵头)负责……"""
    before, end = group[0].start, group[-1].end
    while before and text[before - 1].isspace():
        before -= 1
    return end == len(text) or text[end] in _ENDS or text[before - 1 : before] in ("。", ";", "!", "?")


class _Reader:
    """What stands around a note in one document."""

    def __init__(self, draft: Draft) -> None:
        self.draft = draft
        self.agencies = draft.of(Agency)
        self.dates = draft.of(Date)
        self.generic = {agency.start for agency in self.agencies if agency.kind == "generic"}
        self.agency_starts = [agency.start for agency in self.agencies]
        self.date_starts = [found.start for found in self.dates]
        self.line_starts = [line.start for line in draft.passages]

    def measure(self, at: int, note: int) -> tuple[int, int] | None:
        """Where the measure stands that a note closes: from the beginning of its line, or from the note before.

        For a note on a line of its own it is the line above. None where there is no measure.
        """
        number = bisect_right(self.line_starts, note) - 1
        for line in self.draft.passages[max(0, number - 1) : number + 1][::-1]:
            if line.end <= note and line.kind in FRAME_KINDS:
                return None
            bounds = self._trimmed(max(line.start, at), min(line.end, note))
            if bounds is not None:
                return bounds
        return None

    def _trimmed(self, start: int, end: int) -> tuple[int, int] | None:
        """A range without white space and marks of what stood before; None where too little is left."""
        text = self.draft.text
        if start >= end:
            return None
        start = _BEFORE.match(text, start, end).end()  # type: ignore[union-attr]
        while end > start and text[end - 1].isspace():
            end -= 1
        return (start, end) if len(_HAN.findall(text, start, end)) >= _SHORTEST else None

    def task(self, start: int, end: int, group: list[Note]) -> Task | None:
        """The task of a measure and its notes; None where the notes name nobody."""
        lead: dict[str, None] = {}
        others: dict[str, None] = {}
        certain = any(note.labelled for note in group)
        for part in (part for note in group for part in note.parts):
            members = list(self._members(part))
            certain = certain or any(known for _, known in members)
            first = members and part.role == "first" and part.start not in self.generic
            for number, (name, _) in enumerate(members):
                (lead if part.role == "lead" or (first and number == 0) else others)[name] = None
        if not certain or not (lead or others):
            return None
        participants = tuple(name for name in others if name not in lead)
        return Task(
            start, end, self.draft.text[start:end], tuple(lead), participants, self._deadline(start, end, group)
        )

    def _members(self, part: Part) -> Iterator[tuple[str, bool]]:
        """The members of a list: official names, or words as written; with each whether it is surely a body."""
        inside = self._agencies_in(part.start, part.end)
        for start, end in _cut(self.draft.text, part, inside):
            named = [agency for agency in inside if start <= agency.start and agency.end <= end]
            covered = sum(agency.end - agency.start for agency in named)
            if named and covered == end - start:
                yield from ((agency.canonical or self.draft.source(agency.start, agency.end), True) for agency in named)
            else:
                yield self.draft.source(start, end), bool(named) or bool(_BODY.search(self.draft.text[start:end]))

    def _agencies_in(self, start: int, end: int) -> list[Agency]:
        found = self.agencies[bisect_left(self.agency_starts, start) : bisect_left(self.agency_starts, end)]
        return [agency for agency in found if agency.end <= end]

    def _deadline(self, start: int, end: int, group: list[Note]) -> date | None:
        """The last day that the notes name, else the last one by which the measure is due; none that has passed."""
        today = self.draft.date or date.min
        noted = self._dates_in(group[0].start, group[-1].end)
        due = [found for found in self._dates_in(start, end) if found.role == "deadline"]
        for dates in (noted, due):
            days = [found.last_day for found in dates if found.last_day and found.last_day >= today]
            if days:
                return max(days)
        return None

    def _dates_in(self, start: int, end: int) -> list[Date]:
        return self.dates[bisect_left(self.date_starts, start) : bisect_left(self.date_starts, end)]


# Marks and words between the members of a list; the words only beside a known body, since names have them too.
_MARK = re.compile(r"[、,;]|\s+")
_AND_BEHIND = re.compile(r"等?(?:以及|和|与|及|并)")
_FILLER = re.compile(r"(?:以及|和|与|及|并|等|其中|其他)+|")
_OTHERS = re.compile(r"(?:等|等(?:有关|相关|多个)?(?:部门|单位)|(?:有关|相关)?单位)?(?:(?:和|及)(?:部门|单位))?")
_BODY = re.compile(
    r"(?:公司|集团|中心|协会|学会|联合会|学校|大学|学院|医院|研究院|研究所|银行|[委局厅部办院会署所处科室]|政府|街道|单位|部门|机构|企业|专班|小组"
    r"|[省市县区镇乡])(?:\([^()]*\))?$"
)


def _cut(text: str, part: Part, inside: list[Agency]) -> Iterator[tuple[int, int]]:
    """Where the members of a list stand, cut at marks, and at 和 and 等 beside a body."""
    at = start = part.start
    cuts: list[tuple[int, int]] = []
    for agency in [*inside, None]:
        last = agency.start if agency else part.end
        cuts += [match.span() for match in _MARK.finditer(text, at, last)]
        if agency is None:
            break
        at = agency.end
        if text[last - 1] in "和与及并" and last > start:
            cuts.append((last - 1, last))
        if match := _AND_BEHIND.match(text, at, part.end):
            cuts.append(match.span())
            at = match.end()
    for first, last in [*sorted(cuts), (part.end, part.end)]:
        if bounds := _name(text, start, first):
            yield bounds
        start = max(start, last)


def _name(text: str, start: int, end: int) -> tuple[int, int] | None:
    """A member without the words that only join it to others; None where nothing is left: 等部门."""
    if start >= end:
        return None
    start = _FILLER.match(text, start, end).end()  # type: ignore[union-attr]
    for at in range(start, end):
        if _OTHERS.fullmatch(text, at, end):
            end = at
            break
    return (start, end) if end - start >= _SHORTEST else None
