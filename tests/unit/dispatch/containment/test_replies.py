"""One bad reply is kept apart, and no stop word is lost."""

from typing import Any
from unittest.mock import AsyncMock

import pytest

from kompang.dispatch.v1 import dispatch_pb2 as pb
from services.dispatch.attachment import Attachment
from services.dispatch.devices.roster import Roster
from services.dispatch.inbound import inbound as module
from services.dispatch.inbound import reading
from services.dispatch.inbound.confirmations import Confirmations
from services.dispatch.inbound.inbound import InboundTexts
from services.dispatch.inbound.reading import read
from services.dispatch.leases.grants import Grants
from services.runtime.errors import Unavailable
from tests.unit.dispatch.containment.support import Store, acknowledged, every_error


def inbound(device_id: int, inbound_id: str, text: str = "hi", sender: str = "") -> pb.Inbound:
    return pb.Inbound(
        device_id=device_id, inbound_id=inbound_id, text=text, sender=sender or f"60120000000{device_id}"
    )


@every_error
async def test_a_text_that_the_database_refuses_is_kept_apart_and_its_stop_is_tried_alone(error, counted):
    store: Any = Store(error)
    texts = InboundTexts(store, Grants(store, Roster()))
    attachment = Attachment(pb.Hello(host_id="a"))
    frame = pb.InboundFrame(
        frame_id=3, inbound=[inbound(1, "bad", "stop"), inbound(2, "ok"), inbound(3, "ok")]
    )
    texts.add(attachment, frame)
    assert await texts.run_once() == 3
    assert sorted(store.recorded) == [2, 3]
    assert (store.quarantined, store.suppressed) == (["bad"], ["601200000001"])
    assert counted["dispatch.inbound"] == 1
    assert acknowledged(attachment) == ["inbound_ack"]
    assert await texts.run_once() == 0


async def test_a_stop_that_cannot_be_kept_apart_is_suppressed_and_not_acknowledged():
    store: Any = Store(ValueError())
    store.quarantine_error = KeyError()
    texts = InboundTexts(store, Grants(store, Roster()))
    attachment = Attachment(pb.Hello(host_id="a"))
    texts.add(attachment, pb.InboundFrame(frame_id=3, inbound=[inbound(1, "bad", "stop"), inbound(2, "ok")]))
    with pytest.raises(Unavailable):
        await texts.run_once()
    assert (store.recorded, store.suppressed) == ([2], ["601200000001"])
    # The host keeps the words, and the network behind the host.
    assert acknowledged(attachment) == []
    store.quarantine_error = None
    await texts.run_once()
    assert acknowledged(attachment) == ["inbound_ack"]


@pytest.mark.parametrize("bad", [inbound(2**40, "x"), inbound(-1, "x"), inbound(1, "x", sender="nobody\0")])
async def test_a_text_of_no_device_or_nobody_is_kept_apart(bad, counted):
    store: Any = Store(ValueError())
    texts = InboundTexts(store, Grants(store, Roster()))
    attachment = Attachment(pb.Hello(host_id="a"))
    texts.add(attachment, pb.InboundFrame(frame_id=3, inbound=[bad, inbound(2, "ok")]))
    await texts.run_once()
    assert (store.recorded, store.quarantined) == ([2], ["x"])
    assert acknowledged(attachment) == ["inbound_ack"]


async def test_a_text_waits_while_the_database_is_away_and_is_not_kept_apart(counted):
    store: Any = Store(Unavailable("away"))
    texts = InboundTexts(store, Grants(store, Roster()))
    texts.add(Attachment(pb.Hello(host_id="a")), pb.InboundFrame(frame_id=3, inbound=[inbound(1, "bad")]))
    with pytest.raises(Unavailable):
        await texts.run_once()
    assert store.quarantined == []
    assert not counted


@pytest.mark.parametrize("words", ["STOP\0", "\0stop", "S\0TO\x01P", " st\x7fop! ", "stop\r\n"])
def test_a_stop_is_read_through_characters_that_nobody_sees(words):
    text = read(inbound(1, "x", words))
    assert (text.folded, text.meaning) == ("stop", "stop")


