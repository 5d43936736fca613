"""Which of one's own factors may be removed. Only imported where ``allauth.mfa`` is installed."""

from collections.abc import Collection
from typing import Any

from django.db import transaction

from keyturn.accounts.ways_in import require_way_in
from keyturn.errors import Reason, RefusedError
from keyturn.mfa.enrolling import remove_factors
from keyturn.mfa.factors import RECOVERY_CODES, rows_of
from keyturn.signin import must_have_factor
from keyturn.signin.users import locked_user, user_database

__all__ = ["remove_own_factors"]


def remove_own_factors(user_pk: Any, *, ids: Collection[int]) -> int:
    """Remove factors of a user who asks for it, under the lock of the user's row: two calls cannot remove the last two.

    Args:
        user_pk: the user's primary key.
        ids: of rows of ``mfa_authenticator``; those that are not the user's, or gone, do not count.

    Returns:
        How many were removed; recovery codes that went with the last one do not count.

    Raises:
        RefusedError: ``factor_setup_required``: the user must have a factor (``FACTOR_REQUIRED_OF``), and none would be
            left; ``last_way_in``: there would be no way left to sign in. Nothing was removed.
    """
    with transaction.atomic(using=user_database()):
        user = locked_user(user_pk)
        rows = list(rows_of(user.pk))
        going = [row for row in rows if row.pk in ids and row.type != RECOVERY_CODES]
        if not going:
            return 0
        staying = [row for row in rows if row not in going and row.type != RECOVERY_CODES]
        if not staying and must_have_factor(user):
            raise RefusedError(Reason.FACTOR_SETUP_REQUIRED, "the last factor of a user who must have one")
        require_way_in(user, without=going)
        remove_factors(user=user, factors=going)
        return len(going)
