"""The reference design's three requests, and where they go in each tier.

`explain` decides without calling a model. Without SMARTROUTE_BASE_URL a local sandbox
stands behind the router, as a router wants an endpoint.
"""

import os
from contextlib import nullcontext

from langchain_smartroute import SmartRouterRunnable
from langchain_smartroute.sandbox import SandboxServer

PUBLISHED = {
    "Write a Python function to merge sort an array": "deepseek-v4-pro",
    "Classify this tweet as positive or negative": "glm-4-flash",
    "Explain the Monty Hall problem with math": "deepseek-reasoner",
}


def main() -> None:
    """Compare the balanced tier's routes with the published ones; show the others."""
    real = os.environ.get("SMARTROUTE_BASE_URL")
    with nullcontext() if real else SandboxServer() as sandbox:
        router = SmartRouterRunnable.from_catalog(base_url=sandbox.base_url if sandbox else None)
        for request, published in PUBLISHED.items():
            decision = router.explain(request)
            verdict = "as published" if decision.model == published else f"published: {published}"
            print(f"{request}\n  balanced  {decision.model}, {verdict} ({decision.task})")
            for tier in ("budget", "quality"):
                print(f"  {tier:<8}  {router.with_route(tier=tier).explain(request).model}")
        print(f"\nThe last one in full:\n{router.explain(request)}")


if __name__ == "__main__":
    main()
