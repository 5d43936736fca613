"""The environment variables of the server: names, defaults, meaning. ``docs/reference/environment.md`` is their page.

:func:`load` reads and judges all of them at once, before anything else happens. An empty value counts as absent, since
compose files and unit files pass empty values for what they do not set.

It is one long file, since it is one table: each variable stands in it once, with its default and its meaning.
"""

import os
from collections.abc import Iterator, Mapping
from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured
from pydantic import BeforeValidator, Field, PlainValidator, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from keyturn_server import database, mailing, providers, secret, values
from keyturn_server.names import unknown_names

__all__ = ["BadEnvironmentError", "Environment", "load"]

_ONE_SECOND = timedelta(seconds=1)
# Where the development servers of create-react-app, Angular, Vite and Vue listen.
_FRONT_ENDS = tuple(f"http://localhost:{port}" for port in (3000, 4200, 5173, 8080))

Boolean = Annotated[bool, BeforeValidator(values.boolean)]
Hosts = Annotated[tuple[str, ...], BeforeValidator(values.host_names)]
Lifetime = Annotated[timedelta, BeforeValidator(values.duration(least=_ONE_SECOND))]
Span = Annotated[timedelta, BeforeValidator(values.duration(least=timedelta(0)))]


class BadEnvironmentError(ImproperlyConfigured):
    """The server may not start with this environment. Its text has one line a problem, and never a secret's value."""


def _variable(name: str, default: str, description: str) -> Any:
    """Declare one variable. ``default`` is written as it would stand in the environment; empty means none."""
    return Field(default=default, validation_alias=name, description=description, validate_default=True)


