"""Writes docs/reference/tables.md from the tables' schemas and views in the code: python docs/tables.py"""

from __future__ import annotations

import textwrap
from pathlib import Path

from nlp_toolkit.batch import tables
from nlp_toolkit.batch.views import VIEWS

PAGE = Path(__file__).parent / "reference" / "tables.md"
_HEAD = """# Tables of a corpus

<!-- Made by docs/tables.py; do not edit. -->

What `nlp-toolkit batch … -o DIR` writes: DIR/TABLE/year=2020/*.parquet, a folder a table and a year of the documents' dates
(`year=__HIVE_DEFAULT_PARTITION__` where a document has none, a null to DuckDB and Spark, and to Arrow where it is told the type), and `corpus.duckdb` with a view
a table. `document` is the key: the document's id, with `~2` behind it where an earlier document has the same. Strings are
dictionary-encoded in the files. `start` and `end` count characters of the document's `text`; the attributes of the layers are those of
[json.md](json.md). `quantities` and `references` are there only when those layers are asked for (`--layers all`).
"""
_MEANINGS = {
    "documents": "A row a document, with its text and how many rows of each layer it has.",
    "passages": "The lines of the texts, with their kind, the level of a heading, and the ids of their themes.",
    "sentences": "The sentences of the texts.",
    "dates": "Time expressions.",
    "agencies": "Mentions of public authorities.",
    "policy_documents": "Titles and numbers of policy documents; `number_year` is the year that a number tells.",
    "goals": "Results to be reached. The first figure stands in `comparator`, `value`, `unit`, `change`, all in `quantities`.",
    "problems": "What is said to be wrong, or to be guarded against.",
    "quantities": "Figures where they stand (an optional layer).",
    "references": "Later mentions of a document named before (an optional layer).",
    "tasks": "Measures with a note of who does them.",
    "themes": "A row a passage and theme.",
    "failures": "What could not be processed, and why. `kind` is `input` (it cannot be read), `error`, `crash`, `time` or `memory`.",
    "duplicates": "Documents that are copies (`duplicate_of`) or near copies of earlier ones; `skipped` says that they were left out.",
}
_NOTES = {
    "place": "province, region or municipality of the document: of its title, its issuer, or most bodies it names",
    "source": "the input, below the folder that was named",
    "fingerprint": "the same for the same text (BLAKE2b)",
    "sketch": "tells similar texts: 128 bins of MinHash, two hexadecimal digits each",
    "meta": "what came with the document, as JSON",
    "similarity": "share of their runs of five characters that both texts have, estimated; 1 for a copy",
    "year": "of the document's date; the name of the folder, not in the file",
}


def page() -> str:
    """The whole page."""
    sections = [_HEAD]
    for table in tables.TABLES:
        rows = [
            f"| `{f.name}` | {f.type} | {_NOTES.get(f.name, '')} |".replace("|  |", "| |") for f in tables.schema(table)
        ]
        sections.append(
            f"## {table}\n\n{_MEANINGS[table]}\n\n| column | type | |\n|---|---|---|\n" + "\n".join(rows) + "\n"
        )
    sections.append(
        "## Views\n\nIn the database the view `documents` has two columns more, `duplicate_of` and `near_duplicate_of`. These views\n"
        "answer the usual questions; they are the presets of `nlp-toolkit query DIR --preset NAME`.\n"
    )
    for name, view in VIEWS.items():
        sql = textwrap.dedent(view.sql).strip()
        sections.append(f"### {name}\n\n{view.question}.\n\n```sql\n{sql}\n```\n")
    return "\n".join(sections)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
