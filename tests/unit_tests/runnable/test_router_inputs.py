"""Every form of input is accepted, none is changed, and unanswerable ones are errors."""

from __future__ import annotations

import copy

import pytest
from langchain_core.caches import InMemoryCache
from langchain_core.messages import (
    AIMessage,
    HumanMessage,
    SystemMessage,
    ToolMessage,
)
from langchain_core.prompt_values import ChatPromptValue
from langchain_core.runnables import RunnableLambda
from langchain_core.tools import tool

from langchain_smartroute import InvalidRequestError, SmartRouterRunnable

CALL = {"name": "weather", "args": {"city": "Paris"}, "id": "call_1", "type": "tool_call"}
ORPHAN = [HumanMessage("Hello"), ToolMessage("Sunny", tool_call_id="call_1")]
LATE = [
    HumanMessage("Hello"),
    ToolMessage("Sunny", tool_call_id="call_1"),
    AIMessage("", tool_calls=[CALL]),
]


@tool
def weather(city: str) -> str:
    """Give the weather of a city."""
    return f"Sunny in {city}"


def model_of(message):
    return message.response_metadata["smartroute"]["model"]


# --- inputs


@pytest.mark.parametrize(
    "asked",
    [
        "Hello",
        [HumanMessage("Hello")],
        [("user", "Hello")],
        [{"role": "user", "content": "Hello"}],
        ChatPromptValue(messages=[HumanMessage("Hello")]),
    ],
)
def test_every_form_of_input_of_a_chat_model_is_taken(router, asked):
    assert router.invoke(asked).content == router.invoke("Hello").content
    assert router.explain(asked).model == "deepseek-chat"


@pytest.mark.parametrize(
    ("asked", "named"),
    [
        ([], "empty"),
        (ORPHAN, "call_1"),
        (LATE, "call_1"),
    ],
)
async def test_a_history_that_nobody_can_answer_is_an_error_before_any_call(
    sandbox, router, asked, named
):
    structured = router.with_structured_output({"title": "A", "type": "object"})
    for call in (
        router.invoke,
        structured.invoke,
        router.explain,
        lambda m: list(router.stream(m)),
    ):
        with pytest.raises(InvalidRequestError, match=named):
            call(asked)
    with pytest.raises(InvalidRequestError, match=named):
        await router.ainvoke(asked)
    with pytest.raises(InvalidRequestError, match=named):
        [chunk async for chunk in router.astream(asked)]
    assert sandbox.requests == ()


def test_a_tool_result_after_its_call_is_no_orphan(router):
    history = [
        HumanMessage("What is the weather in Paris?"),
        AIMessage("", tool_calls=[CALL]),
        ToolMessage("Sunny in Paris", tool_call_id="call_1"),
    ]
    assert "Sunny in Paris" in router.bind_tools([weather]).invoke(history).content


@pytest.mark.parametrize("call", ["invoke", "bind", "batch"])
def test_more_than_one_answer_per_call_is_an_error_that_says_what_to_do(sandbox, router, call):
    with pytest.raises(InvalidRequestError, match="batch"):
        {
            "invoke": lambda: router.invoke("Hello", n=2),
            "bind": lambda: router.bind(n=3).invoke("Hello"),
            "batch": lambda: router.batch(["Hello"], n=2),
        }[call]()
    assert sandbox.requests == ()


def test_one_answer_per_call_may_be_asked_for(router):
    assert router.invoke("Hello", n=1).content


# --- nothing of the caller's is changed


async def test_messages_arguments_and_config_are_never_changed(sandbox, router):
    messages = [
        SystemMessage("Be brief", additional_kwargs={"a": [1]}),
        HumanMessage([{"type": "text", "text": "What is the weather in Paris?"}]),
        AIMessage("", tool_calls=[dict(CALL)]),
        ToolMessage("Sunny", tool_call_id="call_1"),
        HumanMessage("Thanks. And in Rome?"),
    ]
    config = {
        "configurable": {"smartroute": {"tier": "quality"}, "thread_id": "7"},
        "metadata": {"team": "search"},
        "tags": ["mine"],
        "callbacks": [],
        "run_name": "ask",
    }
    arguments = {"stop": ["?"], "temperature": 0.5, "tools": [weather], "tool_choice": "auto"}
    before = copy.deepcopy((messages, config, arguments["stop"], list(arguments["tools"])))
    router.invoke(messages, config, **arguments)
    await router.ainvoke(messages, config, **arguments)
    list(router.stream(messages, config, **arguments))
    [chunk async for chunk in router.astream(messages, config, **arguments)]
    router.batch([messages] * 2, config, **arguments)
    router.explain(messages, config, **arguments)
    router.generate([messages], callbacks=config["callbacks"], **arguments)
    assert (messages, config, arguments["stop"], arguments["tools"]) == before
    assert set(arguments) == {"stop", "temperature", "tools", "tool_choice"}


def test_run_ids_in_a_config_stay_there(router):
    config = {"run_id": "6f1c1a4e-5f0d-4a58-9d0e-0d5f5e0c8a11"}
    router.invoke("Hello", config)
    assert config == {"run_id": "6f1c1a4e-5f0d-4a58-9d0e-0d5f5e0c8a11"}


def test_a_candidate_that_changes_its_list_does_not_change_the_callers(scripted):
    def spoil(messages):
        messages.append(HumanMessage("and another thing"))
        raise OSError("down")

    messages = [HumanMessage("Hello")]
    router = SmartRouterRunnable.from_models({"a": RunnableLambda(spoil), "b": scripted()})
    assert model_of(router.invoke(messages)) == "b"
    assert messages == [HumanMessage("Hello")]


def test_a_cached_answer_is_not_changed_by_the_account_of_a_later_one(sandbox):
    router = SmartRouterRunnable.from_catalog(base_url=sandbox.base_url, cache=InMemoryCache())
    first = router.invoke("Hello")
    before = first.response_metadata["smartroute"]["decision_id"]
    second = router.invoke("Hello")
    assert first.response_metadata["smartroute"]["decision_id"] == before
    assert second.response_metadata["smartroute"]["decision_id"] != before
