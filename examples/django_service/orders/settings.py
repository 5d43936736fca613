"""As little as Django needs. Keyturn's app is not installed here, and nothing signs with the key below."""

import os
import secrets

SECRET_KEY = os.environ.get("DJANGO_SECRET_KEY") or secrets.token_urlsafe(50)
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]"]
ROOT_URLCONF = "orders.urls"
MIDDLEWARE = ["django.middleware.security.SecurityMiddleware", "orders.access.NotLetInMiddleware"]
USE_TZ = True

AUTH = {
    "issuer": os.environ["AUTH_ISSUER"],
    "audience": os.environ["AUTH_AUDIENCE"],
    "client_id": os.environ["AUTH_CLIENT_ID"],
    "client_secret": os.environ["AUTH_CLIENT_SECRET"],
}
