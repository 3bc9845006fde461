"""What happens when the machine fails: a clear message, the right exit status, nothing lost and nothing written by half."""

from __future__ import annotations

import ctypes
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from nlp_toolkit import Analyzer
from nlp_toolkit.document import LAYERS, Source
from nlp_toolkit.errors import InputError
from nlp_toolkit.read import read
from tests.conftest import ROOT

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="faults are made by means of Linux")

SENTENCE = "到2025年，建成100个数据共享平台，由住建部负责。部门间信息不共享，不得重复建设。\n"
LARGE = SENTENCE * 400
GOLD = ROOT / "corpora/documents.jsonl"
COMMAND = [sys.executable, "-m", "nlp_toolkit"]
# Runs commands one after another in one process and prints their exit statuses.
SEVERAL = """
import json, resource, sys
from nlp_toolkit.cli import main
calls, most_bytes = json.loads(sys.argv[1])
if most_bytes:
    resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, most_bytes))
for call in calls:
    sys.argv = ["nlp-toolkit", *call]
    try:
        main()
    except SystemExit as ended:
        print("status", ended.code, flush=True)
"""


@dataclass(frozen=True)
class Ended:
    """How a process ended, and what it said."""

    status: int
    out: bytes
    said: str


def run(
    *arguments: object, environment: dict[str, str] | None = None, first: Callable[[], None] | None = None,
    cwd: Path = ROOT, stdout: int | str = subprocess.PIPE, command: list[str] = COMMAND,
) -> Ended:  # fmt: skip
    """Run the command line in a process, after ``first`` has been called in it; there is never a traceback."""
    target = os.open(stdout, os.O_WRONLY) if isinstance(stdout, str) else stdout
    done = subprocess.run(
        [*command, *map(str, arguments)], stdout=target, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, cwd=cwd,
        env=environment, preexec_fn=first, check=False,
    )  # fmt: skip
    if isinstance(stdout, str):
        os.close(target)
    said = done.stderr.decode()
    for trace in ("Traceback", "Exception ignored", "object at 0x"):
        assert trace not in said, said
    return Ended(done.returncode, done.stdout or b"", said)


def as_anybody() -> None:
    """Give up root's right to read and write everything, if the process has it."""
    drop, override, read_search = 24, 1, 2  # PR_CAPBSET_DROP, CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH
    for capability in (override, read_search):
        ctypes.CDLL(None).prctl(drop, capability, 0, 0, 0)


@pytest.fixture
def large(tmp_path: Path) -> Path:
    path = tmp_path / "large.txt"
    path.write_text(LARGE, encoding="utf-8")
    return path


@pytest.fixture
def gold(tmp_path: Path) -> Path:
    """The first documents of our own gold."""
    path = tmp_path / "gold.jsonl"
    path.write_bytes(b"".join(GOLD.read_bytes().splitlines(keepends=True)[:6]))
    return path


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """A folder for output, with what was there before."""
    folder = tmp_path / "out"
    folder.mkdir()
    return folder


# Outputs that hold more than 4 kB each, with how they are asked for.
OUTPUTS = [
    ("annotate", "result.jsonl"), ("annotate", "result.html"), ("annotate", "result.xlsx"), ("annotate", "result.md"),
    ("annotate", "result.conll"), ("annotate", "result.spacy"), ("annotate", "result.txt"), ("annotate", "tables.csv.zip"),
    ("annotate", "tables", "--format", "csv"), ("annotate", "tables", "--format", "parquet"),
    ("annotate", "tables", "--format", "brat"), ("annotate", "tasks.json", "--format", "label-studio"),
    ("segment", "words.txt"), ("convert", "gold.jsonl"), ("evaluate", "page.html"), ("train", "model"),
]  # fmt: skip


def test_a_full_disk(tmp_path: Path, large: Path, gold: Path, out: Path) -> None:
    """Every writer, against a limit on the size of a file: the output is named and nothing of it stays; what was there does."""
    doccano = tmp_path / "doccano.jsonl"
    assert run("annotate", gold, "-o", doccano, "--format", "doccano").status == 0
    inputs = {"annotate": large, "segment": large, "convert": doccano, "evaluate": gold, "train": gold}
    calls = []
    for command, name, *options in OUTPUTS:
        if name != "tables":
            before = out / name / "model.json" if command == "train" else out / name
            before.parent.mkdir(exist_ok=True)
            before.write_text("before")
        calls.append([command, inputs[command], "--html" if command == "evaluate" else "-o", out / name, *options])
    before_it = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    told = json.dumps([[list(map(str, call)) for call in calls], 4096])
    done = run(told, command=[sys.executable, "-c", SEVERAL])
    assert done.out.count(b"status 2\n") == len(calls), done.said
    said = [line for line in done.said.splitlines() if line.startswith("nlp-toolkit:")]
    for call, line in zip(calls, said, strict=True):
        assert str(call[3]) in line
        assert "File too large; free some space" in line
        assert ".part" not in line
    assert {path: path.read_bytes() for path in out.rglob("*") if path.is_file()} == before_it
    assert not (out / "tables").exists()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 64 kB, where the user may mount one."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(place)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("mounting a small disk needs root")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def test_a_disk_that_fills_up(small_disk: Path, large: Path) -> None:
    (small_disk / "result.jsonl").write_text("before")
    done = run("annotate", large, "-o", small_disk / "result.jsonl")
    assert done.status == 2
    assert f"{small_disk / 'result.jsonl'}: No space left on device; free some space" in done.said
    assert [(path.name, path.read_text()) for path in small_disk.iterdir()] == [("result.jsonl", "before")]


