"""Which row of the table an exception belongs to: by status, class, code and causes."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime

import httpx
import openai
import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.exceptions import (
    ContextOverflowError,
    ModelRateLimitError,
    ModelTimeoutError,
    OutputParserException,
)
from langchain_core.messages import AIMessage
from pydantic import BaseModel, ValidationError

from langchain_smartroute.errors import (
    AnswerTooLongError,
    AttemptTimeoutError,
    ConfigurationError,
    ForeignRedirectError,
    InvalidRequestError,
    StreamInterruptedError,
)
from langchain_smartroute.execution.faults import fault_of, is_timeout, own_cause

PROMPT = "my-very-private-prompt"
REQUEST = httpx.Request("POST", "http://127.0.0.1/v1/chat/completions")


class HttpError(Exception):
    """What providers raise: a status, perhaps a code, a body and a response."""

    def __init__(self, status, *, code=None, body=None, headers=None, message=""):
        super().__init__(message)
        self.status_code = status
        self.code = code
        self.body = body
        if headers is not None:
            self.response = httpx.Response(status or 200, headers=headers, request=REQUEST)


def event(code=None, message="no"):
    """What openai's client raises for an error event inside a stream."""
    return openai.APIError(message, request=REQUEST, body={"code": code, "message": message})


def after(error, *causes):
    """An exception with a chain of causes behind it."""
    inner = error
    for cause in causes:
        inner.__cause__ = cause
        inner = cause
    return error


# ---- by status --------------------------------------------------------------------------

STATUSES = {
    400: "invalid",
    401: "key_refused",
    402: "key_refused",
    403: "key_refused",
    404: "model_unknown",
    405: "invalid",
    408: "silent",
    409: "broken",
    413: "overflow",
    422: "invalid",
    425: "broken",
    429: "busy",
    451: "invalid",
    499: "silent",
    500: "broken",
    501: "broken",
    502: "broken",
    503: "busy",
    504: "silent",
    520: "broken",
    524: "silent",
    529: "busy",
}


@pytest.mark.parametrize(("status", "kind"), STATUSES.items())
def test_a_status_says_which_row(status, kind):
    assert fault_of(HttpError(status)).kind == kind


@pytest.mark.parametrize("status", [300, 302, 304, 307])
def test_a_redirect_that_leads_nowhere_is_no_fault_of_the_request(status):
    """It was classified as an invalid request, so that no other candidate was called."""
    assert fault_of(HttpError(status)).kind == "garbled"


@given(st.integers(500, 599))
def test_every_failure_of_a_server_lets_somebody_else_try(status):
    assert fault_of(HttpError(status)).scope == "any"


@given(st.integers(400, 499))
def test_every_status_has_a_row(status):
    fault = fault_of(HttpError(status))
    assert fault.status == status
    assert str(status) in fault.summary


# ---- by code ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (429, "insufficient_quota", "key_refused"),
        (400, "insufficient_quota", "key_refused"),
        (429, "billing_not_active", "key_refused"),
        (429, "rate_limit_exceeded", "busy"),
        (400, "content_filter", "filtered"),
        (400, "content_policy_violation", "filtered"),
        (403, "content_policy_violation", "filtered"),
        (400, "context_length_exceeded", "overflow"),
        (413, "context_length_exceeded", "overflow"),
        (500, "context_length_exceeded", "broken"),
        (400, "invalid_value", "invalid"),
        (404, "model_not_found", "model_unknown"),
    ],
)
def test_a_code_says_more_than_a_status(status, code, kind):
    assert fault_of(HttpError(status, code=code)).kind == kind


@pytest.mark.parametrize(("status", "kind"), STATUSES.items())
@pytest.mark.parametrize("as_text", [True, False], ids=["text", "number"])
def test_a_number_in_an_error_event_is_the_status_of_the_model_behind_the_gateway(
    status, kind, as_text
):
    fault = fault_of(event(str(status) if as_text else status))
    assert fault.kind == kind
    assert fault.status is None


