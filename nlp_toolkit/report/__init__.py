"""The report of a corpus: one HTML page with the figures that policy readers ask for, and the documents behind them.

It is counted over the tables of a batch folder, or of documents in JSON lines as ``annotate`` writes them.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import orjson

from nlp_toolkit.batch import store, tables
from nlp_toolkit.document import JSON, Document
from nlp_toolkit.errors import DataError
from nlp_toolkit.report.figures import report_of
from nlp_toolkit.write import whole_file
from nlp_toolkit.write.highlights import stylesheet
from nlp_toolkit.write.pages import assembled, in_script, labels_of, part
from nlp_toolkit.write.tables import Row

_PREFIXES = ("ui.", "report.", "place.", "layer.", "theme.", "value.")  # of the labels that the page says
_AT_ONCE = 500  # documents that become rows together


def write(source: str | Path, output: str | Path) -> None:
    """Write the report of a batch folder, or of a file of annotated documents (.jsonl), as one HTML page.

    Raises
    ------
    DataError
        Where the source is no file of annotated documents; InputError where the folder holds no corpus.
    PolicyError
        Where DuckDB is not installed.
    """
    source = Path(source)
    with _opened(source) as connection, whole_file(Path(output)) as stream:
        stream.write(page_of(report_of(connection, source.resolve().stem)).encode())


def page_of(report: JSON) -> str:
    """The page that shows what :func:`nlp_toolkit.report.figures.report_of` counted."""
    labels = {key: said for key, said in labels_of(part("labels.tsv")).items() if key.startswith(_PREFIXES)}
    style = stylesheet() + part("base.css") + part("report.css")
    page = assembled(part("report.html"), style, part("base.js") + part("report.js"), labels)
    head, _, tail = page.partition("<!-- report -->")
    return f"{head}{in_script(report)}{tail}"


@contextmanager
def _opened(source: Path) -> Iterator[Any]:
    """A DuckDB connection with the tables of the source."""
    if source.is_dir():
        with store.connect(source) as connection:
            yield connection
    else:
        with store.duckdb().connect() as connection:
            for table in tables.TABLES:
                _append(connection, table, [])
            documents = annotated(source)
            while some := list(islice(documents, _AT_ONCE)):
                found = [tables.tables_of(document) for document in some]
                for table in found[0]:
                    _append(connection, table, [row for rows in found for row in rows[table]])
            yield connection


def _append(connection: Any, table: str, rows: list[Row]) -> None:
    """Append rows to a table, which is made where it is not there."""
    connection.register("arrived", tables.record_batch(table, rows))
    connection.execute(f'CREATE TABLE IF NOT EXISTS "{table}" AS FROM arrived LIMIT 0')
    connection.execute(f'INSERT INTO "{table}" FROM arrived')
    connection.unregister("arrived")


def annotated(path: Path) -> Iterator[Document]:
    """The documents of a file as ``annotate`` writes them, each with an id of its own.

    Raises DataError naming file and line where a line is no annotated document.
    """
    taken: Counter[str] = Counter()
    try:
        with open(path, "rb") as stream:
            for number, line in enumerate(stream, 1):
                if line.strip():
                    document = _document(path, number, line)
                    name = document.id or f"{number}"
                    taken[name] += 1
                    yield replace(document, id=name if taken[name] == 1 else f"{name} ({taken[name]})")
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}); check the name") from None


def _document(path: Path, number: int, line: bytes) -> Document:
    try:
        try:
            record = orjson.loads(line)
        except orjson.JSONDecodeError:
            record = json.loads(line)  # takes lone surrogates
        if not isinstance(record, dict) or "passages" not in record:
            raise DataError(
                f"{path}, line {number}: is no annotated document; write the file with `nlp-toolkit annotate`"
            )
        return Document.from_dict(record)
    except KeyError as error:
        raise DataError(
            f"{path}, line {number}: {error} is missing; write the file with `nlp-toolkit annotate`"
        ) from None
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise DataError(f"{path}, line {number}: {error}; write the file with `nlp-toolkit annotate`") from None
