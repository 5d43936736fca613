"""Looking for codecs only by names that Python has.

Python keeps every name it was asked for and did not find, for ever, and clients choose such names: for the charset of a
header, or of a file's name in a form.
"""

import codecs
import encodings
import pkgutil
from encodings.aliases import aliases
from typing import Final

__all__ = ["bound"]

_MODULES: Final = frozenset(module.name for module in pkgutil.iter_modules(encodings.__path__))


def bound() -> None:
    """Have Python forget names that no codec has. To be called once in a process."""
    # In this order no other thread meets a moment in which there is no codec at all.
    codecs.register(_search)
    codecs.unregister(encodings.search_function)


def _search(name: str) -> codecs.CodecInfo | None:
    # Python's own search takes a dot for an underscore where that makes an alias.
    if name in _MODULES or name in aliases or name.replace(".", "_") in aliases:
        return encodings.search_function(name)
    return None
