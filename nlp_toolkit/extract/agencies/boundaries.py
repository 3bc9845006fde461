"""Where the name of a body or a place may begin, told by the characters and the parts of speech before it."""

from __future__ import annotations

from functools import cache
from itertools import accumulate

from nlp_toolkit.draft import Draft
from nlp_toolkit.extract.agencies.words import words

BOUNDARY = frozenset(
    "、,。;:!?()“”《》\n \u3000和与及由经报向是在为让被给请对按将以而该本我且了"
    ".过起来年月份据令届等如含有到至从同合括促导商查询助俟交送受驻原于并但因"
)  # what a name may stand behind
_OUTSIDE_NAMES = frozenset("vpdcrue")  # tags of words that are no part of a place's name


class Boundaries:
    """Where a name may begin: behind a mark or a particle, or behind a word that is a verb or a function word."""

    def __init__(self, draft: Draft) -> None:
        self._draft = draft
        self._tags: dict[int, str] | None = None  # where a token ends: its part of speech

    def __contains__(self, at: int) -> bool:
        if at <= 0 or self._draft.text[at - 1] in BOUNDARY:
            return True
        if self._draft.text.endswith(_before_name(), max(0, at - 5), at):
            return True
        if self._tags is None:
            ends = accumulate(len(word) for word, _ in self._draft.tokens)
            self._tags = dict(zip(ends, (tag for _, tag in self._draft.tokens), strict=True))
        return self._tags.get(at, "n")[0] in _OUTSIDE_NAMES

    def holds_name(self, start: int, end: int) -> bool:
        """Whether what stands in a range may be a place's name: no verb, pronoun or particle in it."""
        return not any(at in self and self._draft.text[at - 1] not in BOUNDARY for at in range(start + 1, end + 1))


@cache
def _before_name() -> tuple[str, ...]:
    return tuple(words("before_name"))
