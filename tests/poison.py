"""An analyzer that some texts are poison to, for the tests of what a worker survives; and ways for a run to be killed."""

from __future__ import annotations

import os
import signal
import time
from datetime import date
from pathlib import Path
from typing import Any

from nlp_toolkit.batch.settings import Analysis, analyzer
from nlp_toolkit.document import Document

CRASH, LOOP, MEMORY, HOARD, ERROR = "毒药一", "毒药二", "毒药三", "毒药四", "毒药五"
_HOARDED: list[bytearray] = []


class Poisoned:
    """The toolkit's analyzer, but for the texts that hold poison."""

    def __init__(self, analysis: Analysis) -> None:
        self.analyzer = analyzer(analysis)

    def analyze(self, text: str, *, date: date | str | None, **told: Any) -> Document:
        if CRASH in text:
            os.kill(os.getpid(), signal.SIGSEGV)
        if LOOP in text:
            while True:
                time.sleep(0.01)
        if MEMORY in text:
            bytes(64 << 30)
        while HOARD in text:  # grows slowly, page by page, until somebody sees it
            _HOARDED.append(bytearray(b"x") * (8 << 20))
            time.sleep(0.005)
        if ERROR in text:
            raise ZeroDivisionError("a planted error")
        result: Document = self.analyzer.analyze(text, date=date, **told)
        return result


def killing_parent(analysis: Analysis) -> Any:
    """The toolkit's analyzer, in a worker that kills the whole run when it has renamed so many files as KILL_AFTER says."""
    left = [int(os.environ["KILL_AFTER"])]
    replace = os.replace

    def counted(source: Any, target: Any) -> None:
        left[0] -= 1
        if left[0] < 0:
            os.kill(int(os.environ["KILL_PROCESS"]), signal.SIGKILL)
            time.sleep(60)
        replace(source, target)

    os.replace = counted  # type: ignore[assignment]
    return analyzer(analysis)


def kill_at_commit(number: int) -> None:
    """Kill this process right before it commits a change of the ledger for the n-th time."""
    from nlp_toolkit.batch import ledger

    left = [number]

    class Connection(ledger.sqlite3.Connection):  # type: ignore[name-defined, misc]
        def commit(self) -> None:
            left[0] -= 1
            if left[0] < 0:
                os.kill(os.getpid(), signal.SIGKILL)
            super().commit()

    connect = ledger.sqlite3.connect  # type: ignore[attr-defined]
    ledger.sqlite3.connect = lambda *a, **k: connect(*a, **{"factory": Connection} | k)  # type: ignore[attr-defined]


def main(inputs: str, place: str, commit: int, maker: str) -> None:
    """Run a batch that is killed at a commit."""
    from nlp_toolkit.batch import job
    from nlp_toolkit.batch.progress import Quiet
    from nlp_toolkit.batch.settings import Settings

    os.environ["KILL_PROCESS"] = str(os.getpid())
    kill_at_commit(commit)
    job.run([inputs], Path(place), Settings(Analysis(maker=maker), workers=2), Quiet())
