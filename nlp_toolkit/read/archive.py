"""ZIP files (PKWARE APPNOTE): what is in them, within limits on number, size, ratio and depth; nothing goes to disk.

The names in an archive are used for ids and suffixes only, never as places to write to.
"""

from __future__ import annotations

import io
import stat
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePath, PurePosixPath
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from nlp_toolkit.errors import InputError
from nlp_toolkit.read.encoding import decode

SUFFIXES = (".zip",)
_MARKS = (b"PK\x03\x04", b"PK\x05\x06")

MOST_MEMBERS = 10_000
MOST_BYTES = 1 << 30
MOST_BYTES_OF_ONE = 256 << 20
# Text shrinks to a tenth, tables to a fiftieth; a bomb of zeros to a thousandth.
MOST_TIMES_LARGER = 200
_ALWAYS_ALLOWED = 1 << 20
DEEPEST = 3
# The decompressors of the other methods know no limit.
_METHODS = (ZIP_STORED, ZIP_DEFLATED)


@dataclass(frozen=True, slots=True)
class Member:
    """A file in an archive: the name for messages, the id for the document, the suffix, and the bytes."""

    name: str
    id: str
    suffix: str
    data: bytes


@dataclass(slots=True)
class _Spent:
    """What an archive and those inside it have used up of the limits."""

    members: int = 0
    bytes: int = 0


def recognises(data: bytes) -> bool:
    """Whether the bytes begin as a ZIP file does."""
    return data.startswith(_MARKS)


def holds(data: bytes, member: str) -> bool:
    """Whether the bytes are a ZIP file with a member of this name.

    >>> holds(b"no archive", "word/document.xml")
    False
    """
    if not recognises(data):
        return False
    try:
        return member in ZipFile(io.BytesIO(data)).NameToInfo
    except (BadZipFile, ValueError, NotImplementedError, OSError):
        return False


def opened(data: bytes, name: str) -> ZipFile:
    """The archive in the bytes, when it keeps within the limits.

    Raises InputError for a damaged archive, and for one that would unpack to more than anybody's documents do.
    """
    return _opened(data, name, _Spent())


def members(
    data: bytes, name: str, document_id: str, wanted: Callable[[PurePath], bool]
) -> Iterator[Member | InputError]:
    """The wanted files in an archive and in the archives inside it, in order of their names; an error for each bad one.

    Documents that are ZIP files themselves (.docx, .xlsx, .ofd) are delivered whole.
    """
    yield from _members(data, name, document_id, wanted, _Spent(), 1)


def document_ids(paths: Sequence[PurePath]) -> list[str]:
    """The paths without their suffixes, unless that would give two documents the same id.

    >>> document_ids([PurePath("a/b.txt"), PurePath("a/c.txt"), PurePath("a/c.pdf")])
    ['a/b', 'a/c.txt', 'a/c.pdf']
    """
    ids = [path.with_suffix("").as_posix() for path in paths]
    uses = Counter(ids)
    return [path.as_posix() if uses[own] > 1 else own for path, own in zip(paths, ids, strict=True)]


def plain(data: bytes) -> bool:
    """Whether the bytes are an archive of files, and not a document in the form of one."""
    marks = ("[Content_Types].xml", "OFD.xml", "mimetype", "META-INF/container.xml")
    return recognises(data) and not any(holds(data, mark) for mark in marks)


def refuse_document_types(archive: ZipFile, name: str) -> None:
    """Refuse a document with an XML part that declares entities; its standard forbids them, only attacks have them."""
    for info in archive.infolist():
        if info.filename.endswith((".xml", ".rels")):
            with archive.open(info) as part:
                head = part.read(4096).replace(b"\0", b"")
            if b"<!DOCTYPE" in head or b"<!ENTITY" in head:
                raise InputError(f"{name}: its part {info.filename} declares XML entities; open it and save it anew")


