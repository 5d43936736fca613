"""The log keeps one event on one line, and a line free of what requests carry."""

import json
import logging
import os
import sys
import threading
import warnings
from types import SimpleNamespace
from typing import Any

import pytest

from keyturn_server.observing import request_ids
from keyturn_server.observing.logs import JsonFormatter, LineFormatter, configuration, take_in
from keyturn_server.observing.redaction import redacted


def _format(message: str, *arguments: object) -> str:
    record = logging.LogRecord("keyturn", logging.INFO, __file__, 1, message, arguments, None)
    return LineFormatter("%(levelname)s %(name)s: %(message)s").format(record)


def test_what_a_client_sent_cannot_start_a_line_of_its_own():
    assert _format("path %s", "/a\r\n2026 INFO forged\x1b[31m\u2028x") == (
        "INFO keyturn: path /a\\x0d\\x0a2026 INFO forged\\x1b[31m\\x2028x"
    )


def test_ordinary_text_in_any_language_stays_as_it_is():
    assert _format("naïve %s\t東京", "🙂") == "INFO keyturn: naïve 🙂\t東京"


def test_the_level_asked_for_is_the_root_loggers_and_refusals_are_no_events():
    told = configuration("WARNING")
    assert told["root"]["level"] == "WARNING"
    assert told["loggers"]["django.request"]["level"] == "ERROR"
    assert told["loggers"]["_granian"]["level"] == "WARNING"
    assert configuration("DEBUG")["loggers"]["_granian"]["level"] == "DEBUG"


def test_a_traceback_cannot_forge_a_line_either():
    try:
        raise ValueError("quoted\n2026 INFO forged\x1b")
    except ValueError as error:
        record = logging.LogRecord("keyturn", logging.ERROR, __file__, 1, "failed", (), (type(error), error, None))
    first, *rest = LineFormatter("%(message)s").format(record).splitlines()
    assert first == "failed"
    assert rest[-1] == "    2026 INFO forged\\x1b"
    assert all(line.startswith("    ") for line in rest)


def test_no_level_logs_statements_with_their_values():
    assert configuration("DEBUG")["loggers"]["django.db.backends"]["level"] == "INFO"


def _as_json(message: str, *arguments: object, **more: Any) -> dict[str, Any]:
    record = logging.LogRecord("keyturn", logging.INFO, __file__, 1, message, arguments, more.get("exc_info"))
    line = JsonFormatter().format(record)
    assert "\n" not in line
    return dict(json.loads(line))


def test_a_line_of_json_has_time_level_logger_message_and_process():
    told = _as_json("hello %s", "東京\n2026 forged")
    assert told.pop("time").endswith("Z")
    assert told == {"level": "info", "logger": "keyturn", "message": "hello 東京\n2026 forged", "pid": os.getpid()}


def test_the_fields_of_a_message_stand_beside_the_common_ones_and_never_in_their_place():
    told = _as_json("%(method)s %(status)d", {"method": "GET", "status": 200, "level": "forged", "odd": object()})
    assert (told["message"], told["method"], told["status"], told["level"]) == ("GET 200", "GET", 200, "info")
    assert isinstance(told["odd"], str)


def test_a_line_about_a_request_names_it_and_its_trace():
    before = request_ids.current.set(request_ids.Named("abc", "1" * 32, "2" * 16))
    try:
        told = _as_json("x")
        assert (told["request_id"], told["trace_id"], told["parent_id"]) == ("abc", "1" * 32, "2" * 16)
        assert _format("x") == "INFO keyturn: x [abc]"
    finally:
        request_ids.current.reset(before)
    assert "request_id" not in _as_json("x")


JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzaWQiOiIxIn0.c2lnbmF0dXJl"


