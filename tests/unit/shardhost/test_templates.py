"""Templates and wordings as they come on a stream, and what is said with each pair of them."""

import hashlib

import pytest

from kompang.dispatch.v1 import dispatch_pb2 as pb
from services.content.wording import Lead
from services.runtime import containment
from shardhost import templates as module
from shardhost.templates import Templates
from tests.unit.shardhost.fakes import EPOCH, rig

LEAD = Lead("siti", {}, "ms", 8)
SEED = (5).to_bytes(8, "big")
FIRST = "Hi Ahmad bin Ali\n\nApa khabar, Ahmad! Ya: Ipoh"
HUNDRED = "57e60fe9e598d6c1aa4e44f6f7c594917643526c5f4ba78a0981b8cff0486335"
STILL = pb.Variation(level="none")


def wording(number: int = 7, **fields: object) -> pb.Wording:
    values: dict[str, object] = {
        "greetings": [
            pb.Greeting(text="Selamat pagi {name}", weight=1, language="ms", period="morning"),
            pb.Greeting(text="Hi {name}", weight=1, period="any"),
        ],
        "fallback": "Cik", "footer": "Balas STOP", "variation": STILL,
    }  # fmt: skip
    return pb.Wording(wording_id=number, **{**values, **fields})  # type: ignore[arg-type]


def told(*came: pb.Template | pb.Wording, key: bytes = b"key") -> Templates:
    found = Templates()
    found.restart(key)
    found.add(
        [each for each in came if isinstance(each, pb.Template)],
        [each for each in came if isinstance(each, pb.Wording)],
    )
    return found


def said(templates: Templates, number: int, lead: Lead = LEAD, seed: bytes = SEED) -> str:
    found = templates.get(1, number)
    assert found is not None
    return found.render(lead, seed)


def test_a_wording_greets_by_language_and_time_and_ends_with_its_footer() -> None:
    templates = told(pb.Template(template_id=1, text="Apa khabar?"), wording())
    assert said(templates, 7) == "Selamat pagi siti\n\nApa khabar?\n\nBalas STOP"
    assert said(templates, 7, LEAD._replace(hour=20)) == "Hi siti\n\nApa khabar?\n\nBalas STOP"
    assert said(templates, 7, LEAD._replace(name="", language="en")).startswith("Hi Cik\n")


def test_the_products_own_needs_no_word_from_dispatch() -> None:
    text = said(told(pb.Template(template_id=1, text="Apa khabar?")), 0)
    assert text.split("\n\n")[0].lower() in {"hi siti", "hello siti", "hai siti"}


@pytest.mark.parametrize(
    ("greetings", "expected"),
    [
        (
            pb.Greetings(greetings=[pb.Greeting(text="Dear {name}", weight=1, period="any")]),
            "Dear siti\n\nBody",
        ),
        (pb.Greetings(), "Body"),
    ],
)
def test_the_greetings_of_a_step_come_before_those_of_the_wording(
    greetings: pb.Greetings, expected: str
) -> None:
    template = pb.Template(template_id=1, text="Body", greetings=greetings)
    assert said(told(template, wording(footer="")), 7) == expected


@pytest.mark.parametrize(("own", "level"), [("natural", "none"), ("none", "natural")])
def test_the_variation_of_a_step_comes_before_that_of_the_wording(own: str, level: str) -> None:
    always = pb.Variation(level=level, full_stop=1.0)
    template = pb.Template(template_id=1, text="Body", greetings=pb.Greetings(), variation=own)
    expected = {"natural": "Body.", "none": "Body"}[own]
    assert said(told(template, wording(footer="", variation=always)), 7) == expected


def test_another_key_says_it_otherwise() -> None:
    template = pb.Template(template_id=1, text="{a|b|c|d|e|f|g|h} {a|b|c|d|e|f|g|h}")
    texts = {
        tuple(said(told(template, key=key), 0, seed=bytes([n])) for n in range(10)) for key in (b"a", b"b")
    }
    assert len(texts) == 2


