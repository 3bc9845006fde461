"""The registry of public authorities: who bears a name, on which day, and who took over.

Facts stand in data/agencies.tsv (State Council reforms of 1982 to 2023 and other sources, named in each row) and
data/divisions.tsv (administrative divisions with their codes, GB/T 2260).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from graphlib import TopologicalSorter
from heapq import heappop, heappush

from nlp_toolkit.document import parse_day
from nlp_toolkit.lexicon import cells, read_table

MAINLAND, TAIWAN, SPECIAL = "mainland", "taiwan", "special"  # realms; special: Hong Kong and Macau


@dataclass(frozen=True, slots=True)
class Body:
    """One authority: official name, other names, level, kind, parent, days of validity, successors, source, realm.

    ``valid_from`` and ``valid_to`` are ISO 8601 to the day, month or year, or empty where open or unknown; the body
    existed from the first and no longer on the last. ``realm`` is taiwan, special (Hong Kong, Macau) or mainland.
    """

    canonical: str
    aliases: tuple[str, ...]
    level: str
    kind: str
    parent: str
    valid_from: str
    valid_to: str
    successor: tuple[str, ...]
    source: str
    realm: str = MAINLAND

    def existed(self, on: date | str) -> bool:
        """Whether the body existed on a day; an unknown bound is open. A month or year stands for its first day.

        >>> Registry.load().candidates("建设部")[0].existed("2006-05-01")
        True
        """
        return self.had_begun(on) and not self.had_ended(on)

    def had_begun(self, on: date | str) -> bool:
        """Whether the body was there on a day or before it; one whose first day is unknown always was."""
        return not self.valid_from or _padded(self.valid_from) <= _day(on).isoformat()

    def had_ended(self, on: date | str) -> bool:
        """Whether the body was gone on a day; one whose end is open or unknown never is."""
        return bool(self.valid_to) and _padded(self.valid_to) <= _day(on).isoformat()


def _day(on: date | str) -> date:
    """A day, or one in ISO 8601; raises ValueError where it is neither."""
    return parse_day(on) if isinstance(on, str) else on


def _padded(day: str) -> str:
    """A year or month as its first day.

    >>> _padded("2018"), _padded("2018-03"), _padded("2018-03-17")
    ('2018-01-01', '2018-03-01', '2018-03-17')
    """
    return (day + "-01-01"[len(day) - 10 :]) if len(day) < 10 else day


class Registry:
    """All bodies by name, and who took over from whom.

    Days are ``date`` or ISO 8601 text. What the table does not say is not answered: None, or nothing in the tuple.

    >>> registry = Registry.load()
    >>> registry.resolve("发改委", on="2014-08-01").canonical
    '国家发展和改革委员会'
    >>> [body.canonical for body in registry.successor("建设部", on="2014-08-01")]
    ['住房和城乡建设部']
    """

    def __init__(self, bodies: tuple[Body, ...]) -> None:
        self.bodies = bodies
        self._by_name: dict[str, list[Body]] = {}
        for body in bodies:
            for name in (body.canonical, *body.aliases):
                self._by_name.setdefault(name, []).append(body)
        self._after = {body: self._next(body) for body in bodies}
        self._before: dict[Body, list[Body]] = {body: [] for body in bodies}
        for body, following in self._after.items():
            for one in following:
                self._before[one].append(body)

    @staticmethod
    @cache
    def load() -> Registry:
        """The registry that comes with the toolkit."""
        rows = read_table("agencies")
        return Registry(
            tuple(
                Body(
                    row["canonical"], tuple(cells(row["aliases"])), row["level"], row["kind"], row["parent"],
                    row["valid_from"], row["valid_to"], tuple(cells(row["successor"])), row["source"],
                    row["realm"],
                )
                for row in rows
            )
        )  # fmt: skip

    @property
    def names(self) -> list[str]:
        """Every official name and alias."""
        return list(self._by_name)

    def candidates(self, name: str) -> list[Body]:
        """All bodies that ever bore a name."""
        return self._by_name.get(name, [])

    def resolve(self, name: str, on: date | str | None = None, realm: str = MAINLAND) -> Body | None:
        """The body that a name means in a text of a day.

        Parameters
        ----------
        name
            An official name or alias, in Simplified characters.
        on
            The day; today where none is given. A body that was there goes before one that was gone; one that was
            not there yet is never meant.
        realm
            ``mainland``, ``taiwan`` or ``special``: preferred where bodies of several bear the name (交通部).

        Returns None where nobody can be meant, or where several can and nothing tells them apart. Raises ValueError
        where ``on`` is no day.

        >>> registry = Registry.load()
        >>> registry.resolve("国家计委", on="2000-01-01").canonical, registry.resolve("国家计委", on="2010-01-01")
        ('国家发展计划委员会', None)
        >>> registry.resolve("交通部", realm="taiwan").parent
        '行政院'
        """
        meant = self._meant(name, on, realm)
        return meant[-1] if len({body.canonical for body in meant}) == 1 else None

    def successor(
        self, name_or_body: str | Body, on: date | str | None = None, realm: str = MAINLAND
    ) -> tuple[Body, ...]:
        """The bodies that had a body's tasks on a day: itself while it was there, then those that took over.

        Parameters
        ----------
        name_or_body
            A name in Simplified characters, or a body of this registry.
        on
            The day; today where none is given.
        realm
            As in :meth:`resolve`.

        Returns one body, several where tasks were split, and none where the table does not tell: a name that nobody
        bore by that day or that fits bodies with different heirs, an end without successor, a gap in the dates.

        >>> registry = Registry.load()
        >>> [body.canonical for body in registry.successor("国家计划委员会", on="2020-01-01")]
        ['国家发展和改革委员会']
        >>> [body.canonical for body in registry.successor("城乡建设环境保护部", on="1990-01-01")]
        ['建设部', '国家环境保护局']
        """
        if isinstance(name_or_body, Body):
            return tuple(self._heirs(name_or_body, on))
        latest = {body.canonical: body for body in self._meant(name_or_body, on, realm)}
        heirs = {tuple(self._heirs(body, on)) for body in latest.values()}
        return heirs.pop() if len(heirs) == 1 else ()

    def history(self, name: str) -> tuple[Body, ...]:
        """All bodies that bore a name, those that they came from and those that took over, earlier ones first.

        >>> [body.canonical for body in Registry.load().history("国家旅游局")]
        ['中国旅行游览事业管理局', '中国旅行游览事业管理总局', '国家旅游局', '文化和旅游部']
        """
        bearers = self.candidates(name)
        line = _reached(bearers, self._before) | _reached(bearers, self._after)
        sorter = TopologicalSorter({body: [one for one in self._before[body] if one in line] for body in line})
        sorter.prepare()
        ready: list[tuple[str, str, str, Body]] = []
        result = []
        while sorter.is_active():
            for body in sorter.get_ready():
                heappush(ready, (body.valid_from or body.valid_to, body.valid_to or "9999", body.canonical, body))
            result.append(heappop(ready)[-1])
            sorter.done(result[-1])
        return tuple(result)

    def _meant(self, name: str, on: date | str | None, realm: str) -> list[Body]:
        """The bodies that a name may mean on a day, by the day on which they began: those there, else those gone."""
        bearers = _of_realm(self.candidates(name), realm)
        found = sorted((one for one in bearers if on is None or one.had_begun(on)), key=lambda one: one.valid_from)
        there = [body for body in found if not (body.valid_to if on is None else body.had_ended(on))]
        return there or found

    def _next(self, body: Body) -> tuple[Body, ...]:
        """The bodies that took over from a body: of those that bore a successor's name, the first not yet gone."""
        result = []
        for name in body.successor:
            named = [one for one in self.candidates(name) if one.canonical == name and one is not body]
            later = [one for one in _of_realm(named, body.realm) if not one.valid_to or one.valid_to > body.valid_to]
            if later:
                result.append(min(later, key=lambda one: one.valid_to or "9999"))
        return tuple(result)

    def _heirs(self, body: Body, on: date | str | None) -> Iterable[Body]:
        """The bodies at the end of a body's chains that existed on a day (or exist today), in the table's order."""
        if on is not None and not body.had_begun(on):
            return []
        heirs = dict.fromkeys(heir for one in self._after[body] for heir in self._heirs(one, on))
        if not body.valid_to:  # where the table has a successor and no end, the body ended when its successor came
            return heirs or [body]
        return heirs if on is None or body.had_ended(on) else [body]


