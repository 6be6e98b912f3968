"""The encodings that a file with neither mark nor valid UTF-8 may be in."""

import codecs
import re
from collections.abc import Callable
from dataclasses import dataclass


def _beyond(encoding: str, last: int) -> Callable[[str], bool]:
    """Whether a character is outside the first rows of a national standard, where the daily ones are."""

    def rare(char: str) -> bool:
        try:
            return char.encode(encoding)[0] > last
        except UnicodeEncodeError:
            return True

    return rare


def _not_hangul(char: str) -> bool:
    return not "\uac00" <= char <= "\ud7a3"


@dataclass(frozen=True)
class Candidate:
    """`codec` is Python's name, `name` what people call it.

    `languages`: those that people write in it, empty for all whose letters it has. For Chinese, Japanese and
    Korean it is one, and `rare` tells whether a character is outside of what people use daily.
    """

    codec: str
    name: str
    languages: frozenset[str] = frozenset()
    rare: Callable[[str], bool] | None = None

    def decoded(self, content: bytes) -> str | None:
        """The text, or None where a byte has no meaning."""
        try:
            return content.decode(self.codec)
        except UnicodeDecodeError:
            return None


_WESTERN = frozenset(
    ["de", "fr", "es", "ca", "pt", "gl", "it", "nl", "da", "no", "sv", "fi", "is", "fo", "et", "sq", "ga"]
)
_TURKISH = _WESTERN - {"is", "fo"} | {"tr", "az"}
_CENTRAL = frozenset(["pl", "cs", "sk", "hu", "ro", "hr", "sl", "bs", "sq", "de", "fr"])
_BALTIC = frozenset(["et", "lv", "lt", "de", "fi", "sv", "da", "no"])
_CHINESE = frozenset({"zh"})
_JAPANESE = frozenset({"ja"})
_KOREAN = frozenset({"ko"})

# The commonest first: of several in which a file reads the same, the first is named.
CANDIDATES = (
    Candidate("cp1252", "windows-1252", _WESTERN),
    Candidate("cp1250", "windows-1250", _CENTRAL),
    Candidate("cp1254", "windows-1254", _TURKISH),
    Candidate("cp1257", "windows-1257", _BALTIC),
    Candidate("cp1251", "windows-1251"),
    Candidate("cp1253", "windows-1253"),
    Candidate("cp1255", "windows-1255"),
    Candidate("cp1256", "windows-1256"),
    Candidate("cp1258", "windows-1258"),
    Candidate("cp874", "windows-874"),
    Candidate("cp932", "shift_jis", _JAPANESE, _beyond("euc_jp", 0xCF)),
    Candidate("gb18030", "gb18030", _CHINESE, _beyond("gb2312", 0xD7)),
    Candidate("cp950", "big5", _CHINESE, _beyond("big5", 0xC6)),
    Candidate("cp949", "euc-kr", _KOREAN, _not_hangul),
    Candidate("euc_jp", "euc-jp", _JAPANESE, _beyond("euc_jp", 0xCF)),
    Candidate("mac_roman", "mac-roman", _WESTERN),
    Candidate("cp850", "cp850", _WESTERN),
    Candidate("cp852", "cp852", _CENTRAL),
    Candidate("cp437", "cp437", _WESTERN),
    Candidate("cp857", "cp857", _TURKISH),
    Candidate("cp775", "cp775", _BALTIC),
    Candidate("cp865", "cp865", _WESTERN),
    Candidate("iso8859_2", "iso-8859-2", _CENTRAL),
    Candidate("iso8859_4", "iso-8859-4", _BALTIC),
    Candidate("iso8859_9", "iso-8859-9", _TURKISH),
    Candidate("iso8859_13", "iso-8859-13", _BALTIC),
    Candidate("iso8859_15", "iso-8859-15", _WESTERN),
    Candidate("iso8859_16", "iso-8859-16", _CENTRAL),
    Candidate("mac_latin2", "mac-latin2", _CENTRAL),
    Candidate("mac_turkish", "mac-turkish", _TURKISH),
    Candidate("koi8_r", "koi8-r"),
    Candidate("koi8_u", "koi8-u"),
    Candidate("cp866", "cp866"),
    Candidate("iso8859_5", "iso-8859-5"),
    Candidate("mac_cyrillic", "mac-cyrillic"),
    Candidate("iso8859_7", "iso-8859-7"),
    Candidate("cp737", "cp737"),
    Candidate("iso8859_8", "iso-8859-8"),
    Candidate("cp862", "cp862"),
    Candidate("iso8859_6", "iso-8859-6"),
    # Seldom met, and looked for so that such a file is asked about instead of read as another.
    Candidate("mac_greek", "mac-greek"),
    Candidate("mac_romanian", "mac-romanian", _CENTRAL),
    Candidate("mac_croatian", "mac-croatian", _CENTRAL),
    Candidate("mac_iceland", "mac-iceland", _WESTERN),
    Candidate("cp855", "cp855"),
    Candidate("cp860", "cp860", _WESTERN),
    Candidate("cp861", "cp861", _WESTERN),
    Candidate("cp863", "cp863", _WESTERN),
    Candidate("cp720", "cp720"),
)
_OF_OUR_OWN = ("ascii", "utf-8", "utf-16", "utf-16-le", "utf-16-be", "iso-8859-1", "gbk", "gb2312")
NAMES = (*_OF_OUR_OWN, *(each.name for each in CANDIDATES))


def _python_name(name: str) -> str:
    try:
        return codecs.lookup(name).name
    except LookupError:
        return name


# What Windows calls `shift_jis` or `big5` has more characters than the standard: the wider one is read.
_CODECS = {_python_name(each): each for each in _OF_OUR_OWN} | {
    _python_name(name): each.codec for each in CANDIDATES for name in (each.codec, each.name)
}
_SPELLED = re.compile(r"[ _-]+")


def codec(name: str) -> str:
    """Python's name for an encoding that people may ask for, however they spell it; empty for none."""
    asked = _SPELLED.sub("-", name.strip().casefold())
    asked = "cp" + asked.removeprefix("windows-") if asked.startswith("windows-") else asked
    return _CODECS.get(_python_name(asked), "") if asked.isascii() and asked.isprintable() else ""
