"""A `ChatOpenAI` for endpoints other than OpenAI's, which keeps a model's reasoning.

`ChatOpenAI` drops every field of an answer that OpenAI does not send, such as
`reasoning_content` (DeepSeek, GLM, vLLM) and `reasoning` (OpenRouter). This class keeps it.

The form: `content` is the answer alone, a plain string; the reasoning is in
`additional_kwargs["reasoning_content"]`, from which LangChain's `content_blocks`
makes `{"type": "reasoning", "reasoning": …}`, first of all blocks. LangChain does so only for
messages whose `model_provider` has no translator of its own, so it is "openai-compatible" here
instead of "openai". With `output_version="v1"` the blocks are in `content`, as with every
LangChain model.

It relies on private methods of `ChatOpenAI`. If a later version changes them,
`build_gateway_model` warns and builds a plain `ChatOpenAI`.

Imported when the first model is built: `langchain_openai` takes two seconds of CPU.
"""

from __future__ import annotations

import inspect
import warnings
from functools import cache
from typing import Any

import openai
from langchain_core.language_models import LanguageModelInput
from langchain_core.messages import BaseMessage
from langchain_core.outputs import ChatGenerationChunk, ChatResult
from langchain_openai import ChatOpenAI
from langchain_openai.chat_models import base as chat_openai
from pydantic import Field
from typing_extensions import override

from langchain_smartroute.catalog.spec import ModelSpec
from langchain_smartroute.catalog.thoughts import wants_thoughts_back
from langchain_smartroute.execution.completions import filled_answer, filled_chunk, make_lean
from langchain_smartroute.execution.cumulative import CountingOnce
from langchain_smartroute.execution.dialect import add_thoughts
from langchain_smartroute.execution.done import tell_ends
from langchain_smartroute.execution.mending import keep_refusal, mend_object
from langchain_smartroute.execution.refusals import (
    field,
    raise_meaning_of,
    refusal_in,
    telling_usage,
)
from langchain_smartroute.execution.refused_blocks import show_refusals
from langchain_smartroute.execution.unsaid import name_unsaid_ends

__all__ = ["HOOKS", "GatewayChatOpenAI", "build_gateway_model", "changed_hooks"]

_THOUGHTS = "reasoning_content"
_PROVIDER_KEY = "model_provider"
_PROVIDER = "openai-compatible"
show_refusals(_PROVIDER)

HOOKS: dict[str, tuple[str, ...]] = {
    "_create_chat_result": ("response", "generation_info"),
    "_convert_chunk_to_generation_chunk": ("chunk", "default_chunk_class", "base_generation_info"),
    "_stream": ("args", "kwargs"),
    "_astream": ("args", "kwargs"),
    "_get_generation_chunk_from_completion": ("completion",),
    "_get_request_payload": ("input_", "stop", "kwargs"),
}
"""Private methods of `ChatOpenAI` that are overridden here → their expected parameters."""


def _known_helpers() -> dict[str, Any]:
    """Functions of `ChatOpenAI`'s module for errors and headers; empty if one is missing."""
    names = ("_add_gateway_metadata", "_handle_openai_api_error", "_handle_openai_bad_request")
    found = {name: getattr(chat_openai, name, None) for name in names}
    return found if all(found.values()) else {}


_HELPERS = _known_helpers()


