"""The tables of a corpus: their rows, their schemas, and what is told of a document there alone."""

from __future__ import annotations

from datetime import date
from importlib.util import find_spec

import numpy as np
import pytest

from nlp_toolkit.analyzer import Analyzer, load
from nlp_toolkit.batch import tables
from nlp_toolkit.batch.place import place_of
from nlp_toolkit.batch.sketch import similarities, sketch
from nlp_toolkit.document import LAYERS, Agency, Document, Passage
from tests.conftest import needed

TEXT = (
    "临江市养老服务三年行动计划\n一、目标\n到2025年底，全市建成社区养老服务站120个，护理型床位占比达到60%以上。\n"
    "二、问题\n基层护理人员不足，部分站点重复建设，数据不共享。\n完善站点布局。（市民政局牵头，市财政局配合，2024年12月底前完成）\n"
)


@pytest.fixture(scope="module")
def document(nlp: Analyzer) -> Document:
    return nlp.analyze(TEXT, id="plan", date="2023-03-01")


def test_rows_stand_where_their_text_stands(document: Document) -> None:
    found = tables.tables_of(document, "plans/plan.txt")
    assert tuple(found) == tuple(name for name in tables.names() if name not in tables.DERIVED)
    for name, rows in found.items():
        assert rows, name
        for row in rows:
            assert row["document"] == "plan"
            assert row["year"] == 2023
            assert tuple(row) == (*(column.name for column in tables.TABLES[name]), "year")
            if "start" in row:
                assert TEXT[row["start"] : row["end"]] == row["text"]


def test_the_row_of_a_document(document: Document) -> None:
    (row,) = tables.tables_of(document, "plans/plan.txt")["documents"]
    assert (row["text"], row["date"], row["source"]) == (TEXT, date(2023, 3, 1), "plans/plan.txt")
    assert row["goals"] == len(document.goals) > 0
    assert row["tasks"] == len(document.tasks) == 1


def test_a_document_without_date_has_no_year(nlp: Analyzer) -> None:
    found = tables.tables_of(nlp.analyze(TEXT, id="plan"))
    assert {row["year"] for rows in found.values() for row in rows} == {None}


def test_tables_are_those_of_the_layers_wanted() -> None:
    document = load(layers=LAYERS).analyze(TEXT, id="plan")
    found = tables.tables_of(document, layers=LAYERS)
    assert [row["unit"] for row in found["quantities"]] == ["个", "%"]
    assert list(tables.tables_of(document, layers=("dates",))) == ["documents", "passages", "sentences", "dates"]


def test_every_row_fits_the_schema(document: Document) -> None:
    needed(find_spec("pyarrow") is not None, "pyarrow is not installed")
    found = tables.tables_of(document, "plans/plan.txt")
    for name, rows in found.items():
        batch = tables.record_batch(name, rows)
        assert batch.schema == tables.schema(name)
        assert batch.to_pylist() == rows
    failure = tables.Failure("a", "a.txt", "time", "took too long")
    assert tables.record_batch(tables.FAILURES, tables.failures_of([failure])).num_rows == 1


def named(*bodies: str) -> tuple[Agency, ...]:
    return tuple(Agency(at, at + 1, "局", canonical=body) for at, body in enumerate(bodies))


@pytest.mark.parametrize(
    ("document", "place", "why"),
    [
        (Document("", title="关于印发惠州市数据管理办法的通知"), "广东省", "a city belongs to its province"),
        (Document("", title="臺南市長期照顧計畫"), "台湾省", "either script"),
        (Document("", title="老楼里的灯"), None, "楼里 and 里的 are no places"),
        (Document("", title="浙江与江苏比较"), None, "two provinces are none"),
        (Document("", spans=named("杭州市财政局", "国务院", "浙江省人民政府")), "浙江省", "most bodies"),
        (Document("", spans=named("国务院", "财政部", "浙江省人民政府")), None, "a province beside the centre"),
        (Document("", spans=named("屋宇署")), "香港特别行政区", "by the government above the body"),
        (
            Document("局局局", passages=(Passage(0, 1, "局", "signature"),), spans=named("教育部", "浙江省教育厅")),
            None,
            "whoever signs goes before the bodies it names",
        ),
    ],
)
def test_the_place_of_a_document(document: Document, place: str | None, why: str) -> None:
    assert place_of(document) == place, why


def similarity(one: str, other: str) -> float:
    first, second = (np.frombuffer(bytes.fromhex(text), np.uint8)[None] for text in (sketch(one), sketch(other)))
    return float(similarities(first, second)[0])


def test_similar_texts_have_similar_sketches() -> None:
    text = "".join(f"第{n}条 各县区应当在每年{n % 12 + 1}月底前报送第{n * 7}项材料。" for n in range(60))
    changed = text.replace("第30条", "第三十条").replace("报送第210项材料", "报送有关材料")
    other = "".join(f"{n}号地块由镇里统一收储，面积{n * 13}亩，用于建设学校和卫生院。" for n in range(60))
    assert similarity(text, changed) > 0.9
    assert similarity(text, other) < 0.1
    assert sketch(text) == sketch(text.replace("。", "．\n")), "white space and punctuation are not told"
    assert sketch("！？") == "", "texts without words are like nothing"
