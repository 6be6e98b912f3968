"""Grapheme clusters (UAX #29, extended): each is one character to a reader."""

import re
from functools import cache

from services.content import unicode_tables as tables
from services.content.characters import char_class

# Syllables of Hangul: leading consonants, vowels, trailing consonants, and both kinds of whole syllables.
_HANGUL = (
    r"(?:[\u1100-\u115f\ua960-\ua97c]*(?:[\uac00-\ud7a3]|[\u1160-\u11a7\ud7b0-\ud7c6]+)"
    r"[\u1160-\u11a7\ud7b0-\ud7c6]*[\u11a8-\u11ff\ud7cb-\ud7fb]*"
    r"|[\u1100-\u115f\ua960-\ua97c]+|[\u11a8-\u11ff\ud7cb-\ud7fb]+)"
)


@cache
def _cluster() -> re.Pattern[str]:
    extend = char_class(tables.CLUSTER_EXTEND)
    picture = char_class(tables.PICTOGRAPH)
    core = f"[\\U0001f1e6-\\U0001f1ff]{{2}}|[{picture}](?:[{extend}]*\\u200d[{picture}])*|{_HANGUL}|[^\\r\\n]"
    return re.compile(f"\\r\\n|[{char_class(tables.CLUSTER_PREPEND)}]*(?:{core})[{extend}]*|.", re.DOTALL)


def clusters(text: str) -> list[str]:
    """The text in pieces none of which may be split."""
    return _cluster().findall(text)


def shortened(text: str, limit: int) -> str:
    """The whole clusters that fit into `limit` characters (code points)."""
    if len(text) <= limit:
        return text
    end = 0
    # One character more, so that the last cluster is seen to go on.
    for cluster in clusters(text[: limit + 1]):
        if end + len(cluster) > limit:
            break
        end += len(cluster)
    return text[:end]
