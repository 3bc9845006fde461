"""The page to look at: what is in the file, and how it behaves in a real browser (Chromium without a window)."""

from __future__ import annotations

import base64
import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from hashlib import sha256
from html.parser import HTMLParser
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given, settings

from nlp_toolkit.analyzer import Analyzer
from nlp_toolkit.document import (
    SPAN_TYPES,
    Agency,
    Date,
    Document,
    Goal,
    Passage,
    PolicyDocument,
    Problem,
    Quantity,
    Reference,
    Theme,
)
from nlp_toolkit.write import html, write
from nlp_toolkit.write.safe import visible
from tests.browser import Browser, contrast, server
from tests.conftest import ROOT, needed
from tests.written import documents

PAGE = ROOT / "nlp_toolkit/write/page"
PARTS = {name: (PAGE / name).read_text(encoding="utf-8") for name in ("page.html", "base.js", "page.js", "page.css")}
BLANK = "rgba(0, 0, 0, 0)"

# ---- Documents to show

TEXT = (
    "关于数据共享的通知\n"
    "到2026年底，住建部牵头建成100个平台，共享率达到95%以上，时间压缩至0.5天以内。\r\n"
    "《办法》自2021年起施行，避免重复建设，各系统互不相通。2030年见效，力争更好。住房城乡建设部另行通知。"
)
LINES = [(match.start(), match.end()) for match in re.finditer(r"[^\r\n]+", TEXT)]


def _at(part: str, text: str = TEXT) -> tuple[int, int, str]:
    start = text.index(part)
    return start, start + len(part), part


def _deadline(year: int) -> date:
    return date(year, 12, 31)


DOCUMENT = Document(
    TEXT,
    id="一号",
    title="关于数据共享的通知",
    date=date(2025, 3, 1),
    passages=(
        Passage(*LINES[0], TEXT[slice(*LINES[0])], "title"),
        Passage(*LINES[1], TEXT[slice(*LINES[1])]),
        Passage(
            *LINES[2], TEXT[slice(*LINES[2])], "paragraph", None,
            (Theme("data_silos", 0.93, (_at("互不相通")[:2],)), Theme("my_own", 0.5, (_at("重复建设")[:2],))),
        ),
    ),
    spans=(
        Goal(*_at("到2026年底，住建部牵头建成100个平台"), _deadline(2026), (Quantity(100, "个"),), "平台"),
        Date(*_at("2026年底"), _deadline(2026), _deadline(2026), "2026-12-31", "deadline"),
        Agency(*_at("住建部"), "named", "住房和城乡建设部", "central", "lead"),
        Goal(*_at("共享率达到95%以上"), _deadline(2026), (Quantity(95, "%", ">=", "up"),), "共享率"),
        Goal(*_at("时间压缩至0.5天以内"), _deadline(2026), (Quantity(0.5, "天", "<="),), "时间"),
        PolicyDocument(*_at("《办法》"), "办法"),
        Date(*_at("2021年"), date(2021, 1, 1), date(2021, 12, 31), "2021", "since"),
        Problem(*_at("避免重复建设"), "guarded", ("duplicate_construction",)),
        Problem(*_at("各系统互不相通"), "reported", ("data_silos",)),
        Goal(*_at("2030年见效，力争更好"), _deadline(2030)),
        Date(*_at("2030年"), date(2030, 1, 1), _deadline(2030), "2030", "deadline"),
        Agency(*_at("住房城乡建设部"), "named", "住房和城乡建设部", "central", None),
    ),
)  # fmt: skip

ATTACK = (
    "<script>window.attacked=1</script></article></script><img src=x onerror='window.attacked=1'>\"'&amp;\u2028<!--"
)


def hostile(address: str = "") -> Document:
    """A document that tries to run a script and to load things wherever a text can stand."""
    attack = f"{ATTACK}<img src='{address}/image'><link rel=stylesheet href={address}/style>"
    text = f"{attack}\n2025年"
    spans = (
        Goal(0, 20, text[:20], date(2025, 1, 1), (Quantity(1, attack),), attack),
        Agency(5, 30, text[5:30], attack, attack, attack, attack),
        Date(*_at("2025年", text), date(2025, 1, 1), date(2025, 12, 31), attack, attack),
        Problem(40, 50, text[40:50], attack, (attack,)),
        Reference(60, 70, text[60:70], attack),
    )
    themes = (Theme(attack, 0.5, ((3, 9),)),)
    passages = (Passage(0, len(attack), attack, f'"><script>{attack}', None, themes),)
    return Document(text, attack, attack, None, attack, passages, spans=spans, meta={"a": attack})


