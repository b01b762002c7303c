"""Every exception that this package raises on purpose.

```
SmartRouteError
├── ConfigurationError        a catalog, setting, rule or key is wrong (ValueError)
├── InvalidRequestError       a call that no candidate could serve as made (ValueError)
├── NoFeasibleModelError      every candidate is ruled out before the call
│   └── ContextWindowError    … the prompt being too long (core's ContextOverflowError)
├── SpendLimitExceededError   a price ceiling or a spend limit leaves no room
├── ChainExhaustedError       every attempt of a chain failed
│   ├── ChainOverflowError    … the prompt being too long (core's ContextOverflowError)
│   └── ChainRateLimitError   … at a rate limit (core's ModelRateLimitError)
├── StreamInterruptedError    a stream broke after text had been passed on
├── AttemptTimeoutError       a candidate was too slow (core's ModelTimeoutError, TimeoutError)
├── AnswerTooLongError        an answer was longer than max_answer_chars
├── ForeignRedirectError      an endpoint sent the request on to another host
├── StorageError              a ledger or shared state cannot be opened or does not answer
└── PriceNotFoundError        a strict price look-up found nothing (LookupError)
```

Those that a request raises are core's `ModelError`s, some of a special kind, so that components
which catch these (summarisation, retries, your own code) work with a router too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from langchain_core.exceptions import (
    ContextOverflowError,
    ModelError,
    ModelInvalidRequestError,
    ModelRateLimitError,
    ModelTimeoutError,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from decimal import Decimal

    from langchain_core.messages import AIMessageChunk

    from langchain_smartroute.types import Attempt

__all__ = [
    "AnswerTooLongError",
    "AttemptTimeoutError",
    "ChainExhaustedError",
    "ChainOverflowError",
    "ChainRateLimitError",
    "ConfigurationError",
    "ContextWindowError",
    "ForeignRedirectError",
    "InvalidRequestError",
    "NoFeasibleModelError",
    "PriceNotFoundError",
    "SmartRouteError",
    "SpendLimitExceededError",
    "StorageError",
    "StreamInterruptedError",
]


class SmartRouteError(Exception):
    """Base of every exception that this package raises on purpose.

    It can be pickled, as task queues and process pools do.

    Example:
        >>> from langchain_smartroute import SmartRouterRunnable
        >>> try:
        ...     SmartRouterRunnable.from_catalog(tier="cheap")
        ... except SmartRouteError as error:
        ...     type(error).__name__
        'ConfigurationError'
    """

    def __reduce__(self) -> tuple[object, ...]:
        """Restore message and attributes without calling the constructor again."""
        return _restored, (type(self), self.args, self.__dict__)


def _restored(
    kind: type[SmartRouteError], args: tuple[object, ...], state: dict[str, object]
) -> SmartRouteError:
    error = kind.__new__(kind)
    error.args = args
    error.__dict__.update(state)
    return error


class ConfigurationError(SmartRouteError, ValueError):
    """A catalog, a setting or a key is wrong.

    Raised at construction; for a rule or a policy that misbehaves, when it is asked. All faults
    that can be found at once are listed, each with its place, the value and what to do about it.

    Attributes:
        faults: One line per fault.

    Example:
        >>> print(ConfigurationError("tier = 'cheap': use balanced", "port = 0: use 4000"))
        2 faults:
          - tier = 'cheap': use balanced
          - port = 0: use 4000
    """

    def __init__(self, *faults: str) -> None:
        self.faults = faults
        if len(faults) == 1:
            super().__init__(faults[0])
        else:
            listed = "\n".join(f"  - {fault}" for fault in faults)
            super().__init__(f"{len(faults)} faults:\n{listed}")


class InvalidRequestError(SmartRouteError, ModelInvalidRequestError, ValueError):
    """The call itself is at fault: no candidate could serve it."""


class NoFeasibleModelError(SmartRouteError, ModelError):
    """Every candidate is ruled out before the call.

    Attributes:
        excluded: Alias of each candidate → why it was ruled out.

    Example:
        >>> print(NoFeasibleModelError("no candidate can", excluded={"fast": "cannot read image"}))
        no candidate can
          - fast: cannot read image
    """

    def __init__(self, message: str, *, excluded: Mapping[str, str]) -> None:
        self.excluded = dict(excluded)
        listed = "".join(f"\n  - {alias}: {why}" for alias, why in self.excluded.items())
        super().__init__(f"{message}{listed}")


class ContextWindowError(NoFeasibleModelError, ContextOverflowError):
    """No candidate's context window holds the prompt and the answer's room."""


class SpendLimitExceededError(SmartRouteError, ModelError):
    """No candidate fits a request's price ceiling, or a spend limit has no room for its call.

    Attributes:
        limit_usd: The ceiling or limit in US dollars; `None` for one in tokens.
        excluded: Alias of each candidate → why a ceiling ruled it out.
        limit: The `SpendLimit`; `None` for a ceiling.
        spent: Amount settled against the limit, in US dollars or tokens.
        reserved: Amount reserved by running calls, likewise.
        needed: Maximum amount of the refused call, likewise.
        frees_at: When the limit's period ends; `None` where it has none.
        stand_in: Alias of the candidate to call instead, if any.
        attempts: Earlier attempts of the request.
        is_of_candidate: Whether it concerns one candidate, so that another may still be called.

    Example:
        >>> SpendLimitExceededError("9,000 of 9,000 tokens", limit_usd=None, excluded={}).attempts
        ()
    """

    def __init__(
        self,
        message: str,
        *,
        limit_usd: Decimal | None,
        excluded: Mapping[str, str],
        limit: object = None,
        spent: Decimal | int | None = None,
        reserved: Decimal | int | None = None,
        needed: Decimal | int | None = None,
        frees_at: datetime | None = None,
    ) -> None:
        self.limit_usd = limit_usd
        self.excluded = dict(excluded)
        self.limit = limit
        self.spent = spent
        self.reserved = reserved
        self.needed = needed
        self.frees_at = frees_at
        self.stand_in: str | None = None
        self.attempts: tuple[Attempt, ...] = ()
        self.is_of_candidate = limit is not None
        listed = "".join(f"\n  - {alias}: {why}" for alias, why in self.excluded.items())
        super().__init__(f"{message}{listed}")


class ChainExhaustedError(SmartRouteError, ModelError):
    """Every attempt of a decision's chain failed.

    `__cause__` is the last candidate's own exception.

    Attributes:
        attempts: Every attempt in order, each with its model and reason.
        is_retryable: Whether another try may succeed; not if the request or the keys are at fault.

    Example:
        >>> from langchain_smartroute.types import Attempt
        >>> tried = Attempt(model="fast", outcome="failed", reason="HTTP 503")
        >>> print(ChainExhaustedError("nobody answered", attempts=[tried]))
        nobody answered
          - fast: HTTP 503
    """

    def __init__(self, message: str, *, attempts: Sequence[Attempt]) -> None:
        self.attempts = tuple(attempts)
        listed = "".join(f"\n  - {a.model}: {a.reason}" for a in self.attempts)
        super().__init__(f"{message}{listed}")


class ChainOverflowError(ChainExhaustedError, ContextOverflowError):
    """Every attempt failed because the prompt was too long for its model."""


class ChainRateLimitError(ChainExhaustedError, ModelRateLimitError):
    """Every attempt failed because of a provider's rate limit."""


