"""From a cell to its text, to a yes or no, to a language."""

import re
import tomllib
from pathlib import Path

from gateway.imports.errors import RowError


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Programs put an apostrophe before a cell, so that Excel does not read the cell as a formula or a number. The
# file of refused rows does so too.
_MARKED = re.compile(r"'(?=[=+\-@\t\r]|[\d ]+$)")
# What Excel writes in place of a formula that has no result.
_BROKEN = _words("#REF! #N/A #NAME? #VALUE! #DIV/0! #NULL! #NUM!")

# NUL, and the surrogates that stand for bytes of another encoding.
_NOT_STORABLE = re.compile("[\0\ud800-\udfff]")

_YES = _words("""
    yes y true t 1 x on ya yea yeah ok okay benar setuju bersetuju ja oui si sim agree agreed agrees accept
    accepted consent consents consented granted given allow allowed enabled optin optedin subscribe subscribed
    sure ✓ ✔ ☑ ✅ 是 有 同意 好 愿意
""")
_NO = _words("""
    no n not false f 0 off never tidak tak taknak tiada jangan nein non não nao optout optedout unsubscribe
    unsubscribed decline declined disagree refuse refused revoked withdrawn stop dont disabled ✗ ✘ ☐ ❌
    否 无 無 不同意 不 不要 没有
""")
_EMPTY = frozenset({"", *_words("na n/a nil null none – — ?")})
_JOINED = str.maketrans({"'": "", "\u2019": "", "_": "", "-": ""})
# The words of a sentence; single letters and digits of one mean nothing.
_WORD = re.compile(r"[^\W\d_]{2,}")

# As the API takes it in Lead.language.
_LANGUAGE = re.compile(r"([A-Za-z]{2,3}(-[A-Za-z0-9]{1,8}){0,5})?")
_LANGUAGES: dict[str, str] = {
    word: tag
    for tag, words in tomllib.loads(Path(__file__).with_name("languages.toml").read_text(encoding="utf-8"))[
        "languages"
    ].items()
    for word in words.split()
}


def storable(text: str) -> str:
    """The text with a replacement character for what neither JSON nor Postgres takes."""
    return _NOT_STORABLE.sub("\N{REPLACEMENT CHARACTER}", text)


def cell_text(cell: str) -> str:
    """The text of a cell, without the apostrophe that programs add for Excel."""
    text = cell.strip()
    if text[:1] == "'" and _MARKED.match(text):
        return text[1:]
    return "" if text[:1] == "#" and text in _BROKEN else text


def yes_or_no(cell: str) -> bool | None:
    """True for yes, False for no, None for an empty cell. Raises `RowError`, also for yes and no at once."""
    text = cell.casefold().translate(_JOINED).strip()
    whole = _bare("".join(text.split()))
    if not text or whole in _EMPTY:
        return None
    if whole in _YES or whole in _NO:
        return whole in _YES
    is_no = [word in _NO for word in _WORD.findall(text) if word in _YES or word in _NO]
    # "I do not agree" is a no; what begins with a yes must not go on with a no.
    if is_no and (is_no[0] or not any(is_no)):
        return not is_no[0]
    raise RowError("CONSENT", "consent: is neither yes nor no; write yes or no, or leave the cell empty")


def _bare(word: str) -> str:
    """Without a bracket before it and marks behind it; `1.0` is `1`."""
    if word[:2] in ("0.", "1.") and word[2:] and not word[2:].strip("0"):
        return word[0]
    return (word[1:] if word[:1] in ("[", "(") else word).rstrip("]).,!")


def language(cell: str) -> str:
    """A tag of BCP 47, also of a locale (`ms_MY`) or a language's name. Raises `RowError`."""
    if not cell:
        return ""
    tag = cell.strip().replace("_", "-")
    tag = _LANGUAGES.get("".join(tag.casefold().split()), tag)
    if not _LANGUAGE.fullmatch(tag):
        raise RowError(
            "LANGUAGE",
            "language: is no language tag; write a tag of BCP 47 such as ms, en or zh-Hant, or leave the cell"
            " empty",
        )
    return tag
