"""OFD: documents written as zips of XML, what is read of them, and what broken and hostile ones are told."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Sequence
from importlib.util import find_spec

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp_toolkit.document import Source
from nlp_toolkit.errors import InputError
from nlp_toolkit.read import ofd as reader
from nlp_toolkit.read.layout import Page, Run
from nlp_toolkit.read.options import ReadOptions
from nlp_toolkit.read.paragraphs import text_of
from tests.conftest import needed

OFD = 'xmlns:ofd="http://www.ofdspec.org/2016"'
SIZE, LEFT, PER_LINE = 5.6, 28.0, 28  # millimetres; characters of a line
FIRST = "为推进公共数据共享开放，到二〇二五年，建成一百个数据平台，政务服务事项网上可办率达到百分之九十八以上，基本形成统一的数据资源体系。"
SECOND = "各地区各部门要加强组织领导，明确责任分工，健全工作机制，确保各项任务落到实处，重大事项及时报告。"


@pytest.fixture(autouse=True)
def libraries() -> None:
    needed(find_spec("lxml") is not None, "lxml is not installed")


def line(text: str, top: float, left: float = LEFT, size: float = SIZE, attributes: str = "", codes: str = "") -> str:
    """A TextObject with one line of characters side by side."""
    code = codes or (
        f'<ofd:TextCode X="0" Y="{size * 0.86}" DeltaX="g {max(len(text) - 1, 1)} {size}">{text}</ofd:TextCode>'
    )
    return f'<ofd:TextObject ID="1" Font="2" Size="{size}" Boundary="{left} {top} 160 {size}" {attributes}>{code}</ofd:TextObject>'


def paragraph(text: str, top: float) -> str:
    """A paragraph as it is set: two characters of indent, full lines, a last line."""
    lines = [text[: PER_LINE - 2], *(text[at : at + PER_LINE] for at in range(PER_LINE - 2, len(text), PER_LINE))]
    return "".join(
        line(part, top + 10 * number, LEFT + (0 if number else 2 * SIZE)) for number, part in enumerate(lines)
    )


def made(pages: Sequence[str], info: str = "", templates: Sequence[str] = (), prefix: str = "", **others: str) -> bytes:
    """An OFD file of these pages (each the XML of its objects); others are parts by name, which replace those made."""
    listed = "".join(f'<ofd:Page ID="{n}" BaseLoc="Pages/Page_{n}/Content.xml"/>' for n in range(len(pages)))
    named = "".join(f'<ofd:TemplatePage ID="9{n}" BaseLoc="Tpls/{n}.xml"/>' for n in range(len(templates)))
    use = "".join(f'<ofd:Template TemplateID="9{n}"/>' for n in range(len(templates)))
    parts = {
        "OFD.xml": f'<ofd:OFD {OFD} Version="1.0" DocType="OFD"><ofd:DocBody><ofd:DocInfo><ofd:DocID>1</ofd:DocID>{info}'
        "</ofd:DocInfo><ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot></ofd:DocBody></ofd:OFD>",
        "Doc_0/Document.xml": f"<ofd:Document {OFD}><ofd:CommonData><ofd:PageArea><ofd:PhysicalBox>0 0 210 297</ofd:PhysicalBox>"
        f"</ofd:PageArea>{named}</ofd:CommonData><ofd:Pages>{listed}</ofd:Pages></ofd:Document>",
    }
    for number, content in enumerate(templates):
        parts[f"Doc_0/Tpls/{number}.xml"] = (
            f"<ofd:Page {OFD}><ofd:Content><ofd:Layer>{content}</ofd:Layer></ofd:Content></ofd:Page>"
        )
    for number, content in enumerate(pages):
        parts[f"Doc_0/Pages/Page_{number}/Content.xml"] = (
            f"<ofd:Page {OFD}>{use}<ofd:Content><ofd:Layer>{content}</ofd:Layer></ofd:Content></ofd:Page>"
        )
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in (parts | others).items():
            if content:
                archive.writestr(prefix + name, content)
    return stream.getvalue()


def read(data: bytes) -> list[Source | InputError]:
    return list(reader.read(data, "a.ofd", "a", ReadOptions()))


def text(data: bytes) -> str:
    found = read(data)
    assert len(found) == 1
    assert isinstance(found[0], Source), found
    return found[0].text


def message(data: bytes) -> str:
    found = read(data)
    assert len(found) == 1
    assert isinstance(found[0], InputError), found
    assert "\n" not in str(found[0])
    return str(found[0])


def test_lines_become_paragraphs_and_the_record_becomes_meta() -> None:
    info = (
        "<ofd:Title>数据条例</ofd:Title><ofd:Author>办公室</ofd:Author><ofd:CreationDate>2020-05-01</ofd:CreationDate>"
    )
    page = line("关于推进数据共享的通知", 30, 60, 8) + paragraph(FIRST, 60) + paragraph(SECOND, 110)
    (source,) = read(made([page], info))
    assert isinstance(source, Source)
    assert source.text.split("\n") == ["关于推进数据共享的通知", FIRST, SECOND]
    assert (source.id, source.title, source.date) == ("a", "数据条例", None)
    assert source.meta == {"pages": 1, "author": "办公室", "created": "2020-05-01"}


def test_pages_come_in_order_and_page_numbers_go() -> None:
    pages = [line(f"第{name}件事。", 60) + line(f"— {n} —", 280, 100) for n, name in enumerate("甲乙丙", 1)]
    assert text(made(pages)) == "第甲件事。\n第乙件事。\n第丙件事。"


CASES = [
    (line("下方", 80) + line("上方", 40), "上方\n下方", "order of drawing does not matter"),
    ('<ofd:PageBlock><ofd:PageBlock>' + line("深处", 40) + "</ofd:PageBlock></ofd:PageBlock>", "深处", "blocks in blocks"),
    (line("", 40, codes='<ofd:TextCode X="0" Y="5" DeltaX="5.6 g 2 5.6">数据共享</ofd:TextCode>'), "数据共享", "repeated steps"),
    (line("", 40, codes='<ofd:TextCode X="0" Y="5">数据</ofd:TextCode>'), "数据", "no steps at all"),
    (line("", 40, codes='<ofd:TextCode X="0" Y="5" DeltaX="5.6 60 5.6">指标目标</ofd:TextCode>'), "指标\t目标", "a wide step parts cells"),
    (line("", 40, codes='<ofd:TextCode X="0" Y="5" DeltaX="5.6">数据</ofd:TextCode><ofd:TextCode X="11.2" DeltaX="5.6">共享</ofd:TextCode>'),
     "数据共享", "a second code takes the height of the first"),
    (line("", 40, size=1, attributes='CTM="5.6 0 0 5.6 0 0"', codes='<ofd:TextCode X="0" Y="1" DeltaX="1">数据</ofd:TextCode>'),
     "数据", "a matrix scales steps and characters"),
    (line("暗", 40, attributes='Visible="false"') + line("明处", 50), "明处", "invisible text"),
    (line("水印水印", 40, attributes='CTM="0.7 0.7 -0.7 0.7 0 0"') + line("正文", 60), "正文", "a watermark"),
    (line("标题", 40) + line("标题", 40.1, LEFT + 0.1), "标题", "text printed twice for bold"),
    (line("", 40, codes='<ofd:TextCode X="0" Y="5" DeltaX="g 8 2.8 2.8">open data</ofd:TextCode>'), "open data", "words keep their spaces"),
    (line("到", 40) + line("2025年", 40, LEFT + SIZE), "到2025年", "objects side by side are one line"),
    (line("", 40, codes='<ofd:TextCode X="a" Y="" DeltaX="g g nan">数据</ofd:TextCode>'), "数据", "numbers that are none"),
    (line("", 40, codes='<ofd:TextCode X="0" Y="5" DeltaX="g 999999999999 5.6">数据</ofd:TextCode>'), "数据", "endless steps"),
]  # fmt: skip


@pytest.mark.parametrize(("page", "expected", "reason"), CASES, ids=[case[2] for case in CASES])
def test_what_is_text(page: str, expected: str, reason: str) -> None:
    assert text(made([page])) == expected, reason


def test_a_template_s_text_stands_on_its_pages() -> None:
    assert text(made([line("正文。", 80)], templates=[line("发文机关", 40)])) == "发文机关\n正文。"


def test_names_with_a_slash_before_them_and_another_namespace() -> None:
    assert text(made([line("正文", 40)], prefix="/")) == "正文"
    plain = f"<Page><Content><Layer>{line('无名', 40).replace('ofd:', '')}</Layer></Content></Page>"
    assert text(made([""], **{"Doc_0/Pages/Page_0/Content.xml": plain})) == "无名"


def test_two_documents_in_a_file() -> None:
    body = "<ofd:DocBody><ofd:DocInfo/><ofd:DocRoot>{}</ofd:DocRoot></ofd:DocBody>"
    both = body.format("Doc_0/Document.xml") + body.format("Doc_1/Document.xml")
    first, second = read(made([line("正文", 40)], **{"OFD.xml": f"<ofd:OFD {OFD}>{both}</ofd:OFD>"}))
    assert isinstance(first, Source)
    assert (first.id, first.text) == ("a-1", "正文")
    assert "has no Doc_1/Document.xml" in str(second)


def marked_as_encrypted() -> bytes:
    """The zip's own flag for encryption, set on every part."""
    data = bytearray(made([line("正文", 40)]))
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        start = data.find(mark)
        while start >= 0:
            data[start + at] |= 1
            start = data.find(mark, start + 4)
    return bytes(data)


