"""A Prometheus with the samples of deploy/prometheus, scraping a running server."""

import json
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from urllib.parse import quote

import pytest
import yaml

from tests.deploy.answering import TOKEN
from tests.deploy.manifests import DEPLOY
from tests.server.running import ask
from tests.services.ports import LOOPBACK, free_port
from tests.services.process import ServerProcess, clean_environment

pytestmark = [pytest.mark.needs("prometheus"), pytest.mark.server]

SAMPLES = DEPLOY / "prometheus"


class Prometheus:
    """Its interface over HTTP."""

    def __init__(self, port: int) -> None:
        self._url = f"http://{LOOPBACK}:{port}"

    def get(self, path: str):
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(f"{self._url}{path}", timeout=10) as answer:
            return json.load(answer)["data"]

    def wait(self, path: str, holds, *, seconds: float = 40):
        """Ask until the answer is as wanted.

        Raises:
            AssertionError: it never was; with the last answer.
        """
        deadline = time.monotonic() + seconds
        found = None
        while time.monotonic() < deadline:
            try:
                found = self.get(path)
            except OSError as error:
                found = error
            else:
                if holds(found):
                    return found
            time.sleep(0.1)
        raise AssertionError(found)


@pytest.fixture(scope="module")
def prometheus(server: ServerProcess, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    """A Prometheus with the samples; only the server's port and how often it is asked are others."""
    directory = tmp_path_factory.mktemp("prometheus")
    sample = (SAMPLES / "scrape.yml").read_text()
    for given, own in (("127.0.0.1:8000", f"127.0.0.1:{server.port}"), ("scrape_interval: 15s", "scrape_interval: 1s")):
        assert given in sample
        sample = sample.replace(given, own)
    (directory / "prometheus.yml").write_text(f"global:\n  evaluation_interval: 1s\n{sample}")
    (directory / "alerts.yml").write_bytes((SAMPLES / "alerts.yml").read_bytes())
    (directory / "keyturn-metrics-token").write_text(TOKEN)
    port = free_port()
    with (directory / "log").open("wb") as log:
        process = subprocess.Popen(
            [
                "prometheus",
                f"--config.file={directory / 'prometheus.yml'}",
                f"--storage.tsdb.path={directory / 'data'}",
                f"--web.listen-address={LOOPBACK}:{port}",
            ],
            env=clean_environment(),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    try:
        made = Prometheus(port)
        made.wait("/api/v1/status/buildinfo", bool)
        yield made
    finally:
        process.terminate()
        process.wait(20)


def test_it_is_let_in_and_finds_the_server_up(prometheus):
    found = prometheus.wait(
        "/api/v1/targets", lambda data: data["activeTargets"] and data["activeTargets"][0]["health"] == "up"
    )
    (target,) = found["activeTargets"]
    assert target["labels"]["job"] == "keyturn"
    assert target["lastError"] == ""


def test_every_rule_can_be_evaluated_and_none_fires_on_a_server_that_is_well(prometheus):
    def all_good(data):
        rules = [rule for group in data["groups"] for rule in group["rules"]]
        return rules and all(rule["health"] == "ok" for rule in rules)

    prometheus.wait("/api/v1/query?query=keyturn_ready", lambda data: data["result"])
    found = prometheus.wait("/api/v1/rules", all_good)
    rules = [rule for group in found["groups"] for rule in group["rules"]]
    assert len(rules) == len(yaml.safe_load((SAMPLES / "alerts.yml").read_text())["groups"][0]["rules"])
    assert [rule["name"] for rule in rules if rule["state"] == "firing"] == []


def test_what_the_server_does_is_counted_where_the_rules_look(prometheus, server):
    query = 'keyturn_http_request_duration_seconds_count{endpoint="token_refresh",status="4xx"}'
    before = prometheus.get(f"/api/v1/query?query={quote(query)}")["result"]
    already = float(before[0]["value"][1]) if before else 0
    for _ in range(3):
        ask(server.port, "POST", "/token/refresh/", json_body={"refresh": "no token"}, host="auth.example.com")
    found = prometheus.wait(
        f"/api/v1/query?query={quote(query)}",
        lambda data: data["result"] and float(data["result"][0]["value"][1]) >= already + 3,
    )
    assert found["result"][0]["metric"]["instance"] == f"127.0.0.1:{server.port}"


def test_nobody_is_told_the_numbers_without_the_token(server):
    assert ask(server.port, "GET", "/metrics").status == 401
    assert ask(server.port, "GET", "/metrics", authorization=f"Bearer {TOKEN[:-1]}").status == 401
    assert ask(server.port, "GET", "/metrics", authorization=f"Bearer {TOKEN}").status == 200
