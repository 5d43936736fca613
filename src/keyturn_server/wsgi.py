"""The WSGI application: ``keyturn_server.wsgi:application``, for any WSGI server."""

import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from keyturn_server.api_handler import ApiHandler
from keyturn_server.gate import Gate
from keyturn_server.observing.watching import Watched

__all__ = ["application"]

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "keyturn_server.settings")

_pages = get_wsgi_application()
application = Watched(Gate(_pages, api=ApiHandler(), most_bytes=lambda: int(settings.DATA_UPLOAD_MAX_MEMORY_SIZE)))
