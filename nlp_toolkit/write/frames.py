"""A layer of a document as a table of pandas or polars: what ``Document.to_frame`` gives."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from nlp_toolkit.document import LAYERS, Document
from nlp_toolkit.write.parquet import plain
from nlp_toolkit.write.tables import TABLES, Kind, rows, table_of

if TYPE_CHECKING:
    import pandas
    import polars


def frame(document: Document, layer: str, library: str) -> pandas.DataFrame | polars.DataFrame:
    """One layer as a table of a library; see :meth:`nlp_toolkit.document.Document.to_frame`.

    >>> frame(Document("到2025年。"), "dates", "pandas").columns[:4].tolist()
    ['document', 'start', 'end', 'text']
    """
    if layer not in LAYERS:
        raise ValueError(f"unknown layer {layer!r}; there are {', '.join(LAYERS)}")
    if library not in _FRAMES:
        raise ValueError(f"unknown library {library!r}; there are {' and '.join(_FRAMES)}")
    try:
        return _FRAMES[library](document, table_of(layer))  # type: ignore[no-any-return]
    except ModuleNotFoundError as error:
        raise ImportError(f"tables need {library}: pip install 'nlp_toolkit[{library}]'") from error


def _pandas_frame(document: Document, table: str) -> pandas.DataFrame:
    import pandas

    return pandas.DataFrame(list(rows(document, table)), columns=[column.name for column in TABLES[table]])


def _polars_frame(document: Document, table: str) -> polars.DataFrame:
    import polars

    quantity = {"value": polars.Float64, "unit": polars.String, "comparator": polars.String, "change": polars.String}
    types: dict[Kind, Any] = {
        "text": polars.String,
        "day": polars.Date,
        "whole": polars.Int64,
        "number": polars.Float64,
        "truth": polars.Boolean,
        "texts": polars.List(polars.String),
        "ranges": polars.List(polars.Struct({"start": polars.Int64, "end": polars.Int64})),
        "quantities": polars.List(polars.Struct(quantity)),
    }
    columns = TABLES[table]
    found = [[plain(row[column.name], column.kind) for column in columns] for row in rows(document, table)]
    return polars.DataFrame(found, {column.name: types[column.kind] for column in columns}, orient="row")


_FRAMES: dict[str, Callable[[Document, str], Any]] = {"pandas": _pandas_frame, "polars": _polars_frame}
