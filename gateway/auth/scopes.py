"""Which scope each method needs. What is not listed is refused."""

from collections.abc import Mapping

SCOPES = (
    "accounts.read",
    "accounts.write",
    "devices.read",
    "devices.write",
    "events.read",
    "leads.read",
    "leads.write",
    "messages.read",
    "messages.write",
    "sequences.read",
    "sequences.write",
)

REQUIRED: Mapping[str, str] = {
    "kompang.v1.AccountsService/GetAccount": "accounts.read",
    "kompang.v1.AccountsService/UpdateAccount": "accounts.write",
    "kompang.v1.DevicesService/BatchCreateDevices": "devices.write",
    "kompang.v1.DevicesService/GetDevice": "devices.read",
    "kompang.v1.DevicesService/ListDevices": "devices.read",
    "kompang.v1.EventsService/WatchEvents": "events.read",
    "kompang.v1.LeadsService/BatchUpsertLeads": "leads.write",
    "kompang.v1.LeadsService/EraseLead": "leads.write",
    "kompang.v1.LeadsService/ExportLead": "leads.read",
    "kompang.v1.LeadsService/GetLead": "leads.read",
    "kompang.v1.LeadsService/ListLeads": "leads.read",
    "kompang.v1.LeadsService/ResumeLead": "leads.write",
    "kompang.v1.LeadsService/SuppressLead": "leads.write",
    "kompang.v1.MessagesService/GetMessage": "messages.read",
    "kompang.v1.MessagesService/ListMessages": "messages.read",
    "kompang.v1.MessagesService/RenderMessage": "messages.read",
    "kompang.v1.MessagesService/ResolveMessage": "messages.write",
    "kompang.v1.SequencesService/ActivateSequence": "sequences.write",
    "kompang.v1.SequencesService/CreateSequence": "sequences.write",
    "kompang.v1.SequencesService/DeactivateSequence": "sequences.write",
    "kompang.v1.SequencesService/GetSequence": "sequences.read",
    "kompang.v1.SequencesService/ListSequences": "sequences.read",
    "kompang.v1.SequencesService/PreviewStep": "messages.read",
    "kompang.v1.SequencesService/RunEnrollment": "sequences.write",
    "kompang.v1.SequencesService/UpdateSequence": "sequences.write",
}
