"""Placeholders of other systems in a text: they would be sent as they stand."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_WORD = r"[^\W\d][\w .:-]{0,40}"
# What no sentence has: any word between such signs is a placeholder.
_SIGNED = re.compile(
    rf"\*\|{_WORD}\|\*|%%{_WORD}%%|%[^\W\d][\w.:-]{{1,40}}%|<<\s?{_WORD}>>|\[\[{_WORD}\]\]|\[%{_WORD}%\]"
    rf"|##{_WORD}##|<%=?\s?{_WORD}\s?%>|[$#%@]\{{\s?(?:first_)?name\s?[|}}]"
)
# What sentences have, too: a placeholder only around what people call the name.
_NAMED = re.compile(
    rf"(?<!\[)\[({_WORD})(?:,\s?fallback=[^\]\n]{{0,40}})?\](?!\])|(?<!<)<({_WORD})/?>(?!>)"
    rf"|(?<![\w.@])[@$]([^\W\d]\w{{0,30}}(?:\.\w{{1,30}})?)(?!\w|\.\w)|(?<!\w)__({_WORD}?)__(?!\w)"
    rf"|[$%]?\(({_WORD})\)|«\s?({_WORD})»|&lt;({_WORD})&gt;|\|\*({_WORD})\*\|"
    # The same sign on both sides.
    rf"|(?<![\w*#|])(?:#({_WORD})#|~({_WORD})~|\^({_WORD})\^|!({_WORD})!|\|({_WORD})\||@@({_WORD})@@|-([^\W\d]\w{{0,30}})-)(?![\w*#|])"
)
# `contact.first_name`: whose it is.
_OWNERS = ("contact", "customer", "subscriber", "recipient", "user", "lead", "client", "member", "person")
_FIRST = frozenset(
    [
        "firstname",
        "fname",
        "givenname",
        "forename",
        "prenom",
        "prénom",
        "vorname",
        "primeiro",
        "nombre",
        "nomepropio",
        "namadepan",
    ]
)
_NAMES = _FIRST | frozenset(
    [
        "name",
        "fullname",
        "lastname",
        "lname",
        "surname",
        "customername",
        "clientname",
        "contactname",
        "username",
        "yourname",
        "yournamehere",
        "recipientname",
        "leadname",
        "membername",
        "customer",
        "nama",
        "namapenuh",
        "namapelanggan",
        "nome",
        "nom",
        "nachname",
        "имя",
        "姓名",
        "名字",
        "이름",
        "الاسم",
    ]
)
_SQUEEZED = re.compile(r"[\W_]+")


@dataclass(frozen=True)
class Foreign:
    """One of them, with its place in the text and what to write instead."""

    at: int
    text: str
    instead: str


def foreign(text: str) -> Iterator[Foreign]:
    """Those of a text, in its order for each kind. Linear in the text."""
    for found in _SIGNED.finditer(text):
        yield Foreign(found.start(), found[0].rstrip("|"), _instead(_SQUEEZED.sub("", found[0]).casefold()))
    for found in _NAMED.finditer(text):
        word = _SQUEEZED.sub("", next(filter(None, found.groups()), "")).casefold()
        for owner in _OWNERS:
            word = word.removeprefix(owner) or word
        if word in _NAMES:
            yield Foreign(found.start(), found[0], _instead(word))


def _instead(word: str) -> str:
    if word in _FIRST or word.startswith("first"):
        return "{first_name}"
    return "{name}" if word in _NAMES else "{name}, {first_name} or {attr.KEY}"
