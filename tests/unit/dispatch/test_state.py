"""The diagram, the table and the database name the same states."""

import re
from pathlib import Path

import services.schema
from services.dispatch import state
from services.dispatch.state import STEPS, allowed
from services.message.state import MessageState

MIGRATION = Path(services.schema.__file__).parent / "migrations" / "0001_foundation.sql"

# What the network says, and never takes back.
FACTS = [MessageState.SENT, MessageState.DELIVERED, MessageState.READ]


def test_the_states_are_those_of_the_database():
    [declared] = re.findall(
        r"CREATE TYPE kompang\.message_state AS ENUM \((.*?)\)", MIGRATION.read_text(), re.DOTALL
    )
    assert re.findall(r"'(\w+)'", declared) == [member.value for member in MessageState]


def test_every_state_has_its_steps_and_stands_in_the_diagram():
    assert set(STEPS) == set(MessageState)
    for member in MessageState:
        assert member.value in state.__doc__


def test_what_was_sent_never_becomes_sendable_again():
    reachable, frontier = set(), {MessageState.SENT}
    while frontier:
        reachable |= frontier
        frontier = {new for old in frontier for new in STEPS[old]} - reachable
    assert not reachable & {MessageState.PENDING, MessageState.HANDED}


def test_only_what_the_network_says_leads_out_of_an_end():
    for end in (MessageState.SUPPRESSED, MessageState.CANCELLED, MessageState.EXPIRED):
        assert [new for new in MessageState if allowed(end, new)] == FACTS


def test_a_failure_may_be_retried_but_for_that_it_is_an_end():
    leads_to = [new for new in MessageState if allowed(MessageState.FAILED, new)]
    assert leads_to == [MessageState.PENDING, *FACTS]


def test_what_the_network_says_only_goes_forward():
    for old in FACTS:
        assert [new for new in MessageState if allowed(old, new)] == FACTS[FACTS.index(old) + 1 :]
