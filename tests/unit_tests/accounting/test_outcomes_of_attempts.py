"""What becomes of each attempt: failed, empty, cancelled, cached, answered by a router below."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import pytest
from langchain_core.callbacks import AsyncCallbackHandler
from langchain_core.messages import AIMessageChunk
from langchain_core.messages.ai import add_ai_message_chunks

from langchain_smartroute import (
    ChainExhaustedError,
    CostCallbackHandler,
    SmartRouterRunnable,
    StreamInterruptedError,
)
from langchain_smartroute.sandbox import Fault


def nothing_pending(costs):
    return not any((costs._running, costs._held, costs._open))


def pair(first, second):
    """A router that asks `first`, then `second`."""
    return SmartRouterRunnable.from_models({"cheap": first, "strong": second}, default="cheap")


def text_chunks(*texts, last=True):
    chunks = [AIMessageChunk(content=text, id="run-1") for text in texts]
    return [*chunks, AIMessageChunk(content="", chunk_position="last")] if last else chunks


def call_chunk(text, *, name=None):
    piece = {"name": name, "args": text, "id": "call_1" if name else None, "index": 0}
    return AIMessageChunk(content="", tool_call_chunks=[piece])


# --- failed, then a fallback


async def test_an_attempt_that_timed_out_is_free_and_recorded_first(scripted, answered):
    """Of an asynchronous one the record came last, with an estimate of the prompt's cost."""
    slow, fast = scripted(script=[answered()], wait_s=60), scripted(script=[answered()])
    router = SmartRouterRunnable.from_models(
        {"cheap": slow, "strong": fast}, default="cheap", timeout_s=0.02
    )
    costs = CostCallbackHandler()
    answer = await router.ainvoke("Hello", {"callbacks": [costs]})
    assert [(r.alias, r.outcome) for r in costs.records] == [
        ("cheap", "failed"),
        ("strong", "accepted"),
    ]
    assert (costs.records[0].usage.total_tokens, costs.records[0].cost_usd) == (0, 0)
    spent = sum(record.cost_usd for record in costs.records)
    assert Decimal(answer.response_metadata["smartroute"]["cost"]) == spent


async def test_an_answer_that_is_too_long_was_billed(scripted, answered):
    """The answer's account called it free, the record did not."""
    router = SmartRouterRunnable.from_models(
        {"long": scripted(script=[answered("x" * 11)]), "fit": scripted(script=[answered()])},
        default="long",
        max_answer_chars=10,
    )
    for call in (router.invoke, router.ainvoke):
        costs = CostCallbackHandler()
        answer = call("Hello", {"callbacks": [costs]})
        answer = await answer if call == router.ainvoke else answer
        assert [record.outcome for record in costs.records] == ["failed", "accepted"]
        told = answer.response_metadata["smartroute"]["attempts"]
        spent = [record.cost_usd for record in costs.records]
        assert [Decimal(attempt["cost"]) for attempt in told] == spent
        assert spent[0] == spent[1] > 0


@pytest.mark.parametrize("streaming", [False, True])
def test_a_failed_attempt_costs_nothing_and_adds_nothing_to_the_baseline(
    sandbox, router, dollars, streaming
):
    sandbox.set_fault("deepseek-chat", Fault(kind="status", status=503))
    costs = CostCallbackHandler(baseline="gpt-4o")
    config = {"callbacks": [costs]}
    if streaming:
        answer = add_ai_message_chunks(*router.stream("Hello", config))
    else:
        answer = router.invoke("Hello", config)
    info = answer.response_metadata["smartroute"]
    failed, accepted = costs.records
    assert [a["outcome"] for a in info["attempts"]] == ["failed", "accepted"]
    assert (failed.outcome, failed.attempt, failed.alias) == ("failed", 0, "deepseek-chat")
    assert failed.cost_usd == 0
    assert failed.usage.total_tokens == 0
    assert failed.model_name is None
    assert (accepted.outcome, accepted.attempt, accepted.alias) == ("accepted", 1, info["model"])
    assert failed.decision_id == accepted.decision_id == info["decision_id"]
    stats = costs.stats()
    usage = accepted.usage
    assert stats.baseline_cost_usd == dollars("gpt-4o", usage.input_tokens, usage.output_tokens)
    assert stats.actual_cost_usd == accepted.cost_usd == Decimal(info["cost"])
    assert stats.total_requests == 1
    assert stats.model_distribution == {info["model"]: 1}


