"""``clients`` on the command line."""

import io
import re

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from keyturn import clients
from keyturn.clients.models import ServiceClient

pytestmark = pytest.mark.django_db


def _run(*words):
    out, err = io.StringIO(), io.StringIO()
    call_command("clients", *words, stdout=out, stderr=err, no_color=True)
    return out.getvalue(), err.getvalue()


def _credentials(printed):
    found = re.fullmatch(r"client_id=(ktc-\w+)\nclient_secret=(kts_[\w-]+)\n", printed)
    assert found, printed
    return found[1], found[2]


def test_a_client_is_made_and_its_secret_is_shown_once():
    out, err = _run("create", "Billing", "--scope", "introspect", "--scope", "revocations")

    client_id, secret = _credentials(out)
    assert "Keep the secret now" in err
    client = clients.authenticate(client_id, secret)
    assert client is not None
    assert (client.name, client.scopes) == ("Billing", "introspect revocations")
    listed, _ = _run("list")
    assert secret not in listed
    assert client.secret_hash not in listed


def test_all_clients_are_listed():
    for name, scope in (("Billing", "introspect"), ("Żółw", "metrics")):
        _run("create", name, "--scope", scope)
    last = ServiceClient.objects.get(name="Żółw").client_id
    _run("disable", last)

    lines = _run("list")[0].splitlines()

    assert lines[0].split() == ["CLIENT", "ID", "NAME", "SCOPES", "CREATED", "STATE"]
    assert re.fullmatch(r"ktc-\w+ +Billing +introspect +\d{4}-\d\d-\d\d +active", lines[1])
    assert re.fullmatch(rf"{last} +Żółw +metrics +\d{{4}}-\d\d-\d\d +disabled", lines[2])
    assert len(lines) == 3


def test_a_secret_is_replaced():
    client_id, old = _credentials(_run("create", "Billing", "--scope", "revoke")[0])

    again, new = _credentials(_run("rotate-secret", client_id)[0])

    assert again == client_id
    assert clients.authenticate(client_id, old) is None
    assert clients.authenticate(client_id, new) is not None


def test_a_client_is_disabled_and_deleted():
    client_id, secret = _credentials(_run("create", "Billing", "--scope", "revoke")[0])

    assert _run("disable", client_id)[0] == f"Disabled {client_id}.\n"
    assert clients.authenticate(client_id, secret) is None
    assert _run("delete", client_id)[0] == f"Deleted {client_id}.\n"
    assert not ServiceClient.objects.exists()


@pytest.mark.parametrize("action", ["rotate-secret", "disable", "delete"])
def test_an_unknown_client_is_told_of(action):
    with pytest.raises(CommandError, match=r"There is no client 'ktc-x'; 'clients list' names all\."):
        _run(action, "ktc-x")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((), "ACTION"),
        (("create",), "NAME"),
        (("create", "Billing"), "--scope"),
        (("create", "Billing", "--scope", "everything"), "invalid choice: 'everything'"),
        (("create", " ", "--scope", "revoke"), r"The name must have 1 to 100 printable characters\."),
        (("disable",), "ID"),
        (("forget",), "invalid choice"),
    ],
)
def test_what_is_wrong_with_a_command_is_said(words, told):
    with pytest.raises(CommandError, match=told):
        _run(*words)
    assert not ServiceClient.objects.exists()
