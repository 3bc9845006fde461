"""Which documents are copies of others, in Spark: the same marks as :mod:`nlp_toolkit.batch.duplicates` makes in DuckDB.

An original is the earliest by date, then by id. No step needs all documents in one place: documents are compared by a key
that says their order, in groups of equal fingerprints and of equal bands.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from nlp_toolkit.batch import tables
from nlp_toolkit.batch.duplicates import SIMILAR
from nlp_toolkit.batch.sketch import BAND, BINS, similarities
from nlp_toolkit.batch.spark_session import in_arrow

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

_BANDS = BINS * 2 // BAND
# In its order an original goes before its copies.
_KEY = "struct(date IS NULL AS undated, date, document) AS key"
_KEY_TYPE = "struct<undated: boolean, date: date, document: string>"


def marks(documents: DataFrame, skipped: bool = False) -> DataFrame:
    """The table ``duplicates`` of a table of documents; ``skipped`` says whether those marked have been left out."""
    ranked = documents.selectExpr("document", tables.YEAR, "fingerprint", "sketch", _KEY)
    firsts = ranked.groupBy("fingerprint").agg(*_exprs("min(key) AS first", "min_by(sketch, key) AS sketch"))
    near = in_arrow(_pairs(firsts), _near, f"first {_KEY_TYPE}, other {_KEY_TYPE}, similarity double")
    nearest = near.groupBy("first").agg(*_exprs("min(other) AS other", "min_by(similarity, other) AS similarity"))
    found = ranked.drop("sketch").join(firsts.drop("sketch"), "fingerprint").join(nearest, "first", "left")
    return found.where("key > first OR other IS NOT NULL").selectExpr(
        "document",
        "CASE WHEN key > first THEN first.document END AS duplicate_of",
        "CASE WHEN key = first THEN other.document END AS near_duplicate_of",
        "CASE WHEN key > first THEN 1.0D ELSE similarity END AS similarity",
        f"{str(skipped).lower()} AS skipped",
        tables.YEAR,
    )


def _pairs(firsts: DataFrame) -> DataFrame:
    """The pairs of texts that share a band, each with the earliest of its band and with the one before it."""
    bands = (
        firsts.where("sketch <> ''")
        .selectExpr("first", "sketch", f"explode(sequence(0, {_BANDS - 1})) AS band")
        .selectExpr("first", "band", f"substr(sketch, band * {BAND} + 1, {BAND}) AS digits")
    )
    same = "PARTITION BY band, digits"
    pairs = (
        bands.selectExpr("first", f"min(first) OVER ({same}) AS a", f"lag(first) OVER ({same} ORDER BY first) AS b")
        .selectExpr("first", "explode(array(a, b)) AS other")
        .where("other < first")
        .distinct()
    )
    sketches = firsts.select("first", "sketch")
    return pairs.join(sketches, "first").join(sketches.toDF("other", "other_sketch"), "other")


def _exprs(*sql: str) -> list[Any]:
    from pyspark.sql.functions import expr

    return [expr(one) for one in sql]


def _near(batches: Iterator[Any]) -> Iterator[Any]:
    """Of pairs with their sketches those that are similar enough."""
    import pyarrow as arrow

    for batch in batches:
        one, other = (
            np.frombuffer(bytes.fromhex("".join(batch[name].to_pylist())), np.uint8).reshape(-1, BINS)
            for name in ("sketch", "other_sketch")
        )
        shares = similarities(one, other)
        found = batch.select(["first", "other"]).append_column("similarity", arrow.array(shares))
        yield found.filter(arrow.array(shares >= SIMILAR))
