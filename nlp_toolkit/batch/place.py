"""The province that a document is of: that of its title, of the first body in its frame, or of most bodies it names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from functools import cache

from nlp_toolkit.document import Agency, Document
from nlp_toolkit.extract.agencies.places import place_at_start, upwards
from nlp_toolkit.normalize import normalize
from nlp_toolkit.registry import Division, Registry, divisions

# Kinds of passages that say whose document it is: title and signature name the issuer, the number its place.
_FRAME = frozenset({"title", "number", "signature"})
_LONGEST_NAME = 12  # characters of a division's name
_HIGHEST = 5  # steps from a body to the government above it


def place_of(document: Document) -> str | None:
    """The province, region or municipality that a document is of; None for the whole country and where it is not told.

    >>> place_of(Document("", title="佛山市数据共享管理办法"))
    '广东省'
    >>> bodies = [Agency(0, 3, "", canonical=name) for name in ("国务院", "苏州市财政局", "江苏省人民政府")]
    >>> place_of(Document("", spans=tuple(bodies)))
    '江苏省'
    """
    if document.title and (named := _only(_places_in(normalize(document.title).text))):
        return named
    bodies = [agency for agency in document.agencies if agency.canonical]
    frame = [(passage.start, passage.end) for passage in document.passages if passage.kind in _FRAME]
    framed = [body for body in bodies if any(start <= body.start < end for start, end in frame)]
    if framed:  # the issuer comes first
        return _place_of_body(framed[0])
    places = Counter(map(_place_of_body, bodies))
    return next((place for place, count in places.items() if place and count * 2 > len(bodies)), None)


def _only(places: Iterable[str]) -> str | None:
    """The place where there is no other."""
    found = set(places)
    return found.pop() if len(found) == 1 else None


def _places_in(text: str) -> Iterable[str]:
    """The provinces of the divisions that a text names, the longest name at each place."""
    at = 0
    while at < len(text):
        for size in range(min(_LONGEST_NAME, len(text) - at), 1, -1):
            if found := _unmistakable(text[at : at + size]):
                if place := _only(map(_province, found)):
                    yield place
                at += size
                break
        else:
            at += 1


def _unmistakable(name: str) -> list[Division]:
    """The divisions of a full name, or of a short one that is no common word: those of counties often are."""
    return [one for one in divisions().get(name, ()) if name == one.name or one.level != "county"]


def _province(division: Division) -> str:
    return upwards(division)[-1].name


def _place_of_body(agency: Agency) -> str | None:
    return _place_of_name(agency.canonical or "")


@cache
def _place_of_name(name: str) -> str | None:
    """The province of a body by its own name or by that of the government above it: 屋宇署 belongs to 香港."""
    for _ in range(_HIGHEST):
        if division := place_at_start(name):
            return _province(division)
        parent = _only(body.parent for body in Registry.load().candidates(name))
        if not parent:
            return None
        name = parent
    return None
