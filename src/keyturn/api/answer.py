"""REST framework's response, made with less ado where its data becomes JSON."""

from typing import Any, Final

from django.http.response import HttpResponseBase
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response

__all__ = ["Answer"]

_JSON: Final = "application/json"


class Answer(Response):
    """A response as any other, to those who look at it.

    REST framework's begins as an empty page of HTML, encoded and measured, and becomes JSON later. This one begins as
    what it is going to be in nearly every case.

    Args:
        data: what is answered; no serializer.
        status: of HTTP.
    """

    def __init__(self, data: Any = None, status: int | None = None) -> None:
        HttpResponseBase.__init__(self, content_type=_JSON, status=status)
        # What the classes between that one and this set.
        self.template_name = self.context_data = self.using = self._request = None  # type: ignore[assignment]
        self._post_render_callbacks: list[Any] = []
        self._container = [b""]
        self._is_rendered = False
        self.data = data
        self.exception = False
        self.content_type = None

    @property
    def rendered_content(self) -> Any:
        """The bytes of the body."""
        renderer: Any = self.accepted_renderer
        if type(renderer) is not JSONRenderer or self.accepted_media_type != _JSON or self.content_type is not None:
            return super().rendered_content
        context: dict[str, Any] = vars(self)["renderer_context"]
        context["response"] = self
        # Without the media type, in which it would look for how far to indent.
        content = renderer.render(self.data, None, context)
        if not content:
            del self.headers["Content-Type"]
        return content
