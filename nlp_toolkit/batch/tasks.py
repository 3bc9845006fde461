"""What a worker does at once: look into files, analyse pieces, or move rows of one table."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from nlp_toolkit.batch.ledger import Piece
from nlp_toolkit.batch.look import Wanted
from nlp_toolkit.batch.tables import Failure
from nlp_toolkit.errors import PolicyError

GOES_ON = "what is done is kept: make room, or mend it, and give the same command again"
NO_ITEM = -1  # what a worker is at that has no part in a file or piece
WHOLE_ITEM = -1  # the place of an item (a file or a piece) as a whole


@dataclass(frozen=True, slots=True)
class Death:
    """Why a worker ended, and where it was: the item of its task and the place of the document in it."""

    item: int
    place: int
    kind: str
    reason: str


@dataclass(frozen=True, slots=True)
class Work:
    """A piece to analyse, with its file: keys of documents whose id is not their own, and places to leave out.

    ``condemned`` are the places of documents that ended a worker, with why.
    """

    piece: Piece
    file: Wanted
    keys: dict[int, str] = field(default_factory=dict)
    skipped: frozenset[int] = frozenset()
    condemned: tuple[Death, ...] = ()


@dataclass(frozen=True, slots=True)
class Look:
    """Files to look into, with those that ended a worker."""

    files: tuple[Wanted, ...]
    copies: bool
    suspected: bool = False


@dataclass(frozen=True, slots=True)
class Analyse:
    """Pieces to analyse, whose rows go into a file of this name."""

    name: str
    works: tuple[Work, ...]
    suspected: bool = False

    @property
    def size(self) -> int:
        """How many bytes there are to analyse."""
        return sum(work.piece.size for work in self.works)


@dataclass(frozen=True, slots=True)
class Publish:
    """A table whose rows in these chunks become files of a generation."""

    table: str
    generation: int
    chunks: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True)
class Rewrite:
    """A table from whose files of a generation the removed documents are taken."""

    table: str
    generation: int


Task = Look | Analyse | Publish | Rewrite


@dataclass(frozen=True, slots=True)
class LookedInto:
    """Some pieces of a file; the last such answer of a file says what failed, and whether all of it is known now."""

    file: int
    pieces: tuple[Piece, ...] = ()
    last: bool = False
    unreadable: bool = False
    failures: tuple[Failure, ...] = ()


@dataclass(frozen=True, slots=True)
class Analysed:
    """What came of a piece: how many documents and characters, and what failed. ``changed``: it is another by now."""

    piece: int
    file: int
    documents: int = 0
    characters: int = 0
    failures: tuple[Failure, ...] = ()
    changed: bool = False


@dataclass(frozen=True, slots=True)
class Done:
    """The end of a task; ``size`` is that of the file with the rows, 0 where there is none."""

    analysed: tuple[Analysed, ...] = ()
    size: int = 0


@dataclass(frozen=True, slots=True)
class Broken:
    """A task that cannot be done here, and why: no room on the disk, a model that cannot be read."""

    reason: str


Answer = LookedInto | Done | Broken


def after_death(task: Task, death: Death, name: str) -> list[Task]:
    """What is left to do of a task that ended its worker.

    Whatever the worker was at is done again by itself. A document that ends a worker a second time, or that took too
    long, is condemned: it is left out, and told as failed. Raises PolicyError for a task that cannot be done at all.
    """
    hopeless = isinstance(task, Publish | Rewrite) or (death.item == NO_ITEM and task.suspected)
    if hopeless:
        raise PolicyError(f"a worker {death.reason}; what is done is kept, and the same command goes on")
    match task:
        case Look() | Analyse() if death.item == NO_ITEM:
            return [replace(task, suspected=True)]
        case Look():
            rest = tuple(file for at, file in enumerate(task.files) if at != death.item)
            others: list[Task] = [replace(task, files=rest)] if rest else []
            return [*others, replace(task, files=(task.files[death.item],), suspected=True)]
        case Analyse():
            rest_of_works = tuple(work for at, work in enumerate(task.works) if at != death.item)
            work = task.works[death.item]
            if task.suspected or death.kind == "time":
                known = any(before.place == death.place for before in work.condemned)
                work = replace(work, condemned=(*work.condemned, replace(death, place=WHOLE_ITEM) if known else death))
            again: list[Task] = [replace(task, works=rest_of_works)] if rest_of_works else []
            return [*again, Analyse(name, (work,), suspected=True)]
    return []
