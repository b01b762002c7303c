"""Which checks a request's answers must pass, and what they know of the request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from langchain_smartroute.execution.checks import (
    Check,
    LengthCheck,
    ToolArgumentsCheck,
    applicable,
)

if TYPE_CHECKING:
    from langchain_smartroute.engine.request import Request
    from langchain_smartroute.types import RoutingDecision

__all__ = ["checks_for", "knowing_tools"]


def checks_for(
    checks: Sequence[Check], request: Request, decision: RoutingDecision
) -> tuple[Check, ...]:
    """The checks that apply; a caller's own limit of the answer is no weakness of it."""
    found = applicable(checks, decision.task)
    if request.answer_tokens is None:
        return found
    return tuple(c for c in found if not isinstance(c.function, LengthCheck))


def knowing_tools(check: Check, tools: Sequence[Any]) -> Check:
    """The built-in check of tool arguments with the schemas of the tools that are bound."""
    if not tools or not isinstance(check.function, ToolArgumentsCheck) or check.function.schemas:
        return check
    functions = [tool.get("function") for tool in tools if isinstance(tool, Mapping)]
    schemas = {f["name"]: f.get("parameters") or {} for f in functions if f and "name" in f}
    return replace(check, function=ToolArgumentsCheck(schemas))
