"""kompang.v1.DevicesService."""
# ruff: noqa: N802, ARG002 - the proto names the methods, gRPC gives each a context

from typing import Any

import grpc

from gateway import names, wire
from gateway.auth.caller import caller
from gateway.devices.check import draft
from gateway.devices.store import DeviceStore, Draft, Stored
from gateway.paging import Query
from gateway.requests.store import Change, Connection, Mutations
from kompang.v1 import devices_pb2 as pb
from kompang.v1 import devices_pb2_grpc
from services.runtime.errors import AlreadyExists

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
        rows = await self._store.page(account_id, query.cursor[0], query.size + 1)
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


def _refuse_linked(drafts: list[Draft], ids: dict[str, int]) -> None:
    fields = [f"devices[{i}].phone" for i, wanted in enumerate(drafts) if wanted.phone not in ids]
    if fields:
        raise AlreadyExists(
            f"{', '.join(fields[:_TOLD])}: this account has linked the number already ({len(fields)} in all);"
            " leave those out, none was created",
            field=fields[0],
            fields=",".join(fields[:_TOLD]),
        )


def _warm_up(stored: Stored) -> pb.WarmUp | None:
    if not stored.warmup_start:
        return None
    return pb.WarmUp(first_day_count=stored.warmup_start, daily_growth=stored.warmup_growth)


def to_proto(stored: Stored) -> pb.Device:
    """A stored device as the public API shows it."""
    return pb.Device(
        name=f"devices/{stored.id}",
        display_name=stored.display_name,
        phone=stored.phone,
        min_delay=wire.duration(stored.min_delay),
        max_delay=wire.duration(stored.max_delay),
        daily_cap=stored.daily_cap,
        warm_up=_warm_up(stored),
        state=f"STATE_{stored.state.upper()}",
        state_reason=stored.state_reason,
        hold_end_time=wire.timestamp(stored.held_until),
        shard=stored.shard,
        host=stored.host,
        last_send_time=wire.timestamp(stored.last_sent_at),
        create_time=wire.timestamp(stored.created_at),
    )
