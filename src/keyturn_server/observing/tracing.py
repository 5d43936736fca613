"""Traces by OpenTelemetry, where the environment asks for them and the extra ``keyturn[otel]`` is installed.

A span for each request and one inside it for each statement of the database. Paths, query strings, headers, bodies and
the parameters of statements are in none of them: an endpoint is told by its URL's name, a statement by its text, which
has placeholders. The SDK reads its own variables (``OTEL_EXPORTER_OTLP_ENDPOINT``, ``OTEL_TRACES_SAMPLER`` and so on).
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from keyturn_server.observing.request_ids import Named

if TYPE_CHECKING:
    from opentelemetry.sdk.trace.export import SpanExporter
    from opentelemetry.trace import Span, Tracer

__all__ = ["MissingPackagesError", "begin", "end", "is_installed", "is_on", "start", "stop"]

_SERVICE: Final = "keyturn"
_LONGEST_STATEMENT: Final = 4_000
_SYSTEMS: Final = {"postgresql": "postgresql", "sqlite": "sqlite"}


class MissingPackagesError(Exception):
    """Traces are asked for, and OpenTelemetry is not installed."""

    def __init__(self) -> None:
        super().__init__("KEYTURN_OTEL=1 needs OpenTelemetry; install it with: pip install 'keyturn[otel]'")


class _Begun(NamedTuple):
    """A request's span, in force in this thread."""

    span: "Span"
    in_force: AbstractContextManager[Any]


_tracer: "Tracer | None" = None
_provider: Any = None


def is_installed() -> bool:
    """Whether OpenTelemetry's packages are there."""
    try:
        return all(find_spec(name) for name in ("opentelemetry.sdk", "opentelemetry.exporter.otlp.proto.http"))
    except (ImportError, ValueError):
        return False


def is_on() -> bool:
    """Whether this process traces."""
    return _tracer is not None


def start(*, version: str, exporter: "SpanExporter | None" = None) -> None:
    """Trace from now on, in this process.

    Args:
        version: of this program.
        exporter: where spans go; None: to where the variables of OpenTelemetry's OTLP exporter say.

    Raises:
        MissingPackagesError: what it takes is not installed.
    """
    global _tracer, _provider  # noqa: PLW0603 - the one of this process
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError:
        raise MissingPackagesError from None
    from django.db import connections
    from django.db.backends.signals import connection_created

    stop()
    resource = Resource.create({"service.version": version})
    # OpenTelemetry's word for what no variable has named.
    if str(resource.attributes.get("service.name", "")).startswith("unknown_service"):
        resource = resource.merge(Resource({"service.name": _SERVICE}))
    _provider = TracerProvider(resource=resource)
    _provider.add_span_processor(BatchSpanProcessor(exporter or OTLPSpanExporter()))
    _tracer = _provider.get_tracer(_SERVICE, version)
    connection_created.connect(_watch, dispatch_uid="keyturn_server.observing.tracing")
    for connection in connections.all(initialized_only=True):
        _watch(connection=connection)


def stop() -> None:
    """Trace no more; what is not yet sent is sent."""
    global _tracer, _provider
    provider, _provider, _tracer = _provider, None, None
    if provider is not None:
        provider.shutdown()


def begin(environ: Mapping[str, Any], name: Named) -> _Begun | None:
    """Open a request's span, as a part of the trace that the caller names (W3C Trace Context); None: tracing is off."""
    from opentelemetry import trace
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    if _tracer is None:
        return None
    carried = {"traceparent": environ.get("HTTP_TRACEPARENT", ""), "tracestate": environ.get("HTTP_TRACESTATE", "")}
    context = TraceContextTextMapPropagator().extract(carried) if name.trace_id else None
    method = _method(environ)
    span = _tracer.start_span(
        method,
        context=context,
        kind=trace.SpanKind.SERVER,
        # OpenTelemetry's semantic conventions for HTTP servers, without those that repeat what the client wrote.
        attributes={
            "http.request.method": method,
            "url.scheme": str(environ.get("wsgi.url_scheme", "")),
            "keyturn.request_id": name.id,
        },
    )
    in_force = trace.use_span(span)
    in_force.__enter__()
    return _Begun(span, in_force)


def _method(environ: Mapping[str, Any]) -> str:
    method = str(environ.get("REQUEST_METHOD", ""))
    return method if method in {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"} else "_OTHER"


def end(begun: _Begun, *, endpoint: str, status: int) -> None:
    """Close a request's span."""
    from opentelemetry.trace import Status, StatusCode

    span, in_force = begun
    method = getattr(span, "attributes", {}).get("http.request.method", "")
    span.update_name(f"{method} {endpoint}".strip())
    span.set_attribute("http.route", endpoint)
    span.set_attribute("http.response.status_code", status)
    if status >= 500:
        span.set_status(Status(StatusCode.ERROR))
    in_force.__exit__(None, None, None)
    span.end()


def _watch(*, connection: Any, **_: object) -> None:
    """Have every statement of a connection traced (Django's "database instrumentation")."""
    if _traced not in connection.execute_wrappers:
        connection.execute_wrappers.append(_traced)


def _traced(execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: Mapping[str, Any]) -> Any:
    """Run a statement in a span of its own, if a request's span is there for it to be a part of."""
    from opentelemetry import trace

    if _tracer is None or not trace.get_current_span().is_recording():
        return execute(sql, params, many, context)
    # A composed query has its values in it; all of ours are texts with placeholders.
    text = sql[:_LONGEST_STATEMENT] if isinstance(sql, str) else ""
    verb = text.lstrip().partition(" ")[0].upper()
    with _tracer.start_as_current_span(
        verb or "statement",
        kind=trace.SpanKind.CLIENT,
        # An error's text may quote a value.
        record_exception=False,
        set_status_on_exception=False,
        attributes={
            "db.system.name": _SYSTEMS.get(context["connection"].vendor, "other_sql"),
            "db.operation.name": verb,
            "db.query.text": text,
        },
    ) as span:
        try:
            return execute(sql, params, many, context)
        except Exception as error:
            span.set_status(trace.Status(trace.StatusCode.ERROR, type(error).__name__))
            span.set_attribute("error.type", type(error).__name__)
            raise
