"""The command line as a process: output, exit status, messages; never a traceback, never a partly written file."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ARTICLE = "到2025年，建成100个数据共享平台。\r\n住建部印发《关于加强管理的通知》。"


def run(*arguments: object, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "nlp_toolkit", *map(str, arguments)]
    result = subprocess.run(command, input=stdin, capture_output=True, check=False)
    assert b"Traceback" not in result.stderr
    return result


@pytest.fixture
def article(tmp_path: Path) -> Path:
    path = tmp_path / "article.txt"
    path.write_bytes(ARTICLE.encode())
    return path


def test_annotates_to_json_lines(article: Path) -> None:
    result = run("annotate", article)
    assert result.returncode == 0
    document = json.loads(result.stdout)
    assert document["id"] == "article"
    assert document["text"] == ARTICLE
    assert {span["label"] for span in document["spans"]} == {"DATE", "AGENCY", "DOCUMENT", "GOAL"}
    assert all(ARTICLE[s["start"] : s["end"]] == s["text"] for s in document["spans"])


def test_the_same_bytes_twice(article: Path) -> None:
    assert run("annotate", article).stdout == run("annotate", article).stdout


def test_view(article: Path) -> None:
    result = run("annotate", article, "--format", "text")
    assert "住房和城乡建设部" in result.stdout.decode()


def test_the_view_shows_control_characters_as_signs(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("数据\x1b[31m共享", encoding="utf-8")
    assert b"\x1b" not in run("annotate", path, "--format", "text").stdout


def test_folder_ids_dates_and_meta(tmp_path: Path) -> None:
    (tmp_path / "in/a").mkdir(parents=True)
    (tmp_path / "in/a/b.txt").write_text("今年建成。", encoding="utf-8")
    (tmp_path / "in/c.jsonl").write_text(
        '{"id": "x", "text": "去年", "date": "2020-05-01", "src": 7}\n', encoding="utf-8"
    )
    out = tmp_path / "out.jsonl"
    assert run("annotate", tmp_path / "in", "-o", out, "--date", "2021-01-01").returncode == 0
    documents = {d["id"]: d for d in map(json.loads, out.read_text(encoding="utf-8").splitlines())}
    assert documents["a/b"]["spans"][0]["attrs"]["start"] == "2021-01-01"
    assert documents["x"]["spans"][0]["attrs"]["start"] == "2019-01-01"
    assert documents["x"]["meta"] == {"src": 7}


# (name of the file, its bytes, what the message says)
BAD_FILES = [
    ("empty.txt", b"", "is empty"),
    ("blank.txt", b" \n\t\n", "is empty"),
    ("broken.txt", "数据共享".encode("gb18030")[:-1], "is not UTF-8 (byte 0"),
    ("picture.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(64), "is a picture"),
    ("program.exe", b"MZ\x90\0\x03\0\0\0" + bytes(64), "binary file"),
    ("bad.jsonl", b'{"text": "a"', "line 1: is not JSON"),
    ("list.jsonl", b"[1, 2]", "not an object"),
    ("notext.jsonl", b'{"id": "a"}', 'has no "text"'),
    ("date.jsonl", '{"text": "数据", "date": "2020-13-01"}'.encode(), '"date" is'),
    ("surrogate.jsonl", b'{"text": "\\ud800"}', "line 1: is not JSON"),
    ("surrogate.txt", b"\xed\xa0\x80", "is not UTF-8"),
]


@pytest.mark.parametrize(("name", "data", "message"), BAD_FILES, ids=[name for name, *_ in BAD_FILES])
def test_a_bad_input_is_named_and_the_others_are_done(
    tmp_path: Path, article: Path, name: str, data: bytes, message: str
) -> None:
    bad, out = tmp_path / name, tmp_path / "out.jsonl"
    bad.write_bytes(data)
    result = run("annotate", bad, article, "-o", out)
    assert result.returncode == 1
    assert name in result.stderr.decode()
    assert message in result.stderr.decode()
    assert json.loads(out.read_text(encoding="utf-8"))["id"] == "article"


def test_missing_file_and_empty_folder(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    result = run("annotate", tmp_path / "none.txt", tmp_path / "folder", "-o", tmp_path / "out.jsonl")
    assert result.returncode == 1
    assert b"there is no such file" in result.stderr
    assert b"the folder has no texts" in result.stderr
    assert not (tmp_path / "out.jsonl").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--date", "2020-13-01"], "not a date"),
        (["--date", "yesterday"], "write a day as YYYY-MM-DD"),
        (["--model", "nowhere"], "no model folder"),
        (["--codebook", "nowhere.toml"], "cannot be read"),
        (["-o", "result.pdf"], "no format is known"),
        (["--encoding", "gb18031"], "unknown encoding 'gb18031'"),
        (["--no-such-option"], "No such option"),
    ],
)
def test_a_wrong_call(article: Path, arguments: list[str], message: str) -> None:
    result = run("annotate", article, *arguments)
    assert result.returncode == 2
    assert message in result.stderr.decode()


def test_a_codebook_with_an_unknown_theme(tmp_path: Path, article: Path) -> None:
    book = tmp_path / "mine.toml"
    book.write_text('[[themes]]\nid = "housing_costs"\n', encoding="utf-8")
    result = run("annotate", article, "--codebook", book)
    assert result.returncode == 2
    assert b"housing_costs" in result.stderr
    assert b"nlp-toolkit train" in result.stderr


def test_a_codebook_restricts_the_themes(tmp_path: Path) -> None:
    book, text = tmp_path / "mine.toml", tmp_path / "a.txt"
    book.write_text('[[themes]]\nid = "data_silos"\n', encoding="utf-8")
    text.write_text("打破信息孤岛，杜绝重复建设和资源浪费，清理闲置资产。", encoding="utf-8")
    document = json.loads(run("annotate", text, "--codebook", book).stdout)
    assert {theme["id"] for theme in document["passages"][0]["themes"]} <= {"data_silos"}


def test_standard_input_and_a_closed_pipe(article: Path) -> None:
    assert json.loads(run("annotate", "-", stdin=ARTICLE.encode()).stdout)["id"] == "stdin"
    command = f"{sys.executable} -m nlp_toolkit annotate {article} {article} {article} | head -c 10"
    result = subprocess.run(["bash", "-o", "pipefail", "-c", command], capture_output=True, check=False)
    assert b"Traceback" not in result.stderr


def test_how_inputs_are_read(tmp_path: Path) -> None:
    """By what they hold; the user's word decides, on annotate and on segment, for files and standard input."""
    assert json.loads(run("annotate", "-", stdin=ARTICLE.encode("gb18030")).stdout)["text"] == ARTICLE
    table = "编号,正文,印发\n甲,今年建成。,2021-05-01\n".encode("utf-16")
    columns = ("--text-column", "正文", "--id-column", "编号", "--date-column", "印发")
    document = json.loads(run("annotate", "-", *columns, stdin=table).stdout)
    assert (document["id"], document["spans"][0]["attrs"]["edtf"]) == ("甲", "2021")
    assert run("segment", "-", *columns, stdin=table).stdout.decode().split() == ["今年", "建成", "。"]
    told = run("segment", "-", "--encoding", "big5", stdin="行政院".encode("big5"))
    assert "".join(told.stdout.decode().split()) == "行政院"


