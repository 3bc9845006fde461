"""Checks the gold in this folder: form and offsets, themes, ids, near duplicates, leakage across the split.

    python corpora/check.py

Prints what is wrong, one line each, and ends with status 1; prints the counts where all is well. Two passages are near
duplicates when they share more than half of their character 5-grams.
"""

from __future__ import annotations

import sys
from collections import Counter, defaultdict
from pathlib import Path

from nlp_toolkit import Codebook, DataError, Document
from nlp_toolkit.evaluate import read_gold

FOLDER = Path(__file__).parent
FILES = ("documents.jsonl", "passages.jsonl")
SPLITS = ("train", "dev", "test")
N = 5
MOST_SHARED = 0.5
SHORTEST = 30  # characters; shorter passages (headings, signatures) may well be alike


def main() -> int:
    """Check all files; return the exit status."""
    problems: list[str] = []
    documents: list[Document] = []
    for name in FILES:
        try:
            documents += read_gold(FOLDER / name, Codebook.load().ids)
        except DataError as error:
            problems.append(str(error))
    problems += [f"the id {i!r} stands {n} times" for i, n in Counter(d.id for d in documents).items() if n > 1]
    for document in documents:
        if document.meta.get("split") not in SPLITS:
            problems.append(f"{document.id}: split is {document.meta.get('split')!r}, not one of {', '.join(SPLITS)}")
    problems += near_duplicates(documents)
    for problem in problems:
        print(problem)
    if not problems:
        summary(documents)
    return 1 if problems else 0


def grams(text: str) -> frozenset[str]:
    """The character n-grams of a text."""
    return frozenset(text[i : i + N] for i in range(len(text) - N + 1))


def near_duplicates(documents: list[Document]) -> list[str]:
    """Pairs of passages that share too much, and sentences that stand on both sides of the split."""
    found = []
    passages = [(d, p, grams(p.text)) for d in documents for p in d.passages if len(p.text) >= SHORTEST]
    holders: dict[str, list[int]] = defaultdict(list)
    for number, (document, passage, own) in enumerate(passages):
        shared = Counter(other for gram in own for other in holders[gram])
        for other, count in shared.items():
            other_document, other_passage, other_own = passages[other]
            if other_document is not document and count > MOST_SHARED * min(len(own), len(other_own)):
                kind = "leak across the split" if _leaks(document, other_document) else "near duplicate"
                found.append(f"{kind}: {other_document.id} {other_passage.start} and {document.id} {passage.start}")
        for gram in own:
            holders[gram].append(number)
    return found


def _leaks(one: Document, other: Document) -> bool:
    return one.meta["split"] != other.meta["split"]


def summary(documents: list[Document]) -> None:
    """Print what the corpora hold."""
    themes = Counter(theme.id for d in documents for p in d.passages for theme in p.themes)
    spans = Counter(span.label for d in documents for span in d.spans)
    splits = Counter(d.meta["split"] for d in documents)
    passages = [p for d in documents for p in d.passages]
    whole = sum("layers" not in d.meta for d in documents)
    print(f"{whole} whole documents, {len(documents) - whole} single passages; {len(passages)} passages in all, "
          f"{sum(not p.themes for p in passages)} without a theme")  # fmt: skip
    print("split: " + ", ".join(f"{splits[name]} {name}" for name in SPLITS))
    print("spans: " + ", ".join(f"{count} {label}" for label, count in sorted(spans.items())))
    print("themes: " + ", ".join(f"{theme} {count}" for theme, count in sorted(themes.items())))


if __name__ == "__main__":
    sys.exit(main())
