"""How a package shows names of its modules: each is imported when it is first used (PEP 562).

A program uses few of the names that this package and its rooms show. Imported at once, all of
them would cost every program a quarter of a second of CPU before its first line, most of it
for classes that it never makes. So an `__init__` says what it shows twice: to type checkers by
plain imports, and at run time by a table.

Where code inside the package needs a name only when it is called, it imports the room and says
`room.Name` there; nothing is imported inside functions for that.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["on_first_use"]


def on_first_use(
    package: str, homes: Mapping[str, str]
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """The `__getattr__` and `__dir__` of a package that imports what it shows when it is used.

    Args:
        package: Its `__name__`.
        homes: Module, relative to the package → the names that it is home to, with spaces
            between them. None of them may be the name of a module of the package.

    Example:
        >>> find, _ = on_first_use("langchain_smartroute.types", {"words": "TASKS TIERS"})
        >>> find("TIERS")
        ('budget', 'balanced', 'quality')
    """
    home_of = {name: home for home, names in homes.items() for name in names.split()}

    def find(name: str) -> Any:
        if name not in home_of:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        value = getattr(import_module(f"{package}.{home_of[name]}"), name)
        # The next use finds it without asking here.
        setattr(sys.modules[package], name, value)
        return value

    def listed() -> list[str]:
        return sorted({*vars(sys.modules[package]), *home_of})

    return find, listed
