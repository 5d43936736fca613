"""What is peculiar to Apple, Microsoft, GitHub and Google, against a server that speaks as each of them does."""

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from django.contrib.auth import get_user_model

from keyturn.jose import Key, KeySet
from keyturn.jose.compact import encoded
from keyturn.jose.jwk import public_jwk
from keyturn.jose.tokens import Expectation, unverified_header, verify
from tests.social.engine import Browser, error_of
from tests.social.liar import Liar

pytestmark = pytest.mark.django_db(transaction=True)

TENANT = "11111111-2222-3333-4444-555555555555"
PERSONAL = "9188040d-6c67-4c5b-b112-36a304b66dad"


def configure(settings: Any, provider: str, **known: Any) -> None:
    """Let the settings know one provider of that name."""
    settings.KEYTURN = {**settings.KEYTURN, "PROVIDERS": {provider: {"CLIENT_ID": "keyturn-at-the-liar", **known}}}


def asked_of(location: str) -> dict[str, str]:
    """What stands in the address at the provider."""
    return {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}


class TestGoogle:
    def test_it_is_an_openid_provider_that_is_asked_for_profile_and_address(self, liar: Liar, settings: Any) -> None:
        configure(settings, "google", ISSUER=liar.issuer, CLIENT_SECRET="of-no-value")
        browser = Browser()
        location = browser.location("google")
        asked = asked_of(location)
        assert asked["scope"] == "openid profile email"
        assert asked["code_challenge_method"] == "S256"
        assert len(asked["code_challenge"]) == 43
        assert len(asked["state"]) == len(asked["nonce"]) == 43
        assert len({asked["state"], asked["nonce"], asked["code_challenge"]}) == 3
        assert error_of(liar.leads_back(browser, location, provider="google")) == ""
        assert browser.finish().status_code == 200
        assert SocialAccount.objects.get().provider == "google"


class TestApple:
    @pytest.fixture
    def key(self, liar: Liar, settings: Any) -> Any:
        """The developer's."""
        key = ec.generate_private_key(ec.SECP256R1())
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        configure(settings, "apple", ISSUER=liar.issuer, TEAM_ID="A-TEAM", KEY_ID="A-KEY", PRIVATE_KEY=pem)
        return key

    def test_it_answers_by_a_form_and_is_shown_a_signed_secret(self, liar: Liar, key: Any) -> None:
        browser = Browser()
        location = browser.location("apple")
        assert asked_of(location)["response_mode"] == "form_post"
        assert asked_of(location)["scope"] == "openid email"
        liar.claims = {"email_verified": "true"}
        assert error_of(liar.leads_back(browser, location, provider="apple")) == ""
        (form,) = [form for path, form, _ in liar.asked if path == "/token"]
        secret = form["client_secret"]
        assert unverified_header(secret)["kid"] == "A-KEY"
        keys = KeySet(unnamed=(Key("ES256", None, key.public_key(), None),), named={})
        keys = KeySet(named={"A-KEY": keys.unnamed[0]})
        said = verify(secret, keys, now=0, expect=Expectation(audience="https://appleid.apple.com", issuer="A-TEAM"))
        assert said["sub"] == "keyturn-at-the-liar"
        assert said["exp"] - said["iat"] == 300
        assert browser.finish().status_code == 200
        assert EmailAddress.objects.get().verified

    def test_a_key_that_is_none_is_said_to_no_client(self, liar: Liar, settings: Any) -> None:
        configure(settings, "apple", ISSUER=liar.issuer, TEAM_ID="T", KEY_ID="K", PRIVATE_KEY="no key")
        browser = Browser()
        led = liar.leads_back(browser, browser.location("apple"), provider="apple")
        assert error_of(led) == "provider_unavailable"