def _of_realm(bodies: list[Body], realm: str) -> list[Body]:
    """The bodies of a realm, all of them where it has none."""
    return [body for body in bodies if body.realm == realm] or bodies


def _reached(bodies: Iterable[Body], links: Mapping[Body, Iterable[Body]]) -> set[Body]:
    """The bodies and all that the links lead to."""
    found: set[Body] = set()
    pending = list(bodies)
    while pending:
        body = pending.pop()
        if body not in found:
            found.add(body)
            pending += links[body]
    return found


@dataclass(frozen=True, slots=True)
class Division:
    """An administrative division: code, full name, level (province, city, county), code of its parent."""

    code: str
    name: str
    level: str
    parent: str


@cache
def division_by_code() -> dict[str, Division]:
    """The divisions by code.

    >>> division_by_code()["4406"].name
    '佛山市'
    """
    return {
        row["code"]: Division(row["code"], row["name"], row["level"], row["parent"]) for row in read_table("divisions")
    }


@cache
def divisions() -> dict[str, list[Division]]:
    """The divisions by full and by short name; one-character names (京, 沪) are left out.

    >>> [division.code for division in divisions()["嘉义县"]]
    ['7115']
    """
    result: dict[str, list[Division]] = {}
    for row in read_table("divisions"):
        division = division_by_code()[row["code"]]
        for name in (row["name"], *cells(row["short"])):
            if len(name) > 1:
                result.setdefault(name, []).append(division)
    return result
