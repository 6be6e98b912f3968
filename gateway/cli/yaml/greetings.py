"""Greetings in a YAML file, of a sequence or of an account's wording."""

from gateway.cli.yaml.reader import Node, Reader
from gateway.cli.yaml.words import number_of, word_of, words
from kompang.v1 import wording_pb2 as pb

_PERIOD = pb.Greeting.Period
_FIELDS = ("text", "weight", "language", "period")


def greetings(reader: Reader, node: Node, name: str, places: dict[str, Node]) -> pb.Greetings:
    """Their texts' nodes are put into `places`, by the path in the API."""
    made = pb.Greetings()
    for index, item in enumerate(reader.items(node, name)):
        at = f"{name}[{index}]"
        given = reader.mapping(item, at, _FIELDS)
        greeting = made.greetings.add(weight=1)
        for key, value in given.items():
            _set(reader, greeting, key, value, f"{at}.{key}")
            places[f"greetings.greetings[{index}].{key}"] = value
        if "text" not in given:
            reader.add(item, f"{at}.text", "is missing; say what the greeting reads like")
    return made


def _set(reader: Reader, greeting: pb.Greeting, key: str, value: Node, name: str) -> None:
    match key:
        case "weight":
            weight = reader.number(value, name)
            if weight < 1 or weight != int(weight):
                reader.add(value, name, "must be a whole number from 1; twice the weight, twice as often")
            else:
                greeting.weight = min(int(weight), 2**31 - 1)
        case "period":
            greeting.period = number_of(_PERIOD, reader.choice(value, name, words(_PERIOD)))
        case _:
            setattr(greeting, key, reader.words(value, name))


def as_tree(given: pb.Greetings) -> list[dict[str, object]]:
    """Returns the greetings as the file has them, without default values."""
    return [_greeting_tree(each) for each in given.greetings]


def _greeting_tree(greeting: pb.Greeting) -> dict[str, object]:
    made: dict[str, object] = {"text": greeting.text}
    if greeting.weight not in (0, 1):
        made["weight"] = greeting.weight
    if greeting.language:
        made["language"] = greeting.language
    if greeting.period:
        made["period"] = word_of(_PERIOD, greeting.period)
    return made
