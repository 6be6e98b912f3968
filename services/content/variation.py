"""How a text varies beyond its wording, and where it may.

With `NONE` nothing is drawn: the first greeting that fits, the first alternative of each group, and the
text as it stands. With `NATURAL` greeting and alternatives are drawn, and there are two variations more:

- the end of the body: 30 % a full stop, 20 % a comma, 40 % a space, 10 % nothing. Stop and comma are
  those of the script (`。` and `，` after Chinese, `،` after Arabic) and come only after a word: a letter
  that belongs to no address, link or opt-out word. After anything else (a stop, a digit, an emoji, a link)
  what would have been a stop or a comma is nothing, and the space keeps its share: nothing is ever
  written against an address or a code (`SAVEBIG`), where it would become part of it.
- the case of the greeting: in 20 % its first letter is small where the author wrote a capital, and the
  other way round; never in an acronym or a brand (`HELLO`, `DBS`, `iKEA`). Only a letter that the author
  wrote, with a case, at the very start; never that of a variable, an opt-out word, or in a greeting that
  holds an address.

Both are outside URLs, e-mails, numbers, names, opt-out words and emoji by construction, and change whole
grapheme clusters only. The footer is never varied.
"""

import re
from dataclasses import dataclass
from enum import Enum

from services.content.characters import is_letter, is_mark
from services.content.tree import Choice, Nodes, Text

WORD = 1 << 32
_STOPS = {"CJK": "。，", "Arabic": ".،"}

# The stop words are in `services/consent/vocabulary.toml`; `tests/unit/consent` compares both.
_OPT_OUT = "stop|stopall|unsubscribe|unsub|cancel|end|quit|optout|opt-out|berhenti|henti|batal|keluar|tamat"
_OPT_OUT_LAST = re.compile(
    rf"(?:(?:^|[^a-z])(?:{_OPT_OUT})|停止|退订|退訂|取消|நிறுத்து|நிறுத்தவும்|إيقاف|ايقاف|توقف|الغاء|إلغاء)$",
    re.IGNORECASE,
)
_OPT_OUT_FIRST = re.compile(rf"(?:{_OPT_OUT})(?![a-z])", re.IGNORECASE)


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# What follows one of these is typed as it stands.
_CODES = _words("""
    code kod kode voucher promo coupon kupon código codigo codice cupom cupón gutscheincode rabattcode
    promocode kodu κωδικός промокод код الرمز كود קוד 优惠码 優惠碼 验证码 クーポン クーポンコード 코드 쿠폰
    โค้ด mã password passwort parola пароль senha contraseña sandi laluan passe pin username login keyword
    hashtag
""")
_COLONS = (":", "\N{FULLWIDTH COLON}")
# Within one word: an e-mail or a mention, a scheme, a host or a path.
_ADDRESS = re.compile(r"@|＠|[^\s:]:[^\s:]|\uff1a(?=\S)|/|[^\s.]\.[^\s.]")
# Two letters, of the scripts whose cases are settled: others change with Unicode, and so with Python.
_CASED = re.compile("[A-Za-z\u00c0-\u058f\u1e00-\u1fff]{2}")


class Level(Enum):
    """How much a text varies from lead to lead."""

    NONE = "none"
    NATURAL = "natural"


@dataclass(frozen=True, slots=True)
class Variation:
    """The level, and the probability of each variation at `NATURAL`."""

    level: Level = Level.NATURAL
    full_stop: float = 0.30
    comma: float = 0.20
    space: float = 0.40
    greeting_case: float = 0.20

    def __post_init__(self) -> None:
        shares = (self.full_stop, self.comma, self.space, self.greeting_case)
        # NaN fails every comparison.
        if not all(0.0 <= share <= 1.0 for share in shares):
            raise ValueError("a probability is 0 to 1")
        if sum(shares[:3]) > 1.0 + 1e-9:
            raise ValueError("the probabilities of full stop, comma and space add up to more than 1")

    @property
    def ends(self) -> tuple[float, float, float]:
        """The probabilities of stop, comma and space; all 0 at `NONE`."""
        return (self.full_stop, self.comma, self.space) if self.level is Level.NATURAL else (0.0, 0.0, 0.0)

    @property
    def case(self) -> float:
        """The probability of a changed case of the greeting; 0 at `NONE`."""
        return self.greeting_case if self.level is Level.NATURAL else 0.0


def threshold(share: float) -> int:
    """Draws below it are that share of all."""
    return min(WORD, round(share * WORD))


def ends_in_a_word(text: str) -> bool:
    """Whether a full stop or a comma may follow."""
    base = text[-1:]
    if not ("a" <= base <= "z" or "A" <= base <= "Z"):
        end = len(text)
        while end and is_mark(text[end - 1]):
            end -= 1
        if not end or not is_letter(text[end - 1]):
            return False
    word = text[max(text.rfind(" "), text.rfind("\n")) + 1 :]
    if _is_code(word) or _ADDRESS.search(word) or _OPT_OUT_LAST.search(word):
        return False
    before = text[: -len(word)].rstrip(" \n\"'")
    if before[-1:] in _COLONS:
        # One word that was announced is to be typed, or may be.
        return False
    return before[max(before.rfind(" "), before.rfind("\n")) + 1 :].lower() not in _CODES


def _is_code(word: str) -> bool:
    """`SAVEBIG`, `SaveBig`, `save_big`, `A`: with a mark behind it, it may be typed with the mark."""
    letters = word.strip("*_~\"'([")
    return (
        letters[:1] == "#"
        or "_" in letters
        or _capitals(letters[1:])
        or (len(letters) == 1 and _capitals(letters))
    )


def _capitals(text: str) -> bool:
    """Of the scripts whose cases are settled."""
    return any(char.isupper() for char in text if char < "\u0590")


def stops(text: str) -> str:
    """The full stop and the comma of the script that the text ends in."""
    last = text[-1]
    if last < "\u0600":
        return ".,"
    if "\u2e80" <= last <= "\ud7ff" or "\uf900" <= last <= "\ufaff" or last >= "\U00020000":
        return _STOPS["CJK"]
    return _STOPS["Arabic"] if last <= "\u08ff" or "\ufb50" <= last <= "\ufeff" else ".,"


def other_case(nodes: Nodes) -> Nodes:
    """The greeting with the case of its first letter changed wherever that may be."""
    return nodes if _holds_an_address(nodes) else _flipped(nodes)


def _flipped(nodes: Nodes) -> Nodes:
    if not nodes:
        return nodes
    first = nodes[0]
    if isinstance(first, Text):
        first = Text(_flip(first.text))
    elif isinstance(first, Choice):
        first = Choice(tuple(_flipped(each) for each in first.alternatives), first.at, first.end)
    return (first, *nodes[1:])


def _flip(text: str) -> str:
    letter, other = text[0], text[0].swapcase()
    if other.swapcase() != letter or not _CASED.fullmatch(letter + other) or _OPT_OUT_FIRST.match(text):
        return text
    word = text.split(None, 1)[0]
    # An acronym or a brand is as its owner writes it: `HELLO`, `iKEA`, `Wi-Fi`, `G20`.
    if _capitals(word[1:]) or any(map(str.isdigit, word)) or (len(word) == 1 and word.isascii()):
        return text
    return other + text[1:]


def _holds_an_address(nodes: Nodes) -> bool:
    for node in nodes:
        if isinstance(node, Text) and _ADDRESS.search(node.text):
            return True
        if isinstance(node, Choice) and any(map(_holds_an_address, node.alternatives)):
            return True
    return False
