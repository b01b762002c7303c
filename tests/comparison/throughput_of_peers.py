"""Calls a second of routers that need an environment of their own, beside this one.

    python tests/comparison/throughput_of_peers.py [--at-a-time 64] [--rounds 5] [--json FILE]

Makes a virtual environment for each peer in `--environments` (a temporary folder where
left out; LiteLLM needs an older openai than this package) and asks the instant server of
`smartroute bench throughput` from each. Rounds are interleaved, and ratios are taken within
a round. Beside each peer stands a plain `ChatOpenAI` of its environment, where it has one.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

from langchain_smartroute.bench.served import instant_server

COMMON = """
import asyncio, sys, time
url, at_a_time, calls = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
PROMPT = "Translate to German: good morning"

async def run(call):
    async def work(left):
        for _ in left:
            await call()
    for measured in (False, True):
        left = iter(range(calls))
        began, used = time.perf_counter(), time.process_time()
        await asyncio.gather(*(work(left) for _ in range(at_a_time)))
    took, cpu = time.perf_counter() - began, time.process_time() - used
    print("MEASURED", calls / took, 1000 * cpu / calls)
"""
LITELLM = """
import os
os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
import litellm
litellm.telemetry = False
router = litellm.Router(
    model_list=[
        {"model_name": name, "litellm_params": {
            "model": "openai/instant", "api_base": url, "api_key": "sandbox"}}
        for name in ("primary", "fallback")
    ],
    fallbacks=[{"primary": ["fallback"]}],
    num_retries=0,
)
async def call():
    answer = await router.acompletion(
        model="primary", messages=[{"role": "user", "content": PROMPT}]
    )
    assert answer.choices[0].message.content
asyncio.run(run(call))
"""
PLAIN = """
from langchain_openai import ChatOpenAI
model = ChatOpenAI(model="instant", base_url=url, api_key="sandbox", max_retries=0)
async def call():
    assert (await model.ainvoke(PROMPT)).content
asyncio.run(run(call))
"""
MODEL_ROUTER = """
from langchain_model_router import ChatRouter, HeuristicStrategy
from langchain_openai import ChatOpenAI
routes = {
    name: ChatOpenAI(model="instant", base_url=url, api_key="sandbox", max_retries=0)
    for name in ("simple", "complex")
}
strategy = HeuristicStrategy("simple", "complex")
router = ChatRouter(routes=routes, default_route="simple", strategy=strategy)
async def call():
    assert (await router.ainvoke(PROMPT)).content
asyncio.run(run(call))
"""
OURS = """
from langchain_smartroute.bench.contestants import bench_router
router = bench_router({"primary": "instant", "fallback": "other"}, base_url=url)
async def call():
    assert (await router.ainvoke(PROMPT)).content
asyncio.run(run(call))
"""
PEERS = {
    "LiteLLM Router": ("litellm", ["litellm"], LITELLM),
    "ChatOpenAI beside LiteLLM": ("litellm", ["litellm", "langchain-openai"], PLAIN),
    "langchain-model-router": (
        "modelrouter",
        ["langchain-model-router", "langchain-openai"],
        MODEL_ROUTER,
    ),
    "ChatOpenAI": (None, [], PLAIN),
    "smartroute": (None, [], OURS),
}
"""Name → environment, what is installed into it, and its script."""


def environment(folder, name, packages):
    """The Python of a virtual environment, which is made where it does not exist."""
    python = folder / name / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", folder / name], check=True)  # noqa: S603 - this Python
    install = [python, "-m", "pip", "install", "-q", *packages]
    subprocess.run(install, check=True)  # noqa: S603 - of that environment
    return str(python)


def measured(python, script, *arguments):
    """Calls a second and CPU milliseconds a call of one run of a script."""
    command = [python, "-c", COMMON + script, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - above
    line = next((one for one in done.stdout.splitlines() if one.startswith("MEASURED")), None)
    if line is None:
        raise SystemExit(f"no figures came of it:\n{done.stdout}\n{done.stderr}")
    return tuple(map(float, line.split()[1:]))


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--at-a-time", type=int, default=64)
    parser.add_argument("--calls", type=int, default=512)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--environments", type=Path)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    folder = given.environments or Path(tempfile.mkdtemp(prefix="smartroute-peers-"))
    pythons = {
        name: sys.executable if at is None else environment(folder, at, packages)
        for name, (at, packages, _) in PEERS.items()
    }
    found = {name: [] for name in PEERS}
    with instant_server() as url:
        for number in range(given.rounds):
            names = list(PEERS)
            for name in names[number % len(names) :] + names[: number % len(names)]:
                script = PEERS[name][2]
                found[name].append(
                    measured(pythons[name], script, url, given.at_a_time, given.calls)
                )
    table(found, given)
    if given.json:
        given.json.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


def table(found, given):
    ours = found["smartroute"]
    print(f"{given.at_a_time} calls at a time, {given.rounds} rounds of {given.calls}\n")
    print("| contestant | calls/s | CPU ms/call | smartroute is × | by CPU |")
    print("|---|---:|---:|---:|---:|")
    for name, rounds in found.items():
        faster = [mine[0] / its[0] for mine, its in zip(ours, rounds, strict=True)]
        leaner = [its[1] / mine[1] for mine, its in zip(ours, rounds, strict=True)]
        print(
            f"| {name} | {median(r[0] for r in rounds):,.0f}"
            f" | {median(r[1] for r in rounds):.2f} | {spread(faster)} | {spread(leaner)} |"
        )


def spread(ratios):
    return f"{median(ratios):.2f} ({min(ratios):.2f}–{max(ratios):.2f})"


if __name__ == "__main__":
    main()
