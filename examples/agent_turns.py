"""An agent that keeps its route: locked in tool loops, rising over turns, escalated when stuck.

The conversation is LangGraph's thread. Each step says why its model answered. Without
SMARTROUTE_BASE_URL a local sandbox simulates the models.
"""

import os
from contextlib import nullcontext
from typing import Any

from langchain.agents import create_agent
from langchain_core.messages import AIMessage, HumanMessage
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI
from langgraph.checkpoint.memory import InMemorySaver

from langchain_smartroute import CostCallbackHandler, SmartRouterMiddleware, SmartRouterRunnable
from langchain_smartroute.sandbox import SandboxServer

TURNS = (
    "What is the weather in Lisbon?",
    "Write a Python function to reverse a string",
    "Thanks! What is the weather in Porto?",
)


@tool
def weather(city: str) -> str:
    """Look up the weather in a city."""
    return f"{city}: 21 degrees, light wind."


def show(title: str, messages: list[Any]) -> None:
    """Print who answered each step of a turn, and why."""
    print(title)
    for message in messages:
        if isinstance(message, AIMessage):
            told = message.response_metadata["smartroute"]
            said = "calls a tool" if message.tool_calls else "answers"
            print(f"  {told['model']} {said}: {told['reason']}")


def main() -> None:
    """Route an agent that was built with another model."""
    real = os.environ.get("SMARTROUTE_BASE_URL")
    print("Models behind your gateway." if real else "Answers are simulated by a local sandbox.")
    with nullcontext() if real else SandboxServer() as sandbox:
        router = SmartRouterRunnable.from_catalog(base_url=sandbox.base_url if sandbox else None)
        agent = create_agent(
            ChatOpenAI(model="never-asked", base_url="http://127.0.0.1:9/v1", api_key="none"),
            tools=[weather],
            middleware=[SmartRouterMiddleware(router)],
            checkpointer=InMemorySaver(),
        )
        costs = CostCallbackHandler(baseline="gpt-4o")
        seen = 0
        for text in TURNS:
            config: Any = {"configurable": {"thread_id": "1"}, "callbacks": [costs]}
            messages = agent.invoke({"messages": [HumanMessage(text)]}, config)["messages"]
            show(text, messages[seen:])
            seen = len(messages)

        stuck = router.explain(
            [
                HumanMessage("Which plan am I on?"),
                AIMessage("We have three plans."),
                HumanMessage("That's not what I asked."),
            ]
        )
        print(f"asked again → {stuck.model}: {stuck.reason}")
    print(f"{len(costs.records)} model calls: ${costs.stats().actual_cost_usd:f}")


if __name__ == "__main__":
    main()
