"""The tests' URLs with those of sign-in by a mailed code, which are there where a setting was made before the start."""

from allauth.headless.account import views as account
from allauth.headless.constants import Client
from django.urls import path

from keyturn.api.account_flow_views import OWN
from keyturn.api.account_views import account_view
from tests.urls import urlpatterns as _urlpatterns

urlpatterns = [
    path("auth/app/v1/auth/code/request", account_view(OWN[account.RequestLoginCodeView], client=Client.APP)),
    path("auth/app/v1/auth/code/resend", account_view(OWN[account.ResendLoginCodeView], client=Client.APP)),
    *_urlpatterns,
]
