"""Parameters and cache markers that only some providers support.

A marker in none of these tables is passed on, as the caller's gateway may support it, and so is
a parameter, to a model of the caller's own (a model that is built here refuses it). An unknown
provider gets every parameter, as it may be a gateway. Names of parameters that are left out are
logged.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from langchain_core.messages import BaseMessage

if TYPE_CHECKING:
    from langchain_smartroute.catalog.spec import ModelSpec

__all__ = [
    "OF_PROVIDERS",
    "has_system_turns",
    "known_arguments",
    "takes_text_only_as_strings",
    "without_foreign_marks",
    "without_tool_marks",
]

_log = logging.getLogger(__name__)

_OPENAI = frozenset({"openai", "azure", "azure_openai"})
_ANTHROPIC = frozenset({"anthropic", "amazon_bedrock", "aws"})
_DEEPSEEK = frozenset({"deepseek"})
_ZHIPU = frozenset({"zhipuai", "zai"})
_THINKING_SWITCH = _DEEPSEEK | _ZHIPU
_PASSING_ON = frozenset({"openrouter", "litellm"})
"""Gateways that translate the parameters of one provider for another one."""

_OWNERS: Mapping[str, frozenset[str]] = {
    **dict.fromkeys(
        (
            "betas",
            "cache_control",
            "container",
            "context_management",
            "effort",
            "inference_geo",
            "mcp_servers",
            "output_config",
            "output_format",
            "user_profile_id",
        ),
        _ANTHROPIC,
    ),
    **dict.fromkeys(
        (
            "audio",
            "include",
            "modalities",
            "prediction",
            "previous_response_id",
            "prompt_cache_key",
            "prompt_cache_options",
            "prompt_cache_retention",
            "reasoning",
            "safety_identifier",
            "store",
            "truncation",
            "verbosity",
            "web_search_options",
        ),
        _OPENAI,
    ),
    **dict.fromkeys(("do_sample", "request_id", "user_id"), _ZHIPU),
    "metadata": _OPENAI | _ANTHROPIC,
    "thinking": _ANTHROPIC | _THINKING_SWITCH,
    "reasoning_effort": _OPENAI | _ANTHROPIC | _DEEPSEEK | {"xai", "x-ai", "groq"},
}
"""Parameter → the providers that know it.

Sources, read on 2026-11-27: OpenAI API reference, Chat Completions and Responses;
Anthropic API reference, Messages, and langchain-anthropic 1.7.10; DeepSeek API docs,
Chat Completion; Z.AI API docs, Chat Completion.
"""

OF_PROVIDERS = frozenset({*_OWNERS, "top_k"})
"""Parameters beyond those that all providers know."""

_HEARD_OF = frozenset().union(*_OWNERS.values()) | {
    "cohere",
    "fireworks",
    "google",
    "google_anthropic_vertex",
    "google_genai",
    "google_vertexai",
    "huggingface",
    "ibm",
    "mistral",
    "mistralai",
    "nvidia",
    "ollama",
    "perplexity",
    "together",
    "upstage",
}
"""Known providers; others may be gateways. Names of LangChain's provider packages, 2026-11-27."""

_NOT_ANTHROPIC = frozenset(
    {
        "frequency_penalty",
        "logit_bias",
        "logprobs",
        "n",
        "presence_penalty",
        "seed",
        "top_logprobs",
        "user",
    }
)
"""Parameters shared by the others; Anthropic's API rejects unknown parameters."""

_TIERS = frozenset({"auto", "standard_only"})
"""Anthropic's service tiers; OpenAI's are `auto`, `default`, `flex`, `priority`, `scale`."""

_CACHE_MARKS = ("cache_control", "prompt_cache_breakpoint")
_CACHE_BLOCKS = ("cachePoint", "cache_point")


def known_arguments(arguments: Mapping[str, Any], spec: ModelSpec) -> dict[str, Any]:
    """The arguments of a call without those that only other providers know.

    A provider that nobody knows, or that the catalog does not name, gets them all.
    What others know by another name is converted: Anthropic's `stop_sequences` become
    `stop`, and of its `thinking` DeepSeek and Z.AI get the switch, in `extra_body`, as
    their clients send it.

    Args:
        arguments: Never changed.
        spec: Spec of the model.
    """
    provider = spec.provider
    if provider in _PASSING_ON:
        return dict(arguments)
    has_provider = _is_heard_of(spec)
    known = _known(arguments, spec) if has_provider else dict(arguments)
    if "stop_sequences" in known and provider not in _ANTHROPIC:
        known.setdefault("stop", known.pop("stop_sequences"))
    extra = known.get("extra_body")
    if has_provider and isinstance(extra, Mapping):
        known["extra_body"] = _known(extra, spec)
    thinking = known.get("thinking")
    if provider in _THINKING_SWITCH and isinstance(thinking, Mapping):
        del known["thinking"]
        switch = "disabled" if thinking.get("type") == "disabled" else "enabled"
        known["extra_body"] = {**known.get("extra_body", {}), "thinking": {"type": switch}}
    return known


