"""Formats that are not read, told by their first bytes, each with how to turn it into one that is."""

from __future__ import annotations

from nlp_toolkit.read import archive

_WORD = "save it as .docx, in Word or with: soffice --headless --convert-to docx FILE"
_EXCEL = "save it as .xlsx, in Excel or with: soffice --headless --convert-to xlsx FILE"
_SLIDES = "save it as PDF, in PowerPoint or with: soffice --headless --convert-to pdf FILE"
_PICTURE = "have its text recognised first, for example: ocrmypdf -l chi_sim FILE FILE.pdf"
_PACKED = "unpack it, and name the folder"

# Suffixes that a folder is searched for, so that what is not read is at least named.
SUFFIXES = (
    ".doc", ".wps", ".rtf", ".odt", ".epub", ".xls", ".et", ".ods", ".ppt", ".pptx", ".odp", ".mht", ".mhtml",
    ".rar", ".7z", ".gz", ".tar", ".tgz",
)  # fmt: skip

# Compound files (MS-CFB) name their streams in UTF-16.
_COMPOUND_FILE = bytes.fromhex("d0cf11e0a1b11ae1")
_STREAMS = (
    ("EncryptedPackage", "is encrypted; open it with its password and save it without one"),
    ("WordDocument", f"is in Word's old format .doc; {_WORD}"),
    ("Workbook", f"is in Excel's old format .xls; {_EXCEL}"),
    ("PowerPoint Document", f"is in PowerPoint's old format .ppt; {_SLIDES}"),
)
_MARKS = (
    (b"{\\rtf", f"is in the format .rtf; {_WORD}"),
    (b"\x89PNG", f"is a picture; {_PICTURE}"),
    (b"\xff\xd8\xff", f"is a picture; {_PICTURE}"),
    (b"GIF8", f"is a picture; {_PICTURE}"),
    (b"II*\0", f"is a picture; {_PICTURE}"),
    (b"MM\0*", f"is a picture; {_PICTURE}"),
    (b"Rar!", f"is a RAR file; {_PACKED}"),
    (b"7z\xbc\xaf\x27\x1c", f"is a 7z file; {_PACKED}"),
    (b"\x1f\x8b", f"is a gzip file; {_PACKED}"),
    (b"MIME-Version:", 'is a page in the format .mht; save it as "web page, HTML only"'),
    (b"From: <Saved by", 'is a page in the format .mht; save it as "web page, HTML only"'),
    (b"SQLite format 3", "is a database; export its table as CSV"),
)
_PARTS = (
    ("META-INF/container.xml", "is an EPUB book; turn it into a page: pandoc FILE -s -o FILE.html"),
    ("ppt/presentation.xml", f"is a presentation; {_SLIDES}"),
    ("content.xml", f"is in an OpenDocument format; {_WORD} (tables: xlsx)"),
)


def reason(data: bytes) -> str | None:
    """Why the bytes are not read and what to do, or None where nothing is known against them.

    >>> reason(b"Rar!...")
    'is a RAR file; unpack it, and name the folder'
    """
    if data.startswith(_COMPOUND_FILE):
        named = (said for stream, said in _STREAMS if stream.encode("utf-16-le") in data)
        return next(named, f"is in an old office format; {_WORD}")
    if archive.recognises(data):
        return next((said for part, said in _PARTS if archive.holds(data, part)), None)
    return next((said for mark, said in _MARKS if data.startswith(mark)), None)
