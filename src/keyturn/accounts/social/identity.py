"""Who a provider says somebody is: the few claims that are kept, in a strict shape."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from django.core.exceptions import ValidationError

from keyturn.accounts.issuers import ISSUER
from keyturn.defence.names import check_email
from keyturn.errors import Reason, RefusedError

__all__ = ["Identity", "subject_of", "text_of"]

_LONGEST_SUBJECT: Final = 191
"""Characters: what django-allauth's column holds. OpenID Connect Core section 2 allows 255."""
_LONGEST_TEXT: Final = 150


@dataclass(frozen=True, slots=True)
class Identity:
    """An account at a provider.

    Args:
        provider: our id of the provider.
        subject: the provider's name for the account, which never changes and is never given to another.
        issuer: who gave that name; another issuer may give the same to somebody else (OpenID Connect Core section 2).
            Of GitHub where it is; empty in a flow of a former version.
        email: in the form in which addresses are kept here; empty where there is none that can be used.
        email_verified: whether the provider vouches for it.
        username: what the account calls itself; nobody's name here.
        given_name: for a new user's profile.
        family_name: the same.
    """

    provider: str
    subject: str
    issuer: str = ""
    email: str = ""
    email_verified: bool = False
    username: str = ""
    given_name: str = ""
    family_name: str = ""

    @classmethod
    def claimed(
        cls, provider: str, subject: str, claims: Mapping[str, Any], *, issuer: str, email: Any, is_verified: bool
    ) -> "Identity":
        """Take what is of use from claims that are somebody else's text.

        Args:
            provider: our id.
            subject: checked.
            claims: names as in OpenID Connect Core section 5.1.
            issuer: checked.
            email: as claimed.
            is_verified: whether the provider says so.
        """
        address = _email(email)
        return cls(
            provider=provider,
            subject=subject,
            issuer=issuer,
            email=address,
            email_verified=is_verified and bool(address),
            username=text_of(claims.get("preferred_username")),
            given_name=text_of(claims.get("given_name")) or text_of(claims.get("name")).partition(" ")[0],
            family_name=text_of(claims.get("family_name")) or text_of(claims.get("name")).partition(" ")[2],
        )

    def kept(self) -> dict[str, Any]:
        """What stands in the row of the linked account, for its owner to recognise it by."""
        found: dict[str, Any] = {
            "email": self.email,
            "email_verified": self.email_verified,
            "username": self.username,
            "name": " ".join(part for part in (self.given_name, self.family_name) if part),
        }
        return found | ({ISSUER: self.issuer} if self.issuer else {})

    def written(self) -> dict[str, Any]:
        """As JSON can hold it."""
        return asdict(self)

    @classmethod
    def read(cls, written: Mapping[str, Any]) -> "Identity":
        """The reverse of :meth:`written`."""
        return cls(**written)


def subject_of(claim: Any) -> str:
    """Check a provider's name for an account.

    Raises:
        RefusedError: ``provider_refused``: it is no text, empty, too long, or holds what no database stores.
    """
    if not isinstance(claim, str) or not 0 < len(claim) <= _LONGEST_SUBJECT or not claim.isprintable():
        raise RefusedError(Reason.PROVIDER_REFUSED, "sub is no text of 1 to 191 characters")
    return claim


def text_of(claim: Any) -> str:
    """A claim for people: empty where it is no short line of text."""
    if not isinstance(claim, str) or len(claim) > _LONGEST_TEXT or not claim.isprintable():
        return ""
    return claim.strip()


def _email(claim: Any) -> str:
    if not isinstance(claim, str) or not claim.isprintable():
        return ""
    try:
        return check_email(claim)
    except ValidationError:
        return ""
