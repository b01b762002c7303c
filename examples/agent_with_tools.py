"""The router as an agent's model: two tools, three turns, each turn routed by itself.

`create_agent` takes the router like any chat model. What the user asked decides the
route, also while tool results come back. Without SMARTROUTE_BASE_URL a local sandbox
simulates the model.
"""

import os
from contextlib import nullcontext
from typing import Any

from langchain.agents import create_agent
from langchain_core.messages import AIMessage, HumanMessage
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver

from langchain_smartroute import CostCallbackHandler, SmartRouterRunnable
from langchain_smartroute.sandbox import SandboxServer

TURNS = (
    "What is the weather in Lisbon?",
    "Look up the weather in Porto and multiply 17 by 24",
    "Thanks! Write a Python function to reverse a string",
)


@tool
def weather(city: str) -> str:
    """Look up the weather in a city."""
    return f"{city}: 21 degrees, light wind."


@tool
def multiply(first: int, second: int) -> int:
    """Multiply two numbers."""
    return first * second


def one_line(text: str) -> str:
    """Text without line breaks, cut to a readable length."""
    return " ".join(text.split())[:80]


def show(messages: list[Any]) -> None:
    """Print what each step of a turn was, and who answered it."""
    for message in messages:
        if isinstance(message, AIMessage):
            info = message.response_metadata["smartroute"]
            said = ", ".join(f"{call['name']}({call['args']})" for call in message.tool_calls)
            print(f"  {info['model']} ({info['task']}): {said or one_line(message.text)}")
        else:
            print(f"  {message.type}: {message.text}")


def main() -> None:
    """Talk to the agent for three turns."""
    real = os.environ.get("SMARTROUTE_BASE_URL")
    print("A model behind your gateway." if real else "The model is simulated by a local sandbox.")
    with nullcontext() if real else SandboxServer() as sandbox:
        agent = create_agent(
            SmartRouterRunnable.from_catalog(base_url=sandbox.base_url if sandbox else None),
            tools=[weather, multiply],
            checkpointer=InMemorySaver(),
        )
        costs = CostCallbackHandler(baseline="gpt-4o")
        config: Any = {"configurable": {"thread_id": "1"}, "callbacks": [costs]}
        seen = 0
        for number, text in enumerate(TURNS, start=1):
            messages = agent.invoke({"messages": [HumanMessage(text)]}, config)["messages"]
            print(f"turn {number}")
            show(messages[seen:])
            seen = len(messages)
    stats = costs.stats()
    print(f"{stats.total_requests} model calls in {len(TURNS)} turns: ${stats.actual_cost_usd:f}")


if __name__ == "__main__":
    main()
