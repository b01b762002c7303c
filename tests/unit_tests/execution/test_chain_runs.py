"""The runs of a chain: started and ended once, told what became of it, nothing leaked."""

from __future__ import annotations

import asyncio
import gc
import uuid

import pytest
from langchain_core.messages import AIMessage
from langchain_core.runnables import RunnableLambda

from langchain_smartroute import ChainExhaustedError, StreamInterruptedError

ERROR = ValueError("no")


async def test_an_answered_call_ends_its_run_once(call, chain_of, scripted, watcher):
    answer = await call(chain_of(scripted("fine")), "hi", {"callbacks": [watcher]})
    (run,) = watcher.started
    ((ended, output),) = watcher.ended
    assert (ended, watcher.failed) == (run, [])
    assert output.content == answer.content == "fine"
    assert output.response_metadata["smartroute"]["decision_id"] == "decision-1"


async def test_a_call_answered_after_a_fallback_ends_its_run_once(
    call, chain_of, scripted, watcher
):
    chain = chain_of(scripted(error=ERROR), scripted("fine"))
    await call(chain, "hi", {"callbacks": [watcher]})
    assert (len(watcher.started), len(watcher.ended), watcher.failed) == (1, 1, [])
    assert len(watcher.models) == 2


async def test_an_empty_answer_ends_its_run_once(call, chain_of, scripted, watcher):
    await call(chain_of(scripted(), scripted()), "hi", {"callbacks": [watcher]})
    assert (len(watcher.started), len(watcher.ended), watcher.failed) == (1, 1, [])


async def test_a_failed_call_fails_its_run_once(call, chain_of, scripted, watcher):
    with pytest.raises(ValueError, match="no"):
        await call(chain_of(scripted(error=ERROR)), "hi", {"callbacks": [watcher]})
    assert watcher.ended == []
    assert watcher.failed == [(watcher.started[0], ERROR)]
    assert len(watcher.started) == 1


async def test_an_exhausted_chain_fails_its_run_once(call, chain_of, scripted, watcher):
    chain = chain_of(scripted(error=ERROR), scripted(error=ERROR))
    with pytest.raises(ChainExhaustedError) as caught:
        await call(chain, "hi", {"callbacks": [watcher]})
    assert watcher.ended == []
    assert watcher.failed == [(watcher.started[0], caught.value)]
    assert len(watcher.started) == 1


async def test_a_broken_stream_fails_its_run_once(streamed, chain_of, scripted, watcher):
    with pytest.raises(StreamInterruptedError) as caught:
        await streamed(chain_of(scripted("one", error=ERROR)), "hi", {"callbacks": [watcher]})
    assert watcher.ended == []
    assert watcher.failed == [(watcher.started[0], caught.value)]


async def test_an_answer_that_is_no_answer_fails_its_run_once(call, chain_of, watcher):
    from langchain_core.messages import HumanMessage

    chain = chain_of(RunnableLambda(lambda _: HumanMessage("hi")))
    with pytest.raises(Exception, match="HumanMessage"):
        await call(chain, "hi", {"callbacks": [watcher]})
    # The lambda has a run of its own, which ends well.
    assert len(watcher.started) == 2
    assert [run for run, _ in watcher.failed] == [watcher.started[0]]
    assert [run for run, _ in watcher.ended] == [watcher.started[1]]


async def test_an_abandoned_stream_fails_its_run_once(chain_of, scripted, watcher):
    stream = chain_of(scripted("one", "two")).stream("hi", {"callbacks": [watcher]})
    next(stream)
    stream.close()
    gc.collect()
    assert (len(watcher.started), watcher.ended, len(watcher.failed)) == (1, [], 1)


async def test_an_abandoned_async_stream_fails_its_run_once(chain_of, scripted, watcher):
    stream = chain_of(scripted("one", "two")).astream("hi", {"callbacks": [watcher]})
    await anext(stream)
    await stream.aclose()
    gc.collect()
    assert (len(watcher.started), watcher.ended, len(watcher.failed)) == (1, [], 1)


async def test_a_stream_left_after_its_last_piece_fails_or_ends_its_run_once(
    chain_of, scripted, watcher
):
    stream = chain_of(scripted("one")).stream("hi", {"callbacks": [watcher]})
    for piece in stream:
        if piece.chunk_position == "last":
            break
    stream.close()
    assert len(watcher.started) == len(watcher.ended) + len(watcher.failed) == 1
    assert watcher.outcomes == [("a", "accepted")]


async def test_a_cancelled_call_fails_its_run_once(chain_of, scripted, watcher):
    model = scripted("one", hangs=True)
    task = asyncio.create_task(chain_of(model).ainvoke("hi", {"callbacks": [watcher]}))
    await model.hanging.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (len(watcher.started), watcher.ended, len(watcher.failed)) == (1, [], 1)


async def test_a_cancelled_call_ends_the_models_run_too(chain_of, scripted, watcher):
    """LangChain sends no event for it; tracers showed the model as running for ever."""
    model = scripted("one", hangs=True)
    config = {"callbacks": [watcher], "tags": ["mine"], "metadata": {"whose": "mine"}}
    task = asyncio.create_task(chain_of(scripted(error=ERROR), model).ainvoke("hi", config))
    await model.hanging.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert watcher.models_ended == [run["run_id"] for run in watcher.models]
    assert len(watcher.models) == 2


async def test_a_batch_has_one_run_per_input(chain_of, scripted, watcher):
    chain = chain_of(scripted(error=ERROR), scripted("fine"))
    answers = chain.batch(["1", "2", "3"], {"callbacks": [watcher]})
    assert [answer.content for answer in answers] == ["fine"] * 3
    assert (len(watcher.started), len(watcher.ended), watcher.failed) == (3, 3, [])
    answers = await chain.abatch(["1", "2"], {"callbacks": [watcher]})
    assert [len(a.response_metadata["smartroute"]["attempts"]) for a in answers] == [2, 2]
    assert (len(watcher.started), len(watcher.ended)) == (5, 5)


