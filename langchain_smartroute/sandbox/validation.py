"""Rejects requests that the model does not support, and messages in an invalid order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from langchain_smartroute.sandbox.api_error import ApiError

if TYPE_CHECKING:
    from langchain_smartroute.sandbox.chat_request import ChatRequest
    from langchain_smartroute.sandbox.models import SandboxModel

__all__ = ["validate"]

_SCHEMA_KIND = {"json_schema": "json_schema", "json_object": "json_mode"}


def validate(request: ChatRequest, model: SandboxModel) -> None:
    """Check a request against the model that it names.

    Raises:
        ApiError: With OpenAI's wording, as clients distinguish errors by it.
    """
    _check_tool_order(request)
    _check_inputs(request, model)
    _check_features(request, model)
    _check_room(request, model)


def _check_tool_order(request: ChatRequest) -> None:
    waiting: dict[str, None] = {}
    asked_at = 0
    for index, message in enumerate(request.messages):
        if message.role == "tool":
            if message.tool_call_id not in waiting:
                raise ApiError(
                    400,
                    "Invalid parameter: messages with role 'tool' must be a response to a "
                    "preceeding message with 'tool_calls'.",
                    param=f"messages.[{index}].role",
                )
            del waiting[message.tool_call_id]
            continue
        if waiting:
            raise _unanswered(waiting, asked_at)
        waiting = dict.fromkeys(call_id for call_id, _ in message.calls)
        asked_at = index
    if waiting:
        raise _unanswered(waiting, asked_at)


def _unanswered(waiting: dict[str, None], index: int) -> ApiError:
    return ApiError(
        400,
        "An assistant message with 'tool_calls' must be followed by tool messages responding "
        "to each 'tool_call_id'. The following tool_call_ids did not have response messages: "
        + ", ".join(waiting),
        param=f"messages.[{index}].role",
    )


def _check_inputs(request: ChatRequest, model: SandboxModel) -> None:
    for index, message in enumerate(request.messages):
        for attachment in message.attachments:
            if attachment.kind not in model.inputs:
                raise ApiError(
                    400,
                    f"Invalid content type. Model '{model.name}' does not support "
                    f"{attachment.kind} input.",
                    param=f"messages.[{index}].content",
                    code="unsupported_value",
                )


def _check_features(request: ChatRequest, model: SandboxModel) -> None:
    if request.tools and not model.tools:
        raise ApiError(
            400,
            f"'tools' is not supported with this model: '{model.name}'.",
            param="tools",
            code="unsupported_parameter",
        )
    form = request.response_format
    if form not in ("text", *_SCHEMA_KIND):
        raise ApiError(
            400,
            f"Invalid value: '{form}'. Supported values are: 'json_object', 'json_schema', "
            "and 'text'.",
            param="response_format.type",
            code="invalid_value",
        )
    if form in _SCHEMA_KIND and _SCHEMA_KIND[form] not in model.structured_output:
        raise ApiError(
            400,
            f"Invalid parameter: 'response_format' of type '{form}' is not supported with "
            f"this model: '{model.name}'.",
            param="response_format",
        )
    if form == "json_schema" and not isinstance(request.schema, dict):
        raise ApiError(
            400,
            "Missing required parameter: 'response_format.json_schema.schema'.",
            param="response_format.json_schema.schema",
            code="missing_required_parameter",
        )


def _check_room(request: ChatRequest, model: SandboxModel) -> None:
    prompt, answer = request.prompt_tokens, request.max_tokens or 0
    if model.max_output_tokens is not None and answer > model.max_output_tokens:
        raise ApiError(
            400,
            f"max_tokens is too large: {answer}. This model supports at most "
            f"{model.max_output_tokens} completion tokens, whereas you provided {answer}.",
            param="max_tokens",
            code="invalid_value",
        )
    if prompt + max(answer, 1) <= model.context_window:
        return
    limit = f"Input tokens exceed the configured limit of {model.context_window} tokens. "
    if answer:
        limit += (
            f"You requested {prompt + answer} tokens ({prompt} in the messages, {answer} in the "
            "completion). Please reduce the length of the messages or completion."
        )
    else:
        limit += (
            f"Your messages resulted in {prompt} tokens. Please reduce the length of the messages."
        )
    raise ApiError(400, limit, param="messages", code="context_length_exceeded")