@pytest.mark.parametrize("command", ["annotate", "segment", "evaluate", "info"])
def test_standard_output_is_full(large: Path, gold: Path, command: str) -> None:
    inputs = {"annotate": [large], "segment": [large], "evaluate": [gold]}.get(command, [])
    done = run(command, *inputs, stdout="/dev/full")
    assert (done.status, done.said) == (
        2,
        "nlp-toolkit: No space left on device; free some space, or write to another place\n",
    )


def test_a_device_or_a_link_as_output_stays_one(tmp_path: Path, large: Path) -> None:
    assert run("annotate", large, "-o", "/dev/null", "--format", "jsonl").status == 0
    assert Path("/dev/null").is_char_device()
    full = run("annotate", large, "-o", "/dev/full", "--format", "jsonl")
    assert (full.status, full.said[:36]) == (2, "nlp-toolkit: /dev/full: No space lef")
    piped = run("segment", large, "-o", "/dev/stdout")
    assert piped.out == run("segment", large).out
    link, target = tmp_path / "link.txt", tmp_path / "target.txt"
    target.write_text("before")
    target.chmod(0o600)
    link.symlink_to(target)
    assert run("segment", large, "-o", link).status == 0
    assert link.is_symlink()
    assert (target.read_bytes(), target.stat().st_mode & 0o777) == (piped.out, 0o600)


def test_a_file_vanishes_between_listing_and_reading(tmp_path: Path) -> None:
    for name in "abc":
        (tmp_path / f"{name}.txt").write_text(SENTENCE, encoding="utf-8")
    failures: list[InputError] = []
    sources = read(tmp_path, failures.append)
    assert next(sources).id == "a"
    (tmp_path / "b.txt").unlink()
    assert [source.id for source in sources] == ["c"]
    assert [str(error) for error in failures] == [
        f"{tmp_path / 'b.txt'}: cannot be read (No such file or directory); check the name and the permissions"
    ]


def test_no_permission(tmp_path: Path, out: Path) -> None:
    """Files and folders that may not be read are each named, the others done; a place that may not be written to is named."""
    texts = tmp_path / "in"
    for name in ("open/a.txt", "open/shut.txt", "closed/b.txt", "listed/c.txt"):
        (texts / name).parent.mkdir(parents=True, exist_ok=True)
        (texts / name).write_text(SENTENCE, encoding="utf-8")
    (texts / "nowhere.txt").symlink_to(tmp_path / "no such file")
    modes = {"open/shut.txt": 0, "closed": 0, "listed": 0o444}
    for name, mode in modes.items():
        (texts / name).chmod(mode)
    done = run("annotate", texts, texts / "closed/b.txt", "-o", out / "result.jsonl", first=as_anybody)
    out.chmod(0o555)
    refused = run("annotate", texts / "open/a.txt", "-o", out / "result.jsonl", first=as_anybody)
    for name in (*modes, ""):
        (texts / name if name else out).chmod(0o755)
    assert done.status == 1
    assert [json.loads(line)["id"] for line in (out / "result.jsonl").read_bytes().splitlines()] == ["open/a"]
    denied, absent = "cannot be read (Permission denied)", "cannot be read (No such file or directory)"
    wanted = [
        ("closed", denied),
        ("listed/c.txt", denied),
        ("nowhere.txt", absent),
        ("open/shut.txt", denied),
        ("closed/b.txt", denied),
    ]
    said = done.said.splitlines()
    assert len(said) == len(wanted), said
    for (name, reason), line in zip(wanted, said, strict=True):
        assert line == f"nlp-toolkit: {texts / name}: {reason}; check the name and the permissions"
    assert refused.status == 2
    assert (
        refused.said == f"nlp-toolkit: {out / 'result.jsonl'}: Permission denied; check the place and its permissions\n"
    )