def page(*shown: Document) -> str:
    stream = BytesIO()
    html.write(shown, stream)
    return stream.getvalue().decode()


# ---- What is in the file


class Reader(HTMLParser):
    """Reads a page as a browser without scripts does: the text of the articles, where the marks stand, and the rest."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.marks: dict[int, list[tuple[int, str]]] = {}  # the pieces of each span: where they stand, and their text
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.contents: list[tuple[dict[str, str | None], str]] = []  # of the script elements
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag == "mark" and "data-span" in dict(attrs):
            self.marks.setdefault(int(dict(attrs)["data-span"] or ""), []).append((len(self.text), ""))
        if tag not in ("meta", "link", "input"):
            self.open.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop()[0] == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1][0] == "script":
            self.contents.append((self.open[-1][1], data))
        within = [attributes.get("class") for _, attributes in self.open]
        if "article" not in [tag for tag, _ in self.open] or "notes" in within:
            return
        for attributes in (attributes for tag, attributes in self.open if tag == "mark"):
            pieces = self.marks[int(attributes["data-span"] or "")]
            pieces[-1] = (pieces[-1][0], pieces[-1][1] + data)
        self.text += data


def assert_marks_stand(marks: dict[int, list[tuple[int, str]]], document: Document) -> None:
    """Each span's pieces are its text, without a gap other than white space between blocks, at its place."""
    spans = sorted(document.spans, key=lambda span: (span.start, -span.end, span.label))
    for number, span in enumerate(spans):
        covered = {at + i: c for at, piece in marks.get(number, ()) for i, c in enumerate(piece)}
        wanted = {span.start + i: c for i, c in enumerate(visible(span.text))}
        assert covered.items() <= wanted.items()
        assert not "".join(c for at, c in wanted.items() if at not in covered).strip()


@given(documents())
@settings(max_examples=150)
def test_the_text_is_there_and_every_mark_stands_where_its_span_is(document: Document) -> None:
    read = Reader(page(document))
    assert read.text == visible(document.text)
    assert_marks_stand(read.marks, document)


def test_spans_that_cross_and_spans_over_passages() -> None:
    text = "甲乙丙丁\n\n戊己庚辛"
    places = [(0, 3), (2, 8), (2, 8), (7, 10), (1, 10)]
    crossing = Document(
        text,
        passages=(Passage(0, 4, text[:4]), Passage(6, 10, text[6:])),
        spans=tuple(Goal(start, end, text[start:end]) for start, end in places),
    )
    read = Reader(page(crossing))
    assert read.text == text
    assert_marks_stand(read.marks, crossing)


def test_a_long_passage_is_cut_into_blocks_between_sentences() -> None:
    text = "建成平台。" * 2000
    bounds = tuple((at, at + 5) for at in range(0, len(text), 5))
    goal = Goal(990, 4010, text[990:4010])
    long = Document(text, passages=(Passage(0, len(text), text),), sentence_bounds=bounds, spans=(goal,))
    read = Reader(page(long))
    starts = [int(attributes["data-start"] or "") for tag, attributes in read.elements if "data-start" in attributes]
    assert read.text == text
    assert len(starts) == 5
    assert all(start % 5 == 0 for start in starts)
    assert_marks_stand(read.marks, long)


def test_a_hostile_document_adds_no_element_and_no_script() -> None:
    plain, attacked = Reader(page(DOCUMENT)), Reader(page(hostile("http://127.0.0.1:9")))
    assert attacked.text == hostile("http://127.0.0.1:9").text
    assert {tag for tag, _ in attacked.elements} <= {tag for tag, _ in plain.elements}
    assert not any(name.startswith("on") for _, attributes in attacked.elements for name in attributes)
    scripts = [attributes for attributes, _ in attacked.contents if "type" not in attributes]
    assert len(scripts) == 1
    values = json.loads(attacked.contents[-1][1])
    assert values["title"] == hostile("http://127.0.0.1:9").title
    assert not set("<>&\u2028\u2029") & set(attacked.contents[-1][1])


