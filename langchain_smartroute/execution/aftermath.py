"""The one table of what happens after an error: retry, fallback, breaker.

`faults` says which row an exception belongs to; the walk and the breaker read the
columns. Models that the router builds never retry by themselves.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

__all__ = ["AFTERMATH", "Aftermath", "BreakerEffect", "FaultKind", "NextScope", "RetryPolicy"]

FaultKind = Literal[
    "busy",
    "broken",
    "silent",
    "garbled",
    "unfit",
    "key_refused",
    "model_unknown",
    "overflow",
    "filtered",
    "over_limit",
    "invalid",
]
"""What an error means:

- `busy`: too many requests, or no capacity (429, 503, 529).
- `broken`: the server failed, or the connection did before any byte came (500, 502,
  409, 425, refused, reset).
- `silent`: a time limit was reached, ours or the provider's (408, 504).
- `garbled`: an answer that is cut, malformed or empty, and any other exception.
- `unfit`: an answer that does not fit the schema asked for.
- `key_refused`: the key, its balance or its rights (401, 402, 403, used-up quota).
- `model_unknown`: no such model there (404).
- `overflow`: the prompt is too long for the model.
- `filtered`: the provider's content filter refused the prompt.
- `over_limit`: a spend limit left no room for the call; one other may be named.
- `invalid`: any other request that the provider refuses (400, 422, …), and a text that
  is no Unicode.
"""

NextScope = Literal["any", "larger_window", "other_endpoint", "none"]
"""Which of the chain's further candidates may be tried."""

BreakerEffect = Literal["counts", "opens_endpoint", "opens_model", "none"]
"""What a breaker makes of an error."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Aftermath:
    """One row of the table.

    Attributes:
        retry: When the same candidate is tried again: `hinted` once after the wait
            that the provider asks for, if that is short (the last candidate also
            without one, twice, after random waits); `soon` once, at once; `never`.
        scope: Which other candidates may be tried.
        breaker: What the candidate's breaker makes of it.
    """

    retry: Literal["hinted", "soon", "never"] = "never"
    scope: NextScope = "any"
    breaker: BreakerEffect = "counts"


AFTERMATH: Mapping[FaultKind, Aftermath] = {
    "busy": Aftermath(retry="hinted"),
    "broken": Aftermath(retry="soon"),
    "silent": Aftermath(),
    "garbled": Aftermath(),
    "unfit": Aftermath(breaker="none"),
    "key_refused": Aftermath(scope="other_endpoint", breaker="opens_endpoint"),
    "model_unknown": Aftermath(breaker="opens_model"),
    "overflow": Aftermath(scope="larger_window", breaker="none"),
    "filtered": Aftermath(scope="none", breaker="none"),
    "over_limit": Aftermath(breaker="none"),
    "invalid": Aftermath(scope="none", breaker="none"),
}

_SOON_S = 0.25
_FIRST_WAIT_S = 0.5
_MOST_UNHINTED = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """When the same candidate is tried again, and after which wait.

    Attributes:
        max_retry_after_s: The longest wait that a provider may ask for, in seconds; a
            longer one counts as a refusal.
        jitter: A random number in [0, 1): clients that failed together must not
            come back together.
    """

    max_retry_after_s: float = 5.0
    jitter: Callable[[], float] = random.random

    def pause_s(
        self, kind: FaultKind, *, retry_after_s: float | None, retries: int, last: bool
    ) -> float | None:
        """How long to wait before the same candidate is tried again.

        Args:
            kind: What went wrong.
            retry_after_s: The wait that the provider asks for.
            retries: How often this candidate has been tried again already.
            last: Whether no other candidate may be tried.

        Returns:
            Seconds, or `None` where it is not tried again.
        """
        retry = AFTERMATH[kind].retry
        if retry == "soon":
            return self.jitter() * _SOON_S if retries == 0 else None
        if retry == "never":
            return None
        if retry_after_s is not None and retry_after_s <= self.max_retry_after_s:
            return retry_after_s if retries == 0 else None
        if last and retries < _MOST_UNHINTED:
            return self.jitter() * _FIRST_WAIT_S * float(2**retries)
        return None
