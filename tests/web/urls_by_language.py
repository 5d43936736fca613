"""A project that has Keyturn below a prefix that names the language."""

from django.conf.urls.i18n import i18n_patterns
from django.urls import include, path

urlpatterns = i18n_patterns(path("accounts/", include("keyturn.urls")))
