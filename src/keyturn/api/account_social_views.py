"""Signing in and up by accounts elsewhere, and linking them. Only imported with ``allauth.socialaccount`` installed.

One file although it is long: each class is one endpoint of a few lines.
"""

from http import HTTPStatus
from typing import Any, ClassVar, Final

from allauth.headless.base.response import AuthenticationResponse, ConflictResponse
from allauth.headless.base.views import APIView
from allauth.headless.constants import Client
from allauth.headless.internal.restkit.response import APIResponse, ErrorResponse
from allauth.headless.socialaccount import views as social
from allauth.headless.socialaccount.response import SocialAccountsResponse
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.internal.flows.signup import get_pending_signup
from allauth.socialaccount.models import SocialAccount
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from keyturn.accounts.flows import FlowStore
from keyturn.accounts.links import provider_address
from keyturn.accounts.social import talking
from keyturn.accounts.social.answers import Opening, came_back, identified
from keyturn.accounts.social.entering import known_account, link, sign_in
from keyturn.accounts.social.identity import Identity
from keyturn.accounts.social.signing_up import identity_set_aside, needs_more, set_aside, sign_up, social_login
from keyturn.accounts.social.starts import Process, Start, awaited, holds_only_starts, remember, take_parked
from keyturn.accounts.social.unlinking import unlink
from keyturn.accounts.step_up import require_recent_authentication
from keyturn.api.account_cookie import flow_cookie
from keyturn.api.account_flow_views import FLOWS_ANSWERED_EVERY, SIGN_UP_CLOSED
from keyturn.api.account_social_inputs import (
    BeginInput,
    DeleteInput,
    ProviderSignupInput,
    ProviderTokenInput,
    RedirectInput,
    provider_in,
    token_in,
)
from keyturn.api.account_strict import Strict, json_object
from keyturn.clock import utc_now
from keyturn.defence import limits
from keyturn.sessions.client import current_client
from keyturn.tokens.claims import Claims

__all__ = ["MORE", "OWN"]


class _StartView(Strict, APIView):
    """Sends somebody to a provider."""

    @classmethod
    def ahead(cls, request: HttpRequest, claims: Claims | None) -> None:  # noqa: ARG003 - the same for all
        """Count, and learn the provider's addresses before anything is locked."""
        if request.method != "POST":
            return
        limits.take(action="provider", keys={"address": current_client().ip}, now=utc_now())
        provider = provider_in(json_object(request) or {})
        if provider is not None:
            talking.prepare(provider)

    def refusal(self, request: Any, process: Process) -> HttpResponse | None:
        """Nobody signs in who is signed in; and linking is for those who have just shown who they are.

        Raises:
            RefusedError: ``reauthentication_required``.
        """
        if process is Process.LOGIN:
            return ConflictResponse(request) if request.user.is_authenticated else None
        if not request.user.is_authenticated:
            return AuthenticationResponse(request)
        require_recent_authentication(request.user, session_id=request.auth.sid, now=utc_now())
        return None

    def started(self, request: Any, *, callback_url: str, redirect_uri: str) -> Start:
        """What is remembered."""
        wanted = self.input.cleaned_data
        links = wanted["process"] is Process.CONNECT
        return Start(
            provider=wanted["provider"].id,
            process=wanted["process"],
            callback_url=callback_url,
            redirect_uri=redirect_uri,
            user=str(request.user.pk) if links else "",
            session=str(request.auth.sid) if links else "",
            at=int(utc_now().timestamp()),
        )


