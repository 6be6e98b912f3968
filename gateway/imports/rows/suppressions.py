"""The rows of a list of people who are not to be contacted."""

from collections.abc import Sequence

from gateway.imports.columns.header import Columns
from gateway.imports.rows.account import Account
from gateway.imports.rows.mapper import Defaults, Mapper, Row
from gateway.imports.wishes.answer import Answer
from gateway.leads.model import Entry


class SuppressionMapper(Mapper):
    """Of a row nothing counts but its number. `reason`: why, for the record."""

    def __init__(self, columns: Columns, defaults: Defaults, account: Account, reason: str) -> None:
        super().__init__(columns, defaults, account)
        self._reason = reason or "import"

    def map(self, line: int, row: Sequence[str]) -> Row:
        """The person who is to be suppressed. Raises `RowError`."""
        self._refuse(row)
        draft = self._bare(self._phone_number(row))
        entry = Entry.of(self._account.id, draft, self._account.hashes, opted_out=self._reason)
        return Row(line, entry, Answer.OPTED_OUT)
