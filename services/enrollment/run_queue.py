"""Runs: scans by account. The process owns a run, and not the caller that asked for the run.

An account has at most one run going and, for each thing asked, one waiting. A caller joins the waiting run,
which begins after the call, and so sees every lead that the caller wrote before; the run going on may not.
"""

import asyncio
import logging

from services.enrollment.scan import Draining, Enrolled, Scanner
from services.enrollment.store import EnrollmentStore, Listener
from services.runtime.containment import contained
from services.runtime.errors import FailedPrecondition, KompangError
from services.runtime.lifecycle import Life

log = logging.getLogger(__name__)


class RunFailed(KompangError):
    """The run of an account ended by an unforeseen error, which the log has."""


class RunQueue:
    """`group` is the process's own: a run outlives its caller.

    An unforeseen error ends the scan of one sequence, or the run of one account, and nothing else.
    """

    def __init__(
        self, store: EnrollmentStore, scanner: Scanner, group: asyncio.TaskGroup, life: Life
    ) -> None:
        self._store = store
        self._scanner = scanner
        self._group = group
        self._life = life
        self._waiting: dict[Listener, asyncio.Task[Enrolled | KompangError]] = {}
        # One a known account, for good: a few bytes each.
        self._turns: dict[int, asyncio.Lock] = {}

    async def every_account(self) -> Enrolled:
        """Runs all accounts with active sequences, one after the other; a drain ends it without an error."""
        total = Enrolled()
        for account_id in sorted({listener.account_id for listener in await self._store.listeners()}):
            try:
                total += await self.now(account_id)
            except Draining:
                return total
            except RunFailed:
                continue  # reported where it failed; the next look tries this account again
        return total

    async def now(self, account_id: int, sequence_id: int = 0) -> Enrolled:
        """Runs one sequence of an account, or (0) all its active ones, and waits for the end.

        Raises as `Scanner.scan`; over all sequences, one that cannot be enrolled in is logged and passed.
        """
        if self._life.is_draining:
            raise Draining("this replica is leaving; ask another")
        asked = Listener(account_id, sequence_id)
        if asked not in self._waiting:
            self._waiting[asked] = self._group.create_task(self._run(asked), name=f"run {account_id}")
        answer = await asyncio.shield(self._waiting[asked])
        if isinstance(answer, KompangError):
            raise answer
        return answer

    async def _run(self, asked: Listener) -> Enrolled | KompangError:
        """Errors are answers, for whoever still waits."""
        async with self._turns.setdefault(asked.account_id, asyncio.Lock()):
            del self._waiting[asked]
            enrolled = Enrolled()
            try:
                with contained(
                    "enrollment.run", raised=(KompangError,), account_id=asked.account_id
                ) as ended:
                    enrolled = await self._scan(asked)
            except KompangError as error:
                log.warning("run ended early", extra={"account": asked.account_id, "reason": error.reason})
                return error
            if ended.error is not None:
                return RunFailed("the run failed; the log of the enrollment process says why")
        log.info(
            "run ended",
            extra={"account": asked.account_id, "leads": enrolled.leads, "messages": enrolled.messages},
        )
        return enrolled

    async def _scan(self, asked: Listener) -> Enrolled:
        if asked.sequence_id:
            return await self._scanner.scan(asked)
        total = Enrolled()
        for listener in await self._store.listeners(asked.account_id):
            # One sequence that was written wrongly, or fails, must not keep the others from their leads.
            ids = {"account_id": listener.account_id, "sequence_id": listener.sequence_id}
            try:
                with contained("enrollment.sequence", raised=(KompangError,), **ids):
                    total += await self._scanner.scan(listener)
            except FailedPrecondition as error:
                log.warning(
                    "sequence passed over", extra=ids | {"reason": error.reason, "why": error.message}
                )
        return total
