"""PDF with a text layer; pdfium reads it in a process of its own, within limits of time and memory."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any

from nlp_toolkit.document import Source
from nlp_toolkit.errors import InputError
from nlp_toolkit.read.layout import Page, runs
from nlp_toolkit.read.options import ReadOptions
from nlp_toolkit.read.paragraphs import text_of

SUFFIXES = (".pdf",)

SECONDS = 120  # a thousand full pages take about ten
MEMORY = 2 << 30  # bytes
_WORKER = Path(__file__).with_name("pdf_worker.py")
_UNMAPPED = 0.3  # the share of characters without Unicode from which on a text cannot be used
_CONVERTER_TITLE = re.compile(
    r"(?i)microsoft (word|excel|powerpoint) - |\.(docx?|wps|pdf|indd|xlsx?|pptx?)$|^untitled$|^未命名"
)
_REASONS = {
    "encrypted": "is encrypted and needs a password; open it and save or print it without one",
    "broken": "is not a PDF or is damaged; open it in a viewer and print it to a new PDF",
    "large": "has more pages or characters than can be read; split it",
}
_SCAN = "run text recognition over it first, for example: ocrmypdf -l chi_sim in.pdf out.pdf"


def recognises(data: bytes) -> bool:
    """Whether the bytes begin as a PDF does, perhaps after a mark or white space."""
    return data[:1024].lstrip(b"\xef\xbb\xbf\0\t\r\n ").startswith(b"%PDF-")


def read(data: bytes, name: str, document_id: str, options: ReadOptions) -> Iterator[Source | InputError]:
    """The text of a PDF, a paragraph a line, without running heads and page numbers; or an error that says what to do.

    Pages of which nothing or not all could be read (a scan among others) are named by an error after the source.
    The date and title of the file's own record go to ``meta`` and ``title``.

    >>> next(read(b"%PDF-1.7 and no more", "a.pdf", "a", ReadOptions()))
    InputError('a.pdf: is not a PDF or is damaged; open it in a viewer and print it to a new PDF')
    """
    if find_spec("pypdfium2") is None:
        yield InputError(f"{name}: reading .pdf needs an extra; install nlp-toolkit[pdf]")
        return
    try:
        content = _content(data)
        yield _source(content, document_id)
    except OSError as error:  # no place for temporary files, no room for another process
        yield InputError(f"{name}: cannot be read ({error.strerror}); look at the temporary folder and at the memory")
        return
    except ValueError as error:
        yield InputError(f"{name}: {error}")
        return
    if content.without_text:
        yield InputError(f"{name}: page {_listed(content.without_text)} has no text layer and is missing; {_SCAN}")
    if content.incomplete:
        yield InputError(
            f"{name}: page {_listed(content.incomplete)} lacks characters, whose font is neither in the file nor on this "
            "machine; install one for Chinese, for example fonts-noto-cjk"
        )


@dataclass(slots=True)
class _Content:
    """What the worker told: the file's record, the pages that have text, and the numbers of those that are pictures."""

    meta: dict[str, str] = field(default_factory=dict)
    count: int = 0
    pages: list[Page] = field(default_factory=list)
    without_text: list[int] = field(default_factory=list)
    incomplete: list[int] = field(default_factory=list)
    characters: int = 0
    unmapped: int = 0


def _content(data: bytes) -> _Content:
    """What is in the bytes; raises ValueError with what is wrong and what to do."""
    with tempfile.TemporaryFile() as answers:
        command = [sys.executable, "-P", str(_WORKER), str(SECONDS), str(MEMORY)]
        try:
            done = subprocess.run(
                command, input=data, stdout=answers, stderr=subprocess.DEVNULL, timeout=SECONDS, check=False
            )
        except subprocess.TimeoutExpired:
            raise ValueError(f"takes more than {SECONDS} seconds to read; split it, or print it to a new PDF") from None
        if done.returncode != 0:
            raise ValueError("cannot be read within the limits of time and memory; split it, or print it to a new PDF")
        answers.seek(0)
        return _gathered(answers)


def _gathered(answers: IO[bytes]) -> _Content:
    """The worker's lines put together; raises ValueError where it says that the file cannot be read."""
    content = _Content()
    for line in answers:
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise ValueError(_REASONS[answer["error"]])
        if "meta" in answer:
            content.meta, content.count = answer["meta"], answer["pages"]
            continue
        characters = answer["characters"]
        content.characters += len(characters)
        content.unmapped += answer["unmapped"]
        if characters:
            found = runs((chr(code), *place) for code, place in zip(characters, answer["places"], strict=True))
            content.pages.append(Page(answer["width"], answer["height"], found))
            if answer["lost"]:
                content.incomplete.append(answer["number"])
        elif answer["drawn"]:
            content.without_text.append(answer["number"])
    return content


def _source(content: _Content, document_id: str) -> Source:
    """The source; raises ValueError for a scan, and for fonts that do not say what their characters are."""
    if content.unmapped > _UNMAPPED * (content.characters + content.unmapped):
        raise ValueError(f"has fonts that do not say which characters they show; {_SCAN}")
    text, heads = text_of(content.pages)
    if not text:
        if content.without_text:
            raise ValueError(f"is a scan without a text layer; {_SCAN}")
        raise ValueError("has no text in it; there is nothing to annotate")
    meta: dict[str, Any] = {"pages": content.count}
    if heads:
        meta["running_heads"] = heads
    if author := content.meta.get("Author"):
        meta["author"] = author
    for key, entry in (("created", "CreationDate"), ("modified", "ModDate")):
        if day := _day(content.meta.get(entry, "")):
            meta[key] = day
    title = content.meta.get("Title", "").strip()
    return Source(text, document_id, None, None if _CONVERTER_TITLE.search(title) else title or None, meta)


def _listed(numbers: list[int]) -> str:
    """The first numbers of a list.

    >>> _listed([2, 5]), _listed(list(range(50)))
    ('2, 5', '0, 1, 2, 3, 4, 5, 6, 7, 8, 9 …')
    """
    return ", ".join(map(str, numbers[:10])) + (" …" if len(numbers) > 10 else "")


def _day(value: str) -> str | None:
    """A PDF date (ISO 32000-1, 7.9.4) as an ISO day.

    >>> _day("D:20200501093000+08'00'"), _day("yesterday")
    ('2020-05-01', None)
    """
    try:
        return datetime.strptime(value.removeprefix("D:")[:8], "%Y%m%d").date().isoformat()
    except ValueError:
        return None
