"""One scan: the leads of one account that a sequence listens for, from the first to the last.

Authority: the unique key of `enrollment` alone decides who is enrolled; a scan only proposes. So any
number of scans, in any number of replicas, may run over the same leads, die at any moment, and repeat
batches whose end they never learned. A page of leads is read, then enrolled in batches, a bounded
number of them at once; a process that drains finishes the batches in flight and starts no more.

Failures: a lead that fails alone is left out and reported; the other leads of its batch are enrolled. Where
nothing but failures comes, the sequence may be at fault, and its scan ends. For some hours, later scans leave
out the leads that failed, so that in the end the leads behind them are enrolled.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from services.enrollment.chain import Chain, ChainError, flatten
from services.enrollment.failed_leads import FailedLeads
from services.enrollment.rate import Rate
from services.enrollment.settings import EnrollmentSettings
from services.enrollment.store import Batch, Cursor, EnrollmentStore, Listener, Page
from services.enrollment.tracing import EnrollmentSpans
from services.reasons import Reason
from services.runtime.containment import contained_each
from services.runtime.errors import FailedPrecondition, KompangError, Unavailable
from services.runtime.group import Group
from services.runtime.lifecycle import Life
from services.runtime.retry import repeated

_Answer = TypeVar("_Answer")

# After so many leads in a row that fail, the scan ends, because the sequence may be at fault.
_MOST_FAILED = 100


@dataclass(frozen=True)
class Enrolled:
    """What a scan wrote: leads, and the messages for them."""

    leads: int = 0
    messages: int = 0

    def __add__(self, other: "Enrolled") -> "Enrolled":
        return Enrolled(self.leads + other.leads, self.messages + other.messages)


class Draining(Unavailable):
    """The process left before the scan was at its end; another replica, or the next scan, goes on."""


class NotListening(FailedPrecondition):
    """The sequence is unknown, inactive, or has no trigger."""

    reason: str = Reason.SEQUENCE_NOT_LISTENING


class TooManyFailures(Exception):
    """Leads fail one after the other, and none is enrolled between them."""


class Scanner:
    """Its scans share the batches in flight and the rate: a process has one limit of each."""

    def __init__(self, store: EnrollmentStore, settings: EnrollmentSettings, life: Life) -> None:
        self._store = store
        self._settings = settings
        self._life = life
        self._slots = asyncio.Semaphore(settings.enrollment_batches_in_flight)
        self._rate = Rate(settings.enrollment_leads_per_second, life)
        self._failed = FailedLeads()

    async def scan(self, listener: Listener) -> Enrolled:
        """Enrolls every lead that qualifies; returns what this scan wrote.

        Raises `FailedPrecondition` if the sequence is not listening or its chain cannot be enrolled in,
        `Unavailable` if the database stays away, `Draining` if the process drains meanwhile,
        `TooManyFailures` if every lead fails.
        """
        chain, failures = await self._chain(listener), _Failures()
        total, cursor, is_last = Enrolled(), Cursor(), False
        while not is_last:
            page = await self._page(listener, cursor)
            lead_ids = self._failed.without_them(listener, page.lead_ids)
            total += await self._enroll_page(listener, chain, lead_ids, failures)
            if failures.are_too_many:
                raise TooManyFailures
            if self._life.is_draining:
                raise Draining("this replica is leaving; what is left is enrolled by another")
            cursor, is_last = page.cursor, page.is_last
            try:
                # For each page: a long scan takes up a new revision, and ends where it is switched off.
                chain = chain if is_last else await self._chain(listener)
            except NotListening:
                return total
        return total

    async def _chain(self, listener: Listener) -> Chain:
        """The chain as it is now, with partitions to write it into."""
        links = await self._repeated(lambda: self._store.links(listener))
        if not links:
            raise NotListening("the sequence is unknown, inactive, or has no trigger; activate it first")
        try:
            chain = flatten(listener.sequence_id, links)
        except ChainError as error:
            raise FailedPrecondition(str(error), reason=Reason.CHAIN_NOT_ENROLLABLE) from error
        await self._repeated(lambda: self._store.ensure_partitions(chain.length_s))
        return chain

    async def _page(self, listener: Listener, cursor: Cursor) -> Page:
        size = self._settings.enrollment_page_leads
        return await self._repeated(lambda: self._store.page(listener, cursor, size))

    async def _enroll_page(
        self, listener: Listener, chain: Chain, lead_ids: Sequence[int], failures: "_Failures"
    ) -> Enrolled:
        size = self._settings.enrollment_batch_leads
        raised: tuple[BaseException, ...] = ()
        try:
            async with Group() as group:
                batches = [
                    group.create_task(self._enroll(listener, chain, lead_ids[start : start + size], failures))
                    for start in range(0, len(lead_ids), size)
                ]
        except* KompangError as group_raised:
            raised = group_raised.exceptions
        if raised:
            # One reason is enough for the caller: those of one moment are alike.
            raise raised[0]
        return sum((batch.result() for batch in batches), Enrolled())

    async def _enroll(
        self, listener: Listener, chain: Chain, lead_ids: Sequence[int], failures: "_Failures"
    ) -> Enrolled:
        total = Enrolled()

        async def enroll(part: Sequence[int]) -> None:
            nonlocal total
            spans = EnrollmentSpans(part, sequence_id=listener.sequence_id, message_count=len(chain))
            batch = Batch(listener, chain, part, spans.traceparents)
            enrollment_ids = await self._repeated(lambda: self._store.enroll(batch))
            spans.end(enrollment_ids)
            failures.in_a_row = 0
            total += Enrolled(len(enrollment_ids), len(enrollment_ids) * len(chain))

        def ids(lead_id: int) -> dict[str, int]:
            return {"lead_id": lead_id, "sequence_id": listener.sequence_id}

        async with self._slots:
            await self._rate.admit(len(lead_ids))
            if not self._life.is_draining and not failures.are_too_many:
                failed = await contained_each(
                    "enrollment.lead", lead_ids, enroll, ids, raised=(KompangError,)
                )
                self._failed.add(listener, failed)
                failures.in_a_row += len(failed)
        return total

    async def _repeated(self, call: Callable[[], Awaitable[_Answer]]) -> _Answer:
        return await repeated(call, self._life)


@dataclass
class _Failures:
    """Of one scan: leads that failed since the last one that did not."""

    in_a_row: int = 0

    @property
    def are_too_many(self) -> bool:
        return self.in_a_row >= _MOST_FAILED
