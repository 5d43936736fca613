"""What an administrator who acts as a user may not do: what only the user may decide, or would lock the user out."""

from collections.abc import Mapping
from typing import Any

from rest_framework import exceptions

from keyturn.tokens.impersonating import actor_of

__all__ = ["Impersonated", "acting_for", "refuse_impersonated"]


class Impersonated(exceptions.PermissionDenied):
    """The request's token says that somebody else acts for the user (``act``)."""

    default_detail = "Only the user may do this, not an administrator who acts as the user."
    default_code = "impersonated"


def acting_for(request: Any) -> str | None:
    """Who acts in a request, by its access token; None where that is the user, or nobody is signed in.

    Args:
        request: of REST framework or of Django. Its ``auth`` is the validated token, of simplejwt's interface or
            :class:`keyturn.tokens.claims.Claims`: whatever has the verified claims as ``payload``.

    Returns:
        ``act.sub``; empty where the claim names nobody.
    """
    payload = getattr(getattr(request, "auth", None), "payload", None)
    return actor_of(payload) if isinstance(payload, Mapping) else None


def refuse_impersonated(request: Any) -> None:
    """Refuse what is for the user alone: password, e-mail, profile, factors, other sessions, export, deletion.

    Raises:
        Impersonated: 403, ``impersonated``.
    """
    if acting_for(request) is not None:
        raise Impersonated
