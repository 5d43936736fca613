"""Whoever waits for a refresh waits longer than what is inside of it, and less than the grace time."""

import re

from keyturn import conf
from keyturn_server.transport.lanes import Lane, rooms_for
from scripts.node import ROOT

PROXY = (ROOT / "deploy" / "nginx" / "keyturn-proxy.conf").read_text()
PAGE = (ROOT / "docs" / "how-to" / "faults.md").read_text()


def seconds_of_nginx():
    """How long nginx waits for a node's answer to a refresh."""
    block = PROXY.partition("location = /token/refresh/ {")[2].partition("}")[0]
    (said,) = re.findall(r"proxy_read_timeout (\d+)s;", block)
    return float(said)


def seconds_of_bearer_clients():
    (said,) = re.findall(r"AbortSignal\.timeout\((\d+)\)", (ROOT / "docs" / "how-to" / "front-end.md").read_text())
    return int(said) / 1000


def seconds_of_web_clients():
    """For each of the first three tries."""
    (said,) = re.findall(r"options\.timeout \?\? ([\d_]+)", (ROOT / "web" / "client" / "src" / "config.ts").read_text())
    return int(said) / 1000 / 3


def test_a_refresh_that_waits_in_the_server_is_refused_before_anybody_outside_gives_it_up():
    (patience,) = {rooms_for(threads)[Lane.API].patience for threads in (1, 4, 12, 64)}
    assert patience + 1 <= seconds_of_web_clients()
    assert patience + 1 <= seconds_of_nginx() < seconds_of_bearer_clients()
    grace = conf.get().refresh_grace.total_seconds()
    assert 2 * seconds_of_bearer_clients() <= grace
    assert 3 * seconds_of_web_clients() <= grace


def test_the_page_has_the_seconds_that_are_set():
    patience = rooms_for(4)[Lane.API].patience
    rows = {row[0]: row[1] for row in re.findall(r"^\| ([^|]+) \| (\d[^|]*) \|", PAGE, re.MULTILINE)}
    assert rows["a request, for its turn in the server"].startswith(f"{patience:g} s")
    assert rows["nginx, for one node; then it asks another"] == f"{seconds_of_nginx():g} s"
    assert rows["a bearer client, for the answer"] == f"{seconds_of_bearer_clients():g} s"
    web = "`@keyturn/client`, for the first three tries and for later ones"
    assert rows[web] == f"{seconds_of_web_clients():.1f} s, {3 * seconds_of_web_clients():g} s"
    assert rows["`REFRESH_GRACE`"] == f"{conf.get().refresh_grace.total_seconds():g} s"
