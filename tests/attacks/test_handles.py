"""Attacks what a caller keeps and sends again: request ids, imports and etags, of others and huge ones."""

import uuid
from pathlib import Path
from typing import Any

import grpc
import pytest

from kompang.v1 import devices_pb2, imports_pb2, leads_pb2
from tests.integration.gateway.import_calls import HEADER, opening, run
from tests.integration.gateway.mesh import Client, Gateway, lead
from tests.support.importing import rows_of, start, written


@pytest.fixture(scope="module")
async def accounts(gateway: Gateway, acme: Client) -> tuple[Client, Client]:
    other = await gateway.client("other")
    for client in (acme, other):
        await client.linked(1)
    return acme, other


async def test_a_request_id_of_another_account_answers_nothing_of_it(accounts: tuple[Client, Client]) -> None:
    acme, other = accounts
    request_id = str(uuid.uuid4())
    first = await acme.upserted(lead(1, display_name="Aminah"), request_id=request_id)
    again = await other.upserted(lead(2, display_name="Budi"), request_id=request_id)
    assert [one.phone for one in again.leads] == [lead(2).phone]
    assert {one.name for one in again.leads}.isdisjoint(one.name for one in first.leads)
    assert (await acme.upserted(lead(1, display_name="Aminah"), request_id=request_id)) == first


async def test_an_import_of_another_account_cannot_be_read_or_continued(
    accounts: tuple[Client, Client], tmp_path: Path
) -> None:
    acme, other = accounts
    file = written(tmp_path, HEADER + rows_of(5) + "Nobody,1,Ipoh\n")
    result = await run(acme, file, country="MY")
    [made] = (await acme.call(acme.leads.ListImports, imports_pb2.ListImportsRequest())).imports
    assert result.counts.refused == 1
    for name in (made.name, f"imports/{10**17}"):
        asked = imports_pb2.GetImportRequest(name=name)
        assert (await other.refused(other.leads.GetImport, asked)).code is grpc.StatusCode.NOT_FOUND
        errors = other.leads.GetImportErrors(
            imports_pb2.GetImportErrorsRequest(name=name), metadata=other.metadata, timeout=10
        )
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await errors.read()
        assert caught.value.code() is grpc.StatusCode.NOT_FOUND
    call = other.leads.ImportLeads(metadata=other.metadata, timeout=10)
    await call.write(opening(start(file, made.request_id)))
    begun = (await call.read()).started
    call.cancel()
    assert begun.resume_offset == 0
    assert begun.name != made.name


@pytest.mark.parametrize("of", ["another", "huge", "empty", "guessed"])
async def test_an_etag_opens_nothing(accounts: tuple[Client, Client], of: str) -> None:
    acme, other = accounts
    [own] = (await acme.call(acme.devices.ListDevices, devices_pb2.ListDevicesRequest())).devices
    [theirs] = (await other.call(other.devices.ListDevices, devices_pb2.ListDevicesRequest())).devices
    etags = {"another": own.etag, "huge": "1" * 50_000, "empty": "", "guessed": theirs.etag}
    device = devices_pb2.Device(name=theirs.name, etag=etags[of], display_name="mine")
    refused = await acme.refused(acme.devices.UpdateDevice, devices_pb2.UpdateDeviceRequest(device=device))
    assert refused.code in {grpc.StatusCode.NOT_FOUND, grpc.StatusCode.INVALID_ARGUMENT}
    [still] = (await other.call(other.devices.ListDevices, devices_pb2.ListDevicesRequest())).devices
    assert still.display_name == theirs.display_name
    own.ClearField("cap_today")
    stale: Any = devices_pb2.Device(name=own.name, etag=theirs.etag, display_name="new")
    answer = await acme.refused(acme.devices.UpdateDevice, devices_pb2.UpdateDeviceRequest(device=stale))
    assert answer.code is grpc.StatusCode.ABORTED


@pytest.mark.parametrize("request_id", ["1" * 50_000, "not-a-uuid", "\0" * 36, " " + str(uuid.UUID(int=1))])
async def test_a_request_id_that_is_none_is_refused_with_its_field(
    accounts: tuple[Client, Client], request_id: str
) -> None:
    acme, _ = accounts
    request = leads_pb2.BatchUpsertLeadsRequest(leads=[lead(1)], request_id=request_id)
    refused = await acme.refused(acme.leads.BatchUpsertLeads, request)
    assert refused.code is grpc.StatusCode.INVALID_ARGUMENT
    assert list(refused.violations) == ["request_id"]
    assert len(refused.message) < 1000
