"""Strange input for every door of the toolkit; run by hand, it prints how many inputs each took and what broke.

    python benchmarks/fuzz.py [--target NAME] [--seconds N] [--seed N]

Texts and bytes are put together from pieces that the grammar knows, and from samples that are cut, doubled and damaged.
An error of ours is an answer; anything else, a wrong offset, a gap between tokens, another result the second time, or
less than LEAST_SPEED characters a second, is a finding: its input is printed as the seed and number that make it again.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import nlp_toolkit
from nlp_toolkit import Document
from nlp_toolkit.classify.codebook import Codebook
from nlp_toolkit.document import LAYERS
from nlp_toolkit.errors import InputError, PolicyError
from nlp_toolkit.evaluate import read_gold
from nlp_toolkit.normalize import normalize
from nlp_toolkit.read import READERS, content
from nlp_toolkit.read.options import ReadOptions
from nlp_toolkit.segment import passages, sentences, tokens

LEAST_SPEED = 2_000  # characters a second, on texts long enough to tell
LONG = 2_000
PIECES = (
    *"0123456789０１２一二三十百千万亿〇年月日号至到、，。；：（）()“”「」《》〔〕—-~%％ \t\n\r\u3000", "2025年", "“十三五”时期", "民国103年",
    "国务院办公厅", "发改委、住建部等八部委", "《关于加强管理的通知》", "国发〔2015〕50号", "到2025年，", "建成100个", "增长10%以上", "不低于", "由",
    "牵头", "负责", "避免", "重复建设", "信息孤岛", "不足", "第一", "一、", "（二）", "附件：", "臺灣", "資料", "著", "\ufeff", "\u200b", "㎡", "㍿",
    "\U0002f800", "😀", "\ud800", "\0", "\x1b[31m", "é", "<script>", "</p>", "上半年", "今年", "分别", "以上", "各市人民政府：", "a", "=1+1",
)  # fmt: skip
SAMPLES = (
    b"%PDF-1.4\n1 0 obj<<>>endobj", b"PK\x03\x04\x14\0\0\0\0\0", b"PK\x05\x06" + bytes(18), b"PAR1", b"\xff\xfe", b"\xfe\xff",
    b"<!DOCTYPE html><html><head><meta charset=gbk></head><body><p>", b'{"text": "', b'{"id": 1, "text": "a", "date": "2020-01-01"}\n',
    b"text,id,date\n", b"\xef\xbb\xbf", b"\x84\x31\x95\x33", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"\0" * 9, b"&#x110000;", b"<table><tr><td>",
)  # fmt: skip
VALUES = (
    None,
    True,
    0,
    -1,
    1,
    3,
    1e308,
    2**70,
    "",
    "DATE",
    "GOAL",
    "数据",
    "2020-01-01",
    "2020-13-01",
    [],
    {},
    [0, 1],
    [[0, 2]],
    [1, 2, "n"],
)
FIELDS = (
    "text", "id", "date", "title", "passages", "sentences", "tokens", "spans", "tasks", "meta", "start", "end", "label", "attrs", "themes",
    "evidence", "quantities", "value", "score", "deadline", "edtf", "role", "kind", "canonical", "level", "script", "version", "cues", "include",
)  # fmt: skip


def text_of(draw: random.Random) -> str:
    """A text of our pieces, now and then a long one."""
    few = draw.sample(PIECES, draw.randint(1, 12))
    return "".join(draw.choices(few, k=draw.choice((1, 3, 8, 20, 60, 60, 400))))


def bytes_of(draw: random.Random) -> bytes:
    """Bytes that begin or go on as some format does, whole or damaged."""
    encoding = draw.choice(("utf-8", "utf-8", "gb18030", "big5", "utf-16", "utf-32-le"))
    data = draw.choice((b"", *SAMPLES)) + text_of(draw)[:200].encode(encoding, "ignore") + draw.choice((b"", *SAMPLES))
    changed = bytearray(data)
    for _ in range(draw.choice((0, 0, 1, 4))):
        if changed:
            changed[draw.randrange(len(changed))] = draw.randrange(256)
    return bytes(changed)


def value_of(draw: random.Random, depth: int = 3) -> object:
    """A value as JSON can hold it, with the names that documents have."""
    if depth == 0 or draw.random() < 0.3:
        return draw.choice(VALUES)
    if draw.random() < 0.4:
        return [value_of(draw, depth - 1) for _ in range(draw.randint(0, 3))]
    return {name: value_of(draw, depth - 1) for name in draw.sample(FIELDS, draw.randint(0, 6))}


def damaged(draw: random.Random, value: object) -> object:
    """A value of a right document with one part of it replaced."""
    if draw.random() < 0.25 or not isinstance(value, dict | list) or not value:
        return draw.choice((value_of(draw, 1), draw.choice(VALUES)))
    if isinstance(value, dict):
        name = draw.choice(list(value))
        return {**value, name: damaged(draw, value[name])}
    at = draw.randrange(len(value))
    return [*value[:at], damaged(draw, value[at]), *value[at + 1 :]]


def check_document(document: Document) -> None:
    """The promises of a document: offsets, tiling, order."""
    text = document.text
    for part in (*document.spans, *document.passages, *document.tasks):
        assert 0 <= part.start < part.end <= len(text)
        assert text[part.start : part.end] == part.text
    assert "".join(token.text for token in document.tokens) == text
    for bounds in (document.sentence_bounds, [(p.start, p.end) for p in document.passages]):
        assert all(before[1] <= after[0] for before, after in pairwise(bounds))
    ends = {0, *document.token_ends}
    assert all({span.start, span.end} <= ends for span in document.spans)


NLP = nlp_toolkit.load(layers=LAYERS)
RIGHT = [
    json.loads(NLP.analyze(text, date="2021-03-01").to_json())
    for text in (
        "到2025年，建成100个平台，由住建部负责。\n部门间信息不共享。",
        "《关于加强管理的通知》\n国发〔2015〕50号",
    )
]


def analyze(draw: random.Random) -> int:
    text = text_of(draw)
    document = NLP.analyze(text, date=draw.choice((None, "2021-03-01", "0001-01-01", "9999-12-31")))
    assert document.text == text
    check_document(document)
    line = document.to_json()
    assert Document.from_dict(json.loads(line)).to_json() == line
    assert NLP.analyze(text, date=document.date).to_json() == line
    return len(text)


def normalizing(draw: random.Random) -> int:
    text = text_of(draw)
    found = normalize(text)
    if found.text:
        start, end = found.alignment.to_source(0, len(found.text))
        assert 0 <= start <= end <= len(text)
    assert normalize(text).text == found.text
    return len(text)


def segmenting(draw: random.Random) -> int:
    text = normalize(text_of(draw)).text
    lines = passages(text)
    bounds = sentences(text, lines)
    assert "".join(word for word, _ in tokens(text)) == text
    assert all(text[s:e].strip() == text[s:e] != "" for s, e in bounds)
    inside = "".join("".join(text[s:e].split()) for s, e in bounds)
    assert inside == "".join(text.split())
    return len(text)


def reading(draw: random.Random) -> int:
    data = bytes_of(draw)
    reader = draw.choice(READERS)
    suffix = draw.choice((*reader.SUFFIXES, ""))
    options = ReadOptions(draw.choice((None, None, "gb18030")), draw.choice((None, None, "text")))
    if reader.SUFFIXES == (".pdf",) or data[:1024].lstrip(b"\xef\xbb\xbf\0\t\r\n ").startswith(b"%PDF-"):
        return 0  # read in a process of its own
    for item in (*reader.read(data, "f", "f", options), *content(data, "f", "f", suffix, options)):
        assert isinstance(item, InputError) or item.text.strip()
    return len(data)


def from_dict(draw: random.Random) -> int:
    data = draw.choice(RIGHT)
    for _ in range(draw.randint(1, 3)):
        data = damaged(draw, data) if draw.random() < 0.9 else value_of(draw)
    try:
        document = Document.from_dict(data)
    except ValueError:
        return 0
    assert document.text == data["text"]
    return 0


def loading(load: Callable[[Path], object], lines: Callable[[random.Random], bytes]) -> Callable[[random.Random], int]:
    place = Path(tempfile.mkdtemp(prefix="nlp-toolkit-fuzz")) / "input"

    def one(draw: random.Random) -> int:
        data = lines(draw)
        place.write_bytes(data)
        load(place)
        return len(data)

    return one


def gold_lines(draw: random.Random) -> bytes:
    return json.dumps(damaged(draw, draw.choice(RIGHT))).encode()


def codebook_text(draw: random.Random) -> bytes:
    fields = "".join(f"{draw.choice(FIELDS)} = {json.dumps(value_of(draw, 1))}\n" for _ in range(draw.randint(0, 3)))
    return (
        f'[[themes]]\nid = "{draw.choice(("a", "A", "", "a_1"))}"\n{fields}'.encode("utf-8", "ignore")
        + bytes_of(draw)[: draw.choice((0, 9))]
    )


TARGETS: dict[str, Callable[[random.Random], int]] = {
    "normalize": normalizing,
    "segment": segmenting,
    "analyze": analyze,
    "read": reading,
    "from_dict": from_dict,
    "gold": loading(read_gold, gold_lines),
    "codebook": loading(Codebook.load, codebook_text),
}


def main() -> None:
    """Run the targets for the seconds given, and print a line a target and one a kind of finding."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--target", choices=TARGETS)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=0)
    wanted = parser.parse_args()
    for name in [wanted.target] if wanted.target else TARGETS:
        count, findings, end = 0, {}, time.monotonic() + wanted.seconds
        while time.monotonic() < end:
            begin = time.process_time()
            found = None
            try:
                length = TARGETS[name](random.Random(f"{wanted.seed}/{count}"))
                spent = time.process_time() - begin
                if length >= LONG and length / spent < LEAST_SPEED:
                    found = f"slow: {length / spent:.0f} characters a second"
            except PolicyError:
                pass
            except Exception as error:
                trace = error.__traceback__
                while trace is not None and trace.tb_next is not None:
                    trace = trace.tb_next
                place = f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}" if trace else "?"
                found = f"{type(error).__name__} at {place}: {str(error)[:100]!r}"
            if found is not None:
                findings.setdefault(found.split(": ")[0], f"{found}, input {wanted.seed}/{count}")
            count += 1
        print(f"{name:10} {count:9,} inputs, {len(findings)} kinds of findings", flush=True)
        for found in findings.values():
            print(f"           {found}", flush=True)


if __name__ == "__main__":
    main()
