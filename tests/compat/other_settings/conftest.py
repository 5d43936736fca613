"""Each folder is for one kind of project; in any other it is not collected."""

from django.conf import settings

from tests.contract.conftest import ada, caller, eve

__all__ = ["ada", "caller", "eve"]

_MEANT_FOR = {
    "with_blacklist": settings.SETTINGS_MODULE == "tests.settings.with_blacklist",
    "new_york": settings.SETTINGS_MODULE == "tests.settings.new_york",
    "user_models": settings.AUTH_USER_MODEL != "auth.User",
}

collect_ignore = [folder for folder, meant in _MEANT_FOR.items() if not meant]
