"""Who is calling, as far as a request can be trusted to say so."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any, Final

from django.http import HttpRequest

from keyturn import conf
from keyturn.sessions.client import Client
from keyturn.trail import calling as trail

__all__ = ["calling", "client_of", "current_client"]

_LANGUAGE_LENGTH: Final = 200

_current: ContextVar[Client | None] = ContextVar("keyturn_client", default=None)


def client_of(request: Any) -> Client:
    """Describe the caller of a Django or DRF request."""
    return Client(ip=_address(request), user_agent=request.META.get("HTTP_USER_AGENT", ""))


def current_client() -> Client:
    """The caller of the request being answered; an unknown one outside the views that announce theirs."""
    return _current.get() or Client()


@contextmanager
def calling(request: HttpRequest) -> Iterator[None]:
    """Make the caller known to code that is handed no request, such as ``RefreshToken.for_user(user)``."""
    client = client_of(request)
    token = _current.set(client)
    try:
        language = request.META.get("HTTP_ACCEPT_LANGUAGE", "")[:_LANGUAGE_LENGTH]
        with trail.calling(trail.Caller(ip=client.ip, user_agent=client.user_agent, accept_language=language)):
            yield
    finally:
        _current.reset(token)


def _address(request: Any) -> str | None:
    """The address nearest to us that is no proxy of ours.

    ``X-Forwarded-For`` is read from the right and only as far as ``TRUSTED_PROXIES`` vouch for it: whatever stands
    further left was written by somebody we do not know.
    """
    peer = _parse(request.META.get("REMOTE_ADDR", ""))
    trusted = conf.get().trusted_proxies
    if peer is None or not trusted:
        return None if peer is None else str(peer)
    hops = [_parse(hop) for hop in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if hop.strip()]
    address = peer
    while hops and any(address in network for network in trusted):
        hop = hops.pop()
        if hop is None:
            break
        address = hop
    return str(address)


def _parse(text: str) -> IPv4Address | IPv6Address | None:
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
