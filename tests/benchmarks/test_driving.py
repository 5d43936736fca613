"""The driver of the comparison, against servers that answer as they are told."""

import contextlib
import json
import os
import re
import socket
import subprocess
import sys
import threading

import pytest

from benchmarks import processes
from benchmarks.compare.calls import Call, Template
from benchmarks.compare.driver import drive
from benchmarks.compare.running import bare_rate
from benchmarks.driving import Driver
from tests.services.ports import LOOPBACK

REFRESH = Call("POST", "/token/refresh/", body='{"refresh":"${refresh}"}', takes={"refresh": "refresh"}).as_json()


def reply(body, status="200 OK"):
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()


@contextlib.contextmanager
def answering(answer):
    """A server that answers each request, its bytes given, with what ``answer`` returns: bytes, sent one by one."""
    with socket.create_server((LOOPBACK, 0)) as listener:

        def serve(connection):
            with connection:
                while request := connection.recv(65_536):
                    for piece in answer(request.decode()):
                        connection.sendall(piece)

        def accept():
            with contextlib.suppress(OSError):
                while True:
                    threading.Thread(target=serve, args=[listener.accept()[0]], daemon=True).start()

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(10)


def succeeding(seen):
    """Answers each refresh token with the next one: ``a-0`` with ``a-1``."""

    def answer(request):
        token = json.loads(request.partition("\r\n\r\n")[2])["refresh"]
        seen.append(token)
        name, _, number = token.partition("-")
        yield reply(json.dumps({"access": "x", "refresh": f"{name}-{int(number) + 1}"}))

    return answer


def test_each_connection_goes_on_with_the_token_of_its_own_last_answer():
    seen: list[str] = []
    lanes = [{"refresh": "a-0"}, {"refresh": "b-0"}, {"refresh": "c-0"}]
    with answering(succeeding(seen)) as port:
        done = drive({"port": port, "call": REFRESH, "lanes": lanes, "count": 60})
    assert done["answers"] == 60
    assert len(set(seen)) == 60
    ends = {lane["refresh"].partition("-")[0]: int(lane["refresh"].partition("-")[2]) for lane in done["lanes"]}
    assert sum(ends.values()) == 60
    for name, last in ends.items():
        assert [f"{name}-{n}" for n in range(last)] == [token for token in seen if token.startswith(name)]


def test_every_token_of_a_supply_is_spent_once():
    seen: list[str] = []
    call = {**REFRESH, "takes": {}}
    supply = {"refresh": [f"s-{n}" for n in range(25)]}
    with answering(succeeding(seen)) as port:
        drive({"port": port, "call": call, "lanes": [{}, {}], "supply": supply, "count": 25})
    assert sorted(seen) == sorted(supply["refresh"])


def test_every_login_is_another_users():
    users = []

    def answer(request):
        users.append(json.loads(request.partition("\r\n\r\n")[2])["username"])
        yield reply("{}")

    call = Call("POST", "/token/", body='{"username":"user${user}"}').as_json()
    with answering(answer) as port:
        drive({"port": port, "call": call, "lanes": [{}], "users": 5, "first_user": 3, "count": 7})
    assert users == ["user3", "user4", "user0", "user1", "user2", "user3", "user4"]


@pytest.mark.parametrize(
    "pieces",
    [
        [b"HTTP/1.1 200 OK\r\nContent-Le", b"ngth: 4\r\n", b"\r\n{", b"  }"],
        [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n", b"0\r\n\r\n"],
        [b"HTTP/1.1 204 No Content\r\n\r\n"],
    ],
    ids=["in pieces", "in chunks", "without a body"],
)
def test_answers_are_read_however_they_come(pieces):
    with answering(lambda _: pieces) as port:
        driver = Driver(port, [b"GET / HTTP/1.1\r\n\r\n"], connections=2)
        assert driver.run(count=6).answers == 6
        driver.close()


@pytest.mark.parametrize("status", ["401 Unauthorized", "503 Service Unavailable", "302 Found"])
def test_an_answer_that_is_no_success_ends_the_run(status):
    with answering(lambda _: [reply("no", status)]) as port:
        driver = Driver(port, [b"GET / HTTP/1.1\r\n\r\n"], connections=1)
        with pytest.raises(ConnectionError, match=status.split()[0]):
            driver.run(count=3)
        driver.close()


def test_a_run_lasts_as_long_as_it_is_told_and_says_how_long_each_answer_took():
    with answering(lambda _: [reply("{}")]) as port:
        driver = Driver(port, [b"GET / HTTP/1.1\r\n\r\n"], connections=3)
        run = driver.run(seconds=0.3)
        driver.close()
    assert run.seconds >= 0.3
    assert run.answers == len(run.latencies) > 3
    assert run.rate == pytest.approx(run.answers / run.seconds)
    assert sum(run.latencies) <= 3 * run.seconds


def test_a_request_says_how_long_its_body_is_after_its_blanks_are_filled():
    call = Call("POST", "/x", headers={"Authorization": "Bearer ${access}"}, body="t=${refresh}", form=True)
    head, _, body = Template(call, 80).fill({"access": "abc", "refresh": "r" * 20}).decode().partition("\r\n\r\n")
    assert body == "t=" + "r" * 20
    assert "\r\nContent-Length: 22" in head
    assert "\r\nAuthorization: Bearer abc\r\n" in head
    assert "application/x-www-form-urlencoded" in head


def test_an_answer_without_what_is_wanted_of_it_ends_the_run():
    template = Template(Call("POST", "/x", takes={"refresh": "refresh"}), 80)
    with pytest.raises(ValueError, match="no refresh"):
        template.take(b'{"access":"x"}', {})


@pytest.mark.server
def test_the_driver_is_measured_against_a_server_that_does_nothing():
    bare = bare_rate(seconds=0.3)
    assert bare["rate"] > 0
    assert 0 < bare["driver"] < 50


@pytest.mark.needs("/proc")
class TestProcesses:
    def start(self, code):
        return subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def test_a_family_is_a_process_and_all_that_descend_from_it(self):
        code = (
            "import subprocess, sys; c = subprocess.Popen([sys.executable, '-c', 'input()'], stdin=subprocess.PIPE);"
            "print(c.pid, flush=True); input(); c.communicate(b'x')"
        )
        with self.start(code) as process:
            child = int(process.stdout.readline())
            assert processes.family(process.pid) == [process.pid, child]
            assert process.pid in processes.family(os.getpid())
            assert processes.workers_of(process.pid) == [child]
            assert processes.memory(process.pid, and_family=True) > processes.memory(process.pid) > 1
            process.stdin.write("x\n")

    def test_the_time_of_children_that_ended_is_the_familys(self):
        work = "import time\nwhile time.process_time() < 0.3: pass"
        code = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {work!r}]);"
        code += "print('done', flush=True); input()"
        with self.start(code) as process:
            assert process.stdout.readline() == "done\n"
            assert processes.processor_seconds(process.pid, and_family=True) >= 0.25
            assert processes.processor_seconds(process.pid) < 0.25
            process.stdin.write("x\n")

    def test_nothing_is_read_of_a_process_that_is_none(self):
        with pytest.raises(OSError, match=re.escape("/proc/")):
            processes.memory(2**22 + 1)
