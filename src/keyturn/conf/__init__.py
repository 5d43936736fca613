"""The settings of Keyturn in a Django project: ``KEYTURN`` and ``SIMPLE_JWT``, as one typed object.

Nothing is read at import. :func:`get` returns the object for the current ``django.conf.settings`` and remembers it
until a setting changes, so that ``override_settings`` works. An unknown name or a wrong value raises
:class:`~django.core.exceptions.ImproperlyConfigured` at start-up and names what was probably meant.
"""

import difflib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network
from typing import Any, Final, Generic, TypeVar

from django.conf import settings as django_settings
from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed

from keyturn.conf import addresses, limits, mailing, passkeys, providers, trail, values
from keyturn.conf.limits import Limit
from keyturn.conf.trail import Webhook
from keyturn.conf.values import ForgiveAfter, FormerKey

__all__ = ["STOCK", "ForgiveAfter", "FormerKey", "Limit", "OncePerSettings", "Settings", "get"]

_T = TypeVar("_T")

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
    public_url: str | None
    site_name: str | None
    mail_delivery: str
    frontend_urls: Mapping[str, str]
    redirect_origins: tuple[str, ...]
    web_origins: tuple[str, ...]
    web_origins_by_header: tuple[str, ...]
    email_link_lifetime: timedelta
    reset_link_lifetime: timedelta
    profile_fields: tuple[str, ...]
    account_export: Any
    account_deletion: Any
    limits: Mapping[str, Limit | None]
    sign_up: bool
    sign_up_retention: timedelta | None
    trusted_device_lifetime: timedelta
    factor_required_of: Any
    step_up_max_age: timedelta | None
    attempts_cache: str | None
    trail_retention: timedelta | None
    trail_webhook: Webhook | None
    passkey_rp_id: str | None
    passkey_origins: tuple[str, ...]
    providers: Mapping[str, providers.Provider]
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

_KEYTURN: Final[Mapping[str, tuple[Any, _Check]]] = {
    "REFRESH_GRACE": (timedelta(seconds=10), values.span),
    "REFRESH_FORGIVE_AFTER": (ForgiveAfter(), lambda v: v if isinstance(v, ForgiveAfter) else values.forgive_after(v)),
    "SESSION_ABSOLUTE_LIFETIME": (timedelta(days=90), values.lifetime),
    "SESSION_RETENTION": (timedelta(days=7), values.span),
    "SLIDING_TOKENS": (False, values.boolean),
    "TRUSTED_PROXIES": ((), values.networks),
    "MAX_BODY_BYTES": (65_536, values.size),
    "TOKEN_ISSUER": (None, values.optional_text),
    "TOKEN_AUDIENCE": (None, values.audience),
    "ACCESS_TOKEN_CLAIMS": (None, values.optional_dotted),
    "SIGNING_ALGORITHM": ("ES256", values.ring_algorithm),
    "KEY_ROTATION": (timedelta(days=30), values.rotation),
    "JWKS_MAX_AGE": (timedelta(minutes=5), values.max_age),
    "FORMER_KEYS": ((), values.former_keys),
    "PUBLIC_URL": (None, addresses.public_url),
    "SITE_NAME": (None, mailing.site_name),
    "MAIL_DELIVERY": ("thread", mailing.delivery),
    "FRONTEND_URLS": ({}, addresses.frontend_urls),
    "REDIRECT_ORIGINS": ((), addresses.origins),
    "WEB_ORIGINS": ((), addresses.origins),
    "WEB_ORIGINS_BY_HEADER": ((), addresses.origins),
    "EMAIL_LINK_LIFETIME": (timedelta(days=1), values.lifetime),
    "RESET_LINK_LIFETIME": (timedelta(hours=1), values.lifetime),
    "PROFILE_FIELDS": (("first_name", "last_name"), values.profile_fields),
    "ACCOUNT_EXPORT": (None, values.optional_dotted),
    "ACCOUNT_DELETION": (None, values.optional_dotted),
    "LIMITS": ({}, limits.limits),
    "SIGN_UP": (True, values.boolean),
    "SIGN_UP_RETENTION": (None, trail.retention),
    "TRUSTED_DEVICE_LIFETIME": (timedelta(days=30), values.span),
    "FACTOR_REQUIRED_OF": ("nobody", values.required_of),
    "STEP_UP_MAX_AGE": (None, values.optional_lifetime),
    "ATTEMPTS_CACHE": (None, values.optional_text),
    "TRAIL_RETENTION": (timedelta(days=365), trail.retention),
    "TRAIL_WEBHOOK": (None, trail.webhook),
    "PASSKEY_RP_ID": (None, passkeys.rp_id),
    "PASSKEY_ORIGINS": ((), passkeys.origins_of_passkeys),
    "PROVIDERS": ({}, providers.providers),
}

