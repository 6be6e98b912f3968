"""Kinds of columns that exports of further systems have: dates of a withdrawal, split questions, legends."""

import pytest

from gateway.imports.cells.text import language
from gateway.imports.errors import FileError
from tests.unit.gateway.imports.reading import leads, read
from tests.unit.gateway.imports.test_kinds_of_lists import said
from tests.unit.gateway.imports.test_note_likeness import EVERYBODY

WITHDRAWN = """Data di revoca|Fecha de revocación|Data cofnięcia zgody|Onay iptal tarihi
Дата отзыва|Date otzyva|Дата відкликання
Retrait du consentement|Consent withdrawal date|Intrekking toestemming
תאריך ביטול הסכמה|تاریخ لغو|Samtycke återkallelse"""


@pytest.mark.parametrize("title", WITHDRAWN.replace("\n", "|").split("|"))
def test_a_date_of_a_withdrawal_opts_out(title: str) -> None:
    assert said(title, "2024-02-28", "") == "x."


@pytest.mark.parametrize("title", ["Consent vervalt op", "Samtycke upphört", "Consentimiento finalizado"])
def test_a_date_of_an_agreement_with_a_word_that_nobody_knows_is_asked_about(title: str) -> None:
    with pytest.raises(FileError):
        said(title, "2024-02-28", "")


@pytest.mark.parametrize(
    "title", ["Consent given on", "Date du consentement", "Дата согласия", "Opt-in date"]
)
def test_a_date_of_an_agreement_is_its_time(title: str) -> None:
    assert said(title, "2024-02-28", "") == ".."


@pytest.mark.parametrize(
    ("title", "cells", "expected"),
    [
        ("_zgoda_sms", "wyrażona|odmowa|nie pytano", "+-?"),
        ("Povolení", "uděleno|odmítnuto|odvoláno", "+-x"),
        ("Súhlas", "udelený|odmietnutý|odvolaný", "+-x"),
        ("Consentement", "donné|refusé|retiré", "+-x"),
        ("Consentimiento", "dado|denegado|retirado", "+-x"),
        ("Toestemming", "gegeven|geweigerd|ingetrokken", "+-x"),
        ("SMS / WhatsApp onayı", "verdi|vermedi|geri aldı|sorulmadı", "+-x?"),
        ("הסכמה", "אישר|סירב|ביטל", "+-x"),
        ("الموافقة على الرسائل", "موافق|رافض|لم يُسأل", "+-?"),
        ("رضایت", "دارد|ندارد|لغو", "+-x"),
        ("Код згоди", "згода|відмова|не опитано", "+-?"),
        ("Iscrizione WhatsApp", "Iscritto|Iscrizione annullata|", "+x."),
        ("Ujumbe?", "Ndiyo|Hapana|Hajaulizwa", "+-?"),
        ("Nhận tin Zalo", "Có|Không|", "+-."),
        ("¿Acepta mensajes?", "✓|✗|A confirmar", "+-?"),
        ("電話・SMS案内", "○|×|確認中|－", "+-?."),
        ("לא לשלוח הודעות", "V|", "x."),
        ("İletişim istemiyor", "X|", "x."),
        ("Blok. kontaktu", "X|", "x."),
        ("لیست سیاه پیامک", "هست|نیست|", "x.."),
        ("Стоп-лист", "да|", "x."),
        ("Svarteliste", "ja|nei", "x."),
        ("HASOPTEDOUTOFEMAIL", "1|0", ".."),
        ("الموافقة على الإيميل", "رافض|موافق", ".."),
        (
            "Wil je nog iets kwijt?",
            "nee, verder niets|geen gluten graag, en ook geen noten|kom eerder",
            "...",
        ),
    ],
)
def test_what_a_column_says(title: str, cells: str, expected: str) -> None:
    assert said(title, *cells.split("|")) == expected


