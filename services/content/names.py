"""The name to call a lead by, from whatever stands in the field for the name.

No usable name, so that the fallback is used: nothing, no letter at all (digits, punctuation, emoji), an
e-mail or web address, or a phone number in any notation: in the digits of any script, with its
punctuation, with a label such as "Tel", even in Chinese numerals. A number or an e-mail beside a name is
cut off: "Ahmad 012-345 6789" is Ahmad. A name has one line and at most 60 characters.

The first name is the first word after titles (Dr, Encik, Puan, Tan Sri, …) and initials ("S. Muthu" is
Muthu), with what belongs to it: "Abdul Rahman", "Mohd Faizal". A name in Chinese, Japanese or Korean
letters is its own first name. So is one of titles only. "Tan Wei Ming" is Tan: no program can tell.
"""

import re
from typing import NamedTuple

from services.content import unicode_tables as tables
from services.content.characters import LETTERS, MARKS, char_class, has_letter
from services.content.graphemes import shortened
from services.content.hygiene import clean_line
from services.content.letter_case import mended

LIMIT = 60


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Most names: nothing to clean, nothing to mend.
_PLAIN = re.compile(r"[A-Z][a-z]{2,29}(?: (?:bin|binti|[A-Z][a-z]{2,29})){0,5}")
# Without any of these a name holds no number and no address.
_TELLING = re.compile(r"[0-9@:.]|[^\0-\x7f]")
# Seven digits or more, with what people write between them; bounded, so that time stays linear.
_PHONE = re.compile(r"[+＋(（]{0,3}[0-9](?:[\s().\-/+·（）／－．‐-―−]{0,5}[0-9]){6,}[)）]?")
_LABELS = _words(
    "tel telp telefon telephone phone hp h/p handphone mobile cell no nombor number num fax faks wa whatsapp"
    " ws call contact ext x 电话 手机 手机号 电话号码 தொலைபேசி هاتف جوال رقم"
)
_EDGES = ' \t,;:|-–—_<>[]{}=#*~"“”'
_DIGITS = (
    {
        first + value: str(value)
        for pair in tables.DIGIT.split()
        for run in [[int(code, 16) for code in pair.split("-")]]
        for first in range(run[0], run[-1], 10)
        for value in range(10)
    }
    | {ord(char): str(value) for value, char in enumerate("零一二三四五六七八九")}
    | {ord("〇"): "0"}
)

_TITLES = _words(
    "dr dr. mr mr. mrs mrs. ms ms. mdm mdm. miss madam sir prof prof. professor encik en en. puan pn pn. cik"
    " tuan tn tn. datuk dato dato' dato’ datin toh tun haji hj hj. hajah hjh hjh. ustaz ustazah ir ir. ts ts."
    " ar ar. cikgu rev rev. capt capt. sdr sdr. sdri"
)
_TWO_WORD_TITLES = frozenset({("tan", "sri"), ("puan", "sri"), ("toh", "puan"), ("yang", "berhormat")})
_COMPOUNDS = frozenset(["abdul", "abd", "abd.", "mohd", "mohd.", "muhd", "muhd.", "mhd", "md", "md."])
_SPECIAL = _TITLES | _COMPOUNDS | {"tan", "toh", "yang"}
# The last one may lack its full stop. The classes stand here once, because each takes 10 ms to compile.
_INITIALS = re.compile(rf"(?:[{LETTERS}][{MARKS}]*(?:\.|\Z))+")
_WHOLE = re.compile(f"[{''.join(map(char_class, tables.TOGETHER.values()))}]")


class Name(NamedTuple):
    """The values of `{name}` and `{first_name}`."""

    full: str
    first: str


def called(raw: str) -> Name | None:
    """The name, clean and mended; None when the fallback is to be used. Linear in the text."""
    if len(raw) <= LIMIT and _PLAIN.fullmatch(raw):
        first = raw.partition(" ")[0]
        if first.lower() not in _SPECIAL or first == raw:
            return Name(raw, first)
    name = _without_numbers(clean_line(raw))
    if not has_letter(name):
        return None
    name = shortened(mended(name), LIMIT).rstrip()
    return Name(name, _first(name)) if has_letter(name) else None


def _without_numbers(name: str) -> str:
    """Without addresses and phone numbers; nothing, when only their labels would be left."""
    if not _TELLING.search(name):
        return name
    rest = " ".join(word for word in name.split() if not _is_address(word))
    digits = rest if rest.isascii() else rest.translate(_DIGITS)
    pieces, at = [], 0
    for number in _PHONE.finditer(digits):
        pieces.append(rest[at : number.start()])
        at = number.end()
    pieces.append(rest[at:])
    left = " ".join(" ".join(pieces).split())
    if left == name:
        return name
    words = [word.strip(_EDGES + ".()（）：").lower() for word in left.split()]
    return "" if all(word in _LABELS or not word for word in words) else left.strip(_EDGES)


def _is_address(word: str) -> bool:
    return (
        (len(word) > 1 and ("@" in word or "＠" in word)) or "://" in word or word.lower().startswith("www.")
    )


def _first(name: str) -> str:
    if _WHOLE.search(name):
        return name
    words = _without_titles(name.split())
    while len(words) > 1 and _INITIALS.fullmatch(words[0]):
        words = words[1:]
    if not words:
        return name
    if len(words) > 1 and words[0].lower() in _COMPOUNDS:
        return f"{words[0]} {words[1]}"
    first = words[0].rstrip(",;:")
    return first if has_letter(first) else name


def _without_titles(words: list[str]) -> list[str]:
    while words:
        if tuple(word.lower() for word in words[:2]) in _TWO_WORD_TITLES:
            words = words[2:]
        elif words[0].lower() in _TITLES:
            words = words[1:]
        else:
            break
    return words
