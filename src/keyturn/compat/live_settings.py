"""simplejwt reads its settings once, at import; here they are made to follow Keyturn's, which follow Django's."""

from datetime import timedelta
from typing import Any, Final

from django.test.signals import setting_changed
from django.utils.module_loading import import_string
from rest_framework_simplejwt import authentication, models, serializers, state, tokens, views
from rest_framework_simplejwt import settings as stock_settings

from keyturn import conf

__all__ = ["LiveLifetime", "install"]

_MODULES: Final = (authentication, models, serializers, state, stock_settings, tokens, views)
_CLASSES: Final = frozenset({"JSON_ENCODER", "TOKEN_USER_CLASS", "USER_AUTHENTICATION_RULE"})


class _LiveSettings:
    """What simplejwt's modules see as ``api_settings``."""

    def __getattr__(self, name: str) -> Any:
        settings = conf.get()
        if name == "SIGNING_KEY":
            return settings.stock_signing_key
        try:
            value = getattr(settings, name.lower())
        except AttributeError:
            raise AttributeError(f"Invalid API setting: {name!r}") from None
        if name == "AUTH_TOKEN_CLASSES":
            return [import_string(cls) if isinstance(cls, str) else cls for cls in value]
        return import_string(value) if name in _CLASSES and isinstance(value, str) else value


class LiveLifetime:
    """A token class's ``lifetime``, read at each mint. A subclass that sets its own keeps it."""

    def __init__(self, setting: str) -> None:
        self._setting = setting

    def __get__(self, instance: object, owner: type | None = None) -> timedelta:
        value: timedelta = getattr(conf.get(), self._setting)
        return value


def install() -> None:
    """Put the live settings in place of simplejwt's."""
    setting_changed.disconnect(stock_settings.reload_api_settings)
    live = _LiveSettings()
    for module in _MODULES:
        module.api_settings = live
