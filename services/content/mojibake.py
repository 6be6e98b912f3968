"""Mends text that some program read in a wrong encoding and saved: `JosÃ©` is `José`.

UTF-8 read as another encoding has a form that no language has: each letter beyond ASCII became two characters
or more. Only a text that is UTF-8 through and through once it is written back in that encoding is mended, and
only where signs stood in it that are no letters, or too many letters for chance.
"""

import re

from services.content.characters import is_letter, is_mark

_ENCODINGS = ("cp1252", "cp1251", "cp1250", "cp1254", "mac_roman", "cp437", "cp850")
# What Windows has no character for, as programs show it.
_UNUSED = {chr(code): bytes([code]) for code in range(0x80, 0xA0)}
_TIMES = 3
_BY_CHANCE = 3


def _beginning(codec: str) -> str:
    """What the first two bytes of a letter became that is beyond ASCII in UTF-8."""
    first, second = bytes(range(0xC2, 0xF5)), bytes(range(0x80, 0xC0))
    written = first.decode(codec, "ignore"), second.decode(codec, "ignore") + "".join(_UNUSED)
    return "".join(f"[{re.escape(each)}]" for each in written)


# Most texts are in order, and are seen to be so by their first letter beyond ASCII.
_MISREAD = re.compile(rf"[\x00-\x7f]*+(?:{'|'.join(map(_beginning, _ENCODINGS))})")


def mended(text: str) -> str:
    """The text as it was before; the same text where it is in order. Linear in the text."""
    return _mended(text, _TIMES)


def _mended(text: str, times: int) -> str:
    if not times or text.isascii() or not _MISREAD.match(text):
        return text
    found = next((each for codec in _ENCODINGS if (each := _written_back(text, codec))), None)
    if found is None:
        return text
    # What was misread twice is words only after both.
    before = _mended(found, times - 1)
    return before if before != found or _is_likelier(found, text) else text


def _is_likelier(found: str, text: str) -> bool:
    beyond = [char for char in found if not char.isascii()]
    if not all(is_letter(char) or is_mark(char) or char in "’‘“”–—" for char in beyond):
        return False
    signs = [char for char in text if not char.isascii() and not is_letter(char)]
    return bool(beyond) and (bool(signs) or len(beyond) > _BY_CHANCE)


def _written_back(text: str, codec: str) -> str | None:
    try:
        return _bytes(text, codec).decode("utf-8")
    except UnicodeError:
        return None


def _bytes(text: str, codec: str) -> bytes:
    """Raises `UnicodeError` for a character that the encoding has not."""
    try:
        return text.encode(codec)
    except UnicodeEncodeError as error:
        if text[error.start] not in _UNUSED:
            raise
    return b"".join(_UNUSED.get(char) or char.encode(codec) for char in text)
