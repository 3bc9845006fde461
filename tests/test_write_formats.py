"""Writers for language tools and readers: CoNLL-U Plus, DocBin, Markdown; and what is written appears whole or not at all."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import given, settings

from nlp_toolkit.analyzer import Analyzer
from nlp_toolkit.document import Document, Passage, Theme
from nlp_toolkit.write import FOLDER_WRITERS, FORMATS, SUFFIXES, WRITERS, conll, format_of, markdown, write
from nlp_toolkit.write.safe import encodable
from tests.conftest import needed, texts
from tests.test_cli import run
from tests.written import DOCUMENT, TEXT, documents, installed, save

# -- CoNLL-U Plus

COLUMNS = "# global.columns = FORM XPOS DATE AGENCY DOCUMENT\n"


def sentences(data: bytes) -> list[list[list[str]]]:
    """The rows of each sentence of a CoNLL file."""
    blocks = data.decode().split("\n\n")
    assert blocks.pop() in ("", COLUMNS), "an empty line after each sentence, the last too"
    return [[line.split("\t") for line in block.split("\n") if "\t" in line] for block in blocks]


def conll_of(document: Document) -> bytes:
    stream = io.BytesIO()
    conll.write([document], stream)
    return stream.getvalue()


def test_conll() -> None:
    data = conll_of(DOCUMENT)
    first, second = sentences(data)
    assert data.startswith(b"# global.columns = FORM XPOS DATE AGENCY DOCUMENT\n# newdoc id = ../a/1\n# sent_id = 1\n")
    assert first == [
        ["到", "p", "O", "O", "O"],
        ["2025年", "t", "B-DATE", "O", "O"],
        ["，垃圾回收利用率达到35%。", "x", "O", "O", "O"],
    ]
    assert [row[3:] for row in second][:4] == [["O", "O"], ["B-AGENCY", "O"], ["O", "O"], ["O", "B-DOCUMENT"]]


def test_conll_cannot_hold_goals_problems_values_and_white_space() -> None:
    data = conll_of(DOCUMENT).decode()
    assert not re.search("GOAL|PROBLEM|2025-12-31|住房和城乡建设部", data)
    words = [row[0] for sentence in sentences(data.encode()) for row in sentence]
    assert "".join(words) == re.sub(r"\s", "", TEXT)


@pytest.mark.parametrize("text", [TEXT, "國務院辦公廳　２０１９年\r\n印發《條例》\u2028和\x85《辦法》。", "", " \n"])
def test_conll_of_analysed_texts(nlp: Analyzer, text: str) -> None:
    document = nlp.analyze(text)
    rows = [row for sentence in sentences(conll_of(document)) for row in sentence]
    assert all(len(row) == 5 for row in rows)
    begun = sum(cell.startswith("B-") for row in rows for cell in row[2:])
    assert begun == sum(len(spans) for spans in (document.dates, document.agencies, document.documents))


@settings(max_examples=30)
@given(texts)
def test_bio_columns_give_the_spans_back(nlp: Analyzer, text: str) -> None:
    document = nlp.analyze(text)
    found: list[str] = []
    for sentence in sentences(conll_of(document)):
        for at in range(2, 5):
            for row in sentence:
                if row[at].startswith("B-"):
                    found.append(row[0])
                elif row[at].startswith("I-"):
                    found[-1] += row[0]
    spans = [encodable(re.sub(r"\s", "", span.text)) for span in document.spans if span.label in conll.LABELS]
    assert sorted(re.sub(r"\s", "", text) for text in found) == sorted(spans)


@pytest.mark.parametrize("format", ["conll", "spacy"])
def test_formats_of_tokens_say_that_they_need_some(tmp_path: Path, format: str) -> None:
    with pytest.raises(ValueError, match="gold-1: has no tokens"):
        write([Document("数据", "gold-1")], tmp_path / "a", format)
    assert list(tmp_path.iterdir()) == []


# -- DocBin


def test_docbin(nlp: Analyzer, tmp_path: Path) -> None:
    needed(find_spec("spacy") is not None, "spaCy is not installed")
    from spacy.tokens import DocBin
    from spacy.vocab import Vocab

    analysed = [
        nlp.analyze(TEXT, id="a", date="2023-01-01"),
        nlp.analyze("数\ud800据", id="b"),
        nlp.analyze("", id="c"),
    ]
    path = save(analysed, tmp_path / "a.spacy")
    docs = list(DocBin().from_disk(path).get_docs(Vocab()))
    assert [doc.text for doc in docs] == [TEXT, "数\ufffd据", ""]
    for doc, document in zip(docs, analysed, strict=True):
        assert [(s.start_char, s.end_char, s.label_) for s in doc.spans["policy"]] == [
            (s.start, s.end, s.label) for s in document.spans
        ]
        assert [token.tag_ for token in doc] == list(document.token_tags)
        assert Document.from_spacy(doc) == document
    assert (docs[0].ents[0].text, docs[0].ents[0].label_) == ("2025年", "DATE")
    assert len(list(docs[0].sents)) == len(analysed[0].sentences)


# -- Markdown


def rendered(document: Document) -> str:
    needed(find_spec("markdown_it") is not None, "markdown-it-py is not installed")
    from markdown_it import MarkdownIt

    stream = io.BytesIO()
    markdown.write([document], stream)
    return MarkdownIt("commonmark", {"html": True}).enable("table").render(stream.getvalue().decode())


def test_markdown() -> None:
    page = rendered(DOCUMENT)
    assert "<h1>=HYPERLINK(&quot;x&quot;)</h1>" in page
    assert re.findall("<h2>(.*?)</h2>", page) == [
        "Goals 目标", "Problems 问题", "Agencies 机构", "Dates 时间", "Policy documents 政策文件", "Themes 主题",
    ]  # fmt: skip
    goal = re.findall("<td>(.*?)</td>", page)[:4]
    assert goal == ["到2025年，垃圾回收利用率达到35%", "2025-12-31", "&gt;= 35% up", "垃圾回收利用率"]


HOSTILE = (
    '<script>alert(1)</script> | a\n\n# b\n- [x](javascript:alert(1)) ![y](z) `c` *d* _e_ &lt; ~~f~~ $g$ \\ <!-- "h"'
)


def test_markdown_shows_hostile_texts_and_runs_nothing() -> None:
    passage = Passage(0, len(HOSTILE), HOSTILE, "paragraph", None, (Theme(HOSTILE, 0.5, ((0, 8),)),))
    page = rendered(Document(HOSTILE, HOSTILE, HOSTILE, passages=(passage,)))
    assert not re.search(r"<(script|a|img|code|em|strong|s|!--)\b", page)
    assert page.count("<h1>") == page.count("<table>") == 1
    assert [row.count("<td>") for row in re.findall(r"<tr>(.*?)</tr>", page, re.DOTALL)][1:] == [5]
    assert "alert(1)&lt;/script&gt; | a # b - [x](javascript:alert(1))" in page


@given(documents(blank=False))
def test_markdown_of_any_document(document: Document) -> None:
    page = rendered(document)
    assert page.count("<h1>") == 1
    rows = re.findall(r"<tr>\n<td>", page)
    assert len(rows) == len(document.spans) + sum(len(passage.themes) for passage in document.passages)


def test_markdown_holds_no_text() -> None:
    stream = io.BytesIO()
    markdown.write([DOCUMENT], stream)
    assert "=1+1" not in stream.getvalue().decode()


# -- whole or not at all


def broken() -> Iterator[Document]:
    yield DOCUMENT
    raise RuntimeError("the second document breaks")


PATHS = [(name, "file") for name in WRITERS] + [(name, end) for name in FOLDER_WRITERS for end in ("folder", "a.zip")]


@pytest.mark.parametrize(("format", "name"), PATHS)
def test_a_break_leaves_nothing_behind(tmp_path: Path, format: str, name: str) -> None:
    installed(format)
    if format == "label-studio" and name == "file":
        name = "file.json"
    with pytest.raises(RuntimeError, match="breaks"):
        write(broken(), tmp_path / name, format)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("format", FORMATS)
def test_every_format_writes_and_overwrites_no_folder(tmp_path: Path, format: str) -> None:
    installed(format)
    path = save([DOCUMENT], tmp_path / "out", format)
    assert list(tmp_path.iterdir()) == [path]
    if format in FOLDER_WRITERS:
        before = {file.name: file.read_bytes() for file in path.iterdir()}
        with pytest.raises(ValueError, match="not empty; name a new folder"):
            write([DOCUMENT], path, format)
        assert {file.name: file.read_bytes() for file in path.iterdir()} == before
    assert list(tmp_path.iterdir()) == [path]


def test_an_empty_folder_is_filled_and_a_zip_replaced(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert (save([DOCUMENT], tmp_path / "empty", "csv") / "dates.csv").exists()
    (tmp_path / "a.zip").write_bytes(b"old")
    assert zipfile.is_zipfile(save([DOCUMENT], tmp_path / "a.zip", "brat"))


# (path, format named, the format or the message, what the case is for)
CHOICES = [
    ("a.xlsx", None, "xlsx", "by suffix"),
    ("A.XLSX", None, "xlsx", "by suffix in capitals"),
    ("a.brat.zip", "brat", "brat", "a zip"),
    ("a.parquet.zip", None, "parquet", "a zip with the suffix before"),
    ("tasks.json", "label-studio", "label-studio", "one file"),
    ("v1.2", "csv", "csv", "a folder with a dot"),
    ("a.csv", None, "makes several files", "several cannot be one"),
    ("a.csv", "parquet", "makes several files", "nor under another name"),
    ("a.zip", "xlsx", "makes one file", "one is no zip"),
    ("a.zip", None, "no format is known", "a zip of what?"),
    ("a.json", None, "no format is known", "JSON of what?"),
    ("a", "nothing", "no format is known", "a format that is not there"),
]


@pytest.mark.parametrize(("path", "format", "expected", "reason"), CHOICES, ids=[case[-1] for case in CHOICES])
def test_the_format(path: str, format: str | None, expected: str, reason: str) -> None:
    if expected in FORMATS:
        assert format_of(Path(path), format) == expected
    else:
        with pytest.raises(ValueError, match=expected):
            format_of(Path(path), format)


def test_suffixes_lead_to_formats() -> None:
    assert set(SUFFIXES.values()) <= set(FORMATS)


# -- the command


def test_the_command_writes_folders_files_and_streams(tmp_path: Path) -> None:
    article = tmp_path / "article.txt"
    article.write_text(TEXT, encoding="utf-8")
    assert run("annotate", article, "-f", "brat", "-o", tmp_path / "brat").returncode == 0
    assert (tmp_path / "brat/article.ann").exists()
    assert run("annotate", article, "-o", tmp_path / "a.md").returncode == 0
    result = run("annotate", article, "-f", "doccano")
    assert json.loads(result.stdout)["document"] == "article"
    assert run("annotate", article, "-f", "conll").stdout.startswith(b"# global.columns")


# (arguments, message)
WRONG = [
    (["-f", "csv"], "csv makes several files; name a folder or a .zip with -o"),
    (["-o", "a.csv"], "makes several files"),
    (["-f", "csv", "-o", "."], "not empty; name a new folder"),
    (["-f", "pdf"], "is not one of"),
    (["-o", "nowhere/a.md"], "there is no folder"),
]


@pytest.mark.parametrize(("arguments", "message"), WRONG)
def test_a_wrong_call_of_the_command(tmp_path: Path, arguments: list[str], message: str) -> None:
    article = tmp_path / "article.txt"
    article.write_text(TEXT, encoding="utf-8")
    arguments = [str(tmp_path) if argument == "." else argument for argument in arguments]
    result = run("annotate", article, *arguments)
    assert result.returncode == 2
    assert message in result.stderr.decode()
    assert list(tmp_path.iterdir()) == [article]
