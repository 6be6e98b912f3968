"""The whole text: its parts, its determinism, and how distinct texts are."""

import hashlib
import os
import subprocess
import sys
import tracemalloc

import pytest

from services.content.greeting import Greeting, default_greetings
from services.content.hygiene import clean
from services.content.parser import escape
from services.content.template import Template
from services.content.variation import Level, Variation
from services.content.wording import Lead, Wording

PLAIN = Variation(Level.NONE)
# Five groups of three.
FIVE = (
    "{We have|There is|Here is} a {new|fresh|special} offer for you, {name}. Our {team|crew|staff} in"
    " {attr.city|your town} chose it, {delivery|shipping|transport} is free.\n{Reply|Answer|Write} soon"
)


def render(body, lead=None, **options):
    return Wording(Template.parse(body), variation=PLAIN, **options).render(lead or Lead(), b"1")


def test_parts_stand_apart_by_a_blank_line():
    text = render(
        " Body {name}\n",
        Lead("AHMAD BIN ALI"),
        greetings=default_greetings(),
        footer=" Reply STOP {to} stop\r\n",
    )
    assert text == "Hi Ahmad bin Ali\n\nBody Ahmad bin Ali\n\nReply STOP {to} stop"
    assert render("Body", footer="F") == "Body\n\nF"
    assert render("{attr.x}", greetings=default_greetings()) == "Hi Cik"
    assert render("{attr.x}") == ""


@pytest.mark.parametrize("name", ["", "+60 12-345 6789", "ana@example.com", "👍"])
def test_the_fallback(name):
    assert render("{name}/{first_name}", Lead(name)) == "Cik/Cik"
    assert render("Hi {name}, x", Lead(name), fallback=" Tuan\u202e\n") == "Hi Tuan, x"
    assert render("Hi {name}, x", Lead(name), fallback="") == "Hi, x"
    assert render("{name|friend} {{name}|x}", Lead(name)) == "friend Cik"


def test_first_name():
    assert render("{first_name} / {name}", Lead("Dr. Ahmad bin Ali")) == "Ahmad / Dr. Ahmad bin Ali"


def test_attributes_are_clean():
    lead = Lead("Ana", {"a": " x\u202e\r\ny\u200b ", "b": " \u200b\n", "unused": "\ud800"})
    assert render("{attr.a}|{attr.b|none}", lead) == "x\ny|none"


def test_the_variables_of_all_parts():
    assert Wording(Template.parse("{attr.x} {{name}|y}"), default_greetings()).variables == {"attr.x", "name"}
    assert Wording(Template.parse("{attr.x|{first_name}}")).variables == {"attr.x", "first_name"}


def test_the_footer_is_never_varied():
    wording = Wording(Template.parse("Hello there"), footer="Reply STOP to stop")
    ends = {wording.render(Lead(), bytes([n])).partition("\n\n")[2] for n in range(200)}
    assert ends == {"Reply STOP to stop"}


def test_the_same_id_is_the_same_text():
    one, other = (Wording(Template.parse(FIVE), default_greetings(), key=b"c") for _ in range(2))
    lead = Lead("Ana")
    texts = [one.render(lead, n.to_bytes(8, "big")) for n in range(1000)]
    assert texts == [other.render(lead, n.to_bytes(8, "big")) for n in reversed(range(1000))][::-1]
    assert Wording(Template.parse(FIVE), default_greetings(), key=b"d").render(lead, b"1") != one.render(
        lead, b"1"
    )


def golden() -> str:
    """A digest over texts of every kind."""
    bodies = [
        FIVE,
        "{Hai|Hi} {first_name|kawan}, {jumpa {esok|lusa}|terima kasih}",
        "{你好|您好}{name}，谢谢",
        "{வணக்கம்|நன்றி}",
        "{مرحبا|أهلا} {name} شكرا",
    ]
    leads = [
        Lead("AHMAD BIN ALI", {"city": "Ipoh"}, "ms", 8), Lead("陈伟明", {}, "zh-TW", 13), Lead("0123456789"),
        Lead("முருகன்", {"city": "سلام"}, "ta", 20), Lead("Ana\u202e 👩‍🚀 O'BRIEN"),
    ]  # fmt: skip
    digest = hashlib.sha256()
    for body in bodies:
        wording = Wording(Template.parse(body), default_greetings(), footer="STOP", key=b"cluster")
        for number in range(100):
            digest.update(wording.render(leads[number % 5], number.to_bytes(8, "big")).encode() + b"\0")
    return digest.hexdigest()


def test_texts_never_change():
    # On any machine and Python. Whoever changes this changes texts of messages already sent.
    assert golden() == GOLDEN
    wording = Wording(Template.parse(FIVE), default_greetings(), key=b"cluster")
    assert wording.render(Lead("Ana", {"city": "Ipoh"}), (7).to_bytes(8, "big")) == TEXT


def test_texts_of_any_characters_never_change():
    # Unassigned ones too: what they are in a later Unicode must not matter.
    digest = hashlib.sha256()
    for number in range(4000):
        odd = "".join(chr(number * step % 0x110000) for step in (131, 277, 1009, 7919))
        body = Template.parse("{name} {first_name}, " + escape(clean(odd)))
        wording = Wording(body, [Greeting(Template.parse(escape(clean(odd[::-1]))))])
        for name in (odd, f"AB{odd}", odd[0]):
            digest.update(wording.render(Lead(name), b"1").encode() + b"\0")
    assert digest.hexdigest() == ODD


def test_texts_do_not_depend_on_the_process():
    code = "from tests.unit.content.test_wording import golden; print(golden())"
    for seed in ("1", "2"):
        run = subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True, text=True, check=True, timeout=60,
        )  # fmt: skip
        assert run.stdout.strip() == GOLDEN


def test_ten_thousand_texts_are_distinct():
    wording = Wording(Template.parse(FIVE), default_greetings())
    texts = {
        wording.render(Lead(f"Ana {'abcdefghijklmnopqrst'[n % 20]}{n % 2000}"), n.to_bytes(8, "big"))
        for n in range(10_000)
    }
    assert len(texts) >= 9_900


def test_rendering_keeps_no_memory():
    wording = Wording(Template.parse(FIVE), default_greetings(), footer="STOP")

    def render_some(count):
        for number in range(count):
            lead = Lead(f"Ana {number}", {"city": f"Town {number}"}, f"x{number}", number % 24)
            wording.render(lead, number.to_bytes(8, "big"))

    render_some(1000)
    tracemalloc.start()
    try:
        render_some(1000)
        before, _ = tracemalloc.get_traced_memory()
        # What is kept of a text takes a pointer's 8 bytes at least: 40,000.
        render_some(5_000)
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert after - before < 10_000


GOLDEN = "31a2abf3abf0123bec1da33c72b64ff8eefe6e67314545fcec03df837487aa31"
TEXT = (
    "hi Ana\n"
    "\n"
    "There is a special offer for you, Ana. Our crew in Ipoh chose it, transport is free.\n"
    "Answer soon."
)

ODD = "4f6a9b0cb6136584cbf76da8672e15b3527266744e47b0e47c8f0eacd04c2f59"
