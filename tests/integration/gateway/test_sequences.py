"""Sequences: create, change, link, switch on and off, and everything that is refused."""

import asyncio

import asyncpg
import grpc
import pytest

from kompang.v1 import sequences_pb2 as pb
from kompang.v1.messages_pb2 import OnUnknown
from tests.integration.gateway.mesh import Client, step
from tests.integration.gateway.sequence_calls import activate, update

INVALID = grpc.StatusCode.INVALID_ARGUMENT
PRECONDITION = grpc.StatusCode.FAILED_PRECONDITION
NOT_FOUND = grpc.StatusCode.NOT_FOUND


async def test_what_is_created_is_read_again(acme: Client) -> None:
    made = await acme.planned("cold", steps=3)
    assert (made.name, made.trigger, made.revision, made.state) == (
        "sequences/cold", "COLD", 1, pb.Sequence.STATE_INACTIVE,
    )  # fmt: skip
    assert [one.offset.seconds for one in made.steps] == [0, 3600, 7200]
    assert await acme.call(acme.sequences.GetSequence, pb.GetSequenceRequest(name=made.name)) == made


async def test_an_id_is_made_when_none_is_given(acme: Client) -> None:
    request = pb.CreateSequenceRequest(sequence=pb.Sequence(display_name="x"))
    first = await acme.call(acme.sequences.CreateSequence, request)
    second = await acme.call(acme.sequences.CreateSequence, request)
    assert first.name != second.name
    assert await acme.call(acme.sequences.GetSequence, pb.GetSequenceRequest(name=first.name)) == first


async def test_a_bad_sequence_is_refused_with_all_its_violations(acme: Client) -> None:
    wrong = pb.Sequence(
        trigger="two words",
        next_sequence="cold",
        steps=[
            step("fine", 60),
            step("Hello {nickname}", 30),
            step("", 91),
            pb.Step(text="no offset"),
            step("nul \0 here", 100),
        ],
    )
    refused = await acme.refused(
        acme.sequences.CreateSequence,
        pb.CreateSequenceRequest(sequence=wrong, sequence_id="Bad", request_id="7"),
    )
    assert refused.code is INVALID
    assert set(refused.violations) == {
        "sequence.trigger", "sequence.next_sequence", "sequence.steps[1].text", "sequence.steps[1].offset",
        "sequence.steps[2].text", "sequence.steps[3].offset", "sequence.steps[4].text",
        "sequence_id", "request_id",
    }  # fmt: skip
    told = refused.violations
    assert "nickname" in told["sequence.steps[1].text"]
    assert "{attr.KEY}" in told["sequence.steps[1].text"]
    assert "must grow" in told["sequence.steps[1].offset"]
    assert not any("regex" in text or "pattern" in text for text in told.values())


async def test_a_text_that_is_too_long_is_refused_before_anything_looks_into_it(acme: Client) -> None:
    wanted = pb.Sequence(trigger="two words", steps=[step("{" * 4097, 1)])
    request = pb.CreateSequenceRequest(sequence=wanted)
    refused = await acme.refused(acme.sequences.CreateSequence, request)
    assert set(refused.violations) == {"sequence.steps[0].text"}
    assert "4097 characters" in refused.violations["sequence.steps[0].text"]
    assert "4096" in refused.violations["sequence.steps[0].text"]


async def test_a_text_of_4096_characters_is_kept_whole(acme: Client) -> None:
    text = "é" * 4096
    request = pb.CreateSequenceRequest(sequence=pb.Sequence(steps=[step(text, 1)]))
    assert (await acme.call(acme.sequences.CreateSequence, request)).steps[0].text == text


async def test_the_same_id_twice_is_refused(acme: Client, other: Client) -> None:
    await acme.planned("cold")
    again = await acme.refused(
        acme.sequences.CreateSequence, pb.CreateSequenceRequest(sequence=pb.Sequence(), sequence_id="cold")
    )
    assert again.code is grpc.StatusCode.ALREADY_EXISTS
    assert again.metadata["field"] == "sequence_id"
    await other.planned("cold")


async def test_new_steps_are_a_new_revision_and_the_same_steps_are_none(acme: Client) -> None:
    made = await acme.planned("cold", steps=2)
    same = await acme.call(acme.sequences.UpdateSequence, update(made.name, "steps", steps=made.steps))
    assert (same.revision, same.etag) == (1, made.etag)
    renamed = await acme.call(acme.sequences.UpdateSequence, update(made.name, display_name="Cold"))
    assert (renamed.revision, renamed.display_name, renamed.trigger) == (1, "Cold", "COLD")
    assert renamed.etag != made.etag
    changed = await acme.call(
        acme.sequences.UpdateSequence, update(made.name, "steps", steps=[step("new", 5)])
    )
    assert (changed.revision, [one.text for one in changed.steps]) == (2, ["new"])


async def test_the_mask_clears_what_it_names(acme: Client) -> None:
    made = await acme.planned("cold", steps=2)
    cleared = await acme.call(acme.sequences.UpdateSequence, update(made.name, "trigger"))
    assert (cleared.trigger, len(cleared.steps)) == ("", 2)
    emptied = await acme.call(acme.sequences.UpdateSequence, update(made.name, "*", display_name="x"))
    assert (emptied.display_name, len(emptied.steps), emptied.revision) == ("x", 0, 2)


