"""Numerals and quantities: a table of cases, numerals in every form, units, and any text at all."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

import nlp_toolkit
from nlp_toolkit.document import LAYERS, Document, Measure, Quantity
from nlp_toolkit.lexicon import read_table
from nlp_toolkit.normalize import normalize
from nlp_toolkit.numbers import QuantityMatch, canonical, find_quantities, parse_number
from tests.conftest import cases, texts

ROWS = cases("quantities")
DIGITS = "零一二三四五六七八九"
FINANCIAL = str.maketrans("一二三四五六七八九十百千", "壹贰叁肆伍陆柒捌玖拾佰仟")


def shown(found: QuantityMatch) -> str:
    """A quantity as the table writes it: comparator, value, unit, direction, base."""
    quantity = found.quantity
    parts = [quantity.comparator, f"{quantity.value:.17g}" if quantity.value >= 1e9 else f"{quantity.value:.10g}"]
    parts.append(quantity.unit or "")
    if quantity.change:
        parts.append(quantity.change)
    if found.base is not None:
        parts.append(f"from {found.base:.10g}")
    return " ".join(parts)


@pytest.mark.parametrize(("family", "text", "expected", "reason"), ROWS, ids=lambda value: value[:14])
def test_cases(family: str, text: str, expected: str, reason: str) -> None:
    found = find_quantities(normalize(text).text)
    assert "; ".join(map(shown, found)) == expected, f"{family}: {reason}"


def test_there_are_enough_cases() -> None:
    assert len(ROWS) >= 250
    assert len({row[1] for row in ROWS}) == len(ROWS)


def chinese(number: int) -> str:
    """A whole number as it is written in Chinese, below a trillion."""
    for power, name in ((10**8, "亿"), (10**4, "万")):
        if number >= power:
            high, low = divmod(number, power)
            return (
                chinese(high) + name + ("" if low == 0 else "零" + chinese(low) if low < power // 10 else chinese(low))
            )
    for power, name in ((1000, "千"), (100, "百"), (10, "十")):
        if number >= power:
            high, low = divmod(number, power)
            return (
                DIGITS[high] + name + ("" if low == 0 else "零" + chinese(low) if low < power // 10 else chinese(low))
            )
    return DIGITS[number]


@given(st.integers(0, 10**12 - 1))
def test_a_whole_number_is_read_in_every_form(number: int) -> None:
    written = chinese(number)
    for form in (str(number), f"{number:,}", written, written.translate(FINANCIAL)):
        assert parse_number(form) == number, form


@given(st.integers(1, 99_999), st.sampled_from(["万", "亿"]), st.integers(0, 9))
def test_decimals_before_a_power_of_ten(number: int, power: str, tenth: int) -> None:
    factor = {"万": 10**4, "亿": 10**8}[power]
    assert parse_number(f"{number}.{tenth}{power}") == pytest.approx((number + tenth / 10) * factor)
    assert parse_number(f"{chinese(number)}点{DIGITS[tenth]}{power}") == pytest.approx((number + tenth / 10) * factor)


@pytest.mark.parametrize("text", ["", "年", "分之", "三分之", "点五点", "一" * 60, "1.2.3", "百分"])
def test_what_is_no_numeral_has_no_value(text: str) -> None:
    assert parse_number(text) is None


def test_every_unit_has_a_standard_one_of_its_own_kind() -> None:
    rows = {row["unit"]: row for row in read_table("units")}
    for unit, row in rows.items():
        assert canonical(Quantity(2.0, unit)) == Quantity(round(2 * float(row["factor"]), 6), row["canonical"])
        standard = rows.get(row["canonical"])
        assert standard is None or (standard["dimension"], standard["factor"]) == (row["dimension"], "1")
    assert {"money", "area", "length", "mass", "energy", "power", "people", "households", "count", "time"} <= {
        row["dimension"] for row in rows.values()
    }


@given(
    texts | st.text(alphabet="0123456789.,一二三十百千万亿点分之成半翻番倍%—至、个元超过以上由到提高下降", max_size=60)
)
def test_any_text_gives_quantities_in_order(text: str) -> None:
    found = find_quantities(normalize(text).text)
    assert all(before.start <= after.start for before, after in pairwise(found))
    for one in found:
        assert 0 <= one.start < one.end <= len(normalize(text).text)
        assert one.quantity.comparator in ("=", ">=", ">", "<=", "<", "~")


def test_the_layer_comes_only_when_asked_for() -> None:
    text = "到2025年，耕地由18亿亩增加到18.65億畝，佔地3公頃。"
    assert not nlp_toolkit.load().analyze(text).quantities
    document = nlp_toolkit.load(layers=LAYERS).analyze(text)
    assert [(m.text, m.quantity.value, m.quantity.change, m.base) for m in document.quantities] == [
        ("18.65億畝", 1.865e9, None, 1.8e9),
        ("3公頃", 3.0, None, None),
    ]
    assert document.quantities[1].canonical == Quantity(30000.0, "平方米")
    assert Document.from_dict(document.to_dict()) == document
    only = nlp_toolkit.load(layers=("quantities",)).analyze(text)
    assert {span.label for span in only.spans} == {"QUANTITY"}


def test_an_unknown_layer_is_refused() -> None:
    with pytest.raises(ValueError, match=r"unknown layer 'figures'; there are dates, "):
        nlp_toolkit.load(layers=("figures",))


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        ("城市和县城的处理率分别达到65%和55%。", [("城市", 65), ("县城的处理率", 55)]),
        (
            "到2025年，入园率、巩固率、毛入学率分别达到90%、95%、60%以上。",
            [("入园率", 90), ("巩固率", 95), ("毛入学率", 60)],
        ),
        ("甲、乙两市分别增长5%。", [(None, 5)]),  # two are named and one figure is given
        ("第一、二产业分别增长3%和6%，第三产业增长8%。", [("第一", 3), ("二产业", 6), (None, 8)]),
        ("城鎮與鄉村居民所得分別增加5%與7%。", [("城鎮", 5), ("鄉村居民所得", 7)]),
        ("平台达到100个。", [(None, 100)]),
    ],
)
def test_figures_are_dealt_out_to_their_subjects(text: str, pairs: list[tuple[str | None, float]]) -> None:
    document = nlp_toolkit.load(layers=("quantities",)).analyze(text)
    figures = [span for span in document.spans if isinstance(span, Measure) and span.quantity.unit in ("%", "个")]
    assert [(figure.subject, figure.quantity.value) for figure in figures] == pairs
    assert all(figure.subject is None or figure.subject in text for figure in figures)
    assert Document.from_dict(document.to_dict()) == document


def test_a_half_after_a_numeral_adds_to_it() -> None:
    assert [parse_number(numeral) for numeral in ("两半", "十二半", "3半")] == [2.5, 12.5, 3.5]
