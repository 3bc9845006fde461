"""The folder of a corpus as a place to work in: who holds it, what lies in it beside the tables, and what a killed run left."""

from __future__ import annotations

import fcntl
import os
import shutil
import socket
import sys
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from nlp_toolkit.batch import ledger, publish, store, tables
from nlp_toolkit.errors import PolicyError

WORK = ".work"  # rows on their way, records of tables and archives, standard input
STAGED, SPOOL, STANDARD_INPUT = "staged", "spool", "stdin"
_LOCK, _WORKERS = ".lock", ".workers"
_OURS = {*tables.TABLES, ledger.NAME, store.DATABASE, WORK, _LOCK, _WORKERS}
_PATIENCE = 10.0  # seconds in which workers of a killed run notice that


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold a corpus for one process; make its folder where there is none.

    Raises PolicyError where another process holds it, saying which, where the folder holds something else, and where it
    cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _check(folder)
        lock = open(folder / _LOCK, "a+", encoding="utf-8")  # noqa: SIM115  closed below
    except OSError as error:
        raise PolicyError(f"{folder}: cannot be written ({error.strerror}); name a folder that can be") from None
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.seek(0)
            holder = lock.read().strip() or "another process"
            raise PolicyError(f"{folder}: is held by {holder}; wait for it, or name another folder") from None
        lock.truncate(0)
        since = datetime.now().isoformat(" ", "seconds")
        lock.write(f"process {os.getpid()} on {socket.gethostname()} since {since}")
        lock.flush()
        _await_workers(folder)
        yield


def _check(folder: Path) -> None:
    """Refuse a folder that has something else in it, or tables of nobody's ledger."""
    found = {path.name for path in folder.iterdir()}
    if ledger.NAME in found or not found - {_LOCK, _WORKERS, WORK}:
        return
    if found <= _OURS:
        raise PolicyError(f"{folder}: has tables that no ledger tells of, of another engine perhaps; name a new folder")
    strange = min(found - _OURS, key=lambda name: (name.startswith("."), name))
    raise PolicyError(f"{folder}: holds something else ({strange}); name a new or an empty folder")


def _await_workers(folder: Path) -> None:
    """Wait until the workers of a run that was killed are gone."""
    with open(folder / _WORKERS, "a", encoding="utf-8") as held:
        until = time.monotonic() + _PATIENCE
        while True:
            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                if time.monotonic() > until:
                    raise PolicyError(f"{folder}: workers of an earlier run are still there; end them first") from None
                time.sleep(0.05)
            else:
                return


def join_workers(folder: Path) -> int:
    """Make this process one of the folder's workers until it ends; the descriptor that says so."""
    descriptor = os.open(folder / _WORKERS, os.O_RDWR | os.O_CREAT)
    fcntl.flock(descriptor, fcntl.LOCK_SH)
    return descriptor


def work(folder: Path, name: str) -> Path:
    """A folder for what is under way."""
    path = folder / WORK / name
    path.mkdir(parents=True, exist_ok=True)
    return path


def recover(folder: Path, book: ledger.Ledger) -> None:
    """Remove what a run that was killed left half done; what the ledger tells of stays."""
    known = {generation for (generation,) in book.rows("SELECT DISTINCT generation FROM chunks WHERE generation > 0")}
    publish.remove(publish.leftovers(folder, known | {publish.DERIVED_GENERATION}))
    staged = {name for (name,) in book.rows("SELECT name FROM chunks WHERE generation IS NULL")}
    _remove_others(work(folder, STAGED), staged)
    for made in folder.glob(f".{store.DATABASE}.*"):
        shutil.rmtree(made, ignore_errors=True)


def _remove_others(place: Path, kept: Collection[str]) -> None:
    for path in place.iterdir():
        if path.is_dir():  # where DuckDB put what it had no memory for
            shutil.rmtree(path)
        elif path.name not in kept:
            path.unlink()


def save_standard_input(folder: Path) -> Path:
    """Standard input as a file of the folder."""
    path = work(folder, STANDARD_INPUT) / STANDARD_INPUT
    with open(path, "wb") as stream:
        shutil.copyfileobj(sys.stdin.buffer, stream)
    return path
