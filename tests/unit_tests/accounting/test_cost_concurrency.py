"""Records from many threads and tasks add up exactly."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from uuid import uuid4

from langchain_core.messages import AIMessage, HumanMessage
from langchain_core.outputs import ChatGeneration, LLMResult

from langchain_smartroute import CostCallbackHandler, SmartRouterRunnable, track_costs

THREADS = 16
RUNS = 10_000


def nothing_pending(costs):
    return not any((costs._running, costs._held, costs._open))


def test_ten_thousand_runs_from_sixteen_threads_add_up_exactly(dollars):
    emitted = []
    costs = CostCallbackHandler(on_record=emitted.append)
    barrier = threading.Barrier(THREADS)
    ask = [[HumanMessage("Hello")]]

    def work(thread):
        barrier.wait()
        for number in range(thread, RUNS, THREADS):
            run_id = uuid4()
            costs.on_chat_model_start(
                None, ask, run_id=run_id, metadata={"ls_model_name": "gpt-4o-mini"}
            )
            if number % 10 == 0:
                costs.on_llm_error(RuntimeError("down"), run_id=run_id)
                continue
            usage = {"input_tokens": number, "output_tokens": 1, "total_tokens": number + 1}
            message = AIMessage(content="Fine.", usage_metadata=usage)
            generation = ChatGeneration(message=message)
            costs.on_llm_end(LLMResult(generations=[[generation]]), run_id=run_id)

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(work, range(THREADS)))
    answered = [number for number in range(RUNS) if number % 10]
    stats = costs.stats()
    assert len(costs.records) == len(emitted) == stats.total_requests == RUNS
    assert Counter(r.outcome for r in costs.records) == {"accepted": 9_000, "failed": 1_000}
    assert stats.total_tokens == sum(number + 1 for number in answered)
    assert stats.actual_cost_usd == dollars("gpt-4o-mini", sum(answered), len(answered))
    assert stats.baseline_cost_usd == dollars("gpt-4o", sum(answered), len(answered))
    assert len({record.run_id for record in costs.records}) == RUNS
    assert not costs._running


def test_routed_calls_from_sixteen_threads_add_up_to_what_the_answers_say(scripted, answered):
    costs = CostCallbackHandler()
    router = SmartRouterRunnable.from_models(
        {
            "cheap": scripted(script=[answered("", tokens=(11, 0))]),
            "strong": scripted(model_name="gpt-4o", script=[answered(tokens=(70, 13))]),
        },
        default="cheap",
        breaker=None,
    )

    def work(_):
        return router.invoke("Hello", {"callbacks": [costs]}).response_metadata["smartroute"]

    with ThreadPoolExecutor(THREADS) as pool:
        told = list(pool.map(work, range(THREADS * 20)))
    stats = costs.stats()
    assert stats.total_requests == len(told)
    assert len(costs.records) == 2 * len(told)
    assert stats.actual_cost_usd == sum(Decimal(info["cost"]) for info in told)
    assert {info["decision_id"] for info in told} == {r.decision_id for r in costs.records}
    assert nothing_pending(costs)


async def test_a_thousand_tasks_add_up_to_what_the_answers_say(scripted, answered, dollars):
    costs = CostCallbackHandler()
    model = scripted(script=[answered(tokens=(n, 1)) for n in range(1, 1_001)])
    router = SmartRouterRunnable.from_models({"small": model})
    with track_costs() as tracked:
        answers = await asyncio.gather(
            *(router.ainvoke("Hello", {"callbacks": [costs]}) for _ in range(1_000))
        )
    told = [Decimal(answer.response_metadata["smartroute"]["cost"]) for answer in answers]
    expected = dollars("gpt-4o-mini", sum(range(1, 1_001)), 1_000)
    for handler in (costs, tracked):
        assert len(handler.records) == 1_000
        assert sum(record.cost_usd for record in handler.records) == expected
        assert handler.stats().actual_cost_usd == expected
        assert nothing_pending(handler)
    assert sum(told) == expected
    by_decision = {record.decision_id: record.cost_usd for record in costs.records}
    for answer, cost in zip(answers, told, strict=True):
        assert by_decision[answer.response_metadata["smartroute"]["decision_id"]] == cost


def test_a_tracked_block_follows_langchains_batch_into_its_threads(router):
    with track_costs() as tracked:
        router.batch([f"Hello {n}" for n in range(20)], {"max_concurrency": 8})
    assert len(tracked.records) == 20
    assert tracked.stats().total_requests == 20


def test_statistics_can_be_read_while_records_come_in():
    costs = CostCallbackHandler()
    stop = threading.Event()
    totals = []

    def read():
        while not stop.is_set():
            stats = costs.stats()
            totals.append(stats.total_requests)
            assert stats.total_tokens == 3 * stats.total_requests

    with ThreadPoolExecutor(2) as pool:
        reader = pool.submit(read)
        message = AIMessage(
            content="x",
            usage_metadata={"input_tokens": 2, "output_tokens": 1, "total_tokens": 3},
        )
        result = LLMResult(generations=[[ChatGeneration(message=message)]])
        for _ in range(300):
            run_id = uuid4()
            costs.on_chat_model_start(None, [[HumanMessage("x")]], run_id=run_id, metadata={})
            costs.on_llm_end(result, run_id=run_id)
        stop.set()
        reader.result()
    assert totals == sorted(totals)
    assert costs.stats().total_requests == 300
