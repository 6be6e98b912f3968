"""From the cells of a row to the lead that the row means, or why the row is refused."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from gateway.imports.cells.names import joined, read_name
from gateway.imports.cells.phone import read_phone
from gateway.imports.cells.strokes import has_strokes, is_struck
from gateway.imports.cells.text import cell_text, language
from gateway.imports.columns import synonyms
from gateway.imports.columns.header import Columns
from gateway.imports.columns.header_row import looks_like_phone
from gateway.imports.errors import RowError
from gateway.imports.fields import IGNORE, PHONE
from gateway.imports.reading.records import is_broken
from gateway.imports.rows.account import Account
from gateway.imports.rows.sections import Sections
from gateway.imports.wishes.answer import Answer
from gateway.imports.wishes.asides import alone, speaks
from gateway.imports.wishes.evidence import ConsentReader
from gateway.imports.wishes.reader import NOTHING, REFUSALS, Said, WishReader, weightier
from gateway.leads.model import MAX_ATTRIBUTES, Consent, Draft, Entry
from gateway.phones import Notation, may_be_mobile, notation_of
from services.runtime.containment import contained

_MAX_NAME = 200
_MAX_VALUE = 1000
_LONGEST_TITLE = 60
_PARTS = ("first_name", "middle_name", "last_name")
_STRUCK = Said(Answer.PERHAPS_NO, "import: name or number is struck out")

Cells = Sequence[str]


@dataclass(frozen=True)
class Defaults:
    """For rows with nothing of their own. `now`: when the import began; no permission is from later."""

    notation: Notation
    trigger: str
    consent: Consent | None
    is_dated: bool
    month_first: bool
    now: datetime


class Row(NamedTuple):
    """A row that can be written; `line` is where it begins, from 1; `said`: of the person's wish.

    `others`: by further numbers of the same person, who is not to be contacted.
    """

    line: int
    entry: Entry
    said: Answer = Answer.NOTHING
    others: tuple[Entry, ...] = ()


class Mapper:
    """Maps the rows of one file."""

    def __init__(self, columns: Columns, defaults: Defaults, account: Account) -> None:
        self._defaults = defaults
        self._account = account
        self._width = len(columns.fields)
        self._place = {field: index for index, field in enumerate(columns.fields) if field != IGNORE}
        self._phone = self._place[PHONE]
        self._phones = (self._phone, *columns.other_phones)
        self._country = columns.country
        self._headers = columns.headers
        header = columns.headers[self._phone] if columns.headers else ""
        # A column that says so is on WhatsApp, also with what looks like a fixed line.
        self._is_sure = synonyms.phone_rank(header) == 0
        parts = tuple(self._place[part] for part in _PARTS if part in self._place)
        whole = [(self._place["name"],)] if "name" in self._place else []
        self._names = [*whole, *columns.other_names, *([parts] if parts else [])]
        self._marked = (*self._phones, *(at for places in self._names for at in places))
        self._sections = Sections(columns.sections) if columns.sections else None
        self._attributes = [
            (field.removeprefix("attr."), index)
            for field, index in self._place.items()
            if field.startswith("attr.")
        ]
        self._has_legend = any(wish.legend for wish in columns.wishes)
        self._wishes = WishReader(
            columns.wishes, columns.watched, columns.headers, columns.open, columns.full
        )
        self._consents = ConsentReader(
            self._place,
            defaults.consent,
            zone=account.zone,
            now=defaults.now,
            is_dated=defaults.is_dated,
            month_first=defaults.month_first,
        )

    def map(self, line: int, row: Cells) -> Row:
        """The lead that a row means. Raises `RowError`."""
        self._refuse(row)
        lost = _lost(row)
        try:
            phone = self._phone_number(row)
        except RowError as error:
            raise lost or self._spoken(line, row) or error from None
        said = self._wish(line, row)
        try:
            if lost:
                raise lost
            return Row(line, self._entry(phone, row, said), said.answer)
        except RowError:
            if said.answer not in REFUSALS:
                raise
        # A no counts, also in a row of which nothing else can be kept.
        return Row(line, self._said(self._bare(phone), said), said.answer)

    def _wish(self, line: int, row: Cells) -> Said:
        """What the columns of a row say, the heading above it, and a stroke through it."""
        above = self._sections.said(line) if self._sections else NOTHING
        try:
            said = self._wishes.read(row)
        except RowError:
            if above.answer not in REFUSALS:
                raise
            return above
        if has_strokes(row) and any(at < len(row) and is_struck(row[at]) for at in self._marked):
            said = weightier(said, _STRUCK)
        return said if above is NOTHING else weightier(said, above)

    def _spoken(self, line: int, row: Cells) -> RowError | None:
        """Of a line far below that is no contact, and about a refusal; a legend that is read is another."""
        is_read = self._has_legend or (self._sections is not None and self._sections.begin(line))
        if is_read or not speaks(alone(row, self._width)):
            return None
        return RowError(
            "CONSENT",
            "is no contact, and says who may be written to; see whether people before it are meant, and"
            " suppress them",
        )

    def _entry(self, phone: str, row: Cells, said: Said) -> Entry:
        consent, is_undated = self._consents.read(row, said)
        draft = Draft(
            phone=phone,
            display_name=self._name(row),
            trigger=self._trigger(row),
            device_id=self._device(row),
            attributes=self._read_attributes(row),
            consent=consent,
            language=language(self._cell(row, "language")),
            timezone=self._account.timezone(self._cell(row, "timezone")),
        )
        return self._said(draft, said, is_undated=is_undated)

    def _bare(self, phone: str) -> Draft:
        return Draft(phone, "", "", None, {}, None)

    def _said(self, draft: Draft, said: Said, *, is_undated: bool = False) -> Entry:
        is_general = self._defaults.consent is not None and not said.is_own
        return Entry.of(
            self._account.id,
            draft,
            self._account.hashes,
            is_undated=is_undated,
            is_own=not is_general,
            refused_by=said.source if said.answer in (Answer.NO, Answer.PERHAPS_NO) else "",
            opted_out=said.source if said.answer is Answer.OPTED_OUT else "",
        )

    def swallows(self, row: Cells, lines: Sequence[str]) -> bool:
        """Whether a row of several lines is refused, but a line of it alone has a good number."""
        with contained("gateway.import.lines", line_count=len(lines)):
            try:
                self.map(0, row)
            except RowError:
                return any(self._has_phone(line) for line in lines[1:3])
        return False

    def _has_phone(self, line: str) -> bool:
        for delimiter in {",", ";", "\t", "|"} & set(line) or {","}:
            row = line.rstrip("\r\n").split(delimiter)
            if self._phone < len(row) <= self._width:
                try:
                    read_phone(row[self._phone], self._defaults.notation)
                except RowError:
                    continue
                return True
        return False

    def _cell(self, row: Cells, field: str) -> str:
        index = self._place.get(field)
        return "" if index is None or index >= len(row) else cell_text(row[index])

    def _phone_number(self, row: Cells) -> str:
        """Of several columns the first with a mobile number, else the first that is filled."""
        notation = self._notation(row)
        if len(self._phones) == 1:
            return self._read(self._phone, self._cell(row, PHONE), notation)
        written = [(at, text) for at in self._phones if at < len(row) and (text := cell_text(row[at]))]
        if not written:
            return self._read(self._phone, "", notation)
        if len(written) == 1:
            return self._read(*written[0], notation)
        # The others only where they are needed: why one is refused costs more than all else of a row.
        found = (self._attempted(at, text, notation) for at, text in written)
        first = next(found)
        is_sure = self._is_sure and self._cell(row, PHONE)
        if isinstance(first, RowError) or not (is_sure or may_be_mobile(first)):
            first = next((one for one in found if isinstance(one, str) and may_be_mobile(one)), first)
        if isinstance(first, RowError):
            # A fixed line is no substitute for a mobile number that can be corrected.
            raise first
        return first

    def _all_numbers(self, row: Cells) -> tuple[list[str], list[RowError]]:
        """Every number of the row that can be read, each once, and why others cannot."""
        notation = self._notation(row)
        written = [(at, cell_text(row[at])) for at in self._phones if at < len(row)]
        found = [self._attempted(at, text, notation) for at, text in written if _has_digits(text)]
        numbers = list(dict.fromkeys(one for one in found if isinstance(one, str)))
        return numbers, [one for one in found if isinstance(one, RowError)]

    def _notation(self, row: Cells) -> Notation:
        """A country that nobody understands is no reason to read a number as one of another country."""
        code = self._cell(row, "country_code")
        country = code or self._country_of(row)
        notation = notation_of(country) if country else self._defaults.notation
        if notation is None:
            title = self._title(self._place["country_code"] if code else self._country)
            raise RowError(
                "UNKNOWN_COUNTRY",
                f"{title}: is no country that is known; write its two letters, such as MY, or its calling"
                " code, such as +60",
            )
        return notation

    def _title(self, index: int | None) -> str:
        """As the file calls the column."""
        if index is None or index >= len(self._headers):
            return "country_code"
        return self._headers[index][:_LONGEST_TITLE] or "country_code"

    def _country_of(self, row: Cells) -> str:
        """Of a row with local numbers the country that another column says; empty where it matters not."""
        if self._country is None or self._country >= len(row):
            return ""
        numbers = [cell_text(row[at]) for at in self._phones if at < len(row)]
        return "" if all("+" in each for each in numbers if each) else cell_text(row[self._country])

    def _read(self, at: int, text: str, notation: Notation) -> str:
        return read_phone(text, notation, with_lines=self._is_sure and at == self._phone)

    def _attempted(self, at: int, text: str, notation: Notation) -> str | RowError:
        try:
            return self._read(at, text, notation)
        except RowError as error:
            return error

    def _refuse(self, row: Cells) -> None:
        if len(row) > self._width and any(map(str.strip, row[self._width :])):
            raise RowError(
                "TOO_MANY_CELLS",
                f"has {len(row)} cells where {self._width} are expected; put a cell with a delimiter in it"
                " between quotation marks",
            )
        if any("\0" in cell for cell in row):
            raise RowError("CHARACTERS", "contains the character U+0000 (NUL); remove it")

    def _name(self, row: Cells) -> str:
        count = len(row)
        for places in self._names:
            name = joined([read_name(row[at]) for at in places if at < count])
            # Phones put the number of somebody unknown in its place.
            if name and not looks_like_phone(name):
                break
        else:
            return ""
        if len(name) > _MAX_NAME:
            raise RowError(
                "NAME_TOO_LONG", f"name: is {len(name)} characters long; shorten it to {_MAX_NAME}"
            )
        return name

    def _trigger(self, row: Cells) -> str:
        written = self._cell(row, "trigger")
        return self._account.trigger(written) if written else self._defaults.trigger

    def _device(self, row: Cells) -> int | None:
        written = self._cell(row, "device")
        return self._account.device(written, self._defaults.notation) if written else None

    def _read_attributes(self, row: Cells) -> dict[str, str]:
        count = len(row)
        found = {
            key: value
            for key, index in self._attributes
            if index < count and (value := cell_text(row[index]))
        }
        if len(found) > MAX_ATTRIBUTES:
            raise RowError(
                "TOO_MANY_ATTRIBUTES",
                f"has {len(found)} attributes where a lead may have {MAX_ATTRIBUTES}; remove columns",
            )
        for key, value in found.items():
            if len(value) > _MAX_VALUE:
                raise RowError(
                    "ATTRIBUTE_TOO_LONG",
                    f"{key}: is {len(value)} characters long; shorten it to {_MAX_VALUE}",
                )
        return found


def _has_digits(text: str) -> bool:
    """`none` or `0` in place of a number is nobody's."""
    return any(each.isdecimal() and each != "0" for each in text)


def _lost(row: Cells) -> RowError | None:
    """What is wrong with a row in which letters are lost."""
    if "".join(row).isascii() or not is_broken(row):
        return None
    return RowError(
        "ENCODING",
        "has bytes that do not fit the encoding of the file, or letters that another program has lost"
        " (\N{REPLACEMENT CHARACTER}); write them, and save the file as `CSV UTF-8`",
    )
