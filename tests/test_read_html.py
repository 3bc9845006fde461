"""Saved pages: main text by lines, fields of the page, encodings that disagree, and pages made to do harm."""

from __future__ import annotations

from datetime import date
from importlib.util import find_spec
from typing import Any

import pytest
from conftest import needed
from hypothesis import given
from hypothesis import strategies as st

from nlp_toolkit.document import Source
from nlp_toolkit.errors import InputError
from nlp_toolkit.lexicon import read_table
from nlp_toolkit.read import html
from nlp_toolkit.read.options import ReadOptions


@pytest.fixture(autouse=True)
def _parser() -> None:
    needed(find_spec("lxml") is not None, "lxml is not installed")


def page_of(markup: str, encoding: str = "utf-8") -> Source:
    (source,) = html.read(markup.encode(encoding), "a.html", "a", ReadOptions())
    assert isinstance(source, Source), source
    return source


def error_of(data: bytes) -> str:
    (error,) = html.read(data, "a.html", "a", ReadOptions())
    assert isinstance(error, InputError)
    assert str(error).startswith("a.html: ")
    assert "\n" not in str(error)
    return str(error)


BODY = """
<p align="center">江政办发〔2022〕33号</p>
<p>各区人民政府，市各有关部门：</p>
<p>　　为打破数据孤岛，根据<a href="https://example.org/1.html">《江城市数据条例》</a>，到2025年建成100个
  共享平台。</p>
<p>　　一、总体要求</p>
<p>坚持统筹规划，<b>严禁</b>重复建设。<br>　　切实解决系统互不相通的问题。</p>
<p align="right">江城市人民政府办公室</p><p align="right">2022年9月13日</p>
"""
TEXT = """江政办发〔2022〕33号
各区人民政府，市各有关部门：
为打破数据孤岛，根据《江城市数据条例》，到2025年建成100个共享平台。
一、总体要求
坚持统筹规划，严禁重复建设。
切实解决系统互不相通的问题。
江城市人民政府办公室
2022年9月13日"""
TITLE = "江城市人民政府办公室关于推进数据共享的通知"
NAVIGATION = """
<div class="header"><img src="logo.png" alt="江城市人民政府"><ul><li><a href="/">首页</a></li>
<li><a href="/zwgk/">政务公开</a></li><li><a href="/hdjl/">互动交流</a></li></ul></div>
<div>当前位置：<a href="/">首页</a> &gt; <a href="/zwgk/">政务公开</a> &gt; 政策文件</div>"""
FOOT = """<p>相关解读：<a href="2.html">一图读懂数据共享</a></p><p>上一篇：<a href="3.html">关于做好防汛工作的通知</a></p>
<p>【<a href="javascript:print()">打印</a>】【<a href="javascript:close()">关闭</a>】 扫一扫在手机打开当前页</p>
<div class="foot"><p>主办单位：江城市人民政府办公室，联系电话见本页。</p></div>
<p>版权所有：江城市人民政府　网站标识码：0000000000　江ICP备00000000号</p>"""


def government_page(fields: str, body: str = f"<div>{BODY}</div>") -> str:
    return (
        f"<!DOCTYPE html><html><head><meta charset='utf-8'><title>{TITLE}_江城市人民政府</title>"
        f"<style>p {{ color: red }}</style><script>var text = '数据不是正文。';</script></head>"
        f"<body>{NAVIGATION}<div class='wrap'>{fields}{body}{FOOT}</div></body></html>"
    )


