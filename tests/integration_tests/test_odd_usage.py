"""Usage in forms that some servers send: costs are those that it tells, else estimates."""

from __future__ import annotations

import json
import warnings

import pytest
from langchain_core.messages import AIMessageChunk
from langchain_core.runnables import RunnableGenerator
from scripted import ANSWER, USAGE, brought_router_of, call, delta, plain, router_of, streamed

from langchain_smartroute import MemoryLedger, SmartRouteError, SmartRouterRunnable

DONE = "data: [DONE]\n\n"
EVERY_WAY = pytest.mark.parametrize("way", ["invoke", "ainvoke", "stream", "astream"])
STREAMS = pytest.mark.parametrize("way", ["stream", "astream"])
TOLD, ESTIMATED = "0.000020", "0.000010"


def sent(way, usage):
    if "stream" in way:
        return streamed(delta("fi", usage=None), delta("ne", "stop", usage=usage), DONE)
    return plain({**ANSWER, "usage": usage})


def sent_apart(usage):
    """As OpenAI sends it: in a last chunk without choices."""
    chunk = {**ANSWER, "object": "chat.completion.chunk", "choices": [], "usage": usage}
    last = f"data: {json.dumps(chunk)}\n\n"
    return streamed(delta("fi", usage=None), delta("ne", "stop", usage=None), last, DONE)


ODD = {
    "NaN": {**USAGE, "prompt_tokens": float("nan")},
    "infinite": {**USAGE, "completion_tokens": float("inf")},
    "a word": {**USAGE, "prompt_tokens": "ten"},
    "a fraction": {**USAGE, "prompt_tokens": 10.7},
    "true": {**USAGE, "prompt_tokens": True},
    "below zero": {**USAGE, "prompt_tokens": -10},
    "enormous": {**USAGE, "prompt_tokens": 10**30},
    "a list": {**USAGE, "completion_tokens": [5]},
    "nothing": dict.fromkeys(USAGE),
    "a total": {"total_tokens": 15},
}
ALIKE = {name: odd for name, odd in ODD.items() if name != "true"}
"""The client's objects, which models of one's own read, make one of true."""
SOUND = {
    "details in words": {**USAGE, "prompt_tokens_details": {"cached_tokens": "many"}},
    "details of NaN": {**USAGE, "prompt_tokens_details": {"cached_tokens": float("nan")}},
    "details below zero": {**USAGE, "completion_tokens_details": {"reasoning_tokens": -4}},
    "details that are true": {**USAGE, "completion_tokens_details": {"reasoning_tokens": True}},
    "a total in words": {**USAGE, "total_tokens": "many"},
    "no total": {"prompt_tokens": 10, "completion_tokens": 5},
    "texts": {name: str(count) for name, count in USAGE.items()},
    "Anthropic's names": {"input_tokens": 10, "output_tokens": 5},
}


@EVERY_WAY
@pytest.mark.parametrize(
    ("usage", "cost"),
    [*((odd, ESTIMATED) for odd in ODD.values()), *((sound, TOLD) for sound in SOUND.values())],
    ids=[*ODD, *SOUND],
)
def test_a_count_that_is_none_spoils_no_answer(serve, way, usage, cost):
    """A stream ended in pydantic's own error, with no other model tried and no record made."""
    records = MemoryLedger()
    router = router_of(serve(sent(way, usage)), ledger=records)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        answer = call(router, way)
    assert answer.text == "fine"
    assert answer.response_metadata["smartroute"]["cost"] == cost
    (record,) = records.records()
    assert (str(record.cost_usd), record.usage.estimated) == (cost, cost == ESTIMATED)


@EVERY_WAY
@pytest.mark.parametrize(
    ("usage", "cost"),
    [*((odd, ESTIMATED) for odd in ALIKE.values()), *((sound, TOLD) for sound in SOUND.values())],
    ids=[*ALIKE, *SOUND],
)
def test_models_of_ones_own_count_alike(serve, way, usage, cost):
    """Their answers ended in an error, or warned, where those of built models did not."""
    router = brought_router_of(serve(sent(way, usage)))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        answer = call(router, way)
    assert answer.text == "fine"
    assert answer.response_metadata["smartroute"]["cost"] == cost
    (record,) = router.ledger.records()
    assert (str(record.cost_usd), record.usage.estimated) == (cost, cost == ESTIMATED)


