"""Who said stop gets no message."""

import asyncio
import time
from collections import Counter
from collections.abc import Collection, Sequence

import pytest

from infra.local.network.ledger import text_hash
from kompang.simulation.v1 import behavior_pb2
from kompang.v1 import leads_pb2, messages_pb2
from tests.scenarios.integrator import MESSAGES
from tests.scenarios.load import Load, loaded
from tests.scenarios.mesh import Mesh
from tests.scenarios.reconciled import assert_reconciled
from tests.support.eventually import eventually

CONFIRMATION = messages_pb2.Message.KIND_STOP_CONFIRMATION
# What a template would take for something else stands as it is.
ANSWER = "You will not hear from us again. START | MULA undo it \\o/"
# The promise: nothing is accepted later than this after the opt-out.
SILENT_S = 2.0


async def test_nothing_is_accepted_after_an_opt_out(mesh: Mesh) -> None:
    async with loaded(mesh) as load:
        await load.until_accepted(load.expected // 4)
        stopped = load.leads[::3]
        for lead in stopped:
            await load.client.suppress(lead.name)
        told = time.time()

        await _until_over(load)
        await _assert_silent(load, stopped, told)
    await assert_reconciled(mesh)


async def test_nothing_is_accepted_after_a_stop_word(mesh: Mesh) -> None:
    async with loaded(mesh) as load:
        identities = behavior_pb2.Identities(told=1, late=0.5)
        await load.behave(behavior_pb2.Behavior(identities=identities))
        await load.until_accepted(load.expected // 4)
        stopped = load.leads[::3]

        async def are_known() -> bool:
            return all([(await load.client.get_lead(lead.name)).network_id for lead in stopped])

        await eventually(are_known, within_s=60, every_s=0.1, what="the network has told who they are")
        words = ["STOP", "Berhenti!", "*henti*", "batal.", "退订", "unsubscribe"]
        for place, (lead, word) in enumerate(zip(stopped, words, strict=True)):
            # Some devices are told no number, of people who never wrote before.
            await load.reply(lead, word, by_identity=place % 2 == 0)
        told = time.time()
        await _until_over(load)
        await _assert_silent(load, stopped, told)
        assert all([(await load.client.get_lead(lead.name)).suppressed for lead in stopped])
    await assert_reconciled(mesh)


@pytest.mark.real_processes
async def test_a_stop_word_outlives_the_host_that_heard_it(mesh: Mesh) -> None:
    async with loaded(mesh) as load:
        await load.until_accepted(load.expected // 4)
        stopped = load.leads[::3]
        # The words arrive while the host goes down: some it had told, some wait for its successor.
        await asyncio.gather(mesh.kill(mesh.hosts[0]), *(load.reply(lead, "STOP") for lead in stopped))

        async def are_suppressed() -> bool:
            return all([(await load.client.get_lead(lead.name)).suppressed for lead in stopped])

        await eventually(are_suppressed, within_s=60, every_s=0.2, what="every stop word is recorded")
        told = time.time()
        await mesh.start(mesh.hosts[0])
        await _until_over(load, stopped)
        await _assert_silent(load, stopped, told)
    await assert_reconciled(mesh)


@pytest.mark.real_processes
async def test_a_stop_word_is_answered_once_although_its_host_dies(mesh: Mesh) -> None:
    async with loaded(mesh) as load:
        await load.client.answer_stop_words(ANSWER)
        await load.until_accepted(load.expected // 4)
        stopped = load.leads[::3]
        phones = {lead.phone.removeprefix("+") for lead in stopped}
        for lead in stopped[::2]:
            await load.reply(lead, "STOP")
        # Of the answers some went, some are with the host, some wait for its successor.
        await asyncio.gather(mesh.kill(mesh.hosts[0]), *(load.reply(lead, "Berhenti!") for lead in stopped))
        await mesh.start(mesh.hosts[0])

        async def are_answered() -> bool:
            found = [each for lead in stopped for each in await load.client.messages(lead.name)]
            states = Counter(each.state for each in found if each.kind == CONFIRMATION)
            return states == {messages_pb2.Message.STATE_SENT: len(stopped)}

        await eventually(are_answered, within_s=60, every_s=0.2, what="every stop word is answered")
        await _until_over(load, stopped)
        _assert_answered_once(load, phones)
    await assert_reconciled(mesh)


def _assert_answered_once(load: Load, phones: Collection[str]) -> None:
    """By the ledger: each of these one answer, as it was written, and after it nothing; others none."""
    entries = [entry for entry in load.ledger() if not entry.repeat]
    answers = [entry for entry in entries if entry.text_hash == text_hash(ANSWER)]
    assert Counter(entry.recipient for entry in answers) == dict.fromkeys(phones, 1)
    answered = {entry.recipient: entry.time for entry in answers}
    got = [entry for entry in entries if entry.recipient in phones]
    # But for what was on its way when the word was heard.
    assert not [entry for entry in got if entry.time > answered[entry.recipient] + SILENT_S]
    assert len(answers) < len(got) < len(phones) * (MESSAGES + 1)


async def _until_over(load: Load, stopped: Sequence[leads_pb2.Lead] = ()) -> None:
    """What may have gone to somebody who said stop stays unknown: nobody asks again."""
    silent = {lead.name for lead in stopped}

    async def is_over() -> bool:
        return not any(_is_open(message, silent) for message in await load.client.messages())

    await eventually(is_over, within_s=60, every_s=0.5, what="nothing is pending")


def _is_open(message: messages_pb2.Message, silent: Collection[str]) -> bool:
    states = messages_pb2.Message
    if message.state == states.STATE_UNKNOWN:
        return message.lead not in silent
    return message.state in (states.STATE_PENDING, states.STATE_HANDED)


async def _assert_silent(load: Load, stopped: Sequence[leads_pb2.Lead], told: float) -> None:
    """By the ledger: what they were sent, they were sent before, and it was not all."""
    phones = {lead.phone.removeprefix("+") for lead in stopped}
    # Repeats of what had been delivered are no messages to anybody.
    entries = [entry for entry in load.ledger() if not entry.repeat]
    got = [entry for entry in entries if entry.recipient in phones]
    assert not [entry for entry in got if entry.time > told + SILENT_S]
    # They had been getting messages, and did not get all: the scenario is about something.
    assert 0 < len(got) < len(stopped) * MESSAGES
    states = await load.client.states()
    # What was on its way when its host died may or may not be among the entries.
    unknown, ended = states["UNKNOWN"], len(stopped) * MESSAGES - len(got)
    assert states["SENT"] <= len(entries) <= states["SENT"] + unknown
    assert ended - unknown <= states["SUPPRESSED"] + states["CANCELLED"] <= ended