class Environment(BaseSettings):
    """What the environment says, typed."""

    model_config = SettingsConfigDict(
        env_ignore_empty=True, case_sensitive=True, enable_decoding=False, frozen=True, hide_input_in_errors=True
    )

    debug: Boolean = _variable(
        "KEYTURN_DEBUG",
        "0",
        "`1` is development: technical error pages, DRF's browsable pages, a secret made on the spot, open CORS.",
    )
    secret_key: SecretStr = _variable(
        "KEYTURN_SECRET_KEY",
        "",
        "The secret all keys derive from, at least 50 random characters. Required unless `KEYTURN_DEBUG=1`, where one"
        " is made and kept in `secret` under `KEYTURN_DATA_DIR`.",
    )
    secret_key_fallbacks: Annotated[tuple[SecretStr, ...], BeforeValidator(values.secret_list)] = _variable(
        "KEYTURN_SECRET_KEY_FALLBACKS",
        "",
        "Earlier secrets, separated by commas, still accepted while `KEYTURN_SECRET_KEY` is being replaced.",
    )
    public_url: Annotated[str, BeforeValidator(lambda text: values.public_url(text) if text else "")] = _variable(
        "KEYTURN_PUBLIC_URL",
        "",
        "Where clients reach the server, as `https://auth.example.com`; also the tokens' `iss`. With `https`, cookies"
        " are `Secure`, HSTS is sent, and a request that a trusted proxy received over plain HTTP is redirected."
        " Absent: `http://localhost:$PORT`.",
    )
    port: Annotated[int, BeforeValidator(values.whole_number(1, 65_535))] = _variable(
        "PORT", "8000", "The port `keyturn serve` and `keyturn demo` listen on when no `--port` is given."
    )
    allowed_hosts: Hosts = _variable(
        "KEYTURN_ALLOWED_HOSTS",
        "",
        "Host names that requests may carry, separated by commas; `.example.com` includes subdomains. Absent: the host"
        " of `KEYTURN_PUBLIC_URL`. The loopback names are always allowed.",
    )
    cors_origins: Annotated[tuple[str, ...], BeforeValidator(values.cors_origins)] = _variable(
        "KEYTURN_CORS_ORIGINS",
        "",
        "Origins whose pages may call the server, separated by commas, or `*` for all. Absent: none in production,"
        " all in development.",
    )
    allow_open_cors: Boolean = _variable(
        "KEYTURN_ALLOW_OPEN_CORS", "0", "`1` permits `KEYTURN_CORS_ORIGINS=*` in production."
    )
    web_origins: Annotated[tuple[str, ...], BeforeValidator(values.web_origins)] = _variable(
        "KEYTURN_WEB_ORIGINS",
        "",
        "Origins whose pages keep the refresh token in the cookie, separated by commas, as `https://app.example.com`."
        " They need not stand in `KEYTURN_CORS_ORIGINS` too. The server's own pages need no naming. Absent: none in"
        " production; in development pages on `http://localhost`, ports 3000, 4200, 5173 and 8080, that send"
        " `X-Keyturn-Client: web`.",
    )
    data_dir: Annotated[Path, BeforeValidator(values.path)] = _variable(
        "KEYTURN_DATA_DIR",
        "var",
        "Directory for what the server keeps in files; made when it is missing. A relative one is taken from the"
        " directory the command runs in.",
    )
    database_url: Annotated[
        database.Database | None, PlainValidator(lambda text: database.parse(text) if text else None)
    ] = _variable(
        "DATABASE_URL",
        "",
        "`postgresql://user:password@host:5432/name?sslmode=verify-full`, `postgresql:///name?host=/run/postgresql` or"
        " `sqlite:////absolute/path`. Absent: SQLite in `keyturn.sqlite3` under `KEYTURN_DATA_DIR`.",
    )
    db_pool_size: Annotated[int, BeforeValidator(values.whole_number(1, 1000))] = _variable(
        "KEYTURN_DB_POOL_SIZE", "8", "PostgreSQL connections that each worker process keeps at most."
    )
    cache_url: Annotated[str, BeforeValidator(lambda text: values.cache_url(text) if text else "")] = Field(
        default="",
        validation_alias="KEYTURN_CACHE_URL",
        description="`valkey://host:6379/0` (`valkeys://` for TLS; `redis://` and `rediss://` mean the same)."
        " Attempts are then [counted there](../concepts/defence.md#where-it-is-counted). Absent: in the database, and a"
        " cache in each process's memory.",
        validate_default=True,
        repr=False,
    )
    email_url: Annotated[
        mailing.MailServer | None, PlainValidator(lambda text: mailing.parse(text) if text else None)
    ] = _variable(
        "KEYTURN_EMAIL_URL",
        "",
        "The mail server: `smtp://user:password@host:587` (with STARTTLS; `?tls=none` without) or"
        " `smtps://user:password@host:465`. Absent: in development mail is shown at `/dev/inbox/`; in production there"
        " is none, and sign-up and recovery are refused.",
    )
    email_from: Annotated[str, BeforeValidator(lambda text: mailing.sender(text) if text else "")] = _variable(
        "KEYTURN_EMAIL_FROM",
        "",
        "The sender of all mail: `auth@example.com` or `Example <auth@example.com>`. Required with"
        " `KEYTURN_EMAIL_URL`.",
    )
    site_name: Annotated[str, BeforeValidator(lambda text: values.name(text) if text else "")] = _variable(
        "KEYTURN_SITE_NAME",
        "",
        "What mails and the web app call this service. Absent: the host of `KEYTURN_PUBLIC_URL`, in development"
        " `Keyturn`.",
    )
    frontend_urls: Annotated[Mapping[str, str], BeforeValidator(values.frontend_urls)] = _variable(
        "KEYTURN_FRONTEND_URLS",
        "",
        "Pages of a front end that mails lead to, separated by spaces:"
        " `verify_email=https://app.example.com/verify#{key} reset_password=https://app.example.com/reset#{key}"
        " sign_in=https://app.example.com/`. Absent: this server's own pages.",
    )
    sign_up: Boolean = _variable(
        "KEYTURN_SIGN_UP", "1", "`0` closes sign-up: accounts are made by administrators only."
    )
    sign_in_by_mail: Annotated[bool | None, BeforeValidator(lambda text: values.boolean(text) if text else None)] = (
        _variable(
            "KEYTURN_SIGN_IN_BY_MAIL",
            "",
            "`1` lets users [sign in by mail](../how-to/sign-in-by-mail.md), with a code or a link in place of the"
            " password; `0` does not. Absent: in development they can, in production not.",
        )
    )
    step_up_max_age: Lifetime = _variable(
        "KEYTURN_STEP_UP_MAX_AGE",
        "5m",
        "How long a sign-in, or another [proof of who the user is](../how-to/step-up.md), opens what asks for a recent"
        " one.",
    )
    sign_up_retention: Annotated[timedelta | None, BeforeValidator(values.retention)] = _variable(
        "KEYTURN_SIGN_UP_RETENTION",
        "off",
        "How long an account may wait for its first confirmed address before `keyturn prune_sign_ups` removes it, a day"
        " at least. `off`: for ever.",
    )
    trusted_device_lifetime: Span = _variable(
        "KEYTURN_TRUSTED_DEVICE_LIFETIME",
        "30d",
        "How long a browser that its user [trusts](../how-to/second-factor-at-sign-in.md#trust-a-device) is asked for"
        " no second factor. `0`: users are not asked whether they trust one.",
    )
    factor_required_of: Annotated[str, BeforeValidator(values.required_of)] = _variable(
        "KEYTURN_FACTOR_REQUIRED_OF",
        "nobody",
        "Who [must have a second factor](../how-to/second-factor-at-sign-in.md#who-must-have-one): `nobody`, `staff`"
        " (whoever may enter the admin) or `everybody`.",
    )
    passkey_rp_id: Annotated[str, BeforeValidator(values.passkey_rp_id)] = _variable(
        "KEYTURN_PASSKEY_RP_ID",
        "",
        "The domain that [passkeys](../how-to/passkeys.md) belong to, as `example.com`. Absent: the host of"
        " `KEYTURN_PUBLIC_URL`. Whoever changes it later leaves all passkeys behind.",
    )
    passkey_origins: Annotated[tuple[str, ...], BeforeValidator(values.passkey_origins)] = _variable(
        "KEYTURN_PASSKEY_ORIGINS",
        "",
        "Exactly the pages and Android apps whose passkeys' answers are taken, with commas between. Absent: the"
        " server's own pages and those of `KEYTURN_WEB_ORIGINS` that lie under the domain.",
    )
    google_client_id: str = _variable(
        "KEYTURN_GOOGLE_CLIENT_ID", "", "What [Google](../how-to/social-login.md#google) calls this server."
    )
    google_client_secret: SecretStr = _variable("KEYTURN_GOOGLE_CLIENT_SECRET", "", "What proves it to Google.")
    github_client_id: str = _variable(
        "KEYTURN_GITHUB_CLIENT_ID", "", "What [GitHub](../how-to/social-login.md#github) calls this server."
    )
    github_client_secret: SecretStr = _variable("KEYTURN_GITHUB_CLIENT_SECRET", "", "What proves it to GitHub.")
    apple_client_id: str = _variable(
        "KEYTURN_APPLE_CLIENT_ID",
        "",
        "What [Apple](../how-to/social-login.md#apple) calls this server: the identifier of a service.",
    )
    apple_team_id: str = _variable("KEYTURN_APPLE_TEAM_ID", "", "The developer's team at Apple.")
    apple_key_id: str = _variable("KEYTURN_APPLE_KEY_ID", "", "The name of the key that proves it to Apple.")
    apple_private_key: SecretStr = _variable(
        "KEYTURN_APPLE_PRIVATE_KEY", "", "That key, PEM; its line ends may be written `\\n`."
    )
    microsoft_client_id: str = _variable(
        "KEYTURN_MICROSOFT_CLIENT_ID", "", "What [Microsoft](../how-to/social-login.md#microsoft) calls this server."
    )
    microsoft_client_secret: SecretStr = _variable(
        "KEYTURN_MICROSOFT_CLIENT_SECRET", "", "What proves it to Microsoft."
    )
    microsoft_tenant: str = _variable(
        "KEYTURN_MICROSOFT_TENANT",
        "common",
        "Whose accounts of Microsoft's: the id of one directory, `organizations`, `consumers` or `common` for all.",
    )
    oidc_issuer: str = _variable(
        "KEYTURN_OIDC_ISSUER",
        "",
        "The issuer of [any OpenID provider](../how-to/social-login.md#any-openid-provider), spelled as it spells it.",
    )
    oidc_client_id: str = _variable("KEYTURN_OIDC_CLIENT_ID", "", "What that provider calls this server.")
    oidc_client_secret: SecretStr = _variable(
        "KEYTURN_OIDC_CLIENT_SECRET", "", "What proves it there. Absent: this server is a public client of it."
    )
    oidc_name: str = _variable("KEYTURN_OIDC_NAME", "OpenID", "What people call that provider.")
    app_client_ids: Annotated[tuple[tuple[str, str], ...], BeforeValidator(values.pairs)] = _variable(
        "KEYTURN_APP_CLIENT_IDS",
        "",
        "What providers call your mobile apps, separated by spaces: `google=123.apps.googleusercontent.com"
        " apple=com.example.app`. ID tokens that were made for them are taken, too.",
    )
    app_redirect_uris: Annotated[tuple[tuple[str, str], ...], BeforeValidator(values.pairs)] = _variable(
        "KEYTURN_APP_REDIRECT_URIS",
        "",
        "Where providers may lead your mobile apps back to, separated by spaces: `github=com.example.app:/signed-in`.",
    )
    vouched_for: Annotated[tuple[str, ...], BeforeValidator(values.words)] = _variable(
        "KEYTURN_PROVIDERS_WITH_VERIFIED_EMAILS",
        "",
        "Providers whose addresses are taken as verified though they do not say so, separated by commas: only where"
        " you decide who has which address there, as in your company's own directory.",
    )
    trusted_proxies: Annotated[tuple[IPv4Network | IPv6Network, ...], BeforeValidator(values.networks)] = _variable(
        "KEYTURN_TRUSTED_PROXIES",
        "",
        "Addresses or networks of the reverse proxies in front, separated by commas. Only from them are"
        " `X-Forwarded-For` and `X-Forwarded-Proto` believed.",
    )
    access_lifetime: Lifetime = _variable("KEYTURN_ACCESS_LIFETIME", "5m", "How long an access token is valid.")
    refresh_lifetime: Lifetime = _variable(
        "KEYTURN_REFRESH_LIFETIME", "2d", "How long a session lives without a refresh."
    )
    absolute_lifetime: Lifetime = _variable(
        "KEYTURN_ABSOLUTE_LIFETIME",
        "90d",
        "How long a session lives at most. Absent and shorter than `KEYTURN_REFRESH_LIFETIME`: as long as that.",
    )
    refresh_grace: Span = _variable(
        "KEYTURN_REFRESH_GRACE",
        "10s",
        "How long after a rotation the previous refresh token is answered with the same new one (lost replies, several"
        " tabs). `0` is strict: the second use ends the session.",
    )
    refresh_forgive_after: Annotated[Mapping[str, int], BeforeValidator(values.forgive_after)] = _variable(
        "KEYTURN_REFRESH_FORGIVE_AFTER",
        "unbound=5,cookie=2,dpop=0",
        "Clean rotations between two late uses of a previous refresh token that are forgiven, by kind of binding; a"
        " bare number is for unbound sessions.",
    )
    session_retention: Span = _variable(
        "KEYTURN_SESSION_RETENTION", "7d", "How long ended sessions stay before `keyturn prune_sessions` removes them."
    )
    trail_retention: Annotated[timedelta | None, BeforeValidator(values.retention)] = _variable(
        "KEYTURN_TRAIL_RETENTION",
        "365d",
        "How long events stay in the trail before `keyturn prune_trail` removes them, a day at least. `off`: for ever.",
    )
    trail_webhook_url: Annotated[str, BeforeValidator(values.optional_web_address)] = _variable(
        "KEYTURN_TRAIL_WEBHOOK_URL", "", "Where every event of the trail is sent to, signed. Absent: nowhere."
    )
    trail_webhook_secret: SecretStr = _variable(
        "KEYTURN_TRAIL_WEBHOOK_SECRET",
        "",
        "What signs them: `whsec_` and the base64 of 24 random bytes or more, or a text of at least that length."
        " Required with `KEYTURN_TRAIL_WEBHOOK_URL`.",
    )
    token_audience: Annotated[tuple[str, ...], BeforeValidator(values.words)] = _variable(
        "KEYTURN_TOKEN_AUDIENCE",
        "",
        "Names of the services that access tokens are for, separated by commas: the tokens' `aud`. Absent: the public"
        " URL.",
    )
    signing_algorithm: Annotated[str, BeforeValidator(values.signing_algorithm)] = _variable(
        "KEYTURN_SIGNING_ALGORITHM",
        "ES256",
        "How access tokens are signed: `ES256`, `RS256` or `EdDSA`. A change takes effect by a rotation.",
    )
    key_rotation: Annotated[timedelta | None, BeforeValidator(values.rotation)] = _variable(
        "KEYTURN_KEY_ROTATION",
        "30d",
        "How long a signing key signs before the next one is published. `off`: only `keyturn keys rotate` does it.",
    )
    jwks_max_age: Annotated[timedelta, BeforeValidator(values.max_age)] = _variable(
        "KEYTURN_JWKS_MAX_AGE",
        "5m",
        "How long the published keys may be cached, one day at most; a new key is published for as long, and a minute,"
        " before it signs.",
    )
    sliding_tokens: Boolean = _variable(
        "KEYTURN_SLIDING_TOKENS", "0", "`1` opens `/token/sliding/` and `/token/sliding/refresh/`."
    )
    sliding_lifetime: Lifetime = _variable(
        "KEYTURN_SLIDING_LIFETIME", "5m", "How long a sliding token is valid without being refreshed."
    )
    sliding_refresh_lifetime: Lifetime = _variable(
        "KEYTURN_SLIDING_REFRESH_LIFETIME", "1d", "How long after the login a sliding token can be refreshed."
    )
    update_last_login: Boolean = _variable(
        "KEYTURN_UPDATE_LAST_LOGIN", "0", "`1` writes the user's `last_login` at every login (one more statement)."
    )
    limits: Annotated[Mapping[str, str | None], BeforeValidator(values.limits)] = _variable(
        "KEYTURN_LIMITS",
        "",
        "How often something may be tried, where it differs from [the defaults](../concepts/defence.md#the-limits), as"
        " `login_pair=10/5m,export_account=off`.",
    )
    max_body_bytes: Annotated[int, BeforeValidator(values.whole_number(1024, 104_857_600))] = _variable(
        "KEYTURN_MAX_BODY_BYTES", "65536", "Largest request body, in bytes; a larger one is answered 413."
    )
    log_level: Annotated[str, BeforeValidator(values.log_level)] = _variable(
        "KEYTURN_LOG_LEVEL", "info", "`debug`, `info`, `warning` or `error`. The log goes to standard error."
    )
    log_format: Annotated[str, BeforeValidator(values.log_format)] = _variable(
        "KEYTURN_LOG_FORMAT", "text", "`text` for people, or `json`: an object a line."
    )
    access_log: Boolean = _variable(
        "KEYTURN_ACCESS_LOG", "0", "`1` logs a line for every request, as `keyturn serve --access-log` does."
    )
    metrics_token: Annotated[SecretStr, BeforeValidator(values.metrics_token)] = _variable(
        "KEYTURN_METRICS_TOKEN",
        "",
        "Who sends it as `Authorization: Bearer …` may read `/metrics`, also while the database does not answer; 32"
        " random characters at least. Absent: only service clients with the scope `metrics` may.",
    )
    otel: Boolean = _variable(
        "KEYTURN_OTEL",
        "0",
        "`1` sends [traces](../operations.md#traces) to where OpenTelemetry's own variables say; needs"
        " `pip install 'keyturn[otel]'`.",
    )

    @property
    def url(self) -> str:
        """The public URL, or its default; no slash at the end."""
        return self.public_url or f"http://localhost:{self.port}"

    @property
    def is_https(self) -> bool:
        """Whether clients reach the server over HTTPS."""
        return self.url.startswith("https://")

    @property
    def hosts(self) -> list[str]:
        """Every host name a request may carry."""
        own = urlsplit(self.url).hostname or "localhost"
        # An IPv6 address stands in brackets, as in a Host header (RFC 9110 section 7.2).
        named = self.allowed_hosts or (f"[{own}]" if ":" in own else own,)
        return list(dict.fromkeys([*named, "localhost", ".localhost", "127.0.0.1", "[::1]"]))

    @property
    def origins(self) -> tuple[str, ...]:
        """The CORS origins in force."""
        return self.cors_origins or (("*",) if self.debug else ())

    @property
    def web_origins_by_header(self) -> tuple[str, ...]:
        """Origins that may keep the refresh token in the cookie but have to ask for it; the usual ones of front ends.

        Those of the tutorials' kind stand there, too, and want it in the body.
        """
        return _FRONT_ENDS if self.debug and not self.web_origins else ()

    @property
    def pages(self) -> tuple[str, ...]:
        """All origins whose pages may send the cookie."""
        return (*self.web_origins, *self.web_origins_by_header)