def test_the_same_bytes_at_every_host_and_release() -> None:
    """Golden: a change here changes what is said again of every message there is."""
    template = pb.Template(
        template_id=1, text="{Apa khabar|Jumpa lagi}, {first_name}! {Ya|Boleh}: {attr.city|sini}"
    )
    templates = told(template, key=bytes(range(32)))
    lead = Lead("AHMAD BIN ALI", {"city": "Ipoh"}, "ms", 9)
    texts = [said(templates, 0, lead, number.to_bytes(8, "big")) for number in range(1, 101)]
    digest = hashlib.sha256("\0".join(texts).encode()).hexdigest()
    assert (texts[0], digest) == (FIRST, HUNDRED)


AT_NIGHT = pb.Greeting(text="Hi", weight=1, period="night")


@pytest.mark.parametrize(
    ("template", "spoken"),
    [
        (pb.Template(template_id=1, text="Hi {name"), wording()),
        (pb.Template(template_id=1, text="Hi", variation="wild"), wording()),
        (pb.Template(template_id=1, text="Hi"), wording(variation=pb.Variation(level="wild"))),
        (pb.Template(template_id=1, text="Hi"), wording(variation=pb.Variation(level="none", comma=2.0))),
        (pb.Template(template_id=1, text="Hi"), wording(greetings=[pb.Greeting(text="Hi", period="any")])),
        (pb.Template(template_id=1, text="Hi"), wording(greetings=[pb.Greeting(text="Hi", weight=1)])),
        (pb.Template(template_id=1, text="Hi"), pb.Wording(wording_id=7)),
        # Of a version that knows more times of day: in a wording, and in a template of its own.
        (pb.Template(template_id=1, text="Hi"), wording(greetings=[AT_NIGHT])),
        (pb.Template(template_id=1, text="Hi", greetings=pb.Greetings(greetings=[AT_NIGHT])), wording()),
    ],
)
def test_what_cannot_be_rendered_says_nothing(template: pb.Template, spoken: pb.Wording) -> None:
    assert told(template, spoken).get(1, 7) is None


def test_a_pair_that_never_came_says_nothing_until_it_comes_also_after_a_new_stream() -> None:
    templates = told(pb.Template(template_id=1, text="Hi"), wording())
    before = containment.counts["shardhost.template"]
    assert templates.get(2, 7) is None
    assert templates.get(1, 8) is None
    assert containment.counts["shardhost.template"] == before + 2
    assert templates.get(1, 7) is templates.get(1, 7) is not None
    templates.add([pb.Template(template_id=2, text="Hi")], [])
    assert templates.get(2, 7) is not None
    templates.restart(b"key")
    assert templates.get(1, 7) is None


def test_a_template_that_cannot_be_compiled_is_counted_once_and_not_once_a_message() -> None:
    templates = told(pb.Template(template_id=1, text="Hi {name"), wording())
    before = containment.counts["shardhost.template"]
    assert [templates.get(1, 7) for _ in range(3)] == [None] * 3
    assert containment.counts["shardhost.template"] == before + 1


def test_so_many_pairs_are_kept_compiled_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MOST", 2)
    templates = told(pb.Template(template_id=1, text="Hi"), wording(7), wording(8), wording(9))
    first, second = templates.get(1, 7), templates.get(1, 8)
    assert templates.get(1, 7) is first
    assert templates.get(1, 9) is not None
    assert templates.get(1, 7) is first
    assert templates.get(1, 8) is not second


async def test_a_message_greets_by_the_minute_it_was_settled_at() -> None:
    for minute, expected in ((11 * 60 + 59, "Selamat pagi Siti"), (12 * 60, "Hi Siti")):
        async with rig() as r:
            r.admit(1)
            await r.ready()
            r.fleet.on_messages(
                pb.MessageFrame(
                    templates=[pb.Template(template_id=1, text="Body")],
                    wordings=[wording(footer="")],
                    messages=[
                        pb.OutgoingMessage(
                            message_id=5, device_id=1, epoch=EPOCH, template_id=1, wording_id=7, name="Siti",
                            language="ms-MY", local_minute=minute,
                        )
                    ],
                )
            )  # fmt: skip
            await r.outcome()
        assert r.transport.sent[0][1].text == f"{expected}\n\nBody"


async def test_a_text_of_nothing_is_not_sent() -> None:
    async with rig() as r:
        r.admit(1)
        await r.ready()
        r.hand(text="{attr.city}")
        assert (await r.outcome()).failure == pb.FAILURE_RENDER
    assert not r.transport.sent
