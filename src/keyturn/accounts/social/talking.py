"""One way to talk to every provider, whatever it speaks."""

from datetime import datetime
from typing import Final

from django.views.decorators.debug import sensitive_variables

from keyturn.accounts.social import discovery, github, openid
from keyturn.accounts.social.asking import Asking, place
from keyturn.accounts.social.identity import Identity
from keyturn.accounts.social.starts import Start
from keyturn.conf.providers import Kind, Provider
from keyturn.errors import Reason, RefusedError

__all__ = ["authorization_url", "identity_by_code", "identity_by_token", "prepare"]


_WHILE_LOCKED: Final = 60.0
"""Seconds for which nobody is asked after :func:`prepare`: rows are locked then, on SQLite the whole database."""


def prepare(provider: Provider) -> None:
    """Learn what has to be known before somebody is sent there. May ask the provider: not inside a transaction.

    Raises:
        RefusedError: ``provider_unavailable``.
    """
    if provider.kind != Kind.GITHUB and discovery.fresh_metadata(provider, for_next=_WHILE_LOCKED) is None:
        with place():
            discovery.metadata_of(provider, Asking(), for_next=_WHILE_LOCKED)


def authorization_url(provider: Provider, start: Start) -> str:
    """Where to send the browser, after :func:`prepare`; asks nobody.

    Raises:
        RefusedError: ``provider_unavailable``: that was long ago.
    """
    if provider.kind == Kind.GITHUB:
        return github.authorization_url(provider, start)
    metadata = discovery.fresh_metadata(provider)
    if metadata is None:
        raise RefusedError(Reason.PROVIDER_UNAVAILABLE, "its document has grown old since it was asked for")
    return openid.authorization_url(provider, start, metadata)


@sensitive_variables()
def identity_by_code(provider: Provider, start: Start, *, code: str, issuer: str | None, now: datetime) -> Identity:
    """Trade a code, and learn who signed in. Whoever calls holds a place, and no transaction.

    Args:
        provider: who gave it.
        start: how this began.
        code: as it came.
        issuer: who the answer says it is from; None: it does not say.
        now: aware.

    Raises:
        RefusedError: ``provider_refused``, ``provider_unavailable``.
    """
    if provider.kind == Kind.GITHUB:
        return github.identity_by_code(provider, start, code=code, asking=Asking())
    return openid.identity_by_code(provider, start, code=code, issuer=issuer, now=now, asking=Asking())


@sensitive_variables()
def identity_by_token(provider: Provider, start: Start, *, id_token: str, now: datetime) -> Identity:
    """Learn from an ID token who uses a mobile app. Arguments and errors as above."""
    if provider.kind == Kind.GITHUB:
        raise RefusedError(Reason.PROVIDER_REFUSED, "GitHub has no ID tokens")
    return openid.identity_by_token(provider, start, id_token=id_token, now=now, asking=Asking())
