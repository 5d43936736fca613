"""The page for operators names every number the server tells and no other, and has a section for each alert."""

import json
import logging
import re
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from keyturn.feed.watcher import Watcher
from keyturn.mail.courier import couriers
from keyturn_server.observing import (
    engine_metrics,
    feed_metrics,
    logs,
    mail_metrics,
    metrics_shared,
    readiness,
    request_metrics,
    worker_metrics,
)
from tests.docs.pages import page, section, table

PAGE = page("docs/operations.md")
RULES = sorted((Path(__file__).parents[2] / "deploy" / "prometheus").glob("*.yml"))
_NAME = re.compile(r"\bkeyturn_[a-z0-9_]+\b")
# What prometheus-client adds to a histogram's name.
_PARTS = re.compile(r"_(?:bucket|count|sum)$")


@pytest.fixture(scope="module")
def told():
    """The names of all families that a process tells, as /metrics has them, and each one's labels."""
    patch = pytest.MonkeyPatch()
    registries: list[CollectorRegistry] = []
    for module in (request_metrics, feed_metrics, engine_metrics, worker_metrics, mail_metrics):
        owner = module.metrics_shared if module is request_metrics else module
        patch.setattr(owner, "publish", registries.append)
    watcher = Watcher()
    try:
        request_metrics.tellers()
        feed_metrics.tellers(watcher)
        engine_metrics.tellers()
        worker_metrics.tellers()
        mail_metrics.follow(couriers(), watcher)
    finally:
        patch.undo()
    found: dict[str, set[str]] = {}
    for registry in registries:
        for collector, names in registry._collector_to_names.items():
            # A counter's name and a histogram's, as they are written out.
            name = next((name for name in names if name.endswith("_total")), min(names, key=len))
            found[name] = set(vars(collector)["_labelnames"])
    return found | {age: found[moment] for moment, (age, _) in metrics_shared._AGES.items()}


def _named(text):
    return {_PARTS.sub("", name) for name in _NAME.findall(text)}


def test_every_number_is_in_the_table_and_nothing_else(told):
    rows = table(section(PAGE, "Numbers"), "metric", "meaning")
    assert {name for row in rows for name in _named(row["metric"])} == set(told)


def test_whatever_the_page_and_the_rules_name_exists(told):
    assert RULES
    for text in (PAGE, *(path.read_text() for path in RULES)):
        assert _named(text) <= set(told), _named(text) - set(told)


def test_labels_that_the_rules_ask_for_exist(told):
    for path in RULES:
        for name, labels in re.findall(r"\b(keyturn_[a-z0-9_]+)\{([^}]*)\}", path.read_text()):
            asked = set(re.findall(r"(\w+)\s*[=!]~?", labels)) - {"instance", "job", "le"}
            assert asked <= told[_PARTS.sub("", name)], (path.name, name)


def test_each_alert_has_a_section_and_each_section_an_alert():
    alerts = {name for path in RULES for name in re.findall(r"- alert: (\w+)", path.read_text())}
    assert alerts
    assert alerts == set(re.findall(r"^### (Keyturn\w+)$", PAGE, re.MULTILINE))


def test_each_alert_leads_to_its_section():
    for path in RULES:
        found = re.findall(r"- alert: (\w+).*?runbook: (\S+)", path.read_text(), re.DOTALL)
        for alert, runbook in found:
            assert runbook.endswith(f"docs/operations.md#{alert.lower()}")


def test_the_checks_of_readyz_are_on_the_page():
    rows = table(section(PAGE, "Probes"), "check", "holds when")
    assert tuple(row["check"].strip("`") for row in rows) == readiness.CHECKS


def test_the_fields_of_a_line_of_json_are_on_the_page():
    fields = {field for row in table(section(PAGE, "The log"), "field", "meaning") for field in _words(row["field"])}
    record = logging.LogRecord("keyturn", logging.INFO, __file__, 1, "x", (), None)

    assert set(json.loads(logs.JsonFormatter().format(record))) <= fields
    assert {"request_id", "trace_id", "parent_id", "exception", "stack"} <= fields


def _words(cell):
    return re.findall(r"`(\w+)`", cell)
