"""The graph of sequences: circles, empty ends, and who can be reached."""

import pytest

from gateway.sequences.chain import Link, active_through, circle, unreachable, without_steps
from gateway.sequences.preconditions import refuse_breaking_active, refuse_circle, refuse_inactivatable
from services.runtime.errors import FailedPrecondition


def graph(*arrows: str, empty: str = "", active: str = "", silent: str = "") -> dict[int, Link]:
    """`ab` is a link from a to b; sequences are single letters with their code as id."""
    after = {arrow[0]: ord(arrow[1]) for arrow in arrows if len(arrow) == 2}
    return {
        ord(slug): Link(
            id=ord(slug),
            slug=slug,
            trigger="" if slug in silent else slug.upper(),
            next_id=after.get(slug),
            is_active=slug in active,
            has_steps=slug not in empty,
        )
        for slug in "".join(arrows)
    }


@pytest.mark.parametrize(
    ("arrows", "way"),
    [
        (("ab", "bc"), ""),
        (("aa",), "a → a"),
        (("ab", "ba"), "a → b → a"),
        (("ab", "bc", "ca"), "a → b → c → a"),
        (("ab", "bc", "cb"), ""),
    ],
)
def test_a_circle_is_described_by_its_path(arrows: tuple[str, ...], way: str) -> None:
    assert circle(graph(*arrows), ord("a")) == way


def test_a_refused_circle_names_its_path() -> None:
    with pytest.raises(FailedPrecondition, match="a → b → a") as caught:
        refuse_circle(graph("ab", "ba"), ord("a"))
    assert caught.value.metadata["path"] == "a → b → a"
    refuse_circle(graph("ab"), ord("a"))


def test_the_first_sequence_without_steps_is_found() -> None:
    assert without_steps(graph("ab", "bc", empty="c"), ord("a")) == "c"
    assert without_steps(graph("ab", "bc", empty="a"), ord("b")) == ""


def test_a_sequence_without_trigger_and_link_is_unreachable() -> None:
    assert unreachable(graph("ab", silent="a"), ord("a"))
    assert not unreachable(graph("ab", silent="b"), ord("b"))
    assert not unreachable(graph("a"), ord("a"))


def test_a_change_that_empties_an_active_chain_is_refused() -> None:
    links = graph("ac", "bc", "d", active="ad", empty="c")
    assert [link.slug for link in active_through(links, ord("c"))] == ["a"]
    with pytest.raises(FailedPrecondition, match="sequences/a is active"):
        refuse_breaking_active(links, ord("c"))
    refuse_breaking_active(links, ord("b"))


def test_a_sequence_that_leads_nowhere_cannot_be_activated() -> None:
    for links in (graph("ab", empty="b"), graph("a", empty="a"), graph("a", silent="a")):
        with pytest.raises(FailedPrecondition):
            refuse_inactivatable(links, ord("a"))
    refuse_inactivatable(graph("ab"), ord("a"))
