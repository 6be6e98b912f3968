"""kompang.v1.AccountsService."""
# ruff: noqa: N802, ARG002 - the proto names the methods, gRPC gives each a context

from typing import Any

import grpc

from gateway.accounts import preconditions
from gateway.accounts.check import MASK
from gateway.accounts.convert import merged, to_proto
from gateway.accounts.store import AccountStore
from gateway.auth.caller import caller
from gateway.holidays.calendar import Calendars
from gateway.holidays.store import replace
from gateway.idempotency.store import Change, Connection, Mutations
from gateway.resource import refuse_stale
from gateway.wording.promises import refuse_promises
from gateway.zones.store import Zones
from kompang.v1 import accounts_pb2 as pb
from kompang.v1 import accounts_pb2_grpc
from services.runtime.offload import Offload


class AccountsServicer(accounts_pb2_grpc.AccountsServiceServicer):
    """Each method does what its comment in the proto says."""

    def __init__(self, store: AccountStore, mutations: Mutations, zones: Zones, offload: Offload) -> None:
        self._store = store
        self._mutations = mutations
        self._zones = zones
        self._offload = offload

    async def GetAccount(self, request: Any, context: grpc.aio.ServicerContext) -> pb.Account:
        """The account of the caller."""
        stored = await self._store.get(caller().account_id)
        preconditions.refuse_other(request.name, stored, "name")
        return to_proto(stored)

    async def UpdateAccount(self, request: Any, context: grpc.aio.ServicerContext) -> pb.Account:
        """Changes the fields that the mask names."""
        calendars = Calendars.none()

        async def update(connection: Connection) -> Change:
            before = await self._store.locked(connection, caller().account_id)
            preconditions.refuse_other(request.account.name, before, "account.name")
            refuse_stale(request.account, before)
            draft = merged(before.draft, request, calendars.regions)
            # To read a hundred words of an account takes time, the first time that of the vocabulary as well.
            await self._offload.run(preconditions.refuse_clash, draft)
            if draft != before.draft:
                footer = {"account.wording.footer": draft.wording.footer}
                await self._offload.run(refuse_promises, footer, draft.stop_words, is_footer=True)
                if calendars.regions:
                    await replace(connection, calendars)
                await self._store.change(connection, before, draft)
            stored = await self._store.read(connection, before.id)
            return Change(to_proto(stored), stored.name)

        named = MASK.named(request.update_mask.paths, request.account)
        # A zone of former days that stays as it is holds up no other change.
        if "timezone" in named:
            zones = [("account.timezone", request.account.timezone)]
            await self._zones.refuse_unknown(caller().account_id, zones)
        if "holiday_regions" in named and request.account.holiday_regions:
            regions = [*request.account.holiday_regions]
            calendars = await self._offload.run(Calendars.of, regions, "account.holiday_regions")
        return await self._mutations.once(request, pb.Account, update)
