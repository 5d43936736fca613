"""django-allauth's questions about accounts elsewhere: answered from the settings, and never over the network."""

from typing import Any

from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialApp
from django.db import transaction
from django.http import HttpRequest

from keyturn import conf
from keyturn.accounts.social.providers import ConfiguredProvider, find
from keyturn.accounts.verification import note_verified
from keyturn.clock import stored, utc_now
from keyturn.signin.models import AccountState
from keyturn.signin.users import user_database

__all__ = ["SocialAccountAdapter"]


class SocialAccountAdapter(DefaultSocialAccountAdapter):
    """``SOCIALACCOUNT_ADAPTER``. A project's own may inherit from it."""

    def list_providers(self, request: HttpRequest) -> list[Any]:
        """Those of ``KEYTURN["PROVIDERS"]``, without a query."""
        return [ConfiguredProvider(request, provider_id=one.id, settings=one) for one in conf.get().providers.values()]

    def get_provider(self, request: HttpRequest, provider: str, client_id: str | None = None) -> Any:
        """The provider of an id, also of one that is configured no longer: its rows are still shown."""
        return ConfiguredProvider(request, provider_id=provider, settings=find(provider))

    def list_apps(self, request: HttpRequest, provider: str | None = None, client_id: str | None = None) -> list[Any]:
        """None: their secrets would lie in the database as they are."""
        return []

    def get_app(self, request: HttpRequest, provider: str, client_id: str | None = None) -> Any:
        """None is there."""
        raise SocialApp.DoesNotExist

    def can_authenticate_by_email(self, login: Any, email: str) -> bool:
        """Never: an address that a provider names opens no account here."""
        return False

    def is_email_verified(self, provider: Any, email: str) -> bool:
        """Never by a list of domains: what a provider verified, it says."""
        return False

    def get_requests_session(self) -> Any:
        """django-allauth's own calls have no limit of size, and follow redirects.

        Raises:
            RuntimeError: whatever asks.
        """
        raise RuntimeError("Keyturn asks providers itself: see KEYTURN['PROVIDERS']")

    def save_user(self, request: HttpRequest, sociallogin: Any, form: Any = None) -> Any:
        """Save a user whom a page of the project's own signs up, and that they signed up, as everywhere else."""
        with transaction.atomic(using=user_database()):
            user = super().save_user(request, sociallogin, form=form)
            now = utc_now()
            AccountState.objects.get_or_create(user=user, defaults={"signed_up_at": stored(now)})
            if any(address.verified for address in sociallogin.email_addresses):
                note_verified(user.pk, now=now)
        return user