_SIMPLE_JWT: Final[Mapping[str, tuple[Any, _Check]]] = {
    "ACCESS_TOKEN_LIFETIME": (timedelta(minutes=5), values.lifetime),
    "REFRESH_TOKEN_LIFETIME": (timedelta(days=2), values.lifetime),
    "ROTATE_REFRESH_TOKENS": (True, values.boolean),
    "BLACKLIST_AFTER_ROTATION": (True, values.boolean),
    "UPDATE_LAST_LOGIN": (False, values.boolean),
    "ALGORITHM": ("HS256", values.algorithm),
    "SIGNING_KEY": (None, values.key),
    "VERIFYING_KEY": ("", values.key),
    "AUDIENCE": (None, values.audience),
    "ISSUER": (None, values.optional_text),
    "JSON_ENCODER": (None, values.optional_dotted),
    "JWK_URL": (None, values.url),
    "LEEWAY": (0, values.leeway),
    "AUTH_HEADER_TYPES": (("Bearer",), values.words),
    "AUTH_HEADER_NAME": ("HTTP_AUTHORIZATION", values.header_name),
    "USER_ID_FIELD": ("id", values.text),
    "USER_ID_CLAIM": ("user_id", values.claim),
    "USER_AUTHENTICATION_RULE": (STOCK.USER_RULE, values.dotted),
    "AUTH_TOKEN_CLASSES": ((STOCK.ACCESS_TOKEN,), values.dotted_many),
    "TOKEN_TYPE_CLAIM": ("token_type", values.optional_claim),
    "JTI_CLAIM": ("jti", values.optional_claim),
    "TOKEN_USER_CLASS": (STOCK.TOKEN_USER, values.dotted),
    "SLIDING_TOKEN_REFRESH_EXP_CLAIM": ("refresh_exp", values.claim),
    "SLIDING_TOKEN_LIFETIME": (timedelta(minutes=5), values.lifetime),
    "SLIDING_TOKEN_REFRESH_LIFETIME": (timedelta(days=1), values.lifetime),
    "TOKEN_OBTAIN_SERIALIZER": (STOCK.OBTAIN, values.dotted),
    "TOKEN_REFRESH_SERIALIZER": (STOCK.REFRESH, values.dotted),
    "TOKEN_VERIFY_SERIALIZER": (STOCK.VERIFY, values.dotted),
    "TOKEN_BLACKLIST_SERIALIZER": (STOCK.BLACKLIST, values.dotted),
    "SLIDING_TOKEN_OBTAIN_SERIALIZER": (STOCK.SLIDING_OBTAIN, values.dotted),
    "SLIDING_TOKEN_REFRESH_SERIALIZER": (STOCK.SLIDING_REFRESH, values.dotted),
    "CHECK_REVOKE_TOKEN": (False, values.boolean),
    "REVOKE_TOKEN_CLAIM": ("hash_password", values.claim),
    "CHECK_USER_IS_ACTIVE": (True, values.boolean),
    "ON_LOGIN_SUCCESS": (STOCK.ON_LOGIN_SUCCESS, values.optional_dotted),
    "ON_LOGIN_FAILED": (STOCK.ON_LOGIN_FAILED, values.optional_dotted),
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
    found: dict[str, Any] = {}
    for name, (default, check) in known.items():
        try:
            found[name.lower()] = check(given.get(name, default))
        except (TypeError, ValueError) as error:
            raise ImproperlyConfigured(f"{setting}[{name!r}] {error}.") from None
    return found


def _load() -> Settings:
    keyturn = getattr(django_settings, "KEYTURN", None) or {}
    simple_jwt = getattr(django_settings, "SIMPLE_JWT", None) or {}
    found = _checked("KEYTURN", keyturn, _KEYTURN, tuple(_SIMPLE_JWT))
    found |= _checked("SIMPLE_JWT", simple_jwt, _SIMPLE_JWT, tuple(_KEYTURN))
    if found["algorithm"].startswith("HS") and found["signing_key"] in {"", b""}:
        # What stock would do with it: sign with nothing, so that anybody can.
        raise ImproperlyConfigured("SIMPLE_JWT['SIGNING_KEY'] must not be empty: leave it out, or set a secret.")
    if found["refresh_token_lifetime"] > found["session_absolute_lifetime"]:
        # A project that asked stock for half a year of idle time keeps it: the absolute end moves out with it.
        if "SESSION_ABSOLUTE_LIFETIME" in keyturn:
            raise ImproperlyConfigured(
                "KEYTURN['SESSION_ABSOLUTE_LIFETIME'] must not be shorter than SIMPLE_JWT['REFRESH_TOKEN_LIFETIME']."
            )
        found["session_absolute_lifetime"] = found["refresh_token_lifetime"]
    return Settings(**found, set_by_project=frozenset(simple_jwt))


_current: Settings | None = None

_LOOKED_AT: Final = {"KEYTURN", "SIMPLE_JWT", "AUTH_USER_MODEL"}
"""Django's names that the object, and what :class:`OncePerSettings` makes for it, depend on."""


def get() -> Settings:
    """Return the settings in force.

    Raises:
        ImproperlyConfigured: a name is unknown or a value wrong; the message names it.
    """
    global _current  # noqa: PLW0603 - the one memo of this module
    if _current is None:
        _current = _load()
    return _current


class OncePerSettings(Generic[_T]):
    """What follows from the settings alone, worked out once for each settings object. Needs no lock. A decorator.

    Args:
        make: gives it; its only argument are the settings in force. It may look at the user model too.
    """

    def __init__(self, make: Callable[[Settings], _T]) -> None:
        self._make = make
        self._made: tuple[Settings, _T] | None = None
        self.__doc__ = make.__doc__

    def __call__(self) -> _T:
        """Return it. Errors as :func:`get`, and those of making it."""
        settings = _current or get()
        made = self._made
        if made is None or made[0] is not settings:
            made = self._made = (settings, self._make(settings))
        return made[1]


def _forget(*, setting: str, **_: object) -> None:
    global _current  # noqa: PLW0603 - the one memo of this module
    if setting in _LOOKED_AT:
        _current = None


setting_changed.connect(_forget, dispatch_uid="keyturn.conf")
