"""What answers cost that were given and cannot be read: unknown, unless they say it."""

from __future__ import annotations

import asyncio
import json

import pytest
from langchain_openai import ChatOpenAI
from scripted import ANSWER, brought_router_of, delta, plain, router_of
from scripted import streamed as wired
from ways import ainvoked, astreamed, invoked, streamed

from langchain_smartroute import (
    ChainExhaustedError,
    CostCallbackHandler,
    MemoryLedger,
    SmartRouterRunnable,
)

WAYS = {"invoke": invoked, "ainvoke": ainvoked, "stream": streamed, "astream": astreamed}
EVERY_WAY = pytest.mark.parametrize("way", WAYS)
SCHEMA = {"title": "Found", "description": "x", "type": "object", "properties": {}}
UNREADABLE = {
    "empty": "",
    "no object": "[]",
    "half": json.dumps(ANSWER)[:60],
    "no JSON": "I am fine",
    "no choices": json.dumps({"id": "a", "choices": None}),
}


@EVERY_WAY
@pytest.mark.parametrize("body", UNREADABLE.values(), ids=UNREADABLE)
@pytest.mark.parametrize("method", [None, "json_schema"])
def test_the_cost_of_an_answer_that_cannot_be_read_is_unknown(serve, way, body, method):
    """It counted as free in every account, though its provider may have billed it."""
    start = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
    sent = start + b"Content-Length: %d\r\n\r\n" % len(body) + body.encode()
    router, costs = router_of(serve(sent)), CostCallbackHandler()
    runnable = router.with_structured_output(SCHEMA, method=method) if method else router
    with pytest.raises(ChainExhaustedError) as told:
        asyncio.run(WAYS[way](runnable, "Hello, in JSON", {"callbacks": [costs]}))
    assert [attempt.cost_usd for attempt in told.value.attempts] == [None, None]
    assert [(r.usage.estimated, r.cost_usd) for r in costs.records] == [(True, None)] * 2


@EVERY_WAY
@pytest.mark.parametrize("body", UNREADABLE.values(), ids=UNREADABLE)
def test_so_is_that_of_a_model_of_ones_own(serve, way, body):
    """For a `ChatOpenAI` that was brought it was still free; an error in its place is."""
    start = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
    for sent, cost in ((body, None), (json.dumps({"error": {"message": "boom"}}), 0)):
        server = serve(start + b"Content-Length: %d\r\n\r\n" % len(sent) + sent.encode())
        models = {
            name: ChatOpenAI(model=name, base_url=server.url, api_key="none")
            for name in ("one", "two")
        }
        router, costs = (
            SmartRouterRunnable.from_models(models, default="one"),
            CostCallbackHandler(),
        )
        with pytest.raises(ChainExhaustedError) as told:
            asyncio.run(WAYS[way](router, "Hello", {"callbacks": [costs]}))
        assert [attempt.cost_usd for attempt in told.value.attempts] == [cost, cost]
        assert {record.usage.estimated for record in costs.records} == {cost is None}


@EVERY_WAY
def test_a_prompt_that_cannot_be_sent_is_free(serve, way):
    """It fails with the same class as an answer that cannot be read."""
    server = serve(plain())
    model = ChatOpenAI(model="one", base_url=server.url, api_key="none")
    records = MemoryLedger()
    router = SmartRouterRunnable.from_models({"one": model}, default="one", ledger=records)
    with pytest.raises(UnicodeEncodeError):
        asyncio.run(WAYS[way](router, "Hello \ud83d", None))
    assert [record.cost_usd for record in records.records()] == [0]
    assert server.asked == 0


@pytest.mark.parametrize("way", ["invoke", "ainvoke"])
@pytest.mark.parametrize("method", ["json_schema", "json_mode", "function_calling"])
def test_a_structured_answer_that_cannot_be_read_costs_what_it_says(serve, way, method):
    """Read by the objects of `openai`'s client, its usage was overlooked."""
    router = router_of(serve(plain({**ANSWER, "choices": []})))
    structured = router.with_structured_output(SCHEMA, method=method)
    with pytest.raises(ChainExhaustedError) as told:
        asyncio.run(WAYS[way](structured, "Hello, in JSON", None))
    assert [str(attempt.cost_usd) for attempt in told.value.attempts] == ["0.000020"] * 2


PAGE = b"<!DOCTYPE html><html><body>Sign in to the guest network</body></html>"


@EVERY_WAY
@pytest.mark.parametrize("made", [router_of, brought_router_of])
@pytest.mark.parametrize("method", [None, "json_schema"])
def test_a_web_page_is_told_as_one(serve, way, made, method):
    """It was "'str' object has no attribute 'choices'", or a stream without events."""
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
    router = made(serve(head + b"Content-Length: %d\r\n\r\n" % len(PAGE) + PAGE))
    runnable = router.with_structured_output(SCHEMA, method=method) if method else router
    with pytest.raises(ChainExhaustedError, match="a web page came in the place of") as told:
        asyncio.run(WAYS[way](runnable, "Hello, in JSON", None))
    assert "is base_url the address of the API" in str(told.value)
    assert [attempt.cost_usd for attempt in told.value.attempts] == [None, None]


@EVERY_WAY
def test_an_event_of_null_is_a_keep_alive(serve, way):
    """The stream ended with "'NoneType' object has no attribute 'model_dump'"."""
    parts = "data: null\n\n", delta("fi", usage=None), "data: null\n\n", delta("ne", "stop")
    server = serve(wired(*parts, "data: [DONE]\n\n"))
    for router in (router_of(server), brought_router_of(server)):
        answer = asyncio.run(WAYS[way](router, "Hello", None))
        assert answer.text == "fine"
        assert answer.response_metadata["smartroute"]["cost"] == "0.000020"
