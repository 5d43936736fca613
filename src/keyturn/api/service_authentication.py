"""Services authenticate with a client id and a secret, never with a user's token (RFC 6749 section 2.3.1)."""

import base64
import binascii
import logging
from collections.abc import Mapping
from typing import Any, Final, NamedTuple
from urllib.parse import unquote_plus

from django.contrib.auth.models import AnonymousUser
from rest_framework import exceptions, status
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from keyturn import clients
from keyturn.clients.models import ServiceClient

__all__ = ["InsufficientScope", "InvalidClient", "InvalidRequest", "ServiceClientAuthentication", "repeated"]

logger = logging.getLogger("keyturn.api")

_MAX_CREDENTIALS: Final = 4_096
"""Characters of a Basic header: each of an id and a secret may be three, and Base64 adds a third."""


class InvalidClient(exceptions.AuthenticationFailed):
    """No credentials, or wrong ones. Which, is not said (RFC 6749 section 5.2)."""

    default_detail = "Client authentication failed."
    default_code = "invalid_client"


class InvalidRequest(exceptions.APIException):
    """The request says something twice (RFC 6749 sections 3.2 and 5.2)."""

    status_code = status.HTTP_400_BAD_REQUEST
    default_detail = "The request holds a parameter, or credentials, twice."
    default_code = "invalid_request"


class InsufficientScope(exceptions.PermissionDenied):
    """The client is known and may not do this (RFC 6750 section 3.1 has the word)."""

    default_detail = "This client lacks the scope that is needed here."
    default_code = "insufficient_scope"


class Credentials(NamedTuple):
    """As presented; nothing vouches for them."""

    client_id: str
    secret: str


class ServiceClientAuthentication(BaseAuthentication):
    """Authenticate a service. ``request.auth`` is its :class:`ServiceClient`; there is no user."""

    def authenticate(self, request: Request) -> tuple[AnonymousUser, ServiceClient]:
        """Return nobody and the client.

        Raises:
            InvalidClient: no credentials, or wrong ones.
            InvalidRequest: credentials in the header and in the body.
        """
        presented = _presented(request)
        client = None if presented is None else clients.authenticate(presented.client_id, presented.secret)
        if client is None:
            # No id: what was presented as one may be a secret.
            logger.info("refused a service client: %s", "no credentials" if presented is None else "wrong credentials")
            raise InvalidClient
        return AnonymousUser(), client

    def authenticate_header(self, request: Request) -> str:
        """The challenge that makes a refusal a 401 (RFC 7617 section 2)."""
        return 'Basic realm="api"'


def repeated(parameters: Any, *names: str) -> bool:
    """Whether a form or a query has one of these parameters more than once (RFC 6749 section 3.2)."""
    several = getattr(parameters, "getlist", None)
    return several is not None and any(len(several(name)) > 1 for name in names)


def _presented(request: Request) -> Credentials | None:
    header = request.META.get("HTTP_AUTHORIZATION", "")
    body = request.data if request.method == "POST" else {}
    client_id, secret = _texts(body)
    if not header:
        return None if client_id is None or secret is None else Credentials(client_id, secret)
    presented = _in_header(header)
    if secret is not None or (client_id is not None and presented is not None and client_id != presented.client_id):
        raise InvalidRequest
    return presented


def _texts(body: Any) -> tuple[str | None, str | None]:
    """The client id and secret in a body; what is no text, or empty, is none (RFC 6749 section 3.2).

    Raises:
        InvalidRequest: one of them is there twice.
    """
    if not isinstance(body, Mapping):
        return None, None
    if repeated(body, "client_id", "client_secret"):
        raise InvalidRequest
    client_id, secret = body.get("client_id"), body.get("client_secret")
    return (
        client_id if isinstance(client_id, str) and client_id else None,
        secret if isinstance(secret, str) and secret else None,
    )


def _in_header(header: str) -> Credentials | None:
    """Read HTTP Basic whose two halves are form-encoded (RFC 6749 section 2.3.1); None for anything else."""
    scheme, _, value = header.strip().partition(" ")
    if scheme.lower() != "basic" or len(value) > _MAX_CREDENTIALS:
        return None
    try:
        text = base64.b64decode(value.strip().encode("ascii"), validate=True).decode("utf-8")
        client_id, colon, secret = text.partition(":")
        if not colon:
            return None
        return Credentials(unquote_plus(client_id, errors="strict"), unquote_plus(secret, errors="strict"))
    except (binascii.Error, ValueError):
        return None
