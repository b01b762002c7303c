"""What real exceptions of ChatOpenAI, and others, mean for the rest of a chain."""

from __future__ import annotations

import json

import pytest
from langchain_core.exceptions import (
    ContextOverflowError,
    ModelRateLimitError,
    OutputParserException,
)

from langchain_smartroute.errors import (
    ChainOverflowError,
    ChainRateLimitError,
    ConfigurationError,
    InvalidRequestError,
)
from langchain_smartroute.execution.faults import fault_of
from langchain_smartroute.sandbox import Fault, SandboxServer

PROMPT = "my-very-private-prompt"


@pytest.fixture(scope="module")
def sandbox():
    with SandboxServer() as server:
        yield server


@pytest.fixture(scope="module")
def model(sandbox):
    from langchain_openai import ChatOpenAI

    return ChatOpenAI(
        model="m", base_url=sandbox.base_url, api_key="none", max_retries=0, timeout=5
    )


@pytest.fixture
def error_after(sandbox, model):
    """Raise what ChatOpenAI raises after a fault, and give it back."""

    def provoke(fault, *, stream=False):
        sandbox.set_fault("m", fault)
        with pytest.raises(Exception) as caught:  # noqa: PT011 - which one is the question
            _ = list(model.stream(PROMPT)) if stream else model.invoke(PROMPT)
        return caught.value

    yield provoke
    sandbox.reset()


def status(number, **fields):
    return Fault(kind="status", status=number, **{"message": f"About {PROMPT}", **fields})


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize(
    ("code", "scope"),
    [
        (400, "none"),
        (401, "other_endpoint"),
        (402, "other_endpoint"),
        (403, "other_endpoint"),
        (404, "any"),
        (408, "any"),
        (409, "any"),
        (422, "none"),
        (429, "any"),
        (500, "any"),
        (502, "any"),
        (503, "any"),
        (529, "any"),
    ],
)
def test_a_status_says_who_may_follow(error_after, code, scope, stream):
    fault = fault_of(error_after(status(code), stream=stream))
    assert (fault.status, fault.scope) == (code, scope)
    assert fault.overflow is False
    assert fault.rate_limited is (code == 429)


@pytest.mark.parametrize(
    "wording",
    [
        # OpenAI, DeepSeek, vLLM
        "This model's maximum context length is 131072 tokens. However, you requested 140000.",
        # Anthropic
        "prompt is too long: 210000 tokens > 200000 maximum",
        # Google
        "The input token count (500000) exceeds the maximum number of tokens allowed (128000).",
        # Mistral
        "Prompt contains 50000 tokens, too large for model with 32768 maximum context length",
        # Bedrock
        "Input is too long for requested model.",
        # Cohere
        "too many tokens: total number of tokens in the request exceeds the limit of 4081",
        # llama.cpp
        "the request exceeds the available context size, try increasing it",
        # Z.AI, who serves the GLM models of the default catalog (code 1261)
        "Prompt exceeds max length",
        # xAI
        "This model's maximum prompt length is 131072 but the request contains 136973 tokens.",
        # Alibaba
        "Range of input length should be [1, 30720]",
        # Text Generation Inference
        "`inputs` tokens + `max_new_tokens` must be <= 8193. Given: 9000 `inputs` tokens",
    ],
)
def test_an_overflow_goes_to_a_larger_window_whatever_the_vendors_words(error_after, wording):
    fault = fault_of(error_after(status(400, message=wording)))
    assert (fault.scope, fault.overflow) == ("larger_window", True)
    assert "too long" in fault.summary


@pytest.mark.parametrize("code", [400, 413, 422])
def test_an_overflow_may_come_with_another_status(error_after, code):
    said = status(code, message="maximum context length is 8192 tokens")
    fault = fault_of(error_after(said))
    assert (fault.status, fault.scope, fault.overflow) == (code, "larger_window", True)


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("wrapped", ['[{"error": {"message": "%s"}}]', '{"error": "%s"}', "%s"])
def test_what_a_provider_says_is_found_wherever_it_stands(error_after, wrapped, stream):
    """Google's endpoint wraps its error in a list, LM Studio's is a text: "Error code: 400"."""
    words = "The input token count (9000) exceeds the maximum number of tokens allowed (8192)."
    fault = fault_of(error_after(status(400, body=wrapped % words), stream=stream))
    assert fault.overflow
    assert fault.message == words


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_an_overflow_may_come_as_a_code_alone(error_after, stream):
    said = status(400, code="context_length_exceeded", message="no")
    assert fault_of(error_after(said, stream=stream)).overflow


