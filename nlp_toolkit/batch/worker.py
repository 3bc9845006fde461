"""A worker: a process that does one task after another, says where it is, and dies without harm."""

from __future__ import annotations

import os
import resource
import signal
import threading
from collections.abc import Iterator
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from nlp_toolkit.batch import folder as places
from nlp_toolkit.batch import look, publish
from nlp_toolkit.batch.ledger import NAME, Piece, reading
from nlp_toolkit.batch.outcome import OUT_OF_MEMORY, rows_of, seconds_for, unreadable
from nlp_toolkit.batch.settings import Analysis, Limits
from nlp_toolkit.batch.staged import Gathered
from nlp_toolkit.batch.tables import Failure
from nlp_toolkit.batch.tasks import (
    GOES_ON,
    NO_ITEM,
    WHOLE_ITEM,
    Analyse,
    Analysed,
    Answer,
    Broken,
    Done,
    Look,
    LookedInto,
    Publish,
    Rewrite,
    Task,
    Work,
)
from nlp_toolkit.document import Source
from nlp_toolkit.errors import InputError, PolicyError

# What a worker tells of itself, in memory that the parent sees: how often it has moved on, the item and the place that it
# is at, how many milliseconds that may take, and how many bytes it had when it began.
MOVES, ITEM, PLACE, ALLOWED, BEGAN_WITH = range(5)
_BYTES = 5 << 20  # of a file, likewise
_TO_START = 300.0  # seconds, for loading models; and for a step of a file that has limits of its own, such as a PDF
_PIECES_AT_ONCE = 64


def memory_of(process: int | str = "self") -> tuple[int, int]:
    """The bytes that a process has reserved, and those that it has in memory; zeros where the system does not tell."""
    try:
        reserved, resident = Path(f"/proc/{process}/statm").read_text(encoding="ascii").split()[:2]
    except OSError:
        return 0, 0
    return int(reserved) * resource.getpagesize(), int(resident) * resource.getpagesize()


