"""Saved web pages: the main text with its paragraphs as lines, and what the page says of itself.

What pages call their parts and fields stands in data/web_pages.tsv; the tags are those of the government sites'
guideline (政府网站发展指引, 国办发〔2017〕47号). Nothing is fetched and no script is run.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from nlp_toolkit.document import Source
from nlp_toolkit.errors import InputError
from nlp_toolkit.lexicon import read_table
from nlp_toolkit.read.days import first_day
from nlp_toolkit.read.encoding import decode
from nlp_toolkit.read.options import ReadOptions

SUFFIXES = (".html", ".htm", ".shtml", ".xhtml")

_BEGINNING = re.compile(
    rb"\s*(?:<\?xml[^>]*>\s*|<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body)[\s>]", re.IGNORECASE | re.DOTALL
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
_HAN = re.compile("[\u3400-\u9fff]")
_SPACE = re.compile(r"[ \t\r\n\f\u00a0\u3000\u2002\u2003\u200b\ufeff]+")
_WIDE = "[\u2e80-\u9fff\uf900-\ufaff\uff00-\uff60“”‘’…—]"
_BREAK_IN_CHINESE = re.compile(rf"(?<={_WIDE})[ \t]*[\r\n]\s*(?={_WIDE})")
_ATTACHMENT = re.compile(r"(?:相关)?(?:附件|附|下载|下載|檔案)?[\d一二三四五六七八九十\s.．、:：（）()\[\]]*")
_PAGE_TOOLS = re.compile(
    r"[\s\[\]【】()（）|/:：]*(?:(?:字体|字號|字号|大|中|小|打印(?:本页)?|列印|关闭(?:窗口)?|分享(?:到)?|收藏|返回(?:顶部)?|纠错|"
    r"扫一扫在手机(?:上)?(?:打开|查看)当前页(?:面)?|上一[篇条]|下一[篇条]|没有了)[\s\[\]【】()（）|/:：]*)+"
)
_NUMBER = re.compile(r"[〔\[［(（【]\s*\d{4}\s*[〕\]］)）】]|第\s*\d+\s*[号號]")
_PAGE_END = re.compile(r"ICP备|公网安备|版权所有|版權所有|网站标识码|Copyright|©")
_PLACE = re.compile(r"(?:您?(?:现在|當前|当前)?的?所?在?位置|首\s*页|首頁)\s*[:：>»]")
_SITE = re.compile(r"\s*[-_|–—－＿｜]+\s*")
# A block with fewer characters outside links is no text: a label, a button, a number of visits.
_SHORTEST_PROSE = 6
# A line that long, or one with a sentence, is the text and not its head.
_SENTENCE = re.compile(rf"。|{_HAN.pattern}(?:.*?{_HAN.pattern}){{39}}")
_LONGEST_FIELD = 200
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


@cache
def _names(part: str) -> frozenset[str]:
    """What pages call a part, in lower case."""
    return frozenset(row["name"].lower() for row in read_table("web_pages") if row["part"] == part)


@cache
def _labels() -> tuple[dict[str, str], re.Pattern[str]]:
    """The labels with what they stand for, and a pattern that finds one with its colon, spaces within it or not."""
    kinds = {
        row["name"]: row["part"].removeprefix("label:")
        for row in read_table("web_pages")
        if row["part"].startswith("label:")
    }
    spaced = (r"\s*".join(label) for label in sorted(kinds, key=len, reverse=True))
    return kinds, re.compile(rf"(?:^|(?<=[\s|（(【\[]))(?P<label>{'|'.join(spaced)})\s*[】\]]?\s*[:：]")


@dataclass(slots=True)
class _Line:
    """A line of the page: its text, what of it stands outside links, and the files it links to."""

    text: str
    unlinked: str
    files: list[dict[str, str]]


class _Page:
    """What a page is found to hold: its text, title, date and the rest."""

    def __init__(self, root: Any) -> None:
        _remove(root, _is_invisible)
        fields = _fields(_lines(root))
        fields |= {key: value for key, value in _tags(root).items() if key != "title"}
        self.title = _title(root, fields)
        _remove(root, _is_furniture)
        lines = _lines(_main(root))
        text = _text_lines(lines)
        if text and self.title and _bare(self.title) not in _bare("".join(text[:8])):
            text.insert(0, self.title)
        self.text = "\n".join(text)
        self.date: date | None = first_day(fields.get("written", "")) or first_day(fields.get("published", ""))
        self.meta: dict[str, Any] = {key: value for key, value in fields.items() if key != "title"}
        if "issuer" in fields:
            self.meta.setdefault("source", fields["issuer"])
        if files := [file for line in lines for file in line.files]:
            self.meta["attachments"] = files


def _remove(root: Any, unwanted: Any) -> None:
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
    return element.tag in _FURNITURE or element.tag == "head" or bool(_called(element) & _names("furniture"))


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
        and (element.tag in ("article", "main") or _called(element) & _names("main"))
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
        count = len(_HAN.findall(own))
        if count >= _SHORTEST_PROSE and not _PAGE_END.search(own) and not _labels()[1].search(own.strip()):
            below += count
        own = ""
    weights[element] = below
    return own, below


class _LineWriter:
    """Collects the text of elements as lines: blocks and breaks end one, rows of data become one with tabs."""

    def __init__(self) -> None:
        self.lines: list[_Line] = []
        self._start()

    def _start(self) -> None:
        self._all: list[str] = []
        self._unlinked: list[str] = []
        self._files: list[dict[str, str]] = []

    def end(self) -> None:
        """End the line, if there is anything on it."""
        text = _clean("".join(self._all))
        if text:
            self.lines.append(_Line(text, _clean("".join(self._unlinked)), self._files))
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
            self._files.append({"title": _clean("".join(element.itertext())), "href": target})
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
                    _Line(text, unlinked, [file for lines in parts for line in lines for file in line.files])
                )


def _lines(element: Any) -> list[_Line]:
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


def _clean(text: str) -> str:
    """The text of a line: a line break of the page's source is a space, or nothing between Chinese characters."""
    return _SPACE.sub(" ", _BREAK_IN_CHINESE.sub("", text)).strip()


