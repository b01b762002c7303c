"""Lazy exports: a package imports names of its modules on first use (PEP 562).

A program uses few of the names that this package and its subpackages export. Importing all of
them would cost every program a quarter of a second of CPU time, mostly for classes that it
never uses. So an `__init__` lists its exports twice: as plain imports for type checkers, and as
a table for run time.

Code inside the package that needs a name only when it is called imports the subpackage and
writes `subpackage.Name`, instead of importing inside a function.
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
    """The `__getattr__` and `__dir__` of a package with lazy exports.

    Args:
        package: Its `__name__`.
        homes: Module, relative to the package → its exported names, separated by spaces. None
            of them may be the name of a module of the package.

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
        # Stored in the package, so that the next use does not call this.
        setattr(sys.modules[package], name, value)
        return value

    def listed() -> list[str]:
        return sorted({*vars(sys.modules[package]), *home_of})

    return find, listed
