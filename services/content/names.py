"""The name to call a lead by, from whatever stands in the field for the name.

No usable name, so that the fallback is used: nothing, no letter at all (digits, punctuation, emoji), an
e-mail or web address, a phone number in any notation (in the digits of any script, with its punctuation, with
a label such as "Tel", even in Chinese numerals), or what programs write for no name (`placeholders.py`). A
number or an e-mail beside a name is cut off: "Ahmad 012-345 6789" is Ahmad. So are what stands in brackets,
emoji that stand apart, and the tilde that WhatsApp puts before a name. HTML entities and text that was read
in a wrong encoding are mended. A name has one line and at most 60 characters.

A comma puts the family first: "Smith, John" is John Smith; "TAN, WEI MING" is Tan Wei Ming, called Wei Ming,
by the order of Chinese names. The first name is the first word after titles (Dr, Encik, Puan, Tan Sri, …) and
initials ("S. Muthu" is Muthu), with what belongs to it: "Abdul Rahman", "Mohd Faizal",
"عبد الرحمن". A company is called by all of its name, "Nguyễn Văn An" An, "Петров Иван
Сергеевич" Иван. A name in Chinese, Japanese or Korean letters is its own first name. So is one of titles
only. "Tan Wei Ming" without a comma is Tan: no program can tell.
"""

import html
import re
from typing import NamedTuple

from services.content import unicode_tables as tables
from services.content.characters import LETTERS, MARKS, char_class, has_letter
from services.content.graphemes import shortened
from services.content.hygiene import clean_line
from services.content.letter_case import mended
from services.content.mojibake import mended as decoded
from services.content.placeholders import is_placeholder

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
    " herr frau monsieur madame mme mlle señor señora srta. sra. sr. sig. sig.ra dott. bapak bpk bpk."
    " ibu dhr. mevr."
    " thiru thiru. tmt. vip นาย นาง นางสาว น.ส. ด.ช. ด.ญ."
    " hr. gospodin gospođa คุณ ông bà السيد السيدة الأستاذ الاستاذ الدكتور دكتور د. أ."
)
_TWO_WORD_TITLES = frozenset(
    {("tan", "sri"), ("puan", "sri"), ("toh", "puan"), ("yang", "berhormat")}
    | {
        (title, second)
        for title in ("datuk", "dato", "dato'", "dato’", "datin", "tun")
        for second in ("sri", "seri")
    }
)
_COMPOUNDS = frozenset(
    [
        "abdul",
        "abd",
        "abd.",
        "mohd",
        "mohd.",
        "muhd",
        "muhd.",
        "mhd",
        "md",
        "md.",
        "abdel",
        "abdul-",
        "abu",
        "umm",
        # María in the Philippines and in Spain.
        "ma.",
        "mª",
        # A relation that is a part of what somebody is called.
        "kak",
        "abang",
        "pak",
        "mbak",
        "mba",
        "auntie",
        "aunty",
        "uncle",
    ]
)
# A company has no first name.
_COMPANIES = _words(
    "sdn bhd berhad pte ltd ltd. limited llc inc inc. corp corp. corporation gmbh ag kg ug s.a. s.l."
    " s.r.l. srl bv b.v. nv oy plc llp enterprise enterprises trading holdings"
)
_BUSINESSES = _words(
    "restoran kedai klinik syarikat bengkel toko warung hotel restaurant salon cv pt pt. ооо"
)
_SPECIAL = _TITLES | _COMPOUNDS | _BUSINESSES | {"tan", "toh", "yang", "tun"}
# The last one may lack its full stop. The classes stand here once, because each takes 10 ms to compile.
_INITIALS = re.compile(rf"(?:[{LETTERS}][{MARKS}]*(?:\.|\Z))+")
_WHOLE = re.compile(f"[{''.join(map(char_class, tables.TOGETHER.values()))}]")


# Without any of these a name has nothing to take away.
_DRESSED = re.compile(r"[(\[（【~,;<|]|[\u2190-\u2bff\u3030-\u303f\U0001f000-\U0001ffff]")
_PICTURES = re.compile(r"[\u2190-\u2bff\ufe0f\u200d\U0001f000-\U0001ffff]+$")
_BRACKETED = re.compile(r"[(\[（【][^()\[\]（）【】]*[)\]）】]")
_SUFFIXES = _words("jr jr. sr sr. ii iii iv phd ph.d ph.d. md m.d. esq esq. mba cpa dds rn bsc msc ba ma")
# Of a family where the name given comes last and has two words.
_FAMILIES = _words(
    "tan lim lee li ng wong chan chong goh teo ong koh ang lau low chua chin chen cheong cheah yap yong"
    " yeo sim"
    " tay ho ooi khoo foo liew loh teh toh chow kwok leong liu lin wang zhang zhao huang wu zhou xu sun"
    " ma zhu hu"
    " guo he gao luo zheng liang xie song tang deng han feng cao peng zeng xiao tian dong pan yuan cai"
    " jiang yu du"
    " ye cheng wei su lu ding ren shen yao cui tam yip cheung leung tsang lai chu kwan mok siu soh quek"
    " sia see"
    " nguyễn trần phạm phan vũ võ lê hoàng huỳnh đặng bùi đỗ hồ ngô dương lý"
    " kim park choi jung kang cho yoon jang nguyen tran pham phan vu vo dang bui do ngo duong ly"
)
# Of these in their own letters the one that is called by comes last.
_VIETNAMESE = _words("nguyễn trần phạm vũ võ lê hoàng huỳnh đặng bùi đỗ hồ ngô dương lý")
# Behind it stand a name and the father's name, in this order: `Петров Иван Сергеевич`.
_PATRONYMICS = ("вич", "вна", "ична", "инична")
_BEFORE_FATHER = _words("bin binti binte bt bte ibn bint a/l a/p s/o d/o")
# Half a name: the other half follows.
_HALVES = _words("عبد أبو ابو أبي أم ام ابن بنت ذو عبدُ")
_SECOND_HALVES = _words("الدين الله الإسلام الاسلام الحق الهدى الزهراء الرحمن الدولة العابدين")