class TestMicrosoft:
    @pytest.fixture(autouse=True)
    def speaks_as_microsoft(self, liar: Liar) -> Any:
        """One document for all tenants, whose issuer is a pattern; keys that do not say their algorithm."""
        key = rsa.generate_private_key(65537, 2048)
        jwk = {name: value for name, value in public_jwk(key.public_key(), algorithm="RS256").items() if name != "alg"}
        document = {**liar.described(), "issuer": f"{liar.issuer}/{{tenantid}}/v2.0", "jwks_uri": f"{liar.issuer}/keys"}
        del document["authorization_response_iss_parameter_supported"]
        for tenant in ("common", "organizations"):
            liar.answers[f"/{tenant}/v2.0/.well-known/openid-configuration"] = document
        own = {**document, "issuer": f"{liar.issuer}/{TENANT}/v2.0"}
        liar.answers[f"/{TENANT}/v2.0/.well-known/openid-configuration"] = own
        liar.answers["/keys"] = {"keys": [jwk]}

        def sign(claims: dict[str, Any]) -> str:
            signer = Key("RS256", key, None, jwk["kid"])
            signed = signer.head("JWT") + b"." + encoded(json.dumps(claims).encode())
            return (signed + b"." + encoded(signer.sign(signed))).decode()

        liar.sign = sign

    def come(
        self, liar: Liar, settings: Any, *, tenant: str, says: dict[str, Any], **known: Any
    ) -> tuple[Any, Browser]:
        """Go there and back."""
        configure(settings, "microsoft", URL=liar.issuer, TENANT=tenant, CLIENT_SECRET="of-no-value", **known)
        browser = Browser()
        liar.claims = {"email_verified": None, **says}
        return liar.leads_back(browser, browser.location("microsoft"), provider="microsoft", iss=None), browser

    def test_any_tenant_signs_in_where_all_may(self, liar: Liar, settings: Any) -> None:
        says = {"iss": f"{liar.issuer}/{TENANT}/v2.0", "tid": TENANT, "xms_edov": True}
        led, browser = self.come(liar, settings, tenant="common", says=says)
        assert error_of(led) == ""
        assert browser.finish().status_code == 200

    @pytest.mark.parametrize("tid", [None, 7, "common", "../x", PERSONAL, "{tenantid}"], ids=str)
    def test_a_tenant_that_is_not_the_issuers_signs_nobody_in(self, liar: Liar, settings: Any, tid: Any) -> None:
        says = {"iss": f"{liar.issuer}/{TENANT}/v2.0", "tid": tid}
        led, _ = self.come(liar, settings, tenant="common", says=says)
        assert error_of(led) == "provider_refused"

    def test_another_tenant_signs_nobody_in_where_one_may(self, liar: Liar, settings: Any) -> None:
        says = {"iss": f"{liar.issuer}/{PERSONAL}/v2.0", "tid": PERSONAL}
        led, _ = self.come(liar, settings, tenant=TENANT, says=says)
        assert error_of(led) == "provider_refused"

    def test_a_persons_own_account_signs_nobody_in_where_organisations_may(self, liar: Liar, settings: Any) -> None:
        says = {"iss": f"{liar.issuer}/{PERSONAL}/v2.0", "tid": PERSONAL}
        led, _ = self.come(liar, settings, tenant="organizations", says=says)
        assert error_of(led) == "provider_refused"

    @pytest.mark.parametrize(
        ("says", "vouched", "is_verified"),
        [
            ({}, False, False),
            ({"email_verified": True}, False, False),
            ({"xms_edov": False}, False, False),
            ({"xms_edov": "0"}, False, False),
            ({"xms_edov": "1"}, False, True),
            ({"xms_edov": True}, False, True),
            ({}, True, True),
        ],
        ids=str,
    )
    def test_an_address_is_verified_only_where_its_domain_is_the_tenants(
        self, liar: Liar, settings: Any, says: dict[str, Any], vouched: bool, is_verified: bool
    ) -> None:
        """Whoever runs a tenant writes any address into it (the hole known as nOAuth)."""
        says = {"iss": f"{liar.issuer}/{TENANT}/v2.0", "tid": TENANT, **says}
        led, browser = self.come(liar, settings, tenant=TENANT, says=says, EMAILS_ARE_VERIFIED=vouched)
        assert error_of(led) == ""
        assert browser.finish().status_code == (200 if is_verified else 401)
        assert EmailAddress.objects.get().verified is is_verified


