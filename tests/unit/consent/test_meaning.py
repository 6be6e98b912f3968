"""Replies of people, labelled: each clear stop is heard, and nothing clear is taken for one."""

import asyncio
from pathlib import Path

import pytest

from services.consent.meaning import core, meaning, meaning_by_rules
from services.consent.vocabulary import read_ahead, vocabulary
from services.consent.words import Meaning
from tests.support.processor import assert_quick

CASES = Path(__file__).parent / "cases"
HEARD = {
    "S": (Meaning.STOP, Meaning.PERHAPS),
    "N": (Meaning.REPLY,),
    "M": (Meaning.START,),
}
ESCAPED = {"\\n": "\n", "\\xad": "\xad", "\\u200b": "\u200b"}


def labelled(name: str) -> list[tuple[str, str]]:
    """The label and the text of each line."""
    lines = (CASES / name).read_text(encoding="utf-8").split("\n")
    cells = [line.split("\t") for line in lines if line and not line.startswith("#")]
    found = []
    for label, *_, text in cells:
        for escaped, character in ESCAPED.items():
            text = text.replace(escaped, character)  # noqa: PLW2901 - a text of a file is escaped
        found.append((label, text))
    return found


@pytest.mark.parametrize("name", ["replies.tsv", "labelled.tsv", "probes.tsv"])
def test_every_labelled_reply_is_understood(name: str) -> None:
    assert [(label, text) for label, text in labelled(name) if meaning(text) not in HEARD[label]] == []


def test_the_known_errors_of_the_unseen_replies_are_exactly_those_that_are_written_down() -> None:
    """docs/consent.md states their number: who mends one takes its line away, and mends the page."""
    names = (*"abcdefghijklmnopqrstuvwxyz", "aa", "ab", "ac", "ad", "ae")
    unseen = [pair for name in names for pair in labelled(f"unseen_{name}.tsv")]
    wrong = [(label, text) for label, text in unseen if meaning(text) not in HEARD[label]]
    assert wrong == labelled("known_errors.tsv")


def test_the_rules_know_each_verb_of_writing_and_what_is_denied_or_of_a_thing() -> None:
    """A rule that is missing in one language must not hide behind what was learned."""
    read = labelled("imperatives.tsv")
    assert [pair for pair in read if meaning_by_rules(pair[1]) not in HEARD[pair[0]]] == []


@pytest.mark.parametrize(
    "text",
    [
        "no " * 21_000,
        "不要再发" * 5_000,
        "".join(map(chr, range(0x4E00, 0x4E00 + 20_000))),
        "stop no dont jangan ไม่ 不要 no " * 1_500,
        " ".join(f"no a{at}." for at in range(9_000)),
        "no 不要再发stop" * 4_000,
    ],
    ids=["no", "zh", "distinct", "mixed", "clauses", "scripts"],
)
def test_a_reply_of_64_kb_costs_less_than_10_ms(text: str) -> None:
    meaning(text)
    assert_quick(lambda: meaning(text), 0.010)


def test_who_wants_no_calls_but_messages_stops_nothing() -> None:
    assert meaning("Please don't ring me, message me here") is Meaning.REPLY
    assert meaning("don't text me, don't call me") is Meaning.STOP


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("No. More. Messages.", Meaning.STOP), ("Ok. Got. It.", Meaning.REPLY),
        ("🛑வேண்டாம்🛑", Meaning.STOP), ("don't 🛑", Meaning.REPLY),
        ("siapa bagi nombor saya ni? padam sekarang", Meaning.PERHAPS),
        ("dari mana dapat nomor saya? hapus sekarang", Meaning.STOP),
        ("can you delete my number?", Meaning.PERHAPS), ("can you delete my order?", Meaning.REPLY),
        ("jangan telpon, balas di sini aja", Meaning.REPLY), ("کال نہ کریں، یہیں ریٹ بتا دیں", Meaning.REPLY),
        ("не дзвоніть, краще фото сюди", Meaning.REPLY), ("jangan telpon, jangan balas", Meaning.STOP),
        ("some please", Meaning.REPLY), ("kenapa tak dapat promosi?", Meaning.REPLY),
        ("kartım bloke oldu, nakit olur mu?", Meaning.REPLY),
        ("I want to report the driver, he was rude", Meaning.REPLY),
        ("laal mirch nikal dein", Meaning.REPLY), ("escrevi STOP por engano, mantenham-me", Meaning.REPLY),
    ],
)  # fmt: skip
def test_what_a_reply_means(text: str, expected: Meaning) -> None:
    assert meaning(text) is expected


@pytest.mark.parametrize(
    "text",
    [
        "This is harassment. If you message me again I will call my lawyer.",
        "Can you stop?",
        "not interested",
        "🛑",
        "🚫 messages",
        "stop texting me you people from the north",
    ],
)
def test_what_is_in_doubt_is_one_perhaps(text: str) -> None:
    assert meaning(text) is Meaning.PERHAPS


def test_a_long_reply_is_read_at_its_beginning_and_its_end() -> None:
    assert meaning("la di da " * 5_000 + ". Never message me again.") is Meaning.PERHAPS


def test_a_word_of_the_account_is_heard_in_politeness() -> None:
    assert core("Hi, BASTINGO please!") == "bastingo"


async def test_the_loop_goes_on_while_the_vocabulary_is_read() -> None:
    vocabulary.cache_clear()
    reading = asyncio.create_task(read_ahead())
    turns = 0
    while not reading.done():
        await asyncio.sleep(0)
        turns += 1
    assert vocabulary.cache_info().currsize
    # One to begin with, and one to see that it is over: were it read here, there would be no more.
    assert turns > 5
