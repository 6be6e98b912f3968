"""kompang.v1.DevicesService."""
# ruff: noqa: N802, ARG002 - the proto names the methods, gRPC gives each a context

from typing import Any

import grpc

from gateway import names, wire
from gateway.auth.caller import caller
from gateway.devices.check import check_delays, draft, merged
from gateway.devices.store import DeviceStore, Draft, Settings, Stored
from gateway.idempotency.store import Change, Connection, Mutations
from gateway.paging import Query
from kompang.v1 import devices_pb2 as pb
from kompang.v1 import devices_pb2_grpc
from services.reasons import Reason
from services.runtime.errors import Aborted, AlreadyExists, FailedPrecondition, InvalidArgument

_TOLD = 5


class DevicesServicer(devices_pb2_grpc.DevicesServiceServicer):
    """Each method does what its comment in the proto says."""

    def __init__(self, store: DeviceStore, mutations: Mutations) -> None:
        self._store = store
        self._mutations = mutations

    async def GetDevice(self, request: Any, context: grpc.aio.ServicerContext) -> pb.Device:
        """One device."""
        found = await self._store.get(caller().account_id, names.number(request.name))
        if found is None:
            raise names.missing(request.name)
        return to_proto(found)

    async def ListDevices(self, request: Any, context: grpc.aio.ServicerContext) -> pb.ListDevicesResponse:
        """Oldest first."""
        account_id = caller().account_id
        query = Query.of(request, account_id)
        states = [pb.Device.State.Name(state).removeprefix("STATE_").lower() for state in request.states]
        rows = await self._store.page(account_id, query.cursor[0], query.size + 1, states)
        items, token = query.page(rows, to_proto, lambda row: (row.id,))
        return pb.ListDevicesResponse(devices=items, next_page_token=token)

    async def BatchCreateDevices(
        self, request: Any, context: grpc.aio.ServicerContext
    ) -> pb.BatchCreateDevicesResponse:
        """All or none."""

        async def create(connection: Connection) -> Change:
            account_id = caller().account_id
            drafts = [draft(device) for device in request.devices]
            ids = await self._store.create(connection, account_id, drafts)
            _refuse_linked(drafts, ids)
            made = await self._store.read_many(connection, account_id, ids.values())
            devices = [to_proto(made[ids[wanted.phone]]) for wanted in drafts]
            return Change(pb.BatchCreateDevicesResponse(devices=devices), f"devices ({len(devices)})")

        return await self._mutations.once(request, pb.BatchCreateDevicesResponse, create)

    async def UpdateDevice(self, request: Any, context: grpc.aio.ServicerContext) -> pb.Device:
        """The fields of the mask."""

        async def update(connection: Connection) -> Change:
            before = await self._locked(connection, request.device.name, "device.name")
            _refuse_stale(request.device.etag, before)
            settings = merged(before.settings, request)
            if violations := check_delays(settings.min_delay, settings.max_delay):
                raise InvalidArgument(violations)
            if settings != before.settings:
                await self._store.change(connection, before.id, settings)
            return await self._changed(connection, before.id)

        return await self._mutations.once(request, pb.Device, update)

    async def ReleaseDevice(self, request: Any, context: grpc.aio.ServicerContext) -> pb.Device:
        """Parked becomes active."""

        async def release(connection: Connection) -> Change:
            before = await self._locked(connection, request.name, "name")
            if before.state == "held":
                raise _held(before)
            await self._store.release(connection, before.id)
            return await self._changed(connection, before.id)

        return await self._mutations.once(request, pb.Device, release)

    async def _locked(self, connection: Connection, name: str, field: str) -> Stored:
        found = await self._store.locked(connection, caller().account_id, names.number(name))
        if found is None:
            raise names.missing(name, field)
        return found

    async def _changed(self, connection: Connection, device_id: int) -> Change:
        stored = await self._store.read_many(connection, caller().account_id, [device_id])
        return Change(to_proto(stored[device_id]), f"devices/{device_id}")


def _held(before: Stored) -> FailedPrecondition:
    return FailedPrecondition(
        f"name: devices/{before.id} is held ({before.state_reason}) until {before.held_until:%Y-%m-%d %H:%M}"
        " UTC and goes on by itself; only a parked device is released",
        reason=Reason.DEVICE_HELD,
        field="name",
    )


def _etag(stored: Stored) -> str:
    return f"{stored.id:x}-{stored.version:x}"


def _refuse_stale(etag: str, before: Stored) -> None:
    if etag and etag != _etag(before):
        raise Aborted(
            f"device.etag: devices/{before.id} was changed since you read it; read it again and repeat your"
            " change on what you find",
            reason=Reason.ETAG_STALE,
            field="device.etag",
        )


def _refuse_linked(drafts: list[Draft], ids: dict[str, int]) -> None:
    fields = [f"devices[{i}].phone" for i, wanted in enumerate(drafts) if wanted.phone not in ids]
    if fields:
        raise AlreadyExists(
            f"{', '.join(fields[:_TOLD])}: this account has linked the number already ({len(fields)} in all);"
            " leave those out, none was created",
            field=fields[0],
            fields=",".join(fields[:_TOLD]),
        )


def _warm_up(settings: Settings) -> pb.WarmUp | None:
    if not settings.warmup_start:
        return None
    return pb.WarmUp(first_day_count=settings.warmup_start, daily_growth=settings.warmup_growth)


def to_proto(stored: Stored) -> pb.Device:
    """A stored device as the public API shows it."""
    settings = stored.settings
    return pb.Device(
        name=f"devices/{stored.id}",
        display_name=settings.display_name,
        phone=stored.phone,
        min_delay=wire.duration(settings.min_delay),
        max_delay=wire.duration(settings.max_delay),
        daily_cap=settings.daily_cap,
        warm_up=_warm_up(settings),
        state=f"STATE_{stored.state.upper()}",
        state_reason=stored.state_reason,
        hold_end_time=wire.timestamp(stored.held_until),
        shard=stored.shard,
        host=stored.host,
        last_send_time=wire.timestamp(stored.last_sent_at),
        create_time=wire.timestamp(stored.created_at),
        etag=_etag(stored),
        sent_today_count=stored.sent_today,
        cap_today=stored.cap_today,
        pending_count=stored.pending,
    )
