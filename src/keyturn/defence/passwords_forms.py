"""Django's own forms that ask for a password, those of the admin among them, by Keyturn's rules.

The admin builds its form of one's own password itself, and projects build theirs on Django's, so that no form of ours
could stand in their place: what they share is changed in place. It keeps new passwords in the form in which logins look
for them, and computes no hash of what is too long.
"""

from typing import Any, Final

from django.contrib.auth import forms
from django.core.exceptions import ValidationError
from django.views.decorators.debug import sensitive_variables

from keyturn.defence.passwords import check_size, normalised, spellings

__all__ = ["install"]

_django_set: Final = forms.SetPasswordMixin.set_password_and_save
_django_validate: Final = forms.SetPasswordMixin.validate_password_for_user


def install() -> None:
    """Change Django's forms in place. Safe to call twice."""
    new: Any = forms.SetPasswordMixin
    new.set_password_and_save = _set_password_and_save
    new.validate_password_for_user = _validate_password_for_user
    change: Any = forms.PasswordChangeForm
    change.clean_old_password = _clean_old_password


@sensitive_variables("password")
def _set_password_and_save(self: Any, user: Any, password_field_name: str = "password1", commit: bool = True) -> Any:  # noqa: FBT001, FBT002, S107 - Django's signature
    """Keep a new password in the form in which logins look for it."""
    password = self.cleaned_data[password_field_name]
    self.cleaned_data[password_field_name] = normalised(password)
    return _django_set(self, user, password_field_name, commit)


@sensitive_variables("password")
def _validate_password_for_user(self: Any, user: Any, password_field_name: str = "password2", **options: Any) -> None:  # noqa: S107 - a field's name
    """Refuse what is too long or no text, whatever validators the project has."""
    password = self.cleaned_data.get(password_field_name)
    if password:
        try:
            check_size(password)
        except ValidationError as error:
            self.add_error(password_field_name, error)
            return
    _django_validate(self, user, password_field_name, **options)


@sensitive_variables("typed", "spelling")
def _clean_old_password(self: Any) -> str:
    """Compare the old password as a login does."""
    typed: str = self.cleaned_data["old_password"]
    for spelling in spellings(typed):
        if self.user.check_password(spelling):
            return typed
    raise ValidationError(self.error_messages["password_incorrect"], code="password_incorrect")
