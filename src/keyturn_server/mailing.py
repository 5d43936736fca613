"""``KEYTURN_EMAIL_URL`` and ``KEYTURN_EMAIL_FROM``, and what Django is told about mail."""

import re
from dataclasses import dataclass, field
from email.errors import MessageError
from email.headerregistry import Address
from email.utils import parseaddr
from ipaddress import ip_address
from typing import Any, Final
from urllib.parse import parse_qsl, unquote, urlsplit

import django

__all__ = ["NOBODY", "MailServer", "mailer", "parse", "sender", "settings_of"]

NOBODY: Final = "keyturn@localhost"
"""The sender of mail that never leaves the machine."""

_EXAMPLE: Final = "smtp://user:password@mail.example.com:587"
_HOST: Final = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?", re.IGNORECASE)
# Submission over TLS from the start, by STARTTLS (RFC 8314 section 3, RFC 6409 section 3.1), and relaying.
_PORTS: Final = {"implicit": 465, "starttls": 587, "none": 25}
# Seconds for each step. RFC 5321 section 4.5.3.2 allows minutes; the queue tries again instead.
_TIMEOUT: Final = 15


@dataclass(frozen=True, slots=True)
class MailServer:
    """A mail server as the URL names it. Its ``repr`` holds no password.

    Args:
        host: name or address.
        port: to connect to.
        tls: ``starttls``, ``implicit`` or ``none``. Certificates are verified.
        username: empty: nobody signs in.
        password: its password.
    """

    host: str
    port: int
    tls: str
    username: str = ""
    password: str = field(default="", repr=False)

    def __str__(self) -> str:
        """For people."""
        return f"{self.host}, port {self.port}"


def parse(text: str) -> MailServer:
    """Read the URL of a mail server: ``smtp://`` (with STARTTLS, unless ``?tls=none``) or ``smtps://``.

    Raises:
        ValueError: it is none, or would send a password in the clear; the words never repeat the URL.
    """
    if not text.strip().isprintable():
        raise ValueError("has control characters in it")
    try:
        parts = urlsplit(text.strip())
        port, host = parts.port, parts.hostname or ""
    except ValueError:
        raise ValueError(f"is not a URL; write it as {_EXAMPLE}") from None
    if parts.scheme not in {"smtp", "smtps"}:
        raise ValueError(f"does not begin with smtp:// or smtps://; write it as {_EXAMPLE}")
    if not (_HOST.fullmatch(host) or _is_address(host)):
        raise ValueError(f"names no host; write it as {_EXAMPLE}")
    if parts.path not in {"", "/"} or parts.fragment:
        raise ValueError(
            f"has something after the host (special characters in a user name or password are percent-encoded);"
            f" write it as {_EXAMPLE}"
        )
    tls = _tls(parts.scheme, parts.query)
    username, password = unquote(parts.username or ""), unquote(parts.password or "")
    if password and not username:
        raise ValueError(f"has a password and no user name; write it as {_EXAMPLE}")
    if not (username + password).isprintable():
        raise ValueError("has a user name or password with control characters")
    if username and tls == "none" and not _is_here(host):
        raise ValueError("would send a password in the clear: leave tls=none out, or the user name")
    if port == 0:
        raise ValueError(f"names port 0; write it as {_EXAMPLE}")
    return MailServer(host=host, port=port or _PORTS[tls], tls=tls, username=username, password=password)


def _tls(scheme: str, query: str) -> str:
    options = dict(parse_qsl(query, keep_blank_values=True))
    asked = options.pop("tls", "implicit" if scheme == "smtps" else "starttls")
    if options or (scheme == "smtps" and asked != "implicit") or asked not in _PORTS:
        raise ValueError("has an option that is not known; smtp:// takes ?tls=starttls or ?tls=none")
    if scheme == "smtp" and asked == "implicit":
        raise ValueError("begins with smtp://, and TLS from the start is smtps://")
    return asked


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _is_here(host: str) -> bool:
    """Whether what is sent there leaves no machine."""
    return host == "localhost" or (_is_address(host) and ip_address(host).is_loopback)


def sender(text: str) -> str:
    """Read a sender: one address, with or without a name: ``Example <auth@example.com>``.

    Raises:
        ValueError: it is none.
    """
    plain = text.strip()
    name, address = parseaddr(plain)
    wrong = ValueError(f"is not one address: {plain!r}; write it as auth@example.com or Example <auth@example.com>")
    if not plain.isprintable():
        raise wrong
    try:
        found = Address(addr_spec=address)
    except (MessageError, ValueError, IndexError):
        raise wrong from None
    # What was read must be all that was written.
    if not found.username or not found.domain or plain not in {address, f"{name} <{address}>", f'"{name}" <{address}>'}:
        raise wrong
    return plain


def mailer(server: MailServer | None, *, to_inbox: bool) -> dict[str, Any]:
    """What Django sends by, as its ``MAILERS`` has it: that server, the inbox of development, or nothing at all."""
    if to_inbox:
        return {"BACKEND": "keyturn_server.inbox.EmailBackend"}
    if server is None:
        return {"BACKEND": "django.core.mail.backends.dummy.EmailBackend"}
    return {
        "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "OPTIONS": {
            "host": server.host,
            "port": server.port,
            "username": server.username,
            "password": server.password,
            "use_tls": server.tls == "starttls",
            "use_ssl": server.tls == "implicit",
            "timeout": _TIMEOUT,
        },
    }


# Django's names for the options before 6.1.
_OLD_NAMES: Final = {
    "host": "EMAIL_HOST",
    "port": "EMAIL_PORT",
    "username": "EMAIL_HOST_USER",
    "password": "EMAIL_HOST_PASSWORD",
    "use_tls": "EMAIL_USE_TLS",
    "use_ssl": "EMAIL_USE_SSL",
    "timeout": "EMAIL_TIMEOUT",
}


def settings_of(default: dict[str, Any]) -> dict[str, Any]:
    """The settings by the names that this Django has for them: ``MAILERS`` since 6.1, ``EMAIL_…`` before."""
    if django.VERSION >= (6, 1):
        return {"MAILERS": {"default": default}}
    options = {_OLD_NAMES[name]: value for name, value in default.get("OPTIONS", {}).items()}
    return {"EMAIL_BACKEND": default["BACKEND"], **options}
