"""The text of a message, shown again: exact, or said not to be."""

import hashlib
from typing import Any

import asyncpg
import grpc

from gateway.wording.step_text import seed
from kompang.v1 import accounts_pb2, wording_pb2
from kompang.v1 import messages_pb2 as pb
from services.content.greeting import default_greetings
from services.content.template import Template
from services.content.wording import Lead
from services.content.wording import Wording as Engine
from tests.integration.gateway.mesh import Client, Gateway
from tests.support import rows

Exactness = pb.RenderMessageResponse.Exactness
TEXT = "{a|b|c|d} {e|f|g|h} {name} {attr.city|nowhere}"


async def planned(gateway: Gateway, leads: int = 1) -> list[int]:
    """Messages of acme's, one a lead, at 8 in the evening in UTC; their ids."""
    async with gateway.database.connection() as connection:
        devices = await rows.devices(connection, 1, 1)
        sequence = await rows.sequence(connection, 1, 1, "cold")
        await connection.execute("UPDATE sequence_step SET text = $1", TEXT)
        lead_ids = await rows.leads(connection, 1, devices, leads)
        await connection.execute("""UPDATE lead SET display_name = 'Siti', attributes = '{"city": "Ipoh"}'""")
        ids = await rows.enrolled(connection, 1, sequence, lead_ids)
        await connection.execute(
            "UPDATE message SET scheduled_at = date_trunc('day', now()) + interval '20 h'"
        )
    return ids


async def handed(gateway: Gateway, text: str, state: str = "sent", reason: str | None = None) -> None:
    """All messages went with this text, or may have; in the morning of their day."""
    digest = hashlib.sha256(text.encode()).digest()[:8] if text else None
    async with gateway.database.connection() as connection:
        await connection.execute(
            "UPDATE message SET state = $1::text::message_state, reason = $2, attempts = 1, text_hash = $3,"
            " handed_at = date_trunc('day', now()) + interval '8 h',"
            " wording_id = (SELECT wording_id FROM account WHERE id = message.account_id)",
            state,
            reason,
            digest,
        )


async def rendered(client: Client, number: int) -> Any:
    request = pb.RenderMessageRequest(name=f"messages/{number}")
    return await client.call(client.messages.RenderMessage, request)


async def speak(client: Client, **wording: Any) -> None:
    account = accounts_pb2.Account(name="accounts/-", wording=wording_pb2.Wording(**wording))
    await client.call(client.accounts.UpdateAccount, accounts_pb2.UpdateAccountRequest(account=account))


def greeting(text: str, **fields: Any) -> wording_pb2.Greeting:
    return wording_pb2.Greeting(text=text, **fields)


PERIODS = wording_pb2.Greetings(
    greetings=[
        greeting("Morning", period=wording_pb2.Greeting.PERIOD_MORNING),
        greeting("Afternoon", period=wording_pb2.Greeting.PERIOD_AFTERNOON),
        greeting("Evening", period=wording_pb2.Greeting.PERIOD_EVENING),
        greeting("Pagi", period=wording_pb2.Greeting.PERIOD_MORNING, language="ms"),
    ]
)


async def test_a_text_is_that_of_the_engine_with_the_clusters_key(
    acme: Client, gateway: Gateway, owner: asyncpg.Connection
) -> None:
    ids = await planned(gateway, 20)
    cluster = str(await owner.fetchval("SELECT id FROM cluster"))
    key = hashlib.sha256(f"text:{cluster}".encode()).digest()
    engine = Engine(Template.parse(TEXT), default_greetings(), key=key)
    lead = Lead("Siti", {"city": "Ipoh"}, "", 20)

    for number in ids:
        answer = await rendered(acme, number)
        assert answer.text == engine.render(lead, seed(number))
        assert answer.text_hash == hashlib.sha256(answer.text.encode()).hexdigest()[:16]
        assert answer.exactness == Exactness.EXACTNESS_NOT_SENT


async def test_another_accounts_message_is_not_found(acme: Client, other: Client, gateway: Gateway) -> None:
    [number] = await planned(gateway)
    request = pb.RenderMessageRequest(name=f"messages/{number}")
    assert (await other.refused(other.messages.RenderMessage, request)).code is grpc.StatusCode.NOT_FOUND
    await rendered(acme, number)


