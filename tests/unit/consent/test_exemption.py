"""A stop that is said of something else is none, and spares no other clause."""

import pytest

from services.consent.meaning import meaning, meaning_by_rules
from services.consent.subjects import packed, subjects
from services.consent.words import Meaning


@pytest.mark.parametrize(
    "exempt",
    [
        "I unsubscribed by mistake, put me back",
        "delete my second order",
        "how do I unsubscribe from Netflix?",
        "don't call, text me instead",
        "refund me or I report you",
        "don't send the courier now",
        "haha stop it",
        "stop 😂 too cute",
    ],
)
def test_who_also_says_stop_is_heard(exempt: str) -> None:
    assert meaning(exempt) is Meaning.REPLY
    assert meaning(f"{exempt}. Unsubscribe me.") in (Meaning.STOP, Meaning.PERHAPS)
    assert meaning(f"{exempt}. Stop sending me messages.") in (Meaning.STOP, Meaning.PERHAPS)


@pytest.mark.parametrize(
    "put_off",
    [
        "msitume leo, tumeni kesho",
        "ఈరోజు పంపకండి, రేపు పంపండి",
        "امروز نفرستید، فردا خونه‌ام",
        "ama kunan apamuychu, paqarin",
        "mi to steilete simera, avrio",
        "al tishlechu hayom, machar",
        "ivattu kalisbedi, naale kalsi",
    ],
)
def test_what_is_put_off_until_tomorrow_is_no_stop(put_off: str) -> None:
    assert meaning(put_off) is Meaning.REPLY


@pytest.mark.parametrize(
    "put_off",
    [
        "Bu akşam yazmayın; yarın yazarsanız iyi olur",
        "esta noche no me manden mensajes, mañana sí",
        "امشب پیام ندید سینمام، فردا خوبه",
        "usiku huu msitume, niko sinema, kesho sawa",
    ],
)
def test_who_says_that_tomorrow_suits_puts_off_messages_too(put_off: str) -> None:
    assert meaning_by_rules(put_off) is Meaning.REPLY


@pytest.mark.parametrize(
    "text",
    [
        "mos më dërgoni sot, nesër, kurrë më mesazhe",
        "stop today, or I sue you tomorrow",
        "not today, not tomorrow, remove me",
        "msitume leo, msitume kesho, msitume tena",
    ],
)
def test_a_stop_for_every_day_is_heard(text: str) -> None:
    assert meaning(text) in (Meaning.STOP, Meaning.PERHAPS)


@pytest.mark.parametrize(
    "text",
    [
        "delete number 2, I only want 1",
        "Padam yang nombor 2 tu, saya nak 1 je",
        "2 number wala delete karo",
        "вычеркните номер 4",
        "drop no 12 please",
    ],
)
def test_a_thing_that_is_named_by_its_number_is_no_person(text: str) -> None:
    assert meaning_by_rules(text) is Meaning.REPLY


@pytest.mark.parametrize(
    "text",
    [
        "remove number 2 from your list",
        "delete number 2, and stop messaging me",
        "delete my number 2 times I asked",
        "padam nombor ni 2 kali dah cakap",
        "remove number 01 23 45 67 89",
        "padam nombor 012-345 6789",
    ],
)
def test_a_number_of_a_telephone_is_a_person(text: str) -> None:
    assert meaning_by_rules(text) in (Meaning.STOP, Meaning.PERHAPS)


@pytest.mark.parametrize(
    "past",
    [
        "na-delete ko yung chat, pakisend ulit",
        "mi si è cancellato il messaggio",
        "wiadomość mi się usunęła",
        "apaguei sua mensagem por engano",
        "le message s'est effacé",
        "borré el mensaje sin querer",
    ],
)
def test_a_message_that_was_deleted_takes_nobody_away(past: str) -> None:
    assert meaning_by_rules(past) is Meaning.REPLY


@pytest.mark.parametrize(
    "text",
    [
        "I deleted your messages, don't send any more",
        "borre mi número por favor",
        "хочу чтобы вы удалили мой номер",
        "mera number delete kar diya jaye",
        "把我号码删了",
        "vorrei essere rimosso e cancellato dalla lista",
    ],
)
def test_who_wants_to_be_deleted_is_heard(text: str) -> None:
    assert meaning_by_rules(text) in (Meaning.STOP, Meaning.PERHAPS)


def test_who_leaves_one_thing_and_stays_in_another_is_no_stop() -> None:
    assert (
        meaning_by_rules("ich möchte mich vom Malkurs abmelden, aber beim Töpfern bleibe ich")
        is Meaning.REPLY
    )
    assert meaning_by_rules("ich möchte mich abmelden, aber Kunde bleibe ich") is Meaning.STOP
    assert meaning_by_rules("unsubscribe me from the promos, but I stay a customer") is not Meaning.REPLY


@pytest.mark.parametrize(
    "text",
    [
        'What part of "don\'t text me" is unclear?',
        "cuántas veces más, no quiero mensajes",
        "de câte ori să vă zic să nu mai scrieți",
        "koto bar bolbo msg na dite??",
    ],
)
def test_who_asks_how_often_it_must_be_said_says_it(text: str) -> None:
    assert meaning_by_rules(text) in (Meaning.STOP, Meaning.PERHAPS)


@pytest.mark.parametrize(
    "text", ["how many times did I not get your message?", "how many times must I say: don't call, text me"]
)
def test_who_asks_how_often_a_message_was_missed_wants_it(text: str) -> None:
    assert meaning_by_rules(text) is Meaning.REPLY


def test_a_denied_wish_to_be_put_back_is_none() -> None:
    of = subjects().of
    assert "again" in of(["put", "me", "back"], {"dont"})
    assert "again" not in of(["please", "dont", "put", "me", "back"], {"dont"})


def test_who_wants_more_in_one_thought_and_none_in_another_is_heard() -> None:
    assert meaning_by_rules("msg bhejna band mat karna") is Meaning.REPLY
    assert meaning_by_rules("msg bhejna band karo, dobara mat karna") is Meaning.STOP
    assert meaning_by_rules("you never stop texting me, take me off") is Meaning.STOP


def test_a_laughing_face_counts_in_a_reply_alone() -> None:
    assert meaning("stop 😂 too cute") is Meaning.REPLY
    assert meaning("stop 😂") is Meaning.STOP
    # Beside words that nobody knows a face says too little: the person is left alone, and somebody looks.
    assert meaning("Stop! This one 😍") is Meaning.PERHAPS
    assert meaning_by_rules("Stop! This one 😍") is Meaning.STOP


def test_the_words_are_kept_in_the_normal_form_of_replies() -> None:
    assert packed('laughter = "Haha*, ФИГА се"') == '["laughter",[["фига","се"]],["haha"]]\n'
