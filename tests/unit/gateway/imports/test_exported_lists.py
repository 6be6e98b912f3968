"""Files as real programs write them: their headers, their quirks, the people in them."""

import codecs
import csv
import io
from collections.abc import Sequence
from typing import NamedTuple

import pytest

from gateway.imports.errors import FileError
from tests.unit.gateway.imports.reading import leads, planned, refused, wanted


class Export(NamedTuple):
    """A file of one program, and what is in it. `refused`: line and reason."""

    content: bytes
    leads: list[tuple[str, str]]
    refused: Sequence[tuple[int, str]] = ()


SITI, ALI = ("+60123456789", "Siti Aminah"), ("+60198765432", "Ali")

GOOGLE = (
    "First Name,Middle Name,Last Name,Phonetic First Name,Name Prefix,Nickname,File As,Notes,"
    "Labels,E-mail 1 - Label,E-mail 1 - Value,Phone 1 - Label,Phone 1 - Value,Phone 2 - Label,Phone 2 - Value"
)
GOOGLE_OLD = (
    "Name,Given Name,Additional Name,Family Name,Yomi Name,Group Membership,E-mail 1 - Type,E-mail 1 - Value,"
    "Phone 1 - Type,Phone 1 - Value,Phone 2 - Type,Phone 2 - Value"
)
OUTLOOK = (
    "First Name,Middle Name,Last Name,Title,Company,Home Phone,Business Phone,Mobile Phone,Other Phone,"
    "Primary Phone,Assistant's Phone,E-mail Address,Notes"
)
SHOPIFY = (
    "Customer ID,First Name,Last Name,Email,Accepts Email Marketing,Default Address City,"
    "Default Address Country Code,Default Address Phone,Phone,Accepts SMS Marketing,Total Spent,Tags"
)
WHATSAPP_GROUP = (
    "Country Code,Country Name,Phone Number,Formatted Phone Number,Saved Name,Public Display Name"
)


def utf16(text: str) -> bytes:
    """As Windows writes it."""
    return codecs.BOM_UTF16_LE + text.encode("utf-16-le")


def table(header: str, *rows: dict[str, str]) -> bytes:
    """Only the cells that are named have something in them."""
    written = io.StringIO(newline="")
    writer = csv.DictWriter(written, header.split(","), restval="")
    writer.writeheader()
    writer.writerows(rows)
    return written.getvalue().encode()


