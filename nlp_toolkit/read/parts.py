"""Zips of XML parts (DOCX, OFD), opened within limits: nothing is written, fetched or expanded beyond them.

The limits follow what Apache POI and libxml2 do against zip bombs and hostile XML.
"""

from __future__ import annotations

import io
import posixpath
import zipfile
import zlib
from typing import Any

PART_BYTES = 256 << 20  # one part, unpacked
ALL_BYTES = 512 << 20  # all parts read from one file
RATIO = 200  # unpacked to packed; Office files stay well below 100
RATIO_COUNTS_FROM = 4 << 20  # bytes: small parts may be as repetitive as they like
MARKS = 8_000_000  # of "<" and "=": elements and attributes each cost a hundred bytes in memory

_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # the others unpack without a limit

Element = Any  # lxml's, which comes without types


class Parts:
    """The parts of a zip by name; every method raises ValueError with what is wrong and what to do."""

    def __init__(self, data: bytes) -> None:
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
        except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError, EOFError):
            raise ValueError("is damaged (the zip inside cannot be opened); save it anew") from None
        # Some producers write names with a leading slash, backslashes, or in another case than they refer to them.
        self._names = {_normal(info.filename): info for info in self._zip.infolist()}
        self._left = ALL_BYTES

    def __contains__(self, name: str) -> bool:
        return _normal(name) in self._names

    @property
    def names(self) -> list[str]:
        """The names of the parts, in lower case and without a leading slash."""
        return list(self._names)

    def content(self, name: str) -> bytes:
        """The bytes of a part."""
        info = self._names.get(_normal(name))
        if info is None:
            raise ValueError(f"is incomplete (it has no {name}); save it anew")
        if info.flag_bits & 0x1:
            raise ValueError("is encrypted and needs a password; save it without one")
        limit = min(PART_BYTES, self._left)
        if info.compress_type not in _METHODS:
            raise ValueError(f"is packed in an unusual way ({name}); save it anew")
        try:
            with self._zip.open(info) as stream:
                data = stream.read(limit + 1)
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError, ValueError):
            raise ValueError(f"is damaged ({name} cannot be unpacked); save it anew") from None
        if len(data) > limit or len(data) > max(RATIO_COUNTS_FROM, RATIO * info.compress_size):
            raise ValueError(f"unpacks to more than is plausible ({name}); it may be a zip bomb and is not read")
        self._left -= len(data)
        return data

    def xml(self, name: str, replaced: tuple[bytes, bytes] = (b"", b"")) -> Element:
        """The root of a part's XML, where one namespace may be replaced by another before it is parsed."""
        data = self.content(name)
        return parse(data.replace(*replaced) if replaced[0] else data, name)


def holds(data: bytes, name: str) -> bool:
    """Whether the bytes are a zip with a part of this name.

    >>> holds(b"no zip", "OFD.xml")
    False
    """
    try:
        return data.startswith(b"PK") and name in Parts(data)
    except ValueError:
        return False


def parse(data: bytes, name: str) -> Element:
    """The root element of XML, with entities and external references off.

    Raises ValueError with what is wrong and what to do; a document type declaration is wrong.

    >>> parse(b"<a><b/></a>", "a.xml").tag
    'a'
    """
    from lxml import etree

    if data.count(b"<") + data.count(b"=") > MARKS:
        raise ValueError(f"has more elements than is plausible ({name}); split it")
    # Without huge_tree the library also refuses deep nesting (256) and single texts beyond 10 MB.
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        root: Element = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        detail = str(error).split(", line")[0].splitlines()[0] if str(error) else "no XML"
        raise ValueError(f"is damaged ({name}: {detail}); save it anew") from None
    if root.getroottree().docinfo.doctype:
        raise ValueError(f"has a document type declaration in it ({name}), which no such file needs; it is not read")
    return root


def resolve(base: str, target: str) -> str:
    """The name of a part that another refers to; the reference never leaves the zip.

    >>> resolve("Doc_0/Document.xml", "Pages/Page_0/Content.xml"), resolve("Doc_0/Document.xml", "/OFD.xml")
    ('Doc_0/Pages/Page_0/Content.xml', 'OFD.xml')
    """
    target = target.strip().replace("\\", "/")
    return posixpath.normpath(posixpath.join("/", posixpath.dirname(base), target)).lstrip("/")


def local(element: Element) -> str:
    """The name of an element without its namespace."""
    return str(element.tag).rpartition("}")[2]


def _normal(name: str) -> str:
    return name.replace("\\", "/").lstrip("/").lower()
