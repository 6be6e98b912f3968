"""A client that knows the public protos, an address and an API key, and nothing else."""

import itertools
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import grpc
from google.protobuf import duration_pb2, field_mask_pb2, timestamp_pb2

from gateway.client import Trust, dial
from kompang.v1 import (
    accounts_pb2,
    accounts_pb2_grpc,
    devices_pb2,
    devices_pb2_grpc,
    leads_pb2,
    leads_pb2_grpc,
    messages_pb2,
    messages_pb2_grpc,
    sequences_pb2,
    sequences_pb2_grpc,
    wording_pb2,
)
from tests.support.slowness import patient

TRIGGER = "COLDEXSTART"
# COLD, WARM, HOT: a message every so often, from the first to the eleventh.
CHAIN = (("cold", 5), ("warm", 4), ("hot", 2))
MESSAGES = 11
_CALL_S = patient(10.0)
_PAGE = 1000
# A number is one account's, and accounts of several scenarios may share a mesh.
_numbers = itertools.count()


def text(sequence: str, step: int) -> str:
    """The step's text; it tells where it comes from."""
    return f"Hi {{name}}, {sequence} {step}"


def varied_text(sequence: str, step: int) -> str:
    """The same with alternatives: a text that only the engine can foretell."""
    return f"{{Hi|Hello|Hey}} {{name}}, {sequence} {step}{{ for you| today| as promised}}"


def lead_name(number: int) -> str:
    return f"Aminah {number}"


def lead_phone(number: int) -> str:
    return f"+60123{number:06d}"


