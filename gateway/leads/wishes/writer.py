"""What lists say of people who do not want to be written to, recorded for many at once.

Authority: the suppression of a number. It is written in the transaction of the batch that says so, under the
hash that the lead's row has, or under the newest one for people who are no leads. A no that is no opt-out is
a mark on the lead: the permission of a whole file does not count for them from then on. Of somebody who gave
a permission before, a no takes it back, which is an opt-out.
"""

from collections.abc import Sequence

from gateway.idempotency.store import Connection
from gateway.leads.model import Entry
from services.runtime.queries import Queries

_SQL = Queries.beside(__file__)
_WITHDRAWN = "import: said no after a permission"


class WishWriter:
    """Writes on the connection of the caller's transaction, in a fixed number of statements."""

    def __init__(self, connection: Connection, account_id: int, import_id: int) -> None:
        self._connection = connection
        self._account_id = account_id
        self._import_id = import_id
        # The hashes of those who are suppressed: what a restored database must not forget.
        self.suppressed: list[bytes] = []
        # Of those who said no and had given no permission.
        self.refused: list[bytes] = []

    async def write(self, entries: Sequence[Entry]) -> int:
        """Of entries that say no; the number of people who were not suppressed before."""
        # Of several rows of one person an opt-out counts for more than a no.
        saying = sorted(
            (entry for entry in entries if entry.is_refused or entry.opted_out), key=_is_opted_out
        )
        people = {entry.draft.phone: entry for entry in saying}
        if not people:
            return 0
        await self._connection.execute(_SQL.lock_people, self._account_id, list(people))
        refused = [phone for phone, entry in people.items() if not entry.opted_out]
        reasons = {phone: entry.opted_out for phone, entry in people.items() if entry.opted_out}
        if refused:
            told = [
                f"imports/{self._import_id}{people[phone].refused_by.removeprefix('import')}"
                for phone in refused
            ]
            rows = await self._connection.fetch(_SQL.refuse, self._account_id, refused, told)
            reasons |= {row["phone"]: _WITHDRAWN for row in rows}
            self.refused += [people[phone].phone_hash for phone in refused if phone not in reasons]
        if not reasons:
            return 0
        rows = await self._connection.fetch(
            _SQL.suppress_many,
            self._account_id,
            list(reasons),
            [people[phone].phone_hash for phone in reasons],
            list(reasons.values()),
            self._import_id,
        )
        # The row of a lead may have an older hash than the list.
        self.suppressed += {row["phone_hash"] for row in rows} | {people[one].phone_hash for one in reasons}
        return sum(row["is_new"] for row in rows)


def _is_opted_out(entry: Entry) -> bool:
    return bool(entry.opted_out)
