"""OFD (GB/T 33190-2016), the fixed-layout format of Chinese official documents: a zip of XML with placed characters.

Text is put together from its places, as in a PDF; templates of pages count, annotations and stamps do not.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any

from nlp_toolkit.document import Source
from nlp_toolkit.errors import InputError
from nlp_toolkit.read.layout import Character, Page, runs
from nlp_toolkit.read.options import ReadOptions
from nlp_toolkit.read.paragraphs import text_of
from nlp_toolkit.read.parts import Element, Parts, holds, local, resolve

SUFFIXES = (".ofd",)

_A4 = (0.0, 0.0, 210.0, 297.0)  # millimetres, where a document names no page size
_BASELINE = 0.86  # the share of a character's height that stands above its baseline
_PAGES, _CHARACTERS = 20_000, 10_000_000  # more than any publication has
_SLANT = 5  # degrees
_SCAN = "run text recognition over it, for example after printing it to a PDF: ocrmypdf -l chi_sim in.pdf out.pdf"


def recognises(data: bytes) -> bool:
    """Whether the bytes are a zip that holds an OFD document."""
    return holds(data, "OFD.xml")


def read(data: bytes, name: str, document_id: str, options: ReadOptions) -> Iterator[Source | InputError]:
    """The documents in an OFD file (nearly always one), a paragraph a line; or an error that says what to do.

    Title, author and dates of the file's own record go to ``title`` and ``meta``.

    >>> next(read(b"no zip", "a.ofd", "a", ReadOptions()))
    InputError('a.ofd: is damaged (the zip inside cannot be opened); save it anew')
    """
    if find_spec("lxml") is None:
        yield InputError(f"{name}: reading .ofd needs an extra; install nlp-toolkit[ofd]")
        return
    try:
        parts = Parts(data)
        bodies = _bodies(parts)
    except ValueError as error:
        yield InputError(f"{name}: {error}")
        return
    for number, body in enumerate(bodies, 1):
        try:
            yield _source(parts, body, document_id if len(bodies) == 1 else f"{document_id}-{number}")
        except ValueError as error:
            yield InputError(f"{name}: {error}")


def _bodies(parts: Parts) -> list[Element]:
    """The entries of the documents in the file (GB/T 33190, 7.4)."""
    if "OFD.xml" not in parts:
        raise ValueError("is a zip, but no OFD document (it has no OFD.xml); check what it is")
    # Encrypted files (GM/T 0099) keep OFD.xml readable and name there, or beside it, what is encrypted.
    root = parts.xml("OFD.xml")
    if any("encrypt" in local(element).lower() for element in root.iter("{*}*")) or any(
        "decryptseed" in name or "encryptinfo" in name for name in parts.names
    ):
        raise ValueError("is encrypted and needs a password or a key; save or print it without one")
    bodies = list(root.iterfind("{*}DocBody"))
    if not bodies:
        raise ValueError("is damaged (OFD.xml names no document); save it anew")
    return bodies


def _source(parts: Parts, body: Element, document_id: str) -> Source:
    """One document; raises ValueError with what is wrong and what to do."""
    root_name = resolve("OFD.xml", _text(body, "DocRoot") or "Doc_0/Document.xml")
    pages, pictures = _pages(parts, root_name)
    text, heads = text_of(pages)
    if not text:
        if pictures:
            raise ValueError(f"is a scan without text; {_SCAN}")
        raise ValueError("has no text in it; there is nothing to annotate")
    meta: dict[str, Any] = {"pages": len(pages)}
    if heads:
        meta["running_heads"] = heads
    for key, entry in (("author", "Author"), ("created", "CreationDate"), ("modified", "ModDate")):
        if value := _text(body, f"DocInfo/{{*}}{entry}"):
            meta[key] = value
    return Source(text, document_id, None, _text(body, "DocInfo/{*}Title"), meta)


def _text(element: Element, path: str) -> str | None:
    """The text of a descendant, or None where there is none."""
    found = element.findtext(f"{{*}}{path}")
    return found.strip() or None if found else None


def _pages(parts: Parts, root_name: str) -> tuple[list[Page], bool]:
    """The pages in order, and whether any has a picture on it."""
    root = parts.xml(root_name)
    box = _numbers(root.findtext("{*}CommonData/{*}PageArea/{*}PhysicalBox"), 4) or list(_A4)
    templates = {
        template.get("ID"): _Content(parts.xml(resolve(root_name, template.get("BaseLoc", ""))))
        for template in root.iterfind("{*}CommonData/{*}TemplatePage")
    }
    entries = list(root.iterfind("{*}Pages/{*}Page"))
    pages: list[Page] = []
    pictures = False
    total = 0
    for entry in entries:
        content = _Content(parts.xml(resolve(root_name, entry.get("BaseLoc", ""))))
        used = dict.fromkeys(template.get("TemplateID") for template in content.root.iterfind("{*}Template"))
        layers = [content, *(templates[template] for template in used if template in templates)]
        total += sum(layer.characters for layer in layers)
        if len(entries) > _PAGES or total > _CHARACTERS:
            raise ValueError("has more pages or characters than can be read; split it")
        own = _numbers(content.root.findtext("{*}Area/{*}PhysicalBox"), 4) or box
        pages.append(Page(own[2], own[3], [run for layer in layers for run in layer.runs]))
        pictures = pictures or any(layer.pictures for layer in layers)
    return pages, pictures


class _Content:
    """What a page or a template shows."""

    def __init__(self, root: Element) -> None:
        self.root = root
        self.runs = [run for text in root.iter("{*}TextObject") for run in runs(_characters(text))]
        self.characters = sum(len(run.text) for run in self.runs)
        self.pictures = root.find(".//{*}ImageObject") is not None


def _characters(text: Element) -> Iterator[Character]:
    """The characters of a TextObject with their places on the page (GB/T 33190, 11.3).

    Text at a slant is a watermark and left out; text that stands sideways or upside down is read where it begins.
    """
    size = _number(text.get("Size"), 0.0)
    boundary = _numbers(text.get("Boundary"), 2)
    a, b, c, d, e, f = (_numbers(text.get("CTM"), 6) or [1.0, 0.0, 0.0, 1.0, 0.0, 0.0])[:6]
    degrees = math.degrees(math.atan2(b, a))
    turn = round(degrees / 90) * 90
    if size <= 0 or not boundary or text.get("Visible", "true") in ("false", "0") or abs(degrees - turn) > _SLANT:
        return
    if turn:
        a, b, c, d = math.hypot(a, b), 0.0, 0.0, math.hypot(c, d)
    x = y = 0.0
    for code in text.iterfind("{*}TextCode"):
        x, y = _number(code.get("X"), x), _number(code.get("Y"), y)
        value = "".join(code.itertext())
        across, down = _steps(code.get("DeltaX"), len(value)), _steps(code.get("DeltaY"), len(value))
        at_x, at_y = x, y
        for index, character in enumerate(value):
            left, baseline = boundary[0] + a * at_x + c * at_y + e, boundary[1] + b * at_x + d * at_y + f
            width, height = size * (0.5 if character.isascii() else 1.0), size * abs(d)
            yield (character, left, baseline - _BASELINE * height,
                   left + abs(a) * width, baseline + (1 - _BASELINE) * height)  # fmt: skip
            at_x += across[index] if index < len(across) else 0.0 if down else width
            at_y += down[index] if index < len(down) else 0.0


def _steps(value: str | None, most: int) -> list[float]:
    """The distances in DeltaX or DeltaY, where ``g 3 2.1`` stands for three times 2.1; no more than there are characters.

    >>> _steps("5 g 3 2.1 4", 10)
    [5.0, 2.1, 2.1, 2.1, 4.0]
    """
    result: list[float] = []
    words = iter((value or "").split())
    for word in words:
        if len(result) >= most:
            break
        if word == "g":
            count = int(_number(next(words, None), 0.0))
            result += [_number(next(words, None), 0.0)] * max(0, min(count, most - len(result)))
        else:
            result.append(_number(word, 0.0))
    return result


def _number(value: str | None, default: float) -> float:
    """A finite number, or the default for what is none."""
    try:
        number = float(value) if value is not None else default
    except ValueError:
        return default
    return number if abs(number) < 1e7 else default


def _numbers(value: str | None, count: int) -> list[float]:
    """At least so many numbers with spaces between them, or an empty list."""
    numbers = [_number(word, 0.0) for word in re.split(r"[\s,]+", (value or "").strip()) if word]
    return numbers if len(numbers) >= count else []