class GatewayChatOpenAI(CountingOnce, ChatOpenAI):
    """A `ChatOpenAI` that keeps reasoning and adapts requests to its model's provider.

    In traces, cache keys and serialised form it is a `ChatOpenAI`.

    Attributes:
        catalog_spec: The model that it calls.
    """

    catalog_spec: ModelSpec = Field(exclude=True, repr=False)

    @classmethod
    @override
    def lc_id(cls) -> list[str]:
        """The id in serialised form: that of `ChatOpenAI`."""
        return ChatOpenAI.lc_id()

    @override
    def get_name(self, suffix: str | None = None, *, name: str | None = None) -> str:
        """The name in traces: that of `ChatOpenAI`."""
        return super().get_name(suffix, name=name or self.name or ChatOpenAI.__name__)

    @override
    def _generate(self, *args: Any, **kwargs: Any) -> ChatResult:
        try:
            return super()._generate(*args, **kwargs)
        except (AttributeError, TypeError, ValueError) as error:
            raise_meaning_of(error, self.root_async_client)
            raise

    @override
    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: Any = None,
        **kwargs: Any,
    ) -> ChatResult:
        # ChatOpenAI parses every answer in a thread, which takes longer than the parsing
        # itself.
        payload = self._get_request_payload(messages, stop=stop, **kwargs)
        if not _HELPERS or "response_format" in payload or self.include_response_headers:
            try:
                return await super()._agenerate(messages, stop, run_manager, **kwargs)
            except (AttributeError, TypeError, ValueError) as error:
                raise_meaning_of(error, self.root_async_client)
                raise
        raw: Any = None
        try:
            raw = await self.async_client.with_raw_response.create(**payload)
            response = raw.parse()
        except openai.BadRequestError as error:
            _HELPERS["_handle_openai_bad_request"](error)
            raise
        except openai.APIError as error:
            _HELPERS["_handle_openai_api_error"](error)
            raise
        except ValueError as error:
            if raw is not None:
                # The answer is not JSON; error handlers may read the response.
                error.response = raw.http_response  # type: ignore[attr-defined]
                telling_usage(error, None)
            raise
        info: dict[str, Any] = {}
        _HELPERS["_add_gateway_metadata"](info, raw)
        return self._create_chat_result(response, info)

    # LangChain reads these attributes before each call, which is slow if they are missing.
    _generate.__signature__ = inspect.signature(ChatOpenAI._generate)  # type: ignore[attr-defined]  # noqa: SLF001 - of its parent
    _agenerate.__signature__ = inspect.signature(ChatOpenAI._agenerate)  # type: ignore[attr-defined]  # noqa: SLF001 - of its parent

    @override
    def _create_chat_result(
        self, response: dict[str, Any] | openai.BaseModel, generation_info: Any = None
    ) -> ChatResult:
        found = filled_answer(response) if isinstance(response, dict | str) else response
        if isinstance(response, str):
            response = found
        if refusal := refusal_in(response, self.root_async_client):
            raise refusal
        try:
            result = super()._create_chat_result(found, generation_info)
        except (AttributeError, LookupError, TypeError, ValueError) as error:
            telling_usage(error, response)
            raise
        if not result.generations:
            raise telling_usage(ValueError("the answer has no choices"), response)
        if isinstance(found, dict):
            # ChatOpenAI reads it only from the client's objects.
            first = result.generations[0].message
            first.additional_kwargs["refusal"] = found["choices"][0]["message"].get("refusal")
        result.llm_output = {**(result.llm_output or {}), _PROVIDER_KEY: _PROVIDER}
        choices = field(found, "choices") or ()
        for generation, choice in zip(result.generations, choices, strict=False):
            _keep(generation.message.additional_kwargs, field(choice, "message"))
        name_unsaid_ends(result.generations, choices)
        return result

    @override
    def _convert_chunk_to_generation_chunk(
        self, chunk: dict[str, Any], default_chunk_class: type, base_generation_info: Any
    ) -> ChatGenerationChunk | None:
        converted = super()._convert_chunk_to_generation_chunk(
            filled_chunk(chunk), default_chunk_class, base_generation_info
        )
        if converted is None:
            return None
        if _PROVIDER_KEY in converted.message.response_metadata:
            converted.message.response_metadata[_PROVIDER_KEY] = _PROVIDER
        # Structured output is streamed as events with a chunk; the last has the whole refusal.
        beside, event = converted.message.additional_kwargs, chunk.get("chunk") or {}
        if choices := chunk.get("choices") or event.get("choices"):
            _keep(beside, choices[0].get("delta"))
        if event:
            beside.pop("refusal", None)
        return converted

    @override
    def _get_generation_chunk_from_completion(
        self, completion: openai.BaseModel
    ) -> ChatGenerationChunk:
        """The parsed object at the end of a stream, without the reasoning streamed before."""
        mend_object(completion)
        converted = super()._get_generation_chunk_from_completion(completion)
        converted.message.additional_kwargs.pop(_THOUGHTS, None)
        return converted

    @override
    def _get_request_payload(
        self, input_: LanguageModelInput, *, stop: list[str] | None = None, **kwargs: Any
    ) -> dict[str, Any]:
        payload = super()._get_request_payload(input_, stop=stop, **kwargs)
        wired: list[dict[str, Any]] = payload.get("messages", [])
        if self.catalog_spec.provider != "openai":
            # Only OpenAI supports the newer name; DeepSeek ignores it, and others reject it.
            if "max_completion_tokens" in payload:
                payload["max_tokens"] = payload.pop("max_completion_tokens")
            for message in wired:
                message["content"] = _plain(message.get("content"), message["role"])
        if wants_thoughts_back(self.catalog_spec):
            add_thoughts(payload, self._convert_input(input_).to_messages(), always=True)
        return payload


