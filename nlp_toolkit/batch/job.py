"""A run over many inputs: look into them, analyse what is new or changed, and bring the tables up to date.

Every step is a change of the ledger that is made when its work is on the disk. A run that ends at any moment, however it
ends, is gone on with by the next, and the tables are those of a run that was never broken.
"""

from __future__ import annotations

import signal
import sqlite3
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from types import FrameType
from typing import Any, Protocol

from nlp_toolkit.batch import duplicates, folder, look, publish, store, tables, walk
from nlp_toolkit.batch.ledger import Ledger, Piece
from nlp_toolkit.batch.look import PIECE, Wanted
from nlp_toolkit.batch.pool import Pool
from nlp_toolkit.batch.settings import Settings
from nlp_toolkit.batch.tables import Failure
from nlp_toolkit.batch.tasks import (
    GOES_ON,
    Analyse,
    Analysed,
    Broken,
    Death,
    Done,
    Look,
    LookedInto,
    Publish,
    Rewrite,
    Task,
    Work,
    after_death,
)
from nlp_toolkit.errors import InputError, PolicyError
from nlp_toolkit.write.tables import DOCUMENTS

STANDARD_INPUT = "-"
_FILES_AT_ONCE, _BYTES_AT_ONCE = 500, 16 << 20  # that a worker looks into
_PIECES_AT_ONCE = 2_000  # that a worker analyses
_PUBLISHED_FROM = 1 << 30  # bytes of rows on their way, from which on they go into the tables
_JUST_NOW = 2_000_000_000  # nanoseconds: a file that is younger may change without looking other
_ROWS = 10_000
_MEMORY_FOR_DUPLICATES = "256MB"
_LOOKED_WITH_COPIES = "+copies"


class Watch(Protocol):
    """Whoever wants to know how a run goes."""

    def stage(self, name: str, size: int = 0) -> None:
        """A stage begins (``look``, ``analyse``, ``tables``) with so many files, bytes or tables to do."""

    def done(self, size: int, documents: int = 0, characters: int = 0) -> None:
        """So much of the stage has been done."""

    def failed(self, failure: Failure) -> None:
        """Something could not be processed; the others go on."""


@dataclass(slots=True)
class Summary:
    """What a run did: inputs that could not be found, documents and characters analysed anew; what the corpus has now."""

    missing: int = 0
    vanished: int = 0
    analysed: int = 0
    characters: int = 0
    documents: int = 0
    failures: int = 0
    copies: int = 0

    def told(self, place: Path) -> str:
        """What there is to say at the end."""
        failed = self.missing + self.failures
        parts = [f"{place}: {self.documents:,} documents, {self.analysed:,} of them annotated now"]
        parts += [f"{self.vanished:,} inputs are gone"] * bool(self.vanished)
        parts += [f"{self.copies:,} copies (see the table duplicates)"] * bool(self.copies)
        parts += [f"{failed:,} failed (see the table failures)"] * bool(failed)
        return "; ".join(parts)

    @property
    def whole(self) -> bool:
        """Whether nothing failed, in this run or in an earlier one whose failures still stand."""
        return not self.missing and not self.failures


def run(inputs: Iterable[str | Path], place: Path, settings: Settings, watch: Watch) -> Summary:
    """Bring the corpus in a folder up to date with inputs: files, folders, globs, or ``-`` for standard input.

    Inputs of earlier runs that are not named now stay as they are; files that vanished from an input that is named are
    removed from the tables.

    Raises
    ------
    PolicyError
        Where the folder is held by another run, holds something else, or cannot be written. What is done is kept.
    KeyboardInterrupt
        At Ctrl-C and SIGTERM. What is done is kept.
    """
    store.duckdb()
    analysis = settings.analysis
    recipe = analysis.recipe()
    with folder.locked(place), _as_interrupt(), _told_where(place), closing(Ledger(place)) as ledger:
        folder.recover(place, ledger)
        with Pool(place, analysis, settings.limits, settings.workers) as pool:
            return _Run(ledger, place, settings, recipe, pool, watch).run(inputs)


