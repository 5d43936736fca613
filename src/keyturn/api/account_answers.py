"""What the answers under ``/auth/`` have beyond django-allauth's: ``detail``, ``code``, ``reason``, and the pair."""

import json
from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from typing import Any, Final

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from rest_framework.response import Response

from keyturn.accounts.pairs import current_pair
from keyturn.accounts.proofs import raised_session
from keyturn.api.dpop import offer_nonce, scheme_of
from keyturn.api.errors import challenge
from keyturn.api.exception_handler import exception_handler
from keyturn.api.serializers import told_type
from keyturn.api.web import is_web
from keyturn.api.web_cookies import forget_session, keep_device, keep_refresh
from keyturn.clock import utc_now
from keyturn.errors import REFUSALS, Reason
from keyturn.sessions.assurance import Method
from keyturn.tokens import minting
from keyturn.tokens.issuing import Pair
from keyturn.tokens.stepping_up import stepped_up_access

__all__ = ["answer_to", "completed"]

_WORDS: Final[Mapping[int, tuple[str, str]]] = {
    400: ("invalid", "Invalid input."),
    401: ("not_authenticated", "Authentication credentials were not provided."),
    403: ("permission_denied", "You do not have permission to perform this action."),
    404: ("not_found", "Not found."),
    405: ("method_not_allowed", "This method is not allowed here."),
    409: ("conflict", "There is nothing to go on with here, or you are signed in already."),
    410: ("flow_ended", "What you were doing has ended: begin again."),
    429: ("too_many_attempts", "Too many attempts. Try again later."),
}

# What a pending flow waits for, in the words that /token/ has for it.
_WAITING: Final[Mapping[str, Reason]] = {
    "verify_email": Reason.EMAIL_NOT_VERIFIED,
    "mfa_authenticate": Reason.MFA_REQUIRED,
    "mfa_setup": Reason.FACTOR_SETUP_REQUIRED,
}
# django-allauth's codes of a wrong password, for which /token/ has words.
_CREDENTIALS: Final = frozenset({"email_password_mismatch", "username_password_mismatch", "phone_password_mismatch"})

_FACTORS: Final = frozenset({Method.TOTP, Method.RECOVERY_CODES, Method.WEBAUTHN})

_RETRY_AFTER: Final = "60"
"""Seconds, where a project's own limits of django-allauth refuse without saying how long."""


def answer_to(error: Exception, *, view: Any, request: HttpRequest) -> HttpResponse | None:
    """Turn an exception into an answer; None for what nobody foresaw."""
    found: Response | None = exception_handler(error, {"view": view, "request": request})
    if found is None:
        return None
    body = {"status": found.status_code, **found.data} if isinstance(found.data, dict) else {}
    if found.status_code == 401:
        asked_again = body.get("reason") == Reason.REAUTHENTICATION_REQUIRED
        body["meta"] = {"is_authenticated": asked_again}
        if asked_again:
            body["data"] = {"flows": list(_flows(body.get("methods", ())))}
    answer = JsonResponse(body, status=found.status_code)
    for name in ("WWW-Authenticate", "Retry-After", "Allow"):
        if found.has_header(name):
            answer[name] = found[name]
    return answer


def completed(request: HttpRequest, response: HttpResponseBase) -> HttpResponse:
    """Make an answer of django-allauth's, or of Django's, one of Keyturn's.

    Args:
        request: with the pair that was issued in it, if one was.
        response: JSON of django-allauth's, or something that is no JSON: then only its status and headers count.
    """
    body = _body(response)
    status = response.status_code
    if status < 400 and body is None:
        # django-allauth redirects nobody who speaks JSON, except to a provider.
        return response if isinstance(response, HttpResponse) else HttpResponse(status=status)
    body = {"status": status} if body is None else body
    pair = current_pair(request)
    meta = body.get("meta")
    if isinstance(meta, dict) and "is_authenticated" in meta:
        meta["is_authenticated"] = bool(meta["is_authenticated"])
    csrf = getattr(request, "keyturn_csrf", None)
    if csrf is not None:
        body.setdefault("meta", {})["csrf_token"] = csrf
    if status < 400:
        _give_tokens(request, body, pair)
    else:
        _explain(body, status)
    answer = JsonResponse(body, status=status)
    for name, value in response.items():
        if name not in {"Content-Type", "Content-Length"}:
            answer[name] = value
    answer.cookies.update(response.cookies)
    answer["Cache-Control"] = "no-store"
    answer["Pragma"] = "no-cache"
    if is_web(request):
        _dress(request, answer, (pair or getattr(request, "keyturn_traded", None)) if status < 400 else None)
    offer_nonce(request, answer)
    if status == 401 and not answer.has_header("WWW-Authenticate"):
        answer["WWW-Authenticate"] = challenge(scheme_of(request))
    if status == 429 and not answer.has_header("Retry-After"):
        answer["Retry-After"] = _RETRY_AFTER
    return answer


