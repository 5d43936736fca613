"""What a login is: credentials, the project's rule, its hooks. Tokens are issued by whoever asked."""

from keyturn.signin.credentials import check_credentials, sign_in, signed_in

__all__ = ["check_credentials", "sign_in", "signed_in"]
