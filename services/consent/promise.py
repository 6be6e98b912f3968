"""The words that a text promises to hear: "reply STOP to opt out", "balas BERHENTI". Pure, linear.

A promised word stands in capitals or in quotes behind a verb of answering. In the line of an opt-out every
such word counts, if the sentence says nothing more; else only where it says what the word is for, because
"reply YES to order" promises something else.

A sentence is read from each of its words on, so a text that promises at every turn takes a quarter of a
second, and a sequence has a hundred texts: `Readings` reads each phrase once, and so many phrases.
"""

import re
from collections.abc import Collection, Iterator, Sequence

from services.consent.meaning import core, meaning_by_rules
from services.consent.words import Meaning, folded

_VERBS = (
    "reply|respond|answer|text|send|type|write|balas|jawab|taip|ketik|hantar|kirim|responde|responda|respondan|envía|"
    "envíe|envia|envie|escribe|escriba|mande|digite|répondez|répondre|réponds|envoyez|tapez|antworte|antworten|"
    "sende|senden|schreibe|schreiben|rispondi|rispondere|invia|scrivi|antwoord|stuur|ответьте|отправьте|напишите|"
    "yaz|yazın|gönder|gönderin|sumagot|ireply|jibu|tuma|trả lời|soạn|gửi|回复|回覆|回|返信|답장"
)
_BETWEEN = (
    "with|us|sie|mit|dengan|kata|perkataan|word|the|con|com|la|palabra|palavra|a|par|le|mot|met|tin|nhắn|dem"
)
_FEW = 1
_LOOKED_AT = 12
# Two promises in each of a hundred texts, read from each of twelve words on; half a second in all.
_PHRASES = 5_000
# Each part may stand a few times only, so that no text takes long.
_PROMISE = re.compile(
    rf"(?<!\w)(?:{_VERBS})(?!\w)(?:\s{{1,3}}(?:{_BETWEEN})(?!\w)){{0,3}}\s{{0,3}}[:：]?\s{{0,3}}"
    r"(?P<open>[\"'“”‘„«「*_]?)(?P<word>\w[\w-]{0,30})(?P<close>[\"'”’“»」*_]?)",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"[^.!?\n。！？]+")
_NO_PROMISE = frozenset(
    "yes y ya yep ok okay oke ja oui si sì sí sim da да evet 是 好 はい 네 help info menu".split()  # noqa: SIM905 - a list of words
)


class TooManyPromises(ValueError):
    """The texts promise so much that reading it all would take too long."""


class Readings:
    """What words and phrases mean to an account, of all texts of one request.

    `own_words` are the folded stop words of the account.
    """

    def __init__(self, own_words: Collection[str] = (), *, most: int = _PHRASES) -> None:
        self._own_words = own_words
        self._most = most
        self._heard: dict[str, bool] = {}
        self._meanings: dict[str, Meaning] = {}

    def is_heard(self, word: str) -> bool:
        """Whether the word does something, or is no promise to stop. Raises `TooManyPromises`."""
        if word not in self._heard:
            told = folded(word)
            self._heard[word] = (
                told in _NO_PROMISE
                or not {told, core(word)}.isdisjoint(self._own_words)
                or self.meaning(word) is not Meaning.REPLY
            )
        return self._heard[word]

    def meaning(self, phrase: str) -> Meaning:
        """Raises `TooManyPromises` for one phrase more than may be read."""
        if phrase not in self._meanings:
            if len(self._meanings) >= self._most:
                raise TooManyPromises
            self._meanings[phrase] = meaning_by_rules(phrase)
        return self._meanings[phrase]


def unheard(text: str, readings: Readings, *, is_footer: bool) -> Iterator[str]:
    """The promised words that would stop nobody. Raises `TooManyPromises`."""
    for sentence in _SENTENCE.findall(text):
        for found in _PROMISE.finditer(sentence):
            word = found["word"]
            is_marked = bool(found["open"] and found["close"]) or _is_capital(word)
            rest = sentence[: found.start()] + " " + sentence[found.end() :]
            if (
                is_marked
                and not readings.is_heard(word)
                and (_is_of_a_stop(rest, readings) or (is_footer and len(rest.split(None, _FEW)) <= _FEW))
            ):
                yield word


def _is_capital(word: str) -> bool:
    return len(word) > 1 and word.isupper()


def _is_of_a_stop(rest: str, readings: Readings) -> bool:
    words = rest.split(None, _LOOKED_AT)[:_LOOKED_AT]
    return any(readings.meaning(part) in (Meaning.STOP, Meaning.PERHAPS) for part in _purposes(words))


def _purposes(words: Sequence[str]) -> Iterator[str]:
    """What the word is for: the words that are left, and each of their ends."""
    for begin in range(len(words)):
        yield " ".join(words[begin:])
        yield words[begin]