@pytest.mark.parametrize("code", ["0", "1", "100", "200", "1113", "1301", "2013", "99999"])
def test_a_number_that_is_no_http_error_is_no_status(code):
    """Vendors number their errors: of 1002 ("too many requests") a broken server was made,
    and of anything below 400 a request that no other model was asked with.
    """
    assert fault_of(event(code)).kind == "garbled"


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("server_error", "garbled"),
        ("context_length_exceeded", "overflow"),
        ("content_filter", "filtered"),
        ("insufficient_quota", "key_refused"),
        (None, "garbled"),
    ],
)
def test_an_error_event_is_read_by_its_code(code, kind):
    assert fault_of(event(code)).kind == kind


def test_an_error_event_is_read_by_its_words():
    assert fault_of(event(None, "maximum context length is 8192 tokens")).kind == "overflow"


def test_a_number_beside_a_status_is_a_code_like_any_other():
    assert fault_of(HttpError(400, code="429")).kind == "invalid"


def test_words_about_a_long_prompt_from_elsewhere_are_no_overflow():
    """Only a provider says so: a parser's error may quote the prompt."""
    assert fault_of(ValueError("the prompt is too long")).kind == "garbled"
    assert fault_of(HttpError(500, message="maximum context length")).kind == "broken"


# ---- by class ---------------------------------------------------------------------------


class Shape(BaseModel):
    side: int


def validation_error():
    with pytest.raises(ValidationError) as caught:
        Shape(side=PROMPT)
    return caught.value


class TooLongError(ContextOverflowError):
    pass


class TooOftenError(ModelRateLimitError):
    pass


class TooSlowError(ModelTimeoutError):
    pass


class ModelRefusalError(Exception):
    """As LangChain names it, since a version that need not be installed."""

    def __init__(self, reason=None, *, incomplete=None):
        told = {"finish_reason": reason, "incomplete_details": incomplete}
        self.raw_message = AIMessage("", response_metadata=told)


class OpenAIRefusalError(ModelRefusalError):
    pass


class ClientConnectorError(OSError):
    """As aiohttp names it."""


