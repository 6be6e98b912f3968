"""The rows of a list of people who are not to be contacted."""

from collections.abc import Sequence

from gateway.imports.columns.header import Columns
from gateway.imports.rows.account import Account
from gateway.imports.rows.mapper import Defaults, Mapper, Row
from gateway.imports.wishes.answer import Answer
from gateway.leads.model import Entry


class SuppressionMapper(Mapper):
    """Of a row nothing counts but its numbers, each of them. `reason`: why, for the record."""

    def __init__(self, columns: Columns, defaults: Defaults, account: Account, reason: str) -> None:
        super().__init__(columns, defaults, account)
        self._reason = reason or "import"

    def map(self, line: int, row: Sequence[str]) -> Row:
        """The person who is to be suppressed. Raises `RowError`."""
        self._refuse(row)
        first, *others = self._all_numbers(row) or [self._phone_number(row)]
        return Row(line, self._suppressed(first), Answer.OPTED_OUT, tuple(map(self._suppressed, others)))

    def _suppressed(self, phone: str) -> Entry:
        return Entry.of(self._account.id, self._bare(phone), self._account.hashes, opted_out=self._reason)
