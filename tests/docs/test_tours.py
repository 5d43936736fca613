"""The tours in the pages are typed line by line beside a running demo, and print what the pages say."""

import os
import re
import subprocess
import sys

import pytest

from tests.docs.pages import block, page

# The demo chooses its database itself.
pytestmark = [pytest.mark.server, pytest.mark.sqlite]

_END = "--- end of a command:"
_PRINTS = "# prints "


def _commands(tour):
    """Return each command with the text that the page says it prints; a backslash at its end joins two lines."""
    commands: list[tuple[str, str]] = []
    for line in tour.replace("\\\n", "").splitlines():
        if line.startswith(_PRINTS):
            command, _ = commands.pop()
            commands.append((command, line.removeprefix(_PRINTS)))
        elif line.strip() and not line.startswith("#"):
            commands.append((line, ""))
    return commands


def _typed(commands, directory, port):
    """Type the commands into one shell; return what each printed and its exit code."""
    script = "".join(f"{command}\nprintf '%s %d\\n' '{_END}' $?\n" for command, _ in commands)
    shell = subprocess.run(
        ["sh"],
        input=script,
        cwd=directory,
        env={**os.environ, "PORT": str(port), "NO_PROXY": "*", "no_proxy": "*"},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert shell.stderr == ""
    return re.findall(rf"(.*?){_END} (\d+)\n", shell.stdout, re.DOTALL)


@pytest.mark.needs("curl")
@pytest.mark.parametrize(
    ("name", "marker"),
    [("README.md", "tour"), ("README.md", "account-tour"), ("docs/concepts/sessions-and-rotation.md", "tour")],
)
def test_each_line_works_and_prints_what_the_page_says(name, marker, live_server_process, tmp_path):
    commands = _commands(block(page(name), marker))
    assert len(commands) > 5
    demo = live_server_process(sys.executable, "-m", "keyturn_server.cli", "demo", seconds=60)

    outcomes = _typed(commands, tmp_path, demo.port)

    assert len(outcomes) == len(commands)
    for (command, said), (printed, status) in zip(commands, outcomes, strict=True):
        assert status == "0", command
        pattern = re.escape(said).replace("…", ".*")
        assert re.fullmatch(pattern, printed.strip()), f"{command}\nprinted {printed!r}, the page says {said!r}"