def test_a_request_that_nobody_answers_has_its_failed_records_and_no_baseline(sandbox):
    for model in ("deepseek-chat", "deepseek-v4-pro", "gpt-4o"):
        sandbox.set_fault(model, Fault(kind="status", status=503))
    router = SmartRouterRunnable.from_catalog(base_url=sandbox.base_url)
    costs = CostCallbackHandler()
    with pytest.raises(ChainExhaustedError) as raised:
        router.invoke("Hello", {"callbacks": [costs]})
    assert [r.alias for r in costs.records] == [a.model for a in raised.value.attempts]
    assert {r.outcome for r in costs.records} == {"failed"}
    stats = costs.stats()
    assert stats.total_requests == 1
    assert (stats.actual_cost_usd, stats.baseline_cost_usd) == (0, 0)
    assert stats.savings_pct is None
    assert stats.model_distribution == {}
    assert nothing_pending(costs)


@pytest.mark.parametrize(
    "arrived",
    [text_chunks("Once upon a ", "time", last=False), [call_chunk('{"city": "Par', name="look")]],
    ids=["text", "tool call"],
)
def test_a_stream_that_breaks_is_failed_and_costs_what_had_arrived(scripted, dollars, arrived):
    """Text or the arguments of a tool call: what was sent will be billed."""
    costs = CostCallbackHandler()
    model = scripted(script=[[*arrived, RuntimeError("broken")]])
    router = SmartRouterRunnable.from_models({"small": model})
    with pytest.raises(StreamInterruptedError) as raised:
        list(router.stream("Hello", {"callbacks": [costs]}))
    (attempt,) = raised.value.attempts
    (record,) = costs.records
    assert record.outcome == attempt.outcome == "failed"
    assert record.usage.estimated
    assert record.usage.input_tokens > 0
    assert record.cost_usd == attempt.cost_usd > 0
    assert costs.stats().baseline_cost_usd == 0


# --- empty answers


@pytest.mark.parametrize("streaming", [False, True])
def test_an_empty_answer_is_failed_keeps_its_cost_and_adds_nothing_to_the_baseline(
    scripted, answered, dollars, streaming
):
    costs = CostCallbackHandler(baseline="gpt-4o")
    router = pair(
        scripted(script=[answered("", tokens=(90, 0))]),
        scripted(model_name="gpt-4o", script=[answered("Fine.", tokens=(80, 7))]),
    )
    config = {"callbacks": [costs]}
    if streaming:
        answer = add_ai_message_chunks(*router.stream("Hello", config))
    else:
        answer = router.invoke("Hello", config)
    assert answer.content == "Fine."
    empty, accepted = costs.records
    assert (empty.outcome, accepted.outcome) == ("failed", "accepted")
    assert empty.cost_usd == dollars("gpt-4o-mini", 90, 0)
    assert accepted.cost_usd == dollars("gpt-4o", 80, 7)
    total = empty.cost_usd + accepted.cost_usd
    stats = costs.stats()
    assert stats.actual_cost_usd == total
    assert Decimal(answer.response_metadata["smartroute"]["cost"]) == total
    assert stats.baseline_cost_usd == dollars("gpt-4o", 80, 7)


class _SlowToHear(AsyncCallbackHandler):
    """Holds up the end of the first run that ends."""

    def __init__(self):
        self.ended = 0

    async def on_llm_end(self, *_, **__):
        self.ended += 1
        if self.ended == 1:
            await asyncio.sleep(5)


async def test_an_answer_that_had_come_when_time_was_up_is_billed_in_account_and_record(
    scripted, answered
):
    """In a soak of 20,000 requests 45 time-outs fell between the end of a model's run and
    that of its call: the record had the whole usage, the answer's account called it free."""
    costs = CostCallbackHandler()
    first, second = (scripted(model_name="gpt-4o", script=[answered()]) for _ in range(2))
    router = SmartRouterRunnable.from_models(
        {"slow": first, "strong": second}, default="slow", timeout_s=0.2
    )
    answer = await router.ainvoke("Hello", {"callbacks": [costs, _SlowToHear()]})
    told = answer.response_metadata["smartroute"]
    assert [a["outcome"] for a in told["attempts"]] == ["failed", "accepted"]
    assert [r.outcome for r in costs.records] == ["failed", "accepted"]
    assert [Decimal(a["cost"]) for a in told["attempts"]] == [r.cost_usd for r in costs.records]
    assert all(record.cost_usd > 0 for record in costs.records)
