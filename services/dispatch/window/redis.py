"""The due window in Redis: one sorted set a device, shared by the replicas."""

from collections.abc import Mapping, Sequence
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import ResponseError

from services.dispatch.window.window import Entry, Place
from services.runtime.containment import contained, report

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
        for place, added in zip(entries, replies[commands - 2 :: commands], strict=True):
            await self._checked(place, added)

    async def take(self, places: Sequence[Place]) -> list[Entry | None]:
        """See `Window`."""
        if not places:
            return []
        async with self._redis.pipeline(transaction=False) as pipeline:
            for place in places:
                pipeline.zpopmin(self._key(place))
            replies = await pipeline.execute(raise_on_error=False)
        return [await self._read(place, reply) for place, reply in zip(places, replies, strict=True)]

    async def _read(self, place: Place, reply: Any) -> Entry | None:
        """None where nothing is, and for what is no entry of ours: it is gone from its window then."""
        await self._checked(place, reply)
        if isinstance(reply, Exception):
            return None
        with contained("dispatch.window", device_id=place.device_id):
            return _entry(reply)
        # Whatever else is in there may be none either: the scan fills the window anew.
        await self._redis.unlink(self._key(place))
        return None

    async def _checked(self, place: Place, reply: Any) -> None:
        """Removes a key that is no sorted set: it would stay, and the scan fills the window anew.

        Raises what Redis answers where the fault is none of the key's.
        """
        if not isinstance(reply, Exception):
            return
        if not isinstance(reply, ResponseError) or not str(reply).startswith("WRONGTYPE"):
            raise reply
        report("dispatch.window", reply, device_id=place.device_id)
        await self._redis.unlink(self._key(place))


def _entry(reply: Any) -> Entry | None:
    """Raises `ValueError` for a member that is no entry."""
    if not reply:
        return None
    scheduled, _, message = reply[0][0].decode().partition(":")
    return Entry.checked(int(scheduled), int(message))
