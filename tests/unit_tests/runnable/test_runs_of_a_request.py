"""Two runs per call, one chain and one chat, as tracers, events and LangGraph see them."""

from __future__ import annotations

import asyncio
from uuid import uuid4

import pytest
from langchain_core.callbacks import CallbackManager
from langchain_core.messages import AIMessage
from langchain_core.messages.ai import add_ai_message_chunks
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import RunnableLambda

from langchain_smartroute import ChainExhaustedError, SmartRouterRunnable
from langchain_smartroute.sandbox import Fault

GREETING = "Hello! How can I help you today?"


async def invoked(router, config):
    return router.invoke("Hello", config)


async def ainvoked(router, config):
    return await router.ainvoke("Hello", config)


async def streamed(router, config):
    return add_ai_message_chunks(*router.stream("Hello", config))


async def astreamed(router, config):
    return add_ai_message_chunks(*[chunk async for chunk in router.astream("Hello", config)])


async def batched(router, config):
    return router.batch(["Hello"], config)[0]


async def abatched(router, config):
    return (await router.abatch(["Hello"], config))[0]


WAYS = [invoked, ainvoked, streamed, astreamed, batched, abatched]


@pytest.mark.parametrize("way", WAYS)
async def test_a_call_is_one_chain_run_with_one_chat_run_below(router, run_log, way):
    await way(router, {"callbacks": [run_log]})
    assert run_log.kinds == ["chain", "chat"]
    chain, chat = run_log.started
    assert chain["parent"] is None
    assert chat["parent"] == chain["id"]
    assert run_log.balanced


@pytest.mark.parametrize("way", WAYS)
async def test_what_the_caller_says_of_the_run_reaches_the_routers_run_once(router, run_log, way):
    run_id = uuid4()
    await way(
        router,
        {
            "callbacks": [run_log],
            "run_id": run_id,
            "run_name": "ask the router",
            "tags": ["mine", "yours"],
            "metadata": {"team": "search"},
        },
    )
    chain, chat = run_log.started
    assert chain["id"] == run_id
    assert chat["id"] != run_id
    assert [run["name"] for run in (chain, chat)].count("ask the router") == 1
    assert chain["name"] == "ask the router"
    for run in (chain, chat):
        assert sorted(tag for tag in run["tags"] if tag in ("mine", "yours")) == ["mine", "yours"]
        assert run["metadata"]["team"] == "search"


async def test_what_the_constructor_says_of_runs_reaches_them_once(sandbox, run_log):
    router = SmartRouterRunnable.from_catalog(
        base_url=sandbox.base_url,
        callbacks=[run_log],
        tags=["house"],
        metadata={"team": "search", "site": "here"},
    )
    router.invoke("Hello", {"tags": ["house", "mine"], "metadata": {"team": "ads"}})
    chain, chat = run_log.started
    for run in (chain, chat):
        assert sorted(tag for tag in run["tags"] if tag in ("house", "mine")) == ["house", "mine"]
        assert (run["metadata"]["team"], run["metadata"]["site"]) == ("ads", "here")


@pytest.mark.parametrize("given", ["constructor", "call"])
async def test_handlers_of_a_manager_hear_the_models_runs(sandbox, run_log, given):
    """A manager's own handlers hear one run, which is all there is of a ChatOpenAI."""
    manager = CallbackManager([run_log])
    settings = {"callbacks": manager} if given == "constructor" else {}
    router = SmartRouterRunnable.from_catalog(base_url=sandbox.base_url, **settings)
    config = {} if settings else {"callbacks": manager}
    router.invoke("Hello", config)
    await router.ainvoke("Hello", config)
    assert run_log.kinds == ["chain", "chat"] * 2
    assert run_log.balanced
    assert manager.inheritable_handlers == []


def test_a_named_router_names_its_run(sandbox, run_log):
    router = SmartRouterRunnable.from_catalog(base_url=sandbox.base_url, name="concierge")
    router.invoke("Hello", {"callbacks": [run_log]})
    assert run_log.started[0]["name"] == "concierge"


def test_generate_passes_on_what_it_is_told_of_the_run(router, run_log):
    run_id = uuid4()
    messages = router._convert_input("Hello").to_messages()
    result = router.generate(
        [messages, messages],
        callbacks=[run_log],
        tags=["mine"],
        metadata={"team": "search"},
        run_name="both",
        run_id=run_id,
    )
    assert [g[0].message.content for g in result.generations] == [GREETING] * 2
    assert run_log.kinds == ["chain", "chat"] * 2
    assert run_log.started[0]["id"] == run_id
    assert len({run["id"] for run in run_log.started}) == 4
    assert [run["name"] for run in run_log.started[::2]] == ["both"] * 2
    assert all("mine" in run["tags"] for run in run_log.started)
    assert run_log.balanced


def test_every_run_of_a_request_carries_its_decision(router, run_log):
    answer = router.invoke("Hello", {"callbacks": [run_log]})
    decided = answer.response_metadata["smartroute"]["decision_id"]
    chain, chat = (run["metadata"] for run in run_log.started)
    assert chain["smartroute_decision_id"] == chat["smartroute_decision_id"] == decided
    assert chat["smartroute_model"] == "deepseek-chat"
    assert chat["smartroute_attempt"] == 0
    assert chat["ls_model_name"] == "deepseek-chat"
    assert chat["ls_provider"] == "deepseek"


@pytest.mark.parametrize("way", WAYS)
async def test_a_fallback_is_one_more_chat_run_and_all_runs_end(sandbox, router, run_log, way):
    sandbox.set_fault("deepseek-chat", Fault(kind="status", status=503))
    await way(router, {"callbacks": [run_log]})
    assert run_log.kinds == ["chain", "chat", "chat"]
    assert run_log.balanced


