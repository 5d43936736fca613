"""The page about errors has every reason and every code, with the words of the code."""

import ast
import re

from keyturn.api.schema_codes import CODES as TOLD
from keyturn.api.schema_codes import FIELD_CODES
from keyturn.api.token_views import TOKEN_DOORS
from keyturn.errors import REFUSALS, Reason
from keyturn_server.refusals import CODES
from tests.docs.pages import ROOT, page, section, table

PAGE = page("docs/reference/errors.md")


def _reasons():
    return table(section(PAGE, "Reasons"), "reason", "status", "code", "detail", "when", "client")


def _codes():
    return {
        row["code"].strip("`"): row["status"] for row in table(section(PAGE, "Other codes"), "code", "status", "when")
    }


def test_every_reason_is_on_the_page_with_its_code_and_sentence():
    documented = [
        (row["reason"].strip("`"), row["status"], row["code"].strip("`"), row["detail"]) for row in _reasons()
    ]
    told = {reason: (str(one.status), one.code, one.detail) for reason, one in REFUSALS.items()}

    assert documented == [(reason.value, *told[reason]) for reason in Reason]


def test_what_the_token_endpoints_say_otherwise_is_on_the_page():
    documented = table(section(PAGE, "At the token endpoints"), "reason", "code", "detail")

    assert [{name: cell.strip("`") for name, cell in row.items()} for row in documented] == [
        {"reason": reason.value, "code": REFUSALS[reason].code, "detail": REFUSALS[reason].detail} | dict(words)
        for reason, words in TOKEN_DOORS.items()
    ]


def test_every_reason_that_the_other_pages_name_exists():
    known = {reason.value for reason in Reason}
    for path in ("README.md", *(str(path.relative_to(ROOT)) for path in (ROOT / "docs").rglob("*.md"))):
        named = set(re.findall(r'"reason": ?"(\w+)"', page(path)))
        assert named <= known, path


# Tables whose key "code" is a code from a mail.
_OTHER_CODES = {"allauth_names.py", "methods.py"}


def _words_in_source():
    """Every constant that the source gives as a ``code``."""
    found = set()
    for path in (ROOT / "src").rglob("*.py"):
        if path.name in _OTHER_CODES:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            pairs: list[tuple[object, ast.expr | None]] = []
            if isinstance(node, ast.Dict):
                pairs = [
                    (getattr(key, "value", None), value) for key, value in zip(node.keys, node.values, strict=True)
                ]
            elif isinstance(node, ast.Call):
                pairs = [(keyword.arg, keyword.value) for keyword in node.keywords]
            elif isinstance(node, ast.Assign):
                pairs = [(getattr(target, "id", None), node.value) for target in node.targets]
            elif isinstance(node, ast.FunctionDef) and node.name == "_code":
                pairs = [("code", one.value) for one in ast.walk(node) if isinstance(one, ast.Return)]
            found |= {
                value.value
                for name, value in pairs
                if name in {"code", "default_code"} and isinstance(value, ast.Constant) and isinstance(value.value, str)
            }
    return found - {""}


def test_every_code_in_the_source_is_on_the_page():
    documented = {*_codes(), *(row["code"].strip("`") for row in _reasons()), *FIELD_CODES}

    assert len(_words_in_source()) > 8
    assert _words_in_source() - documented == set()


def test_the_openapi_document_has_the_codes_of_the_page_with_their_statuses():
    documented = {code: set(re.findall(r"\d{3}", status)) for code, status in _codes().items()}

    assert {code: {str(status) for status in one.statuses} for code, one in TOLD.items()} == documented


def test_the_openapi_document_has_the_fields_codes_of_the_page():
    documented = table(section(PAGE, "Codes of a field"), "code", "when")

    assert {row["code"].strip("`") for row in documented} == set(FIELD_CODES)


# Of telephone numbers, of forms that are not served, and of django-allauth's own limits, which are off.
_NEVER_GIVEN = {"account_inactive", "rate_limited", "select_only_one", "too_many_login_attempts"}


def test_every_code_of_a_field_that_django_allauth_knows_is_on_the_page():
    from allauth.account.adapter import get_adapter as account
    from allauth.mfa.adapter import get_adapter as mfa

    known = {*account().error_messages, *mfa().error_messages}

    assert len(known) > 20
    assert {code for code in known if "phone" not in code} - _NEVER_GIVEN <= set(FIELD_CODES)


def test_the_servers_codes_have_the_status_on_the_page():
    for status, (code, _) in CODES.items():
        assert _codes()[code].startswith(str(status)), code


def test_rest_frameworks_codes_have_the_status_on_the_page():
    from rest_framework import exceptions

    classes = [cls for cls in exceptions.APIException.__subclasses__() if cls.__module__ == exceptions.__name__]
    known = {cls.default_code: str(cls.status_code) for cls in classes if cls is not exceptions.AuthenticationFailed}

    assert len(known) > 7
    assert {code: _codes()[code] for code in known} == known
