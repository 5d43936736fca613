"""What is sent to the endpoints of accounts elsewhere. Only imported with ``allauth.socialaccount`` installed."""

from collections.abc import Mapping
from typing import Any, Final

from allauth.headless.internal.restkit import inputs
from allauth.headless.socialaccount.inputs import SignupInput
from django.core.exceptions import ValidationError

from keyturn.accounts.redirects import may_redirect_to
from keyturn.accounts.social.providers import find
from keyturn.accounts.social.starts import Process
from keyturn.conf.providers import Provider

__all__ = [
    "BeginInput",
    "DeleteInput",
    "ProviderSignupInput",
    "ProviderTokenInput",
    "RedirectInput",
    "provider_in",
    "token_in",
]

_LONGEST: Final = 16_384
"""Characters of a code or an ID token."""


class _StartInput(inputs.Input):
    """What is wanted of which provider."""

    provider = inputs.CharField()
    process = inputs.ChoiceField(choices=[(one.value, one.value) for one in Process], required=False)

    def clean_provider(self) -> Provider:
        """A configured one."""
        found = find(self.cleaned_data["provider"])
        if found is None:
            raise ValidationError("There is no such provider.", code="unknown_provider")
        return found

    def clean_process(self) -> Process:
        """To sign in, where nothing is said."""
        return Process(self.cleaned_data["process"] or Process.LOGIN)


class RedirectInput(_StartInput):
    """Where to lead the browser afterwards."""

    callback_url = inputs.CharField(strip=False, max_length=2_000)

    def clean_callback_url(self) -> str:
        """An address of ours: by a path, or at an origin that the settings name."""
        address: str = self.cleaned_data["callback_url"]
        if not may_redirect_to(address):
            raise ValidationError("This leads to a place that it must not lead to.", code="bad_next")
        return address


class BeginInput(_StartInput):
    """Where the provider leads a mobile app's browser back to, where the app has one opened."""

    redirect_uri = inputs.CharField(required=False, strip=False)

    def clean(self) -> dict[str, Any]:
        """One that the settings name for the provider, exactly (RFC 9700 section 4.1.3)."""
        cleaned: dict[str, Any] = super().clean() or {}
        provider, address = cleaned.get("provider"), cleaned.get("redirect_uri")
        if provider is not None and not provider.takes_tokens:
            self.add_error("provider", ValidationError("Apps cannot use this provider.", code="unknown_provider"))
        elif provider is not None and address and address not in provider.app_redirect_uris:
            self.add_error("redirect_uri", ValidationError("Not an address of this app.", code="bad_next"))
        return cleaned


class ProviderTokenInput(_StartInput):
    """What an app was given by a provider."""

    token = inputs.Field()

    def clean_token(self) -> Any:
        """An ID token; or a code, with the state that came along."""
        found = token_in(self.data)
        if found is None:
            raise ValidationError("An id_token, or a code and its state.", code="invalid_token")
        return found


class ProviderSignupInput(SignupInput):
    """The rest of a sign-up. Whether an address has an account is found out where it is stored."""

    def validate_unique_email(self, value: str) -> str:
        """Nothing is said about it here."""
        return value


class DeleteInput(inputs.Input):
    """Which account is to go."""

    provider = inputs.CharField()
    # As the provider spells it.
    account = inputs.CharField(strip=False)


def provider_in(data: Mapping[str, Any]) -> Provider | None:
    """The provider that a body names; None: none that is configured."""
    name = data.get("provider")
    return find(name) if isinstance(name, str) else None


def token_in(data: Mapping[str, Any]) -> dict[str, str] | None:
    """What an app has brought, if it is in order; nothing that is not known, so that nobody brings an access token."""
    found = data.get("token")
    if not isinstance(found, dict) or not all(
        isinstance(value, str) and 0 < len(value) <= _LONGEST and value.isprintable() for value in found.values()
    ):
        return None
    if set(found) == {"id_token"} or {"code", "state"} <= set(found) <= {"code", "state", "iss"}:
        return found
    return None