@pytest.mark.parametrize("way", WAYS)
async def test_all_runs_end_when_every_attempt_fails(scripted, run_log, way):
    router = SmartRouterRunnable.from_models(
        {"a": scripted(error=OSError("a is down")), "b": scripted(error=OSError("b is down"))}
    )
    with pytest.raises(ChainExhaustedError):
        await way(router, {"callbacks": [run_log]})
    assert run_log.kinds == ["chain", "chat", "chat"]
    assert run_log.balanced


def test_all_runs_end_in_a_batch_where_some_calls_fail(scripted, run_log):
    router = SmartRouterRunnable.from_models({"a": scripted(error=OSError("down"))})
    results = router.batch(["x", "y"], {"callbacks": [run_log]}, return_exceptions=True)
    assert all(isinstance(result, OSError) for result in results)
    assert run_log.balanced


async def test_the_chain_run_ends_when_a_stream_is_abandoned(router, run_log):
    stream = router.stream("Hello", {"callbacks": [run_log]})
    next(stream)
    stream.close()
    astream = router.astream("Hello", {"callbacks": [run_log]})
    await anext(astream)
    await astream.aclose()
    assert run_log.kinds == ["chain", "chat"] * 2
    assert run_log.balanced


async def test_the_chain_run_ends_when_a_call_is_cancelled(sandbox, router, run_log):
    sandbox.set_fault("deepseek-chat", Fault(kind="hang"))
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(router.ainvoke("Hello", {"callbacks": [run_log]}), timeout=0.1)
    assert run_log.started[0]["id"] in run_log.ended


# --- ids


async def test_a_streams_chunks_and_its_whole_message_have_one_id(router):
    chunks = list(router.stream("Hello"))
    achunks = [chunk async for chunk in router.astream("Hello")]
    for found in (chunks, achunks):
        ids = {chunk.id for chunk in found}
        assert len(ids) == 1
        assert ids == {add_ai_message_chunks(*found).id}
        assert None not in ids
    assert chunks[0].id != achunks[0].id


def test_the_last_chunk_and_only_the_last_carries_the_account(router):
    *others, last = router.stream("Hello")
    assert last.chunk_position == "last"
    assert "smartroute" in last.response_metadata
    assert not any("smartroute" in chunk.response_metadata for chunk in others)
    assert not any(chunk.chunk_position == "last" for chunk in others)


def test_the_chunks_of_a_failed_attempt_never_reach_the_caller(sandbox, router):
    sandbox.set_fault("deepseek-chat", Fault(kind="cut", after_tokens=0))
    chunks = list(router.stream("Hello"))
    assert len({chunk.id for chunk in chunks}) == 1
    info = add_ai_message_chunks(*chunks).response_metadata["smartroute"]
    assert [attempt["outcome"] for attempt in info["attempts"]] == ["failed", "accepted"]


# --- events, version 2


async def test_events_of_version_2_show_each_token_once(router):
    events = [event async for event in router.astream_events("Hello", version="v2")]
    kinds = [event["event"] for event in events]
    assert kinds.count("on_chain_start") == kinds.count("on_chain_end") == 1
    assert kinds.count("on_chat_model_start") == kinds.count("on_chat_model_end") == 1
    shown = [e["data"]["chunk"].text for e in events if e["event"] == "on_chat_model_stream"]
    passed = [e["data"]["chunk"].text for e in events if e["event"] == "on_chain_stream"]
    assert "".join(shown) == "".join(passed) == GREETING
    assert len({e["run_id"] for e in events}) == 2


async def test_the_final_event_carries_the_whole_answer_and_its_account(router):
    events = [event async for event in router.astream_events("Hello", version="v2")]
    (output,) = [e["data"]["output"] for e in events if e["event"] == "on_chain_end"]
    assert output.content == GREETING
    assert output.response_metadata["smartroute"]["model"] == "deepseek-chat"


async def test_events_can_be_chosen_by_the_callers_tags_and_names(router):
    named = router.with_config(tags=["mine"], run_name="ask")
    events = [e async for e in named.astream_events("Hello", version="v2", include_names=["ask"])]
    assert {event["name"] for event in events} == {"ask"}
    tagged = [e async for e in named.astream_events("Hello", version="v2", include_tags=["mine"])]
    assert {event["event"] for event in tagged} >= {"on_chain_start", "on_chat_model_stream"}


async def test_events_of_a_chain_nest_the_routers_run(router):
    chain = ChatPromptTemplate.from_template("{text}") | router
    events = [e async for e in chain.astream_events({"text": "Hello"}, version="v2")]
    starts = [e for e in events if e["event"] == "on_chat_model_start"]
    assert len(starts) == 1
    assert len(starts[0]["parent_ids"]) == 2


@pytest.mark.parametrize("keeps", [True, False])
async def test_a_batch_ends_when_all_of_its_calls_have_ended(keeps):
    """An error left the other calls running, with open runs."""
    ended = []

    async def answer(messages):
        if messages[0].text == "bad":
            raise ValueError("bad")
        await asyncio.sleep(0.02)
        ended.append(messages[0].text)
        return AIMessage("fine")

    model = RunnableLambda(lambda _: AIMessage("fine"), answer)
    router = SmartRouterRunnable.from_models({"model": model})
    if keeps:
        error, *rest = await router.abatch(["bad", "a", "b"], return_exceptions=True)
        assert [one.text for one in rest] == ["fine", "fine"]
        assert str(error) == "bad"
    else:
        with pytest.raises(ValueError, match="bad"):
            await router.abatch(["bad", "a", "b"])
    assert sorted(ended) == ["a", "b"]
