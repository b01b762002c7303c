"""LangGraph shows the router's text once, under one id."""

from __future__ import annotations

import pytest
from langchain_core.messages import AIMessage, AIMessageChunk
from langchain_core.messages.ai import add_ai_message_chunks
from langchain_core.tools import tool
from langgraph.graph import START, MessagesState, StateGraph

from langchain_smartroute import SmartRouterRunnable
from langchain_smartroute.sandbox import Fault

GREETING = "Hello! How can I help you today?"


@tool
def weather(city: str) -> str:
    """Give the weather of a city."""
    return f"Sunny in {city}"


def graph(model, *, streaming=False, asynchronous=False):
    def ask(state):
        if streaming:
            return {"messages": [add_ai_message_chunks(*model.stream(state["messages"]))]}
        return {"messages": [model.invoke(state["messages"])]}

    async def aask(state):
        return {"messages": [await model.ainvoke(state["messages"])]}

    builder = StateGraph(MessagesState)
    builder.add_node("ask", aask if asynchronous else ask)
    builder.add_edge(START, "ask")
    return builder.compile()


QUESTION = {"messages": [("user", "Hello")]}


def text_of(parts):
    return "".join(message.text for message, _ in parts if isinstance(message, AIMessage))


@pytest.mark.parametrize("streaming", [False, True])
def test_langgraph_shows_the_text_once(router, streaming):
    parts = list(graph(router, streaming=streaming).stream(QUESTION, stream_mode="messages"))
    assert text_of(parts) == GREETING
    tokens = [m for m, _ in parts if isinstance(m, AIMessageChunk) and m.content]
    assert len(tokens) > 1
    assert len({message.id for message, _ in parts}) == 1


async def test_langgraph_shows_the_text_once_async(router):
    source = graph(router, asynchronous=True).astream(QUESTION, stream_mode="messages")
    assert text_of([part async for part in source]) == GREETING


def test_langgraph_shows_the_text_once_after_a_fallback(sandbox, router):
    sandbox.set_fault("deepseek-chat", Fault(kind="status", status=503))
    assert text_of(list(graph(router).stream(QUESTION, stream_mode="messages"))) == GREETING


def test_langgraph_shows_the_text_once_with_bound_tools(router):
    parts = list(graph(router.bind_tools([weather])).stream(QUESTION, stream_mode="messages"))
    assert text_of(parts) == GREETING


def test_a_model_that_does_not_stream_is_shown_once(scripted):
    model = scripted(words="one two", disable_streaming=True)
    router = SmartRouterRunnable.from_models({"a": model})
    parts = list(graph(router).stream(QUESTION, stream_mode="messages"))
    assert text_of(parts) == "one two"


def test_a_message_keeps_its_id_from_the_stream_to_the_state(router):
    shown, state = set(), None
    for mode, part in graph(router).stream(QUESTION, stream_mode=["messages", "values"]):
        if mode == "messages":
            shown.add(part[0].id)
        else:
            state = part
    answer = state["messages"][-1]
    assert shown == {answer.id}
    assert answer.response_metadata["smartroute"]["model"] == "deepseek-chat"
