"""The engine in a project that has simplejwt's ``token_blacklist``: a pytest of its own, with its own settings."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.services.process import clean_environment

FOLDER = Path(__file__).with_name("with_blacklist")
ROOT = FOLDER.parents[2]


@pytest.mark.slow
def test_the_engine_keeps_its_promises_beside_token_blacklist(db_vendor):
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            str(FOLDER.relative_to(ROOT)),
            "--ds=tests.settings.with_blacklist",
            "-n0",
            "-q",
            "-p",
            "no:cacheprovider",
        ],
        cwd=ROOT,
        env=clean_environment({"KEYTURN_TEST_DB": db_vendor}),
        capture_output=True,
        text=True,
        check=False,
        timeout=110,
    )
    report = done.stdout + done.stderr
    assert done.returncode == 0, report
    passed = re.search(r"(\d+) passed", report)
    assert passed is not None, report
    assert int(passed[1]) >= len(list(FOLDER.glob("test_*.py")))
    assert "skipped" not in report
