"""Generates `services/content/unicode_tables.py` from the files of the Unicode Character Database.

`python -m infra.unicode_tables FOLDER`, where FOLDER holds UnicodeData.txt, Scripts.txt,
GraphemeBreakProperty.txt, emoji-data.txt (all of the UCD, https://www.unicode.org/Public/) and
confusables.txt (UTS #39). The tables are committed and not taken from `unicodedata`, because its version
is that of the Python that runs, and a text must render to the same bytes on each. So this runs only when
the tables move to a newer Unicode, which changes texts: that is a change to write into the changelog.
"""

import argparse
import re
import sys
import textwrap
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

TARGET = Path(__file__).resolve().parent.parent / "services" / "content" / "unicode_tables.py"

# Scripts in which a joiner (ZWJ, ZWNJ) has a meaning, and scripts whose letters look like those of another.
JOINING = [
    *("Arabic", "Syriac", "Mongolian", "Nko", "Mandaic", "Khmer", "Myanmar"),
    *("Devanagari", "Bengali", "Gurmukhi", "Gujarati", "Oriya"),
    *("Tamil", "Telugu", "Kannada", "Malayalam", "Sinhala"),
]
LOOKING = ["Latin", "Greek", "Cyrillic", "Armenian", "Cherokee", "Coptic", "Georgian", "Hebrew", "Lisu"]
TOGETHER = ["Han", "Hiragana", "Katakana", "Hangul", "Bopomofo"]

# The block of half-width and full-width forms.
_WIDE = range(0xFF00, 0xFFF0)

_HEADER = '''"""Unicode properties as ranges of code points, by `infra/unicode_tables.py`; do not edit.

{sources}

Derived from data files that are © Unicode, Inc., used under the Unicode License v3
(https://www.unicode.org/license.txt), compiled into this form for this product.
"""

'''


def rows(path: Path) -> Iterator[tuple[int, int, list[str]]]:
    """(first, last, the other fields) of each line of a file of the UCD."""
    for line in path.read_text(encoding="utf-8-sig").splitlines():
        fields = [field.strip() for field in line.split("#")[0].split(";")]
        if len(fields) > 1:
            first, _, last = fields[0].partition("..")
            yield int(first, 16), int(last or first, 16), fields[1:]


def general(path: Path) -> Iterator[tuple[int, int, list[str]]]:
    """The rows of UnicodeData.txt, where a range is a pair of lines."""
    begin = 0
    for first, last, fields in rows(path):
        if fields[0].endswith(", First>"):
            begin = first
        else:
            yield begin or first, last, fields
            begin = 0


def compact(pairs: Iterable[tuple[int, int]]) -> str:
    """`41-5A AA B5`: sorted, with neighbours joined."""
    joined: list[list[int]] = []
    for first, last in sorted(pairs):
        if joined and first <= joined[-1][1] + 1:
            joined[-1][1] = max(joined[-1][1], last)
        else:
            joined.append([first, last])
    return " ".join(f"{a:X}" if a == b else f"{a:X}-{b:X}" for a, b in joined)


def by_value(source: Iterable[tuple[int, int, list[str]]], field: int) -> dict[str, list[tuple[int, int]]]:
    """Pairs by the value of one field."""
    found: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for first, last, fields in source:
        found[fields[field]].append((first, last))
    return found


def look_alikes(
    folder: Path, letters: Iterable[tuple[int, int]], scripts: dict[str, list[tuple[int, int]]]
) -> list[str]:
    """Classes of letters of different scripts that look alike, each as `41+391+410`."""
    of_script = {code: name for name in LOOKING for a, b in scripts[name] for code in range(a, b + 1)}
    is_letter = {code for a, b in letters for code in range(a, b + 1)}
    # Full-width letters are forms that the look-alike report derives by normalisation.
    of_script = {code: name for code, name in of_script.items() if code not in _WIDE}
    classes: dict[int, set[int]] = defaultdict(set)
    for source, _, fields in rows(folder / "confusables.txt"):
        target = fields[0].split()
        if len(target) == 1:
            classes[int(target[0], 16)].add(source)
    kept = []
    for prototype, sources in classes.items():
        members = sorted(code for code in {prototype, *sources} if code in of_script and code in is_letter)
        if len({of_script[code] for code in members}) > 1:
            kept.append(members)
    return ["+".join(f"{code:X}" for code in members) for members in sorted(kept)]


def module(folder: Path) -> str:
    """The whole text of the generated module."""
    unicode_data = list(general(folder / "UnicodeData.txt"))
    category = by_value(unicode_data, 1)
    combining = by_value(unicode_data, 2)
    scripts = by_value(rows(folder / "Scripts.txt"), 0)
    clusters = by_value(rows(folder / "GraphemeBreakProperty.txt"), 0)
    emoji = by_value(rows(folder / "emoji-data.txt"), 0)
    letters = [pair for name in ("Lu", "Ll", "Lt", "Lm", "Lo") for pair in category[name]]
    tables = {
        "LETTER": letters,
        "MARK": [pair for name in ("Mn", "Mc", "Me") for pair in category[name]],
        "DIGIT": category["Nd"],
        "VIRAMA": combining["9"],
        "PICTOGRAPH": emoji["Extended_Pictographic"],
        "CLUSTER_PREPEND": clusters["Prepend"],
        "CLUSTER_EXTEND": [*clusters["Extend"], *clusters["SpacingMark"], *clusters["ZWJ"]],
    }
    parts = [_HEADER.format(sources="\n".join(_sources(folder)))]
    parts += [f"{name} = {_text(compact(pairs))}\n" for name, pairs in tables.items()]
    for name, members in (("JOINING", JOINING), ("LOOKING", LOOKING), ("TOGETHER", TOGETHER)):
        inside = "".join(f'    "{script}": {_text(compact(scripts[script]), 4)},\n' for script in members)
        parts.append(f"{name} = {{\n{inside}}}\n")
    alike = " ".join(look_alikes(folder, letters, scripts))
    parts.append(f"LOOK_ALIKES = {_text(alike)}\n")
    return "".join(parts)


def _sources(folder: Path) -> Iterator[str]:
    """One line a file, with the version it states; UnicodeData.txt states none and goes with Scripts.txt."""
    for name in ("Scripts.txt", "GraphemeBreakProperty.txt", "emoji-data.txt", "confusables.txt"):
        head = "\n".join((folder / name).read_text(encoding="utf-8-sig").splitlines()[:20])
        version = re.search(r"(?:-|Version: ?|Version )(\d+\.\d+(?:\.\d+)?)", head)
        yield f"- {name} of version {version[1] if version else 'unknown'}"


def _text(words: str, indent: int = 0) -> str:
    """A string literal, in brackets over several lines when it is long."""
    pad = " " * indent
    lines = textwrap.wrap(words, 80, break_long_words=False, break_on_hyphens=False)
    quoted = [f'"{line} "' for line in lines[:-1]] + [f'"{lines[-1]}"']
    if len(quoted) == 1:
        return quoted[0]
    return "(\n" + "".join(f"{pad}    {line}\n" for line in quoted) + f"{pad})"


def main() -> int:
    """The command line; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("folder", type=Path, help="where the Unicode files are")
    folder = parser.parse_args().folder
    try:
        TARGET.write_text(module(folder))
    except OSError as error:
        print(f"unicode tables: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
