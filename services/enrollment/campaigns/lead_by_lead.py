"""The rest of a launch in which a piece has failed: device by device, and around the leads at fault.

A lead is left out only where it is known to be at fault: the database refuses its row, and takes, or would
take, the row of another lead of the campaign. A campaign for which nothing can be written leaves nobody out,
but fails.
"""

from services.enrollment.campaigns.store import CampaignStore, Position
from services.enrollment.campaigns.width import Width
from services.enrollment.settings import EnrollmentSettings
from services.runtime.containment import PASSING, report
from services.runtime.lifecycle import Life
from services.runtime.postgres import is_of_data

# Of each device at most so many leads are tried until one works.
_MOST_TRIED = 20


class LeadByLead:
    """`write` is slow beside a piece of a launch, and is asked for when one failed."""

    def __init__(self, store: CampaignStore, settings: EnrollmentSettings, life: Life) -> None:
        self._store = store
        self._settings = settings
        self._life = life

    async def write(self, campaign_id: int) -> int:
        """How many messages were written. Raises what a device failed of, after the others had their turn."""
        messages, error = 0, None
        # Twice: a device that fails at its first lead may fail of that lead, as the other devices show.
        for _ in range(2):
            error = None
            for device_id in await self._store.unwritten(campaign_id):
                try:
                    messages += await self._write_device(campaign_id, device_id)
                except PASSING:
                    raise
                except Exception as raised:  # noqa: BLE001 - raised below
                    error = raised
        if error is not None:
            raise error
        return messages

    async def _write_device(self, campaign_id: int, device_id: int) -> int:
        messages, width = 0, Width(self._settings.campaign_batch_leads)
        while not self._life.is_draining:
            # Known before the attempt: another replica may go on with the device meanwhile.
            at = await self._next(campaign_id, device_id) if width.is_one else None
            try:
                piece = await self._store.write(campaign_id, 1, width.now, device_id)
            except PASSING:
                raise
            except Exception as error:
                if not width.is_one:
                    width.halve()
                    continue
                if at is None or not is_of_data(error) or not await self._works(campaign_id, device_id):
                    raise
                await self._leave_out(campaign_id, device_id, at, error)
            else:
                messages += piece.messages
                if not piece.devices:
                    break
            width.double()
        return messages

    async def _next(self, campaign_id: int, device_id: int) -> Position | None:
        return next(iter(await self._store.next_leads(campaign_id, device_id, 1)), None)

    async def _works(self, campaign_id: int, device_id: int) -> bool:
        """Whether another lead of the campaign has a message, or a next one of this device would get one."""
        if await self._store.has_messages(campaign_id):
            return True
        for at in await self._store.next_leads(campaign_id, device_id, _MOST_TRIED):
            try:
                if await self._store.would_write(campaign_id, device_id, at):
                    return True
            except PASSING:
                raise
            except Exception:  # noqa: BLE001, S112 - it is at fault too, and is reported in its turn
                continue
        return False

    async def _leave_out(self, campaign_id: int, device_id: int, at: Position, error: Exception) -> None:
        report("enrollment.launch.lead", error, campaign_id=campaign_id, lead_id=at.lead_id)
        await self._store.pass_lead(campaign_id, device_id, at)