def _flows(methods: Iterable[str]) -> Iterator[dict[str, Any]]:
    """How to prove once more who one is, in django-allauth's words for ``methods``."""
    factors = [method for method in methods if method in _FACTORS]
    if Method.PASSWORD in methods:
        yield {"id": "reauthenticate"}
    if factors:
        yield {"id": "mfa_reauthenticate", "types": factors}
    if Method.MAIL_CODE in methods:
        yield {"id": "code_reauthenticate"}


def _give_tokens(request: HttpRequest, body: dict[str, Any], pair: Pair | None) -> None:
    """Give whoever has signed in a pair; whoever has proved once more who they are an access token that says so."""
    if pair is not None:
        body.setdefault("meta", {}).update(access_token=pair.access, **told_type(pair.token_type))
        # django-allauth has asked the strategy for both tokens already, where its client is an app.
        body["meta"].pop("refresh_token", None)
        if not is_web(request):
            body["meta"]["refresh_token"] = pair.refresh
        return
    session = raised_session(request)
    if session is None:
        return
    claims: Any = request.auth  # type: ignore[attr-defined]
    access = stepped_up_access(session, claims, now=utc_now())
    if access is not None:
        told = {"access_token": access, **told_type(minting.scheme_of(session))}
        body.setdefault("meta", {}).update(told)


def _dress(request: HttpRequest, answer: HttpResponse, pair: Pair | None) -> None:
    """Put a web client's refresh token into its cookie, or take the cookie back with the session that has ended."""
    if pair is not None:
        if pair.refresh is not None:
            keep_refresh(request, answer, pair.refresh)
        keep_device(request, answer)
    elif (ended := getattr(request, "keyturn_ended", None)) is not None:
        forget_session(request, answer, ended)


def _body(response: HttpResponseBase) -> dict[str, Any] | None:
    if not isinstance(response, HttpResponse) or not response.get("Content-Type", "").startswith("application/json"):
        return None
    body = json.loads(response.content or b"null")
    return body if isinstance(body, dict) else None


def _explain(body: MutableMapping[str, Any], status: int) -> None:
    if "code" in body:
        return
    code, detail = _WORDS.get(status, ("error", "The request was refused."))
    reason = ""
    errors = body.get("errors")
    if isinstance(errors, list) and errors:
        detail = str(errors[0].get("message") or detail)
        reason = str(errors[0].get("code") or "")
        if reason in _CREDENTIALS:
            code, reason = REFUSALS[Reason.BAD_CREDENTIALS].code, Reason.BAD_CREDENTIALS.value
    elif status == 401:
        code, detail, reason = _unauthenticated(body, code, detail)
    body.update(detail=detail, code=code)
    if reason:
        body["reason"] = reason


def _unauthenticated(body: Mapping[str, Any], code: str, detail: str) -> tuple[str, str, str]:
    if body.get("meta", {}).get("is_authenticated"):
        refusal = REFUSALS[Reason.REAUTHENTICATION_REQUIRED]
        return refusal.code, refusal.detail, Reason.REAUTHENTICATION_REQUIRED.value
    for flow in body.get("data", {}).get("flows", ()):
        reason = _WAITING.get(flow.get("id", "")) if flow.get("is_pending") else None
        if reason is not None:
            return REFUSALS[reason].code, REFUSALS[reason].detail, reason.value
    return code, detail, ""
