"""A text that promises a word which would stop nobody is refused where it is saved."""

import grpc
import pytest
from google.protobuf.field_mask_pb2 import FieldMask

from kompang.v1 import accounts_pb2, campaigns_pb2, sequences_pb2, wording_pb2
from tests.integration.gateway.mesh import Client, step

INVALID = grpc.StatusCode.INVALID_ARGUMENT

UNHEARD = "Offers today. Reply NOMAS to opt out"
HEARD = "Offers today. Reply STOP to opt out"


def footer(text: str, *stop_words: str) -> accounts_pb2.UpdateAccountRequest:
    account = accounts_pb2.Account(
        name="accounts/-", wording=wording_pb2.Wording(footer=text), stop_words=stop_words
    )
    paths = ["wording", *(["stop_words"] if stop_words else [])]
    return accounts_pb2.UpdateAccountRequest(account=account, update_mask=FieldMask(paths=paths))


def sequence(text: str) -> sequences_pb2.CreateSequenceRequest:
    wanted = sequences_pb2.Sequence(trigger="COLD", steps=[step(text, 0.0)])
    return sequences_pb2.CreateSequenceRequest(sequence_id="cold", sequence=wanted)


def changed(text: str) -> sequences_pb2.UpdateSequenceRequest:
    wanted = sequences_pb2.Sequence(name="sequences/warm", steps=[step(text, 0.0)])
    return sequences_pb2.UpdateSequenceRequest(sequence=wanted, update_mask=FieldMask(paths=["steps"]))


def campaign(text: str) -> campaigns_pb2.CreateCampaignRequest:
    return campaigns_pb2.CreateCampaignRequest(campaign=campaigns_pb2.Campaign(text=text))


@pytest.mark.parametrize(
    ("service", "method", "request_of", "field"),
    [
        ("accounts", "UpdateAccount", footer, "account.wording.footer"),
        ("sequences", "CreateSequence", sequence, "sequence.steps[0].text"),
        ("sequences", "UpdateSequence", changed, "sequence.steps[0].text"),
        ("campaigns", "CreateCampaign", campaign, "campaign.text"),
    ],
)
async def test_a_promise_that_nobody_hears_is_refused_at_save(
    acme: Client, service, method, request_of, field
) -> None:
    await acme.linked(1)
    await acme.planned("warm")
    call = getattr(getattr(acme, service), method)
    refused = await acme.refused(call, request_of(UNHEARD))
    assert (refused.code, list(refused.violations)) == (INVALID, [field])
    assert "'NOMAS'" in refused.violations[field]
    assert "account.stop_words" in refused.violations[field]
    await acme.call(call, request_of(HEARD))
    # The remedy: the account adds the word, and with it the promise is kept.
    await acme.call(acme.accounts.UpdateAccount, footer(UNHEARD, "nomas"))
    again = sequence(UNHEARD)
    again.sequence_id, again.sequence.trigger = "again", "AGAIN"
    await acme.call(acme.sequences.CreateSequence, again)
