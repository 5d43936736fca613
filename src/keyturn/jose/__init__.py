"""Sign and verify JSON Web Tokens (RFC 7515, 7519, 8725). No Django here."""

from keyturn.jose.derivation import derive_key
from keyturn.jose.keys import Key, KeySet
from keyturn.jose.tokens import Expectation, key_name, sign, verify

__all__ = ["Expectation", "Key", "KeySet", "derive_key", "key_name", "sign", "verify"]
