"""A Flask service that lets Keyturn's users in: by decorators."""

import os
from collections.abc import Callable
from dataclasses import asdict
from datetime import timedelta
from functools import wraps
from typing import Any

from flask import Flask, Response, current_app, g, jsonify, request

from keyturn.verifier import (
    ProofError,
    RefusedError,
    UnavailableError,
    Verifier,
    answer_to,
    presented,
    require_authentication,
)

app = Flask(__name__)
# The names this service is known by: a proof names its URL, and whoever calls writes the Host header.
app.config["TRUSTED_HOSTS"] = ["localhost", "127.0.0.1"]

verifier = Verifier(
    os.environ["AUTH_ISSUER"],
    audience=os.environ["AUTH_AUDIENCE"],
    client_id=os.environ["AUTH_CLIENT_ID"],
    client_secret=os.environ["AUTH_CLIENT_SECRET"],
)


def signed_in(view: Callable[..., Any]) -> Callable[..., Any]:
    """Let a request in only with a good access token, which is then ``g.token``."""

    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        shown = presented(
            authorization=request.headers.get("Authorization"),
            dpop=request.headers.get("DPoP"),
            method=request.method,
            url=request.url,
        )
        if shown is None:
            return not_let_in(None)
        g.token = verifier.verify(shown)
        return view(*args, **kwargs)

    return guarded


def proved(max_age: timedelta | None = None, acr: str | None = None) -> Callable[..., Any]:
    """The same, for what must not be done with a session alone: of a user who proved so lately who they are."""

    def decorator(view: Callable[..., Any]) -> Callable[..., Any]:
        @signed_in
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            require_authentication(g.token, max_age=max_age, acr=acr)
            return view(*args, **kwargs)

        return guarded

    return decorator


@app.errorhandler(RefusedError)
@app.errorhandler(ProofError)
@app.errorhandler(UnavailableError)
def not_let_in(error: RefusedError | ProofError | UnavailableError | None) -> tuple[Response, int, dict[str, str]]:
    """401 with the reason, or 503 where nothing can be decided; why, is in the log."""
    if isinstance(error, UnavailableError):
        current_app.logger.warning("%s", error)
    answer = answer_to(error, authorization=request.headers.get("Authorization"))
    return jsonify(answer.body), answer.status, dict(answer.headers)


@app.get("/")
def index() -> dict[str, str]:
    """A page for everybody."""
    return {"service": "orders"}


@app.get("/me")
@signed_in
def me() -> dict[str, str]:
    """Who is asking."""
    return {"user": g.token.subject, "session": str(g.token.session_id), "expires": g.token.expires_at.isoformat()}


@app.post("/cancel")
@proved(timedelta(minutes=5))
def cancel() -> dict[str, str]:
    """Nobody cancels an order who has only found an open laptop."""
    return {"cancelled_by": g.token.subject}


@app.post("/bank-account")
@proved(timedelta(minutes=5), acr="2fa")
def bank_account() -> dict[str, str]:
    """Nor does a password alone say where the money goes."""
    return {"changed_by": g.token.subject}


@app.get("/health")
def health() -> tuple[Response, int]:
    """Whether tokens can be decided now, and by how fresh a feed."""
    status = verifier.status()
    return jsonify(asdict(status)), 200 if status.ready else 503
