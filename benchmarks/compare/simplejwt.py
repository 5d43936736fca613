"""What the backends have in common that speak as simplejwt does, on Django's own users."""

from collections.abc import Mapping
from typing import Final

from benchmarks.compare.calls import Call, Operation
from benchmarks.compare.peer import PASSWORD, USERS, password_hash

__all__ = ["ADD_USERS", "calls"]

ADD_USERS: Final = f"""
from django.contrib.auth.models import User
made = "argon2" + {password_hash()!r}
User.objects.bulk_create(User(username=f"user{{n}}", password=made) for n in range({USERS}))
"""
"""For ``manage.py shell``."""

_PAIR: Final = {"refresh": "refresh", "access": "access"}


def calls(*, login: str = "/token/") -> Mapping[Operation, Call]:
    """Return the calls.

    Args:
        login: the path of the log-in, whose answer is a pair of tokens.
    """
    return {
        "refresh": Call("POST", "/token/refresh/", body='{"refresh":"${refresh}"}', takes=_PAIR),
        "get": Call("GET", "/home/", headers={"Authorization": "Bearer ${access}"}),
        "verify": Call("POST", "/token/verify/", body='{"token":"${access}"}'),
        "login": Call("POST", login, body=f'{{"username":"user${{user}}","password":"{PASSWORD}"}}', takes=_PAIR),
    }
