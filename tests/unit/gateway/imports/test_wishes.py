"""Nobody who said no is written to: exports of systems that name it each in its way."""

from pathlib import Path

import pytest

from gateway.imports.errors import FileError
from gateway.imports.wishes.answer import Answer, answer
from gateway.leads.model import Consent
from tests.unit.gateway.imports.exports import EXPORTS, Export
from tests.unit.gateway.imports.reading import NOW, planned, read, refused

LISTS = Path(__file__).with_name("lists")
# What the file says of each person, in its order, as in `Export`.
RIGHT = {
    "consent_accepts_sms_marketing.csv": "+-",
    "consent_opt_out_column.csv": ".x",
    "consent_opted_out_of_whatsapp.csv": ".xx",
    "consent_setuju_question.csv": "+-",
    "consent_sms_consent_words.csv": "+x-",
    "consent_status_column.csv": ".xx-",
    "consent_unsub_time.csv": ".x",
    "consent_whatsapp_optin_column.csv": "+-",
}
EVERYBODY = Consent("counter", "Yes, write to me", NOW)


def said(content: bytes) -> str:
    """A sign a person: what the file says, and that a permission is there just where it may be."""
    signs = []
    for batch in read(content, consent=EVERYBODY):
        assert not batch.refused, batch.refused
        for row in batch.rows:
            sign = {Answer.YES: "+", Answer.NOTHING: ".", Answer.OPTED_OUT: "x"}.get(row.said, "-")
            assert (row.entry.draft.consent is not None) == (sign in "+."), row
            assert bool(row.entry.opted_out) == (sign == "x")
            signs.append(sign)
    return "".join(signs)


def content(export: Export, first: bool = False) -> bytes:
    titles = f"Phone,{export.titles}" if first else f"{export.titles},Phone"
    rows = [
        f"+601234500{n:02d},{cells}" if first else f"{cells},+601234500{n:02d}"
        for n, (_, cells) in enumerate(export.rows)
    ]
    return "\n".join([titles, *rows, ""]).encode()


@pytest.mark.parametrize("name", sorted(path.name for path in LISTS.glob("*.csv")))
def test_the_lists_of_others(name: str) -> None:
    assert said((LISTS / name).read_bytes()) == RIGHT[name]


@pytest.mark.parametrize("export", EXPORTS, ids=lambda export: export.system)
def test_exports_of_systems(export: Export) -> None:
    right = "".join(sign for sign, _ in export.rows)
    assert said(content(export)) == right
    assert said(content(export, first=True)) == right
    assert said(b"Our list\n\n" + content(export)) == right


@pytest.mark.parametrize(
    ("titles", "cells"),
    [
        ("Permission", ["Gold", "Silver"]),
        ("Opt-in status", ["1", "2", "3"]),
        ("", ["yes", "no"]),
        ("Consent", ["x", "yes"]),
        ("Would you like a goodie bag from our shop?", ["yes", "no"]),
        ("Zustimmung", ["blau", "rot"]),
        ("Opt-in or opt-out", ["yes", "no"]),
        ("Not in the club", ["yes", "no"]),
        ("Setuju", ["/", "X"]),
    ],
)
def test_what_nobody_understands_stops_the_import(titles: str, cells: list[str]) -> None:
    text = f"Phone,{titles}\n" + "".join(f"+6012345000{n},{cell}\n" for n, cell in enumerate(cells))
    with pytest.raises(FileError) as stopped:
        planned(text.encode())
    assert stopped.value.field == "columns"
    assert "--map" in stopped.value.because
    column = titles or "2"
    for answered, right in (("ignore", True), ("attr.x", True)):
        plan, _ = planned(text.encode(), {column: answered})
        assert (not plan.columns.wishes) is right


def test_no_person_is_in_the_line_that_stops() -> None:
    rows = "".join(f"+6012345{n:04d},Ali {n} ali{n}@example.com\n" for n in range(20))
    with pytest.raises(FileError) as stopped:
        planned(f"Phone,Approved consent\n{rows}".encode())
    assert "Ali" not in stopped.value.because


