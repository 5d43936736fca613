"""The pages behind the links in mails, for projects without a front end of their own: small, without script or cookie.

Opening a page changes nothing, since mail programs and scanners open links too; its button does. The key in the address
is all the authority there is, so a request from elsewhere can do nothing that its sender could not do anyway, and no
proof against forged requests is asked for. The address must not leak: no referrer, no cache, nothing loaded from
anywhere (OWASP Forgot Password Cheat Sheet).
"""

import secrets
from typing import Any, Final
from urllib.parse import urlsplit

from allauth.core.context import request_context
from allauth.headless.constants import Client
from django.core.exceptions import SuspiciousOperation, ValidationError
from django.db import InternalError
from django.http import HttpRequest, HttpResponse, JsonResponse, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.http.response import HttpResponseBase
from django.utils import translation
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_variables
from django.views.generic import View
from rest_framework.exceptions import ParseError, UnsupportedMediaType

from keyturn import conf
from keyturn.accounts.left_behind import signed_up_with
from keyturn.accounts.links import link_to
from keyturn.accounts.passwords_reset import reset_by_link, user_of_link
from keyturn.accounts.redirects import may_redirect_to
from keyturn.accounts.verification import address_of_link, confirm_by_link
from keyturn.api.account_views import dressed
from keyturn.api.base import without_transaction
from keyturn.api.body import check_charset, check_length
from keyturn.api.client import calling, client_of
from keyturn.api.error_reports import unreported
from keyturn.api.errors import STORE_ERRORS, PayloadTooLarge, store_failed
from keyturn.clock import utc_now
from keyturn.defence import limits
from keyturn.errors import Reason, RefusedError, TooManyAttemptsError
from keyturn.mail.language import language_of_caller
from keyturn.templating import own_template

__all__ = ["UNREADABLE", "LinkPage", "ResetPasswordPage", "VerifyEmailPage"]

_SENTENCES: Final = {
    Reason.LINK_INVALID: _("This link is not valid. Perhaps it was cut off: copy the whole of it from the mail."),
    Reason.LINK_EXPIRED: _("This link is too old. Ask for a new one."),
    Reason.LINK_USED: _("This link has been used already. There is nothing left to do."),
    Reason.LINK_OUTDATED: _("Your account has changed since this link was sent. Ask for a new one."),
    Reason.EMAIL_TAKEN: _("This e-mail address belongs to another account."),
}

UNREADABLE: Final = (
    ParseError,
    SuspiciousOperation,
    MultiPartParserError,
    UnreadablePostError,
    LookupError,
    UnicodeError,
)
"""What a body that is no form makes of Django's way to read it."""


