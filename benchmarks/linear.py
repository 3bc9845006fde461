"""Whether time grows no faster than the text: each stage on adversarial text of 100 kB and of 1 MB.

    python benchmarks/linear.py [--seeds N]

Texts are drawn from digits, 年月日, 至, 、, brackets, quotation marks and the words that patterns begin with, alone and
mixed. Prints the highest cost a character at 1 MB as a multiple of that at 100 kB; 1 is linear.
"""

from __future__ import annotations

import argparse
import random
import time

import nlp_toolkit
from nlp_toolkit.segment import clauses, passages, sentences

SMALL, LARGE = 100_000, 1_000_000
PIECES = [
    "0", "1", "2", "20", "2015", "年", "月", "日", "号", "至", "到", "、", "，", "。", "-", "—", "(", ")", "〔", "〕", "《", "》", "“", "”",
    "十三五", "一", "二", "万", "亿", "分之", "%", "成", "翻", "以上", "不低于", "由", "国发", "第", "上半年", "今年", "民国", "关于", "的通知",
    "财政", "部", "局", "市", "省", "人民政府", "领导小组", "有关", "部门", "避免", "不足", "建成", " ", "\n",
    "国务院关于", "甲乙领导小组", "北京公安局", "财政部(", "《国务院", "国家推进甲乙工作领导小组(以下简称甲乙组)", "环境部环境管理处", "新区开发区管委会",
    "(财政部负责)", "(财政部、审计署,", "责任单位:财政部\n", "(财政部会同", "列首位的为牵头单位,下同(财政部负责)", "【()", "建成平台。(责任单位:市教育局、市财政局)",
]  # fmt: skip


def texts(seeds: int, length: int) -> list[tuple[str, str]]:
    """Named texts of a length: one piece over and over, two in turn, and random mixtures."""
    made = [(repr(piece), piece * (length // len(piece))) for piece in PIECES]
    for seed in range(seeds):
        draw = random.Random(seed)
        few = draw.sample(PIECES, draw.randint(2, 6))
        made.append((f"mix of {few}", "".join(draw.choices(few, k=length // 2))[:length]))
    return made


def seconds(text: str) -> dict[str, float]:
    """The time of each stage on one text."""
    analyzer = nlp_toolkit.load()
    spent: dict[str, float] = {}
    begin = time.perf_counter()
    draft = nlp_toolkit.load(layers=("dates",)).draft("")
    draft.normalized = nlp_toolkit.normalize.normalize(text)
    draft.original, draft.tokens = text, []
    draft.passages = passages(draft.text)
    draft.sentences = sentences(draft.text, draft.passages)
    draft._clauses = clauses(draft.text, draft.sentences)
    draft.hits = analyzer.lexicon.find(draft.text)
    draft.spans, draft.heard, draft.features = {}, None, None
    spent["segment"] = time.perf_counter() - begin
    for extractor in analyzer.extractors:
        begin = time.perf_counter()
        for span in extractor.find(draft):
            draft.spans.setdefault(span.label, []).append(span)
        spent[type(extractor).__name__] = time.perf_counter() - begin
    return spent


def main() -> None:
    """Print the worst ratio of each stage and the text that gave it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=40)
    seeds = parser.parse_args().seeds
    worst: dict[str, tuple[float, str]] = {}
    for (name, small), (_, large) in zip(texts(seeds, SMALL), texts(seeds, LARGE), strict=True):
        one, other = seconds(small), seconds(large)
        for stage, time_large in other.items():
            ratio = time_large / LARGE / max(one[stage] / SMALL, 2e-8)
            worst[stage] = max(worst.get(stage, (0.0, "")), (ratio, name))
    for stage, (ratio, name) in worst.items():
        print(f"{stage:20} {ratio:6.2f} times the cost a character, on {name}")


if __name__ == "__main__":
    main()
