"""The nonces for DPoP proofs that all nodes of one service give and recognise, without storing any."""

from functools import lru_cache

from keyturn.jose import derive_key
from keyturn.jose.nonces import Nonces
from keyturn.keys.derived import secrets

__all__ = ["proof_nonces"]


def proof_nonces() -> Nonces:
    """Nonces under a key derived from ``SECRET_KEY``; those of its fallbacks are still recognised.

    Raises:
        ImproperlyConfigured: ``SECRET_KEY`` is empty.
    """
    return _made_of(secrets())


@lru_cache(maxsize=4)
def _made_of(known: tuple[str | bytes, ...]) -> Nonces:
    return Nonces(tuple(derive_key(one, purpose="keyturn dpop nonce v1") for one in known))
