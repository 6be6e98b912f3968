"""What a message says is settled by its hand, and said again in the same words wherever it may have gone."""

import json
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from kompang.dispatch.v1 import dispatch_pb2 as pb
from services.content.wording import Lead
from shardhost.templates import Templates
from tests.integration.dispatch.host import attached
from tests.integration.dispatch.test_hand import ALL, states, world
from tests.support import rows
from tests.support.eventually import eventually

AMBIGUOUS = pb.Outcome.RESULT_AMBIGUOUS
NOT_SENT = pb.Outcome.RESULT_NOT_SENT
MIDNIGHT = datetime(2026, 1, 5, tzinfo=UTC)


async def served(host, devices, epoch: int = 1) -> pb.MessageFrame:
    """The first frame of messages after a claim that is granted and a credit."""

    async def granted() -> bool:
        return {lease.status for lease in await host.claim(ALL, epoch)} == {pb.Lease.STATUS_GRANTED}

    await eventually(granted, every_s=0.2)
    await host.ready(devices)
    return await host.read("messages")


async def said_at(connection, when: timedelta) -> None:
    """As if the messages that are settled had been handed at that time of day."""
    await connection.execute("UPDATE message SET handed_at = $1 WHERE handed_at IS NOT NULL", MIDNIGHT + when)


