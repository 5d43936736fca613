"""Stand around each of django-allauth's headless views: who asks, from which flow, and in which form it is answered.

A view below is handed a request that needs none of Django's middleware: its session is the flow the client presented
(:mod:`keyturn.accounts.flows`), its user the one of the access token, read anew. What a client presents is locked until
the answer is decided, so that codes are used once and limits of guesses hold between requests that come together.
"""

import functools
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any, Final

from allauth.core.context import request_context
from allauth.core.exceptions import ImmediateHttpResponse, ReauthenticationRequired
from allauth.headless.base.response import ReauthenticationResponse, UnauthorizedResponse
from allauth.headless.constants import Client
from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.middleware.csrf import get_token
from django.utils import translation
from django.views.decorators.csrf import csrf_exempt
from rest_framework.authentication import CSRFCheck

from keyturn.accounts.flows import FlowStore, flow_database
from keyturn.accounts.methods import records_of
from keyturn.accounts.stages import has_lost_its_user, is_over
from keyturn.api.account_answers import answer_to, completed
from keyturn.api.account_cookie import flow_cookie, keep_flow_cookie
from keyturn.api.authentication import bearer_token, validated_token
from keyturn.api.base import without_transaction
from keyturn.api.body import check_charset, check_length
from keyturn.api.client import calling
from keyturn.api.dpop import check_binding, check_proof, scheme_of
from keyturn.api.error_reports import unreported
from keyturn.api.impersonation import acting_for, refuse_impersonated
from keyturn.api.origins import check_page
from keyturn.api.schema_stand_ins import stand_in_for
from keyturn.api.web import is_web
from keyturn.clock import utc_now
from keyturn.defence.steady import steady
from keyturn.errors import Reason, RefusedError
from keyturn.mail.language import language_of_caller
from keyturn.mfa.sealing import FactorSecretError
from keyturn.tokens.authenticating import authenticate, check_session
from keyturn.tokens.claims import Claims, interpret, read_access
from keyturn.trail.calling import acted_by, signed_in_with

__all__ = ["account_view", "dressed"]

_ATTRIBUTES: Final = ("session", "user", "auth", "allauth")
_ABSENT: Final = object()


def account_view(view_class: Any, *, client: Client) -> Callable[..., HttpResponseBase]:
    """Return the view function for one of the classes of :mod:`keyturn.api.account_strict`.

    Args:
        view_class: of django-allauth, made strict. Three marks of it count: ``begins_anew`` (it goes on with no flow,
            and needs none locked), ``for_actors_too`` (methods that somebody who acts as the user may call),
            ``keeps_out`` (no flow, user or transaction at all).
        client: what the client holds its flow's token in: a header, or a cookie.
    """
    view = view_class.as_view(client=client)

    @csrf_exempt
    @functools.wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        with (
            calling(request),
            translation.override(language_of_caller()),
            request_context(request),
            dressed(request, client),
        ):
            return unreported(request, lambda: _Call(request, view, view_class, client).answered(*args, **kwargs))

    stand_in_for(answer, view_class=view_class, client=client.value)
    # For Django's LoginRequiredMiddleware, which would redirect.
    answer.login_required = False  # type: ignore[attr-defined]
    # The check is made here, once it is known that no access token stands for the user.
    return without_transaction(answer)


@contextmanager
def dressed(request: HttpRequest, client: Client) -> Iterator[None]:
    """Give a request what django-allauth looks for, and take it off again: Django's session must not see a flow."""
    any_request: Any = request
    before = {name: getattr(request, name, _ABSENT) for name in _ATTRIBUTES}
    any_request.session = FlowStore()
    any_request.user = AnonymousUser()
    any_request.auth = None
    any_request.allauth = SimpleNamespace(headless=SimpleNamespace(client=client, _pre_user=any_request.user))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is _ABSENT:
                delattr(request, name)
            else:
                setattr(request, name, value)


