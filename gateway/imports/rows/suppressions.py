"""The rows of a list of people who are not to be contacted."""

from collections.abc import Sequence

from gateway.imports.columns.header import Columns
from gateway.imports.errors import RowError
from gateway.imports.rows.account import Account
from gateway.imports.rows.mapper import Defaults, Mapper, Row
from gateway.imports.wishes.answer import Answer
from gateway.leads.model import Entry


class PartlyRead(RowError):
    """One number of a row cannot be read; `others` are suppressed all the same."""

    def __init__(self, error: RowError, others: tuple[Entry, ...]) -> None:
        because = f"{error.because}. The other numbers of the row are suppressed, this one is not"
        super().__init__(error.reason, because)
        self.others = others


class SuppressionMapper(Mapper):
    """Of a row nothing counts but its numbers, each of them. `reason`: why, for the record."""

    def __init__(self, columns: Columns, defaults: Defaults, account: Account, reason: str) -> None:
        super().__init__(columns, defaults, account)
        self._reason = reason or "import"

    def map(self, line: int, row: Sequence[str]) -> Row:
        """The person who is to be suppressed. Raises `RowError`, and `PartlyRead` for some of the numbers."""
        self._refuse(row)
        numbers, unread = self._all_numbers(row)
        first, *others = numbers or [self._phone_number(row)]
        if unread:
            # The author of the list must see which people are not suppressed.
            raise PartlyRead(unread[0], tuple(map(self._suppressed, numbers)))
        return Row(line, self._suppressed(first), Answer.OPTED_OUT, tuple(map(self._suppressed, others)))

    def _suppressed(self, phone: str) -> Entry:
        return Entry.of(self._account.id, self._bare(phone), self._account.hashes, opted_out=self._reason)