def test_the_policy_allows_this_script_and_this_style_and_nothing_else() -> None:
    text = page(DOCUMENT)
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', text)
    assert policy
    rules = dict(rule.strip().split(" ", 1) for rule in policy[1].split(";"))
    assert rules["default-src"] == rules["base-uri"] == rules["form-action"] == "'none'"
    for element, rule in (("script", "script-src"), ("style", "style-src")):
        content = re.search(rf"<{element}>(.*?)</{element}>", text, re.DOTALL)
        assert content
        assert rules[rule] == f"'sha256-{base64.b64encode(sha256(content[1].encode()).digest()).decode()}'"
    assert "http:" not in text.replace("http-equiv", "")
    assert "https:" not in text


def test_one_document_after_another() -> None:
    stream = BytesIO()
    written: list[int] = []

    def each() -> Iterator[Document]:
        for _ in range(3):
            written.append(len(stream.getvalue()))
            yield DOCUMENT

    html.write(each(), stream)
    assert written == sorted(set(written))
    assert stream.getvalue().count(b"</section>\n") > 3


def test_labels_are_sorted_whole_and_used() -> None:
    header, *rows = [line.split("\t") for line in (PAGE / "labels.tsv").read_text(encoding="utf-8").splitlines()]
    keys = [row[0] for row in rows]
    assert header == ["key", "zh", "en"]
    assert all(len(row) == 3 and all(row) for row in rows)
    assert keys == sorted(set(keys))
    code = (
        PARTS["page.html"] + PARTS["base.js"] + PARTS["page.js"] + (PAGE.parent / "html.py").read_text(encoding="utf-8")
    )
    said = set(re.findall(r'"((?:ui|panel|table|layer|field)\.[a-z_]+)"', code))
    assert said <= set(keys)
    assert {key for key in keys if key.startswith(("ui.", "table."))} <= said


@pytest.mark.parametrize("label", [label.lower() for label in SPAN_TYPES])
def test_each_label_has_a_name_a_colour_and_a_switch(label: str) -> None:
    assert {f"layer.{label}", f"span.{label}"} <= set(html.labels())
    assert f"mark.{label} {{" in (PAGE / "highlights.css").read_text(encoding="utf-8")
    assert f'[data-off~="{label}"] mark.{label}' in PARTS["page.css"]


def test_the_command_writes_a_page(tmp_path: Path) -> None:
    source, target = tmp_path / "a.txt", tmp_path / "a.html"
    source.write_text("到2025年，建成100个平台。", encoding="utf-8")
    command = [sys.executable, "-m", "nlp_toolkit", "annotate", str(source), "-o", str(target)]
    subprocess.run(command, check=True, capture_output=True)
    read = Reader(target.read_text(encoding="utf-8"))
    assert read.text == "到2025年，建成100个平台。"
    assert "".join(text for _, text in read.marks[0]) == "到2025年，建成100个平台"


def test_a_notebook_shows_the_document_in_small() -> None:
    shown = DOCUMENT._repr_html_()
    assert '<mark class="agency" title="AGENCY · kind: named · canonical: 住房和城乡建设部' in shown
    assert "more characters" not in shown
    assert "<script" not in shown
    assert "<script" not in hostile()._repr_html_()
    long = Document("数据。\n" * 3000)
    assert len(long._repr_html_()) < 30_000
    assert "more characters" in long._repr_html_()
    assert Document("")._repr_html_()


# ---- How it behaves in a browser


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("page") / "one.html"
    write([DOCUMENT], path)
    return path


# Where each piece of a mark stands in the text of the article, counted in characters.
PIECES = """
const article = document.querySelector('.sheet:not([hidden]) article');
const pieces = {};
let at = 0;
const walk = (node) => {
  if (node.nodeType === Node.TEXT_NODE) { at += Array.from(node.data).length; return; }
  if (node.classList.contains('notes')) return;
  const number = node.dataset.span;
  if (number !== undefined) (pieces[number] ??= []).push([at, node.textContent]);
  node.childNodes.forEach(walk);
};
walk(article);
return pieces;
"""


