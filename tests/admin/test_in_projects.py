"""The admin in projects: as the page of the documentation has it, with sites and pages of their own."""

import re
from typing import Any

import pytest
from django.contrib import admin as django_admin
from django.contrib.auth import get_user_model
from django.contrib.auth.admin import UserAdmin
from django.contrib.messages.storage.fallback import FallbackStorage
from django.http import HttpResponse
from django.test import RequestFactory
from django.urls import clear_url_caches

from keyturn.admin import UserAdminMixin
from keyturn.api import admin_calling
from keyturn.trail.calling import current_caller
from keyturn.trail.models import AuditEvent
from tests.admin.conftest import ADMIN_ADDRESS, ADMIN_AGENT
from tests.docs.pages import page

DOC = page("docs/how-to/administer.md")


def code(containing: str) -> str:
    (found,) = [text for text in re.findall(r"```python\n(.*?)```", DOC, re.DOTALL) if containing in text]
    return str(found)


@pytest.fixture
def request_of_root(root: Any) -> Any:
    """A request of the superuser, outside of any view."""
    request = RequestFactory(REMOTE_ADDR=ADMIN_ADDRESS, HTTP_USER_AGENT=ADMIN_AGENT).get("/admin/")
    request.user = root
    request.session = {}  # type: ignore[assignment] # as much of one as messages need
    request._messages = FallbackStorage(request)  # type: ignore[attr-defined] # where Django looks for them
    return request


def test_the_registration_on_the_page_works_as_it_stands(ada, browser):
    exec(code("UserAdminMixin"), {})

    registered = django_admin.site._registry[get_user_model()]
    assert isinstance(registered, UserAdminMixin)
    assert isinstance(registered, UserAdmin)
    assert "keyturn-user" in browser.get(f"/admin/auth/user/{ada.pk}/change/").content.decode()


def test_the_call_on_the_page_works_as_it_stands(ada, root, request_of_root, caller):
    names = {"request": request_of_root, "user": ada}

    exec(code("ticket 4711"), names)

    assert caller.home(names["given"].access).status_code == 200
    assert AuditEvent.objects.filter(event="impersonated").count() == 1


def test_actions_of_the_projects_own_stand_beside_ours(request_of_root):
    class Own(UserAdminMixin, UserAdmin):  # type: ignore[type-arg] # Django takes none at run time
        actions = (*UserAdminMixin.actions, "own")

        @django_admin.action(description="Own")
        def own(self, request: Any, queryset: Any) -> None:
            """Nothing."""

    offered = Own(get_user_model(), django_admin.site).get_actions(request_of_root)

    assert {"own", "keyturn_end_sessions", "keyturn_require_reset", "keyturn_unlock"} <= set(offered)


def test_fieldsets_of_the_projects_own_are_all_kept(ada, request_of_root):
    class Own(UserAdminMixin, UserAdmin):  # type: ignore[type-arg] # Django takes none at run time
        fieldsets = ((None, {"fields": ("username",)}), ("More", {"fields": ("email",)}))

    found = Own(get_user_model(), django_admin.site).get_fieldsets(request_of_root, ada)

    assert [name for name, _ in found][::2] == [None, "More"]
    assert "keyturn-user" in found[1][1]["description"]


def test_every_view_of_every_site_knows_who_acts(request_of_root, root):
    seen = []

    def view(request: Any) -> HttpResponse:
        seen.append(current_caller())
        return HttpResponse()

    class Site(django_admin.AdminSite):
        """A site of the project's own."""

    Site(name="own").admin_view(view)(request_of_root)

    (caller,) = seen
    assert (caller.actor_id, caller.ip, caller.user_agent) == (str(root.pk), ADMIN_ADDRESS, ADMIN_AGENT)
    assert current_caller().actor_id == ""


def test_the_site_is_changed_once():
    before = django_admin.AdminSite.admin_view

    admin_calling.install()

    assert django_admin.AdminSite.admin_view is before


def test_a_project_without_our_page_of_users_still_has_the_administrator_in_the_trail(ada, root, settings, browser):
    model = get_user_model()
    django_admin.site.unregister(model)
    django_admin.site.register(model, UserAdmin)
    settings.ROOT_URLCONF = "tests.urls"
    fresh = "a quite different passphrase"

    browser.post(
        f"/admin/auth/user/{ada.pk}/password/", {"password1": fresh, "password2": fresh, "usable_password": "true"}
    )

    changed = AuditEvent.objects.get(event="password_changed")
    assert (changed.user_id, changed.actor_id, changed.ip) == (str(ada.pk), str(root.pk), ADMIN_ADDRESS)


def test_a_site_of_the_projects_own_without_our_pages_will_do(ada, root, settings, browser, caller):
    caller.log_in()
    settings.ROOT_URLCONF = "tests.admin.own_site_urls"
    clear_url_caches()

    text = browser.get(f"/staff/auth/user/{ada.pk}/change/").content.decode()
    assert "1 live session" in text
    assert "Firefox on Windows" in text
    assert "/admin/" not in text.partition('<div class="keyturn-user">')[2].partition("</fieldset>")[0]
    for path in ("impersonate", "unlock", "end-sessions"):
        page = browser.get(f"/staff/auth/user/{ada.pk}/keyturn/{path}/")
        assert page.status_code == 200
        assert f'href="/staff/auth/user/{ada.pk}/change/"' in page.content.decode()

    done = browser.post(f"/staff/auth/user/{ada.pk}/keyturn/end-sessions/")
    assert done["Location"] == f"/staff/auth/user/{ada.pk}/change/"
    assert AuditEvent.objects.get(event="session_revoked").actor_id == str(root.pk)
