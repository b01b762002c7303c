"""The agreement check: an answer is accepted if another model gives the same one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from langchain_core.messages import BaseMessage
from pydantic import BaseModel

from langchain_smartroute.errors import ConfigurationError
from langchain_smartroute.execution.checks.asking import ANOTHER_ANSWER, SAME_ANSWER, AskingCheck
from langchain_smartroute.execution.checks.base import CheckVerdict
from langchain_smartroute.execution.checks.comparing.opinion import (
    Opinion,
    comparable,
    same_comparable,
)
from langchain_smartroute.execution.checks.comparing.same_answer import (
    COMPARISONS,
    TOLERANCE,
    Comparison,
)
from langchain_smartroute.execution.checks.fenced_prompts import Sameness, sameness_prompts

__all__ = ["COMPARED_TASKS", "AgreementCheck"]

COMPARED_TASKS = frozenset({"math", "reasoning", "code", "classification", "extraction"})
"""Tasks whose answers can be compared."""

_NOTHING = "nothing to compare"


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreementCheck(AskingCheck):
    """Rejects an answer that differs from what another model answers to the same request.

    The others are asked when the answer's model is, so it takes as long as the slowest
    of them. Compared are tool calls (name and arguments, in any order), parsed output,
    code without its formatting, and else the value that an answer ends with. It applies
    to the tasks where there is one, and wherever tools or structured output are asked for.

    What is returned is the route's own answer; the others cost and are in its account
    (`response_metadata["smartroute"]["attempts"]`). They are asked only where a stronger
    candidate is left. A stream of such a request is held back until the answer is accepted.

    Attributes:
        with_: Aliases to ask; the one that answers is left out. `None`: the cheapest other
            candidate that can serve the request and is not the stronger one.
        by: What answers are compared as.
        tolerance: The largest relative difference of numbers that counts as none.
        enough: How many of the others have to agree; `None`: all.
        on_failure: What an opinion that failed counts as: another answer (`escalate`), or
            the same (`accept`).
        judge: Who compares answers that only tell, so that the check applies to every
            task: an alias or a chat model. It is asked twice, the answers swapped.
        tasks: The tasks that it applies to; `None`: those above, all with a judge.
        method: How the judge is asked for structured output.

    Raises:
        ConfigurationError: Naming what is wrong.

    Example:
        >>> from langchain_core.messages import AIMessage
        >>> check = AgreementCheck(with_="gpt-4o-mini")
        >>> other = Opinion(alias="gpt-4o-mini", answer=AIMessage("So there are 13."))
        >>> check.verdict([], AIMessage("It is 12."), opinions=[other], judged=[]).reason
        'gpt-4o-mini has another answer'
    """

    name: ClassVar[str] = "agreement"
    compares: ClassVar[bool] = True
    verdict_form: ClassVar[type[BaseModel]] = Sameness

    with_: Any = None
    by: Comparison = "auto"
    tolerance: float = TOLERANCE
    enough: int | None = None
    on_failure: Literal["escalate", "accept"] = "escalate"
    judge: Any = None
    tasks: Any = None  # type: ignore[misc] # other checks have theirs by class
    method: Literal["json_schema", "json_mode", "function_calling"] | None = None

    def __post_init__(self) -> None:
        """Check the settings."""
        if self.by not in COMPARISONS:
            raise ConfigurationError(
                f"agreement.by = {self.by!r} is unknown; use one of {', '.join(COMPARISONS)}"
            )
        if self.on_failure not in ("escalate", "accept"):
            raise ConfigurationError(
                f"agreement.on_failure = {self.on_failure!r}: must be escalate or accept"
            )
        if self.enough is not None and self.enough < 1:
            raise ConfigurationError(f"agreement.enough = {self.enough!r}: must be 1 or more")
        object.__setattr__(self, "tolerance", float(self.tolerance))
        object.__setattr__(self, "with_", _names("with_", self.with_))
        tasks = _names("tasks", self.tasks)
        chosen = frozenset(tasks) if tasks else None if self.judge is not None else COMPARED_TASKS
        object.__setattr__(self, "tasks", chosen)

    def applies(self, task: str, *, tools: bool, schema: bool) -> bool:
        """Whether answers to such a request can be compared."""
        return tools or schema or self.tasks is None or task in self.tasks

    def compared(self, answer: Any, opinions: Sequence[Opinion]) -> Mapping[str, str]:
        """Alias → whether its answer is the same; without answers that cannot be compared."""
        mine = comparable(answer, self.by)
        found: dict[str, str] = {}
        for opinion in opinions:
            its = comparable(opinion.answer, self.by)
            if opinion.error or (mine is None and its is None):
                continue
            same = (
                mine is not None
                and its is not None
                and same_comparable(mine, its, tolerance=self.tolerance)
            )
            found[opinion.alias] = SAME_ANSWER if same else ANOTHER_ANSWER
        return found

    def prompts(
        self, messages: Sequence[BaseMessage], answer: Any, opinions: Sequence[Opinion]
    ) -> Sequence[Sequence[BaseMessage]]:
        """Prompts for the judge on answers that cannot be compared, each in both orders."""
        if self.judge is None:
            return ()
        return [
            prompt
            for opinion in self._untold(answer, opinions)
            for prompt in sameness_prompts(messages, answer, opinion.answer)
        ]

    def verdict(
        self,
        messages: Sequence[BaseMessage],  # noqa: ARG002 - a check's form
        answer: Any,
        *,
        opinions: Sequence[Opinion],
        judged: Sequence[Any],
    ) -> CheckVerdict:
        """Accept if enough of the others have the same answer."""
        failed = [opinion for opinion in opinions if opinion.error]
        comparisons = dict(self.compared(answer, opinions))
        error = next((type(e).__name__ for e in judged if isinstance(e, Exception)), None)
        if judged and error is None:
            comparisons |= self._by_judge(answer, opinions, judged)
        agreeing = sum(words == SAME_ANSWER for words in comparisons.values())
        differing = [alias for alias, words in comparisons.items() if words == ANOTHER_ANSWER]
        wanted = len(opinions) if self.enough is None else min(self.enough, len(opinions))
        if self.on_failure == "accept":
            agreeing += len(failed)
        silent = len(opinions) - len(failed) - len(comparisons)
        if agreeing + silent >= wanted:
            return CheckVerdict(name=self.name, error=self._unmet(failed, silent, error))
        reasons = [f"{alias} has another answer" for alias in differing]
        reasons += [f"{opinion.alias} did not answer ({opinion.error})" for opinion in failed]
        return CheckVerdict(name=self.name, reason="; ".join(reasons))

    def _unmet(self, failed: Sequence[Opinion], silent: int, error: str | None) -> str | None:
        """Reason for accepting an answer without confirmation."""
        if failed:
            return f"{failed[0].alias} did not answer ({failed[0].error})"
        return None if not silent else f"the judge failed ({error})" if error else _NOTHING

    def _untold(self, answer: Any, opinions: Sequence[Opinion]) -> list[Opinion]:
        comparisons = self.compared(answer, opinions)
        return [o for o in opinions if not o.error and o.alias not in comparisons]

    def _by_judge(
        self, answer: Any, opinions: Sequence[Opinion], judged: Sequence[Any]
    ) -> Iterable[tuple[str, str]]:
        """The judge's result; contradictory results in the two orders do not count."""
        pairs = zip(judged[::2], judged[1::2], strict=True)
        for opinion, pair in zip(self._untold(answer, opinions), pairs, strict=True):
            same = all(getattr(said, "same", False) is True for said in pair)
            yield opinion.alias, SAME_ANSWER if same else ANOTHER_ANSWER


def _names(setting: str, value: Any) -> tuple[str, ...] | None:
    """Convert one name or several to a tuple."""
    if value is None:
        return None
    names = (value,) if isinstance(value, str) else tuple(value)
    if not names or not all(isinstance(name, str) for name in names):
        raise ConfigurationError(
            f"agreement.{setting} = {value!r}: must be a name or several, or left out"
        )
    return names
