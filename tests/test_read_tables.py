"""Tables: CSV, XLSX and Parquet give one document a row; a missing column is named with those that there are."""

from __future__ import annotations

import io
import zipfile
from datetime import date, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from conftest import needed
from hypothesis import given
from hypothesis import strategies as st

from nlp_toolkit.days import first_day
from nlp_toolkit.document import Source
from nlp_toolkit.errors import InputError
from nlp_toolkit.read import csv, parquet, read, xlsx
from nlp_toolkit.read.options import ReadOptions

HEADER = ["编号", "正文", "日期", "title", "地区"]
ROWS: list[list[Any]] = [
    ["甲-1", "到2025年，建成100个平台。\n严禁重复建设。", "2022-09-13", "通知", "江城"],
    ["甲-2", "他说：“共享，数据”", "2022年9月14日", None, "河城"],
]
OPTIONS = ReadOptions(text_column="正文", id_column="编号", date_column="日期")
WANTED = [
    Source(ROWS[0][1], "甲-1", date(2022, 9, 13), "通知", {"地区": "江城"}),
    Source(ROWS[1][1], "甲-2", date(2022, 9, 14), None, {"地区": "河城"}),
]


def as_csv(header: list[str], rows: list[list[Any]], separator: str = ",", line_end: str = "\r\n") -> bytes:
    def field(value: Any) -> str:
        text = "" if value is None else str(value)
        return f'"{text}"' if any(sign in text for sign in f'{separator}"\n\r') else text

    return "".join(separator.join(map(field, row)) + line_end for row in (header, *rows)).encode()


def as_xlsx(*sheets: tuple[str, list[list[Any]]]) -> bytes:
    needed(find_spec("openpyxl") is not None, "openpyxl is not installed")
    from openpyxl import Workbook

    book = Workbook()
    book.remove(book.worksheets[0])
    for title, rows in sheets:
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def as_parquet(columns: dict[str, list[Any]]) -> bytes:
    needed(find_spec("pyarrow") is not None, "pyarrow is not installed")
    import pyarrow
    from pyarrow.parquet import write_table

    stream = io.BytesIO()
    write_table(pyarrow.table(columns), stream)
    return stream.getvalue()


def put(folder: Path, name: str, data: bytes) -> Path:
    (folder / name).write_bytes(data)
    return folder / name


@pytest.mark.parametrize("separator", [",", "\t", ";", "|"])
@pytest.mark.parametrize("line_end", ["\r\n", "\n", "\r"])
def test_csv(separator: str, line_end: str) -> None:
    rows = [[cell.replace("\n", line_end) if cell else cell for cell in row] for row in ROWS]
    found = list(csv.read(as_csv(HEADER, rows, separator, line_end), "a.csv", "a", OPTIONS))
    assert found == [
        Source(ROWS[0][1].replace("\n", line_end), "甲-1", date(2022, 9, 13), "通知", {"地区": "江城"}),
        WANTED[1],
    ]


def test_csv_in_another_encoding_and_with_excels_first_line(tmp_path: Path) -> None:
    data = as_csv(HEADER, ROWS, ";").decode()
    for encoding in ("gb18030", "utf-8-sig", "utf-16"):
        path = put(tmp_path, "a.csv", f"sep=;\r\n{data}".encode(encoding))
        found = list(read(path, text_column="正文", id_column="编号", date_column="日期"))
        assert [(source.id, source.text) for source in found] == [(source.id, source.text) for source in WANTED]


def test_xlsx() -> None:
    rows = [[*ROWS[0][:2], datetime(2022, 9, 13, 10, 15), *ROWS[0][3:]], ROWS[1]]
    assert list(xlsx.read(as_xlsx(("表", [HEADER, *rows])), "a.xlsx", "a", OPTIONS)) == WANTED


def test_xlsx_reads_every_sheet_with_the_column_and_counts_rows_as_excel_does() -> None:
    data = as_xlsx(
        ("说明", [["本表说明"]]),
        ("甲", [[], ["text", "n"], ["数据共享", 1], [], ["数据开放", 2.5]]),
        ("乙", [["n", "text"], [True, "数据安全"]]),
    )
    found = list(xlsx.read(data, "a.xlsx", "a", ReadOptions()))
    assert found == [
        Source("数据共享", "a-3", meta={"n": 1}),
        Source("数据开放", "a-5", meta={"n": 2.5}),
        Source("数据安全", "a-乙-2", meta={"n": True}),
    ]


