"""Django's settings for the server, made from the environment (:mod:`keyturn_server.env`) and from nothing else."""

from pathlib import Path
from typing import Any, Final

from corsheaders.defaults import default_headers

from keyturn.accounts.defaults import *  # noqa: F403 - settings are a namespace
from keyturn_server import cache, database, env, hashers, mailing, openapi_settings, providers, web_files
from keyturn_server.data_dir import prepare, secret_key
from keyturn_server.dev import provider_named
from keyturn_server.observing import logs

# In small letters, or Django would take them for settings and show them in its technical pages.
_env: Final = env.load()
_production: Final = not _env.debug
# Seconds.
_a_year: Final = 365 * 24 * 60 * 60
_an_hour: Final = 60 * 60
_data_dir: Final = prepare(_env)

DEBUG = _env.debug
SECRET_KEY = secret_key(_env, _data_dir)
SECRET_KEY_FALLBACKS = [key.get_secret_value() for key in _env.secret_key_fallbacks]
ALLOWED_HOSTS = _env.hosts

ROOT_URLCONF = "keyturn_server.urls"
WSGI_APPLICATION = "keyturn_server.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en-us"

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.headless",
    "corsheaders",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "keyturn",
    # The lab, its clock and its faults.
    *([] if _production else ["keyturn_server.dev"]),
]

