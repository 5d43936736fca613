"""The README's way to a production server is gone line by line, on both databases."""

import re
import sys
from urllib.parse import urlsplit

import pytest
import requests

from keyturn_server.env import Environment
from tests.docs.pages import block, page

pytestmark = pytest.mark.server

SCRIPT = block(page("README.md"), "production")
PASSWORD = "seven-green-bottles-on-a-wall"
MAIL = {"SMTP_USER": "auth", "SMTP_PASSWORD": "nine-grey-geese", "SMTP_HOST": "mail.example.com"}


def _placeholders():
    exported = re.findall(r"^export (\w+)=", SCRIPT, re.MULTILINE)
    return {name for name in re.findall(r"\$\{?(\w+)", SCRIPT) if name not in exported}


def _serve(script, start, directory, variables):
    """Type the script in a directory that has the environment of `make setup`, until its last line serves."""
    (directory / ".venv").symlink_to(sys.prefix)
    lines = script.strip().splitlines()
    assert "keyturn serve" in lines[-1]
    (directory / "secret").write_text("Rk2vN8qXw4Lz7Tj0Yc5Hb9Pd3Sf6Gm1Qa8We2Ru4Ti6Oy0Zx7Cv")
    return start(
        "sh",
        "-euc",
        "\n".join([*lines[:-1], f"exec {lines[-1]}"]),
        env={"SECRET_FILE": "secret", "PUBLIC_HOST": "auth.example.com", **MAIL, **variables},
        ready="/health/ready/",
        seconds=60,
    )


def _works(server):
    assert "System check identified no issues" in server.output()
    with requests.Session() as http:
        http.trust_env = False
        answer = http.post(f"{server.url}/token/", json={"username": "admin", "password": PASSWORD}, timeout=30)
        assert answer.status_code == 200, answer.text
        headers = {"Authorization": f"Bearer {answer.json()['access']}"}
        assert http.get(f"{server.url}/home/", headers=headers, timeout=30).status_code == 200


def test_the_variables_it_sets_are_variables_of_the_server():
    exported = set(re.findall(r"^export (\w+)=", SCRIPT, re.MULTILINE))

    assert exported <= {str(field.validation_alias) for field in Environment.model_fields.values()}


def test_the_readme_says_which_values_are_the_readers_own():
    _, _, after = page("README.md").partition(SCRIPT)
    said = set(re.findall(r"`([A-Z_]+)`", after.partition("## ")[0]))

    assert said == _placeholders() | {"DJANGO_SUPERUSER_PASSWORD"}


def test_it_leads_to_a_server_on_postgresql(live_server_process, postgres_database, tmp_path):
    url = urlsplit(postgres_database)
    assert url.username == "keyturn"
    database = {"DB_PASSWORD": url.password, "DB_HOST": f"{url.hostname}:{url.port}", "DB_NAME": url.path[1:]}

    server = _serve(SCRIPT, live_server_process, tmp_path, {**database, "DJANGO_SUPERUSER_PASSWORD": PASSWORD})

    _works(server)


@pytest.mark.sqlite
def test_it_leads_to_a_server_on_sqlite(live_server_process, tmp_path):
    lines = SCRIPT.splitlines()
    lines[0] = f'export DATABASE_URL="sqlite:///{tmp_path}/keyturn.sqlite3"'

    server = _serve("\n".join(lines), live_server_process, tmp_path, {"DJANGO_SUPERUSER_PASSWORD": PASSWORD})

    _works(server)
