"""OpenAPI for Keyturn's endpoints, where drf-spectacular is installed.

The views know nothing of drf-spectacular, which a project need not have. What cannot be read off them is said through
its extensions: loading this module registers them, and the app does so where ``drf_spectacular`` is installed.
"""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension, OpenApiViewExtension
from drf_spectacular.plumbing import build_bearer_security_scheme_object
from drf_spectacular.utils import extend_schema_serializer, extend_schema_view
from rest_framework.permissions import IsAuthenticated

from keyturn import conf
from keyturn.api.authentication import JWTAuthentication
from keyturn.api.base import KeyturnView
from keyturn.api.logout_views import LogoutView
from keyturn.api.schema_accounts import AccountEndpointExtension
from keyturn.api.schema_delete import with_bodies
from keyturn.api.schema_me import ME_OPERATIONS
from keyturn.api.schema_operations import OPERATIONS
from keyturn.api.schema_second_step import SECOND_STEP_OPERATIONS
from keyturn.api.schema_services import SERVICE_OPERATIONS
from keyturn.api.session_views import SessionSerializer

__all__ = ["AccountEndpointExtension", "JWTAuthenticationScheme", "KeyturnViewExtension"]

extend_schema_serializer(component_name="KeyturnSession")(SessionSerializer)


class JWTAuthenticationScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """The bearer scheme of :class:`keyturn.authentication.JWTAuthentication` and of subclasses of it."""

    target_class = JWTAuthentication
    match_subclasses = True
    name = "keyturnBearer"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        """RFC 6750, or the header that the project named."""
        settings = conf.get()
        scheme: dict[str, Any] = build_bearer_security_scheme_object(
            header_name=settings.auth_header_name, token_prefix=settings.auth_header_types[0], bearer_format="JWT"
        )
        by_key = (
            "A token that is bound to a key goes by the scheme `DPoP`, with a proof in the header `DPoP` (RFC 9449)."
        )
        return {**scheme, "description": by_key}


class KeyturnViewExtension(OpenApiViewExtension):  # type: ignore[no-untyped-call]
    """Describe Keyturn's views, and a project's subclasses of them."""

    target_class = KeyturnView
    match_subclasses = True

    def view_replacement(self) -> Any:
        """Return the view with its description; as it is where the table does not have it."""
        view = self.target
        known = {**OPERATIONS, **SECOND_STEP_OPERATIONS, **ME_OPERATIONS, **SERVICE_OPERATIONS}
        operations = next((known[cls] for cls in view.__mro__ if cls in known), {})
        described: Any = type(view.__name__, (view,), {"__module__": view.__module__})
        if issubclass(view, LogoutView):
            # It wants an access token too, but reads the header itself: an expired one is good enough.
            described.authentication_classes = (JWTAuthentication,)
            described.permission_classes = (IsAuthenticated,)
        descriptions = {name: one.description_of(view) for name, one in operations.items()}
        replaced = extend_schema_view(**descriptions)(described)
        return with_bodies(replaced) if "delete" in descriptions else replaced