@pytest.mark.parametrize(
    "call",
    [
        "annotate {large} --format text",
        "annotate {large} {large}",
        "segment {large} {large}",
        "evaluate {gold} --json",
    ],
)
def test_the_reader_of_a_pipe_leaves(large: Path, gold: Path, call: str) -> None:
    shell = (
        f"{sys.executable} -m nlp_toolkit {call.format(large=large, gold=gold)} | head -n 1; exit ${{PIPESTATUS[0]}}"
    )
    done = run(shell, command=["bash", "-c"])
    assert (done.status, done.said) == (0, "")
    assert done.out.count(b"\n") == 1


@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGINT, 130), (signal.SIGKILL, -9)]
)
@pytest.mark.parametrize("name", ["result.jsonl", "result.xlsx", "tables.csv.zip", "new"])
def test_a_signal_while_writing(tmp_path: Path, large: Path, out: Path, number: int, status: int, name: str) -> None:
    """The program waits for its second input, with the first one written: what was there before is there after."""
    waiting = tmp_path / "second.txt"
    os.mkfifo(waiting)
    if name != "new":
        (out / name).write_text("before")
    form = ["--format", "brat"] if name == "new" else []
    process = subprocess.Popen(
        [*COMMAND, "annotate", large, waiting, "-o", out / name, *form], cwd=ROOT, stderr=subprocess.PIPE
    )
    limit = time.monotonic() + 120
    while not list(out.glob(".*.part")) and time.monotonic() < limit:
        time.sleep(0.05)
    time.sleep(0.2)  # from the file to the next input
    process.send_signal(number)
    _, said = process.communicate(timeout=60)
    assert process.returncode == status
    assert said.strip() == (b"" if number == signal.SIGKILL else b"nlp-toolkit: stopped")
    assert [(path.name, path.read_text()) for path in out.iterdir() if not path.name.startswith(".")] == (
        [] if name == "new" else [(name, "before")]
    )
    if number != signal.SIGKILL:
        assert not list(out.glob(".*"))


# Puts the clock somewhere else at every look: from before the epoch to the year 2191.
JUMPING = """
import itertools, time
seconds = itertools.cycle([-86400 * 365, 0, 1_000_000_000, 4_000_000_000, 7_000_000_000]).__next__
localtime, gmtime = time.localtime, time.gmtime
time.time = lambda: float(seconds())
time.time_ns = lambda: seconds() * 10**9
time.localtime = lambda at=None: localtime(seconds() if at is None else at)
time.gmtime = lambda at=None: gmtime(seconds() if at is None else at)
"""


def test_the_clock_jumps(tmp_path: Path, gold: Path) -> None:
    """No annotation and no model depends on the clock, nor on where on earth the machine thinks it is."""
    names = ["a.jsonl", "a.html", "a.md", "a.conll", "a.spacy", "a.csv.zip", "a.parquet.zip", "model"]
    written: list[dict[str, bytes]] = []
    for place, script, zone in (
        ("usual", SEVERAL, "America/Anchorage"),
        ("jumping", JUMPING + SEVERAL, "Pacific/Kiritimati"),
    ):
        top = tmp_path / place
        top.mkdir()
        calls = [["annotate", gold, "-o", top / name] for name in names[:-1]] + [["train", gold, "-o", top / "model"]]
        told = json.dumps([[list(map(str, call)) for call in calls], 0])
        done = run(told, command=[sys.executable, "-c", script], environment=os.environ | {"TZ": zone})
        assert done.out.count(b"status 0\n") == len(calls), done.said
        files = (path for path in top.rglob("*") if path.is_file())
        written.append({str(path.relative_to(top)): path.read_bytes() for path in files})
    usual, jumping = written
    assert len(usual) == len(names) + 2
    assert [name for name in usual if usual[name] != jumping.get(name)] == []


def test_a_bare_environment(tmp_path: Path, gold: Path, large: Path) -> None:
    """Locale C, neither home nor path, and nothing to be written to: package, temporary files, working folder."""
    place, here = tmp_path / "site-packages", tmp_path / "here"
    shutil.copytree(ROOT / "nlp_toolkit", place / "nlp_toolkit", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "models", place / "nlp_toolkit/models", dirs_exist_ok=True)
    here.mkdir()
    folders = [here, place, *(path for path in place.rglob("*") if path.is_dir())]
    for folder in folders:
        folder.chmod(0o555)
    environment = {
        "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "TMPDIR": str(here), "PYTHONPATH": str(place)
    }  # fmt: skip

    def bare(*arguments: object) -> Ended:
        done = run(*arguments, environment=environment, first=as_anybody, cwd=here)
        assert (done.status, done.said) == (0, "")
        return done

    bare_results = [
        bare("annotate", large).out,
        bare("segment", large, "--segmenter", "jieba").out,
        bare("evaluate", gold).out,
    ]
    assert str(place) in bare("info").out.decode()
    for folder in folders:
        folder.chmod(0o755)
    assert list(here.iterdir()) == []
    assert not list(place.rglob("__pycache__"))
    assert bare_results[0] == run("annotate", large).out
    assert bare_results[1] == run("segment", large, "--segmenter", "jieba").out
    assert b"DATE" in bare_results[2]


