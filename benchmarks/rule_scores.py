"""Measures how often each rule for goals and problems is right, and writes nlp_toolkit/data/rule_scores.tsv.

    python benchmarks/rule_scores.py

A span is right where it pairs with a gold one of the train split (annotation guideline, "How a comparison counts"). The
score is (right + 1) / (found + 2), Laplace's rule of succession: a rule that was seldom tried is not taken for certain.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import nlp_toolkit
from nlp_toolkit.analyzer import Analyzer
from nlp_toolkit.document import Decided, Document, Goal, Problem, Span
from nlp_toolkit.evaluate import paired, read_gold
from nlp_toolkit.extract.goals import FIGURE_RULES, STATE_RULES, GoalExtractor
from nlp_toolkit.extract.problems import CLASSES, ProblemExtractor

ROOT = Path(__file__).parent.parent
SPLIT = "train"
RULES = {
    Goal.label: (*FIGURE_RULES, *STATE_RULES),
    Problem.label: tuple(name for name in CLASSES if name not in ("harmless", "announce", "solved", "exists")),
}


def main() -> None:
    """Write the table and print it."""
    analyzer = nlp_toolkit.load()
    found: Counter[tuple[str, str]] = Counter()
    right: Counter[tuple[str, str]] = Counter()
    for document in read_gold(ROOT / "corpora/documents.jsonl"):
        if document.meta["split"] == SPLIT:
            for rule, is_right in judged(analyzer, document):
                found[rule] += 1
                right[rule] += is_right
    lines = ["label\trule\tright\tfound\tscore\tsource"]
    for label, names in RULES.items():
        for name in sorted(names):
            counts = right[label, name], found[label, name]
            score = (counts[0] + 1) / (counts[1] + 2)
            lines.append(f"{label}\t{name}\t{counts[0]}\t{counts[1]}\t{score:.3f}\tcorpora, {SPLIT}")
    table = "\n".join(lines) + "\n"
    (ROOT / "nlp_toolkit/data/rule_scores.tsv").write_text(table, encoding="utf-8")
    print(table, end="")


def judged(analyzer: Analyzer, gold: Document) -> list[tuple[tuple[str, str], bool]]:
    """For each goal and problem found in a document its label and rule, and whether gold has it."""
    draft = analyzer.draft(gold.text, gold.date)
    draft.heard = None  # rules have these scores where no model is asked
    to_source = draft.normalized.alignment.to_source
    result = []
    every: tuple[tuple[Sequence[tuple[str, Decided]], tuple[Span, ...]], ...] = (
        (GoalExtractor().ruled(draft), gold.goals),
        (ProblemExtractor().ruled(draft), gold.problems),
    )
    for found, wanted in every:
        spans: list[Span] = [Span(*to_source(span.start, span.end), span.text) for _, span in found]
        hits = {id(span) for _, span in paired(list(wanted), spans)}
        result += [
            ((decided.label, rule), id(span) in hits) for (rule, decided), span in zip(found, spans, strict=True)
        ]
    return result


if __name__ == "__main__":
    main()
