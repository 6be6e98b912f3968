"""kompang.v1.DevicesService."""
# ruff: noqa: N802, ARG002 - the proto names the methods, gRPC gives each a context

from typing import Any

import grpc

from gateway import names, wire
from gateway.auth.caller import caller
from gateway.devices import preconditions
from gateway.devices.convert import Seal, draft_of, merged, to_proto
from gateway.devices.model import Stored
from gateway.devices.store import DeviceStore, stored
from gateway.idempotency.store import Change, Connection, Mutations
from gateway.paging import Query
from gateway.resource import refuse_stale
from gateway.tokens import Tokens
from kompang.v1 import devices_pb2 as pb
from kompang.v1 import devices_pb2_grpc


class DevicesServicer(devices_pb2_grpc.DevicesServiceServicer):
    """Each method does what its comment in the proto says."""

    def __init__(self, store: DeviceStore, mutations: Mutations, tokens: Tokens, seal: Seal) -> None:
        """`seal`: how the proxy of the device with a number is kept."""
        self._store = store
        self._seal = seal
        self._mutations = mutations
        self._tokens = tokens

    async def GetDevice(self, request: Any, context: grpc.aio.ServicerContext) -> pb.Device:
        """One device."""
        found = await self._store.get(caller().account_id, names.number(request.name))
        if found is None:
            raise names.missing(request.name)
        return to_proto(found)

    async def ListDevices(self, request: Any, context: grpc.aio.ServicerContext) -> pb.ListDevicesResponse:
        """A page of devices, the oldest first."""
        account_id = caller().account_id
        query = Query.of(request, account_id, self._tokens)
        states = [wire.word(pb.Device.State, state) for state in request.states]
        rows = await self._store.page(account_id, query.cursor[0], query.size + 1, states)
        page = query.page(rows, lambda row: to_proto(stored(row)), lambda row: (row["id"],))
        return pb.ListDevicesResponse(
            devices=page.items, next_page_token=page.token, unreachable=page.unreachable
        )

    async def BatchCreateDevices(
        self, request: Any, context: grpc.aio.ServicerContext
    ) -> pb.BatchCreateDevicesResponse:
        """Creates all devices of the request, or none."""

        async def create(connection: Connection) -> Change:
            account_id = caller().account_id
            drafts = [draft_of(device, self._seal) for device in request.devices]
            ids = await self._store.create(connection, account_id, drafts)
            if missing := {draft.phone for draft in drafts} - {*ids}:
                own = await self._store.own_phones(connection, account_id, missing)
                preconditions.refuse_linked(drafts, ids, own)
            made = await self._store.read_many(connection, account_id, ids.values())
            devices = [to_proto(made[ids[wanted.phone]]) for wanted in drafts]
            return Change(pb.BatchCreateDevicesResponse(devices=devices), f"devices ({len(devices)})")

        return await self._mutations.once(request, pb.BatchCreateDevicesResponse, create)

    async def UpdateDevice(self, request: Any, context: grpc.aio.ServicerContext) -> pb.Device:
        """Changes the fields that the mask names."""

        async def update(connection: Connection) -> Change:
            before = await self._locked(connection, request.device.name, "device.name")
            refuse_stale(request.device, before)
            settings = merged(before, request, self._seal)
            preconditions.refuse_delays(settings)
            if settings != before.settings:
                await self._store.change(connection, caller().account_id, before.id, settings)
            return await self._changed(connection, before.id)

        return await self._mutations.once(request, pb.Device, update)

    async def ReleaseDevice(self, request: Any, context: grpc.aio.ServicerContext) -> pb.Device:
        """Makes a parked device active, or ends the hold of its first contacts."""

        async def release(connection: Connection) -> Change:
            before = await self._locked(connection, request.name, "name")
            if request.first_contacts:
                await self._store.release_first_contacts(connection, caller().account_id, before.id)
                return await self._changed(connection, before.id)
            preconditions.refuse_held(before)
            if not await self._store.release(connection, caller().account_id, before.id):
                raise preconditions.number_taken(before)
            return await self._changed(connection, before.id)

        return await self._mutations.once(request, pb.Device, release)

    async def UnlinkDevice(self, request: Any, context: grpc.aio.ServicerContext) -> pb.Device:
        """Gives up a device's number."""

        async def unlink(connection: Connection) -> Change:
            before = await self._locked(connection, request.name, "name")
            await self._store.unlink(connection, caller().account_id, before.id)
            return await self._changed(connection, before.id)

        return await self._mutations.once(request, pb.Device, unlink)

    async def _locked(self, connection: Connection, name: str, field: str) -> Stored:
        found = await self._store.locked(connection, caller().account_id, names.number(name))
        if found is None:
            raise names.missing(name, field)
        return found

    async def _changed(self, connection: Connection, device_id: int) -> Change:
        stored = await self._store.read_many(connection, caller().account_id, [device_id])
        return Change(to_proto(stored[device_id]), f"devices/{device_id}")
