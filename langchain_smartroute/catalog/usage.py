"""Reads usage from LangChain messages, and estimates it where none is reported."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeGuard

from langchain_smartroute.catalog.lost import may_be_billed
from langchain_smartroute.types import Usage

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from langchain_core.messages import BaseMessage
    from langchain_core.outputs import LLMResult

__all__ = [
    "estimated_usage",
    "holds_anything",
    "is_cache_hit",
    "is_lost",
    "messages_in",
    "model_name_of",
    "tells_cost",
    "usage_of",
    "usage_of_answer",
    "usage_of_error",
    "usage_of_failure",
]

_BYTES_PER_TOKEN = 3
_MOST_TOKENS = 100_000_000
"""Largest plausible count; higher ones are treated as errors of the provider."""
_COUNTS = ("prompt_tokens", "completion_tokens")
_NAMED_IN_DETAILS = ("flex", "priority")
_STANDARD = frozenset({"auto", "default", "on_demand", "scale", "standard", "standard_only"})
"""Service tiers at the standard price: OpenAI's default and scale (prepaid units), those that
Anthropic and Groq call standard and on demand. Read in their API references on 2026-11-23."""


def messages_in(response: LLMResult) -> Iterator[BaseMessage]:
    """The messages of a model run's response; a text completion has none."""
    for batch in response.generations:
        for generation in batch:
            message = getattr(generation, "message", None)
            if message is not None:
                yield message


def usage_of(message: BaseMessage) -> Usage | None:
    """Read the usage that a provider reported with an answer.

    Args:
        message: A model's answer. LangChain counts cached, audio and written tokens
            within the input and reasoning within the output, and so does `Usage`; those
            that a provider counted beside them are added.

    Returns:
        The usage, or `None` where nothing usable was reported.
    """
    reported: Mapping[str, Any] | None = getattr(message, "usage_metadata", None)
    if not reported:
        return None
    input_tokens, output_tokens = reported.get("input_tokens"), reported.get("output_tokens")
    if not (_is_count(input_tokens) and _is_count(output_tokens)):
        return None
    if not (input_tokens or output_tokens) and holds_anything(message):
        # Gateways that do not count send zeros, or an empty usage, which LangChain reads as
        # zeros.
        return None
    inputs = reported.get("input_token_details") or {}
    outputs = reported.get("output_token_details") or {}
    tier = _service_tier(message, inputs)
    counted = reported.get("total_tokens")
    beyond = counted - input_tokens - output_tokens if _is_count(counted) else 0
    if not inputs and not outputs:
        # Gemini's OpenAI endpoint counts reasoning only in the total.
        thoughts = max(beyond, 0)
        return Usage(
            input_tokens=input_tokens,
            output_tokens=output_tokens + thoughts,
            reasoning_tokens=thoughts,
            service_tier=tier,
        )
    hour = _count(inputs.get("ephemeral_1h_input_tokens"))
    parted = hour + _count(inputs.get("ephemeral_5m_input_tokens"))
    read = _detail(inputs, "cache_read", tier)
    # LangChain omits the sum of cache writes if it has their parts.
    written = max(_detail(inputs, "cache_creation", tier), parted)
    thoughts = _detail(outputs, "reasoning", tier)
    more = _beside(read + written, input_tokens, thoughts, output_tokens, beyond=beyond)
    return Usage(
        input_tokens=input_tokens + more[0],
        output_tokens=output_tokens + more[1],
        cache_read_tokens=read,
        cache_write_tokens=written,
        cache_write_1h_tokens=hour,
        reasoning_tokens=thoughts,
        input_audio_tokens=_count(inputs.get("audio")),
        output_audio_tokens=_count(outputs.get("audio")),
        input_image_tokens=_count(inputs.get("image")),
        output_image_tokens=_count(outputs.get("image")),
        service_tier=tier,
    )


