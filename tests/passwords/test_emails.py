"""What an e-mail address may be, and what finds it."""

# ruff: noqa: RUF001 - letters that look alike are what this is about

import pytest
from django.core.exceptions import ValidationError

from keyturn.defence.names import check_email, lookup_email

KEPT = "ada@example.org"


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("ada@example.org", KEPT),
        ("Ada@EXAMPLE.org", KEPT),
        (" ada@example.org ", KEPT),
        ("ada+news@mail.example.org", "ada+news@mail.example.org"),
        ("ada@exämple.org", "ada@xn--exmple-cua.org"),
        ("ada@XN--EXMPLE-CUA.org", "ada@xn--exmple-cua.org"),
        ("ada@ｅｘａｍｐｌｅ.org", KEPT),
        ("o'neil@example.org", "o'neil@example.org"),
    ],
)
def test_an_address_is_kept_in_small_letters_with_its_domain_in_ascii(typed, kept):
    assert check_email(typed) == kept
    assert check_email(kept) == kept


@pytest.mark.parametrize(
    "typed",
    [
        "ad\u0131@example.org",
        "\u212ada@example.org",
        "ad\u017f@example.org",
        "ａda@example.org",
        "аda@example.org",
        "ada\u0301@example.org",
    ],
    ids=ascii,
)
def test_a_letter_that_merely_looks_like_ascii_or_folds_to_it_finds_nobody(typed):
    assert lookup_email(typed) is None
    with pytest.raises(ValidationError):
        check_email(typed)


@pytest.mark.parametrize(
    "typed",
    [
        *("", "@", "ada", "ada@", "@example.org", "ada@@example.org", "a b@example.org", "ada@exa mple.org", "ada@org"),
        *(
            "ada@example..org",
            "ada@-example.org",
            "ada@example.org.",
            "ada@.org",
            ".ada@example.org",
            "a..b@example.org",
        ),
        *(
            '"ada"@example.org',
            '"a\x0bb"@example.org',
            "ada@[127.0.0.1]",
            "ada@[::1]",
            "ada@127.0.0.1",
            "<ada@example.org>",
        ),
        *(
            "ada@example.org\n",
            "ada@example.org\r\nBcc: x@example.org",
            "ada\0@example.org",
            "ada@exam\0ple.org",
            "a\ud800@x.org",
        ),
        *(
            "ada@stra\u00dfe.de",
            "ada@exam\u200dple.org",
            "ada@example.org, x@example.org",
            "ada@xn--.org",
            "ada@\ud800.org",
        ),
        *("x" * 65 + "@example.org", "ada@" + "x" * 64 + ".org", "ada@" + "x." * 130 + "org", "a@" + "ä" * 60 + ".org"),
        "a" * 1_000_000,
    ],
    ids=lambda typed: ascii(typed)[:60],
)
def test_what_is_no_address_is_refused(typed):
    with pytest.raises(ValidationError) as refused:
        check_email(typed)
    assert refused.value.code == "invalid"
    assert lookup_email(typed) is None
