"""Keyturn's endpoints: ``path("", include("keyturn.urls"))``, before the URLs that they shadow."""

from django.apps import apps
from django.urls import include, path

from keyturn.api.activity_views import ActivityView
from keyturn.api.logout_views import LogoutAllView, LogoutView
from keyturn.api.me_views import MeExportView, MeView
from keyturn.api.revocation_views import RevocationsView
from keyturn.api.service_views import IntrospectView, RevokeView
from keyturn.api.session_views import SessionListView, SessionView
from keyturn.api.token_views import (
    TokenBlacklistView,
    TokenObtainPairView,
    TokenObtainSlidingView,
    TokenRefreshSlidingView,
    TokenRefreshView,
    TokenVerifyView,
)

urlpatterns = [
    path("token/", TokenObtainPairView.as_view(), name="token_obtain_pair"),
    path("token/refresh/", TokenRefreshView.as_view(), name="token_refresh"),
    path("token/verify/", TokenVerifyView.as_view(), name="token_verify"),
    path("token/blacklist/", TokenBlacklistView.as_view(), name="token_blacklist"),
    path("token/sliding/", TokenObtainSlidingView.as_view(), name="token_obtain_sliding"),
    path("token/sliding/refresh/", TokenRefreshSlidingView.as_view(), name="token_refresh_sliding"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("logout/all/", LogoutAllView.as_view(), name="logout_all"),
    path("sessions/", SessionListView.as_view(), name="sessions"),
    path("sessions/<str:session_id>/", SessionView.as_view(), name="session"),
    path("me/", MeView.as_view(), name="me"),
    path("me/activity/", ActivityView.as_view(), name="me_activity"),
    path("me/export/", MeExportView.as_view(), name="me_export"),
    path("introspect/", IntrospectView.as_view(), name="token_introspect"),
    path("revoke/", RevokeView.as_view(), name="token_revoke"),
    path("revocations/", RevocationsView.as_view(), name="revocations"),
    path("", include("keyturn.well_known_urls")),
]

if apps.is_installed("allauth.mfa"):
    from keyturn.api.second_step_views import TokenMfaOptionsView, TokenMfaSetupView, TokenMfaView
    from keyturn.api.trusted_device_views import TrustedDeviceListView, TrustedDeviceView

    urlpatterns += [
        path("token/mfa/", TokenMfaView.as_view(), name="token_mfa"),
        path("token/mfa/options/", TokenMfaOptionsView.as_view(), name="token_mfa_options"),
        path("token/mfa/setup/", TokenMfaSetupView.as_view(), name="token_mfa_setup"),
        path("me/trusted-devices/", TrustedDeviceListView.as_view(), name="me_trusted_devices"),
        path("me/trusted-devices/<str:device_id>/", TrustedDeviceView.as_view(), name="me_trusted_device"),
    ]

if apps.is_installed("allauth.headless"):
    from keyturn.api.account_pages import ResetPasswordPage, VerifyEmailPage

    if apps.is_installed("allauth.socialaccount"):
        from keyturn.api.provider_callback import ProviderCallbackPage

        _CALLBACK = "auth/browser/v1/auth/provider/callback/<str:provider>"
        urlpatterns += [path(_CALLBACK, ProviderCallbackPage.as_view(), name="provider_callback")]

    urlpatterns += [
        path("auth/verify-email/", VerifyEmailPage.as_view(), name="verify_email_page"),
        path("auth/reset-password/", ResetPasswordPage.as_view(), name="reset_password_page"),
        path("auth/", include("keyturn.api.account_urls")),
    ]
