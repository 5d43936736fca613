"""Every request has a name, its caller's if that is a sane one."""

import re

import pytest

from keyturn_server.observing.request_ids import named
from tests.server.running import ask

OWN = re.compile(r"[0-9a-f]{32}")
TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


@pytest.mark.parametrize("given", ["a", "req-1", "Root=1-67891233-abcdef012345678912345678", "0" * 64, "a/b+c:d;e.f_g"])
def test_a_sane_name_is_kept(given):
    assert named({"HTTP_X_REQUEST_ID": given}).id == given


@pytest.mark.parametrize(
    "given", ["", " ", "a b", "a\nb", "a\x00", "é", '"', "a,b", "a'b", "<a>", "%0a", "0" * 65, "eyJ" + "a" * 200]
)
def test_any_other_is_replaced_by_one_of_our_own(given):
    first, second = named({"HTTP_X_REQUEST_ID": given}), named({"HTTP_X_REQUEST_ID": given})
    assert OWN.fullmatch(first.id)
    assert first.id != second.id


@pytest.mark.parametrize("version", ["00", "01"])
def test_the_trace_that_the_caller_names_is_noted(version):
    found = named({"HTTP_TRACEPARENT": f"{version}-{TRACE}-{PARENT}-01"})
    assert (found.trace_id, found.parent_id) == (TRACE, PARENT)


def test_a_later_version_may_say_more():
    assert named({"HTTP_TRACEPARENT": f"cc-{TRACE}-{PARENT}-01-what-the-future-will-be-like"}).trace_id == TRACE


@pytest.mark.parametrize(
    "given",
    [
        "",
        "00",
        f"00-{TRACE}-{PARENT}",
        f"00-{TRACE}-{PARENT}-01-more",
        f"ff-{TRACE}-{PARENT}-01",
        f"00-{'0' * 32}-{PARENT}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE.upper()}-{PARENT}-01",
        f"00-{TRACE}-{PARENT}-01\n",
    ],
)
def test_what_is_no_traceparent_is_passed_over(given):
    assert named({"HTTP_TRACEPARENT": given}).trace_id == ""


@pytest.mark.server
@pytest.mark.parametrize(
    ("method", "path", "headers"),
    [
        ("GET", "/livez", {}),
        ("GET", "/home/", {}),
        ("GET", "/nothing-here/", {}),
        ("GET", "/admin/login/", {}),
        ("GET", "/livez", {"accept": "*/*;q*=utf-8''%00"}),
        ("POST", "/token/", {"content_type": "text/plain; charset=rot13"}),
        ("OPTIONS", "/token/", {"origin": "https://app.example.com", "access_control_request_method": "POST"}),
    ],
)
def test_every_answer_tells_the_name(either, method, path, headers):
    named_by_us = ask(either.port, method, path, **headers)
    assert OWN.fullmatch(named_by_us.headers["x-request-id"]), named_by_us
    assert ask(either.port, method, path, x_request_id="mine-1", **headers).headers["x-request-id"] == "mine-1"
