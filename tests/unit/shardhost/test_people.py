"""What a network says of the person a message went to, and what of it is news."""

import pytest

from kompang.dispatch.v1 import dispatch_pb2 as pb
from shardhost.people import news
from shardhost.transports.transport import Accepted
from tests.unit.shardhost.fakes import FakeTransport, rig


@pytest.mark.parametrize(
    ("lid", "number", "known", "expected"),
    [
        ("", "", "", ("", "")),
        ("123456789012345@lid", "", "", ("123456789012345", "")),
        ("123456789012345:7@lid", "", "", ("123456789012345", "")),
        ("123456789012345", "", "123456789012345", ("", "")),
        ("223456789012345", "", "123456789012345", ("223456789012345", "")),
        ("", "551187654321@s.whatsapp.net", "", ("", "551187654321")),
        ("", "+5511987654321", "", ("", "")),
        # Somebody else's number, an identity in its place, a number in the place of the identity.
        ("", "5511987654322", "", ("", "")),
        ("", "5511987654321@lid", "", ("", "")),
        ("551187654321@s.whatsapp.net", "", "", ("", "")),
        ("x" * 5000, "9" * 5000, "", ("", "")),
        ("\ud800", "\ud800", "", ("", "")),
    ],
)
def test_only_what_is_new_of_the_recipient_is_told(lid, number, known, expected) -> None:
    accepted = Accepted(0.0, lid=lid, number=number)
    assert news(accepted, "5511987654321", known) == expected


@pytest.mark.parametrize(
    ("accepted", "known", "expected"),
    [
        (Accepted(0.0, lid="77@lid", number="6019"), "", "77"),
        (Accepted(0.0, lid="77@lid"), "77", ""),
        # A transport that is wrong about the recipient is right about the message.
        (Accepted(0.0, lid=None), "", ""),  # type: ignore[arg-type]
    ],
)
async def test_an_outcome_tells_the_identity_of_the_recipient(accepted, known, expected) -> None:
    async with rig(FakeTransport(answers=[accepted])) as r:
        r.admit(1)
        await r.ready()
        r.hand(lid=known)
        outcome = await r.outcome()
    assert outcome.result == pb.Outcome.RESULT_SENT
    assert (outcome.lid, outcome.known_as) == (expected, "")
