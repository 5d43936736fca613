"""Whether a client wants a page or data."""

from django.http import HttpRequest

__all__ = ["prefers_html"]


def prefers_html(request: HttpRequest) -> bool:
    """Whether ``Accept`` ranks ``text/html`` above ``application/json`` (RFC 9110 section 12.5.1).

    A browser does; ``*/*``, no header and a header that cannot be read do not.
    """
    try:
        html = request.accepted_type("text/html")
        json = request.accepted_type("application/json")
    except (ValueError, LookupError):
        # A media type's parameter in an encoding that does not exist (RFC 8187).
        return False
    if html is None:
        return False
    if json is None:
        return html.quality > 0
    return (html.quality, html.specificity) > (json.quality, json.specificity)
