"""The connection to Redis, which holds only what may be lost."""

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialWithJitterBackoff
from redis.exceptions import RedisError

from services.runtime.settings import RedisSettings

# Callers catch these; any other error is a fault of ours.
RedisAway = (RedisError, OSError, TimeoutError)


def connect(settings: RedisSettings) -> Redis:
    """A client that opens lazily; close it with `aclose()`. Calls raise one of `RedisAway`."""
    pool = BlockingConnectionPool.from_url(
        settings.redis_url.get_secret_value(),
        max_connections=settings.redis_connections,
        timeout=settings.redis_timeout_s,
        socket_timeout=settings.redis_timeout_s,
        socket_connect_timeout=settings.redis_timeout_s,
        retry=Retry(ExponentialWithJitterBackoff(base=0.01, cap=0.1), settings.redis_retries),
        protocol=2,
    )
    return Redis.from_pool(pool)