def load() -> Environment:
    """Read the process's environment.

    Raises:
        BadEnvironmentError: a name is unknown, a value wrong, or production is not safe with it.
    """
    known = [str(field.validation_alias) for field in Environment.model_fields.values()]
    problems = list(unknown_names(os.environ, known))
    # Python passes bytes that are no UTF-8 on as lone surrogates, which fail much later and far from their cause.
    problems += [f"{name} is not valid UTF-8" for name in known if not _is_utf8(os.environ.get(name, ""))]
    if problems:
        raise BadEnvironmentError("\n".join(problems))
    environment = None
    try:
        environment = Environment()
    except ValidationError as error:
        problems += [_sentence(details) for details in error.errors(include_url=False, include_input=False)]
    if environment is not None:
        problems += _contradictions(environment)
        if not environment.debug:
            problems += _unsafe_in_production(environment)
    if environment is None or problems:
        raise BadEnvironmentError("\n".join(problems))
    return environment


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _sentence(details: Mapping[str, Any]) -> str:
    """One line for one of pydantic's errors. Our own words are in its context; its input is never looked at."""
    name = ".".join(str(part) for part in details["loc"][:1])
    own = details.get("ctx", {}).get("error")
    return f"{name} {own}" if own is not None else f"{name} is wrong: {details['msg']}"


