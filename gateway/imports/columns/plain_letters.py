"""Letters as their plain form: titles are compared, and keys are made, without what keyboards leave out.

Unicode decomposes é into e and its accent, and leaves the letters below whole: for it they are letters of
their own, although people who type `Numer telefonu komorkowy` for `komórkowy` also type `l` for `ł`.
"""

import unicodedata

_WHOLE = str.maketrans(
    {
        "đ": "d", "ð": "d", "ɖ": "d", "ł": "l", "ŀ": "l", "ø": "o", "ı": "i", "ß": "ss", "ə": "e", "ǝ": "e",
        "æ": "ae", "œ": "oe", "þ": "th", "ħ": "h", "ŧ": "t", "ŋ": "n", "ĸ": "k", "ŉ": "n", "ɓ": "b",
        "ɗ": "d", "ƙ": "k", "ƴ": "y", "ɛ": "e", "ɔ": "o", "ɣ": "g", "ƒ": "f", "ɨ": "i", "ʉ": "u", "ɵ": "o",
    }
)  # fmt: skip


def plain(text: str) -> str:
    """In small letters and decomposed: `Đường` as `d`, `u`, a horn and so on. Marks are left to the caller.

    Linear in the text.
    """
    return unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold().translate(_WHOLE))
