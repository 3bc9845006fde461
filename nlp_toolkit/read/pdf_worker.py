"""Takes the characters of a PDF with their places: a program of its own, so that a hostile file costs only its process.

It reads the file from standard input, imports nothing of the toolkit, and writes a line of JSON for each page.
"""

from __future__ import annotations

import ctypes
import json
import math
import sys
from collections.abc import Iterator
from typing import Any, TextIO

PAGES, CHARACTERS = 20_000, 10_000_000  # more than any publication has
_PASSWORD = 4  # FPDF_ERR_PASSWORD
_HYPHEN, _SOFT_HYPHEN = 0x02, 0xAD  # the library's sign for a hyphen at the end of a line, and Unicode's
_SPACE, _GUESSED_SPACE = 0x20, 0x2009  # as in layout.py
_IGNORED = frozenset((0x09, 0x0A, 0x0D))
_SLANT = 5  # degrees
_CHINESE = 0x3400
_LOOKED_AT = 100  # characters of a page, to see whether their font has shapes for them
_NOTHING = 0.01  # points, or of the height of a character


def main() -> None:
    """Read standard input within the seconds and bytes of memory that the arguments allow."""
    limit(seconds=int(sys.argv[1]), memory=int(sys.argv[2]))
    extract(sys.stdin.buffer.read(), sys.stdout)


def limit(seconds: int, memory: int) -> None:
    """Set the limits of this process; where the system has none (Windows) the parent's clock is the only one.

    The parent's clock comes first anyway: that of the processor ends a worker whose parent is gone.
    """
    try:
        import resource
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds + 5, seconds + 5))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def extract(data: bytes, out: TextIO) -> None:
    """Write ``{"meta"}`` and then a page a line, or ``{"error": "encrypted" | "broken" | "large"}``."""
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        write(out, {"error": "encrypted" if getattr(error, "err_code", None) == _PASSWORD else "broken"})
        return
    write(out, {"meta": document.get_metadata_dict(skip_empty=True), "pages": len(document)})
    total = 0
    for number in range(min(len(document), PAGES)):
        try:
            page = document[number]
            sheets = list(read_page(page))
            page.close()
        except pypdfium2.PdfiumError:
            sheets = [
                {"characters": [], "places": [], "unmapped": 0, "drawn": True, "lost": 0, "width": 0, "height": 0}
            ]
        total += sum(len(sheet["characters"]) for sheet in sheets)
        if total > CHARACTERS:
            break
        for sheet in sheets:
            write(out, {"number": number + 1, **sheet})
    if total > CHARACTERS or len(document) > PAGES:
        write(out, {"error": "large"})


def write(out: TextIO, record: dict[str, Any]) -> None:
    out.write(json.dumps(record) + "\n")


def read_page(page: Any) -> Iterator[dict[str, Any]]:
    """The characters of a page as code points, with their places as a reader sees them who turns the sheet upright.

    Text that stands sideways (a wide table, a label at a margin) comes as a sheet of its own. Text at any other angle
    is a watermark and left out. ``drawn``: the page has text or pictures, whether or not characters came out of it.
    ``lost``: the library passes over a text object of no width, as one character is in a font that is nowhere to be had.
    """
    import pypdfium2.raw as pdfium

    textpage = page.get_textpage()
    left, bottom, right, top = page.get_bbox()
    characters: dict[int, list[int]] = {}
    places: dict[int, list[list[float]]] = {}
    box = pdfium.FS_RECTF()
    unmapped = 0
    without_shape = False
    for index in range(textpage.count_chars()):
        code = pdfium.FPDFText_GetUnicode(textpage, index)
        if code in _IGNORED:
            continue
        if code == _SPACE and pdfium.FPDFText_IsGenerated(textpage, index) == 1:
            code = _GUESSED_SPACE
        if not _is_character(code):
            unmapped += 1
            continue
        degrees = -math.degrees(pdfium.FPDFText_GetCharAngle(textpage, index))  # which counts clockwise
        turn = round(degrees / 90) * 90
        if abs(degrees - turn) > _SLANT:
            continue
        turn %= 360
        pdfium.FPDFText_GetLooseCharBox(textpage, index, box)
        if code >= _CHINESE and len(places.get(turn, ())) < _LOOKED_AT:
            without_shape = without_shape or _height(textpage, index) < _NOTHING * (box.top - box.bottom)
        place = (box.left - left, top - box.top, box.right - left, top - box.bottom)
        if not all(map(math.isfinite, place)):
            continue
        characters.setdefault(turn, []).append(_SOFT_HYPHEN if code == _HYPHEN else code)
        places.setdefault(turn, []).append(_turned(place, turn, right - left, top - bottom))
    drawn, lost = _objects(page)
    textpage.close()
    for turn in sorted(characters, key=lambda turn: -len(characters[turn])) or [0]:
        width, height = (right - left, top - bottom) if turn % 180 == 0 else (top - bottom, right - left)
        yield {
            "width": width, "height": height, "characters": characters.get(turn, []), "places": places.get(turn, []),
            "unmapped": unmapped, "drawn": drawn,
            "lost": lost if without_shape else 0,
        }  # fmt: skip
        unmapped = lost = 0


def _objects(page: Any) -> tuple[bool, int]:
    """Whether a page has text or pictures on it, and how many of its text objects have no width."""
    import pypdfium2.raw as pdfium

    drawn, narrow = False, 0
    left, bottom, right, top = (ctypes.c_float() for _ in range(4))
    for index in range(pdfium.FPDFPage_CountObjects(page)):
        item = pdfium.FPDFPage_GetObject(page, index)
        kind = pdfium.FPDFPageObj_GetType(item)
        drawn = drawn or kind != pdfium.FPDF_PAGEOBJ_PATH
        if kind == pdfium.FPDF_PAGEOBJ_TEXT and pdfium.FPDFPageObj_GetBounds(item, left, bottom, right, top):
            narrow += right.value - left.value < _NOTHING
    return drawn, narrow


def _height(textpage: Any, index: int) -> float:
    """The height of a character's shape."""
    import pypdfium2.raw as pdfium

    left, right, bottom, top = (ctypes.c_double() for _ in range(4))
    pdfium.FPDFText_GetCharBox(textpage, index, left, right, bottom, top)
    return top.value - bottom.value


def _is_character(code: int) -> bool:
    """Whether a code stands for a character of a language: no control, private use, surrogate or non-character."""
    if code == _HYPHEN or 0x20 <= code < 0xD800 or 0x20000 <= code < 0x40000:
        return True
    return 0xF900 <= code < 0xFFFD or 0x10000 <= code < 0x20000


def _turned(place: tuple[float, float, float, float], turn: int, width: float, height: float) -> list[float]:
    """A box (left, top, right, bottom) on a page that is shown turned clockwise by so many degrees."""
    left, top, right, bottom = place
    turned = {
        90: (height - bottom, left, height - top, right),
        180: (width - right, height - bottom, width - left, height - top),
        270: (top, width - right, bottom, width - left),
    }.get(turn, place)
    return [round(value, 2) for value in turned]


if __name__ == "__main__":
    main()