def _contradictions(environment: Environment) -> Iterator[str]:
    given = environment.model_fields_set
    if "absolute_lifetime" in given and environment.absolute_lifetime < environment.refresh_lifetime:
        yield "KEYTURN_ABSOLUTE_LIFETIME is shorter than KEYTURN_REFRESH_LIFETIME; a session's end caps its idle time"
    if environment.email_url is not None and not environment.email_from:
        yield "KEYTURN_EMAIL_FROM is missing, and KEYTURN_EMAIL_URL needs it: the address that mail comes from"
    if environment.trail_webhook_url:
        wrong = values.webhook_secret_problem(environment.trail_webhook_secret.get_secret_value())
        if wrong:
            yield f"KEYTURN_TRAIL_WEBHOOK_SECRET {wrong}"
    if problem := providers.problem_of(environment):
        yield problem
    if environment.data_dir.exists() and not environment.data_dir.is_dir():
        yield f"KEYTURN_DATA_DIR is not a directory: {environment.data_dir}"


def _unsafe_in_production(environment: Environment) -> Iterator[str]:
    key = environment.secret_key.get_secret_value()
    if not key:
        yield (
            "KEYTURN_SECRET_KEY is missing, and production (KEYTURN_DEBUG=0) needs one; make one with:"
            " python3 -c 'import secrets; print(secrets.token_urlsafe(64))'"
        )
    elif weak := secret.weakness(key):
        yield f"KEYTURN_SECRET_KEY {weak}"
    for number, fallback in enumerate(environment.secret_key_fallbacks, start=1):
        if weak := secret.weakness(fallback.get_secret_value()):
            yield f"KEYTURN_SECRET_KEY_FALLBACKS, number {number}, {weak}"
    if "*" in environment.origins and not environment.allow_open_cors:
        yield (
            "KEYTURN_CORS_ORIGINS=* lets every web page call this server; name the origins, or set"
            " KEYTURN_ALLOW_OPEN_CORS=1 if that is meant"
        )
