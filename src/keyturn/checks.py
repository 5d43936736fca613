"""System checks. Ids never change: E… stops a start, W… warns (those tagged for deployment only with ``--deploy``)."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from django.apps import apps
from django.conf import settings as django_settings
from django.contrib.auth import get_user_model
from django.core.checks import CheckMessage, Error, Tags, Warning  # noqa: A004
from django.core.checks import register as register_check
from django.core.exceptions import FieldDoesNotExist, ImproperlyConfigured
from django.db import connections, router
from django.db.models import Model
from django.utils.module_loading import import_string
from jwt import PyJWTError

from keyturn import conf
from keyturn.errors import RefusedError
from keyturn.jose import Expectation, sign, verify
from keyturn.keys.derived import configured, former_key
from keyturn.keys.watching import sealed_elsewhere
from keyturn.sessions import blacklist
from keyturn.sessions.statements import SUPPORTED_VENDORS, database
from keyturn.sessions.user_table import user_table

__all__ = ["register"]

_DOTTED: Final = (
    "user_authentication_rule",
    "json_encoder",
    "token_user_class",
    "token_obtain_serializer",
    "token_refresh_serializer",
    "token_verify_serializer",
    "token_blacklist_serializer",
    "sliding_token_obtain_serializer",
    "sliding_token_refresh_serializer",
)


def register() -> None:
    """Register the checks with Django."""
    register_check(check_database, Tags.compatibility)
    register_check(check_routing, Tags.compatibility)
    register_check(check_transactions, Tags.compatibility)
    register_check(check_keys, Tags.security)
    register_check(check_former_keys, Tags.security)
    register_check(check_ring, Tags.database)
    register_check(check_user_model, Tags.models)
    register_check(check_imports, Tags.compatibility)
    register_check(check_rotation, Tags.security)
    register_check(check_deployment, Tags.security, deploy=True)
    register_check(check_key_length, Tags.security, deploy=True)


def check_database(**_: object) -> Iterable[CheckMessage]:
    """E001: the engine's statements are written for PostgreSQL and SQLite."""
    alias = database()
    if connections[alias].vendor not in SUPPORTED_VENDORS:
        yield Error(
            f"Keyturn keeps its sessions in database {alias!r}, whose kind ({connections[alias].vendor}) it does not"
            " know.",
            hint="Use PostgreSQL or SQLite, or route the app 'keyturn' to such a database.",
            id="keyturn.E001",
        )


def check_routing(**_: object) -> Iterable[CheckMessage]:
    """E004: one statement compares a session with its user, so one database must hold both."""
    sessions = database()
    models: list[type[Model]] = [get_user_model()]
    if blacklist.is_installed():
        models += apps.get_app_config("token_blacklist").get_models()
    for model in models:
        alias = router.db_for_write(model)
        if alias != sessions:
            yield Error(
                f"Keyturn keeps its sessions in database {sessions!r}, but {model._meta.label} lives in {alias!r}.",
                hint=f"Route the apps 'keyturn' and {model._meta.app_label!r} to one database.",
                id="keyturn.E004",
            )


def check_transactions(**_: object) -> Iterable[CheckMessage]:
    """W010: on SQLite a request's transaction that has read cannot write once another connection does."""
    alias = database()
    connection = connections[alias]
    if connection.vendor != "sqlite" or not connection.settings_dict.get("ATOMIC_REQUESTS"):
        return
    if connection.settings_dict.get("OPTIONS", {}).get("transaction_mode") is None:
        yield Warning(
            f"ATOMIC_REQUESTS with SQLite as it is by default: a view that reads and then writes in database {alias!r}"
            " fails with 'database is locked' when another process writes in between.",
            hint=f"Set DATABASES[{alias!r}]['OPTIONS'] = {{'transaction_mode': 'IMMEDIATE'}}, which lets requests wait"
            " for each other.",
            id="keyturn.W010",
        )


def check_keys(**_: object) -> Iterable[CheckMessage]:
    """E005: what the signing key signs, the verifying key must verify."""
    ours = configured()
    for key, key_set in ((ours.access_signing, ours.access), (ours.refresh_signing, ours.refresh)):
        if key is None or key.kid is not None:
            continue  # made by Keyturn itself
        try:
            verify(sign({"exp": 1}, key), key_set, now=0, expect=Expectation())
        except (PyJWTError, RefusedError, TypeError, ValueError) as error:
            yield Error(
                f"SIMPLE_JWT's keys do not work with ALGORITHM {conf.get().algorithm!r}: {_why(error)}.",
                hint="SIGNING_KEY signs (a secret, or a private key in PEM); VERIFYING_KEY is its public half.",
                id="keyturn.E005",
            )
            return