def test_an_answer_that_nobody_can_tell_is_never_a_yes() -> None:
    cells = ("yes", "no", "perhaps", "yes but no calls")
    text = "Phone,Consent\n" + "".join(f"+6012345000{n},{cell}\n" for n, cell in enumerate(cells))
    assert refused(text.encode(), consent=EVERYBODY) == [(4, "CONSENT"), (5, "CONSENT")]


def test_a_letter_that_may_be_either_is_no_yes() -> None:
    """`T` is true beside `F`, and `Tidak` beside `Y`; an `x` in a column of strokes may be a no."""
    text = "Phone,Consent\n+60123450001,Y\n+60123450002,T\n"
    assert refused(text.encode(), consent=EVERYBODY) == [(3, "CONSENT")]
    rows = "".join(f"+60123451{n:03d},/\n" for n in range(100))
    assert refused(f"Phone,Consent\n{rows}+60123450002,x\n".encode(), consent=EVERYBODY) == [(102, "CONSENT")]


@pytest.mark.parametrize(
    "title",
    ["Deceased", "Is deceased", "Meninggal dunia", "Verstorben", "Décédé", "Fallecido", "Falecido",
     "Deceduto", "Overleden", "Vefat etti", "Zmarły", "Умер", "متوفى", "已故", "死亡"],
)  # fmt: skip
def test_whose_person_has_died_is_left_alone(title: str) -> None:
    assert said(f"Phone,{title}\n+60123450001,yes\n+60123450002,no\n+60123450003,\n".encode()) == "x.."


@pytest.mark.parametrize(
    "titles",
    [
        "Text Opt-in Date,Text Opt-out Date", "Do not send newsletters,Joined", "Kein Newsletter,Stadt",
        "Newsletter opt-out,City", "No newsletter,City",
    ],
)  # fmt: skip
def test_whoever_refuses_texts_or_newsletters_is_left_alone(titles: str) -> None:
    cells = ("2024-01-05,2024-03-30", "2024-01-06,") if "Date" in titles else ("Y,a", ",b")
    text = f"Phone,{titles}\n" + "".join(f"+6012345000{n},{cell}\n" for n, cell in enumerate(cells))
    assert said(text.encode()) == "x."


@pytest.mark.parametrize(
    ("title", "yes", "no"),
    [
        ("Werbewiderspruch", "Ja", "Nein"), ("Kontaktverbot", "Ja", "Nein"),
        ("Anrufsperre", "Ja", "Nein"), ("Einwilligungswiderruf", "Ja", "Nein"),
        ("Reclameverbod", "Ja", "Nee"),
        ("Reklamespärr", "Ja", "Nej"), ("Reklameforbud", "Ja", "Nej"),
        ("Markkinointikielto", "Kyllä", "Ei"), ("Reklámtilalom", "Igen", "Nem"),
        ("Liste noire SMS", "Oui", "Non"), ("Schwarze Liste", "Ja", "Nein"), ("Zwarte lijst", "Ja", "Nee"),
        ("Запрет рассылки", "Да", "Нет"), ("Zabrana kontaktiranja", "Da", "Ne"),
        ("Refuză SMS", "Da", "Nu"),
        ("İletişim istemiyor", "Evet", "Hayır"), ("ห้ามติดต่อ", "ใช่", "ไม่ใช่"),
        ("Ayaw ng text", "Oo", "Hindi"),
        ("Neslať reklamu", "Áno", "Nie"), ("Reklam nej tack", "Ja", "Nej"),
        ("Reklám tiltása", "Igen", "Nem"),
        ("Czarna lista", "Tak", "Nie"), ("Listă neagră", "Da", "Nu"),
    ],
)  # fmt: skip
def test_the_end_of_a_word_says_what_it_is(title: str, yes: str, no: str) -> None:
    text = f"Phone,Consent,{title}\n+60123450001,1,{yes}\n+60123450002,1,{no}\n"
    assert said(text.encode()) == "x+"


def test_a_cross_beside_a_tick_is_a_no() -> None:
    text = "Phone,Blast?\n+60123450001,v\n+60123450002,x\n+60123450003,\n+60123450004,?\n"
    assert said(text.encode()) == "+---"


