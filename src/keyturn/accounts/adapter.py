"""django-allauth's hooks."""

from allauth.account.adapter import DefaultAccountAdapter

__all__ = ["AccountAdapter"]


class AccountAdapter(DefaultAccountAdapter):
    """What django-allauth asks its project."""