class _Call:
    """One request to one of the views."""

    def __init__(self, request: HttpRequest, view: Any, view_class: Any, client: Client) -> None:
        self.request: Any = request
        self.view = view
        self.view_class = view_class
        self.client = client
        self.challenge_scheme = scheme_of(request)
        self.is_reading_body = False
        self.is_resumed = False
        self.is_settled = False

    def answered(self, *args: Any, **kwargs: Any) -> HttpResponse:
        """Answer, and where the view says so not before its next moment; only those wait who hold a flow."""
        began = time.monotonic()
        response = self._answered(*args, **kwargs)
        if self.is_resumed and self.view_class.answered_every is not None:
            moments = iter((began, time.monotonic()))
            with steady(self.view_class.answered_every, clock=lambda: next(moments)):
                pass
        return response

    def _answered(self, *args: Any, **kwargs: Any) -> HttpResponse:
        request = self.request
        cookie = flow_cookie(request) if self.client == Client.BROWSER else None
        if request.method == "HEAD":
            # django-allauth reads a body, and counts a guess, for everything but GET.
            request.method = "GET"
        try:
            # First: whatever else is wrong is answered by what kind of client it is.
            is_web(request)
            check_charset(request)
            check_page(request)
            check_length(request)
            if hasattr(self.view_class, str(request.method).lower()):
                check_proof(request)
            response = completed(request, self._answer(cookie, args, kwargs))
        except Exception as error:
            told = answer_to(error, view=self, request=request)
            if told is None:
                raise
            # What was rolled back did not happen.
            request.keyturn_pair = None
            self.is_settled = False
            response = completed(request, told)
        if self.client == Client.BROWSER:
            if self.is_settled:
                keep_flow_cookie(request, response, presented=cookie)
            CSRFCheck(lambda _: response).process_response(request, response)
            request.META["CSRF_COOKIE_NEEDS_UPDATE"] = False
        return response

    def _answer(self, cookie: str | None, args: Any, kwargs: Any) -> HttpResponseBase:
        bearer = bearer_token(self.request)
        token = cookie if self.client == Client.BROWSER else self.request.headers.get("X-Session-Token")
        asks_for_proof = self.client == Client.BROWSER and bearer is None and not is_web(self.request)
        if asks_for_proof and (refused := self._csrf_failure()):
            return refused
        if self.view_class.keeps_out or self.request.method in self.view_class.keeps_out_of:
            return self._called(args, kwargs)
        # Signature and keys outside of the transaction, whose first statement shall be the one that locks.
        claims = None if bearer is None else self._claims(bearer)
        self.view_class.ahead(self.request, claims)
        if claims is None and (not token or self.view_class.begins_anew):
            response = self._called(args, kwargs)
            self._keep_flow()
            return response
        with transaction.atomic(using=flow_database()):
            try:
                if claims is not None:
                    self._sign_in(claims)
                elif not self._resume(token or "") and self.client == Client.APP:
                    # A browser is asked nothing: its cookie was not its own doing, and is taken back.
                    return UnauthorizedResponse(self.request, status=410)
                response = self._called(args, kwargs)
            except (RefusedError, FactorSecretError) as error:
                # What was counted stays counted, so the transaction ends well.
                response = answer_to(error, view=self, request=self.request) or HttpResponse(status=500)
            self._keep_flow()
        return response

    def _keep_flow(self) -> None:
        """Store the flow, or end it where nothing is left to do in it; the browser's cookie follows."""
        flow = self.request.session
        if not flow.is_signed_in and is_over(flow):
            flow.close()
        flow.save()
        self.is_settled = True

    def _called(self, args: Any, kwargs: Any) -> HttpResponseBase:
        if self.client == Client.BROWSER and self.request.method == "GET":
            # Also in the answer, since the settings may keep the cookie from scripts.
            self.request.keyturn_csrf = get_token(self.request)
        try:
            return self.view(self.request, *args, **kwargs)
        except ImmediateHttpResponse as error:
            return error.response
        except ReauthenticationRequired:
            return ReauthenticationResponse(self.request)

    def _resume(self, token: str) -> bool:
        store = FlowStore.of_token(token, now=utc_now())
        if store is None:
            return False
        if has_lost_its_user(store):
            store.close()
            return False
        self.request.session = store
        self.is_resumed = True
        return True

    def _claims(self, raw: bytes) -> Claims:
        """Verify an access token, but not yet its session.

        Raises:
            TokenNotValid, RefusedError: it does not stand.
        """
        if self.request.method in self.view_class.takes_expired:
            claims = read_access(raw, now=utc_now(), even_expired=True)
            check_binding(self.request, claims.payload)
            return claims
        token = validated_token(raw)
        check_binding(self.request, token.payload)
        claims = getattr(token, "keyturn_claims", None) or interpret(token.payload)
        if claims.sid is None:
            # Of stock simplejwt: a flow would have nothing to belong to.
            raise RefusedError(Reason.MISSING_CLAIM, "sid")
        return claims

    def _sign_in(self, claims: Claims) -> None:
        """Set user and flow of verified claims.

        Raises:
            RefusedError: session or user do not stand.
        """
        request, now = self.request, utc_now()
        request.auth = claims
        if request.method in self.view_class.takes_expired or claims.sid is None:
            return
        flow = FlowStore.of_session(claims.sid, now=now)
        session = check_session(claims, now=now)
        if session is None:
            raise RefusedError(Reason.MISSING_CLAIM, "sid")
        user = authenticate(claims, now=now, session=session).user
        if not flow.is_stored:
            flow.begin_with(records_of(session, user))
        request.user, request.session = user, flow
        request.allauth.headless._pre_user = user  # noqa: SLF001 - django-allauth's own name
        signed_in_with(session.pk)
        actor = acting_for(request)
        if actor is not None:
            acted_by(actor)
            if request.method not in self.view_class.for_actors_too:
                refuse_impersonated(request)

    def _csrf_failure(self) -> HttpResponse | None:
        """Ask for Django's proof that a page of ours sent a request which may come with our cookie.

        A web client has given Keyturn's own (:mod:`keyturn.api.origins`), and need not fetch a token first.
        """
        check = CSRFCheck(lambda _: HttpResponse())
        check.process_request(self.request)
        why = check.process_view(self.request, None, (), {})  # type: ignore[arg-type] # as REST framework does
        if not why:
            return None
        return JsonResponse({"status": 403, "detail": f"CSRF check failed: {why}", "code": "csrf_failed"}, status=403)
