"""Extracts the features that a decision needs from the messages of a request.

The task is classified by the user's last message; inputs and tokens are counted over the whole
history. Nothing is stored between requests.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from langchain_smartroute.classify.base import Classifier, classify_safely
from langchain_smartroute.classify.characters import script_of
from langchain_smartroute.classify.difficulty import difficulty_of
from langchain_smartroute.classify.history import read_history
from langchain_smartroute.classify.request import user_request
from langchain_smartroute.classify.toolkit import forces_call, toolkit_tokens
from langchain_smartroute.types import RequestFeatures

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from langchain_core.messages import BaseMessage

    from langchain_smartroute.classify.request import UserRequest
    from langchain_smartroute.classify.roles import Role
    from langchain_smartroute.types import Classification, SchemaMethod, Turn

__all__ = ["described", "extract_features"]

_TURN_OF_ROLE: dict[Role, Turn] = {"tool": "tool_result", "assistant": "assistant"}


def extract_features(
    messages: Sequence[BaseMessage],
    *,
    classifier: Classifier,
    tools: Sequence[Any] = (),
    tool_choice: Any = None,
    schema: SchemaMethod | Literal["any"] | None = None,
    schema_tokens: int = 0,
    answer_tokens: int | None = None,
) -> RequestFeatures:
    """Read the features of a request. Never raises, whatever the messages hold.

    Args:
        messages: The whole history that will be sent.
        classifier: Classifies the task; if it fails, the task is `general`.
        tools: The bound tools, in any form that `bind_tools` takes.
        tool_choice: As given to `bind_tools`.
        schema: How structured output is wanted.
        schema_tokens: Estimated tokens of that schema, added to the input.
        answer_tokens: The answer's room that the caller asked for.

    Example:
        >>> from langchain_core.messages import HumanMessage
        >>> from langchain_smartroute.classify import PatternClassifier, extract_features
        >>> chat = [HumanMessage("Write a Python function to merge sort an array")]
        >>> extract_features(chat, classifier=PatternClassifier()).task
        'code'
    """
    request = user_request(messages)
    return described(
        messages,
        request,
        classify_safely(classifier, request),
        tools=tools,
        tool_choice=tool_choice,
        schema=schema,
        schema_tokens=schema_tokens,
        answer_tokens=answer_tokens,
    )


def described(  # noqa: PLR0913 - the facts of a request, each by its name
    messages: Sequence[BaseMessage],
    request: UserRequest,
    classification: Classification,
    *,
    tools: Sequence[Any] = (),
    tool_choice: Any = None,
    schema: SchemaMethod | Literal["any"] | None = None,
    schema_tokens: int = 0,
    answer_tokens: int | None = None,
    asked_at: datetime | None = None,
    tags: Iterable[str] = (),
    metadata: Mapping[str, Any] | None = None,
) -> RequestFeatures:
    """The features of a request that has been classified.

    Args:
        messages: The whole history that will be sent.
        request: The user's request in it.
        classification: The classifier's result for it.
        tools: The bound tools, as for `extract_features`.
        tool_choice: As given to `bind_tools`.
        schema: How structured output is wanted.
        schema_tokens: Estimated tokens of that schema.
        answer_tokens: The answer's room that the caller asked for.
        asked_at: When the request was made.
        tags: The caller's tags of the call.
        metadata: The metadata of the call's config.
    """
    history = read_history(messages)
    return RequestFeatures(
        text=request.text,
        task=classification.task,
        scores=classification.scores,
        difficulty=classification.difficulty
        or difficulty_of(request.text, tools=len(tools), user_turns=history.user_turns),
        classified_by=classification.source,
        inputs=frozenset(history.inputs),
        script=script_of(request.text),
        input_tokens=history.tokens + toolkit_tokens(tools) + schema_tokens,
        answer_tokens=answer_tokens,
        tools=len(tools),
        tool_choice=forces_call(tool_choice),
        schema=schema,
        turn=_TURN_OF_ROLE.get(history.last, "user"),
        user_turns=history.user_turns,
        system_messages=history.system_messages,
        asked_at=asked_at,
        tags=frozenset(tags),
        metadata=metadata or {},
    )
