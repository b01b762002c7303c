"""The fault suite: a provider that misbehaves, over real HTTP, in every way of calling.

Each row says in words what is correct, then the same as expectations; rows 1 to 16 are
the published ones. Two models, `primary` and `fallback`; the fault is the primary's
unless a row says otherwise. Each row is played in seven ways, with models that the
router builds and with a user's own `ChatOpenAI`, with time limits shortened for the
primary alone, so that a busy machine does not fail a healthy fallback.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from decimal import Decimal
from email.utils import formatdate
from itertools import pairwise
from typing import Any

import pytest
from two_accounts import expect_same_accounts

from langchain_smartroute import StreamInterruptedError
from langchain_smartroute.sandbox import Fault

MONTY_HALL = "Explain Monty Hall"
WEATHER = "What's the weather in San Francisco, CA?"
ROME = "给我讲讲罗马"

P, F = "primary", "fallback"
SOURCES = ("built", "brought", "built/httpx")
"""How the models are built; the default transport is aiohttp, which the tests install."""

WAYS = (
    "invoke",
    "ainvoke",
    "abatch",
    "stream/first_token",
    "stream/buffer",
    "astream/first_token",
    "astream/buffer",
)
SHORT = {"first_token_timeout_s": 1.0, "idle_timeout_s": 1.0, "timeout_s": 1.6}
"""At 0.8 seconds a busy machine had not always sent the request by then."""
BREAKS = {"first_token": P}
OWN_KEY = {"base_url": lambda at: at.server.base_url, "api_key_env": "FAULTS_OTHER_KEY"}
NEXT = (P, F)
AGAIN = (P, P)


def status(number, **fields):
    return Fault(kind="status", status=number, **fields)


TOO_LONG = status(
    400,
    code="context_length_exceeded",
    message="prompt is too long: 9000 tokens",
)


@dataclass(frozen=True, kw_only=True)
class Row:
    """A fault and what is correct.

    Attributes:
        name: Of the row.
        says: The correct behaviour in words.
        primary: The primary's fault.
        fallback: The fallback's fault.
        tries: Whom the attempts go to; all but an answering last one fail.
        ends: Who answers, or the class of the error.
        cause: A class that the `__cause__` of the error is of.
        breaks: Stream policy → whose stream breaks after part of it was shown. Then the
            caller gets a `StreamInterruptedError` with that part.
        breaker: What the primary's breaker makes of it: `counts`, `opens`, `none`.
        gap_s: Seconds between the primary's two attempts, at least and at most.
        takes_s: Seconds of the whole request, at least and at most.
        unseen: Models whose requests do not reach the provider.
        usage: Whether it is the one `told`, or `estimated`.
        usage_of_brought_streams: The same where a user's own `ChatOpenAI` streams, if
            it differs: `summed` is what LangChain makes of several.
        spec: What is special about the primary.
        fallback_spec: What is special about the fallback.
        settings: What is special about the router.
        request: What is asked.
        tools: Whether a tool is offered.
    """

    name: str
    says: str
    primary: Any = None
    fallback: Any = None
    tries: tuple[str, ...] = NEXT
    ends: str = F
    cause: str | None = None
    breaks: Any = field(default_factory=dict)
    breaker: str = "counts"
    gap_s: tuple[float, float] = (0.0, 20.0)
    takes_s: tuple[float, float] = (0.0, 15.0)
    unseen: tuple[str, ...] = ()
    usage: str = "told"
    usage_of_brought_streams: str | None = None
    spec: Any = field(default_factory=dict)
    fallback_spec: Any = field(default_factory=dict)
    settings: Any = field(default_factory=dict)
    request: str = MONTY_HALL
    tools: bool = False


TABLE = (
    Row(
        name="01 limited once, with Retry-After",
        says="tried again after the wait that is asked for, never before",
        primary=status(429, retry_after="1", times=1),
        tries=AGAIN,
        ends=P,
        gap_s=(0.99, 10),
    ),
    Row(
        name="02 always limited",
        says="nobody asked for a wait: the fallback at once, no second attempt",
        primary=status(429),
    ),
    Row(
        name="03 server error once",
        says="one retry on the same model, soon",
        primary=status(500, times=1),
        tries=AGAIN,
        ends=P,
        gap_s=(0, 5),
    ),
    Row(
        name="04 always unavailable",
        says="the fallback at once",
        primary=status(503),
    ),
    Row(
        name="05 reset once before headers",
        says="one retry on the same model, soon",
        primary=Fault(kind="reset", times=1),
        tries=AGAIN,
        ends=P,
        gap_s=(0, 5),
    ),
    Row(
        name="06 accepts and never answers",
        says="the fallback after the first time-out; the silent model is not tried again",
        primary=Fault(kind="hang"),
        spec=SHORT,
        takes_s=(1.0, 9),
    ),
    Row(
        name="07 headers at once, the first token late",
        says="the first-token limit counts content, not headers",
        primary=Fault(kind="slow_first_token", seconds=30),
        spec=SHORT,
        takes_s=(1.0, 9),
    ),
    Row(
        name="08 cut after 40 tokens",
        says="the whole answer through the fallback, or the error with what was shown",
        primary=Fault(kind="cut", after_tokens=40),
        breaks=BREAKS,
        cause="APIConnectionError",
    ),
    Row(
        name="09 silent after 20 tokens",
        says="the silence is noticed in time, then as a cut",
        primary=Fault(kind="stall", after_tokens=20),
        spec=SHORT,
        breaks=BREAKS,
        cause="AttemptTimeoutError",
        takes_s=(1.0, 9),
    ),
    Row(
        name="10 the tenth event is no JSON",
        says="as a cut: what came before is no answer, what comes after is not read",
        primary=Fault(kind="malformed_event", after_tokens=9),
        breaks=BREAKS,
        cause="JSONDecodeError",
    ),
    Row(
        name="11 no [DONE]",
        says="a complete answer, with its usage",
        primary=Fault(kind="no_done"),
        tries=(P,),
        ends=P,
    ),
    Row(
        name="11 no [DONE], and the connection stays open",
        says="a complete answer, with its usage, soon after its finish reason",
        primary=Fault(kind="hold_open"),
        tries=(P,),
        ends=P,
        spec={"idle_timeout_s": 30},
    ),
    Row(
        name="12 prompt too long",
        says="not the same model again; one with a larger window",
        primary=TOO_LONG,
        breaker="none",
    ),
    Row(
        name="12 prompt too long, no larger window",
        says="the provider's own error, which is LangChain's ContextOverflowError",
        primary=TOO_LONG,
        fallback_spec={"context_window": 8_000},
        tries=(P,),
        ends="OpenAIContextOverflowError",
        breaker="none",
    ),
    Row(
        name="12 prompt too long in a vendor's own words, no larger window",
        says="an error that is LangChain's ContextOverflowError all the same",
        primary=status(400, message="Range of input length should be [1, 8000]"),
        fallback_spec={"context_window": 8_000},
        tries=(P,),
        ends="ChainOverflowError",
        cause="OpenAIInvalidRequestError",
        breaker="none",
    ),
    Row(
        name="13 refused by the content filter",
        says="neither retried nor routed around: the provider's reason",
        primary=status(400, code="content_policy_violation"),
        tries=(P,),
        ends="OpenAIInvalidRequestError",
        breaker="none",
    ),
    Row(
        name="13 refused by the content filter, and that may be rerouted",
        says="the fallback is asked",
        primary=status(400, code="content_policy_violation"),
        settings={"on_content_filter": "fallback"},
        breaker="none",
    ),
    Row(
        name="14 cut, and the fallback takes no trailing assistant message",
        says="a clean restart: that 400 is never seen",
        primary=Fault(kind="cut", after_tokens=40),
        fallback=Fault(kind="reject_prefill"),
        breaks=BREAKS,
        cause="APIConnectionError",
    ),
    Row(
        name="16 always unavailable, for a minute",
        says="the fallback's name and usage; what failed costs nothing",
        primary=status(503, retry_after="60"),
    ),
    Row(
        name="408",
        says="a time-out of the provider's: the fallback, no retry",
        primary=status(408),
    ),
    Row(
        name="409",
        says="a conflict that may have passed: once more, then the fallback",
        primary=status(409),
        tries=(P, P, F),
        gap_s=(0, 5),
    ),
    Row(
        name="402",
        says="no balance is the same with the same key: the provider's own error",
        primary=status(402),
        tries=(P,),
        ends="APIStatusError",
        breaker="opens",
    ),
    Row(
        name="402 with a key of its own",
        says="another key may have a balance: the fallback",
        primary=status(402),
        spec=OWN_KEY,
        breaker="opens",
    ),
    Row(
        name="401",
        says="the same key is refused everywhere: the provider's own error",
        primary=status(401, code="invalid_api_key"),
        tries=(P,),
        ends="OpenAIAuthenticationError",
        breaker="opens",
    ),
    Row(
        name="401 with one wrong key of two",
        says="the other key may be right: the fallback",
        primary=status(401, code="invalid_api_key"),
        spec=OWN_KEY,
        breaker="opens",
    ),
    Row(
        name="403",
        says="the same key has no more rights elsewhere: the provider's own error",
        primary=status(403),
        tries=(P,),
        ends="OpenAIPermissionDeniedError",
        breaker="opens",
    ),
    Row(
        name="404 model",
        says="the fallback; the model is left alone from now on",
        primary=status(404, code="model_not_found"),
        breaker="opens",
    ),
    Row(
        name="400",
        says="a request that is wrong is wrong everywhere: the provider's own error",
        primary=status(400),
        tries=(P,),
        ends="OpenAIInvalidRequestError",
        breaker="none",
    ),
    Row(
        name="error event instead of a first token",
        says="HTTP 200 says nothing: the fallback",
        primary=Fault(kind="error_event"),
    ),
    Row(
        name="error event in the middle",
        says="as a cut",
        primary=Fault(kind="error_event", after_tokens=5),
        breaks=BREAKS,
        cause="APIError",
    ),
    Row(
        name="empty body",
        says="HTTP 200 without an answer is a failure",
        primary=Fault(kind="empty"),
    ),
    Row(
        name="empty choices",
        says="HTTP 200 without an answer is a failure",
        primary=Fault(kind="empty_choices"),
    ),
    Row(
        name="a page instead of JSON",
        says="HTTP 200 without an answer is a failure",
        primary=Fault(kind="html"),
    ),
    Row(
        name="a truncated JSON body",
        says="HTTP 200 without an answer is a failure",
        primary=Fault(kind="malformed_event"),
    ),
    Row(
        name="doubled end and usage in every chunk",
        says="one answer, counted once",
        primary=Fault(kind="duplicate"),
        usage_of_brought_streams="summed",
        tries=(P,),
        ends=P,
    ),
    Row(
        name="torn characters",
        says="the text, whole",
        primary=Fault(kind="split"),
        request=ROME,
        tries=(P,),
        ends=P,
    ),
    Row(
        name="tool call cut in its arguments",
        says="half a call is never made: as a cut",
        primary=Fault(kind="cut", after_tokens=2),
        request=WEATHER,
        tools=True,
        breaks=BREAKS,
        cause="APIConnectionError",
    ),
    Row(
        name="tool call that ends silently in its arguments",
        says="half a call is never made: as a cut",
        primary=Fault(kind="truncate", after_tokens=2),
        request=WEATHER,
        tools=True,
        breaks=BREAKS,
        cause="ConnectionError",
    ),
    Row(
        name="silent end",
        says="an answer without finish reason was cut, though the client says nothing",
        primary=Fault(kind="truncate", after_tokens=40),
        breaks=BREAKS,
        cause="ConnectionError",
    ),
    Row(
        name="no usage",
        says="the answer counts; its usage is estimated and marked so",
        primary=Fault(kind="no_usage"),
        tries=(P,),
        ends=P,
        usage="estimated",
    ),
    Row(
        name="negative usage",
        says="no count can be that: estimated and marked so",
        primary=Fault(kind="bad_usage", amount=-5),
        tries=(P,),
        ends=P,
        usage="estimated",
    ),
    Row(
        name="absurd usage",
        says="no count can be that: estimated and marked so",
        primary=Fault(kind="bad_usage", amount=10**12),
        tries=(P,),
        ends=P,
        usage="estimated",
    ),
    Row(
        name="an answer longer than is accepted",
        says="it is left, and the fallback asked",
        primary=Fault(kind="huge", amount=30_000),
        settings={"max_answer_chars": 10_000},
        breaks=BREAKS,
        cause="AnswerTooLongError",
    ),
    Row(
        name="two answers longer than is accepted",
        says="a clear error that names the limit",
        primary=Fault(kind="huge", amount=3_000_000),
        fallback=Fault(kind="huge", amount=3_000_000),
        settings={"max_answer_chars": 10_000},
        ends="ChainExhaustedError",
        breaks={"first_token": P, "buffer": F},
        cause="AnswerTooLongError",
    ),
    Row(
        name="a byte now and then",
        says="bytes without content are silence",
        primary=Fault(kind="drip", seconds=0.05),
        spec=SHORT,
        takes_s=(1.0, 9),
    ),
    Row(
        name="signs of life without content",
        says="comments, blank lines and empty deltas are silence",
        primary=Fault(kind="heartbeat", seconds=0.02),
        spec=SHORT,
        takes_s=(1.0, 9),
    ),
    Row(
        name="a host that does not exist",
        says="as refused: once more, then the fallback",
        primary=None,
        spec={"base_url": "http://nowhere.invalid/v1", "api_key_env": "FAULTS_OTHER_KEY"},
        tries=(P, P, F),
        unseen=(P,),
    ),
    Row(
        name="a host that speaks no TLS",
        says="it will speak none the next time either: the fallback at once",
        spec={
            **OWN_KEY,
            "base_url": lambda at: at.server.base_url.replace("http:", "https:"),
        },
        unseen=(P,),
    ),
    Row(
        name="redirect to another host",
        says="prompt and key stay; the fallback is asked",
        primary=lambda at: Fault(
            kind="redirect", location=f"{at.elsewhere.base_url}/chat/completions"
        ),
    ),
    Row(
        name="Retry-After as a date",
        says="as in seconds",
        primary=lambda _: status(429, retry_after=formatdate(time.time() + 4), times=1),
        tries=AGAIN,
        ends=P,
        gap_s=(0.9, 10),
    ),
    Row(
        name="Retry-After of thirty years",
        says="not a wait but a refusal: the fallback at once",
        primary=status(429, retry_after=str(10**9)),
    ),
    Row(
        name="both fail, in different ways",
        says="one error with every attempt; the last one's own is the cause",
        primary=status(503),
        fallback=status(408),
        ends="ChainExhaustedError",
        cause="APIStatusError",
    ),
    Row(
        name="both are silent",
        says="each has its own time; then one error, whose cause names the limit",
        primary=Fault(kind="hang"),
        fallback=Fault(kind="hang"),
        settings=SHORT,
        ends="ChainExhaustedError",
        cause="AttemptTimeoutError",
        takes_s=(2.0, 12),
    ),
    Row(
        name="silent until the deadline",
        says="the request is over, so nobody else is asked; the primary is not to blame",
        primary=Fault(kind="hang"),
        settings={"deadline_s": 1.0},
        tries=(P,),
        ends="AttemptTimeoutError",
        breaker="none",
        takes_s=(1.0, 8),
    ),
    Row(
        name="Retry-After beyond the deadline",
        says="a wait that the request has no time for: the fallback at once",
        primary=status(429, retry_after="4", times=1),
        settings={"deadline_s": 3.5},
        takes_s=(0.0, 3.5),
    ),
    Row(
        name="both are limited",
        says="an error that is LangChain's ModelRateLimitError; the last is tried thrice",
        primary=status(429),
        fallback=status(429),
        tries=(P, F, F, F),
        ends="ChainRateLimitError",
        cause="OpenAIRateLimitError",
    ),
    Row(
        name="too long for both",
        says="an error that is LangChain's ContextOverflowError",
        primary=TOO_LONG,
        fallback=TOO_LONG,
        ends="ChainOverflowError",
        cause="OpenAIContextOverflowError",
        breaker="none",
    ),
    Row(
        name="the fallback is cut after the primary was",
        says="never the parts of two answers: the error with what was shown of one",
        primary=Fault(kind="cut", after_tokens=40),
        fallback=Fault(kind="cut", after_tokens=20),
        ends="ChainExhaustedError",
        breaks={"first_token": P, "buffer": F},
        cause="APIConnectionError",
    ),
    Row(
        name="the fallback is cut after the primary failed at once",
        says="the error with what was shown, and both attempts",
        primary=status(503),
        fallback=Fault(kind="cut", after_tokens=20),
        ends="ChainExhaustedError",
        breaks={"first_token": F, "buffer": F},
        cause="APIConnectionError",
    ),
)
ONES = [
    (way, source)
    for way in WAYS
    for source in SOURCES
    if way.startswith("a") or source != "built/httpx"
]


def test_every_row_has_a_name_of_its_own():
    assert len({row.name for row in TABLE}) == len(TABLE)


@pytest.mark.parametrize(("way", "source"), ONES, ids=["-".join(one) for one in ONES])
@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.name)
def test_fault(played, playground, row, way, source):
    outcome = played(row, ONES, way, source)
    policy = way.partition("/")[2]
    if policy and source == "brought" and row.usage_of_brought_streams:
        row = replace(row, usage=row.usage_of_brought_streams)
    broken = row.breaks.get(policy)
    tries = row.tries[: row.tries.index(broken) + 1] if broken else row.tries
    if broken:
        _expect_interrupted(row, outcome, by=broken)
    elif row.ends in (P, F):
        _expect_whole(row, outcome, playground.healthy(row.request, tools=row.tools))
    else:
        _expect_error(row, outcome)
    answers = not broken and row.ends in (P, F)
    _expect_attempts(row, outcome, tries, answers=answers)
    _expect_account(row, outcome, tries, answers=answers)
    _expect_breaker(row, outcome, tries)
    least, most = row.takes_s
    assert least <= outcome.took_s <= most, row.says
    assert outcome.runs.begun
    assert not outcome.runs.open, "a run was left open"
    expect_same_accounts(outcome.records, outcome.own)


def _expect_whole(row, outcome, healthy):
    """The fixed answer, complete and once, from the candidate that the row expects."""
    if outcome.error is not None:
        raise AssertionError(row.says) from outcome.error
    message = outcome.message
    assert message.text == healthy.text, row.says
    assert [(c["name"], c["args"]) for c in message.tool_calls] == [
        (c["name"], c["args"]) for c in healthy.tool_calls
    ], row.says
    assert message.response_metadata["smartroute"]["model"] == row.ends
    if row.usage == "told":
        assert message.usage_metadata == healthy.usage_metadata, row.says


def _expect_interrupted(row, outcome, *, by):
    """The error with exactly what was shown."""
    error = outcome.error
    assert isinstance(error, StreamInterruptedError), row.says
    assert type(error) is StreamInterruptedError
    shown = [chunk for chunk in outcome.shown if chunk.text or chunk.tool_call_chunks]
    assert shown
    assert error.partial.text == "".join(chunk.text for chunk in shown)
    assert len(error.partial.tool_call_chunks) == len(
        {call["index"] for chunk in shown for call in chunk.tool_call_chunks}
    )
    assert error.attempts[-1].model == by
    assert _is_a(error.__cause__, row.cause)


def _expect_error(row, outcome):
    """The same error in every way of calling, and nothing shown before it."""
    error = outcome.error
    assert outcome.message is None
    assert type(error).__name__ == row.ends, row.says
    assert not outcome.shown
    if not row.ends.startswith("Chain"):
        assert error.__notes__[-1].startswith(f"smartroute: model {row.tries[0]}, ")
    else:
        assert _is_a(error.__cause__, row.cause)


def _is_a(error, name):
    return name in [kind.__name__ for kind in type(error).__mro__]


def _expect_attempts(row, outcome, tries, *, answers):
    """The calls per candidate, as in the account and as seen by the provider."""
    if len(tries) > 1 or answers or outcome.attempts:
        failed = [(alias, "failed") for alias in tries]
        assert outcome.attempts == ([*failed[:-1], (tries[-1], "accepted")] if answers else failed)
    for alias in (P, F):
        expected = 0 if alias in row.unseen else tries.count(alias)
        assert len(outcome.seen[alias]) == expected, row.says
    times = [request.at_s for request in outcome.seen[P]]
    for first, second in pairwise(times):
        assert row.gap_s[0] <= second - first <= row.gap_s[1], row.says


def _expect_account(row, outcome, tries, *, answers):
    """One record an attempt; the answer's cost is theirs, and what failed unheard is free."""
    records = outcome.records
    assert [record.alias for record in records] == list(tries)
    assert [r.outcome for r in records[:-1]] == ["failed"] * (len(tries) - 1)
    assert records[-1].outcome == ("accepted" if answers else "failed")
    for record in records:
        if not record.usage.total_tokens:
            assert record.cost_usd == 0
    if not answers:
        return
    last = records[-1]
    assert last.usage.estimated == (row.usage == "estimated")
    assert last.cost_usd == _price(last.usage) > 0
    if row.usage == "told":
        told = outcome.message.usage_metadata
        counted = (last.usage.input_tokens, last.usage.output_tokens)
        assert counted == (told["input_tokens"], told["output_tokens"])
    info = outcome.message.response_metadata["smartroute"]
    costs = [record.cost_usd for record in records]
    assert [_amount(attempt["cost"]) for attempt in info["attempts"]] == costs
    assert _amount(info["cost"]) == (None if None in costs else sum(costs))


def _amount(told):
    return None if told is None else Decimal(told)


def _price(usage):
    return (usage.input_tokens * Decimal(2) + usage.output_tokens * Decimal(8)) / 10**6


def _expect_breaker(row, outcome, tries):
    """What the primary's breaker made of the failures."""
    health = outcome.health[P]
    answered = row.ends == P
    failures = tries.count(P) - answered
    if row.breaker == "opens":
        assert health.state == "open"
        return
    assert health.state == "closed"
    assert health.failures == (failures if row.breaker == "counts" else 0)


def test_no_prompt_and_no_key_followed_a_redirect(played, playground):
    """After the table, as it is the table's requests that must not have come."""
    row = next(row for row in TABLE if row.name.startswith("redirect"))
    played(row, ONES, "invoke", "built")
    assert playground.elsewhere.requests == ()
