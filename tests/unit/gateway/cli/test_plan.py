"""What is wrong with a file, told with its place; and the order in which it is applied."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.cli.sequences.order import circle, links_after, ordered
from gateway.cli.sequences.parse import DesiredSequence
from gateway.cli.yaml.reader import FileRefused
from kompang.v1 import sequences_pb2 as pb
from services.runtime.errors import InvalidArgument, Violation
from tests.unit.gateway.cli.sequences import plan

SAMPLE = Path(__file__).parents[4] / "docs/sequences.yaml"


def told(folder: Path, text: str, existing: dict[str, pb.Sequence] | None = None) -> list[str]:
    with pytest.raises(FileRefused) as refused:
        plan(folder, text).against(existing or {})
    return [
        f"{each.field}: {each.description}".removeprefix(f"{folder}/") for each in refused.value.violations
    ]


def test_the_sample_is_in_order(tmp_path):
    found = plan(tmp_path, SAMPLE.read_text()).against({})
    assert [each.slug for each in found] == ["hot", "warm", "cold"]
    assert {each.action for each in found} == {"create"}
    assert found[-1].desired.sequence.steps[0].text.startswith("we have {opened|")
    assert found[-1].desired.sequence.steps[0].text.endswith("send you the list?}")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "plan.yaml:1:1: is empty"),
        ("sequences: [", "plan.yaml:1:13: is no YAML"),
        ("sequences: x", "plan.yaml:1:12: sequences: must be a list"),
        ("sequences: []\n---\na: 1", "plan.yaml:3:1: begins a second document"),
        ("sequences:\n- name: cold\n  color: red", "plan.yaml:3:3: color: there is no such field; use name,"),
        ("sequences:\n- trigger: X", "plan.yaml:2:3: name: is missing"),
        ("sequences:\n- name: cold\n  name: warm", "plan.yaml:3:3: name: stands here a second time"),
        ("sequences:\n- name: a\n- name: a", "plan.yaml:3:9: a.name: stands in this file twice"),
        ("sequences:\n- name: Cold", "plan.yaml:2:9: Cold.name: is not an id"),
        (
            "sequences:\n- name: a\n  on_reply: end",
            "plan.yaml:3:13: a.on_reply: 'end' is not one of stop, hold",
        ),
        ("sequences:\n- name: a\n  active: yes", "plan.yaml:3:11: a.active: 'yes' is not one of true, false"),
        ("sequences:\n- name: a\n  trigger: A B", "plan.yaml:3:12: a.trigger: is not a trigger"),
        ("sequences:\n- name: a\n  steps:", "plan.yaml:3:9: a.steps: is empty; write its steps"),
        ("sequences:\n- name: a\n  steps:\n  - text: x", "plan.yaml:4:5: a.steps[0].offset: is missing"),
        (
            "sequences:\n- name: a\n  steps:\n  - {offset: soon, text: x}",
            "plan.yaml:4:14: a.steps[0].offset: is no duration; write it like 30s",
        ),
        (
            "sequences:\n- name: a\n  steps:\n  - {offset: 2h, text: x}\n  - {offset: 1h, text: y}",
            "plan.yaml:5:14: a.steps[1].offset: is not after the step before it",
        ),
        (
            "sequences:\n- name: a\n  greetings:\n  - weight: 0\n    text: x",
            "plan.yaml:4:13: a.greetings[0].weight",
        ),
        (
            "sequences:\n- name: a\n  next: b",
            "plan.yaml:3:9: a.next: there is no sequence b, neither in this",
        ),
        ("sequences:\n- name: a\n  next: sequences/a", "plan.yaml:3:9: a.next: makes a circle: a → a"),
        ("sequences: &x\n- *x", "plan.yaml:1:12: sequences: must be `key: value` lines"),
        ("a: \x07", "plan.yaml:1:4: has a character that YAML does not allow: U+0007"),
    ],
)
def test_a_fault_has_its_place(tmp_path, text, expected):
    assert any(line.startswith(expected) for line in told(tmp_path, text)), told(tmp_path, text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("|\n      Hello\n      {nam} x", "plan.yaml:6:7: a.steps[0].text: "),
        ("|-\n      Hello\n\n      Hi {nam}", "plan.yaml:7:10: a.steps[0].text: "),
        ('"Hi {nam}"', "plan.yaml:4:15: a.steps[0].text: "),
        ("Hi {nam}", "plan.yaml:4:14: a.steps[0].text: "),
        # Where lines are folded, or characters escaped, the value's own place must do.
        (">\n      Hello\n      {nam}", "plan.yaml:4:11: a.steps[0].text: line 1, column "),
        ('"a\\n{nam}"', "plan.yaml:4:11: a.steps[0].text: line 2, column 1: "),
    ],
)
def test_a_place_in_a_text_is_one_in_the_file(tmp_path, text, expected):
    [line] = told(tmp_path, f"sequences:\n- name: a\n  steps:\n  - text: {text}\n    offset: 5m")
    assert line.startswith(expected), line


def test_every_fault_is_told_at_once(tmp_path):
    text = "sequences:\n- name: a\n  steps:\n  - {offset: 5m, text: '{x}'}\n- name: b\n  trigger: A B"
    assert [line.split(": ")[:2] for line in told(tmp_path, text)] == [
        ["plan.yaml:4:25", "a.steps[0].text"],
        ["plan.yaml:6:12", "b.trigger"],
    ]


def test_what_the_gateway_refuses_is_found_in_the_file(tmp_path):
    text = "sequences:\n- name: a\n  next: b\n  greetings:\n  - text: Hi\n- name: b"
    made = plan(tmp_path, text)
    found = {each.slug: each for each in made.against({})}
    for field, place in {
        "sequence.next_sequence": "3:9: a.next",
        "sequence.greetings.greetings[0].text": "5:11: a.greetings[0].text",
        "sequence.greetings": "5:3: a.greetings",
        "sequence.steps[3].text": "2:3: a.steps[3].text",
        "sequence_id": "2:9: a.name",
    }.items():
        located = made.located(found["a"], InvalidArgument([Violation(field, "is wrong")]))
        assert str(located) == f"{tmp_path}/plan.yaml:{place}: is wrong"


def test_a_circle_through_what_is_there_already(tmp_path):
    existing = {
        "b": pb.Sequence(name="sequences/b", next_sequence="sequences/c"),
        "c": pb.Sequence(name="sequences/c", next_sequence="sequences/a"),
        "a": pb.Sequence(name="sequences/a"),
    }
    text = "sequences:\n- name: a\n  next: b"
    assert told(tmp_path, text, existing)[0].startswith(
        "plan.yaml:3:9: a.next: makes a circle: a → b → c → a"
    )
    # Turned round as a whole it is none.
    turned = "sequences:\n- {name: a, next: c}\n- {name: c, next: b}\n- {name: b, next: ''}"
    assert [each.slug for each in plan(tmp_path, turned).against(existing)] == ["b", "c", "a"]


SLUGS = st.sampled_from("abcdef")
LINKS = st.dictionaries(SLUGS, st.one_of(st.just(""), SLUGS))


@given(LINKS, LINKS)
def test_no_link_is_refused_on_the_way(existing, desired):
    """Whatever an account has and a file wants, without circles and with nobody missing."""
    existing = {slug: at if at in existing else "" for slug, at in existing.items()}
    made = [
        DesiredSequence(slug, pb.Sequence(next_sequence=at and f"sequences/{at}"), ("next_sequence",))
        for slug, at in desired.items()
    ]
    after = links_after(existing, made)
    if any(circle(links, slug) for links in (existing, after) for slug in links):
        return
    if any(at not in after for at in after.values() if at):
        return
    now = dict(existing)
    order = ordered(after, made)
    assert sorted(each.slug for each in order) == sorted(desired)
    for each in order:
        following = each.next_slug or ""
        assert not following or following in now, "named before it was there"
        now[each.slug] = following
        assert not circle(now, each.slug), "the gateway would refuse it"
    assert now == after
