"""From bytes to text, with nothing mangled silently.

A byte order mark tells UTF-8 and UTF-16, the zero bytes tell UTF-16 without a mark. Any other file begins as
ASCII, and its first bytes beyond ASCII decide, wherever they come: UTF-8 if they are valid, else Windows-1252
if the result reads like a language. A byte that does not fit later stays in the text as a surrogate, so that
only the row with this byte is refused, and the way back to bytes is exact.
"""

import codecs
import re

from gateway.imports.errors import FileError
from gateway.imports.reading import file_kinds

ASCII = "ascii"

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# What a caller may name beside what is found out by itself.
_NAMES = """
    ascii utf-8 utf-16 utf-16-le utf-16-be windows-874 windows-1250 windows-1251 windows-1252 windows-1253
    windows-1254 windows-1255 windows-1256 windows-1257 windows-1258 iso-8859-1 iso-8859-2 iso-8859-15 koi8-r
    mac-roman gb18030 gbk gb2312 big5 shift_jis euc-jp euc-kr
"""
_OTHERS = tuple(_NAMES.split())
_LEARNED = 32 * 1024
# In Western languages letters beyond ASCII stand alone or in pairs; other scripts misread come in rows.
_HIGH = re.compile(rb"[\x80-\xff]")
_HIGH_RUN = re.compile(r"[^\x00-\x7f]+")
_ODD = re.compile(r"[\x80-\x9f\u00a4\u00a6\u00a8\u00ac\u00af\u00b6\u00b8\u00be\u2020\u2021\u2030\u0192]")
# Beside a letter: é, ä and such of Mac Roman that Windows-1252 has not or has as `‰`, and not `’` or `–`.
_MAC_LETTER = re.compile(
    rb"(?<=[A-Za-z])[\x81-\x84\x86-\x90\x98\x9a-\x9f]|[\x81-\x84\x86-\x90\x98\x9a-\x9f](?=[a-z])"
)
# And the other way round, without what Mac Roman has as quotation marks and dashes.
_WINDOWS_LETTER = re.compile(rb"[\xc0-\xc8\xca-\xcf\xd6-\xff]")
_MAC_ODD = re.compile("[†°¢£§•¶®©™´¨≠∞±≤≥¥µ∂∑∏π∫ªºΩ¬√ƒ≈∆÷◊⁄€‹›ﬁﬂ‡·‚„‰ˆ˜¯˘˙˚¸˝˛ˇ]")


def known(encoding: str) -> str:
    """The name Python has for an encoding that may be asked for. Raises `FileError`."""
    name = encoding.strip().casefold().replace("_", "-").replace("cp125", "windows-125")
    for each in _OTHERS:
        if name in (each, each.replace("_", "-")):
            return "cp" + each[8:] if each.startswith("windows-") else each
    raise FileError("options.encoding", f"is not one of {', '.join(_OTHERS)}; name one, or leave it empty")


def mark(head: bytes) -> int:
    """Length of the byte order mark."""
    return next((len(sign) for sign, _ in _MARKS if head.startswith(sign)), 0)


def detect(head: bytes) -> str:
    """The encoding of a file that begins so, `ascii` while undecided. Raises `FileError` on `file`."""
    file_kinds.refuse_other(head)
    for sign, encoding in _MARKS:
        if head.startswith(sign):
            if encoding.startswith("utf-32"):
                raise FileError("file", "is in UTF-32; save it as UTF-8")
            return encoding
    if found := _by_zeros(head):
        return found
    file_kinds.refuse_binary(head)
    return ASCII


def _by_zeros(head: bytes) -> str | None:
    """UTF-16 without a mark: what is ASCII in it has a zero beside it, always on the same side."""
    # Some disks fill a file's last block with zeros.
    head = head.rstrip(b"\0")
    sides = head[0::2].count(0), head[1::2].count(0)
    if max(sides) == 0:
        return None
    if min(sides) * 10 <= max(sides) and max(sides) * 20 >= len(head):
        return "utf-16-be" if sides[0] > sides[1] else "utf-16-le"
    if max(sides) * 20 >= len(head):
        raise FileError("file", "is not text: it is full of zero bytes; export the list as CSV")
    return None


