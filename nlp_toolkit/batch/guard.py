"""Analyses documents in a process beside this one, so that a document which ends it costs its own row and nothing else.

For programs that bring their own processes, as Spark does; :mod:`nlp_toolkit.batch.pool` is for those of a run on one machine.
"""

from __future__ import annotations

import multiprocessing
import os
import resource
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

from nlp_toolkit.batch.outcome import OUT_OF_MEMORY, Rows, ended, rows_of, seconds_for, too_long, too_much
from nlp_toolkit.batch.settings import Analysis, Limits
from nlp_toolkit.batch.tables import Failure
from nlp_toolkit.batch.worker import memory_of
from nlp_toolkit.document import Source

_LOOKS = 0.2  # seconds between looks at memory
_TO_START = 300.0


@dataclass(frozen=True, slots=True)
class Told:
    """A document with what the corpus tells of it: the input it came from."""

    source: Source
    name: str | None = None


class Guard:
    """An analyzer in a process of its own, which is started again when it dies."""

    def __init__(self, analysis: Analysis, limits: Limits) -> None:
        self._analysis, self._limits = analysis, limits
        # A fork has the models that this process has loaded; where there is none, they are loaded anew.
        methods = multiprocessing.get_all_start_methods()
        self._context: Any = multiprocessing.get_context("fork" if "fork" in methods else "spawn")
        self._analyzer = analysis.make() if "fork" in methods else None
        self._process: Any = None
        self._way: Connection
        self._began_with = 0

    def rows(self, documents: Sequence[Told]) -> Iterator[Rows | Failure]:
        """The rows of each document in turn (see :func:`nlp_toolkit.batch.tables.tables_of`), or why there are none."""
        at = 0
        try:
            while at < len(documents):
                if self._process is None:
                    self._start()
                self._way.send(documents[at:])
                while at < len(documents) and self._process is not None:
                    at, before = at + 1, at
                    yield self._answer(
                        documents[before]
                    )  # where it ends the process, the next one goes on with the rest
        finally:
            if at < len(documents):  # nobody waits for the answers that are still to come
                self.close()

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.kill()
            self._process.join()
            self._way.close()
            self._process = None

    def _start(self) -> None:
        self._way, theirs = self._context.Pipe()
        self._process = self._context.Process(
            target=_main,
            args=(self._analyzer or self._analysis, self._analysis, self._limits, theirs, self._way),
            daemon=True,
        )
        self._process.start()
        theirs.close()
        if not self._way.poll(_TO_START):
            raise RuntimeError("the process that analyses documents does not start")
        self._way.recv()
        self._began_with = memory_of(self._process.pid)[1]

    def _answer(self, document: Told) -> Rows | Failure:
        seconds = seconds_for(document.source.text, self._limits)
        until = time.monotonic() + seconds
        try:
            while not self._way.poll(_LOOKS):
                if time.monotonic() > until:
                    return self._end(document, "time", too_long(seconds))
                if self._began_with and memory_of(self._process.pid)[1] > self._began_with + self._limits.memory:
                    return self._end(document, "memory", too_much(self._limits))
            found: Rows | Failure = self._way.recv()
        except (EOFError, ConnectionResetError):
            self._process.join()
            code = self._process.exitcode or 0
            if code == OUT_OF_MEMORY:
                return self._end(document, "memory", too_much(self._limits))
            return self._end(document, "crash", ended(code))
        return found

    def _end(self, document: Told, kind: str, reason: str) -> Failure:
        self.close()
        return Failure(document.source.id, document.name, kind, reason)


def _main(analyzer: Any, analysis: Analysis, limits: Limits, way: Connection, parents: Connection) -> None:
    """Answer each document with its rows or its failure, until the parent is gone."""
    if analysis is analyzer:
        analyzer = analysis.make()
    else:
        parents.close()  # a fork has the parent's end too
    reserved = memory_of()[0]
    if reserved:
        hard = resource.getrlimit(resource.RLIMIT_AS)[1]
        wanted = reserved + limits.memory
        resource.setrlimit(resource.RLIMIT_AS, (wanted if hard < 0 else min(wanted, hard), hard))
    way.send(None)
    while True:
        try:
            documents = way.recv()
        except EOFError:
            return
        try:
            for told in documents:
                way.send(rows_of(analyzer, analysis, told.source, told.name))
        except MemoryError:
            os._exit(OUT_OF_MEMORY)
