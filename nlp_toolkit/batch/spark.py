"""The same tables by Spark, for a corpus that one machine takes too long for: documents go in as rows, layers come out.

    from nlp_toolkit.batch.spark import annotate, write
    annotated = annotate(spark.table("archive.notices"), text="body", id="notice_id", date="issued")
    annotated.selectExpr("inline(goals)").where("year(deadline) = 2025").show()
    write(annotated, "s3a://bucket/corpus")

Nothing but Arrow crosses between Spark and Python (``mapInArrow``); each Python worker loads the models once.
"""

from __future__ import annotations

import atexit
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from nlp_toolkit.batch import tables
from nlp_toolkit.batch.guard import Guard, Told
from nlp_toolkit.batch.outcome import Rows
from nlp_toolkit.batch.settings import Analysis, Limits
from nlp_toolkit.batch.sketch import fingerprint
from nlp_toolkit.batch.spark_duplicates import marks
from nlp_toolkit.batch.spark_session import check_workers, in_arrow, remove, session, spark_schema, sql, told
from nlp_toolkit.batch.tables import Failure
from nlp_toolkit.document import DEFAULT_LAYERS, Source, parse_day
from nlp_toolkit.errors import InputError
from nlp_toolkit.read import content as read_content
from nlp_toolkit.read.options import ReadOptions
from nlp_toolkit.segment import Segmenter
from nlp_toolkit.write.tables import DOCUMENTS, Row

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

__all__ = ["annotate", "salted", "session", "sources", "write"]

DOCUMENT = "document"
AT_ONCE = 1_000_000  # characters of documents whose rows are held at once
_PIECES_OF_A_TASK = 8  # that a task is salted into: the more, the more even, but the more to sort
_CHARACTERS_OF_A_FILE = 32_000_000  # of documents whose rows make one file of a table: at most some 100 MB
_TABLES_AT_ONCE = 4
_STAGED = "_staged"


def annotate(
    df: DataFrame,
    text: str = "text",
    *,
    id: str | None = None,
    date: str | None = None,
    title: str | None = None,
    source: str | None = None,
    meta: Sequence[str] = (),
    keep: Sequence[str] = (),
    day: date | None = None,
    layers: Iterable[str] = DEFAULT_LAYERS,
    segmenter: Segmenter = "rjieba",
    model: str | Path | None = None,
    codebook: str | Path | None = None,
    limits: Limits | None = None,
    partitions: int | None = None,
) -> DataFrame:
    """Annotate a column of texts: a row a document, with one column a table that holds the document's rows.

    Parameters
    ----------
    df
        Any DataFrame.
    text, id, date, title, source
        Names of columns. Without ``id`` a document is called by the fingerprint of its text; ids should be unique.
        ``date`` is a date, a timestamp or ISO 8601 text.
    meta
        Columns that become the document's ``meta``.
    keep
        Columns of ``df`` that the result has too.
    day
        The date of documents without one.
    layers, segmenter, model, codebook
        As for :class:`nlp_toolkit.analyzer.Analyzer`; model and codebook are read here and sent to the workers.
    limits
        The time and memory that one document may take.
    partitions
        Spread the documents over so many partitions of about the same size before, which counts them once. Worth it where
        few partitions, or some much larger than others, would keep most workers waiting.

    Returns
    -------
    DataFrame
        ``keep``, ``document`` (the id), and for each of :func:`nlp_toolkit.batch.tables.names` but ``duplicates`` an array
        of structs: ``df.selectExpr("inline(goals)")`` is the table of goals. A document that could not be processed has
        one row in ``failures`` and none elsewhere.

    Raises
    ------
    PolicyError
        Where PySpark, or the package on the workers, is missing.
    DataError
        Where the model cannot be read.
    ValueError
        For a column that is not there.
    """
    analysis = Analysis(tuple(layers), segmenter, _path(model), _path(codebook), day)
    for name in filter(None, (text, id, date, title, source, *meta, *keep)):
        if name not in df.columns:
            raise ValueError(f"the DataFrame has no column {name!r}; it has {', '.join(df.columns)}")
    if taken := set(keep) & {DOCUMENT, *nested_columns(analysis)}:
        raise ValueError(
            f"the result has a column {min(taken)!r} of its own; rename that of the DataFrame, or do not keep it"
        )
    check_workers(df.sparkSession)

    def column(name: str | None) -> Column:
        found: Column = sql().lit(None) if name is None else df[name]
        return found.cast("string")

    given = df.select(
        column(id).alias("_id"),
        column(text).alias("_text"),
        _day_of(df, date).alias("_date"),
        column(title).alias("_title"),
        (sql().to_json(sql().struct(*meta)) if meta else column(None)).alias("_meta"),
        column(source).alias("_source"),
        *keep,
    )
    if partitions is not None:
        given = salted(given, sql().coalesce(sql().length("_text"), sql().lit(0)), partitions)
    return _mapped(
        given, _Rows(shipped(analysis), limits or Limits(), tuple(keep)), analysis, given.select(*keep).schema
    )


