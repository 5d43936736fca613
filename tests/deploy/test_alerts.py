"""The rules for Prometheus: its own tool finds nothing against them, and they fire when they should."""

import re
import subprocess
from typing import Any

import pytest
import yaml
from django.urls import URLPattern, URLResolver, get_resolver

from keyturn.mail.queue import Lane as MailLane
from keyturn.trail.tally import Tallied
from keyturn_server.observing import mail_metrics
from keyturn_server.observing.request_metrics import endpoint_of
from keyturn_server.transport.lanes import Lane, rooms_for
from scripts.node import ROOT

DIRECTORY = ROOT / "deploy" / "prometheus"
RULES: list[dict[str, Any]] = yaml.safe_load((DIRECTORY / "alerts.yml").read_text())["groups"][0]["rules"]
NAMES = [rule["alert"] for rule in RULES]


def promtool(*words):
    done = subprocess.run(["promtool", *words], cwd=DIRECTORY, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.needs("promtool")
def test_prometheus_finds_nothing_to_say_against_the_rules():
    assert f"{len(RULES)} rules found" in promtool("check", "rules", "alerts.yml")


@pytest.mark.needs("promtool")
def test_each_alert_fires_for_what_it_is_for_and_not_for_its_neighbour():
    promtool("test", "rules", "alerts-test.yml")


@pytest.mark.needs("promtool")
def test_prometheus_takes_the_sample_of_its_own_configuration(tmp_path):
    for name in ("alerts.yml", "scrape.yml"):
        (tmp_path / name).write_bytes((DIRECTORY / name).read_bytes())
    (tmp_path / "keyturn-metrics-token").write_text("a token")
    promtool("check", "config", str(tmp_path / "scrape.yml"))


def test_there_is_a_test_for_each():
    tested = re.findall(
        r"alertname: (\w+)\n +eval_time: .*\n +exp_alerts:\n", (DIRECTORY / "alerts-test.yml").read_text()
    )
    assert set(tested) == set(NAMES)


def test_each_has_its_section_in_the_page_for_operators():
    page = (ROOT / "docs" / "operations.md").read_text()
    titles = set(re.findall(r"^#+ (Keyturn\w+)$", page, re.MULTILINE))
    assert titles == set(NAMES)
    for rule in RULES:
        assert rule["annotations"]["runbook"] == f"docs/operations.md#{rule['alert'].lower()}"
        assert rule["labels"]["severity"] in {"page", "ticket"}


def _url_names(patterns, namespaces=()):
    for each in patterns:
        if isinstance(each, URLResolver):
            own = (each.namespace,) if each.namespace else ()
            yield from _url_names(each.url_patterns, (*namespaces, *own))
        elif isinstance(each, URLPattern) and each.name:
            yield ":".join((*namespaces, each.name))


def test_the_endpoints_that_they_name_are_endpoints_of_the_server():
    named = {name for rule in RULES for name in re.findall(r'endpoint="(\w+)"', rule["expr"])}
    known = {endpoint_of(name) for name in _url_names(get_resolver("keyturn_server.urls").url_patterns)}
    assert named
    assert named <= known


@pytest.mark.parametrize("name", ["alerts.yml", "alerts-test.yml"])
def test_the_values_of_labels_that_they_name_are_values_that_the_server_gives(name):
    text = (DIRECTORY / name).read_text()
    for label, known in (
        ("event", {event.value for event in Tallied}),
        ("outcome", set(mail_metrics._OUTCOMES)),
        ("lane", {*map(str, Lane), *(lane.value for lane in MailLane)}),
        ("status", {f"{kind}xx" for kind in range(1, 6)}),
    ):
        assert set(re.findall(rf'{label}="(\w+)"', text)) <= known, label


def test_a_queue_that_is_waited_for_can_be_as_long_as_the_alert_wants_it():
    """A bound that the server never lets a number reach would be an alert that never fires."""
    (rule,) = (rule for rule in RULES if rule["alert"] == "KeyturnHashQueueLong")
    (bound,) = re.findall(r"> (\d+)$", rule["expr"])
    assert int(bound) < rooms_for(8)[Lane.HASHING].waiting