def _bare(text: str) -> str:
    return re.sub(r"\s", "", text)


def _text_lines(lines: list[_Line]) -> list[str]:
    """The lines of the main text, without navigation, attachments, tools, and fields before or after the text."""
    sentences = [number for number, line in enumerate(lines) if _SENTENCE.search(line.text)]
    first, last = (sentences[0], sentences[-1]) if sentences else (len(lines), -1)
    fields = _field_lines(lines)
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


def _is_attachment(line: _Line) -> bool:
    return bool(line.files) and _ATTACHMENT.fullmatch(line.unlinked) is not None


def _is_navigation(line: _Line) -> bool:
    """Whether a line is links and next to nothing else, or says where in the site the page stands."""
    links_only = len(line.unlinked) * 10 <= len(line.text) and "。" not in line.text
    to_other_pages = line.text != line.unlinked and re.match(
        r"上一[篇页条]|下一[篇页条]|相关(?:链接|阅读|解读|稿件)", line.text
    )
    return links_only or bool(to_other_pages) or _PLACE.match(line.text) is not None


def _is_page_end(text: str) -> bool:
    return len(text) <= _LONGEST_FIELD and _PAGE_END.search(text) is not None


def _is_moment(text: str) -> bool:
    """Whether a line is a day, with or without the time, and nothing else."""
    return first_day(text) is not None and re.fullmatch(r"[\d\s:：/.年月日-]+", text) is not None


def _pairs(lines: list[_Line]) -> Iterator[tuple[set[int], str, str]]:
    """The fields on the lines: the numbers of the lines they stand on, what kind they are, and the value."""
    kinds, pattern = _labels()
    for number, line in enumerate(lines):
        if len(line.text) > _LONGEST_FIELD:
            continue
        cells = line.text.split("\t")
        for place, cell in enumerate(cells):
            label = _bare(cell).strip(":：【】[]")
            if label in kinds and (len(label) > 2 or cell.rstrip().endswith((":", "："))):
                following = lines[number + 1].text.split("\t") if number + 1 < len(lines) else [""]
                value = cells[place + 1] if place + 1 < len(cells) else following[0] if len(cells) == 1 else ""
                used = {number} if len(cells) > 1 or len(value) > _LONGEST_FIELD else {number, number + 1}
                yield used if value else {number}, kinds[label], value
                continue
            found = list(pattern.finditer(cell))
            ends = [*(match.start() for match in found), len(cell)][1:]
            for match, end in zip(found, ends, strict=False):
                whole = {number} if found[0].start() == 0 or cells[0] != cell else set()
                yield whole, kinds[_bare(match["label"])], cell[match.end() : end].strip(" |（(【[】])）")


def _field_lines(lines: list[_Line]) -> set[int]:
    """The lines that hold fields of the page and nothing else."""
    return {
        number for numbers, kind, value in _pairs(lines) for number in numbers if kind == "none" or _valid(kind, value)
    }


def _fields(lines: list[_Line]) -> dict[str, str]:
    """The page's fields by kind; the first one of a kind that can be one is taken."""
    fields: dict[str, str] = {}
    for numbers, kind, value in _pairs(lines):
        if (valid := _valid(kind, value)) is not None:
            fields.setdefault(kind, valid)
        if kind == "source" and "published" not in fields:  # 来源：新华社 2022-09-13 10:15
            day = next((first_day(lines[number].text) for number in numbers), None)
            if day is not None:
                fields["published"] = day.isoformat()
    return fields


def _valid(kind: str, value: str) -> str | None:
    """The value as its kind is written, or None where it cannot be one."""
    value = value.strip()
    if not value or len(value) > _LONGEST_FIELD or _bare(value).strip(":：") in _labels()[0]:
        return None
    if kind in ("written", "published"):
        day = first_day(value)
        return day.isoformat() if day else None
    if kind == "number":
        return _bare(value) if _NUMBER.search(value) and len(value) <= 40 else None
    if kind in ("source", "issuer"):
        name = re.split(r"\s+(?=\d{4}\D|\S{2,8}[:：])", value)[0]
        return name if len(name) <= 60 and "。" not in name else None
    return value if kind == "title" else None


def _tags(root: Any) -> dict[str, str]:
    """The page's fields from its ``<meta>`` tags."""
    fields: dict[str, str] = {}
    for tag in root.iter("meta"):
        names = {(tag.get(attribute) or "").strip().lower() for attribute in ("name", "property", "itemprop")}
        for kind in ("title", "published", "source"):
            if names & _names(f"meta:{kind}") and (value := _valid(kind, tag.get("content") or "")):
                fields.setdefault(kind, _clean(value))
    return fields


def _title(root: Any, fields: dict[str, str]) -> str | None:
    """The page's title: from its tags, its heading, its table of fields, or the window's title without the site's name."""
    window = _clean("".join(next(root.iter("title")).itertext())) if root.find(".//title") is not None else ""
    headings = [_clean("".join(heading.itertext())) for heading in root.iter("h1", "h2")]
    agreed = (heading for heading in headings if len(heading) > 4 and _bare(heading) in _bare(window))
    first_of_window = _SITE.split(window)[0]
    title = _tags(root).get("title") or next(agreed, None) or fields.get("title") or first_of_window
    return title or next((heading for heading in headings if heading), None)