@pytest.mark.parametrize(
    ("text", "written"),
    [
        (f"no such path: /nope/{JWT}/", "no such path: /nope/[hidden]/"),
        (f"cut off: {JWT[:30]}", "cut off: [hidden]"),
        ("connecting to postgresql://kt:s3cret@db:5432/kt", "connecting to postgresql://[hidden]@db:5432/kt"),
        ("smtp://user%40x:p%40ss@mail:587", "smtp://[hidden]@mail:587"),
        ("Authorization: Bearer 0123456789abcdef", "Authorization: Bearer [hidden]"),
        ("authorization: basic aWQ6c2VjcmV0", "authorization: basic [hidden]"),
        ("Cookie: a=b; c=d", "Cookie: [hidden]"),
        ("Set-Cookie: __Host-keyturn=abc; Path=/", "Set-Cookie: [hidden]"),
        ("/auth/verify-email/?key=MQ:1abc:def&next=/", "/auth/verify-email/?key=[hidden]&next=/"),
        ("https://app.example.com/reset#key=abc", "https://app.example.com/reset#key=[hidden]"),
        ("signed with whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "signed with [hidden]"),
        ("-----BEGIN PRIVATE KEY-----\nMIGH\n-----END PRIVATE KEY-----\nrest", "[hidden]\nrest"),
        ("signing key abc is published; it signs from 2026", "signing key abc is published; it signs from 2026"),
        ("refused: token_not_valid (expired)", "refused: token_not_valid (expired)"),
    ],
)
def test_what_looks_like_a_secret_is_hidden_wherever_it_stands(text, written):
    assert redacted(text) == written
    assert _as_json("%s", text)["message"] == written


def test_what_is_very_long_is_cut_and_looked_through_in_no_time():
    # Two seconds each, for an expression that tries every colon for the one before a password.
    for text in ("x://" + ":" * 19_000, "x://a:" * 3_000):
        assert redacted(text) == text
    assert redacted("a" * 30_000) == "a" * 20_000 + "…"


def test_a_secret_in_the_text_of_an_exception_is_hidden_in_both_forms():
    try:
        raise ValueError(f"cannot read {JWT}")
    except ValueError as error:
        record = logging.LogRecord("keyturn", logging.ERROR, __file__, 1, "failed", (), (type(error), error, None))
    for formatter in (LineFormatter("%(message)s"), JsonFormatter()):
        record.exc_text = None
        assert "cannot read [hidden]" in formatter.format(record)


def test_what_a_thread_did_not_catch_and_warnings_are_events_of_the_log(caplog, monkeypatch):
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setattr(sys, "unraisablehook", sys.unraisablehook)
    monkeypatch.setattr(logging, "raiseExceptions", logging.raiseExceptions)

    def fail():
        raise ValueError("out of sight")

    try:
        take_in()
        thread = threading.Thread(target=fail, name="lost")
        thread.start()
        thread.join()
        sys.unraisablehook(SimpleNamespace(exc_type=OSError, exc_value=None, exc_traceback=None))
        sys.excepthook(KeyError, KeyError("at the end"), None)
        with warnings.catch_warnings():
            warnings.simplefilter("default")
            logging.captureWarnings(capture=True)
            warnings.warn("a warning", stacklevel=1)
    finally:
        logging.captureWarnings(capture=False)
    assert "the thread lost failed" in caplog.text
    assert "out of sight" in caplog.text
    assert "a warning" in caplog.text
    assert "passed over: OSError" in caplog.text
    assert "at the end" in caplog.text


def test_a_message_that_cannot_be_put_together_is_not_written_with_its_arguments(monkeypatch, capsys):
    monkeypatch.setattr(logging, "raiseExceptions", logging.raiseExceptions)
    for name in ("excepthook", "unraisablehook"):
        monkeypatch.setattr(sys, name, getattr(sys, name))
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)
    logger = logging.getLogger("keyturn.test.broken")
    handler = logging.StreamHandler()
    handler.setFormatter(JsonFormatter())
    logger.addHandler(handler)
    monkeypatch.setattr(logger, "propagate", False)
    try:
        take_in()
        logger.error("no place for it", JWT)  # noqa: PLE1205 - that is the point
    finally:
        logging.captureWarnings(capture=False)
        logger.removeHandler(handler)
    assert JWT not in capsys.readouterr().err
