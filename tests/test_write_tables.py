"""Tables of layers as CSV, XLSX and Parquet: what is read back is what was found, and nothing in a cell runs."""

from __future__ import annotations

import csv
import io
import zipfile
from dataclasses import fields
from datetime import date
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nlp_toolkit.document import DEFAULT_LAYERS, LAYERS, SPAN_TYPES, Date, Document, Measure, Quantity
from nlp_toolkit.errors import PolicyError
from nlp_toolkit.write import csv as csv_writer
from nlp_toolkit.write import parquet, write, xlsx
from nlp_toolkit.write.safe import FileNames, guarded, needed, unguarded, visible
from nlp_toolkit.write.tables import ALWAYS, TABLES, TABLES_WITH_TEXT, flat, rows
from tests.conftest import texts
from tests.written import DOCUMENT, EMPTY, LINE, TEXT, documents, installed, save

DANGEROUS = "=+-@\t\r\n＝＋－＠"
MEASURED = Document(
    "约3万元", "m", spans=(Measure(0, 4, "约3万元", Quantity(3.0, "万元", "~"), Quantity(30000.0, "元", "~")),)
)


@pytest.fixture
def openpyxl() -> Any:
    installed("xlsx")
    return import_module("openpyxl")


@pytest.fixture
def arrow() -> Any:
    installed("parquet")
    return import_module("pyarrow.parquet")


def read_csv(data: bytes) -> list[list[str]]:
    assert data.startswith(b"\xef\xbb\xbf"), "Excel takes CSV without byte order mark for another encoding"
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))


# -- the columns


def test_every_layer_has_a_table_with_every_attribute() -> None:
    assert len(TABLES) == len(LAYERS) + 1
    assert set(ALWAYS) < set(TABLES)
    for span_type in SPAN_TYPES.values():
        table = "policy_documents" if span_type.layer == "documents" else span_type.layer
        names = {column.name for column in TABLES[table]}
        for attribute in fields(span_type):
            assert {attribute.name, f"{attribute.name}_value"} & names or attribute.name == "quantity"


def test_rows() -> None:
    (goal,) = rows(DOCUMENT, "goals")
    assert (goal["value"], goal["unit"], goal["comparator"], goal["change"]) == (35.0, "%", ">=", "up")
    assert goal["quantities"] == (Quantity(35.0, "%", ">=", "up"),)
    assert goal["deadline"] == date(2025, 12, 31)
    assert goal["sentence"] == TEXT[:LINE]
    (theme,) = rows(DOCUMENT, "themes")
    assert theme["evidence"] == (TEXT[6:8], TEXT[9:11])
    (document,) = rows(DOCUMENT, "documents")
    assert [document[name] for name in ("goals", "policy_documents", "themes", "sentences")] == [1, 1, 1, 2]
    assert document["text"] == TEXT
    (measure,) = rows(MEASURED, "quantities")
    assert (measure["value"], measure["canonical_value"]) == (3.0, 30000.0)


# (sentences, span, what stands around it, what the case is for)
AROUND = [
    (((0, 3), (3, 6)), (1, 2), "一二。", "in a sentence"),
    (((0, 3), (3, 6)), (1, 5), "一二。三四。", "across two"),
    (((0, 3), (4, 6)), (3, 5), "三四。", "begins between two"),
    (((0, 3),), (4, 5), "四", "after the last"),
    ((), (1, 2), "二", "no sentences"),
]


@pytest.mark.parametrize(("bounds", "span", "expected", "reason"), AROUND, ids=[case[-1] for case in AROUND])
def test_the_sentence_around(bounds: Any, span: tuple[int, int], expected: str, reason: str) -> None:
    text = "一二。三四。"
    document = Document(text, sentence_bounds=bounds, spans=(Date(*span, text[slice(*span)]),))
    assert next(rows(document, "dates"))["sentence"] == expected


