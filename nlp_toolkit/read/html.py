"""Saved web pages: the main text with its paragraphs as lines, and what the page says of itself.

What pages call their parts stands in data/web_pages.tsv. Nothing is fetched and no script is run.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

from nlp_toolkit.days import first_day
from nlp_toolkit.document import Source
from nlp_toolkit.errors import InputError
from nlp_toolkit.read.encoding import decode
from nlp_toolkit.read.options import ReadOptions
from nlp_toolkit.read.page_fields import (
    HAN,
    LONGEST_FIELD,
    Line,
    bare,
    clean,
    field_lines,
    fields_in_tags,
    fields_on,
    names,
    title_of,
)  # fmt: skip

SUFFIXES = (".html", ".htm", ".shtml", ".xhtml")

_BEGINNING = re.compile(
    rb"\s*(?:<\?xml[^>]*>\s*|<!--(?:(?!-->).)*-->\s*)*<(?:!doctype\s+html|html|head|body)[\s>]",
    re.IGNORECASE | re.DOTALL,
)
_DECLARED = re.compile(rb"<(?:meta\b[^>]*?charset|\?xml\b[^>]*?encoding)\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)


def _words(names: str) -> frozenset[str]:
    return frozenset(names.split())


# What a reader of the page does not see, or cannot read as text.
_INVISIBLE = _words(
    "audio button canvas datalist embed iframe input map math noframes noscript object script select style svg"
    " template textarea video"
)
_FURNITURE = _words("aside footer nav")
_BLOCKS = _words(
    "address article aside blockquote body caption center dd details dialog div dl dt fieldset figcaption figure footer"
    " form h1 h2 h3 h4 h5 h6 header hr html legend li main nav ol option p pre section summary table tbody tfoot thead"
    " tr ul"
)
_CONTAINERS = _words("article body center div form html main section table tbody td tr")
_HIDDEN = re.compile(r"display\s*:\s*none", re.IGNORECASE)
_FILE = re.compile(r"\.(?:docx?|wps|xlsx?|et|pptx?|pdf|ofd|zip|rar|7z|txt|jpe?g|png)(?:[?#]|$)", re.IGNORECASE)
_ATTACHMENT = re.compile(r"(?:相关)?(?:附件|附|下载|下載|檔案)?[\d一二三四五六七八九十\s.．、:：（）()\[\]]*")
_PAGE_TOOLS = re.compile(
    r"[\s\[\]【】()（）|/:：]*(?:(?:字体|字號|字号|大|中|小|打印(?:本页)?|列印|关闭(?:窗口)?|分享(?:到)?|收藏|返回(?:顶部)?|纠错|"
    r"扫一扫在手机(?:上)?(?:打开|查看)当前页(?:面)?|上一[篇条]|下一[篇条]|没有了)[\s\[\]【】()（）|/:：]*)+"
)
_PAGE_END = re.compile(r"ICP备|公网安备|版权所有|版權所有|网站标识码|Copyright|©")
_PLACE = re.compile(r"(?:您?(?:现在|當前|当前)?的?所?在?位置|首\s*页|首頁)\s*[:：>»]")
# A block with fewer characters and digits outside links is no text, but a label or a button; a day below a text is.
_SHORTEST_PROSE = 6
_PROSE = re.compile("[\u3400-\u9fff0-9]")
# A line that long, or one with a sentence, is the text and not its head.
_LONG_LINE = 40
_LONGEST_CELL = 300
# What is called the text holds at least so much of it.
_MOST = 0.8


def recognises(data: bytes) -> bool:
    """Whether the bytes begin as a page does, in any encoding.

    >>> recognises(b"<!DOCTYPE html><title>a</title>"), recognises("<意见>".encode())
    (True, False)
    """
    head = data[:2048].removeprefix(b"\xef\xbb\xbf").removeprefix(b"\xff\xfe").removeprefix(b"\xfe\xff")
    return _BEGINNING.match(head.replace(b"\0", b"")) is not None


def read(data: bytes, name: str, document_id: str, options: ReadOptions) -> Iterator[Source | InputError]:
    """The page's main text as one source, with the page's title, its date, and in ``meta`` what else it says.

    ``meta`` holds ``source`` (来源), ``issuer`` (发文机关), ``number`` (发文字号), ``written`` and ``published`` as days,
    and ``attachments``, where the page has them.
    """
    try:
        declared = _DECLARED.search(data[:4096].replace(b"\0", b""))
        decoded = decode(data, name, options.encoding, declared[1].decode("ascii", "replace") if declared else None)
        page = _Page(_parsed(decoded.text, name))
        if not page.text:
            raise InputError(
                f"{name}: the page has no text in it; if scripts build it, save it from the browser as it is shown"
            )
        yield Source(page.text, document_id, page.date, page.title, page.meta | decoded.meta)
    except InputError as error:
        yield error


def _parsed(text: str, name: str) -> Any:
    """The page's tree. Raises InputError where the parser would leave a part of the page out."""
    try:
        from lxml import etree
    except ImportError:
        raise InputError(f"{name}: reading web pages needs an extra; install nlp-toolkit[html]") from None
    parser = etree.HTMLParser(encoding="utf-8", no_network=True, remove_comments=True, remove_pis=True)
    try:
        root = etree.fromstring(text.replace("\0", "\ufffd").encode("utf-8", "replace"), parser)
    except etree.LxmlError as error:
        raise InputError(f"{name}: cannot be read as a web page ({error}); save it from the browser anew") from None
    if root is None:
        raise InputError(f"{name}: the page is empty; there is nothing to annotate")
    fatal = [entry for entry in parser.error_log if entry.level_name == "FATAL"]
    if fatal:
        raise InputError(f"{name}: the page breaks off ({fatal[0].message.strip()}); save it from the browser anew")
    return root


