"""HTML: one page for one or many documents that needs nothing but a browser, and no network.

The text is in the page as marked HTML, readable without scripts; the values come as JSON, from which page/page.js makes
the tables. A Content-Security-Policy (W3C CSP 3) lets the page run its own script and load nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import BinaryIO

from nlp_toolkit.document import JSON, Document, iso
from nlp_toolkit.write.highlights import Block, Range, blocks, by_block, class_of, marked, ordered, shown, stylesheet
from nlp_toolkit.write.marks import known
from nlp_toolkit.write.pages import assembled, in_script, labels_of, part
from nlp_toolkit.write.safe import visible

_DOCUMENTS = "<!-- documents -->"
_OF_REPORTS = ("report.", "place.")  # labels of the other page
_LANGUAGES = {"hans": "zh-Hans", "hant": "zh-Hant"}
_HEADINGS = {"title": 2, "heading": 2}  # the level below which a passage of that kind stands; a title is level 2
_LEAF = 4_000  # characters that a browser lays out together; with fewer it has too many leaves to look after
_INNERMOST = 2**62  # the rank of evidence: inside all marks of the same range


def write(documents: Iterable[Document], stream: BinaryIO) -> None:
    """Write a page with all the documents, one after another, so that memory holds one at a time."""
    head, tail = _frame()
    stream.write(head.encode())
    for number, document in enumerate(documents, 1):
        stream.write(_section(document, number).encode())
    stream.write(tail.encode())


@cache
def labels() -> dict[str, dict[str, str]]:
    """What the page says, by key and language; the names of the themes are those of the codebook.

    >>> labels()["layer.goal"]
    {'zh': '目标', 'en': 'Goals'}
    """
    return {key: said for key, said in labels_of(part("labels.tsv")).items() if not key.startswith(_OF_REPORTS)}


@cache
def _frame() -> tuple[str, str]:
    """What stands before and after the documents."""
    page = assembled(
        part("page.html"),
        stylesheet() + part("base.css") + part("page.css"),
        part("base.js") + part("page.js"),
        labels(),
    )
    head, _, tail = page.partition(_DOCUMENTS)
    return head, tail


def _section(document: Document, number: int) -> str:
    """A document's part of the page: header, marked text, values."""
    title = shown(document.title or document.id or f"{number}")
    facts = [shown(fact) for fact in (document.id, iso(document.date)) if fact]
    facts.append(f'{len(document.text):,} <span data-label="ui.characters">{labels()["ui.characters"]["zh"]}</span>')
    language = _LANGUAGES.get(document.script, "zh")
    in_text = any(passage.kind == "title" and passage.text.strip() == document.title for passage in document.passages)
    seen = ' class="unseen"' if in_text else ""
    return (
        f'<section class="sheet" id="document-{number}" aria-labelledby="title-{number}">\n'
        f'<header><h1 id="title-{number}" lang="{language}"{seen}>{title}</h1><p class="facts">{" · ".join(facts)}</p></header>\n'
        f'<article lang="{language}">{_text(document, number)}</article>\n'
        f'<script type="application/json">{in_script(_values(document))}</script>\n</section>\n'
    )


def _values(document: Document) -> JSON:
    """What the script needs to know about a document; spans are known by their place in the list."""
    spans = [
        {"label": class_of(span), "start": span.start, "text": visible(span.text), "attrs": known(span.attrs())}
        for span in ordered(document)
    ]
    return {"title": visible(document.title or document.id), "date": iso(document.date), "spans": spans}


def _text(document: Document, number: int) -> str:
    """The text in rows, each a block with the themes of its passage at the margin, and the rows in leaves of like size."""
    parts = blocks(document)
    evidence, notes = _themes(parts, number)
    ranges = [
        Range(span.start, span.end, rank, f'<mark class="{class_of(span)}" data-span="{rank}">', "</mark>")
        for rank, span in enumerate(ordered(document))
    ]
    leaves = max(1, len(document.text) // _LEAF)
    pieces = ['<div class="leaf">']
    at, leaf = 0, 1
    for block, found, note in zip(parts, by_block(ranges + evidence, parts), notes, strict=True):
        if block.start >= len(document.text) * leaf / leaves:
            pieces.append('</div><div class="leaf">')
            leaf = int(block.start * leaves / len(document.text)) + 1
        text = marked(document.text, block.start, block.end, found)
        pieces.append(
            f'{shown(document.text[at : block.start])}<div class="row"><p {_attributes(block)}>{text}</p>{note}</div>'
        )
        at = block.end
    return "".join((*pieces, shown(document.text[at:]), "</div>"))


def _attributes(block: Block) -> str:
    attributes = f'data-start="{block.start}"'
    if (passage := block.passage) is not None and block.number == 0:
        attributes += f' data-kind="{shown(passage.kind)}"'
        if passage.kind in _HEADINGS:
            level = min(_HEADINGS[passage.kind] + (passage.level or 0), 6)
            attributes += f' role="heading" aria-level="{level}"'
    return attributes


def _themes(parts: list[Block], number: int) -> tuple[list[Range], list[str]]:
    """The evidence of all themes as ranges, and for each block the notes at its margin."""
    evidence: list[Range] = []
    notes: list[str] = []
    for block in parts:
        buttons = []
        themes = block.passage.themes if block.passage is not None and block.number == 0 else ()
        for rank, theme in enumerate(themes):
            key = f"{number}-{block.start}-{rank}"
            opening = f'<span class="evidence" data-evidence="{key}">'
            evidence += (Range(start, end, _INNERMOST, opening, "</span>") for start, end in theme.evidence)
            buttons.append(_note(theme.id, theme.score, key))
        notes.append(f'<div class="notes" role="group">{"".join(buttons)}</div>' if buttons else "")
    return evidence, notes


def _note(theme: str, score: float, key: str) -> str:
    label = f"theme.{theme}"
    name = labels().get(label, {}).get("zh") or theme
    return (
        f'<button type="button" class="note" aria-pressed="false" data-theme="{shown(theme)}" data-evidence-of="{key}">'
        f'<span data-label="{shown(label)}">{shown(name)}</span> <span class="score">{score:.0%}</span></button>'
    )
