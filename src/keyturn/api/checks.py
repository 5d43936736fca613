"""System checks of web clients. Ids never change."""

from collections.abc import Iterable, Iterator
from typing import Final

from django.apps import apps
from django.conf import settings as django_settings
from django.core.checks import CheckMessage, Tags, Warning  # noqa: A004
from django.core.checks import register as register_check

from keyturn import conf

__all__ = ["register"]

_STOCK: Final = "corsheaders.middleware.CorsMiddleware"
_HEADERS: Final = ("x-keyturn-client", "idempotency-key")


def register() -> None:
    """Register the checks with Django."""
    register_check(check_cors, Tags.security)


def check_cors(**_: object) -> Iterable[CheckMessage]:
    """W009: a page of ``WEB_ORIGINS`` that may send its cookie, but not read the answer, is a page that cannot sign in.

    Asked of django-cors-headers where it answers; a middleware of the project's own, or a proxy, is not known.
    """
    settings = conf.get()
    named = (*settings.web_origins, *settings.web_origins_by_header)
    missing = list(_missing(named)) if named else []
    if missing:
        yield Warning(
            f"Pages of {named[0]} cannot use Keyturn's cookie: {', '.join(missing)}.",
            hint="Let django-cors-headers answer them, with credentials and the headers x-keyturn-client and"
            " idempotency-key. Silence this where a proxy answers.",
            id="keyturn.W009",
        )


def _missing(named: Iterable[str]) -> Iterator[str]:
    if not apps.is_installed("corsheaders"):
        yield "django-cors-headers is not installed"
        return
    if _STOCK not in django_settings.MIDDLEWARE:
        if not any("cors" in name.lower() for name in django_settings.MIDDLEWARE):
            yield f"MIDDLEWARE lacks {_STOCK}"
        return
    from corsheaders.conf import conf as cors  # noqa: PLC0415 - not every project has it

    known = cors.CORS_ALLOW_ALL_ORIGINS or cors.CORS_ALLOWED_ORIGIN_REGEXES
    if not known and not set(cors.CORS_ALLOWED_ORIGINS).issuperset(named):
        yield "CORS_ALLOWED_ORIGINS does not name them"
    if not cors.CORS_ALLOW_CREDENTIALS:
        yield "CORS_ALLOW_CREDENTIALS is not True"
    allowed = {name.lower() for name in cors.CORS_ALLOW_HEADERS}
    for header in _HEADERS:
        if header not in allowed:
            yield f"CORS_ALLOW_HEADERS lacks {header}"