def test_a_doubt_about_an_opt_out_is_none_and_no_permission() -> None:
    text = "Phone,Opt out\n+60123450001,yes\n+60123450002,no\n+60123450003,?\n+60123450004,no?\n"
    assert refused(text.encode(), consent=EVERYBODY) == [(4, "CONSENT"), (5, "CONSENT")]


def test_a_list_of_mail_says_nothing_of_messages() -> None:
    text = (
        "Phone,mailchimp_is_subscribed,whatsapp_optin\n+60123450001,0,1\n+60123450002,1,\n+60123450003,0,0\n"
    )
    assert said(text.encode()) == "+.-"


@pytest.mark.parametrize(
    "titles",
    [
        "Email,City,Contact person,Order status,Payment status,Subscription plan,Unsubscribe link,Consent IP",
        "Terms and Conditions,AGB,Included in export,Available to everyone,CONFIRM_TIME,Validity (Date)",
        "Address,Block,No. Telefon,Company,Message count,Notes,Member level,Birthday,Gender",
    ],
)
def test_columns_about_something_else_stop_nothing(titles: str) -> None:
    count = titles.count(",") + 1
    rows = "".join(f"+6012345000{n}{',value ' * count}\n" for n in range(3))
    assert said(f"Phone,{titles}\n{rows}".encode()) == "..."


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("Yes", Answer.YES), ("TRUE", Answer.YES), ("1", Answer.YES), ("1.0", Answer.YES),
        ("[x]", Answer.YES), ("☑", Answer.YES), ("Opted-in", Answer.YES), ("Ya, saya setuju", Answer.YES),
        ("I agree to receive messages", Answer.YES), ("J'accepte", Answer.YES), ("Ich stimme zu", Answer.YES),
        ("no", Answer.NO), ("FALSE", Answer.NO), ("0", Answer.NO), ("Tidak setuju", Answer.NO),
        ("I don't agree", Answer.NO), ("I do not agree", Answer.NO), ("Ich stimme nicht zu", Answer.NO),
        ("Kabul etmiyorum", Answer.NO), ("xnak", Answer.NO), ("✗", Answer.NO),
        ("Opt out", Answer.OPTED_OUT), ("unsubscribed", Answer.OPTED_OUT),
        ("Jangan hubungi saya", Answer.OPTED_OUT),
        ("Désabonné(e)", Answer.OPTED_OUT), ("blocked", Answer.OPTED_OUT), ("STOP", Answer.OPTED_OUT),
        ("NEVER_SUBSCRIBED", Answer.NEVER_ASKED), ("double opt-in pending", Answer.NEVER_ASKED),
        ("cleaned", Answer.NEVER_ASKED), ("bounced", Answer.NEVER_ASKED), ("unknown", Answer.NEVER_ASKED),
        ("", Answer.NOTHING), ("-", Answer.NOTHING), ("N/A", Answer.NOTHING),
        ("not contacted", Answer.NOTHING), ("Não informado", Answer.NEVER_ASKED),
        ("keine Angabe", Answer.NEVER_ASKED), ("未填写", Answer.NEVER_ASKED),
        ("belum jawab", Answer.NEVER_ASKED),
        ("-1", Answer.NOT_UNDERSTOOD), ("-1.0", Answer.NOT_UNDERSTOOD), ("yes?", Answer.NOT_UNDERSTOOD),
        ("no?", Answer.NO), ("unsubscribed?", Answer.OPTED_OUT), ("是？", Answer.NOT_UNDERSTOOD),
        ("maybe", Answer.NOT_UNDERSTOOD), ("Yes but not by WhatsApp", Answer.NOT_UNDERSTOOD),
        ("1/1/2026", Answer.NOT_UNDERSTOOD), ("I", Answer.NOT_UNDERSTOOD), ("2", Answer.NOT_UNDERSTOOD),
        ("Yes, but only by e-mail", Answer.NOT_UNDERSTOOD), ("Based on interest", Answer.NOT_UNDERSTOOD),
    ],
)  # fmt: skip
def test_what_a_cell_says(cell: str, expected: Answer) -> None:
    assert answer(cell) is expected
