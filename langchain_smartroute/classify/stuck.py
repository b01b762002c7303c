"""Detects that an agent is stuck, by simple checks of its latest steps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from langchain_core.messages import BaseMessage

from langchain_smartroute.classify.again import asks_again
from langchain_smartroute.classify.roles import role_of
from langchain_smartroute.classify.steps import Step, steps_of_turn, text_of
from langchain_smartroute.classify.turns import is_answer
from langchain_smartroute.errors import ConfigurationError

__all__ = ["StuckSigns"]

_MOST_MESSAGES = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class StuckSigns:
    """When an agent counts as stuck.

    Attributes:
        same_failure: How often the same call (tool and arguments) has failed in a turn;
            once more where the failure may pass by itself, such as a time-out.
        errors_in_a_row: How many tool results in a row are errors.
        idle_steps: How many steps in a row brought nothing new: the same calls with the
            same results as before, or results that found nothing.
        asked_again: Whether an agent also counts as stuck when the user asks again in
            other words.

    Raises:
        ConfigurationError: If a number is below 2.

    Example:
        >>> from langchain_core.messages import AIMessage, HumanMessage
        >>> first = HumanMessage("Which open invoices does customer 17 have?")
        >>> again = HumanMessage("I asked you for open invoices. Which does customer 17 have?")
        >>> StuckSigns().found([first, AIMessage("Customer 17 is Acme."), again])
        'the user asks again'
    """

    same_failure: int = 2
    errors_in_a_row: int = 3
    idle_steps: int = 3
    asked_again: bool = True

    def __post_init__(self) -> None:
        """Reject numbers by which every agent would count as stuck."""
        for name in ("same_failure", "errors_in_a_row", "idle_steps"):
            value = getattr(self, name)
            if not isinstance(value, int) or value < 2:  # noqa: PLR2004 - one is no repetition
                raise ConfigurationError(f"stuck.{name} = {value!r}: must be 2 or more")

    def found(self, messages: Sequence[BaseMessage]) -> str:
        """Why the agent seems stuck; empty: it does not. Never raises."""
        if not messages or role_of(messages[-1]) not in ("tool", "user"):
            return ""
        recent = messages[-_MOST_MESSAGES:]
        if role_of(recent[-1]) == "user":
            return "the user asks again" if self.asked_again and _asked_again(recent) else ""
        steps = steps_of_turn(recent)
        return self._same_failure(steps) or self._errors(steps) or self._idle(steps)

    def _same_failure(self, steps: Sequence[Step]) -> str:
        """Count the latest step's failing calls over the turn."""
        failures = [call for step in steps for call in step.calls if call.failed]
        for call in steps[-1].calls if steps else ():
            same = [other for other in failures if other.what == call.what]
            allowed = self.same_failure + (1 if call.may_pass else 0)
            if call.failed and len(same) >= allowed:
                return f"the same call of {call.name} failed {len(same)} times"
        return ""

    def _errors(self, steps: Sequence[Step]) -> str:
        """Count failed results since the last success."""
        count = 0
        for step in reversed(steps):
            if not step.calls or not all(call.failed for call in step.calls):
                break
            count += len(step.calls)
        # Parallel calls fail together, so at least one retry of the model is required.
        tried_again = len(steps) > 1 and all(c.failed for c in steps[-2].calls)
        if count >= self.errors_in_a_row and tried_again:
            return f"{count} results of tools in a row are errors"
        return ""

    def _idle(self, steps: Sequence[Step]) -> str:
        """Count the latest steps without a new result."""
        seen: set[tuple[str, str]] = set()
        idle = 0
        for step in steps:
            news = [c for c in step.calls if (c.what, c.result) not in seen and not c.is_nothing]
            idle = 0 if news else idle + 1
            seen |= {(call.what, call.result) for call in step.calls}
        return f"{idle} steps in a row brought nothing new" if idle >= self.idle_steps else ""


def _asked_again(messages: Sequence[BaseMessage]) -> bool:
    """Whether the last message repeats an answered one."""
    user_turns = [i for i, message in enumerate(messages) if role_of(message) == "user"][-2:]
    if len(user_turns) < 2:  # noqa: PLR2004 - two messages to compare
        return False
    before, last = user_turns
    if not any(is_answer(message) for message in messages[before + 1 : last]):
        return False
    return asks_again(text_of(messages[last]), text_of(messages[before]))
