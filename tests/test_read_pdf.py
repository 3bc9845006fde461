"""PDF: documents drawn with reportlab, what is read of them, and what broken and hostile ones are told."""

from __future__ import annotations

import io
import time
import zlib
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from typing import Any

import pytest

from nlp_toolkit.document import Source
from nlp_toolkit.errors import InputError
from nlp_toolkit.read import pdf as reader
from nlp_toolkit.read.options import ReadOptions
from tests.conftest import needed

SONG = "STSong-Light"
WIDTH, HEIGHT, LEFT, SIZE, PITCH = 595, 842, 80, 16, 28
MEASURE = 432  # between the margins


@pytest.fixture(autouse=True)
def libraries() -> None:
    needed(find_spec("pypdfium2") is not None, "pypdfium2 is not installed")
    needed(find_spec("reportlab") is not None, "reportlab is not installed")


class Drawing:
    """A PDF under the pen: text at places from the top left."""

    def __init__(self, **settings: Any) -> None:
        from reportlab.pdfbase import pdfmetrics
        from reportlab.pdfbase.cidfonts import UnicodeCIDFont
        from reportlab.pdfgen.canvas import Canvas

        pdfmetrics.registerFont(UnicodeCIDFont(SONG))
        self._stream = io.BytesIO()
        self.canvas = Canvas(self._stream, pagesize=(WIDTH, HEIGHT), **settings)

    def put(self, text: str, left: float, top: float, size: float = SIZE, font: str = SONG) -> Drawing:
        self.canvas.setFont(font, size)
        self.canvas.drawString(left, HEIGHT - top - size, text)
        return self

    def lines(self, texts: Sequence[str], left: float = LEFT, top: float = 150, measure: float = MEASURE) -> Drawing:
        """Draw lines as they are set: those that nearly fill the measure are spread to fill it."""
        from reportlab.pdfbase.pdfmetrics import stringWidth

        for number, text in enumerate(texts):
            room = measure - stringWidth(text, SONG, SIZE)
            pen = self.canvas.beginText(left, HEIGHT - top - number * PITCH - SIZE)
            pen.setFont(SONG, SIZE)
            pen.setCharSpace(room / len(text) if room < SIZE else 0)
            pen.textOut(text)
            self.canvas.drawText(pen)
        return self

    def centred(self, text: str, top: float, size: float = SIZE) -> Drawing:
        return self.put(text, (WIDTH - len(text) * size) / 2, top, size)

    def page(self) -> Drawing:
        self.canvas.showPage()
        return self

    @property
    def data(self) -> bytes:
        self.canvas.save()
        return self._stream.getvalue()


def wrapped(paragraph: str, measure: float = MEASURE) -> list[str]:
    """A paragraph as it is set: two characters of indent, full lines, a last line."""
    from reportlab.pdfbase.pdfmetrics import stringWidth

    Drawing()
    result = [""]
    for character in "　　" + paragraph:
        if stringWidth(result[-1] + character, SONG, SIZE) > measure:
            result.append("")
        result[-1] += character
    return result


def read(data: bytes) -> list[Source | InputError]:
    return list(reader.read(data, "a.pdf", "a", ReadOptions()))


def text(data: bytes) -> str:
    found = read(data)
    assert len(found) == 1, found
    assert isinstance(found[0], Source), found
    return found[0].text


def message(data: bytes) -> str:
    found = read(data)
    assert len(found) == 1
    assert isinstance(found[0], InputError), found
    assert "\n" not in str(found[0])
    return str(found[0])


FIRST = "为推进公共数据共享开放，到2025年，建成100个数据平台，政务服务事项网上可办率达到98%以上，基本形成统一的数据资源体系。"
SECOND = "各地区各部门要加强组织领导，明确责任分工，健全工作机制，确保各项任务落到实处，重大事项及时报告。"


def test_line_breaks_inside_a_paragraph_close() -> None:
    lines = [*wrapped(FIRST), *wrapped(SECOND), "　　一、总体要求", *wrapped(FIRST)]
    drawing = Drawing(lang="zh").centred("关于推进数据共享的", 60, 22).centred("通知", 90, 22).lines(lines)
    assert text(drawing.data).split("\n") == ["关于推进数据共享的通知", FIRST, SECOND, "一、总体要求", FIRST]


