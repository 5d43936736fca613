"""What django-allauth's headless engine asks its project: who a user is, and where the pages of a front end are."""

from typing import Final

from allauth.headless.adapter import DefaultHeadlessAdapter

from keyturn.accounts.links import link_to

__all__ = ["HeadlessAdapter"]

_PAGES: Final = {
    "account_confirm_email": "verify_email",
    "account_reset_password_from_key": "reset_password",
}


class HeadlessAdapter(DefaultHeadlessAdapter):
    """``HEADLESS_ADAPTER``. A project's own may inherit from it."""

    def get_frontend_url(self, urlname: str, **kwargs: str) -> str:
        """The address of a page, of the settings only; django-allauth would complete a path by the ``Host``."""
        # Asked for also where nothing is made of the answer, and then there must be one.
        return link_to(_PAGES.get(urlname, "sign_in"), key=kwargs.get("key", "")) or "/"
