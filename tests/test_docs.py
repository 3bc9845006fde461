"""The docs do what they say: their Python runs, their commands run as processes, their links lead somewhere.

A page is a little script: its blocks run from top to bottom in an empty folder. A block with a file's name behind its
language (```toml mine.toml) becomes that file; ```python runs, as a doctest where it shows what comes out; of ```sh the
lines that call nlp-toolkit run. A line that shall leave another status than 0 says so: # exit status 1.
"""

from __future__ import annotations

import doctest
import json
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.conftest import ROOT, needed

DOCS = ROOT / "docs"
PAGES = sorted(DOCS.rglob("*.md"))
_BLOCK = re.compile(r"^```(?P<language>\w+)(?: (?P<file>\S+))?\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\((?P<target>[^)\s]+)\)")
_STATUS = re.compile(r"#.*\bexit status (?P<status>\d)")
_OPTIONS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
# Parts that the pages need beside the toolkit itself: module, page.
NEEDS = {
    "tutorial.md": ("pandas", "openpyxl"),
    "a-folder-of-pdfs.md": ("pypdfium2", "reportlab", "pyarrow"),
    "excel-for-colleagues.md": ("openpyxl",),
    "a-whole-archive.md": ("duckdb", "pyarrow", "pandas"),
}


class Block(NamedTuple):
    """A fenced block: its language, the file that it becomes, its text, and the line that it begins in."""

    language: str
    file: str | None
    body: str
    line: int


def blocks(page: Path) -> Iterator[Block]:
    text = page.read_text(encoding="utf-8")
    for match in _BLOCK.finditer(text):
        line = text.count("\n", 0, match.start("body"))
        yield Block(match["language"], match["file"], match["body"], line)


def commands(block: Block) -> Iterator[tuple[list[str], int]]:
    """The calls of nlp-toolkit in a block, each with the exit status that it shall leave."""
    for line in block.body.replace("\\\n", " ").splitlines():
        words = shlex.split(line, comments=True)
        if words[:1] == ["nlp-toolkit"]:
            told = _STATUS.search(line)
            yield words[1:], int(told["status"]) if told else 0


def reports(folder: Path) -> None:
    """Two PDFs with a text layer, and one that is a picture of a page."""
    from tests.test_read_pdf import Drawing, wrapped

    (folder / "reports").mkdir()
    for name, text in (
        ("audit", "审计发现，部分县区重复建设信息系统，数据不共享。到2025年底，应当完成系统整合。"),
        ("review", "2022年，省教育厅会同省财政厅印发《乡村教师支持计划》。基层师资仍然不足。"),
    ):
        (folder / "reports" / f"{name}.pdf").write_bytes(Drawing().lines(wrapped(text)).page().data)
    picture = Drawing()
    picture.canvas.rect(80, 80, 400, 600, fill=1)
    (folder / "reports" / "scan.pdf").write_bytes(picture.page().data)


def export(folder: Path) -> None:
    """What Label Studio exports of the tasks once somebody has submitted them, with one date taken out."""
    tasks = json.loads((folder / "to_correct" / "tasks.json").read_text(encoding="utf-8"))
    for number, task in enumerate(tasks, 1):
        result = task.pop("predictions")[0]["result"]
        gone = (
            {region["id"] for region in result if region["value"].get("labels") == ["DATE"]} if number == 1 else set()
        )
        task |= {"id": number, "annotations": [{"result": [r for r in result if r["id"] not in gone]}]}
    (folder / "export.json").write_text(json.dumps(tasks), encoding="utf-8")


# What the reader of a page brings along and a block of text cannot be: made when a command first names it.
MADE: dict[str, Callable[[Path], None]] = {"reports": reports, "export.json": export}


def run_command(words: list[str], status: int, folder: Path, where: str) -> None:
    for name, make in MADE.items():
        if name in {word.split("/")[0] for word in words} and not (folder / name).exists():
            make(folder)
    call = [sys.executable, "-m", "nlp_toolkit", *words]
    result = subprocess.run(call, cwd=folder, capture_output=True, stdin=subprocess.DEVNULL, check=False)
    assert result.returncode == status, f"{where}: {shlex.join(words)}\n{result.stderr.decode()}"


def run_python(block: Block, names: dict[str, Any], where: str) -> None:
    if not block.body.startswith(">>>"):
        exec(compile("\n" * block.line + block.body, where, "exec"), names)
        return
    test = doctest.DocTestParser().get_doctest(block.body, names, where, where, block.line)
    told: list[str] = []
    runner = doctest.DocTestRunner(optionflags=_OPTIONS, verbose=False)
    runner.run(test, out=told.append, clear_globs=False)
    assert not runner.failures, "".join(told)
    names.update(test.globs)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(DOCS).as_posix())
def test_a_page_does_what_it_says(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in NEEDS.get(page.name, ()):
        needed(find_spec(module) is not None, f"{module} is not installed")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    names: dict[str, Any] = {"__name__": "__main__"}
    for block in blocks(page):
        where = f"{page.relative_to(ROOT)}, line {block.line + 1}"
        if block.file is not None:
            Path(block.file).parent.mkdir(exist_ok=True)
            Path(block.file).write_text(block.body, encoding="utf-8")
        elif block.language == "python":
            run_python(block, names, where)
        elif block.language == "json":
            json.loads(block.body)
        elif block.language == "sh":
            for words, status in commands(block):
                run_command(words, status, tmp_path, where)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(DOCS).as_posix())
def test_links_lead_to_files(page: Path) -> None:
    for match in _LINK.finditer(page.read_text(encoding="utf-8")):
        target = match["target"].partition("#")[0]
        if target and not target.startswith("https://"):
            assert (page.parent / target).exists(), f"{page.relative_to(ROOT)}: {target}"


def test_every_page_is_reached_from_the_way_in() -> None:
    linked = {(DOCS / m["target"]).resolve() for m in _LINK.finditer((DOCS / "README.md").read_text(encoding="utf-8"))}
    assert not [page for page in PAGES if page.name != "README.md" and page not in linked]


@pytest.mark.parametrize("name", ["api", "commands", "tables"])
def test_pages_that_the_program_makes_are_what_it_says(name: str) -> None:
    needed(find_spec("pyarrow") is not None, "pyarrow is not installed")
    spec = spec_from_file_location(f"{name}_page", DOCS / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    script = module_from_spec(spec)
    spec.loader.exec_module(script)
    assert script.PAGE.read_text(encoding="utf-8") == script.page(), f"write it anew: python docs/{name}.py"
