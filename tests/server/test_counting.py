"""How numbers are counted in a process, before they are shared."""

import threading
from types import SimpleNamespace
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from keyturn_server.observing import metrics_shared, request_metrics, watching, worker_metrics
from keyturn_server.observing.metrics_shared import Following


@pytest.fixture
def registry(monkeypatch):
    """Where what the code under test publishes can be read."""
    published: list[CollectorRegistry] = []
    monkeypatch.setattr(metrics_shared, "publish", published.append)
    monkeypatch.setattr(worker_metrics, "publish", published.append)
    request_metrics._counted.clear()
    yield published
    request_metrics._counted.clear()


def sample(registry, name, **labels):
    return registry.get_sample_value(name, labels)


def test_requests_are_in_the_buckets_that_prometheus_would_put_them_in(registry):
    (tell,) = request_metrics.tellers()
    times = [0.0, 0.001, 0.0011, 0.3, 2.5, 11.0, 400.0]
    for seconds in times:
        request_metrics.observe(endpoint="home", status=200, seconds=seconds)
    tell()
    tell()
    (ours,) = registry
    for bound in request_metrics.BUCKETS:
        found = sample(
            ours, "keyturn_http_request_duration_seconds_bucket", endpoint="home", status="2xx", le=str(float(bound))
        )
        assert found == sum(seconds <= bound for seconds in times), bound
    labels = {"endpoint": "home", "status": "2xx"}
    assert sample(ours, "keyturn_http_request_duration_seconds_count", **labels) == len(times)
    assert sample(ours, "keyturn_http_request_duration_seconds_sum", **labels) == pytest.approx(sum(times))


def test_no_request_is_lost_between_threads(registry):
    (tell,) = request_metrics.tellers()
    done = threading.Event()

    def count():
        for number in range(2_000):
            request_metrics.observe(endpoint="home", status=200 + number % 2 * 300, seconds=0.001)

    def keep_telling():
        while not done.is_set():
            tell()

    threads = [threading.Thread(target=count) for _ in range(4)]
    teller = threading.Thread(target=keep_telling)
    teller.start()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    done.set()
    teller.join()
    tell()
    (ours,) = registry
    for status in ("2xx", "5xx"):
        assert sample(ours, "keyturn_http_request_duration_seconds_count", endpoint="home", status=status) == 4_000, (
            status
        )


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("token_refresh", "token_refresh"),
        ("headless:app:account:login", "app_account_login"),
        ("admin:auth_user_change", "admin"),
        ("admin:keyturn_session_changelist", "admin"),
        ("jwks-2", "jwks_2"),
        (None, "unnamed"),
        ("", "unnamed"),
    ],
)
def test_an_endpoint_is_named_by_its_url(name, label):
    assert request_metrics.endpoint_of(name) == label


def test_what_has_no_url_has_a_word():
    meta = {"PATH_INFO": "/static/x.css"}
    watching.note_endpoint(meta, None)
    assert meta[watching.ENDPOINT] == "static"
    meta = {"PATH_INFO": "/nothing/"}
    watching.note_endpoint(meta, None)
    assert meta[watching.ENDPOINT] == "unknown"
    watching.note_endpoint(meta, SimpleNamespace(view_name="home"))
    assert meta[watching.ENDPOINT] == "home"


def test_an_application_that_fails_is_counted_as_a_500_and_its_name_is_forgotten(registry):
    from keyturn_server.observing import request_ids

    (tell,) = request_metrics.tellers()

    def fail(environ, start_response):
        assert request_ids.current.get() == request_ids.Named("mine")
        raise RuntimeError

    with pytest.raises(RuntimeError):
        watching.Watched(fail)({"HTTP_X_REQUEST_ID": "mine", "REQUEST_METHOD": "GET"}, lambda *_: None)
    assert request_ids.current.get() is None
    tell()
    (ours,) = registry
    assert sample(ours, "keyturn_http_request_duration_seconds_count", endpoint="refused", status="5xx") == 1


def test_the_time_that_a_request_waited_before_counts(registry, monkeypatch):
    (tell,) = request_metrics.tellers()
    monkeypatch.setattr(watching, "perf_counter", lambda: 107.0)

    def answer(environ, start_response):
        start_response("200 OK", [])
        return [b""]

    environ = {watching.ARRIVED: 100.0, watching.ENDPOINT: "home"}
    watching.Watched(answer)(environ, lambda *_: None)
    tell()
    (ours,) = registry
    assert sample(ours, "keyturn_http_request_duration_seconds_sum", endpoint="home", status="2xx") == 7


def test_a_counter_follows_a_number_also_where_that_begins_anew():
    added: list[float] = []
    counter: Any = SimpleNamespace(inc=added.append)
    numbers = iter([3, 3, 5, 1, 2])
    following = Following(counter, lambda: next(numbers))
    for _ in range(5):
        following.tell()
    assert added == [3, 0, 2, 0, 1]


def test_it_is_told_which_connections_are_in_use_and_who_waits(registry, monkeypatch):
    kept = SimpleNamespace(in_use=5, idle=2, waiting=3, failed=4)
    monkeypatch.setattr(worker_metrics, "_keeper", lambda: SimpleNamespace(standing=lambda: kept))
    ours = CollectorRegistry()
    tell = worker_metrics._pool(ours)
    tell()
    tell()
    assert sample(ours, "keyturn_db_pool_connections", state="in_use") == 5
    assert sample(ours, "keyturn_db_pool_connections", state="idle") == 2
    assert sample(ours, "keyturn_db_pool_waiting") == 3
    assert sample(ours, "keyturn_db_pool_errors_total") == 4
