"""What the messages of one stream say: the templates and wordings that came on it, compiled once a pair."""

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, replace

from kompang.dispatch.v1 import dispatch_pb2 as pb
from services.content.greeting import Greeting, Period, default_greetings
from services.content.template import Template
from services.content.variation import Level, Variation
from services.content.wording import DEFAULT_FALLBACK, Wording
from services.runtime.containment import contained_all

# Pairs kept compiled: a few ten kilobytes each.
_MOST = 1_000


@dataclass(frozen=True, slots=True)
class _Voice:
    """How an account speaks, before there is a body."""

    greetings: tuple[Greeting, ...]
    variation: Variation
    fallback: str = DEFAULT_FALLBACK
    footer: str = ""


class Templates:
    """Templates and wordings by id. Dispatch sends each once a stream, so a new stream starts with none."""

    def __init__(self) -> None:
        self._key = b""
        self._templates: dict[int, pb.Template] = {}
        self._voices: dict[int, _Voice | None] = {}
        self._compiled: OrderedDict[tuple[int, int], Wording | None] = OrderedDict()

    def restart(self, key: bytes) -> None:
        """A new stream: dispatch sends all of them again. `key` is that of the cluster's draws."""
        self._key = key
        self._templates.clear()
        # 0 is the product's own, which is never sent.
        self._voices = {0: _Voice(default_greetings(), Variation())}
        self._compiled.clear()

    def add(self, templates: Iterable[pb.Template], wordings: Iterable[pb.Wording]) -> None:
        """Keep them; a wording that cannot be used is kept as such, and fails its messages."""
        self._templates.update((each.template_id, each) for each in templates)
        for each in wordings:
            self._voices[each.wording_id] = None
            with contained_all("shardhost.wording", wording_id=each.wording_id):
                self._voices[each.wording_id] = _voice(each)

    def get(self, template_id: int, wording_id: int) -> Wording | None:
        """What a message says; None when nothing can be said, or when dispatch never sent one of the two.

        What is wrong in one was right when it was saved, so another version saved it: its messages fail,
        others go.
        """
        pair = template_id, wording_id
        with contained_all("shardhost.template", template_id=template_id, wording_id=wording_id):
            if pair not in self._compiled:
                template, voice = self._templates[template_id], self._voices[wording_id]
                self._keep(pair, None)
                self._keep(pair, self._compile(template, voice))
        if pair not in self._compiled:
            return None
        self._compiled.move_to_end(pair)
        return self._compiled[pair]

    def _keep(self, pair: tuple[int, int], wording: Wording | None) -> None:
        self._compiled[pair] = wording
        if len(self._compiled) > _MOST:
            self._compiled.popitem(last=False)

    def _compile(self, template: pb.Template, voice: _Voice | None) -> Wording | None:
        """Raises ValueError, and who knows what else, for one that cannot be used."""
        if voice is None or not template.text:
            return None
        return Wording(
            Template.parse(template.text),
            _greetings(template.greetings.greetings) if template.HasField("greetings") else voice.greetings,
            footer=voice.footer,
            variation=replace(voice.variation, level=Level(template.variation or voice.variation.level)),
            fallback=voice.fallback,
            key=self._key,
        )


def _voice(wording: pb.Wording) -> _Voice:
    given = wording.variation
    variation = Variation(Level(given.level), given.full_stop, given.comma, given.space, given.greeting_case)
    return _Voice(_greetings(wording.greetings), variation, wording.fallback, wording.footer)


def _greetings(greetings: Iterable[pb.Greeting]) -> tuple[Greeting, ...]:
    return tuple(
        Greeting(Template.parse(each.text), each.weight, each.language, Period(each.period))
        for each in greetings
    )
