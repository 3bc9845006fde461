"""Short mentions of a body that was named in full before: by 以下简称, or as the end of the longer name."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator

from nlp_toolkit.draft import Draft
from nlp_toolkit.extract.agencies.coordination import ANCHORS
from nlp_toolkit.extract.agencies.settle import settled
from nlp_toolkit.extract.agencies.words import POST, SHORTENED, Mention
from nlp_toolkit.lexicon import Lexicon

_SHORT_NAME = re.compile(
    r"\((?:以下|下称|下同,|以下均|以下统)?(?:简称|称)[:为]?“?(?P<name>[\u4e00-\u9fff]{2,16})”?[,)]"
)
_TASK_ENDS = ("工作组", "小组", "联席会议", "指挥部", "专班", "协调机制")


def with_short_names(draft: Draft, mentions: list[Mention], blocked: list[tuple[int, int, bool]]) -> list[Mention]:
    """Give short mentions the full name that stood before them: by 以下简称, or as the end of a longer name."""
    text = draft.text
    declared: dict[str, tuple[int, Mention]] = {}
    shorts = draft.hits.all("agency.short")
    starts = [mention.start for mention in mentions] if shorts else []
    for at, _ in shorts:
        match = _SHORT_NAME.match(text, text.rfind("(", max(0, at - 4), at + 1))
        number = bisect_right(starts, at) - 1
        if match and number >= 0 and mentions[number].kind == "named" and mentions[number].end == match.start():
            declared.setdefault(match["name"], (match.start("name"), mentions[number]))
    if not declared and not draft.hits.all("agency.coordination"):
        return mentions
    result: list[Mention] = []
    ends_of: dict[str, Mention] = {}  # what the last body with a name of this end was
    for mention in mentions:
        name = text[mention.start : mention.end]
        short = _declared_end(name, declared)
        if (
            short
            and mention.start >= declared[short][0]
            and (name == short or mention.canonical == name)
            and not name.startswith(ANCHORS)
        ):
            origin = declared[short][1]
            start = mention.end - len(short)
            full = text[origin.start : origin.end]
            mention = Mention(start, mention.end, "named", origin.canonical, origin.level, written=full)
        elif mention.kind in ("named", SHORTENED) and name.endswith(_TASK_ENDS):
            longer = ends_of.get(name)
            if longer is None and mention.kind == SHORTENED:
                continue
            if longer is not None:
                mention = mention._replace(kind="named", canonical=longer.canonical, level=longer.level)
            elif mention.canonical:
                for cut in range(1, len(mention.canonical) - 3):
                    ends_of[mention.canonical[cut:]] = mention
        result.append(mention)
    more = list(_declared_again(text, declared))
    return settled(result + more, blocked, set()) if more else result


def _declared_end(name: str, declared: dict[str, tuple[int, Mention]]) -> str | None:
    """The declared short name that a name is or ends in."""
    if declared:
        for cut in range(len(name) - 1):
            if name[cut:] in declared:
                return name[cut:]
    return None


def _declared_again(text: str, declared: dict[str, tuple[int, Mention]]) -> Iterator[Mention]:
    """Where a name that 以下简称 gave stands from there on; with its office: 联席会议办公室."""
    if not declared:
        return
    for start, end in Lexicon({"short": declared}).find(text).longest("short"):
        first, origin = declared[text[start:end]]
        if start >= first and not text.startswith(("长", "制度"), end) and not POST.match(text, end):
            office = "办公室" if text.startswith("办公室", end) else ""
            canonical = origin.canonical + office if origin.canonical else None
            full = text[origin.start : origin.end] + office
            yield Mention(start, end + len(office), "named", canonical, origin.level, written=full)
