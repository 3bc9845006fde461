"""Questions to a corpus: what the presets say of texts that are known, the forms of answers, and that nothing is written."""

from __future__ import annotations

import csv
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from nlp_toolkit.batch import job, query, store
from nlp_toolkit.batch.progress import Quiet
from nlp_toolkit.batch.settings import Settings
from nlp_toolkit.batch.views import RESULT_FORMATS, VIEWS
from nlp_toolkit.errors import DataError, InputError
from tests.conftest import needed
from tests.test_batch import lines

RECORDS = [
    {
        "id": "plan",
        "date": "2023-03-01",
        "text": "湖北省养老服务三年行动计划\n到2025年底，建成养老服务站120个，护理型床位占比达到60%以上。\n"
        "（一）完善站点布局。（省民政厅牵头，省财政厅配合，2024年12月底前完成）\n",
    },
    {
        "id": "goals",
        "date": "2024-05-06",
        "text": "国务院办公厅关于加强数据共享工作的意见\n到2025年，建成共享平台100个。到2030年，平台覆盖率达到95%。\n"
        "国家数据局负责组织实施。\n",
    },
    {
        "id": "audit",
        "date": "2021-07-02",
        "text": "江苏省审计厅关于信息化项目的审计报告\n审计发现，部分县区重复建设信息系统，数据不共享，形成数据孤岛。\n"
        "要避免重复建设。\n",
    },
    {"id": "=1+1", "text": "要避免数据孤岛。"},
]


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    needed(find_spec("duckdb") is not None and find_spec("pyarrow") is not None, "nlp-toolkit[batch] is not installed")
    place = tmp_path_factory.mktemp("corpus")
    (place / "in.jsonl").write_text(lines(RECORDS), encoding="utf-8")
    job.run([place / "in.jsonl"], place / "out", Settings(workers=1), Quiet())
    return place / "out"


@pytest.fixture
def connection(corpus: Path) -> Iterator[Any]:
    with store.connect(corpus) as found:
        yield found


def preset(connection: Any, name: str, columns: str = "*") -> list[tuple[Any, ...]]:
    found: list[tuple[Any, ...]] = store.select(connection, f"SELECT {columns} FROM {name}").fetchall()
    return found


def test_goals_due_by_year(connection: Any) -> None:
    assert preset(connection, "goals_due_by_year") == [(2025, 3, 2, 3), (2030, 1, 1, 1)]


def test_agencies_by_role_and_year(connection: Any) -> None:
    found = preset(connection, "agencies_by_role_and_year", "year, role, agency, level, mentions")
    assert (2023, "lead", "湖北省民政厅", "provincial", 1) in found
    assert (2023, "participant", "湖北省财政厅", "provincial", 1) in found
    assert (2024, "lead", "国家数据局", "central", 1) in found


def test_themes_by_year_and_place(connection: Any) -> None:
    found = preset(connection, "themes_by_year_and_place")
    assert (2021, "江苏省", "data_silos", 1, 1) in found
    assert {row[1] for row in found if row[0] is None} == {None}, "a note without date and place"


def test_problems_by_theme_and_stance(connection: Any) -> None:
    found = {(theme, stance): (count, documents) for theme, stance, count, documents in preset(connection, "problems_by_theme_and_stance")}  # fmt: skip
    assert found["duplicate_construction", "reported"] == (1, 1)
    assert found["duplicate_construction", "guarded"] == (1, 1)
    assert found["data_silos", "guarded"] == (1, 1)


def test_who_leads_what(connection: Any) -> None:
    found = preset(connection, "who_leads_what", "agency, what, deadline, participants, document")
    assert ("湖北省民政厅", "（一）完善站点布局。", date(2024, 12, 31), ["湖北省财政厅"], "plan") in found
    assert ("国家数据局", "国家数据局负责组织实施。", None, [], "goals") in found
    assert len([row for row in found if row[4] == "plan"]) == 1, "what a note of tasks says is said once"


