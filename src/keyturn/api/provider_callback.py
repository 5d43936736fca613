"""Where providers lead a browser back to: it asks the provider who came, and sends the browser on.

This is a navigation: it carries no access token, no proof and no header of ours, so nobody is signed in here. What the
provider said waits in the flow that the cookie names, for the page that began: :mod:`keyturn.api.account_social_views`.
"""

import logging
from contextlib import ExitStack
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import UnsupportedMediaType

from keyturn.accounts.flows import FlowStore
from keyturn.accounts.social import talking
from keyturn.accounts.social.answers import came_back, identified
from keyturn.accounts.social.providers import find
from keyturn.accounts.social.starts import Start
from keyturn.api.account_cookie import flow_cookie
from keyturn.api.account_pages import UNREADABLE, LinkPage
from keyturn.api.body import check_charset, check_length
from keyturn.api.errors import PayloadTooLarge
from keyturn.clock import utc_now
from keyturn.conf.providers import Provider
from keyturn.errors import Reason, RefusedError

__all__ = ["ProviderCallbackPage"]

logger = logging.getLogger("keyturn.api")

_LONGEST: Final = 8_192
"""Characters of a code or state."""
_ANSWER: Final = ("code", "state", "iss", "error")
_CANCELLED: Final = frozenset({"access_denied", "user_cancelled_authorize", "interaction_required", "login_required"})
_BUSY: Final = _("This cannot be done right now. Try again soon.")
_UNKNOWN: Final = _("This sign-in was not begun in this browser, or it is over. Begin again.")


class ProviderCallbackPage(LinkPage):
    """GET takes the answer. POST, which only Apple sends, becomes one: another site's POST brings no cookie of ours."""

    template = "keyturn/account/provider.html"

    def _answer(self, request: HttpRequest) -> HttpResponse:
        if request.method not in {"GET", "POST"}:
            answer = self._refused(request, status=405, problem=_UNKNOWN, code="method_not_allowed")
            answer["Allow"] = "GET, POST"
            return answer
        try:
            check_charset(request)
            check_length(request)
            given = request.POST if request.method == "POST" else request.GET
            said = _said(given)
        except (UnsupportedMediaType, PayloadTooLarge) as error:
            return self._refused(request, status=error.status_code, problem=_UNKNOWN, code=error.default_code)
        except UNREADABLE:
            return self._refused(request, status=400, problem=_UNKNOWN, code="parse_error")
        provider = find(self.kwargs["provider"])
        if provider is None or said is None or "state" not in said:
            return self._unknown(request)
        if request.method == "POST":
            return _sent_to(f"{request.path}?{urlencode(said)}")
        return self._taken(request, provider, said)

    def _taken(self, request: HttpRequest, provider: Provider, said: dict[str, str]) -> HttpResponse:
        now = utc_now()
        token = flow_cookie(request) or ""

        def opening() -> FlowStore | None:
            return FlowStore.of_token(token, now=now)

        with ExitStack() as held:
            try:
                asks = "code" in said and "error" not in said
                back = came_back(opening, provider=provider, state=said["state"], asks=asks, now=now)
                start = held.enter_context(back)
            except RefusedError as error:
                logger.info("refused: %s (%s)", error.reason.value, error.evidence)
                is_busy = error.reason is Reason.PROVIDER_UNAVAILABLE
                return self._busy(request) if is_busy else self._unknown(request)
            if said.get("error") in _CANCELLED:
                return _led_back(start, error="cancelled")
            try:
                identified(opening, start, lambda: _asked(provider, start, said), now=now)
            except RefusedError as error:
                logger.info("refused: %s (%s)", error.reason.value, error.evidence)
                return _led_back(start, error=error.reason.value)
            return _led_back(start)

    def _busy(self, request: HttpRequest) -> HttpResponse:
        """Have the browser come once more with the same answer, of which nothing was used."""
        reason = Reason.PROVIDER_UNAVAILABLE.value
        answer: Any = self._refused(request, status=503, problem=_BUSY, code=reason, reason=reason)
        answer["Retry-After"] = answer["Refresh"] = "2"
        # It is no fault that anybody would have to be told of.
        answer._has_been_logged = True  # noqa: SLF001 - what Django asks
        page: HttpResponse = answer
        return page

    def _unknown(self, request: HttpRequest) -> HttpResponse:
        reason = Reason.PROVIDER_REFUSED.value
        return self._refused(request, status=400, problem=_UNKNOWN, code=reason, reason=reason)


def _said(given: QueryDict) -> dict[str, str] | None:
    """What the answer says; None where it says something twice (RFC 6749 section 3.1) or at too great a length."""
    found = {}
    for name in _ANSWER:
        values: list[Any] = given.getlist(name)
        if len(values) > 1 or any(len(value) > _LONGEST or not value.isprintable() for value in values):
            return None
        if values and values[0]:
            found[name] = str(values[0])
    return found


def _asked(provider: Provider, start: Start, said: dict[str, str]) -> Any:
    if "error" in said or "code" not in said:
        raise RefusedError(Reason.PROVIDER_REFUSED, "the provider answered with an error, or without a code")
    return talking.identity_by_code(provider, start, code=said["code"], issuer=said.get("iss"), now=utc_now())


def _led_back(start: Start, *, error: str = "") -> HttpResponse:
    """Send the browser to the page that was named, and checked, when this began."""
    address = start.callback_url
    if error:
        parts = urlsplit(address)
        query = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if pair[0] != "error"]
        address = urlunsplit(parts._replace(query=urlencode([*query, ("error", error)])))
    return _sent_to(address)


def _sent_to(address: str) -> HttpResponse:
    """303: what is there is fetched by GET. The answer's address has a code in it, and is told to nobody."""
    answer = HttpResponse(status=303)
    answer["Location"] = address
    answer["Cache-Control"] = "no-store"
    answer["Referrer-Policy"] = "no-referrer"
    return answer
