"""DOCX: documents made with python-docx (and its XML edited), what is read of them, and what broken ones are told."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from datetime import datetime
from importlib.util import find_spec
from typing import Any

import pytest

from nlp_toolkit.document import Source
from nlp_toolkit.errors import InputError
from nlp_toolkit.read import docx as reader
from nlp_toolkit.read import parts
from nlp_toolkit.read.docx_numbering import written
from nlp_toolkit.read.options import ReadOptions
from tests.conftest import needed

MAIN = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
W = f'xmlns:w="{MAIN}"'
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


@pytest.fixture(autouse=True)
def libraries() -> None:
    needed(find_spec("lxml") is not None, "lxml is not installed")
    needed(find_spec("docx") is not None, "python-docx is not installed")


def new() -> Any:
    import docx

    return docx.Document()


def saved(document: Any) -> bytes:
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


def changed(data: bytes, changes: dict[str, bytes | Callable[[bytes], bytes]]) -> bytes:
    """The zip with parts replaced, added, or put through a function."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name in [*old.namelist(), *(name for name in changes if name not in old.namelist())]:
            content = old.read(name) if name in old.namelist() else b""
            change = changes.get(name, content)
            made.writestr(name, change(content) if callable(change) else change)
    return out.getvalue()


def body(xml: str, **others: bytes) -> bytes:
    """A document with this XML as its body."""
    document = f"<w:document {W}><w:body>{xml}<w:sectPr/></w:body></w:document>".encode()
    return changed(saved(new()), {"word/document.xml": document, **others})


def read(data: bytes) -> Source | InputError:
    found = list(reader.read(data, "a.docx", "a", ReadOptions()))
    assert len(found) == 1
    return found[0]


def text(data: bytes) -> str:
    source = read(data)
    assert isinstance(source, Source), source
    return source.text


def message(data: bytes) -> str:
    error = read(data)
    assert isinstance(error, InputError), error
    assert "\n" not in str(error)
    return str(error)


def test_paragraphs_headings_tables_and_properties() -> None:
    document = new()
    document.core_properties.title = "关于推进数据共享的通知"
    document.core_properties.author = "办公室"
    document.core_properties.created = datetime(2020, 5, 1, 9, 30)
    document.add_heading("一、总体要求", 1)
    document.add_paragraph("到2025年，建成100个平台。")
    document.add_paragraph("")
    document.add_heading("（一）基本原则", 2)
    table = document.add_table(2, 3)
    for row, values in zip(table.rows, [("序号", "指标", "目标"), ("1", "", "90%")], strict=True):
        for cell, value in zip(row.cells, values, strict=True):
            cell.text = value
    table.cell(1, 1).text = "开放率\n（公共数据）"
    document.add_paragraph("附件：清单")
    source = read(saved(document))
    assert isinstance(source, Source)
    assert source.text.split("\n") == [
        "一、总体要求", "到2025年，建成100个平台。", "（一）基本原则", "序号\t指标\t目标", "1\t开放率 （公共数据）\t90%", "附件：清单",
    ]  # fmt: skip
    assert (source.id, source.title, source.date) == ("a", "关于推进数据共享的通知", None)
    assert (source.meta["author"], source.meta["created"]) == ("办公室", "2020-05-01")
    headings = [(source.text[h["start"] : h["end"]], h["level"]) for h in source.meta["headings"]]
    assert headings == [("一、总体要求", 1), ("（一）基本原则", 2)]


def test_the_title_style_gives_the_title_where_the_properties_have_none() -> None:
    document = new()
    document.core_properties.title = ""
    document.add_heading("数据条例", 0)
    source = read(saved(document))
    assert isinstance(source, Source)
    assert source.title == "数据条例"


