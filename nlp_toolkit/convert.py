"""Turns what people have corrected in brat, doccano or Label Studio into gold (see corpora/README.md).

The tool is told by the content; what gold has no place for is named, mark by mark, and left out.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from zipfile import BadZipFile, ZipFile

import orjson

from nlp_toolkit.document import JSON
from nlp_toolkit.errors import DataError, InputError
from nlp_toolkit.write import brat, doccano, label_studio
from nlp_toolkit.write.marks import THEME, Exported, gold
from nlp_toolkit.write.marks import known as known_values

MOST_BYTES = 256 * 2**20  # of a file, and of all files in a .zip together: an export is far smaller

Values = dict[tuple[str, str, int, int], JSON]
Load = Callable[[], bytes]


@dataclass(slots=True)
class Summary:
    """What a conversion made: documents, spans, and those of the spans that came without any value."""

    documents: int = 0
    spans: int = 0
    without_values: int = 0


def convert(
    inputs: Iterable[str | Path],
    failed: Callable[[InputError], None],
    values: Values | None = None,
    summary: Summary | None = None,
) -> Iterator[JSON]:
    """The lines of gold in exports of brat (a folder), doccano (JSONL) or Label Studio (JSON), or a .zip of one.

    Parameters
    ----------
    inputs
        Files and folders, in order.
    failed
        Takes an error for each file, document or mark that cannot become gold; the others go on.
    values
        Values for spans that come without any, as of :func:`read_values`: doccano has no place for them.
    summary
        Counts what was made.

    >>> list(convert(["no_such_file.jsonl"], print))
    no_such_file.jsonl: there is no such file; check the name
    []
    """
    summary = Summary() if summary is None else summary
    seen: set[str] = set()
    for exported in (exported for path in map(Path, inputs) for exported in _exports(path)):
        if isinstance(exported, InputError):
            failed(exported)
            continue
        without_values = _complete(exported, values or {})
        try:
            line = gold(exported)
            if line["id"] in seen:
                raise ValueError(f"the document {line['id']!r} was there before, and gold holds one version of each")
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            failed(InputError(f"{exported.name}: is left out: {error}"))
            continue
        for misfit in exported.misfits:
            failed(InputError(f"{exported.name}: {misfit}"))
        seen.add(line["id"])
        summary.documents += 1
        summary.spans += len(line.get("spans", ()))
        summary.without_values += without_values
        yield line


def read_values(path: str | Path) -> Values:
    """The values of the spans in a file of annotated documents, by document, label, start and end.

    Raises DataError where it cannot be read.
    """
    values: Values = {}
    try:
        for line in Path(path).read_bytes().split(b"\n"):
            record = orjson.loads(line) if line.strip() else {}
            for span in record.get("spans", ()):
                values[record["id"], span["label"], span["start"], span["end"]] = known_values(span.get("attrs") or {})
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}); check the name") from None
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise DataError(f"{path}: is no file of annotated documents ({error}); make it with annotate -o") from None
    return values


def _complete(exported: Exported, values: Values) -> int:
    """Give values to the spans that come without any; return how many stay without."""
    without = 0
    for mark in exported.marks:
        if not mark.attrs and not mark.label.startswith(THEME):
            known = values.get((str(exported.origin["document"]), mark.label, mark.start, mark.end))
            without += known is None
            mark.attrs.update(known or {})
    return without


def _exports(path: Path) -> Iterator[Exported | InputError]:
    """The texts of one file, folder or .zip."""
    try:
        if not path.exists():
            yield InputError(f"{path}: there is no such file; check the name")
        elif path.suffix.lower() == ".zip":
            with ZipFile(path) as archive:
                yield from _of_files(_zipped(archive, path), path)
        else:
            yield from _of_files(_files(path), path)
    except OSError as error:
        yield InputError(f"{path}: cannot be read ({error.strerror}); check the file and its permissions")
    except (BadZipFile, zlib.error, EOFError, RuntimeError) as error:  # damaged, encrypted, packed in a rare way
        yield InputError(f"{path}: cannot be unpacked ({error}); unpack it yourself and name the folder")
    except InputError as error:
        yield error


def _files(path: Path) -> dict[str, Load]:
    """What reads each file that an input stands for, by its name; an .ann or a .txt stands for both."""
    if path.is_dir():
        return {
            file.relative_to(path).as_posix(): file.read_bytes for file in sorted(path.rglob("*")) if file.is_file()
        }
    if path.suffix.lower() in (".ann", ".txt"):
        family = (path.with_suffix(".ann"), path.with_suffix(".txt"), path.with_name(brat.ORIGINS))
        return {file.name: file.read_bytes for file in family if file.exists()}
    return {path.name: path.read_bytes}


def _zipped(archive: ZipFile, path: Path) -> dict[str, Load]:
    """What unpacks each file of an archive in memory; raises InputError when that is more than we take."""
    left = MOST_BYTES

    def load(name: str) -> bytes:
        nonlocal left
        with archive.open(name) as file:
            data = file.read(left + 1)
        left -= len(data)
        if left < 0:
            raise InputError(
                f"{path}: unpacks to more than {MOST_BYTES >> 20} MiB; unpack it yourself and name the folder"
            )
        return data

    return {name: partial(load, name) for name in archive.namelist() if not name.endswith("/")}


def _of_files(files: dict[str, Load], path: Path) -> Iterator[Exported | InputError]:
    """The texts in the files of a folder: brat's where there is an .ann, else doccano's and Label Studio's."""
    if any(name.endswith(".ann") for name in files):
        yield from _of_brat(files, path)
        return
    found = [name for name in files if len(files) == 1 or name.endswith((".json", ".jsonl"))]
    if not found:
        yield InputError(f"{path}: holds no export; it should hold brat's .txt and .ann, or a .json or .jsonl file")
    for name in found:
        data = files[name]()
        place = str(path) if len(files) == 1 else f"{path}/{name}"
        # Label Studio exports one list, or one task with "data"; doccano a line a document.
        listed = data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"["
        yield from (label_studio.read if listed or b'"data"' in data[:2000] else doccano.read)(data, place)


def _of_brat(files: dict[str, Load], path: Path) -> Iterator[Exported | InputError]:
    """The texts of brat's folders, in the order in which they were written where that is known."""
    origins: dict[str, JSON] = {}
    for name in files:
        if PurePosixPath(name).name == brat.ORIGINS:
            try:
                lines = map(orjson.loads, files[name]().splitlines())
                origins |= {(PurePosixPath(name).parent / line["file"]).as_posix(): line for line in lines}
            except (ValueError, TypeError, KeyError) as error:
                yield InputError(f"{path}/{name}: is damaged ({error}); ids and dates are not known without it")
    stems = {name[:-4] for name in files if name.endswith((".ann", ".txt"))}
    folder = path.parent if path.suffix.lower() in (".ann", ".txt") else path
    for stem in (*(stem for stem in origins if stem in stems), *sorted(stems - set(origins))):
        text, annotations = files.get(f"{stem}.txt"), files.get(f"{stem}.ann")
        if text is None or annotations is None:
            missing = ".txt" if text is None else ".ann"
            yield InputError(f"{folder}/{stem}: has no {missing} beside it; brat's documents are a .txt and an .ann")
        else:
            origin = {"document": stem} | origins.get(stem, {})
            yield brat.read(text(), annotations(), f"{folder}/{stem}", origin)
