"""Where workers come from: a process that has loaded the program once, and what they share with it."""

import os
import signal
import sys
import time
from pathlib import Path

import pytest

from tests.server.running import SECRET, ask, workers_of
from tests.services import ports
from tests.services.migrated import migrate
from tests.services.process import ServerProcess, clean_environment

pytestmark = [
    pytest.mark.server,
    # Only Linux has what a mould takes.
    pytest.mark.needs("/proc"),
]

DEVELOPMENT = {"KEYTURN_DEBUG": "1", "KEYTURN_SECRET_KEY": SECRET}
SERVE = "from keyturn_server import cli; sys.exit(cli.main(['serve', *sys.argv[1:]]))"
FROM_A_MOULD = f"import sys; {SERVE}"
BY_THEMSELVES = f"import sys; from keyturn_server import serve; serve.Mould = serve.Spawner; {SERVE}"


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    made = tmp_path_factory.mktemp("mould")
    migrate(made, DEVELOPMENT)
    return made


@pytest.fixture
def serve(directory):
    servers = []

    def start(program=FROM_A_MOULD):
        server = ServerProcess(
            [sys.executable, "-c", program, "--port", "{port}", "--workers", "2"],
            port=ports.free_port(),
            directory=directory,
            environment=clean_environment(DEVELOPMENT),
        )
        servers.append(server)
        server.wait_until_it_answers("/health/live/", seconds=60)
        eventually(lambda: "serves http" in server.output())
        return server

    yield start
    for server in servers:
        server.stop()


def eventually(condition, seconds=60):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def children(pid):
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def mould_of(server):
    (mould,) = (child for child in children(server.pid) if Path(f"/proc/{child}/comm").read_text() == "keyturn-mould\n")
    return mould


def kilobytes(pid, *names):
    told = dict(line.split(":") for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:])
    return sum(int(told[name].split()[0]) for name in names)


def test_workers_share_what_they_have_in_memory_with_their_mould_and_the_server(serve):
    server = serve()
    eventually(lambda: len(workers_of(server.pid)) == 2)
    for process in (server.pid, mould_of(server), *workers_of(server.pid)):
        # Most of it: what is there in one process alone is less than half.
        assert kilobytes(process, "Private_Clean", "Private_Dirty") < kilobytes(process, "Rss") / 2


def test_a_mould_has_one_thread_and_nothing_open_that_a_fork_must_not_share(serve):
    mould = mould_of(serve())
    assert len(list(Path(f"/proc/{mould}/task").iterdir())) == 1
    opened = [str(each.readlink()) for each in Path(f"/proc/{mould}/fd").iterdir()]
    assert not [name for name in opened if "sqlite" in name or name.endswith(".db")]
    # It is asked over one socket, and has none that clients connect to.
    assert len([name for name in opened if name.startswith("socket:")]) == 1


def test_workers_outlive_their_mould_and_one_that_dies_after_it_is_replaced(serve):
    server = serve()
    before = workers_of(server.pid)
    os.kill(mould_of(server), signal.SIGKILL)
    assert ask(server.port, "GET", "/livez").status == 200
    killed = min(before)
    os.kill(killed, signal.SIGKILL)
    eventually(lambda: len(workers_of(server.pid)) == 2 and killed not in workers_of(server.pid))
    assert max(before) in workers_of(server.pid)
    server.wait_until_it_answers("/livez", seconds=60)
    assert "Traceback" not in server.output()
    assert server.stop() == 0


def test_nothing_is_left_when_the_server_is_killed(serve):
    server = serve()
    everyone = children(server.pid)
    assert len(everyone) >= 3
    os.kill(server.pid, signal.SIGKILL)
    eventually(lambda: not any(Path(f"/proc/{child}/cmdline").exists() and _runs(child) for child in everyone))


def _runs(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_workers_load_the_program_by_themselves_where_there_is_no_mould(serve):
    server = serve(BY_THEMSELVES)
    # The names are the mould's to give.
    assert not workers_of(server.pid)
    workers = [child for child in children(server.pid) if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes()]
    assert len(workers) == 2
    assert ask(server.port, "GET", "/home/").status == 401
    os.kill(server.pid, signal.SIGUSR2)
    eventually(lambda: not set(workers) & set(children(server.pid)))
    assert ask(server.port, "GET", "/home/").status == 401
    assert "did not come up" not in server.output()
    assert server.stop() == 0
