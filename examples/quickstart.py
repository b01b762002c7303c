"""The shortest way in: a router, a few requests, what was decided, what it cost.

Without SMARTROUTE_BASE_URL (and SMARTROUTE_API_KEY) a local sandbox simulates the
answers: nothing leaves this machine and nothing is spent.
"""

import os
from contextlib import nullcontext

from langchain_smartroute import Catalog, CostCallbackHandler, SmartRouterRunnable
from langchain_smartroute.sandbox import SandboxServer
from langchain_smartroute.sandbox.catalog_models import sandbox_models

QUESTIONS = (
    "Write a Python function to merge sort an array",
    "Is this spam? 'You won a free cruise, click to claim your prize'",
    "Translate to German: good morning",
    "Calculate 17.5% of 2,480",
)


def main() -> None:
    """Ask, and look at each answer's account and at the sum."""
    real = os.environ.get("SMARTROUTE_BASE_URL")
    models = sandbox_models(Catalog.load("default"))
    with nullcontext() if real else SandboxServer(models=models) as sandbox:
        router = SmartRouterRunnable.from_catalog(base_url=sandbox.base_url if sandbox else None)
        costs = CostCallbackHandler(baseline="gpt-4o")
        for question in QUESTIONS:
            answer = router.invoke(question, config={"callbacks": [costs]})
            info = answer.response_metadata["smartroute"]
            print(f"{info['task']}, {info['difficulty']} → {info['model']}, ${info['cost']}")
            text = " ".join(answer.text.split())[:70]
            print(f"  {'answer' if real else 'simulated answer'}: {text}")
        print(f"\n{costs.report()}")
        print(f"\nWhy, for the first of them:\n{router.explain(QUESTIONS[0])}")


if __name__ == "__main__":
    main()
