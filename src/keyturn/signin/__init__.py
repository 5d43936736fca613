"""What a login is: credentials, the project's rule, its hooks. Tokens are issued by whoever asked."""

from keyturn.signin.credentials import Verified, check_credentials, sign_in, signed_in, verify
from keyturn.signin.factor_rule import FactorRequiredError, must_have_factor
from keyturn.signin.identifying import Identity, account_of, identify, identity_of
from keyturn.signin.unlocking import unlock

__all__ = [
    "FactorRequiredError",
    "Identity",
    "Verified",
    "account_of",
    "check_credentials",
    "identify",
    "identity_of",
    "must_have_factor",
    "sign_in",
    "signed_in",
    "unlock",
    "verify",
]
