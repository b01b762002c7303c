"""Which checks a request's answers must pass, and what they know of the request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from langchain_smartroute.execution import Review
from langchain_smartroute.execution.checks import (
    Check,
    LengthCheck,
    ToolArgumentsCheck,
    applicable,
)

if TYPE_CHECKING:
    from langchain_smartroute.engine.request import Request

__all__ = ["Checking"]

_KEPT = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Checking:
    """The checks of a router, sorted by what they apply to once.

    Attributes:
        checks: All of them, in the order in which they are asked.
    """

    checks: tuple[Check, ...] = ()
    _sorted: dict[tuple[str, bool], tuple[Check, ...]] = field(
        default_factory=dict, init=False, repr=False
    )
    _informed: dict[tuple[int, ...], tuple[Sequence[Any], Sequence[Check]]] = field(
        default_factory=dict, init=False, repr=False
    )

    def applying(self, request: Request, task: str) -> tuple[Check, ...]:
        """The checks that apply; a caller's own limit of the answer is no weakness of it."""
        limited = request.answer_tokens is not None
        found = self._sorted.get((task, limited))
        if found is None:
            found = applicable(self.checks, task)
            if limited:
                found = tuple(c for c in found if not isinstance(c.function, LengthCheck))
            self._sorted[task, limited] = found
        return found

    def review(self, request: Request, task: str) -> Review:
        """The checks that apply, with what they know of the request."""
        checks: Sequence[Check] = self.applying(request, task)
        if request.tools:
            checks = self._knowing(checks, request.tools)
        return Review(checks=checks, messages=request.messages)

    def _knowing(self, checks: Sequence[Check], tools: Sequence[Any]) -> Sequence[Check]:
        """The checks with the schemas of the tools; an agent binds the same ones each time."""
        key = (*map(id, checks), *map(id, tools))
        kept = self._informed.get(key)
        if kept is None:
            # What is kept with them keeps its identity, which makes that a safe key.
            kept = (tools, [_knowing_tools(check, tools) for check in checks])
            if len(self._informed) >= _KEPT:
                self._informed.clear()
            self._informed[key] = kept
        return kept[1]


def _knowing_tools(check: Check, tools: Sequence[Any]) -> Check:
    """The built-in check of tool arguments with the schemas of the tools that are bound."""
    if not isinstance(check.function, ToolArgumentsCheck) or check.function.schemas:
        return check
    functions = [tool.get("function") for tool in tools if isinstance(tool, Mapping)]
    schemas = {f["name"]: f.get("parameters") or {} for f in functions if f and "name" in f}
    return replace(check, function=ToolArgumentsCheck(schemas))
