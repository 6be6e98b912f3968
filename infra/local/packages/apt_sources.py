"""Where this machine gets its own distribution's packages from, read from apt's sources files.

Both forms are understood: paragraphs (`*.sources`) and one line each (`*.list`). An address lives in memory
and in the private folder of one apt run; it is never printed, logged or kept.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

_LINE = re.compile(r"deb\s+(?:\[(?P<options>[^\]]*)\]\s+)?(?P<uri>\S+)\s+(?P<suite>\S+)\s+(?P<components>.+)")


@dataclass(frozen=True)
class Source:
    """One archive address."""

    uri: str = field(repr=False)
    suites: tuple[str, ...]
    components: tuple[str, ...]
    signed_by: str = ""
    """What apt shall check signatures with, as its source says: a file, or a key with its line breaks."""

    @property
    def is_distribution(self) -> bool:
        """Whether it is a distribution's main archive: not its updates or security, not somebody's own."""
        return "main" in self.components and any(re.fullmatch(r"[a-z]+", suite) for suite in self.suites)


def read_sources(etc_apt: Path) -> list[Source]:
    """The main archives of this machine's distribution, in apt's order.

    Raises:
        OSError: a file cannot be read.

    """
    found: list[Source] = []
    for path in (etc_apt / "sources.list", *sorted((etc_apt / "sources.list.d").glob("*"))):
        if path.is_file() and path.suffix in (".list", ".sources"):
            parse = parse_list if path.suffix == ".list" else parse_paragraphs
            found.extend(parse(path.read_text(errors="replace")))
    return [source for source in found if source.is_distribution]


def parse_list(text: str) -> Iterator[Source]:
    """The binary archives of a `*.list` file."""
    for line in text.splitlines():
        if found := _LINE.fullmatch(line.partition("#")[0].strip()):
            options = dict(_option(each) for each in (found["options"] or "").split())
            components = tuple(found["components"].split())
            yield Source(found["uri"], (found["suite"],), components, options.get("signed-by", ""))


def parse_paragraphs(text: str) -> Iterator[Source]:
    """The enabled binary archives of a `*.sources` file."""
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    for paragraph in re.split(r"\n\s*\n", "\n".join(lines)):
        fields = _fields(paragraph.splitlines())
        if "deb" in fields.get("types", "").split() and fields.get("enabled", "yes").lower() != "no":
            suites, components = (tuple(fields.get(name, "").split()) for name in ("suites", "components"))
            for uri in fields.get("uris", "").split():
                yield Source(uri, suites, components, fields.get("signed-by", ""))


def _option(text: str) -> tuple[str, str]:
    name, _, value = text.partition("=")
    return name.lower(), value


def _fields(lines: Iterable[str]) -> dict[str, str]:
    """Name to value; a line that starts with a blank goes on with the value before it, blank included."""
    fields: dict[str, str] = {}
    name = ""
    for line in lines:
        if line[:1].isspace() and name:
            fields[name] += f"\n{line}"
        elif ":" in line:
            name, _, value = line.partition(":")
            name = name.strip().lower()
            fields[name] = value.strip()
    return fields
