"""What a web page says of itself: title, date, source, issuer and document number, from its tags and its fields.

What pages call them stands in data/web_pages.tsv; the tags are those of the government sites' guideline
(政府网站发展指引, 国办发〔2017〕47号).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from nlp_toolkit.days import first_day
from nlp_toolkit.lexicon import read_table

HAN = re.compile("[\u3400-\u9fff]")
_SPACE = re.compile(r"[ \t\r\n\f\u00a0\u3000\u2002\u2003\u200b\ufeff]+")
_WIDE = "[\u2e80-\u9fff\uf900-\ufaff\uff00-\uff60“”‘’…—]"
_BREAK_IN_CHINESE = re.compile(rf"(?<={_WIDE})[ \t]*[\r\n]\s*(?={_WIDE})")
_NUMBER = re.compile(r"[〔\[［(（【]\s*\d{4}\s*[〕\]］)）】]|第\s*\d+\s*[号號]")
_SITE = re.compile(r"\s*[-_|–—－＿｜]+\s*")
LONGEST_FIELD = 200
# Alone on a line these are as likely a part of the text: the time of a meeting, the author of a book.
_AMBIGUOUS = ("时间", "日期", "作者", "编辑")


@dataclass(slots=True)
class Line:
    """A line of the page: its text, what of it stands outside links, and the files it links to."""

    text: str
    unlinked: str
    files: list[dict[str, str]]


@cache
def names(part: str) -> frozenset[str]:
    """What pages call a part, in lower case."""
    return frozenset(row["name"].lower() for row in read_table("web_pages") if row["part"] == part)


@cache
def labels() -> tuple[dict[str, str], re.Pattern[str]]:
    """The labels with what they stand for, and a pattern that finds one with its colon, spaces within it or not."""
    kinds = {
        row["name"]: row["part"].removeprefix("label:")
        for row in read_table("web_pages")
        if row["part"].startswith("label:")
    }
    spaced = (r"\s*".join(label) for label in sorted(kinds, key=len, reverse=True))
    return kinds, re.compile(rf"(?:^|(?<=[\s|（(【\[]))(?P<label>{'|'.join(spaced)})\s*[】\]]?\s*[:：]")


def clean(text: str) -> str:
    """The text of a line: a line break of the page's source is a space, or nothing between Chinese characters."""
    return _SPACE.sub(" ", _BREAK_IN_CHINESE.sub("", text)).strip()


def bare(text: str) -> str:
    return re.sub(r"\s", "", text)


def _pairs(lines: list[Line]) -> Iterator[tuple[int, set[int], str, str]]:
    """The fields on the lines: the line's number, those of the lines that hold nothing else, the kind, and the value."""
    kinds, pattern = labels()
    for number, line in enumerate(lines):
        if len(line.text) > LONGEST_FIELD:
            continue
        cells = line.text.split("\t")
        for place, cell in enumerate(cells):
            label = bare(cell).strip(":：【】[]")
            if label in kinds and (len(label) > 2 or cell.rstrip().endswith((":", "："))):
                following = lines[number + 1].text.split("\t") if number + 1 < len(lines) else [""]
                value = cells[place + 1] if place + 1 < len(cells) else following[0] if len(cells) == 1 else ""
                used = {number} if len(cells) > 1 or len(value) > LONGEST_FIELD else {number, number + 1}
                yield number, used if value else {number}, kinds[label], value
                continue
            found = list(pattern.finditer(cell))
            if len(found) == len(cells) == 1 and bare(found[0]["label"]) in _AMBIGUOUS:
                continue
            ends = [*(match.start() for match in found), len(cell)][1:]
            for match, end in zip(found, ends, strict=False):
                before = re.sub("[年月日]", "", cell[: found[0].start()])
                used = set() if HAN.search(before) else {number}
                yield number, used, kinds[bare(match["label"])], cell[match.end() : end].strip(" |（(【[】])）")


def field_lines(lines: list[Line]) -> set[int]:
    """The lines that hold fields of the page and nothing else."""
    return {
        number for _, used, kind, value in _pairs(lines) for number in used if kind == "none" or _valid(kind, value)
    }


def fields_on(lines: list[Line]) -> dict[str, str]:
    """The page's fields by kind; the first one of a kind that can be one is taken."""
    fields: dict[str, str] = {}
    for number, _, kind, value in _pairs(lines):
        if (valid := _valid(kind, value)) is not None:
            fields.setdefault(kind, valid)
        if kind == "source" and "published" not in fields:  # 来源：新华社 2022-09-13 10:15
            day = first_day(lines[number].text)
            if day is not None:
                fields["published"] = day.isoformat()
    return fields


def _valid(kind: str, value: str) -> str | None:
    """The value as its kind is written, or None where it cannot be one."""
    value = value.strip()
    if not value or len(value) > LONGEST_FIELD or bare(value).strip(":：") in labels()[0]:
        return None
    if kind in ("written", "published"):
        day = first_day(value)
        return day.isoformat() if day else None
    if kind == "number":
        return bare(value) if _NUMBER.search(value) and len(value) <= 40 else None
    if kind in ("source", "issuer"):
        name = re.split(r"\s+(?=\d{4}\D|\S{2,8}[:：])", value)[0]
        return name if len(name) <= 60 and "。" not in name else None
    return value if kind == "title" else None


def fields_in_tags(root: Any) -> dict[str, str]:
    """The page's fields from its ``<meta>`` tags."""
    fields: dict[str, str] = {}
    for tag in root.iter("meta"):
        called = {(tag.get(attribute) or "").strip().lower() for attribute in ("name", "property", "itemprop")}
        for kind in ("title", "published", "source"):
            if called & names(f"meta:{kind}") and (value := _valid(kind, tag.get("content") or "")):
                fields.setdefault(kind, clean(value))
    return fields


def title_of(root: Any, fields: dict[str, str]) -> str | None:
    """The page's title: from its tags, its heading, its table of fields, or the window's title without the site's name."""
    window = clean("".join(next(root.iter("title")).itertext())) if root.find(".//title") is not None else ""
    headings = [clean("".join(heading.itertext())) for heading in root.iter("h1", "h2")]
    agreed = (heading for heading in headings if len(heading) > 4 and bare(heading) in bare(window))
    first_of_window = _SITE.split(window)[0]
    title = fields_in_tags(root).get("title") or next(agreed, None) or fields.get("title") or first_of_window
    return title or next((heading for heading in headings if heading), None)
