"""What the endpoints of passkeys are sent. What a credential holds is read by :mod:`keyturn.mfa.passkey_answers`."""

from typing import Any

from allauth.headless.internal.restkit import inputs
from django.core.exceptions import ValidationError

from keyturn.mfa.passkey_rows import rows

__all__ = ["NAME_LENGTH", "AddInput", "CredentialInput", "RemoveInput", "RenameInput", "SecondFactorInput"]

NAME_LENGTH = 100


class CredentialField(inputs.Field):
    """A JSON object. Django's own field would read an object out of a text."""

    def clean(self, value: Any) -> Any:
        """Take it as it is.

        Raises:
            ValidationError: ``required``, ``invalid``.
        """
        if value is None:
            raise ValidationError("This field is required.", code="required")
        if not isinstance(value, dict):
            raise ValidationError("Not an object.", code="invalid")
        return value


class CredentialInput(inputs.Input):
    """A passkey's answer."""

    credential = CredentialField()

    def __init__(self, *args: Any, user: Any = None, **more: Any) -> None:
        super().__init__(*args, **more)
        self.user = user


class SecondFactorInput(CredentialInput):
    """A passkey's answer, and whether to ask for none at this device for a while."""

    trust_device = inputs.BooleanField(required=False)


class AddInput(CredentialInput):
    """A passkey that was just made, and what to call it."""

    name = inputs.CharField(required=False, max_length=NAME_LENGTH)


class _OwnInput(inputs.Input):
    """Something about passkeys of the user's own."""

    def __init__(self, *args: Any, user: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.user = user

    def own(self, keys: list[Any]) -> list[Any]:
        """The rows with these primary keys.

        Raises:
            ValidationError: ``invalid_choice``: one of them is none of the user's passkeys.
        """
        known = {str(row.pk): row for row in rows().filter(user_id=self.user.pk)}
        found: dict[str, Any] = {}
        for key in keys:
            if isinstance(key, bool) or not isinstance(key, (int, str)) or str(key) not in known:
                raise ValidationError("Not the id of a passkey of yours.", code="invalid_choice")
            found[str(key)] = known[str(key)]
        return list(found.values())


class RenameInput(_OwnInput):
    """Which passkey, and what to call it."""

    id = inputs.Field()
    name = inputs.CharField(max_length=NAME_LENGTH)

    def clean_id(self) -> Any:
        """The row."""
        return self.own([self.cleaned_data["id"]])[0]


class RemoveInput(_OwnInput):
    """Which passkeys."""

    authenticators = inputs.Field()

    def clean_authenticators(self) -> list[Any]:
        """The rows.

        Raises:
            ValidationError: ``invalid``: it is no list.
        """
        given = self.cleaned_data["authenticators"]
        if not isinstance(given, list):
            raise ValidationError("A list of ids is required.", code="invalid")
        return self.own(given)
