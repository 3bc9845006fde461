"""Public authorities: of the registry, local ones by grammar, coordination bodies, groups and generic mentions.

Everything hangs on the automaton's hits: a pattern is only tried where one of its words stands.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from nlp_toolkit.document import Agency
from nlp_toolkit.draft import Draft
from nlp_toolkit.extract.agencies.bodies import body_numbers, counts_named
from nlp_toolkit.extract.agencies.coordination import coordination_bodies
from nlp_toolkit.extract.agencies.generic import DEPARTMENTS_OF, counted_groups, generic_mentions, with_elided
from nlp_toolkit.extract.agencies.local import LocalBodies
from nlp_toolkit.extract.agencies.places import Places
from nlp_toolkit.extract.agencies.roles import roles_of
from nlp_toolkit.extract.agencies.settle import blocked_places, settled
from nlp_toolkit.extract.agencies.short_names import with_short_names
from nlp_toolkit.extract.agencies.words import OFFICE, TAIWAN_OFFICE, UNIT, Mention, is_other_word, layers
from nlp_toolkit.registry import Body, Registry

__all__ = ["AgencyExtractor", "layers"]


class AgencyExtractor:
    """Finds authorities; the longest mention at a place is taken, and none inside a document's title or a date."""

    def __init__(self) -> None:
        self._registry = Registry.load()
        self._local = LocalBodies(self._registry)

    def find(self, draft: Draft) -> list[Agency]:
        """The authorities of the document, in order, none overlapping another or a date or document."""
        look_alikes: list[tuple[int, int]] = []
        mentions = list(self._registered(draft, look_alikes))
        places = Places(draft)
        mentions += self._local.find(draft, places, mentions)
        mentions += coordination_bodies(draft, places)
        mentions += counted_groups(draft)
        mentions += generic_mentions(draft)
        if not mentions:
            return []
        blocked = blocked_places(draft, look_alikes, mentions)
        foreign = {end for _, end in draft.hits.all("agency.foreign")}
        kept = with_short_names(draft, with_elided(draft.text, settled(mentions, blocked, foreign)), blocked)
        text = draft.text
        bodies = body_numbers(text, kept)
        found = zip(kept, roles_of(draft, kept), bodies, counts_named(text, kept, bodies), strict=True)
        return [
            Agency(m.start, m.end, text[m.start : m.end], m.kind, m.canonical, m.level, role, m.size, named, body)
            for m, role, body, named in found
        ]

    # Bodies of the registry ----------------------------------------------------------------------------------------

    def _registered(self, draft: Draft, look_alikes: list[tuple[int, int]]) -> Iterator[Mention]:
        """Bodies of the registry, with what is named behind them; look-alikes met on the way are set aside."""
        text, day = draft.text, draft.date
        hits = draft.hits.classified("agency", "agency.look_alike")
        realm = _realm(draft)
        at_hongkong = any(word in text for word in _SPECIAL_REGIONS)
        number, count = 0, len(hits)
        while number < count:
            start, end, layer = hits[number]
            number += 1
            if layer != "agency":
                look_alikes.append((start, end))
                continue
            body = self._registry.resolve(text[start:end], day, realm)
            canonical = body.canonical if body else None
            # A body named behind its parent is one mention: 内政部国土管理署, 教育部国教署.
            while number < count and hits[number][0] == end and hits[number][2] == "agency" and canonical:
                inner = self._registry.resolve(text[end : hits[number][1]], day, realm)
                if inner is None or not inner.parent or not canonical.endswith(inner.parent):
                    break
                canonical += inner.canonical
                end = hits[number][1]
                number += 1
            if (
                body is not None
                and body.realm == "special"
                and not at_hongkong
                and not text.startswith(("香港", "澳门"), start)
            ):
                continue  # 教育局 without Hong Kong in sight is a local body
            if canonical in ("国务院", "中国共产党中央委员会", "行政院") and (match := DEPARTMENTS_OF.match(text, end)):
                yield Mention(start, match.end(), "generic")
                continue
            yield from self._with_office(text, start, end, canonical, body)

    def _with_office(
        self, text: str, start: int, end: int, canonical: str | None, body: Body | None
    ) -> Iterator[Mention]:
        """A registered body with its inner office (住建部办公厅) or unit, unless it is only part of another word."""
        if canonical != "国务院" and "\u4e00" <= text[end : end + 1] <= "\u9fff":
            match = OFFICE.match(text, end)
            if match is None and body is not None and body.realm == "taiwan":
                match = UNIT.match(text, end) or TAIWAN_OFFICE.match(text, end)
            if match is not None and text[end] != "门":
                canonical = canonical + match.group() if canonical else None
                end = match.end()
        if not is_other_word(text, end):
            level = body.level if body else _common_level(self._registry.candidates(text[start:end]))
            yield Mention(start, end, "named", canonical, level)

    # Local bodies ----------------------------------------------------------------------------------------------------


# Words that tell that a text is about Hong Kong or Macau.
_SPECIAL_REGIONS = ("香港", "澳门", "行政长官", "特区政府", "立法会", "政务司", "财政司", "申诉专员")


def _realm(draft: Draft) -> str:
    """Whose authorities a text means where names coincide: taiwan for a Traditional text about Taiwan."""
    text = draft.text
    taiwan = draft.script == "hant" and any(word in text for word in ("行政院", "立法院", "台湾", "县市政府", "民国"))
    return "taiwan" if taiwan else "mainland"


def _common_level(bodies: Iterable[Body]) -> str | None:
    levels = {body.level for body in bodies}
    return levels.pop() if len(levels) == 1 else None
