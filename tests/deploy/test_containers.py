"""The container file and the composition: linted, and in agreement with the server and with each other."""

import ast
import http.server
import re
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from django.core.management import get_commands

from tests.deploy.manifests import DEPLOY, documents, environment_of, filled_in, judged
from tests.deploy.proxied import PUBLIC, configured
from tests.deploy.proxied import judged as judged_by_nginx
from tests.services.ports import LOOPBACK
from tests.services.process import clean_environment

CONTAINER = DEPLOY / "container" / "Containerfile"
COMPOSE = DEPLOY / "compose"
(COMPOSITION,) = documents(COMPOSE / "compose.yaml")
SERVICES = COMPOSITION["services"]
OWN = ("migrate", "keyturn", "prune")


def test_the_linter_finds_nothing_to_say_against_the_container_file():
    linter = Path(sys.executable).with_name("hadolint")
    said = subprocess.run([linter, "--no-color", CONTAINER], capture_output=True, text=True, check=False, timeout=60)
    assert (said.returncode, said.stdout) == (0, "")


def test_nothing_reaches_the_builder_but_what_is_copied():
    copied = re.findall(r"^COPY (?!--from)(\S+) ", CONTAINER.read_text(), re.MULTILINE)
    allowed = (CONTAINER.parent / "Containerfile.dockerignore").read_text().split()
    assert allowed == ["*", *(f"!{name}" for name in reversed(copied))]


def test_it_runs_as_a_number_that_is_not_roots_the_same_everywhere():
    (user,) = re.findall(r"^USER (\d+):\d+$", CONTAINER.read_text(), re.MULTILINE)
    assert int(user) > 0
    (pod,) = documents(DEPLOY / "kubernetes" / "deployment.yaml")
    assert pod["spec"]["template"]["spec"]["securityContext"]["runAsUser"] == int(user)
    assert f"uid={user}," in SERVICES["keyturn"]["tmpfs"][1]


@pytest.mark.parametrize(("status", "code"), [(200, 0), (503, 1), (None, 1)])
def test_the_health_check_is_what_the_server_says_of_itself(status, code):
    """Its command, run as it stands, against a server that says so."""
    (line,) = re.findall(r"^ +CMD (\[.*\])$", CONTAINER.read_text(), re.MULTILINE)
    _, *words = ast.literal_eval(line)
    asked = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_):
            """Say nothing."""

    with http.server.HTTPServer((LOOPBACK, 0), Handler) as server:
        if status is not None:
            threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        port = server.server_address[1]
        if status is None:
            server.server_close()
        done = subprocess.run(
            [sys.executable, *words],
            env=clean_environment({"PORT": str(port), "no_proxy": "*"}),
            capture_output=True,
            check=False,
            timeout=30,
        )
        if status is not None:
            server.shutdown()
    assert done.returncode == code
    assert asked == ([] if status is None else ["/livez"])


@pytest.mark.parametrize("name", SERVICES)
def test_every_container_of_the_composition_is_locked_down(name):
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["pids_limit"] > 0
    assert re.fullmatch(r"keyturn|[\w/]+:[\d.]+-bookworm", service["image"])


def test_every_container_that_serves_says_how_it_is():
    """By a check of its own, or by that of the image."""
    for name, service in SERVICES.items():
        if name not in {"migrate", "prune"}:
            assert "healthcheck" in service or service["image"] == "keyturn", name
    assert re.search(r"^HEALTHCHECK ", CONTAINER.read_text(), re.MULTILINE)


def test_the_server_is_given_more_time_to_stop_than_it_takes():
    from keyturn_server import serve

    seconds = re.fullmatch(r"(\d+)s", SERVICES["keyturn"]["stop_grace_period"])
    assert seconds is not None
    assert int(seconds[1]) > serve._STOP_TIMEOUT


def test_the_image_holds_no_secret():
    """Nothing is copied but the wheel and its list of packages, and no variable of the image is one that is secret."""
    text = CONTAINER.read_text()
    said = " ".join(re.findall(r"^(?:ENV|ARG) (.*(?:\\\n.*)*)", text, re.MULTILINE))
    assert not re.search(r"SECRET|PASSWORD|TOKEN|DATABASE_URL|EMAIL_URL|CACHE_URL", said)


