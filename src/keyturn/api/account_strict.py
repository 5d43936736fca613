"""django-allauth's headless views, made strict: methods first, JSON as RFC 8259 has it, text where text is meant."""

import copy
from collections.abc import Iterator, Mapping
from datetime import timedelta
from functools import lru_cache
from http import HTTPStatus
from io import BytesIO
from typing import Any, ClassVar

from allauth.headless.constants import Client
from allauth.headless.internal.restkit.response import APIResponse
from django import forms
from django.http import HttpRequest, HttpResponseNotAllowed
from django.http.response import HttpResponseBase
from rest_framework.exceptions import ParseError, UnsupportedMediaType

from keyturn.api.parsers import StrictJSONParser
from keyturn.tokens.claims import Claims

__all__ = ["Strict", "json_object", "strict"]

_JSON = "application/json"


class Strict:
    """Goes before a view class of django-allauth's.

    Attributes:
        begins_anew: it starts something, whatever the client was doing before.
        keeps_out: it needs neither flow nor user, and decides itself what is a transaction.
        keeps_out_of: methods for which that is so.
        for_actors_too: methods that an administrator who acts as the user may call.
        signed_out_only: methods that are for nobody who is signed in (409).
        answered_every: what is done in a flow is answered at one of the moments that lie so far apart, since it costs
            more where there is an account.
        takes_expired: methods for which an access token of good signature is enough, expired or revoked.
        only_for: the one kind of client that it is for; None: both.
    """

    begins_anew: ClassVar[bool] = False
    keeps_out: ClassVar[bool] = False
    keeps_out_of: ClassVar[frozenset[str]] = frozenset()
    for_actors_too: ClassVar[frozenset[str]] = frozenset()
    signed_out_only: ClassVar[frozenset[str]] = frozenset()
    takes_expired: ClassVar[frozenset[str]] = frozenset()
    answered_every: ClassVar[timedelta | None] = None
    only_for: ClassVar[Client | None] = None

    @classmethod
    def ahead(cls, request: HttpRequest, claims: Claims | None) -> None:
        """Do what takes long and must not be done while a flow is held, before it is.

        Args:
            request: not looked at yet, but for its headers.
            claims: of its access token, verified, but not yet its session; None: there is none.
        """

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Answer 405 before a body is read: django-allauth would check a password sent by PUT."""
        view: Any = self
        allowed = [name.upper() for name in view.http_method_names if hasattr(self, name)]
        if request.method == "OPTIONS" or request.method not in allowed:
            answer: HttpResponseBase = HttpResponseNotAllowed(allowed)
            if request.method == "OPTIONS":
                answer = APIResponse(request)
                answer["Allow"] = ", ".join(allowed)
            return answer
        if request.method in self.signed_out_only and request.user.is_authenticated:
            return APIResponse(request, status=HTTPStatus.CONFLICT)
        response: HttpResponseBase = super().dispatch(request, *args, **kwargs)  # type: ignore[misc]
        return response

    def _parse_json(self, request: HttpRequest) -> dict[str, Any] | None:
        """Read the body. Errors as :func:`json_object`."""
        return json_object(request)

    def get_input_class(self) -> Any:
        """Take passwords verbatim, spaces included, as every other door does."""
        found = super().get_input_class()  # type: ignore[misc]
        return None if found is None else _verbatim(found)

    def handle_input(self, data: Any) -> Any:
        """Refuse what is not of its field's kind: django-allauth would take ``["a"]`` for the text ``['a']``."""
        view: Any = self
        input_class = view.get_input_class()
        wrong = list(_wrong(input_class.base_fields, data or {})) if input_class is not None else []
        if wrong:
            return APIResponse(view.request, errors=wrong, status=HTTPStatus.BAD_REQUEST)
        return super().handle_input(data)  # type: ignore[misc]


def json_object(request: HttpRequest) -> dict[str, Any] | None:
    """Read a body; None where there is none.

    Raises:
        ParseError: it is no JSON object that can be stored.
        UnsupportedMediaType: it calls itself something else.
    """
    if request.method == "GET" or not request.body:
        return None
    if request.content_type != _JSON:
        # Also what keeps a form on another site from being taken for a call.
        raise UnsupportedMediaType(request.content_type or "")
    data = StrictJSONParser().parse(BytesIO(request.body))
    if not isinstance(data, dict):
        raise ParseError("JSON parse error - the body is no object")
    if any(not _can_be_stored(text) for text in _texts(data)):
        raise ParseError("JSON parse error - text holds a NUL or half a surrogate pair")
    return data


def strict(view_class: Any) -> Any:
    """Return a strict version of a view class; one that is strict already is returned as it is."""
    if issubclass(view_class, Strict):
        return view_class
    return type(view_class.__name__, (Strict, view_class), {"__doc__": view_class.__doc__, "__module__": __name__})


@lru_cache(maxsize=64)
def _verbatim(input_class: Any) -> Any:
    fields = {}
    for name, field in input_class.base_fields.items():
        if "password" in name and getattr(field, "strip", False):
            fields[name] = copy.deepcopy(field)
            fields[name].strip = False
    return type(input_class.__name__, (input_class,), fields) if fields else input_class


def _wrong(fields: Mapping[str, forms.Field], data: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    for name, field in fields.items():
        value = data.get(name)
        if value is None:
            continue
        if isinstance(field, forms.JSONField):
            continue
        if isinstance(field, (forms.CharField, forms.ChoiceField)) and not isinstance(
            field, (forms.ModelChoiceField, forms.MultipleChoiceField)
        ):
            if not isinstance(value, str):
                yield {"message": "Not a valid string.", "code": "invalid", "param": name}
        elif isinstance(field, forms.BooleanField) and not isinstance(value, bool):
            yield {"message": "Must be true or false.", "code": "invalid", "param": name}


def _texts(value: Any) -> Iterator[str]:
    """Every text in a parsed body; not by recursion, since the parser alone decides how deep a body may be."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            yield one
        elif isinstance(one, dict):
            waiting += [*one.keys(), *one.values()]
        elif isinstance(one, list):
            waiting += one


def _can_be_stored(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in text
