"""Clusters are never split."""

import pytest

from services.content.graphemes import clusters, shortened


@pytest.mark.parametrize(
    "whole",
    [
        "é",
        "e\u0301",
        "👨‍👩‍👧‍👦",
        "👩🏽‍🚀",
        "🇲🇾",
        "❤️",
        "1️⃣",
        "நி",
        "क्ष"[:2],
        "각",
        "\u1100\u1161\u11a8",
        "\r\n",
        "x" + "\u0301" * 9,
    ],
)
def test_one_cluster(whole):
    assert clusters(whole) == [whole]
    assert clusters(f"a{whole}b") == ["a", whole, "b"]


def test_apart():
    assert clusters("🇲🇾🇸🇬🇮") == ["🇲🇾", "🇸🇬", "🇮"]
    assert clusters("👩👩") == ["👩", "👩"]


def test_shortened():
    assert shortened("abc", 3) == "abc"
    assert shortened("abcd", 3) == "abc"
    assert shortened("ab👨‍👩‍👧‍👦", 5) == "ab"
    assert shortened("abe\u0301", 3) == "ab"
    assert shortened("x" + "\u0301" * 99, 60) == ""
