"""One client's calls: requests as its kind makes them, each with its place in the history."""

import json
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import uuid4

from benchmarks.asking import NO_ANSWER, Answer, Channel
from benchmarks.faults.findings import BOUND
from benchmarks.faults.history import Act, Recorder, What, stamp
from tests.dpop.key import DpopKey

__all__ = ["KINDS", "Caller", "Kind", "word_of"]

_PATIENCE: Final = 8.0
"""Seconds for a sign-in, at any pace: a password hash takes what it takes."""
_USUAL: Final = 10.0
"""Seconds for what is neither a sign-in nor a refresh, at the real pace."""
_BEARER: Final = (5.0,)
"""Seconds that the client of docs/how-to/front-end.md waits for a refresh."""
_WEB: Final = (10 / 3, 10 / 3, 10 / 3, 10.0)
"""Seconds that web/client waits for the first try of a refresh, for the second, the third, and for all that follow."""
_PROOFS: Final = 5
"""Nodes whose clocks differ may each want a nonce of its own."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What a client does to be recognised.

    Args:
        name: for the history.
        keyed: it sends an ``Idempotency-Key`` with a refresh, the same with each retry (ADR 0035).
        web: its refresh token is in a cookie, and its session is bound to a device cookie (ADR 0029).
        dpop: its session is bound to a key that it proves to hold (ADR 0030).
        waits: seconds that it waits for a refresh at the real pace, by the number of the try.
    """

    name: str
    keyed: bool = False
    web: bool = False
    dpop: bool = False
    waits: tuple[float, ...] = _BEARER


KINDS: Final = (
    Kind("unbound"),
    Kind("unbound, keyed", keyed=True),
    Kind("device cookie", keyed=True, web=True, waits=_WEB),
    Kind(BOUND, dpop=True),
)