def test_parquet() -> None:
    columns = {name: [row[place] for row in ROWS] for place, name in enumerate(HEADER)}
    assert list(parquet.read(as_parquet(columns), "a.parquet", "a", OPTIONS)) == WANTED


def test_parquet_keeps_values_as_json_can_hold_them() -> None:
    data = as_parquet(
        {"text": ["数据"], "day": [date(2020, 5, 1)], "list": [[1, 2]], "nan": [float("nan")], "b": [b"x"]}
    )
    (source,) = parquet.read(data, "a.parquet", "a", ReadOptions())
    assert isinstance(source, Source)
    assert source.id == "a-1"
    assert source.meta == {"day": "2020-05-01", "list": [1, 2], "nan": "nan", "b": "b'x'"}


@pytest.mark.parametrize("suffix", ["csv", "xlsx", "parquet"])
def test_a_missing_column_is_named_with_those_that_there_are(tmp_path: Path, suffix: str) -> None:
    rows = [["编号", "正文"], ["1", "数据"]]
    data = {
        "csv": lambda: as_csv(rows[0], rows[1:]),
        "xlsx": lambda: as_xlsx(("表", rows)),
        "parquet": lambda: as_parquet({"编号": ["1"], "正文": ["数据"]}),
    }[suffix]()
    path = put(tmp_path, f"a.{suffix}", data)
    for options in ({}, {"text_column": "全文"}, {"text_column": "正文", "date_column": "日期"}):
        with pytest.raises(InputError) as caught:
            list(read(path, **options))
        wanted = options.get("date_column") or options.get("text_column") or "text"
        assert str(caught.value).startswith(str(path))
        assert f"has no column '{wanted}'" in str(caught.value)
        assert str(caught.value).endswith("It has: 编号, 正文")


# (name, bytes or what makes them, what the messages say; the other rows are read)
BAD = [
    ("empty row text.csv", b"id,text\r\n1,\r\n2,ok\r\n", ["row 2: has nothing in the column 'text'"]),
    ("more fields.csv", b"id,text\n1,a,b\n2,ok\n", ["row 2: has 3 fields where the header has 2"]),
    ("open quote.csv", b'id,text\n2,ok\n3,"open\n4,a\n', ["row 3: cannot be read"]),
    ("quote inside.csv", b'id,text\n2,ok\n3,"a"b\n', ["row 3: cannot be read"]),
    ("header only.csv", b"id,text\n", []),
    ("binary.csv", bytes(range(256)) * 4, ["is a binary file"]),
    ("not zip.xlsx", b"PK\x03\x04 and no more", ["is a damaged ZIP file"]),
    ("cut.parquet", b"PAR1 and no end PAR1", ["is a damaged Parquet file"]),
]


@pytest.mark.parametrize(("name", "data", "messages"), BAD, ids=[name for name, *_ in BAD])
def test_bad_tables(tmp_path: Path, name: str, data: bytes, messages: list[str]) -> None:
    if name.endswith("parquet"):
        needed(find_spec("pyarrow") is not None, "pyarrow is not installed")
    errors: list[InputError] = []
    found = list(read(put(tmp_path, name, data), errors.append))
    assert [source.text for source in found] == (["ok"] if b"ok" in data else [])
    assert len(errors) == len(messages)
    for error, message in zip(errors, messages, strict=True):
        assert name in str(error)
        assert message in str(error)
        assert "\n" not in str(error)


def test_a_bad_day_is_said_where_the_column_was_asked_for_and_kept_where_it_was_not() -> None:
    data = "text,date\n数据,昨天\n".encode()
    (error,) = csv.read(data, "a.csv", "a", ReadOptions(date_column="date"))
    assert "row 2: 'date' is '昨天'; write a day as YYYY-MM-DD" in str(error)
    assert list(csv.read(data, "a.csv", "a", ReadOptions())) == [Source("数据", "a-2", meta={"date": "昨天"})]


