"""A model without gold: what a codebook's cues, examples and definitions say of its themes.

Each theme is told by its cues and by the pairs of characters in its words, each pair the more telling the rarer it is in
policy writing (data/common_pairs.tsv) and in the other themes (Spärck Jones 1972). How sure that makes a theme was
learned on our own gold with the codebook that comes with the toolkit (data/cue_stage.tsv): the second stage of a model
is the same for all themes, so it serves themes that nobody has gold for.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from nlp_toolkit.classify.codebook import Codebook, ThemeDefinition
from nlp_toolkit.classify.features import pairs_of
from nlp_toolkit.classify.model import PROBLEM, STAGE, Array, ThemeModel
from nlp_toolkit.draft import Draft
from nlp_toolkit.errors import DataError
from nlp_toolkit.lexicon import read_table
from nlp_toolkit.normalize import normal_form

KIND = "cues"  # ``made["kind"]`` of such a model
PAIR = 3.0  # what the most telling pair weighs, where the first hit of a cue weighs log 2 (benchmarks/cue_model.py)
_PARTS = 3  # of the examples, each left out once when a codebook is tried on its own examples
_CLOSE_TO_ZERO = 1e-3
LabelledPassages = Iterable[tuple[Draft, Sequence[tuple[int, frozenset[str]]]]]


@dataclass(frozen=True, slots=True)
class Trial:
    """How a theme fares on its own examples, each left out in turn: given to includes, kept from excludes."""

    cues: int
    includes: int = 0
    given: int = 0
    excludes: int = 0
    kept_out: int = 0
    silent: bool = False  # whether the codebook says nothing that a text could be compared with


@dataclass(frozen=True, slots=True)
class CueReport:
    """What is known of a cue model: trials by theme, its F1 on our gold, and on the little gold there was."""

    documents: int
    each: dict[str, Trial]
    f1_on_ours: float
    f1_on_gold: float | None = None
    passages: int = 0

    def lines(self) -> Iterator[str]:
        """What to tell on the terminal."""
        yield f"a cue model: {self.reason()}; it goes by the codebook's cues, examples and definitions alone"
        yield f"  how sure: {self.how_sure()}"
        for theme, trial in self.each.items():
            yield f"  {theme:28}{trial.cues:5} cues   {_told(trial)}"

    def reason(self) -> str:
        """Why it is no trained model."""
        if not self.documents:
            return "there is no gold"
        return f"gold of {self.documents} document{'s' * (self.documents > 1)} is too little to learn from; 5 are the least"

    def how_sure(self) -> str:
        """How far such a model can be trusted."""
        known = (
            f"with the toolkit's own codebook such a model has micro F1 {self.f1_on_ours:.2f} on gold it has not seen"
        )
        if self.f1_on_gold is not None:
            return f"micro F1 {self.f1_on_gold:.2f} on the {self.passages} passages of your gold; {known}"
        return f"{known}; on your themes nobody knows before there is gold"


def _told(trial: Trial) -> str:
    if trial.silent:
        return "never given: no cues, no examples, no Chinese name or definition"
    parts = [f"{trial.given} of {trial.includes} examples recognised"] if trial.includes else []
    parts += [f"{trial.kept_out} of {trial.excludes} counter-examples kept out"] if trial.excludes else []
    return ", ".join(parts) or "no examples to try it on"


def cue_model(codebook: Codebook, problems: ThemeModel | None = None, left_out: Iterable[str] = ()) -> ThemeModel:
    """The model that a codebook makes by itself.

    Parameters
    ----------
    codebook
        The themes.
    problems
        A trained model that tells statements of problems; the new model does so like it.
    left_out
        Examples that are not to be used.

    Raises DataError where no theme has anything to go by.

    >>> model = cue_model(Codebook.from_dict({"themes": [{"id": "silo", "cues": ["互不相通"]}]}))
    >>> model.made["kind"], len(model.names)
    ('cues', 4)
    """
    unused = frozenset(left_out)
    words = [_words(theme, unused) for theme in codebook.themes]
    if not any(words):
        raise DataError("the codebook has nothing to go by: give its themes cues, examples or a Chinese definition")
    weights: dict[str, Array] = {}

    def add(name: str, column: int, weight: float) -> None:
        row = weights.setdefault(name, np.zeros(len(codebook) + (problems is not None), np.float32))
        row[column] = weight

    stand_in = Counter(pair for counted in words for pair in counted)
    for column, (theme, counted) in enumerate(zip(codebook.themes, words, strict=True)):
        if theme.cues:
            add(f"c:theme.{theme.id}", column, 1.0)
        most = math.log1p(max(counted.values(), default=1))  # so that a short list of cues weighs as much as a long one
        for pair, texts in counted.items():
            own = math.log((len(codebook) + 1) / stand_in[pair]) / math.log(len(codebook) + 1)
            add(f"x:{pair}", column, PAIR * own * _rarity(pair) * math.log1p(texts) / most)
    stage, threshold = _second_stage()
    thresholds = [threshold if any(counted) else 2.0 for counted in words]
    bias = [0.0] * len(codebook)
    outputs = codebook.ids
    if problems is not None:
        for name, weight in zip(problems.names, problems.weights[:, -1], strict=True):
            if abs(weight) > _CLOSE_TO_ZERO and not name.startswith(("h:", "c:theme.")):
                add(name, len(codebook), float(weight))
        outputs = (*outputs, PROBLEM)
        thresholds.append(float(problems.thresholds[-1]))
        bias.append(float(problems.bias[-1]))
    names = tuple(sorted(weights))
    return ThemeModel(
        codebook,
        outputs,
        names,
        np.array([weights[name] for name in names], np.float32).round(4),
        np.array(bias, np.float32),
        stage,
        np.array(thresholds, np.float32),
        made={"kind": KIND, "passages": 0, "documents": 0},
        **({} if problems is None else {"clause_stage": problems.clause_stage}),
    )


def _words(theme: ThemeDefinition, unused: frozenset[str]) -> Counter[str]:
    """The pairs of characters in a theme's words, and in how many of its texts each stands."""
    texts = (*theme.cues, theme.zh, theme.definition, *(text for text in theme.include if text not in unused))
    return Counter(pair for text in texts for pair in pairs_of(normal_form(text)))


