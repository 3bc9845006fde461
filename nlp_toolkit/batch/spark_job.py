"""A run by Spark over files that all its workers can open: the same documents, keys and tables as on one machine.

    files ──look──▶ pieces ──keys──▶ pieces with keys ──analyse──▶ rows, nested ──write──▶ tables

What each step gives is written down in DIR/.work/spark, since Spark may work out anything twice. The tables come to stand
in DIR when all of them are whole.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nlp_toolkit.batch import folder, look, publish, store, tables, walk
from nlp_toolkit.batch.guard import Told
from nlp_toolkit.batch.job import STANDARD_INPUT, Summary, Watch
from nlp_toolkit.batch.ledger import Piece
from nlp_toolkit.batch.look import Wanted
from nlp_toolkit.batch.outcome import unreadable
from nlp_toolkit.batch.settings import Analysis, Limits, Settings
from nlp_toolkit.batch.spark import (
    AT_ONCE,
    Shipped,
    guard_of,
    nested_batch,
    nested_columns,
    nested_schema,
    outcomes,
    salted,
    shipped,
    stage,
    write_tables,
)
from nlp_toolkit.batch.spark_duplicates import marks
from nlp_toolkit.batch.spark_session import check_workers, in_arrow, session, spark_schema, sql, told
from nlp_toolkit.batch.tables import Failure
from nlp_toolkit.errors import InputError, PolicyError
from nlp_toolkit.write.tables import DOCUMENTS, Row

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

_SMALL = 1000  # bytes: what a file costs beside its length
_TASKS_A_CORE = 4  # so that cores that end early have something left
# A document's number among those with its id decides its key; numbers whose keys are ids of others are passed over.
_KEYS = """
    WITH entries AS (SELECT file, piece, root, source, explode(entries) AS entry FROM {pieces}),
    numbered AS (
        SELECT file, piece, entry.place AS at, entry.id AS id,
               row_number() OVER (PARTITION BY entry.id ORDER BY root, source, piece, entry.place) AS number
        FROM entries
    ),
    taken AS (
        SELECT regexp_extract(id, '^(.*)~([1-9][0-9]{{0,8}})$', 1) AS id,
               array_sort(collect_set(int(regexp_extract(id, '~([1-9][0-9]{{0,8}})$', 1)))) AS numbers
        FROM (SELECT DISTINCT entry.id AS id FROM entries WHERE entry.id RLIKE '~[1-9][0-9]{{0,8}}$') GROUP BY 1
    )
    SELECT file, piece, at, CASE WHEN number = 1 THEN id WHEN numbers IS NULL THEN concat(id, '~', number)
        ELSE concat(id, '~', array_except(sequence(2, int(number) + size(numbers)), numbers)[int(number) - 2]) END AS key, id
    FROM numbered LEFT JOIN taken USING (id)