TABLE = """<table><tr><td>索 引 号：</td><td>0001-2022-0008</td><td>主题分类：</td><td>电子政务</td></tr>
<tr><td>发文机关：</td><td>江城市人民政府办公室</td><td>成文日期：</td><td>2022年09月13日</td></tr>
<tr><td>标　　题：</td><td colspan="3">江城市人民政府办公室关于推进数据共享的通知</td></tr>
<tr><td>发文字号：</td><td>江政办发〔2022〕33号</td><td>发布日期：</td><td>2022年09月20日</td></tr></table>"""
LIST = """<ul><li><b>索引号：</b>0001</li><li><b>发布机构：</b>江城市人民政府办公室</li><li><b>成文日期：</b>2022-09-13</li>
<li><b>文　号：</b>江政办发〔2022〕33号</li><li><b>发布日期：</b>2022-09-20</li></ul>"""
DEFINITIONS = """<dl><dt>发布机构</dt><dd>江城市人民政府办公室</dd><dt>成文日期</dt><dd>2022-09-13</dd>
<dt>发文字号</dt><dd>江政办发〔2022〕33号</dd><dt>发布日期</dt><dd>2022-09-20</dd></dl>"""
LINE = """<div><span>发布机构：江城市人民政府办公室</span> <span>成文日期：2022-09-13</span>
<span>文号：江政办发〔2022〕33号</span> <span>发布时间：2022-09-20 10:15</span>
<span>字号：[<a href="javascript:f(1)">大</a> <a href="javascript:f(2)">中</a>]</span> 浏览次数：<script>count()</script></div>"""


@pytest.mark.parametrize("fields", [TABLE, LIST, DEFINITIONS, LINE], ids=["table", "list", "definitions", "line"])
def test_a_government_page(fields: str) -> None:
    source = page_of(government_page(fields))
    assert source.text == f"{TITLE}\n{TEXT}"
    assert source.title == TITLE
    assert source.date == date(2022, 9, 13)
    assert source.meta == {
        "issuer": "江城市人民政府办公室",
        "source": "江城市人民政府办公室",
        "number": "江政办发〔2022〕33号",
        "written": "2022-09-13",
        "published": "2022-09-20",
    }


def test_the_tags_of_the_government_sites_guideline() -> None:
    markup = f"""<html><head><meta name="ArticleTitle" content="{TITLE}"><meta name="PubDate" content="2022-09-20 10:15">
    <meta name="ContentSource" content="江城日报"></head><body><div>{BODY}</div></body></html>"""
    source = page_of(markup)
    assert source.title == TITLE
    assert source.date == date(2022, 9, 20)
    assert source.meta == {"published": "2022-09-20", "source": "江城日报"}


# (line under the heading, meta, date)
BYLINES: list[tuple[str, dict[str, Any], date | None]] = [
    ("来源：新华社 2022-09-20 10:15", {"source": "新华社", "published": "2022-09-20"}, date(2022, 9, 20)),
    ("2022年09月20日 10:15　来源：江城日报", {"source": "江城日报", "published": "2022-09-20"}, date(2022, 9, 20)),
    ("发布时间：2022-09-20　来源：市教育局　作者：张三", {"source": "市教育局", "published": "2022-09-20"}, date(2022, 9, 20)),
    ("【来源：江城网】", {"source": "江城网"}, None),
    ("發布日期：111-09-20", {}, None),
    ("發布日期：民國111年9月20日 發布單位：秘書處", {"issuer": "秘書處", "source": "秘書處", "published": "2022-09-20"}, date(2022, 9, 20)),
]  # fmt: skip


@pytest.mark.parametrize(("line", "meta", "day"), BYLINES, ids=[line for line, *_ in BYLINES])
def test_bylines(line: str, meta: dict[str, Any], day: date | None) -> None:
    markup = f"<title>{TITLE}</title><body><div><h1>{TITLE}</h1><div>{line}</div><div>{BODY}</div></div></body>"
    source = page_of(markup)
    assert {key: value for key, value in source.meta.items() if key != "number"} == meta
    assert source.date == day
    if meta:
        assert source.text == f"{TITLE}\n{TEXT}"


def test_what_stands_in_the_text_is_no_field_of_the_page() -> None:
    body = BODY.replace("一、总体要求", "资金来源：市财政。数据来源：统计局。时间：2025年1月1日前。")
    source = page_of(f"<title>{TITLE}</title><body><div>{body}</div></body>")
    assert "资金来源：市财政。数据来源：统计局。时间：2025年1月1日前。" in source.text
    assert "source" not in source.meta


