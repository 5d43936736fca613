"""Services that may introspect, revoke and follow revocations, and their credentials (RFC 6749 section 2)."""

from keyturn.clients.credentials import MAX_SECRET_LENGTH, SECRET_PREFIX
from keyturn.clients.scopes import SCOPES, Scope
from keyturn.clients.service import (
    Created,
    authenticate,
    create,
    delete,
    disable,
    has_scope,
    listed,
    rotate_secret,
)

__all__ = [
    "MAX_SECRET_LENGTH",
    "SCOPES",
    "SECRET_PREFIX",
    "Created",
    "Scope",
    "authenticate",
    "create",
    "delete",
    "disable",
    "has_scope",
    "listed",
    "rotate_secret",
]