def test_tasks_by_deadline(connection: Any) -> None:
    found = preset(connection, "tasks_by_deadline", "deadline, task, lead, document")
    assert found == [(date(2024, 12, 31), "（一）完善站点布局。", ["湖北省民政厅"], "plan")]


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("DROP VIEW dates", "a query is one SELECT"),
        ("SELECT 1; SELECT 2", "a query is one SELECT"),
        ("", "a query is one SELECT"),
        ("COPY (SELECT 1) TO 'x.csv'", "a query is one SELECT"),
        ("EXPLAIN ANALYZE COPY (SELECT 1) TO 'x.csv'", "a query is one SELECT"),
        ("ATTACH 'x.duckdb'", "a query is one SELECT"),
        ("SET threads = 1", "a query is one SELECT"),
        ("INSTALL httpfs", "a query is one SELECT"),
        ("SELECT * FROM read_text('/etc/hostname')", "Cannot access file"),
        ("SELECT * FROM glob('/*')", "Cannot access file"),
        ("SELECT * FROM 'https://example.org/a.parquet'", "cannot be run"),
        ("SELECT nothing FROM dates", '"nothing" not found'),
        ("SELEC", "syntax error"),
    ],
)
def test_a_query_reads_the_corpus_and_does_nothing_else(connection: Any, sql: str, message: str) -> None:
    with pytest.raises(DataError) as error:
        list(store.batches(store.select(connection, sql)))
    assert message in str(error.value)


def test_a_query_that_fails_on_the_way_leaves_no_file(corpus: Path, tmp_path: Path, connection: Any) -> None:
    for name in ("a.csv", "a.parquet"):
        with pytest.raises(DataError, match="cannot be run"):
            query.write(store.select(connection, "SELECT document::INT FROM documents"), tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_csv_that_is_no_formula(connection: Any, tmp_path: Path) -> None:
    sql = "SELECT document, year, -1 AS below, evidence_at FROM problems WHERE document LIKE '=%' OR document = 'audit' ORDER BY document"
    query.write(store.select(connection, sql), tmp_path / "a.csv")
    with open(tmp_path / "a.csv", encoding="utf-8-sig", newline="") as file:
        found = list(csv.reader(file))
    assert found[0] == ["document", "year", "below", "evidence_at"]
    assert found[1][:3] == ["'=1+1", "", "-1"]
    assert '{"start":' in found[1][3]


def test_parquet_keeps_types(connection: Any, tmp_path: Path) -> None:
    import pyarrow.parquet

    query.write(
        store.select(
            connection,
            "SELECT deadline, quantities, year FROM goals WHERE deadline IS NOT NULL ORDER BY document DESC, start",
        ),
        tmp_path / "goals.parquet",
    )
    found = pyarrow.parquet.read_table(tmp_path / "goals.parquet")
    assert [str(kind) for kind in found.schema.types[::2]] == ["date32[day]", "int32"]
    assert found.num_rows == 4
    assert found["quantities"][0].as_py()[0]["value"] == 120


def command(*arguments: object) -> subprocess.CompletedProcess[bytes]:
    call = [sys.executable, "-m", "nlp_toolkit", "query", *map(str, arguments)]
    result = subprocess.run(call, capture_output=True, check=False)
    assert b"Traceback" not in result.stderr
    return result


def test_the_command(corpus: Path, tmp_path: Path) -> None:
    assert command(corpus, "-p", "goals_due_by_year").stdout.splitlines()[1] == b'"2025","3","2","3"'
    table = command(corpus, "SELECT document, lead FROM tasks", "-f", "table").stdout.decode()
    assert "湖北省民政厅" in table
    assert command(corpus, "SELECT 1 AS one", "-o", tmp_path / "a.parquet").returncode == 0
    for arguments, message in (
        ((corpus,), b"give a SELECT, or a --preset"),
        ((corpus, "SELECT 1", "-f", "parquet"), b"name a file with -o"),
        ((corpus, "SELECT 1", "-o", tmp_path / "a.doc"), b"end it in .csv or .parquet"),
        ((tmp_path, "SELECT 1"), b"holds no corpus; make one with"),
    ):
        result = command(*arguments)
        assert (result.returncode, message in result.stderr) == (2, True), result.stderr


def test_no_corpus(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no corpus"), store.connect(tmp_path / "none"):
        pass


def test_every_preset_and_format_is_offered() -> None:
    assert tuple(query.WRITERS) == RESULT_FORMATS
    assert all(view.question and view.sql.strip().startswith("SELECT") for view in VIEWS.values())
