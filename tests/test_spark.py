"""Spark: the tables of a real session on this machine are those of the local engine and of the analyzer itself."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import venv
from collections.abc import Iterator
from datetime import date, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from nlp_toolkit.analyzer import Analyzer
from nlp_toolkit.batch import job, store, tables
from nlp_toolkit.batch.guard import Guard, Told
from nlp_toolkit.batch.progress import Quiet
from nlp_toolkit.batch.settings import Analysis, Limits, Settings
from nlp_toolkit.batch.sketch import fingerprint
from nlp_toolkit.batch.tables import Failure
from nlp_toolkit.document import DEFAULT_LAYERS, Source
from nlp_toolkit.errors import DataError, PolicyError
from nlp_toolkit.evaluate import read_gold
from tests import poison
from tests.conftest import ROOT, needed

POISONED = Analysis(maker="tests.poison:Poisoned")
TIGHT = Limits(seconds=10.0, memory=200 << 20)


@pytest.fixture(scope="module")
def spark() -> Iterator[Any]:
    needed(find_spec("pyspark") is not None, "PySpark is not installed: pip install '.[spark]'")
    from nlp_toolkit.batch import spark as engine
    from nlp_toolkit.batch.spark_session import has_java

    needed(has_java(), "Java is not installed: apt-get install openjdk-17-jre-headless")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(ROOT))
        session = engine.session(2)
        yield session
        session.stop()


def short_documents(number: int) -> Iterator[dict[str, Any]]:
    """Short documents of our own gold: two passages each, of one of three years or of none."""
    passages = [(one.date, p.text) for one in read_gold(ROOT / "corpora/documents.jsonl") for p in one.passages]
    for at in range(number):
        (_, first), (_, second) = passages[at % len(passages)], passages[(at * 7 + 3) % len(passages)]
        day = [None, "2018-05-01", "2020-03-04", "2020-12-31"][at % 4]
        yield {"id": f"d{at % (number - 5)}", "text": f"{first}\n{second}", "date": day, "区县": f"{at % 3}"}


def run_both(spark: Any, inputs: list[Path], folder: Path, settings: Settings) -> tuple[Path, Path]:
    from nlp_toolkit.batch import spark_job

    one, other = folder / "local", folder / "spark"
    told = [engine.run(inputs, place, settings, Quiet()) for engine, place in ((job, one), (spark_job, other))]
    assert told[0] == told[1]
    return one, other


def rows(corpus: Path, table: str) -> list[str]:
    with store.connect(corpus) as connection:
        return sorted(map(repr, connection.execute(store.relation(corpus, table)).fetchall()))


# ---- The engine


def test_the_tables_equal_those_of_the_local_engine(spark: Any, tmp_path: Path) -> None:
    inputs = tmp_path / "in"
    (inputs / "有 空格").mkdir(parents=True)
    texts = list(short_documents(1000))
    lines = [json.dumps(one, ensure_ascii=False) for one in texts]
    clash = json.dumps({"id": "d0~2", "text": "到2025年，建成10个平台。"})  # the key that the second d0 would get
    (inputs / "a.jsonl").write_text("\n".join([*lines, clash, "no json", '{"id": "x"}']), encoding="utf-8")
    for number, one in enumerate(texts[:40]):
        (inputs / "有 空格" / f"{number}.txt").write_text(one["text"], encoding="utf-8")
    (inputs / "table.csv").write_text("id,text,date\n1,财政部牵头。,2020-01-02\nd1,到2030年建成。,\n", encoding="utf-8")
    (inputs / "empty.txt").write_text("", encoding="utf-8")
    (inputs / "damaged.docx").write_bytes(b"PK\3\4 and no more")
    one, other = run_both(spark, [inputs, tmp_path / "missing"], tmp_path, Settings(workers=2))
    for table in tables.TABLES:
        assert rows(one, table) == rows(other, table), table
        assert store.parts(other, table) or table in ("quantities", "references")
    assert len(rows(other, "documents")) == 1043
    assert len(rows(other, "duplicates")) > 40
    assert len(rows(other, "failures")) == 4
    with store.connect(other) as connection:
        assert connection.execute("SELECT count(*) FROM documents WHERE document LIKE 'd0~%'").fetchone() == (2,)
        names = {name for (name,) in connection.execute("SELECT table_name FROM information_schema.tables").fetchall()}
    assert {"goals_due", "duplicates"} & names
    assert sorted(path.name for path in other.iterdir() if path.name.startswith("_")) == []
    assert not any(path.suffix in (".crc", ".arrow") or path.name == "_SUCCESS" for path in other.rglob("*"))


def test_copies_are_left_out_alike(spark: Any, tmp_path: Path) -> None:
    from nlp_toolkit.batch import spark_job

    texts = list(short_documents(30))
    copies = [one | {"id": f"copy {at}", "date": "2021-01-01"} for at, one in enumerate(texts[:10])]
    (tmp_path / "in").mkdir()
    (tmp_path / "in/a.jsonl").write_text("\n".join(map(json.dumps, [*copies, *texts])), encoding="utf-8")
    settings = Settings(Analysis(("goals", "quantities"), day=date(2019, 1, 1)), workers=2, dedupe=True)
    one, other = run_both(spark, [tmp_path / "in"], tmp_path, settings)
    for table in tables.names(settings.analysis.layers):
        assert rows(one, table) == rows(other, table), table
    assert len(rows(other, "documents")) < 35
    assert rows(other, "quantities")
    with pytest.raises(PolicyError, match="name a new folder"):
        spark_job.run([tmp_path / "in"], other, settings, Quiet())
    assert rows(one, "documents") == rows(other, "documents")


@pytest.mark.parametrize("name", ["-", "s3a://bucket/papers"])
def test_inputs_without_a_path_are_refused(spark: Any, tmp_path: Path, name: str) -> None:
    from nlp_toolkit.batch import spark_job

    with pytest.raises(PolicyError, match="annotate"):
        spark_job.run([name], tmp_path / "out", Settings(workers=2), Quiet())
    assert not list((tmp_path / "out").rglob("*.parquet"))


# ---- annotate and write, for those who have a session


def test_annotate_gives_the_rows_of_the_analyzer(spark: Any, nlp: Analyzer) -> None:
    from nlp_toolkit.batch.spark import annotate

    texts = list(short_documents(60))[:55]  # the last five have ids of the first
    frame = spark.createDataFrame(
        [(one["id"], one["text"], one["date"], one["区县"]) for one in texts], "name string, body string, day string, `区县` string"
    )  # fmt: skip
    done = annotate(frame, "body", id="name", date="day", meta=["区县"], keep=["day"], partitions=3)
    assert done.columns == ["day", "document", *(t for t in tables.names() if t != "duplicates")]
    found = {row["document"]: row.asDict(recursive=True) for row in done.collect()}
    for one in texts:
        day = date.fromisoformat(one["date"]) if one["date"] else None
        document = nlp.analyze(one["text"], date=day, id=one["id"], meta={"区县": one["区县"]})
        row = found[one["id"]]
        assert row["day"] == one["date"]
        for table, expected in tables.tables_of(document).items():
            assert row[table] == expected, table
    flat = done.selectExpr("inline(goals)")
    assert flat.schema.simpleString() == done.schema["goals"].dataType.elementType.simpleString()
    assert flat.count() == sum(len(row["goals"]) for row in found.values())


def test_dates_of_every_kind_and_texts_without_an_id(spark: Any) -> None:
    from nlp_toolkit.batch.spark import annotate

    for day, kind in (
        (date(2020, 5, 1), "date"),
        (datetime(2020, 5, 1, 23, 30), "timestamp"),
        ("2020-05-01", "string"),
    ):
        frame = spark.createDataFrame([("今年建成10个平台。", day)], f"text string, day {kind}")
        (row,) = annotate(frame, date="day").select("document", "goals.deadline").collect()
        assert (row[0], row[1]) == (fingerprint("今年建成10个平台。"), [date(2020, 12, 31)])


def test_failures_are_rows(spark: Any) -> None:
    from nlp_toolkit.batch.spark import annotate

    given = [
        ("a", "到2025年建成。", None),
        ("b", "", None),
        ("c", None, None),
        ("d", " \n", None),
        ("e", "好。", "2020-13-01"),
        (None, None, None),
    ]
    done = annotate(spark.createDataFrame(given, "id string, text string, day string"), id="id", date="day")
    found = {
        row["document"]: (len(row["documents"]), [one["reason"] for one in row["failures"]]) for row in done.collect()
    }
    assert found.pop("a") == (1, [])
    assert "is not a date" in found.pop("e")[1][0]
    assert set(map(repr, found.values())) == {"(0, ['the text is empty; there is nothing to annotate'])"}


def test_poison_costs_its_own_row_in_spark_too(spark: Any, tmp_path: Path) -> None:
    from nlp_toolkit.batch import spark_job

    (tmp_path / "in").mkdir()
    bad = {"crash": poison.CRASH, "time": poison.LOOP, "memory": poison.MEMORY, "error": poison.ERROR}
    texts = [*short_documents(20), *({"id": name, "text": f"到2025年建成。{text}"} for name, text in bad.items())]
    (tmp_path / "in/a.jsonl").write_text("\n".join(map(json.dumps, texts)), encoding="utf-8")
    one, other = run_both(spark, [tmp_path / "in"], tmp_path, Settings(POISONED, TIGHT, workers=2))
    assert spark_job is not None
    assert len(rows(other, "documents")) == 20
    assert rows(one, "documents") == rows(other, "documents")
    assert rows(one, "failures") == rows(other, "failures")


def test_write_makes_a_corpus(spark: Any, tmp_path: Path, nlp: Analyzer) -> None:
    from nlp_toolkit.batch.spark import annotate, write

    texts = list(short_documents(20))
    frame = spark.createDataFrame(
        [(one["id"], one["text"], one["date"]) for one in texts], "id string, text string, date string"
    )
    write(annotate(frame, id="id", date="date", layers=["goals"]), tmp_path / "out")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "documents", "duplicates", "failures", "goals", "passages", "sentences",
    ]  # fmt: skip
    found = {row for one in texts for row in map(repr, tables_rows(nlp, one, "goals"))}
    with store.connect(tmp_path / "out") as connection:
        shown = connection.execute(store.relation(tmp_path / "out", "goals")).to_arrow_table().to_pylist()
    assert {repr(row) for row in shown} == found
    with pytest.raises(PolicyError, match="name a new folder"):
        write(annotate(frame, id="id"), tmp_path / "out")


def tables_rows(nlp: Analyzer, one: dict[str, Any], table: str) -> list[dict[str, Any]]:
    day = date.fromisoformat(one["date"]) if one["date"] else None
    return tables.tables_of(nlp.analyze(one["text"], date=day, id=one["id"]))[table]


def test_files_that_spark_has_read_whole(spark: Any, tmp_path: Path) -> None:
    from nlp_toolkit.batch.spark import annotate, sources

    (tmp_path / "甲.txt").write_bytes("到2025年建成10个平台。".encode("gb18030"))
    (tmp_path / "b.html").write_text("<html><body><p>财政部牵头。</p></body></html>", encoding="utf-8")
    (tmp_path / "c.jsonl").write_text(
        '{"id": "1", "text": "一。", "date": "2020-01-01", "k": 1}\n{"id": "2"}', encoding="utf-8"
    )
    found = sources(spark.read.format("binaryFile").load(str(tmp_path)))
    by_id = {row["id"]: row for row in found.collect()}
    assert by_id["甲"]["text"] == "到2025年建成10个平台。"
    assert by_id["b"]["text"].strip() == "财政部牵头。"
    assert (by_id["1"]["date"], json.loads(by_id["1"]["meta"])["k"]) == (date(2020, 1, 1), 1)
    assert 'no "text"' in by_id[None]["failure"]
    readable = found.where("failure IS NULL")
    assert (
        annotate(readable, id="id", date="date", title="title", source="source").selectExpr("inline(goals)").count()
        == 1
    )


def test_a_model_and_a_codebook_go_to_the_workers(spark: Any, tmp_path: Path) -> None:
    import shutil

    from nlp_toolkit.batch.spark import annotate

    shutil.copytree(ROOT / "models/themes", tmp_path / "model")
    book = (ROOT / "nlp_toolkit/data/codebook.toml").read_text(encoding="utf-8")
    start = book.index("[[themes]]")
    second = book.index("[[themes]]", start + 1)
    (tmp_path / "one.toml").write_text(book[:second], encoding="utf-8")
    frame = spark.createDataFrame([(one["text"],) for one in short_documents(80)], "text string")
    every = annotate(frame, model=tmp_path / "model").selectExpr("inline(themes)").select("theme").distinct().count()
    assert every > 5
    alone = annotate(frame, model=tmp_path / "model", codebook=tmp_path / "one.toml")
    shutil.rmtree(tmp_path / "model")
    assert alone.selectExpr("inline(themes)").select("theme").distinct().count() == 1
    with pytest.raises(DataError, match="model"):
        annotate(frame, model=tmp_path / "missing")


def test_what_cannot_be_is_said_at_once(spark: Any) -> None:
    from nlp_toolkit.batch.spark import annotate

    frame = spark.createDataFrame([("a", 1)], "text string, goals int")
    with pytest.raises(ValueError, match="no column 'body'; it has text, goals"):
        annotate(frame, "body")
    with pytest.raises(ValueError, match="a column 'goals' of its own"):
        annotate(frame, keep=["goals"])
    with pytest.raises(ValueError, match="unknown layer 'goal'"):
        annotate(frame, layers=["goal"])


def test_salts_make_partitions_of_one_size(spark: Any) -> None:
    from pyspark.sql import functions

    from nlp_toolkit.batch.spark import salted

    sizes = [10_000, *[1] * 3000, *[50] * 300, *[5000] * 4]
    skewed = spark.createDataFrame([(size,) for size in sizes], "size int").coalesce(1)
    parts = salted(skewed, functions.col("size"), 8).groupBy(functions.spark_partition_id()).sum("size").collect()
    assert sum(size for _, size in parts) == sum(sizes)
    assert max(size for _, size in parts) <= max(10_000, 2.5 * sum(sizes) / 8)
    assert salted(skewed, functions.col("size"), 8).columns == ["size"]


def test_the_command(spark: Any, tmp_path: Path) -> None:
    from click.testing import CliRunner

    from nlp_toolkit.cli import cli

    (tmp_path / "a.txt").write_text("到2025年，建成10个平台。", encoding="utf-8")
    told = CliRunner().invoke(cli, ["batch", str(tmp_path / "a.txt"), "-o", str(tmp_path / "out"), "--engine", "spark"])
    assert (told.exit_code, "1 documents" in told.output) == (0, True), told.output
    assert len(rows(tmp_path / "out", "goals")) == 1
    told = CliRunner().invoke(cli, ["batch", str(tmp_path / "a.txt"), "-o", str(tmp_path / "b"), "--master", "yarn"])
    assert (told.exit_code, "--engine spark" in told.output) == (2, True)


# ---- The guard that workers analyse behind


def test_the_guard_survives_what_documents_do() -> None:
    texts = ["好。", poison.CRASH, "好。", poison.LOOP, poison.MEMORY, poison.HOARD, poison.ERROR, "到2025年建成。"]
    guard = Guard(POISONED, TIGHT)
    try:
        for _ in range(2):
            found = list(guard.rows([Told(Source(text, f"{at}"), "a.txt") for at, text in enumerate(texts)]))
            kinds = [one.kind if isinstance(one, Failure) else len(one["documents"]) for one in found]
            assert kinds == [1, "crash", 1, "time", "memory", "memory", "error", 1]
            assert {one.source for one in found if isinstance(one, Failure)} == {"a.txt"}
        next(guard.rows([Told(Source("一。", "1")), Told(Source("二。", "2"))]))  # the second answer is not waited for
        (row,) = guard.rows([Told(Source("三。", "3"))])
        assert not isinstance(row, Failure)
        assert row["documents"][0]["document"] == "3"
        assert list(guard.rows([])) == []
    finally:
        guard.close()


# ---- What is missing


def command(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, env=os.environ | environment, cwd=ROOT, check=False
    )  # fmt: skip


def test_without_java_it_says_what_to_install(tmp_path: Path) -> None:
    needed(find_spec("pyspark") is not None, "PySpark is not installed: pip install '.[spark]'")
    (tmp_path / "a.txt").write_text("好。", encoding="utf-8")
    done = command(
        "-m", "nlp_toolkit", "batch", str(tmp_path / "a.txt"), "-o", str(tmp_path / "out"), "--engine", "spark",
        PATH=str(tmp_path), JAVA_HOME="",
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr == (
        "nlp-toolkit: Spark needs Java 17 or later; install it (Debian: apt-get install openjdk-17-jre-headless), or set JAVA_HOME\n"
    )
    assert not (tmp_path / "out").exists()


def test_without_pyspark_the_extra_is_named() -> None:
    code = (
        "import sys; sys.modules['pyspark'] = sys.modules['pyspark.sql'] = None\n"
        "from nlp_toolkit.batch.spark import session\n"
        "try: session(1)\nexcept Exception as error: print(type(error).__name__, error)"
    )
    done = command("-c", code)
    assert done.stdout == "PolicyError Spark needs an extra; pip install 'nlp_toolkit[spark]'\n", done.stderr


def test_workers_without_the_package_are_told_of(spark: Any, tmp_path: Path) -> None:
    venv.create(tmp_path / "bare", with_pip=False)
    code = (
        "from nlp_toolkit.batch.spark import annotate, session\n"
        "spark = session(1)\n"
        "try: annotate(spark.createDataFrame([('a',)], 'text string'))\n"
        "except Exception as error: print(type(error).__name__, error)"
    )
    done = command("-c", code, PYSPARK_PYTHON=str(tmp_path / "bare/bin/python"), PYTHONPATH="")
    assert done.stdout.startswith("PolicyError a Spark worker cannot import what it needs (No module named"), (
        done.stderr
    )
    assert "nlp-toolkit[spark]" in done.stdout
    assert "--archives" in done.stdout


def test_layers_are_those_of_the_analysis() -> None:
    from nlp_toolkit.batch.spark import nested_columns

    assert nested_columns(Analysis(DEFAULT_LAYERS)) == tuple(t for t in tables.names() if t != "duplicates")