async def test_a_mask_of_other_fields_is_refused(acme: Client) -> None:
    await acme.planned("cold")
    refused = await acme.refused(
        acme.sequences.UpdateSequence, update("sequences/cold", "state", "steps.text")
    )
    assert "state, steps.text" in refused.violations["update_mask"]
    refused = await acme.refused(acme.sequences.UpdateSequence, update("leads/1", "*", display_name="x"))
    assert list(refused.violations) == ["sequence.name"]


async def test_a_stale_etag_is_aborted(acme: Client) -> None:
    made = await acme.planned("cold")
    await acme.call(acme.sequences.UpdateSequence, update(made.name, display_name="a", etag=made.etag))
    stale = await acme.refused(
        acme.sequences.UpdateSequence, update(made.name, display_name="b", etag=made.etag)
    )
    assert (stale.code, stale.reason) == (grpc.StatusCode.ABORTED, "ETAG_STALE")


async def test_a_circle_is_refused_with_its_path(acme: Client) -> None:
    await acme.planned("hot")
    await acme.planned("warm", after="hot")
    await acme.planned("cold", after="warm")
    refused = await acme.refused(
        acme.sequences.UpdateSequence, update("sequences/hot", next_sequence="sequences/cold")
    )
    assert (refused.code, refused.reason) == (PRECONDITION, "SEQUENCE_CIRCLE")
    assert refused.metadata["path"] == "hot → cold → warm → hot"
    assert "hot → cold → warm → hot" in refused.message
    itself = await acme.refused(
        acme.sequences.CreateSequence,
        pb.CreateSequenceRequest(sequence_id="me", sequence=pb.Sequence(next_sequence="sequences/me")),
    )
    assert itself.metadata["path"] == "me → me"


async def test_two_concurrent_links_make_no_circle(acme: Client) -> None:
    for number in range(5):
        one, two = f"one-{number}", f"two-{number}"
        await acme.planned(one)
        await acme.planned(two)
        answers = await asyncio.gather(
            acme.call(
                acme.sequences.UpdateSequence, update(f"sequences/{one}", next_sequence=f"sequences/{two}")
            ),
            acme.call(
                acme.sequences.UpdateSequence, update(f"sequences/{two}", next_sequence=f"sequences/{one}")
            ),
            return_exceptions=True,
        )
        refused = [answer for answer in answers if isinstance(answer, grpc.aio.AioRpcError)]
        assert [error.code() for error in refused] == [PRECONDITION]


async def test_an_unknown_link_is_not_found(acme: Client, other: Client) -> None:
    await other.planned("theirs")
    refused = await acme.refused(
        acme.sequences.CreateSequence,
        pb.CreateSequenceRequest(sequence=pb.Sequence(next_sequence="sequences/theirs")),
    )
    assert (refused.code, refused.metadata["field"]) == (NOT_FOUND, "sequence.next_sequence")


async def test_pages_follow_each_other(acme: Client, other: Client) -> None:
    for number in range(5):
        await acme.planned(f"s{number}")
    await other.planned("theirs")
    names, token = [], ""
    for _ in range(3):
        page = await acme.call(
            acme.sequences.ListSequences, pb.ListSequencesRequest(page_size=2, page_token=token)
        )
        names += [one.name for one in page.sequences]
        token = page.next_page_token
    assert names == [f"sequences/s{number}" for number in range(5)]
    assert token == ""


async def test_a_page_of_long_texts_stays_below_the_frame(acme: Client) -> None:
    steps = [step("x" * 4096, n) for n in range(100)]
    for number in range(9):
        request = pb.CreateSequenceRequest(sequence=pb.Sequence(steps=steps), sequence_id=f"s{number}")
        await acme.call(acme.sequences.CreateSequence, request)
    seen, token = 0, ""
    while True:
        page = await acme.call(acme.sequences.ListSequences, pb.ListSequencesRequest(page_token=token))
        assert page.ByteSize() < 4_000_000
        seen, token = seen + len(page.sequences), page.next_page_token
        if not token:
            break
    assert seen == 9


async def test_another_accounts_sequence_is_not_found(acme: Client, other: Client) -> None:
    await acme.planned("cold")
    name = "sequences/cold"
    for method, request in (
        (other.sequences.GetSequence, pb.GetSequenceRequest(name=name)),
        (other.sequences.UpdateSequence, update(name, display_name="x")),
        (other.sequences.ActivateSequence, pb.ActivateSequenceRequest(name=name)),
        (other.sequences.DeactivateSequence, pb.DeactivateSequenceRequest(name=name)),
        (other.sequences.RunEnrollment, pb.RunEnrollmentRequest(sequence=name)),
    ):
        assert (await other.refused(method, request)).code is NOT_FOUND
    assert not (await other.call(other.sequences.ListSequences, pb.ListSequencesRequest())).sequences