class Name(NamedTuple):
    """The values of `{name}` and `{first_name}`."""

    full: str
    first: str


def called(raw: str) -> Name | None:
    """The name, clean and mended; None when the fallback is to be used. Linear in the text."""
    if len(raw) <= LIMIT and _PLAIN.fullmatch(raw):
        first = raw.partition(" ")[0]
        if (first.lower() not in _SPECIAL or first == raw) and not is_placeholder(raw):
            return Name(raw, raw if _is_company(raw) else first)
    name = clean_line(decoded(html.unescape(raw) if "&" in raw else raw))
    if is_placeholder(name):
        return None
    name = _without_numbers(name)
    given = ""
    if _DRESSED.search(name):
        name = _undressed(name)
        name, given = _by_comma(name)
    if not has_letter(name) or is_placeholder(name) or _has_lost(name):
        return None
    name = shortened(mended(name), LIMIT).rstrip()
    return Name(name, mended(given) or _first(name)) if has_letter(name) else None


def _has_lost(name: str) -> bool:
    """`M?ller`, `Jos\ufffd`: whether a program has lost a letter."""
    marks = (at for at, character in enumerate(name) if character == "?")
    return "\ufffd" in name or any(has_letter(name[max(0, at - 1) : at + 2]) for at in marks)


def _undressed(name: str) -> str:
    """Without the tilde of WhatsApp, what stands in brackets, and words without a letter."""
    bare = " ".join(_BRACKETED.sub(" ", name.lstrip("~ ")).split())
    bare = bare if has_letter(bare) else name.lstrip("~ ")
    words = [word for word in bare.split() if has_letter(word) or word.isascii()]
    return " ".join(words).strip(_EDGES)


def _by_comma(name: str) -> tuple[str, str]:
    """`Smith, John` as `John Smith`; and the name given where it is more than its first word."""
    parts = [part for each in name.split(",") if (part := each.strip())]
    while len(parts) > 1 and parts[-1].lower() in _SUFFIXES:
        parts.pop()
    if len(parts) != 2 or _WHOLE.search(name):  # noqa: PLR2004 - a family, and a name given
        return (parts[0] if len(parts) == 1 else name), ""
    family, given = parts
    words = _without_titles(given.split())
    if len(family.split()) > 3 or not words or _BEFORE_FATHER & set(name.lower().split()):  # noqa: PLR2004 - no family
        return name, ""
    if family.lower() in _FAMILIES and len(words) == 2:  # noqa: PLR2004 - as Chinese names have
        return f"{family} {given}", " ".join(words)
    return f"{given} {family}", ""


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
    if _WHOLE.search(name) or _is_company(name):
        return name
    words = _without_titles(name.split())
    while len(words) > 1 and _INITIALS.fullmatch(words[0]):
        words = words[1:]
    if not words:
        return name
    if len(words) > 1 and (given := _behind_family(words)):
        return given
    if len(words) > 1 and (
        words[0].lower() in _COMPOUNDS or words[0] in _HALVES or words[1] in _SECOND_HALVES
    ):
        return f"{words[0]} {words[1]}"
    first = words[0].rstrip(",;:")
    first = _PICTURES.sub("", first) if has_letter(_PICTURES.sub("", first)) else first
    return first if has_letter(first) else name


def _behind_family(words: list[str]) -> str:
    """The name given, where letters or a father's name tell that the family stands first; else nothing."""
    if words[0].lower() in _VIETNAMESE:
        return words[-1]
    is_russian = len(words) == 3 and words[2].endswith(_PATRONYMICS)  # noqa: PLR2004 - with a father's name
    return words[1] if is_russian else ""


def _is_company(name: str) -> bool:
    words = name.lower().split()
    return len(words) > 1 and (words[-1] in _COMPANIES or words[0] in _BUSINESSES)


def _without_titles(words: list[str]) -> list[str]:
    while words:
        if tuple(word.lower() for word in words[:2]) in _TWO_WORD_TITLES:
            words = words[2:]
        elif words[0].lower() in _TITLES:
            words = words[1:]
        else:
            break
    return words
