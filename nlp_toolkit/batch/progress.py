"""Tells how a run goes: a live line on a terminal, lines of JSON for machines, failures alone otherwise."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TextIO

from nlp_toolkit.batch.tables import Failure
from nlp_toolkit.write.safe import as_json, visible

_EVERY = 5.0  # seconds between two lines of JSON
_STAGES = {"look": "looking into files", "analyse": "annotating", "tables": "writing tables"}


class Quiet:
    """Names what failed on standard error, and nothing else."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self.stream = stream or sys.stderr
        self.name, self.size, self.finished = "", 0, 0
        self.documents = self.characters = self.failures = 0
        self.began = time.monotonic()

    def stage(self, name: str, size: int = 0) -> None:
        """A stage begins."""
        self.name, self.size, self.finished, self.began = name, size, 0, time.monotonic()
        self.show()

    def done(self, size: int, documents: int = 0, characters: int = 0) -> None:
        """So much of the stage has been done."""
        self.finished += size
        self.documents += documents
        self.characters += characters
        self.show()

    def failed(self, failure: Failure) -> None:
        """Something could not be processed."""
        self.failures += 1
        print(f"nlp-toolkit: {visible(told(failure))}", file=self.stream, flush=True)

    def show(self) -> None:
        """Show how far the stage is."""

    @property
    def state(self) -> dict[str, Any]:
        """How far the stage is: its speed counts from its beginning."""
        spent = max(time.monotonic() - self.began, 1e-9)
        share = self.finished / self.size if self.size else 0.0
        return {
            "stage": self.name,
            "share": round(share, 4),
            "documents": self.documents,
            "characters": self.characters,
            "characters_a_second": round(self.characters / spent) if self.name == "analyse" else None,
            "failures": self.failures,
            "seconds_left": round(spent / share - spent) if share else None,
        }


class JsonLines(Quiet):
    """Writes a line of JSON at the beginning of a stage, for each failure, and every few seconds."""

    def __init__(self, stream: TextIO | None = None) -> None:
        super().__init__(stream)
        self._last = ("", 0.0)

    def failed(self, failure: Failure) -> None:
        """Something could not be processed."""
        self.failures += 1
        self.log(
            "failure", document=failure.document, source=failure.source, kind=failure.kind, reason=failure.reason
        )  # fmt: skip

    def show(self) -> None:
        """Write how far the stage is, where that was not written a moment ago."""
        name, at = self._last
        if name != self.name or time.monotonic() - at >= _EVERY:
            self._last = (self.name, time.monotonic())
            self.log("progress", **self.state)

    def log(self, event: str, **facts: Any) -> None:
        """Write a line."""
        print(as_json({"event": event, **facts}).decode(), file=self.stream, flush=True)


class Terminal(Quiet):
    """Shows a bar with documents, characters a second, failures and the time left."""

    def __init__(self, stream: TextIO | None = None) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

        super().__init__(stream)
        self._console = Console(file=self.stream, highlight=False, emoji=False, markup=False)
        self._progress = Progress(
            TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TextColumn("{task.fields[told]}"),
            TimeRemainingColumn(), console=self._console, transient=True,
        )  # fmt: skip
        self._task = self._progress.add_task("", total=None, told="")

    def failed(self, failure: Failure) -> None:
        """Something could not be processed."""
        self.failures += 1
        self._console.print(f"nlp-toolkit: {visible(told(failure))}", soft_wrap=True)

    def stage(self, name: str, size: int = 0) -> None:
        """A stage begins."""
        self._progress.reset(self._task, total=size, description=_STAGES[name])
        super().stage(name, size)

    def show(self) -> None:
        """Move the bar."""
        state = self.state
        speed = f", {state['characters_a_second']:,} characters a second" if state["characters_a_second"] else ""
        failures = f", {self.failures:,} failed" if self.failures else ""
        self._progress.update(
            self._task, completed=self.finished, told=f"{self.documents:,} documents{speed}{failures}"
        )

    @contextmanager
    def live(self) -> Iterator[None]:
        """While it is shown."""
        with self._progress:
            yield


def told(failure: Failure) -> str:
    """A failure in a line.

    >>> told(Failure("a", "texts/a.txt", "time", "took more than 60 seconds"))
    'a (texts/a.txt): took more than 60 seconds'
    >>> told(Failure(None, "a.txt", "input", "a.txt: is empty"))
    'a.txt: is empty'
    """
    if failure.document is None or failure.kind == "input":
        return failure.reason
    return f"{failure.document} ({failure.source}): {failure.reason}"
