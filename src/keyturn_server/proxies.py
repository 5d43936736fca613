"""Which scheme the client used, as far as it can be known behind a reverse proxy."""

from collections.abc import Callable
from ipaddress import IPv6Address, ip_address

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

__all__ = ["ProxyMiddleware"]


class ProxyMiddleware:
    """Settles ``request.scheme`` before anything asks for it.

    - A trusted proxy's ``X-Forwarded-Proto`` is believed (Django's ``SECURE_PROXY_SSL_HEADER``), anyone else's is
      removed: a client could write it.
    - Where nobody trusted says anything, the scheme is the public URL's. A proxy that ends TLS and forwards no header,
      one that is not listed, and a probe on loopback are all served so. Taking their plain connection for the
      client's would redirect them to where they come from, for ever.

    So a redirect to HTTPS happens only where a trusted proxy says that the client came over plain HTTP.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response
        self._trusted = tuple(settings.KEYTURN_SERVER_TRUSTED_PROXIES)
        self._scheme = str(settings.KEYTURN_SERVER_PUBLIC_URL).partition(":")[0]

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Settle the scheme and pass the request on."""
        if not self._is_trusted(request.META.get("REMOTE_ADDR", "")):
            request.META.pop("HTTP_X_FORWARDED_PROTO", None)
        if request.META.get("wsgi.url_scheme") != "https":
            request.META["wsgi.url_scheme"] = self._scheme
        return self._get_response(request)

    def _is_trusted(self, peer: str) -> bool:
        if not self._trusted:
            return False
        try:
            address = ip_address(peer)
        except ValueError:
            return False
        if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
            # An IPv4 peer seen by a socket that listens on both.
            address = address.ipv4_mapped
        return any(address in network for network in self._trusted)