def sources(
    df: DataFrame, content: str = "content", path: str = "path", reading: ReadOptions | None = None
) -> DataFrame:
    """The documents in files that Spark has read whole (``spark.read.format("binaryFile")``), by the toolkit's own readers.

    A row a document: ``id`` (the file's name without suffix), ``text``, ``date``, ``title``, ``meta`` (JSON), ``source``
    (the path), and ``failure`` where it could not be read; :func:`annotate` takes it as it is.

    >>> files = spark.read.format("binaryFile").option("recursiveFileLookup", True).load("s3a://bucket/papers")  # doctest: +SKIP
    >>> annotate(sources(files), id="id", date="date", title="title", source="source")  # doctest: +SKIP
    """
    check_workers(df.sparkSession)
    return in_arrow(df.select(path, content), _Sources(reading or ReadOptions()), spark_schema(_source_schema()))


def write(annotated: DataFrame, folder: str | Path) -> None:
    """Write what :func:`annotate` gives as the tables of a corpus: FOLDER/TABLE/year=…/*.parquet, and their duplicates.

    The documents are annotated once, into FOLDER/_staged, which is removed at the end. ``folder`` is anything that Spark can
    write to; it must be new or empty.
    """
    spark, staged = annotated.sparkSession, f"{folder}/{_STAGED}"
    with told():
        nested = stage(annotated.select(*(table for table in tables.TABLES if table in annotated.columns)), staged)
        write_tables(nested, str(folder), marks(nested.select(sql().inline(DOCUMENTS))))
    remove(spark, staged)


def stage(rows: DataFrame, place: str) -> DataFrame:
    """Rows as they are once they have been worked out and written down, so that they are not worked out again."""
    rows.write.option("compression", "zstd").parquet(place)
    return rows.sparkSession.read.schema(rows.schema).parquet(place)


def write_tables(nested: DataFrame, folder: str, duplicates: DataFrame) -> None:
    """Write staged rows as tables, several at once: each has too few steps to keep a cluster busy."""
    files = _files_of_years(nested)

    def rows_of(table: str) -> DataFrame:
        rows = nested.select(sql().inline(table))
        if table == tables.FAILURES:
            return rows.coalesce(1).sortWithinPartitions("source", DOCUMENT, "reason")
        year = sql().coalesce(tables.YEAR, sql().lit(0))
        salt = sql().pmod(sql().xxhash64(DOCUMENT), sql().coalesce(sql().element_at(files, year), sql().lit(1)))
        order = [name for name in (tables.YEAR, DOCUMENT, "start") if name in rows.columns]
        return rows.repartition(year, salt).sortWithinPartitions(*order)

    wanted = {table: rows_of(table) for table in nested.columns} | {tables.DUPLICATES: duplicates.coalesce(1)}
    with ThreadPoolExecutor(_TABLES_AT_ONCE) as pool:
        for done in [pool.submit(_write, rows, f"{folder}/{table}") for table, rows in wanted.items()]:
            done.result()


def _write(rows: DataFrame, place: str) -> None:
    rows.write.partitionBy(tables.YEAR).option("compression", "zstd").parquet(place)