@STREAMS
@pytest.mark.parametrize("make", [router_of, brought_router_of], ids=["built", "brought"])
@pytest.mark.parametrize(
    ("usage", "cost"),
    [*((odd, ESTIMATED) for odd in ALIKE.values()), *((sound, TOLD) for sound in SOUND.values())],
    ids=[*ALIKE, *SOUND],
)
def test_usage_in_a_last_chunk_of_its_own_counts_alike(serve, way, make, usage, cost):
    """Of models of one's own it was not mended there, where OpenAI itself sends it."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        answer = call(make(serve(sent_apart(usage))), way)
    assert answer.text == "fine"
    assert answer.response_metadata["smartroute"]["cost"] == cost


def usage_of(given, made):
    return {"prompt_tokens": given, "completion_tokens": made, "total_tokens": given + made}


@STREAMS
@pytest.mark.parametrize(
    "counts",
    [
        [(10, 1), (10, 3), (10, 5)],
        [(10, 0), (0, 1), (0, 4)],
        [(10, 1), (0, 1), (0, 3)],
        [(10, 1), (0, 2), (0, 2)],
        [(10, 0), (0, 5), (0, 0)],
        [(0, 0), (10, 5), (10, 5)],
        [(10, 5), (10, 5), (0, 0)],
    ],
    ids=str,
)
def test_tokens_count_once_however_often_they_are_reported(serve, way, counts):
    """Of a server that reports what is new since its last report, some of that was left out."""
    texts = ["f", "in", "e"]
    parts = [delta(t, usage=usage_of(*c)) for t, c in zip(texts, counts, strict=True)]
    server = serve(streamed(*parts, delta("", "stop", usage=None), DONE))
    for router in (router_of(server), brought_router_of(server)):
        answer = call(router, way)
        assert answer.usage_metadata["output_tokens"] == 5
        assert answer.response_metadata["smartroute"]["cost"] == TOLD


@STREAMS
@pytest.mark.parametrize("policy", ["first_token", "buffer"])
def test_chunks_that_cannot_be_merged_are_a_failure(way, policy):
    """They ended in LangChain's own error, with no other model tried and no record made."""

    def odd(_parts):
        yield AIMessageChunk("fi", additional_kwargs={"x": "a"})
        yield AIMessageChunk("ne", additional_kwargs={"x": 1.5})

    async def aodd(parts):
        for chunk in odd(parts):
            yield chunk

    models = {name: RunnableGenerator(odd, aodd) for name in ("one", "two")}
    router = SmartRouterRunnable.from_models(models, default="one", stream_policy=policy)
    shown = policy == "first_token"
    with pytest.raises(SmartRouteError, match="different type") as told:
        call(router, way)
    tried = [attempt.model for attempt in told.value.attempts]
    assert tried == (["one"] if shown else ["one", "two"])
    if shown:
        assert told.value.partial.text == "fi"


@STREAMS
@pytest.mark.parametrize("policy", ["first_token", "buffer"])
def test_an_end_that_cannot_be_merged_is_a_failure_too(way, policy):
    """After a finish reason errors do no harm, but what cannot be merged is no answer."""

    def odd(_parts):
        yield AIMessageChunk("fi", additional_kwargs={"x": "a"})
        end = {"finish_reason": "stop"}
        yield AIMessageChunk("ne", additional_kwargs={"x": 1.5}, response_metadata=end)

    async def aodd(parts):
        for chunk in odd(parts):
            yield chunk

    models = {name: RunnableGenerator(odd, aodd) for name in ("one", "two")}
    router = SmartRouterRunnable.from_models(models, default="one", stream_policy=policy)
    with pytest.raises(SmartRouteError, match="different type") as told:
        call(router, way)
    shown = policy == "first_token"
    assert [a.model for a in told.value.attempts] == (["one"] if shown else ["one", "two"])
