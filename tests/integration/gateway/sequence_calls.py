"""Calls about sequences that several files of tests share."""

from google.protobuf import field_mask_pb2

from kompang.v1 import sequences_pb2 as pb
from tests.integration.gateway.mesh import Client


def update(name: str, *paths: str, **fields: object) -> pb.UpdateSequenceRequest:
    return pb.UpdateSequenceRequest(
        sequence=pb.Sequence(name=name, **fields),  # type: ignore[arg-type]
        update_mask=field_mask_pb2.FieldMask(paths=paths),
    )


async def activate(client: Client, slug: str) -> pb.Sequence:
    request = pb.ActivateSequenceRequest(name=f"sequences/{slug}")
    active: pb.Sequence = await client.call(client.sequences.ActivateSequence, request)
    return active