def estimated_usage(message: BaseMessage, *, input_tokens: int) -> Usage:
    """Estimate the usage of an answer for which the provider reported none.

    Args:
        message: The answer, or as much of it as arrived.
        input_tokens: The estimate of the request.

    Returns:
        A usage marked as estimated, at about three UTF-8 bytes a token.
    """
    # A failed call has only its chunks.
    calls = getattr(message, "tool_call_chunks", None) or getattr(message, "tool_calls", None)
    written = str(message.content) if message.content else ""
    written += "".join(str(call["args"]) for call in calls or ())
    size = len(written.encode("utf-8", "replace"))
    return Usage(
        input_tokens=input_tokens,
        output_tokens=-(-size // _BYTES_PER_TOKEN),
        estimated=True,
    )


def usage_of_answer(message: BaseMessage, *, input_tokens: int) -> Usage:
    """The usage of a successful run.

    Args:
        message: The answer.
        input_tokens: The estimate of the request.

    Returns:
        What the provider reported, else an estimate; nothing for an answer out of
        LangChain's cache.
    """
    if is_cache_hit(message):
        return Usage()
    return usage_of(message) or estimated_usage(message, input_tokens=input_tokens)


def usage_of_failure(
    message: BaseMessage | None,
    error: BaseException | None,
    *,
    cancelled: bool,
    input_tokens: int,
) -> Usage:
    """The usage of a failed or cancelled run.

    A call that the provider refused, or that never reached it, counts as not billed; one whose
    answer was cut or could not be parsed, or that was cancelled, as billed for at least its input.

    Args:
        message: As much of the answer as arrived; `None`: nothing.
        error: The run's error, where known.
        cancelled: Whether the caller cancelled it.
        input_tokens: The estimate of the request.

    Returns:
        What the provider reported with the answer or with the error; else an estimate of
        what arrived, or of the input alone; nothing where nothing was billed.
    """
    if message is not None and tells_cost(message):
        return usage_of_answer(message, input_tokens=input_tokens)
    stated = usage_of_error(error)
    if stated is not None:
        return stated
    if cancelled or may_be_billed(error):
        return Usage(input_tokens=input_tokens, estimated=True)
    return Usage()


def is_lost(message: BaseMessage | None, error: BaseException | None) -> bool:
    """Whether a failed run had an answer whose usage nobody can tell, so that its cost is unknown.

    Args:
        message: As much of the answer as arrived; `None`: nothing.
        error: The run's error, where known.
    """
    told = message is not None and tells_cost(message)
    return not told and usage_of_error(error) is None and may_be_billed(error)


def holds_anything(message: BaseMessage) -> bool:
    """Whether a message or chunk has text, reasoning, a refusal or a tool call."""
    if message.content or any(message.additional_kwargs.values()):
        return True
    calls = ("tool_calls", "invalid_tool_calls", "tool_call_chunks")
    return any(getattr(message, name, None) for name in calls)


def tells_cost(message: BaseMessage) -> bool:
    """Whether the cost of a message or chunk can be told: it has content or usage.

    A provider that reports usage has billed the call, even without content.
    """
    if holds_anything(message):
        return True
    usage = usage_of(message)
    return usage is not None and usage.total_tokens > 0


def model_name_of(message: BaseMessage | None) -> str | None:
    """The model's name in an answer; `None` if missing."""
    stated = None if message is None else message.response_metadata.get("model_name")
    # Some servers do not send a string.
    return None if stated is None else str(stated)


def usage_of_error(error: BaseException | None) -> Usage | None:
    """Read the usage of an answer that could not be parsed.

    The client of `openai` raises such an answer where it is cut off by its length or a
    content filter.
    """
    reported = getattr(getattr(error, "completion", None), "usage", None)
    read, written = (getattr(reported, name, None) for name in _COUNTS)
    if not (_is_count(read) and _is_count(written)):
        return None
    inputs = getattr(reported, "prompt_tokens_details", None)
    outputs = getattr(reported, "completion_tokens_details", None)
    cached = _count(getattr(inputs, "cached_tokens", None))
    thoughts = _count(getattr(outputs, "reasoning_tokens", None))
    counted = getattr(reported, "total_tokens", None)
    beyond = counted - read - written if _is_count(counted) else 0
    more = _beside(cached, read, thoughts, written, beyond=beyond)
    return Usage(
        input_tokens=read + more[0],
        output_tokens=written + more[1],
        cache_read_tokens=cached,
        reasoning_tokens=thoughts,
    )


def is_cache_hit(message: BaseMessage) -> bool:
    """Whether LangChain answered from its own cache, so that nothing was billed."""
    reported: Mapping[str, Any] | None = getattr(message, "usage_metadata", None)
    # LangChain marks a cache hit by a `total_cost` of zero, which no provider reports.
    return bool(reported) and reported is not None and reported.get("total_cost") == 0


def _beside(cached: int, given: int, thoughts: int, made: int, *, beyond: int) -> tuple[int, int]:
    """Tokens that were counted in addition to input and output instead of within them.

    xAI counts thoughts so, and some gateways what Anthropic read from its cache or wrote
    to it. A part that is larger than its whole shows it, or a total that is larger than
    input and output by just that part. (docs.x.ai, consumption and rate limits: counted
    separately from completion_tokens, but in total_tokens; read on 2026-11-27.)

    Args:
        cached: Tokens read from a cache and written to it.
        given: Input tokens.
        thoughts: Reasoning tokens.
        made: Output tokens.
        beyond: Difference between the total and the sum of input and output.
    """
    both = beyond == cached + thoughts
    apart = cached > given or (cached and (both or beyond == cached))
    aloud = thoughts > made or (thoughts and (both or beyond == thoughts))
    return (cached if apart else 0), (thoughts if aloud else 0)


def _service_tier(message: BaseMessage, inputs: Mapping[str, Any]) -> str | None:
    """The service tier of a call; `None` for the standard one.

    `ChatOpenAI` says it in the names of the token details, where they are a stream's
    in these alone.
    """
    stated = message.response_metadata.get("service_tier")
    if isinstance(stated, str) and stated:
        return None if stated in _STANDARD else stated
    return next((tier for tier in _NAMED_IN_DETAILS if tier in inputs), None)


def _detail(details: Mapping[str, Any], name: str, tier: str | None) -> int:
    """A detail of token counts; `ChatOpenAI` prefixes its name by `flex_` or `priority_`."""
    return _count(details.get(f"{tier}_{name}", details.get(name)))


def _is_count(value: Any) -> TypeGuard[int]:
    return isinstance(value, int) and 0 <= value <= _MOST_TOKENS


def _count(value: Any) -> int:
    return value if _is_count(value) else 0
