"""A FastAPI service that lets Keyturn's users in: by dependencies."""

import logging
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict
from datetime import timedelta
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Request
from fastapi.responses import JSONResponse
from fastapi.security import HTTPBearer
from starlette.middleware.trustedhost import TrustedHostMiddleware

from keyturn.verifier import (
    AsyncVerifier,
    ProofError,
    RefusedError,
    UnavailableError,
    VerifiedToken,
    answer_to,
    presented,
    require_authentication,
)

logger = logging.getLogger("uvicorn.error")

verifier = AsyncVerifier(
    os.environ["AUTH_ISSUER"],
    audience=os.environ["AUTH_AUDIENCE"],
    client_id=os.environ["AUTH_CLIENT_ID"],
    client_secret=os.environ["AUTH_CLIENT_SECRET"],
)


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    """Follow the revocation feed for as long as the service runs."""
    async with verifier:
        await verifier.wait_until_ready(5)
        yield


app = FastAPI(title="Orders", lifespan=lifespan)
# The names this service is known by: a proof names its URL, and whoever calls writes the Host header.
app.add_middleware(TrustedHostMiddleware, allowed_hosts=["localhost", "127.0.0.1"])


class NoTokenError(Exception):
    """The request shows no token."""


async def signed_in(request: Request) -> VerifiedToken:
    """The access token of a request, verified."""
    shown = presented(
        authorization=request.headers.get("Authorization"),
        dpop=request.headers.get("DPoP"),
        method=request.method,
        url=str(request.url),
    )
    if shown is None:
        raise NoTokenError
    return await verifier.verify(shown)


SignedIn = Annotated[VerifiedToken, Depends(signed_in)]


def proved(max_age: timedelta | None = None, acr: str | None = None) -> Any:
    """The same, for what must not be done with a session alone: of a user who proved so lately who they are."""

    async def proven(token: SignedIn) -> VerifiedToken:
        require_authentication(token, max_age=max_age, acr=acr)
        return token

    return Depends(proven)


Recently = Annotated[VerifiedToken, proved(timedelta(minutes=5))]
RecentlyByTwoFactors = Annotated[VerifiedToken, proved(timedelta(minutes=5), acr="2fa")]
# For the page of the API: it offers a field for a token.
documented = Depends(HTTPBearer(auto_error=False))


@app.exception_handler(NoTokenError)
@app.exception_handler(RefusedError)
@app.exception_handler(ProofError)
@app.exception_handler(UnavailableError)
async def not_let_in(request: Request, error: Exception) -> JSONResponse:
    """401 with the reason, or 503 where nothing can be decided; why, is in the log."""
    if isinstance(error, UnavailableError):
        logger.warning("%s", error)
    known = error if isinstance(error, (RefusedError, ProofError, UnavailableError)) else None
    answer = answer_to(known, authorization=request.headers.get("Authorization"))
    return JSONResponse(dict(answer.body), answer.status, dict(answer.headers))


@app.get("/")
async def index() -> dict[str, str]:
    """A page for everybody."""
    return {"service": "orders"}


@app.get("/me", dependencies=[documented])
async def me(token: SignedIn) -> dict[str, Any]:
    """Who is asking."""
    return {"user": token.subject, "session": str(token.session_id), "expires": token.expires_at}


@app.post("/cancel", dependencies=[documented])
async def cancel(token: Recently) -> dict[str, str]:
    """Nobody cancels an order who has only found an open laptop."""
    return {"cancelled_by": token.subject}


@app.post("/bank-account", dependencies=[documented])
async def bank_account(token: RecentlyByTwoFactors) -> dict[str, str]:
    """Nor does a password alone say where the money goes."""
    return {"changed_by": token.subject}


@app.get("/health")
async def health() -> JSONResponse:
    """Whether tokens can be decided now, and by how fresh a feed."""
    status = verifier.status()
    return JSONResponse(asdict(status), 200 if status.ready else 503)