ENTITIES = f'<!DOCTYPE x [<!ENTITY a "数据"><!ENTITY b "&a;&a;">]><ofd:Page {OFD}><ofd:Content><ofd:Layer>{line("&b;", 40)}</ofd:Layer></ofd:Content></ofd:Page>'
EXTERNAL = f'<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd"><ofd:Page {OFD}/>'
PAGE = "Doc_0/Pages/Page_0/Content.xml"
BROKEN: list[tuple[str, Callable[[], bytes], str]] = [
    ("no zip", lambda: b"OFD", "is damaged (the zip inside cannot be opened)"),
    ("cut off", lambda: made([line("正文", 40)])[:-30], "is damaged (the zip inside cannot be opened)"),
    ("no OFD.xml", lambda: made([], **{"OFD.xml": ""}), "is a zip, but no OFD document"),
    ("no document", lambda: made([], **{"OFD.xml": "<OFD/>"}), "names no document"),
    ("a part is missing", lambda: made([""], **{PAGE: ""}), f"is incomplete (it has no {PAGE})"),
    ("no XML", lambda: made([""], **{PAGE: "<ofd:Page"}), f"is damaged ({PAGE}: "),
    ("encrypted zip", marked_as_encrypted, "is encrypted and needs a password"),
    ("encrypted parts", lambda: made([""], **{"Encrypt/decryptseed.dat": "x"}), "is encrypted and needs a password or a key"),
    ("no text", lambda: made([""]), "has no text in it"),
    ("a scan", lambda: made(['<ofd:ImageObject ID="1" Boundary="0 0 210 297" ResourceID="5"/>']), "is a scan without text"),
    ("entities", lambda: made([""], **{PAGE: ENTITIES}), "document type declaration"),
    ("an external type", lambda: made([""], **{PAGE: EXTERNAL}), "document type declaration"),
    ("deep", lambda: made(["<ofd:PageBlock>" * 100_000 + "</ofd:PageBlock>" * 100_000]), "Excessive depth"),
    ("zip bomb", lambda: made([""], **{PAGE: " " * (50 << 20)}), "it may be a zip bomb"),
    ("a name that leads out", lambda: made([""], **{"Doc_0/Document.xml": (
        f'<ofd:Document {OFD}><ofd:Pages><ofd:Page BaseLoc="../../../../etc/hostname"/></ofd:Pages></ofd:Document>')}),
     "is incomplete (it has no etc/hostname)"),
]  # fmt: skip