def test_an_overflow_may_come_inside_a_stream(error_after):
    """The HTTP status was 200 by then; the error event has only its code and its words."""
    said = Fault(
        kind="error_event",
        code="context_length_exceeded",
        message="This model's maximum context length is 8192 tokens.",
    )
    fault = fault_of(error_after(said, stream=True))
    assert (fault.scope, fault.overflow) == ("larger_window", True)


@pytest.mark.parametrize("body", [None, "<html>413 Request Entity Too Large</html>"])
def test_too_large_a_request_goes_to_a_larger_window_only(error_after, body):
    """Groq's "Request too large for model" and a proxy's web page ended the request at once."""
    said = status(413, message="Request too large for model `m`", body=body)
    fault = fault_of(error_after(said))
    assert (fault.scope, fault.overflow) == ("larger_window", True)


@pytest.mark.parametrize(
    "wording",
    [
        "max_tokens is too large: 99999. This model supports at most 4096 completion tokens.",
        "max_tokens (99999) exceeds the limit of 8192 output tokens.",
        "Unsupported parameter: 'temperature'.",
        "Invalid schema for response_format: context is required.",
    ],
)
def test_another_bad_request_is_no_overflow(error_after, wording):
    assert not fault_of(error_after(status(400, message=wording))).overflow


@pytest.mark.parametrize("code", ["content_filter", "content_policy_violation"])
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_filtered_content_goes_nowhere_else(error_after, code, stream):
    fault = fault_of(error_after(status(400, code=code), stream=stream))
    assert fault.scope == "none"
    assert code in fault.summary


def test_content_filtered_inside_a_stream_goes_nowhere_else(error_after):
    said = Fault(kind="error_event", code="content_filter", message="no")
    assert fault_of(error_after(said, stream=True)).scope == "none"


@pytest.mark.parametrize("kind", ["empty", "html", "malformed_event", "cut", "reset"])
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_a_broken_answer_says_nothing_about_the_request(error_after, kind, stream):
    assert fault_of(error_after(Fault(kind=kind), stream=stream)).scope == "any"


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_an_error_in_a_200_says_nothing_about_the_request(error_after, stream):
    assert fault_of(error_after(Fault(kind="error_event"), stream=stream)).scope == "any"


@pytest.mark.parametrize("code", [400, 401, 404, 408, 413, 429, 500, 503])
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_a_summary_is_one_line_without_a_word_of_the_prompt(error_after, code, stream):
    error = error_after(status(code), stream=stream)
    assert PROMPT in str(error)
    summary = fault_of(error).summary
    assert PROMPT not in summary
    assert "\n" not in summary
    assert str(code) in summary
    assert type(error).__name__ in summary


@pytest.mark.parametrize(
    "error",
    [
        json.JSONDecodeError("no", PROMPT, 0),
        TimeoutError(PROMPT),
        ValueError(PROMPT),
        TypeError(PROMPT),
        KeyError(PROMPT),
        ConnectionError(PROMPT),
        RuntimeError(PROMPT),
    ],
    ids=lambda error: type(error).__name__,
)
def test_other_exceptions_let_anybody_try(error):
    fault = fault_of(error)
    assert (fault.scope, fault.status) == ("any", None)
    assert fault.summary == type(error).__name__


@pytest.mark.parametrize(
    "error",
    [
        ConfigurationError(PROMPT),
        InvalidRequestError(PROMPT),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_fault_that_no_other_model_avoids_ends_the_chain(error):
    fault = fault_of(error)
    assert fault.scope == "none"
    assert PROMPT not in fault.summary


def test_an_answer_that_misses_its_schema_is_for_another_model():
    """There is no object to return, so it is a failure rather than a weak answer."""
    fault = fault_of(OutputParserException(PROMPT))
    assert (fault.scope, fault.summary) == ("any", "schema not met")


def test_cores_own_classes_are_known_without_a_status():
    class TooLongError(ContextOverflowError):
        pass

    class TooOftenError(ModelRateLimitError):
        pass

    assert fault_of(TooLongError("x")).scope == "larger_window"
    assert fault_of(TooOftenError("x")).rate_limited


def test_the_errors_of_a_nested_router_mean_what_they_say():
    assert fault_of(ChainOverflowError("x", attempts=[])).scope == "larger_window"
    assert fault_of(ChainRateLimitError("x", attempts=[])).rate_limited


def test_a_status_that_is_no_number_is_no_status():
    error = RuntimeError("x")
    error.status_code = "teapot"
    assert (fault_of(error).status, fault_of(error).scope) == (None, "any")
