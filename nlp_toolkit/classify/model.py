"""The theme model: one linear classifier a theme over sparse features, with calibrated scores and evidence.

A model is a folder with ``model.json`` (codebook, feature names, thresholds, how it was made), ``weights.npz`` (arrays
only) and ``README.md`` (its card). Nothing in it is code, and loading it runs none.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt

from nlp_toolkit.classify.codebook import Codebook
from nlp_toolkit.classify.features import FeatureReader, Features, Range
from nlp_toolkit.document import Passage, Theme
from nlp_toolkit.draft import Draft
from nlp_toolkit.errors import DataError

DEFAULT_MODEL = "themes"
FORMAT = 1
_MOST_EVIDENCE = 5
# Kinds of passages that are about nothing: they get no theme.
_FRAME = frozenset({"title", "number", "addressee", "signature", "date_line", "attachment"})
Array = npt.NDArray[np.float32]
_NOWHERE = -50.0  # the margin of a range without features


def logistic(margins: Array) -> Array:
    """Probabilities from margins."""
    with np.errstate(over="ignore"):
        return (1 / (1 + np.exp(-margins))).astype(np.float32)


@dataclass(frozen=True)
class ThemeModel:
    """Weights of shape (features, themes), bias and threshold of shape (themes,).

    A theme is given where its score, the logistic function of the weighted sum, reaches its threshold.
    """

    codebook: Codebook
    names: tuple[str, ...]
    weights: Array
    bias: Array
    thresholds: Array
    made: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        shapes = (self.weights.shape, self.bias.shape, self.thresholds.shape)
        themes = len(self.codebook)
        if shapes != ((len(self.names), themes), (themes,), (themes,)):
            raise DataError(f"the model's arrays {shapes} do not fit {len(self.names)} features and {themes} themes")
        object.__setattr__(self, "_index", {name: number for number, name in enumerate(self.names)})

    @classmethod
    def untrained(cls, codebook: Codebook) -> ThemeModel:
        """A model that gives no theme at all: what training starts from."""
        themes = len(codebook)
        nothing = np.zeros(themes, np.float32)
        return cls(codebook, (), np.zeros((0, themes), np.float32), nothing, nothing + 2)

    def restricted(self, wanted: Collection[str]) -> ThemeModel:
        """The same model, giving no other themes than the wanted ones."""
        kept = np.array([theme in wanted for theme in self.codebook.ids])
        return replace(self, thresholds=np.where(kept, self.thresholds, np.float32(2)))

    def predict(self, draft: Draft) -> list[tuple[Theme, ...]]:
        """The themes of each passage, best first, with evidence in normalised coordinates."""
        ranges = [(p.start, p.end) if p.kind not in _FRAME else (p.start, p.start) for p in draft.passages]
        return self.classify(draft, ranges, headings(draft.passages))

    def classify(
        self, draft: Draft, ranges: Sequence[Range], contexts: Sequence[Range | None] | None = None
    ) -> list[tuple[Theme, ...]]:
        """The themes of ranges of a draft; an empty range has none."""
        if not self.names:
            return [()] * len(ranges)
        reader = FeatureReader(draft)
        found = [
            reader.read(start, end, context) if end > start else Features({})
            for (start, end), context in zip(ranges, contexts or [None] * len(ranges), strict=True)
        ]
        scores = self.scores(found)
        return [self._themes(features, row) for features, row in zip(found, scores, strict=True)]

    def scores(self, found: Sequence[Features]) -> Array:
        """Scores of shape (ranges, themes), between 0 and 1."""
        return logistic(self.margins(found))

    def margins(self, found: Sequence[Features]) -> Array:
        """The weighted sums behind the scores; far below all others where a range has no features."""
        index: dict[str, int] = self._index  # type: ignore[attr-defined]
        sums = np.tile(self.bias, (len(found), 1))
        for row, features in enumerate(found):
            known = [(index[name], value) for name, value in features.values.items() if name in index]
            if known:
                columns, values = zip(*known, strict=True)
                sums[row] += np.asarray(values, np.float32) @ self.weights[list(columns)]
            if not features.values:
                sums[row] = _NOWHERE
        return sums

    def _themes(self, features: Features, scores: Array) -> tuple[Theme, ...]:
        themes = [
            Theme(self.codebook.ids[column], round(float(scores[column]), 4), self.evidence(features, int(column)))
            for column in np.flatnonzero(scores >= self.thresholds)
        ]
        return tuple(sorted(themes, key=lambda theme: (-theme.score, theme.id)))

    def evidence(self, features: Features, column: int) -> tuple[Range, ...]:
        """The places of the words and cues that speak most for a theme, in text order."""
        index: dict[str, int] = self._index  # type: ignore[attr-defined]
        weighed = sorted(
            (-features.values[name] * float(self.weights[index[name], column]), name)
            for name in features.positions
            if name in index
        )
        best = [name for weight, name in weighed[:_MOST_EVIDENCE] if weight < 0]
        return _merged([place for name in best for place in features.positions[name]])

    def save(self, folder: str | Path, card: str) -> None:
        """Write the model and its card into a folder, the same bytes for the same model."""
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        description = {
            "format": FORMAT,
            "codebook": self.codebook.to_dict(),
            "made": self.made,
            "thresholds": [round(float(t), 4) for t in self.thresholds],
            "names": list(self.names),
        }
        (folder / "model.json").write_text(
            json.dumps(description, ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
        )
        np.savez_compressed(folder / "weights.npz", weights=self.weights, bias=self.bias)
        (folder / "README.md").write_text(card, encoding="utf-8")

    @classmethod
    def load(cls, folder: str | Path | None = None) -> ThemeModel:
        """The model in a folder, or the one that comes with the toolkit.

        Raises DataError where the folder holds no model that this version can read.
        """
        if folder is None:
            with as_file(files("nlp_toolkit.models").joinpath(DEFAULT_MODEL)) as packaged:
                return cls.load(packaged)
        path = Path(folder)
        try:
            description = json.loads((path / "model.json").read_text(encoding="utf-8"))
            if description["format"] != FORMAT:
                raise DataError(f"{path}: is a model of format {description['format']}, not {FORMAT}; train it anew")
            with np.load(path / "weights.npz", allow_pickle=False) as arrays:
                weights, bias = arrays["weights"].astype(np.float32), arrays["bias"].astype(np.float32)
            return cls(
                Codebook.from_dict(description["codebook"], str(path)),
                tuple(description["names"]),
                weights,
                bias,
                np.asarray(description["thresholds"], np.float32),
                description["made"],
            )
        except FileNotFoundError as error:
            raise DataError(f"{path}: is no model folder ({Path(error.filename).name} is missing)") from None
        except (OSError, ValueError, KeyError, TypeError, BadZipFile) as error:
            raise DataError(f"{path}: the model cannot be read ({error}); train it anew") from None


def headings(passages: Sequence[Passage]) -> list[Range | None]:
    """For each passage the place of the heading it stands under; none for headings themselves."""
    result: list[Range | None] = []
    current: Range | None = None
    for passage in passages:
        if passage.kind == "heading":
            current = (passage.start, passage.end)
            result.append(None)
        else:
            result.append(current)
    return result


def _merged(places: list[Range]) -> tuple[Range, ...]:
    """Places in order, overlapping ones joined."""
    result: list[Range] = []
    for start, end in sorted(places):
        if result and start < result[-1][1]:
            result[-1] = (result[-1][0], max(end, result[-1][1]))
        else:
            result.append((start, end))
    return tuple(result)