def _members(
    data: bytes, name: str, document_id: str, wanted: Callable[[PurePath], bool], spent: _Spent, depth: int
) -> Iterator[Member | InputError]:
    try:
        archive = _opened(data, name, spent)
    except InputError as error:
        yield error
        return
    files = sorted(((path, info) for path, info in _paths(archive.infolist()) if wanted(path)), key=_path)
    for (path, info), own_id in zip(files, document_ids([path for path, _ in files]), strict=True):
        own_name, own_id = f"{name}: {path}", f"{document_id}/{own_id}"
        try:
            content = _content(archive, info, own_name)
            if plain(content):
                if depth == DEEPEST:
                    raise InputError(f"{own_name}: lies more than {DEEPEST} archives deep; unpack it first")
                yield from _members(content, own_name, own_id, wanted, spent, depth + 1)
                continue
            if recognises(content):
                _opened(content, own_name, spent)
            yield Member(own_name, own_id, path.suffix.lower(), content)
        except InputError as error:
            yield error


def _path(file: tuple[PurePosixPath, ZipInfo]) -> tuple[str, ...]:
    return file[0].parts


def _opened(data: bytes, name: str, spent: _Spent) -> ZipFile:
    """The archive, after its members have been added to what is spent."""
    try:
        archive = ZipFile(io.BytesIO(data))
    except (BadZipFile, ValueError, NotImplementedError, OSError) as error:
        raise InputError(f"{name}: is a damaged ZIP file ({error}); fetch it or pack it anew") from None
    infos = archive.infolist()
    size = sum(info.file_size for info in infos)
    spent.members += len(infos)
    spent.bytes += size
    if spent.members > MOST_MEMBERS:
        raise InputError(f"{name}: holds more than {MOST_MEMBERS:,} files; unpack it and name its folder")
    if size > _ALWAYS_ALLOWED and size > MOST_TIMES_LARGER * len(data):
        raise InputError(f"{name}: would unpack to {size // len(data):,} times its size; it looks like an attack")
    if spent.bytes > MOST_BYTES or any(info.file_size > MOST_BYTES_OF_ONE for info in infos):
        raise InputError(f"{name}: would unpack to {size >> 20:,} MB; unpack it and name its folder")
    return archive


def _paths(infos: list[ZipInfo]) -> list[tuple[PurePosixPath, ZipInfo]]:
    """The files with their paths, without what would lead out of the archive, folders, links and system files."""
    names = _names(infos)
    found = []
    for info, name in zip(infos, names, strict=True):
        parts = [part for part in name.replace("\\", "/").split("/") if part not in ("", ".", "..")]
        link = stat.S_ISLNK(info.external_attr >> 16)
        if parts and not info.is_dir() and not link and parts[0] != "__MACOSX":
            found.append((PurePosixPath(*parts), info))
    return found


def _names(infos: list[ZipInfo]) -> list[str]:
    """The names of the members; those that are not marked as UTF-8 are in the encoding of the writer's system."""
    utf8 = 0x800
    marked = [bool(info.flag_bits & utf8) or info.filename.isascii() for info in infos]
    raw = [info.filename.encode("cp437") for info, known in zip(infos, marked, strict=True) if not known]
    try:
        found = iter(decode(b"\n".join(raw), "names", None).text.split("\n"))
    except InputError:  # the names serve as ids only, and these are ids too
        return [info.filename for info in infos]
    return [info.filename if known else next(found) for info, known in zip(infos, marked, strict=True)]


def _content(archive: ZipFile, info: ZipInfo, name: str) -> bytes:
    """The bytes of one member, never more than its size says."""
    encrypted = 0x1
    if info.flag_bits & encrypted:
        raise InputError(f"{name}: is encrypted; unpack it with its password first")
    if info.compress_type not in _METHODS:
        raise InputError(f"{name}: is packed in an unusual way (method {info.compress_type}); pack it anew as ZIP")
    try:
        return archive.read(info)
    except (BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError, RuntimeError) as error:
        raise InputError(f"{name}: is damaged in its archive ({error}); fetch it or pack it anew") from None
