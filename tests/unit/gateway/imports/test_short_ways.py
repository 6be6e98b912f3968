"""What is done in a short way for each row of a list gives what the long way gives."""

import hashlib
import hmac
import json
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.imports.errors import RowError
from gateway.imports.rows.account import Account
from gateway.imports.rows.mapper import Defaults, Mapper
from gateway.imports.wishes.answer import Answer, is_opted_out, opts_out
from gateway.imports.wishes.reader import WishReader
from gateway.leads.model import attributes_json
from gateway.phones import Notation
from services.consent.phone_hash import PhoneHashes
from services.content import mojibake, placeholders
from tests.support.secret import HASHES
from tests.unit.gateway.imports.reading import NOW, ZONES, planned

_FEW = settings(max_examples=60, deadline=None)
_PHONES = ("", "0123456789", "019-876 5432", "03-1234 5678", "03-8765 4321", "12", "n/a")


@_FEW
@given(st.dictionaries(st.text(max_size=5), st.text(max_size=8), max_size=3))
def test_attributes_are_the_same_json(attributes: dict[str, str]) -> None:
    assert attributes_json(attributes) == json.dumps(attributes, ensure_ascii=False)


@_FEW
@given(st.binary(max_size=80), st.integers(1, 9))
def test_a_copied_key_gives_the_same_hash(key: bytes, account_id: int) -> None:
    hashes = PhoneHashes([key, b"older"])
    plain = hashlib.sha256(f"{account_id}:+60123456789".encode()).digest()
    expected = [hmac.digest(each, plain, "sha256") for each in (key, b"older")]
    assert [each[:32] for each in hashes.forms(account_id, "+60123456789")] == [*expected, plain]
    assert hashes.current(account_id, "+60123456789")[:32] == hashes.keyed(plain)[:32] == expected[0]


@_FEW
@given(st.text("Customer 12\n.#_-٣", max_size=6))
def test_only_what_ends_with_a_digit_has_a_number_behind_it(text: str) -> None:
    assert not placeholders._NUMBERED.search(text) or text[-1] in placeholders._NUMBER_ENDS


@_FEW
@given(
    st.lists(st.sampled_from(["STOP", "un-subscribed", "Ipoh", "", "x" * 70, "vip, no-whatsapp"]), max_size=9)
)
def test_a_cell_that_comes_again_says_what_it_said(cells: list[str]) -> None:
    reader = WishReader([], [0], ["City"])
    heard = [reader.read([cell]).answer is Answer.OPTED_OUT for cell in cells]
    assert heard == [is_opted_out(cell) or opts_out(cell) for cell in cells]


def test_of_two_numbers_the_one_counts_that_counted_when_both_were_read() -> None:
    """The first mobile one; without one the first, and why it is refused."""
    one, two = _mapper("Phone"), _mapper("Phone", "Phone 2")
    alone = {text: _phone(one, text) for text in _PHONES}
    for first in _PHONES:
        for second in _PHONES:
            filled = [alone[each] for each in (first, second) if each]
            mobile = [each for each in filled if each.startswith("+")]
            expected = (mobile or filled or [alone[""]])[0]
            assert _phone(two, first, second) == expected, (first, second)


def _mapper(*header: str) -> Mapper:
    rows = "".join(",".join([f"012-345 678{n}"] * len(header)) + "\n" for n in range(5))
    plan, _ = planned(f"{','.join(header)}\n{rows}".encode())
    defaults = Defaults(Notation("MY"), "", None, is_dated=True, month_first=False, now=NOW)
    return Mapper(plan.columns, defaults, Account(1, ZoneInfo("UTC"), {}, {}, ZONES, HASHES))


def _phone(mapper: Mapper, *row: str) -> str:
    """The number, or the reason why there is none."""
    try:
        return mapper.map(1, row).entry.draft.phone
    except RowError as error:
        return error.reason


@_FEW
@given(st.text("aéЖ‚Ð°И\x81\x90ã€Ãâ ", max_size=6))
def test_what_is_not_looked_at_was_misread_in_no_encoding(text: str) -> None:
    found = [each for codec in mojibake._ENCODINGS if (each := mojibake._written_back(text, codec))]
    assert text.isascii() or mojibake._MISREAD.match(text) or not found


def test_a_misread_text_is_looked_at_in_every_encoding() -> None:
    for codec in mojibake._ENCODINGS:
        for letter in "éÀłжяمब中":
            misread = "".join(
                bytes([each]).decode(codec, "ignore") or chr(each) for each in f"a{letter}".encode()
            )
            assert mojibake._MISREAD.match(misread), (codec, letter)
            assert mojibake._written_back(misread, codec) == f"a{letter}"
