"""DOCX (ISO/IEC 29500, WordprocessingML): the text that a reader of the printed document sees, a paragraph a line.

Tracked changes count as accepted; hidden text, comments, headers and footers are left out; notes come at the end.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import Any

from nlp_toolkit.document import Source
from nlp_toolkit.errors import InputError
from nlp_toolkit.read.docx_numbering import Numbering, W, value, whole
from nlp_toolkit.read.options import ReadOptions
from nlp_toolkit.read.parts import Element, Parts, holds, local, resolve

SUFFIXES = (".docx", ".docm", ".dotx")

_OLE = bytes.fromhex("d0cf11e0a1b11ae1")
_STRICT = (b"http://purl.oclc.org/ooxml/wordprocessingml/main", W[1:-1].encode())
_TRANSPARENT = {
    "sdt",
    "sdtContent",
    "customXml",
    "smartTag",
    "ins",
    "moveTo",
    "body",
    "AlternateContent",
    "Choice",
}  # around paragraphs and tables
# What is not part of the text: deleted and moved away, field codes, glosses, older forms of the same drawing.
_SKIPPED = {"del", "moveFrom", "instrText", "delText", "delInstrText", "rt", "Fallback", "pPr", "rPr", "sdtPr"}
_SIGNS = {"tab": "\t", "ptab": "\t", "cr": "\n", "noBreakHyphen": "-"}
_NOTES = (("footnotes", "footnote"), ("endnotes", "endnote"))
_TITLE_STYLES = ("title", "标题")  # names of Word's own style for a document's title


def recognises(data: bytes) -> bool:
    """Whether the bytes are a zip that holds a Word document."""
    return holds(data, "word/document.xml")


def read(data: bytes, name: str, document_id: str, options: ReadOptions) -> Iterator[Source | InputError]:
    """The text of a Word document as one source, or an error that says what to do.

    ``title`` is that of the core properties, else the paragraph in Word's title style; author and dates go to ``meta``,
    and so do the headings (start and end in the text, level). Rows of tables are lines with tabs between the cells.

    >>> next(read(b"no zip", "a.docx", "a", ReadOptions()))
    InputError('a.docx: is damaged (the zip inside cannot be opened); save it anew')
    """
    if find_spec("lxml") is None:
        yield InputError(f"{name}: reading .docx needs an extra; install nlp-toolkit[docx]")
        return
    try:
        yield _source(data, document_id)
    except ValueError as error:
        yield InputError(f"{name}: {error}")


def _source(data: bytes, document_id: str) -> Source:
    """The source; raises ValueError with what is wrong and what to do."""
    if data.startswith(_OLE):
        if "EncryptedPackage".encode("utf-16-le") in data:
            raise ValueError("is encrypted and needs a password; open it in Word and save it without one")
        raise ValueError("is an old Word file (.doc); convert it: soffice --headless --convert-to docx FILE")
    package = _Package(Parts(data))
    document = _Text(_Styles(package.optional("styles")), Numbering.of(package.optional("numbering")))
    root = package.xml(package.main)
    if root.find(f".//{W}altChunk") is not None:
        raise ValueError("has its text in an embedded file, which only Word shows; open it in Word and save it anew")
    document.add(root)
    for part, kind in _NOTES:
        notes = package.optional(part)
        for note in () if notes is None else notes.iterfind(f"{W}{kind}"):
            if note.get(f"{W}type", "normal") == "normal":
                document.add(note)
    text = "\n".join(document.lines)
    if not text.strip():
        raise ValueError("has no text in it; there is nothing to annotate")
    properties = package.properties()
    title = properties.pop("title", None) or document.title
    headings = document.headings_in_text()
    meta: dict[str, Any] = properties | ({"headings": headings} if headings else {})
    return Source(text, document_id, None, title, meta)


class _Package:
    """The parts of a Word file and how they refer to one another (ISO/IEC 29500-2)."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._top = self._relations("_rels/.rels", "")
        self.main = self._top.get("officeDocument", "word/document.xml")
        if self.main not in parts or local(parts.xml(self.main)) != "document":
            raise ValueError("is a zip, but no Word document; check what it is, or name it by what it holds")
        folder, _, file = self.main.rpartition("/")
        self.related = self._relations(f"{folder}/_rels/{file}.rels", self.main)

    def _relations(self, name: str, base: str) -> dict[str, str]:
        """The part for each kind of relation; those that point out of the file are not followed."""
        if name not in self._parts:
            return {}
        return {
            relation.get("Type", "").rpartition("/")[2]: resolve(base, relation.get("Target", ""))
            for relation in self._parts.xml(name)
            if relation.get("TargetMode") != "External"
        }

    def xml(self, name: str) -> Element:
        """A part of the document, in the namespace of Word's usual (transitional) form."""
        return self._parts.xml(name, _STRICT)

    def optional(self, kind: str) -> Element | None:
        """The part of a kind that a document need not have."""
        name = self.related.get(kind, "")
        return self.xml(name) if name in self._parts else None

    def properties(self) -> dict[str, str]:
        """Title, author and days from the core properties."""
        if self._top.get("core-properties", "") not in self._parts:
            return {}
        root = self.xml(self._top["core-properties"])
        names = {"title": "title", "creator": "author", "created": "created", "modified": "modified"}
        found = {names[local(item)]: (item.text or "").strip() for item in root if local(item) in names}
        return {key: text[:10] if key in ("created", "modified") else text for key, text in found.items() if text}


