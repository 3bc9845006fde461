"""What a corpus costs: workers, memory, growth, resuming, running again, and size, on documents recombined from our gold.

    python benchmarks/batch.py [--documents 2000] [--larger 8000] [--repeats 3] [--kills 5]

Every figure is a ratio within this run; of repeated runs the quickest counts. A corpus of 100,000 documents is about 100 MB: --documents 10000 --larger 100000.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet

from nlp_toolkit.batch import store, tables

GOLD = Path(__file__).parent.parent / "corpora" / "documents.jsonl"
A_FILE = 500  # documents
CHARACTERS = 330  # of a document, about: a kilobyte
LOOKS = 0.1  # seconds between two looks at memory


def documents(count: int, seed: int = 8) -> Iterator[dict[str, str]]:
    """Documents made of lines of our gold, each with a title, a date and a number that no other has."""
    gold = [json.loads(line) for line in GOLD.read_text(encoding="utf-8").splitlines()]
    titles = [(one["text"].split("\n")[0], one.get("date") or "2020-01-01") for one in gold]
    lines = [line for one in gold for line in one["text"].split("\n")[1:] if len(line) > 20]
    draw = random.Random(seed)
    for number in range(count):
        title, date = draw.choice(titles)
        text = [title]
        while sum(map(len, text)) < CHARACTERS:
            text.append(draw.choice(lines))
        yield {"id": f"d{number:07}", "date": date, "text": "\n".join([*text, f"第{number}号"])}


def make(place: Path, count: int) -> int:
    """Write documents into files of JSON lines; return their characters."""
    place.mkdir()
    characters, open_file = 0, None
    for number, document in enumerate(documents(count)):
        if number % A_FILE == 0:
            if open_file:
                open_file.close()
            open_file = open(place / f"{number // A_FILE:05}.jsonl", "w", encoding="utf-8")  # noqa: SIM115
        assert open_file is not None
        open_file.write(json.dumps(document, ensure_ascii=False) + "\n")
        characters += len(document["text"])
    if open_file:
        open_file.close()
    return characters


@dataclass
class Cost:
    """What a run took: seconds, and the most memory of all its processes together, shared pages counted once."""

    seconds: float
    bytes: int


def batch(inputs: Path, place: Path, workers: int) -> Cost:
    """Run the command to its end."""
    begin, most = time.perf_counter(), 0
    process = start(inputs, place, workers)
    while process.poll() is None:
        most = max(most, memory(process.pid))
        time.sleep(LOOKS)
    assert process.returncode == 0, f"exit status {process.returncode}"
    return Cost(time.perf_counter() - begin, most)


def start(inputs: Path, place: Path, workers: int) -> subprocess.Popen[bytes]:
    """Start the command."""
    call = [sys.executable, "-m", "nlp_toolkit", "batch", inputs, "-o", place, "-w", workers]
    return subprocess.Popen(list(map(str, call)), stderr=subprocess.DEVNULL)


def memory(process: int) -> int:
    """The proportional set size of a process and all below it (Linux)."""
    try:
        own = Path(f"/proc/{process}/smaps_rollup").read_text(encoding="ascii")
        children = Path(f"/proc/{process}/task/{process}/children").read_text(encoding="ascii").split()
    except OSError:
        return 0
    size = next((int(line.split()[1]) << 10 for line in own.splitlines() if line.startswith("Pss:")), 0)
    return size + sum(map(memory, map(int, children)))


def rows(place: Path) -> dict[str, list[str]]:
    """The rows of every table, sorted."""
    return {
        table: sorted(
            f"{path.parent.name} {row}"
            for path in store.parts(place, table)
            for row in pyarrow.parquet.read_table(path, partitioning=None).to_pylist()
        )
        for table in tables.TABLES
    }


def size_of(paths: Iterator[Path]) -> int:
    return sum(path.stat().st_size for path in paths)


def killed(inputs: Path, place: Path, kills: int, seconds: float, seed: int = 8) -> int:
    """Kill runs on a folder at random moments, as long as there is work left; return how many were killed."""
    draw, count = random.Random(seed), 0
    for _ in range(kills):
        process = start(inputs, place, 2)
        try:
            process.wait(draw.uniform(0.1, 1.0) * max(2.0, 2 * seconds / kills))
        except subprocess.TimeoutExpired:
            os.kill(process.pid, signal.SIGKILL)
            count += 1
        process.wait()
    return count


def main() -> None:
    """Print each figure as it comes."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--documents", type=int, default=2000)
    parser.add_argument("--larger", type=int, default=8000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--kills", type=int, default=5)
    told = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        top = Path(folder)
        characters = make(top / "in", told.documents)
        pairs = [
            (batch(top / "in", top / f"one{turn}", 1), batch(top / "in", top / f"two{turn}", 2))
            for turn in range(told.repeats)
        ]  # in turns, so that what else the machine does falls on both
        one, two = (min(costs, key=lambda cost: cost.seconds) for costs in zip(*pairs, strict=True))
        first = top / "two0"
        print(f"{told.documents:,} documents, {characters:,} characters")
        print(f"one worker    {characters / one.seconds:10,.0f} characters a second, {one.bytes >> 20} MiB")
        print(f"two workers   {characters / two.seconds:10,.0f} characters a second, {two.bytes >> 20} MiB")
        print(f"efficiency    {one.seconds / two.seconds / 2:10.2f} of twice one worker", flush=True)
        again = batch(top / "in", first, 2)
        print(f"second run    {two.seconds / again.seconds:10.1f} times as fast ({again.seconds:.2f} s)", flush=True)
        parquet = size_of(path for table in tables.TABLES for path in store.parts(first, table))
        call = [sys.executable, "-m", "nlp_toolkit", "annotate", str(top / "in"), "-o", str(top / "out.jsonl")]
        subprocess.run(call, check=True)
        jsonl = (top / "out.jsonl").stat().st_size
        print(
            f"Parquet       {parquet / jsonl:10.2f} of the size of JSON lines ({parquet:,} of {jsonl:,} bytes)",
            flush=True,
        )
        count = killed(top / "in", top / "killed", told.kills, two.seconds)
        batch(top / "in", top / "killed", 2)
        same = rows(top / "killed") == rows(first)
        print(f"killed        {count:10} times at random moments: {'identical' if same else 'DIFFERENT'}", flush=True)
        make(top / "larger", told.larger)
        larger = batch(top / "larger", top / "out_larger", 2)
        growth = (larger.seconds / told.larger) / (two.seconds / told.documents)
        print(
            f"{told.larger:,} documents: {growth:.2f} of the cost a document, {larger.bytes / two.bytes:.2f} of the memory"
        )


if __name__ == "__main__":
    main()
