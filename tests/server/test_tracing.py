"""Traces: a span for each request, one in it for each statement, and nothing in them that a request carries."""

import json
import os
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from types import SimpleNamespace

import pytest

from keyturn_server.observing import tracing
from tests.server.conftest import running
from tests.server.running import ask
from tests.services.migrated import Superuser
from tests.services.ports import LOOPBACK

TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
PASSWORD = "Xq7-Ribbon-Vulcan-41"


@pytest.fixture(scope="module")
def collector():
    """What an OTLP receiver was sent: ``spans()``, and ``raw``, the bytes."""
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

    bodies: list[bytes] = []

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self):
            bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.send_header("Content-Type", "application/x-protobuf")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    def spans():
        found = []
        for body in tuple(bodies):
            for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
                of = {one.key: one.value.string_value for one in resource.resource.attributes}
                for scope in resource.scope_spans:
                    found += [(of, span) for span in scope.spans]
        return found

    server = HTTPServer((LOOPBACK, 0), Receiver)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield SimpleNamespace(port=server.server_port, spans=spans, raw=lambda: b"".join(bodies))
    finally:
        server.shutdown()
        thread.join(10)
        server.server_close()


@pytest.fixture(scope="module")
def server(collector, tmp_path_factory):
    environment = {
        "KEYTURN_DEBUG": "1",
        "KEYTURN_OTEL": "1",
        "KEYTURN_LOG_LEVEL": "debug",
        "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://{LOOPBACK}:{collector.port}",
        "OTEL_EXPORTER_OTLP_COMPRESSION": "none",
        "OTEL_BSP_SCHEDULE_DELAY": "100",
        "OTEL_RESOURCE_ATTRIBUTES": "deployment.environment.name=test",
    }
    directory = tmp_path_factory.mktemp("traced")
    yield from running(directory, environment, superusers=[Superuser("root", "root@example.com", PASSWORD)])


def attributes(span):
    return {one.key: one.value.string_value or one.value.int_value for one in span.attributes}


def of_trace(collector, trace):
    return [span for _, span in collector.spans() if span.trace_id.hex() == trace]


def eventually(found):
    deadline = time.monotonic() + 20
    while not (result := found()):
        assert time.monotonic() < deadline, "no such span came"
        time.sleep(0.05)
    return result


@pytest.mark.server
def test_a_request_is_a_part_of_its_callers_trace_and_its_statements_are_parts_of_it(server, collector):
    signed_in = ask(server.port, "POST", "/token/", json_body={"username": "root", "password": PASSWORD}).json
    answer = ask(
        server.port,
        "POST",
        f"/token/refresh/?token={signed_in['refresh']}",
        json_body={"refresh": signed_in["refresh"]},
        authorization=f"Bearer {signed_in['access']}",
        traceparent=f"00-{TRACE}-{PARENT}-01",
        x_request_id="refresh-1",
    )
    assert answer.status == 200
    spans = eventually(lambda: len(of_trace(collector, TRACE)) >= 2 and of_trace(collector, TRACE))
    request = next(span for span in spans if span.parent_span_id.hex() == PARENT)
    assert request.name == "POST token_refresh"
    told = attributes(request)
    assert told["http.request.method"] == "POST"
    assert told["http.route"] == "token_refresh"
    assert told["http.response.status_code"] == 200
    assert told["keyturn.request_id"] == "refresh-1"
    statements = [span for span in spans if span.parent_span_id == request.span_id]
    assert any(
        span.name == "UPDATE" and "keyturn_session" in attributes(span)["db.query.text"] for span in statements
    ), [attributes(span) for span in statements]
    assert {attributes(span)["db.system.name"] for span in statements} == {"sqlite"}
    for secret in (PASSWORD, signed_in["refresh"], signed_in["access"], answer.json["refresh"], answer.json["access"]):
        assert secret.encode() not in collector.raw()
        assert secret not in server.output()


@pytest.mark.server
def test_the_resource_is_named_and_takes_what_the_variables_add(server, collector):
    ask(server.port, "GET", "/livez")
    resource, _ = eventually(collector.spans)[0]
    assert resource["service.name"] == "keyturn"
    assert resource["service.version"]
    assert resource["deployment.environment.name"] == "test"


@pytest.mark.server
def test_an_unknown_path_is_no_name_of_a_span(server, collector):
    ask(server.port, "GET", "/not/here/at-all/", traceparent=f"00-{'1' * 32}-{PARENT}-01")
    span = eventually(lambda: of_trace(collector, "1" * 32))[-1]
    assert span.name == "GET unknown"
    assert b"at-all" not in collector.raw()


def test_without_the_packages_the_start_says_what_to_install(tmp_path):
    # None in sys.modules is what an absent package looks like.
    program = (
        "import sys; sys.modules['opentelemetry.sdk'] = None; sys.modules['opentelemetry.exporter'] = None\n"
        "from keyturn_server.observing import tracing\n"
        "try: tracing.start(version='0')\n"
        "except tracing.MissingPackagesError as error: print(error)\n"
        "print(tracing.is_installed())"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, env={**os.environ}, capture_output=True, text=True, check=False
    )
    message, found = ran.stdout.splitlines()
    assert message == "KEYTURN_OTEL=1 needs OpenTelemetry; install it with: pip install 'keyturn[otel]'"
    assert found == "False"


def test_they_are_found_where_they_are():
    assert tracing.is_installed()


def test_a_server_that_does_not_trace_loads_none_of_it(tmp_path):
    program = (
        "import json, sys\n"
        "from keyturn_server.observing import watching\n"
        "print(json.dumps([name for name in sys.modules if name.startswith('opentelemetry')]))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, env={**os.environ}, capture_output=True, text=True, check=True
    )
    assert json.loads(ran.stdout) == []
