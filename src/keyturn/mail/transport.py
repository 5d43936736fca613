"""The way out: Django's own e-mail back end, as the project's settings name it."""

from collections.abc import Sequence
from typing import Any, Final, Protocol

from django.conf import settings as django_settings
from django.core import mail
from django.core.mail import EmailMessage

__all__ = ["Transport", "is_configured", "open_transport"]

# Takes every message and throws it away: what the ready-made server names where nobody told it a mail server.
_NOWHERE: Final = "django.core.mail.backends.dummy.EmailBackend"


class Transport(Protocol):
    """What every back end of Django's can do."""

    def open(self) -> bool | None:
        """Connect, where it is not connected."""

    def close(self) -> None:
        """Hang up."""

    def send_messages(self, email_messages: Sequence[EmailMessage], /) -> int | None:
        """Hand messages over."""


def _mailers() -> dict[str, Any] | None:
    """``MAILERS``, the way that Django has configured mail since 6.1; None where the project does it the older way."""
    return getattr(django_settings, "MAILERS", None) if hasattr(mail, "mailers") else None


def open_transport() -> Transport:
    """The back end of the settings, not connected yet."""
    found: Any = mail.get_connection() if _mailers() is None else getattr(mail, "mailers").default  # noqa: B009 - newer
    transport: Transport = found
    return transport


def is_configured() -> bool:
    """Whether mail goes anywhere: the settings name a default back end, and it is not the one that throws mail away."""
    mailers = _mailers()
    if mailers is not None:
        default = mailers.get("default")
        return default is not None and default.get("BACKEND") != _NOWHERE
    # Not even looked at where it is Django's own: its newer versions warn of the name.
    is_set = django_settings.is_overridden("EMAIL_BACKEND")  # type: ignore[misc] # a method, unknown to the types
    return not is_set or django_settings.EMAIL_BACKEND != _NOWHERE
