"""The scenarios' own checks go red: a check that cannot fail is a defect."""

from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest

from infra.local.network.ledger import Entry, text_hash
from kompang.v1 import leads_pb2
from tests.scenarios.integrator import CHAIN, MESSAGES, lead_name, lead_phone, text
from tests.scenarios.load import MIN_S, Load

Entries = list[Entry]


def _entry(number: int, words: str) -> Entry:
    return Entry(
        seq=number,
        time=1000.0 + number * MIN_S,
        mono=number * MIN_S,
        device="60119",
        connection=1,
        epoch=1,
        host="host-1",
        recipient=lead_phone(0).removeprefix("+"),
        wire_id=f"W{number}",
        text_hash=text_hash(words.replace("{name}", lead_name(0))),
        repeat=False,
    )


@pytest.fixture
def good() -> Entries:
    words = [text(slug, step) for slug, steps in CHAIN for step in range(1, steps + 1)]
    return [_entry(number, each) for number, each in enumerate(words, 1)]


@pytest.fixture
def load() -> Callable[[Entries], Load]:
    def made(entries: Entries) -> Load:
        mesh = cast("Any", SimpleNamespace(accepted=lambda: entries))
        return Load(mesh, cast("Any", None), [], [leads_pb2.Lead()], MESSAGES)

    return made


def test_a_good_ledger_passes(load: Callable[[Entries], Load], good: Entries) -> None:
    repeated = [*good, replace(good[-1], seq=99, mono=good[-1].mono + 0.001, repeat=True)]
    load(repeated).assert_each_sent_once_in_order()
    load(repeated).assert_paced()


@pytest.mark.parametrize(
    "spoil",
    [
        lambda entries: entries[:-1],
        lambda entries: [*entries, entries[-1]],
        lambda entries: [*entries[1:], entries[0]],
        lambda entries: [*entries[:-1], replace(entries[-1], text_hash="0" * 16)],
        lambda entries: [*entries[:-1], replace(entries[-1], device="60118")],
        lambda entries: [*entries[:-1], replace(entries[-1], recipient="60999")],
    ],
    ids=["lost", "twice", "out of order", "another text", "another device", "another recipient"],
)
def test_a_broken_promise_is_seen(
    load: Callable[[Entries], Load], good: Entries, spoil: Callable[[Entries], Entries]
) -> None:
    with pytest.raises(AssertionError):
        load(spoil(good)).assert_each_sent_once_in_order()


def test_a_gap_too_short_is_seen_across_hosts(load: Callable[[Entries], Load], good: Entries) -> None:
    soon = MIN_S - 0.06
    hasty = replace(good[-1], time=good[-2].time + soon, mono=good[-2].mono + soon, host="host-2")
    with pytest.raises(AssertionError):
        load([*good[:-1], hasty]).assert_paced()
