"""Bodies of the registry, with their inner offices, and whose registry a text means: the mainland's, Taiwan's, Hong Kong's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from nlp_toolkit.draft import Draft
from nlp_toolkit.extract.agencies.generic import DEPARTMENTS_OF
from nlp_toolkit.extract.agencies.words import OFFICE, TAIWAN_OFFICE, UNIT, Mention, heads, is_other_word
from nlp_toolkit.registry import MAINLAND, SPECIAL, TAIWAN, Body, Registry


class RegisteredBodies:
    """Finds the bodies that the registry names."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    def find(self, draft: Draft, hits: list[tuple[int, int]]) -> list[Mention]:
        """Bodies of the registry; one named behind its parent is one mention with it: 内政部国土管理署.

        ``hits`` are the places where their names stand, none overlapping another.
        """
        text, day = draft.text, draft.date
        realm = self._realm(draft, hits)
        result: list[Mention] = []
        number = 0
        while number < len(hits):
            start, end = hits[number]
            number += 1
            body = self._registry.resolve(text[start:end], day, realm)
            if body is not None and body.realm == SPECIAL and not _may_be_special(text, start, end, realm):
                continue
            canonical = alone = body.canonical if body else None
            while canonical and number < len(hits) and hits[number][0] == end:
                inner = self._registry.resolve(text[end : hits[number][1]], day, realm)
                if inner is None or not _belongs(inner, canonical):
                    break
                alone, body = inner.canonical, inner
                canonical = alone if alone.startswith(canonical) else canonical + alone.removeprefix("澳门")
                end = hits[number][1]
                number += 1
            if canonical in _CENTRES and (match := DEPARTMENTS_OF.match(text, end)):
                result.append(Mention(start, match.end(), "generic"))
            else:
                result.extend(self._with_office(text, start, end, canonical, body, alone))
        return result

    def _with_office(
        self, text: str, start: int, end: int, canonical: str | None, body: Body | None, alone: str | None
    ) -> Iterator[Mention]:
        """A registered body with its inner office (住建部办公厅) or unit, unless it is only part of another word."""
        level = body.level if body else _common_level(self._registry.candidates(text[start:end]))
        if canonical != "国务院" and "\u4e00" <= text[end : end + 1] <= "\u9fff":
            match = OFFICE.match(text, end)
            if match is None and body is not None and body.realm == TAIWAN:
                match = UNIT.match(text, end) or TAIWAN_OFFICE.match(text, end)
            if match is not None and text[end] != "门":
                canonical = canonical + match.group() if canonical else None
                alone = alone + match.group() if alone else None
                end = match.end()
        if not is_other_word(text, end):
            yield Mention(start, end, "named", canonical, level, alone=alone)

    def _realm(self, draft: Draft, hits: Iterable[tuple[int, int]]) -> str:
        """Whose authorities a text means where names coincide, by words and bodies that only one realm has."""
        text = draft.text
        if draft.script == "hans":
            opening = text[:_OPENING]
            special = any(word in text for word in _SPECIAL_WORDS) or "香港" in opening or "澳门" in opening
            return SPECIAL if special else MAINLAND
        votes: Counter[str] = Counter()
        for start, end in hits:
            realms = {body.realm for body in self._registry.candidates(text[start:end])}
            votes.update(realms if len(realms) == 1 else ())
        votes[TAIWAN] += sum(word in text for word in _TAIWAN_WORDS)
        votes[SPECIAL] += sum(word in text for word in (*_SPECIAL_WORDS, *_PLACES_OF_HONG_KONG))
        if not votes[TAIWAN] and not votes[SPECIAL]:
            return MAINLAND
        return TAIWAN if votes[TAIWAN] >= votes[SPECIAL] else SPECIAL


_OPENING = 60  # characters that tell of which place a text is
_CENTRES = ("国务院", "中国共产党中央委员会", "行政院")
_TAIWAN_WORDS = ("行政院", "立法院", "台湾", "县市政府", "民国")
# Words that tell that a text is about Hong Kong or Macau.
_SPECIAL_WORDS = ("行政长官", "特区政府", "立法会", "政务司", "财政司", "申诉专员")
_PLACES_OF_HONG_KONG = ("香港", "澳门", "港岛", "九龙", "新界", "全港", "本港")


def _may_be_special(text: str, start: int, end: int, realm: str) -> bool:
    """Whether a name of Hong Kong or Macau means a body there: 教育局 elsewhere is a local body."""
    at_home = realm == SPECIAL or text.startswith(("香港", "澳门"), start)
    return at_home or (text[start:end] not in heads() and ("香港" in text or "澳门" in text))


def _belongs(inner: Body, canonical: str) -> bool:
    """Whether a body named right behind another is part of it: 内政部国土管理署, 香港特别行政区政府运输署."""
    governments = ("香港特别行政区政府", "澳门特别行政区政府", "香港政府", "澳门政府")
    return bool(inner.parent and canonical.endswith(inner.parent)) or (
        inner.realm == SPECIAL and canonical.endswith(governments)
    )


def _common_level(bodies: Iterable[Body]) -> str | None:
    levels = {body.level for body in bodies}
    return levels.pop() if len(levels) == 1 else None