class _Page:
    """What a page is found to hold: its text, title, date and the rest."""

    def __init__(self, root: Any) -> None:
        _remove(root, _is_invisible)
        fields = fields_on(_lines(root))
        fields |= {key: value for key, value in fields_in_tags(root).items() if key != "title"}
        self.title = title_of(root, fields)
        _remove(root, _is_furniture)
        lines = _lines(_main(root))
        text = _text_lines(lines)
        if text and self.title and bare(self.title) not in bare("".join(text[:8])):
            text.insert(0, self.title)
        self.text = "\n".join(text)
        self.date: date | None = first_day(fields.get("written", "")) or first_day(fields.get("published", ""))
        self.meta: dict[str, Any] = {key: value for key, value in fields.items() if key != "title"}
        if "issuer" in fields:
            self.meta.setdefault("source", fields["issuer"])
        if files := [file for line in lines for file in line.files]:
            self.meta["attachments"] = files


def _remove(root: Any, unwanted: Callable[[Any], bool]) -> None:
    """Take elements out of the tree; the text after them stays."""
    for element in [element for element in root.iter() if element is not root and unwanted(element)]:
        parent = element.getparent()
        previous = element.getprevious()
        if element.tail and previous is not None:
            previous.tail = (previous.tail or "") + element.tail
        elif element.tail:
            parent.text = (parent.text or "") + element.tail
        element.tail = None
        parent.remove(element)


def _is_invisible(element: Any) -> bool:
    if element.tag in _INVISIBLE:
        return True
    return "hidden" in element.attrib or _HIDDEN.search(element.get("style", "")) is not None


def _is_furniture(element: Any) -> bool:
    return element.tag in _FURNITURE or element.tag == "head" or bool(_called(element) & names("furniture"))


def _called(element: Any) -> set[str]:
    """The element's id and classes in lower case."""
    return {*element.get("class", "").lower().split(), element.get("id", "").strip().lower()}


def _main(root: Any) -> Any:
    """The element with the text: one that is called so, else the innermost that leaves no paragraph out."""
    weights: dict[Any, int] = {}
    _weigh(root, False, weights)
    named = [
        element
        for element, weight in weights.items()
        if weight and weight >= _MOST * weights[root]
        and (element.tag in ("article", "main") or _called(element) & names("main"))
    ]  # fmt: skip
    if named:
        return min(named, key=lambda element: (weights[element], sum(1 for _ in element.iter())))
    node = root
    while True:
        heirs = [child for child in node if child.tag in _CONTAINERS and weights[child] == weights[node]]
        if not heirs or not weights[node]:
            return node
        node = heirs[0]


def _weigh(element: Any, linked: bool, weights: dict[Any, int]) -> tuple[str, int]:
    """Note how many Chinese characters of prose each element holds; returns the text that its block continues.

    The parser lets no page in that is nested deeper than 256.
    """
    linked = linked or element.tag == "a"
    own = "" if linked else element.text or ""
    below = 0
    for child in element:
        child_own, child_below = _weigh(child, linked, weights)
        own += child_own + ("" if linked else child.tail or "")
        below += child_below
    if element.tag in _BLOCKS:
        count = len(_PROSE.findall(own)) if element.tag != "h1" else 0  # the title is not where the text is
        if count >= _SHORTEST_PROSE and not _PAGE_END.search(own):
            below += count
        own = ""
    weights[element] = below
    return own, below