def build_gateway_model(spec: ModelSpec, **arguments: Any) -> ChatOpenAI:
    """Build the model of a catalog entry that is not served by OpenAI itself.

    Args:
        spec: The catalog entry.
        arguments: Arguments of `ChatOpenAI`.

    Warns:
        RuntimeWarning: Once, if this version of langchain-openai has changed a private method
            that is needed to read reasoning; the model is a plain `ChatOpenAI` then.
    """
    if _hooks_are_as_known():
        model = GatewayChatOpenAI(catalog_spec=spec, **arguments)
        make_lean(model)
        tell_ends(model.root_client, model.root_async_client)
        return model
    return ChatOpenAI(**arguments)


def changed_hooks(base: type) -> list[str]:
    """The `HOOKS` that a class lacks, or has with other parameters."""
    return [name for name, known in HOOKS.items() if _parameters(base, name) != known]


@cache
def _hooks_are_as_known() -> bool:
    changed = changed_hooks(ChatOpenAI)
    if changed:
        warnings.warn(
            f"this langchain-openai has other {', '.join(changed)} than langchain-smartroute"
            " knows: reasoning models lose their thoughts, and answer limits are sent as"
            " max_completion_tokens. Use a version from 1.7 on that is known to work, such as"
            " 1.7.3, or upgrade langchain-smartroute.",
            RuntimeWarning,
            stacklevel=3,
        )
    return not changed


def _parameters(base: type, name: str) -> tuple[str, ...] | None:
    method = getattr(base, name, None)
    return None if method is None else tuple(inspect.signature(method).parameters)[1:]


def _keep(beside: dict[str, Any], answer: Any) -> None:
    """Copy an answer's reasoning and refusal to `additional_kwargs`.

    A server may send its reasoning twice, under two names.
    """
    keep_refusal(beside, field(answer, "refusal"))
    for name in (_THOUGHTS, "reasoning"):
        thoughts = field(answer, name)
        if isinstance(thoughts, str) and thoughts:
            beside[_THOUGHTS] = thoughts
            return


def _plain(content: Any, role: str) -> Any:
    """Content that is only text as one string.

    DeepSeek and other providers' text models accept only a string. Blocks with more, such as a
    prompt cache marker, stay blocks.
    """
    if not isinstance(content, list):
        return content
    texts = [_text(block) for block in content]
    if None in texts:
        return content
    return ("" if role == "assistant" else "\n").join(text for text in texts if text)


def _text(block: Any) -> str | None:
    if isinstance(block, dict) and block.keys() == {"type", "text"} and block["type"] == "text":
        return str(block["text"])
    return None
