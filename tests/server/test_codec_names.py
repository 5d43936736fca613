"""Names of codecs that clients make up: answered as before, and remembered by nobody."""

import encodings
import subprocess
import sys

import pytest

from keyturn_server.gate import Gate
from tests.server.running import ask
from tests.server.test_serving import DEVELOPMENT, serving
from tests.services.migrated import migrate

# The same parameter in each of the ways in which it is read.
PARAMETERS = ["charset*=%s''x", "x*=%s''x", "x* =%s''x", "x*=\"%s''x\"", "x*0=%s''x; x*1*", "x*0*=%s'; x*1='x"]


def _status_of(**environ: str) -> str:
    told = []

    def answer(environ, start_response):
        start_response("200 OK", [])
        return []

    request = {"REQUEST_METHOD": "GET", "PATH_INFO": "/livez", **environ}
    Gate(answer, most_bytes=lambda: 10)(request, lambda status, _: told.append(status))
    return str(told[0])[:3]


@pytest.mark.parametrize("header", ["CONTENT_TYPE", "HTTP_ACCEPT"])
@pytest.mark.parametrize("parameter", PARAMETERS)
def test_the_gate_asks_python_for_no_codec_that_a_parameter_names(header, parameter):
    known = set(encodings._cache)
    assert _status_of(**{header: f"text/plain; {parameter % 'of-the-gates-test'}"}) == "400"
    assert _status_of(**{header: f"text/plain; {parameter % 'zlib'}"}) == "400"
    assert not {name for name in set(encodings._cache) - known if "gate" in name}


def test_the_gate_asks_python_for_no_codec_that_is_a_charset():
    known = set(encodings._cache)
    assert _status_of(CONTENT_TYPE="text/plain; charset=of-the-gates-other-test") == "415"
    assert not {name for name in set(encodings._cache) - known if "gate" in name}


@pytest.mark.parametrize(
    "charset", ["utf-8", "UTF-8", "utf8", "us-ascii", "ascii", "ISO-8859-1", "latin-1", "latin1", '"utf-8"']
)
def test_the_charsets_of_the_web_are_let_through(charset):
    assert _status_of(CONTENT_TYPE=f"text/plain; charset={charset}") == "200"


@pytest.mark.parametrize("parameter", ["x*=UTF-8'en'%e2%82%ac", "x*=utf8''x", "x*=''x", "x*=x", "q=0.5", "x=a*b"])
def test_what_names_no_other_charset_is_let_through(parameter):
    assert _status_of(HTTP_ACCEPT=f"text/*; {parameter}, */*;q=0.1") == "200"
    assert _status_of(CONTENT_TYPE=f"text/plain; {parameter}") == "200"


@pytest.mark.parametrize("parameters", ["x*=a; x*0=b", "x*" + "9" * 5_000 + "=a"], ids=["no order", "no number"])
def test_parts_of_a_parameter_that_python_cannot_put_in_order_are_refused(parameters):
    assert _status_of(CONTENT_TYPE=f"text/plain; {parameters}") == "400"
    assert _status_of(HTTP_ACCEPT=f"text/plain; {parameters}") == "400"


# Every codec of Python's by every name, before and after.
BOUND = """
import codecs, encodings, pkgutil
from encodings.aliases import aliases
from keyturn_server.transport import codec_names

def found():
    names = {module.name for module in pkgutil.iter_modules(encodings.__path__)} | set(aliases)
    names |= {name.replace("_", mark) for name in names for mark in "-. "} | {"UTF-8", "Latin-1", "utf 8"}
    return {name: codec.name for name in names if (codec := look(name))}

def look(name):
    try:
        return codecs.lookup(name)
    except LookupError:
        return None

before = found()
codec_names.bound()
encodings._cache.clear()
assert found() == before
assert "\\u20ac".encode("cp1252").decode("windows-1252") == "\\u20ac"
known = len(encodings._cache)
for number in range(2_000):
    assert look(f"made-up-{number}") is None
    assert look(f"made.up.{number}") is None
print(len(before) > 300, len(encodings._cache) - known)
"""


def test_python_finds_every_codec_still_and_remembers_no_name_that_none_has():
    run = subprocess.run([sys.executable, "-c", BOUND], capture_output=True, text=True, timeout=60, check=False)
    assert (run.returncode, run.stdout) == (0, "True 0\n"), run.stderr


# What Python loads first of all in each process: names that were not found are written down as they are remembered.
NOTING = """
import encodings

class Noting(dict):
    def __setitem__(self, name, codec):
        super().__setitem__(name, codec)
        if codec is None:
            with open({file!r}, "a") as file:
                print(name, file=file)

encodings._cache = Noting(encodings._cache)
encodings.search_function("of_this_file")
"""


@pytest.mark.server
def test_a_worker_remembers_no_name_from_a_header_or_a_form(tmp_path):
    migrate(tmp_path, DEVELOPMENT)
    site, noted = tmp_path / "site", tmp_path / "noted"
    site.mkdir()
    (site / "sitecustomize.py").write_text(NOTING.format(file=str(noted)))
    form = b"--x\r\nContent-Disposition: form-data; name=\"token\"; filename*=of-a-form''x\r\n\r\nx\r\n--x--\r\n"
    with serving(tmp_path, env={**DEVELOPMENT, "PYTHONPATH": str(site)}) as server:
        multipart = {"content_type": "multipart/form-data; boundary=x"}
        assert ask(server.port, "POST", "/token/verify/", body=form, **multipart).status == 400
        for named in ("charset=of-a-charset", "x*=of-a-header''x"):
            assert ask(server.port, "POST", "/token/", body=b"{}", content_type=f"text/plain; {named}").status >= 400
        assert ask(server.port, "GET", "/livez", accept="text/plain; x*=of-a-header''x").status == 400
    names = noted.read_text().split()
    assert "of_this_file" in names
    assert not [name for name in names if name.startswith("of_a_")]