def test_a_title_whose_first_line_fills_the_page_is_one() -> None:
    lines = wrapped("为加强漏损治理，提出以下意见。" * 3)
    drawing = Drawing().centred("江城市人民政府关于加强城市供水管网漏", 60, 24).centred("损治理工作的意见", 92, 24)
    assert text(drawing.lines(lines).data).split("\n")[0] == "江城市人民政府关于加强城市供水管网漏损治理工作的意见"


def test_a_paragraph_goes_on_over_the_page() -> None:
    lines = wrapped(FIRST)
    drawing = Drawing().lines([*wrapped(SECOND), *lines[:2]]).page().lines([*lines[2:], *wrapped(SECOND)])
    assert text(drawing.data).split("\n") == [SECOND, FIRST, SECOND]


def test_short_lines_are_paragraphs_of_their_own() -> None:
    drawing = Drawing().lines([*wrapped(FIRST), "　　附件：1. 清单"])
    drawing.put("数据局", 420, 400).put("2020年5月1日", 390, 428)
    assert text(drawing.data).split("\n") == [FIRST, "附件：1. 清单", "数据局", "2020年5月1日"]


def test_latin_words_are_joined_with_a_space() -> None:
    lines = [
        "The platform opens public data to everybody who",
        "needs it, and keeps the rest of it closed to all",
        "others.",
    ]
    drawing = Drawing()
    for number, line in enumerate(lines):
        drawing.put(line, LEFT, 100 + 20 * number, 18, "Helvetica")
    assert text(drawing.data) == " ".join(lines)


HEADS = [
    ("heads and numbers", lambda page: [("数据政策汇编", 40), (f"— {page + 1} —", 790)], ["数据政策汇编"]),
    ("plain numbers", lambda page: [(str(page + 7), 790)], []),
    ("odd and even pages", lambda page: [(["单页书眉", "双页书眉"][page % 2], 40), (f"第 {page + 1} 页 共 6 页", 790)],
     ["单页书眉", "双页书眉"]),
    ("a number in the head", lambda page: [(f"公报 {page + 1} 2020年", 40)], ["公报 1 2020年"]),
]  # fmt: skip


@pytest.mark.parametrize(("drawn", "heads"), [case[1:] for case in HEADS], ids=[case[0] for case in HEADS])
def test_running_heads_and_page_numbers_go(drawn: Callable[[int], list[tuple[str, int]]], heads: list[str]) -> None:
    drawing = Drawing()
    bodies = [f"本页说的是第{name}件事情，写得足够清楚。" for name in "甲乙丙丁戊己"]
    for page, body in enumerate(bodies):
        for running, top in drawn(page):
            drawing.put(running, LEFT if page % 2 else 300, top)
        drawing.lines(["　　" + body], top=200).page()
    source = read(drawing.data)[0]
    assert isinstance(source, Source)
    assert source.text.split("\n") == bodies
    assert source.meta.get("running_heads", [])[: len(heads)] == heads


def test_what_stands_in_the_margins_but_does_not_run_stays() -> None:
    drawing = Drawing()
    for page, (top, bottom) in enumerate(
        [("12\t", "甲方"), ("35", "乙方"), ("41", "丙方"), ("97", "丁方"), ("15", "戊方")]
    ):
        drawing.put(top.strip(), LEFT, 50).put("8", 300, 50).put(bottom, LEFT, 780 - page)
        drawing.page()
    assert text(drawing.data).split("\n") == [
        "12\t8", "甲方", "35\t8", "乙方", "41\t8", "丙方", "97\t8", "丁方", "15\t8", "戊方",
    ]  # fmt: skip


