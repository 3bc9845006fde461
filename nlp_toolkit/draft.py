"""The document while it walks the corridor: every stage reads what stands here and adds its own.

All offsets are those of the normalised text; ``source`` gives the original characters of a range.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from nlp_toolkit.document import Passage, Span
from nlp_toolkit.frame import Layout, layout
from nlp_toolkit.lexicon import Hits
from nlp_toolkit.normalize import Normalized
from nlp_toolkit.notes import Note, notes
from nlp_toolkit.segment import clauses

S = TypeVar("S", bound=Span)
Range = tuple[int, int]


class Heard(NamedTuple):
    """How much the clauses of a draft sound like a statement of something wrong, as a model hears them.

    margins    of each clause, from its words alone
    weights    of the margin and of what else is known of a clause (see ``extract.problems.TOLD``), and the bias
    threshold  the score from which on a clause is taken for a statement
    evidence   the places of a clause that weigh most
    """

    margins: npt.NDArray[np.float64]
    weights: npt.NDArray[Any]
    threshold: float
    evidence: Callable[[Range], tuple[Range, ...]]


def merged(places: Iterable[Range]) -> tuple[Range, ...]:
    """Places in order, overlapping ones joined.

    >>> merged([(4, 6), (0, 2), (5, 8)])
    ((0, 2), (4, 8))
    """
    result: list[Range] = []
    for start, end in sorted(places):
        if result and start < result[-1][1]:
            result[-1] = (result[-1][0], max(end, result[-1][1]))
        else:
            result.append((start, end))
    return tuple(result)


@dataclass(slots=True)
class Draft:
    """What is known of a document so far, in normalised coordinates.

    passages     lines with their kind, without themes yet
    sentences    (start, end) of each sentence, in order
    tokens       (word, part of speech) in order; their lengths add up to the text
    hits         what the lexicon's automaton found
    spans        what the extractors found so far, a list a label
    heard        how much each clause sounds like a problem to a model; None where no model was asked
    features     where a model's features stand, kept for its next look
    """

    original: str
    normalized: Normalized
    date: date | None
    passages: list[Passage]
    sentences: list[tuple[int, int]]
    tokens: list[tuple[str, str]]
    hits: Hits
    spans: dict[str, list[Span]] = field(default_factory=dict)
    heard: Heard | None = None
    features: object = None
    _clauses: list[tuple[int, int]] | None = None
    _notes: list[Note] | None = None
    _token_ends: npt.NDArray[np.int64] | None = None
    _layout: Layout | None = None

    def __post_init__(self) -> None:
        """Let the frame say what its lines are, and when the document is dated where nobody says it."""
        self._layout = layout(self.passages)
        self.passages = self._layout.lines
        self.date = self.date or self._layout.day

    @property
    def layout(self) -> Layout:
        """The frame's lines and the places of its parts."""
        assert self._layout is not None
        return self._layout

    @property
    def year(self) -> int | None:
        """The year that the document is of: that of its day, or of its number where no day is known."""
        return self.date.year if self.date is not None else self.layout.year

    @property
    def text(self) -> str:
        """The normalised text."""
        return self.normalized.text

    @property
    def script(self) -> str:
        """hans, hant or mixed: the script of the original."""
        return self.normalized.script

    @property
    def words(self) -> list[str]:
        """The words of the text."""
        return [word for word, _ in self.tokens]

    @property
    def tags(self) -> list[str]:
        """The parts of speech of the words."""
        return [tag for _, tag in self.tokens]

    @property
    def token_ends(self) -> npt.NDArray[np.int64]:
        """Where each word ends; it begins where the one before ends."""
        if self._token_ends is None:
            self._token_ends = np.fromiter(map(len, self.words), np.int64, len(self.tokens)).cumsum()
        return self._token_ends

    @property
    def clauses(self) -> list[tuple[int, int]]:
        """(start, end) of each clause, in order; no clause crosses a sentence."""
        if self._clauses is None:
            self._clauses = clauses(self.text, self.sentences)
        return self._clauses

    @property
    def notes(self) -> list[Note]:
        """The notes that say who does a measure, in order."""
        if self._notes is None:
            self._notes = notes(self.text, self.passages)
        return self._notes

    def source(self, start: int, end: int) -> str:
        """The original characters of a normalised range."""
        first, last = self.normalized.alignment.to_source(start, end)
        return self.original[first:last]

    def written(self, word: str | None, start: int, end: int) -> str | None:
        """A word of a normalised range as the original writes it: 辆 is 輛 in a Traditional text."""
        at = -1 if word is None or self.script == "hans" else self.text.rfind(word, start, end)
        if word is None or at < 0:
            return word
        written = self.source(at, at + len(word))
        return written if all("\u4e00" <= char <= "\u9fff" for char in written) else word

    def of(self, span_type: type[S]) -> list[S]:
        """The spans of one layer found so far, in order."""
        return [span for span in self.spans.get(span_type.label, ()) if isinstance(span, span_type)]
