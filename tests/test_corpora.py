"""The gold: the check that `make corpora` runs passes, and it finds what is wrong with bad gold."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.conftest import ROOT

GOOD = [
    {"id": "a", "split": "train", "text": "到2025年建成。", "passages": [], "spans": []},
    {
        "id": "b",
        "split": "test",
        "text": "打破部门之间的数据壁垒，杜绝多头采集，方便群众办事，减少往返跑腿。",
        "passages": [],
    },
]


@pytest.fixture
def check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """corpora/check.py, looking at a folder of the test's own."""
    spec = importlib.util.spec_from_file_location("corpora_check", ROOT / "corpora/check.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "corpora_check", module)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "FOLDER", tmp_path)
    return module


def write(folder: Path, documents: list[dict[str, Any]], passages: list[dict[str, Any]]) -> None:
    for name, rows in (("documents", documents), ("passages", passages)):
        lines = [json.dumps(row, ensure_ascii=False) + "\n" for row in rows]
        (folder / f"{name}.jsonl").write_text("".join(lines), encoding="utf-8")


def test_the_corpora_pass(check: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check, "FOLDER", ROOT / "corpora")
    assert check.main() == 0


def test_good_gold(check: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path, GOOD[:1], GOOD[1:])
    assert check.main() == 0
    assert "1 whole documents, 1 single passages" in capsys.readouterr().out


# (what the second line is changed to, what the check says)
FAULTS: list[tuple[dict[str, Any], str]] = [
    ({"id": "a"}, "the id 'a' stands 2 times"),
    ({"split": "exam"}, "split is 'exam'"),
    ({"passages": [{"start": 0, "end": 5, "themes": ["housing"]}]}, "'housing' is not in the codebook"),
    ({"passages": [{"start": 0, "end": 500, "themes": []}]}, "lies outside the text"),
    ({"spans": [{"label": "DATE", "start": 0, "end": 2, "text": "往返", "attrs": {}}]}, "passages.jsonl, line 1"),
    ({"spans": [{"label": "MONEY", "start": 0, "end": 2, "text": "打破", "attrs": {}}]}, "passages.jsonl, line 1"),
]


@pytest.mark.parametrize(("change", "message"), FAULTS, ids=[message for _, message in FAULTS])
def test_faults(
    check: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str], change: dict[str, Any], message: str
) -> None:
    write(tmp_path, GOOD[:1], [GOOD[1] | change])
    assert check.main() == 1
    assert message in capsys.readouterr().out


def test_near_duplicates_and_leaks(check: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = str(GOOD[1]["text"])
    passage = [{"start": 0, "end": len(text), "themes": []}]
    one = GOOD[1] | {"passages": passage}
    same = one | {"id": "c", "text": text.replace("群众", "居民")}
    write(tmp_path, [GOOD[0], one], [same])
    assert check.main() == 1
    assert "near duplicate: b 0 and c 0" in capsys.readouterr().out
    write(tmp_path, [GOOD[0], one], [same | {"split": "train"}])
    assert check.main() == 1
    assert "leak across the split" in capsys.readouterr().out
