"""What a login is: credentials, the project's rule, its hooks. Tokens are issued by whoever asked."""

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

from django.contrib.auth import authenticate, get_user_model
from django.contrib.auth.models import update_last_login
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.module_loading import import_string

from keyturn import conf
from keyturn.errors import Reason, RefusedError
from keyturn.sessions.policy import Policy

__all__ = ["check_credentials", "sign_in", "signed_in"]

_T = TypeVar("_T")

_HIDDEN: Final = "********************"
"""What Django's own signal of a failed login shows in place of a password."""


def sign_in(credentials: Mapping[str, str], *, issue: Callable[[Any], _T], request: HttpRequest | None = None) -> _T:
    """Sign a user in, from credentials to tokens.

    The tokens are issued only if the verified password is still the user's. Where it is not, another login may merely
    have upgraded its hash in between, so the credentials are checked once more before they are called wrong.

    Args:
        credentials: see :func:`check_credentials`.
        issue: opens the session of the user it is given, and returns its tokens.
        request: see :func:`check_credentials`.

    Returns:
        What ``issue`` returned.

    Raises:
        RefusedError: ``bad_credentials``.
    """
    user = check_credentials(credentials, request=request)
    try:
        tokens = issue(user)
    except RefusedError:
        user = check_credentials(credentials, request=request)
        tokens = issue(user)
    signed_in(user, request=request)
    return tokens


def check_credentials(credentials: Mapping[str, str], *, request: HttpRequest | None = None) -> Any:
    """Return the user whom the authentication backends and the project's rule accept.

    Args:
        credentials: by the names that the backends take, such as ``username`` and ``password``; taken verbatim.
        request: handed to the backends and, with the credentials but never the password, to ``ON_LOGIN_FAILED``.

    Raises:
        RefusedError: ``bad_credentials``, the same for unknown, inactive and wrong.
    """
    user = _authenticated(credentials, request)
    policy = Policy.current()
    if user is None or not policy.admits(user):
        hook = _hook(conf.get().on_login_failed, conf.STOCK.ON_LOGIN_FAILED)
        if hook is not None:
            hook({**credentials, "password": _HIDDEN}, request)
        raise RefusedError(Reason.BAD_CREDENTIALS)
    return user


def _authenticated(credentials: Mapping[str, str], request: HttpRequest | None) -> Any:
    """Ask the backends; none of them may fail over a user name that the user model's field cannot hold."""
    try:
        return authenticate(request, **credentials)
    except (TypeError, ValueError, ValidationError):
        model = get_user_model()
        field: Any = model._meta.get_field(model.USERNAME_FIELD)
        try:
            field.to_python(credentials.get(model.USERNAME_FIELD))
        except (TypeError, ValueError, ValidationError):
            return None
        raise


def signed_in(user: Any, *, request: HttpRequest | None = None) -> None:
    """Tell the project that a user has signed in: ``ON_LOGIN_SUCCESS``, by default ``UPDATE_LAST_LOGIN``."""
    settings = conf.get()
    hook = _hook(settings.on_login_success, conf.STOCK.ON_LOGIN_SUCCESS)
    if hook is not None:
        hook(user, request)
    elif settings.update_last_login:
        update_last_login(None, user)  # type: ignore[arg-type] # Django's own signal handler ignores its sender


def _hook(configured: Any, stock: str) -> Any:
    """The project's own callable, or None where the setting says what simplejwt does by default."""
    if configured is None or configured == stock:
        return None
    return import_string(configured) if isinstance(configured, str) else configured
