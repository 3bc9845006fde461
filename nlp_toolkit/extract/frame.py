"""The values of an official document's frame: official names, the number in its standard form, one addressee an item.

Where the parts stand is known from the lines (:mod:`nlp_toolkit.frame`); what they say comes from the spans found there.
"""

from __future__ import annotations

import re
from bisect import bisect_left

from nlp_toolkit.days import first_day
from nlp_toolkit.document import Agency, Frame, PolicyDocument
from nlp_toolkit.draft import Draft, Range
from nlp_toolkit.extract.documents import canonical_number
from nlp_toolkit.registry import Registry

# A title alone, or one with a list of attachments, is no official document.
_NO_FRAME = frozenset({"title", "attachment", "note", "contact", "subject"})
_SEPARATORS = re.compile("[,;、]")
_ISSUER_IN_TITLE = re.compile(r"(?P<issuer>[^,。;:《》“”]{2,80}?)(?:关于|印发|转发|批转|公布|发布|对)")
_SPACED = re.compile(r"(?:\S )+\S")
_ENTITY = re.compile(r"&\w{1,6};")  # what some sites leave of a space
_STATE = "中华人民共和国"


def frame_of(draft: Draft) -> Frame | None:
    """The frame of a draft whose agencies and documents are found, its places in normalised coordinates; None for others.

    A date line alone is frame enough: the text is dated with it.
    """
    parts = draft.layout.parts
    if not set(parts) - _NO_FRAME:
        return None
    reader = _Values(draft)
    places = {_NAMES.get(part, part): tuple(found) for part, found in parts.items() if part not in ("contact", "form")}
    if "title" not in parts and "subject" in parts:
        places["title"] = places["subject"]
    places.pop("subject", None)
    return Frame(
        issuers=reader.issuers(),
        number=reader.number(),
        title=reader.joined("title") or reader.joined("subject"),
        addressees=reader.listed("addressee"),
        signatures=reader.signatures(),
        date=draft.layout.day,
        adopted=reader.joined("adopted"),
        attachments=reader.every("attachment"),
        copies_to=reader.listed("copies_to"),
        secrecy=reader.joined("secrecy"),
        urgency=reader.joined("urgency"),
        copy_number=reader.joined("copy_number"),
        signers=reader.signers(),
        keywords=reader.words("keywords"),
        printed_by=reader.joined("printed_by"),
        printed_on=first_day(reader.joined("printed_on") or ""),
        notes=reader.every("note"),
        places=places,
    )


# What the parts are called in the frame.
_NAMES = {
    "issuer": "issuers", "addressee": "addressees", "signature": "signatures", "attachment": "attachments",
    "signer": "signers", "note": "notes",
}  # fmt: skip


