"""What endpoints of accounts answer again and again, and the form in which one of them is described."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from drf_spectacular.utils import OpenApiParameter, OpenApiResponse

from keyturn.api import schema_account_bodies as bodies
from keyturn.api import schema_account_frame as frame

__all__ = [
    "ADDRESSES",
    "AGAIN",
    "FALLBACK",
    "NEXT",
    "NOBODY",
    "NOTHING_BEGUN",
    "PROVED",
    "SENT",
    "SIGNED_IN",
    "SIGNED_IN_ALREADY",
    "WRONG",
    "AccountOperation",
]

WRONG: Final = OpenApiResponse(frame.AccountError, "The body could not be read, or a field is missing or wrong.")
AGAIN: Final = OpenApiResponse(
    frame.Anonymous, "Nobody is signed in, or the last proof is too old (`reauthentication_required`)."
)
NOBODY: Final = OpenApiResponse(frame.Anonymous, "Nobody is signed in.")
NOTHING_BEGUN: Final = OpenApiResponse(frame.AccountError, "No such flow has begun, or it has ended.")
SIGNED_IN_ALREADY: Final = OpenApiResponse(frame.AccountError, "Somebody is signed in already.")
SIGNED_IN: Final = OpenApiResponse(
    frame.Authenticated, "Signed in; a session that has just begun has its pair in `meta`."
)
PROVED: Final = OpenApiResponse(
    frame.Authenticated, "Proved: `meta` has an access token that says when and how (`auth_time`, `amr`, `acr`)."
)
NEXT: Final = OpenApiResponse(frame.Anonymous, "Not signed in yet: `data.flows` says what comes next.")
SENT: Final = OpenApiResponse(bodies.Done, "A new code is on its way; the old one is of no use.")
ADDRESSES: Final = OpenApiResponse(bodies.Addresses, "The account's addresses now.")


@dataclass(frozen=True)
class AccountOperation:
    """One method of one endpoint, for both clients.

    Args:
        name: the operation's id, behind that of the client.
        summary: one line.
        answers: by status, besides those that every endpoint can give.
        body: of the request; None: it has none.
        signed_in: whether it wants an access token; otherwise a half-done flow's token, or none.
        parameters: besides the credentials.
        clients: those that have it.
        description: more than the summary, in Markdown.
    """

    name: str
    summary: str
    answers: Mapping[int, Any]
    body: Any = None
    signed_in: bool = False
    parameters: tuple[OpenApiParameter, ...] = ()
    clients: frozenset[str] = frozenset({"app", "browser"})
    description: str = ""


FALLBACK: Final = AccountOperation(
    "", "An endpoint of django-allauth's", {200: OpenApiResponse(bodies.Done, "Done."), 400: WRONG, 401: NEXT}
)
"""What is said of an endpoint that is not in the table: of an app of django-allauth's that the project added."""
