"""Models of your own, with rules, fallbacks and choices per call.

Any chat model or runnable can be a candidate; what it can do comes from its profile,
what it costs from the shipped catalogs. Without SMARTROUTE_BASE_URL a local sandbox
simulates the answers, and one model is made to fail.
"""

import os
from contextlib import nullcontext
from typing import Any

from langchain_openai import ChatOpenAI
from pydantic import SecretStr

from langchain_smartroute import RequestFeatures, Rule, SmartRouterRunnable
from langchain_smartroute.sandbox import Fault, SandboxServer


def about_refunds(features: RequestFeatures) -> bool:
    """Requests that are worth a strong model whatever they look like."""
    return "refund" in features.text.lower()


def build_router(base_url: str, key: str) -> SmartRouterRunnable:
    """A cheap and a strong model: rules first, then the routes, then the default."""

    def model(name: str) -> ChatOpenAI:
        return ChatOpenAI(model=name, base_url=base_url, api_key=SecretStr(key), max_retries=0)

    return SmartRouterRunnable.from_models(
        {"fast": model("gpt-4o-mini"), "strong": model("gpt-4o")},
        routes={"code": "strong", "math": {"default": "fast", "hard": "strong"}},
        default="fast",
        rules=[
            Rule(about_refunds, "strong", "refunds"),
            ({"task": "translation", "difficulty": "hard"}, "strong"),
        ],
        fallbacks={"fast": ["strong"]},
    )


def ask(router: SmartRouterRunnable, question: str, **choices: Any) -> None:
    """Ask once, with choices for this call alone, and show who answered and why."""
    answer = router.invoke(question, config={"configurable": {"smartroute": choices}})
    info = answer.response_metadata["smartroute"]
    tried = " → ".join(f"{a['model']} {a['outcome']}" for a in info["attempts"])
    print(f"{question}\n  {tried}; {info['reason']}; ${info['cost']}")


def main() -> None:
    """Route by rule, by route, by default and by choice; then let the fast model fail."""
    real = os.environ.get("SMARTROUTE_BASE_URL")
    print("Answers from your gateway." if real else "Answers are simulated by a local sandbox.")
    with nullcontext() if real else SandboxServer() as sandbox:
        base_url = sandbox.base_url if sandbox else os.environ["SMARTROUTE_BASE_URL"]
        router = build_router(base_url, os.environ.get("SMARTROUTE_API_KEY", "none"))
        ask(router, "Hello!")
        ask(router, "I want a refund for order 81")
        ask(router, "Write a Python function to check a palindrome")
        ask(router, "Hello again!", model="strong")
        ask(router, "Calculate 6 * 7", max_cost_usd="0.001")
        if sandbox:
            sandbox.set_fault("gpt-4o-mini", Fault(kind="status", status=503))
            ask(router, "Hello, is anybody there?")


if __name__ == "__main__":
    main()
