"""What a run is told: how to read, how to analyse, and within which limits."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import date
from importlib import import_module
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import orjson

from nlp_toolkit.document import DEFAULT_LAYERS
from nlp_toolkit.read.options import ReadOptions
from nlp_toolkit.segment import Segmenter
from nlp_toolkit.version import __version__

SECONDS = 60.0  # for a document of up to 100,000 characters; a longer one gets as much more
MEMORY = 2 << 30  # bytes


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@dataclass(frozen=True, slots=True)
class Analysis:
    """How documents are analysed; what comes out depends on these and on the document alone.

    ``maker`` names the function, ``module:name``, that makes the analyzer from these: whatever has ``analyze``.
    """

    layers: tuple[str, ...] = DEFAULT_LAYERS
    segmenter: Segmenter = "rjieba"
    model: Path | None = None
    codebook: Path | None = None
    day: date | None = None
    reading: ReadOptions = field(default_factory=ReadOptions)
    maker: str = "nlp_toolkit.batch.settings:analyzer"

    def recipe(self) -> str:
        """What tells this analysis from every other: program version, contents of model and codebook, and the rest."""
        told = asdict(self) | {"version": __version__, "model": None, "codebook": None}
        digest = hashlib.blake2b(orjson.dumps(told), digest_size=16)
        for content in self._contents():
            digest.update(content)
        return digest.hexdigest()

    def recipe_of_reading(self) -> str:
        """What tells this way of reading inputs from every other."""
        told = orjson.dumps(asdict(self.reading) | {"version": __version__})
        return hashlib.blake2b(told, digest_size=16).hexdigest()

    def _contents(self) -> Iterator[bytes]:
        if self.model is None:
            with as_file(files("nlp_toolkit.models").joinpath("themes")) as packaged:
                yield from (packaged.joinpath(name).read_bytes() for name in ("model.json", "weights.npz"))
        else:
            yield from (file.read_bytes() for file in sorted(self.model.iterdir()) if file.is_file())
        if self.codebook is not None:
            yield self.codebook.read_bytes()

    def make(self) -> Any:
        """The analyzer."""
        module, _, name = self.maker.partition(":")
        return getattr(import_module(module), name)(self)


def analyzer(analysis: Analysis) -> Any:
    """The toolkit's own analyzer; raises DataError where model and codebook do not go together."""
    from nlp_toolkit.analyzer import load

    found = load(analysis.model, analysis.segmenter, analysis.layers)
    return found if analysis.codebook is None else found.restricted(analysis.codebook)


@dataclass(frozen=True, slots=True)
class Limits:
    """What a worker may take for one document before it is stopped and the document told as failed."""

    seconds: float = SECONDS
    memory: int = MEMORY


@dataclass(frozen=True, slots=True)
class Settings:
    """A run: ``dedupe`` leaves copies out, ``refresh`` does everything again, ``retry`` what failed."""

    analysis: Analysis = field(default_factory=Analysis)
    limits: Limits = field(default_factory=Limits)
    workers: int = field(default_factory=cores)
    dedupe: bool = False
    refresh: bool = False
    retry: bool = False
