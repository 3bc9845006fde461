"""What becomes of a document or a file, said in the same words by every engine: its rows, or why there are none."""

from __future__ import annotations

from typing import Any

from nlp_toolkit.batch import tables
from nlp_toolkit.batch.settings import Analysis, Limits
from nlp_toolkit.batch.tables import Failure
from nlp_toolkit.document import Document, Source
from nlp_toolkit.write.tables import Row

OUT_OF_MEMORY = 77  # the exit status of a process that the system refused memory
_CHARACTERS = 100_000  # of a document for which the limit of time is meant; a longer one may take as much longer

Rows = dict[str, list[Row]]


def rows_of(analyzer: Any, analysis: Analysis, source: Source, name: str | None) -> Rows | Failure:
    """The rows of a document in every table, or why there are none; ``name`` is the input that it came from.

    Raises MemoryError, after which the process should end: what was taken may still be held.
    """
    try:
        document: Document = analyzer.analyze(
            source.text, date=source.date or analysis.day, id=source.id, title=source.title, meta=source.meta
        )
        return tables.tables_of(document, name, analysis.layers)
    except MemoryError:
        raise
    except Exception as error:
        reason = f"could not be annotated ({type(error).__name__}: {error}); please report it"
        return Failure(source.id, name, "error", reason)


def unreadable(source: str, error: Exception) -> Failure:
    """A file that cannot be read, and why.

    >>> unreadable("a.txt", PermissionError(13, "Permission denied")).reason
    'a.txt: cannot be read (Permission denied); check the file and its permissions'
    """
    if isinstance(error, OSError):
        reason = f"{source}: cannot be read ({error.strerror}); check the file and its permissions"
        return Failure(None, source, "input", reason)
    reason = f"{source}: could not be read ({type(error).__name__}: {error}); please report it"
    return Failure(None, source, "error", reason)


def seconds_for(text: str, limits: Limits) -> float:
    """The seconds that a document may take."""
    return limits.seconds * (1 + len(text) // _CHARACTERS)


def too_long(seconds: float) -> str:
    """What is said of a document that took longer than it may."""
    return f"took more than {seconds:,.3g} seconds; cut it into parts"


def too_much(limits: Limits) -> str:
    """What is said of a document that took more memory than it may."""
    return f"took more than {limits.memory >> 20:,} MiB of memory; cut it into parts"


def ended(code: int) -> str:
    """What is said of a document that ended its process with a status."""
    return f"ended the program ({f'signal {-code}' if code < 0 else f'exit status {code}'})"
