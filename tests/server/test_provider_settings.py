"""The environment's variables of providers, and what becomes of them."""

import pytest

from keyturn.conf.providers import providers
from keyturn_server import env
from keyturn_server.env import BadEnvironmentError
from keyturn_server.providers import settings_of
from tests.server.running import PRODUCTION

GOOGLE = {"KEYTURN_GOOGLE_CLIENT_ID": "a", "KEYTURN_GOOGLE_CLIENT_SECRET": "CANARY"}
APPLE = {
    "KEYTURN_APPLE_CLIENT_ID": "com.example.service",
    "KEYTURN_APPLE_TEAM_ID": "team",
    "KEYTURN_APPLE_KEY_ID": "key",
    "KEYTURN_APPLE_PRIVATE_KEY": "-----BEGIN PRIVATE KEY-----\\nx\\n-----END PRIVATE KEY-----",
}
OIDC = {"KEYTURN_OIDC_ISSUER": "https://id.example.com", "KEYTURN_OIDC_CLIENT_ID": "a"}


def test_without_variables_there_are_no_providers(environment):
    environment(**PRODUCTION)
    assert settings_of(env.load()) == {}


def test_each_provider_of_which_something_is_said_is_there(environment):
    environment(
        **PRODUCTION,
        **GOOGLE,
        **APPLE,
        **OIDC,
        KEYTURN_GITHUB_CLIENT_ID="a",
        KEYTURN_GITHUB_CLIENT_SECRET="b",
        KEYTURN_MICROSOFT_CLIENT_ID="a",
        KEYTURN_MICROSOFT_CLIENT_SECRET="b",
    )
    found = providers(settings_of(env.load()))
    assert {one.id: one.name for one in found.values()} == {
        "google": "Google",
        "github": "GitHub",
        "apple": "Apple",
        "microsoft": "Microsoft",
        "oidc": "OpenID",
    }
    assert found["apple"].private_key.splitlines() == ["-----BEGIN PRIVATE KEY-----", "x", "-----END PRIVATE KEY-----"]
    assert found["microsoft"].tenant == "common"


def test_what_concerns_several_is_told_to_each(environment):
    environment(
        **PRODUCTION,
        **GOOGLE,
        **OIDC,
        KEYTURN_APP_CLIENT_IDS="google=1 google=2",
        KEYTURN_APP_REDIRECT_URIS="oidc=com.example.app:/back",
        KEYTURN_PROVIDERS_WITH_VERIFIED_EMAILS="oidc",
    )
    found = providers(settings_of(env.load()))
    assert found["google"].app_client_ids == ("1", "2")
    assert found["oidc"].app_redirect_uris == ("com.example.app:/back",)
    assert [one.emails_are_verified for one in found.values()] == [False, True]


@pytest.mark.parametrize(
    ("variables", "told"),
    [
        ({"KEYTURN_GOOGLE_CLIENT_ID": "a"}, "KEYTURN_GOOGLE_…: must have a CLIENT_SECRET"),
        ({"KEYTURN_GOOGLE_CLIENT_SECRET": "CANARY"}, "KEYTURN_GOOGLE_…: must have a CLIENT_ID"),
        ({**APPLE, "KEYTURN_APPLE_KEY_ID": ""}, "KEYTURN_APPLE_…: must have KEY_ID"),
        ({**OIDC, "KEYTURN_OIDC_ISSUER": "http://id.example.com"}, "KEYTURN_OIDC_…: must have an address with https"),
        (
            {"KEYTURN_MICROSOFT_TENANT": "x", "KEYTURN_MICROSOFT_CLIENT_ID": "a"},
            "KEYTURN_MICROSOFT_…: must have a TENANT",
        ),
        ({"KEYTURN_APP_CLIENT_IDS": "google=1"}, "'google' is named and not configured"),
        ({"KEYTURN_APP_CLIENT_IDS": "google"}, "KEYTURN_APP_CLIENT_IDS is not a list"),
        ({"KEYTURN_PROVIDERS_WITH_VERIFIED_EMAILS": "oidc"}, "'oidc' is named and not configured"),
    ],
    ids=str,
)
def test_what_cannot_work_stops_the_start_and_shows_no_secret(environment, variables, told):
    environment(**{**PRODUCTION, **variables})
    with pytest.raises(BadEnvironmentError) as refused:
        env.load()
    assert told in str(refused.value)
    assert "CANARY" not in str(refused.value)
