"""A wording on its way: from a caller into the database, to the engine, and back."""

import json
from typing import Any

import pytest

from gateway.wording.check import check_greetings, check_text, check_wording
from gateway.wording.convert import greetings_of, warnings, wording_of, wording_shown
from gateway.wording.step_text import StepText, seed
from gateway.wording.wording import GreetingText, Wording, greetings_json
from gateway.wording.wording import greetings_of as kept_greetings
from kompang.v1 import wording_pb2 as pb
from services.content.greeting import default_greetings
from services.content.template import Template
from services.content.variation import Level, Variation
from services.content.wording import DEFAULT_FALLBACK, Lead
from services.content.wording import Wording as Engine

FULL = Wording(
    (GreetingText("Selamat pagi {name}", 3, "ms", "morning"), GreetingText("Hi")),
    "kawan",
    "Reply STOP to stop",
    Variation(Level.NONE, 0.1, 0.2, 0.3, 0.4),
)


def test_what_is_unset_is_the_products_own() -> None:
    own = wording_of(pb.Wording())

    assert own == Wording() == Wording.of(None)
    assert own.variation == Variation()
    assert own.fallback == DEFAULT_FALLBACK
    assert [each.parsed for each in own.greetings] == list(default_greetings())


def test_a_document_is_whole_and_read_again() -> None:
    assert Wording.of(FULL.document) == FULL
    assert json.loads(Wording().document) == {
        "greetings": [{"text": "{Hi|Hello|Hai} {name}", "weight": 1, "language": "", "period": "any"}],
        "fallback": "Cik",
        "footer": "",
        "variation": {
            "level": "natural", "full_stop": 0.3, "comma": 0.2, "space": 0.4, "greeting_case": 0.2,
        },
    }  # fmt: skip


@pytest.mark.parametrize("wording", [FULL, Wording(), Wording(greetings=(), fallback="")])
def test_what_is_shown_can_be_sent_back(wording: Wording) -> None:
    assert wording_of(wording_shown(wording)) == wording


@pytest.mark.parametrize("greetings", [None, (), FULL.greetings])
def test_the_greetings_of_a_step_are_read_as_they_were_kept(
    greetings: tuple[GreetingText, ...] | None,
) -> None:
    assert kept_greetings(greetings_json(greetings)) == greetings


def test_a_greeting_without_a_weight_has_one() -> None:
    given = pb.Greetings(greetings=[pb.Greeting(text="Hi", period=pb.Greeting.PERIOD_EVENING)])
    assert greetings_of(given) == (GreetingText("Hi", 1, "", "evening"),)


def test_a_step_overrides_what_it_sets_of_its_accounts_wording() -> None:
    account = Wording((GreetingText("Hai {name}"),), "kawan", "STOP", Variation(comma=0.0))
    lead, at = Lead("Siti"), seed(7)

    plain = StepText("Body", variation="none").with_wording(account).render(lead, at)
    assert plain == "Hai Siti\n\nBody\n\nSTOP"
    assert StepText("Body", (), "none").with_wording(account).render(lead, at) == "Body\n\nSTOP"
    assert (
        StepText("Body {name}", (), "none").with_wording(account).render(Lead(), at) == "Body kawan\n\nSTOP"
    )
    assert StepText("Body").with_wording(account).variation == Variation(comma=0.0)


def test_the_key_and_the_seed_are_those_of_the_shard_host() -> None:
    text = "{a|b|c|d|e} {f|g|h|i|j} {k|l|m|n|o}"
    engine = Engine(Template.parse(text), default_greetings(), key=b"k" * 32)

    said = StepText(text).with_wording(Wording(), b"k" * 32)
    assert seed(258) == b"\0\0\0\0\0\0\1\2"
    assert [said.render(Lead("Siti"), seed(n)) for n in range(50)] == [
        engine.render(Lead("Siti"), seed(n)) for n in range(50)
    ]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("Hi {name", "line 1, column 4"),
        ("Hi name}\n", "line 1, column 8"),
        ("Hi\n{a||b}", "line 2, column 4"),
        ("x" + "{a|" * 11 + "b" + "}" * 11, "line 1, column 32"),
        (
            "{" + "|".join("{" + "|".join("abcdefghijk") + "}" * 1 for _ in range(1000)) + "}",
            "line 1, column 1",
        ),
        ("Dear {nickname}", "line 1, column 6"),
        ("\n\n {attr.Town}", "line 3, column 2"),
    ],
    ids=["never closed", "never opened", "empty", "too deep", "too many", "no variable", "no attribute"],
)
def test_what_cannot_be_rendered_is_told_with_its_place(text: str, place: str) -> None:
    [violation] = check_text("sequence.steps[0].text", text)

    assert violation.field == "sequence.steps[0].text"
    assert violation.description.startswith(f"{place}: "), violation.description
    assert ";" in violation.description


def test_every_greeting_is_checked() -> None:
    given = pb.Greetings(greetings=[pb.Greeting(text="fine"), pb.Greeting(text="{"), pb.Greeting(text="}")])
    assert [each.field for each in check_greetings("g", given)] == [
        "g.greetings[1].text",
        "g.greetings[2].text",
    ]


@pytest.mark.parametrize(
    ("shares", "is_wrong"),
    [
        ({}, False),
        ({"full_stop": 0.4}, False),
        ({"full_stop": 0.41}, True),
        ({"full_stop": 1.0}, True),
        ({"full_stop": 1.0, "comma": 0.0, "space": 0.0}, False),
    ],
)
def test_the_ends_add_up_to_one_at_most(shares: dict[str, Any], is_wrong: bool) -> None:
    found = [each.field for each in check_wording("account.wording", pb.Wording(**shares))]
    assert found == (["account.wording.space"] if is_wrong else [])


def test_look_alikes_are_told_with_their_place() -> None:
    [warning] = warnings("All fine.\nGo to pаypal")

    assert (warning.type, warning.line, warning.column) == (pb.TextWarning.TYPE_LOOK_ALIKE, 2, 8)
    assert "CYRILLIC" in warning.text
    assert len(warnings("аb " * 1000)) == 20
    assert warnings("All fine") == warnings("பாட்டு 歌 أغنية") == []
