"""Tokens that are bound to a key (RFC 9449), as another service takes them."""

import asyncio
import time

import pytest

from keyturn.verifier import (
    AsyncVerifier,
    InvalidProofError,
    Reason,
    RefusedError,
    UseNonceError,
    answer_to,
    presented,
)
from tests.dpop.key import DpopKey
from tests.verifier.fake import CLIENT

URL = "https://orders.example/me?page=2"
KEY = DpopKey()


def shown(token, *, scheme="DPoP", proof=None, **changed):
    if proof is None:
        proof = KEY.proof("GET", "https://orders.example/me", token=token, **changed)
    return presented(authorization=f"{scheme} {token}", dpop=proof, method="GET", url=URL)


@pytest.fixture
def bound(keyturn):
    return keyturn.token(cnf={"jkt": KEY.thumbprint})


def refused(verifier, what, reason=Reason.BINDING_MISSING):
    with pytest.raises(RefusedError) as error:
        verifier.verify(what)
    assert error.value.reason is reason


def test_a_bound_token_is_taken_with_a_proof_by_its_key(verifier, bound):
    token = verifier.verify(shown(bound))
    assert token.bound_key == KEY.thumbprint
    assert verifier.verify(shown(bound)).subject == "7"


def test_a_bound_token_is_no_bearer_token(verifier, bound):
    refused(verifier, bound)
    refused(verifier, bound.encode())
    refused(verifier, shown(bound, scheme="Bearer"))
    verifier.verify(shown(bound))
    refused(verifier, bound)


def test_an_unbound_token_is_taken_as_ever_and_not_by_the_other_scheme(verifier, keyturn):
    token = keyturn.token()
    assert verifier.verify(token).bound_key is None
    assert verifier.verify(shown(token, scheme="bearer"))
    refused(verifier, shown(token))


def test_no_proof_or_one_by_another_key_is_refused(verifier, bound):
    refused(verifier, presented(authorization=f"DPoP {bound}", dpop=None, method="GET", url=URL))
    refused(verifier, presented(authorization=f"DPoP {bound}", dpop="", method="GET", url=URL))
    refused(verifier, shown(bound, proof=DpopKey().proof("GET", "https://orders.example/me", token=bound)))


@pytest.mark.parametrize("cnf", [{"jkt": 1}, {"jkt": None}, {"jkt": ""}, {"jkt": "x"}], ids=repr)
def test_a_binding_that_nobody_can_have_is_refused(verifier, keyturn, cnf):
    token = keyturn.token(cnf=cnf)
    refused(verifier, token)
    refused(verifier, shown(token))


@pytest.mark.parametrize(
    "changed",
    [{"htm": "POST"}, {"htu": "https://orders.example/"}, {"ath": "another"}, {"jti": ""}, {"header": {"typ": "JWT"}}],
    ids=["htm", "htu", "ath", "jti", "typ"],
)
def test_a_proof_for_something_else_is_refused(verifier, bound, changed):
    with pytest.raises(InvalidProofError):
        verifier.verify(shown(bound, **changed))


def test_a_clock_that_is_wrong_is_helped_by_a_nonce_that_every_process_knows(make, bound):
    one, other = make(), make()
    with pytest.raises(UseNonceError) as error:
        one.verify(shown(bound, iat=1))
    nonce = error.value.nonce
    assert nonce is not None
    assert other.verify(shown(bound, iat=1, nonce=nonce))
    with pytest.raises(UseNonceError):
        other.verify(shown(bound, nonce="of-somebody-else"))


def test_without_a_secret_the_time_of_the_proof_decides(make, bound):
    verifier = make(feed=False)
    assert verifier.verify(shown(bound, nonce="whatever"))
    for age in (-60, 120):
        with pytest.raises(InvalidProofError):
            verifier.verify(shown(bound, iat=int(time.time()) - age))


def test_revocation_is_noticed_as_ever(verifier, keyturn, bound, eventually):
    assert verifier.verify(shown(bound))
    keyturn.revoke(str(verifier.verify(shown(bound)).session_id))

    def is_refused():
        try:
            verifier.verify(shown(bound))
        except RefusedError as error:
            return error.reason is Reason.SESSION_REVOKED
        return False

    eventually(is_refused)


def test_the_asynchronous_verifier_decides_as_the_other(keyturn, bound):
    async def ask():
        async with AsyncVerifier(
            keyturn.issuer, audience="orders", client_id=CLIENT[0], client_secret=CLIENT[1]
        ) as verifier:
            assert (await verifier.verify(shown(bound))).bound_key == KEY.thumbprint
            with pytest.raises(RefusedError):
                await verifier.verify(bound)

    asyncio.run(ask())


@pytest.mark.parametrize(
    ("header", "found"),
    [
        (None, None),
        ("", None),
        ("Basic abc", None),
        ("Bearer abc", ("abc", False)),
        ("dpop abc", ("abc", True)),
        ("DPOP  abc ", ("abc", True)),
        ("DPoPabc", None),
    ],
    ids=repr,
)
def test_the_token_of_a_header_and_its_scheme(header, found):
    read = presented(authorization=header, dpop="p", method="GET", url=URL)
    assert (read and (read.token, read.by_dpop)) == found


@pytest.mark.parametrize("header", ["DPoP", "DPoP a b", "Bearer", "Bearer a b"])
def test_a_header_without_exactly_one_token(header):
    with pytest.raises(RefusedError) as error:
        presented(authorization=header, dpop=None, method="GET", url=URL)
    assert error.value.reason is Reason.MALFORMED


def test_nothing_secret_is_shown_when_it_is_printed():
    read = presented(authorization="DPoP secret-token", dpop="secret-proof", method="GET", url=URL)
    assert "secret" not in repr(read)


def test_what_to_answer():
    broken = answer_to(InvalidProofError("its htm is another method"))
    assert broken.status == 401
    assert broken.headers == {"WWW-Authenticate": 'DPoP realm="api", algs="ES256", error="invalid_dpop_proof"'}
    assert broken.body == {
        "detail": "The DPoP proof does not serve: its htm is another method.",
        "code": "invalid_dpop_proof",
    }
    told = answer_to(UseNonceError("it is old", nonce="n"))
    assert (told.status, told.headers["DPoP-Nonce"], told.headers["Cache-Control"]) == (401, "n", "no-store")
    assert told.headers["WWW-Authenticate"].endswith('error="use_dpop_nonce"')
    refused = answer_to(RefusedError(Reason.BINDING_MISSING), authorization="dpop x")
    assert refused.headers["WWW-Authenticate"].startswith('DPoP realm="api", algs="ES256", error="invalid_token"')
    assert (
        answer_to(RefusedError(Reason.EXPIRED), authorization="Bearer x").headers["WWW-Authenticate"].startswith("Be")
    )