class _Values:
    """Reads values at the places of the parts."""

    def __init__(self, draft: Draft) -> None:
        self._draft = draft
        self._parts = draft.layout.parts
        self._agencies = draft.of(Agency)
        self._starts = [agency.start for agency in self._agencies]

    def _in(self, place: Range) -> list[Agency]:
        """The agencies that stand in a range."""
        start, end = place
        first = bisect_left(self._starts, start)
        last = bisect_left(self._starts, end)
        return [agency for agency in self._agencies[first:last] if agency.end <= end]

    def every(self, part: str) -> tuple[str, ...]:
        """What stands at the places of a part, as written, each once."""
        found = (self._draft.source(*place).strip() for place in self._parts.get(part, ()))
        return tuple(dict.fromkeys(text.rstrip("；;。") for text in found if text))

    def joined(self, part: str) -> str | None:
        """The places of a part as one text, without the line breaks between them."""
        pieces = [self._draft.source(*place).strip() for place in self._parts.get(part, ())]
        return "".join(pieces) or None

    def words(self, part: str) -> tuple[str, ...]:
        """The words of a part with spaces between them."""
        return tuple(word for text in self.every(part) for word in re.split(r"[\s;；,，、]+", text) if word)

    def signers(self) -> tuple[str, ...]:
        """The names behind 签发人; a name of two characters may have a space in it."""
        found = (re.sub(r"(?<!\S)(\S)\s+(\S)(?!\S)", r"\1\2", text) for text in self.every("signer"))
        return tuple(dict.fromkeys(name for text in found for name in re.split(r"[\s、，,]+", text) if name))

    def listed(self, part: str) -> tuple[str, ...]:
        """The members of a list, one an item: 、 separates bodies, but not the places of 各省、自治区、直辖市人民政府."""
        return tuple(dict.fromkeys(member for place in self._parts.get(part, ()) for member in self._members(*place)))

    def _members(self, start: int, end: int) -> list[str]:
        found = self._in((start, end))
        begins = {agency.start for agency in found}
        ends = {agency.end for agency in found}
        text, at, members = self._draft.text, start, []
        for match in _SEPARATORS.finditer(text, start, end):
            if match.group() == "、" and not (match.start() in ends and match.end() in begins):
                continue
            members.append((at, match.start()))
            at = match.end()
        written = (self._draft.source(*place).strip(" \u3000。.") for place in [*members, (at, end)])
        return [member for member in written if member]

    def signatures(self) -> tuple[str, ...]:
        """Who signs: the bodies of a line, or the line where it names none."""
        found: list[str] = []
        for place in self._parts.get("signature", ()):
            bodies = [agency for agency in self._in(place) if agency.kind == "named"]
            whole = sum(agency.end - agency.start for agency in bodies)
            written = _ENTITY.sub("", self._draft.source(*place)).strip()
            if bodies and whole >= len(re.sub(r"[\s、,]", "", written)):
                found += [self._draft.source(agency.start, agency.end) for agency in bodies]
            else:
                found.append(re.sub(r"\s+", " ", written))
        return tuple(dict.fromkeys(found))

    def number(self) -> str | None:
        """The number as the standard writes it; that of a decree with whose it is: 国务院令第707号."""
        places = self._parts.get("number")
        if not places:
            return None
        number = canonical_number(self._draft.source(*places[0]))
        forms, issuers = self._parts.get("form"), self._parts.get("issuer")
        if forms and issuers and re.match(r"[第\d一二三四五六七八九十百〇零]", number):
            issuer = self._draft.source(*issuers[0]).replace(" ", "").replace("中華人民共和國", _STATE)
            number = f"{issuer.removeprefix(_STATE)}{self._draft.source(*forms[0])}{number}"
        return number

    def issuers(self) -> tuple[str, ...]:
        """Official names of who issues the document: from its head, its signature, its title, or its number."""
        for part in ("issuer", "signature"):
            found = [name for place in self._parts.get(part, ()) for name in self._names(place)]
            if found:
                return tuple(dict.fromkeys(found))
        return self._from_title() or self._from_number() or self.every("issuer")

    def _names(self, place: Range) -> list[str]:
        bodies = [agency for agency in self._in(place) if agency.kind == "named"]
        if bodies:
            return [agency.canonical or self._draft.source(agency.start, agency.end) for agency in bodies]
        return self._resolved(self._draft.text[slice(*place)])

    def _resolved(self, names: str) -> list[str]:
        """The official names of bodies that are written one after another; none where one is unknown."""
        names = names.replace(" ", "") if _SPACED.fullmatch(names.strip()) else names  # 财 政 部
        found = [Registry.load().resolve(name, self._draft.date) for name in re.split("[、 ]+", names.strip()) if name]
        return [body.canonical for body in found if body] if all(found) else []

    def _from_title(self) -> tuple[str, ...]:
        match = _ISSUER_IN_TITLE.match(self.joined_normalized("title"))
        return tuple(self._resolved(match["issuer"])) if match else ()

    def joined_normalized(self, part: str) -> str:
        return "".join(self._draft.text[slice(*place)] for place in self._parts.get(part, ()))

    def _from_number(self) -> tuple[str, ...]:
        for start, end in self._parts.get("number", ()):
            for one in self._draft.of(PolicyDocument):
                if start <= one.start and one.end <= end and one.issuer is not None:
                    return (one.issuer,)
        return ()
