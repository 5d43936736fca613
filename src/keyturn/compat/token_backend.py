"""simplejwt's token backend on Keyturn's keys: it signs, and checks signatures, expiry, audience and issuer."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import jwt
from rest_framework_simplejwt.exceptions import TokenBackendError, TokenBackendExpiredToken

from keyturn import conf
from keyturn.clock import utc_now
from keyturn.errors import Reason, RefusedError
from keyturn.tokens.claims import GENERATION, TokenType, verified
from keyturn.tokens.minting import encode_access, encode_refresh

__all__ = ["KeyturnTokenBackend"]


class KeyturnTokenBackend:
    """What ``rest_framework_simplejwt.state.token_backend`` is, and each token's ``get_token_backend()``."""

    def encode(self, payload: Mapping[str, Any]) -> str:
        """Sign a payload with the key of its kind."""
        is_refresh = GENERATION in payload or payload.get(conf.get().token_type_claim or "") == TokenType.REFRESH
        return encode_refresh(payload) if is_refresh else encode_access(payload)

    def decode(self, token: Any, verify: bool = True) -> dict[str, Any]:
        """Return the payload.

        Raises:
            TokenBackendError: the token does not verify.
        """
        if not isinstance(token, (str, bytes)):
            raise TokenBackendError("Token is invalid")
        try:
            if verify:
                return verified(token, now=utc_now())
            return dict(jwt.decode(token, options={"verify_signature": False}))
        except RefusedError as error:
            kind = TokenBackendExpiredToken if error.reason is Reason.EXPIRED else TokenBackendError
            raise kind(error.refusal.detail) from error
        except jwt.PyJWTError as error:
            raise TokenBackendError("Token is invalid") from error

    def get_leeway(self) -> timedelta:
        """``LEEWAY``."""
        return conf.get().leeway