def test_columns_without_a_name_or_with_the_same_one_lose_nothing() -> None:
    (source,) = csv.read(b"text,,a,a\nx,1,2,3\n", "a.csv", "a", ReadOptions())
    assert isinstance(source, Source)
    assert source.meta == {"column 2": "1", "a": "2", "a (2)": "3"}


def test_a_workbook_that_declares_entities_is_refused() -> None:
    whole = zipfile.ZipFile(io.BytesIO(as_xlsx(("表", [["text"], ["数据"]]))))
    for declaration in (
        '<!DOCTYPE a [<!ENTITY b "c"><!ENTITY d "&b;&b;&b;&b;">]>',
        '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]>',
    ):
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w") as attack:
            for name in whole.namelist():
                part = whole.read(name).decode()
                attack.writestr(name, declaration + part if name == "xl/worksheets/sheet1.xml" else part)
        (error,) = xlsx.read(stream.getvalue(), "a.xlsx", "a", ReadOptions())
        assert "xl/worksheets/sheet1.xml declares XML entities" in str(error)


@pytest.mark.parametrize(
    ("part", "new"), [("xl/worksheets/sheet1.xml", b"<broken"), ("xl/workbook.xml", b""), ("[Content_Types].xml", b"<a/>")]
)  # fmt: skip
def test_a_damaged_workbook(part: str, new: bytes) -> None:
    whole = zipfile.ZipFile(io.BytesIO(as_xlsx(("表", [["text"], ["数据"]]))))
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as damaged:
        for name in whole.namelist():
            damaged.writestr(name, new if name == part else whole.read(name))
    found = list(xlsx.read(stream.getvalue(), "a.xlsx", "a", ReadOptions()))
    assert len(found) == 1
    assert isinstance(found[0], InputError)
    assert str(found[0]).startswith("a.xlsx: ")
    assert "\n" not in str(found[0])


def test_a_sheet_that_claims_a_cell_in_its_last_corner() -> None:
    """Rows and columns between are not filled: that would be seventeen thousand million cells."""
    data = as_xlsx(("表", [["text"], ["数据"]]))
    whole = zipfile.ZipFile(io.BytesIO(data))
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as attack:
        for name in whole.namelist():
            part = whole.read(name)
            if name == "xl/worksheets/sheet1.xml":
                corner = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
                part = part.replace(b"</sheetData>", corner)
            attack.writestr(name, part)
    found = list(xlsx.read(stream.getvalue(), "a.xlsx", "a", ReadOptions()))
    assert found[0] == Source("数据", "a-2")
    assert "row 1048576" in str(found[1])


# (cell, day, why)
DAYS = [
    ("2022-09-13", date(2022, 9, 13), "ISO 8601"),
    ("2022-9-3 10:15:00", date(2022, 9, 3), "with the time"),
    ("2022-09-13T10:15:00+08:00", date(2022, 9, 13), "with the zone"),
    ("2022/9/13", date(2022, 9, 13), "as spreadsheets do"),
    ("2022.09.13", date(2022, 9, 13), "with points"),
    ("20220913", date(2022, 9, 13), "in one"),
    (20220913, date(2022, 9, 13), "as a number"),
    ("发布日期：2022 年 9 月 13 日", date(2022, 9, 13), "in words"),
    ("中華民國113年5月20日", date(2024, 5, 20), "in years of the Republic"),
    (datetime(2022, 9, 13, 1, 2), date(2022, 9, 13), "from a spreadsheet"),
    ("2022-13-01", None, "no such month"),
    ("2022年", None, "no day"),
    ("0001-2022-08", None, "an index number"),
    ("12022-09-13", None, "a longer number"),
    ("", None, "nothing"),
]


@pytest.mark.parametrize(("cell", "day", "why"), DAYS, ids=[why for *_, why in DAYS])
def test_days(cell: Any, day: date | None, why: str) -> None:
    assert first_day(cell) == day, why


CELLS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20).filter(lambda text: text.strip())


@given(st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=5))
def test_any_text_comes_back_from_a_csv(rows: list[tuple[str, str]]) -> None:
    quoted = ["id,text", *(",".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in rows)]
    found = list(csv.read("\n".join(quoted).encode(), "a.csv", "a", ReadOptions(encoding="utf-8")))
    assert [(source.id, source.text) for source in found if isinstance(source, Source)] == rows
