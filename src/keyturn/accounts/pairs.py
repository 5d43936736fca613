"""The end of a flow: a session of Keyturn's, whose first pair goes out with the answer."""

from typing import Any

from django.http import HttpRequest

from keyturn.accounts.flows import FlowStore
from keyturn.clock import utc_now
from keyturn.sessions.client import current_client
from keyturn.signin import signed_in
from keyturn.tokens.issuing import Pair, issue_pair

__all__ = ["current_pair", "open_session"]


def open_session(request: HttpRequest, user: Any, *, amr: str = "pwd") -> Pair:
    """Sign a client in: open a session, let the answer carry its pair, end the flow that led here.

    Args:
        request: of a view behind :mod:`keyturn.api.account_views`, which writes the pair into ``meta``.
        user: as loaded when the user's password was verified or set: it must still be the one in the database.
        amr: authentication methods (RFC 8176), separated by spaces.

    Raises:
        RefusedError: ``bad_credentials``: the password was changed meanwhile, or the user may not sign in.
    """
    pair = issue_pair(user=user, now=utc_now(), client=current_client(), amr=amr)
    request.keyturn_pair = pair  # type: ignore[attr-defined]
    request.user = user
    if isinstance(request.session, FlowStore):
        request.session.close()
    signed_in(user, request=request, session_id=pair.session_id)
    return pair


def current_pair(request: HttpRequest) -> Pair | None:
    """The pair that the answer to this request carries."""
    return getattr(request, "keyturn_pair", None)
