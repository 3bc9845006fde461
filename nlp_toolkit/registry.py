"""The registry of public authorities: who bears a name, on which day, and who took over.

Facts stand in data/agencies.tsv (State Council reforms of 1982 to 2023 and other sources, named in each row) and
data/divisions.tsv (administrative divisions with their codes, GB/T 2260).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache

from nlp_toolkit.lexicon import cells, read_table


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
    realm: str = "mainland"

    def existed(self, on: date) -> bool:
        """Whether the body existed on a day; an unknown bound is open. A month or year stands for its first day.

        >>> Registry.load().candidates("建设部")[0].existed(date(2006, 5, 1))
        True
        """
        day = on.isoformat()
        return (not self.valid_from or _padded(self.valid_from) <= day) and (
            not self.valid_to or day < _padded(self.valid_to)
        )


def _padded(day: str) -> str:
    """A year or month as its first day.

    >>> _padded("2018"), _padded("2018-03"), _padded("2018-03-17")
    ('2018-01-01', '2018-03-01', '2018-03-17')
    """
    return (day + "-01-01"[len(day) - 10 :]) if len(day) < 10 else day


class Registry:
    """All bodies by name.

    >>> registry = Registry.load()
    >>> registry.resolve("发改委", date(2014, 8, 1)).canonical
    '国家发展和改革委员会'
    >>> registry.resolve("建设部", date(2006, 5, 1)).successor
    ('住房和城乡建设部',)
    """

    def __init__(self, bodies: tuple[Body, ...]) -> None:
        self.bodies = bodies
        self._by_name: dict[str, list[Body]] = {}
        for body in bodies:
            for name in (body.canonical, *body.aliases):
                self._by_name.setdefault(name, []).append(body)

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

    def resolve(self, name: str, on: date | None = None, realm: str | None = None) -> Body | None:
        """The body that a name means.

        Parameters
        ----------
        name
            An official name or alias, in Simplified characters.
        on
            The day; without one, today's body goes before a former one, and the latest former one before others.
        realm
            ``mainland``, ``taiwan`` or ``special``: preferred where bodies of several bear the name (交通部).

        Returns None where nobody bore the name, or where several did and nothing tells them apart.

        >>> Registry.load().resolve("交通部", realm="taiwan").parent
        '行政院'
        >>> Registry.load().resolve("不存在部") is None
        True
        """
        found = self._by_name.get(name)
        if found is None or len(found) == 1:
            return found[0] if found else None
        found = [body for body in found if body.realm == realm] or found
        then = [body for body in found if (body.existed(on) if on else not body.valid_to)]
        if not then:
            latest = max(body.valid_to for body in found)
            then = [body for body in found if body.valid_to == latest]
        return then[0] if len({body.canonical for body in then}) == 1 else None


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