class _LineWriter:
    """Collects the text of elements as lines: blocks and breaks end one, rows of data become one with tabs."""

    def __init__(self) -> None:
        self.lines: list[Line] = []
        self._start()

    def _start(self) -> None:
        self._all: list[str] = []
        self._unlinked: list[str] = []
        self._files: list[dict[str, str]] = []

    def end(self) -> None:
        """End the line, if there is anything on it."""
        text = clean("".join(self._all))
        if text:
            self.lines.append(Line(text, clean("".join(self._unlinked)), self._files))
        self._start()

    def add(self, text: str | None, linked: bool, keep_lines: bool) -> None:
        """Continue the line."""
        for number, part in enumerate((text or "").split("\n") if keep_lines else [text or ""]):
            if number:
                self.end()
            self._all.append(part)
            if not linked:
                self._unlinked.append(part)

    def element(self, element: Any, linked: bool = False, keep_lines: bool = False) -> None:
        """Write an element with all in it."""
        tag = element.tag
        if tag == "table" and _is_data(element):
            self._table(element)
            return
        if tag in _BLOCKS or tag in ("br", "td", "th"):
            self.end()
        target = element.get("href", "") if tag == "a" else ""
        linked = linked or bool(target and not target.startswith("#"))
        keep_lines = keep_lines or tag == "pre"
        if _FILE.search(target):
            self._files.append({"title": clean("".join(element.itertext())), "href": target})
        self.add(element.text, linked, keep_lines)
        for child in element:
            self.element(child, linked, keep_lines)
            self.add(child.tail, linked, keep_lines)
        if tag in _BLOCKS or tag in ("td", "th"):
            self.end()

    def _table(self, table: Any) -> None:
        self.end()
        for row in table.iter("caption", "tr"):
            cells = [row] if row.tag == "caption" else [cell for cell in row if cell.tag in ("td", "th")]
            parts = [_lines(cell) for cell in cells]
            text = "\t".join(" ".join(line.text for line in lines) for lines in parts).rstrip()
            if text:
                unlinked = " ".join(line.unlinked for lines in parts for line in lines)
                self.lines.append(
                    Line(text, unlinked, [file for lines in parts for line in lines for file in line.files])
                )


def _lines(element: Any) -> list[Line]:
    """The lines of an element."""
    writer = _LineWriter()
    writer.element(element)
    writer.end()
    return writer.lines


def _is_data(table: Any) -> bool:
    """Whether a table holds data, not the page's columns: rows of several cells, none of them long or a table itself."""
    cells = list(table.iter("td", "th"))
    return (
        table.find(".//table") is None
        and any(sum(cell.tag in ("td", "th") for cell in row) > 1 for row in table.iter("tr"))
        and all(len("".join(cell.itertext()).strip()) <= _LONGEST_CELL for cell in cells)
    )


def _text_lines(lines: list[Line]) -> list[str]:
    """The lines of the main text, without navigation, attachments, tools, and fields before or after the text."""
    sentences = [number for number, line in enumerate(lines) if _is_prose(line.text)]
    first, last = (sentences[0], sentences[-1]) if sentences else (len(lines), -1)
    fields = field_lines(lines)
    kept: list[str] = []
    for number, line in enumerate(lines):
        outside = number < first or number > last
        if outside and (number in fields or (number < first and _is_moment(line.text))):
            continue
        if _is_attachment(line):
            if kept and re.fullmatch(r"(?:相关)?附件\s*[:：]?", kept[-1]):
                kept.pop()
            continue
        if not (_is_navigation(line) or _PAGE_TOOLS.fullmatch(line.text) or _is_page_end(line.text)):
            kept.append(line.text)
    return kept


def _is_prose(text: str) -> bool:
    return "。" in text or len(HAN.findall(text)) >= _LONG_LINE


def _is_attachment(line: Line) -> bool:
    return bool(line.files) and _ATTACHMENT.fullmatch(line.unlinked) is not None


def _is_navigation(line: Line) -> bool:
    """Whether a line is links and next to nothing else, or says where in the site the page stands."""
    links_only = len(line.unlinked) * 10 <= len(line.text) and "。" not in line.text
    to_other_pages = line.text != line.unlinked and re.match(
        r"上一[篇页条]|下一[篇页条]|相关(?:链接|阅读|解读|稿件)", line.text
    )
    return links_only or bool(to_other_pages) or _PLACE.match(line.text) is not None


def _is_page_end(text: str) -> bool:
    return len(text) <= LONGEST_FIELD and _PAGE_END.search(text) is not None


def _is_moment(text: str) -> bool:
    """Whether a line is a day, with or without the time, and nothing else."""
    return first_day(text) is not None and re.fullmatch(r"[\d\s:：/.年月日-]+", text) is not None
