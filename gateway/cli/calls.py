"""How the command calls a gateway: as the environment says, with an event loop for each piece of work."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

from gateway.cli.exit_codes import Interrupted
from gateway.cli.output import echo
from gateway.cli.settings import ClientSettings
from gateway.client import Client

Answer = TypeVar("Answer")

_NAMED = 5


def run(work: Callable[[Client], Awaitable[Answer]]) -> Answer:
    """Runs a command's work with an opened client. Raises `pydantic.ValidationError` for a bad variable."""

    async def connected() -> Answer:
        settings = ClientSettings()
        opened = Client.opened(settings.gateway_address, settings.key, settings.trust, traced=False)
        async with opened as client:
            answer = await work(client)
            if client.unreachable:
                echo(_unreachable(client.unreachable), err=True)
            return answer

    return asyncio.run(connected())


def _unreachable(names: Sequence[str]) -> str:
    named = ", ".join(names[:_NAMED]) + (", …" if len(names) > _NAMED else "")
    return f"{len(names)} not shown: this version of the gateway cannot read {named}; ask the operator"


def read(service: str, method: str, request: Any) -> Any:
    """One call that changes nothing: `read("messages", "GetMessage", …)`."""
    return run(lambda client: client.call(getattr(getattr(client, service), method), request))


def change(service: str, method: str, request: Any) -> Any:
    """One mutation. Raises `Interrupted` at Ctrl-C."""
    return run(lambda client: changed(client, getattr(getattr(client, service), method), request))


async def changed(client: Client, method: Any, request: Any) -> Any:
    """One mutation among other work. Raises `Interrupted` at Ctrl-C."""
    try:
        return await client.call(method, request)
    except asyncio.CancelledError:
        text = "interrupted before the answer: it is done whole or not at all; look before you repeat it"
        raise Interrupted(text) from None
