"""The documents that have their place at the root of a host (RFC 8615), wherever ``keyturn.urls`` stands.

``keyturn.urls`` holds them too. A project that includes it under a prefix adds ``path("", include(
"keyturn.well_known_urls"))``, since other services look for them at the root.
"""

from django.urls import path

from keyturn.api.well_known_views import AuthorizationServerView, JwksView, RelatedOriginsView

urlpatterns = [
    path(".well-known/jwks.json", JwksView.as_view(), name="jwks"),
    path(
        ".well-known/oauth-authorization-server", AuthorizationServerView.as_view(), name="oauth_authorization_server"
    ),
    path(".well-known/webauthn", RelatedOriginsView.as_view(), name="passkey_origins"),
]
