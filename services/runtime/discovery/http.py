"""The HTTP connections of py-consul, with our token and our TLS on each request."""

from collections.abc import Callable
from typing import Any

import aiohttp
from consul import base
from consul.aio import Consul, HTTPClient

from services.runtime.discovery.access import Credentials


class AuthorizedConsul(Consul):  # type: ignore[misc] # py-consul has no types
    """Takes neither token nor TLS from the environment: only what it is given."""

    def __init__(self, host: str, port: int, credentials: Credentials, connections: int) -> None:
        self._credentials = credentials
        scheme = "https" if credentials.context else "http"
        super().__init__(host=host, port=port, scheme=scheme, verify=False, connections_limit=connections)
        # The constructor prefers the environment's; the token is put on each request instead.
        self.token = None

    def http_connect(self, host: str, port: int, scheme: str, *_verification: object) -> Any:
        """See `Consul`; what is verified is in the credentials."""
        return _Connections(host, port, scheme, self._credentials, self.connections_limit)


class _Connections(HTTPClient):  # type: ignore[misc]
    def __init__(self, host: str, port: int, scheme: str, credentials: Credentials, connections: int) -> None:
        base.HTTPClient.__init__(self, host, port, scheme)
        self._credentials = credentials
        ssl: Any = credentials.context or False
        self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=connections, ssl=ssl))

    async def _request(
        self,
        callback: Callable[[base.Response], Any],
        method: str,
        uri: str,
        headers: dict[str, str] | None,
        data: Any = None,
        **_unused: object,
    ) -> Any:
        own = self._credentials.headers()
        response = await self._session.request(
            method, uri, headers=(headers or {}) | own, data=data, allow_redirects=False
        )
        body = await response.text(encoding="utf-8")
        return callback(base.Response(response.status, response.headers, body))
