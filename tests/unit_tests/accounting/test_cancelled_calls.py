"""Calls that are cancelled and streams that are abandoned: one record, nothing left pending."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import pytest
from langchain_core.callbacks import AsyncCallbackHandler, BaseCallbackHandler
from langchain_core.messages import AIMessageChunk
from langchain_core.messages.ai import add_ai_message_chunks
from langchain_core.prompts import ChatPromptTemplate

from langchain_smartroute import Catalog, CostCallbackHandler, SmartRouterRunnable
from langchain_smartroute.sandbox import Fault


def nothing_pending(costs):
    return not any((costs._running, costs._held, costs._open))


def pair(first, second):
    """A router that asks `first`, then `second`."""
    return SmartRouterRunnable.from_models({"cheap": first, "strong": second}, default="cheap")


def text_chunks(*texts, last=True):
    chunks = [AIMessageChunk(content=text, id="run-1") for text in texts]
    return [*chunks, AIMessageChunk(content="", chunk_position="last")] if last else chunks


async def test_a_cancelled_call_is_one_cancelled_record(sandbox, router, dollars):
    sandbox.set_fault("deepseek-chat", Fault(kind="hang", times=1))
    emitted = []
    costs = CostCallbackHandler(on_record=emitted.append)
    call = asyncio.create_task(router.ainvoke("Hello", {"callbacks": [costs]}))
    while not sandbox.requests:  # noqa: ASYNC110 - a server in a thread tells no event loop
        await asyncio.sleep(0.01)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    (record,) = costs.records
    assert emitted == [record]
    assert (record.outcome, record.alias) == ("cancelled", "deepseek-chat")
    assert record.usage.estimated
    assert record.usage.input_tokens > 0
    assert record.cost_usd == dollars("deepseek-chat", record.usage.input_tokens, 0)
    stats = costs.stats()
    assert (stats.total_requests, stats.baseline_cost_usd) == (1, 0)
    assert nothing_pending(costs)


@pytest.mark.parametrize("way", ["invoke", "stream", "ainvoke", "astream"])
async def test_an_attempt_that_the_router_gave_up_costs_what_its_answer_tells(sandbox, way):
    """A soak found it: of a silent model the answer told $0, its record the price of the prompt.

    A blocking call ends in the time-out of its client, an asynchronous one is cancelled;
    both are the same failed attempt, of which nothing has arrived.
    """
    sandbox.set_fault("deepseek-chat", Fault(kind="hang"))
    known = Catalog.load("default").models
    impatient = {"first_token_timeout_s": 0.1, "timeout_s": 0.1}
    router = SmartRouterRunnable.from_models(
        {
            "silent": known["deepseek-chat"].model_copy(update=impatient),
            "good": known["deepseek-v4-pro"],
        },
        base_url=sandbox.base_url,
    )
    costs = CostCallbackHandler()
    config = {"callbacks": [costs]}
    if way == "invoke":
        answer = router.invoke("Hello", config)
    elif way == "ainvoke":
        answer = await router.ainvoke("Hello", config)
    elif way == "stream":
        answer = add_ai_message_chunks(*router.stream("Hello", config))
    else:
        chunks = [chunk async for chunk in router.astream("Hello", config)]
        answer = add_ai_message_chunks(*chunks)
    told = answer.response_metadata["smartroute"]["attempts"]
    failed, accepted = sorted(costs.records, key=lambda record: record.attempt)
    assert (told[0]["outcome"], told[0]["cost"]) == ("failed", "0")
    assert (failed.outcome, failed.cost_usd, failed.usage.total_tokens) == ("failed", 0, 0)
    assert (accepted.outcome, accepted.cost_usd) == ("accepted", Decimal(told[1]["cost"]))


async def test_a_call_that_is_cancelled_as_its_run_begins_leaves_nothing_pending(
    scripted, answered
):
    """A handler that takes its time, such as a tracer, was told of the run after the costs."""
    begun, ended = asyncio.Event(), []

    class Slow(AsyncCallbackHandler):
        async def on_chain_start(self, *args, **kwargs):
            begun.set()
            await asyncio.sleep(60)

    class Watching(AsyncCallbackHandler):
        run_inline = True

        async def on_chain_error(self, error, **kwargs):
            ended.append(type(error))

    costs = CostCallbackHandler()
    router = SmartRouterRunnable.from_models({"small": scripted(script=[answered()])})
    for way in (router.ainvoke, lambda *asked: anext(aiter(router.astream(*asked)))):
        begun.clear()
        call = asyncio.ensure_future(way("Hello", {"callbacks": [Slow(), costs, Watching()]}))
        await begun.wait()
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        assert nothing_pending(costs)
    assert ended == [asyncio.CancelledError] * 2
    assert costs.records == ()


async def test_a_call_that_runs_into_the_callers_time_limit_is_cancelled(scripted, answered):
    costs = CostCallbackHandler()
    router = SmartRouterRunnable.from_models({"slow": scripted(script=[answered()], wait_s=60)})
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(router.ainvoke("Hello", {"callbacks": [costs]}), timeout=0.5)
    assert [record.outcome for record in costs.records] == ["cancelled"]
    assert nothing_pending(costs)


async def test_a_cancelled_chain_leaves_nothing_pending(scripted, answered):
    costs = CostCallbackHandler()
    router = SmartRouterRunnable.from_models({"slow": scripted(script=[answered()], wait_s=60)})
    chain = ChatPromptTemplate.from_template("{text}") | router
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(chain.ainvoke({"text": "x"}, {"callbacks": [costs]}), timeout=0.5)
    assert [record.outcome for record in costs.records] == ["cancelled"]
    assert nothing_pending(costs)


async def test_cancelling_one_of_many_calls_touches_no_other(scripted, answered):
    costs = CostCallbackHandler()
    slow = SmartRouterRunnable.from_models({"slow": scripted(script=[answered()], wait_s=60)})
    fast = SmartRouterRunnable.from_models({"fast": scripted(script=[answered()], wait_s=0.05)})
    config = {"callbacks": [costs]}
    doomed = asyncio.create_task(slow.ainvoke("Hello", config))
    while not costs._running:  # noqa: ASYNC110 - the handler has no event of a begun run
        await asyncio.sleep(0.001)
    others = [asyncio.create_task(fast.ainvoke("Hello", config)) for _ in range(5)]
    await asyncio.sleep(0)
    doomed.cancel()
    await asyncio.gather(*others)
    with pytest.raises(asyncio.CancelledError):
        await doomed
    outcomes = sorted(record.outcome for record in costs.records)
    assert outcomes == ["accepted"] * 5 + ["cancelled"]
    assert nothing_pending(costs)


async def test_a_cancelled_fallback_keeps_the_failed_attempt_before_it(scripted, answered):
    costs = CostCallbackHandler()
    router = pair(scripted(script=[RuntimeError("down")]), scripted(script=[answered()], wait_s=60))
    failing = router.ainvoke("Hello", {"callbacks": [costs]})
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(failing, timeout=0.5)
    assert [(r.attempt, r.outcome) for r in costs.records] == [(0, "failed"), (1, "cancelled")]
    assert costs.records[0].cost_usd == 0
    assert nothing_pending(costs)


def test_an_abandoned_stream_is_one_cancelled_record(scripted, dollars):
    emitted = []
    costs = CostCallbackHandler(on_record=emitted.append)
    model = scripted(script=[text_chunks("Once ", "upon ", "a time")])
    stream = SmartRouterRunnable.from_models({"small": model}).stream(
        "Hello", {"callbacks": [costs]}
    )
    assert next(stream).content == "Once "
    assert costs.records == ()
    stream.close()
    (record,) = costs.records
    assert emitted == [record]
    assert record.outcome == "cancelled"
    assert record.usage.estimated
    assert record.cost_usd == dollars(
        "gpt-4o-mini", record.usage.input_tokens, record.usage.output_tokens
    )
    assert record.usage.output_tokens > 0
    assert costs.stats().baseline_cost_usd == 0
    assert nothing_pending(costs)


async def test_an_abandoned_async_stream_is_one_cancelled_record(scripted):
    emitted = []
    costs = CostCallbackHandler(on_record=emitted.append)
    model = scripted(script=[text_chunks("Once ", "upon ", "a time")])
    stream = SmartRouterRunnable.from_models({"small": model}).astream(
        "Hello", {"callbacks": [costs]}
    )
    assert (await anext(stream)).content == "Once "
    await stream.aclose()
    assert [record.outcome for record in emitted] == ["cancelled"]
    assert list(costs.records) == emitted
    assert nothing_pending(costs)


async def test_a_stream_cancelled_by_its_task_is_one_cancelled_record(sandbox):
    sandbox.set_fault("deepseek-chat", Fault(kind="stall", after_tokens=1))
    router = SmartRouterRunnable.from_catalog(base_url=sandbox.base_url, timeout=5)
    costs = CostCallbackHandler()
    seen = asyncio.Event()

    async def read():
        async for chunk in router.astream("Hello", {"callbacks": [costs]}):
            if chunk.content:
                seen.set()

    reading = asyncio.create_task(read())
    await asyncio.wait_for(seen.wait(), timeout=5)
    # Python 3.11's wait_for, which langchain-openai reads with, loses a cancellation
    # that comes together with a chunk; by then it waits for one that never comes.
    await asyncio.sleep(0.05)
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    (record,) = costs.records
    assert record.outcome == "cancelled"
    assert record.usage.estimated
    assert nothing_pending(costs)


def test_a_caller_who_stops_after_the_last_chunk_has_an_accepted_answer(scripted, answered):
    """The last chunk's account says `accepted`; the record of the same attempt says the same."""
    costs = CostCallbackHandler()
    router = SmartRouterRunnable.from_models({"small": scripted(script=[answered()])})
    for chunk in router.stream("Hello", {"callbacks": [costs]}):
        if chunk.chunk_position == "last":
            info = chunk.response_metadata["smartroute"]
            break
    assert [a["outcome"] for a in info["attempts"]] == ["accepted"]
    assert [record.outcome for record in costs.records] == ["accepted"]
    assert costs.records[0].usage.total_tokens == 120