class _Styles:
    """What styles say that matters to the text: hidden, outline level, numbering, and which is the title's."""

    def __init__(self, root: Element | None) -> None:
        found = [] if root is None else root.iterfind(f"{W}style")
        self._styles = {style.get(f"{W}styleId", ""): style for style in found}

    def _line(self, name: str | None) -> Iterator[Element]:
        """A style and those it is based on."""
        seen: set[str | None] = set()
        while name in self._styles and name not in seen:
            seen.add(name)
            yield self._styles[name]
            name = value(self._styles[name], "basedOn")

    def hidden(self, name: str | None) -> bool:
        """Whether text in this style is hidden."""
        states = (_hides(style.find(f"{W}rPr")) for style in self._line(name))
        return next((state for state in states if state is not None), False)

    def first(self, name: str | None, path: str) -> Element | None:
        """The first element at the path in a style or those it is based on."""
        found = (style.find(path) for style in self._line(name))
        return next((element for element in found if element is not None), None)

    def is_title(self, name: str | None) -> bool:
        return name in self._styles and (value(self._styles[name], "name") or "").lower() in _TITLE_STYLES


def _hides(properties: Element | None) -> bool | None:
    """Whether run properties hide the text, or None where they do not say."""
    switch = None if properties is None else properties.find(f"{W}vanish")
    return None if switch is None else switch.get(f"{W}val", "1") not in ("0", "false", "off")