def test_one_choice_of_a_form_in_a_column_of_its_own() -> None:
    titles = "Phone,May we text you?,May we text you? (Yes please),May we text you? (No thanks)"
    rows = "+60123450001,Yes please,TRUE,FALSE\n+60123450002,,FALSE,TRUE\n+60123450003,,FALSE,FALSE\n"
    [batch] = read(f"{titles}\n{rows}".encode(), consent=EVERYBODY)
    assert [row.said.name for row in batch.rows] == ["YES", "NO", "NEVER_ASKED"]


def test_a_question_for_a_number_names_the_column_of_numbers() -> None:
    content = "Naam,Op welk nummer ben je te bereiken?,Klantnummer\nAna,06-12345678,12345678\n"
    assert leads(content.encode(), country="NL") == [("+31612345678", "Ana")]


@pytest.mark.parametrize("title", ["MAILINGCOUNTRY", "BillingCountry", "Quốc gia"])
def test_a_number_of_another_country_stays_one(title: str) -> None:
    """`55 1234 5678` is a number of the United States, too."""
    content = f"Name,Phone,{title}\nAna,55 1234 5678,Mexico\n"
    assert leads(content.encode(), country="US") == [("+525512345678", "Ana")]


def test_a_legend_counts_for_every_column_about_a_wish() -> None:
    above = "Povolenie: 1=udelené 2=odmietnuté 3=nevyjadrené 4=odvolané\n"
    titles = "Meno,Mobil,Povol.tel/SMS,Povol.e-mail,Level\n"
    rows = "".join(f"N,+6012345000{at},{code},{5 - at},{at}\n" for at, code in enumerate((1, 2, 3, 4), 1))
    [batch] = read((above + titles + rows).encode(), consent=EVERYBODY)
    assert [row.said.name for row in batch.rows] == ["YES", "OPTED_OUT", "NEVER_ASKED", "OPTED_OUT"]
    below = "O = wants it / X = does not want it,,,\n"
    rows = "Ana,+60123450001,O,X\nBen,+60123450002,X,O\nCid,+60123450003,O,O\n"
    [batch] = read(f"Name,Phone,SMS,KakaoTalk\n{rows}{below}".encode(), consent=EVERYBODY)
    assert [row.said.name for row in batch.rows] == ["OPTED_OUT", "OPTED_OUT", "YES"]


@pytest.mark.parametrize(
    ("cell", "tag"),
    [("Filipino", "fil"), ("Deutsch", "de"), ("Hindi", "hi"), ("Suomi", "fi"), ("fil", "fil")],
)
def test_a_language_may_be_named(cell: str, tag: str) -> None:
    assert language(cell) == tag


@pytest.mark.parametrize(
    ("title", "cells", "expected"),
    [
        ("Tekstiviestit (K/E)", "E|ei|kyllä|e|K", "-NY-Y"),
        ("Markkinointilupa (K/E)", "K|E", "Y-"),
        ("SMS izni (E/H)", "E|H", "YN"),
    ],
)
def test_a_letter_is_a_yes_beside_the_no_of_its_language_alone(title: str, cells: str, expected: str) -> None:
    """`E` is yes in Turkey and no in Finland: alone it is asked about, and nobody is written to."""
    rows = "".join(f"Ana,+6012345000{at},{cell}\n" for at, cell in enumerate(cells.split("|")))
    [batch] = read(f"Name,Phone,{title}\n{rows}".encode(), consent=EVERYBODY)
    said = {row.line: row.said.name[0] for row in batch.rows} | {row.line: "-" for row in batch.refused}
    assert "".join(said[line] for line in sorted(said)) == expected


@pytest.mark.parametrize("cells", ["HY", "YH", "EE"])
def test_letters_that_mean_the_opposite_elsewhere_are_asked_about(cells: str) -> None:
    content = f"Name,Phone,SMS\nAna,+60123450001,{cells[0]}\nBen,+60123450002,{cells[1]}\n"
    with pytest.raises(FileError, match="SMS=consent"):
        read(content.encode(), consent=EVERYBODY)
