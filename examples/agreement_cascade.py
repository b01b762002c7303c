"""Two cheap models that come to the same answer need no dear one.

The models are simulated by a local sandbox, as only there one can tell how often each
errs: glm-4-flash at three requests in ten, deepseek-chat at one in ten, and never at the
same ones in the same way. The strong model is asked only where they differ.
"""

from dataclasses import replace
from decimal import Decimal

from langchain_smartroute import Catalog, CostCallbackHandler, SmartRouterRunnable
from langchain_smartroute.sandbox import SandboxServer
from langchain_smartroute.sandbox.catalog_models import sandbox_models

SLIPS = {"glm-4-flash": 0.3, "deepseek-chat": 0.1}
CATALOG = Catalog.load("default")
SUMS = [(12 + 7 * n, 5 + 3 * n) for n in range(40)]


def answered(router: SmartRouterRunnable) -> tuple[int, CostCallbackHandler]:
    """Ask for all products; returns how many are right, and what it cost."""
    costs = CostCallbackHandler(baseline="deepseek-reasoner")
    asked = [f"Solve the equation step by step: what is {a} * {b}?" for a, b in SUMS]
    answers = router.batch(asked, {"callbacks": [costs], "max_concurrency": 4})
    pairs = zip(SUMS, answers, strict=True)
    return sum(answer.text.endswith(f"= {a * b}") for (a, b), answer in pairs), costs


def main() -> None:
    """Compare the cheapest model, the strongest one and the cascade of both."""
    models = [replace(m, slips=SLIPS.get(m.name, 0.0)) for m in sandbox_models(CATALOG)]
    with SandboxServer(models=models) as sandbox:
        cascade = SmartRouterRunnable.from_catalog(
            base_url=sandbox.base_url, tier="quality", cascade="agreement"
        )
        print(cascade.explain("Solve the equation step by step: what is 12 * 5?").reason)
        alone = SmartRouterRunnable.from_catalog(base_url=sandbox.base_url, tier="quality")
        routers = {
            "cheapest alone": alone.with_route(model="glm-4-flash"),
            "strongest alone": alone.with_route(model="deepseek-reasoner"),
            "cascade": cascade,
        }
        for name, router in routers.items():
            right, costs = answered(router)
            told = costs.stats()
            print(f"{name:<16} {right} of {len(SUMS)} right for ${told.actual_cost_usd:f}")
        escalated = sum(record.escalated for record in costs.records)
        beside = [record for record in costs.records if record.purpose == "second_opinion"]
        paid = sum((record.cost_usd or Decimal(0) for record in beside), Decimal(0))
        print(f"asked the strong one {escalated} times;", end=" ")
        print(f"{len(beside)} second opinions cost ${paid:f}")


if __name__ == "__main__":
    main()
