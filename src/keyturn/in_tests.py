"""Whether this process runs a project's tests, where nothing may go on in a thread beside them."""

import sys

from django.core import mail

__all__ = ["in_test_environment"]


def in_test_environment() -> bool:
    """Whether ``django.test.utils.setup_test_environment()`` has been called, and not taken back.

    It makes an outbox, and keeps what it replaced. An outbox alone proves nothing: Django's locmem e-mail back end
    makes one as well, wherever it is used.
    """
    if not hasattr(mail, "outbox"):
        return False
    # Never imported for this: it costs a start a tenth of a second, and who has set it up has imported it.
    utils = sys.modules.get("django.test.utils")
    return hasattr(getattr(utils, "_TestState", None), "saved_data")
