"""Proof that a page of ours sent a request, where cookies come along by themselves (cross-site request forgery).

A browser writes ``Origin`` and ``Sec-Fetch-*`` itself: no script of another site can (WHATWG Fetch, "forbidden
request-header"). So a request that may set or use the refresh cookie, the very sign-in included, must come from our own
origin or one of ``WEB_ORIGINS``, and must have something about it that no form, image or link of another site can have
(OWASP Cross-Site Request Forgery Prevention Cheat Sheet: "Fetch Metadata", "custom request headers"; on forged
sign-ins: "login CSRF").
"""

import logging
from typing import Any, Final

from django.core.exceptions import DisallowedHost
from django.http import HttpRequest
from rest_framework import exceptions, status

from keyturn import conf
from keyturn.api.web import django_request, is_web, names_its_kind
from keyturn.conf.addresses import origin_of

__all__ = ["SAFE_METHODS", "OriginRefused", "check_page", "refuse_forms_of_others", "web_origins"]

logger = logging.getLogger("keyturn.api")

SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
"""RFC 9110 section 9.2.1."""

_OF_ELSEWHERE: Final = frozenset({"cross-site", "same-site"})
_NO_SCRIPT: Final = frozenset({"navigate", "no-cors", "nested-navigate"})
_JSON: Final = "application/json"


class OriginRefused(exceptions.APIException):
    """The request is not proved to come from a page of ours; nothing was looked at."""

    status_code = status.HTTP_403_FORBIDDEN
    default_detail = "This request does not come from a page that may make it."
    default_code = "origin_refused"


def web_origins() -> frozenset[str]:
    """The origins of other hosts and ports whose pages may use the cookie."""
    settings = conf.get()
    return frozenset((*settings.web_origins, *settings.web_origins_by_header))


def check_page(request: Any) -> None:
    """Ask a web client's request for the proof that a page of ours sent it. Others are asked nothing.

    Args:
        request: Django's or REST framework's.

    Raises:
        OriginRefused: it has none.
        UnknownClient: as :func:`keyturn.api.web.is_web`.
    """
    if request.method in SAFE_METHODS or not is_web(request):
        return
    request = django_request(request)
    origin = request.META.get("HTTP_ORIGIN", "")
    is_own = bool(origin) and origin in _own_origins(request)
    is_known = bool(origin) and origin in web_origins()
    if not is_own and not is_known:
        raise _refused(request, "its origin is none of ours")
    # Where the browser says so, an origin of ours is no other site; where it says so nevertheless, somebody forged.
    if not is_known and request.META.get("HTTP_SEC_FETCH_SITE") == "cross-site":
        raise _refused(request, "it is cross-site")
    if not _is_no_form(request):
        raise _refused(request, "a form could have sent it")


def refuse_forms_of_others(request: Any) -> None:
    """Refuse what only a form on another site can send: it would use up a visitor's attempts.

    Whoever sends no Fetch Metadata, such as a program or an app, is asked nothing. A link may lead here from anywhere.

    Raises:
        OriginRefused: it is such a one.
    """
    meta = request.META
    if request.method in SAFE_METHODS:
        return
    if meta.get("HTTP_SEC_FETCH_SITE") in _OF_ELSEWHERE and meta.get("HTTP_SEC_FETCH_MODE") in _NO_SCRIPT:
        raise _refused(django_request(request), "another site navigates here")


def _is_no_form(request: HttpRequest) -> bool:
    """Whether it has what makes a browser ask us first, by a preflight, when another site's page sends it.

    Forms know three content types, two methods and no headers (WHATWG Fetch, "CORS-safelisted").
    """
    return (
        names_its_kind(request)
        or request.method not in {"GET", "HEAD", "POST"}
        or request.content_type == _JSON
        or bool(request.META.get("HTTP_AUTHORIZATION"))
    )


def _own_origins(request: HttpRequest) -> set[str]:
    """The origin that the request was sent to, as its ``Host`` and its transport say, and the one of ``PUBLIC_URL``."""
    found = set()
    try:
        found.add(origin_of(f"{request.scheme}://{request.get_host()}"))
    except (DisallowedHost, ValueError):
        logger.info("a host name that is none of ours")
    public = conf.get().public_url
    if public is not None:
        found.add(origin_of(public))
    return found


def _refused(request: HttpRequest, why: str) -> OriginRefused:
    logger.warning(
        "refused a request of a page: %s (Origin %.100r, Sec-Fetch-Site %.20r)."
        " KEYTURN['PUBLIC_URL'] and KEYTURN['WEB_ORIGINS'] name the origins of ours",
        why,
        request.META.get("HTTP_ORIGIN"),
        request.META.get("HTTP_SEC_FETCH_SITE"),
    )
    return OriginRefused()
