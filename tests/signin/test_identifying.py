"""Who is meant by a name."""

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.db import connection
from django.test.utils import CaptureQueriesContext

from keyturn.clock import utc_now
from keyturn.signin import account_of, identify
from keyturn.signin.models import AccountState

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada(django_user_model):
    return django_user_model.objects.create_user("ada", "ada@example.com", "x")


def address(user, email, *, verified=True, primary=False):
    return EmailAddress.objects.create(user=user, email=email, verified=verified, primary=primary)


def test_a_user_name_means_its_user(ada):
    found = identify("ada")
    assert (found.user_id, found.username, found.account) == (ada.pk, "ada", account_of(ada))
    assert (found.needs_verification, found.reset_required, found.has_factor) == (False, False, False)


def test_an_unknown_name_means_nobody_and_keeps_its_spelling_for_the_backends(ada):
    found = identify(" Nobody ")
    assert (found.user_id, found.username) == (None, " Nobody ")


@pytest.mark.parametrize("name", ["ada", "ADA", " Ada", "\uff41da", "ada@example.com", "ADA@Example.COM"])
def test_all_spellings_of_a_name_and_its_address_share_one_count(ada, name):
    address(ada, "ada@example.com")
    assert identify(name).account == account_of(ada)


def test_a_name_in_another_unicode_form_means_the_same_user(django_user_model):
    # Users are kept under NFKC names (Django's own forms do that, and Keyturn's sign-up).
    user = django_user_model.objects.create_user("zo\u00eb")
    assert identify("zoe\u0308").user_id == user.pk
    assert identify("zoe\u0308").username == "zo\u00eb"


def test_case_is_no_matter_of_who_is_meant_but_of_what_is_counted(ada):
    assert identify("ADA").user_id is None


def test_an_address_means_the_user_who_verified_it_whoever_else_claims_it(ada, django_user_model):
    eve = django_user_model.objects.create_user("eve")
    address(eve, "ada@example.com", verified=False, primary=True)
    address(ada, "ada@example.com", primary=True)
    assert identify("ada@example.com").user_id == ada.pk


def test_an_unverified_address_means_its_user_only_where_it_is_the_first_one(ada, django_user_model):
    eve = django_user_model.objects.create_user("eve")
    address(eve, "eve@example.com", primary=True)
    address(eve, "bob@example.com", verified=False)
    assert identify("bob@example.com").user_id is None
    address(ada, "bob@example.com", verified=False, primary=True)
    assert identify("bob@example.com").user_id == ada.pk


def test_a_user_name_that_looks_like_an_address_comes_before_the_address(ada, django_user_model):
    named_so = django_user_model.objects.create_user("ada@example.com")
    address(ada, "ada@example.com")
    assert identify("ada@example.com").user_id == named_so.pk


@pytest.mark.parametrize(
    ("kept", "typed"),
    [
        ("mike@example.org", "mi\u212ae@example.org"),  # KELVIN SIGN, whose lower case is k
        ("mike@example.org", "m\u0131ke@example.org"),  # DOTLESS I, whose upper case is I
        ("mike@example.org", "\uff4dike@example.org"),
        ("stra\u00dfe@example.org", "strasse@example.org"),
    ],
)
def test_an_address_that_looks_alike_means_nobody(ada, kept, typed):
    """CVE-2019-19844."""
    address(ada, kept)
    assert identify(kept).user_id == ada.pk
    assert identify(typed).user_id is None


_ALIKE = (
    *("ada@example.com", "ADA@Example.COM ", "\uff41da@example.com", "ada\uff20example.com", "ada@ex\u00e4mple.com"),
    *("ada@xn--exmple-cua.com", "\u212ada@example.com", "\u00e5da@example.com", "A\u030ada@example.com"),
)


