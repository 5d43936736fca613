"""What becomes of a token in the hands of somebody who has no key."""

import hmac
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

from tests.bad_input.catalogue.parts import b64, claims_of, header_of, spliced, unsigned

__all__ = ["FORGED", "longer"]

_FOREVER: Final = int(datetime(2100, 1, 1, tzinfo=UTC).timestamp())


def _hs256(token: str, secret: str, **header: Any) -> str:
    """Signed with any secret, the empty one too, which libraries refuse to sign with."""
    signing_input = f"{b64(json.dumps({**header_of(token), **header}))}.{token.split('.')[1]}"
    return f"{signing_input}.{b64(hmac.digest(secret.encode(), signing_input.encode(), 'sha256'))}"


def longer(token: str) -> dict[str, Any]:
    """The claims of a token, with an end far away."""
    return {**claims_of(token), "exp": _FOREVER, "refresh_exp": _FOREVER}


def _with_alg(alg: Any) -> Callable[[str], str]:
    return lambda token: unsigned({**header_of(token), "alg": alg}, claims_of(token))


def _with_alg_and_signature(alg: str) -> Callable[[str], str]:
    return lambda token: spliced(token, header={**header_of(token), "alg": alg})


_SHAPES: Final[dict[str, Callable[[str], str]]] = {
    "nothing but dots": lambda _: "..",
    "no signature": lambda token: token.rpartition(".")[0],
    "an empty signature": lambda token: token.rpartition(".")[0] + ".",
    "only the header": lambda token: token.partition(".")[0],
    "a letter less": lambda token: token[:-1],
    "the first half": lambda token: token[: len(token) // 2],
    "a letter more": lambda token: token + "A",
    "four letters more": lambda token: token + "AAAA",
    "padding": lambda token: token + "=",
    "a fourth part": lambda token: token + ".A",
    "a fifth part": lambda token: token + ".A.A",
    "an empty first part": lambda token: "." + token,
    "its parts the other way round": lambda token: ".".join(reversed(token.split("."))),
    "capitals": lambda token: token.upper(),
    "backwards": lambda token: token[::-1],
    "a line break in the signature": lambda token: token[:-5] + "\n" + token[-5:],
    "a stray sign in the signature": lambda token: token[:-5] + "!" + token[-5:],
    "a stray sign in the payload": lambda token: token.replace(".", ".!", 1),
    "the other alphabet": lambda token: token[:-4] + "+/+/",
    "a letter beyond ASCII": lambda token: token[:-5] + "é" + token[-5:],
    "a fullwidth letter": lambda token: token[:-1] + "\uff21",
    "a letter beyond 16 bits": lambda token: token + "😀",
    "quotes": lambda token: f'"{token}"',
    "twice": lambda token: token + token,
    "200 dots": lambda token: token + "." * 200,
    "20,000 letters": lambda token: token + "A" * 20_000,
    "a payload of 20,000 letters": lambda token: spliced(token, claims={**claims_of(token), "more": "x" * 20_000}),
}

_HEADERS: Final[dict[str, Callable[[str], str]]] = {
    "alg none": _with_alg("none"),
    "alg None": _with_alg("None"),
    "alg NONE": _with_alg("NONE"),
    "alg nOnE": _with_alg("nOnE"),
    "no alg": lambda token: unsigned({"typ": "JWT"}, claims_of(token)),
    "alg null": _with_alg(None),
    "alg an array": _with_alg(["HS256"]),
    "alg an object": _with_alg({"HS256": 1}),
    "alg a number": _with_alg(256),
    "alg true": _with_alg(True),
    "alg empty": _with_alg(""),
    "alg none and the signature": _with_alg_and_signature("none"),
    "alg hs256 and the signature": _with_alg_and_signature("hs256"),
    "alg HS512 and the signature": _with_alg_and_signature("HS512"),
    "alg RS256 and the signature": _with_alg_and_signature("RS256"),
    "alg ES256 and the signature": _with_alg_and_signature("ES256"),
    "alg EdDSA and the signature": _with_alg_and_signature("EdDSA"),
    "alg in a language": _with_alg_and_signature("ĤŜ256"),
    "no header": lambda token: "." + token.partition(".")[2],
    "a header that is an array": lambda token: spliced(token, header=["HS256"]),
    "a header that is null": lambda token: spliced(token, header=b"null"),
    "a header that is text": lambda token: spliced(token, header="HS256"),
    "a header that is no JSON": lambda token: spliced(token, header=b"{"),
    "a header in bytes": lambda token: spliced(token, header=b"\xff\xfe"),
    "a header with a long number": lambda token: spliced(token, header=b'{"alg":"HS256","a":' + b"9" * 5_000 + b"}"),
    "a deep header": lambda token: spliced(token, header=b"[" * 9_000),
    "an unknown kid": lambda token: _hs256(token, "x" * 32, kid="another"),
    "an empty kid": lambda token: _hs256(token, "", kid=""),
    "a kid that is a path": lambda token: _hs256(token, "", kid="../../../../../../dev/null"),
    "a kid that is a file of known content": lambda token: _hs256(
        token, "2\n", kid="/proc/sys/kernel/randomize_va_space"
    ),
    "a kid that is a URL": lambda token: _hs256(token, "x" * 32, kid="http://127.0.0.1:1/key"),
    "a kid that is SQL": lambda token: _hs256(token, "x" * 32, kid="' UNION SELECT 'x' --"),
    "a kid that is a command": lambda token: _hs256(token, "x" * 32, kid="|/bin/true"),
    "a kid of 10,000 letters": lambda token: _hs256(token, "x" * 32, kid="k" * 10_000),
    "a kid that is an array": lambda token: spliced(
        token, header={**header_of(token), "kid": [header_of(token)["kid"]]}
    ),
    "a kid that is an object": lambda token: spliced(token, header={**header_of(token), "kid": {}}),
    "a kid that is a number": lambda token: spliced(token, header={**header_of(token), "kid": 0}),
    "a kid that is null": lambda token: spliced(token, header={**header_of(token), "kid": None}),
    "no kid": lambda token: spliced(token, header={"alg": "HS256", "typ": "JWT"}),
    "crit": lambda token: spliced(token, header={**header_of(token), "crit": ["exp"], "exp": 1}),
    "b64": lambda token: spliced(token, header={**header_of(token), "b64": False, "crit": ["b64"]}),
}

_FORGERIES: Final[dict[str, Callable[[str], str]]] = {
    "a later expiry": lambda token: spliced(token, claims=longer(token)),
    "another user": lambda token: spliced(token, claims={**claims_of(token), "user_id": "1"}),
    "a generation from the future": lambda token: spliced(token, claims={**claims_of(token), "gen": 10}),
    "a negative generation": lambda token: spliced(token, claims={**claims_of(token), "gen": -1}),
    "no claims": lambda token: spliced(token, claims={}),
    "a signature of zeros": lambda token: spliced(token, signature=b"\x00" * 32),
    "a short signature": lambda token: spliced(token, signature=b"\x00"),
    "a signature of 10,000 bytes": lambda token: spliced(token, signature=b"\x00" * 10_000),
    "an empty key": lambda token: _hs256(token, ""),
    "the key secret": lambda token: _hs256(token, "secret"),
    "its own kid as key": lambda token: _hs256(token, header_of(token)["kid"]),
    "its own claims as key": lambda token: _hs256(token, json.dumps(claims_of(token))),
}

FORGED: Final[dict[str, Callable[[str], str]]] = {**_SHAPES, **_HEADERS, **_FORGERIES}
"""What makes another token of a token."""
