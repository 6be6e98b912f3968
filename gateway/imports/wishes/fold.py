"""The form by which words of titles and values are compared: small letters without accents."""

import re
import unicodedata
from functools import lru_cache

# Letters that do not decompose, and spellings of one letter in Arabic script.
_LETTERS = str.maketrans(
    {"đ": "d", "ł": "l", "ø": "o", "ı": "i", "ə": "e", "æ": "ae", "œ": "oe", "ð": "d", "þ": "th", "ة": "ه",
     "ى": "ي", "ی": "ي", "ک": "ك", "ې": "ي", "’": "'", "`": "'"}
)  # fmt: skip
# Longer cells are seldom met twice, and a memo must not keep them.
_REMEMBERED = 300
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z]{2})")
# The vowel signs of Indian scripts are marks that make a letter another one.
_INDIAN = ("\u0900", "\u1aff")
# Written apart, together or with a hyphen, they are one word.
_ONE_WORD = (
    (re.compile(r"\bwhats app\b"), "whatsapp"),
    (re.compile(r"\be (mail|post|mel|posta|pastas|pasts)(s?)\b"), r"e\1\2"),
    (re.compile(r"\b(?:opt|opted|opts|opting) ?in\b"), "optin"),
    (re.compile(r"\b(?:opt|opted|opts|opting) ?out\b"), "optout"),
    (re.compile(r"\b(black|block) list"), r"\1list"),
    (re.compile(r"\bun (subscri|sub\b)"), r"un\1"),
    (re.compile(r"\bsign(?:ed)? up\b"), "signup"),
    (re.compile(r"\bdo(es)? n t\b|\bdon t\b"), "dont"),
    (re.compile(r"\bdoesn t\b"), "doesnt"),
    (re.compile(r"\bdo(?:not|nt)(?=[a-z]{2})"), "do not "),
    (re.compile(r"\bghi chu\b"), "ghichu"),
    (re.compile(r"\bd accord\b"), "accord"),
    (re.compile(r"\bdong y\b"), "dongy"),
    (re.compile(r"\bcho phep\b"), "permit"),
    (re.compile(r"\bhuy dang ky\b"), "huydangky"),
    (re.compile(r"\bquang cao\b"), "quangcao"),
    (re.compile(r"\btin nhan\b"), "tinnhan"),
    (re.compile(r"\bkhuyen mai\b"), "khuyenmai"),
    (re.compile(r"\blien he\b"), "lienhe"),
    (re.compile(r"\brut lai\b"), "rutlai"),
    (re.compile(r"\bdanh sach den\b|\bстоп лист\w{0,3}\b"), "blacklist"),
    (re.compile(r"\btu choi\b"), "tuchoi"),
    (
        re.compile(r"\b(senarai) (hitam)\b|\b(lista) (negra|nera|preta|neagra)\b|\b(kara) (liste)\b"),
        "blacklist",
    ),
    (re.compile(r"\bliste noire\b|\bschwarzen? liste\b|\bzwarte lijst\b"), "blacklist"),
    (re.compile(r"\b(czarn|crn|svart|must|feket)[ae]? lista\b"), "blacklist"),
    (
        re.compile(
            r"\bليست سياه\b|\bsort(e)? liste\b|\bcern[ay] listin[ay]\b|\bμαυρη λιστα\b|\bالقايمه السوداء\b"
        ),
        "blacklist",
    ),
    (re.compile(r"черн(?:ыи|ыим|ом) списк?[оке]{1,2}|чорн(?:ии|им|ому) списк?[оку]{1,2}"), "черныисписок"),
    (re.compile(r"\bdirect mail\b"), "directmail"),
)


def fold(text: str) -> str:
    """Without accents, marks and capitals."""
    return _fold(text) if len(text) <= _REMEMBERED else _fold.__wrapped__(text)


@lru_cache(maxsize=4096)
def _fold(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return unicodedata.normalize("NFC", "".join(filter(_stays, decomposed))).translate(_LETTERS)


def _stays(character: str) -> bool:
    return not _is_mark(character) or _INDIAN[0] <= character <= _INDIAN[1]


def _is_mark(character: str) -> bool:
    return unicodedata.category(character)[0] == "M"


def words(text: str) -> list[str]:
    """The words of a text; `WhatsAppOptIn` is two."""
    folded = fold(_CAMEL.sub(" ", text))
    spaced = " ".join("".join(each if _is_written(each) else " " for each in folded).split())
    for pattern, joined in _ONE_WORD:
        spaced = pattern.sub(joined, spaced)
    return spaced.split()


def squeezed(text: str) -> str:
    """Letters and digits alone."""
    return _squeezed(text) if len(text) <= _REMEMBERED else _squeezed.__wrapped__(text)


@lru_cache(maxsize=4096)
def _squeezed(text: str) -> str:
    return "".join(filter(_is_written, fold(text)))


def _is_written(character: str) -> bool:
    return character.isalnum() or _is_mark(character)