@pytest.mark.parametrize("kept", ["ada@example.com", "ada@xn--exmple-cua.com", "kda@example.com"])
def test_which_spellings_of_an_address_share_a_count_does_not_tell_whether_it_has_an_account(ada, kept):
    def sharing():
        counted = [identify(name).account for name in _ALIKE]
        return [[one == other for other in counted] for one in counted]

    before = sharing()
    address(ada, kept)
    assert sharing() == before


@pytest.mark.parametrize("kept", ["ada@example.com", "\u00e5da@example.com"])
def test_nor_where_the_address_is_the_user_name(django_user_model, kept):
    before = [identify(name).account == identify(_ALIKE[0]).account for name in _ALIKE]
    django_user_model.objects.create_user(kept)
    assert [identify(name).account == identify(_ALIKE[0]).account for name in _ALIKE] == before


def test_a_domain_in_letters_means_the_domain_in_ascii(ada):
    address(ada, "ada@xn--bcher-kva.example")
    assert identify("Ada@B\u00fccher.example").user_id == ada.pk


def test_an_address_means_nobody_where_the_project_lets_users_in_by_name_only(ada, settings):
    address(ada, "ada@example.com")
    settings.ACCOUNT_LOGIN_METHODS = {"username"}
    assert identify("ada@example.com").user_id is None


def test_an_address_that_no_address_row_holds_means_nobody(ada):
    assert identify("ada@example.com").user_id is None


@pytest.mark.parametrize(
    "name", ["", "\0", "a\0b", "\ud800", "a" * 100_000, "@", "@" * 1_000, "\u0300" * 50_000, "ada@example.com\0"]
)
def test_what_can_be_no_name_means_nobody(ada, name):
    address(ada, "ada@example.com")
    found = identify(name)
    assert found.user_id is None
    assert len(found.account) <= 20_000


def test_finding_out_is_one_statement_whatever_the_name_is(ada, count_statements):
    address(ada, "ada@example.com")
    for name in ("ada", "ada@example.com", "nobody", "nobody@example.com", "zoe\u0308"):
        with count_statements(exactly=1):
            identify(name)


def test_who_signed_up_and_never_verified_an_address_needs_to(ada, settings):
    AccountState.objects.create(user=ada, signed_up_at=utc_now())
    assert identify("ada").needs_verification
    settings.ACCOUNT_EMAIL_VERIFICATION = "optional"
    assert not identify("ada").needs_verification


def test_who_verified_one_and_who_was_made_by_somebody_else_need_not(ada, django_user_model):
    AccountState.objects.create(user=ada, signed_up_at=utc_now(), verified_at=utc_now())
    eve = django_user_model.objects.create_user("eve")
    AccountState.objects.create(user=eve)
    assert not identify("ada").needs_verification
    assert not identify("eve").needs_verification


def test_a_required_reset_and_a_factor_are_found(ada):
    AccountState.objects.create(user=ada, reset_required_at=utc_now())
    Authenticator.objects.create(user=ada, type=Authenticator.Type.TOTP, data={})
    found = identify("ada")
    assert found.reset_required
    assert found.has_factor


def test_recovery_codes_alone_are_no_factor(ada):
    Authenticator.objects.create(user=ada, type=Authenticator.Type.RECOVERY_CODES, data={})
    assert not identify("ada").has_factor


def test_an_identity_shows_no_name_in_logs(ada):
    assert "ada" not in repr(identify("ada"))


@pytest.mark.postgres
@pytest.mark.parametrize("name", ["ada", "ada@example.com", "zoe\u0308@example.com"])
def test_a_user_is_found_by_indexes_alone(ada, name):
    with CaptureQueriesContext(connection) as captured:
        identify(name)
    [query] = captured.captured_queries
    # Of a table that holds next to nothing, PostgreSQL may read all of it whatever it is told.
    Authenticator.objects.bulk_create(
        Authenticator(user=ada, type=Authenticator.Type.WEBAUTHN, data={}) for _ in range(2000)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE mfa_authenticator")
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN {query['sql']}")
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "Seq Scan" not in plan, plan
    # The ways in are asked once, not once a user.
    assert plan.count("SubPlan") <= 1, plan