CASES = [
    ("<w:p><w:r><w:t>共</w:t></w:r><w:ins><w:r><w:t>建</w:t></w:r></w:ins><w:del><w:r><w:delText>管</w:delText></w:r></w:del>"
     "<w:r><w:t>享</w:t></w:r></w:p>", "共建享", "inserted text stays, deleted text goes"),
    ("<w:p><w:moveFrom><w:r><w:t>甲</w:t></w:r></w:moveFrom><w:r><w:t>乙</w:t></w:r><w:moveTo><w:r><w:t>甲</w:t></w:r></w:moveTo></w:p>",
     "乙甲", "moved text stands where it went"),
    ("<w:p><w:pPr><w:rPr><w:del/></w:rPr></w:pPr><w:r><w:t>上</w:t></w:r></w:p><w:p><w:r><w:t>下</w:t></w:r></w:p>",
     "上下", "a deleted paragraph mark joins two paragraphs"),
    ("<w:p><w:r><w:rPr><w:vanish/></w:rPr><w:t>暗</w:t></w:r><w:r><w:rPr><w:vanish w:val='0'/></w:rPr><w:t>明</w:t></w:r></w:p>",
     "明", "hidden text goes, text that is told not to be hidden stays"),
    ("<w:p><w:r><w:t>第一行</w:t><w:br/><w:t>第二行</w:t><w:br w:type='page'/></w:r></w:p>", "第一行\n第二行", "a line break, a page break"),
    ("<w:p><w:r><w:t>甲</w:t><w:tab/><w:t>乙</w:t><w:noBreakHyphen/></w:r></w:p>", "甲\t乙-", "signs"),
    ("<w:p><w:pPr><w:tabs><w:tab/></w:tabs></w:pPr><w:r><w:t>甲</w:t></w:r></w:p>", "甲", "a tab stop is no tab"),
    ("<w:p><w:r><w:fldChar w:fldCharType='begin'/><w:instrText>PAGE</w:instrText></w:r><w:r><w:t>3</w:t></w:r></w:p>", "3",
     "of a field the result, not the code"),
    ("<w:sdt><w:sdtContent><w:p><w:hyperlink><w:r><w:t>链接</w:t></w:r></w:hyperlink></w:p></w:sdtContent></w:sdt>", "链接",
     "content controls and links"),
    ("<w:p><w:r><w:ruby><w:rt><w:r><w:t>pin</w:t></w:r></w:rt><w:rubyBase><w:r><w:t>拼</w:t></w:r></w:rubyBase></w:ruby></w:r></w:p>",
     "拼", "of a gloss the base"),
    ("<w:tbl><w:tr><w:trPr><w:del/></w:trPr><w:tc><w:p><w:r><w:t>删</w:t></w:r></w:p></w:tc></w:tr>"
     "<w:tr><w:tc><w:p><w:r><w:t>留</w:t></w:r></w:p></w:tc></w:tr></w:tbl>", "留", "a deleted row"),
    ("<w:tbl><w:tr><w:tc><w:tbl><w:tr><w:tc><w:p><w:r><w:t>内</w:t></w:r></w:p></w:tc></w:tr></w:tbl></w:tc>"
     "<w:tc><w:p><w:r><w:t>外</w:t></w:r></w:p></w:tc></w:tr></w:tbl>", "内\t外", "a table in a cell, once"),
    ("<w:p><w:r><w:t>正文</w:t><mc:AlternateContent xmlns:mc='urn:mc'><mc:Choice><w:drawing><w:txbxContent><w:p><w:r><w:t>框"
     "</w:t></w:r></w:p></w:txbxContent></w:drawing></mc:Choice><mc:Fallback><w:pict><w:txbxContent><w:p><w:r><w:t>框</w:t></w:r></w:p>"
     "</w:txbxContent></w:pict></mc:Fallback></mc:AlternateContent></w:r></w:p>", "正文\n框", "a text box, once"),
    ("<w:p><w:r><w:sym w:font='Wingdings' w:char='F0FE'/><w:t>是</w:t></w:r></w:p>", "□是", "a sign of a symbol font is seen"),
]  # fmt: skip


@pytest.mark.parametrize(("xml", "expected", "reason"), CASES, ids=[case[2] for case in CASES])
def test_what_is_text(xml: str, expected: str, reason: str) -> None:
    assert text(body(xml)) == expected, reason


def test_hidden_by_style() -> None:
    def hide(styles: bytes) -> bytes:
        style = b'<w:style w:type="character" w:styleId="Secret"><w:rPr><w:vanish/></w:rPr></w:style></w:styles>'
        return styles.replace(b"</w:styles>", style)

    xml = "<w:p><w:r><w:rPr><w:rStyle w:val='Secret'/></w:rPr><w:t>暗</w:t></w:r><w:r><w:t>明</w:t></w:r></w:p>"
    assert text(changed(body(xml), {"word/styles.xml": hide})) == "明"


def relate(kind: str, target: str) -> Callable[[bytes], bytes]:
    line = f'<Relationship Id="r99" Type="{RELATIONS}/{kind}" Target="{target}"/></Relationships>'.encode()
    return lambda relations: relations.replace(b"</Relationships>", line)