def _is_heard_of(spec: ModelSpec) -> bool:
    return spec.provider in _HEARD_OF and "provider" in spec.model_fields_set


def _known(arguments: Mapping[str, Any], spec: ModelSpec) -> dict[str, Any]:
    known = {name: v for name, v in arguments.items() if _is_known(name, v, spec)}
    for name in arguments.keys() - known.keys():
        _say_left_out(name, spec.alias, spec.provider)
    return known


@cache
def _say_left_out(name: str, alias: str, provider: str) -> None:
    _log.warning(
        "%s: the argument %s is not sent, as %s is not known to take it. Logged once.",
        alias,
        name,
        provider,
    )


def _is_known(name: str, value: Any, spec: ModelSpec) -> bool:
    provider = spec.provider
    owners = _OWNERS.get(name)
    if owners is not None and provider not in owners:
        return False
    if provider in _ANTHROPIC:
        return _anthropic_knows(name, value)
    if name == "reasoning_effort" and provider in _OPENAI:
        # OpenAI's reasoning models accept no temperature, and its other models no effort.
        return not (spec.temperature and "temperature" in spec.model_fields_set)
    if name == "top_k":
        return provider not in _OPENAI | _THINKING_SWITCH
    return name != "service_tier" or provider not in _THINKING_SWITCH


def _anthropic_knows(name: str, value: Any) -> bool:
    if name == "service_tier":
        return value in _TIERS
    if name == "thinking" and isinstance(value, Mapping):
        # This is Z.AI's and DeepSeek's form; Anthropic's has a token budget.
        return value.get("type") != "enabled" or "budget_tokens" in value
    return name not in _NOT_ANTHROPIC


def has_system_turns(spec: ModelSpec) -> bool:
    """Whether system messages may stand anywhere in a history.

    Anthropic has one system text, before everything else; langchain-anthropic raises a
    ValueError for a second one.
    """
    return spec.provider not in _ANTHROPIC


def takes_text_only_as_strings(spec: ModelSpec) -> bool:
    """Whether text in blocks is refused, as by DeepSeek, whose content is a string."""
    return spec.provider in _DEEPSEEK


def without_foreign_marks(message: BaseMessage, spec: ModelSpec) -> BaseMessage:
    """Remove prompt cache markers that the provider does not support from a message."""
    content = message.content
    if isinstance(content, str):
        return message
    foreign = _foreign_marks(spec)
    if not foreign:
        return message
    cleaned = _unmarked_blocks(content, foreign)
    return message if cleaned is content else message.model_copy(update={"content": cleaned})


def without_tool_marks(tools: Sequence[Any], spec: ModelSpec) -> list[Any]:
    """The same for tools that are given as mappings."""
    foreign = _foreign_marks(spec)
    return [_unmarked(tool, foreign) if isinstance(tool, dict) else tool for tool in tools]


def _foreign_marks(spec: ModelSpec) -> tuple[str, ...]:
    """The cache markers that a model's provider does not support; of one nobody knows, none."""
    known: set[str] = set()
    if spec.provider in _PASSING_ON or not _is_heard_of(spec):
        return ()
    if spec.provider in _ANTHROPIC or "claude" in spec.model.lower():
        known |= {"cache_control", *_CACHE_BLOCKS}
    if spec.provider in _OPENAI and "claude" not in spec.model.lower():
        known.add("prompt_cache_breakpoint")
    return tuple(mark for mark in (*_CACHE_MARKS, *_CACHE_BLOCKS) if mark not in known)


def _unmarked_blocks(blocks: Sequence[Any], marks: Sequence[str]) -> Any:
    cleaned = [
        _unmarked(block, marks) if isinstance(block, dict) else block
        for block in blocks
        if not (isinstance(block, dict) and _is_mark(block, marks))
    ]
    same = len(cleaned) == len(blocks)
    if same and all(new is old for new, old in zip(cleaned, blocks, strict=True)):
        return blocks
    return cleaned


def _is_mark(block: Mapping[str, Any], marks: Sequence[str]) -> bool:
    """Whether a block is only a cache marker."""
    return any(
        block.get("type") == mark or block.keys() == {mark}
        for mark in _CACHE_BLOCKS
        if mark in marks
    )


def _unmarked(block: dict[str, Any], marks: Sequence[str]) -> dict[str, Any]:
    cleaned = block
    if not block.keys().isdisjoint(marks):
        cleaned = {key: value for key, value in block.items() if key not in marks}
    for key in ("content", "extras", "function"):
        inner = cleaned.get(key)
        new = inner
        if isinstance(inner, list):
            new = _unmarked_blocks(inner, marks)
        elif isinstance(inner, dict):
            new = _unmarked(inner, marks)
        if new is not inner:
            cleaned = {**cleaned, key: new}
    return cleaned