@pytest.mark.parametrize(("broken", "expected"), [case[1:] for case in BROKEN], ids=[case[0] for case in BROKEN])
def test_broken_and_hostile_files(broken: Callable[[], bytes], expected: str) -> None:
    said = message(broken())
    assert said.startswith("a.ofd: ")
    assert expected in said


def test_one_template_on_very_many_pages_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "_CHARACTERS", 1000)
    assert "more pages or characters" in message(made([""] * 20, templates=[line("字" * 100, 40)]))
    monkeypatch.undo()
    monkeypatch.setattr(reader, "_PAGES", 3)
    assert "more pages or characters" in message(made([line("正文", 40)] * 4))


def test_recognised_by_content() -> None:
    assert reader.recognises(made([""]))
    assert not reader.recognises(b"PK\x03\x04")


def test_the_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "find_spec", lambda name: None)
    assert message(b"") == "a.ofd: reading .ofd needs an extra; install nlp-toolkit[ofd]"


numbers = st.floats(-50, 350, allow_nan=False)
runs = st.builds(
    lambda text, left, top, size: Run(text, left, top, left + size * len(text), top + size),
    st.text(alphabet="数据一二。、a1-—\u00ad", min_size=1, max_size=30), numbers, numbers, st.floats(0, 20),
)  # fmt: skip
layouts = st.lists(st.builds(Page, st.floats(0, 300), st.floats(0, 300), st.lists(runs, max_size=25)), max_size=6)


@given(layouts)
def test_any_layout_at_all_loses_no_character_but_those_in_running_lines(pages: list[Page]) -> None:
    text, heads = text_of(pages)
    assert not any(not paragraph.strip() for paragraph in text.split("\n")) or text == ""
    drawn = {character for page in pages for run in page.runs for character in run.text}
    assert set(text) <= drawn | set(" \t\n")
    if not heads and not any(character in "1-—\u00ad" for character in drawn):
        assert {c for c in drawn if c != "\u00ad"} <= set(text)