@given(documents())
def test_offsets_of_any_document(document: Document) -> None:
    for table in set(TABLES) - {"documents", "themes"}:
        for row in rows(document, table):
            assert document.text[row["start"] : row["end"]] == row["text"]
            assert row["text"] in row["sentence"]


# -- formulas and characters

# (text, what stands in the cell, what the case is for)
CELLS = [
    ("=1+1", "'=1+1", "a formula"),
    ("+86", "'+86", "plus"),
    ("-2%", "'-2%", "minus in a text"),
    ("@SUM(A1)", "'@SUM(A1)", "an old form of formulas"),
    ("\t=1", "'\t=1", "tab"),
    ("\r\n数", "'\r\n数", "line end"),
    ("＝１", "'＝１", "full width, which some programs fold"),
    ("  =1", "'  =1", "white space that some programs cut"),
    ("\ufeff=1", "'\ufeff=1", "a mark without width"),
    ("'=1", "''=1", "a quote that was there before"),
    ("'数据'", "'数据'", "a quote that is only a quote"),
    ("到2025年=1", "到2025年=1", "an equals sign further on"),
    ("", "", "nothing"),
]


@pytest.mark.parametrize(("text", "cell", "reason"), CELLS, ids=[case[-1] for case in CELLS])
def test_guarded(text: str, cell: str, reason: str) -> None:
    assert guarded(text) == cell
    assert unguarded(cell) == text


@given(texts | st.text(alphabet=DANGEROUS + "' 数1\u200b", max_size=6))
@example("'\t")
def test_no_text_begins_like_a_formula_and_each_comes_back(text: str) -> None:
    cell = guarded(text)
    assert not cell.lstrip().startswith(tuple(DANGEROUS))
    assert not cell.startswith(tuple(DANGEROUS))
    assert unguarded(cell) == text


@given(texts)
def test_visible_keeps_the_length(text: str) -> None:
    assert len(visible(text)) == len(text)
    visible(text).encode()


@given(st.lists(texts, max_size=5))
def test_file_names_are_names(ids: list[str]) -> None:
    names = FileNames()
    given_names = [names.of(document_id) for document_id in ids]
    assert len({name.lower() for name in given_names}) == len(ids)
    for name in given_names:
        assert Path(name).name == name
        assert name not in ("", ".", "..")
        assert "\0" not in name
        name.encode()


# -- CSV


def test_csv_folder(tmp_path: Path) -> None:
    folder = save([DOCUMENT, EMPTY], tmp_path / "tables", "csv")
    assert sorted(path.stem for path in folder.iterdir()) == sorted(ALWAYS)
    for table in ALWAYS:
        data = (folder / f"{table}.csv").read_bytes()
        header, *lines = read_csv(data)
        assert header == [column.name for column in TABLES[table]]
        assert data.count(b"\r\n") >= len(lines) + 1
        expected = [
            ["" if (value := flat(row[c.name], c.kind)) is None else visible(str(value)) for c in TABLES[table]]
            for document in (DOCUMENT, EMPTY)
            for row in rows(document, table)
        ]
        assert [[unguarded(cell) for cell in line] for line in lines] == expected
        assert not [cell for line in lines for cell in line if cell.startswith(tuple(DANGEROUS))]


def test_csv_keeps_numbers_that_are_negative_as_numbers(tmp_path: Path) -> None:
    document = Document("零下3度", spans=(Measure(0, 4, "零下3度", Quantity(-3.0, "度")),))
    folder = save([document], tmp_path / "tables", "csv")
    header, row = read_csv((folder / "quantities.csv").read_bytes())
    assert row[header.index("value")] == "-3"


@given(documents())
def test_csv_of_any_document(document: Document) -> None:
    column = TABLES["documents"][0]
    cell = csv_writer._cell({"document": document.id}, column)
    buffer = io.StringIO(newline="")
    csv.writer(buffer, quoting=csv.QUOTE_ALL).writerow([cell, "x"])
    assert next(csv.reader(io.StringIO(buffer.getvalue(), newline=""))) == [cell, "x"]
    assert unguarded(cell) == visible(document.id)


