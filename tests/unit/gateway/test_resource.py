"""Etags and update masks, for every resource alike."""

from dataclasses import dataclass

import pytest

from gateway.accounts.check import MASK as ACCOUNT_MASK
from gateway.campaigns.check import MASK as CAMPAIGN_MASK
from gateway.devices.check import MASK as DEVICE_MASK
from gateway.resource import UpdateMask, etag, refuse_stale
from gateway.sequences.check import MASK as SEQUENCE_MASK
from kompang.v1 import accounts_pb2, campaigns_pb2, devices_pb2, sequences_pb2
from services.reasons import Reason
from services.runtime.errors import Aborted


@dataclass(frozen=True)
class Row:
    id: int = 10
    version: int = 3


@dataclass(frozen=True)
class Draft:
    display_name: str
    filter: str
    lead_ids: tuple[int, ...]
    text: str


MASK = UpdateMask(("display_name", "audience", "text"), kept_as={"audience": ("filter", "lead_ids")})
BEFORE = Draft("before", "all", (), "hi")
GIVEN = Draft("given", "some", (1, 2), "")


def test_an_etag_is_made_of_the_id_and_the_version():
    assert etag(Row()) == "a-3"
    assert len({etag(Row()), etag(Row(version=4)), etag(Row(id=11))}) == 3


@pytest.mark.parametrize("given", ["a-2", "a-4", "b-3", "nonsense"])
def test_an_etag_that_is_not_the_newest_is_refused(given):
    with pytest.raises(Aborted) as refused:
        refuse_stale(devices_pb2.Device(name="devices/10", etag=given), Row())
    assert (refused.value.reason, refused.value.metadata) == (Reason.ETAG_STALE, {"field": "device.etag"})
    assert "devices/10 was changed since you read it" in refused.value.message


def is_refused(given: str) -> bool:
    try:
        refuse_stale(devices_pb2.Device(name="devices/10", etag=given), Row())
    except Aborted:
        return True
    return False


def test_of_all_etags_only_none_and_the_newest_are_taken():
    assert [given for given in ("", "a-2", "a-3", "a-4") if not is_refused(given)] == ["", "a-3"]


def test_a_mask_names_its_fields():
    assert MASK.named(["text"], campaigns_pb2.Campaign(display_name="x")) == {"text"}


def test_an_empty_mask_names_the_changeable_fields_that_are_set():
    given = campaigns_pb2.Campaign(name="campaigns/1", display_name="x", etag="1-1")
    assert MASK.named([], given) == {"display_name"}


def test_a_star_names_all_fields():
    assert MASK.named(["*"], campaigns_pb2.Campaign()) == {"display_name", "audience", "text"}


def test_named_fields_are_taken_also_when_they_are_empty():
    assert MASK.merged(BEFORE, GIVEN, frozenset({"text"})) == Draft("before", "all", (), "")


def test_a_field_that_is_kept_under_other_names_is_taken_whole():
    assert MASK.merged(BEFORE, GIVEN, frozenset({"audience"})) == Draft("before", "some", (1, 2), "hi")


@pytest.mark.parametrize(
    ("paths", "text"),
    [
        (["text", "state"], "names what cannot be changed (state); use display_name, audience, text or *"),
        (["*", "text"], "names fields beside *; use either"),
    ],
)
def test_a_mask_that_cannot_be_followed_is_refused(paths, text):
    assert [(one.field, one.description) for one in MASK.check(paths)] == [("update_mask", text)]


def test_a_mask_that_can_be_followed_is_not_refused():
    assert list(MASK.check(["text", "audience"])) == list(MASK.check(["*"])) == list(MASK.check([])) == []


@pytest.mark.parametrize(
    ("mask", "resource"),
    [
        (ACCOUNT_MASK, accounts_pb2.Account),
        (CAMPAIGN_MASK, campaigns_pb2.Campaign),
        (DEVICE_MASK, devices_pb2.Device),
        (SEQUENCE_MASK, sequences_pb2.Sequence),
    ],
)
def test_every_field_of_a_mask_is_one_of_its_resource(mask, resource):
    assert set(mask.fields) <= {field.name for field in resource.DESCRIPTOR.fields}
    assert set(mask.kept_as) <= set(mask.fields)
