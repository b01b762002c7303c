"""The complete answer to a request as a list of tokens, before it is sent."""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from langchain_smartroute.sandbox.answers import reply
from langchain_smartroute.sandbox.evidence import topic
from langchain_smartroute.sandbox.schema_values import fill, json_object
from langchain_smartroute.sandbox.slips import DOUBT, slipped, slips_on
from langchain_smartroute.sandbox.tokens import pieces
from langchain_smartroute.sandbox.tool_calls import choose_calls

if TYPE_CHECKING:
    from langchain_smartroute.sandbox.chat_request import ChatRequest
    from langchain_smartroute.sandbox.faults import Fault
    from langchain_smartroute.sandbox.models import SandboxModel

__all__ = ["Completion", "ToolCall", "complete", "distorted"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCall:
    """A call of a tool; its arguments are JSON text in pieces."""

    id: str
    name: str
    arguments: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """One answer; all `n` choices of a request are the same.

    Attributes:
        reasoning: The thinking, in tokens.
        content: The text, in tokens.
        calls: The tools called instead.
        finish_reason: `stop`, `length` or `tool_calls`.
        usage: The usage of the request, `n` counted.
        doubt: By how much the log-probabilities of its tokens are lowered.
    """

    reasoning: tuple[str, ...]
    content: tuple[str, ...]
    calls: tuple[ToolCall, ...]
    finish_reason: str
    usage: dict[str, Any]
    doubt: float = 0.0


def complete(request: ChatRequest, model: SandboxModel, *, cached_tokens: int) -> Completion:
    """Answer a valid request."""
    wrong = bool(model.slips) and slips_on(model.name, request.last_user_text, model.slips)
    calls = _calls(request, wrong=wrong)
    answer_text = "" if calls else _text(request)
    text = _until_stop(slipped(model.name, answer_text) if wrong else answer_text, request.stop)
    thinking = pieces(_reasoning(request)) if model.reasoning else ()

    budget = _Budget(_room(request, model))
    thought = budget.spend(thinking)
    content = budget.spend(pieces(text))
    made = tuple(
        ToolCall(id=call.id, name=call.name, arguments=budget.spend(call.arguments))
        for call in calls
    )
    finish = "tool_calls" if calls else "stop"
    prompt, answer = request.prompt_tokens, budget.spent * request.n
    return Completion(
        reasoning=thought,
        content=content,
        calls=made,
        finish_reason="length" if budget.exhausted else finish,
        usage={
            "prompt_tokens": prompt,
            "completion_tokens": answer,
            "total_tokens": prompt + answer,
            "prompt_tokens_details": {"cached_tokens": min(cached_tokens, prompt)},
            "completion_tokens_details": {"reasoning_tokens": len(thought) * request.n},
        },
        doubt=DOUBT if wrong else 0.0,
    )


def distorted(completion: Completion, fault: Fault) -> Completion:
    """Apply faults of content, such as `huge`, rather than of transmission."""
    usage = completion.usage
    if fault.kind == "bad_usage":
        counts = ("prompt_tokens", "completion_tokens", "total_tokens")
        return replace(completion, usage={**usage, **dict.fromkeys(counts, fault.amount)})
    if fault.kind == "huge":
        whole, rest = divmod(fault.amount, len(_FILLING))
        content = (_FILLING,) * whole + (_FILLING[:rest],) * bool(rest)
        total = usage["prompt_tokens"] + len(content)
        usage = {**usage, "completion_tokens": len(content), "total_tokens": total}
        return replace(completion, content=content, calls=(), finish_reason="stop", usage=usage)
    return completion


_FILLING = "All work and no play makes a dull model. " * 25


class _Budget:
    """The number of tokens that an answer may still use."""

    def __init__(self, room: int) -> None:
        self._room = room
        self.spent = 0
        self.exhausted = False

    def spend(self, tokens: tuple[str, ...]) -> tuple[str, ...]:
        kept = tokens[: self._room - self.spent]
        self.spent += len(kept)
        self.exhausted = self.exhausted or len(kept) < len(tokens)
        return kept


def _room(request: ChatRequest, model: SandboxModel) -> int:
    limits = (request.max_tokens, model.max_output_tokens)
    window = model.context_window - request.prompt_tokens
    return min([window, *(limit for limit in limits if limit is not None)])


def _calls(request: ChatRequest, *, wrong: bool) -> tuple[ToolCall, ...]:
    made = []
    for index, (name, arguments) in enumerate(choose_calls(request)):
        text = json.dumps(arguments, ensure_ascii=False)
        text = slipped(request.model, text) if wrong else text
        seed = f"{len(request.messages)} {index} {name} {text}"
        digest = zlib.crc32(seed.encode("utf-8", "replace"))
        made.append(ToolCall(id=f"call_{digest:08x}{index}", name=name, arguments=pieces(text)))
    return tuple(made)


def _text(request: ChatRequest) -> str:
    if request.response_format == "json_schema":
        value = fill(request.schema or {}, request.last_user_text)
        return json.dumps(value, ensure_ascii=False)
    if request.response_format == "json_object":
        return json.dumps(json_object(request, reply(request)), ensure_ascii=False)
    return reply(request)


def _until_stop(text: str, stops: tuple[str, ...]) -> str:
    ends = [text.find(stop) for stop in stops if stop and stop in text]
    return text[: min(ends)] if ends else text


def _reasoning(request: ChatRequest) -> str:
    about = topic(request.last_user_text) or "something short"
    return (
        f"The user asks about {about}. I look at what is wanted, check the facts that the "
        "message itself gives, and answer briefly."
    )