def test_a_keyboard_interrupt_is_a_cancelled_record(scripted, answered):
    costs = CostCallbackHandler()

    def interrupt():
        raise KeyboardInterrupt

    model = scripted(script=[answered()], before=interrupt)
    with pytest.raises(KeyboardInterrupt):
        SmartRouterRunnable.from_models({"small": model}).invoke("Hello", {"callbacks": [costs]})
    assert [record.outcome for record in costs.records] == ["cancelled"]
    assert nothing_pending(costs)


class Settlements(BaseCallbackHandler):
    """Any handler may listen to what becomes of attempts."""

    def __init__(self):
        self.told = []

    def on_settled(self, decision_id, attempts):
        self.told.append([(attempt.model, attempt.outcome) for attempt in attempts])


def test_every_handler_that_listens_is_told_once_of_a_cancelled_attempt(scripted):
    listener, costs = Settlements(), CostCallbackHandler()
    script = [text_chunks("Once ", "upon")]
    router = pair(scripted(script=[RuntimeError("down")]), scripted(script=script))
    stream = router.stream("Hello", {"callbacks": [listener, listener, costs]})
    next(stream)
    stream.close()
    assert listener.told == [[("cheap", "failed"), ("strong", "cancelled")]]
    assert [(r.alias, r.outcome) for r in costs.records] == listener.told[0]