def text(host, frame: pb.MessageFrame) -> str:
    """What a shard host makes of the frame's message."""
    templates = Templates()
    templates.restart(host.welcome.text_key)
    templates.add(frame.templates, frame.wordings)
    [message] = frame.messages
    wording = templates.get(message.template_id, message.wording_id)
    assert wording is not None
    lead = Lead(message.name, message.attributes, message.language, message.local_minute // 60)
    return wording.render(lead, message.message_id.to_bytes(8, "big"))


async def test_without_a_wording_the_host_speaks_the_products_own(database, dispatch):
    async with database.connection() as connection:
        devices, _, _ = await world(connection, devices=1, leads=1)
        async with attached(dispatch) as host:
            frame = await served(host, devices)
            assert (frame.messages[0].wording_id, len(frame.wordings)) == (0, 0)
            assert not frame.templates[0].HasField("greetings")
            assert frame.templates[0].variation == ""
            greeting, body = text(host, frame).split("\n\n")
            assert greeting.lower() in {"hi lead 1", "hello lead 1", "hai lead 1"}
            assert body.startswith("Hello Lead 1, this is 1")
            expected = await connection.fetchval("SELECT text_key(id) FROM cluster")
            assert host.welcome.text_key == expected


async def test_an_accounts_wording_goes_once_a_stream_ahead_of_its_first_message(database, dispatch):
    async with database.connection() as connection:
        devices, _, _ = await world(connection, devices=1, leads=2)
        number = await rows.wording(connection, greeting="Salam {name}", footer="Balas STOP", language="ms")
        async with attached(dispatch) as host:
            first = await served(host, devices)
            assert first.messages[0].wording_id == number
            [wording] = first.wordings
            assert wording.wording_id == number
            [greeting] = wording.greetings
            assert (greeting.text, greeting.weight) == ("Salam {name}", 1)
            assert (greeting.language, greeting.period) == ("ms", "any")
            assert (wording.fallback, wording.footer) == ("Cik", "Balas STOP")
            assert wording.variation == pb.Variation(
                level="natural", full_stop=0.3, comma=0.2, space=0.4, greeting_case=0.2
            )
            assert text(host, first).endswith("\n\nBalas STOP")
            await host.report(first.messages)
            second = await host.read("messages")
            assert second.messages[0].wording_id == number
            assert (len(second.templates), len(second.wordings)) == (0, 0)


@pytest.mark.parametrize(("given", "present"), [('[{"text": "Dear {name}", "weight": 2}]', 1), ("[]", 0)])
async def test_a_step_may_speak_otherwise(database, dispatch, given, present):
    async with database.connection() as connection:
        devices, _, _ = await world(connection, devices=1, leads=1)
        await connection.execute("UPDATE sequence_step SET greetings = $1, variation = 'none'", given)
        async with attached(dispatch) as host:
            [template] = (await served(host, devices)).templates
        assert template.HasField("greetings")
        assert len(template.greetings.greetings) == present
        assert template.variation == "none"


async def test_language_and_time_are_the_leads_own_else_the_accounts(database, dispatch):
    async with database.connection() as connection:
        devices, people, _ = await world(connection, devices=2, leads=2)
        await connection.execute("UPDATE account SET timezone = 'Asia/Kuala_Lumpur', language = 'ms'")
        await connection.execute(
            "UPDATE lead SET timezone = 'America/New_York', language = 'en-US' WHERE id = $1", people[0]
        )
        async with attached(dispatch) as host:
            await host.claim(ALL, 1)
            await host.ready(devices)
            own, accounts = sorted(await host.messages(2), key=lambda message: message.message_id)
            assert (own.language, accounts.language) == ("en-US", "ms")
            minutes = await connection.fetch(
                "SELECT extract(hour FROM t) * 60 + extract(minute FROM t) FROM message m JOIN lead l ON"
                " l.id = m.lead_id CROSS JOIN LATERAL (SELECT handed_at AT TIME ZONE coalesce("
                "nullif(l.timezone, ''), 'Asia/Kuala_Lumpur') AS t) here ORDER BY m.id"
            )
            assert [own.local_minute, accounts.local_minute] == [int(row[0]) for row in minutes]
            assert own.local_minute != accounts.local_minute


async def test_a_repeat_after_a_kill_says_the_same_although_the_wording_was_changed(database, dispatch):
    async with database.connection() as connection:
        devices, _, _ = await world(connection, devices=1, leads=1)
        greetings = ("{Selamat pagi|Assalamualaikum} {name}", "{Selamat malam|Hai} {name}")
        old = await rows.wording(connection, greeting=greetings[0], footer="Balas STOP")
        async with attached(dispatch) as host:
            first = await served(host, devices)
            said = text(host, first)
        await said_at(connection, timedelta(hours=9, minutes=59))
        new = await rows.wording(connection, greeting=greetings[1])
        async with attached(dispatch) as successor:
            again = await served(successor, devices, epoch=2)
            [message] = again.messages
            assert (message.repeat, message.wording_id) == (True, old)
            assert message.local_minute == 9 * 60 + 59
            assert text(successor, again) == said
            await successor.report([message])
        row = await connection.fetchrow("SELECT wording_id, handed_at, attempts FROM message")
        assert tuple(row) == (old, MIDNIGHT + timedelta(hours=9, minutes=59), 2)
        assert new != old


async def test_after_a_certain_failure_the_next_attempt_speaks_anew(database, dispatch):
    async with database.connection() as connection:
        devices, _, _ = await world(connection, devices=1, leads=1)
        async with attached(dispatch) as host:
            first = await served(host, devices)
            await said_at(connection, timedelta(hours=3))
            new = await rows.wording(connection, greeting="Hai {name}")
            await host.report(first.messages, NOT_SENT, ready=False)
            assert await connection.fetchval("SELECT handed_at FROM message") is None
            await host.ready(devices)
            [again] = await host.messages(1)
            assert (again.message_id, again.wording_id) == (first.messages[0].message_id, new)
            await host.report([again])
            assert await connection.fetchval("SELECT now() - handed_at < '1 min' FROM message")


async def test_what_may_have_gone_is_said_again_in_the_same_words_whatever_comes_after(database, dispatch):
    """The policy sends it again, that attempt certainly fails: the first one may have gone all the same."""
    async with database.connection() as connection:
        devices, _, _ = await world(connection, devices=1, leads=1, transport="neonize")
        await connection.execute("UPDATE sequence SET on_unknown = 'resend'")
        old = await rows.wording(connection, greeting="Salam {name}")
        async with attached(dispatch) as host:
            first = await served(host, devices)
            await rows.wording(connection, greeting="Hai {name}")
            await said_at(connection, timedelta(hours=23, minutes=59, seconds=59))
            await host.report(first.messages, AMBIGUOUS)
            for result in (NOT_SENT, pb.Outcome.RESULT_SENT):
                [again] = await host.messages(1)
                assert not again.repeat
                assert (again.wording_id, again.local_minute) == (old, 24 * 60 - 1)
                await host.report([again], result)
        assert await states(connection) == {"sent": 1}


async def test_a_wording_that_cannot_be_read_stops_nobody_elses_messages(database, dispatch):
    async with database.connection() as connection:
        devices, _, _ = await world(connection, devices=2, leads=2)
        await rows.wording(connection, document=json.dumps({"greetings": "Hi"}))
        async with attached(dispatch) as host:
            await host.claim(ALL, 1)
            await host.ready(devices)
            frame = await host.read("messages")
            templates = Templates()
            templates.restart(b"key")
            templates.add(frame.templates, frame.wordings)
            assert templates.get(frame.templates[0].template_id, frame.wordings[0].wording_id) is None


@pytest.mark.parametrize("table", ["lead", "account"])
async def test_a_zone_that_the_hand_could_not_reckon_in_does_not_get_in(database, table):
    async with database.connection() as connection:
        await world(connection, devices=1, leads=1)
        with pytest.raises(asyncpg.InvalidParameterValueError):
            await connection.execute(f"UPDATE {table} SET timezone = 'Asia/Atlantis'")  # noqa: S608
