"""Policy documents: titles in 《》, title lines, and document numbers.

Numbers follow the form of GB/T 9704-2012, 7.2.5 (国发〔2015〕50号) and the forms that decrees, announcements, standards and
the authorities of Taiwan and Hong Kong use instead. Patterns begin with the rare part of a number (〔2015〕50号, 令第, 字第);
the issuer's code is then read backwards from there, so that scanning stays linear.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date

from nlp_toolkit.document import PolicyDocument, Reference
from nlp_toolkit.draft import Draft
from nlp_toolkit.lexicon import cells, read_table
from nlp_toolkit.registry import Registry
from nlp_toolkit.segment import DOCTYPES

_LONGEST_TITLE = 200  # characters between 《 and 》
_TITLE_MARKS = re.compile("[《》]")

# Notes behind a title, such as （试行） or （2018—2035年）.
_NOTE = re.compile(
    r"\((?:[^()]{0,8}(?:试行|暂行|草案|修订|修正|征求意见|送审|讨论|节选|摘要|摘录|年本|年版|版|稿|年)[^()]{0,8}"
    r"|(?:19|20)\d\d *年? *(?:-|—{1,2}|~|至) *(?:19|20)?\d\d *年?)\)$"
)
# A word of purpose before the noun does not make another kind of document: a 管理办法 is a 办法, an 实施方案 a 方案.
_PURPOSE = ("暂行", "管理", "实施", "考核", "评价", "工作", "总体", "若干", "补充", "评估")
_COMPOUND = frozenset(("实施意见", "实施细则", "工作报告", "工作要点", "评估报告"))
_DOCTYPES = sorted(
    (noun for noun in DOCTYPES if noun in _COMPOUND or not (noun.startswith(_PURPOSE) and noun[2:] in DOCTYPES)),
    key=lambda noun: (-len(noun), noun),
)
_DOCTYPE_ENDS = tuple(_DOCTYPES)
# Nouns that also end ordinary titles: alone they make no policy document of a line or of a poem's or book's name.
_WEAK = frozenset(
    ("制度", "政策", "标准", "说明", "解读", "讲话", "建议", "措施", "计划", "手册", "法", "令", "函", "战略", "规则", "解释", "报告",
     "宣言", "指标", "倡议", "合同", "协议", "名单", "目录", "清单", "规范", "路线图", "指南", "要点", "要览", "公约", "守则")
)  # fmt: skip
_OFFICIAL = re.compile(
    r"关于|中华人民共和国|国家|国务院|中央|中共|全国|[省市县区州盟旗镇乡部委局厅署院]|政府|管理|条例|法规|规划|行动|安全|实施|行政|[12]\d{3}|[一二三四五六七八九十]五|工作|发展|建设|\((?:试行|暂行)"
)
_MEDIA = frozenset(row["title"] for row in read_table("media"))
_MEDIA_ENDINGS = tuple(row["ending"] for row in read_table("media_endings"))
_POLICY_WORDS = tuple(row["word"] for row in read_table("policy_words"))
_POLICY = re.compile("|".join(map(re.escape, _POLICY_WORDS)))
_ISSUED_BEFORE = re.compile(
    r"(?:发布|印发|出台|公布|颁布|制定|制订|施行|实施|审议|通过|下发|修订|执行|签署|根据|按照|依据|依照|遵照|贯彻|落实|违反|符合|批准|转发|修改|废止|报送|编制)"
    r"了?(?:《[^《》]{1,40}》[、和及与]){0,3}(?:[^,。;:《》“”]{0,8})$"
)
_ISSUED_AFTER = re.compile(
    r"(?:\([^()]{1,24}\))?(?:等?(?:政策|文件|法规|法律|规划|战略|计划|行动|文书|报告)|(?:正式)?(?:印发|出台|实施|施行|公布|颁布|规定|明确|要求|提出|指出))"
)
_SOMEBODYS = re.compile("的$")  # 市民的意见 is no document; 关于…的意见 is
_ABOUT = re.compile("关于|批转|转发|印发|贯彻|落实|公布|发布|修改|废止|执行|施行|实施|开展|加强|推进")
_YEAR = re.compile(r"(?:19|20)\d\d")

_NUMBER = re.compile(
    r"""
    [〔\[(【](?P<year>(?:19|20)\d\d|[一二][〇○零O一二三四五六七八九]{3})年?[〕\])】]\ ?第?\ ?(?P<serial>\d{1,5}(?:-\d{1,3})?)\ ?[号期]
        # 国发〔2015〕50号, 国办发明电[2018]15号, 法释(2020)1号
  | [令公通](?:(?<=令)|告)\ ?(?P<bracket>[〔\[(])?\ ?(?P<announced>(?:19|20)\d\d\ ?年\ ?)?第?\ ?(?:\d{1,4}|[一二三四五六七八九十百〇零]{1,7})\ ?号(?(bracket)[〕\])]?)
        # 国务院令第707号, 主席令(第八十三号), 财政部公告2019年第12号
  | 第\ ?(?:\d{1,4}|[一二三四五六七八九十百〇零]{1,7})\ ?号(?P<decree>令|公告)
        # 国务院第588号令
  | [A-Z]{2,4}\d{0,4}(?:/[A-Z]{1,2})?\ ?\d{1,6}(?:\.\d{1,3}){0,2}\ ?(?P<standard>-|—{1,2})\ ?(?:19|20)\d\d(?!\d)
        # GB/T 9704-2012, HJ 2.1—2016, DB11/T 1322.5-2017
  | 字第\ ?(?P<register>[A-Z]{0,2}\d{3,14}[A-Z]?(?:-\d{1,2})?)\ ?号
        # 院台教字第1130001234号, 释字第748号
  | 第\ ?\d{1,4}[A-Z]{0,2}\ ?(?P<chapter>章)
        # 香港法例第571章, 《证券及期货条例》(第571章)
    """,
    re.VERBOSE,
)
_CODE = re.compile(r"[\u4e00-\u9fffA-Z]{1,12}$")
_REGISTER_CODE = re.compile(r"[\u4e00-\u9fff]{1,8}\d?$")
_ISSUER = re.compile(r"[\u4e00-\u9fff、]{0,16}(?:国务院|主席|[部委局署院办]|委员会|政府|军委|省|市|会|特别行政区)$")
_STATE = re.compile(r"(?:^|[^\u4e00-\u9fff]|[据照按见])国$")  # 国令第707号
# Words that may stand before a code or an issuer and are no part of it.
_LEAD = re.compile(
    r".*(?:根据|按照|依据|依照|参照|贯彻|落实|执行|关于|以及|印发|发布|公布|详见|参见|遵照|废止|违反|符合|修改|替代|见|(?<!共)和|与|及|据|以|依|经|将|对|文件|文|是|为|的|在|由|从|到|用|、|"
    r"[\d]日|[\d]年|[\d]月|之)(?=[\u4e00-\u9fffA-Z])"
)
_NO_STANDARD = ("ISO", "IEC", "IEEE", "ITU", "ASTM", "COVID", "ISBN", "ISSN")
_HALF_WIDTH = {ord("０") + digit: str(digit) for digit in range(10)}
_HONG_KONG_LAW = re.compile(r"(?:(?:条例|规例|规则|》)\(|法例 ?)$")


# Issuers by the first characters of a number's code (data/number_codes.tsv), the longest first.
_CODES = sorted(
    ((row["code"], row["issuer"], int(row["from"] or 0), int(row["to"] or 9999)) for row in read_table("number_codes")),
    key=lambda row: (-len(row[0]), row[0], -row[2]),
)
_PROVINCES = {
    short: row["name"]
    for row in read_table("divisions")
    if row["level"] == "province"
    for short in cells(row["short"])
    if len(short) == 1
}
_LOCAL_CODE = re.compile(
    rf"(?P<place>[{''.join(_PROVINCES)}])[政府](?P<office>办)?(?:发|函|规|字|明电|发明电|传|通|批|令|办)"
)
_DECREE = re.compile(r"(?P<issuer>[\u4e00-\u9fff]+?)(?:令|公告|通告|(?=第\w+号令))")
# （以下简称《意见》）, (以下称“办法”) behind a title or its number; and later mentions of what was so named.
_CALLED = re.compile(
    r"(?:\([^()]{1,40}\))?[^。;\n]{0,30}?\(?(?:以下|下)(?:简|统)?称:?[“‘《](?P<alias>[^”’》\n]{2,20})[”’》]"
)
_SHORT_NAME = re.compile(r"(?:以下|下)(?:简|统)?称:?$")
_INNER = re.compile("[〈《]([^〈〉《》]{4,100})[〉》]")
_MENTION = re.compile("“(?P<alias>[^“”\n]{2,20})”|[该此](?P<noun>" + "|".join(map(re.escape, _DOCTYPES)) + ")")


class DocumentExtractor:
    """Finds titles and numbers; titles first, since a number may stand inside one."""

    def find(self, draft: Draft) -> list[PolicyDocument]:
        """The policy documents named in the text, in order."""
        text = draft.text
        titles = _title_ranges(text)
        lines = list(_title_lines(draft))
        whole = [(line.start, line.end) for line in lines]  # a title in 《》 within a title line is a part of it
        titles = [title for title in titles if not _touches(*title, whole)]
        taken = sorted([*titles, *whole])
        found = [*_titles(text, titles), *lines, *_numbers(draft, taken)]
        found.sort(key=lambda one: one.start)
        return _linked(text, found)


class ReferenceExtractor:
    """Finds later mentions without 《》 of a document named in full: “指导意见”, 该办法; an optional layer."""

    def find(self, draft: Draft) -> list[Reference]:
        """The mentions, in order. Needs the DOCUMENT spans in ``draft.spans``."""
        text = draft.text
        documents = draft.of(PolicyDocument)
        names = _Names(text, documents)
        ranges = sorted((one.start, one.end) for one in documents)
        found = []
        for match in _MENTION.finditer(text):
            start, end = match.span("alias") if match["alias"] else match.span()
            if _touches(start, end, ranges):
                continue
            name = names.meant(match["alias"] or match["noun"], start, quoted=match["alias"] is not None)
            if name is not None:
                found.append(Reference(start, end, text[start:end], name))
        return found


class _Names:
    """The documents named in full so far, with the short names that the text gives them."""

    def __init__(self, text: str, documents: Sequence[PolicyDocument]) -> None:
        self.aliases: dict[str, tuple[int, str]] = {}
        self.full: list[tuple[int, str]] = []
        before: PolicyDocument | None = None
        for one in documents:
            plain = one.text.strip("《》")
            if one.number is not None:
                continue
            if doctype(plain) != plain:
                for name in (plain, *_INNER.findall(plain)):
                    self.full.append((one.start, name))
            if before is not None and _SHORT_NAME.search(text, before.end, one.start):
                self.aliases.setdefault(plain, (one.start, before.text.strip("《》")))
            else:
                before = one
                called = _CALLED.match(text, one.end)
                if called:
                    self.aliases.setdefault(called["alias"], (called.start("alias") - 1, plain))

    def meant(self, name: str, at: int, quoted: bool = False) -> str | None:
        """The full title that a short name at a place stands for: its alias, or the only document of that kind before."""
        told = self.aliases.get(name)
        if told is not None:
            return f"《{told[1]}》" if told[0] <= at else None
        if quoted or doctype(name) != name:
            return None
        kind = {title for start, title in self.full if start < at and doctype(title) == name}
        return f"《{kind.pop()}》" if len(kind) == 1 else None


def _linked(text: str, found: list[PolicyDocument]) -> list[PolicyDocument]:
    """The documents, short ones (《意见》) with the full title that they stand for."""
    names = _Names(text, found)
    return [
        replace(one, refers_to=names.meant(one.text[1:-1], one.start))
        if one.number is None
        and one.text.startswith("《")
        and (one.text[1:-1] in names.aliases or doctype(one.text[1:-1]) == one.text[1:-1])
        else one
        for one in found
    ]


def _title_ranges(text: str) -> list[tuple[int, int]]:
    """The outermost pairs of 《》 that are not too far apart; marks without a partner are passed over."""
    open_at: list[int] = []
    pairs: list[tuple[int, int]] = []
    for match in _TITLE_MARKS.finditer(text):
        at = match.start()
        if open_at and at - open_at[0] > _LONGEST_TITLE:
            open_at = [start for start in open_at[-4:] if at - start <= _LONGEST_TITLE]
        if match.group() == "《":
            open_at.append(at)
        elif open_at:
            start = open_at.pop()
            while pairs and pairs[-1][0] > start:
                pairs.pop()
            if at - start > 1 and "\n\n" not in text[start:at]:
                pairs.append((start, at + 1))
    return pairs


def _titles(text: str, ranges: list[tuple[int, int]]) -> Iterator[PolicyDocument]:
    """The titles among the pairs of 《》 that name a policy document."""
    for start, end in ranges:
        title = text[start + 1 : end - 1]
        noun = doctype(title)
        if _is_policy(text, start, end, noun):
            yield PolicyDocument(start, end, text[start:end], noun)


def _is_policy(text: str, start: int, end: int, noun: str | None) -> bool:
    """Whether a title is that of a policy document and not of a newspaper, book, song or film.

    It is when it ends in a document's noun, speaks of policy, bears a year, or is said to be issued or followed.
    """
    plain = text[start + 1 : end - 1].replace("\n", "").strip()
    if plain in _MEDIA or (plain.endswith(_MEDIA_ENDINGS) and noun is None):
        return False
    if noun is not None and (noun not in _WEAK or len(plain) > 6 or plain == noun):
        return True
    if (
        _POLICY.search(plain)
        or (noun is not None and _OFFICIAL.search(plain))
        or _YEAR.search(plain)
        or plain.startswith("关于")
    ):
        return True
    if _ISSUED_BEFORE.search(text, max(0, start - 60), start):
        return True
    return noun is not None and _ISSUED_AFTER.match(text, end) is not None


def doctype(title: str) -> str | None:
    """The final noun of a title in Simplified, the longest that is known; a note such as （试行） is passed over.

    >>> doctype("关于加强城市内涝治理的实施意见(试行)"), doctype("国家智慧城市试点暂行管理办法"), doctype("智慧国家2025")
    ('实施意见', '办法', None)
    """
    bare = _bare(title)
    if not bare.endswith(_DOCTYPE_ENDS):
        return None
    return next(noun for noun in _DOCTYPES if bare.endswith(noun))


def _bare(title: str) -> str:
    """A title without line breaks and without the notes behind it."""
    bare = title.replace("\n", "").strip().rstrip("〉")
    while match := _NOTE.search(bare):
        bare = bare[: match.start()].rstrip("〉 ")
    return bare


def _title_lines(draft: Draft) -> Iterator[PolicyDocument]:
    """Lines that are the whole title of this document or of one attached to it."""
    for passage in draft.passages:
        if passage.kind != "title" or passage.start in draft.layout.wrapped:
            continue
        line = passage.text.strip()
        noun = doctype(line)
        bare = _bare(line)
        if noun is None or len(bare) <= len(noun) + 1 or line.endswith(("?", "!", "…")) or "申论" in line:
            continue
        if _SOMEBODYS.search(bare[: -len(noun)]) and not _ABOUT.search(bare):
            continue
        if (noun in _WEAK and not _OFFICIAL.search(bare[: -len(noun)])) or re.search("[?!。…]|——", bare):
            continue
        start = passage.start + passage.text.index(line)
        yield PolicyDocument(start, start + len(line), line, noun)


def _numbers(draft: Draft, taken: list[tuple[int, int]]) -> Iterator[PolicyDocument]:
    """Document numbers outside titles, without the words before them."""
    text = draft.text
    done = 0
    for match in _NUMBER.finditer(text):
        start = _begin(match, text, done)
        end = match.end()
        if start is None or _touches(start, end, taken):
            continue
        done = end
        issuer, year = issued(text[start:end])
        number = canonical_number(draft.source(start, end))
        yield PolicyDocument(start, end, text[start:end], None, number, issuer, year)


def _begin(match: re.Match[str], text: str, done: int) -> int | None:
    """Where the number begins whose rare part matched: at its issuer's code; None where it is no number."""
    start = match.start()
    if match["standard"] is not None:
        before = text[start - 1 : start]
        return None if match.group().startswith(_NO_STANDARD) or (before.isascii() and before.isalnum()) else start
    if match["chapter"] is not None:
        named = _HONG_KONG_LAW.search(text, max(0, start - 6), start)
        if named is None:
            return None
        return start - 4 if text[max(0, start - 4) : start] == "香港法例" else start
    window = text[max(done, start - 20) : start]
    if match["year"] is not None:
        spaces = window[-1:] == " "
        return _cut(start - spaces, _CODE.search(window[: len(window) - spaces][-12:]), 1)
    if match["register"] is not None:
        return _cut(start, _REGISTER_CODE.search(window), 1)
    if _STATE.search(window):
        return start - 1
    issuer = _ISSUER.search(window)
    if issuer is not None and issuer.group():
        return _cut(start, issuer, 2)
    told = match["announced"] is not None or match.group().startswith(("公告", "通告"))
    return (
        start
        if told and match.group().startswith(("公告", "通告", "令")) and not window.endswith(("命", "指"))
        else None
    )