def test_attachments_are_named_and_left_out() -> None:
    body = (
        BODY
        + """<p>附件：</p><p>1. <a href="./P02.docx">任务分工表</a></p><p>2. <a href="/d/P03.pdf?x=1">指标说明.pdf</a></p>"""
    )
    source = page_of(f"<title>{TITLE}</title><body><div>{body}</div></body>")
    assert source.text == f"{TITLE}\n{TEXT}"
    assert source.meta["attachments"] == [
        {"title": "任务分工表", "href": "./P02.docx"},
        {"title": "指标说明.pdf", "href": "/d/P03.pdf?x=1"},
    ]


def test_tables_are_lines_with_tabs() -> None:
    table = """<table><caption>主要指标</caption><tr><th>指标</th><th>2022年</th><th>2025年</th></tr>
    <tr><td><p>数据</p><p>共享率</p></td><td></td><td><b>90</b>%</td></tr></table>"""
    source = page_of(f"<title>{TITLE}</title><body><div>{BODY}{table}<p>本通知自印发之日起施行。</p></div></body>")
    assert source.text.endswith("主要指标\n指标\t2022年\t2025年\n数据 共享率\t\t90%\n本通知自印发之日起施行。")


def test_a_page_laid_out_in_tables() -> None:
    links = "".join(f"<p><a href='{n}.html'>栏目之{n}</a></p>" for n in range(9))
    markup = (
        f"<title>{TITLE}</title><body><table><tr><td width=200>{links}</td><td><table><tr><td>"
        f"<h1>{TITLE}</h1>{BODY}</td></tr></table></td></tr></table></body>"
    )
    assert page_of(markup).text == f"{TITLE}\n{TEXT}"


@pytest.mark.parametrize("attributes", ["id='UCAP-CONTENT'", "class='view TRS_UEDITOR trs_paper_default'", "id='zoom'"])
def test_the_part_that_is_called_the_text(attributes: str) -> None:
    """Beside it, a part without a telling name may hold sentences."""
    beside = "<div><p>本站欢迎提出意见建议。</p></div>"
    markup = f"<title>{TITLE}</title><body>{beside}<div><h1>{TITLE}</h1><div {attributes}>{BODY}</div></div></body>"
    assert page_of(markup).text == f"{TITLE}\n{TEXT}"


def test_no_paragraph_of_the_text_is_lost() -> None:
    """A signature beside a long text, and a text in two parts, both stay."""
    long = "".join(f"<p>第{n}条　数据应当共享，不得拒绝提供。</p>" for n in range(300))
    source = page_of(f"<title>{TITLE}</title><body><div><div>{long}</div><div>江城市人民政府办公室</div></div></body>")
    assert source.text.endswith("江城市人民政府办公室")
    halves = page_of(
        f"<title>{TITLE}</title><body><div class=content>{BODY}</div><div class=content>{BODY}</div></body>"
    )
    assert halves.text == f"{TITLE}\n{TEXT}\n{TEXT}"


