"""Files that are no CSV, and what to do with each."""

import re

from gateway.imports.errors import FileError

_LOOKED_AT = 8 * 1024
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_EXCEL = "in Excel, choose Save As and `CSV UTF-8 (Comma delimited)`"
_SIGNS = (
    (b"\xd0\xcf\x11\xe0", f"is an old Excel workbook; {_EXCEL}"),
    (b"ID;PWXL", f"is a SYLK file of a spreadsheet; {_EXCEL}"),
    (b"%PDF", "is a PDF; export the list as CSV where it was made"),
    (b"\x1f\x8b", "is compressed; unpack it first"),
    (b"Rar!", "is compressed; unpack it first"),
    (b"7z\xbc\xaf", "is compressed; unpack it first"),
    (b"{\\rtf", "is a rich text document; save it as plain CSV"),
    (b"\x89PNG", "is a picture; export the list as CSV"),
    (b"\xff\xd8\xff", "is a picture; export the list as CSV"),
    (b"SQLite format 3", "is a database; export the list as CSV"),
    (b"PAR1", "is a Parquet file; export the list as CSV"),
    (b"<", f"is a web page or XML, however it is named; {_EXCEL}"),
    (
        b"BEGIN:VCARD",
        "is a vCard file; import it into Google Contacts, and export it from there as `Google CSV`",
    ),
)
_ZIPPED = (
    (re.compile(rb"\bxl/"), f"is an Excel workbook; {_EXCEL}"),
    (re.compile(rb"\.iwa"), "is a Numbers document; in Numbers, choose File, Export To and CSV"),
    (re.compile(rb"opendocument\.spreadsheet"), "is an OpenDocument sheet; save it as `Text CSV` in UTF-8"),
    (re.compile(rb"\bword/"), "is a Word document; put the list into a sheet and save it as CSV"),
    (re.compile(b""), "is a zip; unpack it first, and save what is in it as CSV"),
)
_JSON = re.compile(rb"[\[{]\s*(?:[\[{\"]|$)")
_CHAT = re.compile(
    rb"(?:\xe2\x80\x8e)?\[?\d{1,2}[/.]\d{1,2}[/.]\d{2,4},? \d{1,2}[:.]\d{2}[^\n,;\t]{0,12}(?:\] | - )"
)
# Control characters that no text has; the zero is looked at elsewhere.
_CONTROLS = bytes([*range(1, 8), *range(0x0E, 0x1A), *range(0x1C, 0x20)])
_MOST_CONTROLS = 50


def refuse_other(head: bytes) -> None:
    """Raises `FileError` on `file` for one that begins as no CSV does."""
    begin = head.removeprefix(b"\xef\xbb\xbf").lstrip(b" \r\n\t")
    if head.startswith(_UTF16):
        begin = head[2:_LOOKED_AT].replace(b"\0", b"").lstrip(b" \r\n\t")
    if begin.startswith(b"PK\x03\x04"):
        raise FileError("file", next(because for sign, because in _ZIPPED if sign.search(head)))
    for sign, because in _SIGNS:
        if begin[: len(sign)].upper() == sign.upper():
            raise FileError("file", because)
    if _JSON.match(begin):
        raise FileError("file", "is JSON; export the list as CSV")
    if _CHAT.match(begin):
        raise FileError("file", "is a WhatsApp chat, not a list of people; write the people into a CSV")


def refuse_binary(head: bytes) -> None:
    """The same for one that is no text; not for UTF-16."""
    looked = head[:_LOOKED_AT]
    if len(looked) - len(looked.translate(None, _CONTROLS)) > len(looked) / _MOST_CONTROLS:
        raise FileError("file", "is not text; export the list as CSV")
