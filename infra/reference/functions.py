"""The functions of the schema: in which migration each stands now, and whose statements ask it."""

import re
from pathlib import Path

from infra.reference.table import table

ROOT = Path(__file__).parents[2]
MIGRATIONS = ROOT / "services" / "schema" / "migrations"
_MADE = re.compile(r"^CREATE (?:OR REPLACE )?FUNCTION kompang\.(\w+)", re.MULTILINE)
_DROPPED = re.compile(r"^DROP FUNCTION (?:IF EXISTS )?kompang\.(\w+)", re.MULTILINE)


def functions(folder: Path = MIGRATIONS) -> dict[str, list[str]]:
    """By name, the migrations that make or replace it, the newest last; none that was dropped since."""
    found: dict[str, list[str]] = {}
    for path in sorted(folder.glob("*.sql")):
        text = path.read_text()
        events = [(match.start(), match[1], True) for match in _MADE.finditer(text)]
        events += [(match.start(), match[1], False) for match in _DROPPED.finditer(text)]
        for _, name, is_made in sorted(events):
            made_in = found.setdefault(name, [])
            if not is_made:
                made_in.clear()
            elif path.name not in made_in:
                made_in.append(path.name)
    return {name: made_in for name, made_in in sorted(found.items()) if made_in}


def askers(root: Path = ROOT) -> dict[str, list[str]]:
    """By function, the files of statements and the functions that name it."""
    texts = {
        str(path.relative_to(root)): path.read_text()
        for part in ("gateway", "services")
        for path in sorted((root / part).rglob("queries.sql"))
    }
    names = functions()
    words = {path: set(re.findall(r"\b(\w+)\s*\(", text)) for path, text in texts.items()}
    return {name: [path for path, found in words.items() if name in found] for name in names}


def document() -> str:
    """The table of docs/schema.md."""
    asked = askers()
    rows = (
        (f"`{name}`", f"`services/schema/migrations/{made_in[-1]}`",
         ", ".join(each[:4] for each in made_in[:-1]),
         ", ".join(f"`{each}`" for each in asked[name]) or "the schema itself")
        for name, made_in in functions().items()
    )  # fmt: skip
    return table(("function", "stands in", "was in", "asked by"), rows)
