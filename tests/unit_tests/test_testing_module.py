"""What users test with does what it says."""

from __future__ import annotations

import pytest
from langchain_core.messages import AIMessage, HumanMessage
from langchain_core.tools import tool

from langchain_smartroute import Catalog, SmartRouterRunnable
from langchain_smartroute.testing import FixedClassifier, ScriptedChatModel, assert_route

CALL = {"name": "look", "args": {"n": 1}, "id": "call_1", "type": "tool_call"}


@tool
def look(n: int) -> str:
    """Look."""
    return "seen"


@pytest.fixture
def models():
    return {
        "fast": ScriptedChatModel(model_name="gpt-4o-mini"),
        "strong": ScriptedChatModel(model_name="gpt-4o"),
    }


@pytest.fixture
def router(models):
    return SmartRouterRunnable.from_models(models, routes={"code": "strong"}, default="fast")


def test_a_route_that_holds_gives_the_decision_and_calls_nobody(router, models):
    decision = assert_route(
        router,
        "Write a Python function to sort a list",
        model="strong",
        task="code",
        chain=["strong", "fast"],
        reason="tier balanced",
        excluded=[],
    )
    assert decision.model == "strong"
    assert not models["fast"].calls
    assert not models["strong"].calls


def test_a_route_that_does_not_hold_says_what_was_expected_and_why_it_went_elsewhere(router):
    with pytest.raises(AssertionError) as caught:
        assert_route(router, "Hello!", model="strong", task="general", difficulty="hard")
    said = str(caught.value)
    assert "model is 'fast', not 'strong'" in said
    assert "difficulty is 'easy', not 'hard'" in said
    assert "task is" not in said
    assert "default" in said


def test_options_and_tools_of_the_call_count(router):
    chosen = {"configurable": {"smartroute": {"model": "strong"}}}
    assert_route(router, "Hello!", model="strong", config=chosen, reason="asked for")
    deaf = Catalog.load({"models": {"deaf": {"tools": False}, "able": {}}, "default": "deaf"})
    deaf_router = SmartRouterRunnable.from_catalog(catalog=deaf, base_url="http://127.0.0.1:9/v1")
    arguments = {"tools": [look]}
    assert_route(deaf_router, "Hello!", model="able", excluded="deaf", arguments=arguments)
    assert_route(deaf_router, "Hello!", model="deaf", excluded={})
    with pytest.raises(AssertionError, match=r"excluded is \{\}"):
        assert_route(deaf_router, "Hello!", excluded=["able"])


def test_a_misspelt_expectation_is_an_error(router):
    with pytest.raises(AttributeError, match="modle"):
        assert_route(router, "Hello!", modle="fast")


def test_a_fixed_classifier_says_what_it_is_told(models):
    fixed = FixedClassifier(task="code", difficulty="hard", tasks={"bill": "math"})
    router = SmartRouterRunnable.from_models(models, classifier=fixed)
    assert_route(router, "Hello!", task="code", difficulty="hard")
    assert_route(router, "My bill, please", task="math")


async def collected(model, mode):
    if mode == "invoke":
        return model.invoke("hi")
    if mode == "ainvoke":
        return await model.ainvoke("hi")
    whole = None
    if mode == "stream":
        for chunk in model.stream("hi"):
            whole = chunk if whole is None else whole + chunk
    else:
        async for chunk in model.astream("hi"):
            whole = chunk if whole is None else whole + chunk
    return whole


MODES = ["invoke", "ainvoke", "stream", "astream"]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("text", ["one  two\n\n three ", "", "word"])
async def test_a_script_gives_the_same_in_every_way_of_calling(mode, text):
    script = [AIMessage(text, tool_calls=[CALL])]
    answer = await collected(ScriptedChatModel(script=script), mode)
    assert answer.text == text
    assert answer.tool_calls == [CALL]
    assert answer.usage_metadata["total_tokens"] == 13
    assert answer.response_metadata["finish_reason"] == "tool_calls"


@pytest.mark.parametrize("mode", MODES)
async def test_blocks_of_a_script_arrive_whole(mode):
    blocks = [{"type": "text", "text": "a"}]
    answer = await collected(ScriptedChatModel(script=[AIMessage(blocks)]), mode)
    assert answer.text == "a"


def test_a_script_goes_on_with_its_last_entry():
    model = ScriptedChatModel(script=["a", lambda messages: messages[-1].text.upper()])
    assert [model.invoke("hi").text for _ in range(3)] == ["a", "HI", "HI"]


@pytest.mark.parametrize("mode", MODES)
async def test_an_exception_of_a_script_is_raised(mode):
    with pytest.raises(ConnectionError):
        await collected(ScriptedChatModel(script=[ConnectionError()]), mode)


def test_calls_show_what_was_asked_and_with_which_tools():
    model = ScriptedChatModel()
    model.bind_tools([look], tool_choice="any").invoke([HumanMessage("hi")], stop=["."])
    (call,) = model.calls
    assert call.messages == (HumanMessage("hi"),)
    assert call.arguments["tools"][0]["function"]["name"] == "look"
    assert (call.arguments["tool_choice"], call.arguments["stop"]) == ("any", ["."])


def test_a_fallback_of_ones_own_can_be_seen_happening():
    dead = ScriptedChatModel(script=[ConnectionError("gone")])
    alive = ScriptedChatModel(script=["hello"], model_name="gpt-4o-mini")
    router = SmartRouterRunnable.from_models({"dead": dead, "alive": alive})
    told = router.invoke("hi").response_metadata["smartroute"]
    assert [a["outcome"] for a in told["attempts"]][-1] == "accepted"
    assert told["model"] == "alive"


def test_two_models_share_no_script():
    one, other = ScriptedChatModel(script=["a", "b"]), ScriptedChatModel(script=["a", "b"])
    one.invoke("hi")
    assert other.invoke("hi").text == "a"
    assert len(one.calls) == len(other.calls) == 1
