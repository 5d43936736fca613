"""Projects with other settings: each a pytest of its own, since apps and user models cannot be changed at run time."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.services.process import clean_environment

FOLDER = Path(__file__).with_name("other_settings")
ROOT = FOLDER.parents[2]

RUNS = [
    ("with_blacklist", "with_blacklist"),
    ("new_york", "new_york"),
    ("user_models", "uuid_users"),
    ("user_models", "email_users"),
    ("user_models", "plain_users"),
    ("user_models", "members"),
    ("accounts", "uuid_accounts"),
    ("accounts", "email_accounts"),
    ("accounts", "new_york"),
]


@pytest.mark.slow
@pytest.mark.parametrize(("folder", "settings"), RUNS, ids=[f"{folder}-{settings}" for folder, settings in RUNS])
def test_a_project_with_other_settings_has_the_same_contract(db_vendor, folder, settings):
    command = ["-m", "pytest", str((FOLDER / folder).relative_to(ROOT)), f"--ds=tests.settings.{settings}"]
    done = subprocess.run(
        [sys.executable, *command, "-n0", "-q", "-p", "no:cacheprovider"],
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
    assert int(passed[1]) >= len(list((FOLDER / folder).glob("test_*.py")))
    assert "skipped" not in report, report
