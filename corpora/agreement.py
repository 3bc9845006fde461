"""How far two annotators agree: the first annotation in this folder against the second in second.jsonl.

    python corpora/agreement.py

Prints, by layer, exact and overlap F1 of one annotation against the other and the share of paired spans whose values
agree; for themes micro F1 and Krippendorff's alpha (nominal, two coders, a passage and theme a unit; Krippendorff 2018,
Content Analysis, ch. 12).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from nlp_toolkit import Codebook, Document
from nlp_toolkit.evaluate import evaluate, read_gold

FOLDER = Path(__file__).parent
Coded = Sequence[tuple[bool, bool]]


def main() -> None:
    """Print the agreement."""
    second = read_gold(FOLDER / "second.jsonl")
    wanted = {document.id for document in second}
    first = [d for name in ("documents", "passages") for d in read_gold(FOLDER / f"{name}.jsonl") if d.id in wanted]
    scores = evaluate(first, second).to_dict()
    whole = sum("layers" not in document.meta for document in first)
    print(f"{whole} whole documents and {len(first) - whole} single passages annotated twice")
    print(f"{'layer':16}{'first':>7}{'second':>7}{'exact F1':>10}{'overlap F1':>12}{'values':>8}")
    for label, row in scores["spans"].items():
        values = "-" if row["values"] is None else f"{row['values']:.3f}"
        print(f"{label:16}{row['gold']:>7}{row['predicted']:>7}{row['exact']['f1']:>10.3f}{row['overlap']['f1']:>12.3f}"
              f"{values:>8}")  # fmt: skip
    coded = {theme: list(pairs(first, second, theme)) for theme in Codebook.load().ids}
    every = [pair for theme in coded.values() for pair in theme]
    print(f"themes: micro F1 {scores['themes']['micro_f1']:.3f}, alpha {alpha(every):.3f}")
    for theme, units in coded.items():
        print(f"  {theme:28}{sum(a for a, _ in units):>5}{sum(b for _, b in units):>5}   alpha {alpha(units):.3f}")


def pairs(first: Sequence[Document], second: Sequence[Document], theme: str) -> Coded:
    """For each passage whether the first and whether the second annotator gave a theme."""
    others = {document.id: {p.start: p for p in document.passages} for document in second}
    return [
        tuple(any(given.id == theme for given in passage.themes) for passage in (one, others[document.id][one.start]))
        for document in first
        for one in document.passages
        if one.start in others[document.id]
    ]  # type: ignore[misc]


def alpha(coded: Coded) -> float:
    """Krippendorff's alpha of two coders' yes and no: 1 for agreement, 0 for what chance alone gives.

    >>> alpha([(True, True), (False, False)]), round(alpha([(True, False), (False, True)]), 2)
    (1.0, -0.5)
    """
    values = [value for pair in coded for value in pair]
    yes, total = sum(values), len(values)
    expected = 2 * yes * (total - yes) / (total * (total - 1)) if total > 1 else 0.0
    observed = sum(a != b for a, b in coded) / len(coded) if coded else 0.0
    return 1 - observed / expected if expected else 1.0


if __name__ == "__main__":
    main()
