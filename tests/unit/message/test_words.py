"""The enums hold exactly the words that the statements write."""

import re
from collections.abc import Iterator
from pathlib import Path

import services
from kompang.v1 import messages_pb2 as pb
from services.message.reason import MessageReason
from services.message.state import MessageState
from services.message.verdict import Verdict
from services.runtime.queries import Queries

ROOT = Path(services.__file__).parents[1]
HAND = Queries(ROOT / "services/dispatch/hand/queries.sql").statements["hand"]
_UPDATE = re.compile(r"UPDATE (?:kompang\.)?message m?\b(.*?)(?=\n\s*(?:FROM|WHERE|RETURNING)\b)", re.DOTALL)
_COMMENT = re.compile(r"--[^\n]*")


def literals_of(expression: str) -> set[str]:
    """What an SQL expression can be: the literals after THEN and ELSE, or the literal that it is."""
    found = set(re.findall(r"(?:THEN|ELSE) '(\w+)'", expression))
    return found | set(re.findall(r"^\s*'(\w+)'", expression))


def reasons_of(statement: str) -> Iterator[str]:
    """The expressions that a statement gives to `message.reason`."""
    for update in _UPDATE.findall(_COMMENT.sub("", statement)):
        for assigned in re.findall(r"(?<![.\w])reason = (.*?)(?=,\s*\w+ = |$)", update, re.DOTALL):
            yield from literals_of(assigned)


def test_the_hand_gives_every_verdict_and_no_other():
    [cases] = re.findall(r"SELECT timed\.\*, CASE(.*?)END AS verdict", HAND, re.DOTALL)
    assert re.findall(r"(?:THEN|ELSE) '(\w+)'", cases)[-1] == Verdict.HAND
    assert literals_of(cases) == set(Verdict)


def test_the_hand_compares_verdicts_with_no_other_word():
    compared = re.findall(r"verdict = '(\w+)'", HAND)
    for listed in re.findall(r"verdict IN \((.*?)\)", HAND):
        compared += re.findall(r"'(\w+)'", listed)
    for cases in re.findall(r"CASE j\.verdict(.*?)END", HAND, re.DOTALL):
        compared += re.findall(r"WHEN '(\w+)'", cases)
    assert compared
    assert set(compared) <= set(Verdict)


def test_every_reason_that_a_statement_writes_is_known():
    written: dict[str, set[str]] = {}
    for file in [*ROOT.glob("services/**/queries.sql"), *ROOT.glob("gateway/**/queries.sql")]:
        for name, statement in Queries(file).statements.items():
            for reason in reasons_of(statement):
                written.setdefault(reason, set()).add(f"{file.parent.name}.{name}")
    # The reading itself is not blind.
    assert {"late", "gave_up", "moved", "erased", "start_word"} <= set(written)
    assert {reason: where for reason, where in written.items() if reason not in set(MessageReason)} == {}


def test_the_public_states_are_those_of_the_database():
    public = {name.removeprefix("STATE_").lower() for name, _ in pb.Message.State.items()}
    assert public - {"unspecified"} == set(MessageState)
