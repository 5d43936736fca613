"""What a verifier says of a token, in a word."""

from keyturn.errors import RefusedError, UnavailableError
from keyturn.verifier import Verifier
from tests.bad_input.forgery import claims_of


def verdict(verifier: Verifier, raw: str) -> str:
    try:
        verifier.verify(raw)
    except RefusedError as error:
        return error.reason.value
    except UnavailableError:
        return "unavailable"
    return "good"


def sid_of(raw: str) -> str:
    sid: str = claims_of(raw)["sid"]
    return sid
