"""Every example runs as a script, without a key, and says what it promises."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from langchain_smartroute import Catalog
from langchain_smartroute.sandbox import SandboxServer
from langchain_smartroute.sandbox.catalog_models import sandbox_models

EXAMPLES = Path(__file__).parents[2] / "examples"
SETTINGS = ("SMARTROUTE_", "OPENAI_")

# Scripts that need no gateway, or that show what only a sandbox can be told to do.
KEYLESS = {"agreement_cascade", "savings_table", "reference_requests", "when_calls_fail"}
EXPECTED = {
    "agreement_cascade": (
        "cascade agreement: the cheapest for math, deepseek-chat beside it, else deepseek-reasoner",
        "cheapest alone   28 of 40 right for $0.",
        "strongest alone  40 of 40 right for $0.",
        "cascade          40 of 40 right for $0.",
        "asked the strong one 15 times; 40 second opinions cost $0.",
    ),
    "quickstart": (
        "code, easy → deepseek-v4-pro, $0.",
        "classification, easy → glm-4-flash, $0.",
        "simulated answer: Guten Morgen",
        "baseline gpt-4o",
        "saved",
        "code in tier balanced of the routing table",
    ),
    "fallback_and_escalation": (
        "weak: rejected placeholder: TODO",
        "answered by strong, unmet checks: []",
        "TODO in it: False",
        "dead: failed ConnectionError",
        "strong: accepted",
        "answered by weak, unmet checks: ['placeholder: TODO']",
    ),
    "reasoning_model": (
        "model: deepseek-reasoner",
        "thought: ",
        "streamed thoughts: True",
        "next model: glm-5.1",
        "it was sent the thoughts: False",
    ),
    "lcel_chain": (
        "Answers are simulated by a local sandbox.",
        "invoke: billing",
        "abatch of 15:",
        "16 requests, $0.",
        "glm-4-flash: 6",
    ),
    "agent_with_tools": (
        "simulated",
        "turn 1",
        "weather({'city': 'Lisbon'})",
        "tool: Lisbon: 21 degrees, light wind.",
        "weather({'city': 'Porto'}), multiply({'first': 17, 'second': 24})",
        "tool: 408",
        "turn 3",
        "deepseek-v4-pro (code): ```python def reverse",
        "5 model calls in 3 turns: $0.",
    ),
    "agent_turns": (
        "imulated by a local sandbox.",
        "deepseek-chat calls a tool: general in tier balanced",
        "deepseek-chat answers: locked",
        "deepseek-v4-pro answers: code in tier balanced",
        "deepseek-v4-pro calls a tool: the conversation's route",
        "asked again → deepseek-v4-pro: escalated from deepseek-chat: the user asks again",
        "5 model calls: $0.",
    ),
    "many_workers": (
        "imulated by a local sandbox.",
        "calls of 4 workers in one ledger: $0.001",
        "within the limit of $0.002: True",
    ),
    "structured_output": (
        "each candidate's best: Booking(name='Ana Silva', email='ana.silva@example.org'",
        "json_schema: Booking(name='Ana Silva'",
        "function_calling: Booking(name='Ana Silva'",
        "json_mode: Booking(name='Ana Silva'",
        "parsing error: None",
    ),
    "streaming": (
        "Switch. Your first door hides the car",
        "stream: deepseek-reasoner, {'input_tokens': ",
        "characters for 'Translate to French: thank you'",
        "astream_events: on_chat_model_start × 1",
        "astream_events: on_chat_model_end × 1",
    ),
    "traces_and_decisions": (
        "smartroute:route:glm-4-flash, smartroute:task:classification",
        "served by zhipuai: glm-4-flash",
        "served by deepseek: deepseek-v4-pro",
        "glm-4-flash: classification in tier balanced of the routing table",
        "gpt-4o $0.",
        "not gpt-4o: ",
        "strong accepted",
        "routes are as expected",
    ),
    "own_rules_and_models": (
        "fast accepted; default",
        "strong accepted; rule 'refunds'",
        "strong accepted; code in tier balanced",
        "strong accepted; asked for by the caller",
        "fast accepted; math in tier balanced",
        "fast failed → strong accepted",
    ),
    "when_calls_fail": (
        "deepseek-chat failed OpenAIAPIError (HTTP 500) → deepseek-chat accepted",
        "deepseek-chat failed AttemptTimeoutError, timeout_s → ",
        "deepseek-chat failed OpenAIAPIError (HTTP 503) → ",
        "open: its breaker is open for another ",
        "first_token: interrupted; the error has what was shown: True",
        "buffer: complete, ",
    ),
    "reference_requests": (
        "balanced  deepseek-v4-pro, as published (code)",
        "balanced  glm-4-flash, as published (classification)",
        "balanced  deepseek-reasoner, as published (math)",
    ),
    "savings_table": (
        "10 M tokens a month, all at gpt-4o: $125.00",
        "$  4.940   96.0 % saved",
        "$  0.250",
        "$  1.260",
        "$  2.690",
        "$  3.125",
        "$  7.325   94.1 % saved",
        "As this router routes them, tier budget",
        "As this router routes them, tier balanced",
        "As this router routes them, tier quality",
        "The published $4.94 does not follow from its price table, which gives $7.325",
        "glm-5.1 stands for it",
    ),
}


def run_python(*arguments):
    own = {k: v for k, v in os.environ.items() if not k.startswith(SETTINGS)}
    done = subprocess.run(  # noqa: S603 - our own script
        [sys.executable, *arguments],
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
        env=own,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout


def test_every_example_is_run_here():
    assert {path.stem for path in EXAMPLES.glob("*.py")} == EXPECTED.keys()


@pytest.mark.parametrize("name", EXPECTED)
def test_an_example_runs_without_a_key_and_prints_its_key_lines_in_order(name):
    printed = run_python(str(EXAMPLES / f"{name}.py"))
    position = 0
    for line in EXPECTED[name]:
        found = printed.find(line, position)
        assert found >= 0, f"{line!r} is not there, or not in its place:\n{printed}"
        position = found


# Another test runs that example's workers.
GATEWAY_USERS = sorted(EXPECTED.keys() - KEYLESS - {"many_workers"})

ALL_IN_ONE_PROCESS = """
import contextlib, io, json, os, runpy, sys
printed = {}
os.environ["SMARTROUTE_API_KEY"] = "good"
for script, url in json.loads(sys.argv[1]).items():
    os.environ["SMARTROUTE_BASE_URL"] = url
    with contextlib.redirect_stdout(io.StringIO()) as shown:
        runpy.run_path(script, run_name="__main__")
    printed[script] = shown.getvalue()
print(json.dumps(printed))
"""


@pytest.fixture(scope="module")
def with_gateways():
    """Name → what the example printed, and what its own gateway was asked.

    They share a process, as starting one takes longer than most of them.
    """
    models = sandbox_models(Catalog.load("default"))
    with ExitStack() as stack:
        gateways = {
            name: stack.enter_context(SandboxServer(models=models, api_key="good"))
            for name in GATEWAY_USERS
        }
        urls = {str(EXAMPLES / f"{name}.py"): gateways[name].base_url for name in GATEWAY_USERS}
        printed = json.loads(run_python("-c", ALL_IN_ONE_PROCESS, json.dumps(urls)))
        return {
            name: (printed[str(EXAMPLES / f"{name}.py")], gateway.requests)
            for name, gateway in gateways.items()
        }


@pytest.mark.parametrize("name", GATEWAY_USERS)
def test_an_example_uses_the_gateway_that_is_configured(with_gateways, name):
    printed, requests = with_gateways[name]
    assert requests
    assert "imulated" not in printed
