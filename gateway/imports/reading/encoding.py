"""From bytes to text, with nothing mangled silently.

A byte order mark tells UTF-8 and UTF-16, the zero bytes tell UTF-16 without a mark. Any other file begins as
ASCII, and its first bytes beyond ASCII decide, wherever they come: UTF-8 if they are valid, else what `guess`
is certain of; where it is not, the caller is asked. A byte that does not fit later stays in the text as a
surrogate, so that only the row with this byte is refused, and the way back to bytes is exact.
"""

import codecs
import re

from gateway.imports.errors import FileError
from gateway.imports.reading import file_kinds
from gateway.imports.reading.candidates import NAMES, codec
from gateway.imports.reading.guess import Guess, guess

ASCII = "ascii"

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_LEARNED = 32 * 1024
_HIGH = re.compile(rb"[\x80-\xff]")
# So much from the first byte beyond ASCII on tells encodings apart, where it comes late in a file.
_TELLING = 8 * 1024
# Of a doubt: so many readings are shown.
_SHOWN = 4
# Of the encodings that may be named, for people.
_NAMED = 20


def known(encoding: str) -> str:
    """The name Python has for an encoding that may be asked for. Raises `FileError`."""
    if found := codec(encoding):
        return found
    some = ", ".join(list(NAMES)[:_NAMED])
    text = f"is not one of {some} and other usual ones; name one, or leave it empty"
    raise FileError("options.encoding", text)


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
        # From the line with the first byte beyond ASCII on, until there is enough to tell encodings apart.
        self._held = b""

    def _made(self) -> codecs.IncrementalDecoder:
        return codecs.getincrementaldecoder(self.encoding)(self._errors)

    @property
    def _errors(self) -> str:
        return "surrogatepass" if self.encoding.startswith("utf-16") else "surrogateescape"

    def decode(self, content: bytes, *, final: bool = False) -> str:
        """The text, as far as its last character is complete. Raises `FileError`."""
        if self.encoding == ASCII:
            content = self._told(self._held + content, final=final)
        try:
            # The one byte that a cut file may have too much is nobody's row.
            return self._decoder.decode(content, final and not self.encoding.startswith("utf-16"))
        except UnicodeDecodeError as error:
            raise FileError("file", f"does not fit {self.encoding}: {error.reason}") from None

    def _told(self, content: bytes, *, final: bool) -> bytes:
        """What can be decoded now: all, once the encoding is known."""
        self._held = b""
        high = _HIGH.search(content)
        if high is None:
            return content
        begin = content.rfind(b"\n", 0, high.start()) + 1
        if final or len(content) - begin >= _TELLING:
            self.encoding = beyond_ascii(content[begin:])
            self._decoder = self._made()
            return content
        self._held = content[begin:]
        return content[:begin]

    def encode(self, text: str) -> bytes:
        """The bytes that this text was decoded from."""
        return text.encode(self.encoding, self._errors)


def beyond_ascii(content: bytes, country: str = "") -> str:
    """The encoding of content that is not all ASCII. Raises `FileError` where it cannot be told."""
    if _is_utf8(content) or _is_mostly_utf8(content):
        return "utf-8"
    found = guess(content, country)
    if found.is_certain:
        return found.readings[0].candidates[0].codec
    if not found.readings and _is_mostly_utf8(content, times=1):
        return "utf-8"
    raise _doubt(found)


def _doubt(found: Guess) -> FileError:
    if not found.readings:
        return FileError(
            "options.encoding",
            "the encoding of the file is not certain: with no known encoding the file has words. Save it"
            " as `CSV UTF-8`, or name its encoding, such as gb18030 or windows-1251",
        )
    told = "; ".join(map(found.told, found.readings[:_SHOWN]))
    return FileError(
        "options.encoding",
        f"the encoding of the file is not certain: {told}. Look which names are right and name its"
        " encoding, or save the file as `CSV UTF-8`",
    )


def _is_utf8(content: bytes) -> bool:
    try:
        codecs.getincrementaldecoder("utf-8")("strict").decode(content, False)  # noqa: FBT003
    except UnicodeDecodeError:
        return False
    return True


def _is_mostly_utf8(content: bytes, times: int = 3) -> bool:
    """A few bytes that do not fit refuse their rows, and make nothing of all others.

    `times` more characters must fit: where no other encoding gives words, fewer are enough.
    """
    high = _HIGH.search(content)
    text = content[high.start() : high.start() + _LEARNED].decode("utf-8", "surrogateescape") if high else ""
    bad = sum("\udc80" <= character <= "\udcff" for character in text)
    good = sum(character > "\x7f" for character in text) - bad
    return good > times * bad
