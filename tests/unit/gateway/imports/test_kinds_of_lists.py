"""Kinds of titles and values by which exports of further systems were misread."""

import pytest

from gateway.imports.errors import FileError
from gateway.imports.wishes.answer import Answer, answer
from gateway.imports.wishes.english_notes import remarked
from gateway.imports.wishes.legend import is_legend
from gateway.leads.model import Consent
from tests.unit.gateway.imports.reading import NOW, leads, planned, read, refused

EVERYBODY = Consent("counter", "Yes, write to me", NOW)
SIGNS = {
    Answer.YES: "+", Answer.NOTHING: ".", Answer.OPTED_OUT: "x", Answer.NEVER_ASKED: "?", Answer.NO: "-",
    Answer.PERHAPS_NO: "~",
}  # fmt: skip


def said(title: str, *cells: str) -> str:
    """A sign a person, `!` for a refused row."""
    lines = [f'+601234500{n:02d},"{cell}"' for n, cell in enumerate(cells)]
    content = "\n".join([f'Phone,"{title}"', *lines, ""]).encode()
    signs = ["!"] * len(cells)
    for batch in read(content, consent=EVERYBODY):
        for row in [*batch.rows, *batch.objections]:
            signs[row.line - 2] = SIGNS[row.said]
    return "".join(signs)


STILL_TO_BE_ASKED = """da chiedere|Still to ask|not yet asked|à demander|por preguntar|a perguntar
noch zu fragen|noch nicht gefragt|nog vragen|sorulacak|do zapytania|не спрашивали|perlu tanya|لم يتم السؤال
לא נשאל|まだ聞いていない|还没问|नहीं पूछा|hajaulizwa|hindi pa natanong|angefragt|chưa hỏi|ยังไม่ได้ถาม"""


@pytest.mark.parametrize("cell", STILL_TO_BE_ASKED.replace("\n", "|").split("|"))
def test_who_is_still_to_be_asked_has_agreed_to_nothing(cell: str) -> None:
    assert answer(cell) is Answer.NEVER_ASKED


@pytest.mark.parametrize(
    "cell", ["da chiamare prima", "si possible", "si llama antes", "ha da richiamare", "so lala"]
)
def test_a_word_of_two_letters_is_no_yes_of_another_language(cell: str) -> None:
    assert answer(cell) is not Answer.YES


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (
            "sí quiero|Sí, claro|da, hvala|ok hai|Haan ji|수신동의|ต้องการ|tak, zgadzam się|nakubali|מאשר",
            Answer.YES,
        ),
        ("sitaki|מסרב|nahin|أرفض|tak nak", Answer.NO),
        ("Nahi chahiye, mat bhejo|退会|탈퇴", Answer.OPTED_OUT),
        ("asked, said no", Answer.NO),
    ],
)
def test_yes_and_no_of_further_languages(cells: str, expected: Answer) -> None:
    assert {cell: answer(cell) for cell in cells.split("|")} == dict.fromkeys(cells.split("|"), expected)


@pytest.mark.parametrize(
    ("title", "cells", "expected"),
    [
        # Who agrees to the handling of data has asked for no message.
        ("Consenso privacy", "Sì|No|", ".-."), ("Datenschutz Einwilligung", "Ja|Nein", ".-"),
        ("Aceita a política de privacidade", "Sim|Não", ".-"), ("个人隐私同意", "是|否", ".-"),
        ("Consenso marketing privacy", "Sì|No", "+-"),
        # What systems put there for everybody.
        ("Preferred Method of Contact", "Any|WhatsApp|E-mail", ".+?"),
        # What a permission is for, and whether it is given, stand in two columns.
        ("İzin Türü", "MESAJ|EPOSTA|ARAMA", ".??"), ("Permission type", "Message|Email", ".?"),
        # Somebody whom the other system has deleted.
        ("IsDeleted", "false|true", ".x"), ("Gelöscht", "nein|ja", ".x"), ("已删除", "否|是", ".x"),
        # Flags of systems.
        ("Instant Profile", "Yes|No", ".."), ("Inactive", "Yes|No", ".."),
        ("invalid_identifier", "f|t", ".."),
        ("Has authority", "Yes|No", ".."), ("Assistance Allowed", "Yes|No", ".."),
        ("Account Lock", "Locked|Unlocked", ".."), ("Marked as No-Show", "No|Yes", ".."),
        ("Maoni", "hataki ujumbe tena|", "x."), ("signupDate", "2025-01-01|2025-01-02", ".."),
        ("Status", "Reported as spam|Belum isi|Subscribed", "x?+"), ("Store Credit", "0|0", ".."),
        ("Anakubali ujumbe?", "Ndiyo|Amekataa", "+-"),
        # Of electronic mail, whatever they say.
        ("Email update source", "Contact|Owner", ".."), ("E-mail 1 - Label", "*|", ".."),
        # A no or two that is not understood is asked about, row by row.
        ("WA 是/否", "是|否|-1|", "+-!."), ("Blast WA", "ya|tidak|minggu depan", "+-!"),
        ("Member rank", "Gold|退会", ".x"),
    ],
)  # fmt: skip
def test_what_a_column_says(title: str, cells: str, expected: str) -> None:
    assert said(title, *cells.split("|")) == expected


