"""A client of the public API, for whoever speaks Python: the command, the demo, the tests.

    async with Client.opened("127.0.0.1:7000", "kpg_…") as client:
        lead = await client.call(client.leads.GetLead, leads_pb2.GetLeadRequest(name="leads/5"))
        await client.call(client.leads.SuppressLead, leads_pb2.SuppressLeadRequest(name=lead.name))
        request = messages_pb2.ListMessagesRequest(lead=lead.name)
        async for message in client.pages(client.messages.ListMessages, request, "messages"):
            print(message.name)
        async for response in client.watch(client.events.WatchEvents, events_pb2.WatchEventsRequest()):
            print(response.events)

`Trust(ca_file=…)` names the authority of a gateway with TLS. Every call has a deadline and carries the key. A
call that finds the gateway away is tried again until its deadline, with the same request_id, so a change is
made once. Errors are those of `services.runtime.errors`:
`Unavailable` when the same call may work later, `InvalidArgument` with the fields, else the class of the
status (`NotFound`, `FailedPrecondition`, …); `reason` is the gateway's own.

Nothing here knows the gateway's inside, a terminal or the environment; an import contract keeps it so.
"""

from gateway.client.client import Client
from gateway.client.dial import Trust, dial

__all__ = ["Client", "Trust", "dial"]