def test_segment(article: Path) -> None:
    result = run("segment", article, "--pos")
    assert result.returncode == 0
    assert "建成/v 100/m" in result.stdout.decode()


def test_train_and_evaluate(tmp_path: Path) -> None:
    gold = tmp_path / "gold.jsonl"
    texts = [("系统互不相通，数据没有共享。", ["silo"]), ("道路宽阔，绿树成荫。", [])] * 10
    gold.write_text(
        "".join(
            json.dumps({"id": str(i), "text": t, "passages": [{"start": 0, "end": len(t), "themes": themes}]}) + "\n"
            for i, (t, themes) in enumerate(texts)
        ),
        encoding="utf-8",
    )
    book = tmp_path / "book.toml"
    book.write_text('[[themes]]\nid = "silo"\ncues = ["互不相通"]\n', encoding="utf-8")
    model = tmp_path / "model"
    assert run("train", gold, "-o", model, "--codebook", book).returncode == 0
    result = run("evaluate", gold, "--model", model, "--json")
    assert json.loads(result.stdout)["themes"]["micro_f1"] == 1.0
    first = {p.name: p.read_bytes() for p in model.iterdir()}
    run("train", gold, "-o", model, "--codebook", book)
    assert {p.name: p.read_bytes() for p in model.iterdir()} == first
    assert run("train", gold, "-o", tmp_path / "other").returncode == 2, "the theme is not in the default codebook"


def test_evaluate_names_bad_gold_and_scores_the_rest(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.jsonl", tmp_path / "bad.jsonl"
    good.write_text('{"id": "a", "text": "2020年", "spans": [], "passages": []}\n', encoding="utf-8")
    bad.write_text('{"id": "a", "text": "短", "spans": [{"label": "DATE", "start": 0, "end": 9}]}\n', encoding="utf-8")
    result = run("evaluate", bad, good, "--json")
    assert result.returncode == 1
    assert b"bad.jsonl, line 1" in result.stderr
    assert json.loads(result.stdout)["spans"]["DATE"]["predicted"] == 1


def test_info() -> None:
    result = run("info")
    assert result.returncode == 0
    assert b"16 themes" in result.stdout


def test_layers(article: Path) -> None:
    result = run("annotate", article, "--layers", "dates,quantities")
    assert {s["label"] for s in json.loads(result.stdout)["spans"]} == {"DATE", "QUANTITY"}
    every = json.loads(run("annotate", article, "--layers", "all").stdout)
    assert {s["label"] for s in every["spans"]} >= {"DATE", "AGENCY", "DOCUMENT", "GOAL", "QUANTITY"}
    wrong = run("annotate", article, "--layers", "date")
    assert wrong.returncode == 2
    assert "unknown layer 'date'" in wrong.stderr.decode()


def test_strange_characters_keep_their_places(tmp_path: Path) -> None:
    text = "数\0据\ud7ff😀到2025年，\u200b建成100个平台。"
    path = tmp_path / "strange.txt"
    path.write_bytes(b"\xef\xbb\xbf" + text.encode())
    document = json.loads(run("annotate", path).stdout)
    assert document["text"].endswith(text)
    assert all(document["text"][s["start"] : s["end"]] == s["text"] for s in document["spans"])
    assert "DATE" in {s["label"] for s in document["spans"]}


@pytest.mark.parametrize("command", ["annotate", "segment", "convert"])
def test_an_input_is_never_overwritten(article: Path, command: str) -> None:
    form = ["-f", "jsonl"] if command == "annotate" else []
    result = run(command, article, "-o", article.parent / "." / article.name, *form)
    assert result.returncode == 2
    assert "is an input too" in result.stderr.decode()
    assert article.read_bytes() == ARTICLE.encode()


@pytest.mark.parametrize("output", ["result.jsonl", "tables.csv.zip"])
def test_a_missing_folder_of_the_output_is_named(article: Path, output: str) -> None:
    result = run("annotate", article, "-o", article.parent / "nowhere" / output)
    assert result.returncode == 2
    assert f"there is no folder {article.parent / 'nowhere'}; make it first" in result.stderr.decode()
    assert ".part" not in result.stderr.decode()