def test_footnotes_come_at_the_end() -> None:
    xml = "<w:p><w:r><w:t>正文</w:t><w:footnoteReference w:id='2'/></w:r></w:p><w:p><w:r><w:t>结尾</w:t></w:r></w:p>"
    notes = (f"<w:footnotes {W}><w:footnote w:type='separator' w:id='0'><w:p><w:r><w:t>线</w:t></w:r></w:p></w:footnote>"
             "<w:footnote w:id='2'><w:p><w:r><w:t>注释</w:t></w:r></w:p></w:footnote></w:footnotes>")  # fmt: skip
    made = {"word/footnotes.xml": notes.encode(), "word/_rels/document.xml.rels": relate("footnotes", "footnotes.xml")}
    assert text(changed(body(xml), made)) == "正文\n结尾\n注释"


LEVELS = [
    ("chineseCounting", "%1、"), ("chineseCounting", "（%2）"), ("decimal", "%3."), ("decimal", "%3.%4"), ("bullet", "·"),
]  # fmt: skip


def numbered(items: list[tuple[int, str]]) -> bytes:
    """A document with paragraphs at the levels of one list."""
    levels = "".join(
        f"<w:lvl w:ilvl='{i}'><w:start w:val='1'/><w:numFmt w:val='{form}'/><w:lvlText w:val='{shown}'/></w:lvl>"
        for i, (form, shown) in enumerate(LEVELS)
    )
    numbering = (f"<w:numbering {W}><w:abstractNum w:abstractNumId='7'>{levels}</w:abstractNum>"
                 "<w:num w:numId='3'><w:abstractNumId w:val='7'/></w:num></w:numbering>")  # fmt: skip
    xml = "".join(
        f"<w:p><w:pPr><w:numPr><w:ilvl w:val='{level}'/><w:numId w:val='3'/></w:numPr></w:pPr><w:r><w:t>{item}</w:t></w:r></w:p>"
        for level, item in items
    )
    relation = relate("numbering", "own.xml")
    drop = lambda relations: relation(relations.replace(b'relationships/numbering"', b'relationships/other"'))  # noqa: E731
    return changed(body(xml), {"word/own.xml": numbering.encode(), "word/_rels/document.xml.rels": drop})


def test_numbers_that_word_puts_before_paragraphs() -> None:
    items = [
        (0, "总则"),
        (1, "目标"),
        (2, "5亿元"),
        (2, "平台"),
        (3, "数据"),
        (1, "原则"),
        (2, "统一"),
        (0, "任务"),
        (4, "其他"),
    ]
    assert text(numbered(items)).split("\n") == [
        "一、总则", "（一）目标", "1. 5亿元", "2. 平台", "2.1 数据", "（二）原则", "1. 统一", "二、任务", "其他",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("number", "form", "expected"),
    [
        (10, "chineseCounting", "十"), (11, "japaneseCounting", "十一"), (20, "chineseCounting", "二十"),
        (101, "chineseCountingThousand", "一百零一"), (112, "chineseCountingThousand", "一百一十二"),
        (1010, "chineseCountingThousand", "一千零一十"), (12, "chineseLegalSimplified", "壹拾贰"), (10, "ideographDigital", "一〇"),
        (2, "upperLetter", "B"), (28, "lowerLetter", "bb"), (1994, "upperRoman", "MCMXCIV"), (7, "decimalZero", "07"),
        (10, "decimalFullWidth", "１０"), (20, "decimalEnclosedCircle", "⑳"), (21, "decimalEnclosedCircle", "21"), (5, "hebrew1", "5"),
        (0, "upperLetter", ""), (10**6, "upperRoman", "M" * 20),
    ],
)  # fmt: skip
def test_numbers_are_written_as_word_does(number: int, form: str, expected: str) -> None:
    assert written(number, form) == expected


def test_the_strict_form_of_the_standard() -> None:
    strict = lambda xml: xml.replace(MAIN.encode(), b"http://purl.oclc.org/ooxml/wordprocessingml/main")  # noqa: E731
    assert text(changed(body("<w:p><w:r><w:t>严格</w:t></w:r></w:p>"), {"word/document.xml": strict})) == "严格"


def bomb(name: str, content: bytes) -> bytes:
    return changed(saved(new()), {name: content})


