"""The WSGI application: ``keyturn_server.wsgi:application``, for any WSGI server."""

import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from keyturn_server.gate import Gate

__all__ = ["application"]

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "keyturn_server.settings")

application = Gate(get_wsgi_application(), most_bytes=lambda: int(settings.DATA_UPLOAD_MAX_MEMORY_SIZE))
