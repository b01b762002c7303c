"""CPU of an agent's turn with the router, over the same agent with one fixed model.

A turn is: the user asks, the model calls a tool, the tool answers, the model answers; over
HTTP against a sandbox in a process of its own. Both agents meet the same model, turn about,
and the CPU of this process alone is counted:

    python tests/benchmarks/agent_turn_cpu.py [turns]
"""

from __future__ import annotations

import gc
import statistics
import subprocess
import sys
import time

from langchain.agents import create_agent
from langchain_core.messages import HumanMessage
from langchain_openai import ChatOpenAI
from langgraph.checkpoint.memory import InMemorySaver

from langchain_smartroute import SmartRouterMiddleware, SmartRouterRunnable

SERVER = """
import sys
from langchain_smartroute.sandbox import SandboxServer
with SandboxServer() as server:
    print(server.base_url, flush=True)
    sys.stdin.read()
"""
QUESTION = "What's the weather in Paris?"


def get_weather(city: str) -> str:
    """Get the weather in a city."""
    return f"Sunny in {city}"


def cpu_s(agent, number):
    """CPU seconds of one turn in a new thread of conversation."""
    config = {"configurable": {"thread_id": str(number)}}
    begun = time.process_time()
    state = agent.invoke({"messages": [HumanMessage(QUESTION)]}, config)
    spent = time.process_time() - begun
    assert state["messages"][-1].text == "Here is what I found: Sunny in Paris"
    return spent


def main(turns: int) -> None:
    with subprocess.Popen(  # noqa: S603 - our own interpreter and code
        [sys.executable, "-c", SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        url = process.stdout.readline().strip()
        fixed = ChatOpenAI(model="deepseek-chat", base_url=url, api_key="none", max_retries=0)
        router = SmartRouterRunnable.from_catalog(base_url=url)
        tools = [get_weather]
        agents = {
            "fixed model": create_agent(fixed, tools, checkpointer=InMemorySaver()),
            "router": create_agent(router, tools, checkpointer=InMemorySaver()),
            "middleware": create_agent(
                fixed,
                tools,
                middleware=[SmartRouterMiddleware(router)],
                checkpointer=InMemorySaver(),
            ),
        }
        spent: dict[str, list[float]] = {name: [] for name in agents}
        gc.collect()
        gc.disable()
        for number in range(turns + 20):
            for name, agent in agents.items():
                spent[name].append(cpu_s(agent, number))
        process.stdin.close()
    middle = {name: statistics.median(values[20:]) for name, values in spent.items()}
    for name, value in middle.items():
        more = value / middle["fixed model"] - 1
        print(f"{name:<12} {value * 1000:7.2f} ms of CPU a turn (median of {turns}), {more:+.1%}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