EXPORTS = {
    "Excel, Comma delimited, where a comma is in numbers": Export(
        "Nama;No. Telefon;Kod\r\nSiti Núr;012-345 6789;A\r\n;;\r\nAli;60198765432;\r\n".encode("cp1252"),
        [("+60123456789", "Siti Núr"), ALI],
    ),
    "Excel, Unicode Text": Export(
        utf16('Name\tPhone\r\n"Ali ""Boy"""\t0123456789\r\n王小明\t198765432\r\n'),
        [("+60123456789", 'Ali "Boy"'), ("+60198765432", "王小明")],
    ),
    "Excel of a Mac, CSV (Macintosh)": Export(
        "Name,Phone\rJosé Núñez,0123456789\rZoë “Z”,0198765432\r".encode("mac-roman"),
        [("+60123456789", "José Núñez"), ("+60198765432", "Zoë “Z”")],
    ),
    "Excel, where numbers are numbers": Export(
        b'Name,Phone\r\nA,60123456781\r\nB,123456782\r\nC,1.23E+08\r\nD,60123456783.0\r\nE,"60,123,456,784"\r\n'
        b'F,"=""0123456785"""\r\n#N/A,#N/A\r\n#REF!,60123456786\r\n',
        [(f"+6012345678{n}", name) for n, name in zip("123456", ["A", "B", "D", "E", "F", ""], strict=True)],
        [(4, "PHONE_SCIENTIFIC"), (8, "PHONE_EMPTY")],
    ),
    "a sheet whose every line went into one cell": Export(
        b'"Name,Phone"\r\n"Siti Aminah,0123456789"\r\n"Ali,""0198765432"""\r\n', [SITI, ALI]
    ),
    "a sheet with a letterhead, a total and a footer": Export(
        b"KEDAI ALI SDN BHD,,,\r\nTel: 03-2095 0000,,,\r\nReport:,Customers,,\r\nDate:,31/12/2025,,\r\n"
        b",,,\r\n"
        b"Bil,Nama,No. Telefon,Jumlah\r\n1,Siti Aminah,012-3456789,10\r\n2,Ali,019-8765432,20\r\n"
        b"Jumlah,,,30\r\nGenerated on 31/12/2025,,,\r\n",
        [SITI, ALI],
        [(9, "PHONE_EMPTY"), (10, "PHONE_EMPTY")],
    ),
    "a sheet with merged cells": Export(
        b",,SENARAI 2025,\r\nNegeri,Nama,Telefon,\r\nPerak,Siti Aminah,0123456789,\r\n,Ali,0198765432,\r\n",
        [SITI, ALI],
    ),
    "a sheet with two columns of numbers by one name": Export(
        b"Name,Phone,Phone\nSiti Aminah,,0123456789\nAli,0198765432,03-2095 0000\n", [SITI, ALI]
    ),
    "Google Contacts": Export(
        table(
            GOOGLE,
            {"First Name": "Siti", "Last Name": "Aminah", "Phone 1 - Label": "Mobile",
             "Phone 1 - Value": "+60 12-345 6789", "Labels": "* myContacts"},
            {"First Name": "Ali", "Phone 1 - Label": "Work", "Phone 1 - Value": "03-2095 0000",
             "Phone 2 - Label": "Mobile", "Phone 2 - Value": "019-876 5432 ::: 012-345 6780"},
            {"First Name": "No number", "E-mail 1 - Value": "a@example.com"},
        ),
        [SITI, ALI],
        [(4, "PHONE_EMPTY")],
    ),
    "Google Contacts, as it was": Export(
        table(
            GOOGLE_OLD,
            {"Name": "Siti Aminah", "Given Name": "Siti", "Phone 1 - Value": "+60 12-345 6789"},
            {"Given Name": "Ali", "Phone 2 - Value": "019-876 5432"},
        ),
        [SITI, ALI],
    ),
    "Outlook": Export(
        table(
            OUTLOOK,
            {"First Name": "Siti", "Last Name": "Aminah", "Business Phone": "03-2095 0000",
             "Mobile Phone": "012-345 6789"},
            {"First Name": "Ali", "Home Phone": "019-876 5432", "Assistant's Phone": "012-345 6780"},
            {"First Name": "Nobody's own", "Assistant's Phone": "012-345 6780"},
        ),
        [SITI, ALI],
        [(4, "PHONE_EMPTY")],
    ),
    "an iPhone": Export(
        "First name,Last name,Mobile (phone),Home (phone)\n"
        "Siti,Aminah,\u202a+60\u00a012\u2011345\u00a06789\u202c,\nAli,,,0198765432\n".encode(),
        [SITI, ALI],
    ),
    "a group of WhatsApp": Export(
        table(
            WHATSAPP_GROUP,
            {"Country Code": "+60", "Phone Number": "60123456789", "Public Display Name": "~Siti Aminah"},
            {"Country Code": "+65", "Phone Number": "6591234567", "Saved Name": "Tan"},
            # Without its country it would be somebody's fixed line in Kuantan.
            {"Country Code": "65", "Phone Number": "95123456"},
        ),
        [SITI, ("+6591234567", "Tan"), ("+6595123456", "")],
    ),
    "people whom a phone knows by number only": Export(
        b"Contact,Phone\nSiti Aminah,0123456789\n+60 19-876 5432,+60 19-876 5432\n",
        [SITI, ("+60198765432", "")],
    ),
    "Facebook lead ads": Export(
        utf16(
            "id\tcreated_time\tad_name\tis_organic\tplatform\tfull_name\tphone_number\tlead_status\r\n"
            "l:1\t2025-12-31T14:05:06+08:00\tAd\tfalse\tfb\tSiti Aminah\tp:+60123456789\tNEW\r\n"
            "l:2\t2025-12-31T14:05:06+08:00\tAd\tfalse\tig\tAli\tp:0198765432\tNEW\r\n"
        ),
        [SITI, ALI],
    ),
    "Shopify": Export(
        table(
            SHOPIFY,
            {"Customer ID": "'123", "First Name": "Siti", "Last Name": "Aminah", "Phone": "'+60123456789"},
            {"Customer ID": "'124", "First Name": "Ali", "Default Address Phone": "'0198765432"},
        ),
        [SITI, ALI],
    ),
    "Google Forms": Export(
        b"Timestamp,Nama penuh anda?,Nombor telefon anda (WhatsApp)?,Adakah anda bersetuju menerima mesej?\n"
        b"2025/12/31 2:05:06 PM GMT+8,Siti Aminah,012-345 6789,Ya\n",
        [SITI],
    ),
    "Salesforce": Export(
        b'"Full Name","Account Name","Mobile","Phone"\n"Siti Aminah","X","","0123456789"\n'
        b'"","","",""\n"Leads"\n"Copyright (c) 2000-2025 salesforce.com, inc. All rights reserved."\n',
        [SITI],
        [(4, "PHONE_EMPTY"), (5, "PHONE_EMPTY")],
    ),
    "Chinese, full width": Export(
        "序号,姓名,手机号码\n1,王小明,０１２－３４５ ６７８９\n".encode(), [(SITI[0], "王小明")]
    ),
    "Tamil": Export("பெயர்,கைபேசி எண்\nமுருகன்,௦௧௨௩௪௫௬௭௮௯\n".encode(), [(SITI[0], "முருகன்")]),
    "Arabic": Export("الاسم,رقم الجوال\nأحمد,+٦٠ ١٢ ٣٤٥ ٦٧٨٩\n".encode(), [(SITI[0], "أحمد")]),
    "a table of a text editor": Export(
        b"| Name | Phone |\n|---|---|\n| Ali | 0198765432 |\n", [ALI], [(2, "PHONE_CHARACTERS")]
    ),
    "what old systems put at the end": Export(b"Name,Phone\r\nAli,0198765432\r\n\x1a" + bytes(4096), [ALI]),
    "a file that was cut in the middle of a character": Export(
        utf16("Name,Phone\nAli,0198765432\n") + b"\n", [ALI]
    ),
    "a line of 10 MB among the others": Export(
        b"Name,Phone\nSiti Aminah,0123456789\n" + b"x" * 10_000_000 + b"\nAli,0198765432\n",
        [SITI, ALI],
        [(3, "ROW_TOO_LONG")],
    ),
    "a thousand columns": Export(
        ("Name,Phone" + "".join(f",c{n}" for n in range(998)) + "\nAli,0198765432" + ",x" * 998).encode(),
        [ALI],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", EXPORTS)
def test_a_list_of_a_program_is_imported_whole(name: str) -> None:
    export = EXPORTS[name]
    assert leads(export.content) == export.leads
    assert refused(export.content) == list(export.refused)


@pytest.mark.parametrize("row", ["Ali,0198765432,Ipoh", "Mobile,0198765432,Ipoh"])
def test_a_row_with_a_number_is_never_a_title(row: str) -> None:
    content = f"{row}\nName,Phone,City\nDin,0123456780,\n".encode()
    with pytest.raises(FileError):
        planned(content)
    columns = {"1": "name", "2": "phone"}
    assert leads(content, columns=columns)[0][0] == "+60198765432"


def test_columns_that_the_caller_names_tell_where_the_header_is() -> None:
    content = b"Senarai,\n2025,\nOrang,Hubungi\nAli,0198765432\n"
    assert leads(content, columns={"Orang": "name", "Hubungi": "phone"}) == [ALI]


def test_an_attribute_is_what_the_cell_means() -> None:
    [one] = wanted(b"Phone,Poskod,Note\n'0198765432,'31400,#N/A\n")
    assert one.entry.draft.attributes == {"poskod": "31400"}
