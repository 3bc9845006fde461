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
    """One authority: official name, other names, level, kind, parent, days of validity, successors."""

    canonical: str
    aliases: tuple[str, ...]
    level: str
    kind: str
    parent: str
    valid_from: str
    valid_to: str
    successor: tuple[str, ...]
    source: str

    def existed(self, on: date) -> bool:
        """Whether the body existed on a day; an unknown bound is open. A month or year stands for its first day."""
        day = on.isoformat()
        return self.valid_from <= day and (not self.valid_to or day < _padded(self.valid_to))


def _padded(day: str) -> str:
    """A year or month as its first day.

    >>> _padded("2018"), _padded("2018-03")
    ('2018-01-01', '2018-03-01')
    """
    return (day + "-01-01")[:10] if len(day) == 4 else (day + "-01")[:10]


class Registry:
    """All bodies by name.

    >>> Registry.load().resolve("发改委", date(2014, 8, 1)).canonical
    '国家发展和改革委员会'
    >>> Registry.load().resolve("建设部", date(2006, 5, 1)).successor
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
        return Registry(
            tuple(
                Body(
                    row["canonical"], tuple(cells(row["aliases"])), row["level"], row["kind"], row["parent"],
                    row["valid_from"], row["valid_to"], tuple(cells(row["successor"])), row["source"],
                )
                for row in read_table("agencies")
            )
        )  # fmt: skip

    @property
    def names(self) -> list[str]:
        """Every official name and alias."""
        return list(self._by_name)

    def candidates(self, name: str) -> list[Body]:
        """All bodies that ever bore a name."""
        return self._by_name.get(name, [])

    def resolve(self, name: str, on: date | None = None) -> Body | None:
        """The body that a name means on a day (without one, today's body before a former one).

        None where nobody bore the name, or where several did and the day does not tell them apart.
        """
        found = self.candidates(name)
        if len({body.canonical for body in found}) <= 1:
            return found[0] if found else None
        then = [body for body in found if (body.existed(on) if on else not body.valid_to)]
        named = {body.canonical: body for body in then}
        return next(iter(named.values())) if len(named) == 1 else None


@dataclass(frozen=True, slots=True)
class Division:
    """An administrative division: code, full name, level (province, city, county), code of its parent."""

    code: str
    name: str
    level: str
    parent: str


@cache
def divisions() -> dict[str, list[Division]]:
    """The divisions by full and by short name; one-character names (京, 沪) are left out."""
    result: dict[str, list[Division]] = {}
    for row in read_table("divisions"):
        division = Division(row["code"], row["name"], row["level"], row["parent"])
        for name in (row["name"], *cells(row["short"])):
            if len(name) > 1:
                result.setdefault(name, []).append(division)
    return result
