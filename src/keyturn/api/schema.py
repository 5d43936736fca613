"""OpenAPI for Keyturn's endpoints, where drf-spectacular is installed."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension

__all__ = ["JWTAuthenticationScheme"]


class JWTAuthenticationScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """The bearer scheme of :class:`keyturn.authentication.JWTAuthentication` and of subclasses of it."""

    target_class = "keyturn.api.authentication.JWTAuthentication"
    match_subclasses = True
    name = "keyturnBearer"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        """RFC 6750."""
        return {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
