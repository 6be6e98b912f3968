"""Lines beside a table: what they say of the values of a column counts, and no refusal is passed over."""

import pytest

from gateway.imports.errors import FileError
from gateway.imports.reading.ahead import Ahead
from gateway.imports.reading.plan import Plan
from gateway.imports.wishes.answer import Answer
from gateway.imports.wishes.told import meaning
from gateway.leads.model import Consent
from tests.unit.gateway.imports.reading import NOW, planned, read, refused

EVERYBODY = Consent("counter", "Yes, write to me", NOW)
SIGNS = {Answer.YES: "+", Answer.NOTHING: ".", Answer.OPTED_OUT: "x", Answer.NEVER_ASKED: "?", Answer.NO: "-"}
# Title, values, lines (parted by `|`), and a sign a person: `!` for a refused row.
LEGENDS = """
Colour;green red amber;green = may be messaged|red = do not contact|amber = not asked yet;+x?
Farbe;grün rot gelb;"Legende: grün = darf angerufen werden, rot = nie anrufen, gelb = noch nicht gefragt";+x?
Couleur;vert rouge orange;vert : peut être contacté|rouge : ne plus contacter|orange : à demander;+x?
Status;A B C;A - agrees to WhatsApp|B - does not want any messages|C - moved away;+x!
Kod;1 2 3;,,1,setuju|,,2,tidak mahu dihubungi;+x!
Kode;H M K;Ket: H = boleh dihubungi, M = jangan dihubungi, K = belum ditanya;+x?
Cat;1 2 9;Note (1) accepts messages (2) refuses messages (9) not asked;+x?
Código;S N P;S = acepta mensajes, N = no quiere mensajes, P = pendiente;+x?
标记;甲 乙 丙;甲=同意接收信息；乙=不要联系；丙=未询问;+x?
区分;A B C;A：連絡可、B：連絡不可、C：未確認;+x?
Kolor;z c;z = zgoda na kontakt|c = nie dzwonić, nie pisać;+x
Цвет;зеленый красный;зеленый - можно писать|красный - не звонить и не писать;+x
Flag;* #;* = do not call|# = agreed to messages;x+
Group;gold silver X;gold = spends over 500|silver = spends over 100|X = wants no messages;..x
List;1 2 3;1 and 2 = ok to message, 3 = opted out;++x
Kleur;groen rood grijs groen/rood;groen = mag je appen|rood = niet meer benaderen|grijs = verhuisd;+x!!
Typ;X Y;X means customer refused marketing|Y means customer agreed to marketing;x+
Kode;01 2;"1 = Ja, 2 = Nein (Werbung per WhatsApp)";+-
Promo code*;1 2 9;* Code: 1 = setuju terima SMS, 2 = tidak mahu, 9 = e-mel ditolak, lain belum ditanya;+-?
Consent (1=no, 2=yes);1 2;;-+
Opt-out (1=no, 2=yes);1 2;;.x
Status (1 = agreed, 2 = refused);1 2;;+x
""".strip().splitlines()
OTHERS = """
Size;S M L;S = small, M = medium, L = large
Attendance;1 2;1 = hadir, 2 = tidak hadir
Colour;red green blue;Total: 3
Paid;1 0;1 = yes, 0 = no
Code;A B C;A = adult, B = child, C = senior
Code;A B C;Printed: 03/02/2025
Code;A B C;Total customers: 3|Exported by Ana on 2025-01-01
Price code;a b;a = offer, b = normal
Callback;A B;A = call in the morning, B = call in the evening
Code;R D;R = did not answer, D = deal closed
Size*;1 2 3;
Colour;red green black;
""".strip().splitlines()
STOPPING = """
Do not contact anybody from here on
* Customers marked with a star do not want WhatsApp
nur die mit Stern haben zugestimmt
Z = do not contact
rood: niet meer benaderen
Only the ones in bold agreed to WhatsApp
Red ones, do not call, please
Semua di bawah ini tidak mahu dihubungi lagi
A partir d'ici ne plus contacter
7 - tidak mahu
""".strip().splitlines()


def listed(title: str, values: str, lines: str = "", *, is_above: bool = False) -> bytes:
    rows = [f"P{n},+6012345{n:04d},{value},Ipoh" for n, value in enumerate(values.split())]
    told = lines.split("|") if lines else []
    # As spreadsheets write a line of one cell.
    above, below = ([f"{each},,," for each in told], []) if is_above else ([], told)
    return "\n".join([*above, f'Name,Phone,"{title}",Town', *rows, *below, ""]).encode()