def test_highlights_stand_where_the_spans_are(browser: Browser, nlp: Analyzer, tmp_path: Path) -> None:
    sample = nlp.analyze((ROOT / "corpora/sample.txt").read_text(encoding="utf-8"), date="2026-03-20")
    odd = nlp.analyze(
        "😀到２０２５年，\x0b建成\ufeff100个平台。\r\n　　住建部\u202e印发<b>《办法》</b>。", date="2020-01-01"
    )
    for number, document in enumerate((DOCUMENT, sample, odd, hostile())):
        write([document], tmp_path / f"{number}.html")
        browser.show(tmp_path / f"{number}.html")
        pieces = {int(span): [tuple(piece) for piece in found] for span, found in browser.run(PIECES).items()}
        assert len(pieces) == len(document.spans)
        assert_marks_stand(pieces, document)
    assert browser.run("return window.attacked") is None


def test_a_highlight_is_seen_where_it_stands(browser: Browser, one: Path) -> None:
    browser.show(one)
    seen = browser.run("""return [...document.querySelectorAll('article mark')].map((mark) => {
      const box = mark.getClientRects()[0];
      const there = document.elementFromPoint(box.left + 2, (box.top + box.bottom) / 2).closest('mark');
      return [mark.contains(there), getComputedStyle(mark).backgroundColor, getComputedStyle(mark).textDecorationLine];
    })""")
    assert len(seen) == len(DOCUMENT.spans)
    assert all(there and colour != BLANK and line == "underline" for there, colour, line in seen)


def test_switches(browser: Browser, one: Path) -> None:
    browser.show(one)
    assert browser.texts("#switches label")[0].split() == ["Dates", "3"]
    browser.click('#switches input[value="goal"]')
    assert browser.style("article mark.goal", "background-color") == BLANK
    assert browser.style("article mark.goal", "text-decoration-line") == "none"
    assert browser.style("article mark.goal mark.date", "background-color") != BLANK
    browser.click("article mark.goal mark.date")
    assert "2026-12-31" in browser.card()
    assert "goal" not in browser.card()
    browser.click('#switches input[value="themes"]')
    assert browser.style(".notes", "display") == "none"
    browser.click('#switches input[value="goal"]')
    assert browser.style("article mark.goal", "background-color") != BLANK


def test_labels_differ_by_line_as_well_as_by_colour(browser: Browser, tmp_path: Path) -> None:
    text = "数" * 20
    spans = tuple(kind(at, at + 1, "数") for at, kind in enumerate(SPAN_TYPES.values()))
    write([Document(text, spans=spans)], tmp_path / "a.html")
    browser.show(tmp_path / "a.html")
    lines = browser.run("""return [...document.querySelectorAll('article mark')].map((mark) => {
      const { textDecorationStyle, textDecorationThickness, textUnderlineOffset } = getComputedStyle(mark);
      return [textDecorationStyle, textDecorationThickness, textUnderlineOffset].join();
    })""")
    assert len(set(lines)) == len(SPAN_TYPES)


def test_hover_shows_the_values_of_all_spans_there(browser: Browser, one: Path) -> None:
    browser.show(one).hover("article mark.agency")
    assert browser.card().startswith("agency住建部\nkind\nnamed")
    assert "住房和城乡建设部" in browser.card()
    assert "100个" in browser.card()  # the goal around it
    browser.hover("#card")
    time.sleep(0.4)
    assert browser.card()
    browser.hover(".facts")
    browser.until("document.querySelector('#card').hidden")


def test_keys_go_from_highlight_to_highlight(browser: Browser, one: Path) -> None:
    from selenium.webdriver.common.keys import Keys

    browser.show(one)
    order = []
    browser.run("document.querySelector('main').focus()")
    browser.press(Keys.TAB)
    for _ in range(4):
        order.append(browser.run("return document.activeElement.textContent"))
        assert browser.card()
        at = browser.run("return document.activeElement.dataset.span")
        browser.press(Keys.ARROW_RIGHT)
        browser.until(f"document.activeElement.dataset.span !== '{at}'")
    assert order == ["到2026年底，住建部牵头建成100个平台", "2026年底", "住建部", "共享率达到95%以上"]
    browser.press(Keys.ESCAPE)
    assert not browser.card()
    browser.press(Keys.ARROW_LEFT)
    browser.until_focused("共享率达到95%以上")
    assert browser.run("return document.querySelectorAll('article mark[tabindex=\"0\"]').length") == 1
    browser.press(Keys.TAB)  # the highlights are one stop on the way through the page
    assert browser.run("return document.activeElement.className") == "note"
    assert not browser.card()


