"""The texts and the wording of a sequence: kept, warned of, refused with their place."""

import grpc

from kompang.v1 import sequences_pb2 as pb
from kompang.v1 import wording_pb2
from tests.integration.gateway.mesh import Client, step
from tests.integration.gateway.sequence_calls import update

INVALID = grpc.StatusCode.INVALID_ARGUMENT
PRECONDITION = grpc.StatusCode.FAILED_PRECONDITION
NOT_FOUND = grpc.StatusCode.NOT_FOUND


async def test_a_sequence_overrides_the_wording_of_its_account(acme: Client) -> None:
    made = await acme.planned("cold", steps=2)
    assert not made.HasField("greetings")
    assert made.variation == wording_pb2.VARIATION_UNSPECIFIED
    greetings = wording_pb2.Greetings(
        greetings=[
            wording_pb2.Greeting(
                text="Pagi {name}", weight=2, language="ms", period=wording_pb2.Greeting.PERIOD_MORNING
            )
        ]
    )
    said = update(made.name, greetings=greetings, variation=wording_pb2.VARIATION_NONE)
    changed = await acme.call(acme.sequences.UpdateSequence, said)
    assert (changed.revision, changed.greetings, changed.variation) == (
        2,
        greetings,
        wording_pb2.VARIATION_NONE,
    )
    assert changed.steps == made.steps
    assert (await acme.call(acme.sequences.UpdateSequence, said)).revision == 2
    renamed = await acme.call(acme.sequences.UpdateSequence, update(made.name, display_name="x"))
    assert (renamed.revision, renamed.greetings) == (2, greetings)
    none_at_all = update(made.name, "greetings", "variation", greetings=wording_pb2.Greetings())
    changed = await acme.call(acme.sequences.UpdateSequence, none_at_all)
    assert (changed.HasField("greetings"), len(changed.greetings.greetings), changed.variation) == (
        True,
        0,
        0,
    )
    unset = await acme.call(acme.sequences.UpdateSequence, update(made.name, "greetings"))
    assert (unset.HasField("greetings"), unset.revision) == (False, 4)


async def test_what_only_steps_can_keep_needs_some(acme: Client) -> None:
    wanted = pb.Sequence(greetings=wording_pb2.Greetings(), variation=wording_pb2.VARIATION_NONE)
    refused = await acme.refused(acme.sequences.CreateSequence, pb.CreateSequenceRequest(sequence=wanted))
    assert refused.code is INVALID
    assert set(refused.violations) == {"sequence.greetings", "sequence.variation"}
    made = await acme.planned("cold")
    await acme.call(acme.sequences.UpdateSequence, update(made.name, variation=wording_pb2.VARIATION_NONE))
    emptied = await acme.call(acme.sequences.UpdateSequence, update(made.name, "steps"))
    assert (len(emptied.steps), emptied.variation) == (0, wording_pb2.VARIATION_UNSPECIFIED)


async def test_look_alikes_are_warned_of_and_saved(acme: Client) -> None:
    text = "Pay by pаypal"
    wanted = pb.Sequence(
        steps=[step("Pay by paypal", 0), step(text, 60)],
        greetings=wording_pb2.Greetings(greetings=[wording_pb2.Greeting(text="Неllo")]),
    )
    request = pb.CreateSequenceRequest(sequence_id="cold", sequence=wanted)
    made = await acme.call(acme.sequences.CreateSequence, request)
    assert not made.steps[0].warnings
    [warning] = made.steps[1].warnings
    assert (warning.line, warning.column, made.steps[1].text) == (1, 9, text)
    assert made.greetings.greetings[0].warnings
    again = await acme.call(acme.sequences.UpdateSequence, update(made.name, "steps", steps=made.steps))
    assert again == made
    listed = await acme.call(acme.sequences.ListSequences, pb.ListSequencesRequest())
    assert not listed.sequences[0].steps[1].warnings


async def test_a_text_that_cannot_be_rendered_is_refused_with_its_place(acme: Client) -> None:
    wanted = pb.Sequence(
        steps=[
            step("Hi\n{name", 0),
            step("{a||b}", 1),
            step("{x|" * 11 + "y" + "}" * 11, 2),
            step("{vip}", 3),
        ],
        greetings=wording_pb2.Greetings(greetings=[wording_pb2.Greeting(text="Hi}")]),
    )
    refused = await acme.refused(acme.sequences.CreateSequence, pb.CreateSequenceRequest(sequence=wanted))
    assert refused.code is INVALID
    places = {field: text.partition(":")[0] for field, text in refused.violations.items()}
    assert places == {
        "sequence.steps[0].text": "line 2, column 1",
        "sequence.steps[1].text": "line 1, column 4",
        "sequence.steps[2].text": "line 1, column 31",
        "sequence.steps[3].text": "line 1, column 1",
        "sequence.greetings.greetings[0].text": "line 1, column 3",
    }