"""


def _file_schema() -> Any:
    """The Arrow schema of files as they were found."""
    import pyarrow as arrow

    whole, text = arrow.int64(), arrow.string()
    return arrow.schema(
        [("file", whole), ("root", whole), *((n, text) for n in ("source", "path", "id")), ("size", whole)]
    )


def _piece_schema() -> Any:
    """The Arrow schema of pieces. A file that cannot be looked into is one row, without a kind and with its failures."""
    import pyarrow as arrow

    whole, text = arrow.int64(), arrow.string()
    entry = arrow.struct([("place", whole), *((n, text) for n in ("id", "fingerprint", "sketch", "date"))])
    failure = arrow.struct([(name, text) for name in ("document", "source", "kind", "reason")])
    own = [("piece", whole), ("kind", text), ("start", whole), ("bytes", whole), ("first", whole), ("hash", text)]
    lists = [("entries", arrow.list_(entry)), ("failures", arrow.list_(failure))]
    return arrow.schema([*_file_schema(), *(arrow.field(*column) for column in own + lists)])


def run(
    inputs: Iterable[str | Path], place: Path, settings: Settings, watch: Watch, master: str | None = None
) -> Summary:
    """Make the corpus in a new folder from inputs: files, folders or globs, at paths that every worker can open.

    Raises
    ------
    PolicyError
        Where Java, PySpark, or the package on the workers is missing; where the folder is not new, or cannot be written.
    """
    store.duckdb()
    spark = session(settings.workers, master)
    check_workers(spark)
    with folder.locked(place):
        if any((place / table).exists() for table in tables.TABLES):
            raise PolicyError(f"{place}: is a corpus already; with --engine spark name a new folder")
        work = folder.work(place, "spark")
        shutil.rmtree(work)
        try:
            with told():
                return _Run(spark, place, work, settings, watch).run(inputs)
        finally:
            shutil.rmtree(work, ignore_errors=True)


class _Run:
    """A run and its steps, in order."""

    def __init__(self, spark: SparkSession, place: Path, work: Path, settings: Settings, watch: Watch) -> None:
        self.spark, self.place, self.work, self.settings, self.watch = spark, place, work, settings, watch
        self.partitions = spark.sparkContext.defaultParallelism * _TASKS_A_CORE
        self.summary = Summary()
        self.spool = folder.work(place, folder.SPOOL)

    def run(self, inputs: Iterable[str | Path]) -> Summary:
        files = list(self.find(inputs))
        self.watch.stage("look", len(files))
        pieces, copies = self.with_keys(self.look(files))
        self.watch.stage("analyse", sum(file[-1] for file in files))
        nested = self.analyse(pieces)
        self.watch.stage("tables", len(tables.TABLES))
        self.write(nested, copies)
        self.count()
        return self.summary

    def find(self, inputs: Iterable[str | Path]) -> Iterator[tuple[Any, ...]]:
        """The files that inputs stand for, numbered."""
        number = 0
        for root, name in enumerate(dict.fromkeys(map(str, inputs))):
            if name == STANDARD_INPUT or "://" in name:
                raise PolicyError(f"{name}: {_NO_PATH}")
            for file in walk.files(name, root, self._missing, self.place):
                yield number, root, file.source, file.path, file.id, file.size
                number += 1

    def _missing(self, error: InputError) -> None:
        self.summary.missing += 1
        self.watch.failed(Failure(None, None, "input", str(error)))

    def look(self, files: list[tuple[Any, ...]]) -> DataFrame:
        """The pieces of files."""
        found = salted(
            self.spark.createDataFrame(files, spark_schema(_file_schema())), sql().col("size") + _SMALL, self.partitions
        )
        looks = _Look(self.settings.analysis.reading, self.spool, self.settings.dedupe)
        return self.staged(in_arrow(found, looks, spark_schema(_piece_schema())), "pieces")

    def staged(self, rows: DataFrame, name: str) -> DataFrame:
        return stage(rows, str(self.work / name))

    def with_keys(self, pieces: DataFrame) -> tuple[DataFrame, DataFrame | None]:
        """The pieces with the keys of documents that are not called by their ids, and the places of copies to leave out."""
        keys = self.staged(self.spark.sql(_KEYS, pieces=pieces), "keys")
        other = keys.where("key <> id").groupBy("file", "piece")
        named = other.agg(sql().map_from_entries(sql().collect_list(sql().struct("at", "key"))).alias("keys"))
        found = pieces.drop("entries").join(named, ["file", "piece"], "left")
        if not self.settings.dedupe:
            return found.withColumn("skipped", sql().lit(None).cast("array<int>")), None
        copies = self.staged(marks(self._looked_at(pieces, keys), skipped=True), "copies")
        left_out = keys.join(copies.selectExpr("document AS key"), "key").groupBy("file", "piece")
        skipped = left_out.agg(sql().collect_list("at").alias("skipped"))
        return found.join(skipped, ["file", "piece"], "left"), copies

    def _looked_at(self, pieces: DataFrame, keys: DataFrame) -> DataFrame:
        entries = pieces.selectExpr("file", "piece", "explode(entries) AS entry")
        entries = entries.selectExpr(
            "file", "piece", "entry.place AS at", "entry.fingerprint", "entry.sketch", "entry.date"
        )
        day = self.settings.analysis.day
        found = entries.join(keys, ["file", "piece", "at"]).withColumnRenamed("key", "document")
        found = found.withColumn("date", sql().coalesce("date", sql().lit(day and day.isoformat())).cast("date"))
        return found.withColumn(tables.YEAR, sql().year("date"))

    def analyse(self, pieces: DataFrame) -> DataFrame:
        """The rows of all documents, nested."""
        names = nested_columns(self.settings.analysis)
        analyses = _Analyse(shipped(self.settings.analysis), self.settings.limits, self.spool, names)
        size = sql().coalesce(sql().col("bytes"), sql().lit(0)) + _SMALL
        return self.staged(
            in_arrow(salted(pieces, size, self.partitions), analyses, nested_schema(names)).drop("document"), "nested"
        )

    def write(self, nested: DataFrame, copies: DataFrame | None) -> None:
        """Write the tables beside their places, then put them there."""
        made = self.work / "tables"
        duplicates = marks(nested.select(sql().inline(DOCUMENTS))) if copies is None else copies
        write_tables(nested, str(made), duplicates)
        for path in made.rglob("*"):
            if path.is_file() and path.suffix != ".parquet":  # Hadoop's checksums and marks of success
                path.unlink()
        for table in sorted(made.iterdir()):
            os.rename(table, self.place / table.name)
        publish.complete(self.place, tables.names(self.settings.analysis.layers))
        store.write_database(self.place)

    def count(self) -> None:
        """Count what there is now, and name what failed."""
        summary = self.summary
        with store.connect(self.place) as found:
            ((summary.documents, characters),) = found.execute(
                "SELECT count(*), sum(characters) FROM documents"
            ).fetchall()
            summary.analysed, summary.characters = summary.documents, int(characters or 0)
            ((summary.copies,),) = found.execute("SELECT count(*) FROM duplicates").fetchall()
            failures = found.execute("SELECT document, source, kind, reason FROM failures")
            while row := failures.fetchone():
                summary.failures += 1
                self.watch.failed(Failure(*row))
        shutil.rmtree(self.spool, ignore_errors=True)


_NO_PATH = (
    "--engine spark reads files at paths that every worker can open (a shared or mounted file system); for other sources "
    "use nlp_toolkit.batch.spark.annotate, and see docs/how-to/spark.md"
)


# ---- What workers do


@dataclass(frozen=True, slots=True)
class _Look:
    """Makes record batches of files into record batches of their pieces."""

    reading: Any
    spool: Path
    copies: bool

    def __call__(self, batches: Iterator[Any]) -> Iterator[Any]:
        import pyarrow as arrow

        schema = _piece_schema()
        for batch in batches:
            for row in batch.to_pylist():
                for found in self._pieces(row):
                    yield arrow.RecordBatch.from_pylist([row | found], schema)

    def _pieces(self, row: Row) -> Iterator[Row]:
        file = Wanted(row["file"], row["source"], row["path"], row["id"])
        try:
            for piece in look.pieces(file, self.reading, self.spool, self.copies, lambda place, size: None):
                yield {
                    "piece": piece.place, "kind": piece.kind, "start": piece.start, "bytes": piece.size,
                    "first": piece.first, "hash": piece.hash, "entries": [asdict(entry) for entry in piece.entries],
                }  # fmt: skip
        except Exception as error:
            yield {"failures": [asdict(unreadable(file.source, error))]}


@dataclass(frozen=True, slots=True)
class _Analyse:
    """Makes record batches of pieces into record batches of the rows of their documents."""

    sent: Shipped
    limits: Limits
    spool: Path
    names: tuple[str, ...]

    def __call__(self, batches: Iterator[Any]) -> Iterator[Any]:
        guard, analysis = guard_of(self.sent, self.limits)
        for batch in batches:
            for row in batch.to_pylist():
                for some in _together(self._documents(row, analysis)):
                    yield nested_batch(list(outcomes(guard, some)), self.names)

    def _documents(self, row: Row, analysis: Analysis) -> Iterator[Told | Failure]:
        """The documents of a piece with their keys, and what cannot be read."""
        if row["kind"] is None:
            yield from (Failure(**failure) for failure in row["failures"])
            return
        file = Wanted(row["file"], row["source"], row["path"], row["id"])
        piece = Piece(row["piece"], row["kind"], row["start"], row["bytes"], row["first"], row["hash"])
        keys, skipped = dict(row["keys"] or ()), set(row["skipped"] or ())
        place = 0
        try:
            for item in look.read(piece, file, analysis.reading, self.spool):
                if isinstance(item, InputError):
                    document = keys.get(0, file.id) if piece.kind == look.WHOLE and not place else None
                    yield Failure(document, file.source, "input", str(item))
                    continue
                if place not in skipped:
                    yield Told(replace(item, id=keys.get(place, item.id)), file.source)
                place += 1
        except (look.ChangedError, FileNotFoundError):
            reason = f"{file.source}: was changed while it was read; give the command again"
            yield Failure(None, file.source, "input", reason)
        except Exception as error:
            yield unreadable(file.source, error)


def _together(documents: Iterable[Told | Failure]) -> Iterator[list[Told | Failure]]:
    """Documents in groups with so much text that their rows can be held."""
    some: list[Told | Failure] = []
    size = 0
    for one in documents:
        length = len(one.source.text) if isinstance(one, Told) else 0
        if some and size + length > AT_ONCE:
            yield some
            some, size = [], 0
        some.append(one)
        size += length
    if some:
        yield some
