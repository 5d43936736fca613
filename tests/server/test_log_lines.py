"""The log keeps one event on one line, and a line free of what requests carry."""

import logging

from keyturn_server.logs import LineFormatter, configuration


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
