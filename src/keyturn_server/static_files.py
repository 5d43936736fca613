"""Static files, listed once at start: WhiteNoise's middleware, which notices a new build of the web app.

The app's files have the digest of their content in their names, so a build replaces nearly all of them. Asking for one
looks whether there is another build than the one that was listed: one look at one file, on requests for the app's files
alone.
"""

from threading import Lock
from typing import Any, Final

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.cache import add_never_cache_headers
from whitenoise.middleware import WhiteNoiseMiddleware

from keyturn_server import web_files
from keyturn_server.refusals import refusal

__all__ = ["StaticFilesMiddleware"]

_APP: Final = "web/"


class StaticFilesMiddleware(WhiteNoiseMiddleware):  # type: ignore[misc] # it has no types
    """Answers the files of a new build at once, 404 for a file that is gone since, and lets no cache keep that."""

    def __init__(self, get_response: Any) -> None:
        # Before the files are listed: a build that ends meanwhile is then taken for a new one.
        self._listed = web_files.build()
        self._listing = Lock()
        super().__init__(get_response)
        self._app = self.static_prefix + _APP

    def __call__(self, request: HttpRequest) -> Any:
        """Answer with a file, or let the application answer."""
        if request.path_info.startswith(self._app) and web_files.build() not in {None, self._listed}:
            self._list_app()
        return super().__call__(request)

    def serve(self, static_file: Any, request: HttpRequest) -> HttpResponseBase:
        """Answer with a file."""
        try:
            response: HttpResponseBase = WhiteNoiseMiddleware.serve(static_file, request)
        except FileNotFoundError:
            response = refusal(404)
            add_never_cache_headers(response)
        return response

    def _list_app(self) -> None:
        """Add the files of the build that is there now; those of the one before stay listed, and are gone."""
        with self._listing:
            found = web_files.build()
            if found in {None, self._listed}:
                return
            try:
                for _, directory in web_files.static_dirs():
                    self.add_files(str(directory), self._app)
            except FileNotFoundError:
                # Replaced while it was listed: the next request lists what is there then.
                return
            self._listed = found
