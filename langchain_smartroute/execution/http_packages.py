"""The HTTP packages that `openai` uses.

Version 3 of `openai` uses `httpx2`, version 2 `httpx`; all that is used here is the same in
both. Imported when the first model is built: it imports `openai`.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from openai import DefaultHttpxClient

__all__ = ["core", "http"]

_packages = {kind.__module__.partition(".")[0] for kind in DefaultHttpxClient.__mro__}
_suffix = "2" if "httpx2" in _packages else ""

http: Any = import_module(f"httpx{_suffix}")
core: Any = import_module(f"httpcore{_suffix}")