@cache
def _common() -> tuple[dict[str, int], int]:
    rows = read_table("common_pairs")
    return {row["pair"]: int(row["passages"]) for row in rows}, int(rows[0]["of"])


def _rarity(pair: str) -> float:
    """1 for a pair that no ordinary passage has, 0 for one that all have."""
    passages, total = _common()
    return math.log((total + 1) / (passages.get(pair, 0) + 1)) / math.log(total + 1)


@cache
def _stage_table() -> dict[str, float]:
    return {row["name"]: float(row["value"]) for row in read_table("cue_stage")}


def _second_stage() -> tuple[Array, float]:
    """The second stage of every cue model, and the threshold of its themes."""
    table = _stage_table()
    return np.array([table[name] for name in (*STAGE, "bias")], np.float32), table["threshold"]


def try_out(
    codebook: Codebook,
    draft_of: Callable[[str], Draft],
    problems: ThemeModel | None = None,
    gold: LabelledPassages = (),
    documents: int = 0,
) -> CueReport:
    """Say how a codebook's cue model does on the codebook's own examples and on what little gold there is.

    ``gold`` gives for each document its draft and, for the labelled passages, their numbers and themes.
    """
    model = cue_model(codebook, problems)
    given: Counter[str] = Counter()
    kept_out: Counter[str] = Counter()
    for part in range(_PARTS):
        tried = [(theme, text) for theme in codebook.themes for text in theme.include[part::_PARTS]]
        if tried:
            other = cue_model(codebook, problems, {text for _, text in tried}) if _has_more(codebook, tried) else model
            for theme, text in tried:
                given[theme.id] += theme.id in _themes_of(other, draft_of(text))
    for theme in codebook.themes:
        kept_out[theme.id] = sum(theme.id not in _themes_of(model, draft_of(text)) for text in theme.exclude)
    each = {
        theme.id: Trial(
            len(theme.cues),
            len(theme.include),
            given[theme.id],
            len(theme.exclude),
            kept_out[theme.id],
            not any(_words(theme, frozenset())),
        )
        for theme in codebook.themes
    }
    f1, passages = _on_gold(model, gold)
    return CueReport(documents, each, _stage_table()["micro_f1"], f1, passages)


def _has_more(codebook: Codebook, tried: list[tuple[ThemeDefinition, str]]) -> bool:
    """Whether there is anything left to go by without the examples that are tried."""
    unused = frozenset(text for _, text in tried)
    return any(_words(theme, unused) for theme in codebook.themes)


def _themes_of(model: ThemeModel, draft: Draft) -> set[str]:
    fresh = replace(draft, features=None)
    return {theme.id for themes in model.predict(fresh) for theme in themes}


def _on_gold(model: ThemeModel, gold: LabelledPassages) -> tuple[float | None, int]:
    hits = given = wanted = passages = 0
    for draft, labelled in gold:
        found = model.predict(replace(draft, features=None))
        for number, themes in labelled:
            got = {theme.id for theme in found[number]}
            hits, given, wanted = hits + len(got & themes), given + len(got), wanted + len(themes)
            passages += 1
    return (2 * hits / (given + wanted) if given + wanted else None), passages


def card(model: ThemeModel, report: CueReport) -> str:
    """The card of a cue model: what it is, how sure it is, what it must not be used for."""
    rows = (f"| {theme} | {trial.cues} | {_told(trial)} |" for theme, trial in report.each.items())
    return "\n".join([
        "# Cue model",
        "",
        f"Not trained: {report.reason()}. Gives the themes of a codebook to passages of Chinese policy texts by the",
        "codebook's cues, examples and definitions alone; its scores were calibrated on themes of another codebook, and are",
        "estimates for these.",
        "",
        f"How sure it is: {report.how_sure()}.",
        "",
        "| theme | cues | on its own examples, each left out in turn |",
        "|---|---:|---|",
        *rows,
        "",
        "Clauses that state a problem are told as by the model that comes with the toolkit."
        if PROBLEM in model.outputs
        else "It does not tell which clauses state a problem.",
        "",
        "Not for counting: look at a sample by hand, label some fifty passages a theme, and train on them.",
        "",
    ])  # fmt: skip
