"""The trail in Django's admin: look and search. Nothing can be added, changed or removed."""

from datetime import timedelta
from functools import cached_property
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

from keyturn.clock import aware, stored, utc_now
from keyturn.trail.events import Event
from keyturn.trail.models import AuditEvent
from keyturn.trail.telling import told
from keyturn.user_agents import readable_user_agent

__all__ = ["AuditEventAdmin"]


if TYPE_CHECKING:
    _ModelAdmin = admin.ModelAdmin[AuditEvent]
    _Paginator = Paginator[AuditEvent]
else:
    _ModelAdmin = admin.ModelAdmin
    _Paginator = Paginator

_COUNTED: Final = 10_000
"""A trail is long: nobody pages further, and nobody waits for a count of it."""

_SPANS: Final = (("1h", _("Past hour"), 1), ("24h", _("Past 24 hours"), 24), ("7d", _("Past 7 days"), 168))


class EventFilter(admin.SimpleListFilter):
    """What happened."""

    title = _("event")
    parameter_name = "event"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """The closed list: nothing is asked of the table."""
        return [(event.value, event.value) for event in Event]

    def queryset(self, request: HttpRequest, queryset: QuerySet[AuditEvent]) -> QuerySet[AuditEvent]:
        """Events of the chosen kind."""
        value = self.value()
        return queryset.filter(event=value) if value in set(Event) else queryset


class TimeFilter(admin.SimpleListFilter):
    """When."""

    title = _("time")
    parameter_name = "past"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Spans up to now."""
        return [(name, words) for name, words, _hours in _SPANS]

    def queryset(self, request: HttpRequest, queryset: QuerySet[AuditEvent]) -> QuerySet[AuditEvent]:
        """Events of the chosen span."""
        hours = {name: number for name, _words, number in _SPANS}.get(self.value() or "")
        return queryset if hours is None else queryset.filter(at__gte=stored(utc_now() - timedelta(hours=hours)))


class ShortCountPaginator(_Paginator):
    """Counts no further than the pages anybody turns."""

    @cached_property
    def count(self) -> int:
        """How many there are, ten thousand at most."""
        events: Any = self.object_list
        return int(events.order_by()[:_COUNTED].count())


class _TrailChangeList(ChangeList):
    """A page of events with the names of their users, by one statement more."""

    def get_results(self, request: HttpRequest) -> None:
        """Fetch the page, then the names on it."""
        super().get_results(request)
        events: list[AuditEvent] = list(self.result_list)
        self.result_list = events
        keys = {key for event in events for key in (event.user_id, event.actor_id) if key}
        names = _names_of(keys)
        for event in events:
            event.__dict__["names"] = names


@admin.register(AuditEvent)
class AuditEventAdmin(_ModelAdmin):
    """Who did what to which account, from where, and how it ended."""

    list_display = ("when", "event", "user", "reason", "actor", "ip", "client", "session")
    list_filter = (TimeFilter, EventFilter)
    # What is found is decided below; without any field the admin would show no search.
    search_fields = ("user_id",)
    search_help_text = _("A user's name or key, an address, a session's id, or an event.")
    ordering = ("-id",)
    list_per_page = 50
    list_max_show_all = 0
    show_full_result_count = False
    # A count for each event would read the whole table each time.
    show_facets = admin.ShowFacets.NEVER
    paginator = ShortCountPaginator
    actions = None
    fields = (
        "when",
        "event",
        "sentence",
        "user",
        "actor",
        "session",
        "reason",
        "ip",
        "client",
        "user_agent",
        "details",
    )
    readonly_fields = fields

    @admin.display(description=_("at"))
    def when(self, event: AuditEvent) -> str:
        """To the second: the order of events is what a trail is read for."""
        return date_format(localtime(aware(event.at)), "Y-m-d H:i:s")

    @admin.display(description=_("user"))
    def user(self, event: AuditEvent) -> str | SafeString:
        """To whom."""
        return self._person(event, event.user_id)

    @admin.display(description=_("by"))
    def actor(self, event: AuditEvent) -> str | SafeString:
        """By whom, where that was somebody else."""
        return self._person(event, event.actor_id)

    @admin.display(description=_("client"))
    def client(self, event: AuditEvent) -> str:
        """Browser and system in words."""
        return readable_user_agent(event.user_agent) if event.user_agent else ""

    @admin.display(description=_("session"))
    def session(self, event: AuditEvent) -> str | SafeString:
        """Link to what else happened in the session."""
        if event.session_id is None:
            return ""
        address = f"{self._list()}?{urlencode({'q': str(event.session_id)})}"
        return format_html('<a href="{0}" title="{1}">…{2}</a>', address, event.session_id, event.session_id.hex[-8:])

    @admin.display(description=_("in words"))
    def sentence(self, event: AuditEvent) -> str:
        """As the user is told."""
        return told(event)

    def _person(self, event: AuditEvent, key: str) -> str | SafeString:
        if not key:
            return ""
        names: dict[str, str] = event.__dict__.get("names") or _names_of({key})
        model = get_user_model()._meta
        if key not in names:
            return key
        try:
            address = reverse(f"{self.admin_site.name}:{model.app_label}_{model.model_name}_change", args=(key,))
        except NoReverseMatch:
            return names[key]
        return format_html('<a href="{}">{}</a>', address, names[key])

    def _list(self) -> str:
        return reverse(f"{self.admin_site.name}:keyturn_auditevent_changelist")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[AuditEvent], search_term: str
    ) -> tuple[QuerySet[AuditEvent], bool]:
        """Find by what the words can be; every one of them by an index."""
        for word in search_term.split()[:5]:
            queryset = queryset.filter(_meaning(word.replace("\0", "")))
        return queryset, False

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        """With names."""
        return _TrailChangeList

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        """The filters of the page and no others."""
        return lookup in {"event", "past"}

    def get_object(self, request: HttpRequest, object_id: str, from_field: Any = None) -> AuditEvent | None:
        """Find an event; a number no database could hold finds none."""
        return super().get_object(request, object_id, from_field) if _is_key(object_id) else None

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Events come from what happens."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: AuditEvent | None = None) -> bool:
        """What has happened does not change."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: AuditEvent | None = None) -> bool:
        """``prune_trail`` removes what is old, and nothing else removes anything."""
        return False


