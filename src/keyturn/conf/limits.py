"""How often something may be tried: the rules of :mod:`keyturn.defence`, by name, as the settings write them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from typing import Any, Final

__all__ = ["DEFAULTS", "Limit", "limits"]


@dataclass(frozen=True, slots=True)
class Limit:
    """So many within a window of time.

    Args:
        count: how many are let through.
        window: from the first of them until counting begins anew.
    """

    count: int
    window: timedelta


DEFAULTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        # Guesses at a password: of one account from one address, from one address, at one account from addresses
        # from which nobody has signed in to it yet (NIST SP 800-63B-4 section 3.2.2 asks for 100 at most).
        "login_pair": "5/5m",
        "login_address": "100/5m",
        "login_account": "100/1h",
        # Guesses at codes that were sent by mail, over all flows together.
        "code_pair": "10/10m",
        "code_address": "100/10m",
        "code_account": "50/1h",
        # New accounts of one address; attempts to make one with the same e-mail address.
        "sign_up_address": "50/1h",
        "sign_up_email": "5/1h",
        # Mails that one address has sent to anybody, and mails that one mailbox is sent by anybody.
        "mail_address": "50/1h",
        "mail_email": "5/15m",
        # Presented keys of links.
        "link_address": "60/10m",
        # Sign-ins and links that were begun at a provider.
        "provider_address": "100/10m",
        # Exports of everything held about a user.
        "export_account": "10/1h",
    }
)

_UNITS: Final = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
_LONGEST: Final = timedelta(days=7)


def limits(value: Any) -> Mapping[str, Limit | None]:
    """A dictionary of rules such as ``"5/5m"``, laid over the defaults; None switches a rule off."""
    if not isinstance(value, Mapping):
        raise TypeError("must be a dictionary such as {'login_pair': '5/5m'}")
    for name in value:
        if name not in DEFAULTS:
            raise ValueError(f"knows {', '.join(DEFAULTS)}, not {name!r}")
    return MappingProxyType({name: _limit(name, given) for name, given in {**DEFAULTS, **value}.items()})


def _limit(name: str, given: Any) -> Limit | None:
    if given is None or isinstance(given, Limit):
        return given
    found = re.fullmatch(r"([1-9][0-9]{0,5})/([1-9][0-9]{0,5})([smhd])", given) if isinstance(given, str) else None
    if found is None:
        raise ValueError(f"has no rule of the form '5/5m' for {name!r}")
    window = timedelta(seconds=int(found[2]) * _UNITS[found[3]])
    if window > _LONGEST:
        raise ValueError(f"has a window of more than 7 days for {name!r}")
    return Limit(int(found[1]), window)
