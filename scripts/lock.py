"""Write requirements/server.txt and requirements/dev.txt anew, with hashes, for every platform and Python at once.

Uses uv, which resolves for all environments in one file and names no index in it. The other commands do not need uv.
"""

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COMPILE = (
    *("pip", "compile", "--quiet", "--no-header"),
    *("--universal", "--generate-hashes", "--python-version", "3.11", "--extra", "server"),
)
SERVER, DEV = "requirements/server.txt", "requirements/dev.txt"


def main() -> None:
    """Lock the server first, then the tools on top of exactly those versions."""
    uv = shutil.which("uv")
    if uv is None:
        sys.exit("`make lock` needs uv (https://docs.astral.sh/uv/), for example from: pipx install uv")
    for inputs, output in (
        (["pyproject.toml", "requirements/lock.in"], SERVER),
        (["pyproject.toml", "requirements/lock.in", "requirements/dev.in", "-c", SERVER], DEV),
    ):
        print(f"Locking {output}", flush=True)
        locked = subprocess.run([uv, *COMPILE, *inputs, "-o", output], cwd=ROOT, check=False)
        if locked.returncode:
            sys.exit(locked.returncode)


if __name__ == "__main__":
    main()
