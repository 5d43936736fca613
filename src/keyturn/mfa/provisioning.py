"""What somebody is shown who sets up an authenticator app."""

from dataclasses import dataclass, field
from typing import Any

from keyturn.mfa.totp import otpauth_url

__all__ = ["Provisioning", "provisioning"]


@dataclass(frozen=True, slots=True)
class Provisioning:
    """A secret in the three forms in which it is given.

    Args:
        secret: base32, to be typed.
        url: ``otpauth://``, to be opened on the device itself.
        svg: the same as a QR code, an SVG document.
    """

    secret: str = field(repr=False)
    url: str = field(repr=False)
    svg: str = field(repr=False)


def provisioning(user: Any, secret: str) -> Provisioning:
    """What to show to a user.

    Args:
        user: whose account; its name and the site's are in what the app shows.
        secret: base32; :func:`keyturn.mfa.totp.new_secret`.
    """
    from keyturn.mfa.adapter import factor_adapter  # noqa: PLC0415 - only where allauth.mfa is installed

    adapter = factor_adapter()
    url = otpauth_url(secret, issuer=adapter.get_totp_issuer(), label=adapter.get_totp_label(user))
    return Provisioning(secret, url, adapter.build_totp_svg(url))
