"""Tables as text: values separated by comma, tab, semicolon or bar (RFC 4180), with the names of the columns first."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice

from nlp_toolkit.document import Source
from nlp_toolkit.errors import InputError
from nlp_toolkit.read.encoding import decode
from nlp_toolkit.read.options import ReadOptions
from nlp_toolkit.read.rows import Table

SUFFIXES = (".csv", ".tsv")
_SEPARATORS = ",\t;|"
# A field may be as long as a document: the limit is only there against a quote that is never closed.
_LONGEST_FIELD = 64 << 20


def recognises(data: bytes) -> bool:
    """Nothing marks a table as text: it is one by its suffix, or where a text column is asked for."""
    return False


def read(data: bytes, name: str, document_id: str, options: ReadOptions) -> Iterator[Source | InputError]:
    """A source a row, or an error; rows are numbered as a spreadsheet does, with the header as row 1.

    >>> table = "id,text\\n甲,推进数据共享\\n".encode()
    >>> [(source.id, source.text) for source in read(table, "a.csv", "a", ReadOptions())]
    [('甲', '推进数据共享')]
    """
    csv.field_size_limit(_LONGEST_FIELD)
    try:
        decoded = decode(data, name, options.encoding)
        rows = _rows(decoded.text, name)
        _, header = next(rows, (1, []))
        table = Table(header, name, options)
        for source in table.sources(rows, document_id):
            yield replace(source, meta=decoded.meta | source.meta) if isinstance(source, Source) else source
    except InputError as error:
        yield error


def _rows(text: str, name: str) -> Iterator[tuple[int, Sequence[str]]]:
    """The rows that hold anything, each with its number; line ends inside quotes stay as they are."""
    lines = io.StringIO(text, newline="")
    separator, skipped = _separator(lines)
    rows = csv.reader(islice(lines, skipped, None), delimiter=separator, strict=True)
    number = 0
    while True:
        number += 1
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            raise InputError(
                f"{name}, row {number}: cannot be read ({error}); close every quote, and double those inside quotes"
            ) from None
        if any(row):
            yield number, row


def _separator(lines: io.StringIO) -> tuple[str, int]:
    """The separator, and how many lines to pass over: it stands in Excel's ``sep=;``, or most often in the header."""
    header = next((line for line in lines if line.strip()), "").rstrip("\r\n")
    lines.seek(0)
    if header.lower().startswith("sep=") and len(header) == len("sep=") + 1:
        return header[-1], 1
    return max(_SEPARATORS, key=header.count), 0
