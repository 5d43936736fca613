"""The proxy between clients and balancer: what it passes on comes as it was; what it loses is lost where it says."""

import asyncio
from random import Random

import pytest

from benchmarks.asking import NO_ANSWER, Channel, request
from benchmarks.faults.dropping import DroppingProxy

PATIENCE = 1.0
ANSWERS = {
    "/length": b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\n\r\nhello",
    "/chunks": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n",
    "/empty": b"HTTP/1.1 204 No Content\r\n\r\n",
}


class Upstream:
    """A server that answers by the path, and keeps what it was asked."""

    def __init__(self):
        self.asked = []

    async def serve(self, reader, writer):
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                method, path, _ = head.split(b" ", 2)
                if method == b"POST":
                    await reader.readexactly(2)
                self.asked.append(path.decode())
                writer.write(ANSWERS[path.decode()])
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


def through(proxy_of, talk):
    """Let a coroutine function talk to a channel through a proxy in front of a server, and return all three."""

    async def run():
        upstream = Upstream()
        server = await asyncio.start_server(upstream.serve, "127.0.0.1", 0)
        proxy = proxy_of(server.sockets[0].getsockname()[1])
        door = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
        channel = Channel(door.sockets[0].getsockname()[1], patience=PATIENCE)
        try:
            said = await talk(channel, proxy)
        finally:
            channel.close()
            door.close()
            server.close()
            proxy.cut()
            await asyncio.sleep(0)
        return said, proxy.counts, upstream.asked

    return asyncio.run(run())


def lossless(port):
    return DroppingProxy(port, lose=0.0, rng=Random(1))


def test_all_passes_as_it_was_over_one_connection():
    async def talk(channel, proxy):
        asked = [await channel.ask(request("POST", path, body=b"{}")) for path in ("/length", "/chunks", "/empty")]
        return [(answer.status, answer.body) for answer in asked], asked[0].headers["set-cookie"]

    (answers, cookies), counts, asked = through(lossless, talk)
    assert answers == [(200, b"hello"), (200, b"hello"), (204, b"")]
    assert cookies == "a=1\nb=2"
    assert asked == ["/length", "/chunks", "/empty"]
    assert counts["exchanges"] == 3
    assert counts["requests lost"] == counts["replies lost"] == 0


@pytest.mark.parametrize("seed", range(8))
def test_what_is_lost_has_no_answer_and_only_lost_requests_do_not_arrive(seed):
    async def talk(channel, proxy):
        return await channel.ask(request("GET", "/length"))

    answer, counts, asked = through(lambda port: DroppingProxy(port, lose=0.8, rng=Random(seed)), talk)
    assert answer.status == NO_ANSWER
    assert counts["requests lost"] + counts["replies lost"] == 1
    assert len(asked) == counts["replies lost"]


class AtOnce(DroppingProxy):
    """Loses nothing silently, so that nobody has to wait."""

    async def _break(self, reader):
        return None


def test_so_many_replies_are_lost_as_it_was_told_and_a_quarter_as_many_requests_besides():
    async def talk(channel, proxy):
        for _ in range(600):
            await channel.ask(request("GET", "/length"))

    _, counts, asked = through(lambda port: AtOnce(port, lose=0.4, rng=Random(3)), talk)
    assert counts["exchanges"] == 600
    assert 200 < counts["replies lost"] < 280
    assert 35 < counts["requests lost"] < 85
    assert len(asked) == 600 - counts["requests lost"]


def test_a_cut_breaks_the_connection_and_the_next_one_works():
    async def talk(channel, proxy):
        await channel.ask(request("GET", "/length"))
        proxy.cut()
        # Both sides of the one.
        assert proxy.counts["connections cut"] == 2
        broken = await channel.ask(request("GET", "/length"))
        mended = await channel.ask(request("GET", "/length"))
        return broken.status, mended.status

    statuses, _, _ = through(lossless, talk)
    assert statuses == (NO_ANSWER, 200)