class TestGitHub:
    @pytest.fixture(autouse=True)
    def speaks_as_github(self, liar: Liar, settings: Any) -> None:
        """A server of GitHub's for enterprises has its API below its own address."""
        configure(settings, "github", URL=liar.issuer, CLIENT_SECRET="of-no-value")
        liar.answers |= {
            "/login/oauth/access_token": {"access_token": "a-token", "token_type": "bearer", "scope": "user:email"},
            "/api/v3/user": {"id": 4711, "login": "octo-cat", "name": "Octo Cat", "email": "public@elsewhere.example"},
            "/api/v3/user/emails": [
                {"email": "second@hub.example", "primary": False, "verified": True},
                {"email": "octo@hub.example", "primary": True, "verified": True},
            ],
        }

    def come(self, liar: Liar) -> tuple[Any, Browser]:
        """Go there and back."""
        browser = Browser()
        return liar.leads_back(browser, browser.location("github"), provider="github", iss=None), browser

    def test_the_number_of_the_account_and_its_main_address_count(self, liar: Liar) -> None:
        led, browser = self.come(liar)
        assert error_of(led) == ""
        assert browser.finish().status_code == 200
        user = get_user_model().objects.get()
        assert (user.username, user.email, user.last_name) == ("octo-cat", "octo@hub.example", "Cat")
        assert SocialAccount.objects.get().uid == "4711"
        (form,) = [form for path, form, _ in liar.asked if path == "/login/oauth/access_token"]
        assert len(form["code_verifier"]) == 43
        told = [headers["Authorization"] for path, _, headers in liar.asked if path.startswith("/api/")]
        assert told == ["Bearer a-token"] * 2

    def test_an_account_that_was_renamed_is_the_same(self, liar: Liar) -> None:
        assert self.come(liar)[1].finish().status_code == 200
        liar.answers["/api/v3/user"] = {"id": 4711, "login": "renamed"}
        assert self.come(liar)[1].finish().status_code == 200
        assert get_user_model().objects.count() == 1

    def test_a_name_that_was_taken_over_is_somebody_else(self, liar: Liar) -> None:
        assert self.come(liar)[1].finish().status_code == 200
        liar.answers["/api/v3/user"] = {"id": 4712, "login": "octo-cat"}
        liar.answers["/api/v3/user/emails"] = [{"email": "new@hub.example", "primary": True, "verified": True}]
        assert self.come(liar)[1].finish().status_code == 200
        assert get_user_model().objects.count() == 2

    @pytest.mark.parametrize(
        "user",
        [{}, [], None, 7, {"id": "4711"}, {"id": True}, {"id": 0}, {"id": -1}, {"id": 1.5}, {"id": [1]}],
        ids=str,
    )
    def test_a_user_without_a_number_is_nobody(self, liar: Liar, user: Any) -> None:
        liar.answers["/api/v3/user"] = json.dumps(user).encode()
        assert error_of(self.come(liar)[0]) == "provider_refused"

    @pytest.mark.parametrize(
        "answer", [{"error": "bad_verification_code"}, [], {"access_token": 7}, {"access_token": "a\nb"}], ids=str
    )
    def test_an_answer_without_a_token_signs_nobody_in(self, liar: Liar, answer: Any) -> None:
        liar.answers["/login/oauth/access_token"] = answer
        assert error_of(self.come(liar)[0]) == "provider_refused"

    @pytest.mark.parametrize(
        "rows", [[], {}, 7, [7], [{"email": 7, "primary": True, "verified": True}], [{"primary": True}]], ids=str
    )
    def test_without_an_address_one_is_asked_for(self, liar: Liar, rows: Any) -> None:
        liar.answers["/api/v3/user/emails"] = rows
        led, browser = self.come(liar)
        assert error_of(led) == ""
        assert [flow["id"] for flow in browser.finish().json()["data"]["flows"] if flow.get("is_pending")] == [
            "provider_signup"
        ]

    def test_an_address_that_is_not_verified_is_not_taken_as_verified(self, liar: Liar) -> None:
        liar.answers["/api/v3/user/emails"] = [{"email": "octo@hub.example", "primary": True, "verified": "true"}]
        assert self.come(liar)[1].finish().status_code == 401
        assert not EmailAddress.objects.get().verified