class ReadTimeout(Exception):  # noqa: N818 - as several clients name it
    pass


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (ConfigurationError("x"), "invalid"),
        (InvalidRequestError("x"), "invalid"),
        (OutputParserException("x"), "unfit"),
        (validation_error(), "unfit"),
        (ModelRefusalError("stop"), "unfit"),
        (OpenAIRefusalError(), "unfit"),
        (OpenAIRefusalError("content_filter"), "filtered"),
        (OpenAIRefusalError(incomplete={"reason": "content_filter"}), "filtered"),
        (TooLongError("x"), "overflow"),
        (TooOftenError("x"), "busy"),
        (TooSlowError("x"), "silent"),
        (AttemptTimeoutError("x", limit="timeout_s", seconds=1), "silent"),
        (StreamInterruptedError("x", partial=None, attempts=[]), "garbled"),
        (AnswerTooLongError("x", limit_chars=1), "garbled"),
        (ForeignRedirectError("x"), "garbled"),
        (TimeoutError("x"), "silent"),
        (openai.APITimeoutError(REQUEST), "silent"),
        (httpx.ReadTimeout("x"), "silent"),
        (httpx.ConnectTimeout("x"), "silent"),
        (httpx.PoolTimeout("x"), "silent"),
        (ReadTimeout("x"), "silent"),
        (httpx.ConnectError("x"), "broken"),
        (httpx.ReadError("x"), "broken"),
        (httpx.WriteError("x"), "broken"),
        (ConnectionRefusedError("x"), "broken"),
        (ConnectionResetError("x"), "broken"),
        (BrokenPipeError("x"), "broken"),
        (ClientConnectorError("x"), "broken"),
        (httpx.RemoteProtocolError("Server disconnected without sending a response."), "broken"),
        (httpx.RemoteProtocolError("peer closed connection: incomplete chunked read"), "garbled"),
        (
            httpx.RemoteProtocolError("peer closed without sending complete message body"),
            "garbled",
        ),
        (json.JSONDecodeError("x", PROMPT, 0), "garbled"),
        (ConnectionError("x"), "garbled"),
        (KeyError("choices"), "garbled"),
        (TypeError("x"), "garbled"),
        (TypeError("create() got an unexpected keyword argument 'retries'"), "unknown_argument"),
        (TypeError("f() got multiple values for argument 'messages'"), "unknown_argument"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_a_class_says_which_row(error, kind):
    assert fault_of(error).kind == kind


def test_only_time_outs_are_time_outs():
    assert is_timeout(TimeoutError())
    assert is_timeout(HttpError(504))
    assert not is_timeout(HttpError(500))
    assert not is_timeout(ValueError())


# ---- by what is behind ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cause", "kind"),
    [
        (httpx.ConnectError("x"), "broken"),
        (httpx.ReadTimeout("x"), "silent"),
        (TimeoutError(), "silent"),
        (ConnectionResetError(), "broken"),
        (ValueError(), "garbled"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_the_cause_says_what_its_wrapper_means(cause, kind):
    wrapped = after(openai.APIConnectionError(request=REQUEST), RuntimeError(), cause)
    assert fault_of(wrapped).kind == kind


def test_the_nearest_cause_counts():
    assert fault_of(after(RuntimeError(), TimeoutError(), ConnectionResetError())).kind == "silent"
    assert fault_of(after(RuntimeError(), ConnectionResetError(), TimeoutError())).kind == "broken"


def test_what_an_error_was_raised_instead_of_counts():
    """`raise ConnectionError(…) from None`, as some clients do for a refused connection."""

    def connect():
        raise httpx.ConnectError("refused")

    def call():
        try:
            connect()
        except httpx.ConnectError:
            raise ConnectionError("is the server running?") from None

    with pytest.raises(ConnectionError) as caught:
        call()
    assert fault_of(caught.value).kind == "broken"


@pytest.mark.parametrize(
    "outer",
    [
        TimeoutError("another call"),
        ConnectionResetError("another call"),
        AttemptTimeoutError("another call", limit="timeout_s", seconds=1),
    ],
    ids=lambda error: type(error).__name__,
)
def test_an_error_that_the_caller_was_handling_is_not_a_cause(outer):
    """Who calls a second router in an `except` of the first one's error gives every
    exception below that error as its context: it was taken for what had gone wrong.
    """

    def call():
        raise ValueError("malformed")

    try:
        raise outer
    except type(outer):
        with pytest.raises(ValueError, match="malformed") as caught:
            call()
    assert caught.value.__context__ is outer
    assert fault_of(caught.value).kind == "garbled"
    assert own_cause(caught.value) is caught.value


def test_a_circle_of_causes_ends():
    one, other = ValueError(), TypeError()
    one.__cause__, other.__cause__ = other, one
    assert fault_of(one).kind == "garbled"
    assert own_cause(one) is one


def test_an_error_of_ours_is_found_inside_a_clients():
    ours = AnswerTooLongError("x", limit_chars=1)
    assert own_cause(after(openai.APIConnectionError(request=REQUEST), OSError(), ours)) is ours
    assert own_cause(ours) is ours


def test_an_error_without_one_of_ours_inside_is_returned_itself():
    error = after(RuntimeError(), ValueError())
    assert own_cause(error) is error


# ---- begun ------------------------------------------------------------------------------


@pytest.mark.parametrize("error", [HttpError(503), httpx.ReadError("x"), event("500")], ids=repr)
def test_a_call_that_had_started_to_answer_is_not_retried_by_kind(error):
    assert fault_of(error).kind in ("busy", "broken")
    assert fault_of(error, begun=True).kind == "garbled"


@pytest.mark.parametrize(
    "error",
    [HttpError(401), HttpError(404), TimeoutError(), event("content_filter"), HttpError(400)],
    ids=repr,
)
def test_a_started_answer_changes_no_other_classification(error):
    assert fault_of(error, begun=True).kind == fault_of(error).kind


# ---- the wait asked for -----------------------------------------------------------------


def waited(**headers):
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return fault_of(HttpError(429, headers=named)).retry_after_s


@pytest.mark.parametrize(
    ("said", "seconds"),
    [("2", 2.0), ("2.5", 2.5), (" 7 ", 7.0), ("0", 0.0), ("-3", 0.0), ("1000000000", 1e9)],
)
def test_a_wait_in_seconds(said, seconds):
    assert waited(retry_after=said) == seconds


@pytest.mark.parametrize(("said", "seconds"), [("1500", 1.5), ("-1", 0.0)])
def test_a_wait_in_milliseconds_is_the_more_exact_one(said, seconds):
    assert waited(retry_after_ms=said, retry_after="9") == pytest.approx(seconds)


def test_where_milliseconds_are_garbled_seconds_count():
    assert waited(retry_after_ms="soon", retry_after="9") == 9.0


@pytest.mark.parametrize("name", ["Retry-After", "RETRY-AFTER"])
def test_case_is_no_matter(name):
    assert waited(**{name: "4"}) == 4.0


def test_a_wait_until_a_date():
    until = datetime.now(UTC) + timedelta(seconds=100)
    assert waited(retry_after=format_datetime(until, usegmt=True)) == pytest.approx(100, abs=5)


def test_a_date_without_a_zone_is_in_universal_time(monkeypatch):
    """It was read in the zone of the machine, hours off."""
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        until = datetime.now(UTC) + timedelta(seconds=100)
        said = until.strftime("%a, %d %b %Y %H:%M:%S -0000")
        assert waited(retry_after=said) == pytest.approx(100, abs=5)
    finally:
        monkeypatch.undo()
        time.tzset()


def test_a_date_in_another_zone_is_the_same_time():
    until = datetime.now(timezone(timedelta(hours=8))) + timedelta(seconds=100)
    assert waited(retry_after=format_datetime(until)) == pytest.approx(100, abs=5)


def test_a_date_that_has_passed_is_no_wait():
    assert waited(retry_after="Wed, 21 Oct 2015 07:28:00 GMT") == 0.0


@pytest.mark.parametrize(
    "said",
    ["", "soon", "nan", "NaN", "12 seconds", "Wed, 99 Foo 2015", "Fri, 31 Dec 99999 00:00:00 GMT"],
)
def test_a_garbled_wait_is_none(said):
    assert waited(retry_after=said) is None


def test_a_wait_for_ever_is_longer_than_any_limit():
    assert waited(retry_after="1e999") == float("inf")


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=40))
def test_whatever_is_said_is_a_wait_or_none(said):
    found = waited(retry_after=said)
    assert found is None or found >= 0


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("1s", 1),
        ("6m0s", 360),
        ("20ms", 0.02),
        ("2m59.56s", 179.56),
        ("1h0m0s", 3600),
        ("7.5", 7.5),
    ],
)
def test_a_wait_until_a_limit_is_reset(said, seconds):
    """OpenAI's, Groq's and Together's forms; they counted as no wait at all."""
    assert waited(x_ratelimit_reset_requests=said) == pytest.approx(seconds)


