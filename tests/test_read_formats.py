"""Which reader gets what: by content first and suffix second, for files, folders and archives; attacks by archives."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from importlib.util import find_spec
from pathlib import Path

import pytest
from conftest import needed

from nlp_toolkit.errors import InputError
from nlp_toolkit.read import archive, read

TEXT = "到2025年，建成100个数据共享平台。"
PAGE = f"<!DOCTYPE html><html><head><title>通知全文</title></head><body><p>{TEXT}</p></body></html>"
COMPOUND = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(504)


def zipped(members: dict[str, bytes | str], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as target:
        for name, content in members.items():
            target.writestr(name, content)
    return stream.getvalue()


def read_all(path: Path, **options: str) -> tuple[dict[str, str], list[str]]:
    """The texts by id, and the messages."""
    errors: list[InputError] = []
    return {source.id: source.text for source in read(path, errors.append, **options)}, [str(error) for error in errors]


def put(folder: Path, name: str, data: bytes | str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


# (name, bytes, text of the first document, why)
FOUND = [
    ("a.txt", TEXT, TEXT, "a text"),
    ("a", TEXT, TEXT, "no suffix"),
    ("a.html", TEXT, TEXT, "a page without tags"),
    ("a.txt", '{"text": "数据"}', "数据", "JSON lines that are called a text"),
    ("a.csv", f"text\n{TEXT}\n", TEXT, "a table by its suffix"),
    ("a.txt", zipped({"b.txt": TEXT}), TEXT, "an archive that is called a text"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "data", "text", "why"), FOUND, ids=[why for *_, why in FOUND])
def test_content_first_and_suffix_second(tmp_path: Path, name: str, data: bytes | str, text: str, why: str) -> None:
    if name.endswith("html"):
        needed(find_spec("lxml") is not None, "lxml is not installed")
    found, errors = read_all(put(tmp_path, name, data))
    assert list(found.values()) == [text], why
    assert not errors


@pytest.mark.parametrize("name", ["a.txt", "a.html", "a.doc", "a"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_a_page_is_a_page_whatever_it_is_called(tmp_path: Path, name: str, encoding: str) -> None:
    needed(find_spec("lxml") is not None, "lxml is not installed")
    found, errors = read_all(put(tmp_path, name, PAGE.encode(encoding)))
    assert found == {"a": f"通知全文\n{TEXT}"}
    assert not errors


def test_a_table_without_suffix_is_one_where_its_column_is_asked_for(tmp_path: Path) -> None:
    assert read_all(put(tmp_path, "a", f"编号,正文\n1,{TEXT}\n"), text_column="正文")[0] == {"a-2": TEXT}


# (name, bytes, what the message says)
REFUSED = [
    ("a.doc", COMPOUND + "WordDocument".encode("utf-16-le"), "--convert-to docx"),
    ("a.docx", COMPOUND + "EncryptedPackage".encode("utf-16-le"), "is encrypted"),
    ("a.xls", COMPOUND + "Workbook".encode("utf-16-le"), "--convert-to xlsx"),
    ("a.wps", COMPOUND, "is in an old office format"),
    ("a.epub", zipped({"mimetype": "application/epub+zip", "META-INF/container.xml": "<a/>"}), "EPUB book; turn it into"),
    ("a.odt", zipped({"mimetype": "application/vnd.oasis.opendocument.text", "content.xml": "<a/>"}), "OpenDocument"),
    ("a.pptx", zipped({"[Content_Types].xml": "<a/>", "ppt/presentation.xml": "<a/>"}), "is a presentation"),
    ("a.rtf", rb"{\rtf1\ansi a}", "is in the format .rtf"),
    ("a.rar", b"Rar!\x1a\x07\x00", "is a RAR file; unpack it"),
    ("a.txt.gz", b"\x1f\x8b\x08\x00", "is a gzip file"),
    ("a.tiff", b"II*\0" + bytes(20), "have its text recognised first"),
    ("a.mht", b"MIME-Version: 1.0\r\n", "web page, HTML only"),
    ("a.txt", b"  \n", "is empty"),
    ("a.zip", b"PK\x03\x04 damaged", "is a damaged ZIP file"),
    ("a.zip", zipped({}), "the archive has no texts in it"),
    ("a.zip", zipped({"picture.png": b"\x89PNG"}), "the archive has no texts in it"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "data", "message"), REFUSED, ids=[f"{name} {said}" for name, _, said in REFUSED])
def test_what_is_not_read_is_said_with_what_to_do(tmp_path: Path, name: str, data: bytes, message: str) -> None:
    found, errors = read_all(put(tmp_path, name, data))
    assert found == {}
    assert len(errors) == 1
    assert errors[0].startswith(str(tmp_path / name))
    assert message in errors[0]
    assert "\n" not in errors[0]


def test_a_folder_gives_what_can_be_read_and_names_the_rest(tmp_path: Path) -> None:
    put(tmp_path, "a/b.txt", TEXT)
    put(tmp_path, "a/c.csv", "text\n数据\n")
    put(tmp_path, "same.txt", "甲乙丙丁同名")
    put(tmp_path, "same.jsonl", '{"text": "乙", "id": "x"}')
    put(tmp_path, "pack.zip", zipped({"d/e.txt": TEXT}))
    put(tmp_path, "old.doc", COMPOUND)
    put(tmp_path, "logo.png", b"\x89PNG")
    put(tmp_path, ".hidden.txt", "不是文本")
    put(tmp_path, "~$lock.docx", "不是文本")
    found, errors = read_all(tmp_path)
    assert found == {"a/b": TEXT, "a/c-2": "数据", "pack/d/e": TEXT, "x": "乙", "same.txt": "甲乙丙丁同名"}
    assert len(errors) == 1
    assert "old.doc: is in an old office format" in errors[0]


def test_an_archive_in_an_archive_and_names_in_old_encodings(tmp_path: Path) -> None:
    inner = zipped({"甲.txt": TEXT})
    outer = zipped({"内/inner.zip": inner, "b.txt": "数据共享", "__MACOSX/._b.txt": "无"})
    assert read_all(put(tmp_path, "a.zip", outer)) == ({"a/b": "数据共享", "a/内/inner/甲": TEXT}, [])
    name = "国务院办公厅关于数据共享的通知.txt"
    placeholder = "x" * len(name.encode("gb18030"))
    raw = zipped({placeholder: TEXT}).replace(placeholder.encode(), name.encode("gb18030"))
    assert read_all(put(tmp_path, "b.zip", raw)) == ({f"b/{name.removesuffix('.txt')}": TEXT}, [])


def test_names_that_lead_out_of_the_archive_are_only_ids(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    names = ["../../out.txt", "/etc/out.txt", "C:\\temp\\out.txt", "..\\..\\win.txt", "./here.txt"]
    found, errors = read_all(put(folder, "a.zip", zipped(dict.fromkeys(names, TEXT))))
    assert sorted(found) == ["a/C:/temp/out", "a/etc/out", "a/here", "a/out", "a/win"]
    assert not errors
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["a.zip", "in"]


def test_a_link_in_an_archive_is_not_followed(tmp_path: Path) -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as target:
        link = zipfile.ZipInfo("link.txt")
        link.create_system = 3
        link.external_attr = 0o120777 << 16
        target.writestr(link, "/etc/passwd")
        target.writestr("a.txt", TEXT)
    assert read_all(put(tmp_path, "a.zip", stream.getvalue())) == ({"a/a": TEXT}, [])


def test_one_bad_member_does_not_stop_the_others(tmp_path: Path) -> None:
    data = bytearray(zipped({"a.txt": TEXT, "b.txt": "数据共享" * 50, "c.txt": TEXT}, zipfile.ZIP_STORED))
    data[data.index("数据共享数据".encode()) + 1] ^= 0xFF
    found, errors = read_all(put(tmp_path, "a.zip", bytes(data)))
    assert set(found) == {"a/a", "a/c"}
    assert len(errors) == 1
    assert "a.zip: b.txt: is damaged in its archive" in errors[0]


def test_an_encrypted_member_and_an_unusual_method(tmp_path: Path) -> None:
    plain = zipped({"a.txt": TEXT}, zipfile.ZIP_STORED)
    encrypted = bytearray(plain)
    encrypted[6] |= 1
    encrypted[plain.index(b"PK\x01\x02") + 8] |= 1
    assert "is encrypted" in read_all(put(tmp_path, "a.zip", bytes(encrypted)))[1][0]
    assert "method 12" in read_all(put(tmp_path, "b.zip", zipped({"a.txt": TEXT}, zipfile.ZIP_BZIP2)))[1][0]


class TestBombs:
    """Each is refused before it is unpacked."""

    def refused(self, tmp_path: Path, data: bytes) -> str:
        found, errors = read_all(put(tmp_path, "bomb.zip", data))
        assert found == {}
        assert len(errors) == 1
        return errors[0]

    def test_ratio(self, tmp_path: Path) -> None:
        assert "looks like an attack" in self.refused(tmp_path, zipped({"a.txt": bytes(50 << 20)}))

    def test_number(self, tmp_path: Path) -> None:
        members: dict[str, bytes | str] = {f"{number}.txt": "" for number in range(archive.MOST_MEMBERS + 1)}
        assert "holds more than 10,000 files" in self.refused(tmp_path, zipped(members, zipfile.ZIP_STORED))

    def test_size(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(archive, "MOST_BYTES", 1000)
        assert "would unpack to" in self.refused(tmp_path, zipped({"a.txt": TEXT * 10, "b.txt": TEXT * 20}))

    def test_overlapping_members(self, tmp_path: Path) -> None:
        """Many entries of the directory name the same packed bytes (D. Fifield, A better zip bomb, 2019)."""
        packed = zlib.compressobj(9, zlib.DEFLATED, -15)
        kernel = packed.compress(bytes(10 << 20)) + packed.flush()
        crc = zlib.crc32(bytes(10 << 20))
        local = struct.pack("<4s5H3I2H", b"PK\3\4", 20, 0, 8, 0, 0, crc, len(kernel), 10 << 20, 5, 0) + b"a.txt"
        entry = struct.pack(
            "<4s6H3I5H2I", b"PK\1\2", 20, 20, 0, 8, 0, 0, crc, len(kernel), 10 << 20, 5, 0, 0, 0, 0, 0, 0
        )
        directory = (entry + b"a.txt") * 1000
        end = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, 1000, 1000, len(directory), len(local) + len(kernel), 0)
        assert "looks like an attack" in self.refused(tmp_path, local + kernel + directory + end)

    def test_a_member_larger_than_its_size_says(self, tmp_path: Path) -> None:
        data = zipped({"a.txt": bytes(50 << 20)})
        lying = data.replace(struct.pack("<I", 50 << 20), struct.pack("<I", 1000))
        assert lying != data
        assert "is damaged in its archive" in self.refused(tmp_path, lying)

    def test_depth(self, tmp_path: Path) -> None:
        data: bytes = zipped({"a.txt": TEXT})
        for _ in range(archive.DEEPEST - 1):
            data = zipped({"in.zip": data})
        assert len(read_all(put(tmp_path, "deep.zip", data))[0]) == 1
        for _ in range(20):
            data = zipped({"in.zip": data})
        assert "lies more than 3 archives deep" in self.refused(tmp_path, data)

    def test_many_archives_inside_share_the_limits(self, tmp_path: Path) -> None:
        """A thousand archives with a thousand texts each are a million texts."""
        inner = zipped({f"{number}.txt": "" for number in range(3000)}, zipfile.ZIP_STORED)
        found, errors = read_all(put(tmp_path, "a.zip", zipped({f"{n:02}.zip": inner for n in range(9)})))
        assert found == {}
        assert sum("holds more than 10,000 files" in error for error in errors) == 6


def test_an_office_document_counts_with_what_it_unpacks_to(tmp_path: Path) -> None:
    bomb = zipped({"[Content_Types].xml": "<a/>", "xl/workbook.xml": bytes(50 << 20)})
    for name in ("a.xlsx", "a.zip"):
        data = bomb if name == "a.xlsx" else zipped({"b.xlsx": bomb}, zipfile.ZIP_STORED)
        if name == "a.xlsx":
            needed(find_spec("openpyxl") is not None, "openpyxl is not installed")
        found, errors = read_all(put(tmp_path, name, data))
        assert found == {}
        assert len(errors) == 1
        assert "looks like an attack" in errors[0]