class Integrator:
    """Its methods raise `grpc.aio.AioRpcError`."""

    def __init__(self, channel: grpc.aio.Channel, api_key: str) -> None:
        self._call: dict[str, Any] = {
            "metadata": [("authorization", f"Bearer {api_key}")],
            "timeout": _CALL_S,
        }
        self._accounts = accounts_pb2_grpc.AccountsServiceStub(channel)
        self._devices = devices_pb2_grpc.DevicesServiceStub(channel)
        self._leads = leads_pb2_grpc.LeadsServiceStub(channel)
        self._messages = messages_pb2_grpc.MessagesServiceStub(channel)
        self._sequences = sequences_pb2_grpc.SequencesServiceStub(channel)

    async def create_devices(
        self, count: int, *, min_s: float, max_s: float, both_kinds: bool = False
    ) -> list[devices_pb2.Device]:
        """With `both_kinds` every other one is of a network that forgets ids and can be asked about them."""
        kinds = ("SIMULATED", "SIMULATED_TRACEABLE" if both_kinds else "SIMULATED")
        request = devices_pb2.BatchCreateDevicesRequest(
            devices=[
                devices_pb2.Device(
                    phone=f"+60119{next(_numbers):06d}",
                    min_delay=_duration(min_s),
                    max_delay=_duration(max_s),
                    transport=f"TRANSPORT_{kinds[number % 2]}",
                )
                for number in range(count)
            ],
            request_id=str(uuid.uuid4()),
        )
        return list((await self._devices.BatchCreateDevices(request, **self._call)).devices)

    async def create_chain(self, *, apart_s: float, varied: bool = False) -> None:
        """COLD → WARM → HOT, their messages so many seconds apart; COLD listens for `TRIGGER`.

        Unless varied, a text is what `text` says and nothing else.
        """
        words = varied_text if varied else text
        following = ""
        for slug, steps in reversed(CHAIN):
            sequence = sequences_pb2.Sequence(
                trigger=TRIGGER if slug == "cold" else "",
                next_sequence=following,
                greetings=None if varied else wording_pb2.Greetings(),
                variation=wording_pb2.VARIATION_NATURAL if varied else wording_pb2.VARIATION_NONE,
                steps=[
                    sequences_pb2.Step(text=words(slug, n), offset=_duration(n * apart_s))
                    for n in range(1, steps + 1)
                ],
            )
            request = sequences_pb2.CreateSequenceRequest(
                sequence=sequence, sequence_id=slug, request_id=str(uuid.uuid4())
            )
            following = (await self._sequences.CreateSequence(request, **self._call)).name
        activation = sequences_pb2.ActivateSequenceRequest(name=following, request_id=str(uuid.uuid4()))
        await self._sequences.ActivateSequence(activation, **self._call)

    async def revise(self, slug: str, texts: Sequence[str], *, apart_s: float) -> None:
        """Other steps, so many seconds apart."""
        steps = [
            sequences_pb2.Step(text=words, offset=_duration(n * apart_s)) for n, words in enumerate(texts, 1)
        ]
        newer = sequences_pb2.Sequence(name=f"sequences/{slug}", steps=steps)
        mask = field_mask_pb2.FieldMask(paths=["steps"])
        request = sequences_pb2.UpdateSequenceRequest(sequence=newer, update_mask=mask)
        await self._sequences.UpdateSequence(request, **self._call)

    async def move(self, slug: str) -> sequences_pb2.MoveEnrollmentsResponse:
        """Leads in flight, to the newest version."""
        request = sequences_pb2.MoveEnrollmentsRequest(name=f"sequences/{slug}", request_id=str(uuid.uuid4()))
        answer: sequences_pb2.MoveEnrollmentsResponse = await self._sequences.MoveEnrollments(
            request, **self._call
        )
        return answer

    async def upsert_leads(
        self, numbers: Sequence[int], devices: Sequence[devices_pb2.Device], trigger: str = TRIGGER
    ) -> list[leads_pb2.Lead]:
        """Leads with consent, dealt out over the devices."""
        request = leads_pb2.BatchUpsertLeadsRequest(
            leads=[
                leads_pb2.Lead(
                    phone=lead_phone(n),
                    display_name=lead_name(n),
                    trigger=trigger,
                    device=devices[n % len(devices)].name,
                    consent=leads_pb2.Consent(source="form", grant_time=_now()),
                )
                for n in numbers
            ],
            request_id=str(uuid.uuid4()),
        )
        return list((await self._leads.BatchUpsertLeads(request, **self._call)).leads)

    async def speak(self, wording: wording_pb2.Wording) -> None:
        """Changes the account's wording."""
        account = accounts_pb2.Account(name="accounts/-", wording=wording)
        await self._accounts.UpdateAccount(accounts_pb2.UpdateAccountRequest(account=account), **self._call)

    async def answer_stop_words(self, text: str) -> None:
        """Whoever says stop is told so from now on."""
        account = accounts_pb2.Account(name="accounts/-", stop_confirmation=text)
        await self._accounts.UpdateAccount(accounts_pb2.UpdateAccountRequest(account=account), **self._call)

    async def render(self, name: str) -> messages_pb2.RenderMessageResponse:
        request = messages_pb2.RenderMessageRequest(name=name)
        shown: messages_pb2.RenderMessageResponse = await self._messages.RenderMessage(request, **self._call)
        return shown

    async def get_lead(self, name: str) -> leads_pb2.Lead:
        lead: leads_pb2.Lead = await self._leads.GetLead(leads_pb2.GetLeadRequest(name=name), **self._call)
        return lead

    async def suppress(self, name: str) -> None:
        request = leads_pb2.SuppressLeadRequest(name=name, reason="said stop", request_id=str(uuid.uuid4()))
        await self._leads.SuppressLead(request, **self._call)

    async def run_enrollment(self) -> sequences_pb2.RunEnrollmentResponse:
        request = sequences_pb2.RunEnrollmentRequest(sequence="sequences/cold")
        answer: sequences_pb2.RunEnrollmentResponse = await self._sequences.RunEnrollment(
            request, **self._call
        )
        return answer

    async def messages(self, lead: str = "") -> list[messages_pb2.Message]:
        """All of the account's messages, or those of a lead."""
        found: list[messages_pb2.Message] = []
        request = messages_pb2.ListMessagesRequest(page_size=_PAGE, lead=lead)
        while True:
            page = await self._messages.ListMessages(request, **self._call)
            found += page.messages
            if not page.next_page_token:
                return found
            request.page_token = page.next_page_token

    async def states(self) -> Counter[str]:
        """How many messages are in each state, e.g. `SENT`."""
        name = messages_pb2.Message.State.Name
        return Counter(name(each.state).removeprefix("STATE_") for each in await self.messages())


@asynccontextmanager
async def integrator(address: str, api_key: str, ca_file: Path | None = None) -> AsyncIterator[Integrator]:
    options = [("grpc.initial_reconnect_backoff_ms", 100), ("grpc.max_reconnect_backoff_ms", 500)]
    if ca_file is None:
        made = grpc.aio.insecure_channel(address, options=options)
    else:
        made = dial(address, Trust(ca_file=ca_file))
    async with made as channel:
        yield Integrator(channel, api_key)


def _duration(seconds: float) -> duration_pb2.Duration:
    made = duration_pb2.Duration()
    made.FromTimedelta(timedelta(seconds=seconds))
    return made


def _now() -> timestamp_pb2.Timestamp:
    made = timestamp_pb2.Timestamp()
    made.GetCurrentTime()
    return made
