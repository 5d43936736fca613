"""A key with the one algorithm it may be used with, and the set of keys that a verifier accepts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol

import jwt

__all__ = ["Key", "KeySet", "RemoteKeys"]


@dataclass(frozen=True)
class Key:
    """One key, bound to one algorithm (RFC 8725 section 3.1).

    Args:
        algorithm: a JWS ``alg`` such as ``HS256`` or ``RS256``.
        signing: what signs: a secret, or a private key in PEM; None where this process only verifies.
        verifying: what verifies: the same secret, or a public key in PEM.
        kid: the name written into the header, or None for tokens without one.
    """

    algorithm: str
    signing: Any = field(repr=False)
    verifying: Any = field(repr=False)
    kid: str | None = None

    @cached_property
    def prepared_signing(self) -> Any:
        """The signing key in the form the signature algorithm wants, parsed once."""
        return jwt.PyJWS().get_algorithm_by_name(self.algorithm).prepare_key(self.signing)

    @cached_property
    def prepared_verifying(self) -> Any:
        """The verifying key in the form the signature algorithm wants, parsed once."""
        return jwt.PyJWS().get_algorithm_by_name(self.algorithm).prepare_key(self.verifying)


class RemoteKeys(Protocol):
    """Public keys that live at a URL (``SIMPLE_JWT["JWK_URL"]``)."""

    def find(self, raw: str) -> Key | None:
        """Return the key that the token's header names, or None."""


@dataclass(frozen=True)
class KeySet:
    """The keys of one kind of token.

    Args:
        signing: signs new tokens.
        named: verifies tokens whose header has that ``kid``.
        unnamed: verifies tokens without ``kid``, tried in order.
        remote: asked for a ``kid`` that is not named here, where the project verifies by URL.
    """

    signing: Key
    named: Mapping[str, Key] = field(default_factory=dict)
    unnamed: tuple[Key, ...] = ()
    remote: RemoteKeys | None = None
