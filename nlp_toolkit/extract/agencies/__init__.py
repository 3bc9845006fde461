"""Public authorities: of the registry, local ones by grammar, coordination bodies, groups and generic mentions.

Everything hangs on the automaton's hits: a pattern is only tried where one of its words stands.
"""

from __future__ import annotations

from nlp_toolkit.document import Agency
from nlp_toolkit.draft import Draft
from nlp_toolkit.extract.agencies.bodies import body_numbers, counts_named
from nlp_toolkit.extract.agencies.coordination import coordination_bodies
from nlp_toolkit.extract.agencies.generic import counted_groups, generic_mentions, with_elided
from nlp_toolkit.extract.agencies.local import LocalBodies
from nlp_toolkit.extract.agencies.places import Places
from nlp_toolkit.extract.agencies.registered import RegisteredBodies
from nlp_toolkit.extract.agencies.roles import roles_of
from nlp_toolkit.extract.agencies.settle import blocked_places, settled
from nlp_toolkit.extract.agencies.short_names import with_short_names
from nlp_toolkit.extract.agencies.words import layers
from nlp_toolkit.registry import Registry

__all__ = ["AgencyExtractor", "layers"]


_LOOK_ALIKE = "agency.look_alike"


class AgencyExtractor:
    """Finds authorities; the longest mention at a place is taken, and none inside a document's title or a date."""

    def __init__(self) -> None:
        registry = Registry.load()
        self._registered = RegisteredBodies(registry)
        self._local = LocalBodies(registry)

    def find(self, draft: Draft) -> list[Agency]:
        """The authorities of the document, in order, none overlapping another or a date or document."""
        hits = draft.hits.classified("agency", _LOOK_ALIKE)
        mentions = self._registered.find(draft, [(start, end) for start, end, layer in hits if layer != _LOOK_ALIKE])
        places = Places(draft)
        mentions += self._local.find(draft, places, mentions)
        mentions += coordination_bodies(draft, places)
        mentions += counted_groups(draft)
        mentions += generic_mentions(draft)
        if not mentions:
            return []
        look_alikes = [(start, end) for start, end, layer in hits if layer == _LOOK_ALIKE]
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
