"""What untrusted documents and models can reach: no network, no file but the output, nothing left behind, no changed model."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import nlp_toolkit
from nlp_toolkit.classify.model import ThemeModel
from nlp_toolkit.errors import DataError
from tests.conftest import ROOT

TEXT = "关于加强管理的通知\n到2025年，建成100个数据共享平台，避免重复建设。\n"
# Python tells hooks of every socket and of every file that is opened; what is opened for writing is listed at the end.
WATCHED = """
import os, sys
def hook(event, args):
    if event.startswith("socket.") and event not in ("socket.__new__", "socket.gethostname"):
        os.write(2, f"NETWORK {event} {args}\\n".encode())
        os._exit(99)
    if event == "open" and isinstance(args[0], (str, bytes)) and args[2] & (os.O_WRONLY | os.O_RDWR):
        os.write(2, f"WRITES {os.path.abspath(os.fsdecode(args[0]))}\\n".encode())
sys.addaudithook(hook)
sys.dont_write_bytecode = True
from nlp_toolkit.cli import main
main()
"""


def _watched(folder: Path, *call: str) -> set[Path]:
    """The files that a command opens for writing, without temporary ones, which it takes away; it fails at the first use of the network."""
    temporary = folder / "tmp"
    temporary.mkdir(exist_ok=True)
    result = subprocess.run(
        [sys.executable, "-c", WATCHED, *call],
        capture_output=True, text=True, cwd=folder, env=os.environ | {"TMPDIR": str(temporary)}, check=False,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    assert list(temporary.iterdir()) == []
    lines = (line for line in result.stderr.splitlines() if line.startswith("WRITES "))
    written = {Path(line.removeprefix("WRITES ")) for line in lines} - {Path(os.devnull)}
    return {path for path in written if temporary not in (path, *path.parents)}


@pytest.mark.parametrize(
    ("segmenter", "output"),
    [("jieba", None), *(("rjieba", f"out.{kind}") for kind in ("jsonl", "html", "xlsx", "zip"))],
)
def test_annotating_uses_no_network_and_writes_nothing_but_its_output(
    tmp_path: Path, segmenter: str, output: str | None
) -> None:
    source, out = tmp_path / "a.txt", tmp_path / "out"
    out.mkdir()
    source.write_text(TEXT, encoding="utf-8")
    form = ["--format", "brat"] if output == "out.zip" else []
    call = ["annotate", str(source), "--segmenter", segmenter, *form]
    written = _watched(tmp_path, *call, *(["-o", str(out / output)] if output else []))
    assert [path for path in written if out not in path.parents] == []
    if output:
        assert [path.name for path in out.iterdir()] == [output]


def test_training_and_evaluating_use_no_network(tmp_path: Path) -> None:
    codebook = Path(nlp_toolkit.__file__).parent / "data" / "codebook.toml"
    model, gold, out = tmp_path / "model", tmp_path / "gold.jsonl", tmp_path / "out"
    out.mkdir()
    assert all(model in (p, *p.parents) for p in _watched(tmp_path, "train", "-c", str(codebook), "-o", str(model)))
    lines = (ROOT / "corpora" / "documents.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
    gold.write_text("".join(lines[:3]), encoding="utf-8")
    written = _watched(tmp_path, "evaluate", str(gold), "-m", str(model), "--html", str(out / "page.html"))
    assert [path for path in written if out not in path.parents] == []


def test_a_model_whose_weights_are_not_those_it_was_saved_with_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    shutil.copytree(ROOT / "models" / "themes", folder)
    ThemeModel.load(folder)
    weights = folder / "weights.npz"
    stored = bytearray(weights.read_bytes())
    stored[len(stored) // 2] ^= 1
    weights.write_bytes(bytes(stored))
    with pytest.raises(DataError, match=r"weights\.npz is not the file that the model was saved with"):
        ThemeModel.load(folder)
