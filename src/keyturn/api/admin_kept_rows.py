"""Pages of Django's admin for rows that are looked at and acted upon, and neither made, changed nor deleted there."""

from typing import TYPE_CHECKING, Any, Never

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

__all__ = ["KeptRowsAdmin"]


if TYPE_CHECKING:
    _ModelAdmin = admin.ModelAdmin[Any]
else:
    _ModelAdmin = admin.ModelAdmin


class KeptRowsAdmin(_ModelAdmin):
    """What such pages share. Why their rows are kept, each says itself."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Rows come from elsewhere."""
        return False

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        """Show a row; there is nothing to save and nothing to delete."""
        context = {"show_save": False, "show_save_and_continue": False, "show_delete": False, **(extra_context or {})}
        return super().change_view(request, object_id, form_url, context)

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> Never:
        """Refuse; the permission itself stays, without which nobody could delete a user.

        Raises:
            PermissionDenied: always.
        """
        raise PermissionDenied

    def get_actions(self, request: HttpRequest, action_location: Any = None) -> dict[str, Any]:
        """The page's own, and not to delete."""
        # Django 6.1 asks for each place on its pages; 5.2 knows one place only.
        place = {} if action_location is None else {"action_location": action_location}
        return {name: one for name, one in super().get_actions(request, **place).items() if name != "delete_selected"}

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Every field is read-only: a post that tries to save changes nothing."""
