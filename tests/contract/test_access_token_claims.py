"""What an access token says (RFC 9068 section 2.2), and what a project adds to it."""

import jwt
import pytest
from django.core.exceptions import ImproperlyConfigured
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken

from keyturn.clock import utc_now
from tests.contract.caller import claims, session_of

pytestmark = pytest.mark.django_db


def header(raw):
    return jwt.get_unverified_header(raw)


def test_the_header_says_that_it_is_an_access_token(ada, caller):
    tokens = caller.log_in()

    assert header(tokens.access)["typ"] == "at+jwt"
    assert header(tokens.refresh)["typ"] == "JWT"
    assert header(caller.refresh(tokens.refresh).access)["typ"] == "at+jwt"


def test_subject_authentication_and_client(ada, caller):
    before = int(utc_now().timestamp())
    tokens = caller.log_in()
    found = claims(tokens.access)

    assert found["sub"] == found["user_id"] == str(ada.pk)
    assert before <= found["auth_time"] <= utc_now().timestamp()
    assert (found["amr"], found["acr"]) == (["pwd"], "1fa")
    assert found["client_id"] == "keyturn"


def test_a_refresh_is_no_new_authentication(ada, caller):
    tokens = caller.log_in()
    session = session_of(tokens.refresh)
    type(session).objects.filter(pk=session.pk).update(
        auth_time=session.auth_time.replace(year=2020), amr="pwd otp mfa"
    )

    found = claims(caller.refresh(tokens.refresh).access)

    assert found["auth_time"] == int(session.auth_time.replace(year=2020).timestamp())
    assert (found["amr"], found["acr"]) == (["pwd", "otp", "mfa"], "2fa")


def test_issuer_and_audience_are_written_and_not_demanded(settings, ada, caller):
    settings.KEYTURN = {"TOKEN_ISSUER": "https://id.example.com", "TOKEN_AUDIENCE": ["shop", "blog"]}
    tokens = caller.log_in()
    found = claims(tokens.access)
    assert (found["iss"], found["aud"]) == ("https://id.example.com", ["shop", "blog"])
    assert "aud" not in claims(tokens.refresh)

    settings.KEYTURN = {"TOKEN_ISSUER": "https://id.example.org", "TOKEN_AUDIENCE": "other"}
    assert caller.home(tokens.access).status_code == 200
    assert claims(caller.refresh(tokens.refresh).access)["aud"] == "other"


def test_the_audience_of_simple_jwt_goes_before(settings, ada, caller):
    settings.KEYTURN = {"TOKEN_AUDIENCE": "other"}
    settings.SIMPLE_JWT = {"AUDIENCE": "mine"}
    tokens = caller.log_in()
    assert claims(tokens.access)["aud"] == claims(tokens.refresh)["aud"] == "mine"


def test_simplejwts_own_classes_give_the_same_claims(ada, caller):
    for access in (
        RefreshToken.for_user(ada).access_token,
        RefreshToken(caller.log_in().refresh).access_token,
    ):
        found = claims(str(access))
        assert set(found) == set(claims(caller.log_in().access))
        assert found["amr"] == ["pwd"]
        assert header(str(access))["typ"] == "at+jwt"


def plan(session):
    """A project's hook."""
    return {
        "plan": f"plan of {session.user.email}",
        "roles": sorted(session.user.groups.values_list("name", flat=True)),
    }


def test_a_projects_claims_are_made_anew_at_every_mint(settings, ada, caller):
    settings.KEYTURN = {"ACCESS_TOKEN_CLAIMS": "tests.contract.test_access_token_claims.plan"}
    tokens = caller.log_in()
    assert claims(tokens.access)["plan"] == "plan of ada@example.com"

    ada.email = "ada@example.org"
    ada.save()
    again = caller.refresh(tokens.refresh)

    assert claims(again.access)["plan"] == "plan of ada@example.org"
    assert "plan" not in claims(tokens.refresh)
    assert "plan" not in claims(again.refresh)
    assert caller.home(again.access).status_code == 200


def test_they_go_before_claims_that_a_refresh_token_carries(settings, ada):
    refresh = RefreshToken.for_user(ada)
    refresh["plan"] = "carried"
    settings.KEYTURN = {"ACCESS_TOKEN_CLAIMS": plan}
    assert claims(str(refresh.access_token))["plan"] == "plan of ada@example.com"


@pytest.mark.django_db(transaction=True)
def test_a_hook_that_does_not_look_at_the_user_costs_no_statement(settings, ada, caller, count_statements):
    settings.KEYTURN = {"ACCESS_TOKEN_CLAIMS": lambda session: {"since": str(session.created_at)}}
    tokens = caller.log_in()
    with count_statements(exactly=1):
        again = caller.refresh(tokens.refresh)
    assert claims(again.access)["since"]


@pytest.mark.parametrize(
    "name", ["exp", "sub", "sid", "gen", "aud", "iss", "jti", "user_id", "token_type", "amr", "acr", "cnf", "scope"]
)
def test_claims_that_keyturn_gives_itself_are_not_the_hooks_to_give(settings, ada, name):
    settings.KEYTURN = {"ACCESS_TOKEN_CLAIMS": lambda _session: {name: "x"}}
    with pytest.raises(ImproperlyConfigured, match=f"must not give {name}: Keyturn does"):
        str(RefreshToken.for_user(ada).access_token)


@pytest.mark.parametrize("answer", [None, "plan", ["plan"], 7])
def test_anything_but_a_mapping_is_no_answer(settings, ada, answer):
    settings.KEYTURN = {"ACCESS_TOKEN_CLAIMS": lambda _session: answer}
    with pytest.raises(ImproperlyConfigured, match="must return a mapping"):
        str(RefreshToken.for_user(ada).access_token)


def test_an_access_token_made_by_hand_stays_what_it_was(ada):
    token = AccessToken.for_user(ada)
    assert "amr" not in token.payload
    assert header(str(token))["typ"] == "at+jwt"
