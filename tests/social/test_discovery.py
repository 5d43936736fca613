"""What is remembered of a provider, and when it is asked again: never while somebody holds a lock."""

import time
from typing import Any

import pytest

from keyturn.accounts.social import discovery, openid, talking
from keyturn.accounts.social.id_tokens import identity_in
from keyturn.accounts.social.starts import Process, Start
from keyturn.conf.providers import Provider, providers
from keyturn.errors import Reason, RefusedError
from keyturn.verifier.transport import Answer, checked_url

ISSUER = "https://id.acme.example"
DOCUMENT = (
    b'{"issuer": "https://id.acme.example", "authorization_endpoint": "https://id.acme.example/a",'
    b' "token_endpoint": "https://id.acme.example/t", "jwks_uri": "https://id.acme.example/k"}'
)


class Asked:
    """Stands in for the network, and counts."""

    remaining = 6.0

    def __init__(self) -> None:
        self.is_down = False
        self.patience: list[float | None] = []

    def get(self, url: str, *, what: str, headers: Any = None, at_most: float | None = None) -> Answer:
        self.patience.append(at_most)
        if self.is_down:
            raise RefusedError(Reason.PROVIDER_UNAVAILABLE, "down")
        return Answer(200, {}, DOCUMENT)


@pytest.fixture
def acme() -> Provider:
    return providers({"acme": {"ISSUER": ISSUER, "CLIENT_ID": "a"}})["acme"]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Seconds that pass when the test says so."""
    now = [1_000_000.0]
    monkeypatch.setattr("keyturn.accounts.social.discovery.time.monotonic", lambda: now[0])
    return now


def test_a_document_that_cannot_be_had_anew_is_used_and_not_asked_for_by_everybody(acme: Any, clock: Any) -> None:
    asked: Any = Asked()
    discovery.metadata_of(acme, asked)
    asked.is_down = True
    clock[0] += 3_700
    for _ in range(3):
        assert discovery.metadata_of(acme, asked, for_next=60).issuer == ISSUER
    # Once, and not for as long as a sign-in may take.
    assert asked.patience == [None, 2.0]
    assert discovery.fresh_metadata(acme, for_next=30) is not None
    clock[0] += 130
    discovery.metadata_of(acme, asked)
    assert len(asked.patience) == 3
    clock[0] += 86_400
    with pytest.raises(RefusedError) as refused:
        discovery.metadata_of(acme, asked)
    assert refused.value.reason is Reason.PROVIDER_UNAVAILABLE


def test_whoever_prepared_has_a_minute_in_which_nobody_is_asked(acme: Any, clock: Any) -> None:
    asked: Any = Asked()
    discovery.metadata_of(acme, asked)
    clock[0] += 3_590
    assert discovery.fresh_metadata(acme) is not None
    discovery.metadata_of(acme, asked, for_next=60)
    assert len(asked.patience) == 2
    clock[0] += 59
    assert discovery.fresh_metadata(acme) is not None


def test_the_address_to_go_to_is_made_without_asking_anybody(acme: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody() -> Any:
        raise AssertionError("somebody was asked")

    start = Start("acme", Process.LOGIN, "", "https://here.example/", "", "", int(time.time()))
    monkeypatch.setattr(talking, "place", nobody)
    with pytest.raises(RefusedError) as refused:
        talking.authorization_url(acme, start)
    assert refused.value.reason is Reason.PROVIDER_UNAVAILABLE
    asked: Any = Asked()
    discovery.metadata_of(acme, asked)
    talking.prepare(acme)
    assert talking.authorization_url(acme, start).startswith(f"{ISSUER}/a?")


@pytest.mark.parametrize("host", ["a..b", f"{'a' * 64}.example", ".example"])
def test_what_is_no_name_of_a_host_is_no_address(host: str) -> None:
    with pytest.raises(ValueError, match="token_endpoint"):
        checked_url(f"https://{host}/token", what="token_endpoint")


def test_an_address_is_as_verified_as_the_document_says_that_it_stands_in(
    acme: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The ID token says that some address is verified, and further claims name one that is not."""
    claims = {"iss": ISSUER, "sub": "1", "email_verified": True}
    metadata = discovery.Metadata(ISSUER, f"{ISSUER}/a", f"{ISSUER}/t", f"{ISSUER}/k", f"{ISSUER}/u", (), False)
    monkeypatch.setattr(discovery, "metadata_of", lambda *_: metadata)
    monkeypatch.setattr(openid, "claims_of", lambda *_, **__: {**claims, "xms_edov": True})
    further = b'{"sub": "1", "email": "ada@example.com", "email_verified": false}'

    class Lying(Asked):
        def post(self, *_: Any, **__: Any) -> Answer:
            return Answer(200, {}, b'{"id_token": "x", "access_token": "y"}')

        def get(self, *_: Any, **__: Any) -> Answer:
            return Answer(200, {}, further)

    start = Start("acme", Process.LOGIN, "", "https://here.example/", "", "", int(time.time()))
    asked: Any = Lying()
    found = openid.identity_by_code(acme, start, code="c", issuer=ISSUER, now=None, asking=asked)  # type: ignore[arg-type]
    assert (found.email, found.email_verified) == ("ada@example.com", False)


@pytest.mark.parametrize(("said", "is_verified"), [({}, True), ({"email_verified": False}, False)], ids=str)
def test_nobody_vouches_against_what_the_provider_says(said: dict[str, Any], is_verified: bool) -> None:
    trusted = providers({"acme": {"ISSUER": ISSUER, "CLIENT_ID": "a", "EMAILS_ARE_VERIFIED": True}})["acme"]
    found = identity_in({"iss": ISSUER, "sub": "1", "email": "ada@example.com", **said}, provider=trusted)
    assert found.email_verified is is_verified


def test_github_says_itself_which_addresses_are_verified() -> None:
    github = {"CLIENT_ID": "a", "CLIENT_SECRET": "for-tests-only", "EMAILS_ARE_VERIFIED": True}
    with pytest.raises(ValueError, match="GitHub says it"):
        providers({"github": github})