@pytest.mark.parametrize("inbound_id", ["60198887771", "r-+60 19-888 7771", "0198887771@s", "a60198887771z"])
def test_an_id_with_the_number_in_it_is_kept_as_its_hash(inbound_id):
    assert "7771" not in read(inbound(1, inbound_id, "hi", "60198887771")).inbound_id[:14]
    assert read(inbound(1, inbound_id, "hi", "60198887771")).inbound_id.startswith("sha256:")
    assert read(inbound(1, inbound_id, "hi", "60155554444")).inbound_id == inbound_id


@pytest.mark.parametrize("sender", ["", "nobody"])
@pytest.mark.parametrize("lid", ["", "998877665544332"])
@pytest.mark.parametrize("inbound_id", ["false_60198887771@c.us_3EB0", "r-+60 19-888 7771", "٦٠١٩٨٨٨٧٧٧١"])
def test_an_id_that_may_have_the_number_of_an_unknown_sender_is_kept_as_its_hash(sender, lid, inbound_id):
    """It would stand in the log and in the quarantine, where no erasure finds it."""
    text = read(pb.Inbound(device_id=1, sender=sender, lid=lid, inbound_id=inbound_id, text="hi"))
    assert text.inbound_id.startswith("sha256:")
    usual = pb.Inbound(device_id=1, sender=sender, lid=lid, inbound_id="3EB0C767D0971C0B4A4B", text="hi")
    assert read(usual).inbound_id == usual.inbound_id


def test_an_id_with_the_number_in_other_digits_is_kept_as_its_hash():
    text = read(inbound(1, "false_６０１９８８８７７７１@c.us", "hi", "60198887771"))
    assert text.inbound_id.startswith("sha256:")


def test_what_is_read_fits_its_columns():
    text = read(inbound(1, "i\0d" * 3000, "hi\0there " * 9000, "+60 12\0" * 99))
    assert len(text.inbound_id) == len("sha256:") + 64
    assert text.inbound_id != read(inbound(1, "i\0d" * 3001)).inbound_id
    assert (text.folded, len(text.sender)) == ("", 20)
    assert read(inbound(1, "3EB0A1", "hi\0there")).folded == "hithere"
    assert read(inbound(1, "3EB0A1")).inbound_id == "3EB0A1"


@every_error
async def test_a_confirmation_that_cannot_be_ended_leaves_the_others_alone(error, counted):
    store: Any = Store(error)
    await Confirmations(store, Roster()).expire()
    assert sorted(store.done) == [2, 3]
    assert counted["dispatch.confirmation"] == 1


@every_error
async def test_a_text_that_cannot_be_read_is_perhaps_a_stop_and_its_frame_is_recorded(
    error, counted, monkeypatch: pytest.MonkeyPatch
):
    def fail_for_one(text: str) -> str:
        if text == "what nobody foresaw":
            raise error
        return text

    monkeypatch.setattr(reading, "folded", fail_for_one)
    store: Any = Store(error)
    store.record_inbound = AsyncMock(return_value={})
    texts = InboundTexts(store, Grants(store, Roster()))
    attachment = Attachment(pb.Hello(host_id="a"))
    frame = [inbound(1, "x", "what nobody foresaw"), inbound(2, "ok", "stop")]
    texts.add(attachment, pb.InboundFrame(frame_id=3, inbound=frame))
    await texts.run_once()
    [recorded] = [call.args[0] for call in store.record_inbound.await_args_list]
    assert sorted((text.device_id, text.meaning) for text in recorded) == [(1, "perhaps"), (2, "stop")]
    assert counted["dispatch.inbound.read"] == 1
    assert acknowledged(attachment) == ["inbound_ack"]


async def test_of_strangers_so_many_replies_are_kept_a_day_and_the_rest_is_reported(
    counted, monkeypatch: pytest.MonkeyPatch
):
    class Ungranted(Store):
        async def granted(self, _reports):
            return set()

    monkeypatch.setattr(module, "_MOST_OF_STRANGERS", 2)
    store: Any = Ungranted(ValueError())
    texts = InboundTexts(store, Grants(store, Roster()))
    attachment = Attachment(pb.Hello(host_id="a"))
    for part in (["a", "b"], ["c", "d"]):
        frame = pb.InboundFrame(inbound=[inbound(2, each, sender=f"60{ord(each)}") for each in part])
        texts.add(attachment, frame)
        await texts.run_once()
    assert store.quarantined == ["a", "b"]
    assert counted["dispatch.inbound.flood"] == 1
    assert acknowledged(attachment) == ["inbound_ack"] * 2
