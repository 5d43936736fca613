"""Remove what is kept of factors that are gone: rows deleted by hand leave it behind."""

from typing import Any

from django.apps import apps
from django.db.models import Exists, OuterRef

from keyturn.mfa.models import FactorState
from keyturn.signin.users import user_database

__all__ = ["prune_states"]


def prune_states(*, batch_size: int = 1_000) -> int:
    """Remove the states that name no factor. Where ``allauth.mfa`` is not installed nobody can tell, and all stay.

    Args:
        batch_size: rows a statement.

    Returns:
        How many there were.
    """
    if not apps.is_installed("allauth.mfa"):
        return 0
    model: Any = apps.get_model("mfa", "Authenticator")
    factors = model._base_manager.filter(pk=OuterRef("factor_id"))
    rows, total = FactorState._base_manager.using(user_database()), 0
    while some := list(rows.filter(~Exists(factors)).values_list("pk", flat=True)[:batch_size]):
        total += int(rows.filter(pk__in=some).delete()[0])
    return total
