"""Takes the characters of a PDF with their places: a program of its own, so that a hostile file costs only its process.

It reads the file from standard input, imports nothing of the toolkit, and writes a line of JSON for each page.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterator
from typing import Any, TextIO

PAGES, CHARACTERS = 20_000, 10_000_000  # more than any publication has
_PASSWORD = 4  # FPDF_ERR_PASSWORD
_HYPHEN, _SOFT_HYPHEN = 0x02, 0xAD  # the library's sign for a hyphen at the end of a line, and Unicode's
_IGNORED = frozenset((0x09, 0x0A, 0x0D))
_SLANT = 5  # degrees
_OBJECTS = 1000  # of a page, looked at to see whether it has anything to read


def main() -> None:
    """Read standard input within the seconds and bytes of memory that the arguments allow."""
    limit(seconds=int(sys.argv[1]), memory=int(sys.argv[2]))
    extract(sys.stdin.buffer.read(), sys.stdout)


def limit(seconds: int, memory: int) -> None:
    """Set the limits of this process; where the system has none (Windows) the parent's clock is the only one."""
    try:
        import resource
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
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
            sheets = [{"characters": [], "places": [], "unmapped": 0, "drawn": True, "width": 0, "height": 0}]
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
    """
    import pypdfium2.raw as pdfium

    textpage = page.get_textpage()
    left, bottom, right, top = page.get_bbox()
    characters: dict[int, list[int]] = {}
    places: dict[int, list[list[float]]] = {}
    box = pdfium.FS_RECTF()
    unmapped = 0
    for index in range(textpage.count_chars()):
        code = pdfium.FPDFText_GetUnicode(textpage, index)
        if pdfium.FPDFText_IsGenerated(textpage, index) == 1 or code in _IGNORED:
            continue
        if not _is_character(code):
            unmapped += 1
            continue
        degrees = -math.degrees(pdfium.FPDFText_GetCharAngle(textpage, index))  # which counts clockwise
        turn = round(degrees / 90) * 90
        if abs(degrees - turn) > _SLANT:
            continue
        turn %= 360
        pdfium.FPDFText_GetLooseCharBox(textpage, index, box)
        place = (box.left - left, top - box.top, box.right - left, top - box.bottom)
        if not all(map(math.isfinite, place)):
            continue
        characters.setdefault(turn, []).append(_SOFT_HYPHEN if code == _HYPHEN else code)
        places.setdefault(turn, []).append(_turned(place, turn, right - left, top - bottom))
    drawn = any(
        pdfium.FPDFPageObj_GetType(pdfium.FPDFPage_GetObject(page, index)) != pdfium.FPDF_PAGEOBJ_PATH
        for index in range(min(pdfium.FPDFPage_CountObjects(page), _OBJECTS))
    )
    textpage.close()
    for turn in sorted(characters, key=lambda turn: -len(characters[turn])) or [0]:
        width, height = (right - left, top - bottom) if turn % 180 == 0 else (top - bottom, right - left)
        yield {
            "width": width, "height": height, "characters": characters.get(turn, []), "places": places.get(turn, []),
            "unmapped": unmapped, "drawn": drawn,
        }  # fmt: skip
        unmapped = 0


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
