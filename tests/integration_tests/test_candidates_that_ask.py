"""Candidates that are graphs themselves, and ask a person in the middle of their answer."""

from __future__ import annotations

from decimal import Decimal

import pytest
from langchain_core.messages import AIMessage
from langchain_core.runnables import RunnableLambda
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.types import Command, interrupt

from langchain_smartroute import SmartRouterRunnable, SpendLimit
from langchain_smartroute.testing import ScriptedChatModel

PRICE = {
    "input_usd_per_mtok": "1",
    "output_usd_per_mtok": "2",
    "source": "made up",
    "date": "2026-01-01",
}
SPARE = "nobody was asked"


class Pair:
    """A router of a graph that asks a person, after a call, and of a spare."""

    def __init__(self):
        self.paid = ScriptedChatModel(script=["Shall I?"] * 2)
        self.decided = []
        self.router = SmartRouterRunnable.from_models(
            {"asks": RunnableLambda(self.ask), "spare": ScriptedChatModel(script=[SPARE])},
            default="asks",
            prices={"asks": PRICE, "spare": PRICE},
            spend_limits=[SpendLimit(usd="1", period="day")],
            on_decision=self.decided.append,
            breaker={"min_calls": 1},
        )

    def ask(self, messages):
        question = self.paid.invoke(messages)
        return AIMessage(f"A person says {interrupt(question.text)}")

    def app(self, way):
        def node(state, config):
            if way == "invoke":
                return {"messages": [self.router.invoke(state["messages"], config)]}
            *_, last = self.router.stream(state["messages"], config)
            return {"messages": [last]}

        async def anode(state, config):
            if way == "ainvoke":
                return {"messages": [await self.router.ainvoke(state["messages"], config)]}
            *_, last = [part async for part in self.router.astream(state["messages"], config)]
            return {"messages": [last]}

        graph = StateGraph(MessagesState)
        graph.add_node("answer", anode if way.startswith("a") else node)
        graph.add_edge(START, "answer")
        return graph.compile(checkpointer=InMemorySaver())


@pytest.mark.parametrize("way", ["invoke", "ainvoke", "stream", "astream"])
async def test_a_question_to_a_person_is_no_failure(way):
    """LangGraph's `interrupt` is an exception: the spare answered in the place of the person."""
    pair = Pair()
    app = pair.app(way)
    config = {"configurable": {"thread_id": "1"}}
    asked = {"messages": [("user", "hi")]}
    if way.startswith("a"):
        paused = await app.ainvoke(asked, config)
        resumed = await app.ainvoke(Command(resume="yes"), config)
    else:
        paused = app.invoke(asked, config)
        resumed = app.invoke(Command(resume="yes"), config)
    assert [asked.value for asked in paused["__interrupt__"]] == ["Shall I?"]
    assert resumed["messages"][-1].content.startswith("A person says yes")
    ends = [[(a.outcome, a.reason) for a in record.attempts] for record in pair.decided]
    assert ends == [[("cancelled", "paused or left by its graph")], [("accepted", "")]]
    health = pair.router.health()["asks"]
    assert (health.state, health.failures) == ("closed", 0)
    status = pair.router.limit_status()[0]
    assert (status.reserved, status.spent > 0) == (Decimal(0), True)
