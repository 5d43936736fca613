"""Bodies of DELETE, which drf-spectacular leaves out and some of our endpoints read."""

from typing import Any

__all__ = ["with_bodies"]


class _WithBodies:
    """Goes before what ``extend_schema`` has made of drf-spectacular's ``AutoSchema``."""

    method: str

    def _get_request_body(self, direction: str = "request") -> Any:
        """Return the body that the table of operations names for the method, whatever the method is."""
        asked, self.method = self.method, "POST" if self.method == "DELETE" else self.method
        try:
            return super()._get_request_body(direction)  # type: ignore[misc]
        finally:
            self.method = asked


def with_bodies(described: Any) -> Any:
    """Let the description of a view, made with ``extend_schema_view``, tell the body of DELETE; return the view."""
    method: Any = getattr(described, "delete", None)
    if method is not None:
        method.kwargs["schema"] = type("AutoSchemaWithBodies", (_WithBodies, method.kwargs["schema"]), {})
    return described