def test_themes_show_their_evidence(browser: Browser, one: Path) -> None:
    browser.show(one)
    assert browser.texts(".note") == ["Data silos and information barriers 93%", "my_own 50%"]
    assert browser.texts(".evidence.lit") == []
    browser.click(".note")
    assert browser.texts(".evidence.lit") == ["互不相通"]
    browser.click(".note", 1)
    browser.click(".note", 0)
    browser.hover(".facts")
    assert browser.texts(".evidence.lit") == ["重复建设"]
    row, note = (browser.run("return document.querySelector(arguments[0]).getBoundingClientRect().toJSON()", selector)
                 for selector in (".row:has(.note) p", ".note"))  # fmt: skip
    assert note["left"] >= row["right"]
    assert row["top"] <= note["top"] <= row["bottom"]
    browser.click('[data-panel="themes"]')
    browser.click("#panel-themes .jump", 0)
    browser.until("document.activeElement.className === 'note'")
    assert "互不相通" in browser.texts(".evidence.lit")


def test_goals_sort(browser: Browser, one: Path) -> None:
    browser.show(one).click('[data-panel="goals"]')
    rows = "#panel-goals tbody tr"
    assert browser.texts(f"{rows}:first-child td") == [
        "到2026年底，住建部牵头建成100个平台", "平台", "=", "100", "个", "2026-12-31",
    ]  # fmt: skip
    assert browser.texts(f"{rows}:nth-child(2) td:nth-child(3)") == ["≥↑"]
    value = f"{rows} td:nth-child(4)"
    browser.click("#panel-goals th:nth-child(4) button")
    assert browser.texts(value) == ["0.5", "95", "100", ""]
    assert browser.run("return document.querySelector('#panel-goals th:nth-child(4)').ariaSort") == "ascending"
    browser.click("#panel-goals th:nth-child(4) button")
    assert browser.texts(value) == ["100", "95", "0.5", ""]
    browser.click("#panel-goals th:nth-child(6) button")
    browser.click("#panel-goals th:nth-child(6) button")
    assert browser.texts(f"{rows} td:nth-child(6)")[0] == "2030-12-31"
    browser.click(f"{rows} .jump")
    browser.until_focused("2030年见效，力争更好")
    assert "2030-12-31" in browser.card()


def test_a_row_leads_to_a_layer_that_is_switched_off(browser: Browser, one: Path) -> None:
    browser.show(one).click('#switches input[value="problem"]')
    browser.click('[data-panel="problems"]')
    browser.click("#panel-problems .jump")
    browser.until("document.activeElement.classList.contains('problem')")
    assert browser.style("article mark.problem", "background-color") != BLANK
    assert browser.run("return document.querySelector('#switches input[value=problem]').checked")


def test_problems_by_stance_and_agencies_by_role(browser: Browser, one: Path) -> None:
    browser.show(one).click('[data-panel="problems"]')
    assert browser.texts("#panel-problems h3") == ["reported 1", "guarded against 1"]
    assert browser.texts("#panel-problems li")[0].split("\n")[0] == "各系统互不相通 Data silos and information barriers"
    browser.click('[data-panel="agencies"]')
    assert browser.texts("#panel-agencies h3") == ["lead 1", "No role stated 1"]
    assert browser.texts("#panel-agencies .jump") == ["住房和城乡建设部", "住房和城乡建设部"]
    browser.click("#panel-agencies .jump", 1)
    browser.until_focused("住房城乡建设部")


def test_timeline(browser: Browser, one: Path) -> None:
    browser.show(one)
    assert browser.texts(".timeline .day") == ["2021", "2026-12-31", "2030-12-31"]
    assert browser.texts(".timeline > li > .entry .tag") == ["since", "deadline", "deadline"]
    assert browser.texts(".timeline > li:nth-child(2) .jump") == [
        "到2026年底，住建部牵头建成100个平台", "共享率达到95%以上", "时间压缩至0.5天以内",
    ]  # fmt: skip
    assert browser.texts(".timeline > li:first-child .jump")[0].startswith("《办法》自2021年起施行")
    lefts = browser.run("return [...document.querySelectorAll('.track i')].map((i) => i.getBoundingClientRect().left)")
    assert lefts == sorted(lefts)


