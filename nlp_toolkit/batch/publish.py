"""Moves rows into the tables and out of them: Parquet files by year, each of which appears whole or not at all.

Files are named by the generation that wrote them, part-GENERATION-NUMBER.parquet. What a killed run leaves behind are files
of a generation that the ledger does not know, and hidden ones; the next run removes both.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from nlp_toolkit.batch import staged, store, tables

HELD = 32 << 20  # bytes of rows that wait for their row group
LARGEST = 256 << 20  # bytes of a file, about
_BESIDE = ".writing"
DERIVED_GENERATION = 0  # of tables that are made anew as a whole


def part_name(generation: int, number: int) -> str:
    """The name of a file.

    >>> part_name(12, 0)
    'part-000012-0.parquet'
    """
    return f"part-{generation:06}-{number}.parquet"


def generation_of(path: Path) -> int:
    """The generation that wrote a file.

    >>> generation_of(Path("dates/year=2020/part-000012-0.parquet"))
    12
    """
    return int(path.name.split("-")[1])


def publish(
    folder: Path, table: str, generation: int, chunks: Iterable[Path], removed: Mapping[Path, Collection[str]]
) -> None:
    """Write the rows of chunks into a table but those of removed documents, as files of a generation.

    The same call over again writes the same files again.
    """
    batches = (without(batch, removed.get(path, ())) for path in chunks for batch in staged.read(path, table))
    write(folder, table, generation, batches)


def write(folder: Path, table: str, generation: int, batches: Iterable[Any]) -> set[Path]:
    """Write rows with their year into a table, as files of a generation; the files, which are on the disk then."""
    with _Writing(folder, table, generation) as writing:
        for batch in batches:
            writing.add(batch)
    return set(map(shown, writing.done))


def without(batch: Any, removed: Collection[str]) -> Any:
    """A record batch without the rows of removed documents."""
    if not removed:
        return batch
    import pyarrow as arrow
    from pyarrow import compute

    gone = compute.is_in(batch["document"], value_set=arrow.array(sorted(removed), arrow.string()))
    return batch.filter(compute.invert(gone))


class _Writing:
    """The files of a table and generation that are being written, one a year."""

    def __init__(self, folder: Path, table: str, generation: int) -> None:
        self._folder, self._table, self._generation = folder, table, generation
        self._schema = tables.schema(table).remove(tables.schema(table).get_field_index(tables.YEAR))
        self._held: dict[int | None, list[Any]] = {}
        self._size = 0
        self._open: dict[int | None, tuple[Any, Path]] = {}
        self._numbers: dict[int | None, int] = {}
        self.done: list[Path] = []

    def __enter__(self) -> _Writing:
        return self

    def add(self, batch: Any) -> None:
        """Add rows, which go to the files of their years."""
        years = batch.column(tables.YEAR)
        for year in years.unique().to_pylist():
            rows = batch.filter(years.is_null() if year is None else _equal(years, year)).drop_columns(tables.YEAR)
            self.hold(year, [rows])
        self._size += batch.nbytes
        if self._size >= HELD:
            self._flush()

    def hold(self, year: int | None, rows: list[Any]) -> None:
        """Add rows of a year, without their year; none make a file too."""
        self._held.setdefault(year, []).extend(rows)

    def _flush(self) -> None:
        import pyarrow as arrow

        for year, rows in self._held.items():
            writer, path = self._open.get(year) or self._begin(year)
            writer.write_table(arrow.Table.from_batches(rows, self._schema))
            if path.stat().st_size >= LARGEST:
                self._end(year)
        self._held, self._size = {}, 0

    def _begin(self, year: int | None) -> tuple[Any, Path]:
        from pyarrow.parquet import ParquetWriter

        number = self._numbers[year] = self._numbers.get(year, -1) + 1
        place = self._folder / store.year_folder(self._table, year)
        place.mkdir(parents=True, exist_ok=True)
        path = place / f".{part_name(self._generation, number)}{_BESIDE}"
        self._open[year] = ParquetWriter(path, self._schema, compression="zstd"), path
        return self._open[year]

    def _end(self, year: int | None) -> None:
        writer, path = self._open.pop(year)
        writer.close()
        with open(path, "rb") as stream:
            os.fsync(stream.fileno())
        self.done.append(path)

    def __exit__(self, error: type[BaseException] | None, *told: object) -> None:
        if error is None:
            self._flush()
        for year in list(self._open):
            self._end(year)
        for path in self.done:
            if error is None:
                os.replace(path, shown(path))
            else:
                path.unlink()
        for place in {path.parent for path in self.done}:
            staged.synced(place)


def shown(path: Path) -> Path:
    """The name that a hidden file gets when it is whole."""
    return path.with_name(path.name.removeprefix(".").removesuffix(_BESIDE))


def _equal(years: Any, year: int) -> Any:
    from pyarrow import compute

    return compute.fill_null(compute.equal(years, year), False)


def rewrite(folder: Path, table: str, generation: int, removed: Collection[str]) -> None:
    """Take the rows of removed documents out of the files that a generation wrote into a table.

    Each file is replaced at one stroke; the same call over again changes nothing more.
    """
    from pyarrow.parquet import ParquetFile, ParquetWriter

    for path in of_generation(folder, table, generation):
        beside = path.with_name(f".{path.name}{_BESIDE}")
        with ParquetFile(path) as file:
            kept = 0
            with ParquetWriter(beside, file.schema_arrow, compression="zstd") as writer:
                for batch in file.iter_batches():
                    rest = without(batch, removed)
                    kept += rest.num_rows
                    writer.write_batch(rest)
            unchanged = kept == file.metadata.num_rows
        if unchanged or not kept:
            beside.unlink()
            if not kept:
                remove([path])
            continue
        with open(beside, "rb") as stream:
            os.fsync(stream.fileno())
        os.replace(beside, path)
        staged.synced(path.parent)


def of_generation(folder: Path, table: str, generation: int) -> list[Path]:
    """The files that a generation wrote into a table."""
    return [path for path in store.parts(folder, table) if generation_of(path) == generation]


def remove(paths: Iterable[Path]) -> None:
    """Remove files, and folders of years that are empty then."""
    for path in paths:
        path.unlink()
        if not any(path.parent.iterdir()):
            path.parent.rmdir()


def replace(folder: Path, table: str, batches: Iterable[Any]) -> None:
    """Make a derived table anew: its new files take the places of those it had."""
    written = write(folder, table, DERIVED_GENERATION, batches)
    remove(path for path in store.parts(folder, table) if path not in written)


def complete(folder: Path, wanted: Iterable[str]) -> None:
    """Give every table that has no rows a file with its columns, so that whoever reads the folder finds it."""
    for table in wanted:
        if not store.parts(folder, table):
            with _Writing(folder, table, DERIVED_GENERATION) as writing:
                writing.hold(None, [])


def count(folder: Path, table: str) -> int:
    """How many rows a table has."""
    from pyarrow.parquet import read_metadata

    return sum(read_metadata(path).num_rows for path in store.parts(folder, table))


def leftovers(folder: Path, known: Collection[int]) -> Iterator[Path]:
    """Files that no finished work has written: hidden ones, and those of generations that are not known."""
    for table in tables.TABLES:
        yield from (folder / table).glob(f"{tables.YEAR}=*/.*{_BESIDE}")
        for path in store.parts(folder, table):
            if generation_of(path) not in known:
                yield path
