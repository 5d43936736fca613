"""``REST_FRAMEWORK["DEFAULT_AUTHENTICATION_CLASSES"] = ["keyturn.authentication.JWTAuthentication"]``."""

from keyturn.api.authentication import JWTAuthentication

__all__ = ["JWTAuthentication"]
