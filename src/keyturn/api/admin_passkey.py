"""A passkey as the second step of the admin's login; the form and what is remembered are the code's."""

import json
from typing import Any, Final

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from keyturn import strict_json
from keyturn.api import admin_steps as steps
from keyturn.clock import utc_now
from keyturn.errors import RefusedError, TooManyAttemptsError
from keyturn.mfa.factors import WEBAUTHN, methods_of
from keyturn.mfa.passkey_site import can_use_passkeys
from keyturn.trail.calling import current_caller

__all__ = ["PASSKEY_FIELD", "context_of", "enters_with_passkey"]

PASSKEY_FIELD: Final = "keyturn_passkey"
"""The form field, filled by the page's script; a POST that has it is the second step."""

_LONGEST: Final = 65_536
"""Characters of a passkey's answer."""


def context_of(user: Any) -> dict[str, Any]:
    """What the page needs to ask for a passkey, and whether to ask for a code.

    Args:
        user: whose password was right.
    """
    methods = methods_of(user)
    found: dict[str, Any] = {"asks_for_code": methods != (WEBAUTHN,), "passkey_field": PASSKEY_FIELD}
    if WEBAUTHN in methods and can_use_passkeys():
        # python-fido2 comes with django-allauth's factors, which not every project has.
        from keyturn.mfa.passkeys import Purpose, request_options  # noqa: PLC0415

        asked = request_options(purpose=Purpose.SECOND_FACTOR, user=user, now=utc_now())
        found["passkey_options"] = json.dumps(asked)
    return found


def enters_with_passkey(site: Any, request: HttpRequest, user: Any) -> HttpResponse | None:
    """Let in whose passkey answered; None where it does not serve.

    Args:
        site: the admin's.
        request: of the second step.
        user: whose password was right.

    Raises:
        TooManyAttemptsError: not looked at.
    """
    from keyturn.accounts.passkeys import second_factor  # noqa: PLC0415 - as above

    try:
        second_factor(user, _credential(request), ip=current_caller().ip, now=utc_now(), details=steps.DOOR)
    except TooManyAttemptsError:
        raise
    except RefusedError:
        return None
    steps.enter(request, user)
    return HttpResponseRedirect(steps.next_page(site, request))


def _credential(request: HttpRequest) -> Any:
    text = request.POST.get(PASSKEY_FIELD, "")
    try:
        return strict_json.parsed(text.encode()) if len(text) <= _LONGEST else None
    except (ValueError, RecursionError):
        return None