def test_both_languages(browser: Browser, one: Path) -> None:
    browser.show(one)
    assert browser.run("return document.documentElement.lang") == "en"
    assert "Timeline" in browser.texts("[role=tab]")
    browser.click('[data-language="zh"]')
    assert browser.run("return document.documentElement.lang") == "zh-Hans"
    seen = " ".join(browser.texts(".bar, .tabs, .panels, .notes, .facts, .keys"))
    assert "数据孤岛与信息壁垒" in seen
    assert set(re.findall(r"[A-Za-z]{3,}", seen)) <= {"English", "Esc", "my", "own", "EDTF"}


def test_several_documents(browser: Browser, tmp_path: Path) -> None:
    other = replace(DOCUMENT, text="住建部", title="另一份", passages=(), spans=(Agency(0, 3, "住建部"),))
    write([DOCUMENT, other, Document("空")], tmp_path / "a.html")
    browser.show(tmp_path / "a.html")
    assert browser.texts("#picker option") == ["关于数据共享的通知", "另一份", "3"]
    assert browser.texts(".sheet:not([hidden]) article") != ["住建部"]
    choose = "const p = document.querySelector('#picker'); p.value = arguments[0]; p.dispatchEvent(new Event('change'))"
    browser.run(choose, "1")
    assert browser.texts(".sheet:not([hidden]) article") == ["住建部"]
    assert browser.run("return document.title") == "另一份"
    assert browser.texts("#switches label") == ["Agencies 1"]
    browser.run(choose, "2")
    assert browser.texts("#panel-timeline .contents") == ["Nothing here"]


def test_no_document_at_all(browser: Browser, tmp_path: Path) -> None:
    write([], tmp_path / "a.html")
    browser.show(tmp_path / "a.html")
    assert browser.texts("#panel-timeline .contents") == ["Nothing here"]