class LinkPage(View):
    """GET shows what would happen; POST lets it."""

    template = ""

    @classmethod
    def as_view(cls, **initkwargs: Any) -> Any:
        """Return the view function, exempt from ``ATOMIC_REQUESTS`` and from Django's check of forms."""
        return without_transaction(csrf_exempt(super().as_view(**initkwargs)))

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Answer in the reader's language, whatever happens, and let nothing of it be kept."""
        return unreported(request, lambda: self._dressed(request))

    def _dressed(self, request: HttpRequest) -> HttpResponse:
        problem: Any
        with (
            calling(request),
            request_context(request),
            dressed(request, Client.BROWSER),
            translation.override(language_of_caller()),
        ):
            try:
                answer = self._answer(request)
            except TooManyAttemptsError as error:
                problem = _("Too many attempts. Try again later.")
                answer = self._refused(request, status=429, problem=problem, code=error.refusal.code)
                answer["Retry-After"] = str(error.retry_after)
            except RefusedError as error:
                problem = _SENTENCES.get(error.reason) or error.refusal.detail
                answer = self._refused(
                    request,
                    status=error.refusal.status,
                    problem=problem,
                    code=error.refusal.code,
                    reason=error.reason.value,
                )
            except (*STORE_ERRORS, InternalError) as error:
                if not store_failed(error):
                    raise
                problem = _("This cannot be done right now. Try again soon.")
                answer = self._refused(request, status=503, problem=problem, code="unavailable")
                answer["Retry-After"] = "1"
        return answer

    def _answer(self, request: HttpRequest) -> HttpResponse:
        if request.method not in {"GET", "HEAD", "POST"}:
            problem = _("This page is opened by the link in a mail.")
            answer = self._refused(request, status=405, problem=problem, code="method_not_allowed")
            answer["Allow"] = "GET, HEAD, POST"
            return answer
        try:
            check_charset(request)
            check_length(request)
            given = request.POST if request.method == "POST" else request.GET
        except (UnsupportedMediaType, PayloadTooLarge) as error:
            problem = _("This form could not be read.")
            return self._refused(request, status=error.status_code, problem=problem, code=error.default_code)
        except UNREADABLE:
            return self._refused(request, status=400, problem=_("This form could not be read."), code="parse_error")
        key, onward = given.get("key", ""), given.get("next", "")
        if onward and not may_redirect_to(onward):
            problem = _("This link leads to a place that it must not lead to.")
            return self._refused(request, status=400, problem=problem, code="bad_next", reason="bad_next")
        limits.take(action="link", keys={"address": client_of(request).ip}, now=utc_now())
        if request.method == "POST":
            return self.act(request, key, onward)
        return self.offer(request, key, onward)

    def offer(self, request: HttpRequest, key: str, onward: str) -> HttpResponse:
        """Show the form of a good link."""
        raise NotImplementedError

    def act(self, request: HttpRequest, key: str, onward: str) -> HttpResponse:
        """Do what the link is for."""
        raise NotImplementedError

    def _refused(self, request: HttpRequest, *, status: int, problem: Any, code: str, reason: str = "") -> HttpResponse:
        """Say what is wrong, to people on the page, to programs in JSON."""
        if "text/html" in request.META.get("HTTP_ACCEPT", "").lower():
            return self._shown(request, status=status, problem=problem, reason=reason)
        body = {"detail": str(problem), "code": code} | ({"reason": reason} if reason else {})
        return JsonResponse(body, status=status, headers={"Cache-Control": "no-store"})

    def _shown(self, request: HttpRequest, *, status: int = 200, **more: Any) -> HttpResponse:
        nonce = secrets.token_urlsafe(16)
        known = conf.get()
        name = known.site_name or urlsplit(known.public_url or "").hostname or "Keyturn"
        context = {"nonce": nonce, "language": translation.get_language(), "site_name": name, **more}
        return HttpResponse(
            "" if request.method == "HEAD" else own_template(self.template).render(context),
            status=status,
            headers={
                "Cache-Control": "no-store",
                "Referrer-Policy": "no-referrer",
                "X-Content-Type-Options": "nosniff",
                "X-Frame-Options": "DENY",
                "X-Robots-Tag": "noindex",
                "Content-Security-Policy": f"default-src 'none'; style-src 'nonce-{nonce}'; form-action 'self';"
                " base-uri 'none'; frame-ancestors 'none'",
            },
        )

    def _done(self, request: HttpRequest, onward: str, **more: Any) -> HttpResponse:
        return self._shown(request, done=True, onward=onward or link_to("sign_in"), **more)


class VerifyEmailPage(LinkPage):
    """Confirm an e-mail address, or change to it."""

    template = "keyturn/account/verify_email.html"

    def offer(self, request: HttpRequest, key: str, onward: str) -> HttpResponse:
        """Name the address, and by what the account signs in that it would be confirmed for."""
        address = address_of_link(key, now=utc_now())
        made = signed_up_with(address.user)
        told: dict[str, Any] = {}
        if made is not None:
            told = {"provider": ", ".join(made.providers), "with_password": made.password}
        return self._shown(request, key=key, next=onward, email=address.email, **told)

    def act(self, request: HttpRequest, key: str, onward: str) -> HttpResponse:
        """Verify it."""
        return self._done(request, onward, email=confirm_by_link(request, key, now=utc_now()).email)


class ResetPasswordPage(LinkPage):
    """Choose a new password."""

    template = "keyturn/account/reset_password.html"

    def offer(self, request: HttpRequest, key: str, onward: str) -> HttpResponse:
        """Ask for it, and name the account: password managers want to know."""
        username = user_of_link(key, now=utc_now()).get_username()
        return self._shown(request, key=key, next=onward, username=username)

    @sensitive_variables()
    def act(self, request: HttpRequest, key: str, onward: str) -> HttpResponse:
        """Set it. Nobody is signed in here: this page belongs to no client."""
        first, second = request.POST.get("password", ""), request.POST.get("repeated", "")
        now = utc_now()
        username = user_of_link(key, now=now).get_username()
        problems: list[Any] = []
        if not first:
            problems = [_("Choose a password.")]
        elif first != second:
            problems = [_("The two passwords are not the same.")]
        else:
            try:
                reset_by_link(request, key, first, now=now)
            except ValidationError as error:
                problems = error.messages
        if problems:
            return self._shown(request, status=400, key=key, next=onward, username=username, problems=problems)
        return self._done(request, onward)
