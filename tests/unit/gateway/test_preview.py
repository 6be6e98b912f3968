"""What a preview tells of a text, and how much names help."""

import pytest

from gateway.previews.preview import MOST_REPEATS, Audience, kinds_of_names, preview
from gateway.wording.step_text import StepText
from gateway.wording.wording import GreetingText, Wording
from kompang.v1 import sequences_pb2 as pb
from kompang.v1.wording_pb2 import TextWarning
from services.content.wording import Lead

NOBODY = Lead()
PLAIN = Wording(greetings=())


def shown(text: str, size: int = 100, names: tuple[str, ...] = (), **said: str) -> pb.PreviewStepResponse:
    spoken = StepText(text, **said)  # type: ignore[arg-type]
    return preview(spoken, PLAIN, NOBODY, Audience(size, names), 20)


def test_samples_are_texts_and_the_same_each_time() -> None:
    once = shown("{a|b} or {c|d}", variation="natural")

    assert len(once.samples) == 20
    assert len(set(once.samples)) > 4
    assert all(
        sample.rstrip(" .,").replace(" or ", "") in ("ac", "ad", "bc", "bd") for sample in once.samples
    )
    assert shown("{a|b} or {c|d}", variation="natural") == once


def test_a_text_without_variation_is_one_text() -> None:
    found = shown("{a|b}", variation="none")

    assert (found.distinct_count, set(found.samples)) == ("1", {"a"})
    assert found.repeat_share == pytest.approx(0.99)


def test_a_count_beyond_any_integer_is_written_whole() -> None:
    found = shown("{" + "}{".join(["a|b|c|d|e|f|g|h|i|j"] * 40) + "}?")
    assert int(found.distinct_count) >= 10**40


def test_too_many_repeats_are_a_warning_with_a_place() -> None:
    [warning] = shown("{Hi|Hello}.\nAlways the same!", size=1000).warnings

    assert (warning.type, warning.line, warning.column) == (TextWarning.TYPE_REPEATS, 2, 1)
    assert "of 1,000 leads" in warning.text
    assert "line 2, column 1" in warning.text


def test_enough_alternatives_are_no_warning() -> None:
    text = " ".join(["{a|b|c|d|e|f|g|h|i|j}"] * 8) + "?"
    found = shown(text, size=1000)

    assert 0 < found.repeat_share < MOST_REPEATS
    assert not found.warnings


def test_an_audience_of_nobody_has_no_repeats() -> None:
    found = shown("the same", size=0)
    assert (found.repeat_share, list(found.warnings)) == (0.0, [])


def test_look_alikes_of_the_text_and_its_own_greetings() -> None:
    spoken = StepText("pаypal", (GreetingText("Неllo"),))
    found = preview(spoken, PLAIN, NOBODY, Audience(0, ()), 1)
    assert [each.type for each in found.warnings] == [TextWarning.TYPE_LOOK_ALIKE] * 2 + [
        TextWarning.TYPE_LOOK_ALIKE
    ] * (len(found.warnings) - 2)


def test_names_make_texts_distinct_only_where_they_are_said() -> None:
    names = tuple(f"Lead {chr(65 + n // 26)}{chr(97 + n % 26)}" for n in range(500))

    assert shown("Hi {name}?", 500, names).repeat_share < 0.01
    assert shown("Hi {first_name}?", 500, names).repeat_share > 0.9
    assert shown("Hi there?", 500, names).repeat_share > 0.9


@pytest.mark.parametrize(
    ("greetings", "is_named"),
    [
        (("Hi {name}", "Hello {name}"), True),
        (("Hi {name}", "Hello {first_name}"), True),
        (("Hi {name}", "Hello"), False),
        (("Hi", "Hello"), False),
    ],
)
def test_names_in_greetings_count_when_all_have_them(greetings: tuple[str, ...], is_named: bool) -> None:
    names = tuple(f"{chr(65 + n // 26)}{chr(97 + n % 26)}ng" for n in range(500))
    spoken = StepText("Same.", tuple(map(GreetingText, greetings)))
    found = preview(spoken, PLAIN, NOBODY, Audience(500, names), 1)

    assert (found.repeat_share < 0.05) is is_named


def test_kinds_of_names_are_counted_by_how_often_they_repeat() -> None:
    assert kinds_of_names([]) == kinds_of_names(["Siti"]) == 1
    assert kinds_of_names(["Siti"] * 100) == 1
    assert kinds_of_names(["", "-", "012-345 6789"] * 30) == 1
    assert kinds_of_names(["Siti", "Ali"] * 100) == 2
    assert kinds_of_names([f"Siti {chr(65 + n)}bu" for n in range(20)]) == 191
    assert kinds_of_names([f"Siti {chr(65 + n)}bu" for n in range(20)], first=True) == 1
