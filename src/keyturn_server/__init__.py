"""The ready-made server around the Django app ``keyturn``: settings, URLs, WSGI and the command line."""