MIDDLEWARE = [
    # First of all, so that everything below knows the scheme the client used.
    "keyturn_server.proxies.ProxyMiddleware",
    # Outside of everything that can answer with HTML.
    "keyturn_server.json_errors.JsonErrorsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    # Before anything that can refuse: a page may read a refusal only if it carries CORS headers.
    "keyturn_server.cors.CorsMiddleware",
    "keyturn_server.guard.GuardMiddleware",
    "keyturn_server.static_files.StaticFilesMiddleware",
    "keyturn_server.slashes.SlashMiddleware",
    # Only under /admin/: a bearer token needs none of them.
    "keyturn_server.browser.SessionMiddleware",
    "keyturn_server.browser.LocaleMiddleware",
    # Everywhere, so that no view is without it by mistake; DRF's views are exempt, as they read no cookie.
    "django.middleware.csrf.CsrfViewMiddleware",
    "keyturn_server.browser.AuthenticationMiddleware",
    "keyturn_server.browser.MessageMiddleware",
    # django-allauth does not start without it; its views are served without (keyturn.api.account_views).
    "allauth.account.middleware.AccountMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

# The middleware of the API's paths (keyturn_server.gate): no cookie is read there, no file served, and every view is
# REST framework's or exempt from the CSRF check. The last one is for the browsable pages of development.
KEYTURN_SERVER_API_MIDDLEWARE = [
    # Breaks replies on demand, around everything else.
    *([] if _production else ["keyturn_server.dev.middleware.LabMiddleware"]),
    "keyturn_server.proxies.ProxyMiddleware",
    "keyturn_server.json_errors.JsonErrorsMiddleware",
    "keyturn_server.api_security.ApiSecurityMiddleware",
    "keyturn_server.cors.ApiCorsMiddleware",
    "keyturn_server.guard.GuardMiddleware",
    *([] if _production else ["django.middleware.clickjacking.XFrameOptionsMiddleware"]),
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [Path(__file__).parent / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

DATABASES = {
    "default": database.settings_for(
        _env.database_url or database.sqlite(_data_dir / "keyturn.sqlite3"), pool_size=_env.db_pool_size
    ),
}

CACHES: dict[str, dict[str, Any]] = {"default": cache.settings_for(_env.cache_url)}

# Mail: to the server that the environment names; without one development has an inbox, and production has none.
KEYTURN_SERVER_INBOX = _data_dir / "inbox" if _env.debug and _env.email_url is None else None
globals().update(mailing.settings_of(mailing.mailer(_env.email_url, to_inbox=KEYTURN_SERVER_INBOX is not None)))
DEFAULT_FROM_EMAIL = SERVER_EMAIL = _env.email_from or mailing.NOBODY

PASSWORD_HASHERS = hashers.PASSWORD_HASHERS
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": name}
    for name in (
        "keyturn.defence.passwords.LengthValidator",
        "keyturn.defence.passwords.CharactersValidator",
        "keyturn.defence.passwords.CommonPasswordValidator",
        "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "django.contrib.auth.password_validation.NumericPasswordValidator",
    )
]

# Static files: the admin's and, in development, the browsable pages', served from where they are installed. Listed once
# at start, so that no request touches the file system and nobody has to run collectstatic.
STATIC_URL = "/static/"
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False
WHITENOISE_MAX_AGE = _an_hour if _production else 0
# The web app's files have their content's hash in their names: a browser asks for each once.
STATICFILES_DIRS = web_files.static_dirs()
WHITENOISE_IMMUTABLE_FILE_TEST = "^/static/web/assets/"

# Transport. The redirect reaches only requests of which a trusted proxy says that they came over plain HTTP
# (keyturn_server.proxies), so plain HTTP between a proxy and this server, or on loopback, is served as it is.
SECURE_SSL_REDIRECT = _production and _env.is_https
SECURE_REDIRECT_EXEMPT = [r"^health/", r"^(?:livez|readyz)$"]
SECURE_HSTS_SECONDS = _a_year if _production and _env.is_https else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _env.trusted_proxies else None
# The admin's session never travels with a call of the API.
SESSION_COOKIE_PATH = "/admin/"
SESSION_COOKIE_SECURE = _env.is_https
CSRF_COOKIE_SECURE = _env.is_https
CSRF_COOKIE_HTTPONLY = True
CSRF_TRUSTED_ORIGINS = [_env.url]
CSRF_FAILURE_VIEW = "keyturn_server.json_errors.csrf_failure"
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = max(_env.max_body_bytes, 1_048_576)
# What ProxyMiddleware believes, and what it takes the scheme from where nobody it believes names one.
KEYTURN_SERVER_TRUSTED_PROXIES = _env.trusted_proxies
KEYTURN_SERVER_PUBLIC_URL = _env.url
KEYTURN_SERVER_DATA_DIR = _data_dir
# Where development keeps what the lab needs; production has no lab.
KEYTURN_SERVER_LAB = None if _production else _data_dir / "lab"

SILENCED_SYSTEM_CHECKS = [
    # HSTS for subdomains, and consent to browsers' preload lists: both speak for names that are not this server's, and
    # neither can be taken back. Whoever owns those names says so at the proxy.
    "security.W005",
    "security.W021",
]

CORS_ALLOW_ALL_ORIGINS = "*" in _env.origins
# The pages that may send the cookie may read the answer, too.
CORS_ALLOWED_ORIGINS = [origin for origin in dict.fromkeys([*_env.origins, *_env.pages]) if origin != "*"]
# The admin and the inbox of development are for their own pages only.
CORS_URLS_REGEX = r"^/(?!admin/|dev/)"
CORS_EXPOSE_HEADERS = ["DPoP-Nonce", "Retry-After", "WWW-Authenticate", "X-Request-ID"]
CORS_ALLOW_HEADERS = [
    *default_headers,
    "dpop",
    "idempotency-key",
    "x-email-verification-key",
    "x-keyturn-client",
    "x-password-reset-key",
    "x-session-token",
]

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["keyturn.authentication.JWTAuthentication"],
    "DEFAULT_RENDERER_CLASSES": [
        "rest_framework.renderers.JSONRenderer",
        *([] if _production else ["rest_framework.renderers.BrowsableAPIRenderer"]),
    ],
    "DEFAULT_PARSER_CLASSES": [
        "rest_framework.parsers.JSONParser",
        "rest_framework.parsers.FormParser",
        "rest_framework.parsers.MultiPartParser",
    ],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "keyturn_server.negotiation.ContentNegotiation",
    # Every error with "detail" and "code", those of home/ too.
    "EXCEPTION_HANDLER": "keyturn.api.exception_handler.exception_handler",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
}

SPECTACULAR_SETTINGS = openapi_settings.SPECTACULAR_SETTINGS

SIMPLE_JWT: dict[str, Any] = {
    "ACCESS_TOKEN_LIFETIME": _env.access_lifetime,
    "REFRESH_TOKEN_LIFETIME": _env.refresh_lifetime,
    "SLIDING_TOKEN_LIFETIME": _env.sliding_lifetime,
    "SLIDING_TOKEN_REFRESH_LIFETIME": _env.sliding_refresh_lifetime,
    "ROTATE_REFRESH_TOKENS": True,
    "BLACKLIST_AFTER_ROTATION": True,
    "UPDATE_LAST_LOGIN": _env.update_last_login,
}

ACCOUNT_LOGIN_BY_CODE_ENABLED = not _production if _env.sign_in_by_mail is None else _env.sign_in_by_mail

KEYTURN: dict[str, Any] = {
    "REFRESH_GRACE": _env.refresh_grace,
    "REFRESH_FORGIVE_AFTER": dict(_env.refresh_forgive_after),
    # env.load() has refused the contradiction of two values that were both given.
    "SESSION_ABSOLUTE_LIFETIME": max(_env.absolute_lifetime, _env.refresh_lifetime),
    "SESSION_RETENTION": _env.session_retention,
    "TRAIL_RETENTION": _env.trail_retention,
    "TRAIL_WEBHOOK": {
        "URL": _env.trail_webhook_url,
        "SECRET": _env.trail_webhook_secret.get_secret_value(),
    }
    if _env.trail_webhook_url
    else None,
    "SLIDING_TOKENS": _env.sliding_tokens,
    "TRUSTED_PROXIES": [str(network) for network in _env.trusted_proxies],
    "MAX_BODY_BYTES": _env.max_body_bytes,
    # Written, not demanded: nobody is signed out when the server moves to another address.
    "TOKEN_ISSUER": _env.url,
    "TOKEN_AUDIENCE": list(_env.token_audience) or _env.url,
    "SIGNING_ALGORITHM": _env.signing_algorithm,
    "KEY_ROTATION": _env.key_rotation,
    "JWKS_MAX_AGE": _env.jwks_max_age,
    "LIMITS": dict(_env.limits),
    # Process memory would count for each worker by itself.
    "ATTEMPTS_CACHE": "default" if _env.cache_url else None,
    "PUBLIC_URL": _env.url,
    "PROVIDERS": {
        **providers.settings_of(_env),
        **({} if _production else {"dev": provider_named.configuration(_env.url)}),
    },
    "SIGN_UP": _env.sign_up,
    "PASSKEY_RP_ID": _env.passkey_rp_id or None,
    "PASSKEY_ORIGINS": list(_env.passkey_origins),
    "SIGN_UP_RETENTION": _env.sign_up_retention,
    "TRUSTED_DEVICE_LIFETIME": _env.trusted_device_lifetime,
    "FACTOR_REQUIRED_OF": _env.factor_required_of,
    # A page of the web app: only there is anybody signed in by it.
    "FRONTEND_URLS": {"sign_in_link": f"{_env.url}/sign-in/link?key={{key}}", **_env.frontend_urls},
    "STEP_UP_MAX_AGE": _env.step_up_max_age,
    # An app's own scheme is no place that a page could lead to.
    "REDIRECT_ORIGINS": [
        origin for origin in (*_env.origins, *_env.pages) if origin.startswith(("https://", "http://"))
    ],
    "WEB_ORIGINS": list(_env.web_origins),
    "WEB_ORIGINS_BY_HEADER": list(_env.web_origins_by_header),
    "SITE_NAME": _env.site_name or (None if _production else "Keyturn"),
    # A script that signs up may look into the inbox the moment it is answered.
    "MAIL_DELIVERY": "thread" if KEYTURN_SERVER_INBOX is None else "at_once",
}

LOGGING = logs.configuration(_env.log_level, form=_env.log_format, access=_env.access_log)
# Also where something other than a view of Keyturn's fails.
DEFAULT_EXCEPTION_REPORTER_FILTER = "keyturn.api.error_reports.ReportFilter"
# Who may read /metrics, and whether requests are traced.
KEYTURN_SERVER_METRICS_TOKEN = _env.metrics_token.get_secret_value()
KEYTURN_SERVER_OTEL = _env.otel
