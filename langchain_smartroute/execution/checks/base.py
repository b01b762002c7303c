"""The check interface, and how checks are run so that their errors lose no answer.

A check returns the reason why an answer is too weak, or `None`. Users' own checks may raise,
return invalid values or be asynchronous. None of that may lose an answer, so checks are run by
`run_check` and `arun_check`, and one that fails accepts.
"""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, Self

from langchain_core.messages import AIMessage, BaseMessage

from langchain_smartroute.errors import ConfigurationError

__all__ = [
    "BuiltinCheck",
    "Check",
    "CheckLike",
    "CheckVerdict",
    "applicable",
    "arun_check",
    "as_check",
    "run_check",
]

logger = logging.getLogger(__name__)

_WANTED = ": return the reason that rejects the answer, a text, or None where it is good"

CheckFunction = Callable[[Sequence[BaseMessage], AIMessage], str | Awaitable[str | None] | None]
"""From the request's messages and the answer to a reason that rejects it, or `None`."""


class BuiltinCheck:
    """Base of this package's checks: pure, fast, bounded, and never raising.

    They run on the event loop; any other check runs in a thread. An early check can reject a
    stream before any content has arrived, and is run again at the end.

    Attributes:
        name: Name of the check in records.
        tasks: The tasks that it applies to; `None`: all.
        early: Whether it can judge an answer before any content is released.

    Example:
        >>> class NoAnswer(BuiltinCheck):
        ...     name = "no-answer"
        ...
        ...     def __call__(self, messages, answer):
        ...         return None if answer.content else "nothing said"
        >>> as_check(NoAnswer()).name
        'no-answer'
    """

    name: ClassVar[str] = "builtin"
    tasks: ClassVar[frozenset[str] | None] = None
    early: ClassVar[bool] = False

    def __call__(self, messages: Sequence[BaseMessage], answer: AIMessage) -> str | None:
        """Return the reason to reject `answer`, or `None`."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A check with its metadata.

    Attributes:
        name: Its name in records.
        function: Returns a reason or `None`; may be asynchronous.
        tasks: The tasks that it applies to; `None`: all.
        early: Whether it can judge an answer before any content is released.
        passed: The verdict for accepted answers.

    Example:
        >>> from langchain_core.messages import AIMessage
        >>> check = Check(name="terse", function=lambda messages, answer: "too short")
        >>> run_check(check, [], AIMessage("hi")).reason
        'too short'
    """

    name: str
    function: CheckFunction = field(repr=False)
    tasks: frozenset[str] | None = None
    early: bool = False
    passed: CheckVerdict = field(init=False, repr=False, compare=False)
    _failures: list[str] = field(default_factory=list, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Create the verdict for accepted answers once."""
        object.__setattr__(self, "passed", CheckVerdict(name=self.name))


CheckLike = Check | CheckFunction
"""A check, or a callable from messages and answer to a reason or `None`, sync or async."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckVerdict:
    """The result of one check on one answer.

    Attributes:
        name: The check's name.
        reason: Why the answer is rejected; `None`: it is accepted.
        error: Error of the check itself, such as `ValueError`, without text of the request or
            the answer. The answer is accepted then.

    Example:
        >>> CheckVerdict(name="uncertainty", reason="uncertain").rejects
        True
    """

    name: str
    reason: str | None = None
    error: str | None = None

    @property
    def rejects(self) -> bool:
        """Whether the answer is rejected."""
        return self.reason is not None


def as_check(value: CheckLike) -> Check:
    """Return a check unchanged, or wrap a callable.

    Args:
        value: A `Check`, or a callable `(messages, answer) -> str | None`, which may
            be asynchronous. It is named by its `__name__` or its class.

    Raises:
        ConfigurationError: `value` is neither, or it is a class, or it does not take
            two arguments.

    Example:
        >>> def no_apology(messages, answer):
        ...     return "apology" if "sorry" in answer.text else None
        >>> as_check(no_apology).name
        'no_apology'
    """
    if isinstance(value, Check):
        return value
    if isinstance(value, type):
        raise ConfigurationError(
            f"check {value.__name__} is a class: pass an instance, {value.__name__}()."
        )
    if not callable(value):
        raise ConfigurationError(
            f"check = {value!r} cannot be called: pass a callable"
            " (messages, answer) -> str | None, or a Check."
        )
    if isinstance(value, BuiltinCheck):
        return Check(name=value.name, function=value, tasks=value.tasks, early=value.early)
    name = str(getattr(value, "__name__", type(value).__name__))
    if not _takes_two(value):
        raise ConfigurationError(
            f"check {name} does not take two arguments: it is called with the request's messages"
            " and the answer, (messages, answer) -> str | None."
        )
    return Check(name=name, function=value)


def _takes_two(function: Callable[..., Any]) -> bool:
    """Whether a callable accepts two arguments, as far as its signature is known."""
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return True
    try:
        signature.bind((), None)
    except TypeError:
        return False
    return True


def applicable(checks: Iterable[Check], task: str) -> tuple[Check, ...]:
    """The checks that apply to `task`, in their order."""
    return tuple(check for check in checks if check.tasks is None or task in check.tasks)


def run_check(check: Check, messages: Sequence[BaseMessage], answer: AIMessage) -> CheckVerdict:
    """Run a check; if it raises, accept, warn once, and name the error in the verdict.

    An asynchronous check runs to its end on an event loop of its own in a worker
    thread, with the caller's context variables; objects bound to another loop (a
    shared HTTP client, a lock) do not work in it.
    """
    with _Guarded(check) as run:
        reason: Any = check.function(messages, answer)
        if reason is not None:
            run.record(_from_own_loop(reason) if inspect.isawaitable(reason) else reason)
    return run.verdict


async def arun_check(
    check: Check, messages: Sequence[BaseMessage], answer: AIMessage
) -> CheckVerdict:
    """The asynchronous form of `run_check`, which does not block the event loop.

    Built-in checks and asynchronous ones run on the loop, other callables in a thread.
    """
    with _Guarded(check) as run:
        reason: Any
        if isinstance(check.function, BuiltinCheck) or _is_async(check.function):
            reason = check.function(messages, answer)
        else:
            reason = await asyncio.to_thread(check.function, messages, answer)
        if reason is not None:
            run.record(await reason if inspect.isawaitable(reason) else reason)
    return run.verdict


class _Guarded:
    """One run of a check, with its verdict. Interrupts are raised."""

    def __init__(self, check: Check) -> None:
        self._check = check
        self.verdict = check.passed

    def __enter__(self) -> Self:
        return self

    def record(self, reason: object) -> None:
        if isinstance(reason, CheckVerdict):
            self.verdict = reason
        elif reason is not None and not isinstance(reason, str):
            self._fail(f"returned {type(reason).__name__}", _WANTED)
        elif reason is not None:
            # An empty reason rejects as well, but the record needs a text.
            self.verdict = CheckVerdict(name=self._check.name, reason=reason or self._check.name)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool:
        if isinstance(error, Exception):
            self._fail(type(error).__name__, _place_of(traceback))
            return True
        return False

    def _fail(self, error: str, more: str = "") -> None:
        self.verdict = CheckVerdict(name=self._check.name, error=error)
        failures = self._check._failures  # noqa: SLF001 - this module's own class
        if not failures:
            failures.append(error)
            logger.warning(
                "Check %s failed (%s%s); answers it fails on are accepted. Logged once.",
                self._check.name,
                error,
                more,
            )


def _is_async(function: object) -> bool:
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(
        getattr(function, "__call__", None)  # noqa: B004 - an object with an async __call__
    )


def _from_own_loop(awaitable: Awaitable[object]) -> object:
    context = copy_context()
    with ThreadPoolExecutor(max_workers=1) as pool:
        return pool.submit(context.run, asyncio.run, _awaited(awaitable)).result()


async def _awaited(awaitable: Awaitable[object]) -> object:
    return await awaitable


def _place_of(traceback: TracebackType | None) -> str:
    """Where an error was raised: file and line, without a word of what was being checked."""
    if traceback is None:
        return ""
    while traceback.tb_next is not None:
        traceback = traceback.tb_next
    return f" at {Path(traceback.tb_frame.f_code.co_filename).name}:{traceback.tb_lineno}"