class Decoder:
    """Gives the text of bytes fed in order; `encoding` may go from `ascii` to what it turned out to be."""

    def __init__(self, encoding: str) -> None:
        self.encoding = encoding
        self._decoder = self._made()

    def _made(self) -> codecs.IncrementalDecoder:
        return codecs.getincrementaldecoder(self.encoding)(self._errors)

    @property
    def _errors(self) -> str:
        return "surrogatepass" if self.encoding.startswith("utf-16") else "surrogateescape"

    def decode(self, content: bytes, *, final: bool = False) -> str:
        """The text, as far as its last character is complete. Raises `FileError` on `file`."""
        if self.encoding == ASCII and not content.isascii():
            self.encoding = _beyond_ascii(content)
            self._decoder = self._made()
        try:
            # The one byte that a cut file may have too much is nobody's row.
            return self._decoder.decode(content, final and not self.encoding.startswith("utf-16"))
        except UnicodeDecodeError as error:
            raise FileError("file", f"does not fit {self.encoding}: {error.reason}") from None

    def encode(self, text: str) -> bytes:
        """The bytes that this text was decoded from."""
        return text.encode(self.encoding, self._errors)


def _beyond_ascii(content: bytes) -> str:
    """UTF-8 also for content in neither encoding: then the rows with such bytes are refused."""
    if _is_utf8(content):
        return "utf-8"
    high = _learned(content)
    text = high.decode("utf-8", "surrogateescape")
    bad = sum(1 for character in text if "\udc80" <= character <= "\udcff")
    good = sum(1 for character in text if character > "\x7f") - bad
    if _is_mac(high):
        return "mac-roman"
    # A few bytes that do not fit do not make all others Windows-1252.
    if good > 3 * bad or not reads_western(high.decode("cp1252", "surrogateescape")):
        return "utf-8"
    return "cp1252"


def _is_mac(high: bytes) -> bool:
    """Excel on a Mac: its letters beyond ASCII are where Windows-1252 has signs that stand in no word."""
    letters = len(_MAC_LETTER.findall(high))
    return letters > 2 * len(_WINDOWS_LETTER.findall(high)) and reads_western(
        high.decode("mac-roman"), _MAC_ODD
    )


def refuse_unreadable(head: bytes) -> None:
    """Raises `FileError` for the beginning of a file that is in none of the encodings looked for."""
    if detect(head) != ASCII or _beyond_ascii(head) != "utf-8" or _is_utf8(head):
        return
    text = _learned(head).decode("utf-8", "surrogateescape")
    bad = sum(1 for character in text if "\udc80" <= character <= "\udcff")
    if bad * 4 > sum(1 for character in text if character > "\x7f"):
        raise FileError(
            "file",
            "is neither UTF-8 nor UTF-16, and does not read like Windows-1252; save it as `CSV UTF-8`, or"
            " name its encoding, such as gb18030 or windows-1251",
        )


def _learned(content: bytes) -> bytes:
    """The part of the content from its first byte beyond ASCII: the part that tells encodings apart."""
    high = _HIGH.search(content)
    return content[high.start() : high.start() + _LEARNED] if high else b""


def _is_utf8(content: bytes) -> bool:
    try:
        codecs.getincrementaldecoder("utf-8")("strict").decode(content, False)  # noqa: FBT003
    except UnicodeDecodeError:
        return False
    return True


def reads_western(text: str, odd_ones: re.Pattern[str] = _ODD) -> bool:
    """Whether the letters beyond ASCII stand as they do in Western languages."""
    runs = _HIGH_RUN.findall(text)
    odd = sum(1 for run in runs if len(run) > 2 or odd_ones.search(run))  # noqa: PLR2004 - see _HIGH_RUN
    return odd * 4 <= len(runs)
