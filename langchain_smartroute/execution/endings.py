"""The errors of a chain when no candidate has answered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from langchain_core.exceptions import ContextOverflowError
from langchain_core.messages import AIMessageChunk

from langchain_smartroute.errors import (
    ChainExhaustedError,
    ChainOverflowError,
    ChainRateLimitError,
    SpendLimitExceededError,
    StreamInterruptedError,
)
from langchain_smartroute.execution.aftermath import AFTERMATH, FaultKind
from langchain_smartroute.execution.answers import joined_part
from langchain_smartroute.execution.faults import Fault
from langchain_smartroute.execution.messages import advice_of, host_of, words_of
from langchain_smartroute.types import Attempt, RoutingDecision

__all__ = ["exhausted_error", "interrupted_error"]

_IS_OPEN = "breaker is open"
"""Part of the reason why a decision has excluded a candidate."""

_CALL = "/chat/completions"
"""What a call's address has after its `base_url`."""

_WHY_NO_OTHER: Mapping[FaultKind, str] = {
    "invalid": "the request itself was refused",
    "filtered": 'the prompt was refused (on_content_filter="fallback" tries the next)',
    "key_refused": "the key was refused, and no other endpoint is left",
    "untrusted": "no TLS connection to the server is possible, and no other endpoint is left",
    "proxy_refused": "the proxy on the way wants authentication, and no other endpoint is left",
    "overflow": "no larger window is left",
}
"""Kind of the last error → why the chain's remaining candidates were not tried after it."""


def exhausted_error(
    error: Exception | None,
    faults: Sequence[Fault],
    *,
    attempts: Sequence[Attempt],
    decision: RoutingDecision,
    barred: Sequence[str] = (),
) -> Exception:
    """The error for a request without an answer.

    Args:
        error: The last candidate's exception.
        faults: The faults of all candidates.
        attempts: All attempts.
        decision: The decision of the chain.
        barred: Aliases of the candidates that their circuit breakers did not admit.

    Returns:
        A spend limit's error, with the attempts before it. The provider's own exception with a
        note, if only one candidate was tried. Else a `ChainExhaustedError` with the last
        exception as its cause. A provider's own overflow error becomes one of LangChain's.
    """
    if error is None:  # pragma: no cover - a chain always calls its first candidate
        raise RuntimeError("the chain ended without an attempt")
    if isinstance(error, SpendLimitExceededError) and error.is_of_candidate:
        error.attempts, error.is_of_candidate = tuple(attempts), False
        return error
    overflow = all(fault.overflow for fault in faults)
    answers = [attempt for attempt in attempts if attempt.purpose == "answer"]
    if len(answers) == 1 and (not overflow or isinstance(error, ContextOverflowError)):
        model = f"smartroute: model {attempts[0].model}, {decision.reason}"
        why = _why_no_other(faults, answers, decision=decision, barred=barred)
        advice = advice_of(error)
        error.add_note(
            model
            + (f"; no other may be tried{why}" if why else "")
            + (f"; {advice}" if advice else _address_hint(error))
        )
        return error
    kind = ChainExhaustedError
    if overflow:
        kind = ChainOverflowError
    elif all(fault.rate_limited for fault in faults):
        kind = ChainRateLimitError
    models = len({attempt.model for attempt in answers})
    final = kind(
        f"{len(answers)} attempts at {models} of {len(decision.chain)} candidates failed and no"
        f" other may be tried{_why_no_other(faults, answers, decision=decision, barred=barred)};"
        " the last one said:"
        f" {words_of(error)}{_address_hint(error)}",
        attempts=attempts,
    )
    final.is_retryable = any(AFTERMATH[fault.kind].breaker == "counts" for fault in faults)
    final.__cause__ = error
    return final


def _why_no_other(
    faults: Sequence[Fault],
    attempts: Sequence[Attempt],
    *,
    decision: RoutingDecision,
    barred: Sequence[str],
) -> str:
    """Why the chain's remaining candidates were not tried, where it is known."""
    asked = {attempt.model for attempt in attempts}
    why = _WHY_NO_OTHER.get(faults[-1].kind) if set(decision.chain) - asked and faults else None
    excluded = (alias for alias, reason in decision.excluded.items() if _IS_OPEN in reason)
    shut = [alias for alias in dict.fromkeys([*barred, *excluded]) if alias not in asked]
    if why is None and shut:
        why = f"the breakers of the rest are open ({', '.join(shut)})"
    return f", as {why}" if why else ""


def _address_hint(error: BaseException) -> str:
    """What is wrong with an address that nothing is found at, where it shows."""
    path = getattr(getattr(getattr(error, "request", None), "url", None), "path", None)
    if getattr(error, "status_code", None) != 404 or not isinstance(path, str):  # noqa: PLR2004 - HTTP's number
        return ""
    if path.endswith(2 * _CALL):
        return f"; base_url is a call's whole address: leave out {_CALL}"
    return f"; base_url has no path: most servers want {host_of(error)}/v1" if path == _CALL else ""


def interrupted_error(
    error: Exception, chunks: Sequence[Any], *, attempts: Sequence[Attempt]
) -> StreamInterruptedError:
    """The error for a stream that failed after a part of it had been passed on."""
    partial = joined_part(chunks)
    return StreamInterruptedError(
        f"The stream of {attempts[-1].model} broke after part of the answer had been passed on:"
        f" {words_of(error)}",
        partial=partial if isinstance(partial, AIMessageChunk) else None,
        attempts=attempts,
    )
