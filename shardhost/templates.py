"""The templates of one stream, parsed once each."""

from collections.abc import Iterable

from kompang.dispatch.v1 import dispatch_pb2 as pb
from services.content.template import Template, TemplateError


class Templates:
    """By id. Dispatch sends each once a stream, so a new stream starts with none."""

    def __init__(self) -> None:
        self._parsed: dict[int, Template | None] = {}

    def clear(self) -> None:
        """A new stream: dispatch sends all of them again."""
        self._parsed.clear()

    def add(self, templates: Iterable[pb.Template]) -> None:
        """Parse them; a text that cannot be parsed is kept as such, and fails its messages."""
        for template in templates:
            try:
                self._parsed[template.template_id] = Template.parse(template.text)
            except TemplateError:
                self._parsed[template.template_id] = None

    def __contains__(self, template_id: int) -> bool:
        return template_id in self._parsed

    def get(self, template_id: int) -> Template | None:
        """The template; None when its text cannot be parsed. Raises KeyError for one never sent."""
        return self._parsed[template_id]
