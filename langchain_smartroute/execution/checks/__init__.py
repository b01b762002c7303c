"""Checks of answers, and how they are run so that their errors lose no answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from langchain_smartroute.faces import on_first_use

if TYPE_CHECKING:
    from langchain_smartroute.execution.checks.agreement import AgreementCheck
    from langchain_smartroute.execution.checks.asking import (
        ANOTHER_ANSWER,
        SAME_ANSWER,
        AskingCheck,
    )
    from langchain_smartroute.execution.checks.base import (
        BuiltinCheck,
        Check,
        CheckLike,
        CheckVerdict,
        applicable,
        arun_check,
        as_check,
        run_check,
    )
    from langchain_smartroute.execution.checks.code import CodeCheck
    from langchain_smartroute.execution.checks.comparing import (
        Comparison,
        Opinion,
        final_answer,
        same_answer,
    )
    from langchain_smartroute.execution.checks.completion import (
        EmptyCheck,
        FilterCheck,
        LengthCheck,
    )
    from langchain_smartroute.execution.checks.defaults import default_checks
    from langchain_smartroute.execution.checks.judge import JudgeCheck
    from langchain_smartroute.execution.checks.learned import LearnedCheck
    from langchain_smartroute.execution.checks.logprobs import LogprobCheck
    from langchain_smartroute.execution.checks.placeholder import PlaceholderCheck
    from langchain_smartroute.execution.checks.refusal import RefusalCheck
    from langchain_smartroute.execution.checks.schema import SchemaCheck
    from langchain_smartroute.execution.checks.tool_arguments import ToolArgumentsCheck
    from langchain_smartroute.execution.checks.uncertainty import UncertaintyCheck
else:
    __getattr__, __dir__ = on_first_use(
        __name__,
        {
            "agreement": "AgreementCheck",
            "asking": "ANOTHER_ANSWER SAME_ANSWER AskingCheck",
            "base": (
                "BuiltinCheck Check CheckLike CheckVerdict applicable arun_check as_check run_check"
            ),
            "code": "CodeCheck",
            "comparing": "Comparison Opinion final_answer same_answer",
            "completion": "EmptyCheck FilterCheck LengthCheck",
            "defaults": "default_checks",
            "judge": "JudgeCheck",
            "learned": "LearnedCheck",
            "logprobs": "LogprobCheck",
            "placeholder": "PlaceholderCheck",
            "refusal": "RefusalCheck",
            "schema": "SchemaCheck",
            "tool_arguments": "ToolArgumentsCheck",
            "uncertainty": "UncertaintyCheck",
        },
    )

__all__ = [
    "ANOTHER_ANSWER",
    "SAME_ANSWER",
    "AgreementCheck",
    "AskingCheck",
    "BuiltinCheck",
    "Check",
    "CheckLike",
    "CheckVerdict",
    "CodeCheck",
    "Comparison",
    "EmptyCheck",
    "FilterCheck",
    "JudgeCheck",
    "LearnedCheck",
    "LengthCheck",
    "LogprobCheck",
    "Opinion",
    "PlaceholderCheck",
    "RefusalCheck",
    "SchemaCheck",
    "ToolArgumentsCheck",
    "UncertaintyCheck",
    "applicable",
    "arun_check",
    "as_check",
    "default_checks",
    "final_answer",
    "run_check",
    "same_answer",
]
