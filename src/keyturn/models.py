"""Where Django looks for models; each lives in its room."""

from keyturn.accounts.models import Flow
from keyturn.clients.models import ServiceClient
from keyturn.defence.models import AttemptCounter
from keyturn.feed.models import Revocation
from keyturn.keys.models import SigningKey
from keyturn.mail.models import OutgoingMail
from keyturn.mfa.models import FactorState, RecoveryCode, TrustedDevice, UsedChallenge
from keyturn.sessions.models import Session
from keyturn.signin.models import AccountState
from keyturn.trail.models import AuditEvent, Tally

__all__ = [
    "AccountState",
    "AttemptCounter",
    "AuditEvent",
    "FactorState",
    "Flow",
    "OutgoingMail",
    "RecoveryCode",
    "Revocation",
    "ServiceClient",
    "Session",
    "SigningKey",
    "Tally",
    "TrustedDevice",
    "UsedChallenge",
]
