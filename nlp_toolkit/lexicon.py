"""Reads the tables in data/ once and compiles their phrases into one Aho–Corasick automaton.

A *layer* is a named set of phrases: ``agency``, ``place``, and ``<table>.<class>`` for each class of a cue table.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files

import ahocorasick_rs

from nlp_toolkit.errors import DataError

Row = dict[str, str]


@cache
def read_table(name: str) -> tuple[Row, ...]:
    """The rows of ``data/<name>.tsv`` as dictionaries by header.

    Raises DataError, with the line's number, where a row has not as many fields as the header.

    >>> read_table("terms")[0].keys() >= {"term", "pos", "source"}
    True
    """
    path = files("nlp_toolkit.data").joinpath(*f"{name}.tsv".split("/"))
    lines = csv.reader(
        path.read_text(encoding="utf-8").removesuffix("\n").split("\n"), delimiter="\t", quoting=csv.QUOTE_NONE
    )
    header = next(lines)
    rows = []
    for number, fields in enumerate(lines, 2):
        if len(fields) != len(header):
            raise DataError(f"data/{name}.tsv, line {number}: {len(fields)} fields where the header has {len(header)}")
        rows.append(dict(zip(header, fields, strict=True)))
    return tuple(rows)


def cells(value: str) -> list[str]:
    """The parts of a cell that holds several values.

    >>> cells("发改委|国家发改委"), cells("")
    (['发改委', '国家发改委'], [])
    """
    return value.split("|") if value else []


class Hits:
    """Where the phrases of each layer stand in a text; a layer's hits come by start, then by end."""

    def __init__(self, found: Mapping[str, list[tuple[int, int]]]) -> None:
        self._found = found

    def all(self, layer: str) -> list[tuple[int, int]]:
        """Every occurrence, overlapping ones included."""
        return self._found.get(layer, [])

    def layers(self, prefix: str = "") -> list[str]:
        """The layers that were found at all and whose names begin so."""
        return [layer for layer in self._found if layer.startswith(prefix)]

    def longest(self, *layers: str) -> list[tuple[int, int]]:
        """The occurrences of the layers that remain when, from left to right, the longest at each place is taken."""
        return [(start, end) for start, end, _ in self.classified(*layers)]

    def classified(self, *layers: str) -> list[tuple[int, int, str]]:
        """Like ``longest``, with the layer of each; of two that are equally long the layer named first is taken."""
        candidates = sorted(
            (start, -end, rank) for rank, layer in enumerate(layers) for start, end in self._found.get(layer, ())
        )
        result: list[tuple[int, int, str]] = []
        at = 0
        for start, negative_end, rank in candidates:
            if start >= at:
                at = -negative_end
                result.append((start, at, layers[rank]))
        return result


class Lexicon:
    """Finds all phrases of all layers in one pass over a text.

    >>> lexicon = Lexicon({"problem": ["信息孤岛", "孤岛"], "goal": ["建成"]})
    >>> hits = lexicon.find("建成平台，打破信息孤岛")
    >>> hits.all("problem"), hits.longest("problem"), hits.all("goal")
    ([(7, 11), (9, 11)], [(7, 11)], [(0, 2)])
    """

    def __init__(self, layers: Mapping[str, Iterable[str]]) -> None:
        layers_of: dict[str, list[str]] = {}
        for layer, phrases in layers.items():
            for phrase in phrases:
                layers_of.setdefault(phrase, []).append(layer)
        self._layers = [tuple(dict.fromkeys(names)) for names in layers_of.values()]
        self._automaton = ahocorasick_rs.AhoCorasick(list(layers_of))

    def find(self, text: str) -> Hits:
        """All occurrences of all phrases, by layer."""
        found: dict[str, list[tuple[int, int]]] = {}
        for pattern, start, end in self._automaton.find_matches_as_indexes(text, overlapping=True):
            for layer in self._layers[pattern]:
                if layer in found:
                    found[layer].append((start, end))
                else:
                    found[layer] = [(start, end)]
        for occurrences in found.values():
            occurrences.sort()
        return Hits(found)


def rule_scores(label: str) -> dict[str, float]:
    """How often each rule for a label is right, from ``data/rule_scores.tsv``.

    >>> 0 < rule_scores("PROBLEM")["lack"] < 1
    True
    """
    return {row["rule"]: float(row["score"]) for row in read_table("rule_scores") if row["label"] == label}


def cue_layers(table: str) -> dict[str, list[str]]:
    """The phrases of ``data/cues/<table>.tsv`` by layer name, ``<table>.<class>``."""
    layers: dict[str, list[str]] = {}
    for row in read_table(f"cues/{table}"):
        layers.setdefault(f"{table}.{row['class']}", []).append(row["phrase"])
    return layers
