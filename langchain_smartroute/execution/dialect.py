"""What models that a user brings have to be taught: two things to hear, two to say.

A `ChatOpenAI` adds up the usage of a server that reports with every chunk what has been
used so far, and knows of no other end than a finish reason. And two providers want more
of a history than their LangChain class sends, and answer HTTP 400 without it:

- DeepSeek's thinking mode wants `reasoning_content` in every assistant message of a
  request with tools; langchain-deepseek 1.1.1 sends none.
- Anthropic's extended thinking wants the turn that is still open, from the user's
  message on, to begin with a signed thought. Where another model called the tools,
  there is none, so the turn is ended without thinking. Adaptive thinking
  wants nothing.

Both classes build the request in `_get_request_payload`, which is private; a class
without it is left as it is.

Sources, read on 2026-11-27: DeepSeek API docs, Thinking Mode, Tool Calls; Anthropic
docs, Extended thinking, "Extended thinking with tool use".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import AIMessage
from langchain_core.outputs import ChatResult

from langchain_smartroute.catalog.thoughts import thoughts_of
from langchain_smartroute.execution.cumulative import CountingOnce
from langchain_smartroute.execution.unsaid import name_unsaid_ends

__all__ = ["speaking"]

_THOUGHTS = "reasoning_content"


class _NamingEnds(CountingOnce):
    """Names the end of answers whose server knows no finish reason."""

    def _create_chat_result(self, response: Any, *args: Any, **kwargs: Any) -> ChatResult:
        base: Any = super()
        result: ChatResult = base._create_chat_result(response, *args, **kwargs)  # noqa: SLF001 - see above
        told = response.get("choices") if isinstance(response, dict) else response.choices
        name_unsaid_ends(result.generations, told or ())
        return result


class _DeepSeekPayload:
    """Sends a model's thoughts back in tool loops."""

    _thinks = False

    def _get_request_payload(
        self, input_: LanguageModelInput, *, stop: list[str] | None = None, **kwargs: Any
    ) -> dict[str, Any]:
        base: Any = super()
        payload: dict[str, Any] = base._get_request_payload(input_, stop=stop, **kwargs)  # noqa: SLF001 - see above
        model: Any = self
        history = model._convert_input(input_).to_messages()  # noqa: SLF001 - see above
        add_thoughts(payload, history, always=self._thinks)
        return payload


class _ThinkingDeepSeekPayload(_DeepSeekPayload):
    """The same for a model that is known to think."""

    _thinks = True


class _AnthropicPayload:
    """Ends a turn without thinking that another model began."""

    def _get_request_payload(
        self, input_: LanguageModelInput, *, stop: list[str] | None = None, **kwargs: Any
    ) -> dict[str, Any]:
        base: Any = super()
        payload: dict[str, Any] = base._get_request_payload(input_, stop=stop, **kwargs)  # noqa: SLF001 - see above
        thinking = payload.get("thinking") or {}
        if thinking.get("type") == "enabled" and _began_without_thought(payload["messages"]):
            payload["thinking"] = {"type": "disabled"}
        return payload


_DIALECTS: Mapping[tuple[str, str], tuple[type, type]] = {
    ("langchain_openai", "BaseChatOpenAI"): (_NamingEnds, _NamingEnds),
    ("langchain_deepseek", "ChatDeepSeek"): (_DeepSeekPayload, _ThinkingDeepSeekPayload),
    ("langchain_anthropic", "ChatAnthropic"): (_AnthropicPayload, _AnthropicPayload),
}
"""Package and class → what to put below it, and below it for a model that thinks."""


def speaking(model: BaseChatModel, *, thinks: bool) -> BaseChatModel:
    """Teach a copy of a model what its class leaves out of requests.

    Args:
        model: A copy that is ours to change.
        thinks: Whether it is known for a reasoning model.

    Returns:
        The model, of a class below its own where there is something to teach it.
    """
    for kind in type(model).__mro__:
        found = _DIALECTS.get((kind.__module__.partition(".")[0], kind.__name__))
        if found is not None and hasattr(kind, "_get_request_payload"):
            # Not `model.__class__ = …`, which pydantic takes for a field.
            object.__setattr__(model, "__class__", _below(type(model), found[thinks]))
    return model


def add_thoughts(
    payload: Mapping[str, Any], history: Sequence[Any], *, always: bool = False
) -> None:
    """Put the thoughts of a history into the JSON of a request with tools.

    Args:
        payload: The request in OpenAI's form; its messages are changed.
        history: What its messages were made from; it holds the model's own thoughts only.
        always: Whether the model is known to think. One that has thought does.
    """
    wired: list[dict[str, Any]] = payload.get("messages", [])
    if not (payload.get("tools") or any(message.get("tool_calls") for message in wired)):
        return
    thoughts = [thoughts_of(m) if isinstance(m, AIMessage) else None for m in history]
    if not (always or any(thoughts)):
        return
    for thought, message in zip(thoughts, wired, strict=True):
        if thought is not None:
            message[_THOUGHTS] = thought


def _began_without_thought(messages: Sequence[Mapping[str, Any]]) -> bool:
    """Whether the turn is still open and some answer in it does not begin with a thought."""
    for message in reversed(messages):
        blocks = message["content"] if isinstance(message["content"], list) else []
        kinds = [block.get("type") for block in blocks if isinstance(block, Mapping)]
        if message["role"] == "user" and "tool_result" not in kinds:
            return False
        if message["role"] == "assistant" and kinds[:1] not in (
            ["thinking"],
            ["redacted_thinking"],
        ):
            return True
    return False


@cache
def _below(kind: type, dialect: type) -> type:
    """A class below a model's own, with its name: traces show whom the user chose."""
    return type(kind.__name__, (dialect, kind), {"__module__": kind.__module__})
