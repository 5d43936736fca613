"""The guide names every argument, and the defaults that they have."""

import inspect

from keyturn.verifier import AsyncVerifier, Verifier
from keyturn.verifier.asynchronous import VerifierOptions
from tests.docs.pages import page, section, table

PAGE = "docs/how-to/verify-in-another-service.md"


def test_the_table_of_settings_is_complete_and_right():
    parameters = dict(inspect.signature(Verifier).parameters)
    rows = table(section(page(PAGE), "Settings"), "argument", "default", "meaning")
    documented = {name.strip(" `"): row["default"] for row in rows for name in row["argument"].split(",")}
    assert set(documented) == set(parameters)
    for name, said in documented.items():
        default = parameters[name].default
        if said:
            assert str(default) == said.strip("`") or float(default) == float(said.strip("`")), name
        else:
            assert default in {None, inspect.Parameter.empty}, name


def test_both_verifiers_take_the_same():
    assert set(VerifierOptions.__annotations__) | {"issuer"} == set(inspect.signature(Verifier).parameters)


def test_what_the_page_calls_is_there():
    text = page(PAGE)
    for name in ("verify", "start", "close", "status"):
        assert f"{name}(" in text
        assert callable(getattr(Verifier, name))
        assert callable(getattr(AsyncVerifier, name))
