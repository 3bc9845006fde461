"""The ledger of a corpus: which inputs it is of, in which pieces, what has been done with each, and what failed.

It is one SQLite file. A change is on the disk before the next one begins (write-ahead log, fsync at each commit), so that a
run that was killed between any two writes is gone on with by the next.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nlp_toolkit.batch.tables import Failure
from nlp_toolkit.errors import DataError
from nlp_toolkit.version import __version__

NAME = "ledger.sqlite"
LAYOUT = 1  # of the folder; another one cannot be gone on with
# files   one row a file: where it is, what the system says of it, and how it was looked into
# pieces  what is worked on at once: a file, or lines of one; `recipe` says how it was analysed, `chunk` where its rows are
# documents  the documents of pieces: their own ids, and the keys that no other document has
# chunks  rows on their way into the tables, or, with a generation, in them
# removals  documents whose rows in a chunk's tables are out of date
_TABLES = """
CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT);
CREATE TABLE roots (number INTEGER PRIMARY KEY, name TEXT UNIQUE);
CREATE TABLE files (
    number INTEGER PRIMARY KEY, root INTEGER NOT NULL, source TEXT NOT NULL, path TEXT NOT NULL, id TEXT NOT NULL,
    size INTEGER, modified INTEGER, changed INTEGER, inode INTEGER,
    looked TEXT, seen INTEGER NOT NULL, UNIQUE (root, source)
);
CREATE TABLE pieces (
    number INTEGER PRIMARY KEY, file INTEGER NOT NULL, place INTEGER NOT NULL, kind TEXT NOT NULL, start INTEGER NOT NULL,
    size INTEGER NOT NULL, first INTEGER NOT NULL, hash TEXT NOT NULL, seen INTEGER NOT NULL,
    recipe TEXT, chunk INTEGER, UNIQUE (file, place)
);
CREATE INDEX pieces_by_chunk ON pieces (chunk) WHERE chunk IS NOT NULL;
CREATE INDEX pieces_by_recipe ON pieces (recipe, number);
CREATE TABLE documents (
    piece INTEGER NOT NULL, place INTEGER NOT NULL, id TEXT NOT NULL, key TEXT, skipped INTEGER NOT NULL DEFAULT 0,
    fingerprint TEXT, sketch TEXT, date TEXT, PRIMARY KEY (piece, place)
) WITHOUT ROWID;
CREATE INDEX documents_by_id ON documents (id);
CREATE TABLE chunks (number INTEGER PRIMARY KEY, name TEXT NOT NULL, size INTEGER NOT NULL, generation INTEGER);
CREATE INDEX chunks_by_generation ON chunks (generation);
CREATE TABLE removals (chunk INTEGER NOT NULL, key TEXT NOT NULL, PRIMARY KEY (chunk, key)) WITHOUT ROWID;
CREATE TABLE failures (file INTEGER, piece INTEGER, document TEXT, source TEXT, kind TEXT NOT NULL, reason TEXT NOT NULL);
CREATE INDEX failures_by_piece ON failures (piece);
CREATE INDEX failures_by_file ON failures (file);
"""


@dataclass(frozen=True, slots=True)
class File:
    """A file as it was found: its root, its path below that, its path, the id of its document, and its state."""

    root: int
    source: str
    path: str
    id: str
    size: int
    modified: int
    changed: int
    inode: int


@dataclass(frozen=True, slots=True)
class Entry:
    """A document of a piece as it was looked at: its place there and its id; with ``--dedupe`` what tells copies."""

    place: int
    id: str
    fingerprint: str | None = None
    sketch: str | None = None
    date: str | None = None


@dataclass(frozen=True, slots=True)
class Piece:
    """What is worked on at once: ``size`` bytes from ``start`` on of a file, or of its copy as records (``spool``).

    ``first`` is the number of its first line; ``hash`` tells its content. A ``number`` is given by the ledger.
    """

    place: int
    kind: str
    start: int
    size: int
    first: int
    hash: str
    entries: tuple[Entry, ...] = ()
    number: int = 0


class Ledger:
    """The ledger in a corpus folder; one process at a time writes it (see :mod:`nlp_toolkit.batch.folder`)."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / NAME
        new = not self.path.exists()
        self.connection = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False)
        run = self.connection.execute
        made = not new and self._made(folder)
        run("PRAGMA journal_mode = WAL")
        run("PRAGMA synchronous = FULL")
        if not made:
            with self.change():
                for statement in _TABLES.split(";"):
                    run(statement)
                for name, value in (
                    ("layout", str(LAYOUT)),
                    ("version", __version__),
                    ("run", "0"),
                    ("generation", "0"),
                ):
                    self.set(name, value)
        run("CREATE TEMP TABLE again (number INTEGER PRIMARY KEY)")
        self.run = int(self.get("run") or 0) + 1
        self.set("run", str(self.run))

    def _made(self, folder: Path) -> bool:
        """Whether the file has its tables; raises DataError where they are those of another layout, or damaged."""
        try:
            if not self.value("SELECT count(*) FROM sqlite_master WHERE name = 'facts'"):
                return False
            layout, version = self.get("layout"), self.get("version")
        except sqlite3.DatabaseError as error:
            raise DataError(
                f"{self.path}: is damaged ({error}); name a new folder, or remove this one and make it anew"
            ) from None
        if layout != str(LAYOUT):
            raise DataError(
                f"{folder}: was made by nlp-toolkit {version}, which lays tables out in another way; "
                "name a new folder, or go on with that version"
            )
        return True

    def close(self) -> None:
        """Close the file; what has been committed is in it."""
        self.connection.close()

    @contextmanager
    def change(self) -> Iterator[None]:
        """Several changes that are made together or not at all."""
        self.connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self.connection.rollback()
            raise
        self.connection.commit()

    def value(self, sql: str, *parameters: Any) -> Any:
        """The first column of the first row of a query; None without a row."""
        row = self.connection.execute(sql, parameters).fetchone()
        return row[0] if row is not None else None

    def rows(self, sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """All rows of a query that has few."""
        return self.connection.execute(sql, parameters).fetchall()

    def pages(self, sql: str, *parameters: Any, size: int = 1000) -> Iterator[list[tuple[Any, ...]]]:
        """The rows of a query a page at a time, its first column being a rising number and its first parameter the last one.

        What is read may be changed between pages.
        """
        last = -1
        while page := self.connection.execute(f"{sql} LIMIT {size}", (last, *parameters)).fetchall():
            yield page
            last = page[-1][0]

    def get(self, name: str) -> str | None:
        """A fact about the corpus."""
        value = self.value("SELECT value FROM facts WHERE name = ?", name)
        return None if value is None else str(value)

    def set(self, name: str, value: str) -> None:
        """Set a fact about the corpus."""
        self.connection.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (name, value))

    def root(self, name: str) -> int:
        """The number of an input that was named, a new one where it is new."""
        self.connection.execute("INSERT OR IGNORE INTO roots (name) VALUES (?)", (name,))
        return int(self.value("SELECT number FROM roots WHERE name = ?", name))

    def see(self, files: Iterable[File]) -> None:
        """Take down files that were found; those that are not as they were are to be looked into again."""
        with self.change():
            self.connection.executemany(
                """
                INSERT INTO files (root, source, path, id, size, modified, changed, inode, seen)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT (root, source) DO UPDATE SET
                    looked = CASE WHEN (size, modified, changed, inode, id)
                             IS (excluded.size, excluded.modified, excluded.changed, excluded.inode, excluded.id)
                             THEN looked END,
                    path = excluded.path, id = excluded.id, size = excluded.size, modified = excluded.modified,
                    changed = excluded.changed, inode = excluded.inode, seen = excluded.seen
                """,
                (
                    (f.root, f.source, f.path, f.id, f.size, f.modified, f.changed, f.inode, self.run)
                    for f in files
                ),
            )  # fmt: skip

    def forget_vanished(self, roots: Iterable[int]) -> int:
        """Remove files that are no longer there under roots that were gone through in this run; return how many."""
        gone = 0
        with self.change():
            for root in roots:
                where = "file IN (SELECT number FROM files WHERE root = ? AND seen < ?)"
                gone += int(self.value("SELECT count(*) FROM files WHERE root = ? AND seen < ?", root, self.run))
                self.drop_pieces(where, root, self.run)
                self.connection.execute(f"DELETE FROM failures WHERE {where}", (root, self.run))
                self.connection.execute("DELETE FROM files WHERE root = ? AND seen < ?", (root, self.run))
            if gone:
                self.set("derived", "no")
        return gone

    def put_pieces(self, file: int, found: Iterable[Piece]) -> None:
        """Take down pieces of a file; one that is as it was keeps what has been done with it."""
        for piece in found:
            same = self.value(
                "SELECT number FROM pieces WHERE (file, place, kind, first, hash) = (?, ?, ?, ?, ?)",
                file, piece.place, piece.kind, piece.first, piece.hash,
            )  # fmt: skip
            if same is not None and self._same_entries(same, piece.entries):
                self.connection.execute(
                    "UPDATE pieces SET seen = ?, start = ?, size = ? WHERE number = ?",
                    (self.run, piece.start, piece.size, same),
                )
                continue
            self.drop_pieces("file = ? AND place = ?", file, piece.place)
            cursor = self.connection.execute(
                "INSERT INTO pieces (file, place, kind, start, size, first, hash, seen) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (file, piece.place, piece.kind, piece.start, piece.size, piece.first, piece.hash, self.run),
            )
            self.connection.executemany(
                "INSERT INTO documents (piece, place, id, fingerprint, sketch, date) VALUES (?, ?, ?, ?, ?, ?)",
                ((cursor.lastrowid, e.place, e.id, e.fingerprint, e.sketch, e.date) for e in piece.entries),
            )
            self.set("resolved", "no")

    def _same_entries(self, piece: int, entries: tuple[Entry, ...]) -> bool:
        """Whether a piece has these documents; what tells copies is added where it was not looked for before."""
        known = self.rows("SELECT place, id FROM documents WHERE piece = ? ORDER BY place", piece)
        if known != [(entry.place, entry.id) for entry in entries]:
            return False
        if any(entry.fingerprint is not None for entry in entries):
            self.connection.executemany(
                "UPDATE documents SET fingerprint = ?, sketch = ?, date = ? WHERE piece = ? AND place = ?",
                ((e.fingerprint, e.sketch, e.date, piece, e.place) for e in entries),
            )
        return True

    def looked(self, file: int, how: str | None, failures: Iterable[Failure]) -> None:
        """Take down that all pieces of a file are known; ``how`` is None where it could not be read: it keeps those it had."""
        if how is not None:
            self.drop_pieces("file = ? AND seen < ?", file, self.run)
        self.connection.execute("UPDATE files SET looked = ? WHERE number = ?", (how, file))
        told = "SELECT kind, reason FROM failures WHERE file = ? AND piece IS NULL ORDER BY kind, reason"
        before = self.rows(told, file)
        self.connection.execute("DELETE FROM failures WHERE file = ? AND piece IS NULL", (file,))
        self.fail(file, None, failures)
        if before != self.rows(told, file):
            self.set("derived", "no")

    def fail(self, file: int, piece: int | None, failures: Iterable[Failure]) -> None:
        """Take down what failed in a file or one of its pieces."""
        self.connection.executemany(
            "INSERT INTO failures VALUES (?, ?, ?, ?, ?, ?)",
            ((file, piece, f.document, f.source, f.kind, f.reason) for f in failures),
        )

    def drop_pieces(self, where: str, *parameters: Any) -> None:
        """Forget pieces; their rows are to be removed from the tables."""
        self.redo(where, *parameters)
        pieces = f"(SELECT number FROM pieces WHERE {where})"
        if self.connection.execute(f"DELETE FROM documents WHERE piece IN {pieces}", parameters).rowcount:
            self.set("resolved", "no")
        self.connection.execute(f"DELETE FROM pieces WHERE {where}", parameters)

    def redo(self, where: str, *parameters: Any) -> None:
        """Take down that pieces are to be analysed again; their rows are to be removed from the tables."""
        run = self.connection.execute
        run("DELETE FROM again")
        if not run(
            f"INSERT INTO again SELECT number FROM pieces WHERE recipe IS NOT NULL AND {where}", parameters
        ).rowcount:
            return
        run(
            "INSERT OR IGNORE INTO removals SELECT chunk, key FROM documents JOIN pieces ON piece = number "
            "WHERE chunk IS NOT NULL AND number IN (SELECT number FROM again)"
        )
        run("DELETE FROM failures WHERE piece IN (SELECT number FROM again)")
        run("UPDATE pieces SET recipe = NULL, chunk = NULL WHERE number IN (SELECT number FROM again)")
        self.set("derived", "no")

    def resolve(self) -> None:
        """Give each document a key that no other has: its id, with a number behind it where an earlier one has it too."""
        if self.get("resolved") == "yes":
            return
        with self.change():
            run = self.connection.execute
            run("CREATE TEMP TABLE keyed (piece INTEGER, place INTEGER, key TEXT, PRIMARY KEY (piece, place))")
            run(
                "INSERT INTO keyed SELECT d.piece, d.place, d.id FROM documents d "
                "WHERE d.id NOT IN (SELECT id FROM documents GROUP BY id HAVING count(*) > 1) AND d.key IS NOT d.id"
            )
            repeated = """
                SELECT d.id, d.piece, d.place FROM documents d JOIN pieces p ON d.piece = p.number
                JOIN files f ON p.file = f.number
                WHERE d.id IN (SELECT id FROM documents GROUP BY id HAVING count(*) > 1)
                ORDER BY d.id, f.root, f.source, p.place, d.place
            """
            last, count = None, 0
            for document_id, piece, place in self.connection.cursor().execute(repeated):
                count = count + 1 if document_id == last else 1
                last, key = document_id, document_id
                while count > 1 and self._taken(key := f"{document_id}~{count}"):
                    count += 1
                run("INSERT INTO keyed VALUES (?, ?, ?)", (piece, place, key))
            run(
                "DELETE FROM keyed WHERE key = (SELECT key FROM documents d WHERE (d.piece, d.place) = (keyed.piece, keyed.place))"
            )
            self.redo("number IN (SELECT piece FROM keyed)")
            run(
                "UPDATE documents SET key = keyed.key FROM keyed "
                "WHERE (documents.piece, documents.place) = (keyed.piece, keyed.place)"
            )
            run("DROP TABLE keyed")
            self.set("resolved", "yes")

    def _taken(self, key: str) -> bool:
        return self.value("SELECT 1 FROM documents WHERE id = ?", key) is not None

    def skip(self, keys: Iterable[str]) -> None:
        """Take down that these documents, and no others, are left out."""
        with self.change():
            run = self.connection.execute
            run("CREATE TEMP TABLE copies (key TEXT PRIMARY KEY)")
            self.connection.executemany("INSERT INTO copies VALUES (?)", ((key,) for key in keys))
            differs = "skipped <> (key IN (SELECT key FROM copies))"
            self.redo(f"number IN (SELECT piece FROM documents WHERE {differs})")
            run(f"UPDATE documents SET skipped = key IN (SELECT key FROM copies) WHERE {differs}")
            run("DROP TABLE copies")

    def next_generation(self) -> int:
        """A number for files of the tables that no others had or will have."""
        number = int(self.get("generation") or 0) + 1
        self.set("generation", str(number))
        return number


@contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection]:
    """The ledger as workers see it, who only read it."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        yield connection
