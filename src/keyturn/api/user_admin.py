"""A user's page in Django's admin, with sessions and last events on it, and what an administrator can do about them.

``class UserAdmin(UserAdminMixin, auth.UserAdmin)`` in a project's ``admin.py``; the ready-made server has it.
What is done here stands in the trail, under the administrator's name, and not a second time in the admin's own history.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from keyturn.accounts.administering import end_sessions, require_reset
from keyturn.api.admin_ids import can_be_user
from keyturn.api.error_reports import unreported
from keyturn.api.impersonation_page import impersonation_page
from keyturn.api.user_panel import user_panel
from keyturn.clock import utc_now
from keyturn.signin.unlocking import unlock
from keyturn.tokens.impersonating import why_not

__all__ = ["UserAdminMixin"]


if TYPE_CHECKING:
    _ModelAdmin = admin.ModelAdmin[Any]
else:
    _ModelAdmin = object

_MOST_NAMES: Final = 20
"""So many of the chosen users are named before an act."""


@dataclass(frozen=True, slots=True)
class _Act:
    """Something that is done to one user or to many.

    Args:
        slug: its word in addresses.
        permission: which the administrator needs.
        title: of its page.
        question: what will happen, asked before.
        do: does it to one user; returns how often it did something.
        done: says what was done to so many users.
    """

    slug: str
    permission: str
    title: Any
    question: Any
    do: Callable[[Any], int]
    done: Callable[[int], str]


def _end(user: Any) -> int:
    return end_sessions(user.pk, now=utc_now())


def _require(user: Any) -> int:
    return int(require_reset(user.pk, now=utc_now()))


def _unlock(user: Any) -> int:
    unlock(user, now=utc_now())
    return 1


_ACTS: Final = {
    act.slug: act
    for act in (
        _Act(
            "end-sessions",
            "keyturn.change_session",
            _("End all sessions"),
            _("Every session ends at once, on every device. The password stays as it is."),
            _end,
            lambda n: ngettext("%d session was ended.", "%d sessions were ended.", n) % n,
        ),
        _Act(
            "require-reset",
            "keyturn.change_accountstate",
            _("Require a password reset"),
            _("Every session ends, and the password opens none until it has been reset by e-mail or set here."),
            _require,
            lambda n: ngettext("%d user must reset the password.", "%d users must reset the password.", n) % n,
        ),
        _Act(
            "unlock",
            "keyturn.change_accountstate",
            _("Unlock"),
            _("Failed attempts to sign in are forgotten, so that the next one is looked at."),
            _unlock,
            lambda n: ngettext("%d user was unlocked.", "%d users were unlocked.", n) % n,
        ),
    )
}


class UserAdminMixin(_ModelAdmin):
    """Goes before the project's own ``ModelAdmin`` of its user model, whatever that is.

    A subclass with ``actions`` of its own adds them: ``actions = (*UserAdminMixin.actions, "own")``.
    """

    actions: Sequence[Any] = ("keyturn_end_sessions", "keyturn_require_reset", "keyturn_unlock")

    @admin.action(description=_("End all sessions of selected users"), permissions=["keyturn_end_sessions"])
    def keyturn_end_sessions(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponseBase | None:
        """End the sessions of many."""
        return self._keyturn_many(request, queryset, "keyturn_end_sessions", _ACTS["end-sessions"])

    @admin.action(description=_("Require a password reset of selected users"), permissions=["keyturn_require_reset"])
    def keyturn_require_reset(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponseBase | None:
        """Demand a new password of many."""
        return self._keyturn_many(request, queryset, "keyturn_require_reset", _ACTS["require-reset"])

    @admin.action(description=_("Unlock selected users"), permissions=["keyturn_unlock"])
    def keyturn_unlock(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponseBase | None:
        """Forget the failed attempts of many."""
        return self._keyturn_many(request, queryset, "keyturn_unlock", _ACTS["unlock"])

    def has_keyturn_end_sessions_permission(self, request: HttpRequest) -> bool:
        """Django asks this for the action."""
        return self._keyturn_may(request, _ACTS["end-sessions"])

    def has_keyturn_require_reset_permission(self, request: HttpRequest) -> bool:
        """Django asks this for the action."""
        return self._keyturn_may(request, _ACTS["require-reset"])

    def has_keyturn_unlock_permission(self, request: HttpRequest) -> bool:
        """Django asks this for the action."""
        return self._keyturn_may(request, _ACTS["unlock"])

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """The project's own, and after the first of them what Keyturn knows of the user."""
        fieldsets = super().get_fieldsets(request, obj)
        if obj is None or "_popup" in request.GET:
            return fieldsets
        # A description stands in every template of a fieldset, over its full width.
        # Django asks several times for the fieldsets of one page, and shows them once.
        panel = SimpleLazyObject(
            lambda: user_panel(obj, request=request, site=self.admin_site.name, links=self._keyturn_links(request, obj))
        )
        ours = (_("Sign-in"), {"fields": (), "description": panel, "classes": ("keyturn-panel",)})
        return [*fieldsets[:1], ours, *fieldsets[1:]]

    def get_urls(self) -> list[URLPattern]:
        """The pages of acts, before Django's own that take any path."""
        meta = self.model._meta
        name = f"{meta.app_label}_{meta.model_name}_keyturn"
        view = self.admin_site.admin_view
        own = [
            path("<path:object_id>/keyturn/impersonate/", view(self.keyturn_impersonate), name=f"{name}_impersonate"),
            path("<path:object_id>/keyturn/<slug:slug>/", view(self.keyturn_act), name=f"{name}_act"),
        ]
        return [*own, *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """Show the list, or act on it.

        Raises:
            SuspiciousOperation: a user was chosen by what cannot be an id; answered 400.
        """
        if not all(can_be_user(chosen) for chosen in request.POST.getlist(ACTION_CHECKBOX_NAME)):
            raise SuspiciousOperation("not the id of a user")
        return super().changelist_view(request, extra_context)

    def keyturn_act(self, request: HttpRequest, object_id: str, slug: str) -> HttpResponseBase:
        """Ask before an act on one user, and do it when posted.

        Raises:
            Http404: no such user, or no such act.
            PermissionDenied: the administrator may not.
        """
        act = _ACTS.get(slug)
        if act is None:
            raise Http404
        user = self._keyturn_user(request, object_id)
        if not self._keyturn_may(request, act):
            raise PermissionDenied
        if request.method != "POST":
            return self._keyturn_ask(request, act, [str(user)], count=1, user=user)
        done = act.do(user)
        self.message_user(request, act.done(done), messages.SUCCESS)
        return HttpResponseRedirect(self._keyturn_url("change", user.pk))

    def keyturn_impersonate(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        """Ask for a reason, and give a token when posted. Errors as :meth:`keyturn_act`."""
        user = self._keyturn_user(request, object_id)
        if not request.user.has_perm("keyturn.impersonate_user"):
            raise PermissionDenied
        context = self._keyturn_context(request, user)
        # A token is on it.
        return unreported(request, lambda: impersonation_page(request, user=user, context=context))

    def _keyturn_many(
        self, request: HttpRequest, queryset: QuerySet[Any], action: str, act: _Act
    ) -> HttpResponseBase | None:
        if "keyturn_confirmed" not in request.POST:
            count = queryset.count()
            names = [str(user) for user in queryset[:_MOST_NAMES]]
            chosen = {
                "action": action,
                "select_across": request.POST.get("select_across", "0"),
                "index": request.POST.get("index", "0"),
            }
            ids = request.POST.getlist(ACTION_CHECKBOX_NAME)
            return self._keyturn_ask(request, act, names, count=count, chosen=chosen, ids=ids)
        done = sum(act.do(user) for user in list(queryset))
        self.message_user(request, act.done(done), messages.SUCCESS)
        return None

    def _keyturn_ask(
        self,
        request: HttpRequest,
        act: _Act,
        names: Sequence[str],
        *,
        count: int,
        user: Any = None,
        chosen: Any = None,
        ids: Sequence[str] = (),
    ) -> HttpResponseBase:
        context = {
            **self._keyturn_context(request, user),
            "title": act.title,
            "question": act.question,
            "names": names,
            "more": count - len(names),
            "chosen": chosen or {},
            "ids": ids,
            "checkbox": ACTION_CHECKBOX_NAME,
        }
        return TemplateResponse(request, "admin/keyturn/confirm.html", context)

    def _keyturn_context(self, request: HttpRequest, user: Any) -> dict[str, Any]:
        # By it the templates' links lead to this site, where a project has several.
        request.current_app = self.admin_site.name
        return {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": user,
            "list_url": self._keyturn_url("changelist"),
            "back_url": self._keyturn_url("changelist") if user is None else self._keyturn_url("change", user.pk),
        }

    def _keyturn_links(self, request: HttpRequest, user: Any) -> list[tuple[str, str]]:
        """Titles and addresses of what this administrator may do to the user."""
        links = [
            (str(act.title), self._keyturn_url("keyturn_act", user.pk, act.slug))
            for act in _ACTS.values()
            if self._keyturn_may(request, act)
        ]
        if why_not(actor=request.user, user=user) is None:
            links.append((str(_("Act as this user")), self._keyturn_url("keyturn_impersonate", user.pk)))
        return links

    def _keyturn_may(self, request: HttpRequest, act: _Act) -> bool:
        return self.has_view_or_change_permission(request) and request.user.has_perm(act.permission)

    def _keyturn_user(self, request: HttpRequest, object_id: str) -> Any:
        object_id = unquote(object_id)
        user = self.get_object(request, object_id) if can_be_user(object_id) else None
        if user is None:
            raise Http404
        if not self.has_view_or_change_permission(request, user):
            raise PermissionDenied
        return user

    def _keyturn_url(self, name: str, *arguments: Any) -> str:
        meta = self.model._meta
        return reverse(f"{self.admin_site.name}:{meta.app_label}_{meta.model_name}_{name}", args=arguments)
