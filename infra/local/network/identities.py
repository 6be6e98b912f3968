"""What the network knows people by: an identity of its own (LID), of some the number in another form.

Drawn from the seed and the person, as everything is; a person is one in all forms of the number.
"""

from __future__ import annotations

from infra.local.network.uniforms import uniforms
from kompang.simulation.v1 import behavior_pb2 as pb
from services.consent.number_forms import canonical

# Fifteen digits, as real ones have.
_LOWEST, _COUNT = 10**14, 9 * 10**14
# The acceptances of a person after which an identity that changes is another one.
_CHANGES_AFTER = 2


class Identities:
    """One compiled `pb.Identities`."""

    def __init__(self, script: pb.Behavior) -> None:
        self._seed = script.seed
        self._script = script.identities
        self._numbers = {canonical(number): told for number, told in script.identities.numbers.items()}
        self.are_told = script.HasField("identities")

    def of(self, number: str, accepted: int) -> str:
        """The identity of somebody who got so many messages."""
        person = canonical(number)
        _, _, changed, _ = uniforms(self._seed, "identity", person)
        is_other = changed < self._script.changed and accepted >= _CHANGES_AFTER
        drawn, *_ = uniforms(self._seed, "lid", person, int(is_other))
        return str(_LOWEST + int(drawn * _COUNT))

    def told(self, number: str, accepted: int) -> tuple[str, str]:
        """Identity and number that an acceptance tells, after so many before; empty: not told."""
        told, late, _, _ = uniforms(self._seed, "identity", canonical(number))
        is_told = told < self._script.told and (accepted > 0 or late >= self._script.late)
        return self.of(number, accepted) if is_told else "", self._numbers.get(canonical(number), "")