# (markup of the page's body, lines, why)
LINES = [
    ("<p>甲、推进\n   数据共享。</p>", ["甲、推进数据共享。"], "a line break of the source between Chinese characters"),
    ("<p>use open\n data 平台。</p>", ["use open data 平台。"], "a line break of the source between words"),
    ("<p>甲&nbsp;&nbsp;乙&#x3000;丙。</p>", ["甲 乙 丙。"], "several spaces are one"),
    ("<div>推进数据共享。<div>严禁重复建设。</div>切实解决问题。</div>", ["推进数据共享。", "严禁重复建设。", "切实解决问题。"], "nested blocks"),
    ("<ul><li>推进数据共享；<li>严禁重复建设。</ul>", ["推进数据共享；", "严禁重复建设。"], "open list items"),
    ("<pre>推进数据共享。\n严禁重复建设。</pre>", ["推进数据共享。", "严禁重复建设。"], "lines that the page keeps"),
    ("<p>推<span>进</span><span>数</span>据共享。</p>", ["推进数据共享。"], "a word cut by marks of its looks"),
    ("<p>推进&lt;数据&gt;&amp;共享&#12290;</p>", ["推进<数据>&共享。"], "escapes"),
    ("<p>推进数据共享。</p><p style='display: none'>看不见的字。</p><p hidden>看不见。</p>", ["推进数据共享。"], "hidden"),
    ("<!-- 注释。 --><p>推进数据共享。</p><textarea>表单。</textarea>", ["推进数据共享。"], "comments and forms"),
    ("<form><p>推进数据共享。</p><select><option>选项。</select></form>", ["推进数据共享。"], "a page inside a form"),
    ("<p>推进数据共享。</p><p><a href='#1'>一、总体要求</a></p>", ["推进数据共享。", "一、总体要求"], "a link within the page"),
    ("<div><p>时间：2022年9月1日</p></div><div><p>请准时参加会议。</p></div>", ["时间：2022年9月1日", "请准时参加会议。"], "a line of the text that begins as a field does"),
    ("推进数据共享。<br><br>严禁重复建设。", ["推进数据共享。", "严禁重复建设。"], "no paragraphs at all"),
]  # fmt: skip


@pytest.mark.parametrize(("markup", "lines", "why"), LINES, ids=[why for *_, why in LINES])
def test_lines(markup: str, lines: list[str], why: str) -> None:
    assert page_of(f"<html><body>{markup}</body></html>").text.split("\n") == lines, why


# (head, title)
TITLES = [
    (f"<title>{TITLE}_政策文件_江城市人民政府</title><body>", TITLE),
    (f"<title>江城市人民政府 {TITLE}</title><body><h1>{TITLE}</h1>", TITLE),
    (f"<title>江城市人民政府</title><meta property='og:title' content='{TITLE}'><body>", TITLE),
    (f"<title>江城市人民政府门户网站</title><body><table><tr><td>标题：</td><td>{TITLE}</td></tr></table>", TITLE),
    (f"<body><h1>{TITLE}</h1>", TITLE),
    ("<body>", None),
]


@pytest.mark.parametrize(("head", "title"), TITLES, ids=[head[:30] for head, _ in TITLES])
def test_titles(head: str, title: str | None) -> None:
    assert page_of(f"<html>{head}<div>{BODY}</div>").title == title


# (encoding that the page declares, encoding that it is in, what meta says)
DISAGREEMENTS = [
    ("gb2312", "utf-8", {"name": "utf-8", "declared": "gb18030"}),
    ("utf-8", "gb18030", {"name": "gb18030", "declared": "utf-8"}),
    ("big5", "utf-8", {"name": "utf-8", "declared": "big5"}),
    ("nonsense", "utf-8", None),
    ("utf-8", "utf-8", None),
    ("gb2312", "gb18030", {"name": "gb18030"}),
    ("utf-8", "utf-8-sig", None),
    ("gb2312", "utf-16", {"name": "utf-16-le"}),
]


@pytest.mark.parametrize(("declared", "encoding", "meta"), DISAGREEMENTS)
def test_a_page_that_is_not_in_the_encoding_it_declares(declared: str, encoding: str, meta: Any) -> None:
    for head in (
        f"<meta charset={declared}>",
        f'<META HTTP-EQUIV="Content-Type" CONTENT="text/html; charset={declared}">',
    ):
        source = page_of(f"<html><head>{head}<title>{TITLE}</title></head><body>{BODY}</body></html>", encoding)
        assert source.text == f"{TITLE}\n{TEXT}"
        found = source.meta.get("encoding")
        assert (found and {key: value for key, value in found.items() if key != "second"}) == meta