def _files_of_years(nested: DataFrame) -> Column:
    """How many files the documents of each year make, as a map; 0 stands for no year."""
    documents = nested.select(sql().inline(DOCUMENTS)).withColumn("of", sql().coalesce(tables.YEAR, sql().lit(0)))
    sizes = documents.groupBy("of").agg(sql().sum("characters").alias("size")).collect()
    pairs = [(row["of"], 1 + row["size"] // _CHARACTERS_OF_A_FILE) for row in sizes] or [(0, 1)]
    found: Column = sql().create_map(*(sql().lit(value).cast("int") for pair in pairs for value in pair))
    return found


def salted(df: DataFrame, size: Column, partitions: int) -> DataFrame:
    """The rows in partitions of about the same size, however unlike the rows and the partitions that they came in.

    Rows are put together in order until a salt is full; a large row fills one alone. The salts are then dealt out.
    """
    ((total,),) = df.agg(sql().coalesce(sql().sum(size), sql().lit(0))).collect()
    full = max(1, total // (partitions * _PIECES_OF_A_TASK))
    sized = df.select("*", size.cast("long").alias("_size"))
    with_salt = in_arrow(sized, _Salt(full), sized.withColumn("_salt", sql().lit(0).cast("long")).schema)
    return with_salt.repartition(partitions, "_salt").drop("_size", "_salt")


# ---- What workers do


@dataclass(frozen=True, slots=True)
class Shipped:
    """An analysis with the files that it needs, by where they were, so that workers need none of their own."""

    analysis: Analysis
    model: tuple[tuple[str, bytes], ...]
    codebook: bytes | None
    recipe: str

    def unpacked(self) -> Analysis:
        """The analysis with its files on this machine, in a folder that is removed when this process ends."""
        if not self.model and self.codebook is None:
            return self.analysis
        place = Path(tempfile.mkdtemp(prefix="nlp_toolkit-"))
        atexit.register(shutil.rmtree, place, ignore_errors=True)
        analysis = self.analysis
        if self.model:
            analysis = replace(analysis, model=place / "model")
            (place / "model").mkdir()
            for name, data in self.model:
                (place / "model" / name).write_bytes(data)
        if self.codebook is not None:
            analysis = replace(analysis, codebook=place / "codebook.toml")
            (place / "codebook.toml").write_bytes(self.codebook)
        return analysis


def shipped(analysis: Analysis) -> Shipped:
    """An analysis as it is sent to workers; raises DataError where its model cannot be read."""
    analysis.make()  # says here what is wrong with model or codebook, before workers do
    model = sorted(analysis.model.iterdir()) if analysis.model is not None else []
    files = tuple((file.name, file.read_bytes()) for file in model if file.is_file())
    codebook = analysis.codebook.read_bytes() if analysis.codebook is not None else None
    return Shipped(analysis, files, codebook, analysis.recipe())


@cache
def _guard(recipe: str, limits: Limits) -> Guard:
    """The guard of this worker: models are loaded once."""
    return Guard(_unpacked[recipe], limits)


_unpacked: dict[str, Analysis] = {}


def guard_of(sent: Shipped, limits: Limits) -> tuple[Guard, Analysis]:
    """The guard of this worker for an analysis that was sent, and that analysis as it is here."""
    if sent.recipe not in _unpacked:
        _unpacked[sent.recipe] = sent.unpacked()
    return _guard(sent.recipe, limits), _unpacked[sent.recipe]


@dataclass(frozen=True, slots=True)
class _Rows:
    """Makes record batches of texts into record batches of rows of all tables."""

    sent: Shipped
    limits: Limits
    keep: tuple[str, ...]

    def __call__(self, batches: Iterator[Any]) -> Iterator[Any]:
        guard, _ = guard_of(self.sent, self.limits)
        names = nested_columns(self.sent.analysis)
        for batch in batches:
            for some in _slices(batch):
                told = [_told(row) for row in some.select(list(some.schema.names[:6])).to_pylist()]
                yield nested_batch(list(outcomes(guard, told)), names, [some[name] for name in self.keep], self.keep)


def _slices(batch: Any) -> Iterator[Any]:
    """A record batch in parts with so much text that their rows can be held."""
    from pyarrow import compute

    lengths = compute.fill_null(compute.utf8_length(batch["_text"]), 0).to_pylist()
    start = size = 0
    for at, length in enumerate(lengths):
        if size and size + length > AT_ONCE:
            yield batch.slice(start, at - start)
            start, size = at, 0
        size += length + 1
    if start < len(lengths):
        yield batch.slice(start)


def _told(row: Row) -> Told | Failure:
    """The document of a row, or what is wrong with it."""
    text, document_id = row["_text"], row["_id"]
    if document_id is None:
        document_id = fingerprint(text or "")
    if not (text or "").strip():
        return Failure(document_id, row["_source"], "input", "the text is empty; there is nothing to annotate")
    try:
        day = parse_day(row["_date"]) if row["_date"] is not None else None
    except ValueError as error:
        return Failure(document_id, row["_source"], "input", str(error))
    meta = orjson.loads(row["_meta"]) if row["_meta"] else {}
    return Told(Source(text, document_id, day, row["_title"], meta), row["_source"])


def outcomes(guard: Guard, told: list[Told | Failure]) -> Iterator[tuple[str | None, Rows | Failure]]:
    """For each document its id, and its rows or its failure."""
    rows = guard.rows([one for one in told if isinstance(one, Told)])
    for one in told:
        if isinstance(one, Failure):
            yield one.document, one
        else:
            yield one.source.id, next(rows)


def nested_batch(
    found: list[tuple[str | None, Rows | Failure]],
    names: Sequence[str],
    kept: Sequence[Any] = (),
    keep: Sequence[str] = (),
) -> Any:
    """A record batch with a row a document, and the rows of its tables in arrays of structs."""
    import pyarrow as arrow

    columns = [arrow.array([document for document, _ in found], arrow.string())]
    for table in names:
        rows: list[Row] = []
        ends = [0]
        for _, one in found:
            if not isinstance(one, Failure):
                rows += one.get(table, ())
            elif table == tables.FAILURES:
                rows += tables.failures_of([one])
            ends.append(len(rows))
        batch = tables.record_batch(table, rows)
        structs = arrow.StructArray.from_arrays(batch.columns, fields=list(batch.schema))
        columns.append(arrow.ListArray.from_arrays(arrow.array(ends, arrow.int32()), structs))
    return arrow.RecordBatch.from_arrays([*kept, *columns], names=[*keep, DOCUMENT, *names])


@dataclass(frozen=True, slots=True)
class _Sources:
    """Makes record batches of files into record batches of the documents in them."""

    reading: ReadOptions

    def __call__(self, batches: Iterator[Any]) -> Iterator[Any]:
        import pyarrow as arrow

        schema = _source_schema()
        for batch in batches:
            for path, data in zip(batch[0].to_pylist(), batch[1], strict=True):
                rows = [_source_row(path, found) for found in self._read(path, data.as_py())]
                yield arrow.RecordBatch.from_pylist(rows, schema)

    def _read(self, path: str, data: bytes) -> Iterator[Source | InputError]:
        name = path.rstrip("/").rpartition("/")[2]
        stem, dot, suffix = name.rpartition(".")
        return read_content(data, path, stem or name, f"{dot}{suffix}".lower(), self.reading)


def _source_schema() -> Any:
    """The Arrow schema of documents that were read."""
    import pyarrow as arrow

    columns = ("id", "text", "date", "title", "meta", "source", "failure")
    return arrow.schema([(name, arrow.date32() if name == "date" else arrow.string()) for name in columns])


def _source_row(path: str, found: Source | InputError) -> Row:
    from nlp_toolkit.write.safe import as_json, encodable

    if isinstance(found, InputError):
        return {"source": path, "failure": str(found)}
    return {
        "id": encodable(found.id), "text": encodable(found.text), "date": found.date,
        "title": encodable(found.title) if found.title else None, "meta": as_json(found.meta).decode(), "source": path,
    }  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Salt:
    """Numbers rows so that those with a number are together about as large as wanted."""

    full: int

    def __call__(self, batches: Iterator[Any]) -> Iterator[Any]:
        import pyarrow as arrow
        from pyspark import TaskContext

        context = TaskContext.get()
        salt = (context.partitionId() if context is not None else 0) << 32
        size = 0
        for batch in batches:
            salts = []
            for row in batch["_size"].to_pylist():
                if size and size + row > self.full:
                    salt, size = salt + 1, 0
                size += row
                salts.append(salt)
            yield batch.append_column("_salt", arrow.array(salts, arrow.int64()))


# ---- Columns and schemas


def nested_columns(analysis: Analysis) -> tuple[str, ...]:
    """The tables that documents come with."""
    return tuple(table for table in tables.names(analysis.layers) if table != tables.DUPLICATES)


def _path(name: str | Path | None) -> Path | None:
    return None if name is None else Path(name)


def _day_of(df: DataFrame, name: str | None) -> Column:
    """A column of days as ISO 8601 text."""
    column: Column = sql().lit(None) if name is None else df[name]
    if name is not None and df.schema[name].dataType.typeName().startswith("timestamp"):
        column = column.cast("date")
    return column.cast("string")


def nested_schema(names: Sequence[str]) -> Any:
    """The Spark schema of what :func:`nested_batch` gives."""
    from pyspark.sql.types import ArrayType, StringType, StructField, StructType

    fields = [StructField(table, ArrayType(spark_schema(tables.schema(table)))) for table in names]
    return StructType([StructField(DOCUMENT, StringType()), *fields])


def _mapped(df: DataFrame, function: Any, analysis: Analysis, kept: Any) -> DataFrame:
    from pyspark.sql.types import StructType

    return in_arrow(df, function, StructType([*kept.fields, *nested_schema(nested_columns(analysis)).fields]))