class RedirectView(_StartView):
    """Name the address at a provider to which a browser is to be sent."""

    only_for = Client.BROWSER
    input_class: ClassVar[dict[str, Any]] = {"POST": RedirectInput}

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Remember that it was sent."""
        wanted = self.input.cleaned_data
        if refused := self.refusal(request, wanted["process"]):
            return refused
        provider = wanted["provider"]
        start = self.started(request, callback_url=wanted["callback_url"], redirect_uri=provider_address(provider.id))
        flow = _flow_of_browser(request)
        if flow is None or not holds_only_starts(flow):
            flow = FlowStore()
        remember(flow, start)
        flow.save()
        # The provider leads back by a navigation, which brings the cookie and no access token.
        request.keyturn_flow = flow  # type: ignore[attr-defined]
        if not request.user.is_authenticated:
            request.session = flow
        return APIResponse(request, data={"location": talking.authorization_url(provider, start)})


class BeginView(_StartView):
    """Give a mobile app the nonce that the ID token must have which it will bring, or an address to open."""

    only_for = Client.APP
    input_class: ClassVar[dict[str, Any]] = {"POST": BeginInput}

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Remember what was given."""
        wanted = self.input.cleaned_data
        if refused := self.refusal(request, wanted["process"]):
            return refused
        start = self.started(request, callback_url="", redirect_uri=wanted["redirect_uri"])
        remember(request.session, start)  # type: ignore[arg-type]
        data = {"nonce": start.nonce}
        if start.redirect_uri:
            data["location"] = talking.authorization_url(wanted["provider"], start)
        return APIResponse(request, data=data)


class _FinishingView(Strict, APIView):
    """Does what somebody was sent to a provider for, once the provider has said who it is."""

    answered_every = FLOWS_ANSWERED_EVERY

    def finish(self, request: Any, flow: FlowStore | None) -> HttpResponse:
        """Sign in, sign up or link. What the provider said is good for that once.

        Args:
            request: with the user, if somebody is signed in.
            flow: locked, with what the provider said.

        Raises:
            RefusedError: what they refuse by.
        """
        wanted = None if flow is None else awaited(flow)
        if flow is None or wanted is None:
            return ConflictResponse(request)
        if wanted is Process.CONNECT and not request.user.is_authenticated:
            return AuthenticationResponse(request)
        if wanted is Process.LOGIN and request.user.is_authenticated:
            return ConflictResponse(request)
        now = utc_now()
        parked = take_parked(flow, now=now)
        flow.save()
        if parked is None:
            return ConflictResponse(request)
        try:
            if wanted is Process.LOGIN:
                return _entered(request, parked.identity)
            if (parked.user, parked.session) != (str(request.user.pk), str(request.auth.sid)):
                return ConflictResponse(request)
            link(request, request.user, parked.identity)
        except ValidationError as error:
            return ErrorResponse(request, exception=error)
        return AuthenticationResponse(request)


class FinishView(_FinishingView):
    """Go on in the browser that the provider led back."""

    only_for = Client.BROWSER

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Use what the flow of the cookie holds."""
        flow = _flow_of_browser(request)
        request.keyturn_flow = request.session if not request.user.is_authenticated else flow  # type: ignore[attr-defined]
        return self.finish(request, flow)


class ProviderTokenView(_FinishingView):
    """Sign in, sign up or link by what a mobile app was given by a provider."""

    only_for = Client.APP
    input_class: ClassVar[dict[str, Any]] = {"POST": ProviderTokenInput}

    @classmethod
    def ahead(cls, request: HttpRequest, claims: Claims | None) -> None:
        """Ask the provider who it is, before anything is locked.

        Raises:
            RefusedError: ``provider_refused``, ``provider_unavailable``.
        """
        data = json_object(request) or {} if request.method == "POST" else {}
        provider, token = provider_in(data), token_in(data)
        opening = _opening(request, claims)
        if provider is None or token is None or opening is None:
            return
        now = utc_now()
        with came_back(opening, provider=provider, state=token.get("state"), asks=True, now=now) as start:

            def ask() -> Identity:
                if "id_token" in token:
                    return talking.identity_by_token(provider, start, id_token=token["id_token"], now=now)
                return talking.identity_by_code(provider, start, code=token["code"], issuer=token.get("iss"), now=now)

            identified(opening, start, ask, now=now)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Use what the flow holds now."""
        return self.finish(request, request.session)  # type: ignore[arg-type]


