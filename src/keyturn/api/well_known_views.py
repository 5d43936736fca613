"""The documents that anybody may read and cache: public keys (RFC 7517), where what is (RFC 8414), passkeys' pages."""

import hashlib
import json
from typing import Any, Final
from urllib.parse import urlsplit

from django.http import HttpResponse
from django.urls import NoReverseMatch, reverse
from django.utils.cache import get_conditional_response
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request

from keyturn import conf, keys
from keyturn.api.base import KeyturnView
from keyturn.api.dpop import NONCE_HEADER
from keyturn.clock import utc_now
from keyturn.jose.dpop import ALGORITHMS
from keyturn.mfa.passkey_site import related_origins

__all__ = ["AuthorizationServerView", "JwksView", "RelatedOriginsView", "WellKnownView"]

_METADATA_MAX_AGE: Final = 300
"""Seconds."""

_METHODS: Final = ("client_secret_basic", "client_secret_post")


class WellKnownView(KeyturnView):
    """Base of documents that are the same for everybody, in JSON whatever is asked for, and open to every page."""

    authentication_classes = ()
    permission_classes = ()
    throttle_classes = ()
    renderer_classes = (JSONRenderer,)
    serializer_class = serializers.Serializer

    def perform_content_negotiation(self, request: Request, force: bool = False) -> Any:
        """Send the one form there is (RFC 9110 section 12.5.1 allows it): clients ask for keys by many names."""
        renderer = JSONRenderer()
        return renderer, renderer.media_type

    def document(self, request: Request, body: bytes, *, etag: str, max_age: int) -> Any:
        """Answer with a document; 304 where the client has it already (RFC 9110 section 15.4.5).

        Args:
            request: DRF's.
            body: JSON.
            etag: with or without its quotes.
            max_age: seconds for which anybody may keep it.
        """
        response = HttpResponse(body, content_type="application/json")
        response.headers["ETag"] = etag if etag.endswith('"') else f'"{etag}"'
        response.headers["Cache-Control"] = f"public, max-age={max_age}"
        http: Any = request._request  # noqa: SLF001 - the one way to it
        return get_conditional_response(http, etag=response.headers["ETag"], response=response)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Let errors be as everywhere, and the document be kept; let any page read both."""
        caching = response.headers.get("Cache-Control")
        answer = super().finalize_response(request, response, *args, **kwargs)
        if caching is not None:
            answer.headers["Cache-Control"] = caching
            del answer.headers["Pragma"]
            # Whoever keeps the document must not hand one client's nonce to others.
            answer.headers.pop(NONCE_HEADER, None)
        answer.headers["Access-Control-Allow-Origin"] = "*"
        return answer


class JwksView(WellKnownView):
    """The public keys of access tokens, those that sign and those that will. There is nothing secret in it."""

    def get(self, request: Request) -> Any:
        """The JWK set (RFC 7517 section 5)."""
        found = keys.jwks(now=utc_now())
        # The first key signs as soon as it is made: nobody may keep the answer that there is none.
        max_age = found.max_age if json.loads(found.body)["keys"] else 0
        return self.document(request, found.body, etag=found.etag, max_age=max_age)


class AuthorizationServerView(WellKnownView):
    """Who issues the tokens and which endpoints there are (RFC 8414)."""

    def get(self, request: Request) -> Any:
        """The metadata (section 3.2)."""
        body = json.dumps(_metadata(request), separators=(",", ":")).encode()
        return self.document(request, body, etag=hashlib.sha256(body).hexdigest()[:32], max_age=_METADATA_MAX_AGE)


class RelatedOriginsView(WellKnownView):
    """Which pages of other domains may use the passkeys of this one (WebAuthn Level 3 section 5.11); browsers ask."""

    def get(self, request: Request) -> Any:
        """The list.

        Raises:
            NotFound: there are none.
        """
        origins = related_origins()
        if not origins:
            raise NotFound
        body = json.dumps({"origins": origins}, separators=(",", ":")).encode()
        return self.document(request, body, etag=hashlib.sha256(body).hexdigest()[:32], max_age=_METADATA_MAX_AGE)


def _metadata(request: Request) -> dict[str, Any]:
    """RFC 8414 section 2, honestly: there is no authorization endpoint, and ``/token/`` takes no ``grant_type``."""
    own = f"{request.scheme}://{request.get_host()}"
    # As in the tokens, whose `iss` must be this (section 3.3 of RFC 8414, section 4 of RFC 9068).
    issuer = conf.get().issuer or conf.get().token_issuer or own
    parts = urlsplit(issuer)
    base = f"{parts.scheme}://{parts.netloc}" if parts.scheme in {"https", "http"} and parts.netloc else own
    endpoints = {
        "jwks_uri": "jwks",
        "token_endpoint": "token_obtain_pair",
        "introspection_endpoint": "token_introspect",
        "revocation_endpoint": "token_revoke",
        "keyturn_refresh_endpoint": "token_refresh",
        "keyturn_revocations_endpoint": "revocations",
    }
    metadata: dict[str, Any] = {"issuer": issuer}
    for name, route in endpoints.items():
        try:
            metadata[name] = base + reverse(route)
        except NoReverseMatch:
            continue  # not in this project's URLs, or under a namespace of its own
    return metadata | {
        # Section 2 demands it, and there is none.
        "response_types_supported": [],
        "token_endpoint_auth_methods_supported": ["none"],
        "introspection_endpoint_auth_methods_supported": list(_METHODS),
        "revocation_endpoint_auth_methods_supported": list(_METHODS),
        # RFC 9449 section 5.1.
        "dpop_signing_alg_values_supported": list(ALGORITHMS),
    }
