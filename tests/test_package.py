"""The wheel: built, installed into an environment of its own, and used from another folder."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path

from tests.conftest import ROOT


def test_the_wheel_holds_its_data_and_annotates_from_anywhere(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path), str(ROOT)]
    subprocess.run(build, capture_output=True, check=True)
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    for part in (
        "models/themes/weights.npz",
        "models/themes/model.json",
        "data/codebook.toml",
        "data/cues/goals.tsv",
        "write/page/page.js",
    ):
        assert f"nlp_toolkit/{part}" in names
    assert not any(name.startswith(("tests/", "corpora/")) or name.endswith((".pkl", ".joblib")) for name in names)

    # The dependencies come from this environment; the package itself only from the wheel.
    target = tmp_path / "site"
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(target), str(wheel)]
    subprocess.run(install, capture_output=True, check=True)
    text = tmp_path / "a.txt"
    text.write_text("到2025年，建成100个平台。", encoding="utf-8")
    code = "import sys; sys.path.insert(0, sys.argv.pop(1)); from nlp_toolkit.cli import main; main()"
    command = [sys.executable, "-c", code, str(target), "annotate", str(text)]
    result = subprocess.run(command, capture_output=True, check=True, cwd=tmp_path)
    assert json.loads(result.stdout)["spans"][0]["label"] == "GOAL"
