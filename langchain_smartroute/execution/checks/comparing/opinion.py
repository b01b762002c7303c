"""Second opinions, and the comparable part of an answer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from langchain_core.messages import AIMessage
from pydantic import BaseModel

from langchain_smartroute.execution.checks.comparing.code_form import code_in, is_code
from langchain_smartroute.execution.checks.comparing.final_answer import found_answer
from langchain_smartroute.execution.checks.comparing.literals import NOTHING, literal_of
from langchain_smartroute.execution.checks.comparing.same_answer import (
    TOLERANCE,
    Comparison,
    same_answer,
)
from langchain_smartroute.execution.checks.comparing.sentence import contradict, reordered
from langchain_smartroute.execution.checks.comparing.written_calls import written_calls
from langchain_smartroute.execution.checks.prose import answer_text

__all__ = ["Comparable", "Opinion", "comparable", "same_comparable", "text_of_answer"]

_MOSTLY = 0.5
"""Share of code in an answer from which on it is compared as code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opinion:
    """Another model's answer to the same request.

    Attributes:
        alias: The other model.
        answer: Its message, or the output parsed from it; `None`: there is none.
        error: Why there is no answer.
    """

    alias: str
    answer: Any = None
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparable:
    """The comparable part of an answer.

    Attributes:
        by: Kind of comparison.
        value: The value to compare.
        sentence: The sentence the number was taken from; empty if the value stands alone.
    """

    by: Comparison
    value: Any
    sentence: str = field(default="", repr=False)


def comparable(answer: Any, by: Comparison = "auto") -> Comparable | None:
    """The comparable part of an answer; `None` for other prose.

    Args:
        answer: A message, parsed output, or both (`raw` and `parsed`).
        by: How; `auto`: parsed output and tool calls as such, mostly code (with or without
            fences) as code, anything else by its final answer.

    Example:
        >>> comparable(AIMessage("It adds up to 12."))
        Comparable(by='value', value='12')
        >>> comparable(AIMessage("It is a matter of taste, and tastes differ a lot.")) is None
        True
    """
    if isinstance(answer, Mapping) and "raw" in answer and "parsed" in answer:
        answer = answer["parsed"]
    if not isinstance(answer, AIMessage):
        return None if answer is None else Comparable(by="json", value=_plain(answer))
    if answer.tool_calls and by in ("auto", "tool_calls"):
        calls = [{"name": call["name"], "args": call["args"]} for call in answer.tool_calls]
        return Comparable(by="tool_calls", value=calls)
    text = answer_text(answer).strip()
    if not text or by == "tool_calls":
        return None
    return _comparable_text(text, by)


def same_comparable(one: Comparable, other: Comparable, *, tolerance: float = TOLERANCE) -> bool:
    """Whether two answers are the same, and their sentences say the same of it.

    Args:
        one: The comparable part of an answer.
        other: That of another answer to the same request.
        tolerance: As for `same_answer`.

    Example:
        >>> texts = ("There are 3 cats and 5 dogs.", "There are 5 cats and 3 dogs.")
        >>> found = [comparable(AIMessage(text)) for text in texts]
        >>> same_comparable(found[0], found[1])
        False
    """
    if one.by != other.by or not same_answer(
        one.value, other.value, by=one.by, tolerance=tolerance
    ):
        return False
    if not (one.sentence or other.sentence):
        return True
    texts = [each.sentence or str(each.value) for each in (one, other)]
    return not contradict(one.sentence, other.sentence) and not reordered(texts[0], texts[1])


def _comparable_text(text: str, by: Comparison) -> Comparable | None:
    if by in ("json", "number"):
        return Comparable(by=by, value=text)
    written = written_calls(text) if by == "auto" else None
    if written is not None:
        return Comparable(by="tool_calls", value=written)
    code = code_in(text)
    if code is None and literal_of(text) is NOTHING and is_code(text):
        code = text
    # JSON in a fence is compared as a value, whose members are unordered.
    data = by == "auto" and code is not None and literal_of(code) is not NOTHING
    mostly = by == "auto" and code is not None and len(code) > _MOSTLY * len(text)
    if by == "code" or (mostly and not data):
        return None if code is None else Comparable(by="code", value=code)
    value, sentence = (code.strip(), "") if data and code is not None else found_answer(text)
    return None if value is None else Comparable(by="value", value=value, sentence=sentence)


def text_of_answer(answer: Any) -> str:
    """An answer as text, for judges and features: its text, tool calls or value."""
    if isinstance(answer, AIMessage):
        if answer.tool_calls:
            calls = [{"name": call["name"], "args": call["args"]} for call in answer.tool_calls]
            return json.dumps(calls, ensure_ascii=False, default=str)
        return answer_text(answer).strip()
    if isinstance(answer, Mapping) and "raw" in answer and "parsed" in answer:
        answer = answer["parsed"]
    return json.dumps(_plain(answer), ensure_ascii=False, default=str)


def _plain(value: Any) -> Any:
    return value.model_dump(mode="json") if isinstance(value, BaseModel) else value