class ProviderSignupView(Strict, social.ProviderSignupView):
    """Ask for what a sign-up needs beyond what the provider said, and sign up."""

    answered_every = FLOWS_ANSWERED_EVERY
    signed_out_only = frozenset({"POST"})
    input_class: Any = ProviderSignupInput

    def handle(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Say first of all whether anybody may sign up."""
        waiting = get_pending_signup(request)
        if waiting is not None and not get_adapter().is_open_for_signup(request, waiting):
            return APIResponse(request, errors=[SIGN_UP_CLOSED], status=HTTPStatus.FORBIDDEN)
        return super().handle(request, *args, **kwargs)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Sign up."""
        identity = identity_set_aside(self.sociallogin)
        if identity is None:
            return ConflictResponse(request)
        try:
            response = sign_up(request, identity, now=utc_now(), form=self.input)
        except ValidationError as error:
            return ErrorResponse(request, exception=error)
        return AuthenticationResponse.from_response(request, response)


class ManageProvidersView(Strict, social.ManageProvidersView):
    """The linked accounts; DELETE takes one away."""

    for_actors_too = frozenset({"GET"})
    input_class: ClassVar[dict[str, Any]] = {"DELETE": DeleteInput}

    def get_input_kwargs(self) -> dict[str, Any]:
        """Nothing more is needed."""
        return {}

    def delete(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        """Take it away, unless nobody could sign in without it.

        Raises:
            RefusedError: ``reauthentication_required``, ``last_way_in``.
        """
        require_recent_authentication(request.user, session_id=request.auth.sid, now=utc_now())
        wanted = self.input.cleaned_data
        if not unlink(request, request.user, provider=wanted["provider"], subject=wanted["account"]):
            error = {"message": "You have no such account.", "code": "account_not_found", "param": "account"}
            return APIResponse(request, errors=[error], status=HTTPStatus.BAD_REQUEST)
        return self.respond_provider_accounts(request)

    @classmethod
    def respond_provider_accounts(cls, request: HttpRequest) -> SocialAccountsResponse:
        """Return what is linked, the oldest first."""
        return SocialAccountsResponse(request, SocialAccount.objects.filter(user=request.user).order_by("pk"))


def _entered(request: HttpRequest, identity: Identity) -> HttpResponse:
    account = known_account(identity)
    response: HttpResponse | None = None
    if account is not None:
        response = sign_in(request, account, identity)
    else:
        if not get_adapter().is_open_for_signup(request, social_login(request, identity)):
            return APIResponse(request, errors=[SIGN_UP_CLOSED], status=HTTPStatus.FORBIDDEN)
        if needs_more(identity):
            set_aside(request, identity)
        else:
            response = sign_up(request, identity, now=utc_now())
    return AuthenticationResponse.from_response(request, response)


def _flow_of_browser(request: Any) -> FlowStore | None:
    """The flow of the cookie, locked; also where an access token stands for the user, whose own flow is another."""
    if not request.user.is_authenticated:
        found: FlowStore = request.session
        return found
    token = flow_cookie(request)
    return None if token is None else FlowStore.of_token(token, now=utc_now())


def _opening(request: HttpRequest, claims: Claims | None) -> Opening | None:
    """How to open the flow of a mobile app; None: it shows none."""
    sid = None if claims is None else claims.sid
    if sid is not None:
        return lambda: FlowStore.of_session(sid, now=utc_now())
    token = request.headers.get("X-Session-Token")
    return None if not token else lambda: FlowStore.of_token(token, now=utc_now())


OWN: Final[dict[Any, Any]] = {
    social.ProviderSignupView: ProviderSignupView,
    social.RedirectToProviderView: RedirectView,
    social.ManageProvidersView: ManageProvidersView,
    social.ProviderTokenView: ProviderTokenView,
}
"""Which of ours stands in the place of which of django-allauth's."""

MORE: Final[dict[str, Any]] = {"auth/provider/begin": BeginView, "auth/provider/finish": FinishView}
"""What django-allauth has not, by path."""
