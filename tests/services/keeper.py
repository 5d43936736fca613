"""Runs one service and outlives nobody: when the pipe to its parent closes, it stops the service and cleans up.

A parent that ends normally, by Ctrl-C or by SIGKILL closes that pipe in every case, so no server and no directory is
ever left behind. Started by path, with the standard library alone.

    python keeper.py '{"command": [...], "directory": "...", "log": "...", "stop_signal": 2, "uid": 65534, ...}'
"""

import json
import os
import select
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

_PATIENCE = 15


def main(order: dict[str, Any]) -> None:
    """Start the command, wait for the parent's end, stop the command, remove the directory."""
    awake, waker = os.pipe()
    os.set_blocking(waker, False)
    # Ctrl-C is for the parent to judge. (A handler, not SIG_IGN: that one the service would inherit.)
    signal.signal(signal.SIGINT, lambda *_: None)
    # A polite SIGTERM means the same as the closed pipe; SIGCHLD says that the service is gone, or merely held.
    signal.signal(signal.SIGTERM, lambda *_: os.write(waker, b"T"))
    signal.signal(signal.SIGCHLD, lambda *_: os.write(waker, b"C"))
    with Path(order["log"]).open("ab", buffering=0) as log:
        child = subprocess.Popen(
            order["command"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=order["directory"],
            env=order["environment"],
            user=order["uid"],
            group=order["gid"],
            extra_groups=None if order["gid"] is None else [],
            process_group=0,
        )
    try:
        is_wanted = True
        while is_wanted:
            ready, _, _ = select.select([sys.stdin.fileno(), awake], [], [])
            if child.poll() is not None:
                # It died by itself. The parent sees this end, reads the log and removes the directory.
                sys.exit(1)
            is_wanted = sys.stdin.fileno() not in ready and b"T" not in os.read(awake, 64)
    finally:
        child.send_signal(order["stop_signal"])
        try:
            child.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
    shutil.rmtree(order["directory"], ignore_errors=True)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