@pytest.mark.parametrize(("closed", "status", "said"), [
    ("<&-", 1, "nlp-toolkit: standard input: is empty; there is nothing to annotate\n"),
    (">&-", 2, "nlp-toolkit: standard output is closed; name a file with -o\n"),
    ("2>&-", 0, ""),
])  # fmt: skip
def test_closed_streams(large: Path, closed: str, status: int, said: str) -> None:
    source = "-" if "<" in closed else large
    done = run(f"{sys.executable} -m nlp_toolkit segment {source} {closed}", command=["bash", "-c"])
    assert (done.status, done.said) == (status, said)


def test_a_thousand_files_through_few_descriptors(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for number in range(1000):
        (folder / f"{number:03}.txt").write_text(f"到{2000 + number % 40}年建成。", encoding="utf-8")

    def few() -> None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (40, 40))

    done = run("annotate", folder, first=few)
    assert (done.status, done.said) == (0, "")
    assert [json.loads(line)["id"] for line in done.out.splitlines()] == [f"{number:03}" for number in range(1000)]


def test_a_thousand_open_documents(nlp: Analyzer) -> None:
    """Documents share nothing that a later one changes."""
    texts = [f"到{2000 + number % 90}年，建成{number}个平台。部门间信息不共享。" for number in range(1000)]
    documents = [nlp.analyze(text, id=str(number)) for number, text in enumerate(texts)]
    at_once = [document.to_json() for document in documents]
    assert [nlp.analyze(text, id=str(number)).to_json() for number, text in enumerate(texts)] == at_once
    assert [document.to_json() for document in documents] == at_once


# Threads and forked processes meet an analyzer that has not yet done anything, so that whatever is made late is made here.
TOGETHER = """
import json, multiprocessing, sys, threading
from concurrent.futures import ThreadPoolExecutor
import nlp_toolkit
from nlp_toolkit.document import LAYERS
texts = [(record["text"], record.get("date")) for record in map(json.loads, open(sys.argv[1], encoding="utf-8"))]
nlp = nlp_toolkit.load(segmenter=sys.argv[2], layers=LAYERS)
start = threading.Barrier(8)
def analyzed(item): return nlp.analyze(item[0], date=item[1]).to_json()
def all_of_them(_):
    start.wait()
    return list(map(analyzed, texts))
if __name__ == "__main__":
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(all_of_them, range(8)))
    with multiprocessing.get_context("fork").Pool(3) as pool:
        forked = pool.map(analyzed, texts, chunksize=1)
    alone = list(map(analyzed, texts))
    print(all(results == alone for results in together), forked == alone, len(alone))
"""


@pytest.mark.parametrize("segmenter", ["rjieba", "jieba"])
def test_threads_and_forked_processes(gold: Path, segmenter: str) -> None:
    done = run(gold, segmenter, command=[sys.executable, "-W", "ignore", "-c", TOGETHER])
    assert done.out.split() == [b"True", b"True", b"6"], done.said


def test_threads_share_the_readers(tmp_path: Path, nlp: Analyzer) -> None:
    paths = []
    for number in range(8):
        paths.append(tmp_path / f"{number}.jsonl")
        paths[-1].write_text(f'{{"text": "到{2000 + number}年建成。"}}\n' * 50, encoding="utf-8")

    def documents(path: Path) -> list[bytes]:
        return [document.to_json() for document in nlp.pipe(read(path))]

    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(documents, paths))
    assert together == list(map(documents, paths))


def test_the_same_bytes_in_every_process(gold: Path) -> None:
    """Nothing depends on the order of a set: other seeds of hashing, the same output."""
    results = {
        run("annotate", gold, "--layers", "all", environment=os.environ | {"PYTHONHASHSEED": seed}).out
        for seed in ("0", "1", "4294967295")
    }
    assert len(results) == 1


def test_one_bad_document_does_not_end_a_pipe(nlp: Analyzer) -> None:
    """A source is analysed for itself: what stands before it changes nothing."""
    strange = Source("\ud800\0《〔“" * 50, "strange")
    usual = Source(SENTENCE, "usual")
    assert [d.to_json() for d in nlp.pipe([strange, usual])][1] == nlp.analyze(SENTENCE, id="usual").to_json()
    assert set(LAYERS) >= nlp.layers
