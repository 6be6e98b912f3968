"""How long a host may send without hearing from dispatch."""

from shardhost.term import Term
from tests.unit.shardhost.fakes import Clock


def test_before_the_first_stream_nothing_holds() -> None:
    assert not Term(0.3, Clock()).holds()


def test_it_counts_from_the_asking_less_the_margin() -> None:
    clock = Clock()
    term = Term(0.3, clock)
    asked_at = clock.now
    clock.now += 1.0
    term.restart(asked_at, 5.0)
    clock.now = asked_at + 4.69
    assert term.holds()
    clock.now = asked_at + 4.7
    assert not term.holds()


def test_a_renewal_extends_from_its_own_asking_and_never_shortens() -> None:
    clock = Clock()
    term = Term(0.3, clock)
    term.restart(clock.now, 5.0)
    term.extend(clock.now + 2)
    term.extend(clock.now + 1)
    assert term.deadline == clock.now + 6.7


def test_a_late_renewal_brings_nothing_back() -> None:
    clock = Clock()
    term = Term(0.3, clock)
    term.restart(clock.now, 5.0)
    clock.now += 4.8
    term.extend(clock.now - 0.1)
    assert not term.holds()


def test_a_new_stream_says_whether_the_term_was_unbroken() -> None:
    clock = Clock()
    term = Term(0.3, clock)
    assert not term.restart(clock.now, 5.0)
    clock.now += 4
    assert term.restart(clock.now, 5.0)
    clock.now += 20
    assert not term.restart(clock.now, 5.0)
    assert term.holds()
