"""What a setting about passkeys may be. Each function returns it, checked, or raises with words for its name."""

import ipaddress
import re
from typing import Any, Final

from keyturn.conf.addresses import origins

__all__ = ["ANDROID", "fits", "is_domain", "origins_of_passkeys", "rp_id"]

ANDROID: Final = "android:apk-key-hash:"
"""How an Android app's origin begins; the base64url of its signing certificate's SHA-256 follows."""

_DOMAIN: Final = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)(\.(?!-)[a-z0-9-]{1,63}(?<!-))*")
_ANDROID: Final = re.compile(re.escape(ANDROID) + r"[A-Za-z0-9_-]{43}")
_LONGEST: Final = 253


def rp_id(value: Any) -> str | None:
    """The domain that passkeys belong to (WebAuthn Level 3 section 4, "Relying Party Identifier"); None."""
    if value is None:
        return None
    if not isinstance(value, str):
        raise TypeError("must be a domain such as 'example.com'")
    if not is_domain(value):
        raise ValueError("must be a domain in small letters such as 'example.com': no address, port or path")
    return value


def is_domain(host: str) -> bool:
    """Whether a host is a domain in its normal form. Passkeys can belong to no IP address."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return len(host) <= _LONGEST and _DOMAIN.fullmatch(host) is not None
    return False


def origins_of_passkeys(value: Any) -> tuple[str, ...]:
    """A list of origins of pages, and of Android apps, whose passkeys' answers are taken."""
    if not isinstance(value, (list, tuple)):
        raise TypeError("must be a list of origins such as 'https://app.example.com'")
    found: list[str] = []
    for one in value:
        if isinstance(one, str) and one.startswith("android:"):
            if _ANDROID.fullmatch(one) is None:
                raise ValueError(f"must write an Android app as {ANDROID} and 43 characters of base64url: not {one!r}")
            found.append(one)
        else:
            found += origins([one])
    return tuple(dict.fromkeys(found))


def fits(origin: str, domain: str) -> bool:
    """Whether a browser lets a page of this origin use passkeys of this domain without asking anybody.

    Args:
        origin: in its normal form.
        domain: a relying party's identifier: the page's own host, or a suffix of it. A page has to be secure; those
            of ``localhost`` count as that (W3C Secure Contexts section 3.1).
    """
    scheme, _, rest = origin.partition("://")
    host = rest.partition(":")[0]
    is_secure = scheme == "https" or (scheme == "http" and (host == "localhost" or host.endswith(".localhost")))
    return is_secure and (host == domain or host.endswith("." + domain))
