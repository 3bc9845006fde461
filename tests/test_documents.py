"""Policy documents: a table of cases, issuers from numbers, what short names stand for, and any text at all."""

from __future__ import annotations

from datetime import date
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

import nlp_toolkit
from nlp_toolkit.document import LAYERS, Document, PolicyDocument
from nlp_toolkit.extract.documents import issued
from nlp_toolkit.lexicon import read_table
from nlp_toolkit.registry import Registry
from tests.conftest import cases

ROWS = cases("documents")
NLP = nlp_toolkit.load(layers=("documents", "references"))


def find(text: str) -> tuple[PolicyDocument, ...]:
    return NLP.analyze(text).documents


@pytest.mark.parametrize(("family", "text", "expected", "reason"), ROWS, ids=lambda value: value[:14])
def test_cases(family: str, text: str, expected: str, reason: str) -> None:
    """The table writes a title with its doctype, a number behind a #; \\n stands for a line end."""
    found = find(text.replace("\\n", "\n"))
    shown = [f"# {one.number}" if one.number else f"{one.text} {one.doctype or ''}" for one in found]
    assert "; ".join(shown) == expected.replace("\\n", "\n"), f"{family}: {reason}"


def test_there_are_enough_cases() -> None:
    assert len(ROWS) >= 150
    assert len({row[1] for row in ROWS}) == len(ROWS)


@pytest.mark.parametrize(
    ("number", "issuer", "year"),
    [
        ("国发〔2015〕50号", "国务院", 2015),
        ("国办发明电〔2018〕15号", "国务院办公厅", 2018),
        ("中办发〔2019〕12号", "中国共产党中央委员会办公厅", 2019),
        ("建城〔2017〕53号", "住房和城乡建设部", 2017),
        ("建城〔2004〕53号", "建设部", 2004),
        ("环办环评〔2020〕19号", "生态环境部", 2020),
        ("环发〔2012〕77号", "环境保护部", 2012),
        ("银保监规〔2020〕3号", "中国银行保险监督管理委员会", 2020),
        ("京政办发〔2021〕7号", "北京市人民政府办公厅", 2021),
        ("沪府规〔2020〕1号", "上海市人民政府", 2020),
        ("国务院令第707号", "国务院", None),
        ("海关总署公告2019年第12号", "海关总署", 2019),
        ("国务院第588号令", "国务院", None),
        ("法释〔2020〕17号", "最高人民法院", 2020),
        ("长发〔2003〕31号", None, 2003),  # a county whose code no table knows
        ("GB/T 9704-2012", None, 2012),
    ],
)
def test_issuer_and_year_where_the_number_tells(number: str, issuer: str | None, year: int | None) -> None:
    assert issued(number) == (issuer, year)


def test_every_issuer_of_the_code_table_is_in_the_registry() -> None:
    registry = Registry.load()
    for row in read_table("number_codes"):
        day = date(int(row["from"] or 2020), 12, 31)
        body = registry.resolve(row["issuer"].removesuffix("办公厅") or row["issuer"], day)
        assert body is not None, row["issuer"]


@pytest.mark.parametrize(
    ("text", "documents", "references"),
    [
        (
            "《关于加强公路养护的指导意见》（交公路发〔2019〕12号，以下简称《指导意见》）印发后，各地对照《指导意见》排查。",
            [None, None, "《关于加强公路养护的指导意见》", "《关于加强公路养护的指导意见》"],
            [],
        ),
        (
            "《城市供水条例》（以下称“供水条例”）规定了责任。“供水条例”还规定了罚则，该条例自5月起施行。",
            [None],
            ["《城市供水条例》"] * 3,
        ),
        ("印发《网络货运管理办法》后，《办法》自明年起施行。", [None, "《网络货运管理办法》"], []),
        ("《河道采砂管理办法》和《渔港管理办法》同时修订，《办法》另行解释。", [None, None, None], []),  # which?
        ("《办法》自明年起施行。《网络货运管理办法》另发。", [None, None], []),  # named only later
        ("该办法由省财政厅解释。“指导意见”尚未出台。", [], []),
        ("《安寧照顧條例》公布，《條例》明年施行。", [None, "《安宁照顾条例》"], []),
    ],
)
def test_short_names_stand_for_the_full_title(
    text: str, documents: list[str | None], references: list[str | None]
) -> None:
    document = NLP.analyze(text)
    assert [one.refers_to for one in document.documents if one.number is None] == [
        name for name, one in zip(documents, document.documents, strict=True) if one.number is None
    ]
    assert [one.refers_to for one in document.references] == references
    assert Document.from_dict(document.to_dict()) == document


def test_references_come_only_when_asked_for() -> None:
    text = "《城市供水条例》施行后，该条例由住建局解释。"
    assert not nlp_toolkit.load().analyze(text).references
    assert [one.text for one in nlp_toolkit.load(layers=LAYERS).analyze(text).references] == ["该条例"]


@given(
    st.lists(
        st.sampled_from(
            [
                *"《》〈〉〔〕[]（）()0123456789号令第字章、。\n ",
                "国发",
                "关于",
                "通知",
                "2015",
                "办法",
                "GB/T",
                "—",
                "国务院",
                "以下简称",
            ]
        ),
        max_size=40,
    )
)
def test_any_marks_give_documents_in_order(parts: list[str]) -> None:
    text = "".join(parts)
    found = find(text)
    assert all(before.end <= after.start for before, after in pairwise(found))
    for one in found:
        assert text[one.start : one.end] == one.text
        assert (one.doctype is None) or (one.number is None)
