"""A file that is no CSV is refused in one line, with what to do."""

import codecs
import io
import zipfile

import pytest

from gateway.imports.errors import FileError
from tests.unit.gateway.imports.reading import leads, planned


def zipped(*names: str) -> bytes:
    opened = io.BytesIO()
    with zipfile.ZipFile(opened, "w") as archive:
        for name in names:
            archive.writestr(
                name, "application/vnd.oasis.opendocument.spreadsheet" if name == "mimetype" else "x"
            )
    return opened.getvalue()


EVERY_BYTE = bytes(range(256)) * 4


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (zipped("[Content_Types].xml", "xl/workbook.xml"), "is an Excel workbook; in Excel, choose Save As"),
        (zipped("Index/Document.iwa"), "Numbers"),
        (zipped("mimetype"), "OpenDocument"),
        (zipped("word/document.xml"), "Word"),
        (zipped("leads.csv"), "unpack it first"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500), "old Excel workbook; in Excel, choose Save As"),
        (b"<html><table>", "web page"),
        (codecs.BOM_UTF16_LE + "<html><table>".encode("utf-16-le"), "web page"),
        (codecs.BOM_UTF8 + b'<?xml version="1.0"?><Workbook>', "XML"),
        (b"BEGIN:VCARD\r\nVERSION:3.0\r\nTEL:+60123456789\r\n", "vCard file; import it into Google Contacts"),
        (b"begin:vcard\r\n", "vCard"),
        (b"%PDF-1.7\n%\xe2\xe3", "PDF"),
        (b"\x1f\x8b\x08", "unpack"),
        (b'[{"name": "Ali"}]', "JSON"),
        (b'{"name": "Ali"}\n', "JSON"),
        (b"\x89PNG\r\n\x1a\n" + EVERY_BYTE, "picture"),
        (b"ID;PWXL;N;E\r\n", "SYLK"),
        (b"SQLite format 3\0" + bytes(200), "database"),
        (b"\x7fELF\x02\x01\x01" + EVERY_BYTE, "not text"),
        (b"31/12/2025, 14:05 - +60 12-345 6789: Hi\n31/12/2025, 14:06 - Ali: Yes\n", "WhatsApp chat"),
        (b"\xe2\x80\x8e[31/12/25, 2:05:06\xe2\x80\xafPM] Ali: Hi\n", "WhatsApp chat"),
    ],
)
def test_a_file_that_is_no_csv_is_refused_with_a_remedy(content: bytes, told: str) -> None:
    with pytest.raises(FileError, match=told) as caught:
        planned(content)
    assert caught.value.field == "file"
    assert "\n" not in caught.value.because


@pytest.mark.parametrize(
    "content",
    [
        b"ID;Phone;Name\n1;0123456789;Ali\n",
        b"<Phone\n0123456789\n"[1:],
        b"[Phone],Name\n0123456789,Ali\n",
        b"Date,Phone\n31/12/2025,0123456789\n",
    ],
)
def test_a_csv_that_looks_like_another_kind_is_read(content: bytes) -> None:
    assert [phone for phone, _ in leads(content)] == ["+60123456789"]
