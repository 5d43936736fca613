"""Under which issuer an account at a provider was linked: a subject is a name only with whom it was given by.

The id of a provider is ours, and its settings may come to name another issuer, which gives the same subjects to other
people (OpenID Connect Core section 2, ``sub``).
"""

from typing import Any, Final

from keyturn.conf.providers import Kind, Provider
from keyturn.errors import Reason, RefusedError

__all__ = ["ISSUER", "check_issuer", "home_of", "issuer_of", "signs_in_by"]

ISSUER: Final = "keyturn_issuer"
"""Where it stands in ``extra_data`` of a linked account. A name of our own: django-allauth keeps all claims there, and
among them an ``iss`` that Google spells in two ways."""

_TENANT: Final = "{tenantid}"


def issuer_of(account: Any) -> str:
    """The issuer that a linked account's row keeps; empty: of a former version, or django-allauth's."""
    known = account.extra_data.get(ISSUER) if isinstance(account.extra_data, dict) else None
    return known if isinstance(known, str) else ""


def home_of(provider: Provider) -> str:
    """What stands in the place of the issuer of GitHub, which is no OpenID provider."""
    return provider.home.lower()


def check_issuer(account: Any, issuer: str) -> None:
    """Take a subject for a linked account only from the issuer that it was linked under.

    A row that keeps none takes that of its next sign-in.

    Args:
        account: the row.
        issuer: who gave the subject; empty: it was asked for before the upgrade, and is believed.

    Raises:
        RefusedError: ``provider_refused``.
    """
    known = issuer_of(account)
    if known and issuer and known != issuer:
        why = "linked under another issuer; the provider's id has been given to this one since"
        raise RefusedError(Reason.PROVIDER_REFUSED, why)


def signs_in_by(provider: Provider, account: Any) -> bool:
    """Whether a linked account can sign in by a provider as the settings have it now.

    Args:
        provider: of the row's id.
        account: the row.
    """
    known = issuer_of(account)
    if not known:
        return True
    expected = home_of(provider) if provider.kind == Kind.GITHUB else provider.issuer
    before, template, after = expected.partition(_TENANT)
    return known.startswith(before) and known.endswith(after) if template else known == expected
