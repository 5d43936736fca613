"""Codes of an authenticator app (RFC 6238), and what an app is told to make them."""

import base64
import hmac
import secrets
import struct
from binascii import Error as NotBase32Error
from datetime import datetime
from io import BytesIO
from typing import Any, Final
from urllib.parse import quote, urlencode

from django.conf import settings

__all__ = ["can_be_code", "code_at", "matching_step", "new_secret", "otpauth_url", "qr_svg", "step_at"]

_SECRET_BYTES: Final = 20
"""As long as the hash that is used: RFC 4226 section 4, R6."""
_ALGORITHM: Final = "sha1"
"""What every app takes, and many take nothing else. HMAC does not rest on SHA-1's resistance to collisions."""
_TOLERANCE: Final = 1
"""Steps before and after the present one: one for a slow reader, one for clocks that differ (RFC 6238 section 5.2)."""


def new_secret() -> str:
    """Make a secret: 160 random bits in base32."""
    return base64.b32encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def step_at(now: datetime) -> int:
    """The number of the period of time in which a moment lies.

    Args:
        now: aware.
    """
    return int(now.timestamp()) // _period()


def code_at(secret: str, step: int) -> str:
    """The code of a step (RFC 4226 section 5.3).

    Args:
        secret: base32.
        step: see :func:`step_at`.

    Raises:
        ValueError: the secret is no base32, or empty.
    """
    try:
        key = base64.b32decode(secret.encode("ascii"), casefold=True)
    except (NotBase32Error, UnicodeEncodeError):
        raise ValueError("not base32") from None
    if not key:
        raise ValueError("empty: anybody could compute its codes")
    digest = hmac.digest(key, struct.pack(">Q", step), _ALGORITHM)
    offset = digest[-1] & 0x0F
    number = int.from_bytes(digest[offset : offset + 4]) & 0x7FFF_FFFF
    return f"{number % 10 ** _digits():0{_digits()}}"


def can_be_code(typed: str) -> bool:
    """Whether it is as many digits as a code has."""
    return len(typed) == _digits() and typed.isascii() and typed.isdigit()


def matching_step(secret: str, code: str, *, now: datetime) -> int | None:
    """The newest step whose code this is; None where it is no code of now, of the step before or of the one after.

    Every step is looked at, whichever matches.

    Args:
        secret: base32.
        code: digits.
        now: aware.

    Raises:
        ValueError: the secret is no base32, or empty.
    """
    if not can_be_code(code):
        return None
    present = step_at(now)
    found = None
    for step in range(max(0, present - _tolerance()), present + _tolerance() + 1):
        if hmac.compare_digest(code_at(secret, step), code):
            found = step
    return found


def qr_svg(text: str) -> str:
    """A QR code as an SVG document of one path, without a size of its own."""
    import qrcode  # noqa: PLC0415 - of django-allauth[mfa]
    from qrcode.image.svg import SvgPathFillImage  # noqa: PLC0415

    # White behind it: a page in dark colours must not turn it around, which many readers do not take.
    picture = qrcode.make(text, image_factory=SvgPathFillImage, error_correction=qrcode.constants.ERROR_CORRECT_M)
    buffer = BytesIO()
    picture.save(buffer)
    return buffer.getvalue().decode()


def otpauth_url(secret: str, *, issuer: str, label: str) -> str:
    """What an app reads from the QR code, in the form that Google Authenticator has defined and all others read.

    It names the issuer twice, since some know only one of the two.

    Args:
        secret: base32.
        issuer: what the app shows as the site's name.
        label: what it shows as the account's.
    """
    said: dict[str, Any] = {"secret": secret, "issuer": issuer}
    if _digits() != 6:
        said["digits"] = _digits()
    if _period() != 30:
        said["period"] = _period()
    # A colon parts issuer and label; neither may have one.
    names = [quote(name.replace(":", " "), safe="") for name in (issuer, label) if name]
    return f"otpauth://totp/{':'.join(names)}?{urlencode(said, quote_via=quote)}"


def _digits() -> int:
    """Of a code; django-allauth's setting, since apps that were set up under it stay as they are."""
    return int(getattr(settings, "MFA_TOTP_DIGITS", 6))


def _period() -> int:
    """Seconds; the same."""
    return int(getattr(settings, "MFA_TOTP_PERIOD", 30))


def _tolerance() -> int:
    return int(getattr(settings, "MFA_TOTP_TOLERANCE", _TOLERANCE))