@dataclass(slots=True)
class _Text:
    """The lines of a document as they come together."""

    styles: _Styles
    numbering: Numbering
    lines: list[str] = field(default_factory=list)
    title: str | None = None
    headings: list[tuple[int, int]] = field(default_factory=list)  # (line, level)
    _open: str = ""  # the text of paragraphs whose end was deleted, which the next one continues

    def add(self, container: Element) -> None:
        """Add the paragraphs and tables in an element, in order."""
        for block in _blocks(container):
            if local(block) == "tbl":
                for row in _kept(block, "tr", "trPr"):
                    cells = [self._cell(cell) for cell in _kept(row, "tc", "tcPr")]
                    if any(cells):
                        self.lines.append("\t".join(cells))
            else:
                self._paragraph(block)
        if self._open:
            self._finish("", None)

    def _cell(self, cell: Element) -> str:
        """The text of a cell in one line; a table inside it is read like its paragraphs."""
        texts = [
            "".join(self._pieces(paragraph))
            for paragraph in cell.iter(f"{W}p")
            if not _inside(paragraph, cell, "Fallback")
        ]
        return " ".join(" ".join(texts).split())

    def _paragraph(self, paragraph: Element) -> None:
        properties = paragraph.find(f"{W}pPr")
        text = self._label(properties) + "".join(self._pieces(paragraph))
        mark = None if properties is None else properties.find(f"{W}rPr/{W}del")
        if mark is not None:
            self._open += text
        else:
            self._finish(text, properties)
        for box in _boxes(paragraph):
            self.add(box)

    def _finish(self, text: str, properties: Element | None) -> None:
        """Add a whole paragraph; line breaks inside it make lines of their own, empty ones go."""
        lines = [line.strip(" \t\r") for line in (self._open + text).split("\n")]
        self._open = ""
        lines = [line for line in lines if line]
        style = None if properties is None else value(properties, "pStyle")
        if lines and self.title is None and self.styles.is_title(style):
            self.title = "".join(lines)
        level = self._outline(properties, style)
        if level is not None:
            self.headings += [(len(self.lines) + number, level) for number in range(len(lines))]
        self.lines += lines

    def _outline(self, properties: Element | None, style: str | None) -> int | None:
        """The level of a heading, from 1; None for body text (17.3.1.20: 9 is no level)."""
        own = None if properties is None else properties.find(f"{W}outlineLvl")
        found = own if own is not None else self.styles.first(style, f"{W}pPr/{W}outlineLvl")
        level = 9 if found is None else whole(found.get(f"{W}val"), 9)
        return level + 1 if level < 9 else None

    def _label(self, properties: Element | None) -> str:
        """The number that Word shows before a paragraph."""
        style = None if properties is None else value(properties, "pStyle")
        own = None if properties is None else properties.find(f"{W}numPr")
        from_style = self.styles.first(style, f"{W}pPr/{W}numPr")
        name = next((found for item in (own, from_style) if item is not None and (found := value(item, "numId"))), None)
        level = next((found for item in (own, from_style) if item is not None and (found := value(item, "ilvl"))), "0")
        if name is None or name == "0":
            return ""
        return self.numbering.label(name, min(whole(level, 0), 8))

    def _pieces(self, paragraph: Element) -> Iterator[str]:
        """The text of a paragraph piece by piece, without that of text boxes in it."""
        properties = paragraph.find(f"{W}pPr")
        hidden = properties is not None and self.styles.hidden(value(properties, "pStyle"))
        waiting = list(reversed(paragraph))
        while waiting:
            element = waiting.pop()
            name = local(element)
            if name in _SKIPPED or name == "txbxContent":
                continue
            if name == "t":
                yield (element.text or "").replace("\n", " ")
            elif name in _SIGNS:
                yield _SIGNS[name]
            elif name == "br":
                yield "\n" if element.get(f"{W}type", "textWrapping") == "textWrapping" else ""
            elif name == "sym":
                yield _symbol(element.get(f"{W}char", ""))
            elif name != "r" or not self._hidden_run(element, hidden):
                waiting.extend(reversed(element))

    def _hidden_run(self, run: Element, by_paragraph: bool) -> bool:
        properties = run.find(f"{W}rPr")
        if properties is None:
            return by_paragraph
        own = _hides(properties)
        if own is not None:
            return own
        return by_paragraph or self.styles.hidden(value(properties, "rStyle"))

    def headings_in_text(self) -> list[dict[str, int]]:
        """The headings with their places in the whole text."""
        ends: list[int] = []
        for line in self.lines:
            ends.append((ends[-1] + 1 if ends else 0) + len(line))
        return [
            {"start": ends[number] - len(self.lines[number]), "end": ends[number], "level": level}
            for number, level in self.headings
        ]


def _blocks(container: Element) -> Iterator[Element]:
    """The paragraphs and tables of an element, in order, also those in content controls and the like."""
    waiting = list(reversed(container))
    while waiting:
        element = waiting.pop()
        name = local(element)
        if name in ("p", "tbl"):
            yield element
        elif name in _TRANSPARENT:
            waiting.extend(reversed(element))


def _kept(container: Element, name: str, properties: str) -> Iterator[Element]:
    """The rows of a table or the cells of a row that no tracked change deletes."""
    waiting = list(reversed(container))
    while waiting:
        element = waiting.pop()
        if local(element) in _TRANSPARENT:
            waiting.extend(reversed(element))
        elif local(element) == name:
            own = element.find(f"{W}{properties}")
            if own is None or (own.find(f"{W}del") is None and own.find(f"{W}cellDel") is None):
                yield element


def _boxes(paragraph: Element) -> list[Element]:
    """The text boxes in a paragraph, each once and without those inside another."""
    boxes = paragraph.iter(f"{W}txbxContent")
    return [box for box in boxes if not _inside(box, paragraph, "txbxContent", "Fallback")]


def _inside(element: Element, whole: Element, *names: str) -> bool:
    """Whether an element stands in one of the name, inside of the whole."""
    for ancestor in element.iterancestors():
        if ancestor is whole:
            return False
        if local(ancestor) in names:
            return True
    return False


def _symbol(code: str) -> str:
    """A character of a symbol font; those without a place in Unicode are a white square, so that none goes unseen."""
    try:
        number = int(code, 16)
    except ValueError:
        return ""
    return chr(number) if 0x20 <= number < 0xD800 else "□"
