"""Which documents of a corpus are copies of others: equal texts by fingerprint, similar ones by sketch.

The original is the earliest by date, then by id. Only texts that share a band of their sketches are compared, each with
the earliest of its band and with the one before it (locality-sensitive hashing: Broder, "On the resemblance and containment
of documents", 1997). What comes out depends on the documents alone, not on their order; DuckDB keeps memory bounded.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from nlp_toolkit.batch.sketch import BAND, BINS, similarities

SIMILAR = 0.8  # the share of their runs of characters from which on texts are near duplicates
_PAIRS_AT_ONCE = 20_000
_BANDS = BINS * 2 // BAND
# The places of documents in the order in which an original goes before its copies.
_RANKED = """
    CREATE TABLE ranked AS
    SELECT *, row_number() OVER (ORDER BY date NULLS LAST, document) AS place FROM ({source})
"""
_FIRSTS = """
    CREATE TABLE firsts AS
    SELECT fingerprint, min(place) AS place, arg_min(document, place) AS document, arg_min(sketch, place) AS sketch
    FROM ranked GROUP BY fingerprint
"""
_PAIRS = f"""
    WITH bands AS (
        SELECT place, band, substr(sketch, band * {BAND} + 1, {BAND}) AS digits
        FROM firsts, range({_BANDS}) AS bands(band) WHERE sketch <> ''
    ),
    earlier AS (
        SELECT place, unnest([min(place) OVER found, lag(place) OVER (PARTITION BY band, digits ORDER BY place)]) AS other
        FROM bands WINDOW found AS (PARTITION BY band, digits)
    ),
    pairs AS (SELECT DISTINCT place, other FROM earlier WHERE other < place)
    SELECT pairs.place, pairs.other, one.sketch AS sketch, two.sketch AS other_sketch
    FROM pairs JOIN firsts AS one ON one.place = pairs.place JOIN firsts AS two ON two.place = pairs.other
"""
_MARKS = """
    SELECT document, duplicate_of, near_duplicate_of, similarity, {skipped} AS skipped, year
    FROM (
        SELECT r.document, r.year, CASE WHEN r.place > f.place THEN f.document END AS duplicate_of,
               CASE WHEN r.place = f.place THEN o.document END AS near_duplicate_of,
               CASE WHEN r.place > f.place THEN 1.0 ELSE n.similarity END AS similarity
        FROM ranked AS r JOIN firsts AS f USING (fingerprint)
        LEFT JOIN (SELECT place, min(other) AS other, arg_min(similarity, other) AS similarity FROM near GROUP BY place) AS n
            ON n.place = f.place
        LEFT JOIN firsts AS o ON o.place = n.other
    )
    WHERE duplicate_of IS NOT NULL OR near_duplicate_of IS NOT NULL
    ORDER BY document
"""


def find(connection: Any, source: str, skipped: bool = False) -> Any:
    """The marks of duplicates as a DuckDB relation with the columns of the table ``duplicates``.

    Parameters
    ----------
    connection
        To a DuckDB database of its own; it gets the tables ``ranked``, ``firsts`` and ``near``.
    source
        SQL that gives ``document``, ``date``, ``fingerprint``, ``sketch`` and ``year`` of every document.
    skipped
        Whether the documents that are marked have been left out of the corpus.
    """
    for table in ("ranked", "firsts", "near"):
        connection.execute(f"DROP TABLE IF EXISTS {table}")
    connection.execute(_RANKED.format(source=source))
    connection.execute(_FIRSTS)
    connection.execute("CREATE TABLE near (place BIGINT, other BIGINT, similarity DOUBLE)")
    writer = connection.cursor()
    for batch in connection.sql(_PAIRS).to_arrow_reader(_PAIRS_AT_ONCE):
        writer.register("found", _near(batch))
        writer.execute("INSERT INTO near SELECT * FROM found")
        writer.unregister("found")
    return connection.sql(_MARKS.format(skipped=str(skipped).lower()))


def _near(pairs: Any) -> Any:
    """Of pairs with their sketches those that are similar enough, as an Arrow table."""
    import pyarrow as arrow

    one, other = (_bins(pairs.column(name)) for name in ("sketch", "other_sketch"))
    shares = similarities(one, other)
    wanted = arrow.array(shares >= SIMILAR)
    found = arrow.table({"place": pairs["place"], "other": pairs["other"], "similarity": shares})
    return found.filter(wanted)


def _bins(sketches: Any) -> npt.NDArray[np.uint8]:
    """Sketches as an array of shape (sketches, bins)."""
    return np.frombuffer(bytes.fromhex("".join(sketches.to_pylist())), np.uint8).reshape(-1, BINS)
