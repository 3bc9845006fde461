"""The report of a corpus: one HTML page with the figures that policy readers ask for, and the documents behind them.

It is counted over the tables of a batch folder, or of documents in JSON lines as ``annotate`` writes them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import orjson

from nlp_toolkit.batch import tables
from nlp_toolkit.document import JSON, Document
from nlp_toolkit.errors import DataError
from nlp_toolkit.report.figures import report_of
from nlp_toolkit.write import whole_file
from nlp_toolkit.write.highlights import stylesheet
from nlp_toolkit.write.pages import assembled, in_script, labels_of, part
from nlp_toolkit.write.safe import needed

_PREFIXES = ("ui.", "report.", "place.", "layer.", "theme.", "value.")  # of the labels that the page says
_AT_ONCE = 500  # documents that become rows together


def write(source: str | Path, output: str | Path) -> None:
    """Write the report of a batch folder, or of a file of annotated documents (.jsonl), as one HTML page.

    Raises
    ------
    DataError
        Where the source is none of both, with what to do about it.
    PolicyError
        Where DuckDB is not installed.
    """
    source = Path(source)
    connection = _opened(source)
    with connection, whole_file(Path(output)) as stream:
        _complete(connection)
        stream.write(page_of(report_of(connection, source.resolve().stem)).encode())


def page_of(report: JSON) -> str:
    """The page that shows what :func:`nlp_toolkit.report.figures.report_of` counted."""
    labels = {key: said for key, said in labels_of(part("labels.tsv")).items() if key.startswith(_PREFIXES)}
    style = stylesheet() + part("base.css") + part("report.css")
    page = assembled(part("report.html"), style, part("base.js") + part("report.js"), labels)
    head, _, tail = page.partition("<!-- report -->")
    return f"{head}{in_script(report)}{tail}"


def _opened(source: Path) -> Any:
    """A DuckDB connection with the tables of the source."""
    needed("duckdb", "batch", "a report")
    if source.is_dir():
        from nlp_toolkit.batch.store import connect

        return connect(source)
    return _in_memory(annotated(source))


def _in_memory(documents: Iterator[Document]) -> Any:
    import duckdb

    connection = duckdb.connect()
    try:
        while some := list(islice(documents, _AT_ONCE)):
            found: dict[str, list[tables.Row]] = {}
            for document in some:
                for table, rows in tables.tables_of(document).items():
                    found.setdefault(table, []).extend(rows)
            for table, rows in found.items():
                _append(connection, table, rows)
    except BaseException:
        connection.close()
        raise
    return connection


def _append(connection: Any, table: str, rows: list[tables.Row]) -> None:
    connection.register("arrived", tables.record_batch(table, rows))
    connection.execute(f"CREATE TABLE IF NOT EXISTS {table} AS FROM arrived LIMIT 0")
    connection.execute(f"INSERT INTO {table} FROM arrived")
    connection.unregister("arrived")


def _complete(connection: Any) -> None:
    """Give a corpus that was made for some layers the tables of the others, empty."""
    there = {name for (name,) in connection.execute("SELECT table_name FROM information_schema.tables").fetchall()}
    for table in tables.names():
        if table not in there:
            connection.register(table, tables.schema(table).empty_table())


def annotated(path: Path) -> Iterator[Document]:
    """The documents of a file as ``annotate`` writes them, each with an id of its own.

    Raises DataError naming file and line where a line is no annotated document.
    """
    taken: dict[str, int] = {}
    try:
        stream = open(path, "rb")
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}); check the name") from None
    with stream:
        for number, line in enumerate(stream, 1):
            if line.strip():
                document = _document(path, number, line)
                name = document.id or f"{number}"
                taken[name] = taken.get(name, 0) + 1
                yield replace(document, id=name if taken[name] == 1 else f"{name} ({taken[name]})")


def _document(path: Path, number: int, line: bytes) -> Document:
    try:
        try:
            record = orjson.loads(line)
        except orjson.JSONDecodeError:
            record = json.loads(line)  # takes lone surrogates
        if not isinstance(record, dict) or "passages" not in record:
            raise DataError(f"{path}, line {number}: is no annotated document; write the file with `nlp-toolkit annotate`")
        return Document.from_dict(record)
    except KeyError as error:
        raise DataError(f"{path}, line {number}: {error} is missing; annotate the texts anew") from None
    except (ValueError, TypeError, AttributeError) as error:
        raise DataError(f"{path}, line {number}: {error}; annotate the texts anew") from None
