"""Cuts a normalised text into passages (lines with a kind), sentences and tokens.

Heading levels follow GB/T 9704-2012, 7.3.3: 一、 then （一） then 1. then （1）.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import Literal

from nlp_toolkit.document import Passage
from nlp_toolkit.lexicon import read_table

Segmenter = Literal["rjieba", "jieba"]
SEGMENTERS: tuple[Segmenter, ...] = ("rjieba", "jieba")

# Final nouns of titles: what a policy document can be (GB/T 9704, 国办发〔2012〕14号 art. 8, and common practice).
DOCTYPES = tuple(row["doctype"] for row in read_table("doctypes"))

_CHINESE_NUMERAL = "一二三四五六七八九十百零〇"
_LEVELS = (
    re.compile(rf"第[{_CHINESE_NUMERAL}\d]{{1,5}}[编章节部分]{{1,2}}[ 、:]?(?!\S{{0,2}}的)|[{_CHINESE_NUMERAL}]{{1,3}} ?[、.,](?=\S)"),
    re.compile(rf"\([{_CHINESE_NUMERAL}]{{1,3}}\) ?"),
    re.compile(r"\d{1,2} ?[.、](?!\d) ?"),
    re.compile(r"\(\d{1,2}\) ?|[①-⑳] ?"),
)  # fmt: skip
_LIST_ITEM = re.compile(
    r"[-*●○■□◆◇▲△★☆➢✓·] ?|[a-zA-Z][.)] |第[一二三四五六七八九十]{1,3}[,:]|其[一二三四五六七八九十][,:]"
)
_ATTACHMENT = re.compile(r"附(?:件|表|图|录|注)?\d{0,2} ?[:：]|附件\d{0,2}$")
DATE_LINE = re.compile(
    r"\(?(?:(?:公元|中华民国|民国)?[\d〇○零一二三四五六七八九十]{2,4} ?年 ?[\d一二三四五六七八九十]{1,3} ?月(?: ?[\d一二三四五六七八九十]{1,3} ?日)?"
    r"|\d{4}[-./]\d{1,2}[-./]\d{1,2})\)?"
)
NUMBER_LINE = re.compile(r"[^\s,。:]{1,20}[〔\[(](?:19|20)\d\d[〕\])](?:第)?\d{1,5}号")
_SALUTATION = re.compile(r"[^。;!?]{2,200}:")
FINAL = tuple("。!?;:,、…”’")
SIGNATURE = re.compile(
    r"[^\s,。;:!?、“”《》]{2,30}(?:政府|办公厅|办公室|委员会|常委会|国务院|部|厅|局|署|院|委|办|处|法院|检察院|总局|集团|中心|会议|小组|会)"
    r"(?: +[^\s,。;:!?]{2,30})*"
)
_TITLE_LENGTH = 80  # characters; a longer first line is prose


def passages(text: str) -> list[Passage]:
    """The lines of a normalised text that have something in them, each with its kind.

    Kinds: title, heading (with level 1 to 4), paragraph, list_item, number (a document number on its own line),
    addressee, signature, date_line, attachment.

    >>> [(p.kind, p.level) for p in passages("关于加强管理的通知\\n各市人民政府:\\n一、总体要求\\n加强管理。\\n2020年5月1日")]
    [('title', None), ('addressee', None), ('heading', 1), ('paragraph', None), ('date_line', None)]
    """
    result: list[Passage] = []
    at = 0
    for line in text.split("\n"):
        if line and not line.isspace():
            previous = result[-1] if result else None
            kind, level = _kind(line.strip(), previous, len(result))
            if kind == "date_line" and previous is not None and _may_sign(previous, len(result)):
                result[-1] = Passage(previous.start, previous.end, previous.text, "signature")
            result.append(Passage(at, at + len(line), line, kind, level))
        at += len(line) + 1
    return result


def _kind(line: str, previous: Passage | None, position: int) -> tuple[str, int | None]:
    """The kind of a line (without white space around it), from its form and from the line before it."""
    if DATE_LINE.fullmatch(line):
        return "date_line", None
    if _ATTACHMENT.match(line):
        return "attachment", None
    for level, pattern in enumerate(_LEVELS, 1):
        match = pattern.match(line)
        if match and match.end() < len(line):
            return ("heading", level) if _is_heading(line) else ("list_item", level)
    if _LIST_ITEM.match(line):
        return "list_item", None
    if NUMBER_LINE.fullmatch(line):
        return "number", None
    if _is_title(line, previous, position):
        return "title", None
    if position <= 4 and previous and previous.kind in ("title", "number") and _SALUTATION.fullmatch(line):
        return "addressee", None
    return "paragraph", None


def _is_heading(line: str) -> bool:
    """A numbered line is a heading when it is one short clause: 一、总体要求; （二）工作目标。"""
    body = line.rstrip("。:")
    return len(body) <= 40 and not any(mark in body for mark in "。;!?")


def _is_title(line: str, previous: Passage | None, position: int) -> bool:
    """The first line without final punctuation; later, a line that ends in a document's type after one that ends a part."""
    if len(line) > _TITLE_LENGTH or line.endswith(FINAL) or "。" in line:
        return False
    if position == 0:
        return True
    named = (
        line.rstrip(")").endswith(DOCTYPES) or re.search(r"\((?:试行|暂行|草案|征求意见稿|修订)\)$", line) is not None
    )
    after_end = previous is not None and (
        previous.kind in ("title", "date_line", "attachment", "number", "signature")
        or re.fullmatch(r"\(.{2,20}\)", previous.text.strip()) is not None
    )
    return named and after_end and len(line) >= 4