@pytest.mark.parametrize("trigger", ["COLD", ""])
async def test_enrollment_of_a_sequence_that_does_not_listen_is_refused(acme: Client, trigger: str) -> None:
    await acme.planned("cold", trigger=trigger)
    await acme.planned("head", after="cold")
    if not trigger:
        await activate(acme, "cold")
    refused = await acme.refused(
        acme.sequences.RunEnrollment, pb.RunEnrollmentRequest(sequence="sequences/cold")
    )
    assert refused.code is PRECONDITION
    assert refused.metadata["field"] == "sequence"


async def test_on_unknown_is_hold_until_it_is_changed(acme: Client) -> None:
    made = await acme.planned("cold")
    assert made.on_unknown == OnUnknown.ON_UNKNOWN_HOLD
    changed = await acme.call(
        acme.sequences.UpdateSequence, update(made.name, on_unknown=OnUnknown.ON_UNKNOWN_RESEND)
    )
    assert (changed.on_unknown, changed.trigger, changed.revision) == (
        OnUnknown.ON_UNKNOWN_RESEND, "COLD", 1,
    )  # fmt: skip
    assert changed.etag != made.etag
    kept = await acme.call(acme.sequences.UpdateSequence, update(made.name, display_name="Cold"))
    assert kept.on_unknown == OnUnknown.ON_UNKNOWN_RESEND
    assert await acme.call(acme.sequences.GetSequence, pb.GetSequenceRequest(name=made.name)) == kept
    cleared = await acme.call(acme.sequences.UpdateSequence, update(made.name, "on_unknown"))
    assert cleared.on_unknown == OnUnknown.ON_UNKNOWN_HOLD
    request = pb.CreateSequenceRequest(
        sequence_id="hot", sequence=pb.Sequence(on_unknown=OnUnknown.ON_UNKNOWN_GIVE_UP)
    )
    assert (
        await acme.call(acme.sequences.CreateSequence, request)
    ).on_unknown == OnUnknown.ON_UNKNOWN_GIVE_UP
    odd = pb.CreateSequenceRequest(sequence=pb.Sequence(on_unknown=7))  # type: ignore[arg-type]
    assert set((await acme.refused(acme.sequences.CreateSequence, odd)).violations) == {"sequence.on_unknown"}


async def test_on_reply_is_stop_until_it_is_changed(acme: Client) -> None:
    made = await acme.planned("cold")
    assert made.on_reply == pb.ON_REPLY_STOP
    changed = await acme.call(acme.sequences.UpdateSequence, update(made.name, on_reply=pb.ON_REPLY_HOLD))
    assert (changed.on_reply, changed.revision) == (pb.ON_REPLY_HOLD, 1)
    kept = await acme.call(acme.sequences.UpdateSequence, update(made.name, display_name="Cold"))
    assert kept.on_reply == pb.ON_REPLY_HOLD
    cleared = await acme.call(acme.sequences.UpdateSequence, update(made.name, "on_reply"))
    assert cleared.on_reply == pb.ON_REPLY_STOP
    assert cleared.on_reenter == pb.ON_REENTER_NEVER
    again = update(made.name, on_reenter=pb.ON_REENTER_AFTER_FINISH)
    changed = await acme.call(acme.sequences.UpdateSequence, again)
    assert (changed.on_reenter, changed.on_reply) == (pb.ON_REENTER_AFTER_FINISH, pb.ON_REPLY_STOP)
    request = pb.CreateSequenceRequest(sequence_id="hot", sequence=pb.Sequence(on_reply=pb.ON_REPLY_IGNORE))
    assert (await acme.call(acme.sequences.CreateSequence, request)).on_reply == pb.ON_REPLY_IGNORE


async def test_a_step_shows_what_became_of_its_messages_in_all_revisions(
    acme: Client, owner: asyncpg.Connection
) -> None:
    made = await acme.planned("cold", steps=2)
    steps = [*made.steps]
    steps[0].text += "!"
    changed = await acme.call(acme.sequences.UpdateSequence, update(made.name, "steps", steps=steps))
    assert changed.revision == 2
    first, last, newer = await owner.fetchrow("SELECT min(id), min(id) + 1, min(id) + 2 FROM sequence_step")
    await owner.execute("INSERT INTO step_count VALUES ($1, 100, 90, 50)", first)
    await owner.execute(
        "INSERT INTO delivery_change (step_id, sent_from, sent, delivered, read)"
        " VALUES ($1, now(), 5, 0, 0), ($1, now(), 0, 4, 3), ($2, now(), 7, 0, 0), ($3, now(), 2, 1, 0)",
        first,
        last,
        newer,
    )
    shown = await acme.call(acme.sequences.GetSequence, pb.GetSequenceRequest(name=made.name))
    assert [(one.sent_count, one.delivered_count, one.read_count) for one in shown.steps] == [
        (107, 95, 53),
        (7, 0, 0),
    ]
    listed = await acme.call(acme.sequences.ListSequences, pb.ListSequencesRequest())
    assert [one.sent_count for one in listed.sequences[0].steps] == [107, 7]
    # What was read is no change of the sequence, and may be sent back.
    same = await acme.call(acme.sequences.UpdateSequence, update(made.name, "steps", steps=shown.steps))
    assert same.revision == 2
