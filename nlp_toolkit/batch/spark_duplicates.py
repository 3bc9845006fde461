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

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

_BANDS = BINS * 2 // BAND
_KEY = "struct(date IS NULL AS undated, date, document) AS key"  # in whose order an original goes before its copies
_FIRSTS = "SELECT fingerprint, min(key) AS key, min_by(sketch, key) AS sketch FROM {ranked} GROUP BY fingerprint"
_PAIRS = f"""
    WITH bands AS (
        SELECT key, band, substr(sketch, band * {BAND} + 1, {BAND}) AS digits
        FROM {{firsts}} LATERAL VIEW explode(sequence(0, {_BANDS - 1})) AS band WHERE sketch <> ''
    ),
    earlier AS (
        SELECT key, explode(array(min(key) OVER (PARTITION BY band, digits),
                                  lag(key) OVER (PARTITION BY band, digits ORDER BY key))) AS other
        FROM bands
    ),
    pairs AS (SELECT DISTINCT key, other FROM earlier WHERE other < key)
    SELECT pairs.key, pairs.other, one.sketch AS sketch, two.sketch AS other_sketch
    FROM pairs JOIN {{firsts}} AS one ON one.key = pairs.key JOIN {{firsts}} AS two ON two.key = pairs.other
"""
_MARKS = """
    WITH nearest AS (SELECT key, min(other) AS other, min_by(similarity, other) AS similarity FROM {near} GROUP BY key)
    SELECT r.document, CASE WHEN r.key > f.key THEN f.key.document END AS duplicate_of,
           CASE WHEN r.key = f.key THEN n.other.document END AS near_duplicate_of,
           CASE WHEN r.key > f.key THEN 1.0D ELSE n.similarity END AS similarity, false AS skipped, r.year
    FROM {ranked} AS r JOIN {firsts} AS f USING (fingerprint) LEFT JOIN nearest AS n ON n.key = f.key
    WHERE r.key > f.key OR n.other IS NOT NULL
    ORDER BY document
"""


def marks(documents: DataFrame) -> DataFrame:
    """The table ``duplicates`` of a table of documents."""
    from nlp_toolkit.batch.spark import _in_arrow

    spark = documents.sparkSession
    ranked = documents.selectExpr("document", tables.YEAR, "fingerprint", "sketch", _KEY)
    firsts = spark.sql(_FIRSTS, ranked=ranked)
    pairs = spark.sql(_PAIRS, firsts=firsts)
    near = _in_arrow(pairs, _near, pairs.select("key", "other").schema.add("similarity", "double"))
    return spark.sql(_MARKS, near=near, ranked=ranked, firsts=firsts)


def _near(batches: Iterator[Any]) -> Iterator[Any]:
    """Of pairs with their sketches those that are similar enough."""
    import pyarrow as arrow

    for batch in batches:
        one, other = (
            np.frombuffer(bytes.fromhex("".join(batch[name].to_pylist())), np.uint8).reshape(-1, BINS)
            for name in ("sketch", "other_sketch")
        )
        shares = similarities(one, other)
        found = batch.select(["key", "other"]).append_column("similarity", arrow.array(shares))
        yield found.filter(arrow.array(shares >= SIMILAR))