@pytest.mark.parametrize("form", ["%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M:%S.%f+00:00"])
def test_a_wait_until_a_limit_is_reset_at_a_time(form):
    until = datetime.now(UTC) + timedelta(seconds=100)
    for said in (until.strftime(form), f"{until.timestamp():.0f}", f"{until.timestamp():.0f}000"):
        assert waited(anthropic_ratelimit_tokens_reset=said) == pytest.approx(100, abs=5)


def test_only_a_limit_of_which_nothing_remains_is_waited_for():
    limits = {"x_ratelimit_reset_requests": "1s", "x_ratelimit_reset_tokens": "6m0s"}
    assert waited(**limits) == 360
    assert waited(**limits, x_ratelimit_remaining_requests="0") == 1
    few = {"x_ratelimit_remaining_requests": "0", "x_ratelimit_remaining_tokens": "9"}
    assert waited(**limits, **few) == 1
    none = {"x_ratelimit_remaining_requests": "0", "x_ratelimit_remaining_tokens": "0"}
    assert waited(**limits, **none) == 360
    many = {"x_ratelimit_remaining_requests": "9", "x_ratelimit_remaining_tokens": "9"}
    assert waited(**limits, **many) is None
    assert waited(**limits, **none, retry_after="3") == 3


def test_a_reset_is_no_wait_unless_a_limit_refused():
    """They come with every answer of OpenAI's."""
    headers = {"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "1s"}
    assert fault_of(HttpError(503, headers=headers)).retry_after_s is None


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=40))
def test_whatever_a_reset_says_is_a_wait_or_none(said):
    found = waited(x_ratelimit_reset=said)
    assert found is None or found >= 0


