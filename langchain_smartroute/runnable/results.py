"""Answers in the form of LangChain's `generate`, which evaluation tools and older chains read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from langchain_core.outputs import ChatGeneration, ChatResult, LLMResult, RunInfo

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from langchain_core.messages import AIMessage

__all__ = ["chat_result", "llm_result"]

_OF_GENERATIONS = ("finish_reason", "logprobs")
_TOKENS = {
    "prompt_tokens": "input_tokens",
    "completion_tokens": "output_tokens",
    "total_tokens": "total_tokens",
}
"""OpenAI's names of token counts → LangChain's."""


def chat_result(answer: AIMessage) -> ChatResult:
    """One answer as the result of a model."""
    return ChatResult(generations=[_generation(answer)], llm_output=_output([answer]))


def llm_result(answers: Sequence[AIMessage], run_ids: Sequence[UUID]) -> LLMResult:
    """Answers to several conversations.

    Args:
        answers: One per conversation.
        run_ids: LangChain's ids of their requests' runs.

    Returns:
        The tokens in `llm_output` are those of all answers together, and left out where one is
        unknown; so is the model's name where there are several.
    """
    return LLMResult(
        generations=[[_generation(answer)] for answer in answers],
        llm_output=_output(answers),
        run=[RunInfo(run_id=run_id) for run_id in run_ids],
    )


def _generation(answer: AIMessage) -> ChatGeneration:
    told = answer.response_metadata
    info = {name: told[name] for name in _OF_GENERATIONS if name in told}
    return ChatGeneration(message=answer, generation_info=info or None)


def _output(answers: Sequence[AIMessage]) -> dict[str, Any]:
    output: dict[str, Any] = {}
    usages: list[Any] = [answer.usage_metadata for answer in answers]
    if all(usage is not None for usage in usages):
        output["token_usage"] = {
            theirs: sum(usage[ours] for usage in usages) for theirs, ours in _TOKENS.items()
        }
    names = {answer.response_metadata.get("model_name") for answer in answers}
    if len(names) == 1 and None not in names:
        output["model_name"] = names.pop()
    return output
