"""Prints what the same calls cost here, by genai-prices and by LiteLLM, as a table.

python -m venv /path/to/litellm && /path/to/litellm/bin/pip install litellm
python tests/comparison/compare_prices.py /path/to/litellm/bin/python
"""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from genai_prices import Usage as TheirUsage
from genai_prices import calc_price

from langchain_smartroute.catalog import cost_usd, genai_prices, price_at
from langchain_smartroute.types import Usage

NOON = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)
NIGHT = datetime(2026, 11, 27, 2, 30, tzinfo=UTC)
LITELLM = Path(__file__).with_name("litellm_costs.py")


def call(case, model, provider, tokens, **more):
    return {
        "case": case,
        "model": model,
        "provider": provider,
        "input": tokens[0],
        "output": tokens[1],
        "litellm": model,
        **more,
    }


GEMINI = {"litellm": "gemini/gemini-2.5-pro", "litellm_provider": "gemini"}
DEEPSEEK = {"litellm": "deepseek/deepseek-v4-pro", "litellm_provider": "deepseek", "cached": 8_192}
CALLS = [
    call("plain", "gpt-4o", "openai", (1_000, 500)),
    call("cached read", "gpt-4o", "openai", (10_000, 300), cached=8_192),
    call("cached read", "gpt-4o-mini", "openai", (10_000, 300), cached=8_192),
    call("reasoning", "gpt-5.1", "openai", (2_000, 1_500), reasoning=1_200),
    call("flex", "gpt-5.1", "openai", (2_000, 500), tier="flex"),
    call("priority", "gpt-5.1", "openai", (2_000, 500), tier="priority"),
    call("batch", "gpt-5.1", "openai", (2_000, 500), tier="batch"),
    call("flex where there is none", "gpt-4o", "openai", (2_000, 500), tier="flex"),
    call("at the step of length", "gemini-2.5-pro", "google", (200_000, 1_000), **GEMINI),
    call("past the step", "gemini-2.5-pro", "google", (200_001, 1_000), **GEMINI),
    call("past it, cached", "gemini-2.5-pro", "google", (500_000, 2_000), cached=400_000, **GEMINI),
    call("cache write", "claude-sonnet-4-5", "anthropic", (6_000, 400), written=5_000),
    call(
        "read and write",
        "claude-sonnet-4-5",
        "anthropic",
        (9_000, 700),
        cached=4_000,
        written=3_000,
    ),
    call("at noon", "deepseek-v4-pro", "deepseek", (10_000, 300), **DEEPSEEK),
    call("at 02:30 UTC", "deepseek-v4-pro", "deepseek", (10_000, 300), night=True, **DEEPSEEK),
    call("plain", "deepseek-chat", "deepseek", (10_000, 300), litellm="deepseek/deepseek-chat"),
    call("prefixed", "openrouter/openai/gpt-4o", None, (1_000, 500)),
    call("prefixed", "openai/gpt-4o", None, (1_000, 500)),
    call("unknown gateway", "acme/gpt-4o", None, (1_000, 500)),
    call("unknown model", "house-7b", None, (1_000, 500)),
    call("by provider", "glm-5.1", "zai", (1_000, 500), litellm="zai/glm-5.1"),
    call("by provider", "glm-5.1", "zhipuai", (1_000, 500), litellm="zhipuai/glm-5.1"),
]


def ours(one, at):
    usage = Usage(
        input_tokens=one["input"],
        output_tokens=one["output"],
        cache_read_tokens=one.get("cached", 0),
        cache_write_tokens=one.get("written", 0),
        reasoning_tokens=one.get("reasoning", 0),
        service_tier=one.get("tier"),
    )
    found = cost_usd(usage, price_at(genai_prices(one["model"], one["provider"]), at))
    return "unknown" if found is None else f"{found.normalize():f}"


def theirs(one, at):
    names = {
        "input_tokens": "input",
        "output_tokens": "output",
        "cache_read_tokens": "cached",
        "cache_write_tokens": "written",
        "output_reasoning_tokens": "reasoning",
    }
    counts = {name: one[key] for name, key in names.items() if one.get(key)}
    context = {"service_tier": one["tier"]} if one.get("tier") else None
    if one.get("tier") == "batch":
        context = {"processing": "batch"}
    try:
        found = calc_price(
            TheirUsage(**counts),
            one["model"],
            provider_id=one["provider"],
            genai_request_timestamp=at,
            price_context=context,
        )
    except LookupError:
        return "LookupError"
    return f"{found.total_price.normalize():f}"


def main():
    done = subprocess.run(  # noqa: S603 - named by whoever runs this
        [sys.argv[1], str(LITELLM)],
        input=json.dumps(CALLS),
        capture_output=True,
        text=True,
        check=True,
    )
    costs = json.loads(done.stdout.splitlines()[-1])
    print("| call | model | here | genai-prices | LiteLLM |\n|---|---|---|---|---|")
    for one, litellm in zip(CALLS, costs, strict=True):
        at = NIGHT if one.get("night") else NOON
        where = f" at {one['provider']}" if one["provider"] else ""
        cells = (one["case"], one["model"] + where, ours(one, at), theirs(one, at), litellm)
        print(f"| {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