def _may_sign(passage: Passage, count: int) -> bool:
    """Whether the line before a date line is the signature of the issuing body."""
    return passage.kind == "paragraph" and count > 1 and SIGNATURE.fullmatch(passage.text.strip()) is not None


_CLOSERS = {"”": "“", "’": "‘", ")": "(", "》": "《", "〉": "〈", "】": "【", "〕": "〔", "]": "["}
_OPENERS = {opener: closer for closer, opener in _CLOSERS.items()}
_MARKS = re.compile(r"[。!?;…]+|[“”‘’()《》〈〉【】〔〕\[\]]")
_LONG_QUOTE = 120  # characters; a longer quotation is cut into its own sentences


def sentences(text: str, lines: Iterable[Passage]) -> list[tuple[int, int]]:
    """The sentences of the lines: they end at 。！？；… and at line ends, with quotes and brackets closed.

    >>> text = "他说:“好。再来!”走了;我留下。"
    >>> [text[s:e] for s, e in sentences(text, passages(text))]
    ['他说:“好。再来!”', '走了;', '我留下。']
    """
    result: list[tuple[int, int]] = []
    for passage in lines:
        start = passage.start
        for end in _sentence_ends(text, passage.start, passage.end):
            result += _trimmed(text, start, end)
            start = end
        result += _trimmed(text, start, passage.end)
    return result


def _sentence_ends(text: str, first: int, last: int) -> Iterator[int]:
    """Where the sentences of one line end; closing marks right behind an end belong to it."""
    closing = _partners(text, first, last)
    at = first
    while match := _MARKS.search(text, at, last):
        start, at = match.span()
        mark = text[start]
        if mark in _OPENERS:
            partner = closing.get(start, start)
            if 0 < partner - start <= _LONG_QUOTE:
                at = partner
                if text[partner - 1] in "。!?;…" and mark in "“‘" and not text[partner + 1 : partner + 2].strip("\n"):
                    yield partner + 1
            continue
        if mark in _CLOSERS:
            if text[start - 1 : start] and text[start - 1] in "。!?;…" and start > first and _begins(text, at, last):
                yield at
            continue
        while at < last and text[at] in _CLOSERS:
            at += 1
        if _begins(text, at, last):
            yield at


def _begins(text: str, at: int, last: int) -> bool:
    """Whether a new sentence may begin here: not with a comma or a particle that carries the old one on."""
    return at >= last or text[at] not in ",、:的地"


def _partners(text: str, first: int, last: int) -> dict[int, int]:
    """The place of the closing mark for each opening one that has its partner in the line."""
    stack: list[int] = []
    partners: dict[int, int] = {}
    for match in re.compile(r"[“”‘’()《》〈〉【】〔〕\[\]]").finditer(text, first, last):
        mark = match.group()
        if mark in _OPENERS:
            stack.append(match.start())
        elif stack and text[stack[-1]] == _CLOSERS[mark]:
            partners[stack.pop()] = match.start()
    return partners


