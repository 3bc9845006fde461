"""All quantities of a text, as an optional layer; goals read the same values."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import replace

from nlp_toolkit.document import Measure
from nlp_toolkit.draft import Draft
from nlp_toolkit.numbers import canonical, find_quantities

_RESPECTIVELY = "分别"
_CLAUSE_END = re.compile(r"[,;:。!?\n]")
_CONJUNCTION = re.compile(r"、|以及|[和与及]")
_BEFORE_SUBJECT = re.compile(r"(?:[^\n]*(?:[年月日末底]|时期|期间)[,、]?)?(?:力争|确保|使|将|其中)?")
_BEHIND_SUBJECT = re.compile(r"(?:要|将|应|力争|需|须|已|也|则|均)+$")


class QuantityExtractor:
    """Finds quantities sentence by sentence, outside dates, document titles and document numbers."""

    def find(self, draft: Draft) -> list[Measure]:
        """The quantities of the text, in order; a range gives its lower and its upper bound."""
        taken = sorted((span.start, span.end) for label in ("DATE", "DOCUMENT") for span in draft.spans.get(label, ()))
        found: list[Measure] = []
        for start, end in draft.sentences:
            for one in find_quantities(draft.text, start, end):
                place = bisect_right(taken, (one.end,)) - 1
                if place >= 0 and taken[place][1] > one.start:
                    continue
                text = draft.text[one.start : one.end]
                written = replace(one.quantity, unit=draft.written(one.quantity.unit, one.start, one.end))
                found.append(Measure(one.start, one.end, text, written, canonical(one.quantity), one.base))
        return _dealt_out(draft, found) if _RESPECTIVELY in draft.text else found


def _dealt_out(draft: Draft, found: list[Measure]) -> list[Measure]:
    """Give the figures behind 分别 their subjects, where there are as many of them: 城市和县城分别达到65%和55%."""
    text, result = draft.text, list(found)
    for match in re.finditer(_RESPECTIVELY, text):
        begins = [stop.end() for stop in _CLAUSE_END.finditer(text, max(0, match.start() - 80), match.start())]
        first = begins[-1] if begins else max(0, match.start() - 80)
        stop = _CLAUSE_END.search(text, match.end())
        last = stop.start() if stop else len(text)
        figures = range(bisect_left(result, match.end(), key=_start), bisect_left(result, last, key=_start))
        subjects = list(_subjects(text, first, match.start()))
        if len(figures) == len(subjects) > 1:
            for figure, place in zip(figures, subjects, strict=True):
                result[figure] = replace(result[figure], subject=draft.source(*place))
    return result


def _start(measure: Measure) -> int:
    return measure.start


def _subjects(text: str, first: int, last: int) -> Iterator[tuple[int, int]]:
    """What a clause names before 分别, joined by 、 or 和."""
    lead = _BEFORE_SUBJECT.match(text, first, last)
    first = lead.end() if lead else first
    if tail := _BEHIND_SUBJECT.search(text, first, last):
        last = tail.start()
    for joint in _CONJUNCTION.finditer(text, first, last):
        if joint.start() > first:
            yield first, joint.start()
        first = joint.end()
    if first < last:
        yield first, last