def check_former_keys(**_: object) -> Iterable[CheckMessage]:
    """E006: a former key must be able to verify."""
    for number, former in enumerate(conf.get().former_keys, start=1):
        try:
            former_key(former)
        except (PyJWTError, TypeError, ValueError):
            yield Error(
                f"KEYTURN['FORMER_KEYS'], number {number}, is no key that verifies {former.algorithm!r}.",
                hint="KEY is the secret, for HS algorithms, or else the public key in PEM.",
                id="keyturn.E006",
            )


def check_ring(*, databases: Sequence[str] | None = None, **_: object) -> Iterable[CheckMessage]:
    """E007: the signing keys in the database must open. Looked at where checks may read the database."""
    error = sealed_elsewhere(databases or ())
    if error is not None:
        yield Error(
            str(error),
            hint="Then change the secret as docs/how-to/rotate-keys.md describes it.",
            id="keyturn.E007",
        )


def _why(error: Exception) -> str:
    if isinstance(error, RefusedError):
        return "VERIFYING_KEY does not verify what SIGNING_KEY signs"
    return f"SIGNING_KEY cannot sign ({type(error).__name__})"


def check_user_model(**_: object) -> Iterable[CheckMessage]:
    """E002: tokens need a user model with a password and the field that USER_ID_FIELD names."""
    try:
        user_table(conf.get().user_id_field)
    except (ImproperlyConfigured, FieldDoesNotExist) as error:
        yield Error(
            str(error),
            hint=f"Name a field of {get_user_model()._meta.label}, or 'pk'.",
            id="keyturn.E002",
        )


def check_imports(**_: object) -> Iterable[CheckMessage]:
    """E003: every dotted path in SIMPLE_JWT must lead somewhere."""
    settings = conf.get()
    named: list[tuple[str, Any]] = [(name, getattr(settings, name)) for name in _DOTTED]
    named += [("auth_token_classes", cls) for cls in settings.auth_token_classes]
    for name in ("on_login_success", "on_login_failed"):
        value = getattr(settings, name)
        if value not in {conf.STOCK.ON_LOGIN_SUCCESS, conf.STOCK.ON_LOGIN_FAILED}:
            named.append((name, value))
    for name, path in named:
        if not isinstance(path, str):
            continue
        try:
            import_string(path)
        except ImportError as error:
            yield Error(
                f"SIMPLE_JWT[{name.upper()!r}] is {path!r}, which cannot be imported: {error}.",
                hint="Correct the dotted path, or leave the name out for the default.",
                id="keyturn.E003",
            )


def check_rotation(**_: object) -> Iterable[CheckMessage]:
    """W001: there is no rotation that leaves the old token alive."""
    settings = conf.get()
    if settings.rotate_refresh_tokens and not settings.blacklist_after_rotation:
        yield Warning(
            "SIMPLE_JWT['BLACKLIST_AFTER_ROTATION'] is False, which Keyturn does not honour: a rotated refresh token"
            " never stays usable beside its successor.",
            hint="Remove the setting, or set ROTATE_REFRESH_TOKENS to False to keep one refresh token.",
            id="keyturn.W001",
        )


def check_deployment(**_: object) -> Iterable[CheckMessage]:
    """W002, W003: the tutorials' open CORS and shared secret are for development."""
    settings = conf.get()
    if apps.is_installed("corsheaders") and any(
        getattr(django_settings, name, False) for name in ("CORS_ALLOW_ALL_ORIGINS", "CORS_ORIGIN_ALLOW_ALL")
    ):
        yield Warning(
            "CORS is open to all origins.",
            hint="List your front end in CORS_ALLOWED_ORIGINS.",
            id="keyturn.W002",
        )
    if (
        settings.algorithm.startswith("HS")
        and settings.has_own_key
        and settings.stock_signing_key == (django_settings.SECRET_KEY)
    ):
        yield Warning(
            "SIMPLE_JWT signs access tokens with Django's SECRET_KEY: whoever verifies them can forge anything.",
            hint="Set a SIGNING_KEY of its own, or remove ALGORITHM and SIGNING_KEY: Keyturn then signs with its ring.",
            id="keyturn.W003",
        )


def check_key_length(**_: object) -> Iterable[CheckMessage]:
    """W004: a shared secret shorter than the hash it is used with can be guessed (RFC 7518 section 3.2)."""
    settings = conf.get()
    key = settings.signing_key
    if not settings.algorithm.startswith("HS") or not isinstance(key, (str, bytes)):
        return  # Django's own check looks at SECRET_KEY
    least = int(settings.algorithm.removeprefix("HS")) // 8
    if len(key.encode() if isinstance(key, str) else key) < least:
        yield Warning(
            f"SIMPLE_JWT['SIGNING_KEY'] is shorter than the {least} bytes that {settings.algorithm} asks for.",
            hint="Set a random one of at least that length, or remove ALGORITHM and SIGNING_KEY: Keyturn then signs"
            " with its ring.",
            id="keyturn.W004",
        )