def test_rows_of_a_table_are_lines_with_tabs() -> None:
    drawing = Drawing().lines(wrapped(FIRST))
    for row, cells in enumerate([("指标", "单位", "2025年"), ("平台数", "万个", "100"), ("可办率", "%", "98")]):
        for column, cell in enumerate(cells):
            drawing.put(cell, LEFT + 150 * column, 400 + 24 * row)
    assert text(drawing.data).split("\n") == [FIRST, "指标\t单位\t2025年", "平台数\t万个\t100", "可办率\t%\t98"]


def test_two_columns_are_read_one_after_the_other() -> None:
    left, right = wrapped(FIRST, 220), wrapped(SECOND * 2, 220)
    drawing = Drawing().centred("公报", 60, 22)
    for number in range(max(len(left), len(right))):  # drawn across, as some printers do
        for column, start in ((left, 60), (right, 320)):
            if number < len(column):
                drawing.lines([column[number]], start, 120 + 24 * number, 220)
    assert text(drawing.data).split("\n") == ["公报", FIRST, SECOND * 2]


def test_order_of_drawing_does_not_matter_and_spread_text_stays_together() -> None:
    drawing = Drawing().put("第三", LEFT, 300).put("第一", LEFT, 100).put("第二", LEFT, 200)
    pen = drawing.canvas.beginText(LEFT, HEIGHT - 420)
    pen.setFont(SONG, SIZE)
    pen.setCharSpace(5)
    pen.textOut("分散对齐2025年")
    drawing.canvas.drawText(pen)
    assert text(drawing.data).split("\n") == ["第一", "第二", "第三", "分散对齐2025年"]


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_turned_pages_are_read_upright_and_watermarks_left_out(rotation: int) -> None:
    drawing = Drawing()
    canvas = drawing.canvas
    canvas.setPageRotation(rotation)
    canvas.translate(300, 300)
    canvas.rotate(rotation)
    canvas.setFont("Helvetica", 14)
    for number, line in enumerate(["First row", "Second row", "Third row"]):
        canvas.drawString(0, -30 * number, line)
    canvas.rotate(45)
    canvas.drawString(-40, 0, "WATERMARK")
    assert text(drawing.data).split("\n") == ["First row", "Second row", "Third row"]


def test_title_author_and_days() -> None:
    drawing = Drawing().put("正文", LEFT, 100)
    drawing.canvas.setTitle("数据条例")
    drawing.canvas.setAuthor("办公室")
    source = read(drawing.data)[0]
    assert isinstance(source, Source)
    assert (source.id, source.title, source.date, source.meta["author"]) == ("a", "数据条例", None, "办公室")
    assert source.meta["pages"] == 1
    assert len(source.meta["created"]) == len("2020-05-01")


def test_a_converter_s_title_is_none() -> None:
    drawing = Drawing().put("正文", LEFT, 100)
    drawing.canvas.setTitle("Microsoft Word - 通知（定稿）.doc")
    source = read(drawing.data)[0]
    assert isinstance(source, Source)
    assert source.title is None


def picture(drawing: Drawing) -> Drawing:
    from reportlab.lib.utils import ImageReader

    image = b"P5 2 2 255\n" + bytes([0, 255, 255, 0])
    drawing.canvas.drawImage(ImageReader(io.BytesIO(image)), 0, 0, WIDTH, HEIGHT)
    return drawing


def test_a_scan_is_said_to_be_one() -> None:
    assert "is a scan without a text layer; run text recognition" in message(picture(Drawing()).data)


def test_scanned_pages_among_others_are_named() -> None:
    drawing = picture(Drawing().put("首页", LEFT, 200).page()).page().put("末页", LEFT, 200).page()
    source, error = read(drawing.page().data)
    assert isinstance(source, Source)
    assert source.text == "首页\n末页"
    assert "a.pdf: page 2 has no text layer and is missing" in str(error)


def test_characters_that_cannot_be_had_are_named() -> None:
    """A single character in a font that is not in the file: read where the machine has such a font, else named."""
    drawing = Drawing().put("数据共享", LEFT, 200).put("字", LEFT, 300)
    source, *errors = read(drawing.data)
    assert isinstance(source, Source)
    assert ("字" in source.text) != any("page 1 lacks characters" in str(error) for error in errors)