def test_on_a_telephone(browser: Browser, one: Path) -> None:
    browser.show(one, width=360, height=700)
    fits = "document.documentElement.scrollWidth <= innerWidth"
    assert browser.run(f"return {fits}")
    assert browser.texts("[aria-selected=true]") == ["Text"]
    browser.click("article mark.agency")
    card = browser.run("return document.querySelector('#card').getBoundingClientRect().toJSON()")
    assert (card["left"], card["bottom"], card["width"]) == (0, 700, 360)
    browser.click('[data-panel="goals"]')
    assert browser.run(f"return {fits}")
    assert browser.run("return document.querySelector('article').offsetParent") is None
    browser.click("#panel-goals .jump", 1)
    browser.until_focused("共享率达到95%以上")
    assert browser.texts("[aria-selected=true]") == ["Text"]
    row, note = (browser.run("return document.querySelector(arguments[0]).getBoundingClientRect().toJSON()", selector)
                 for selector in (".row:has(.note) p", ".note"))  # fmt: skip
    assert note["top"] >= row["bottom"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_colours_can_be_read(browser: Browser, one: Path, scheme: str) -> None:
    browser.show(one, color_scheme=scheme)
    for front in ("--ink", "--faint", "--accent"):
        for back in ("--ground", "--raised"):
            assert contrast(browser, front, back) >= 4.5
    assert contrast(browser, "--lit-ink", "--lit") >= 4.5
    for label in SPAN_TYPES:  # lines, and what is not text, need less
        assert contrast(browser, f"--{label.lower()}", "--ground") >= 3
    assert (browser.style("body", "background-color") == "rgb(255, 255, 255)") == (scheme == "light")


def test_print_holds_the_text_and_all_tables(browser: Browser, one: Path) -> None:
    needed(find_spec("pypdfium2") is not None, "pypdfium2 is not installed: nlp-toolkit[pdf]")
    import pypdfium2

    browser.show(one, color_scheme="dark")
    printed = browser.driver.execute_cdp_cmd("Page.printToPDF", {})
    pages = list(pypdfium2.PdfDocument(base64.b64decode(printed["data"])))
    text = "".join(page.get_textpage().get_text_range() for page in pages)
    for part in ("互不相通", "Timeline", "2030-12-31", "guarded against", "No role stated", "Themes", "my_own 50%"):
        assert part in text
    assert pages[0].render().to_pil().getpixel((2, 2)) == (255, 255, 255)
    browser.until("document.querySelector('#panel-goals').hidden")


def test_everything_that_can_be_used_has_a_name(browser: Browser, one: Path) -> None:
    browser.show(one)
    used = {"button", "checkbox", "tab", "combobox", "tabpanel", "tablist", "region", "group", "heading"}
    for panel in ("timeline", "goals", "problems", "agencies", "documents", "themes"):
        browser.click(f'[data-panel="{panel}"]')
        nodes = browser.driver.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
        shown = [node for node in nodes if not node["ignored"] and node["role"]["value"] in used]
        nameless = [node["role"]["value"] for node in shown if not node["name"]["value"].strip()]
        assert len(shown) > 20
        assert set(nameless) <= {"group"}
    ids = browser.run("return [...document.querySelectorAll('[id]')].map((e) => e.id)")
    assert len(ids) == len(set(ids))


def test_no_request_leaves_and_no_attack_runs(chromium: Browser) -> None:
    with server(b"") as (outside, asked_outside):
        stream = BytesIO()
        html.write([hostile(outside), DOCUMENT], stream)
        with server(stream.getvalue()) as (address, asked):
            chromium.complaints()
            chromium.requests()
            chromium.show(f"{address}/page.html")
            for panel in ("timeline", "goals", "problems", "agencies", "documents", "themes", "more"):
                chromium.click(f'[data-panel="{panel}"]')
            chromium.hover("article mark")
            assert ATTACK.split("\u2028")[0] in chromium.texts("article")[0]
            assert chromium.complaints() == []
            assert chromium.run("return window.attacked") is None
            assert [url for url in chromium.requests() if not url.startswith("data:")] == [f"{address}/page.html"]
            assert asked == ["/page.html"]
            # Even a script that got in could load and send nothing, and no text could become markup.
            blocked = chromium.driver.execute_async_script(
                """const [address, done] = arguments;
                let markup = 'allowed';
                try { document.body.innerHTML = '<b>'; } catch { markup = 'refused'; }
                const image = new Image();
                image.onerror = () => fetch(address).then(() => done('sent'), () => done(markup));
                image.src = address + '/image';""",
                outside,
            )
            assert blocked == "refused"
            assert asked_outside == []
            chromium.complaints()  # the browser says what it has refused


def tiled(document: Document, times: int) -> Document:
    """The document over and over as one."""
    length = len(document.text) + 1
    shifts = [length * n for n in range(times)]
    return replace(
        document,
        text="\n".join([document.text] * times),
        passages=tuple(
            replace(
                p, start=p.start + by, end=p.end + by,
                themes=tuple(replace(t, evidence=tuple((s + by, e + by) for s, e in t.evidence)) for t in p.themes),
            ) for by in shifts for p in document.passages
        ),
        sentence_bounds=tuple((s + by, e + by) for by in shifts for s, e in document.sentence_bounds),
        spans=tuple(replace(span, start=span.start + by, end=span.end + by) for by in shifts for span in document.spans),
    )  # fmt: skip


def test_a_megabyte_stays_smooth(browser: Browser, nlp: Analyzer, tmp_path: Path) -> None:
    sample = nlp.analyze((ROOT / "corpora/sample.txt").read_text(encoding="utf-8"), date="2026-03-20")
    large = tiled(sample, 750)
    assert len(large.text.encode()) > 1_000_000
    write([large], tmp_path / "large.html")
    begun = time.monotonic()
    browser.show(tmp_path / "large.html")
    assert time.monotonic() - begun < 10
    last = len(large.spans) - 1
    for act in (
        "document.querySelector('#switches input').click()",
        "scrollTo(0, document.body.scrollHeight / 2)",
        "view('goals')",
        "document.querySelector('#panel-goals th:nth-child(4) button').click()",
        "view('agencies')",
        f"goTo({last})",
    ):
        taken = browser.driver.execute_async_script(
            f"const begun = performance.now(); {act};"
            "requestAnimationFrame(() => setTimeout(() => arguments[0](performance.now() - begun)))"
        )
        assert taken < 1000, act  # milliseconds; a tenth of that on a machine with nothing else to do
    browser.until(f"document.activeElement.dataset.span === '{last}'")
    box = browser.run("return document.activeElement.getBoundingClientRect().toJSON()")
    assert 0 <= box["top"] < 900
