"""A corpus: what a run makes, and that nothing is lost and nothing made twice, whatever happens to it."""

from __future__ import annotations

import fcntl
import json
import os
import random
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from nlp_toolkit.analyzer import Analyzer
from nlp_toolkit.batch import folder, job, store, tables
from nlp_toolkit.batch.progress import Quiet
from nlp_toolkit.batch.settings import Analysis, Limits, Settings
from nlp_toolkit.batch.tables import Failure
from nlp_toolkit.document import LAYERS
from nlp_toolkit.errors import PolicyError
from tests import poison
from tests.conftest import ROOT, needed

PLAN = "临江市养老服务三年行动计划\n到2025年底，建成社区养老服务站120个，护理型床位占比达到60%以上。\n"
REPORT = "江苏省审计厅关于2020年度信息化项目的审计报告\n审计发现，部分县区重复建设信息系统，数据不共享。\n"
TASKS = "湖北省污水治理实施方案\n（一）完成管网改造。（省住房城乡建设厅牵头，省财政厅配合，2024年12月底前完成）\n"
NOTE = "要避免数据孤岛。"
TEXTS = {"2020/report.txt": REPORT, "2023/plan.txt": PLAN, "2023/tasks.txt": TASKS, "note.txt": NOTE}
DATED = [
    {"id": "甲", "text": PLAN, "date": "2023-03-01", "title": "计划"},
    {"id": "乙", "text": REPORT, "date": "2021-07-02"},
    {"id": "丙", "text": NOTE},
]


@pytest.fixture(autouse=True)
def parts() -> None:
    needed(find_spec("duckdb") is not None and find_spec("pyarrow") is not None, "nlp-toolkit[batch] is not installed")


@pytest.fixture
def texts(tmp_path: Path) -> Path:
    return fill(tmp_path / "texts", TEXTS)


def fill(place: Path, texts: dict[str, str]) -> Path:
    for name, text in texts.items():
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_text(text, encoding="utf-8")
    return place


def lines(records: list[dict[str, Any]]) -> str:
    return "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)


