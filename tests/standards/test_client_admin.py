"""Service clients in Django's admin: seen and disabled, never made there, and no hash on any page."""

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from keyturn import clients
from keyturn.clients.models import ServiceClient
from tests.standards.conftest import make_service

LIST = "/admin/keyturn/serviceclient/"


@pytest.fixture
def admin(db, django_user_model):
    browser = Client()
    browser.force_login(django_user_model.objects.create_superuser("root", password="x"))
    return browser


def _page(browser, path):
    answer = browser.get(path)
    assert answer.status_code == 200, (path, answer.status_code)
    return answer.content.decode()


def _disable(browser, *services):
    chosen = [service.client_id for service in services]
    return browser.post(LIST, {"action": "disable", "_selected_action": chosen}, follow=True)


def test_clients_are_listed_and_found(admin):
    one, two = make_service("introspect"), make_service("revoke", "metrics")
    text = _page(admin, LIST)
    for word in (one.client_id, two.client_id, "billing", "introspect", "revoke metrics", "active"):
        assert word in text
    found = _page(admin, f"{LIST}?q={two.client_id}")
    assert two.client_id in found
    assert one.client_id not in found


def test_a_client_is_shown_read_only(admin):
    service = make_service("introspect")
    text = _page(admin, f"{LIST}{service.client_id}/change/")
    assert service.client_id in text
    for name in ("_save", "_continue", "_addanother", "_saveasnew"):
        assert f'name="{name}"' not in text
    assert 'type="text"' not in text[text.index('id="serviceclient_form"') :]


def test_neither_secret_nor_hash_is_anywhere(admin):
    service = make_service()
    _disable(admin, service)
    stored = ServiceClient.objects.get().secret_hash
    for path in (LIST, f"{LIST}{service.client_id}/change/", f"{LIST}{service.client_id}/history/", "/admin/"):
        text = _page(admin, path)
        assert service.secret not in text
        assert stored not in text
        assert "hash" not in text
    for lookup in (f"secret_hash__startswith={stored[:4]}", f"secret_hash={stored}", "client_id=%00"):
        assert admin.get(f"{LIST}?{lookup}").status_code in {302, 400}


@pytest.mark.parametrize("chosen", ["\x00", "x", "", "9" * 1_000])
def test_choosing_what_is_no_client_disables_nothing(admin, chosen):
    service = make_service()
    answer = admin.post(LIST, {"action": "disable", "_selected_action": [chosen]})
    assert answer.status_code in {200, 302, 400}
    assert clients.authenticate(service.client_id, service.secret) is not None


def test_selected_clients_are_disabled_and_told_in_numbers(admin):
    one, two, kept = make_service(), make_service(), make_service()

    assert "2 service clients were disabled." in _disable(admin, one, two).content.decode()

    assert clients.authenticate(one.client_id, one.secret) is None
    assert clients.authenticate(kept.client_id, kept.secret) is not None
    assert "1 service client was disabled." in _disable(admin, one, kept).content.decode()
    assert "disabled" in _page(admin, LIST)


def test_nothing_is_added_changed_or_deleted(admin):
    service = make_service("introspect")
    before = ServiceClient.objects.values().get()

    assert f"{LIST}add/" not in _page(admin, LIST)
    assert admin.get(f"{LIST}add/").status_code == 403
    assert admin.post(f"{LIST}add/", {"client_id": "x", "name": "x", "scopes": "revoke"}).status_code == 403
    form = {"name": "x", "scopes": "revoke", "secret_hash": "x", "_save": "Save"}
    admin.post(f"{LIST}{service.client_id}/change/", form)
    assert admin.post(f"{LIST}{service.client_id}/delete/", {"post": "yes"}).status_code == 403
    admin.post(LIST, {"action": "delete_selected", "_selected_action": [service.client_id], "post": "yes"})

    assert ServiceClient.objects.values().get() == before


def test_who_may_only_look_cannot_disable(db, django_user_model):
    service = make_service()
    clerk = django_user_model.objects.create_user("clerk", password="x", is_staff=True)
    clerk.user_permissions.add(Permission.objects.get(codename="view_serviceclient"))
    browser = Client()
    browser.force_login(clerk)

    assert 'value="disable"' not in _page(browser, LIST)
    _disable(browser, service)

    assert clients.authenticate(service.client_id, service.secret) is not None


@pytest.mark.parametrize("client_id", ["x", "%00", "_00", "' OR 1=1"])
def test_an_id_that_is_none_is_not_found(admin, client_id):
    assert admin.get(f"{LIST}{client_id}/change/").status_code in {302, 404, 400}
