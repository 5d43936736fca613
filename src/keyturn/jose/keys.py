"""A key with the one algorithm it may be used with, and the set of keys that a verifier accepts."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol

import jwt

from keyturn.jose.compact import encoded, written
from keyturn.jose.signing import signer

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
        return self._method.prepare_key(self.signing)

    @cached_property
    def prepared_verifying(self) -> Any:
        """The verifying key in the form the signature algorithm wants, parsed once."""
        return self._method.prepare_key(self.verifying)

    @cached_property
    def _method(self) -> Any:
        return jwt.PyJWS().get_algorithm_by_name(self.algorithm)

    @cached_property
    def sign(self) -> Callable[[bytes], bytes]:
        """Gives the signature over some bytes, as JWS writes it."""
        return signer(self._method, self.prepared_signing)

    @cached_property
    def _heads(self) -> dict[tuple[str, type[json.JSONEncoder] | None], bytes]:
        return {}

    def head(self, typ: str, *, encoder: type[json.JSONEncoder] | None = None) -> bytes:
        """The first part of a token that this key signs: ``alg``, ``kid`` and ``typ`` in base64url, made once.

        Args:
            typ: one of the few words that code has for it; all are remembered.
            encoder: what writes the claims as well.
        """
        found = self._heads.get((typ, encoder))
        if found is None:
            header = {"alg": self.algorithm, "typ": typ} | ({} if self.kid is None else {"kid": self.kid})
            found = self._heads[typ, encoder] = encoded(written(header, encoder=encoder, in_order=True))
        return found

    def verifies(self, signed: bytes, signature: bytes) -> bool:
        """Whether a signature over some bytes is this key's."""
        try:
            return bool(self._method.verify(signed, self.prepared_verifying, signature))
        except (jwt.PyJWTError, ValueError, TypeError):
            return False


class RemoteKeys(Protocol):
    """Public keys that live elsewhere: at a URL (``SIMPLE_JWT["JWK_URL"]``), or in the database."""

    def find(self, raw: str) -> Key | None:
        """Return the key that the token's header names, or None."""


@dataclass(frozen=True)
class KeySet:
    """The keys that verify one kind of token.

    Args:
        named: verifies tokens whose header has that ``kid``.
        unnamed: verifies tokens without ``kid``, tried in order.
        remote: asked for a ``kid`` that is not named here: the keys of a URL, or a key ring that may have grown.
    """

    named: Mapping[str, Key] = field(default_factory=dict)
    unnamed: tuple[Key, ...] = ()
    remote: RemoteKeys | None = None
