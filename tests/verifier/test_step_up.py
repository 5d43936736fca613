"""A service asks for a recent, or a stronger, proof of who the user is (RFC 9470)."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from keyturn.verifier import Reason, RefusedError, VerifiedToken, answer_to, require_authentication

NOW = 1_800_000_000.0
FIVE_MINUTES = timedelta(minutes=5)


def token(**claims) -> VerifiedToken:
    moment = datetime.fromtimestamp(NOW, tz=UTC)
    return VerifiedToken(claims, subject="7", session_id=uuid4(), token_id="1", expires_at=moment, issued_at=moment)


def refused(shown: VerifiedToken, **wanted) -> RefusedError:
    with pytest.raises(RefusedError) as caught:
        require_authentication(shown, now=NOW, **wanted)
    assert caught.value.reason is Reason.REAUTHENTICATION_REQUIRED
    return caught.value


@pytest.mark.parametrize(
    "wanted",
    [{}, {"max_age": FIVE_MINUTES}, {"acr": "2fa"}, {"acr": "1fa"}, {"max_age": FIVE_MINUTES, "acr": "2fa"}],
    ids=str,
)
def test_a_token_that_tells_of_enough_lets_in(wanted):
    require_authentication(token(auth_time=int(NOW) - 299, acr="2fa"), now=NOW, **wanted)


@pytest.mark.parametrize(
    ("claims", "wanted"),
    [
        ({"auth_time": int(NOW) - 301, "acr": "2fa"}, {"max_age": FIVE_MINUTES}),
        ({"acr": "2fa"}, {"max_age": FIVE_MINUTES}),
        ({"auth_time": True, "acr": "2fa"}, {"max_age": FIVE_MINUTES}),
        ({"auth_time": 1e300, "acr": "2fa"}, {"max_age": FIVE_MINUTES}),
        ({"auth_time": int(NOW), "acr": "1fa"}, {"acr": "2fa"}),
        ({"auth_time": int(NOW)}, {"acr": "1fa"}),
        ({"auth_time": int(NOW), "amr": ["impersonation"], "act": {"sub": "1"}}, {"max_age": FIVE_MINUTES}),
        ({"auth_time": int(NOW), "acr": "2fa", "act": {"sub": "1"}}, {}),
        ({"auth_time": int(NOW), "acr": ["2fa"]}, {"acr": "2fa"}),
    ],
    ids=str,
)
def test_a_token_that_tells_of_less_or_of_nothing_does_not(claims, wanted):
    refused(token(**claims), **wanted)


def test_the_answer_is_the_challenge():
    answer = answer_to(refused(token(), max_age=FIVE_MINUTES, acr="2fa"))
    assert answer.status == 401
    assert answer.headers == {
        "WWW-Authenticate": (
            'Bearer realm="api", error="insufficient_user_authentication", max_age="300", acr_values="2fa"'
        )
    }
    assert answer.body == {
        "detail": "Prove once more who you are, then try again.",
        "code": "reauthentication_required",
        "reason": "reauthentication_required",
        "max_age": 300,
        "acr_values": "2fa",
    }
    only_age = answer_to(refused(token(), max_age=FIVE_MINUTES), authorization="DPoP abc")
    assert only_age.headers["WWW-Authenticate"].startswith("DPoP ")
    assert only_age.headers["WWW-Authenticate"].endswith('error="insufficient_user_authentication", max_age="300"')


def test_the_present_moment_is_the_default():
    just_now = int(datetime.now(tz=UTC).timestamp())
    require_authentication(token(auth_time=just_now, acr="1fa"), max_age=FIVE_MINUTES)
    with pytest.raises(RefusedError):
        require_authentication(token(auth_time=just_now - 400, acr="1fa"), max_age=FIVE_MINUTES)
