"""Pure: in which order sequences are written, so that each is there before another names it."""

from collections.abc import Iterable, Mapping, Sequence

from gateway.cli.sequences.parse import DesiredSequence

# The next sequence of each sequence, by id; empty at the end of a chain.
Links = Mapping[str, str]


def links_after(existing: Links, desired: Iterable[DesiredSequence]) -> dict[str, str]:
    """Those of the account when the file is applied."""
    links = dict(existing)
    for each in desired:
        links[each.slug] = links.get(each.slug, "") if each.next_slug is None else each.next_slug
    return links


def unknown(links: Links, desired: Iterable[DesiredSequence]) -> list[DesiredSequence]:
    """Returns those that name a sequence which is neither in the file nor in the account."""
    return [each for each in desired if each.next_slug and each.next_slug not in links]


def circle(links: Links, slug: str) -> str:
    """Returns the circle through a sequence, as `cold → warm → cold`; empty when there is none."""
    path = [slug]
    while (after := links.get(path[-1], "")) and after not in path:
        path.append(after)
    return " → ".join([*path, slug]) if after == slug else ""


def ordered(links: Links, desired: Sequence[DesiredSequence]) -> list[DesiredSequence]:
    """Returns the end of each chain first, else the order of the file. There must be no circle.

    Then the chain behind what is written is always the new one already, so no link is refused for a circle
    that an old one would make.
    """
    known = {each.slug: each for each in desired}
    done: dict[str, DesiredSequence] = {}
    for each in desired:
        way: list[str] = []
        at = each.slug
        while at and at not in done and at not in way:
            way.append(at)
            at = links.get(at, "")
        for slug in reversed(way):
            if slug in known:
                done[slug] = known[slug]
    return list(done.values())
