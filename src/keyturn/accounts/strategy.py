"""django-allauth's question what a client holds: a flow's token on the way in, Keyturn's pair afterwards."""

from typing import Any

from allauth.headless.tokens.strategies.base import AbstractTokenStrategy
from django.contrib.sessions.backends.base import SessionBase
from django.db import transaction
from django.http import HttpRequest

from keyturn.accounts.flows import FlowStore, flow_database
from keyturn.accounts.pairs import current_pair
from keyturn.clock import utc_now
from keyturn.errors import RefusedError
from keyturn.sessions.client import current_client
from keyturn.tokens.refreshing import refresh

__all__ = ["TokenStrategy"]


class TokenStrategy(AbstractTokenStrategy):
    """``HEADLESS_TOKEN_STRATEGY``. Answers for the views behind :mod:`keyturn.api.account_views`.

    django-allauth's own strategies hand out the key of a Django session, or tokens of their own: neither would be ended
    by anything that ends a session of Keyturn's.
    """

    def get_session_token(self, request: HttpRequest) -> str | None:
        """The flow's token; a session of Django's is never one, so the request is given an empty flow first."""
        if not isinstance(request.session, FlowStore):
            request.session = FlowStore()
        return request.headers.get("X-Session-Token")

    def create_session_token(self, request: HttpRequest) -> str:
        """The token of the flow that was begun; empty once the user has signed in, who needs none."""
        store = request.session
        return store.token if isinstance(store, FlowStore) else ""

    def lookup_session(self, session_token: str) -> SessionBase | None:
        """The flow of a token. It is nobody's session: no user is signed in by it."""
        with transaction.atomic(using=flow_database()):
            return FlowStore.of_token(session_token, now=utc_now())

    def create_access_token_payload(self, request: HttpRequest) -> dict[str, Any] | None:
        """The pair of the session that was opened in this request."""
        pair = current_pair(request)
        return None if pair is None else {"access_token": pair.access, "refresh_token": pair.refresh}

    def refresh_token(self, refresh_token: str) -> tuple[str, str] | None:
        """Rotate, by the rule that every other door has; None where the token is refused."""
        try:
            pair = refresh(refresh_token, now=utc_now(), client=current_client())
        except RefusedError:
            return None
        return pair.access, pair.refresh or refresh_token
