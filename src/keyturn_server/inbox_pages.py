"""``/dev/inbox/``: the mail of development, for people and for scripts. Not there in production."""

from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import URLPattern, path
from django.utils.cache import patch_vary_headers
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from keyturn_server import inbox
from keyturn_server.accept import prefers_html
from keyturn_server.inbox import Received
from keyturn_server.refusals import refusal

__all__ = ["urlpatterns"]

_PAGE: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'; frame-ancestors 'none'; form-action 'none'"
)
# What came by mail runs nothing, loads nothing and belongs to no origin; its links open in a window of their own.
_MAIL: Final = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:;"
    " frame-ancestors 'self'"
)


def _as_data(mail: Received) -> dict[str, Any]:
    return {
        "id": mail.id,
        "at": mail.at.isoformat().replace("+00:00", "Z"),
        "from": mail.sender,
        "to": mail.to,
        "subject": mail.subject,
        "text": mail.text,
        "links": list(mail.links),
    }


def _answer(request: HttpRequest, template: str, context: dict[str, Any], data: dict[str, Any]) -> HttpResponse:
    """A page where the client prefers one, else JSON."""
    response: HttpResponse
    if prefers_html(request):
        response = render(request, f"keyturn_server/{template}", context)
        response["Content-Security-Policy"] = _PAGE
    else:
        response = JsonResponse(data)
    response["Referrer-Policy"] = "no-referrer"
    patch_vary_headers(response, ("Accept",))
    return response


@never_cache
@csrf_exempt
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """List the messages, newest first; ``?to=`` names an address."""
    to = request.GET.get("to", "")
    mails = list(inbox.received(to=to))
    return _answer(request, "inbox.html", {"mails": mails, "to": to}, {"mails": [_as_data(mail) for mail in mails]})


@never_cache
@csrf_exempt
@require_safe
def latest(request: HttpRequest) -> HttpResponse:
    """Answer the plain text of the newest message, for scripts; ``?to=`` names an address."""
    mail = next(inbox.received(to=request.GET.get("to", "")), None)
    if mail is None:
        return refusal(404, detail="There is no such mail.")
    return HttpResponse(mail.text, content_type="text/plain; charset=utf-8")


@never_cache
@csrf_exempt
@require_safe
def message(request: HttpRequest, name: str) -> HttpResponse:
    """Show one message."""
    mail = inbox.find(name)
    if mail is None:
        return refusal(404, detail="There is no such mail.")
    return _answer(request, "mail.html", {"mail": mail}, _as_data(mail))


@never_cache
@csrf_exempt
@require_safe
def body(request: HttpRequest, name: str) -> HttpResponse:
    """Answer a message's HTML, for the frame in its page."""
    mail = inbox.find(name)
    if mail is None or not mail.html:
        return refusal(404, detail="There is no such mail.")
    headers = {"Content-Security-Policy": _MAIL, "X-Frame-Options": "SAMEORIGIN", "Referrer-Policy": "no-referrer"}
    # A link opens beside the page: in the frame most sites refuse to be shown.
    return HttpResponse(mail.html.replace("<head>", '<head><base target="_blank">', 1), headers=headers)


@never_cache
@csrf_exempt
@require_safe
def raw(request: HttpRequest, name: str) -> HttpResponse:
    """Answer a message as it was written."""
    written = inbox.source(name)
    if written is None:
        return refusal(404, detail="There is no such mail.")
    return HttpResponse(written, content_type="text/plain; charset=utf-8")


def urlpatterns() -> list[URLPattern]:
    """The pages' URLs; none where no mail is kept in files."""
    if getattr(settings, "KEYTURN_SERVER_INBOX", None) is None:
        return []
    return [
        path("dev/inbox/", index, name="dev_inbox"),
        path("dev/inbox/latest/", latest, name="dev_inbox_latest"),
        path("dev/inbox/<str:name>/", message, name="dev_inbox_mail"),
        path("dev/inbox/<str:name>/html/", body, name="dev_inbox_html"),
        path("dev/inbox/<str:name>/raw/", raw, name="dev_inbox_raw"),
    ]
