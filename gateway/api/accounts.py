"""kompang.v1.AccountsService."""
# ruff: noqa: N802, ARG002 - the proto names the methods, gRPC gives each a context

from collections.abc import Sequence
from typing import Any

import grpc

from gateway import names, wire
from gateway.accounts.check import check_clash, masked
from gateway.accounts.guards import Guards, quiet_hours_of, quiet_hours_shown
from gateway.accounts.store import AccountStore, Draft, Stored
from gateway.auth.caller import caller
from gateway.idempotency.store import Change, Connection, Mutations
from gateway.wording.convert import wording_of, wording_shown
from gateway.zones.store import Zones
from kompang.v1 import accounts_pb2 as pb
from kompang.v1 import accounts_pb2_grpc
from services.consent.words import folded
from services.content.hygiene import clean
from services.reasons import Reason
from services.runtime.errors import Aborted, InvalidArgument, NotFound

_OWN = "-"


class AccountsServicer(accounts_pb2_grpc.AccountsServiceServicer):
    """Each method does what its comment in the proto says."""

    def __init__(self, store: AccountStore, mutations: Mutations, zones: Zones) -> None:
        self._store = store
        self._mutations = mutations
        self._zones = zones

    async def GetAccount(self, request: Any, context: grpc.aio.ServicerContext) -> pb.Account:
        """The caller's own."""
        stored = await self._store.get(caller().account_id)
        _refuse_other(request.name, stored, "name")
        return to_proto(stored)

    async def UpdateAccount(self, request: Any, context: grpc.aio.ServicerContext) -> pb.Account:
        """The fields of the mask."""

        async def update(connection: Connection) -> Change:
            before = await self._store.locked(connection, caller().account_id)
            _refuse_other(request.account.name, before, "account.name")
            _refuse_stale(request.account.etag, before)
            draft = _merged(before.draft, request)
            if clashes := check_clash(draft.stop_words, draft.start_words):
                raise InvalidArgument(clashes)
            if draft != before.draft:
                await self._store.change(connection, before, draft)
            stored = await self._store.read(connection, before.id)
            return Change(to_proto(stored), f"accounts/{stored.slug}")

        await self._zones.refuse_unknown([("account.timezone", request.account.timezone)])
        return await self._mutations.once(request, pb.Account, update)


def to_proto(stored: Stored) -> pb.Account:
    """A stored account as the public API shows it."""
    draft = stored.draft
    return pb.Account(
        name=f"accounts/{stored.slug}",
        display_name=draft.display_name,
        timezone=draft.timezone,
        language=draft.language,
        country=draft.country,
        wording=wording_shown(draft.wording),
        quiet_hours=quiet_hours_shown(draft.guards),
        frequency_cap=pb.FrequencyCap(per_day=draft.guards.daily_cap, per_week=draft.guards.weekly_cap),
        stop_words=draft.stop_words,
        start_words=draft.start_words,
        stop_confirmation=draft.stop_confirmation,
        etag=_etag(stored),
        create_time=wire.timestamp(stored.created_at),
    )


def _merged(before: Draft, request: pb.UpdateAccountRequest) -> Draft:
    given, fields = request.account, masked(request)
    return Draft(
        display_name=given.display_name if "display_name" in fields else before.display_name,
        timezone=given.timezone or "UTC" if "timezone" in fields else before.timezone,
        language=given.language if "language" in fields else before.language,
        country=given.country if "country" in fields else before.country,
        wording=wording_of(given.wording) if "wording" in fields else before.wording,
        guards=_guards(before.guards, given, fields),
        stop_words=_words(given.stop_words) if "stop_words" in fields else before.stop_words,
        start_words=_words(given.start_words) if "start_words" in fields else before.start_words,
        stop_confirmation=clean(given.stop_confirmation).strip()
        if "stop_confirmation" in fields
        else before.stop_confirmation,
    )


def _guards(before: Guards, given: pb.Account, fields: frozenset[str]) -> Guards:
    quiet, cap = (before.quiet_from, before.quiet_until), (before.daily_cap, before.weekly_cap)
    if "quiet_hours" in fields:
        quiet = quiet_hours_of(given)
    if "frequency_cap" in fields:
        cap = given.frequency_cap.per_day, given.frequency_cap.per_week
    return Guards(*quiet, *cap)


def _words(given: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(folded(word) for word in given))


def _etag(stored: Stored) -> str:
    return f"{stored.id:x}-{stored.version:x}"


def _refuse_other(name: str, stored: Stored, field: str) -> None:
    if names.slug(name) not in (_OWN, stored.slug):
        raise NotFound(
            f"{field}: {name} is not the account of this API key; use accounts/-", field=field, resource=name
        )


def _refuse_stale(etag: str, before: Stored) -> None:
    if etag and etag != _etag(before):
        raise Aborted(
            f"account.etag: accounts/{before.slug} was changed since you read it; read it again and repeat"
            " your change on what you find",
            reason=Reason.ETAG_STALE,
            field="account.etag",
        )