class Watch(Quiet):
    """Gathers what failed."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[Failure] = []

    def failed(self, failure: Failure) -> None:
        self.told.append(failure)


def run(place: Path, *inputs: Path, watch: Watch | None = None, **settings: Any) -> job.Summary:
    return job.run(inputs, place, Settings(**{"workers": 1} | settings), watch or Watch())


def rows(place: Path, but: tuple[str, ...] = ()) -> dict[str, list[str]]:
    """The rows of every table, sorted, as they stand in the files."""
    import pyarrow.parquet

    found: dict[str, list[str]] = {}
    for table in tables.TABLES:
        if table not in but:
            lists = (pyarrow.parquet.read_table(p, partitioning=None).to_pylist() for p in store.parts(place, table))
            years = (p.parent.name for p in store.parts(place, table))
            found[table] = sorted(f"{year} {row}" for year, some in zip(years, lists, strict=True) for row in some)
    return found


def ask(place: Path, sql: str) -> list[tuple[Any, ...]]:
    with store.connect(place) as connection:
        found: list[tuple[Any, ...]] = store.select(connection, sql).fetchall()
    return found


def command(*arguments: object, **more: Any) -> subprocess.CompletedProcess[bytes]:
    call = [sys.executable, "-m", "nlp_toolkit", *map(str, arguments)]
    result = subprocess.run(call, capture_output=True, check=False, **more)
    assert b"Traceback" not in result.stderr, result.stderr.decode()
    return result


def test_the_tables_hold_what_the_analyzer_finds(nlp: Analyzer, tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(lines(DATED), encoding="utf-8")
    summary = run(tmp_path / "out", tmp_path / "a.jsonl")
    assert (summary.documents, summary.analysed, summary.whole) == (3, 3, True)
    wanted: dict[str, list[dict[str, Any]]] = {}
    for record in DATED:
        document = nlp.analyze(**{"date": None} | record)
        for table, some in tables.tables_of(document, "a.jsonl").items():
            wanted.setdefault(table, []).extend(some)
    for table, some in wanted.items():
        found = ask(tmp_path / "out", store.relation(tmp_path / "out", table))
        assert sorted(map(str, found)) == sorted(str(tuple(row.values())) for row in some), table


def test_tables_are_laid_out_by_year(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(lines(DATED), encoding="utf-8")
    run(tmp_path / "out", tmp_path / "a.jsonl")
    for table in tables.names():
        assert store.parts(tmp_path / "out", table), f"{table} has a file even without rows"
    years = {path.parent.name for path in store.parts(tmp_path / "out", "sentences")}
    assert years == {"year=2021", "year=2023", "year=__HIVE_DEFAULT_PARTITION__"}
    import pyarrow.dataset

    read = pyarrow.dataset.dataset(tmp_path / "out" / "documents", partitioning="hive").to_table()
    by_id = {row["document"]: row["year"] for row in read.select(["document", "year"]).to_pylist()}
    assert by_id == {"甲": 2023, "乙": 2021, "丙": None}


def test_the_database_has_tables_and_views(texts: Path, tmp_path: Path) -> None:
    import duckdb

    run(tmp_path / "out", texts)
    with duckdb.connect(str(tmp_path / "out" / "corpus.duckdb"), read_only=True) as connection:
        assert connection.sql("SELECT count(*) FROM documents").fetchall() == [(4,)]
        assert connection.sql("SELECT due, goals FROM goals_due_by_year").fetchall() == [(2025, 2)]


def test_a_second_run_does_nothing(texts: Path, tmp_path: Path) -> None:
    (texts / "empty.txt").touch()
    run(tmp_path / "out", texts)
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("*.parquet")}
    watch = Watch()
    summary = run(tmp_path / "out", texts, watch=watch)
    assert (summary.analysed, summary.documents, summary.failures, watch.told) == (0, 4, 1, [])
    assert before == {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("*.parquet")}


@pytest.mark.parametrize("settings", [{}, {"dedupe": True}])
def test_only_what_changed_is_done_again(texts: Path, tmp_path: Path, settings: dict[str, Any]) -> None:
    run(tmp_path / "out", texts, **settings)
    (texts / "note.txt").write_text("要防止重复建设。", encoding="utf-8")
    (texts / "2020/report.txt").unlink()
    fill(texts, {"new/a.txt": "到2030年，全市建成学校20所。"})
    (texts / "2023/plan.txt").touch()
    summary = run(tmp_path / "out", texts, **settings)
    assert (summary.analysed, summary.vanished, summary.documents) == (2, 1, 4)
    run(tmp_path / "fresh", texts, **settings)
    assert rows(tmp_path / "out") == rows(tmp_path / "fresh")


def test_inputs_that_are_not_named_stay(texts: Path, tmp_path: Path) -> None:
    run(tmp_path / "out", texts)
    summary = run(tmp_path / "out", fill(tmp_path / "more", {"a.txt": NOTE}))
    assert (summary.analysed, summary.vanished, summary.documents) == (1, 0, 5)


def test_what_cannot_be_read_now_keeps_its_rows(texts: Path, tmp_path: Path) -> None:
    run(tmp_path / "out", texts)
    texts.rename(tmp_path / "away")
    watch = Watch()
    summary = run(tmp_path / "out", texts, watch=watch)
    assert (summary.missing, summary.documents, summary.whole) == (1, 4, False)
    assert "there is no such file" in watch.told[0].reason


def test_another_analysis_does_all_again(texts: Path, tmp_path: Path) -> None:
    run(tmp_path / "out", texts)
    summary = run(tmp_path / "out", texts, analysis=Analysis(layers=LAYERS))
    assert (summary.analysed, summary.documents) == (4, 4)
    assert ask(tmp_path / "out", "SELECT count(*) FROM quantities") == [(2,)]
    assert run(tmp_path / "out", texts, refresh=True).analysed == 4
    assert not (tmp_path / "out/quantities").exists() or not store.parts(tmp_path / "out", "quantities")
    run(tmp_path / "fresh", texts)
    assert rows(tmp_path / "out") == rows(tmp_path / "fresh")


def padded(number: int, size: int) -> dict[str, Any]:
    """A long record, of which a line is text."""
    return {"id": f"d{number}", "text": f"到20{30 + number}年，建成学校{number + 1}所。", "pad": "x" * size}


def test_lines_that_are_added_to_a_long_file_are_done_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(lines([padded(n, 1_100_000) for n in range(4)]), encoding="utf-8")
    assert run(tmp_path / "out", path).analysed == 4
    with open(path, "a", encoding="utf-8") as stream:
        stream.write(lines([padded(4, 10), {"id": "d5", "text": ""}]))
    watch = Watch()
    assert run(tmp_path / "out", path, watch=watch).analysed == 1
    assert [failure.reason for failure in watch.told] == [
        'a.jsonl, line 6: has an empty "text"; there is nothing to annotate'
    ]
    run(tmp_path / "fresh", path)
    assert rows(tmp_path / "out") == rows(tmp_path / "fresh")


def test_tables_and_archives_are_cut_too(tmp_path: Path) -> None:
    records = [padded(n, 400_000) for n in range(5)]
    table = "id,text,pad\n" + "".join(f"{r['id']},{r['text']},{r['pad']}\n" for r in records)
    (tmp_path / "in").mkdir()
    (tmp_path / "in/a.csv").write_text(table, encoding="utf-8")
    with zipfile.ZipFile(tmp_path / "in/b.zip", "w") as archive:
        archive.writestr("x/plan.txt", PLAN)
        archive.writestr("empty.txt", "")
    watch = Watch()
    summary = run(tmp_path / "out", tmp_path / "in", watch=watch)
    assert (summary.documents, [f.reason for f in watch.told]) == (
        6, ["b.zip: empty.txt: is empty; there is nothing to annotate"],
    )  # fmt: skip
    with sqlite3.connect(tmp_path / "out/ledger.sqlite") as ledger:
        assert ledger.execute("SELECT count(*) FROM pieces WHERE kind = 'records'").fetchone()[0] > 1
    assert run(tmp_path / "out", tmp_path / "in", refresh=True).analysed == 6, "the records are made again"
    assert ask(tmp_path / "out", "SELECT document, source FROM documents WHERE document LIKE 'b%'") == [
        ("b/x/plan", "b.zip")
    ]


def test_every_document_has_a_key_of_its_own(tmp_path: Path) -> None:
    inputs = fill(
        tmp_path / "in", {"a.jsonl": lines([{"id": "b", "text": PLAN}] * 2), "b.txt": NOTE, "c.jsonl": lines(DATED)}
    )
    run(tmp_path / "out", inputs)
    assert ask(tmp_path / "out", "SELECT document, source FROM documents ORDER BY ALL") == [
        ("b", "a.jsonl"), ("b~2", "a.jsonl"), ("b~3", "b.txt"), ("丙", "c.jsonl"), ("乙", "c.jsonl"), ("甲", "c.jsonl"),
    ]  # fmt: skip
    (inputs / "a.jsonl").write_text(lines([{"id": "b", "text": PLAN}]), encoding="utf-8")
    run(tmp_path / "out", inputs)
    run(tmp_path / "fresh", inputs)
    assert rows(tmp_path / "out") == rows(tmp_path / "fresh")


def test_copies_are_marked_and_left_out_where_that_is_wanted(tmp_path: Path) -> None:
    long = "".join(f"第{n}条 各县区应当在每年{n % 12 + 1}月底前报送第{n * 7}项材料。\n" for n in range(60))
    records = [
        {"id": "a", "text": long.replace("第30条", "第三十条"), "date": "2022-01-01"},
        {"id": "b", "text": long, "date": "2021-01-01"},
        {"id": "c", "text": long},
        {"id": "d", "text": PLAN},
    ]
    (tmp_path / "a.jsonl").write_text(lines(records), encoding="utf-8")
    run(tmp_path / "out", tmp_path / "a.jsonl")
    marks = "SELECT document, duplicate_of, near_duplicate_of FROM documents ORDER BY document"
    wanted = [("a", None, "b"), ("b", None, None), ("c", "b", None), ("d", None, None)]
    assert ask(tmp_path / "out", marks) == wanted
    summary = run(tmp_path / "out", tmp_path / "a.jsonl", dedupe=True)
    assert (summary.documents, summary.copies) == (2, 2)
    assert ask(tmp_path / "out", "SELECT document, skipped FROM duplicates ORDER BY ALL") == [("a", True), ("c", True)]
    (tmp_path / "a.jsonl").write_text(lines([records[0], records[2]]), encoding="utf-8")
    run(tmp_path / "out", tmp_path / "a.jsonl", dedupe=True)
    assert ask(tmp_path / "out", "SELECT document FROM documents") == [("a",)], "the earliest that is left"


def test_poison_costs_its_own_row(tmp_path: Path) -> None:
    kinds = {
        "crash": poison.CRASH,
        "time": poison.LOOP,
        "memory": poison.MEMORY,
        "hoard": poison.HOARD,
        "error": poison.ERROR,
    }
    records = [{"id": name, "text": f"{PLAN}{text}"} for name, text in kinds.items()]
    inputs = fill(
        tmp_path / "in", {"a.jsonl": lines([*DATED[:2], *records, DATED[2]]), "z.txt": REPORT, "y.txt": poison.CRASH}
    )
    watch = Watch()
    limits = Limits(seconds=1.5, memory=200 << 20)
    summary = run(
        tmp_path / "out", inputs, watch=watch, limits=limits, analysis=Analysis(maker="tests.poison:Poisoned")
    )  # fmt: skip
    assert ask(tmp_path / "out", "SELECT document FROM documents ORDER BY ALL") == [("z",), ("丙",), ("乙",), ("甲",)]
    failures = ask(tmp_path / "out", "SELECT document, source, kind FROM failures ORDER BY ALL")
    assert failures == [
        ("crash", "a.jsonl", "crash"), ("error", "a.jsonl", "error"), ("hoard", "a.jsonl", "memory"),
        ("memory", "a.jsonl", "memory"), ("time", "a.jsonl", "time"), ("y", "y.txt", "crash"),
    ]  # fmt: skip
    assert {failure.document: failure.reason for failure in watch.told}[
        "time"
    ] == "took more than 1.5 seconds; cut it into parts"
    assert (summary.failures, summary.whole, len(watch.told)) == (6, False, 6)
    again = run(tmp_path / "out", inputs, limits=limits, analysis=Analysis(maker="tests.poison:Poisoned"))
    assert (again.analysed, again.failures) == (0, 6), "what failed is not tried again without need"


def test_what_failed_is_tried_again_on_demand(tmp_path: Path) -> None:
    inputs = fill(tmp_path / "in", {"a.txt": PLAN + poison.ERROR, "b.txt": NOTE, "c.txt": ""})
    analysis = Analysis(maker="tests.poison:Poisoned")
    run(tmp_path / "out", inputs, analysis=analysis)
    watch = Watch()
    assert run(tmp_path / "out", inputs, analysis=analysis, retry=True, watch=watch).analysed == 0
    assert sorted(failure.document or "" for failure in watch.told) == ["a", "c"]


def broken(inputs: Path, place: Path, commit: int, maker: str, **environment: str) -> int:
    """The exit status of a run that is killed at a commit."""
    code = f"from tests.poison import main; main({str(inputs)!r}, {str(place)!r}, {commit}, {maker!r})"
    call = [sys.executable, "-c", code]
    return subprocess.run(
        call, cwd=ROOT, env=os.environ | environment, capture_output=True, check=False, timeout=60
    ).returncode  # fmt: skip


def changing(inputs: Path) -> None:
    """What happens to the inputs of a corpus that is there: some of each."""
    (inputs / "2020/report.txt").unlink()
    fill(inputs, {"note.txt": "要防止重复建设。", "new.jsonl": lines(DATED), "copy.txt": PLAN})


@pytest.mark.parametrize("maker", ["nlp_toolkit.batch.settings:analyzer", "tests.poison:killing_parent"])
def test_a_run_that_is_killed_anywhere_is_gone_on_with(texts: Path, tmp_path: Path, maker: str) -> None:
    """At every commit of the parent, and between any two files that the workers finish, kill -9 takes all of it."""
    place = tmp_path / "out"
    run(place, texts)
    changing(texts)
    run(tmp_path / "fresh", texts)
    at_commits = maker.startswith("nlp_toolkit")
    for step in range(0, 100, 3 if at_commits else 7):
        status = broken(texts, place, step if at_commits else 999, maker, KILL_AFTER=str(step))
        if status == 0:
            break
        assert status == -signal.SIGKILL
        for path in place.rglob("*.parquet"):
            assert path.read_bytes()[-4:] == b"PAR1", "a file that is shown is whole"
    assert step > 4, "it was killed several times"
    run(place, texts)
    assert rows(place) == rows(tmp_path / "fresh")
    assert not [path for path in (place / folder.WORK).rglob("*") if path.is_file()]


def test_a_run_that_is_killed_at_random_moments(tmp_path: Path) -> None:
    texts = {f"{n % 7}/{n}.txt": f"{PLAN}{REPORT * (n % 5)}第{n}号。\n{TASKS}" for n in range(120)}
    inputs = fill(tmp_path / "in", texts)
    run(tmp_path / "fresh", inputs)
    draw = random.Random(8)
    for _ in range(5):
        call = [sys.executable, "-m", "nlp_toolkit", "batch", str(inputs), "-o", str(tmp_path / "out"), "-w", "2"]
        process = subprocess.Popen(call, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(draw.uniform(0.4, 1.8))
        process.kill()
        process.wait()
    run(tmp_path / "out", inputs)
    assert rows(tmp_path / "out") == rows(tmp_path / "fresh")


@pytest.mark.parametrize("told", [signal.SIGINT, signal.SIGTERM])
def test_a_run_stops_cleanly(tmp_path: Path, told: signal.Signals) -> None:
    inputs = fill(tmp_path / "in", {f"{n}.txt": PLAN * 400 for n in range(40)})
    call = [sys.executable, "-m", "nlp_toolkit", "batch", str(inputs), "-o", str(tmp_path / "out"), "--log-json"]
    process = subprocess.Popen(call, stderr=subprocess.PIPE)
    assert process.stderr is not None
    while b'"analyse"' not in process.stderr.readline():
        pass
    process.send_signal(told)
    _, errors = process.communicate(timeout=20)
    assert process.returncode == 130
    assert b"the same command goes on" in errors
    assert b"Traceback" not in errors


def test_a_disk_without_room_loses_nothing(texts: Path, tmp_path: Path) -> None:
    def little_room() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))

    fill(texts, {"long.txt": "".join(f"{PLAN}{n}" for n in range(250))})
    result = command("batch", texts, "-o", tmp_path / "out", preexec_fn=little_room)
    assert result.returncode == 2
    assert b"what is done is kept" in result.stderr
    assert command("batch", texts, "-o", tmp_path / "out").returncode == 0
    run(tmp_path / "fresh", texts)
    assert rows(tmp_path / "out") == rows(tmp_path / "fresh")


def test_the_second_run_on_a_folder_is_told_who_holds_it(texts: Path, tmp_path: Path) -> None:
    with folder.locked(tmp_path / "out"):
        result = command("batch", texts, "-o", tmp_path / "out")
    assert result.returncode == 2
    assert f"is held by process {os.getpid()} on ".encode() in result.stderr


def strange(place: Path) -> None:
    fill(place, {"thesis.txt": "不要动"})


def newer(place: Path) -> None:
    with sqlite3.connect(place / "ledger.sqlite") as ledger:
        ledger.execute("CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT)")
        ledger.execute("INSERT INTO facts VALUES ('layout', '99'), ('version', '7.5')")


def damaged(place: Path) -> None:
    (place / "ledger.sqlite").write_bytes(b"nothing that SQLite knows" * 100)


def others(place: Path) -> None:
    fill(place, {"documents/year=2020/a.parquet": "…"})


@pytest.mark.parametrize(
    ("prepare", "message"),
    [
        (strange, "holds something else (thesis.txt); name a new or an empty folder"),
        (newer, "was made by nlp-toolkit 7.5, which lays tables out in another way"),
        (damaged, "is damaged"),
        (others, "has tables that no ledger tells of"),
    ],
)
def test_a_folder_that_is_no_corpus_stays_as_it_is(
    texts: Path, tmp_path: Path, prepare: Callable[[Path], None], message: str
) -> None:
    place = tmp_path / "out"
    place.mkdir()
    prepare(place)
    before = {path.name: path.read_bytes() for path in place.rglob("*") if path.is_file()}
    with pytest.raises(PolicyError) as error:
        run(place, texts)
    assert message in str(error.value)
    after = {path.name: path.read_bytes() for path in place.rglob("*") if path.is_file()}
    assert {name: after[name] for name in before} == before


def test_a_place_that_cannot_be_written(texts: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    result = command("batch", texts, "-o", tmp_path / "file" / "out")
    assert result.returncode == 2
    assert b"cannot be written" in result.stderr


def test_a_folder_that_cannot_be_read_is_named(texts: Path, tmp_path: Path) -> None:
    run(tmp_path / "out", texts)
    closed = texts / "2023"
    closed.chmod(0)
    try:
        if os.access(closed, os.R_OK):
            pytest.skip("this user may read everything")
        watch = Watch()
        summary = run(tmp_path / "out", texts, watch=watch)
        assert "2023: cannot be read (Permission denied)" in watch.told[0].reason
        assert (summary.documents, summary.whole) == (4, False)
    finally:
        closed.chmod(0o755)


def test_the_corpus_may_stand_among_its_inputs(texts: Path) -> None:
    run(texts / "out", texts)
    assert run(texts / "out", texts).documents == 4


def test_standard_input_and_status(tmp_path: Path) -> None:
    result = command("batch", "-", "-o", tmp_path / "out", input=PLAN.encode())
    assert result.returncode == 0
    assert ask(tmp_path / "out", "SELECT document, goals FROM documents") == [("stdin", 2)]
    assert command("batch", tmp_path / "none", "-o", tmp_path / "out").returncode == 1


def test_lines_of_json_tell_how_it_goes(texts: Path, tmp_path: Path) -> None:
    (texts / "empty.txt").touch()
    result = command("batch", texts, "-o", tmp_path / "out", "--log-json")
    events = [json.loads(line) for line in result.stderr.splitlines()]
    assert result.returncode == 1
    assert [event["reason"] for event in events if event["event"] == "failure"] == [
        "empty.txt: is empty; there is nothing to annotate"
    ]
    assert events[-1] | {"characters": 0} == {
        "event": "end", "missing": 0, "vanished": 0, "analysed": 4, "characters": 0, "documents": 4, "failures": 1, "copies": 0,
    }  # fmt: skip


def test_workers_end_with_the_run(texts: Path, tmp_path: Path) -> None:
    run(tmp_path / "out", texts)
    with open(tmp_path / "out" / ".workers", "a", encoding="utf-8") as held:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_a_corpus_can_be_moved(texts: Path, tmp_path: Path) -> None:
    run(tmp_path / "out", texts)
    shutil.move(tmp_path / "out", tmp_path / "it's [moved]*")
    assert ask(tmp_path / "it's [moved]*", "SELECT count(*) FROM documents") == [(4,)]
    assert run(tmp_path / "it's [moved]*", texts).analysed == 0
