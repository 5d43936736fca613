"""``keyturn demo``, which ``make run`` calls: everything from an empty directory to curl lines that work."""

import os
from collections.abc import Sequence

from django.conf import settings
from django.core.management import call_command

from keyturn_server import env, serve, web_files
from keyturn_server.demo_users import DemoUser, seed
from keyturn_server.preflight import problems
from keyturn_server.program import set_up, tell
from keyturn_server.transport.listening import Address, find_free

__all__ = ["run"]


def run(words: Sequence[str]) -> int:
    """Run ``keyturn demo``: the options of ``keyturn serve``, in development.

    Returns:
        the exit code, as ``keyturn serve``'s.
    """
    os.environ.setdefault("KEYTURN_DEBUG", "1")
    if {"-h", "--help"} & set(words):
        print("Migrates, makes two demo users, prints curl lines to try, and serves. The options are those of serve:\n")
        return serve.run(words)
    environment = env.load()
    options = serve.read_options(words, environment)
    if not environment.debug:
        tell("the demo is for development, and KEYTURN_DEBUG=0 says production")
        return 1
    try:
        address = find_free(options.host, options.port)
    except OSError as error:
        tell(str(error))
        return 1
    # Links in mails, and the origin that is the server's own, follow the port that was found.
    os.environ["PORT"] = str(address.port)
    set_up()
    _step(f"Database: {environment.database_url or f'SQLite under {environment.data_dir}/'}")
    call_command("migrate", verbosity=1, interactive=False)
    _step("Demo users")
    users = seed(environment.data_dir)
    for user in users:
        kind = "superuser, for /admin/" if user.is_superuser else "plain user"
        print(f"  {user.name:<6}{user.password or '(its password was changed, or is not ours)':<20}{kind}")
    found = problems()
    if found:
        tell("\n".join(found))
        return 1
    _step("Starting the server")
    return serve.serve(address, options=options, ready=lambda: print(_to_try(address, users), flush=True))


def _step(text: str) -> None:
    print(f"== {text}", flush=True)


def _to_try(address: Address, users: Sequence[DemoUser]) -> str:
    # The name that links in mails have: to a browser 127.0.0.1 would be another site.
    url = f"http://localhost:{address.port}" if address.host == "127.0.0.1" else f"http://{address}"
    name, password = next(((user.name, user.password) for user in users if user.password), ("demo", "PASSWORD"))
    return f"""\
== Serving {url} (Ctrl-C stops)

{_places(url)}

Or paste into another terminal:

# Log in
TOKENS=$(curl -s {url}/token/ -d username={name} -d password={password}); echo "$TOKENS"
field() {{ echo "$TOKENS" | sed "s/.*\\"$1\\": *\\"\\([^\\"]*\\)\\".*/\\1/"; }}
# Open a protected page
curl -s {url}/home/ -H "Authorization: Bearer $(field access)"; echo
# Refresh: the refresh token is rotated
TOKENS=$(curl -s {url}/token/refresh/ -d refresh=$(field refresh)); echo "$TOKENS"
# Log out: 205
curl -s -w '%{{http_code}}\\n' {url}/logout/ \\
  -H "Authorization: Bearer $(field access)" -d refresh_token=$(field refresh)
"""


def _places(url: str) -> str:
    """One line for each thing to open in a browser."""
    places = [("API", "docs/", "every call, to try"), ("Admin", "admin/", "as admin")]
    if settings.KEYTURN_SERVER_INBOX:
        places.insert(0, ("Inbox", "dev/inbox/", "mail that would have been sent"))
    if web_files.page_around("{}", "lab"):
        places.insert(0, ("Lab", "lab/", "break things and watch"))
    if web_files.page_around("{}", "app"):
        places.insert(0, ("App", "", "the demo user is filled in"))
    else:
        places.append(("More", "", "without the web app, which was not built"))
    longest = max(len(f"{url}/{path}") for _, path, _ in places)
    return "\n".join(f"  {name:<7}{f'{url}/{path}':<{longest}}   {about}" for name, path, about in places)