async def test_a_text_that_went_is_proven_exact_although_the_wording_changed(
    acme: Client, gateway: Gateway
) -> None:
    [number] = await planned(gateway)
    await speak(acme, footer="Reply STOP to stop", greetings=PERIODS)
    await handed(gateway, "")
    text = (await rendered(acme, number)).text
    await handed(gateway, text)
    await speak(acme, footer="Other words", variation=wording_pb2.VARIATION_NONE)

    again = await rendered(acme, number)
    assert (again.text, again.exactness) == (text, Exactness.EXACTNESS_EXACT)
    assert text.lower().startswith("morning\n\n")
    assert text.endswith("\n\nReply STOP to stop")


async def test_an_edited_lead_is_said_to_differ(
    acme: Client, gateway: Gateway, owner: asyncpg.Connection
) -> None:
    [number] = await planned(gateway)
    await handed(gateway, "")
    await handed(gateway, (await rendered(acme, number)).text)
    await owner.execute("UPDATE lead SET display_name = 'Ali'")

    again = await rendered(acme, number)
    assert again.exactness == Exactness.EXACTNESS_DIFFERS
    assert "Ali" in again.text


async def test_a_future_text_is_of_the_present_wording_at_its_own_time(
    acme: Client, gateway: Gateway, owner: asyncpg.Connection
) -> None:
    [number] = await planned(gateway)
    await speak(acme, greetings=PERIODS, variation=wording_pb2.VARIATION_NONE)
    assert (await rendered(acme, number)).text == "Evening\n\na e Siti Ipoh"
    # 8 in the evening in London is 4 in the morning in Kuala Lumpur, and 5 in Tokyo.
    for zone, said in (("Asia/Kuala_Lumpur", "Evening"), ("Asia/Tokyo", "Morning")):
        await owner.execute("UPDATE lead SET timezone = $1", zone)
        assert (await rendered(acme, number)).text.startswith(said)
    await owner.execute("UPDATE account SET timezone = 'America/New_York'; UPDATE lead SET timezone = ''")
    assert (await rendered(acme, number)).text.startswith("Afternoon")
    await owner.execute("UPDATE account SET language = 'ms', timezone = 'Asia/Tokyo'")
    assert (await rendered(acme, number)).text.startswith("Pagi")
    await owner.execute("UPDATE lead SET language = 'en'")
    assert (await rendered(acme, number)).text.startswith("Morning")


async def test_a_step_overrides_the_wording_of_its_account(
    acme: Client, gateway: Gateway, owner: asyncpg.Connection
) -> None:
    [number] = await planned(gateway)
    await speak(acme, footer="STOP")
    await owner.execute("UPDATE sequence_step SET greetings = '[]', variation = 'none'")
    assert (await rendered(acme, number)).text == "a e Siti Ipoh\n\nSTOP"


async def test_the_exactness_follows_from_state_and_hash(
    acme: Client, gateway: Gateway, owner: asyncpg.Connection
) -> None:
    [number] = await planned(gateway)
    text = (await rendered(acme, number)).text
    for state, reason, kept, expected in (
        ("handed", None, "", Exactness.EXACTNESS_UNPROVEN),
        ("unknown", "host_lost", "", Exactness.EXACTNESS_UNPROVEN),
        ("unknown", "host_lost", text, Exactness.EXACTNESS_EXACT),
        ("sent", "resolved", "", Exactness.EXACTNESS_UNPROVEN),
        ("pending", "resend", text, Exactness.EXACTNESS_EXACT),
        ("failed", "gave_up", text, Exactness.EXACTNESS_EXACT),
        ("failed", "gave_up", "", Exactness.EXACTNESS_UNPROVEN),
        ("failed", "not_on_whatsapp", "", Exactness.EXACTNESS_NOT_SENT),
        ("read", None, "other", Exactness.EXACTNESS_DIFFERS),
    ):
        await handed(gateway, kept, state, reason)
        assert (await rendered(acme, number)).exactness == expected, (state, reason)
    for state in ("pending", "cancelled", "suppressed", "expired"):
        await owner.execute(
            "UPDATE message SET state = $1::text::message_state, handed_at = NULL, text_hash = NULL",
            state,
        )
        assert (await rendered(acme, number)).exactness == Exactness.EXACTNESS_NOT_SENT, state


async def test_a_text_that_another_version_saved_is_refused_in_words(
    acme: Client, gateway: Gateway, owner: asyncpg.Connection
) -> None:
    [number] = await planned(gateway)
    await owner.execute("UPDATE sequence_step SET text = 'Hi {nickname}'")
    refused = await acme.refused(
        acme.messages.RenderMessage, pb.RenderMessageRequest(name=f"messages/{number}")
    )
    assert (refused.code, refused.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "TEXT_UNRENDERABLE")
    assert "line 1, column 4" in refused.message
