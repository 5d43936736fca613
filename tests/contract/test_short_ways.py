"""Where Keyturn's views go past REST framework's long way: what comes of a request must be the same on either."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.http import HttpResponse, QueryDict
from django.http.response import BadHeaderError
from rest_framework import exceptions, serializers
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.parsers import JSONParser
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory
from rest_framework_simplejwt.tokens import RefreshToken

from keyturn.api.answer import Answer
from keyturn.api.base import KeyturnView
from keyturn.api.body import read_body
from keyturn.api.client import calling
from keyturn.api.parsers import StrictJSONParser
from keyturn.api.serializers import (
    TokenBlacklistSerializer,
    TokenField,
    TokenRefreshSerializer,
    TokenVerifySerializer,
)
from keyturn.api.standing_headers import StandingHeaders
from keyturn.errors import RefusedError
from keyturn.sessions.client import current_client
from keyturn.trail.calling import acted_by, current_caller

BODIES: list[Any] = [
    {},
    [],
    "token",
    None,
    {"refresh": None, "token": None},
    {"refresh": "", "token": ""},
    {"refresh": " \t", "token": " \t"},
    {"refresh": 1, "token": 1},
    {"refresh": True, "token": True},
    {"refresh": ["a"], "token": ["a"]},
    {"refresh": {"a": 1}, "token": {"a": 1}},
    {"refresh": "a\0b", "token": "a\0b"},
    {"refresh": "caf\u00e9", "token": "caf\u00e9"},
    {"refresh": "\ud800", "token": "\ud800"},
    {"refresh": "no token", "token": "no token", "access": "x", "more": 1},
    {"refresh": "a.b.c\n", "token": "\r\na.b.c"},
]


OF_ONE_TOKEN = (TokenBlacklistSerializer, TokenRefreshSerializer, TokenVerifySerializer)


@pytest.mark.parametrize("kind", OF_ONE_TOKEN)
def test_a_serializer_of_one_token_is_made_as_rest_framework_makes_it(kind: type[serializers.Serializer[Any]]) -> None:
    data, context = {"refresh": "a"}, {"request": None}
    ours = kind(data=data, context=context)
    long_way = kind.__new__(kind, data=data, context=context)
    serializers.Serializer.__init__(long_way, data=data, context=context)
    counted = {"_creation_counter"}
    assert {name: value for name, value in vars(ours).items() if name not in counted} == {
        name: value for name, value in vars(long_way).items() if name not in counted
    }
    assert ours.initial_data is data
    assert ours.context is context


@pytest.mark.parametrize("kind", OF_ONE_TOKEN)
def test_making_one_changes_no_class(kind: type[serializers.Serializer[Any]]) -> None:
    """CPython forgets what it has learnt of a class, and of all below it, whenever one of its attributes is set."""
    kind(data={}, context={})
    before = serializers.Field._creation_counter  # type: ignore[attr-defined]
    for _ in range(3):
        kind(data={}, context={})
    assert serializers.Field._creation_counter == before  # type: ignore[attr-defined]


def test_what_one_serializer_is_told_stays_its_own() -> None:
    one, other = (TokenVerifySerializer(data={"token": "a"}, context={}) for _ in range(2))
    one.error_messages["invalid"] = "changed"
    one.style["changed"] = True
    assert "changed" not in (other.error_messages["invalid"], *other.style)
    assert "changed" not in TokenVerifySerializer(data={}, context={}).style


def came_of(serializer: serializers.Serializer[Any]) -> tuple[str, Any]:
    try:
        serializer.is_valid(raise_exception=True)
    except exceptions.ValidationError as error:
        return "invalid", (error.detail, error.get_codes())
    except RefusedError as error:
        return "refused", error.reason
    return "valid", serializer.validated_data


@pytest.mark.django_db
@pytest.mark.parametrize("body", BODIES, ids=ascii)
@pytest.mark.parametrize("kind", [TokenRefreshSerializer, TokenVerifySerializer, TokenBlacklistSerializer])
def test_a_body_is_judged_as_by_the_fields(kind, body):
    through_the_fields = type("OfAProject", (kind,), {})
    assert came_of(kind(data=body)) == came_of(through_the_fields(data=body))


def test_a_good_token_is_taken_without_the_space_around_it(ada):
    token = str(RefreshToken.for_user(ada).access_token)
    for kind in (TokenVerifySerializer, type("OfAProject", (TokenVerifySerializer,), {})):
        assert came_of(kind(data={"token": f" {token}\n"})) == ("valid", {})


def test_a_projects_subclass_has_its_own_validators_asked(ada):
    def refuse(_: str) -> None:
        raise serializers.ValidationError("not this one")

    class Picky(TokenVerifySerializer):
        token = TokenField(validators=[refuse])

    token = str(RefreshToken.for_user(ada).access_token)
    assert came_of(Picky(data={"token": token}))[0] == "invalid"


def test_fields_changed_on_one_serializer_are_asked():
    serializer = TokenVerifySerializer(data={"token": "a.b.c"})
    serializer.fields["pin"] = serializers.IntegerField()
    assert came_of(serializer)[1][0].keys() == {"pin"}


def test_what_a_hook_calls_invalid_is_the_clients_mistake(ada, client, settings):
    refresh = str(RefreshToken.for_user(ada))
    settings.KEYTURN = {"ACCESS_TOKEN_CLAIMS": f"{__name__}.no_claims"}
    answer = client.post("/token/refresh/", {"refresh": refresh}, content_type="application/json")
    assert (answer.status_code, answer.json()["non_field_errors"]) == (400, ["no claims today"])


def no_claims(_session: Any) -> dict[str, Any]:
    raise ValidationError("no claims today")


def request_with(
    body: bytes, *, kind: str = "application/json", negotiator: Any = None, parsers: Any = None
) -> Request:
    factory: Any = APIRequestFactory()
    http = factory.generic("POST", "/", body, content_type=kind)
    return Request(http, parsers=parsers or [StrictJSONParser()], negotiator=negotiator or DefaultContentNegotiation())


@pytest.mark.parametrize("body", [b'{"a": 1}', b"[]", b"null", b"0", b'"text"', b""])
@pytest.mark.parametrize("kind", ["application/json", "application/json; charset=utf-8", "Application/JSON"])
def test_a_body_is_read_as_rest_framework_reads_it(body, kind):
    ours, theirs = request_with(body, kind=kind), request_with(body, kind=kind)
    read_body(ours)
    assert (ours.data, dict(ours.FILES), dict(ours.POST)) == (theirs.data, dict(theirs.FILES), dict(theirs.POST))


@pytest.mark.parametrize("body", [b"{", b'{"a": 1, "a": 2}', b"\xff", b"[" * 100_000])
def test_a_broken_body_is_refused_once_and_then_empty(body):
    request = request_with(body)
    with pytest.raises(exceptions.ParseError):
        read_body(request)
    assert request.data == QueryDict("")


def test_a_projects_own_choice_of_parsers_is_kept():
    class Chooser(DefaultContentNegotiation):
        def select_parser(self, request: Any, parsers: Any) -> Any:
            return parsers[-1]

    request = request_with(b'{"a": NaN}', negotiator=Chooser(), parsers=[StrictJSONParser(), JSONParser()])
    with pytest.raises(exceptions.ParseError, match="Out of range"):
        read_body(request)


def test_a_projects_own_request_reads_its_body_by_itself():
    class Own(Request):
        def _parse(self) -> Any:
            return {"own": True}, {}

    request = Own(request_with(b"{}")._request, parsers=[StrictJSONParser()])
    read_body(request)
    assert request.data == {"own": True}


def test_the_stream_of_a_body_is_djangos_request_as_ever():
    ours, theirs = request_with(b"{}"), request_with(b"{}")
    read_body(ours)
    assert theirs.data == ours.data
    assert isinstance(theirs.stream, type(ours.stream))
    assert ours.stream is ours._request


class Shouting(JSONRenderer):
    """A renderer of a project's own."""

    media_type, charset = "application/vnd.shout+json", "utf-8"

    def render(self, *args: Any, **kwargs: Any) -> Any:
        return super().render(*args, **kwargs).decode().upper()


