"""Make a message of its three templates: ``keyturn/mail/<name>.subject.txt``, ``.txt`` and ``.html``.

A project overrides a template by one of the same name, and translates it like any other; names and variables are
listed in docs/how-to/change-the-mails.md.
"""

import re
from collections.abc import Mapping
from email.errors import MessageError
from email.headerregistry import Address
from functools import lru_cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from django.conf import settings as django_settings
from django.core.mail import EmailMultiAlternatives
from django.template import TemplateDoesNotExist
from django.template.backends.django import DjangoTemplates
from django.template.loader import get_template
from django.utils import translation
from django.utils.encoding import punycode
from django.utils.safestring import mark_safe

from keyturn import conf
from keyturn.clock import utc_now
from keyturn.mail.language import language_of_caller
from keyturn.trail.calling import current_caller
from keyturn.user_agents import browser_and_system

__all__ = ["BadAddressError", "render"]

_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,60}")
_SPACE_AND_CONTROL: Final = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u2028\u2029]+")
# RFC 5321 section 4.5.3.1.3, without the angle brackets.
_LONGEST_ADDRESS: Final = 254

# What not every mail says. Where a name is not found, Django logs for developers all that was found, codes too.
_SOMETIMES: Final = dict.fromkeys(
    ("code", "link", "provider", "with_password", "reset_url", "sign_in_url", "sign_up_url", "signup"), ""
)


class BadAddressError(ValueError):
    """Nothing that one mail can be sent to. The address is not repeated."""


def render(
    name: str,
    *,
    to: str,
    context: Mapping[str, Any] | None = None,
    language: str | None = None,
    from_email: str | None = None,
) -> EmailMultiAlternatives:
    """Render one mail for one reader.

    Every template sees, beside ``context``: ``site_name``, ``site_url`` (both from the settings, never from a request's
    ``Host``), ``email`` (the reader's address), ``ip`` and ``device`` of
    the current caller, and ``at``, the present moment in words.

    Args:
        name: of the templates.
        to: exactly one address, without a display name.
        context: what this mail says.
        language: Django's code for it; None: the caller's, as far as it can be told.
        from_email: None: ``DEFAULT_FROM_EMAIL``.

    Raises:
        BadAddressError: ``to`` is not one address.
        TemplateDoesNotExist: there are no such templates.
    """
    if not _NAME.fullmatch(name):
        raise TemplateDoesNotExist(name)
    address = _one_address(to)
    with translation.override(language or language_of_caller()):
        known = _SOMETIMES | _always_known(address) | dict(context or {})
        # What stands in plain text needs no escaping for HTML, also where a project's own template forgets to say so.
        plain = {key: mark_safe(value) if isinstance(value, str) else value for key, value in known.items()}  # noqa: S308 - no HTML
        subject = _one_line(_rendered(f"{name}.subject.txt", plain))
        message = EmailMultiAlternatives(
            subject=subject,
            body=_rendered(f"{name}.txt", plain).strip() + "\n",
            from_email=from_email or django_settings.DEFAULT_FROM_EMAIL,
            to=[address],
            # So that nobody's holiday notice answers (RFC 3834 section 5).
            headers={"Auto-Submitted": "auto-generated"},
        )
        message.attach_alternative(_rendered(f"{name}.html", known | {"subject": subject}).strip() + "\n", "text/html")
    return message


def _always_known(address: str) -> dict[str, Any]:
    caller = current_caller()
    site_url = conf.get().public_url or ""
    return {
        "site_name": conf.get().site_name or urlsplit(site_url).hostname or "Keyturn",
        "site_url": site_url,
        "email": address,
        "ip": caller.ip or "",
        "device": ", ".join(word for word in browser_and_system(caller.user_agent) if word),
        # Not left to templates, which would show the project's time zone.
        "at": f"{utc_now():%Y-%m-%d %H:%M} UTC",
    }


def _one_address(text: str) -> str:
    """Refuse what could become two addresses, or a header (CWE-93)."""
    if len(text) > _LONGEST_ADDRESS or not text.isprintable() or " " in text:
        raise BadAddressError
    local, _, domain = text.rpartition("@")
    try:
        # Names of other scripts travel in their ASCII form (RFC 5890 section 2.3.2.1).
        ascii_only = f"{local}@{punycode(domain)}"
        address = Address(addr_spec=ascii_only)
    except (MessageError, ValueError, IndexError):
        raise BadAddressError from None
    # A comment would be read, and left out.
    if not address.domain or (not local.startswith('"') and f"{address.username}@{address.domain}" != ascii_only):
        raise BadAddressError
    return text


def _one_line(text: str) -> str:
    return _SPACE_AND_CONTROL.sub(" ", text).strip()


@lru_cache(maxsize=1)
def _own_engine() -> DjangoTemplates:
    """Finds our templates in projects whose engines look into no app."""
    directory = Path(__file__).resolve().parent.parent / "templates"
    return DjangoTemplates({"NAME": "keyturn", "DIRS": [directory], "APP_DIRS": False, "OPTIONS": {}})


def _rendered(template: str, context: dict[str, Any]) -> str:
    path = f"keyturn/mail/{template}"
    try:
        found: Any = get_template(path)
    except TemplateDoesNotExist:
        found = _own_engine().get_template(path)
    return str(found.render(context))
