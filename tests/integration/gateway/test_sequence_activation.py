"""Which sequences can be activated, and what an active chain refuses."""

import grpc

from kompang.v1 import sequences_pb2 as pb
from tests.integration.gateway.mesh import Client
from tests.integration.gateway.sequence_calls import activate, update

INVALID = grpc.StatusCode.INVALID_ARGUMENT
PRECONDITION = grpc.StatusCode.FAILED_PRECONDITION
NOT_FOUND = grpc.StatusCode.NOT_FOUND


async def test_activation_is_idempotent_and_undone(acme: Client) -> None:
    await acme.planned("cold")
    active = await activate(acme, "cold")
    assert active.state == pb.Sequence.STATE_ACTIVE
    assert await activate(acme, "cold") == active
    request = pb.DeactivateSequenceRequest(name="sequences/cold")
    assert (await acme.call(acme.sequences.DeactivateSequence, request)).state == pb.Sequence.STATE_INACTIVE


async def test_an_empty_sequence_cannot_be_activated_nor_one_that_leads_to_it(acme: Client) -> None:
    await acme.planned("hot", steps=0)
    await acme.planned("cold", after="hot")
    for slug in ("hot", "cold"):
        refused = await acme.refused(
            acme.sequences.ActivateSequence, pb.ActivateSequenceRequest(name=f"sequences/{slug}")
        )
        assert (refused.code, refused.reason) == (PRECONDITION, "SEQUENCE_EMPTY")
        assert "sequences/hot has no steps" in refused.message


async def test_an_active_chain_cannot_be_emptied(acme: Client) -> None:
    await acme.planned("hot")
    await acme.planned("empty", steps=0)
    await acme.planned("cold", after="hot")
    await activate(acme, "cold")
    for request in (
        update("sequences/hot", "steps"),
        update("sequences/hot", next_sequence="sequences/empty"),
        update("sequences/cold", "steps"),
        update("sequences/cold", "trigger"),
    ):
        refused = await acme.refused(acme.sequences.UpdateSequence, request)
        assert refused.code is PRECONDITION, request


async def test_a_sequence_that_nobody_reaches_cannot_be_activated(acme: Client) -> None:
    await acme.planned("warm", trigger="")
    refused = await acme.refused(
        acme.sequences.ActivateSequence, pb.ActivateSequenceRequest(name="sequences/warm")
    )
    assert (refused.code, refused.reason) == (PRECONDITION, "SEQUENCE_WITHOUT_TRIGGER")
    await acme.planned("cold", after="warm")
    assert (await activate(acme, "warm")).state == pb.Sequence.STATE_ACTIVE
