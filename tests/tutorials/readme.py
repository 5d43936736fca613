"""Keyturn added to a project by following the README.

The blocks to follow are marked in the README by a comment on the line above each fence:

``<!-- tutorial-step: settings -->``  Python, edits to the project's settings
``<!-- tutorial-step: urls -->``      Python, edits to the project's root urls
``<!-- tutorial-step: commands -->``  shell, what to type afterwards

In a Python block ``...`` stands for what is there already.
"""

import re
import shlex
from typing import Final

from tests.tutorials.edits import follow
from tests.tutorials.project import REPOSITORY, Project

__all__ = ["EXAMPLE", "add_keyturn", "instructions"]

EXAMPLE: Final = """
<!-- tutorial-step: settings -->

```python
INSTALLED_APPS = [
    ...,
    "keyturn",
]
```

<!-- tutorial-step: urls -->

```python
from django.urls import include, path

urlpatterns = [
    path("", include("keyturn.urls")),
    ...,
]
```

Then:

<!-- tutorial-step: commands -->

```sh
pip install keyturn
python manage.py migrate  # adds one table
```
"""

_BLOCK: Final = re.compile(
    r"^<!-- tutorial-step: (?P<name>[a-z]+) -->\s*^```[a-z]*\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL
)
_NAMES: Final = ("settings", "urls", "commands")


def instructions(readme: str) -> dict[str, str]:
    """Return the marked blocks of the README by name.

    Raises:
        AssertionError: a block is missing, doubled or unknown.
    """
    blocks = [(match["name"], match["text"]) for match in _BLOCK.finditer(readme)]
    assert sorted(name for name, _ in blocks) == sorted(_NAMES), "the README's tutorial-step blocks"
    return dict(blocks)


def add_keyturn(project: Project) -> None:
    """Do to ``project`` what the README tells its owner to do.

    Raises:
        AssertionError: the README gives a command this cannot follow.
    """
    readme = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    blocks = instructions(readme if "tutorial-step" in readme else EXAMPLE)
    project.edit("backend/settings.py", lambda text: follow(text, blocks["settings"]))
    project.edit("backend/urls.py", lambda text: follow(text, blocks["urls"]))
    for line in blocks["commands"].strip().splitlines():
        match shlex.split(line, comments=True):
            case ["pip", "install", *_] | ["python", "-m", "pip", "install", *_]:
                pass  # The package under test is importable already.
            case ["python", "manage.py", *arguments]:
                project.manage(*arguments)
            case []:
                pass
            case _:
                raise AssertionError(f"cannot follow {line!r}")
