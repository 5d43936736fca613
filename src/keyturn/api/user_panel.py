"""What a user's page in the admin shows below the project's own fields: account, live sessions, last events."""

from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import urlencode

from django.apps import apps
from django.contrib.auth import get_user_model
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import NoReverseMatch, reverse
from django.utils.safestring import SafeString

from keyturn.api.admin_ids import can_be_user
from keyturn.clock import aware, utc_now
from keyturn.mfa.factors import RECOVERY_CODES, recovery_codes_left, rows_of
from keyturn.mfa.passkey_data import label_of
from keyturn.sessions.listing import live_sessions
from keyturn.signin.models import AccountState
from keyturn.tokens.impersonating import METHOD
from keyturn.trail.reading import latest_events
from keyturn.trail.telling import told
from keyturn.user_agents import readable_user_agent

__all__ = ["user_panel"]

_ROWS: Final = 10
"""Sessions and events shown; the lists of both have the rest."""


def user_panel(user: Any, *, request: HttpRequest, site: str, links: Sequence[tuple[str, str]]) -> SafeString:
    """Render the panel, with no more of it than the administrator may see.

    Args:
        user: whose page it is.
        request: the administrator's.
        site: name of the admin site.
        links: titles and addresses of what can be done.
    """
    staff: Any = request.user
    context: dict[str, Any] = {"links": links, "account": AccountState.objects.filter(user_id=user.pk).first()}
    if staff.has_perm("keyturn.view_session"):
        sessions = live_sessions(user.pk, now=utc_now())
        context |= {
            "sees_sessions": True,
            "live": len(sessions),
            "sessions": [_session(session, site) for session in sessions[:_ROWS]],
            "all_sessions": _list_url(site, "session", user),
        }
    if staff.has_perm("keyturn.view_auditevent"):
        context |= {
            "sees_events": True,
            "events": _events(user),
            "all_events": _list_url(site, "auditevent", user),
        }
    if apps.is_installed("allauth.mfa") and staff.has_perm("mfa.view_authenticator"):
        context |= {"sees_factors": True, "factors": [_factor(row, site) for row in rows_of(user.pk)]}
    return render_to_string("admin/keyturn/user_panel.html", context, request=request)


def _session(session: Any, site: str) -> dict[str, Any]:
    return {
        "url": _url(site, "session_change", session.pk),
        "client": readable_user_agent(session.user_agent),
        "label": session.client_label,
        "impersonated": METHOD in session.amr.split(),
        "ip": session.ip,
        "created_at": aware(session.created_at),
        "rotated_at": aware(session.rotated_at),
    }


def _factor(factor: Any, site: str) -> dict[str, Any]:
    left = recovery_codes_left(factor.user_id, factor.data) if factor.type == RECOVERY_CODES else None
    return {
        "url": _url(site, "authenticator_change", factor.pk, app="mfa"),
        "name": label_of(factor),
        "left": left,
        "created_at": aware(factor.created_at),
        "last_used_at": factor.last_used_at and aware(factor.last_used_at),
    }


def _events(user: Any) -> list[dict[str, Any]]:
    events = latest_events(user_id=user.pk, limit=_ROWS)
    names = _names({event.actor_id for event in events if event.actor_id})
    return [
        {
            "at": aware(event.at),
            "event": event.event,
            "reason": event.reason,
            "told": told(event),
            "actor": names.get(event.actor_id, event.actor_id),
            "ip": event.ip,
            "client": readable_user_agent(event.user_agent) if event.user_agent else "",
            "why": event.details.get("why", "") if isinstance(event.details, dict) else "",
        }
        for event in events
    ]


def _names(keys: set[str]) -> dict[str, str]:
    """Names of users by their keys; whoever is gone is not in it."""
    if not keys:
        return {}
    model: Any = get_user_model()
    rows = model._base_manager.filter(pk__in=[key for key in keys if can_be_user(key)])
    return {str(row.pk): str(row.get_username()) for row in rows}


def _list_url(site: str, model: str, user: Any) -> str:
    """The full list, searched for this user; empty where this site has none."""
    address = _url(site, f"{model}_changelist")
    return f"{address}?{urlencode({'q': str(user.pk)})}" if address else ""


def _url(site: str, name: str, *arguments: Any, app: str = "keyturn") -> str:
    """The address of a page; empty where the project has not registered it with this site."""
    try:
        return reverse(f"{site}:{app}_{name}", args=arguments)
    except NoReverseMatch:
        return ""