def test_without_a_header_there_is_no_wait():
    assert waited() is None
    assert fault_of(HttpError(429)).retry_after_s is None
    assert fault_of(ValueError()).retry_after_s is None


def test_a_header_that_is_no_text_is_none():
    error = HttpError(429)
    error.response = type("Response", (), {"headers": {"retry-after": 5, "x-request-id": 7}})()
    assert fault_of(error).retry_after_s is None
    assert fault_of(error).request_id is None


# ---- what is written down ---------------------------------------------------------------


@pytest.mark.parametrize("code", ["my private prompt", "x" * 65, "a\nb", ""])
def test_a_code_that_is_none_is_not_written_down(code):
    """A gateway put its message, and with it the prompt, where the code belongs."""
    error = HttpError(500, message="no")
    error.code = code
    assert fault_of(error).summary == "HttpError (HTTP 500)"


def test_the_request_id_is_the_providers():
    assert fault_of(HttpError(500, headers={"x-request-id": "req-7"})).request_id == "req-7"
    assert fault_of(HttpError(500)).request_id is None


def test_the_request_id_of_the_client_comes_first():
    error = HttpError(500, headers={"x-request-id": "of the header"})
    error.request_id = "of the client"
    assert fault_of(error).request_id == "of the client"


def test_the_message_is_what_the_provider_said():
    error = HttpError(400, body={"message": "max_tokens is too large"}, message="Error code: 400")
    assert fault_of(error).message == "max_tokens is too large"


@pytest.mark.parametrize("body", [None, {}, {"message": ""}, {"message": 5}, [], "<p>"], ids=repr)
def test_where_the_provider_said_nothing_the_message_is_the_exceptions(body):
    assert fault_of(HttpError(400, body=body, message="Error code: 400")).message == (
        "Error code: 400"
    )


def test_a_web_page_is_not_kept_as_a_message_in_full():
    assert len(fault_of(HttpError(502, message="<html>" + "x" * 100_000)).message) == 2_000


SAYING = f"About {PROMPT}\nand more"


@pytest.mark.parametrize(
    "error",
    [
        *(HttpError(status, message=SAYING, body={"message": SAYING}) for status in STATUSES),
        HttpError(400, code="content_filter", message=SAYING),
        HttpError(400, message=f"{SAYING}: maximum context length is 8192 tokens"),
        event("503", SAYING),
        ValueError(SAYING),
        OutputParserException(SAYING),
        validation_error(),
        after(RuntimeError(SAYING), TimeoutError(SAYING)),
        AttemptTimeoutError(SAYING, limit="timeout_s", seconds=1),
    ],
    ids=lambda error: f"{type(error).__name__} {getattr(error, 'status_code', '')}",
)
def test_nothing_of_the_prompt_is_in_a_summary(error):
    summary = fault_of(error).summary
    assert PROMPT not in summary
    assert "\n" not in summary


@pytest.mark.parametrize(
    ("error", "summary"),
    [
        (HttpError(503), "HttpError (HTTP 503)"),
        (HttpError(400, code="too_hot"), "HttpError (HTTP 400), too_hot"),
        (HttpError(401), "HttpError (HTTP 401), key not accepted"),
        (TooLongError("x"), "TooLongError, prompt too long"),
        (ValueError("x"), "ValueError"),
        (OutputParserException("x"), "schema not met"),
        (
            AttemptTimeoutError("x", limit="idle_timeout_s", seconds=1),
            "AttemptTimeoutError, idle_timeout_s",
        ),
    ],
    ids=str,
)
def test_a_summary_says_what_where_and_why(error, summary):
    assert fault_of(error).summary == summary


@pytest.mark.parametrize(
    ("cause", "said"),
    [
        (
            httpx.ConnectError("no route to host"),
            "Connection error: no route to host (http://127.0.0.1)",
        ),
        (httpx.LocalProtocolError("Illegal header value b'Bearer sk-SECRET'"), "Connection error."),
        (httpx.ReadError(""), "Connection error."),
    ],
    ids=["of the connection", "of a header", "without words"],
)
def test_why_a_connection_failed_is_said_but_no_key(cause, said):
    assert fault_of(after(openai.APIConnectionError(request=REQUEST), cause)).message == said