@contextmanager
def _as_interrupt() -> Iterator[None]:
    """Take SIGTERM for Ctrl-C, in the main thread, which alone may."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def _told_where(place: Path) -> Iterator[None]:
    """Say in which folder there is no room, or no permission."""
    try:
        yield
    except sqlite3.Error as error:
        raise PolicyError(f"{place}: the ledger cannot be written ({error}); {GOES_ON}") from None
    except OSError as error:
        raise PolicyError(f"{place}: cannot be written ({error.strerror or error}); {GOES_ON}") from None


class _Run:
    """A run and its stages, in order."""

    def __init__(self, ledger: Ledger, place: Path, settings: Settings, recipe: str, pool: Pool, watch: Watch) -> None:
        self.ledger, self.place, self.settings, self.recipe = ledger, place, settings, recipe
        self.pool, self.watch = pool, watch
        self.summary = Summary()
        self.chunks = 0
        self.how = settings.analysis.recipe_of_reading()
        self.ledger.connection.execute("CREATE TEMP TABLE named (root INTEGER PRIMARY KEY)")

    def run(self, inputs: Iterable[str | Path]) -> Summary:
        self.find(inputs)
        self.look()
        self.ledger.resolve()
        self.ledger.skip(self.copies() if self.settings.dedupe else ())
        if self._records_are_gone():
            self.look()
        self.analyse()
        self.bring_up_to_date()
        self.pool.rest()
        self.derive()
        self.count()
        return self.summary

    def find(self, inputs: Iterable[str | Path]) -> None:
        """Take down which files there are, and which are to be done again."""
        complete = []
        for name in map(str, inputs):
            missing = self.summary.missing
            root = self.ledger.root(name if name == STANDARD_INPUT else str(Path(name).absolute()))
            path = folder.save_standard_input(self.place) if name == STANDARD_INPUT else name
            self.ledger.see(walk.files(str(path), root, self._missing, self.place))
            if self.summary.missing == missing:
                complete.append(root)
            self.ledger.connection.execute("INSERT OR IGNORE INTO named VALUES (?)", (root,))
        self.summary.vanished = self.ledger.forget_vanished(complete)
        mine = "file IN (SELECT number FROM files WHERE root IN (SELECT root FROM named))"
        with self.ledger.change():
            if self.settings.refresh:
                self.ledger.redo(mine)
            elif self.settings.retry:
                self.ledger.connection.execute(
                    f"UPDATE files SET looked = NULL WHERE number IN (SELECT file FROM failures WHERE {mine})"
                )
                self.ledger.redo(f"number IN (SELECT piece FROM failures) AND {mine}")
            self.ledger.redo(f"recipe <> ? AND {mine}", self.recipe)

    def _missing(self, error: InputError) -> None:
        self.summary.missing += 1
        self.watch.failed(Failure(None, None, "input", str(error)))

    def look(self) -> None:
        """Look into the files that are new or changed, and into those that were looked into in another way."""
        with_copies = self.how + _LOOKED_WITH_COPIES
        known = f"looked = '{with_copies}'" + ("" if self.settings.dedupe else f" OR looked = '{self.how}'")
        wanted = f"root IN (SELECT root FROM named) AND ({known}) IS NOT TRUE"
        self._records_are_gone()
        count = self.ledger.value(f"SELECT count(*) FROM files WHERE {wanted}")
        if not count:
            return
        self.watch.stage("look", count)
        sql = f"SELECT number, source, path, id, size FROM files WHERE number > ? AND {wanted} ORDER BY number"
        looks = self._looks(row for page in self.ledger.pages(sql) for row in page)
        how = with_copies if self.settings.dedupe else self.how
        for task, answer in self._answers(looks):
            if isinstance(answer, LookedInto):
                with self.ledger.change():
                    self.ledger.put_pieces(answer.file, answer.pieces)
                    if answer.last:
                        self.ledger.looked(answer.file, None if answer.unreadable else how, answer.failures)
                        self._distrust_the_young(answer.file)
                if answer.last:
                    self.watch.done(1)
                self._tell(answer.failures)
            elif isinstance(answer, Death) and isinstance(task, Look) and task.suspected:
                file = task.files[0]
                failure = Failure(None, file.source, answer.kind, f"{file.source}: {answer.reason}")
                with self.ledger.change():
                    self.ledger.looked(file.number, how, [failure])
                self._tell([failure])

    def _records_are_gone(self) -> bool:
        """Whether files are to be looked into again, because their copies as records last no longer than a run."""
        gone = False
        sql = f"SELECT DISTINCT file FROM pieces WHERE recipe IS NULL AND kind = '{look.RECORDS}'"
        spool = folder.work(self.place, folder.SPOOL)
        for (file,) in self.ledger.rows(sql):
            if not (spool / str(file)).exists():
                self.ledger.connection.execute("UPDATE files SET looked = NULL WHERE number = ?", (file,))
                gone = True
        return gone

    def _distrust_the_young(self, file: int) -> None:
        """Look again next time into a file that was written a moment ago: it may have been written to since."""
        self.ledger.connection.execute(
            "UPDATE files SET modified = NULL WHERE number = ? AND max(modified, changed) > ?",
            (file, time.time_ns() - _JUST_NOW),
        )

    def _looks(self, rows: Iterable[tuple[Any, ...]]) -> Iterator[Task]:
        gathered: list[Wanted] = []
        size = 0
        for number, source, path, document_id, bytes_of_file in rows:
            gathered.append(Wanted(number, source, path, document_id))
            size += bytes_of_file
            if len(gathered) == _FILES_AT_ONCE or size >= _BYTES_AT_ONCE:
                yield Look(tuple(gathered), self.settings.dedupe)
                gathered, size = [], 0
        if gathered:
            yield Look(tuple(gathered), self.settings.dedupe)

    def copies(self) -> Iterator[str]:
        """The keys of documents that are copies of others, by what was found when their files were looked into."""
        with self._duplicates() as found:
            for batch in store.batches(found):
                yield from batch["document"].to_pylist()

    @contextmanager
    def _duplicates(self) -> Iterator[Any]:
        """The table of duplicates: of all documents looked at where copies are left out, else of those in the tables."""
        with (
            tempfile.TemporaryDirectory(dir=folder.work(self.place, folder.STAGED)) as spill,
            store.duckdb().connect(
                config={"memory_limit": _MEMORY_FOR_DUPLICATES, "temp_directory": spill}
            ) as connection,
        ):
            source = f"SELECT document, date, fingerprint, sketch, year FROM ({store.relation(self.place, DOCUMENTS)})"
            if self.settings.dedupe:
                connection.register("looked", self._looked_at())
                source = "SELECT *, year(date) AS year FROM (SELECT * REPLACE (date::DATE AS date) FROM looked)"
            yield duplicates.find(connection, source, skipped=self.settings.dedupe)

    def _looked_at(self) -> Any:
        import pyarrow as arrow

        day = self.settings.analysis.day
        schema = arrow.schema([(name, arrow.string()) for name in ("document", "date", "fingerprint", "sketch")])
        cursor = self.ledger.connection.cursor().execute(
            "SELECT key, coalesce(date, ?), fingerprint, sketch FROM documents WHERE fingerprint IS NOT NULL",
            (day and day.isoformat(),),
        )
        batches = iter(lambda: cursor.fetchmany(_ROWS), [])
        arrays = ([arrow.array(column, arrow.string()) for column in zip(*rows, strict=True)] for rows in batches)
        return arrow.RecordBatchReader.from_batches(schema, (arrow.record_batch(a, schema=schema) for a in arrays))

    def analyse(self) -> None:
        """Analyse the pieces that have not been, and put their rows into the tables where many wait."""
        wanted = "p.recipe IS NULL AND f.root IN (SELECT root FROM named)"
        size = self.ledger.value(f"SELECT sum(p.size) FROM pieces p JOIN files f ON p.file = f.number WHERE {wanted}")
        if size is None:
            return
        self.watch.stage("analyse", size)
        sql = f"""
            SELECT p.number, p.place, p.kind, p.start, p.size, p.first, p.hash, f.number, f.source, f.path, f.id
            FROM pieces p JOIN files f ON p.file = f.number WHERE p.number > ? AND {wanted} ORDER BY p.number
        """
        works = (work for page in self.ledger.pages(sql) for work in self._works(page))
        waiting = int(self.ledger.value("SELECT sum(size) FROM chunks WHERE generation IS NULL") or 0)
        tasks = self._analyses(works)
        while True:
            for task, answer in self._answers(tasks):
                if isinstance(task, Analyse) and isinstance(answer, Done):
                    self._take_down(task, answer)
                    waiting += answer.size
                    if waiting >= _PUBLISHED_FROM:
                        break
            else:
                return
            self._finish_running()
            self.bring_up_to_date()
            waiting = 0

    def _finish_running(self) -> None:
        """Let the workers end what they are at."""
        for task, answer in self._answers(iter(())):
            if isinstance(task, Analyse) and isinstance(answer, Done):
                self._take_down(task, answer)

    def _works(self, page: list[tuple[Any, ...]]) -> Iterator[Work]:
        """The pieces of a page with what is particular about their documents."""
        sql = """
            SELECT piece, place, key, skipped FROM documents
            WHERE piece BETWEEN ? AND ? AND (key <> id OR skipped OR place = 0) ORDER BY piece
        """
        particular = {
            piece: list(rows) for piece, rows in groupby(self.ledger.rows(sql, page[0][0], page[-1][0]), lambda r: r[0])
        }
        for number, place, kind, start, size, first, digest, *file in page:
            rows = particular.get(number, [])
            yield Work(
                Piece(place, kind, start, size, first, digest, number=number),
                Wanted(*file),
                {at: key for _, at, key, _ in rows},
                frozenset(at for _, at, _, skipped in rows if skipped),
            )

    def _analyses(self, works: Iterable[Work]) -> Iterator[Task]:
        gathered: list[Work] = []
        size = 0
        for work in works:
            gathered.append(work)
            size += work.piece.size
            if size >= PIECE or len(gathered) == _PIECES_AT_ONCE:
                yield Analyse(self._new_name(), tuple(gathered))
                gathered, size = [], 0
        if gathered:
            yield Analyse(self._new_name(), tuple(gathered))

    def _new_name(self) -> str:
        """A name for a chunk that none of this run or an earlier one has."""
        self.chunks += 1
        return f"{self.ledger.run}-{self.chunks}.arrow"

    def _take_down(self, task: Analyse, done: Done) -> None:
        """Take down what has been analysed; its rows are on the disk."""
        with self.ledger.change():
            chunk = None
            if done.size:
                insert = "INSERT INTO chunks (name, size) VALUES (?, ?)"
                chunk = self.ledger.connection.execute(insert, (task.name, done.size)).lastrowid
            for piece in done.analysed:
                self._take_down_piece(piece, chunk)
            self.ledger.set("derived", "no")
        for piece in done.analysed:
            self._tell(piece.failures)
        self.summary.analysed += (documents := sum(piece.documents for piece in done.analysed))
        self.summary.characters += (characters := sum(piece.characters for piece in done.analysed))
        self.watch.done(task.size, documents, characters)

    def _take_down_piece(self, piece: Analysed, chunk: int | None) -> None:
        if piece.changed:
            self.ledger.connection.execute("UPDATE files SET looked = NULL WHERE number = ?", (piece.file,))
            source = self.ledger.value("SELECT source FROM files WHERE number = ?", piece.file)
            failure = Failure(None, source, "input", f"{source}: was changed while it was read; give the command again")
            self.ledger.fail(piece.file, None, [failure])
            self._tell([failure])
            return
        self.ledger.connection.execute(
            "UPDATE pieces SET recipe = ?, chunk = ? WHERE number = ?", (self.recipe, chunk, piece.piece)
        )
        self.ledger.fail(piece.file, piece.piece, piece.failures)

    def bring_up_to_date(self) -> None:
        """Take rows that are out of date out of the tables, then put those in that wait."""
        self._remove()
        waiting = self.ledger.rows("SELECT number, name FROM chunks WHERE generation IS NULL ORDER BY number")
        if not waiting:
            return
        generation = self.ledger.next_generation()
        wanted = [name for name in tables.TABLES if name not in tables.DERIVED]
        self.watch.stage("tables", len(wanted))
        for _ in self._answers(iter([Publish(table, generation, tuple(waiting)) for table in wanted])):
            self.watch.done(1)
        with self.ledger.change():
            chunks = "SELECT number FROM chunks WHERE generation IS NULL"
            self.ledger.connection.execute(f"DELETE FROM removals WHERE chunk IN ({chunks})")
            self.ledger.connection.execute("UPDATE chunks SET generation = ? WHERE generation IS NULL", (generation,))
        for _, name in waiting:
            (folder.work(self.place, folder.STAGED) / name).unlink()

    def _remove(self) -> None:
        """Take the rows of removed documents out of the tables, whole files where all their documents are."""
        sql = "SELECT DISTINCT generation FROM removals JOIN chunks ON chunk = number WHERE generation IS NOT NULL"
        for (generation,) in self.ledger.rows(sql):
            chunks = f"SELECT number FROM chunks WHERE generation = {generation}"
            if self.ledger.value(f"SELECT count(*) FROM pieces WHERE chunk IN ({chunks})"):
                rewrites = [Rewrite(table, generation) for table in tables.TABLES if table not in tables.DERIVED]
                for _ in self._answers(iter(rewrites)):
                    pass
            else:
                for table in tables.TABLES:
                    publish.remove(publish.of_generation(self.place, table, generation))
            with self.ledger.change():
                self.ledger.connection.execute(f"DELETE FROM removals WHERE chunk IN ({chunks})")
                self.ledger.connection.execute(
                    "DELETE FROM chunks WHERE generation = ? AND number NOT IN (SELECT chunk FROM pieces WHERE chunk IS NOT NULL)",
                    (generation,),
                )

    def derive(self) -> None:
        """Make the tables and views that depend on all documents, where anything has changed."""
        import pyarrow as arrow

        if self.ledger.get("derived") == f"with dedupe {self.settings.dedupe}":
            return
        self.watch.stage("tables", 3)
        publish.replace(self.place, tables.FAILURES, self._failures())
        self.watch.done(1)
        schema = tables.schema(tables.DUPLICATES)
        with self._duplicates() as found:
            batches = (arrow.Table.from_batches([b]).cast(schema).to_batches() for b in store.batches(found))
            publish.replace(self.place, tables.DUPLICATES, (batch for some in batches for batch in some))
        self.watch.done(1)
        publish.complete(self.place, tables.names(self.settings.analysis.layers))
        store.write_database(self.place)
        self.watch.done(1)
        self.ledger.set("derived", f"with dedupe {self.settings.dedupe}")

    def _failures(self) -> Iterator[Any]:
        cursor = self.ledger.connection.cursor().execute(
            "SELECT document, source, kind, reason FROM failures ORDER BY source, document, reason"
        )
        for rows in iter(lambda: cursor.fetchmany(_ROWS), []):
            yield tables.record_batch(tables.FAILURES, tables.failures_of(Failure(*row) for row in rows))

    def count(self) -> None:
        """Count what the corpus has now, and remove what was needed only for the run."""
        summary, mine = self.summary, "(SELECT number FROM files WHERE root IN (SELECT root FROM named))"
        summary.documents = publish.count(self.place, DOCUMENTS)
        summary.copies = publish.count(self.place, tables.DUPLICATES)
        summary.failures = self.ledger.value(f"SELECT count(*) FROM failures WHERE file IN {mine}")
        for path in folder.work(self.place, folder.SPOOL).iterdir():
            with suppress(OSError):
                path.unlink()

    def _tell(self, failures: Iterable[Failure]) -> None:
        for failure in failures:
            self.watch.failed(failure)

    def _answers(self, tasks: Iterator[Task]) -> Iterator[tuple[Task, Any]]:
        """The answers to tasks; a task that ended its worker is divided, one that cannot be done ends the run."""
        for task, answer in self.pool.run(tasks):
            if isinstance(answer, Broken):
                raise PolicyError(answer.reason)
            if isinstance(answer, Death) and not (isinstance(task, Look) and task.suspected):
                self.pool.again.extend(after_death(task, answer, self._new_name()))
            if not isinstance(answer, Death) or isinstance(task, Look):
                yield task, answer
