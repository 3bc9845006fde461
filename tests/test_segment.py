"""Passages with their kind, sentences, clauses and tokens."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given

from nlp_toolkit.normalize import normalize
from nlp_toolkit.segment import SEGMENTERS, Segmenter, clauses, passages, sentences, tokens
from tests.conftest import texts

NOTICE = """关于加强农村供水保障工作的通知
川水发〔2021〕12号
各市、州人民政府：
为解决部分村庄季节性缺水问题，现就有关事项通知如下。
一、总体要求
（一）工作目标。
1.分类施策
（1）一村一策
1.坚持统筹规划。把管网延伸与水源保护一并安排，不留尾巴；年底前报备。
● 逐户登记用水情况。
附件：农村供水工程清单
四川省水利厅
2021年3月9日
农村供水工程验收办法
第一章 总则
第一条 为规范验收，制定本办法。"""

KINDS = [
    ("title", None),
    ("number", None),
    ("addressee", None),
    ("paragraph", None),
    ("heading", 1),
    ("heading", 2),
    ("heading", 3),
    ("heading", 4),
    ("list_item", 3),
    ("list_item", None),
    ("attachment", None),
    ("signature", None),
    ("date_line", None),
    ("title", None),
    ("heading", 1),
    ("paragraph", None),
]


def test_kinds_of_a_notice() -> None:
    lines = passages(normalize(NOTICE).text)
    assert [(line.kind, line.level) for line in lines] == KINDS


# (line that stands second in a text, its kind, reason)
LINES = [
    ("二〇一九年五月六日", "date_line", "Chinese numerals"),
    ("2019-05-06", "date_line", "ISO form"),
    ("2019年5月6日起施行的办法继续有效。", "paragraph", "a sentence that begins with a date"),
    ("附件1", "attachment", "a bare attachment line"),
    ("附近居民反映停车难。", "paragraph", "附 in another word"),
    ("十分重要的是，要把水留住。", "paragraph", "十 is no numbering"),
    ("三、保障措施", "heading", "first level"),
    ("3.5亿元资金已经到位。", "paragraph", "a decimal is no numbering"),
    ("一是加强领导。", "paragraph", "一是 counts within prose"),
    ("第三，抓好落实。", "list_item", "an enumerated point"),
]


@pytest.mark.parametrize(("line", "kind", "reason"), LINES, ids=[reason for *_, reason in LINES])
def test_kind(line: str, kind: str, reason: str) -> None:
    assert passages(normalize(f"开头的话没有标题的样子。\n{line}").text)[1].kind == kind


# (line, its sentences)
SENTENCES = [
    ("甲。乙！丙？丁；戊", ["甲。", "乙!", "丙?", "丁;", "戊"]),
    ("他问：“行吗？”没人答。", ["他问:“行吗?”", "没人答。"]),
    ("他说：“不行。”大家散了。", ["他说:“不行。”", "大家散了。"]),
    ("他说：“不行。”", ["他说:“不行。”"]),
    ("（见附表。）下面说明。", ["(见附表。)", "下面说明。"]),
    ("等等……我们再看。", ["等等……", "我们再看。"]),
    ("占比为3.5%。其余不变。", ["占比为3.5%。", "其余不变。"]),
    ("  前后有空格。 ", ["前后有空格。"]),
]


@pytest.mark.parametrize(("line", "expected"), SENTENCES)
def test_sentences(line: str, expected: list[str]) -> None:
    text = normalize(line).text
    assert [text[start:end] for start, end in sentences(text, passages(text))] == expected


def test_a_long_quotation_is_cut_into_its_sentences() -> None:
    text = "他说:“" + "这一句话很长很长很长很长很长很长。" * 12 + "”"
    found = sentences(text, passages(text))
    assert len(found) == 12
    assert text[slice(*found[-1])].endswith("。”")


# (text, words that must come out whole)
WHOLE = [
    ("推进智慧城市建设", "智慧城市"),
    ("借助物联网巡查管线", "物联网"),
    ("运用大数据手段", "大数据"),
    ("打破信息孤岛", "信息孤岛"),
    ("强化资通安全", "资通安全"),
    ("完善顶层设计", "顶层设计"),
]


@pytest.mark.parametrize("segmenter", SEGMENTERS)
@pytest.mark.parametrize(("text", "word"), WHOLE)
def test_policy_terms_stay_whole(text: str, word: str, segmenter: Segmenter) -> None:
    assert word in [found for found, _ in tokens(text, segmenter)]


@given(texts)
def test_tokens_tile_the_text(text: str) -> None:
    normalized = normalize(text).text
    for segmenter in SEGMENTERS:
        assert "".join(word for word, _ in tokens(normalized, segmenter)) == normalized


@given(texts)
def test_sentences_and_clauses_lie_in_order_inside_passages(text: str) -> None:
    normalized = normalize(text).text
    lines = passages(normalized)
    found = sentences(normalized, lines)
    inner = clauses(normalized, found)
    for outer_ranges, ranges in (([(p.start, p.end) for p in lines], found), (found, inner)):
        assert ranges == sorted(ranges)
        assert all(one[1] <= other[0] for one, other in itertools.pairwise(ranges))
        for start, end in ranges:
            assert start < end
            assert any(a <= start and end <= b for a, b in outer_ranges)


@given(texts)
def test_every_visible_character_is_in_a_sentence(text: str) -> None:
    normalized = normalize(text).text
    covered = {i for start, end in sentences(normalized, passages(normalized)) for i in range(start, end)}
    assert all(i in covered for i, char in enumerate(normalized) if not char.isspace())


def test_a_clause_longer_than_prose_is_cut_in_pieces_that_leave_nothing_out() -> None:
    text = "压减" * 1_000
    found = clauses(text, [(0, len(text))])
    assert "".join(text[start:end] for start, end in found) == text
    assert max(end - start for start, end in found) <= 500
