"""The tests' URLs, simplejwt's own login view as a project mounts it, and an admin site of a project's own."""

from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.admin.forms import AdminAuthenticationForm
from django.urls import path
from rest_framework_simplejwt.views import TokenObtainPairView

from tests.urls import urlpatterns as theirs


class HouseForm(AdminAuthenticationForm):
    """A form of a project's own."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.error_messages = {**self.error_messages, "invalid_login": "The house says no."}


class HouseAdmin(AdminSite):
    """A site of a project's own, which adds to what the stock one does."""

    site_header = "The house"
    login_form = HouseForm

    def login(self, request: Any, extra_context: Any = None) -> Any:
        """Answer as Django does, with one more header."""
        response = super().login(request, extra_context)
        response.headers["X-House"] = "yes"
        return response


house = HouseAdmin(name="house")

urlpatterns = [
    *theirs,
    path("stock/token/", TokenObtainPairView.as_view()),
    path("house/", house.urls),
]