def test_the_declared_encoding_decides_where_the_bytes_leave_it_open() -> None:
    for encoding in ("big5", "gbk"):
        data = f"<html><meta charset={encoding}><body>".encode() + "嚴肅".encode("big5")
        (source,) = html.read(data, "a.html", "a", ReadOptions())
        assert isinstance(source, Source)
        assert source.text == "嚴肅".encode("big5").decode(encoding)


def test_scripts_and_handlers_are_not_text() -> None:
    markup = f"""<html><head><script>alert("头。")</script></head><body onload="alert('载入。')"><div>{BODY}
    <script type="text/template"><p>模板的字。</p></script><noscript>请打开脚本。</noscript>
    <iframe src="https://example.org/">框架的字。</iframe><svg><text>图的字。</text></svg>
    <object data="x"><p>对象的字。</p></object></div></body></html>"""
    assert page_of(markup).text == TEXT


def test_entities_and_external_references_are_not_followed() -> None:
    markup = f"""<?xml version="1.0"?><!DOCTYPE html [<!ENTITY a "攻击。"><!ENTITY b SYSTEM "file:///etc/passwd">
    <!ENTITY c "&a;&a;&a;&a;"><!ENTITY d "&c;&c;&c;&c;">]><html><body><div>{BODY}<p>&a;&b;&d;数据。</p></div></body></html>"""
    source = page_of(markup)
    assert "攻击" not in source.text
    assert "root:" not in source.text
    assert "&a;&b;&d;数据。" in source.text


# (bytes, what the message says)
BAD = [
    (b"<html><body></body></html>", "the page has no text in it"),
    (b"<html><body><script>x()</script></body></html>", "if scripts build it, save it from the browser"),
    (b"<html>" + b"<div>" * 100_000 + "数据".encode(), "the page breaks off (Excessive depth"),
    (b"<html><p>" + "数据共享".encode() * 1_000_000, "the page breaks off"),
    (b"<html><p>" + "数据共享".encode("gb18030") + b"\xff\xff\xff", "reads as Chinese in no other encoding"),
]


@pytest.mark.parametrize(("data", "message"), BAD, ids=[message for _, message in BAD])
def test_bad_pages(data: bytes, message: str) -> None:
    assert message in error_of(data)


def test_a_beginning_made_to_keep_the_search_busy() -> None:
    assert not html.recognises(b"<!---->" * 280 + b"<")


def test_a_page_of_many_parts_costs_in_proportion() -> None:
    """A hundred thousand elements side by side, half of them links, in a few seconds."""
    many = "".join(f"<p>第{n}条数据共享。</p><a href='{n}'>链接</a>" for n in range(50_000))
    assert page_of(f"<html><body><div>{many}</div></body></html>").text.count("\n") == 49_999


@given(st.lists(st.sampled_from(["<p>", "</p>", "<table>", "<tr>", "<td>", "</table>", "<br>", "<a href='a.doc'>", "</a>",
    "<div class=content>", "</div>", "<title>", "</title>", "<h1>", "来源：", "2022-09-13", "\t", "\n", "数据共享。", "&", "\0", "<!--", "-->", "<"]), max_size=40))  # fmt: skip
def test_any_markup_gives_a_text_or_one_line(parts: list[str]) -> None:
    (item,) = html.read(f"<html>{''.join(parts)}".encode(), "a.html", "a", ReadOptions())
    if isinstance(item, Source):
        assert item.text.strip()
    else:
        assert "\n" not in str(item)


def test_the_table_of_parts() -> None:
    rows = read_table("web_pages")
    assert [tuple(row.values()) for row in rows] == sorted(tuple(row.values()) for row in rows)
    kinds = ("title", "number", "issuer", "source", "written", "published")
    parts = {
        "furniture",
        "main",
        "label:none",
        *(f"label:{kind}" for kind in kinds),
        "meta:title",
        "meta:published",
        "meta:source",
    }
    assert {row["part"] for row in rows} == parts
    labels = [row["name"] for row in rows if row["part"].startswith("label:")]
    assert len(set(labels)) == len(labels), "a label has one meaning"
