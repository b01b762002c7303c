"""The table of what happens after an error: retry, fallback, circuit breaker.

`faults` maps exceptions to rows; `walk` and the circuit breaker use the columns. Models that
the router builds never retry by themselves.
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
    "unknown_argument",
    "key_refused",
    "untrusted",
    "proxy_refused",
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
- `silent`: a time limit was reached, ours, the provider's (408, 504), or that of a server before it
  (499 of nginx, 524 of Cloudflare).
- `garbled`: an answer that is truncated, malformed or empty, and any other exception.
- `unfit`: an answer that does not fit the schema asked for, or a refusal in its place.
- `unknown_argument`: the model's class does not take an argument of the call.
- `key_refused`: the key, its balance or its rights (401, 402, 403, used-up quota).
- `untrusted`: no TLS connection, as the server's certificate is not accepted, or without TLS.
- `proxy_refused`: a proxy on the way wants authentication (407).
- `model_unknown`: no such model there (404).
- `overflow`: the prompt is too long for the model.
- `filtered`: the provider's content filter refused the prompt.
- `over_limit`: a spend limit refused the call; one other candidate may be named.
- `invalid`: any other request that the provider refuses (400, 422, …), and text that is not
  valid Unicode.
"""

NextScope = Literal["any", "larger_window", "other_endpoint", "none"]
"""Which of the chain's remaining candidates may be tried."""

BreakerEffect = Literal["counts", "opens_endpoint", "opens_model", "none"]
"""How an error affects the circuit breaker."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Aftermath:
    """One row of the table.

    Attributes:
        retry: When the same candidate is retried: `hinted`: once after the wait that the
            provider asks for, if short (the last candidate also without one, twice, after
            random waits); `soon`: once, immediately; `never`.
        scope: Which other candidates may be tried.
        breaker: How the error affects the candidate's circuit breaker.
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
    "unknown_argument": Aftermath(breaker="none"),
    "key_refused": Aftermath(scope="other_endpoint", breaker="opens_endpoint"),
    "untrusted": Aftermath(scope="other_endpoint"),
    "proxy_refused": Aftermath(scope="other_endpoint", breaker="opens_endpoint"),
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
    """Whether and when the same candidate is retried.

    Attributes:
        max_retry_after_s: The longest wait that a provider may ask for, in seconds; a
            longer one counts as a refusal.
        jitter: Random numbers in [0, 1), so that clients that failed together do not retry
            together.
    """

    max_retry_after_s: float = 5.0
    jitter: Callable[[], float] = random.random

    def pause_s(
        self, kind: FaultKind, *, retry_after_s: float | None, retries: int, last: bool
    ) -> float | None:
        """Time to wait before the same candidate is retried.

        Args:
            kind: Kind of the error.
            retry_after_s: The wait that the provider asks for.
            retries: Number of retries of this candidate so far.
            last: Whether no other candidate may be tried.

        Returns:
            Seconds; `None`: no retry.
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