def said(content: bytes, values: str) -> str:
    signs = ["!"] * len(values.split())
    for batch in read(content, consent=EVERYBODY):
        for row in [*batch.rows, *batch.objections]:
            signs[int(row.entry.draft.phone[-4:])] = SIGNS[row.said]
    return "".join(signs)


@pytest.mark.parametrize("case", LEGENDS)
def test_a_legend_counts_for_the_column_of_its_values(case: str) -> None:
    title, values, lines, expected = case.split(";")
    assert said(listed(title, values, lines), values) == expected
    if not lines.startswith(","):
        assert said(listed(title, values, lines, is_above=True), values) == expected


@pytest.mark.parametrize("case", OTHERS)
def test_what_is_about_something_else_says_nothing(case: str) -> None:
    title, values, lines = case.split(";")
    assert said(listed(title, values, lines), values) == "." * len(values.split())


@pytest.mark.parametrize("line", STOPPING)
@pytest.mark.parametrize("is_above", [True, False])
def test_a_line_about_a_refusal_stops_the_import(line: str, is_above: bool) -> None:
    with pytest.raises(FileError, match="has a line"):
        read(listed("Code", "A B C", line, is_above=is_above), consent=EVERYBODY)


@pytest.mark.parametrize(
    ("title", "values"),
    [("Promo code*", "1 2 3"), ("Kleur", "groen rood oranje grijs"), ("Colour", "red green")],
)
def test_codes_without_a_legend_are_asked_about_where_they_may_be_of_a_wish(title: str, values: str) -> None:
    with pytest.raises(FileError, match="seems to say"):
        read(listed(title, values))


def test_an_answer_of_the_caller_counts_for_more_than_a_legend() -> None:
    content = listed("Code", "A B", "A = agrees to messages|B = do not contact")
    batches = read(content, consent=EVERYBODY, columns={"Code": "attr.code"})
    assert [row.said for batch in batches for row in batch.rows] == [Answer.NOTHING] * 2


def test_a_value_with_two_meanings_or_in_two_columns_is_asked_about() -> None:
    with pytest.raises(FileError, match="twice"):
        read(listed("Code", "A B", "A = agrees to messages|A = do not contact"))
    two = b"Name,Phone,One,Two\nAna,+60123450001,A,B\nBen,+60123450002,B,A\nA = do not contact;B = agrees\n"
    with pytest.raises(FileError, match="several columns"):
        read(two)


def test_cells_beside_the_people_may_be_a_legend() -> None:
    content = (
        b"Name,Phone,Mark,\nAna,+60123450001,R,G = ok to message\nBen,+60123450002,G,R = do not contact\n"
        b"Eva,+60123450003,G,\n"
    )
    found = {row.line: row.said for batch in read(content, columns={"4": "ignore"}) for row in batch.rows}
    assert found[2] is Answer.OPTED_OUT
    assert found[4] is Answer.YES


def test_a_plan_with_a_legend_is_the_same_after_a_restart() -> None:
    plan, _ = planned(listed("Code", "A B", "A = agrees to messages|B = do not contact"))
    assert Plan.from_json(plan.to_json()) == plan
    assert plan.columns.wishes[0].legend


def test_a_line_far_below_stops_the_import_before_anything_is_written() -> None:
    content = listed("Code", "A B C")
    plan, place = planned(content)
    below = b"Z = do not contact\n"
    ahead = Ahead(plan, place, len(content))
    with pytest.raises(FileError, match="line 5"):
        ahead.feed(content[place.offset :] + below, final=True)
    # The plan has dealt with the lines that it was made of.
    Ahead(plan, place, len(content + below) + 1).feed(content[place.offset :] + below, final=True)


def test_beyond_what_is_looked_at_such_a_line_is_a_refused_row_of_consent() -> None:
    content = listed("Code", "A B C")
    batches = read(content + b"Z = do not contact\nTotal\n", made=planned(content))
    assert [one.reason for batch in batches for one in batch.refused] == ["CONSENT", "PHONE_EMPTY"]


def test_a_used_legend_is_a_row_without_a_number_and_no_more() -> None:
    assert refused(listed("Code", "A B", "A = agrees to messages|B = do not contact")) == [
        (4, "PHONE_EMPTY"),
        (5, "PHONE_EMPTY"),
    ]


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ("only by e-mail", Answer.NO), ("e-mail refused", Answer.NOTHING),
        ("did not pick up the phone", Answer.NOT_UNDERSTOOD), ("moved away", Answer.NOT_UNDERSTOOD),
        ("may be messaged", Answer.YES), ("may be messaged only by post", Answer.NO),
    ],
)  # fmt: skip
def test_what_the_words_of_a_legend_say(told: str, expected: Answer) -> None:
    assert meaning(told) is expected
