"""The folder of a corpus: Parquet tables in folders by year, and DuckDB over them.

DIR/TABLE/year=2020/*.parquet   one folder a table and year; see :mod:`nlp_toolkit.batch.tables`
DIR/corpus.duckdb               views over the tables, and those that answer the usual questions
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from nlp_toolkit.batch import tables
from nlp_toolkit.batch.views import VIEWS
from nlp_toolkit.errors import DataError, InputError
from nlp_toolkit.write.safe import needed
from nlp_toolkit.write.tables import DOCUMENTS

DATABASE = "corpus.duckdb"
EXTRA = "batch"
ROWS = 10_000  # of a result that are held at once
_GLOB = re.compile(r"[*?\[]")
# The documents know of their duplicates; these columns come from a table of their own, which is made last.
_DOCUMENTS_VIEW = (
    "SELECT d.*, p.duplicate_of, p.near_duplicate_of FROM ({0}) AS d LEFT JOIN duplicates AS p USING (document)"
)


def duckdb() -> Any:
    """The module duckdb; raises PolicyError with the extra's name where it is missing."""
    needed("pyarrow", EXTRA, "a corpus")
    return needed("duckdb", EXTRA, "a corpus")


def year_folder(table: str, year: int | None) -> str:
    """Where the rows of a year stand below the corpus.

    >>> year_folder("dates", 2020), year_folder("dates", None)
    ('dates/year=2020', 'dates/year=__HIVE_DEFAULT_PARTITION__')
    """
    return f"{table}/{tables.YEAR}={tables.NO_YEAR if year is None else year}"


def parts(folder: Path, table: str) -> list[Path]:
    """The Parquet files of a table, in order of their names."""
    return sorted((folder / table).glob(f"{tables.YEAR}=*/*.parquet"))


def present(folder: Path) -> list[str]:
    """The tables that a corpus has; raises InputError where the folder is none."""
    found = [table for table in tables.TABLES if next((folder / table).glob(f"{tables.YEAR}=*/*.parquet"), None)]
    if DOCUMENTS not in found:
        raise InputError(f"{folder}: holds no corpus; make one with: nlp-toolkit batch INPUT... -o {folder}")
    return found


def relation(folder: Path, table: str) -> str:
    """A table of a corpus as SQL; one that is not there has no rows.

    Its columns are named one by one, so that they are in order and typed whatever wrote the files.
    """
    types = {column.name: _TYPES[column.kind] for column in tables.TABLES[table]} | {tables.YEAR: "INTEGER"}
    if not any(parts(folder, table)):
        return f"SELECT {', '.join(f'NULL::{kind} AS {_name(name)}' for name, kind in types.items())} WHERE false"
    pattern = _quoted(f"{_escaped(folder.absolute())}/{table}/{tables.YEAR}=*/*.parquet")
    columns = ", ".join(map(_name, types))
    return (
        f"SELECT {columns} FROM read_parquet({pattern}, hive_partitioning = true, "
        f"hive_types = {{'{tables.YEAR}': INTEGER}})"
    )


_TYPES = {
    "text": "VARCHAR",
    "day": "DATE",
    "whole": "BIGINT",
    "number": "DOUBLE",
    "truth": "BOOLEAN",
    "texts": "VARCHAR[]",
    "ranges": 'STRUCT("start" BIGINT, "end" BIGINT)[]',
    "quantities": "STRUCT(value DOUBLE, unit VARCHAR, comparator VARCHAR, change VARCHAR)[]",
}


def create_views(connection: Any, folder: Path) -> None:
    """Give a database the tables of a corpus and the answers to the usual questions as views."""
    for table in reversed(tables.TABLES):  # duplicates before documents
        sql = relation(folder, table)
        sql = _DOCUMENTS_VIEW.format(sql) if table == DOCUMENTS else sql
        connection.execute(f"CREATE OR REPLACE VIEW {_name(table)} AS {sql}")
    for name, view in VIEWS.items():
        connection.execute(f"CREATE OR REPLACE VIEW {name} AS {view.sql}")
        connection.execute(f"COMMENT ON VIEW {name} IS {_quoted(view.question)}")


def write_database(folder: Path) -> None:
    """Write ``corpus.duckdb``, whole or not at all. Its views name the folder where it stands now."""
    with tempfile.TemporaryDirectory(dir=folder, prefix=f".{DATABASE}.") as beside:
        made = Path(beside) / DATABASE
        with duckdb().connect(str(made)) as connection:
            create_views(connection, folder)
        os.replace(made, folder / DATABASE)


@contextmanager
def connect(folder: Path, memory: str | None = None) -> Iterator[Any]:
    """A connection that reads the tables and views of a corpus, and can neither write nor read anything else.

    Parameters
    ----------
    folder
        The corpus, wherever it stands now.
    memory
        How much memory a query may take before it goes to temporary files, such as ``2GB``.

    Raises
    ------
    InputError
        Where the folder holds no corpus.
    PolicyError
        Where DuckDB is not installed.
    """
    present(folder)
    with tempfile.TemporaryDirectory() as spill, duckdb().connect() as connection:
        create_views(connection, folder)
        if memory is not None:
            connection.execute(f"SET memory_limit = {_quoted(memory)}")
        connection.execute(f"SET temp_directory = {_quoted(spill)}")
        allowed = dict.fromkeys(f"{place}/" for place in (folder.absolute(), _escaped(folder.absolute())))
        connection.execute(f"SET allowed_directories = [{', '.join(map(_quoted, allowed))}]")
        connection.execute("SET enable_external_access = false")
        connection.execute("SET lock_configuration = true")
        yield connection


def select(connection: Any, sql: str) -> Any:
    """The result of one SELECT; raises DataError for anything else and for what DuckDB does not understand."""
    module = duckdb()
    try:
        statements = connection.extract_statements(sql)
        if len(statements) != 1 or statements[0].type != module.StatementType.SELECT:
            raise DataError("a query is one SELECT; a corpus is only read here")
        return connection.sql(sql)
    except module.Error as error:
        raise DataError(f"the query cannot be run: {_first_lines(error)}") from None


def batches(result: Any, rows: int = ROWS) -> Iterator[Any]:
    """The record batches of a result, as they are asked for; raises DataError where the query fails on the way."""
    with failing_as_data():
        yield from result.to_arrow_reader(rows)


@contextmanager
def failing_as_data() -> Iterator[None]:
    """Raise DataError where a query fails while its result is read."""
    import pyarrow as arrow

    try:
        yield
    except (duckdb().Error, arrow.ArrowException, OSError) as error:
        raise DataError(f"the query cannot be run: {_first_lines(error)}") from None


def _first_lines(error: Exception) -> str:
    return " ".join(line.strip() for line in str(error).splitlines()[:2] if line.strip())


def _escaped(path: Path) -> str:
    """A path as a pattern that only it matches."""
    return _GLOB.sub(lambda match: f"[{match[0]}]", str(path))


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _name(name: str) -> str:
    """A name in SQL: ``end`` is a keyword."""
    return f'"{name}"'
