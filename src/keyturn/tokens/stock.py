"""What the database knows of a token that stock simplejwt issued before Keyturn came."""

from dataclasses import replace

from django.contrib.auth import get_user_model
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import connections

from keyturn import conf
from keyturn.errors import Reason, RefusedError
from keyturn.sessions import blacklist
from keyturn.sessions.identity import adopted_session_id
from keyturn.sessions.models import Session
from keyturn.sessions.policy import Policy
from keyturn.sessions.statements import database
from keyturn.tokens.claims import Claims

__all__ = ["as_adopted", "check_stock_blacklist", "claimed_user", "is_adopted"]


def as_adopted(claims: Claims) -> Claims:
    """The same claims as generation 0 of the session that they belong to once adopted."""
    return replace(claims, sid=adopted_session_id(claims.jti), generation=0)


def is_adopted(claims: Claims) -> bool:
    """Whether somebody has shown this stock token to Keyturn before."""
    return Session.objects.using(database()).filter(pk=adopted_session_id(claims.jti)).exists()


def check_stock_blacklist(claims: Claims) -> None:
    """Look whether stock simplejwt had blacklisted this token before Keyturn saw it.

    Raises:
        RefusedError: ``session_revoked``: it had.
    """
    if blacklist.is_blacklisted(claims.jti, alias=database()):
        raise RefusedError(Reason.SESSION_REVOKED, "blacklisted by stock simplejwt")


def claimed_user(claims: Claims) -> AbstractBaseUser | None:
    """The user that a token names, as stored now; None where there is none or no user can have this id."""
    alias = database()
    try:
        key = Policy.current().users.prepare_id(str(claims.user_id), connections[alias])
    except ValueError:
        return None
    return get_user_model()._base_manager.using(alias).filter(**{conf.get().user_id_field: key}).first()
