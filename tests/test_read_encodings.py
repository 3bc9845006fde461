"""Encodings found from the bytes: long and short samples, both scripts, every encoding; and what is said of doubt."""

from __future__ import annotations

import codecs
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from nlp_toolkit.errors import InputError
from nlp_toolkit.lexicon import read_table
from nlp_toolkit.read import read
from nlp_toolkit.read.encoding import decode

LONG = {
    "hans": "各区人民政府，市各有关部门：\r\n为打破“数据孤岛”，到2025年，全市建成100个共享平台，办理时限压缩50%以上。\r\n"
    "一、总体要求\r\n坚持统筹规划、分级负责，严禁重复建设，切实解决系统互不相通、资料多头报送的问题。\r\n" * 20,
    "hant": "各區公所，本府各局處：\r\n為打破「資料孤島」，至民國114年，全市建置100個共享平臺，辦理時限縮短50%以上。\r\n"
    "一、總體要求\r\n堅持統籌規劃、分級負責，嚴禁重複建設，切實解決系統互不相通、資料多頭報送的問題。\r\n" * 20,
}
# A title, a line of a form, a name of a body; no sample has fewer than four Chinese characters.
SHORT = {
    "hans": [
        "推进数据共享",
        "关于印发工作方案的通知",
        "2025年目标",
        "严禁重复建设。",
        "国务院办公厅",
        "办理时限≤3天；",
        "江城市教育局",
    ],
    "hant": [
        "推動資料共享",
        "關於訂定作業要點的公告",
        "114年度目標",
        "嚴禁重複建設。",
        "行政院秘書長",
        "臺北市政府",
        "數位發展部函",
    ],
}
UNICODE = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be", "gb18030"]
ENCODINGS = {"hans": [*UNICODE, "gb2312", "gbk"], "hant": [*UNICODE, "gbk", "big5", "big5hkscs", "cp950"]}
SAMPLES = [
    pytest.param(text, encoding, id=f"{encoding}-{text[:6]}")
    for script in ("hans", "hant")
    for text in (LONG[script], *SHORT[script])
    for encoding in ENCODINGS[script]
    if not ("≤" in text and encoding == "gb2312")
]


@pytest.mark.parametrize(("text", "encoding"), SAMPLES)
def test_the_encoding_is_found(text: str, encoding: str) -> None:
    assert decode(text.encode(encoding), "a.txt").text == text


def test_beside_charset_normalizer() -> None:
    """Why we judge ourselves: on the short samples the general library is wrong in one of five."""
    from charset_normalizer import from_bytes

    ours = theirs = total = 0
    for script, samples in SHORT.items():
        for text in samples:
            for encoding in ENCODINGS[script]:
                data = text.encode(encoding)
                best = from_bytes(data).best()
                total += 1
                ours += decode(data, "a.txt").text == text
                theirs += best is not None and str(best).removeprefix("\ufeff") == text
    assert ours == total > theirs


# (bytes, text, why)
HARD = [
    ("联通".encode("gb18030"), "联通", "the bytes look like UTF-8 of two Latin letters"),
    ("中文(A)".encode("utf-16-le"), "中文(A)", "half of the bytes of the letters are NUL"),
    ("香港𨋢".encode("big5hkscs"), "香港𨋢", "a character of Hong Kong alone"),
    ("恒指裏面".encode("cp950"), "恒指裏面", "Microsoft's extension of Big5"),
    ("中国人民㙍".encode("gb18030"), "中国人民㙍", "a character of four bytes"),
    ("中华人民共和国€".encode("gb18030"), "中华人民共和国€", "a sign beside the characters"),
    (b"Annual report 2025", "Annual report 2025", "ASCII is UTF-8, not UTF-16 of rare characters"),
    (b"Bush hid the facts", "Bush hid the facts", "the pairs of letters are Chinese characters in UTF-16"),
    ("Привет".encode(), "Привет", "valid UTF-8 of another script"),
    ("café".encode(), "café", "one accented letter"),
    ("𠮷野家".encode(), "𠮷野家", "characters of four bytes in UTF-8"),
    (b"English first. " * 5000 + "中文在后".encode("gb18030"), "English first. " * 5000 + "中文在后", "late"),
    (b"\x84\x31\x95\x33" + "数据".encode("gb18030"), "数据", "the mark of GB18030"),
]  # fmt: skip


@pytest.mark.parametrize(("data", "text", "why"), HARD, ids=[why for *_, why in HARD])
def test_hard_cases(data: bytes, text: str, why: str) -> None:
    assert decode(data, "a.txt").text == text, why


def test_plain_utf8_says_nothing_of_itself_and_a_guess_names_the_second() -> None:
    assert decode("数据共享".encode(), "a.txt").meta == {}
    assert decode("数据共享".encode("utf-8-sig"), "a.txt").meta == {}
    assert decode("严禁重复建设".encode("utf-16"), "a.txt").meta == {"encoding": {"name": "utf-16-le"}}
    guessed = decode("严禁重复建设".encode("gb18030"), "a.txt").meta["encoding"]
    assert guessed["name"] == "gb18030"
    assert guessed["second"] in ("big5", "big5hkscs", "utf-16-le", "utf-16-be")


