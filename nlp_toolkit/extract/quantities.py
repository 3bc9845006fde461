"""All quantities of a text, as an optional layer; goals read the same values."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import replace

from nlp_toolkit.document import Measure
from nlp_toolkit.draft import Draft
from nlp_toolkit.numbers import canonical, find_quantities


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
        return found
