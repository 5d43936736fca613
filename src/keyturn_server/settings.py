"""Django's settings for the server, made from the environment (:mod:`keyturn_server.env`) and from nothing else."""

from typing import Any, Final

from keyturn_server import database, env, hashers, logs
from keyturn_server.data_dir import prepare, secret_key

_ENV: Final = env.load()
_PRODUCTION: Final = not _ENV.debug
# Seconds.
_A_YEAR: Final = 365 * 24 * 60 * 60
_A_DAY: Final = 24 * 60 * 60
_DATA_DIR: Final = prepare(_ENV)

DEBUG = _ENV.debug
SECRET_KEY = secret_key(_ENV, _DATA_DIR)
SECRET_KEY_FALLBACKS = [key.get_secret_value() for key in _ENV.secret_key_fallbacks]
ALLOWED_HOSTS = _ENV.hosts

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
    "corsheaders",
    "rest_framework",
    "drf_spectacular",
    "keyturn",
]

MIDDLEWARE = [
    # First of all, so that everything below knows the scheme the client used.
    "keyturn_server.proxies.ProxyMiddleware",
    # Outside of everything that can answer with HTML.
    "keyturn_server.json_errors.JsonErrorsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    # Before anything that can refuse: a page may read a refusal only if it carries CORS headers.
    "corsheaders.middleware.CorsMiddleware",
    "keyturn_server.guard.GuardMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "keyturn_server.slashes.SlashMiddleware",
    # Only under /admin/: a bearer token needs none of them.
    "keyturn_server.browser.SessionMiddleware",
    # Everywhere, so that no view is without it by mistake; DRF's views are exempt, as they read no cookie.
    "django.middleware.csrf.CsrfViewMiddleware",
    "keyturn_server.browser.AuthenticationMiddleware",
    "keyturn_server.browser.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
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
        _ENV.database_url or database.sqlite(_DATA_DIR / "keyturn.sqlite3"), pool_size=_ENV.db_pool_size
    ),
}

CACHES: dict[str, dict[str, Any]] = {
    "default": (
        {"BACKEND": "keyturn_server.cache.ValkeyCache", "LOCATION": _ENV.cache_url}
        if _ENV.cache_url
        else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
    ),
}

PASSWORD_HASHERS = hashers.PASSWORD_HASHERS
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

# Static files: the admin's and, in development, the browsable pages', served from where they are installed. Listed once
# at start, so that no request touches the file system and nobody has to run collectstatic.
STATIC_URL = "/static/"
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False
WHITENOISE_MAX_AGE = _A_DAY if _PRODUCTION else 0

# Transport. The redirect reaches only requests of which a trusted proxy says that they came over plain HTTP
# (keyturn_server.proxies), so plain HTTP between a proxy and this server, or on loopback, is served as it is.
SECURE_SSL_REDIRECT = _PRODUCTION and _ENV.is_https
SECURE_REDIRECT_EXEMPT = [r"^health/"]
SECURE_HSTS_SECONDS = _A_YEAR if _PRODUCTION and _ENV.is_https else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _ENV.trusted_proxies else None
SESSION_COOKIE_SECURE = _ENV.is_https
CSRF_COOKIE_SECURE = _ENV.is_https
CSRF_COOKIE_HTTPONLY = True
CSRF_TRUSTED_ORIGINS = [_ENV.url]
CSRF_FAILURE_VIEW = "keyturn_server.json_errors.csrf_failure"
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = max(_ENV.max_body_bytes, 1_048_576)
# What ProxyMiddleware believes, and what it takes the scheme from where nobody it believes names one.
KEYTURN_SERVER_TRUSTED_PROXIES = _ENV.trusted_proxies
KEYTURN_SERVER_PUBLIC_URL = _ENV.url

SILENCED_SYSTEM_CHECKS = [
    # HSTS for subdomains, and consent to browsers' preload lists: both speak for names that are not this server's, and
    # neither can be taken back. Whoever owns those names says so at the proxy.
    "security.W005",
    "security.W021",
]

CORS_ALLOW_ALL_ORIGINS = "*" in _ENV.origins
CORS_ALLOWED_ORIGINS = [origin for origin in _ENV.origins if origin != "*"]
# The admin is for its own pages only.
CORS_URLS_REGEX = r"^/(?!admin/)"
CORS_EXPOSE_HEADERS = ["Retry-After", "WWW-Authenticate"]

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["keyturn.authentication.JWTAuthentication"],
    "DEFAULT_RENDERER_CLASSES": [
        "rest_framework.renderers.JSONRenderer",
        *([] if _PRODUCTION else ["rest_framework.renderers.BrowsableAPIRenderer"]),
    ],
    "DEFAULT_PARSER_CLASSES": [
        "rest_framework.parsers.JSONParser",
        "rest_framework.parsers.FormParser",
        "rest_framework.parsers.MultiPartParser",
    ],
    # Every error with "detail" and "code", those of home/ too.
    "EXCEPTION_HANDLER": "keyturn.api.exception_handler.exception_handler",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
}

SPECTACULAR_SETTINGS = {
    "TITLE": "Keyturn",
    "DESCRIPTION": "Log in, refresh, look at sessions, log out.",
    "VERSION": "1",
}

SIMPLE_JWT: dict[str, Any] = {
    "ACCESS_TOKEN_LIFETIME": _ENV.access_lifetime,
    "REFRESH_TOKEN_LIFETIME": _ENV.refresh_lifetime,
    "SLIDING_TOKEN_LIFETIME": _ENV.sliding_lifetime,
    "SLIDING_TOKEN_REFRESH_LIFETIME": _ENV.sliding_refresh_lifetime,
    "ROTATE_REFRESH_TOKENS": True,
    "BLACKLIST_AFTER_ROTATION": True,
    "UPDATE_LAST_LOGIN": _ENV.update_last_login,
    "ISSUER": _ENV.url,
}

KEYTURN: dict[str, Any] = {
    "REFRESH_GRACE": _ENV.refresh_grace,
    "REFRESH_FORGIVE_AFTER": dict(_ENV.refresh_forgive_after),
    # env.load() has refused the contradiction of two values that were both given.
    "SESSION_ABSOLUTE_LIFETIME": max(_ENV.absolute_lifetime, _ENV.refresh_lifetime),
    "SESSION_RETENTION": _ENV.session_retention,
    "SLIDING_TOKENS": _ENV.sliding_tokens,
    "TRUSTED_PROXIES": [str(network) for network in _ENV.trusted_proxies],
    "MAX_BODY_BYTES": _ENV.max_body_bytes,
}

LOGGING = logs.configuration(_ENV.log_level)
