"""The workers of a run as their parent sees them: it gives each one task, watches its time and memory, and buries it."""

from __future__ import annotations

import multiprocessing
import signal
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

from nlp_toolkit.batch import worker
from nlp_toolkit.batch.outcome import OUT_OF_MEMORY, too_long, too_much
from nlp_toolkit.batch.settings import Analysis, Limits
from nlp_toolkit.batch.tasks import Answer, Death, LookedInto, Task
from nlp_toolkit.errors import PolicyError

_LOOKS = 0.2  # seconds between looks at time and memory
_PRELOADED = ["pyarrow.parquet", "nlp_toolkit.batch.warm"]


class Pool:
    """Some workers, each with one task at most; a context that ends them all."""

    def __init__(self, place: Path, analysis: Analysis, limits: Limits, workers: int) -> None:
        methods = multiprocessing.get_all_start_methods()
        self._context: Any = multiprocessing.get_context("forkserver" if "forkserver" in methods else "spawn")
        if "forkserver" in methods:
            self._context.set_forkserver_preload(_PRELOADED)
        self._told = (place, analysis, limits)
        self._limits = limits
        self._most = workers
        self._workers: list[_Hand] = []
        self.again: deque[Task] = deque()  # tasks that go before all others

    def __enter__(self) -> Pool:
        return self

    def __exit__(self, *told: object) -> None:
        self.rest()

    def rest(self) -> None:
        """End all workers, so that they hold no memory; the next tasks start others."""
        for hand in self._workers:
            hand.end()
        self._workers.clear()

    def run(self, tasks: Iterator[Task]) -> Iterator[tuple[Task, Answer | Death]]:
        """Do tasks, taken one by one as workers come free; all answers to them as they come, and the deaths of workers.

        Whoever is told of a death puts what is to be done about it into ``again``.
        """
        while True:
            self._hand_out(tasks)
            busy = [hand for hand in self._workers if hand.task is not None]
            if not busy:
                return
            ready = wait([hand.answers for hand in busy], _LOOKS)
            for hand in busy:
                task = hand.task
                assert task is not None
                found = hand.answer(self._limits) if hand.answers in ready else hand.overdue(self._limits)
                if isinstance(found, Death):
                    self._workers.remove(hand)
                if found is not None:
                    yield task, found

    def _hand_out(self, tasks: Iterator[Task]) -> None:
        """Give every worker that has nothing to do a task, and start one where there are fewer than may be."""
        free = [hand for hand in self._workers if hand.task is None]
        while free or len(self._workers) < self._most:
            task = self.again.popleft() if self.again else next(tasks, None)
            if task is None:
                return
            if not free:
                self._workers.append(_Hand(self._context, *self._told))
                free.append(self._workers[-1])
            free.pop().give(task)


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Put off Ctrl-C and SIGTERM while a worker is started: one that is half started would complain."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    noted: list[int] = []
    before = [(one, signal.signal(one, lambda n, frame: noted.append(n))) for one in (signal.SIGINT, signal.SIGTERM)]
    try:
        yield
    finally:
        for one, handler in before:
            signal.signal(one, handler)
    if noted:
        raise KeyboardInterrupt


class _Hand:
    """One worker: its process, the way to it, and what it is at."""

    def __init__(self, context: Any, place: Path, analysis: Analysis, limits: Limits) -> None:
        self.answers, theirs = context.Pipe()
        their_life, self._life = context.Pipe(duplex=False)
        self._position = context.RawArray("q", 5)
        self._process = context.Process(
            target=worker.main, args=(place, analysis, limits, theirs, their_life, self._position), daemon=True
        )
        with _undisturbed():
            self._process.start()
        theirs.close()
        their_life.close()
        self.task: Task | None = None
        self._moves, self._since = 0, time.monotonic()

    answers: Connection
    _life: Connection

    def give(self, task: Task) -> None:
        """Give the worker a task."""
        self.task = task
        self._since = time.monotonic()
        self.answers.send(task)

    def answer(self, limits: Limits) -> Answer | Death:
        """What the worker says, or that it is dead."""
        try:
            answer: Answer = self.answers.recv()
        except (EOFError, ConnectionResetError):
            self.end()
            code = self._process.exitcode or 0
            if self._position[worker.MOVES] == 0:
                raise PolicyError(
                    f"a worker could not be started (exit status {code}); the reason stands above"
                ) from None
            if code == OUT_OF_MEMORY:
                return self._out_of_memory(limits)
            return self._death(
                "crash", f"ended the program ({f'signal {-code}' if code < 0 else f'exit status {code}'})"
            )
        if not isinstance(answer, LookedInto):
            self.task = None
        return answer

    def overdue(self, limits: Limits) -> Death | None:
        """The death of the worker where it takes too long or too much; then it is ended."""
        now, moves, allowed = time.monotonic(), self._position[worker.MOVES], self._position[worker.ALLOWED] / 1000
        if moves != self._moves or not allowed:
            self._moves, self._since = moves, now
        elif now - self._since > allowed:
            self.end()
            return self._death("time", too_long(allowed))
        began_with = self._position[worker.BEGAN_WITH]
        if began_with and worker.memory_of(self._process.pid)[1] > began_with + limits.memory:
            self.end()
            return self._out_of_memory(limits)
        return None

    def _out_of_memory(self, limits: Limits) -> Death:
        return self._death("memory", too_much(limits))

    def _death(self, kind: str, reason: str) -> Death:
        return Death(self._position[worker.ITEM], self._position[worker.PLACE], kind, reason)

    def end(self) -> None:
        """End the worker at once."""
        self._process.kill()
        self._process.join()
        self.answers.close()
        self._life.close()
