"""Dates side by side: this toolkit, jionlp and recognizers-text-date-time, on the same cases and the same text.

    python benchmarks/dates.py [--text FILE.jsonl]

A case counts as right where the days it covers are exactly those that the table expects, in any order and whatever
the characters marked; cases whose dates have no value by themselves are left out, since the peers have no word for it.
Speed is taken on running text: the documents of --text, else our own corpora; best of three rounds, one after another.
"""

from __future__ import annotations

import argparse
import json
import logging
import re
import sys
import time
from calendar import timegm
from collections import defaultdict
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path

from nlp_toolkit.draft import Draft
from nlp_toolkit.extract.dates import DateExtractor
from nlp_toolkit.extract.documents import DocumentExtractor
from nlp_toolkit.lexicon import Hits
from nlp_toolkit.normalize import normalize
from nlp_toolkit.segment import passages, sentences

ROOT = Path(__file__).parent.parent
TODAY = date(2024, 6, 1)  # the reference day of cases that have none
ROUNDS = 3
Days = tuple[str, str]
System = Callable[[str, date], list[Days]]


def ours() -> System:
    """This toolkit's way from a text to its dates: normalise, cut into sentences, find titles, find dates."""
    documents, dates = DocumentExtractor(), DateExtractor()

    def find(text: str, today: date) -> list[Days]:
        normalized = normalize(text)
        lines = passages(normalized.text)
        draft = Draft(text, normalized, today, lines, sentences(normalized.text, lines), [], Hits({}))
        draft.spans["DOCUMENT"] = list(documents.find(draft))
        return [(str(d.first_day), str(d.last_day)) for d in dates.find(draft) if d.first_day is not None]

    return find


def jionlp() -> System:
    """jionlp's extractor of time entities; durations and repetitions are not dates."""
    import jionlp as jio  # type: ignore[import-not-found]

    def find(text: str, today: date) -> list[Days]:
        base = timegm((today.year, today.month, today.day, 0, 0, 0))
        days = []
        for entity in jio.ner.extract_time(text, time_base=base):
            value = entity["detail"]["time"]
            if entity["type"] in ("time_point", "time_span") and isinstance(value, list):
                days.append((value[0][:10], value[1][:10]))
        return days

    return find


def recognizers() -> System:
    """Microsoft's recognizers for Chinese; the first value that it offers, with ends that it counts as excluded."""
    from recognizers_date_time import Culture, recognize_datetime  # type: ignore[import-not-found]

    def find(text: str, today: date) -> list[Days]:
        reference = datetime(today.year, today.month, today.day)
        days = []
        for entity in recognize_datetime(text, Culture.Chinese, reference=reference):
            value = ((entity.resolution or {}).get("values") or [{}])[0]
            if value.get("type") == "date" and re.fullmatch(r"\d{4}-\d\d-\d\d", value.get("value", "")):
                days.append((value["value"], value["value"]))
            elif value.get("type") == "daterange" and "start" in value and "end" in value:
                last = date.fromisoformat(value["end"][:10]) - timedelta(days=1)
                days.append((value["start"][:10], str(last)))
        return days

    return find


def cases() -> list[tuple[str, str, date, list[Days]]]:
    """Family, text, reference day and the expected days of each case of tests/data/dates.tsv."""
    import edtf  # type: ignore[import-untyped]

    rows = []
    for line in (ROOT / "tests/data/dates.tsv").read_text(encoding="utf-8").splitlines()[1:]:
        family, text, day, expected, _ = line.split("\t")
        values = [part.rpartition("=")[2].split(" ")[0] for part in expected.split("; ") if part]
        if any(not value for value in values):
            continue
        parsed = [edtf.parse_edtf(value) for value in values]
        days = [tuple(str(date(*bound[:3])) for bound in (p.lower_strict(), p.upper_strict())) for p in parsed]
        rows.append((family, text, date.fromisoformat(day) if day else TODAY, days))
    return rows  # type: ignore[return-value]


def safely(find: System, text: str, today: date) -> list[Days]:
    """What a system finds; nothing where it fails."""
    try:
        return find(text, today)
    except Exception:
        return []


def main() -> None:
    """Print the share right by family, and characters a second."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--text", type=Path, help="JSON lines with a text each, for the speed")
    path = parser.parse_args().text or ROOT / "corpora/documents.jsonl"
    logging.disable(logging.CRITICAL)  # jionlp logs every expression that it cannot read
    systems: dict[str, System] = {}
    for name, make in (("ours", ours), ("jionlp", jionlp), ("recognizers", recognizers)):
        try:
            systems[name] = make()
        except ImportError as error:
            print(f"{name}: not installed ({error.name}); see benchmarks/README.md", file=sys.stderr)
    right: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    count: dict[str, int] = defaultdict(int)
    for family, text, today, expected in cases():
        count[family] += 1
        for name, find in systems.items():
            right[family][name] += sorted(set(safely(find, text, today))) == sorted(set(expected))
    print(f"| family | cases | {' | '.join(systems)} |\n|---|---:|{'---:|' * len(systems)}")
    for family in sorted(count):
        print(f"| {family} | {count[family]} | "
              + " | ".join(f"{right[family][name] / count[family]:.0%}" for name in systems) + " |")  # fmt: skip
    every = sum(count.values())
    total = {name: sum(right[family][name] for family in count) for name in systems}
    print(f"| all | {every} | " + " | ".join(f"{total[name] / every:.1%}" for name in systems) + " |\n")
    speed(systems, path)


def speed(systems: dict[str, System], path: Path) -> None:
    """Characters a second on running text, and how many times as fast as each peer we are."""
    texts = [json.loads(line)["text"] for line in path.read_text(encoding="utf-8").splitlines()]
    texts = texts[:: max(1, len(texts) // 60)]
    length = sum(map(len, texts))
    best = dict.fromkeys(systems, float("inf"))
    for _ in range(ROUNDS):
        for name, find in systems.items():
            begin = time.perf_counter()
            for text in texts:
                safely(find, text, TODAY)
            best[name] = min(best[name], time.perf_counter() - begin)
    for name, seconds in best.items():
        print(f"{name}: {length / seconds:,.0f} characters a second, {seconds / best['ours']:.1f} times our time")


if __name__ == "__main__":
    main()
