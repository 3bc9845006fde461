"""Files and folders that appear whole or not at all: written beside their place, and moved there when all is well."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

ZIP = ".zip"
_ZIP_DATE = (1980, 1, 1, 0, 0, 0)  # the earliest that there is, so that the same files make the same bytes
_LONGEST_PREFIX = 40  # characters: with what is added, the name beside must stay below 255 bytes


@contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """A stream that becomes the file when all has been written, and leaves nothing behind when it has not.

    A file that is there keeps its permissions, and a link to one stays a link. A device or a pipe is written to as it is.
    Raises ValueError where its folder is not there; OSError with the name of the file, whatever step went wrong.
    """
    _needs_folder(path)
    place = Path(os.path.realpath(path))
    try:
        mode = _mode(path)
        if mode is not None and not stat.S_ISREG(mode):
            with open(path, "wb") as stream:
                yield stream
            return
        descriptor, beside = tempfile.mkstemp(dir=place.parent, prefix=_prefix(place), suffix=".part")
        try:
            with open(descriptor, "wb") as stream:
                yield stream
                stream.flush()
                os.fsync(stream.fileno())
            os.chmod(beside, 0o666 & ~_mask() if mode is None else stat.S_IMODE(mode))
            os.replace(beside, place)
        except BaseException:
            with suppress(FileNotFoundError):
                os.unlink(beside)
            raise
    except OSError as error:
        raise _named(error, path, place) from None


@contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """A folder that comes to stand at the path (or a .zip of it) when all has been written; nothing when it has not.

    Raises ValueError where the folder is there already and has something in it, which is never overwritten; OSError with
    the name of the folder, whatever step went wrong.
    """
    packed = path.suffix.lower() == ZIP
    if not packed and path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise ValueError(f"{path}: is there already and not empty; name a new folder, or a .zip")
    _needs_folder(path)
    place = Path(os.path.realpath(path))
    try:
        beside = Path(tempfile.mkdtemp(dir=place.parent, prefix=_prefix(place), suffix=".part"))
        try:
            yield beside
            if packed:
                with whole_file(path) as stream:
                    _pack(beside, stream)
            else:
                os.chmod(beside, 0o777 & ~_mask())
                if place.exists():
                    place.rmdir()
                os.rename(beside, place)
        finally:
            shutil.rmtree(beside, ignore_errors=True)
    except OSError as error:
        raise _named(error, path, place) from None


def _needs_folder(path: Path) -> None:
    if not path.parent.is_dir():
        raise ValueError(f"{path}: there is no folder {path.parent}; make it first")


def _named(error: OSError, path: Path, place: Path) -> OSError:
    """The error with the name that the user gave, where it has none or that of what stood beside."""
    if error.filename is None or _prefix(place) in str(error.filename):
        error.filename, error.filename2 = str(path), None
    return error


def _prefix(place: Path) -> str:
    return f".{place.name[:_LONGEST_PREFIX]}."


def _mode(path: Path) -> int | None:
    """Kind and permissions of what stands at a path, or None where there is nothing."""
    try:
        return path.stat().st_mode
    except FileNotFoundError:
        return None


def _pack(folder: Path, stream: BinaryIO) -> None:
    with ZipFile(stream, "w", ZIP_DEFLATED) as archive:
        for file in sorted(folder.iterdir()):
            entry = ZipInfo(file.name, _ZIP_DATE)
            entry.compress_type = ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            entry.file_size = file.stat().st_size
            with open(file, "rb") as source, archive.open(entry, "w") as target:
                shutil.copyfileobj(source, target)


def _mask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
