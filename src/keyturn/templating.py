"""Our own templates, in projects of every kind."""

from functools import lru_cache
from pathlib import Path
from typing import Any

from django.template import TemplateDoesNotExist
from django.template.backends.django import DjangoTemplates
from django.template.loader import get_template

__all__ = ["own_template"]


def own_template(path: str) -> Any:
    """Load a template: the project's of this name, else ours, also where the project's engines look into no app."""
    try:
        return get_template(path)
    except TemplateDoesNotExist:
        return _own_engine().get_template(path)


@lru_cache(maxsize=1)
def _own_engine() -> DjangoTemplates:
    directory = Path(__file__).resolve().parent / "templates"
    return DjangoTemplates({"NAME": "keyturn", "DIRS": [directory], "APP_DIRS": False, "OPTIONS": {}})
