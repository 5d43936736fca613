"""Trusted devices in the admin: to look at and to take back, and nothing of what a browser would have to show."""

import html

import pytest

from keyturn.clock import utc_now
from keyturn.mfa import trusted
from keyturn.mfa.models import TrustedDevice
from keyturn.sessions.client import Binding, BindingKind, Client
from keyturn.trail.models import AuditEvent
from tests.admin.conftest import allow, browser_of
from tests.contract.caller import FIREFOX

DEVICES = "/admin/keyturn/trusteddevice/"


@pytest.fixture
def device(ada):
    """A browser that ada trusts."""
    shown = Client(ip="192.0.2.7", user_agent=FIREFOX, bindings=(Binding.to(BindingKind.COOKIE, "CANARY"),))
    trusted.trust(user=ada, client=shown, now=utc_now())
    return TrustedDevice.objects.get()


def text_of(answer):
    assert answer.status_code == 200, answer.content[:500]
    return html.unescape(answer.content.decode())


def forget(browser, *chosen):
    body = {"action": "forget", "_selected_action": [str(one) for one in chosen]}
    return browser.post(DEVICES, body, follow=True)


def test_they_are_listed_and_shown_without_what_they_are_known_by(device, ada, browser):
    for path in (DEVICES, f"{DEVICES}?q=ada", f"{DEVICES}{device.pk}/change/"):
        shown = text_of(browser.get(path))
        assert "Firefox on Windows" in shown
        assert "ada" in shown
        assert device.device_hash not in shown
    assert "Firefox on Windows" not in text_of(browser.get(f"{DEVICES}?q=somebody"))


def test_they_are_taken_back_and_the_trail_tells_of_it(device, ada, browser):
    assert "1 device is trusted no longer." in text_of(forget(browser, device.pk))
    assert not TrustedDevice.objects.exists()
    event = AuditEvent.objects.get(event="device_forgotten")
    assert event.user_id == str(ada.pk)
    assert event.actor_id


def test_they_can_neither_be_made_nor_changed_nor_lost_by_a_click(device, browser):
    before = TrustedDevice.objects.values().get()
    assert browser.get(f"{DEVICES}add/").status_code == 403
    browser.post(f"{DEVICES}{device.pk}/change/", {"ip": "192.0.2.9", "_save": "1"})
    browser.post(DEVICES, {"action": "delete_selected", "_selected_action": [device.pk], "post": "yes"})
    assert browser.post(f"{DEVICES}{device.pk}/delete/", {"post": "yes"}).status_code == 403
    assert TrustedDevice.objects.values().get() == before


def test_who_may_only_look_takes_none_back(device, support):
    allow(support, "keyturn.view_trusteddevice")
    browser = browser_of(support)
    text_of(browser.get(DEVICES))
    forget(browser, device.pk)
    assert TrustedDevice.objects.exists()


@pytest.mark.parametrize("query", ["device_hash__startswith=a", "user__password__startswith=a", "ip=x"])
def test_no_filter_tells_anything(device, browser, query):
    answer = browser.get(f"{DEVICES}?{query}")
    assert answer.status_code in {302, 400}


@pytest.mark.parametrize("chosen", ["x", "1", "%00", "a" * 5_000])
def test_what_is_no_id_is_refused(device, browser, chosen):
    assert forget(browser, chosen).status_code == 400
    assert browser.get(f"{DEVICES}{chosen}/change/").status_code in {302, 404}


def test_a_user_with_a_trusted_device_can_be_deleted(device, ada, browser):
    browser.post(f"/admin/auth/user/{ada.pk}/delete/", {"post": "yes"})
    assert not TrustedDevice.objects.exists()