_LONGEST_CLAUSE = 500  # characters
# A bracket with its partner, or a mark that ends a clause; a set of characters comes first, since that is searched fastest.
_CLAUSE_ENDS = re.compile(
    r"[(。!?…\n—,:;](?:(?<=\()[^()\n]{1,60}\)|(?<=[。!?…\n])[。!?…\n]*|(?<=—)—|(?<=[,:])(?:(?!\d)|(?<!\d.))|(?<=;))"
)


def clauses(text: str, bounds: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """The clauses of the sentences: what stands between ，；。：！？ and ——, brackets left whole; overlong ones in pieces.

    >>> text = "到2025年,建成1,200个站(含改建,不含拆除);其余保留。"
    >>> [text[s:e] for s, e in clauses(text, [(0, len(text))])]
    ['到2025年', '建成1,200个站(含改建,不含拆除)', '其余保留']
    """
    result: list[tuple[int, int]] = []
    for first, last in bounds:
        start = first
        for match in _CLAUSE_ENDS.finditer(text, first, last):
            end, after = match.span()
            if text[end] == "(":
                continue
            result += _pieces(start, end)
            start = after
        result += _pieces(start, last)
    return result


def _pieces(start: int, end: int) -> Iterator[tuple[int, int]]:
    """A clause, cut where it is longer than any clause of prose: what is done in one may take its length squared."""
    for first in range(start, end, _LONGEST_CLAUSE):
        yield first, min(first + _LONGEST_CLAUSE, end)


def _trimmed(text: str, start: int, end: int) -> list[tuple[int, int]]:
    piece = text[start:end]
    left = len(piece) - len(piece.lstrip())
    body = piece.strip()
    return [(start + left, start + left + len(body))] if body else []


@cache
def tagger(segmenter: Segmenter) -> Callable[[str], list[tuple[str, str]]]:
    """The function that cuts a text into (word, part of speech), with the terms of data/terms.tsv known to it.

    Both segmenters run jieba's algorithm; rjieba (Rust) is about ten times as fast.
    """
    return _load_jieba() if segmenter == "jieba" else _load_rjieba()


def _load_rjieba() -> Callable[[str], list[tuple[str, str]]]:
    import rjieba

    jieba = rjieba.Jieba()
    for row in read_table("terms"):
        jieba.add_word(row["term"], None, row["pos"])

    def tag(text: str) -> list[tuple[str, str]]:
        return jieba.tag(text)

    return tag


def _load_jieba() -> Callable[[str], list[tuple[str, str]]]:
    import logging

    import jieba
    import jieba.posseg

    jieba.setLogLevel(logging.WARNING)
    tokenizer = jieba.Tokenizer()
    # As its initialize(), which keeps the dictionary in a file among the temporary ones, where others may replace it.
    tokenizer.FREQ, tokenizer.total = tokenizer.gen_pfdict(tokenizer.get_dict_file())
    tokenizer.initialized = True
    tagging = jieba.posseg.POSTokenizer(tokenizer)
    for row in read_table("terms"):
        tokenizer.add_word(row["term"], tag=row["pos"])
    tagging.word_tag_tab.update(tokenizer.user_word_tag_tab)

    def tag(text: str) -> list[tuple[str, str]]:
        return [(pair.word, pair.flag) for pair in tagging.cut(text)]

    return tag


def tokens(text: str, segmenter: Segmenter = "rjieba") -> list[tuple[str, str]]:
    """The words of a normalised text with their part of speech; together they are the text, white space included.

    >>> tokens("推进智慧城市建设")
    [('推进', 'v'), ('智慧城市', 'n'), ('建设', 'vn')]
    """
    result = tagger(segmenter)(text)
    if sum(len(word) for word, _ in result) == len(text):
        return result
    return _tile(text, result)


def _tile(text: str, words: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Give back what a segmenter left out of the text, as tokens of their own."""
    result: list[tuple[str, str]] = []
    at = 0
    for word, pos in words:
        start = text.find(word, at)
        if start < 0:
            continue
        if start > at:
            result.append((text[at:start], "x"))
        result.append((word, pos))
        at = start + len(word)
    if at < len(text):
        result.append((text[at:], "x"))
    return result
