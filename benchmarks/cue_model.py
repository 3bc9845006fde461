"""Measures what cue models rest on, and writes nlp_toolkit/data/common_pairs.tsv and nlp_toolkit/data/cue_stage.tsv.

    python benchmarks/cue_model.py

Common pairs of characters: in how many of the gold's single passages without a theme each stands. The second stage: fitted
on all its single passages outside the test split, with the packaged codebook; micro F1 is cross-validated by document.
The single passages are no part of what the packaged model learned to tell problems from, which cue models borrow.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np

from nlp_toolkit.analyzer import Analyzer, _labelled
from nlp_toolkit.classify import cues
from nlp_toolkit.classify.codebook import Codebook
from nlp_toolkit.classify.features import pairs_of
from nlp_toolkit.classify.model import STAGE, ThemeModel, logistic
from nlp_toolkit.classify.train import _GRID, FALSE_COUNTS, FOLDS, _f1, _second_stage
from nlp_toolkit.document import Document
from nlp_toolkit.draft import Draft
from nlp_toolkit.evaluate import HELD_OUT, read_gold
from nlp_toolkit.lexicon import read_table

ROOT = Path(__file__).parent.parent
DATA = ROOT / "nlp_toolkit/data"
SOURCE = "corpora/passages.jsonl"
FEWEST = 5  # passages that a common pair stands in
_LOWEST = -20.0  # of margins: a passage without a single pair must not bend the stage


def main() -> None:
    """Write both tables and print what was measured."""
    gold = [document for document in read_gold(ROOT / SOURCE) if document.meta["split"] != HELD_OUT]
    problems = ThemeModel.load()
    analyzer = Analyzer(problems)
    drafts = [analyzer.draft(document.text, document.date) for document in gold]
    write_common(gold, drafts)
    read_table.cache_clear()
    cues._common.cache_clear()
    model = cues.cue_model(Codebook.load(), problems)
    told, labels, folds = [], [], []
    for number, (document, draft) in enumerate(zip(gold, drafts, strict=True)):
        labelled = list(_labelled(document, draft))
        draft.features = None
        told.append(model.told([draft])[[number for number, _ in labelled]])
        themes = [{theme.id for theme in passage.themes} for _, passage in labelled]
        labels.append(np.array([[theme in given for theme in model.codebook.ids] for given in themes], bool))
        folds += [number % FOLDS] * len(labelled)
    write_stage(np.maximum(np.concatenate(told), _LOWEST), np.concatenate(labels), np.array(folds))


def write_common(gold: list[Document], drafts: list[Draft]) -> None:
    """Count the pairs of passages without a theme."""
    plain = [
        draft.passages[number]
        for document, draft in zip(gold, drafts, strict=True)
        for number, passage in _labelled(document, draft)
        if not passage.themes
    ]
    counts = Counter(pair for passage in plain for pair in pairs_of(passage.text))
    rows = [f"{pair}\t{count}\t{len(plain)}\t{SOURCE}" for pair, count in sorted(counts.items()) if count >= FEWEST]
    (DATA / "common_pairs.tsv").write_text("\n".join(["pair\tpassages\tof\tsource", *rows, ""]), encoding="utf-8")
    print(f"{len(rows)} pairs in {FEWEST} or more of {len(plain)} passages without a theme")


def write_stage(told: np.ndarray, labels: np.ndarray, folds: np.ndarray) -> None:
    """Fit the second stage, choose the threshold, and measure both on held-out folds."""
    scores = np.zeros(labels.shape, np.float32)
    for fold in range(FOLDS):
        stage = _second_stage(told[folds != fold], labels[folds != fold])
        scores[folds == fold] = logistic(told[folds == fold] @ stage[:-1] + stage[-1])
    threshold = max(_GRID, key=lambda t: _f1(scores >= t, labels, FALSE_COUNTS))
    stage = _second_stage(told, labels)
    values = {
        **{name: f"{value:.4f}" for name, value in zip((*STAGE, "bias"), stage, strict=True)},
        "threshold": f"{threshold:.2f}",
        "micro_f1": f"{_f1(scores >= threshold, labels):.3f}",
    }
    rows = [f"{name}\t{value}\t{SOURCE}" for name, value in values.items()]
    (DATA / "cue_stage.tsv").write_text("\n".join(["name\tvalue\tsource", *rows, ""]), encoding="utf-8")
    print("\n".join(rows))


if __name__ == "__main__":
    main()
