"""The default checks of a router."""

from __future__ import annotations

from langchain_smartroute.execution.checks.base import BuiltinCheck, Check, as_check
from langchain_smartroute.execution.checks.code import CodeCheck
from langchain_smartroute.execution.checks.completion import EmptyCheck, FilterCheck, LengthCheck
from langchain_smartroute.execution.checks.placeholder import PlaceholderCheck
from langchain_smartroute.execution.checks.refusal import RefusalCheck
from langchain_smartroute.execution.checks.tool_arguments import ToolArgumentsCheck
from langchain_smartroute.execution.checks.uncertainty import UncertaintyCheck

__all__ = ["default_checks"]

_DEFAULT: tuple[type[BuiltinCheck], ...] = (
    FilterCheck,
    RefusalCheck,
    EmptyCheck,
    LengthCheck,
    ToolArgumentsCheck,
    CodeCheck,
    PlaceholderCheck,
    UncertaintyCheck,
)


def default_checks() -> tuple[Check, ...]:
    """The built-in checks without required settings, in the order in which they run.

    Example:
        >>> from langchain_smartroute.execution.checks import applicable
        >>> [check.name for check in applicable(default_checks(), "math")]
        ['filter', 'refusal', 'empty', 'length', 'tool-arguments', 'uncertainty']
    """
    return tuple(as_check(check()) for check in _DEFAULT)