async def test_a_batch_that_fails_leaves_no_run_open(chain_of, scripted, watcher):
    chain = chain_of(scripted(error=ERROR), scripted(error=ERROR))
    found = chain.batch(["1", "2"], {"callbacks": [watcher]}, return_exceptions=True)
    assert all(isinstance(each, ChainExhaustedError) for each in found)
    assert (len(watcher.started), watcher.ended, len(watcher.failed)) == (2, [], 2)


# ---- what handlers are told -------------------------------------------------------------


async def test_every_ending_is_settled_once(call, chain_of, scripted, watcher):
    await call(chain_of(scripted(error=ERROR), scripted("x")), "hi", {"callbacks": [watcher]})
    ((decision_id, attempts),) = watcher.settled
    assert decision_id == "decision-1"
    assert [(a.model, a.outcome) for a in attempts] == [("a", "failed"), ("b", "accepted")]


async def test_a_failure_is_settled_once(call, chain_of, scripted, watcher):
    chain = chain_of(scripted(error=ERROR), scripted(error=ERROR))
    with pytest.raises(ChainExhaustedError):
        await call(chain, "hi", {"callbacks": [watcher]})
    assert len(watcher.settled) == 1
    assert watcher.outcomes == [("a", "failed"), ("b", "failed")]


async def test_a_handler_attached_twice_is_told_once(call, chain_of, scripted, watcher):
    await call(chain_of(scripted("fine")), "hi", {"callbacks": [watcher, watcher]})
    assert len(watcher.settled) == 1


async def test_a_handler_that_raises_does_not_lose_the_answer(
    call, chain_of, scripted, watcher, caplog
):
    class Broken(type(watcher)):
        def on_settled(self, decision_id, attempts):
            raise RuntimeError("secret")

    config = {"callbacks": [Broken(), watcher]}
    answer = await call(chain_of(scripted("fine")), "hi", config)
    assert answer.content == "fine"
    assert len(watcher.settled) == 1
    assert "Broken.on_settled raised RuntimeError" in caplog.text
    assert "secret" not in caplog.text


async def test_each_attempts_run_says_which_it_is(call, chain_of, scripted, watcher):
    chain = chain_of(scripted(error=ERROR), scripted("fine"))
    await call(chain, "hi", {"callbacks": [watcher], "metadata": {"mine": 1}, "tags": ["t"]})
    found = [run["metadata"] for run in watcher.models]
    assert [(m["smartroute_model"], m["smartroute_attempt"]) for m in found] == [
        ("a", 0),
        ("b", 1),
    ]
    assert [m["mine"] for m in found] == [1, 1]
    assert all("t" in run["tags"] for run in watcher.models)
    assert {run["parent_run_id"] for run in watcher.models} == set(watcher.started)


async def test_each_attempts_run_carries_its_price(call, chain_of, scripted, watcher):
    await call(chain_of(scripted("fine")), "hi", {"callbacks": [watcher]})
    price = watcher.models[0]["metadata"]["smartroute_price"]
    assert (price["input_usd_per_mtok"], price["output_usd_per_mtok"]) == ("2", "8")
    assert price["date"] == "2026-11-23"


async def test_an_unknown_price_is_not_carried(call, chain_of, scripted, watcher):
    chain = chain_of(scripted("fine"), priced=False)
    await call(chain, "hi", {"callbacks": [watcher]})
    assert "smartroute_price" not in watcher.models[0]["metadata"]


async def test_a_given_run_id_and_name_are_the_chains_alone(call, chain_of, scripted, watcher):
    run_id = uuid.uuid4()
    config = {"callbacks": [watcher], "run_id": run_id, "run_name": "my run"}
    await call(chain_of(scripted("fine")), "hi", config)
    assert watcher.started == [run_id]
    assert watcher.name == "my run"
    assert watcher.models[0]["run_id"] != run_id


# ---- what candidates get ----------------------------------------------------------------


async def test_the_routers_options_never_reach_a_candidate(call, chain_of, configurations):
    candidate, seen = configurations
    options = {"smartroute": {"tier": "budget"}, "thread_id": "7"}
    await call(chain_of(candidate), "hi", {"configurable": options})
    assert seen[0]["configurable"] == {"thread_id": "7"}
    assert not any("tier" in str(value) for value in seen[0]["metadata"].values())


async def test_options_alone_leave_nothing_for_a_candidate(call, chain_of, configurations):
    candidate, seen = configurations
    await call(chain_of(candidate), "hi", {"configurable": {"smartroute": {"tier": "budget"}}})
    assert "smartroute" not in seen[0]["configurable"]


async def test_options_do_not_reach_a_candidate_by_way_of_an_outer_run(chain_of, configurations):
    """Inside another runnable the config comes through a context variable, too."""
    candidate, seen = configurations
    chain = chain_of(candidate)
    outer = RunnableLambda(lambda _: chain.invoke("hi"))
    outer.invoke("hi", {"configurable": {"smartroute": {"tier": "budget"}, "thread_id": "7"}})
    assert seen[0]["configurable"] == {"thread_id": "7"}


async def test_options_do_not_reach_what_a_candidate_calls_in_turn(chain_of, configurations):
    inner, seen = configurations
    candidate = RunnableLambda(inner.invoke)
    options = {"smartroute": {"tier": "budget"}}
    assert isinstance(chain_of(candidate).invoke("hi", {"configurable": options}), AIMessage)
    assert "smartroute" not in seen[0].get("configurable", {})
