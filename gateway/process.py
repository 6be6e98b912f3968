"""The gateway, wired: what is opened, what is served, what runs, and how it ends."""

import asyncio
import uuid
from contextlib import AsyncExitStack

from gateway.accounts.check import check_update as check_update_account
from gateway.accounts.store import AccountStore
from gateway.api.accounts import AccountsServicer
from gateway.api.campaigns import CampaignsServicer
from gateway.api.devices import DevicesServicer
from gateway.api.events import EventsServicer
from gateway.api.imports import Imports
from gateway.api.leads import LeadsServicer
from gateway.api.messages import MessagesServicer
from gateway.api.overview import OverviewServicer
from gateway.api.sequences import SequencesServicer
from gateway.auth.authentication import AuthenticationInterceptor
from gateway.auth.authorization import AuthorizationInterceptor
from gateway.auth.failures import Failures
from gateway.auth.floods import Floods
from gateway.auth.keyring import Keyring
from gateway.auth.open_calls import OpenCalls
from gateway.auth.records import Records
from gateway.auth.store import KeyStore
from gateway.campaigns.check import check_create as check_create_campaign
from gateway.campaigns.check import check_update as check_update_campaign
from gateway.campaigns.forecast.store import ForecastStore
from gateway.campaigns.store import CampaignStore
from gateway.checking import Check
from gateway.devices.check import check_create as check_create_devices
from gateway.devices.check import check_update as check_update_device
from gateway.devices.store import DeviceStore
from gateway.enrollment.client import Enrollment
from gateway.events.hub import Hub
from gateway.events.store import EventStore
from gateway.explain.explanations import Explanations
from gateway.explain.store import ExplainStore
from gateway.idempotency.store import Mutations
from gateway.imports.running.store import BatchStore
from gateway.imports.store import ImportStore
from gateway.leads.check import check_suppress, check_upsert
from gateway.leads.export import Exports
from gateway.leads.store import LeadStore
from gateway.limits.connections import options
from gateway.limits.places import CallTurns, PlacesInterceptor
from gateway.limits.rate import RateInterceptor
from gateway.limits.readers import too_slow
from gateway.limits.sizes import SIZES
from gateway.messages.store import MessageStore
from gateway.overview.store import OverviewStore
from gateway.previews.check import check_preview
from gateway.previews.previews import Previews
from gateway.previews.store import PreviewStore
from gateway.retention.store import Retention
from gateway.sequences.check import check_create, check_update
from gateway.sequences.store import SequenceStore
from gateway.settings import GatewaySettings
from gateway.tokens import Tokens
from gateway.zones.store import Zones
from kompang.v1 import (
    accounts_pb2,
    accounts_pb2_grpc,
    campaigns_pb2,
    campaigns_pb2_grpc,
    devices_pb2,
    devices_pb2_grpc,
    events_pb2_grpc,
    leads_pb2,
    leads_pb2_grpc,
    messages_pb2_grpc,
    overview_pb2_grpc,
    sequences_pb2,
    sequences_pb2_grpc,
)
from services.consent.phone_hash import PhoneHashes
from services.journal.journal import Journal
from services.proxies import proxy_sealing
from services.restore.store import Fence
from services.runtime import telemetry
from services.runtime.containment import contained_all
from services.runtime.discovery import Discovery
from services.runtime.far_times import and_far_times
from services.runtime.identity import Identity
from services.runtime.lifecycle import Life, every
from services.runtime.offload import Offload
from services.runtime.places import Places
from services.runtime.postgres import Postgres
from services.runtime.secret import RootSecret
from services.runtime.server import Registration, Server
from services.runtime.slow_readers import SlowReaderInterceptor

SERVICE = "gateway"

_SERVICES = tuple(
    f"kompang.v1.{noun}Service"
    for noun in ("Accounts", "Campaigns", "Devices", "Events", "Leads", "Messages", "Overview", "Sequences")
)
_RETENTION_S = 600.0
_RECORDS_S = 5.0
# Deadline of a look at the keys.
_KEYS_S = 2.0
# Pages are read in the order of an index. While a table grows faster than its statistics, the planner would
# choose to collect and sort all rows of an account instead.
_BY_INDEX = {"enable_bitmapscan": "off"}

CHECK = Check(
    {
        accounts_pb2.UpdateAccountRequest: check_update_account,
        campaigns_pb2.CreateCampaignRequest: check_create_campaign,
        campaigns_pb2.UpdateCampaignRequest: check_update_campaign,
        devices_pb2.BatchCreateDevicesRequest: check_create_devices,
        devices_pb2.UpdateDeviceRequest: check_update_device,
        leads_pb2.BatchUpsertLeadsRequest: check_upsert,
        leads_pb2.SuppressLeadRequest: check_suppress,
        sequences_pb2.CreateSequenceRequest: check_create,
        sequences_pb2.PreviewStepRequest: check_preview,
        sequences_pb2.UpdateSequenceRequest: check_update,
    }
)


