"""The configured providers: found by their ids, listed for a page, and in the shape that django-allauth knows."""

from typing import Any, Final

from allauth.socialaccount.providers.base import Provider as _Provider
from django.apps import apps

from keyturn import conf
from keyturn.conf.providers import Provider

__all__ = ["ConfiguredProvider", "find", "listed"]


def find(provider_id: str) -> Provider | None:
    """The provider of an id; None: there is none."""
    return conf.get().providers.get(provider_id)


def listed() -> list[dict[str, str]]:
    """Ids and names, in the order of the names. No query."""
    if not apps.is_installed("allauth.socialaccount"):
        return []
    found = sorted(conf.get().providers.values(), key=lambda one: (one.name.casefold(), one.id))
    return [{"id": one.id, "name": one.name} for one in found]


class _Account:
    """A linked account, as django-allauth shows one."""

    def __init__(self, account: Any) -> None:
        self._account = account

    def to_str(self) -> str:
        """What its owner knows it by."""
        known = self._account.extra_data if isinstance(self._account.extra_data, dict) else {}
        for name in ("email", "username", "login", "name"):
            value = known.get(name)
            if isinstance(value, str) and value:
                return value
        return str(self._account.uid)

    def get_profile_url(self) -> None:
        """Nothing of the provider's is linked to."""

    def get_avatar_url(self) -> None:
        """Nothing of the provider's is shown."""


class ConfiguredProvider(_Provider):
    """A provider of the settings; or, for rows whose provider is configured no longer, its name and nothing else.

    Args:
        request: as django-allauth has it.
        provider_id: ours.
        settings: None: not configured.
    """

    uses_apps: Final = False
    account_class = _Account

    def __init__(self, request: Any, *, provider_id: str, settings: Provider | None) -> None:
        self.id = provider_id
        self.name = settings.name if settings is not None else provider_id
        self.supports_redirect = settings is not None
        self.supports_token_authentication = settings is not None and settings.takes_tokens
        super().__init__(request)