class StreamInterruptedError(SmartRouteError, ModelError):
    """A stream broke after part of the answer had already been passed on.

    `__cause__` is the candidate's own exception.

    Attributes:
        partial: What was passed on before the break, `None` for parsed output.
        attempts: Every attempt in order, the broken one last.

    Example:
        >>> from langchain_core.messages import AIMessageChunk
        >>> part = AIMessageChunk("Once upon")
        >>> StreamInterruptedError("broke off", partial=part, attempts=()).partial.text
        'Once upon'
    """

    is_retryable = True

    def __init__(
        self, message: str, *, partial: AIMessageChunk | None, attempts: Sequence[Attempt]
    ) -> None:
        self.partial = partial
        self.attempts = tuple(attempts)
        super().__init__(message)


class AttemptTimeoutError(SmartRouteError, ModelTimeoutError, TimeoutError):
    """A candidate was too slow for one of the router's time limits.

    Attributes:
        limit: Which one: `first_token_timeout_s`, `idle_timeout_s`, `timeout_s` or
            `deadline_s`. (A connection that takes too long is its client's error.)
        seconds: Its value.
        begun: Whether the server had begun to answer, so that it may bill the call.

    Example:
        >>> isinstance(AttemptTimeoutError("late", limit="timeout_s", seconds=60.0), TimeoutError)
        True
    """

    def __init__(self, message: str, *, limit: str, seconds: float, begun: bool = False) -> None:
        self.limit = limit
        self.seconds = seconds
        self.begun = begun
        super().__init__(message)


class AnswerTooLongError(SmartRouteError, ModelError):
    """An answer was longer than `max_answer_chars`; the rest of it was not read.

    Attributes:
        limit_chars: The limit, in characters.

    Example:
        >>> AnswerTooLongError("too long", limit_chars=1_000_000).limit_chars
        1000000
    """

    def __init__(self, message: str, *, limit_chars: int) -> None:
        self.limit_chars = limit_chars
        super().__init__(message)


class ForeignRedirectError(SmartRouteError, ModelError):
    """An endpoint redirected a request to another host, which was not followed.

    The prompt and the key are meant for the host that was configured.
    """


class StorageError(SmartRouteError):
    """A ledger or shared state cannot be opened, is of another version, or does not answer.

    With `on_backend_error="allow"` calls go on without spend limits while it does not.
    """


class PriceNotFoundError(SmartRouteError, LookupError):
    """A strict price look-up found no price for a model."""
