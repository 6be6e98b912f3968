"""A preview over the wire, and in a terminal."""

import json
from typing import Any

import grpc
import pytest
from google.protobuf import timestamp_pb2

from kompang.v1 import accounts_pb2, wording_pb2
from kompang.v1 import sequences_pb2 as pb
from tests.integration.gateway.mesh import Client, Gateway, lead, step
from tests.support.shell import Shell

INVALID = grpc.StatusCode.INVALID_ARGUMENT
NOT_FOUND = grpc.StatusCode.NOT_FOUND
COLD = "{Hi|Hello|Hey} from {attr.city|your town}.\nNothing to choose here."


@pytest.fixture
async def cold(acme: Client) -> Client:
    """COLD → WARM of acme's, and three leads that COLD listens for."""
    await acme.linked(1)
    await acme.planned("warm", trigger="")
    wanted = pb.Sequence(
        trigger="COLD",
        next_sequence="sequences/warm",
        steps=[step(COLD, 0)],
        greetings=wording_pb2.Greetings(greetings=[wording_pb2.Greeting(text="{name}!")]),
    )
    await acme.call(
        acme.sequences.CreateSequence, pb.CreateSequenceRequest(sequence_id="cold", sequence=wanted)
    )
    await acme.upserted(
        *(lead(n, display_name=f"Siti {n}", trigger="COLD", attributes={"city": "Ipoh"}) for n in range(3)),
        lead(9, display_name="Ali"),
    )
    return acme


async def previewed(client: Client, **fields: Any) -> Any:
    return await client.call(client.sequences.PreviewStep, pb.PreviewStepRequest(**fields))


async def test_a_saved_step_for_a_real_lead(cold: Client) -> None:
    found = await previewed(cold, step="sequences/cold/steps/1", lead="leads/1", sample_count=9)

    assert len(found.samples) == 9
    assert all(text.startswith("Siti 0!\n\nH") and " from Ipoh.\n" in text for text in found.samples)
    # Three words, and a full stop there is already: a space or nothing.
    assert found.distinct_count == "6"
    assert found.audience_size == 3
    assert [(spot.line, spot.column, spot.alternative_count) for spot in found.weak_spots] == [
        (2, 1, 1.0),
        (1, 1, 3.0),
    ]
    assert await previewed(cold, step="sequences/cold/steps/1", lead="leads/1", sample_count=9) == found


async def test_who_comes_through_a_link_is_counted(cold: Client) -> None:
    assert (await previewed(cold, step="sequences/warm/steps/1")).audience_size == 3
    assert (await previewed(cold, step="sequences/warm/steps/1", audience_size=10)).audience_size == 10
    assert (await previewed(cold, draft=pb.StepDraft(text="Hi"))).audience_size == 4


async def test_repeats_are_warned_of(cold: Client) -> None:
    found = await previewed(cold, step="sequences/cold/steps/1", lead="leads/1", audience_size=10_000)
    assert found.repeat_share > 0.9
    assert [each.type for each in found.warnings] == [wording_pb2.TextWarning.TYPE_REPEATS]


async def test_an_invented_reader_at_a_moment(acme: Client) -> None:
    morning = timestamp_pb2.Timestamp(seconds=0)
    greetings = wording_pb2.Greetings(
        greetings=[
            wording_pb2.Greeting(
                text="Pagi {name}", language="ms", period=wording_pb2.Greeting.PERIOD_MORNING
            ),
            wording_pb2.Greeting(text="Salam {name}", language="ms"),
            wording_pb2.Greeting(text="Hi {name}"),
        ]
    )
    draft = pb.StepDraft(text="{a|b}", greetings=greetings, variation=wording_pb2.VARIATION_NONE)

    async def said(**reader: Any) -> str:
        invented = pb.Reader(display_name="SITI", **reader)
        found = await previewed(acme, draft=draft, invented=invented, read_time=morning, sample_count=1)
        return str(found.samples[0])

    assert await said() == "Hi Siti\n\na"
    assert await said(language="ms") == "Salam Siti\n\na"
    assert await said(language="ms", timezone="Asia/Kuala_Lumpur") == "Pagi Siti\n\na"
    account = accounts_pb2.Account(name="accounts/-", language="ms", timezone="Asia/Kuala_Lumpur")
    await acme.call(acme.accounts.UpdateAccount, accounts_pb2.UpdateAccountRequest(account=account))
    assert await said() == "Pagi Siti\n\na"
    assert (await previewed(acme, draft=draft)).samples[0].endswith("Cik\n\na")


