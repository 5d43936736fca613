"""The user of a verified access token, not read before somebody looks at more than whose token it is."""

from collections.abc import Callable
from typing import Any, Final

from django.contrib.auth import get_user_model
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.utils.functional import SimpleLazyObject, empty

from keyturn import conf
from keyturn.errors import Reason, RefusedError
from keyturn.sessions.user_table import UserTable

__all__ = ["LazyUser"]

_ASKED_OF_EVERY_VALUE: Final = frozenset({"filterable", "get_source_expressions", "resolve_expression"})
"""What Django's queries look for on whatever they are given; a user has none."""


@conf.OncePerSettings
def _model(_settings: conf.Settings) -> Any:
    return get_user_model()


class LazyUser(SimpleLazyObject):  # type: ignore[type-arg] # takes no argument at run time
    """Stands for a user of the project's model: in ``isinstance``, templates, permissions, queries and foreign keys.

    What the token says is answered without reading: that the user is authenticated, the id, equality with another user.
    Anything else reads the row, once.

    Args:
        read: returns the user, or raises what a view shall see where there is none, or none that may go on.
        users: the user model's table.
        user_id: the user's id as text, in the form of ``USER_ID_FIELD``.

    Raises:
        RefusedError: ``invalid_claim``: no user can have this id.
    """

    def __init__(self, read: Callable[[], Any], *, users: UserTable, user_id: str) -> None:
        field = users.id_field
        try:
            value = field.to_python(user_id)
        except (ValidationError, ValueError, TypeError):
            raise RefusedError(Reason.INVALID_CLAIM, "no user can have this id") from None
        known = {field.attname: value}
        if not field.is_relation:
            known[field.name] = value
        if field.primary_key:
            known["pk"] = value
        # A model may have answers of its own.
        model = _model()
        if model.is_authenticated is AbstractBaseUser.is_authenticated:
            known["is_authenticated"] = True
        if model.is_anonymous is AbstractBaseUser.is_anonymous:
            known["is_anonymous"] = False
        # Past __setattr__, which is the user's own and would read.
        self.__dict__["_known"] = known
        super().__init__(read)

    @property
    def _meta(self) -> Any:
        return get_user_model()._meta

    def _is_pk_set(self) -> bool:
        """Django's queries ask this, from 5.2 on."""
        return self.pk is not None

    @property  # type: ignore[misc] # as Django's lazy objects do, so that isinstance() sees the user model
    def __class__(self) -> Any:
        return get_user_model()

    def __getattr__(self, name: str) -> Any:
        if self._wrapped is empty:
            if name in self._known:
                return self._known[name]
            if name in _ASKED_OF_EVERY_VALUE:
                raise AttributeError(name)
            self._setup()
        return getattr(self._wrapped, name)

    def __repr__(self) -> str:
        # Django's shows the function that reads, and with it every claim of the token.
        return repr(self._wrapped) if self._wrapped is not empty else f"<LazyUser: {self._known}>"

    def __bool__(self) -> bool:
        return True

    # As models have it: same model, same primary key.
    def __eq__(self, other: object) -> bool:
        model = get_user_model()
        if not isinstance(other, model):
            return NotImplemented
        return bool(self._meta.concrete_model is other._meta.concrete_model and self.pk == other.pk)

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash(self.pk)
