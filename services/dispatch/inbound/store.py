"""Inbound texts and the confirmations of stop words as typed calls."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from services.consent.meaning import core
from services.consent.phone_hash import PhoneHashes
from services.runtime.postgres import Postgres
from services.runtime.queries import Queries, columns

SQL = Queries.beside(__file__)


@dataclass(frozen=True, slots=True)
class InboundText:
    """What a person (digits only) wrote to a device: the text folded, and what it means to every account.

    `core` is the text without greeting and politeness: a word of the account is heard in "basta, please".
    `lid`: the network's identity of the person. `known_as`: the number as the network knows it, where that is
    an older form than `sender`. `is_certain`: False where somebody else may have written it: it stops the
    person, but restores nobody, and nothing confirms it. `waits_for_lid`: it is recorded once a lead has its
    identity.
    """

    device_id: int
    inbound_id: str
    sender: str
    folded: str
    meaning: str
    core: str = ""
    lid: str = ""
    known_as: str = ""
    is_certain: bool = True
    waits_for_lid: bool = False


@dataclass(frozen=True, slots=True)
class HeardWord:
    """What kind of word a text was; `is_new`: the text is recorded for the first time."""

    kind: str
    account_id: int
    phone_hash: bytes
    lead_id: int | None
    device_id: int
    inbound_id: str
    at: datetime
    is_new: bool


@dataclass(frozen=True, slots=True)
class Confirmation:
    """The confirmation of a stop word that is still to go."""

    device_id: int
    message_id: int
    scheduled_at: datetime

    def ids(self) -> dict[str, Any]:
        """The ids by which the log names it."""
        return {"message_id": self.message_id, "device_id": self.device_id}


class InboundStore:
    """Raises as `services.runtime.postgres.translated` says."""

    def __init__(self, postgres: Postgres, hashes: PhoneHashes) -> None:
        self._postgres = postgres
        self._hashes = hashes

    async def record_inbound(self, texts: Sequence[InboundText]) -> list[HeardWord]:
        """Writes what people wrote, at most one text a person, and does what follows; what they were."""
        device_ids, senders = columns(texts, "device_id", "sender")
        async with self._postgres.transaction() as connection:
            accounts = await connection.fetch(SQL.accounts, device_ids)
            forms, texts = self._forms(texts, accounts), _own_words(texts, accounts)
            leads = await connection.fetch(SQL.lock_senders, device_ids, senders)
            devices = {row[column] for row in leads for column in ("device_id", "heard_by")}
            await connection.execute(SQL.lock_paces, list(devices))
            rows = await connection.fetch(
                SQL.record_inbound,
                *columns(texts, "device_id", "inbound_id", "sender", "folded", "meaning"),
                *_flat(forms),
                *columns(texts, "is_certain"),
            )
        return [HeardWord(**row) for row in rows]

    async def identities(self, texts: Sequence[InboundText]) -> list[tuple[int, int, str, bool]]:
        """Place of the text (from 0), id, number, whether the identity is current: of each lead."""
        rows = await self._postgres.fetch(SQL.identities, *columns(texts, "device_id", "sender", "lid"))
        return [(row["place"] - 1, row["id"], row["phone"], row["is_current"]) for row in rows]

    async def waiting_for(self, who: Collection[tuple[int, str]]) -> list[InboundText]:
        """The texts in quarantine that wait for these identities, each with a device of its account."""
        devices, lids = zip(*who, strict=True)
        rows = await self._postgres.fetch(SQL.waiting_for, devices, lids)
        return [
            InboundText(**row, sender="", core=core(row["folded"]), is_certain=False, waits_for_lid=True)
            for row in rows
        ]

    async def settle(self, texts: Sequence[InboundText]) -> None:
        """These are recorded, and wait no more."""
        await self._postgres.execute(SQL.settle, *columns(texts, "device_id", "inbound_id"))

    async def learn(self, texts: Sequence[InboundText]) -> None:
        """Keeps what the network knows these people by, beside their numbers."""
        given = columns(texts, "device_id", "sender", "lid", "known_as")
        await self._postgres.execute(SQL.learn, *given)

    async def waiting(self) -> dict[str, int]:
        """How many replies are in quarantine, by meaning."""
        return {row["meaning"]: row["count"] for row in await self._postgres.fetch(SQL.waiting)}

    async def doubts(self) -> int:
        """How many suppressions wait for a person to decide."""
        return int(await self._postgres.fetch_value(SQL.doubts))

    async def quarantine(self, texts: Sequence[InboundText]) -> None:
        """Keeps what cannot be recorded for a person to look at."""
        await self._postgres.execute(
            SQL.quarantine,
            *columns(texts, "device_id", "inbound_id", "sender", "folded", "meaning", "lid"),
            *columns(texts, "waits_for_lid", "core"),
        )

    async def suppress(self, texts: Sequence[InboundText]) -> list[HeardWord]:
        """Suppresses the persons who wrote a stop word, and does nothing else; the stop words."""
        async with self._postgres.transaction() as connection:
            device_ids, *_ = columns(texts, "device_id")
            accounts = await connection.fetch(SQL.accounts, device_ids)
            forms, texts = self._forms(texts, accounts), _own_words(texts, accounts)
            _, *rest = columns(texts, "device_id", "inbound_id", "sender", "folded", "meaning")
            newest = [of_one[0] for of_one in forms]
            rows = await connection.fetch(SQL.suppress, device_ids, *rest, newest)
        return [HeardWord(**row) for row in rows]

    def _forms(self, texts: Sequence[InboundText], devices: Sequence[Any]) -> list[list[bytes]]:
        """The hashes by which each sender may be known; of a device that is nobody's, those of no account."""
        accounts = {row["id"]: row["account_id"] for row in devices}
        return [self._hashes.forms(accounts.get(text.device_id, 0), f"+{text.sender}") for text in texts]

    async def confirmations(self, shards: Sequence[int]) -> list[Confirmation]:
        """The confirmations that may go now through devices of these shards, one a device."""
        rows = await self._postgres.fetch(SQL.confirmations, list(shards))
        return [Confirmation(**row) for row in rows]

    async def late_confirmations(self) -> list[Confirmation]:
        """Those that are too late to be one, up to a thousand of them."""
        return [Confirmation(**row) for row in await self._postgres.fetch(SQL.late_confirmations)]

    async def expire_confirmations(self, late: Sequence[Confirmation]) -> None:
        """Ends these."""
        devices, ids, times = columns(late, "device_id", "message_id", "scheduled_at")
        async with self._postgres.transaction() as connection:
            await connection.execute(SQL.lock_paces, devices)
            await connection.execute(SQL.expire_confirmations, ids, times)


def _own_words(texts: Sequence[InboundText], devices: Sequence[Any]) -> list[InboundText]:
    """Texts whose core is a word of their account are that word."""
    words = {row["id"]: frozenset(row["words"]) for row in devices}
    return [
        replace(text, folded=text.core)
        if text.core in words.get(text.device_id, ()) and text.folded not in words[text.device_id]
        else text
        for text in texts
    ]


def _flat(forms: Sequence[Sequence[bytes]]) -> tuple[list[bytes], list[int]]:
    """Rows of hashes as two columns: all hashes, and by number, from 1, the row that each is of."""
    return (
        [form for of_one in forms for form in of_one],
        [row for row, of_one in enumerate(forms, start=1) for _ in of_one],
    )
