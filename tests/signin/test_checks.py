"""What is said at a start about a rule that nobody could meet."""

import pytest
from django.apps import apps

from keyturn.signin.checks import check_mailed_codes, check_required_factors


def ids(settings, rule):
    settings.KEYTURN = {"FACTOR_REQUIRED_OF": rule}
    return [message.id for message in check_required_factors()]


def of_nobody(user):
    """A rule of a project's own."""


@pytest.mark.parametrize("rule", ["nobody", "staff", "everybody", "tests.signin.test_checks.of_nobody", of_nobody])
def test_a_rule_that_can_be_met_is_none_of_our_business(settings, rule):
    assert ids(settings, rule) == []


@pytest.mark.parametrize("rule", ["tests.signin.test_checks.nothing", "no.such.module"])
def test_a_rule_that_is_not_there_stops_the_start(settings, rule):
    assert ids(settings, rule) == ["keyturn.E017"]


@pytest.mark.parametrize("rule", ["staff", "everybody", "tests.signin.test_checks.of_nobody"])
def test_a_rule_without_factors_to_meet_it_stops_the_start(settings, monkeypatch, rule):
    monkeypatch.setattr(apps, "is_installed", lambda name: name != "allauth.mfa")
    assert ids(settings, rule) == ["keyturn.E017"]
    assert ids(settings, "nobody") == []


@pytest.mark.parametrize(("required", "found"), [(True, ["keyturn.E018"]), ({"phone"}, ["keyturn.E018"]), (False, [])])
def test_a_mailed_code_that_one_door_would_not_ask_for_stops_the_start(settings, required, found):
    settings.ACCOUNT_LOGIN_BY_CODE_REQUIRED = required
    assert [message.id for message in check_mailed_codes()] == found
