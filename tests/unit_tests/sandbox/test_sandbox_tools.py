from __future__ import annotations

import json

import pytest
from langchain_core.tools import tool
from langchain_core.utils.function_calling import convert_to_openai_tool


@tool
def get_weather(city: str, unit: str = "celsius") -> str:
    """Get the weather at a place."""
    return f"sunny in {city}, {unit}"


@tool
def get_time(city: str) -> str:
    """Get the local time at a place."""
    return city


@tool
def add_numbers(a: int, b: int) -> int:
    """Add two integers."""
    return a + b


@tool
def createCustomer(customer_name: str) -> str:  # noqa: N802 - names in camel case are split too
    """Store somebody."""
    return customer_name


@tool
def queryForecast(stadt: str = "Berlin") -> str:  # noqa: N802
    """查询城市的天气"""
    return stadt


@tool
def ping() -> str:
    """Ping the machine."""
    return "pong"


@tool
def ping_all() -> str:
    """Ping all machines."""
    return "pong"


TOOLS = [
    convert_to_openai_tool(item)
    for item in (get_weather, get_time, add_numbers, createCustomer, queryForecast, ping, ping_all)
]
BOTH = "What's the weather in Paris and the time in Tokyo?"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "What is the weather in San Francisco, CA?",
            [("get_weather", {"city": "San Francisco, CA"})],
        ),
        ("weather for tomorrow in london", [("get_weather", {"city": "london"})]),
        (
            "Weather in New York today, unit: kelvin",
            [("get_weather", {"city": "New York", "unit": "kelvin"})],
        ),
        (BOTH, [("get_weather", {"city": "Paris"}), ("get_time", {"city": "Tokyo"})]),
        ("Please add the numbers 12 and -7.", [("add_numbers", {"a": 12, "b": -7})]),
        (
            "Create a customer called '你好啊集团'",
            [("createCustomer", {"customer_name": "你好啊集团"})],
        ),
        ("上海的天气怎么样", [("queryForecast", {})]),
        (
            "Use get_weather('Oslo', unit='celsius').",
            [("get_weather", {"city": "Oslo", "unit": "celsius"})],
        ),
        ("Use add_numbers(b=2, a=(1)) now", [("add_numbers", {"b": 2, "a": 1})]),
        ("Call ping_all() please", [("ping_all", {})]),
        ("Call ping() please", [("ping", {})]),
        ("Hello!", []),
        ("Tell me about the Roman empire", []),
    ],
)
def test_a_tool_is_called_when_the_message_asks_for_it(client, text, expected):
    assert client.calls(text, TOOLS) == expected


def test_no_tool_is_called_when_none_may_be(client):
    assert client.calls(BOTH, TOOLS, tool_choice="none") == []


def test_one_tool_at_a_time_unless_parallel(client):
    (call,) = client.calls(BOTH, TOOLS, parallel_tool_calls=False)
    assert call == ("get_weather", {"city": "Paris"})


def test_a_forced_call_is_made_whatever_is_asked(client):
    assert len(client.calls("Hello!", TOOLS, tool_choice="required")) == 1
    choice = {"type": "function", "function": {"name": "add_numbers"}}
    assert client.calls("Hello!", TOOLS, tool_choice=choice) == [("add_numbers", {"a": 1, "b": 1})]


def test_a_call_that_is_not_python_is_filled_from_the_words(client):
    assert client.calls("get_weather(in Rome", TOOLS) == [("get_weather", {"city": "Rome"})]
    assert client.calls("get_time(Oslo)", TOOLS) == [("get_time", {"city": "Oslo"})]


def conversation(client, text, **fields):
    """Ask, answer each call with a result, and ask again until there is text."""
    messages = [{"role": "user", "content": text}]
    called = []
    while True:
        message = client.ask(messages, tools=TOOLS, **fields)["choices"][0]["message"]
        messages.append(message)
        if message["content"]:
            return called, message["content"]
        for call in message["tool_calls"]:
            name = call["function"]["name"]
            called.append(name)
            result = f"result of {name}"
            messages.append({"role": "tool", "tool_call_id": call["id"], "content": result})


@pytest.mark.parametrize("parallel", [True, False])
def test_an_agent_loop_ends_with_an_answer_that_quotes_the_results(client, parallel):
    called, answer = conversation(client, BOTH, parallel_tool_calls=parallel)
    assert called == ["get_weather", "get_time"]
    assert "result of get_weather" in answer
    assert "result of get_time" in answer


def test_a_new_question_may_call_the_same_tool_again(client):
    first = client.ask("Weather in Rome?", tools=TOOLS)["choices"][0]["message"]
    messages = [
        {"role": "user", "content": "Weather in Rome?"},
        first,
        {"role": "tool", "tool_call_id": first["tool_calls"][0]["id"], "content": "sunny"},
        {"role": "assistant", "content": "It is sunny."},
        {"role": "user", "content": "And the weather in Oslo?"},
    ]
    assert client.calls(messages, TOOLS) == [("get_weather", {"city": "Oslo"})]


def test_call_ids_are_unique_and_stable(client):
    def ids():
        message = client.ask(BOTH, tools=TOOLS)["choices"][0]["message"]
        return [call["id"] for call in message["tool_calls"]]

    assert ids() == ids()
    assert len(set(ids())) == 2


def test_a_result_without_text_is_answered(client):
    first = client.ask("Weather in Rome?", tools=TOOLS)["choices"][0]["message"]
    done = {"role": "tool", "tool_call_id": first["tool_calls"][0]["id"], "content": ""}
    asked = {"role": "user", "content": "Weather in Rome?"}
    assert "nothing" in client.text([asked, first, done])


def test_arguments_cut_off_by_max_tokens_are_not_json(client):
    choice = client.ask("What is the weather in Paris?", tools=TOOLS, max_tokens=2)["choices"][0]
    assert choice["finish_reason"] == "length"
    with pytest.raises(json.JSONDecodeError):
        json.loads(choice["message"]["tool_calls"][0]["function"]["arguments"])
