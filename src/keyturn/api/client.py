"""Who is calling, as far as a request can be trusted to say so."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any, Final

from django.http import HttpRequest

from keyturn import conf
from keyturn.api.dpop import proven_binding
from keyturn.api.web import is_web
from keyturn.api.web_cookies import device_of
from keyturn.sessions.client import Binding, BindingKind, Client, announced
from keyturn.trail import calling as trail

__all__ = ["calling", "client_of"]

_LANGUAGE_LENGTH: Final = 200


def client_of(request: Any) -> Client:
    """Describe the caller of a Django or DRF request."""
    return Client(ip=_address(request), user_agent=request.META.get("HTTP_USER_AGENT", ""))


@contextmanager
def calling(request: HttpRequest) -> Iterator[None]:
    """Make the caller known to code that is handed no request, such as ``RefreshToken.for_user(user)``."""
    client = client_of(request)
    language = request.META.get("HTTP_ACCEPT_LANGUAGE", "")[:_LANGUAGE_LENGTH]
    caller = trail.Caller(ip=client.ip, user_agent=client.user_agent, accept_language=language)

    def look() -> Client:
        return replace(client, bindings=_bindings(request), retry_key=_retry_key(request))

    with announced(look), trail.calling(caller):
        yield


def _retry_key(request: HttpRequest) -> str:
    """What a client calls this request and its retries (draft-ietf-httpapi-idempotency-key-header section 2)."""
    return Client.key_of(request.META.get("HTTP_IDEMPOTENCY_KEY", ""))


def _bindings(request: HttpRequest) -> tuple[Binding, ...]:
    """What came along that only the rightful client can show, the strongest first: a key, a web client's device.

    Raises:
        ProofNotAccepted: what came as a proof of a key does not serve.
    """
    key = proven_binding(request)
    device = Binding.to(BindingKind.COOKIE, device_of(request)) if is_web(request) else None
    return tuple(binding for binding in (key, device) if binding is not None)


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