def test_csv_zip_has_the_same_files_and_the_same_bytes_each_time(tmp_path: Path) -> None:
    first, second = save([DOCUMENT], tmp_path / "a.csv.zip"), save([DOCUMENT], tmp_path / "b.zip", "csv")
    folder = save([DOCUMENT], tmp_path / "folder", "csv")
    assert first.read_bytes() == second.read_bytes()
    with zipfile.ZipFile(first) as archive:
        assert archive.testzip() is None
        assert {name: archive.read(name) for name in archive.namelist()} == {
            path.name: path.read_bytes() for path in folder.iterdir()
        }


def test_tables_of_optional_layers_come_with_their_first_row(tmp_path: Path) -> None:
    assert "quantities" not in DEFAULT_LAYERS
    folder = save([DOCUMENT, MEASURED], tmp_path / "tables", "csv")
    assert (folder / "quantities.csv").exists()
    assert not (folder / "references.csv").exists()


# -- XLSX


def test_xlsx(tmp_path: Path, openpyxl: Any) -> None:
    path = save([DOCUMENT, EMPTY], tmp_path / "a.xlsx")
    book = openpyxl.load_workbook(path)
    assert tuple(book.sheetnames) == ALWAYS
    for table in ALWAYS:
        sheet, columns = book[table], TABLES[table]
        assert sheet.freeze_panes == "A2"
        assert sheet.auto_filter.ref == sheet.dimensions
        header, *lines = sheet.iter_rows()
        assert [cell.value for cell in header] == [column.name for column in columns]
        assert all(cell.font.bold for cell in header)
        expected = [row for document in (DOCUMENT, EMPTY) for row in rows(document, table)]
        assert len(lines) == len(expected)
        for line, row in zip(lines, expected, strict=True):
            for cell, column in zip(line, columns, strict=True):
                wanted = flat(row[column.name], column.kind)
                got = cell.value.date() if cell.is_date else cell.value
                assert got == (visible(wanted).replace("\r\n", "\n") if isinstance(wanted, str) else wanted)
                assert cell.data_type != "f", "a formula"


HOSTILE = ["=1+1", "+1", "@SUM(A1)", "#N/A", "-1", "=cmd|'/c calc'!A0", "12", "TRUE", "2020-01-01", "_x0041_"]


@pytest.mark.parametrize("text", HOSTILE)
def test_xlsx_texts_stay_texts(tmp_path: Path, openpyxl: Any, text: str) -> None:
    cell = openpyxl.load_workbook(save([Document("数据", text)], tmp_path / "a.xlsx"))["documents"]["A2"]
    assert (cell.value, cell.data_type) == (text, "s")
    assert cell.quotePrefix or text[0] not in DANGEROUS


@given(documents())
def test_xlsx_of_any_document(document: Document) -> None:
    installed("xlsx")
    openpyxl = import_module("openpyxl")
    stream = io.BytesIO()
    xlsx.write([document], stream)
    with zipfile.ZipFile(stream) as archive:
        assert not [name for name in archive.namelist() if b"<f>" in archive.read(name)]
    assert openpyxl.load_workbook(stream).sheetnames[0] == "documents"


def test_xlsx_days_that_spreadsheets_cannot_count_are_texts(tmp_path: Path, openpyxl: Any) -> None:
    span = Date(0, 5, "1898年", date(1898, 1, 1), date(1949, 10, 1))
    sheet = openpyxl.load_workbook(save([Document("1898年", spans=(span,))], tmp_path / "a.xlsx"))["dates"]
    values = dict(zip([cell.value for cell in sheet[1]], [cell.value for cell in sheet[2]], strict=True))
    assert values["first_day"] == "1898-01-01"
    assert values["last_day"].date() == date(1949, 10, 1)


