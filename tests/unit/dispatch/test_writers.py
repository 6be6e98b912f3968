"""Whose a text is that came by an identity of the network."""

import pytest

from services.dispatch.inbound.store import InboundText
from services.dispatch.inbound.writers import MOST_LEADS, Writer, texts_of

A, B = Writer(1, "601", is_current=True), Writer(2, "602", is_current=True)
FORMER = Writer(3, "603", is_current=False)
MANY = [Writer(n, f"60{n}", is_current=True) for n in range(1, MOST_LEADS + 2)]


@pytest.mark.parametrize(
    ("sender", "writers", "expected"),
    [
        ("", [], []),
        ("609", [], [("609", True)]),
        ("", [A], [("601", True)]),
        # Of one who had it before: it stops, and restores nobody.
        ("", [FORMER], [("603", False)]),
        ("", [A, B], [("601", False), ("602", False)]),
        ("", [A, FORMER], [("601", False), ("603", False)]),
        ("602", [A, B], [("602", True), ("601", False)]),
        # No lead has the number that it came with: it counts for that number too.
        ("609", [A], [("609", True), ("601", True)]),
        ("601", [A], [("601", True)]),
        ("", MANY, []),
        ("601", MANY[:-1], [("601", True), *((f"60{n}", False) for n in range(2, MOST_LEADS + 1))]),
        ("699", MANY, [("699", True)]),
    ],
)
def test_a_text_is_of_everybody_who_may_have_written_it(sender, writers, expected) -> None:
    text = InboundText(1, "in-1", sender, "stop", "stop", lid="77", known_as="6")
    found = texts_of(text, writers)
    assert [(each.sender, each.is_certain) for each in found] == expected
    ids = [each.inbound_id for each in found]
    assert ids[:1] == ["in-1"] * bool(found)
    assert len(set(ids)) == len(ids)
    # What the network tells belongs to whoever it came with.
    assert [each.lid for each in found if each.sender != sender] == [""] * (len(found) - bool(sender))
    assert texts_of(text, writers) == found