def _is_key(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 18


def _meaning(word: str) -> Q:
    """What a word of the search can be: an event, a session's id, an address, a user."""
    if word in set(Event):
        return Q(event=word)
    try:
        session_id = UUID(word)
    except ValueError:
        pass
    else:
        return Q(session_id=session_id) | _of_user(word)
    try:
        # Through text: another spelling of one address is the same address.
        return Q(ip=str(ip_address(word)))
    except ValueError:
        return _of_user(word)


def _of_user(word: str) -> Q:
    """Users by key, or by the field they sign in with."""
    model: Any = get_user_model()
    keys = {word[:255]}
    field = model._meta.get_field(model.USERNAME_FIELD)
    try:
        value = field.to_python(word)
        found = model._base_manager.filter(**{f"{model.USERNAME_FIELD}__iexact": value}).values_list("pk", flat=True)
        keys |= {str(key) for key in found[:20]}
    except (TypeError, ValueError, OverflowError, ValidationError):
        # No name that the field could hold.
        pass
    return Q(user_id__in=keys) | Q(actor_id__in=keys)


def _names_of(keys: set[str]) -> dict[str, str]:
    """The names of users by their keys; who is gone is not in it."""
    model: Any = get_user_model()
    possible = []
    for key in keys:
        try:
            possible.append(model._meta.pk.to_python(key))
        except (TypeError, ValueError, ValidationError):
            continue
    found = model._base_manager.filter(pk__in=possible).values_list("pk", model.USERNAME_FIELD) if possible else ()
    return {str(key): str(name) for key, name in found}