def encrypted() -> bytes:
    from reportlab.lib.pdfencrypt import StandardEncryption

    return Drawing(encrypt=StandardEncryption("secret", "owner")).put("密", LEFT, 100).data


def written_by_hand(*objects: bytes) -> bytes:
    """A PDF of these objects, numbered from 1; the first is the catalogue."""
    out = b"%PDF-1.7\n"
    places = []
    for number, content in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    return out + b"xref\n0 %d\n0000000000 65535 f \n%strailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % (
        len(objects) + 1, table, len(objects) + 1, len(out),
    )  # fmt: skip


def one_page(*others: bytes, resources: bytes = b"<<>>") -> bytes:
    """A PDF with one page whose content is the first of the objects."""
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 500 500]/Contents 4 0 R/Resources %s>>" % resources
    return written_by_hand(b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[3 0 R]/Count 1>>", page, *others)


def stream(content: bytes, entries: bytes = b"") -> bytes:
    packed = zlib.compress(content, 9)
    return b"<</Length %d/Filter/FlateDecode%s>>stream\n%s\nendstream" % (len(packed), entries, packed)


def tree_of_forms(depth: int, width: int) -> bytes:
    """Forms that each draw the next many times: width to the power of depth objects from a few hundred bytes."""
    forms = []
    for number in range(5, 5 + depth):
        entries = b"/Type/XObject/Subtype/Form/BBox[0 0 500 500]/Resources<</XObject<</F %d 0 R>>/Font<</H %d 0 R>>>>" % (
            number + 1, 5 + depth + 1,
        )  # fmt: skip
        forms.append(stream(b"/F Do " * width, entries))
    last = stream(b"BT /H 9 Tf (a) Tj ET", b"/Type/XObject/Subtype/Form/BBox[0 0 500 500]/Resources<<>>")
    font = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"
    return one_page(stream(b"/F Do " * width), *forms, last, font, resources=b"<</XObject<</F 5 0 R>>>>")


def endless_pages() -> bytes:
    """A tree of pages that holds itself."""
    return written_by_hand(b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[2 0 R 2 0 R]/Count 100000>>")


BROKEN: list[tuple[str, Callable[[], bytes], str]] = [
    ("only a head", lambda: b"%PDF-1.7\n", "is not a PDF or is damaged"),
    ("no PDF", lambda: b"text", "is not a PDF or is damaged"),
    ("cut off", lambda: Drawing().put("正文", LEFT, 100).data[:300], "is not a PDF or is damaged"),
    ("encrypted", encrypted, "is encrypted and needs a password"),
    ("no page has text", lambda: Drawing().page().data, "has no text in it"),
    ("pages that hold themselves", endless_pages, "a.pdf: "),
    ("a bomb in a stream", lambda: one_page(stream(b" " * (200 << 20))), "a.pdf: "),
    ("deep nesting", lambda: one_page(stream(b"[" * 5_000_000)), "a.pdf: "),
]  # fmt: skip


@pytest.mark.parametrize(("made", "expected"), [case[1:] for case in BROKEN], ids=[case[0] for case in BROKEN])
def test_broken_and_hostile_files(made: Callable[[], bytes], expected: str) -> None:
    said = message(made())
    assert said.startswith("a.pdf: ")
    assert expected in said


def test_endless_objects_cost_only_their_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "SECONDS", 2)
    start = time.monotonic()
    said = message(tree_of_forms(12, 40))
    assert time.monotonic() - start < 10
    assert "2 seconds" in said


def test_memory_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "MEMORY", 300 << 20)
    assert "within the limits of time and memory" in message(one_page(stream(b"[(a)] " * (60 << 20))))
    monkeypatch.setattr(reader, "MEMORY", 1 << 20)
    assert "within the limits of time and memory" in message(Drawing().put("正文", LEFT, 100).data)


def test_the_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "find_spec", lambda name: None)
    assert message(b"") == "a.pdf: reading .pdf needs an extra; install nlp-toolkit[pdf]"


def test_recognised_by_content() -> None:
    assert reader.recognises(b"\xef\xbb\xbf%PDF-1.7")
    assert not reader.recognises(b"a text on %")