def test_only_nginx_can_be_reached_and_the_database_has_no_way_out():
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["nginx"]
    assert COMPOSITION["networks"]["back"]["internal"] is True
    for name in ("postgres", "valkey"):
        assert SERVICES[name]["networks"] == ["back"]
    assert SERVICES["nginx"]["networks"] == ["front"]


def test_what_waits_for_a_service_waits_for_one_that_can_become_so():
    for name, service in SERVICES.items():
        for other, how in service.get("depends_on", {}).items():
            if how["condition"] == "service_healthy":
                assert "healthcheck" in SERVICES[other] or other in OWN, (name, other)


def test_every_file_that_is_mounted_is_there_or_is_the_readers_own():
    for mount in SERVICES["nginx"]["volumes"]:
        source = mount.partition(":")[0]
        assert source == "./certificates" or (COMPOSE / source).is_file(), source
    for service in SERVICES.values():
        if "env_file" in service:
            assert (COMPOSE / f"{service['env_file']}.example").is_file()


def test_what_it_runs_are_commands_of_keyturn():
    started = {*SERVICES["migrate"]["command"], *re.findall(r"keyturn (\w+)", SERVICES["prune"]["entrypoint"][2])}
    (served,) = re.findall(r"^CMD (\[.*\])$", CONTAINER.read_text(), re.MULTILINE)
    started.add(ast.literal_eval(served)[0])
    assert started == {"migrate", "prune_sessions", "prune_sign_ups", "prune_trail", "serve"}
    assert started <= {"serve", *get_commands()}


def test_the_server_starts_with_the_samples_and_trusts_the_network_of_nginx(monkeypatch):
    variables = filled_in(environment_of(COMPOSE / "keyturn.env.example"))
    environment = judged(variables, monkeypatch)
    (network,) = environment.trusted_proxies
    (pool,) = COMPOSITION["networks"]["front"]["ipam"]["config"]
    assert str(network) == pool["subnet"]
    assert environment.url == f"https://{PUBLIC}"
    database = filled_in(environment_of(COMPOSE / "postgres.env.example"))
    assert environment.database_url is not None
    assert environment.database_url.host in SERVICES
    assert environment.database_url.name == database["POSTGRES_DB"]
    assert environment.database_url.user == database["POSTGRES_USER"]
    assert environment.database_url.password == database["POSTGRES_PASSWORD"]


def test_the_health_check_of_the_database_asks_for_the_database_that_is_made():
    database = environment_of(COMPOSE / "postgres.env.example")
    assert f"--username={database['POSTGRES_USER']}" in SERVICES["postgres"]["healthcheck"]["test"]
    assert f"--dbname={database['POSTGRES_DB']}" in SERVICES["postgres"]["healthcheck"]["test"]


@pytest.mark.needs("nginx")
def test_nginx_takes_the_site_of_the_composition(tmp_path):
    configured(tmp_path, [8000])
    site = (COMPOSE / "nginx.conf").read_text()
    assert f"server {SERVICES['keyturn']['networks']['front']['ipv4_address']}:8000" in site
    for given, own in (
        # As it was called before nginx 1.25.1, so that older ones can read it as well.
        ("listen 443 ssl;\n    http2 on;", "listen 127.0.0.1:8443 ssl http2;"),
        ("listen 80;", "listen 127.0.0.1:8080;"),
        ("/etc/ssl/keyturn/", f"{tmp_path}/"),
        ("/dev/stdout", f"{tmp_path}/access.log"),
    ):
        assert given in site
        site = site.replace(given, own)
    (tmp_path / "site.conf").write_text(site)
    answer = judged_by_nginx(tmp_path)
    assert answer.returncode == 0, answer.stderr


def test_both_sites_of_nginx_say_the_same():
    def said(path):
        lines = (line.strip() for line in path.read_text().splitlines())
        kept = [
            line for line in lines if line and not line.startswith(("#", "listen", "access_log", "http2", "server "))
        ]
        return [line for line in kept if "max_fails" not in line]

    assert said(COMPOSE / "nginx.conf") == said(DEPLOY / "nginx" / "keyturn.conf")
