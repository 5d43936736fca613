"""Where Django looks for models; each lives in its room."""

from keyturn.clients.models import ServiceClient
from keyturn.feed.models import Revocation
from keyturn.keys.models import SigningKey
from keyturn.sessions.models import Session

__all__ = ["Revocation", "ServiceClient", "Session", "SigningKey"]