def nested(depth: int) -> bytes:
    return f"<w:document {W}>".encode() + b"<w:body>" * depth + b"</w:body>" * depth + b"</w:document>"


ENTITIES = f'<!DOCTYPE x [<!ENTITY a "数据"><!ENTITY b "&a;&a;">]><w:document {W}><w:body><w:p><w:r><w:t>&b;</w:t></w:r></w:p></w:body></w:document>'
EXTERNAL = f'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hostname">]><w:document {W}><w:body><w:p><w:r><w:t>&a;</w:t></w:r></w:p></w:body></w:document>'
BROKEN: list[tuple[str, Callable[[], bytes], str]] = [
    ("no zip", lambda: b"PK\x03\x04 and no more", "is damaged (the zip inside cannot be opened)"),
    ("cut off", lambda: saved(new())[:5000], "is damaged (the zip inside cannot be opened)"),
    ("another zip", lambda: changed(saved(new()), {"word/document.xml": b"<workbook/>"}), "but no Word document"),
    ("no XML", lambda: changed(saved(new()), {"word/document.xml": b"<w:document"}), "is damaged (word/document.xml: "),
    ("empty XML", lambda: changed(saved(new()), {"word/document.xml": b""}), "is damaged (word/document.xml: "),
    ("no text", lambda: body("<w:p/>"), "has no text in it"),
    ("old Word", lambda: reader._OLE + b"\0" * 600, "is an old Word file (.doc); convert it"),
    ("encrypted", lambda: reader._OLE + "EncryptedPackage".encode("utf-16-le"), "is encrypted and needs a password"),
    ("embedded", lambda: body("<w:altChunk/>"), "has its text in an embedded file"),
    ("entities", lambda: changed(saved(new()), {"word/document.xml": ENTITIES.encode()}), "document type declaration"),
    ("external", lambda: changed(saved(new()), {"word/document.xml": EXTERNAL.encode()}), "document type declaration"),
    ("deep", lambda: changed(saved(new()), {"word/document.xml": nested(100_000)}), "Excessive depth"),
    ("zip bomb", lambda: bomb("word/document.xml", b" " * (50 << 20)), "it may be a zip bomb"),
]  # fmt: skip


@pytest.mark.parametrize(("made", "expected"), [case[1:] for case in BROKEN], ids=[case[0] for case in BROKEN])
def test_broken_and_hostile_files(made: Callable[[], bytes], expected: str) -> None:
    said = message(made())
    assert said.startswith("a.docx: ")
    assert expected in said


def test_too_many_elements_and_too_much_in_all(monkeypatch: pytest.MonkeyPatch) -> None:
    data = body("<w:p><w:r><w:t>数据</w:t></w:r></w:p>" * 100)
    monkeypatch.setattr(parts, "MARKS", 300)
    assert "more elements than is plausible" in message(data)
    monkeypatch.undo()
    monkeypatch.setattr(parts, "ALL_BYTES", 3000)
    assert "unpacks to more than is plausible" in message(data)


def test_a_deep_table_and_a_long_document_are_read() -> None:
    inner = "<w:p><w:r><w:t>底</w:t></w:r></w:p>"
    for _ in range(60):
        inner = f"<w:tbl><w:tr><w:tc>{inner}</w:tc></w:tr></w:tbl>"
    assert text(body(inner)) == "底"
    assert text(body("<w:p><w:r><w:t>数据</w:t></w:r></w:p>" * 20_000)).count("\n") == 19_999


def test_relations_that_leave_the_file_are_not_followed() -> None:
    away = b'<Relationship Id="r9" Type="x/footnotes" Target="https://example.org/n.xml" TargetMode="External"/></Relationships>'
    up = b'<Relationship Id="r8" Type="x/endnotes" Target="../../../../etc/hostname"/></Relationships>'
    change = lambda relations: relations.replace(b"</Relationships>", away).replace(b"</Relationships>", up)  # noqa: E731
    data = body("<w:p><w:r><w:t>正文</w:t></w:r></w:p>")
    assert text(changed(data, {"word/_rels/document.xml.rels": change})) == "正文"


def test_recognised_by_content() -> None:
    assert reader.recognises(saved(new()))
    assert not reader.recognises(b"PK\x03\x04")
    assert not reader.recognises(b"text")


def test_the_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "find_spec", lambda name: None)
    assert message(b"") == "a.docx: reading .docx needs an extra; install nlp-toolkit[docx]"
