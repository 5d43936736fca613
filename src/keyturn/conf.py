"""The settings of Keyturn in a Django project: ``KEYTURN`` and ``SIMPLE_JWT``, as one typed object.

Nothing is read at import. :func:`get` returns the object for the current ``django.conf.settings`` and remembers it
until a setting changes, so that ``override_settings`` works. An unknown name or a wrong value raises
:class:`~django.core.exceptions.ImproperlyConfigured` at start-up and names what was probably meant.
"""

import difflib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import timedelta
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network
from typing import Any, Final

from django.conf import settings as django_settings
from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed

__all__ = ["STOCK", "ForgiveAfter", "FormerKey", "Settings", "get"]

_STOCK_SERIALIZERS: Final = "rest_framework_simplejwt.serializers."


class STOCK:
    """simplejwt's default for each class named in ``SIMPLE_JWT`` by its dotted path."""

    OBTAIN = _STOCK_SERIALIZERS + "TokenObtainPairSerializer"
    REFRESH = _STOCK_SERIALIZERS + "TokenRefreshSerializer"
    VERIFY = _STOCK_SERIALIZERS + "TokenVerifySerializer"
    BLACKLIST = _STOCK_SERIALIZERS + "TokenBlacklistSerializer"
    SLIDING_OBTAIN = _STOCK_SERIALIZERS + "TokenObtainSlidingSerializer"
    SLIDING_REFRESH = _STOCK_SERIALIZERS + "TokenRefreshSlidingSerializer"
    USER_RULE = "rest_framework_simplejwt.authentication.default_user_authentication_rule"
    ACCESS_TOKEN = "rest_framework_simplejwt.tokens.AccessToken"  # noqa: S105 - a dotted path
    ON_LOGIN_SUCCESS = _STOCK_SERIALIZERS + "default_on_login_success"
    ON_LOGIN_FAILED = _STOCK_SERIALIZERS + "default_on_login_failed"
    TOKEN_USER = "rest_framework_simplejwt.models.TokenUser"  # noqa: S105 - a dotted path


@dataclass(frozen=True, slots=True)
class ForgiveAfter:
    """How many clean generations must pass before a late predecessor is forgiven again, by kind of binding."""

    unbound: int = 5
    cookie: int = 2
    dpop: int = 0


@dataclass(frozen=True, slots=True)
class FormerKey:
    """A key that signs no more: what verifies the tokens it signed, which name no key.

    Args:
        algorithm: the JWS ``alg`` it was used with, and none else.
        key: the secret, or the public key.
    """

    algorithm: str
    key: Any = field(repr=False)


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything Keyturn can be told, checked and typed. One field a setting, in lower case."""

    # KEYTURN
    refresh_grace: timedelta
    refresh_forgive_after: ForgiveAfter
    session_absolute_lifetime: timedelta
    session_retention: timedelta
    sliding_tokens: bool
    trusted_proxies: tuple[IPv4Network | IPv6Network, ...]
    max_body_bytes: int
    token_issuer: str | None
    token_audience: str | tuple[str, ...] | None
    access_token_claims: Any
    signing_algorithm: str
    key_rotation: timedelta | None
    jwks_max_age: timedelta
    former_keys: tuple[FormerKey, ...]
    # SIMPLE_JWT
    access_token_lifetime: timedelta
    refresh_token_lifetime: timedelta
    rotate_refresh_tokens: bool
    blacklist_after_rotation: bool
    update_last_login: bool
    algorithm: str
    signing_key: Any
    verifying_key: Any
    audience: str | tuple[str, ...] | None
    issuer: str | None
    json_encoder: Any
    jwk_url: str | None
    leeway: timedelta
    auth_header_types: tuple[str, ...]
    auth_header_name: str
    user_id_field: str
    user_id_claim: str
    user_authentication_rule: Any
    auth_token_classes: tuple[Any, ...]
    token_type_claim: str | None
    jti_claim: str | None
    token_user_class: Any
    sliding_token_refresh_exp_claim: str
    sliding_token_lifetime: timedelta
    sliding_token_refresh_lifetime: timedelta
    token_obtain_serializer: str
    token_refresh_serializer: str
    token_verify_serializer: str
    token_blacklist_serializer: str
    sliding_token_obtain_serializer: str
    sliding_token_refresh_serializer: str
    check_revoke_token: bool
    revoke_token_claim: str
    check_user_is_active: bool
    on_login_success: Any
    on_login_failed: Any
    # Which SIMPLE_JWT names the project wrote itself.
    set_by_project: frozenset[str]

    @property
    def has_own_key(self) -> bool:
        """Whether the project chose the signing key (or algorithm) of its tokens itself."""
        return bool(self.set_by_project & {"ALGORITHM", "SIGNING_KEY", "VERIFYING_KEY", "JWK_URL"})

    @property
    def stock_signing_key(self) -> Any:
        """The key stock simplejwt would sign with: ``SIGNING_KEY``, else Django's ``SECRET_KEY``."""
        return django_settings.SECRET_KEY if self.signing_key is None else self.signing_key


