"""By what a user can sign in, and what is therefore not taken away."""

from typing import Any, Final

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth import get_user_model

from keyturn.accounts.ways_in import WayIn, require_way_in, ways_in
from keyturn.errors import Reason, RefusedError
from tests.accounts.engine import PASSWORD
from tests.mfa.authenticator import SoftAuthenticator

pytestmark = pytest.mark.django_db

WITH_PASSKEYS: Final = {"PUBLIC_URL": "https://auth.example.com"}


@pytest.fixture
def ada(settings: Any) -> Any:
    """A user who has nothing yet."""
    settings.KEYTURN = {"PROVIDERS": {"acme": {"ISSUER": "https://id.acme.example", "CLIENT_ID": "a"}}}
    user = get_user_model().objects.create_user("ada")
    assert ways_in(user) == ()
    return user


def test_a_password_is_one(ada: Any) -> None:
    ada.set_password(PASSWORD)
    assert ways_in(ada) == (WayIn.PASSWORD,)
    assert ways_in(ada, without=[WayIn.PASSWORD]) == ()


def test_an_account_at_a_configured_provider_is_one(ada: Any) -> None:
    row = SocialAccount.objects.create(user=ada, provider="acme", uid="a")
    other = SocialAccount.objects.create(user=ada, provider="gone", uid="a")
    assert ways_in(ada) == (WayIn.PROVIDER,)
    assert ways_in(ada, without=[row]) == ()
    assert ways_in(ada, without=[other]) == (WayIn.PROVIDER,)


def _passkey(*, alone: bool) -> dict[str, Any]:
    """What is kept of one, and what the browser said of it."""
    asked = {
        "challenge": "AAAA",
        "pubKeyCredParams": [{"type": "public-key", "alg": -7}],
        "rp": {"id": "auth.example.com"},
        "user": {"id": "AAAA"},
    }
    made = SoftAuthenticator().create({"publicKey": asked})
    return {"name": "key", "credential": {**made, "clientExtensionResults": {"credProps": {"rk": alone}}}}


@pytest.mark.parametrize("alone", [True, False])
def test_a_passkey_is_one_where_it_is_found_without_a_name(ada: Any, settings: Any, alone: bool) -> None:
    settings.KEYTURN = {**settings.KEYTURN, **WITH_PASSKEYS}
    data = _passkey(alone=alone)
    row = Authenticator.objects.create(user=ada, type=Authenticator.Type.WEBAUTHN, data=data)
    assert ways_in(ada) == ((WayIn.PASSKEY,) if alone else ())
    assert ways_in(ada, without=[row]) == ()


@pytest.mark.parametrize("own", [{}, {"MFA_PASSKEY_LOGIN_ENABLED": False}], ids=["no site", "no sign-in"])
def test_a_passkey_that_signs_nobody_in_here_is_none(ada: Any, settings: Any, own: dict[str, Any]) -> None:
    """Else the only linked account could be taken away, and nobody would come in again."""
    data = _passkey(alone=True)
    Authenticator.objects.create(user=ada, type=Authenticator.Type.WEBAUTHN, data=data)
    if own:
        settings.KEYTURN = {**settings.KEYTURN, **WITH_PASSKEYS}
    for name, value in own.items():
        setattr(settings, name, value)
    assert ways_in(ada) == ()


def test_a_code_of_an_app_is_none(ada: Any) -> None:
    Authenticator.objects.create(user=ada, type=Authenticator.Type.TOTP, data={"secret": "JBSWY3DPEHPK3PXP"})
    assert ways_in(ada) == ()


@pytest.mark.parametrize(("is_on", "is_verified"), [(True, True), (True, False), (False, True)])
def test_mail_is_one_where_codes_are_mailed_and_the_address_is_verified(
    ada: Any, settings: Any, is_on: bool, is_verified: bool
) -> None:
    settings.ACCOUNT_LOGIN_BY_CODE_ENABLED = is_on
    EmailAddress.objects.create(user=ada, email="ada@example.com", verified=is_verified, primary=True)
    assert ways_in(ada) == ((WayIn.MAIL,) if is_on and is_verified else ())


def test_the_last_one_is_not_taken_away(ada: Any) -> None:
    first = SocialAccount.objects.create(user=ada, provider="acme", uid="a")
    second = SocialAccount.objects.create(user=ada, provider="acme", uid="b")
    require_way_in(ada, without=[first])
    with pytest.raises(RefusedError) as refused:
        require_way_in(ada, without=[first, second])
    assert refused.value.reason is Reason.LAST_WAY_IN
    ada.set_password(PASSWORD)
    require_way_in(ada, without=[first, second])


def test_who_comes_in_by_something_else_loses_nothing(ada: Any) -> None:
    """By a directory, say, that a back end of the project's own asks."""
    require_way_in(ada, without=[SocialAccount.objects.create(user=ada, provider="gone", uid="a")])
