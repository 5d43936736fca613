"""The key ring of the server: its command, and what a wrong secret is answered with."""

import json

import pytest

from tests.server.running import PRODUCTION, SECRET, keyturn
from tests.services.migrated import migrate

# Each starts several programs.
pytestmark = pytest.mark.slow

OTHER = "Zq9Xw8Ec7Rv6Tb5Yn4Um3Ki2Lo1Pa0Sd9Fg8Hj7Kl6Mn5Bv4Cx3"
SENTENCE = (
    "The signing keys in the database were sealed under another secret: set SECRET_KEY (KEYTURN_SECRET_KEY) to that"
    " one, or list it in SECRET_KEY_FALLBACKS (KEYTURN_SECRET_KEY_FALLBACKS). No key was changed."
)


@pytest.fixture
def with_a_key(tmp_path):
    """A data directory whose ring has a key, and what ``keys list`` says of it."""
    migrate(tmp_path, PRODUCTION)
    process = keyturn("keys", "rotate", directory=tmp_path, env=PRODUCTION)
    assert process.returncode == 0, process.stderr
    process = keyturn("keys", "list", "--json", directory=tmp_path, env=PRODUCTION)
    return tmp_path, json.loads(process.stdout)


def test_keys_are_made_and_listed_by_the_program(with_a_key):
    _, [key] = with_a_key
    assert (key["algorithm"], key["state"]) == ("ES256", "active")


def test_a_wrong_secret_stops_the_start_with_one_sentence_and_changes_no_key(with_a_key):
    directory, before = with_a_key
    wrong = {**PRODUCTION, "KEYTURN_SECRET_KEY": OTHER}

    process = keyturn("serve", "--port", "0", directory=directory, env=wrong)
    assert process.returncode == 1
    assert process.stderr.splitlines() == [f"keyturn: {SENTENCE}"]
    assert process.stdout == ""
    assert SECRET not in process.stderr
    assert OTHER not in process.stderr

    process = keyturn("check", "--database", "default", directory=directory, env=wrong)
    assert process.returncode == 1
    assert f"(keyturn.E007) {SENTENCE}" in process.stderr

    process = keyturn("keys", "rotate", directory=directory, env=wrong)
    assert process.returncode == 1
    assert SENTENCE in process.stderr
    process = keyturn("keys", "list", "--json", directory=directory, env=PRODUCTION)
    assert json.loads(process.stdout) == before


def test_the_old_secret_as_a_fallback_is_enough(with_a_key):
    directory, before = with_a_key
    renewed = {**PRODUCTION, "KEYTURN_SECRET_KEY": OTHER, "KEYTURN_SECRET_KEY_FALLBACKS": SECRET}
    process = keyturn("check", "--database", "default", directory=directory, env=renewed)
    assert process.returncode == 0, process.stderr
    process = keyturn("keys", "list", "--json", directory=directory, env=renewed)
    assert json.loads(process.stdout) == before


def test_help_names_the_actions(tmp_path):
    process = keyturn("help", "keys", directory=tmp_path, env={"KEYTURN_DEBUG": "1"})
    assert process.returncode == 0
    for action in ("list", "rotate", "revoke", "import", "export-public"):
        assert action in process.stdout
