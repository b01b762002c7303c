"""Provider-specific fixes for models that a user brings.

A `ChatOpenAI` adds up cumulative usage, and recognises the end of an answer only by a finish
reason. Two providers require more of a history than their LangChain class sends, and answer
HTTP 400 without it:

- DeepSeek's thinking mode requires `reasoning_content` in every assistant message of a request
  with tools; langchain-deepseek 1.1.1 sends none.
- Anthropic's extended thinking requires the current turn, from the user's message on, to start
  with a signed thinking block. Where another model called the tools, there is none, so thinking
  is turned off for the rest of the turn. Adaptive thinking has no such rule.

Both classes build the request in `_get_request_payload`, which is private; a class without it
is not changed. So is `_chat_params` of ChatOllama, which takes the length of an answer, the
temperature and the like from the model alone; given in a call they are refused by its client.

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
from langchain_smartroute.execution.cumulative import CountingOnce, noting_billed
from langchain_smartroute.execution.events import first_delta
from langchain_smartroute.execution.mending import keep_refusal, mend_object
from langchain_smartroute.execution.unsaid import name_unsaid_ends

__all__ = ["speaking"]

_THOUGHTS = "reasoning_content"


class _MendedCompletions(CountingOnce):
    """Reads odd answers of completions: mends usage and roles, names ends, keeps refusals.

    The cost of an answer that cannot be read is unknown.
    """

    def _generate(
        self, messages: Any, stop: Any = None, run_manager: Any = None, **kwargs: Any
    ) -> ChatResult:
        base: Any = super()
        with noting_billed():
            result: ChatResult = base._generate(messages, stop, run_manager, **kwargs)  # noqa: SLF001 - see above
            return result

    async def _agenerate(
        self, messages: Any, stop: Any = None, run_manager: Any = None, **kwargs: Any
    ) -> ChatResult:
        base: Any = super()
        with noting_billed():
            result: ChatResult = await base._agenerate(messages, stop, run_manager, **kwargs)  # noqa: SLF001 - see above
            return result

    def _create_chat_result(self, response: Any, *args: Any, **kwargs: Any) -> ChatResult:
        base: Any = super()
        if not isinstance(response, dict):
            # JSON comes from models that were built here, and is mended already.
            mend_object(response)
        result: ChatResult = base._create_chat_result(response, *args, **kwargs)  # noqa: SLF001 - see above
        choices = response.get("choices") if isinstance(response, dict) else response.choices
        name_unsaid_ends(result.generations, choices or ())
        return result

    def _convert_chunk_to_generation_chunk(self, chunk: Any, *args: Any, **kwargs: Any) -> Any:
        base: Any = super()
        converted = base._convert_chunk_to_generation_chunk(chunk, *args, **kwargs)  # noqa: SLF001 - see above
        if converted is not None:
            delta = first_delta(chunk) or {}
            keep_refusal(converted.message.additional_kwargs, delta.get("refusal"))
        return converted


class _DeepSeekPayload:
    """Sends a model's reasoning back in tool loops."""

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
    """The same for a known reasoning model."""

    _thinks = True


class _AnthropicPayload:
    """Turns off thinking in a turn that another model began."""

    def _get_request_payload(
        self, input_: LanguageModelInput, *, stop: list[str] | None = None, **kwargs: Any
    ) -> dict[str, Any]:
        base: Any = super()
        payload: dict[str, Any] = base._get_request_payload(input_, stop=stop, **kwargs)  # noqa: SLF001 - see above
        thinking = payload.get("thinking") or {}
        if thinking.get("type") == "enabled" and _began_without_thought(payload["messages"]):
            payload["thinking"] = {"type": "disabled"}
        return payload


class _OllamaOptions:
    """Puts the parameters of a call among Ollama's options."""

    def _chat_params(
        self, messages: list[Any], stop: list[str] | None = None, **kwargs: Any
    ) -> dict[str, Any]:
        own = {name: kwargs.pop(name) for name in _OLLAMA_NAMES if name in kwargs}
        base: Any = super()
        params: dict[str, Any] = base._chat_params(messages, stop, **kwargs)  # noqa: SLF001 - see above
        options = {_OLLAMA_NAMES[name]: value for name, value in own.items() if value is not None}
        return {**params, "options": {**params["options"], **options}}


_OLLAMA_NAMES = {
    **{name: name for name in ("num_predict", "seed", "temperature", "top_k", "top_p")},
    **dict.fromkeys(("max_tokens", "max_completion_tokens", "max_output_tokens"), "num_predict"),
}
"""Parameter of a call → option of Ollama; of two for the same option the later one counts.

Source, read on 2026-11-28: `ChatOllama` in langchain-ollama 1.1.0, which sends these options.
"""

_DIALECTS: Mapping[tuple[str, str], tuple[type, type]] = {
    ("langchain_openai", "BaseChatOpenAI"): (_MendedCompletions, _MendedCompletions),
    ("langchain_deepseek", "ChatDeepSeek"): (_DeepSeekPayload, _ThinkingDeepSeekPayload),
    ("langchain_anthropic", "ChatAnthropic"): (_AnthropicPayload, _AnthropicPayload),
    ("langchain_ollama", "ChatOllama"): (_OllamaOptions, _OllamaOptions),
}
"""(Package, class) → mixins for its models, and for its reasoning models."""


_BUILDING = ("_get_request_payload", "_chat_params")
"""Methods in which the classes build a request."""


def speaking(model: BaseChatModel, *, thinks: bool) -> BaseChatModel:
    """Apply the fixes to a copy of a model.

    Args:
        model: A copy that may be changed.
        thinks: Whether it is a known reasoning model.

    Returns:
        The model, of a subclass of its class if it needs a fix.
    """
    for kind in type(model).__mro__:
        found = _DIALECTS.get((kind.__module__.partition(".")[0], kind.__name__))
        if found is not None and any(hasattr(kind, name) for name in _BUILDING):
            # Not `model.__class__ = …`, as pydantic would treat it as a field.
            object.__setattr__(model, "__class__", _below(type(model), found[thinks]))
    return model


def add_thoughts(
    payload: Mapping[str, Any], history: Sequence[Any], *, always: bool = False
) -> None:
    """Add the reasoning in a history to a request with tools.

    Args:
        payload: The request in OpenAI's form; its messages are changed.
        history: The messages it was made from, with only the model's own reasoning.
        always: Whether it is a known reasoning model; otherwise reasoning in the history shows it.
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
    """Whether an answer in the current, unfinished turn does not start with a thinking block."""
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
    """A subclass of a model's class with the same name, which traces show."""
    return type(kind.__name__, (dialect, kind), {"__module__": kind.__module__})