def _cut(end: int, code: re.Match[str] | None, shortest: int) -> int | None:
    """The start of a code that ends at ``end``, without the words that lead to it; None where nothing is left."""
    if code is None:
        return None
    name = code.group()
    lead = _LEAD.match(name)
    if lead is not None:
        name = name[lead.end() :]
    name = name.lstrip("、年月日")
    return end - len(name) if len(name) >= shortest else None


def canonical_number(number: str) -> str:
    """A document number as GB/T 9704-2012 writes it: the year in 〔〕, without spaces and without 第 behind the year.

    >>> canonical_number("国发[2015] 第５０号"), canonical_number("国务院令 第707号")
    ('国发〔2015〕50号', '国务院令第707号')
    """
    number = re.sub(r"\s", "", number.translate(_HALF_WIDTH))
    return re.sub(
        r"[〔\[(（［【]((?:19|20)\d\d|[一二][〇○零O一二三四五六七八九]{3})年?[〕\])）］】]第?(?=\d)", r"〔\1〕", number
    )


def issued(number: str) -> tuple[str | None, int | None]:
    """Who issued a document of this number, and in which year, as far as the number tells.

    >>> issued("建城〔2017〕53号"), issued("建城〔2006〕53号"), issued("国务院令第707号"), issued("长发〔2003〕31号")
    (('住房和城乡建设部', 2017), ('建设部', 2006), ('国务院', None), (None, 2003))
    >>> issued("京政办发〔2021〕7号")
    ('北京市人民政府办公厅', 2021)
    """
    plain = re.sub(r"\s", "", number)
    told = _YEAR.search(plain)
    year = int(told.group()) if told else None
    if decree := _DECREE.match(plain):
        issuer = decree["issuer"].removeprefix("中华人民共和国")
        body = Registry.load().resolve(issuer, date(year, 12, 31) if year else None)
        return (body.canonical if body else issuer), year
    if local := _LOCAL_CODE.match(plain):
        return f"{_PROVINCES[local['place']]}人民政府{'办公厅' if local['office'] else ''}", year
    for code, issuer, first, last in _CODES:
        if plain.startswith(code) and year is not None and first <= year <= last:
            return issuer, year
    return None, year


def _touches(start: int, end: int, ranges: list[tuple[int, int]]) -> bool:
    """Whether a range overlaps one of the sorted ranges."""
    place = bisect_left(ranges, (end, end))
    return place > 0 and ranges[place - 1][1] > start
