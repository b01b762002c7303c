"""How a router keeps to a conversation's route: loops, turns, memory, notes and estimates."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from langchain_core.runnables import Runnable
from pydantic import BaseModel

from langchain_smartroute import (
    Catalog,
    ConfigurationError,
    InvalidRequestError,
    SmartRouterRunnable,
    StorageError,
    StuckSigns,
)
from langchain_smartroute.engine import conversation_key
from langchain_smartroute.state import MemoryState, Put
from langchain_smartroute.state.redis import RedisState

CODE = "Write a Python function to merge sort an array"
CHAT, PRO, GPT, MINI = "deepseek-chat", "deepseek-v4-pro", "gpt-4o", "gpt-4o-mini"
THREAD = {"configurable": {"thread_id": "1"}}
KEYED = {"configurable": {"smartroute": {"conversation": "mine"}}}
TOOLS = [{"type": "function", "function": {"name": "look", "description": "", "parameters": {}}}]


class Speaker(Runnable):
    """Answers, or raises."""

    def __init__(self, error=None):
        self.error = error

    def bind_tools(self, tools, **kwargs):
        return self

    def with_structured_output(self, schema, **kwargs):
        return self

    def invoke(self, input, config=None, **kwargs):  # noqa: A002 - LangChain's name
        if self.error:
            raise self.error
        usage = {"input_tokens": 10, "output_tokens": 5, "total_tokens": 15}
        return AIMessage("Fine.", usage_metadata=usage)


def router_with(failing=(), **settings):
    models = dict.fromkeys(Catalog.load("default").models, Speaker())
    models |= {alias: Speaker(ConnectionError("gone")) for alias in failing}
    return SmartRouterRunnable.from_catalog(
        models=models, **{"checks": [], "breaker": None, "classifier": "patterns", **settings}
    )


def asked(router, text, config=THREAD):
    return router.invoke(text, config).response_metadata["smartroute"]["model"]


def loop(alias, *results, text="Hello!", **account):
    """A conversation in which a candidate has called a tool that has answered."""
    calls = [
        {"name": "look", "args": {"n": n}, "id": f"{n}", "type": "tool_call"}
        for n in range(max(1, len(results)))
    ]
    metadata = {"smartroute": {"model": alias}} if alias else {}
    call = AIMessage("", tool_calls=calls, response_metadata={**metadata, **account})
    answers = [ToolMessage(r, tool_call_id=f"{n}") for n, r in enumerate(results)]
    return [HumanMessage(text), call, *answers]


@pytest.mark.parametrize("sticky", ["rise", "pin", "turn"])
def test_within_a_tool_loop_the_model_does_not_change(sticky):
    decision = router_with(sticky=sticky).explain(loop(GPT, "seen"))
    assert decision.model == GPT
    assert decision.reason.startswith("locked")


def test_with_sticky_off_each_call_is_decided_alone():
    assert router_with(sticky="off").explain(loop(GPT, "seen")).model == CHAT


def test_the_lock_holds_until_the_last_result_is_answered_whoever_speaks_meanwhile():
    steered = [*loop(GPT, "seen"), HumanMessage("In short, please")]
    assert router_with().explain(steered).model == GPT
    answered = [*steered, AIMessage("Short.", response_metadata={"smartroute": {"model": GPT}})]
    assert router_with().explain([*answered, HumanMessage("Hello!")]).model == CHAT


def test_a_call_that_is_the_structured_answer_itself_ends_the_turn():
    done = [*loop(GPT, "Returning structured response: x=1"), HumanMessage("Hello!")]
    assert router_with().explain(done).model == CHAT


def test_calls_in_anthropics_form_lock_too():
    call = AIMessage(
        [{"type": "tool_use", "id": "1", "name": "look", "input": {}}],
        response_metadata={"smartroute": {"model": GPT}},
    )
    result = HumanMessage([{"type": "tool_result", "tool_use_id": "1", "content": "seen"}])
    assert router_with().explain([HumanMessage("Hello!"), call, result]).model == GPT


def test_a_model_that_only_its_server_names_is_known_by_that():
    assert router_with().explain(loop(None, "seen", model_name=GPT)).model == GPT


def test_the_models_of_another_router_mean_nothing_here():
    assert router_with().explain(loop("somebody", "seen")).model == CHAT


def test_a_locked_model_that_fails_gives_way():
    answer = router_with(failing=[GPT]).invoke(loop(GPT, "seen"))
    assert answer.response_metadata["smartroute"]["attempts"][0]["model"] == GPT
    assert answer.response_metadata["smartroute"]["model"] != GPT


def test_a_locked_model_that_cannot_go_on_is_noted():
    picture = {"type": "image", "base64": "iVBORw0KGgo=", "mime_type": "image/png"}
    messages = loop(CHAT, "seen")
    messages[-1] = ToolMessage([picture], tool_call_id="0")
    decision = router_with().explain(messages)
    assert decision.model != CHAT
    assert f"{CHAT} cannot go on: cannot read image" in decision.notes


def test_the_callers_choice_comes_before_the_lock():
    decision = router_with().explain(loop(GPT, "seen"), model=MINI)
    assert decision.model == MINI
    assert not decision.sticks


def test_a_rule_waits_for_the_end_of_a_loop_unless_the_user_has_spoken():
    router = router_with(rules=[(lambda _: True, MINI, "always")])
    decision = router.explain(loop(GPT, "seen"))
    assert decision.model == GPT
    assert f"rule 'always' wanted {MINI}: not within a tool loop" in decision.notes
    assert router.explain([*loop(GPT, "seen"), HumanMessage("Now?")]).model == MINI


def test_a_ceiling_comes_before_the_lock():
    config = {"configurable": {"smartroute": {"max_cost_usd": "0.002"}}}
    assert router_with().explain(loop(GPT, "seen"), config).model == CHAT


@pytest.mark.parametrize("config", [THREAD, KEYED], ids=["thread_id", "given key"])
def test_a_conversation_rises_and_does_not_fall(config):
    router = router_with()
    by = [asked(router, text, config) for text in ("Hello!", CODE, "Hello!", CODE)]
    assert by == [CHAT, PRO, PRO, PRO]


def test_without_an_id_nothing_is_remembered():
    router = router_with()
    assert [asked(router, text, None) for text in (CODE, "Hello!")] == [PRO, CHAT]


def test_conversations_do_not_know_one_another():
    router = router_with()
    other = {"configurable": {"thread_id": "2"}}
    assert [asked(router, CODE), asked(router, "Hello!", other)] == [PRO, CHAT]


def test_a_specialist_that_is_weaker_in_general_is_no_rise():
    """Or math and code would take turns, each reading all of it again."""
    router = router_with()
    assert asked(router, CODE) == PRO
    decision = router.explain("Solve 3x + 5 = 20 for x", THREAD)
    assert decision.model == PRO
    assert decision.reason == ("the conversation's route, as deepseek-reasoner is no rise for math")


def test_what_the_conversation_cannot_use_is_left():
    router = router_with()
    asked(router, CODE)
    picture = {"type": "image", "base64": "iVBORw0KGgo=", "mime_type": "image/png"}
    seen = [HumanMessage([{"type": "text", "text": "What is this?"}, picture])]
    assert router.explain(seen, THREAD).model == "glm-4v"


def test_pinned_is_pinned_until_it_is_idle():
    clock = [0.0]
    router = router_with(sticky="pin", sticky_idle_s=60, state=MemoryState(clock=lambda: clock[0]))
    assert [asked(router, "Hello!"), asked(router, CODE)] == [CHAT, CHAT]
    clock[0] = 59
    assert asked(router, CODE) == CHAT
    clock[0] = 118
    assert asked(router, CODE) == CHAT
    clock[0] = 179
    assert asked(router, CODE) == PRO


def test_the_route_is_the_model_that_answered():
    router = router_with(failing=[CHAT], sticky="pin")
    assert asked(router, "Hello!") == PRO
    assert router.explain("Hello!", THREAD).model == PRO


def test_a_choice_of_the_caller_or_of_a_rule_is_for_its_call_only():
    router = router_with(rules=[({"task": "translation"}, GPT)])
    by = [asked(router, t) for t in ("Hello!", "Translate to German: good morning", "Hello!")]
    assert by == [CHAT, GPT, CHAT]
    assert router.invoke("Hello!", THREAD, model=MINI).response_metadata["smartroute"]["model"]
    assert asked(router, "Hello!") == CHAT


async def test_every_way_of_calling_remembers():
    class Fact(BaseModel):
        text: str

    for number, way in enumerate(("invoke", "ainvoke", "stream", "astream", "structured")):
        router = router_with()
        config = {"configurable": {"thread_id": str(number)}}
        if way == "invoke":
            router.invoke(CODE, config)
        elif way == "ainvoke":
            await router.ainvoke(CODE, config)
        elif way == "stream":
            list(router.stream(CODE, config))
        elif way == "astream":
            [chunk async for chunk in router.astream(CODE, config)]
        else:
            await router.with_structured_output(Fact).ainvoke(CODE, config)
        assert (await router.aexplain("Hello!", config)).model == PRO, way


def test_workers_share_conversations_through_redis(redis_url):
    first, second = (router_with(state=redis_url) for _ in range(2))
    assert [asked(first, CODE), asked(second, "Hello!")] == [PRO, PRO]


async def test_workers_share_conversations_through_redis_in_event_loops(redis_url):
    state = RedisState(redis_url)
    first, second = (router_with(state=state) for _ in range(2))
    await first.ainvoke(CODE, THREAD)
    assert (await second.aexplain("Hello!", THREAD)).model == PRO
    await state.aclose()


def test_stored_keys_do_not_reveal_the_conversation():
    state = MemoryState()
    kept = []

    class Watching:
        def run(self, command):
            if isinstance(command, Put):
                kept.append(command)
            return state.run(command)

        async def arun(self, command):
            return self.run(command)

    asked(router_with(state=Watching()), CODE, {"configurable": {"thread_id": "ana@example.org"}})
    assert "ana" not in str(kept)
    assert "merge" not in str(kept)


class Down:
    def run(self, command):
        raise StorageError("nobody there")

    async def arun(self, command):
        raise StorageError("nobody there")


async def test_state_that_does_not_answer_fails_no_call_and_is_said_once(caplog):
    router = router_with(state=Down())
    assert asked(router, CODE) == PRO
    await router.ainvoke("Hello!", THREAD)
    assert len([r for r in caplog.records if "conversations" in r.message]) == 1
    notes = router.explain("Hello!", THREAD).notes
    assert notes == ("the conversation's route is not known, as the state does not answer",)


def test_threads_of_one_router_do_not_mix():
    router = router_with()

    async def all_of_them():
        configs = [{"configurable": {"thread_id": str(n)}} for n in range(50)]
        texts = [CODE if n % 2 else "Hello!" for n in range(50)]
        await asyncio.gather(*(router.ainvoke(t, c) for t, c in zip(texts, configs, strict=True)))
        return [(await router.aexplain("Hello!", c)).model for c in configs]

    assert asyncio.run(all_of_them()) == [CHAT, PRO] * 25


def test_user_models_without_priors_and_prices_follow_the_table_upwards():
    models = {"cheap": Speaker(), "strong": Speaker()}
    router = SmartRouterRunnable.from_models(models, routes={"code": "strong"}, default="cheap")
    assert [asked(router, t) for t in ("Hello!", CODE, "Hello!")] == ["cheap", "strong", "strong"]


# ---------------------------------------------------------------- the prompt cache


CACHED = Catalog.load(
    {
        "extends": "default",
        "models": {
            GPT: {
                "prices": [
                    {
                        "input_usd_per_mtok": "2.50",
                        "cached_input_usd_per_mtok": "1.25",
                        "output_usd_per_mtok": "10.00",
                        "source": "made up",
                        "date": "2026-11-23",
                    }
                ]
            }
        },
    }
)
LONG = "word " * 4_000


def test_the_estimate_of_going_on_counts_what_is_cached_at_its_price():
    router = router_with(catalog=CACHED)
    messages = loop(GPT, "seen", text=LONG)
    going_on = router.explain(messages)
    afresh = router.explain(messages, model=GPT)
    alone = router_with(catalog=CACHED).explain([HumanMessage(LONG)], model=GPT)
    prefix = round((alone.estimated_cost_usd - Decimal("0.01")) / Decimal("0.0000025"))
    assert going_on.model == GPT
    assert going_on.estimated_cost_usd == afresh.estimated_cost_usd
    full = router.explain([*messages[:1], *loop(MINI, "seen", text=LONG)[1:]], model=GPT)
    assert full.estimated_cost_usd - going_on.estimated_cost_usd == prefix * Decimal("0.00000125")


def test_a_switch_says_what_is_read_again_at_full_price():
    router = router_with(catalog=CACHED)
    decision = router.explain(loop(GPT, "seen", text=LONG), model=PRO)
    switched, reread = decision.notes
    assert switched == f"the conversation switches from {GPT} to {PRO}"
    assert reread.startswith(f"{PRO} re-reads about ")
    assert f"at full price, which {GPT} may have in its prompt cache: $" in reread


def test_by_turns_a_switch_that_is_no_rise_and_saves_nothing_is_not_made():
    """`mini` is cheaper by its price, but has all of it to read again."""
    cheap = {
        "extends": "default",
        "models": {
            alias: {
                "prices": [
                    {
                        "input_usd_per_mtok": full,
                        "cached_input_usd_per_mtok": cached,
                        "output_usd_per_mtok": "0.10",
                        "source": "made up",
                        "date": "2026-11-23",
                    }
                ],
                "quality": {"general": 0.8, "code": 0.8},
            }
            for alias, full, cached in ((CHAT, "1.00", "1.00"), (PRO, "1.20", "0.10"))
        },
    }
    router = router_with(catalog=Catalog.load(cheap), sticky="turn")
    first = router.invoke(f"{CODE}\n{LONG}", THREAD)
    assert first.response_metadata["smartroute"]["model"] == PRO
    chat = [HumanMessage(f"{CODE}\n{LONG}"), first, HumanMessage("Hello!")]
    decision = router.explain(chat, THREAD)
    assert decision.model == PRO
    assert decision.reason == (
        f"kept for its prompt cache, as {CHAT} is no stronger and no cheaper"
    )


def test_a_cache_is_counted_on_for_minutes_only():
    router = router_with(catalog=CACHED, sticky="pin")
    router.invoke(LONG, THREAD, model=GPT)
    chat = loop(GPT, "seen", text=LONG)
    request = router._opened(chat, THREAD, {})[1]
    recalled = router._engine.visit(request).recalled
    later = type(request).of(
        chat, {}, options=request.options, answer_tokens=None, conversation=request.conversation
    )
    soon = router._engine.decide(later, recalled)[0]
    assert datetime.fromtimestamp(recalled.at, UTC) <= datetime.now(UTC)
    long_ago = type(recalled)(
        route=recalled.route,
        last=recalled.last,
        at=recalled.at - timedelta(minutes=6).total_seconds(),
    )
    cold = router._engine.decide(later, long_ago)[0]
    assert cold.estimated_cost_usd > soon.estimated_cost_usd


# ---------------------------------------------------------------- stuck agents


def failing_loop(alias, times=2):
    account = {"smartroute": {"model": alias}}
    messages = [HumanMessage("Hello!")]
    for number in range(times):
        call = {"name": "look", "args": {"n": 1}, "id": str(number)}
        messages.append(AIMessage("", tool_calls=[call], response_metadata=account))
        messages.append(ToolMessage("Error: no such thing", tool_call_id=str(number)))
    return messages


@pytest.mark.parametrize("sticky", ["rise", "pin", "turn", "off"])
def test_a_stuck_agent_is_taken_over_by_a_stronger_model(sticky):
    decision = router_with(sticky=sticky).explain(failing_loop(CHAT), tools=TOOLS)
    assert decision.model == PRO
    assert decision.reason == f"escalated from {CHAT}: the same call of look failed 2 times"


def test_a_model_that_takes_over_starts_with_an_empty_record():
    messages = failing_loop(CHAT)
    call = {"name": "look", "args": {"n": 1}, "id": "9"}
    account = {"smartroute": {"model": PRO}}
    messages.append(AIMessage("", tool_calls=[call], response_metadata=account))
    messages.append(ToolMessage("Error: no such thing", tool_call_id="9"))
    decision = router_with().explain(messages)
    assert decision.model == PRO
    assert decision.reason.startswith("locked")


def test_a_stuck_agent_without_a_stronger_model_continues():
    decision = router_with().explain(failing_loop(PRO))
    assert decision.model == PRO
    assert any("nobody stronger is left" in note for note in decision.notes)


def test_a_rule_comes_before_an_escalation():
    router = router_with(rules=[(lambda _: True, MINI, "always")])
    assert router.explain(failing_loop(MINI)).model == MINI


def test_signs_can_be_set_and_turned_off():
    assert router_with(stuck=None).explain(failing_loop(CHAT)).model == CHAT
    assert router_with(stuck=False).explain(failing_loop(CHAT)).model == CHAT
    patient = router_with(stuck={"same_failure": 3, "errors_in_a_row": 4})
    assert patient.explain(failing_loop(CHAT)).model == CHAT
    assert patient.explain(failing_loop(CHAT, 3)).model == PRO


@pytest.mark.parametrize("stuck", ["never", {"tries": 2}, {"same_failure": 1}])
def test_invalid_signs_are_refused(stuck):
    with pytest.raises(ConfigurationError, match="stuck"):
        router_with(stuck=stuck)


def test_a_router_with_such_settings_is_written_and_read_again():
    router = SmartRouterRunnable.from_catalog(
        base_url="http://127.0.0.1:1/v1",
        sticky="pin",
        sticky_idle_s=60,
        stuck=StuckSigns(idle_steps=5),
    )
    again = SmartRouterRunnable.from_config(router.to_config())
    assert (again.sticky, again.sticky_idle_s) == ("pin", 60)
    assert again._engine.stuck == StuckSigns(idle_steps=5)
    off = SmartRouterRunnable.from_catalog(base_url="http://127.0.0.1:1/v1", stuck=None)
    assert SmartRouterRunnable.from_config(off.to_config())._engine.stuck is None


# ---------------------------------------------------------------- whose conversation it is


def key_of(messages=(), given=None, metadata=None, **configurable):
    config = {"configurable": configurable, "metadata": metadata or {}}
    return conversation_key(config, given=given, messages=messages or [HumanMessage("Hello!")])


def test_a_key_of_the_callers_comes_before_the_thread():
    assert key_of() is None
    assert key_of(thread_id="") is None
    assert key_of(thread_id="1") == key_of(thread_id=1)
    assert key_of(thread_id="1", given="mine") == key_of(given="mine")


def test_each_node_of_a_graph_has_a_conversation_and_keeps_it_from_step_to_step():
    plan = key_of(thread_id="1", checkpoint_ns="plan:a")
    assert plan == key_of(thread_id="1", checkpoint_ns="plan:b")
    assert plan != key_of(thread_id="1", checkpoint_ns="write:c")
    assert plan != key_of(thread_id="1")


def test_sub_agents_in_one_place_are_told_apart_by_what_they_are_asked():
    place = {"thread_id": "1", "checkpoint_ns": "tools:a|model:b"}
    rome, bern = [HumanMessage("Rome?")], [HumanMessage("Bern?")]
    assert key_of(rome, **place) != key_of(bern, **place)
    later = {"thread_id": "1", "checkpoint_ns": "tools:c|model:d"}
    assert key_of([*rome, AIMessage("Sunny")], **later) == key_of(rome, **place)


def test_a_router_within_a_router_has_a_conversation_of_its_own():
    attempt = {"smartroute_attempt": 0, "smartroute_model": "inner"}
    assert key_of(thread_id="1", metadata=attempt) != key_of(thread_id="1")


@pytest.mark.parametrize("value", ["", 5, True, ["a"]])
def test_an_invalid_key_is_refused(value):
    config = {"configurable": {"smartroute": {"conversation": value}}}
    with pytest.raises(InvalidRequestError, match="conversation"):
        router_with().explain("Hello!", config)


def test_a_conversation_belongs_to_a_call():
    with pytest.raises(InvalidRequestError, match="belongs to a call"):
        router_with().with_route(conversation="mine")
