"""CPU of an agent's turn with the router, over the same agent with one fixed model.

A turn is: the user asks, the model calls a tool, the tool answers, the model answers; over
HTTP against a sandbox in a process of its own. Both agents meet the same model, turn about,
and the CPU of this process alone is counted:

    python tests/benchmarks/agent_turn_cpu.py [turns]

`smartroute bench all --with tests/benchmarks/agent_turn_cpu.py` puts it beside all figures.
"""

from __future__ import annotations

import gc
import statistics
import subprocess
import sys
import time
from itertools import pairwise

from langchain.agents import create_agent
from langchain_core.messages import HumanMessage
from langchain_openai import ChatOpenAI
from langgraph.checkpoint.memory import InMemorySaver

from langchain_smartroute import SmartRouterMiddleware, SmartRouterRunnable
from langchain_smartroute.bench.figures import Figure, tell

SERVER = """
import sys
from langchain_smartroute.sandbox import SandboxServer
with SandboxServer() as server:
    print(server.base_url, flush=True)
    sys.stdin.read()
"""
TABLE = "An agent's turn"
NOTE = (
    "Two model calls and a tool, over local HTTP; turn about, {} turns, medians of five stretches."
)
STRETCHES = 5
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


def measured(turns: int) -> dict[str, list[float]]:
    """CPU seconds of every turn of each agent."""
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
    return {name: values[20:] for name, values in spent.items()}


def figures(spent):
    """Five stretches of the run, of each the median turn and its ratio to the fixed model's."""
    turns = len(spent["fixed model"])
    bounds = [turns * at // STRETCHES for at in range(STRETCHES + 1)]
    stretches = {
        name: [statistics.median(values[a:b]) for a, b in pairwise(bounds)]
        for name, values in spent.items()
    }
    for name, found in stretches.items():
        ratios = [mine / its for mine, its in zip(found, stretches["fixed model"], strict=True)]
        yield Figure(table=TABLE, row=name, column="CPU, ms", samples=tuple(1e3 * s for s in found))
        yield Figure(table=TABLE, row=name, column="× fixed model", samples=tuple(ratios))


def main(arguments: list[str]) -> None:
    turns = int(arguments[0]) if arguments and arguments[0].isdigit() else 200
    spent = measured(STRETCHES if "--quick" in arguments else turns)
    if "--figures" in arguments:
        tell(figures(spent), notes={TABLE: NOTE.format(turns)})
        return
    middle = {name: statistics.median(values) for name, values in spent.items()}
    for name, value in middle.items():
        more, n = value / middle["fixed model"] - 1, len(spent[name])
        print(f"{name:<12} {value * 1000:7.2f} ms of CPU a turn (median of {n}), {more:+.1%}")


if __name__ == "__main__":
    main(sys.argv[1:])
