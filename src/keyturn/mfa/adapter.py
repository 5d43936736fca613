"""``MFA_ADAPTER``: django-allauth's hooks for factors. Imported only where ``allauth.mfa`` is installed."""

from urllib.parse import urlsplit

from allauth.mfa.adapter import DefaultMFAAdapter, get_adapter
from django.conf import settings

from keyturn import conf
from keyturn.mfa.passkey_site import passkey_site
from keyturn.mfa.sealing import open_secret, seal_secret
from keyturn.mfa.totp import qr_svg

__all__ = ["FactorAdapter", "factor_adapter"]


class FactorAdapter(DefaultMFAAdapter):
    """A project's own may inherit from it, and say for example what an app shows beside its codes.

    Keyturn seals for the row that a secret is in, which these hooks are not told. They serve django-allauth's own code,
    and factors that were set up before: what is not sealed by Keyturn is handed to :meth:`decrypt`.
    """

    def encrypt(self, text: str) -> str:
        """Seal for no row."""
        return seal_secret(text, user_pk=None, kind="")

    def decrypt(self, encrypted_text: str) -> str:
        """Open what was sealed for no row; what never was is returned as it is.

        Raises:
            FactorSecretError: it cannot be opened, or was sealed for a row.
        """
        return open_secret(encrypted_text, user_pk=None, kind="").plain

    def get_totp_issuer(self) -> str:
        """What an app shows above the code: ``MFA_TOTP_ISSUER``, else the name of the site. Never a request's host."""
        return str(getattr(settings, "MFA_TOTP_ISSUER", "") or self._get_site_name())

    def build_totp_svg(self, url: str) -> str:
        """A QR code."""
        return qr_svg(url)

    def _get_site_name(self) -> str:
        known = conf.get()
        return known.site_name or urlsplit(known.public_url or "").hostname or "Keyturn"

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """The site that passkeys belong to.

        Raises:
            RefusedError: ``passkeys_unavailable``: the settings name none.
        """
        site = passkey_site()
        return {"id": site.rp_id, "name": site.name}


def factor_adapter() -> FactorAdapter:
    """The project's adapter where it stands on ours; else ours, since django-allauth's own asks a request for names."""
    found = get_adapter()
    return found if isinstance(found, FactorAdapter) else FactorAdapter()
