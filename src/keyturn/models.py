"""Where Django looks for models; each lives in its room."""

from keyturn.sessions.models import Session

__all__ = ["Session"]
