"""Who is calling, as far as a request can be trusted to say so."""

from functools import lru_cache
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
_ADDRESS_LENGTH: Final = 64
"""Characters: an IPv6 address with its zone and port."""


def client_of(request: Any) -> Client:
    """Describe the caller of a Django or DRF request."""
    return Client(ip=_address(request), user_agent=_user_agent(request))


class calling:  # noqa: N801 - stands in a with statement
    """Make the caller known to code that is handed no request, such as ``RefreshToken.for_user(user)``.

    Args:
        request: Django's. It is looked at when somebody asks who is calling.
    """

    __slots__ = ("_announced", "_caller", "_request", "_told")

    def __init__(self, request: HttpRequest) -> None:
        self._request = request
        self._caller: trail.Caller | None = None
        self._announced = announced(self._look)
        self._told = trail.calling(self._look_for_the_trail)

    def __enter__(self) -> None:
        self._announced.__enter__()
        self._told.__enter__()

    def __exit__(self, *_: object) -> None:
        self._told.__exit__()
        self._announced.__exit__()

    def _look(self) -> Client:
        request = self._request
        return Client(
            ip=_address(request),
            user_agent=_user_agent(request),
            bindings=_bindings(request),
            retry_key=_retry_key(request),
        )

    def _look_for_the_trail(self) -> trail.Caller:
        if self._caller is None:
            client = client_of(self._request)
            language = self._request.META.get("HTTP_ACCEPT_LANGUAGE", "")[:_LANGUAGE_LENGTH]
            self._caller = trail.Caller(ip=client.ip, user_agent=client.user_agent, accept_language=language)
        return self._caller


def _user_agent(request: Any) -> str:
    agent: str = request.META.get("HTTP_USER_AGENT", "")
    return agent


def _retry_key(request: HttpRequest) -> str:
    """What a client calls this request and its retries (draft-ietf-httpapi-idempotency-key-header section 2)."""
    key: str = request.META.get("HTTP_IDEMPOTENCY_KEY", "")
    return Client.key_of(key) if key else ""


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
    trusted = conf.get().trusted_proxies
    raw: str = request.META.get("REMOTE_ADDR", "")
    if not trusted and len(raw) <= _ADDRESS_LENGTH:
        return _spelled(raw)
    peer = _parse(raw)
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


@lru_cache(maxsize=1024)
def _spelled(peer: str) -> str | None:
    """The address of a connection in one spelling; those who connect, connect again."""
    address = _parse(peer)
    return None if address is None else str(address)


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