NOES = """Only by email please - no WhatsApp|Told the cashier not to send him any more messages
said no to whatsapp|never text this one|Contact by letter only|email only|no SMS pls|stop the promos
remove him from the list|does not want messages, only the invoice|please, not by WhatsApp
complained about spam messages""".replace("\n", "|")
OTHERS = """No sugar in drinks|Call before delivery|no email address, phone only
did not receive the last message|no reply to our texts|WhatsApp number not working
not home before 5, text when outside|No allergies|Message him after 6pm, not before
not yet contacted|Mail the receipt only after a payment by phone""".replace("\n", "|")


@pytest.mark.parametrize("title", ["Anything else we should know?", "Extra", "Delivery", "Memo"])
def test_an_english_sentence_under_any_title_is_heard(title: str) -> None:
    noes, others = NOES.split("|"), OTHERS.split("|")
    assert set(said(title, *noes)) <= {"-", "x"}
    if title != "Memo":
        assert said(title, *others) == "." * len(others)


def test_what_is_no_remark_about_messages_says_nothing() -> None:
    assert {note for note in OTHERS.split("|") if remarked(note) is not Answer.NOTHING} == set()


HOURS = """Jangan telefon sebelum 10 pagi|Niet bellen tussen 12 en 1|Nicht anrufen vor 9 Uhr|Ring inte före 8
Non chiamare prima 9|Niet bellen na 20:30|jangan telefon sebelum 10.30 pagi""".replace("\n", "|")
NO_HOURS = """Jangan WhatsApp lagi sebelum 10|Nicht anrufen nach 5 Beschwerden|Niet bellen na 2 klachten
Jangan hubungi selepas 5/11|Jangan hubungi selepas 5 11|Nicht anrufen nach 5.11.|Jangan telefon selepas 30
jangan telefon, jangan whatsapp sebelum 9|Jangan hubungi lagi selepas 5/11/24""".replace("\n", "|")


def test_a_limit_of_the_hour_is_no_wish_to_be_left_alone() -> None:
    hours, others = HOURS.split("|"), NO_HOURS.split("|")
    assert said("Memo", *hours) == "." * len(hours)
    assert set(said("Memo", *others)) == {"x"}


def test_a_column_of_electronic_mail_with_answers_still_awaited_says_nothing() -> None:
    assert said("İYS EPOSTA", "ONAY", "RET", "BEKLİYOR", "") == "...."
    assert said("İYS MESAJ", "ONAY", "RET", "BEKLİYOR", "") == "+-?."


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("Legend: 是 = may send, 否 = do not send, -1 = asked to be removed", True),
        ("Y = ok to message; N = do not contact", True),
        ("1 = do not contact, 0 = ok", False),
        ("blank = do not message, yes = ok", False),
        ("DO NOT CONTACT LIST", False),
        ("red: do not call", False),
        ("do not call these people = all", False),
    ],
)
def test_a_legend_is_passed_over_where_it_says_what_is_read(line: str, expected: bool) -> None:
    assert is_legend(line) is expected
    content = f'"{line}",,\nName,Phone,WA\nAli,+60123450001,yes\nAbu,+60123450002,no\n'.encode()
    # An empty cell that is a no is applied.
    if expected or line.startswith("blank"):
        assert len(leads(content)) == 2
        return
    if "=" in line or "NOT" in line or ":" in line:
        with pytest.raises(FileError):
            read(content)


RECIPIENTS = "identifier phone_number_id Alıcı Recipient Destinatario Empfänger 收件人 수신자"


@pytest.mark.parametrize("title", RECIPIENTS.split())
def test_whom_messages_go_to_is_a_number_where_the_cells_are(title: str) -> None:
    content = f"{title},Ort\n+60123450001,Ipoh\n+60123450002,Ipoh\n".encode()
    assert [phone for phone, _ in leads(content)] == ["+60123450001", "+60123450002"]
    with pytest.raises(FileError):
        planned(f"{title},Ort\na@x.example,Ipoh\nb@x.example,Ipoh\n".encode())


@pytest.mark.parametrize(
    ("first", "last"),
    [
        ("What's your first name?", "And your last name?"), ("Guest first name", "Guest surname"),
        ("Student first name", "Student last name"), ("Invitee First Name", "Invitee Last Name"),
        ("May we know your first name?", "Family name"),
    ],
)  # fmt: skip
def test_names_of_forms_and_guests(first: str, last: str) -> None:
    content = f"{first},{last},Phone\nAtiqah,Ramli,+60123450001\n".encode()
    assert leads(content) == [("+60123450001", "Atiqah Ramli")]


def test_seconds_from_greenwich_are_no_timezone() -> None:
    content = b"phone,timezone\n+60123450001,28800\n+60123450002,0\n"
    assert (len(leads(content)), refused(content)) == (2, [])