async def test_a_bad_preview_is_refused_with_its_field(cold: Client, other: Client) -> None:
    text = pb.StepDraft(text="x")
    bad_greeting = wording_pb2.Greetings(greetings=[wording_pb2.Greeting(text="}")])
    too_late = timestamp_pb2.Timestamp(seconds=10**12)
    wrong: list[tuple[Any, str, dict[str, Any]]] = [
        (INVALID, "source", {}),
        (INVALID, "step", {"step": "sequences/cold"}),
        (INVALID, "draft.text", {"draft": pb.StepDraft(text="{a|")}),
        (
            INVALID,
            "draft.greetings.greetings[0].text",
            {"draft": pb.StepDraft(text="x", greetings=bad_greeting)},
        ),
        (INVALID, "invented.timezone", {"draft": text, "invented": pb.Reader(timezone="Mars")}),
        (INVALID, "read_time", {"draft": text, "read_time": too_late}),
        (INVALID, "sample_count", {"draft": text, "sample_count": 101}),
        (NOT_FOUND, "step", {"step": "sequences/none/steps/1"}),
        (NOT_FOUND, "step", {"step": "sequences/cold/steps/2"}),
        (NOT_FOUND, "lead", {"step": "sequences/cold/steps/1", "lead": "leads/99"}),
    ]
    for code, field, fields in wrong:
        refused = await cold.refused(cold.sequences.PreviewStep, pb.PreviewStepRequest(**fields))
        assert refused.code is code, (fields, refused)
        assert field in (refused.violations or refused.metadata.values()), (fields, refused)
    theirs = pb.PreviewStepRequest(step="sequences/cold/steps/1")
    assert (await other.refused(other.sequences.PreviewStep, theirs)).code is NOT_FOUND


async def test_a_terminal_shows_a_preview(cold: Client, gateway: Gateway) -> None:
    key = cold.metadata[0][1].removeprefix("Bearer ")
    shell = Shell.of(gateway.address, key)
    step_ = ("preview", "--step", "sequences/cold/steps/1")

    code, out, err = await shell.run(*step_, "--lead", "leads/1", "--samples", "3", "--audience", "9000")
    assert (code, err) == (0, "")
    assert out.count("Siti 0!") == 3
    assert "different texts  6" in out
    assert "of 9,000 leads" in out
    assert "line 2, column 1: always the same" in out
    assert "add alternatives" in out
    code, out, _ = await shell.run(*step_, "--name", "Ali", "--attribute", "city=Klang", "--output", "json")
    shown = json.loads(out)
    assert (code, shown["audienceSize"], shown["distinctCount"]) == (0, 3, "6")
    assert all("Ali!" in text and "Klang" in text for text in shown["samples"])


async def test_a_terminal_tells_what_is_wrong_in_one_line(
    cold: Client, gateway: Gateway, tmp_path: Any
) -> None:
    key = cold.metadata[0][1].removeprefix("Bearer ")
    client = {"KOMPANG_GATEWAY_ADDRESS": gateway.address, "KOMPANG_API_KEY": key}
    text = tmp_path / "step.txt"
    text.write_text("Hi\n{a|b\n")
    for expected, given, args, told in (
        (1, {}, ("--text", str(text)), "line 2, column 1"),
        (1, {}, ("--step", "sequences/cold/steps/7"), "there is no sequences/cold/steps/7"),
        (2, {}, (), "--step or --text"),
        (2, {}, ("--step", "sequences/cold/steps/1", "--lead", "leads/1", "--name", "x"), "either"),
        (2, {}, ("--step", "sequences/cold/steps/1", "--attribute", "x"), "KEY=VALUE"),
        (3, {"KOMPANG_GATEWAY_ADDRESS": "127.0.0.1:1"}, ("--step", "sequences/cold/steps/1"), "away"),
    ):
        code, out, err = await Shell(**client | given).run("preview", *args)
        assert (code, out) == (expected, ""), (args, err)
        assert told in err, err
        assert "Traceback" not in err
    code, _, err = await Shell(KOMPANG_API_KEY=key).run("preview", "--step", "sequences/cold/steps/1")
    assert code == 2
    assert "KOMPANG_GATEWAY_ADDRESS" in err
