"""kompang.v1.CampaignsService."""
# ruff: noqa: N802, ARG002 - the proto names the methods, gRPC gives each a context

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import grpc
from google.protobuf import empty_pb2

from gateway import names
from gateway.accounts.convert import quiet_day
from gateway.auth.caller import caller
from gateway.campaigns import preconditions, start
from gateway.campaigns.convert import draft_of, merged, to_proto
from gateway.campaigns.forecast.forecast import forecast
from gateway.campaigns.forecast.store import ForecastStore
from gateway.campaigns.look import Look, look
from gateway.campaigns.model import Draft, Stored
from gateway.campaigns.state import Step
from gateway.campaigns.store import CampaignStore, stored
from gateway.campaigns.watch import Meter
from gateway.idempotency.store import Change, Connection, Mutations
from gateway.paging import Query
from gateway.resource import refuse_stale
from gateway.tokens import Tokens
from gateway.unreadable import readable
from gateway.wording.promises import refuse_promises
from kompang.v1 import campaigns_pb2 as pb
from kompang.v1 import campaigns_pb2_grpc
from services.runtime.errors import Unavailable
from services.runtime.lifecycle import Life
from services.runtime.offload import Offload

Move = Callable[[Connection, Stored], Awaitable[None]]


class CampaignsServicer(campaigns_pb2_grpc.CampaignsServiceServicer):
    """Each method does what its comment in the proto says."""

    def __init__(
        self,
        store: CampaignStore,
        forecasts: ForecastStore,
        mutations: Mutations,
        tokens: Tokens,
        life: Life,
        offload: Offload,
        watch_s: float,
    ) -> None:
        """`watch_s`: seconds between two looks of a watch."""
        self._store = store
        self._forecasts = forecasts
        self._mutations = mutations
        self._tokens = tokens
        self._life = life
        self._offload = offload
        self._watch_s = watch_s

    async def GetCampaign(self, request: Any, context: grpc.aio.ServicerContext) -> pb.Campaign:
        """One campaign with its progress."""
        return (await self._look(request.name, Meter())).campaign

    async def ListCampaigns(
        self, request: Any, context: grpc.aio.ServicerContext
    ) -> pb.ListCampaignsResponse:
        """A page of campaigns, the oldest first."""
        account_id = caller().account_id
        query = Query.of(request, account_id, self._tokens)
        rows = await self._store.page(account_id, query.cursor[0], query.size + 1)
        page = query.page(rows, lambda row: to_proto(stored(row)), lambda row: (row["id"],))
        return pb.ListCampaignsResponse(
            campaigns=page.items, next_page_token=page.token, unreachable=page.unreachable
        )

    async def CreateCampaign(self, request: Any, context: grpc.aio.ServicerContext) -> pb.Campaign:
        """Creates a draft."""

        async def create(connection: Connection) -> Change:
            draft = draft_of(request.campaign)
            await self._refuse_promises(connection, draft)
            await self._refuse_strangers(connection, draft)
            campaign_id = await self._store.create(connection, caller().account_id, draft)
            return await self._changed(connection, campaign_id)

        return await self._mutations.once(request, pb.Campaign, create)

    async def UpdateCampaign(self, request: Any, context: grpc.aio.ServicerContext) -> pb.Campaign:
        """Changes the fields that the mask names, of a draft."""

        async def update(connection: Connection) -> Change:
            before = await self._locked(connection, request.campaign.name, "campaign.name")
            preconditions.refuse_launched(before, "clone it and change the clone", "campaign.name")
            refuse_stale(request.campaign, before)
            draft = merged(before.draft, request)
            if draft != before.draft:
                await self._refuse_promises(connection, draft)
                await self._refuse_strangers(connection, draft)
                await self._store.change(connection, caller().account_id, before, draft)
            return await self._changed(connection, before.id)

        return await self._mutations.once(request, pb.Campaign, update)

    async def DeleteCampaign(self, request: Any, context: grpc.aio.ServicerContext) -> empty_pb2.Empty:
        """Deletes a draft."""

        async def delete(connection: Connection) -> Change:
            before = await self._locked(connection, request.name)
            preconditions.refuse_launched(before, "cancel it instead")
            await self._store.delete(connection, caller().account_id, before.id)
            return Change(empty_pb2.Empty(), request.name)

        return await self._mutations.once(request, empty_pb2.Empty, delete)

    async def ForecastCampaign(
        self, request: Any, context: grpc.aio.ServicerContext
    ) -> pb.ForecastCampaignResponse:
        """Computes what a launch would do, and changes nothing."""
        with readable(request.name):
            account_id, campaign_id = caller().account_id, names.number(request.name)
            found = await self._store.get(account_id, campaign_id)
            if found is None:
                raise names.missing(request.name)
            begins = (await start.resolve(request, self._store)).at or found.starts_at or datetime.now(UTC)
            loads = await self._forecasts.loads(account_id, campaign_id, begins)
            calendar = await self._forecasts.calendar(account_id, begins, loads)
            response = await forecast(found, begins, loads, calendar)
            if loads:
                ends = response.end_time.ToDatetime(tzinfo=UTC) if response.HasField("end_time") else begins
                closed = await self._forecasts.quiet_days(account_id, begins, ends)
                response.quiet_days.extend(map(quiet_day, closed))
            return response

    async def LaunchCampaign(self, request: Any, context: grpc.aio.ServicerContext) -> pb.Campaign:
        """Launches a draft now or at a time; enrollment writes the messages."""
        begins = await start.resolve(request, self._store)
        step = Step.LAUNCH if begins.at is None else Step.SCHEDULE

        async def launch(connection: Connection, before: Stored) -> None:
            preconditions.refuse_empty(before)
            state = preconditions.stepped(before, step)
            await self._store.launch(
                connection, caller().account_id, before.id, state, begins.at, begins.timezone
            )

        return await self._move(request, step, launch)

    async def PauseCampaign(self, request: Any, context: grpc.aio.ServicerContext) -> pb.Campaign:
        """Pauses the campaign: dispatch hands no more of its messages."""
        return await self._move(
            request,
            Step.PAUSE,
            lambda connection, before: self._store.pause(connection, caller().account_id, before.id),
        )

    async def ResumeCampaign(self, request: Any, context: grpc.aio.ServicerContext) -> pb.Campaign:
        """Resumes the campaign: dispatch hands its messages again."""
        return await self._move(
            request,
            Step.RESUME,
            lambda connection, before: self._store.resume(connection, caller().account_id, before.id),
        )

    async def CancelCampaign(self, request: Any, context: grpc.aio.ServicerContext) -> pb.Campaign:
        """Cancels the campaign at once; enrollment cancels its pending messages afterwards."""
        return await self._move(
            request,
            Step.CANCEL,
            lambda connection, before: self._store.cancel(connection, caller().account_id, before.id),
        )

    async def RetryFailed(self, request: Any, context: grpc.aio.ServicerContext) -> pb.Campaign:
        """Marks the campaign for a retry; enrollment makes its failed messages pending again."""

        async def retry(connection: Connection, before: Stored) -> None:
            await self._store.retry(
                connection, caller().account_id, before.id, preconditions.stepped(before, Step.RETRY)
            )

        return await self._move(request, Step.RETRY, retry)

    async def CloneCampaign(self, request: Any, context: grpc.aio.ServicerContext) -> pb.Campaign:
        """Creates a draft with the same text, audience and settings."""

        async def clone(connection: Connection) -> Change:
            before = await self._locked(connection, request.name)
            display_name = request.display_name or before.display_name
            return await self._changed(
                connection, await self._store.clone(connection, caller().account_id, before.id, display_name)
            )

        return await self._mutations.once(request, pb.Campaign, clone)

    async def WatchCampaign(
        self, request: Any, context: grpc.aio.ServicerContext
    ) -> AsyncIterator[pb.WatchCampaignResponse]:
        """Sends the campaign every second, until nothing can change by itself."""
        meter = Meter()
        while True:
            seen = await self._look(request.name, meter)
            yield pb.WatchCampaignResponse(campaign=seen.campaign)
            if seen.is_last:
                return
            if not await self._life.pause(self._watch_s):
                raise Unavailable("this gateway drains; watch at another")

    async def _look(self, name: str, meter: Meter) -> Look:
        found = await look(self._store, caller().account_id, names.number(name), meter)
        if found is None:
            raise names.missing(name)
        return found

    async def _move(self, request: Any, step: Step, move: Move) -> pb.Campaign:
        """Takes one step between states. A step that a caller repeats is taken once."""

        async def change(connection: Connection) -> Change:
            before = await self._locked(connection, request.name)
            if preconditions.stepped(before, step) is not before.state or step is Step.RETRY:
                await move(connection, before)
            return await self._changed(connection, before.id)

        return await self._mutations.once(request, pb.Campaign, change)

    async def _locked(self, connection: Connection, name: str, field: str = "name") -> Stored:
        found = await self._store.lock(connection, caller().account_id, names.number(name))
        if found is None:
            raise names.missing(name, field)
        return found

    async def _changed(self, connection: Connection, campaign_id: int) -> Change:
        stored = await self._store.read(connection, caller().account_id, campaign_id)
        assert stored is not None  # noqa: S101 - it was locked, or made, by this transaction
        return Change(to_proto(stored), stored.name)

    async def _refuse_promises(self, connection: Connection, draft: Draft) -> None:
        own_words = await self._store.stop_words(connection, caller().account_id)
        await self._offload.run(refuse_promises, {"campaign.text": draft.text}, own_words)

    async def _refuse_strangers(self, connection: Connection, draft: Draft) -> None:
        stranger = await self._store.stranger(connection, caller().account_id, draft)
        if stranger is not None:
            raise names.missing(f"leads/{stranger}", "campaign.audience.leads")
