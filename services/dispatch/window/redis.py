"""The due window in Redis: one sorted set a device, shared by the replicas."""

from collections.abc import Mapping, Sequence
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import RedisError

from services.dispatch.window.doubts import Doubts
from services.dispatch.window.window import Entry, Place
from services.runtime.containment import report

# A set nobody took from for this long is of a device that moved on; the scan makes it anew.
_FORGET_S = 3600


class RedisWindow:
    """Calls raise one of `services.runtime.redis.RedisAway`.

    Only sorted sets and plain commands, one round trip a batch; the shard in braces keeps a pipeline's
    keys of one shard on one node of a Redis cluster.
    """

    def __init__(self, redis: Redis, prefix: str) -> None:
        self._redis = redis
        self._prefix = prefix
        self.doubts = Doubts()

    def _key(self, place: Place) -> str:
        return f"{self._prefix}:{{{place.shard}}}:due:{place.device_id}"

    async def fill(self, entries: Mapping[Place, Sequence[Entry]]) -> None:
        """See `Window`."""
        await self._write(entries, is_whole=True)

    async def add(self, entries: Mapping[Place, Sequence[Entry]]) -> None:
        """See `Window`."""
        await self._write(entries, is_whole=False)

    async def _write(self, entries: Mapping[Place, Sequence[Entry]], *, is_whole: bool) -> None:
        if not entries:
            return
        async with self._redis.pipeline(transaction=False) as pipeline:
            for place, new in entries.items():
                key = self._key(place)
                if is_whole:
                    pipeline.unlink(key)
                pipeline.zadd(key, {f"{e.scheduled_us}:{e.message_id}": e.scheduled_us for e in new})
                pipeline.expire(key, _FORGET_S)
            replies = await pipeline.execute(raise_on_error=False)
        commands = 3 if is_whole else 2
        added = zip(entries, replies[commands - 2 :: commands], strict=True)
        await self._remove([(place, reply) for place, reply in added if isinstance(reply, Exception)])

    async def take(self, places: Sequence[Place]) -> list[Entry | None]:
        """See `Window`. None also for what is no entry of ours: it is gone from its window then."""
        if not places:
            return []
        async with self._redis.pipeline(transaction=False) as pipeline:
            for place in places:
                pipeline.zpopmin(self._key(place))
            replies = await pipeline.execute(raise_on_error=False)
        taken: list[Entry | None] = []
        junk: list[tuple[Place, Exception]] = []
        for place, reply in zip(places, replies, strict=True):
            entry = _entry(reply)
            taken.append(None if isinstance(entry, Exception) else entry)
            if isinstance(entry, Exception):
                junk.append((place, entry))
        self.doubts.add(taken=len(taken) - taken.count(None))
        await self._remove(junk)
        return taken

    async def _remove(self, junk: Sequence[tuple[Place, Exception]]) -> None:
        """Removes keys that are no sorted sets or have other members: a scan makes them anew.

        Counts them, and reports the first of them. Raises what Redis answers where the fault is none of the
        key's.
        """
        for _, error in junk:
            if isinstance(error, RedisError) and not str(error).startswith("WRONGTYPE"):
                raise error
        if not junk:
            return
        place, error = junk[0]
        report("dispatch.window", error, device_id=place.device_id, keys=len(junk))
        self.doubts.add(junk=len(junk))
        async with self._redis.pipeline(transaction=False) as pipeline:
            for place, _ in junk:
                pipeline.unlink(self._key(place))
            await pipeline.execute()


def _entry(reply: Any) -> Entry | Exception | None:
    """None where nothing is; what is wrong with it for a member that is no entry."""
    if not reply or isinstance(reply, Exception):
        return reply or None
    try:
        scheduled, _, message = reply[0][0].decode().partition(":")
        return Entry.checked(int(scheduled), int(message))
    except Exception as error:  # noqa: BLE001 - whatever is wrong with it, it is none of ours
        return error