async def run(settings: GatewaySettings, life: Life) -> None:
    """Serves until the drain; the address is given to `life.ready`."""
    instance = settings.instance or uuid.uuid4().hex[:12]
    async with AsyncExitStack() as stack:
        stack.enter_context(telemetry.configured(SERVICE, instance))
        postgres = await stack.enter_async_context(
            # Ids that a restored database gives out anew must not be those that it has forgotten.
            Postgres(
                settings,
                application="kompang-gateway",
                session=_BY_INDEX,
                on_connect=and_far_times(Fence(until_settled=False).check),
            )
        )
        discovery = await stack.enter_async_context(Discovery.of(settings))
        enrollment = await stack.enter_async_context(Enrollment(discovery, Identity(settings)))
        journal = Journal.of(settings, instance)
        if journal is not None:
            await journal.open()
            stack.callback(journal.close)
        hub = Hub(EventStore(postgres), life, poll_s=settings.event_poll_s, buffer=settings.event_buffer)
        retention = Retention(postgres, settings)
        keys = KeyStore(await stack.enter_async_context(_postgres_of_keys(settings)))
        open_calls, failures = OpenCalls(), Failures()
        floods = Floods(settings.calls_per_s_of_key)
        keyring = Keyring(keys, open_calls, settings.key_cache_s)
        records = Records(keys, failures)
        offload = stack.enter_context(Offload())
        server = Server(
            settings,
            _registrations(settings, postgres, enrollment, hub, life, journal, offload),
            _SERVICES,
            gates=[AuthenticationInterceptor(keyring, failures, floods), RateInterceptor(settings, floods)],
            interceptors=[
                SlowReaderInterceptor(settings.reader_timeout_s, too_slow()),
                AuthorizationInterceptor(open_calls, records),
                PlacesInterceptor(settings, floods),
            ],
            check=CHECK,
            sizes=SIZES,
            room=CallTurns(settings, floods),
            options=options(settings),
            most_connections=settings.connections_at_once,
            most_calls=settings.calls_at_once + settings.streams_at_once,
        )
        async with asyncio.TaskGroup() as group:
            group.create_task(hub.run(), name="events")
            group.create_task(every(_RETENTION_S, retention.run_once, life), name="retention")
            group.create_task(every(_RECORDS_S, records.run_once, life), name="records of keys")
            announced = discovery.announce(
                SERVICE, instance, server.address, checked_at=server.health_address
            )
            async with keyring.kept(), server, announced:
                closing = group.create_task(floods.run(server.port), name="floods")
                life.ready(server.address)
                await life.drained()
                closing.cancel()
        with contained_all("gateway.keys.record"):
            await records.run_once()


def _postgres_of_keys(settings: GatewaySettings) -> Postgres:
    """Connections of their own: keys are looked at also while slow statements hold all others."""
    own = {"postgres_pool_max": 2, "postgres_timeout_s": min(_KEYS_S, settings.postgres_timeout_s)}
    return Postgres(settings.model_copy(update=own), application="kompang-gateway-keys")


def _registrations(
    settings: GatewaySettings,
    postgres: Postgres,
    enrollment: Enrollment,
    hub: Hub,
    life: Life,
    journal: Journal | None,
    offload: Offload,
) -> list[Registration]:
    root = RootSecret.of(settings)
    mutations = Mutations(postgres, root.derived("requests"))
    tokens = Tokens.of(root)
    hashes = PhoneHashes(root.derived("phone"))
    zones = Zones(postgres)
    explanations = Explanations(ExplainStore(postgres))
    devices = DeviceStore(postgres)
    store = SequenceStore(postgres)
    sequences = SequencesServicer(
        store,
        mutations,
        Previews(PreviewStore(postgres), store, zones, offload),
        enrollment,
        settings.enrollment_timeout_s,
        tokens,
        offload,
    )
    accounts = AccountsServicer(AccountStore(postgres), mutations, zones, offload)
    message_store, event_store, lead_store = MessageStore(postgres), EventStore(postgres), LeadStore(postgres)
    batches = BatchStore(postgres, lead_store, zones, hashes, journal)
    places = Places("imports", total=settings.imports_at_once, each=settings.imports_of_account)
    imports = Imports(
        ImportStore(postgres), batches, tokens, offload, life, places, silence_s=settings.import_silence_s
    )
    messages = MessagesServicer(message_store, mutations, explanations, tokens)
    exports = Exports(lead_store, message_store, event_store, tokens)
    leads = LeadsServicer(
        lead_store, devices, mutations, zones, imports, explanations, exports, tokens, hashes, journal
    )
    events = EventsServicer(event_store, hub, tokens)
    campaign_store = CampaignStore(postgres)
    campaigns = CampaignsServicer(
        campaign_store, ForecastStore(postgres), mutations, tokens, life, offload, settings.campaign_watch_s
    )
    overview = OverviewServicer(OverviewStore(postgres), campaign_store, life, settings.overview_watch_s)
    return [
        (accounts_pb2_grpc.add_AccountsServiceServicer_to_server, accounts),
        (campaigns_pb2_grpc.add_CampaignsServiceServicer_to_server, campaigns),
        (
            devices_pb2_grpc.add_DevicesServiceServicer_to_server,
            DevicesServicer(devices, mutations, tokens, proxy_sealing(root).seal),
        ),
        (events_pb2_grpc.add_EventsServiceServicer_to_server, events),
        (leads_pb2_grpc.add_LeadsServiceServicer_to_server, leads),
        (messages_pb2_grpc.add_MessagesServiceServicer_to_server, messages),
        (overview_pb2_grpc.add_OverviewServiceServicer_to_server, overview),
        (sequences_pb2_grpc.add_SequencesServiceServicer_to_server, sequences),
    ]
