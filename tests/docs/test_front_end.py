"""The example for front ends, run by Node against a demo, treats its user as the page says."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.pages import block, page

# The demo chooses its database itself.
pytestmark = [pytest.mark.server, pytest.mark.sqlite]


@pytest.mark.needs("node")
def test_only_a_final_reason_signs_out(live_server_process, tmp_path):
    example = tmp_path / "session.mjs"
    example.write_text(block(page("docs/how-to/front-end.md"), "front-end"))
    demo = live_server_process(sys.executable, "-m", "keyturn_server.cli", "demo", seconds=60)
    password = json.loads((tmp_path / "var" / "demo-users.json").read_text())["demo"]

    played = subprocess.run(
        ["node", Path(__file__).with_name("front_end.mjs"), example, demo.url, "demo", password],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert played.returncode == 0, played.stderr
    assert json.loads(played.stdout) == {
        "fresh": 200,
        "together": [200, 200, 200],
        "rotatedOnce": True,
        "offline": "unreachable",
        "keptItsToken": True,
        "onlineAgain": 200,
        "loggedOut": "signed out: session_revoked",
    }