@pytest.mark.parametrize("data", [None, {}, {"a": ["\u2028", "\u00e9", 1.5]}, "text", []])
@pytest.mark.parametrize(
    ("renderer", "accepted"),
    [
        (JSONRenderer, "application/json"),
        (JSONRenderer, "application/json; indent=2"),
        (Shouting, "application/vnd.shout+json"),
    ],
)
def test_an_answer_is_rest_frameworks_response_byte_for_byte(data, renderer, accepted):
    def rendered(answer: Response) -> Any:
        assert vars(answer).keys() == vars(Response(status=200)).keys()
        answer.accepted_renderer, answer.accepted_media_type = renderer(), accepted
        vars(answer)["renderer_context"] = {}
        answer.render()
        return answer.status_code, sorted(answer.items()), answer.content

    assert rendered(Answer(data, 200)) == rendered(Response(data, 200))


def test_headers_are_checked_before_any_answer_has_them():
    with pytest.raises(BadHeaderError):
        StandingHeaders({"X-Split": "a\r\nSet-Cookie: b"})


def test_standing_headers_replace_or_stand_back_whatever_the_case():
    headers = StandingHeaders({"X-One": "new"})
    replaced, kept = HttpResponse(headers={"x-one": "old"}), HttpResponse(headers={"x-one": "old"})
    headers.put(replaced)
    headers.put_missing(kept)
    assert (replaced["X-One"], kept["X-One"]) == ("new", "old")


def test_the_methods_of_a_view_are_those_it_was_given():
    class View(KeyturnView):
        def get(self, request: Any) -> Response:
            return Response()

    whole, cut = View(), View(http_method_names=["options"])
    whole.setup(APIRequestFactory().get("/"))
    cut.setup(APIRequestFactory().get("/"))
    whole.put = whole.get  # type: ignore[attr-defined] # as a router of REST framework's gives methods to a view
    assert whole.allowed_methods == ["GET", "PUT", "HEAD", "OPTIONS"]
    assert cut.allowed_methods == ["OPTIONS"]
    assert View().allowed_methods == ["GET", "OPTIONS"]


def test_the_caller_is_looked_at_when_somebody_asks(rf):
    request = rf.post("/", headers={"user-agent": "One/1.0", "accept-language": "de"}, REMOTE_ADDR="::ffff:192.0.2.1")
    with calling(request):
        assert (current_client().ip, current_client().user_agent) == ("192.0.2.1", "One/1.0")
        assert (current_caller().ip, current_caller().accept_language) == ("192.0.2.1", "de")
        assert current_caller() is current_caller()
        acted_by("7")
        assert (current_caller().actor_id, current_caller().user_agent) == ("7", "One/1.0")
    assert (current_caller().ip, current_client().ip) == (None, None)


@pytest.mark.parametrize("peer", ["", "unix:", "1" * 5000, "192.0.2.300"])
def test_an_address_that_is_none_is_unknown(rf, peer):
    with calling(rf.get("/", REMOTE_ADDR=peer)):
        assert current_client().ip is None