def main(place: Path, analysis: Analysis, limits: Limits, tasks: Connection, life: Connection, position: Any) -> None:
    """Do tasks until there are no more, or until the parent is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    threading.Thread(target=_end_with_parent, args=(life,), daemon=True).start()
    places.join_workers(place)
    worker = _Worker(place, analysis, limits, position)
    while True:
        try:
            task = tasks.recv()
        except EOFError:
            return
        for answer in worker.do(task):
            tasks.send(answer)


def _end_with_parent(life: Connection) -> None:
    try:
        life.recv()
    except (EOFError, OSError):
        os._exit(1)


class _Worker:
    """What a worker keeps between tasks."""

    def __init__(self, place: Path, analysis: Analysis, limits: Limits, position: Any) -> None:
        self.place, self.analysis, self.limits = place, analysis, limits
        self.position = position
        self.spool = places.work(place, places.SPOOL)
        self.analyzer: Any = None
        self.began_with = 0  # bytes that this process had in memory before its first document

    def at(self, item: int, place: int, seconds: float) -> None:
        """Say where this is now, and how long it may stay there."""
        self.position[ITEM], self.position[PLACE], self.position[ALLOWED] = item, place, int(seconds * 1000)
        self.position[MOVES] += 1

    def do(self, task: Task) -> Iterator[Answer]:
        """The answers to a task; the last is how it ended."""
        self.at(NO_ITEM, WHOLE_ITEM, _TO_START)
        try:
            match task:
                case Look():
                    self._limit_memory(False)
                    yield from self._look(task)
                case Analyse():
                    yield self._analyse(task)
                case Publish():
                    self._without_limits()
                    yield self._publish(task)
                case Rewrite():
                    self._without_limits()
                    yield self._rewrite(task)
        except PolicyError as error:
            yield Broken(str(error))
        except OSError as error:
            yield Broken(f"{self.place}: cannot be written ({error.strerror or error}); {GOES_ON}")
        except Exception as error:
            yield Broken(f"a worker failed ({type(error).__name__}: {error}); please report it")

    def _without_limits(self) -> None:
        """Tables may take their time."""
        self._limit_memory(False)
        self.position[ALLOWED] = 0

    def _look(self, task: Look) -> Iterator[Answer]:
        for item, file in enumerate(task.files):
            moved = self._tick(item)
            found: list[Piece] = []
            try:
                for piece in look.pieces(file, self.analysis.reading, self.spool, task.copies, moved):
                    found.append(piece)
                    if len(found) == _PIECES_AT_ONCE:
                        yield LookedInto(file.number, tuple(found))
                        found = []
            except OSError as error:
                if error.filename != file.path:
                    raise
                failures = (unreadable(file.source, error),)
                yield LookedInto(file.number, last=True, unreadable=True, failures=failures)
            except Exception as error:
                yield LookedInto(file.number, last=True, failures=(unreadable(file.source, error),))
            else:
                yield LookedInto(file.number, tuple(found), last=True)
        yield Done()

    def _tick(self, item: int) -> look.Tick:
        self.at(item, WHOLE_ITEM, _TO_START)
        return lambda place, size: self.at(item, place, _TO_START + self.limits.seconds * (size // _BYTES))

    def _analyse(self, task: Analyse) -> Done:
        if self.analyzer is None:
            self.analyzer = self.analysis.make()
        self._limit_memory(True)
        gathered = Gathered()
        analysed = tuple(self._piece(item, work, gathered) for item, work in enumerate(task.works))
        if not gathered:
            return Done(analysed)
        self.at(NO_ITEM, WHOLE_ITEM, _TO_START)
        self._limit_memory(False)
        return Done(analysed, gathered.write(places.work(self.place, places.STAGED) / task.name))

    def _limit_memory(self, limited: bool) -> None:
        """Let the system refuse what is far too much at once, while documents are analysed; the parent sees to the rest."""
        reserved, resident = memory_of() if limited else (0, 0)
        self.began_with = self.began_with or resident
        self.position[BEGAN_WITH] = self.began_with if limited else 0
        hard = resource.getrlimit(resource.RLIMIT_AS)[1]
        wanted = reserved + self.limits.memory if reserved else hard
        resource.setrlimit(resource.RLIMIT_AS, (wanted if hard < 0 else min(wanted, hard), hard))

    def _piece(self, item: int, work: Work, gathered: Gathered) -> Analysed:
        told = Analysed(work.piece.number, work.file.number)
        condemned = {death.place: death for death in work.condemned}
        failures = []
        if death := condemned.get(WHOLE_ITEM):
            return replace(told, failures=(Failure(work.keys.get(0), work.file.source, death.kind, death.reason),))
        documents = characters = place = 0
        self.at(item, place, _TO_START)
        try:
            for found in look.read(work.piece, work.file, self.analysis.reading, self.spool):
                if isinstance(found, InputError):
                    document = work.keys.get(0, work.file.id) if work.piece.kind == look.WHOLE and not place else None
                    failures.append(Failure(document, work.file.source, "input", str(found)))
                    continue
                key = work.keys.get(place, found.id)
                self.at(item, place, seconds_for(found.text, self.limits))
                if death := condemned.get(place):
                    failures.append(Failure(key, work.file.source, death.kind, death.reason))
                elif place not in work.skipped:
                    failed = self._document(replace(found, id=key), work.file.source, gathered)
                    failures += failed
                    documents, characters = documents + (not failed), characters + len(found.text) * (not failed)
                place += 1
                self.at(item, place, _TO_START)
        except (look.ChangedError, FileNotFoundError):
            return replace(told, changed=True)
        except MemoryError:
            os._exit(OUT_OF_MEMORY)
        except Exception as error:
            reason = f"{work.file.source}: could not be read ({type(error).__name__}: {error}); please report it"
            failures.append(Failure(None, work.file.source, "error", reason))
        return replace(told, documents=documents, characters=characters, failures=tuple(failures))

    def _document(self, source: Source, name: str, gathered: Gathered) -> list[Failure]:
        """Analyse a document and gather its rows, or say why that failed."""
        try:
            rows = rows_of(self.analyzer, self.analysis, source, name)
        except MemoryError:  # what was taken may still be held: only the end of the process gives it back
            os._exit(OUT_OF_MEMORY)
        if isinstance(rows, Failure):
            return [rows]
        gathered.add(rows)
        return []

    def _publish(self, task: Publish) -> Done:
        staged = places.work(self.place, places.STAGED)
        with reading(self.place / NAME) as ledger:
            removed = {
                staged / name: {key for (key,) in ledger.execute("SELECT key FROM removals WHERE chunk = ?", (number,))}
                for number, name in task.chunks
            }
        publish.publish(self.place, task.table, task.generation, removed, removed)
        return Done()

    def _rewrite(self, task: Rewrite) -> Done:
        wanted = "SELECT key FROM removals WHERE chunk IN (SELECT number FROM chunks WHERE generation = ?)"
        with reading(self.place / NAME) as ledger:
            removed = {key for (key,) in ledger.execute(wanted, (task.generation,))}
        publish.rewrite(self.place, task.table, task.generation, removed)
        return Done()