def test_xlsx_cuts_long_texts_where_one_sees_it(tmp_path: Path, openpyxl: Any) -> None:
    long = Document("数" * 40_000, sentence_bounds=((0, 40_000),), spans=(Date(0, 1, "数"),))
    sheet = openpyxl.load_workbook(save([long], tmp_path / "a.xlsx"))["dates"]
    sentence = next(cell.value for head, cell in zip(sheet[1], sheet[2], strict=True) if head.value == "sentence")
    assert len(sentence) == xlsx.LONGEST_CELL
    assert sentence.endswith("数…")


def test_xlsx_goes_on_in_another_sheet(tmp_path: Path, openpyxl: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx, "MOST_ROWS", 3)
    book = openpyxl.load_workbook(save([Document("数", str(n)) for n in range(5)], tmp_path / "a.xlsx"))
    found = [[row[0] for row in book[name].values] for name in ("documents", "documents 2", "documents 3")]
    assert found == [["document", "0", "1"], ["document", "2", "3"], ["document", "4"]]
    assert book["documents 3"].auto_filter.ref == book["documents 3"].dimensions


# -- Parquet


def test_parquet(tmp_path: Path, arrow: Any) -> None:
    folder = save([DOCUMENT, MEASURED], tmp_path / "tables", "parquet")
    assert sorted(path.stem for path in folder.iterdir()) == sorted((*ALWAYS, "quantities"))
    for path in folder.iterdir():
        columns, table = TABLES_WITH_TEXT[path.stem], arrow.read_table(path)
        assert table.schema.equals(parquet.schema(columns))
        assert table.to_pylist() == [
            {column.name: parquet.plain(row[column.name], column.kind) for column in columns}
            for document in (DOCUMENT, MEASURED)
            for row in rows(document, path.stem)
        ]


def test_parquet_types(tmp_path: Path, arrow: Any) -> None:
    folder = save([EMPTY], tmp_path / "tables", "parquet")
    goals = arrow.read_schema(folder / "goals.parquet")
    assert str(goals.field("deadline").type) == "date32[day]"
    assert str(goals.field("quantities").type).startswith("list<element: struct<value: double, unit: string")
    texts = arrow.read_table(folder / "documents.parquet").column("text").to_pylist()
    assert texts == ["\x1b[31m数\ufffd据\x00"], "offsets stay, and only what UTF-8 cannot hold is lost"


def test_parquet_in_groups(tmp_path: Path, arrow: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet, "_GROUP", 2)
    folder = save([Document("数", str(n)) for n in range(5)], tmp_path / "tables", "parquet")
    assert arrow.ParquetFile(folder / "documents.parquet").num_row_groups == 3
    assert arrow.read_table(folder / "documents.parquet").column("document").to_pylist() == list("01234")


# -- extras, and what tables cannot hold


@pytest.mark.parametrize(("module", "extra"), [("openpyxl", "xlsx"), ("pyarrow.parquet", "parquet")])
def test_a_missing_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: str, extra: str) -> None:
    monkeypatch.setitem(__import__("sys").modules, module, None)
    with pytest.raises(PolicyError, match=rf"install nlp-toolkit\[{extra}\]"):
        write([DOCUMENT], tmp_path / "out", extra)
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(PolicyError, match="install"):
        needed(module, extra, extra)


def test_tables_hold_no_tokens_and_no_passages_without_a_theme() -> None:
    assert not {"tokens", "passages"} & set(TABLES)
    assert [row["start"] for row in rows(DOCUMENT, "themes")] == [0]


@pytest.mark.parametrize(
    ("layer", "table"), [("documents", "policy_documents"), ("dates", "dates"), ("themes", "themes")]
)
def test_frames_have_the_columns_of_the_tables(layer: str, table: str) -> None:
    pytest.importorskip("pandas")
    frame = DOCUMENT.to_frame(layer)
    assert list(frame.columns) == [column.name for column in TABLES[table]]
    assert frame.to_dict("records") == list(rows(DOCUMENT, table))