def test_damage_of_one_in_a_thousand_is_let_pass_and_counted() -> None:
    whole = LONG["hans"].encode("gb18030")
    middle = len(whole) // 2 // 2 * 2
    for data in (whole[:-3] + whole[-2:], whole[:middle] + b"\xff" + whole[middle:], LONG["hans"].encode() + b"\xe6"):
        decoded = decode(data, "a.txt")
        assert decoded.damaged == decoded.text.count("\ufffd") == 1
        assert decoded.meta["encoding"]["damaged"] == 1


# (bytes, encoding given, what the message says)
BAD = [
    ("严肃".encode("utf-16-le"), None, "say which with --encoding"),
    ("数据共享".encode("gb18030")[:-1], None, "is not UTF-8 (byte 0 is 0xca)"),
    ("Ein schöner Satz über Käse".encode("latin-1"), None, "reads as Chinese in no other encoding"),
    ("政策を推進する。日本語の文章です".encode("shift_jis"), None, "nearest: cp932"),
    (b"\xed\xa0\x80", None, "is not UTF-8 (byte 0 is 0xed)"),
    (bytes(range(256)) * 8, None, "is a binary file"),
    (b"\xef\xbb\xbf" + "数据".encode("gb18030"), None, "begins with the mark of UTF-8 but is not (byte 3 is 0xca)"),
    (b"\xff\xfe\x00", None, "begins with the mark of UTF-16-LE"),
    ("数据共享".encode(), "big5", "is not BIG5"),
    ("数据共享".encode("gb18030"), "utf-8", "leave --encoding out to have it found"),
]


@pytest.mark.parametrize(("data", "encoding", "message"), BAD, ids=[message for *_, message in BAD])
def test_doubt_and_damage_are_said(data: bytes, encoding: str | None, message: str) -> None:
    with pytest.raises(InputError) as caught:
        decode(data, "folder/a.txt", encoding)
    assert str(caught.value).startswith("folder/a.txt: ")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_user_decides(tmp_path: Path) -> None:
    """Bytes that are Chinese in two encodings are read in the one that the user names."""
    data = "行政院".encode("big5")
    for encoding in ("big5", "gb18030"):
        (tmp_path / "a.txt").write_bytes(data)
        (source,) = read(tmp_path / "a.txt", encoding=encoding)
        assert source.text == data.decode(encoding)
    (tmp_path / "b.txt").write_bytes("Ein schöner Satz".encode("latin-1"))
    (source,) = read(tmp_path / "b.txt", encoding="latin-1")
    assert source.text == "Ein schöner Satz"
    (tmp_path / "c.txt").write_bytes("数据".encode("utf-8-sig"))
    (source,) = read(tmp_path / "c.txt", encoding="UTF8")
    assert source.text == "数据"


@pytest.mark.parametrize("encoding", ["gb18031", "rot13", "hex", "", "no\0name"])
def test_an_encoding_that_does_not_exist(encoding: str) -> None:
    with pytest.raises(ValueError, match="unknown encoding"):
        next(read("a.txt", encoding=encoding))


@given(st.binary(max_size=200))
def test_any_bytes_give_a_text_or_one_line(data: bytes) -> None:
    try:
        said = f"a.txt: {decode(data, 'a.txt').encoding}"
    except InputError as error:
        said = str(error)
    assert said.startswith("a.txt: ")
    assert "\n" not in said


@given(st.text(max_size=60), st.sampled_from(["utf-8-sig", "utf-16", "utf-32"]))
def test_a_marked_text_comes_back_unchanged(text: str, encoding: str) -> None:
    assume(not text.startswith("\ufeff"))
    assume(not (encoding == "utf-16" and text.startswith("\0")))  # the mark is then that of UTF-32
    try:
        data = text.encode(encoding)
    except UnicodeEncodeError:  # a lone surrogate
        return
    assert decode(data, "a.txt").text == text


def test_line_ends_stay() -> None:
    text = "推进数据共享\r\n打破数据孤岛\n办理时限\r国务院办公厅\u2028"
    for encoding in ("utf-8", "gb18030", "utf-16"):
        assert decode(text.encode(encoding), "a.txt").text == text


def test_the_table_of_characters() -> None:
    rows = read_table("characters")
    shares = [int(row["per_million"]) for row in rows]
    assert shares == sorted(shares, reverse=True)
    assert 900_000 < sum(shares) <= 1_000_000
    characters = {row["character"] for row in rows}
    assert len(characters) == len(rows) > 2000
    assert all("\u4e00" <= character <= "\u9fff" for character in characters)
    assert set("数據据國国務务發发會会") <= characters


def test_codecs_that_we_name_exist() -> None:
    for encoding in {*UNICODE, *ENCODINGS["hans"], *ENCODINGS["hant"]}:
        assert codecs.lookup(encoding)