_Check = Callable[[Any], Any]


def _boolean(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError("must be True or False")
    return value


def _duration(value: Any, *, least: timedelta) -> timedelta:
    if isinstance(value, bool) or not isinstance(value, (int, float, timedelta)):
        raise TypeError("must be a datetime.timedelta or a number of seconds")
    try:
        duration = value if isinstance(value, timedelta) else timedelta(seconds=value)
    except (OverflowError, ValueError):
        raise ValueError("is not a duration that can be represented") from None
    if duration < least:
        raise ValueError(f"must be at least {least.total_seconds():g} s")
    if duration > timedelta(days=36_500):
        raise ValueError("must be under a hundred years")
    return duration


def _lifetime(value: Any) -> timedelta:
    return _duration(value, least=timedelta(seconds=1))


def _span(value: Any) -> timedelta:
    return _duration(value, least=timedelta(0))


def _leeway(value: Any) -> timedelta:
    return timedelta(0) if value is None else _span(value)


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise TypeError("must be a non-empty string")
    return value


def _optional_text(value: Any) -> str | None:
    return None if value is None else _text(value)


def _words(value: Any) -> tuple[str, ...]:
    if not isinstance(value, (str, list, tuple, set, frozenset)):
        raise TypeError("must be a string or a list of strings")
    words = (value,) if isinstance(value, str) else tuple(value)
    if not words:
        raise ValueError("must name at least one")
    return tuple(_text(word) for word in words)


def _claim(value: Any) -> str:
    if _text(value) in {"exp", "iat", "nbf", "aud", "iss", "sid", "gen", "auth_time", "amr", "client_id"}:
        raise ValueError("names a claim that Keyturn needs itself")
    return str(value)


def _optional_claim(value: Any) -> str | None:
    return None if value is None else _claim(value)


def _header_name(value: Any) -> str:
    if not re.fullmatch("[A-Z0-9_]+", _text(value)):
        raise ValueError("must be as in request.META, such as 'HTTP_AUTHORIZATION'")
    return str(value)


def _url(value: Any) -> str | None:
    if value is not None and not _text(value).startswith(("https://", "http://")):
        raise ValueError("must begin with https:// or http://")
    return None if value is None else str(value)


def _audience(value: Any) -> str | tuple[str, ...] | None:
    if value is None or isinstance(value, str):
        return value
    return _words(value)


def _algorithm(value: Any) -> str:
    known = tuple(f"{family}{bits}" for family in ("HS", "RS", "PS", "ES") for bits in (256, 384, 512))
    if value not in (*known, "EdDSA"):
        raise ValueError(f"must be one of {', '.join((*known, 'EdDSA'))}")
    return str(value)


def _key(value: Any) -> Any:
    if isinstance(value, (bool, int, float, list, tuple, set, Mapping)):
        raise TypeError("must be a string, bytes or a key object")
    return value


def _ring_algorithm(value: Any) -> str:
    known = ("ES256", "RS256", "EdDSA")
    if value not in known:
        raise ValueError(f"must be one of {', '.join(known)}")
    return str(value)


def _rotation(value: Any) -> timedelta | None:
    return None if value is None else _duration(value, least=timedelta(minutes=1))


def _max_age(value: Any) -> timedelta:
    duration = _span(value)
    if duration > timedelta(days=1):
        raise ValueError("must be at most 86400 s")
    return duration


def _former_keys(value: Any) -> tuple[FormerKey, ...]:
    if not isinstance(value, (list, tuple)):
        raise TypeError("must be a list of dictionaries with ALGORITHM and KEY")
    found = []
    for one in value:
        if isinstance(one, FormerKey):
            found.append(one)
            continue
        if not isinstance(one, Mapping) or set(one) != {"ALGORITHM", "KEY"}:
            raise TypeError("must be a list of dictionaries with ALGORITHM and KEY, and nothing else")
        key = _key(one["KEY"])
        if key is None or key in ("", b""):
            raise ValueError("holds an empty KEY")
        found.append(FormerKey(_algorithm(one["ALGORITHM"]), key))
    return tuple(found)


def _dotted(value: Any) -> Any:
    if not callable(value) and (not isinstance(value, str) or "." not in value):
        raise ValueError("must be a dotted path such as 'package.module.Name'")
    return value


def _optional_dotted(value: Any) -> Any:
    return None if value is None else _dotted(value)


def _dotted_many(value: Any) -> tuple[Any, ...]:
    if not isinstance(value, (str, list, tuple)):
        raise TypeError("must be a list of dotted paths")
    classes = (value,) if isinstance(value, str) else tuple(value)
    if not classes:
        raise ValueError("must name at least one token class")
    return tuple(_dotted(cls) for cls in classes)


def _count(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise TypeError("must be a whole number, 0 or more")
    return value


def _size(value: Any) -> int:
    if _count(value) < 1024:
        raise ValueError("must be at least 1024")
    return int(value)


def _forgive_after(value: Any) -> ForgiveAfter:
    if not isinstance(value, Mapping):
        return ForgiveAfter(unbound=_count(value))
    known = [field.name for field in fields(ForgiveAfter)]
    for name in value:
        if name not in known:
            raise ValueError(f"knows {', '.join(known)}, not {name!r}")
    return ForgiveAfter(**{name: _count(number) for name, number in value.items()})


_NETWORKS: Final = (str, IPv4Network, IPv6Network, IPv4Address, IPv6Address)


def _networks(value: Any) -> tuple[IPv4Network | IPv6Network, ...]:
    if not isinstance(value, (list, tuple, set, frozenset)) or not all(isinstance(one, _NETWORKS) for one in value):
        raise TypeError("must be a list of addresses or networks such as '10.0.0.0/8'")
    return tuple(ip_network(network) for network in value)


_KEYTURN: Final[Mapping[str, tuple[Any, _Check]]] = {
    "REFRESH_GRACE": (timedelta(seconds=10), _span),
    "REFRESH_FORGIVE_AFTER": (ForgiveAfter(), lambda v: v if isinstance(v, ForgiveAfter) else _forgive_after(v)),
    "SESSION_ABSOLUTE_LIFETIME": (timedelta(days=90), _lifetime),
    "SESSION_RETENTION": (timedelta(days=7), _span),
    "SLIDING_TOKENS": (False, _boolean),
    "TRUSTED_PROXIES": ((), _networks),
    "MAX_BODY_BYTES": (65_536, _size),
    "TOKEN_ISSUER": (None, _optional_text),
    "TOKEN_AUDIENCE": (None, _audience),
    "ACCESS_TOKEN_CLAIMS": (None, _optional_dotted),
    "SIGNING_ALGORITHM": ("ES256", _ring_algorithm),
    "KEY_ROTATION": (timedelta(days=30), _rotation),
    "JWKS_MAX_AGE": (timedelta(minutes=5), _max_age),
    "FORMER_KEYS": ((), _former_keys),
}

_SIMPLE_JWT: Final[Mapping[str, tuple[Any, _Check]]] = {
    "ACCESS_TOKEN_LIFETIME": (timedelta(minutes=5), _lifetime),
    "REFRESH_TOKEN_LIFETIME": (timedelta(days=2), _lifetime),
    "ROTATE_REFRESH_TOKENS": (True, _boolean),
    "BLACKLIST_AFTER_ROTATION": (True, _boolean),
    "UPDATE_LAST_LOGIN": (False, _boolean),
    "ALGORITHM": ("HS256", _algorithm),
    "SIGNING_KEY": (None, _key),
    "VERIFYING_KEY": ("", _key),
    "AUDIENCE": (None, _audience),
    "ISSUER": (None, _optional_text),
    "JSON_ENCODER": (None, _optional_dotted),
    "JWK_URL": (None, _url),
    "LEEWAY": (0, _leeway),
    "AUTH_HEADER_TYPES": (("Bearer",), _words),
    "AUTH_HEADER_NAME": ("HTTP_AUTHORIZATION", _header_name),
    "USER_ID_FIELD": ("id", _text),
    "USER_ID_CLAIM": ("user_id", _claim),
    "USER_AUTHENTICATION_RULE": (STOCK.USER_RULE, _dotted),
    "AUTH_TOKEN_CLASSES": ((STOCK.ACCESS_TOKEN,), _dotted_many),
    "TOKEN_TYPE_CLAIM": ("token_type", _optional_claim),
    "JTI_CLAIM": ("jti", _optional_claim),
    "TOKEN_USER_CLASS": (STOCK.TOKEN_USER, _dotted),
    "SLIDING_TOKEN_REFRESH_EXP_CLAIM": ("refresh_exp", _claim),
    "SLIDING_TOKEN_LIFETIME": (timedelta(minutes=5), _lifetime),
    "SLIDING_TOKEN_REFRESH_LIFETIME": (timedelta(days=1), _lifetime),
    "TOKEN_OBTAIN_SERIALIZER": (STOCK.OBTAIN, _dotted),
    "TOKEN_REFRESH_SERIALIZER": (STOCK.REFRESH, _dotted),
    "TOKEN_VERIFY_SERIALIZER": (STOCK.VERIFY, _dotted),
    "TOKEN_BLACKLIST_SERIALIZER": (STOCK.BLACKLIST, _dotted),
    "SLIDING_TOKEN_OBTAIN_SERIALIZER": (STOCK.SLIDING_OBTAIN, _dotted),
    "SLIDING_TOKEN_REFRESH_SERIALIZER": (STOCK.SLIDING_REFRESH, _dotted),
    "CHECK_REVOKE_TOKEN": (False, _boolean),
    "REVOKE_TOKEN_CLAIM": ("hash_password", _claim),
    "CHECK_USER_IS_ACTIVE": (True, _boolean),
    "ON_LOGIN_SUCCESS": (STOCK.ON_LOGIN_SUCCESS, _optional_dotted),
    "ON_LOGIN_FAILED": (STOCK.ON_LOGIN_FAILED, _optional_dotted),
}


def _checked(
    setting: str, given: Any, known: Mapping[str, tuple[Any, _Check]], elsewhere: Sequence[str]
) -> dict[str, Any]:
    """Check every name and value of one settings dictionary."""
    if not isinstance(given, Mapping):
        raise ImproperlyConfigured(f"{setting} must be a dictionary, not {type(given).__name__}.")
    for name in given:
        if name in known:
            continue
        close = difflib.get_close_matches(str(name).upper(), (*known, *elsewhere), n=1, cutoff=0.5)
        hint = f" Did you mean {close[0]!r}?" if close else f" It knows: {', '.join(sorted(known))}."
        if close and close[0] in elsewhere and close[0] not in known:
            hint = f" {close[0]!r} belongs into {'SIMPLE_JWT' if setting == 'KEYTURN' else 'KEYTURN'}."
        raise ImproperlyConfigured(f"{setting} has no setting {name!r}.{hint}")
    values: dict[str, Any] = {}
    for name, (default, check) in known.items():
        try:
            values[name.lower()] = check(given.get(name, default))
        except (TypeError, ValueError) as error:
            raise ImproperlyConfigured(f"{setting}[{name!r}] {error}.") from None
    return values


def _load() -> Settings:
    keyturn = getattr(django_settings, "KEYTURN", None) or {}
    simple_jwt = getattr(django_settings, "SIMPLE_JWT", None) or {}
    values = _checked("KEYTURN", keyturn, _KEYTURN, tuple(_SIMPLE_JWT))
    values |= _checked("SIMPLE_JWT", simple_jwt, _SIMPLE_JWT, tuple(_KEYTURN))
    if values["algorithm"].startswith("HS") and values["signing_key"] in {"", b""}:
        # What stock would do with it: sign with nothing, so that anybody can.
        raise ImproperlyConfigured("SIMPLE_JWT['SIGNING_KEY'] must not be empty: leave it out, or set a secret.")
    if values["refresh_token_lifetime"] > values["session_absolute_lifetime"]:
        # A project that asked stock for half a year of idle time keeps it: the absolute end moves out with it.
        if "SESSION_ABSOLUTE_LIFETIME" in keyturn:
            raise ImproperlyConfigured(
                "KEYTURN['SESSION_ABSOLUTE_LIFETIME'] must not be shorter than SIMPLE_JWT['REFRESH_TOKEN_LIFETIME']."
            )
        values["session_absolute_lifetime"] = values["refresh_token_lifetime"]
    return Settings(**values, set_by_project=frozenset(simple_jwt))


_current: Settings | None = None


def get() -> Settings:
    """Return the settings in force.

    Raises:
        ImproperlyConfigured: a name is unknown or a value wrong; the message names it.
    """
    global _current  # noqa: PLW0603 - the one memo of this module
    if _current is None:
        _current = _load()
    return _current


def _forget(*, setting: str, **_: object) -> None:
    global _current  # noqa: PLW0603 - the one memo of this module
    if setting in {"KEYTURN", "SIMPLE_JWT"}:
        _current = None


setting_changed.connect(_forget, dispatch_uid="keyturn.conf")