@dataclass
class Caller:
    """Sends requests and notes them.

    Args:
        name: in the history.
        kind: how it calls.
        port: of the server, on loopback.
        recorder: of the history.
        pace: by what its waiting is shorter than at the real pace.
        agent: its ``User-Agent``.
        refresh: the refresh token that it holds.
        access: the access token that it holds.
        cookies: those that it holds, by name.
    """

    name: str
    kind: Kind
    port: int
    recorder: Recorder
    pace: float
    agent: str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
    refresh: str = ""
    access: str = ""
    cookies: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._channel = Channel(self.port, patience=_USUAL * self.pace)
        # Who has just typed a password waits until it has been looked at.
        self._patient = Channel(self.port, patience=_PATIENCE)
        self._key = DpopKey() if self.kind.dpop else None
        self._nonce = ""
        self._wait = 0.0
        self.recorder.note(What.CLIENT, who=self.name, kind=self.kind.name)

    @property
    def _origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def sign_in(self, username: str, password: str) -> Answer:
        """Open a session; what came is kept."""
        return await self._keep(Act.SIGN_IN, "/token/", {"username": username, "password": password})

    async def trade(self, *, tries: int = 0, key: str = "", shown: str | None = None) -> Answer:
        """Refresh.

        Args:
            tries: how many there were before this one.
            key: the ``Idempotency-Key`` of this refresh; empty: none.
            shown: another refresh token than the one it holds.
        """
        body = {} if self.kind.web else {"refresh": shown or self.refresh}
        headers = {"Idempotency-Key": key} if key else {}
        self._wait = self.pace * self.kind.waits[min(tries, len(self.kind.waits) - 1)]
        return await self._keep(Act.REFRESH, "/token/refresh/", body, shown=shown or self.refresh, **headers)

    async def sign_out(self) -> Answer:
        """End the session."""
        body = {} if self.kind.web else {"refresh": self.refresh}
        return await self._ask(Act.SIGN_OUT, "POST", "/token/blacklist/", body, shown=self.refresh)

    async def use(self) -> Answer:
        """Open a page with the access token."""
        return await self._ask(Act.USE, "GET", "/home/", None, shown=self.refresh, token=self.access)

    @staticmethod
    def new_key() -> str:
        """A name for a refresh."""
        return uuid4().hex

    async def _keep(self, act: Act, path: str, body: Any, *, shown: str = "", **headers: str) -> Answer:
        answer = await self._ask(act, "POST", path, body, shown=shown, **headers)
        if answer.status == 200:
            given = json.loads(answer.body)
            self.access = given["access"]
            self.refresh = self._refresh_in(answer)
        return answer

    def _refresh_in(self, answer: Answer) -> str:
        if not self.kind.web:
            refresh: str = json.loads(answer.body)["refresh"]
            return refresh
        return next((value for name, value in self.cookies.items() if "keyturn_refresh_" in name), "")

    async def _ask(
        self, act: Act, method: str, path: str, body: Any, *, shown: str, token: str = "", **headers: str
    ) -> Answer:
        """One exchange, and more of them for as long as the server asks for a proof with another nonce."""
        answer = await self._exchange(act, method, path, body, shown=shown, token=token, headers=headers)
        for _ in range(_PROOFS):
            if word_of(answer) != "use_dpop_nonce":
                break
            answer = await self._exchange(act, method, path, body, shown=shown, token=token, headers=headers)
        return answer

    async def _exchange(
        self, act: Act, method: str, path: str, body: Any, *, shown: str, token: str, headers: dict[str, str]
    ) -> Answer:
        number = self.recorder.number()
        said = stamp(shown) if shown else {}
        raw = self._request(method, path, body, token=token, headers=headers)
        self.recorder.note(What.ASK, number=number, who=self.name, act=act, **said)
        channel = self._patient if act is Act.SIGN_IN else self._channel
        answer = await channel.ask(raw, patience=self._wait if act is Act.REFRESH else None)
        # Not needed until the next sign-in, and there are thousands of clients.
        self._patient.close()
        if answer.status == NO_ANSWER:
            self.recorder.note(What.SILENCE, number=number)
            return answer
        self._nonce = answer.headers.get("dpop-nonce", self._nonce)
        self._take_cookies(answer)
        given = {}
        if answer.status == 200 and act in {Act.SIGN_IN, Act.REFRESH}:
            given = stamp(self._refresh_in(answer))
        self.recorder.note(What.ANSWER, number=number, status=answer.status, reason=word_of(answer), **given)
        return answer

    def _take_cookies(self, answer: Answer) -> None:
        if not self.kind.web:
            return
        for line in filter(None, answer.headers.get("set-cookie", "").split("\n")):
            pair, _, attributes = line.partition(";")
            name, _, value = pair.partition("=")
            if "max-age=0" in attributes.lower():
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = value

    def _request(self, method: str, path: str, body: Any, *, token: str, headers: dict[str, str]) -> bytes:
        sent = {"Host": f"127.0.0.1:{self.port}", "Accept": "application/json", "User-Agent": self.agent, **headers}
        if self.kind.web:
            sent |= {"X-Keyturn-Client": "web", "Origin": self._origin, "Sec-Fetch-Site": "same-origin"}
            if self.cookies:
                sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if token:
            sent["Authorization"] = f"{'DPoP' if self._key else 'Bearer'} {token}"
        if self._key is not None:
            claims: dict[str, Any] = {"nonce": self._nonce} if self._nonce else {}
            sent["DPoP"] = self._key.proof(method, self._origin + path, token=token or None, **claims)
        content = b"" if body is None else json.dumps(body).encode()
        if body is not None:
            sent |= {"Content-Type": "application/json", "Content-Length": str(len(content))}
        lines = "".join(f"{name}: {value}\r\n" for name, value in sent.items())
        return f"{method} {path} HTTP/1.1\r\n{lines}\r\n".encode() + content

    def close(self) -> None:
        """Hang up."""
        self._channel.close()
        self._patient.close()


def word_of(answer: Answer) -> str:
    """The reason in an answer, else its code; empty where it has neither."""
    if answer.status < 400:
        return ""
    try:
        said = json.loads(answer.body)
        return str(said.get("reason") or said.get("code") or "")
    except (ValueError, AttributeError):
        return ""
