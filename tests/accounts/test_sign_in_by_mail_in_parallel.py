"""Mails that sign in, shown by many at once: one wins, and guesses over many flows are as many as the limit says."""

from functools import partial

import pytest
from allauth.account.internal.flows import login_by_code

from keyturn.sessions.models import Session
from tests.accounts.engine import AuthClient, claims, last_letter
from tests.accounts.racing import at_once
from tests.accounts.test_sign_in_by_link import ADDRESS, ask, confirm, follow, turned_on  # noqa: F401 - a fixture
from tests.accounts.test_step_up import by_mail, mail_only, session_of  # noqa: F401 - a fixture

pytestmark = [pytest.mark.django_db(transaction=True)]

CROWD = 20


@pytest.fixture(autouse=True)
def limits_out_of_the_way(turned_on, settings):  # noqa: F811 - the fixture of that name
    """Only what the mail itself allows stands in the way."""
    off = dict.fromkeys(("code_pair", "code_address", "code_account", "link_address", "mail_address", "mail_email"))
    settings.KEYTURN = {**settings.KEYTURN, "LIMITS": off}


def crowd_of(client: AuthClient, count: int = CROWD) -> list[AuthClient]:
    """Many who hold what one client holds."""
    found = [AuthClient() for _ in range(count)]
    for one in found:
        one.flow, one.access = client.flow, client.access
    return found


def test_of_twenty_uses_of_one_code_one_signs_in(ada):
    client = ask()
    code = last_letter(ADDRESS).code
    statuses = [answer.status_code for answer in at_once([partial(confirm, one, code) for one in crowd_of(client)])]
    assert statuses.count(200) == 1, statuses
    assert set(statuses) <= {200, 409, 410}
    assert Session.objects.count() == 1


def test_of_twenty_uses_of_one_link_one_signs_in(ada):
    ask()
    key = last_letter(ADDRESS).key
    answers = at_once([partial(follow, key) for _ in range(CROWD)])
    statuses = [answer.status_code for answer in answers]
    assert statuses.count(200) == 1, statuses
    assert {answer.json()["reason"] for answer in answers if answer.status_code != 200} == {"link_used"}
    assert Session.objects.count() == 1


def test_of_code_and_link_of_one_mail_shown_by_twenty_one_signs_in(ada):
    client = ask()
    letter = last_letter(ADDRESS)
    calls = [partial(confirm, one, letter.code) for one in crowd_of(client, 10)]
    calls += [partial(follow, letter.key) for _ in range(10)]
    statuses = [answer.status_code for answer in at_once(calls)]
    assert statuses.count(200) == 1, statuses
    assert set(statuses) <= {200, 400, 409, 410}
    assert Session.objects.count() == 1


def test_of_two_hundred_guesses_at_a_limit_of_five_five_are_looked_at(ada, settings, monkeypatch):
    settings.KEYTURN = {**settings.KEYTURN, "LIMITS": {**settings.KEYTURN["LIMITS"], "code_pair": "5/10m"}}
    settings.ACCOUNT_LOGIN_BY_CODE_MAX_ATTEMPTS = 1000
    flows = [ask() for _ in range(4)]
    looked_at = []
    compare = login_by_code.LoginCodeVerificationProcess.record_invalid_attempt

    def counting(self):
        looked_at.append(self)
        return compare(self)

    monkeypatch.setattr(login_by_code.LoginCodeVerificationProcess, "record_invalid_attempt", counting)
    clients = [one for flow in flows for one in crowd_of(flow, 50)]
    answers = []
    for start in range(0, 200, 40):
        answers += at_once([partial(confirm, one, "BBBB-BBBB") for one in clients[start : start + 40]])
    statuses = [answer.status_code for answer in answers]
    assert statuses.count(400) == 5, statuses
    assert statuses.count(429) == 195
    assert len(looked_at) == 5
    assert not Session.objects.exists()


def test_of_twenty_uses_of_a_code_that_proves_who_is_signed_in_one_counts(mail_only):  # noqa: F811 - the fixture
    by_mail(mail_only)
    code = last_letter(ADDRESS).code
    answers = at_once([partial(by_mail, one, code=code) for one in crowd_of(mail_only)])
    statuses = [answer.status_code for answer in answers]
    assert statuses.count(200) == 1, statuses
    assert set(statuses) == {200, 409}
    (right,) = (answer for answer in answers if answer.status_code == 200)
    assert claims(right.json()["meta"]["access_token"])["amr"] == session_of(mail_only).amr.split()


def test_of_twenty_guesses_at_it_five_are_looked_at(mail_only):  # noqa: F811 - the fixture
    by_mail(mail_only)
    answers = at_once([partial(by_mail, one, code="BBBB-BBBB") for one in crowd_of(mail_only)])
    assert sorted(answer.status_code for answer in answers) == [400] * 5 + [409] * 15
