"""How many decisions a second of one core makes: `python tests/benchmarks/decisions_per_second.py`.

Ten priced candidates, features that are worked out already (as in a replay), the CPU time
of this process, the best of seven rounds: other processes take turns on the core.
"""

from __future__ import annotations

import time
from datetime import date

from langchain_smartroute import (
    Catalog,
    ModelSpec,
    Price,
    QualityPolicy,
    QualityPredictor,
    RequestFeatures,
    RouteOptions,
    TablePolicy,
)

ROUNDS, DECISIONS = 7, 2_000
TASKS = ("math", "code", "general", "translation")


def ten_models() -> Catalog:
    models = [
        ModelSpec(
            alias=f"m{at}",
            quality=dict.fromkeys(TASKS, 0.5 + 0.04 * at),
            prices=[
                Price(
                    input_usd_per_mtok=at + 1,
                    output_usd_per_mtok=2 * at + 1,
                    source="made up",
                    date=date(2026, 1, 2),
                )
            ],
        )
        for at in range(10)
    ]
    row = {"budget": "m0", "balanced": "m5", "quality": "m9"}
    return Catalog(models=models, routes=dict.fromkeys(TASKS, row))


def fitted(prompts: list[str]) -> QualityPredictor:
    """A predictor that looks at words: half of the models are good at each half."""
    rows = [
        (prompt, f"m{model}", float((at + model) % 2), TASKS[at % len(TASKS)])
        for at, prompt in enumerate(prompts)
        for model in range(10)
    ]
    texts, models, scores, tasks = (list(column) for column in zip(*rows, strict=True))
    return QualityPredictor.fit(texts, models, scores, tasks=tasks)


def rate(policy, features) -> float:
    options = RouteOptions()
    best = float("inf")
    for _ in range(ROUNDS):
        started = time.process_time()
        for at in range(DECISIONS):
            policy.decide(features[at % len(features)], options, decision_id="1")
        best = min(best, time.process_time() - started)
    return DECISIONS / best


def main() -> None:
    words = ("contract", "integral")
    prompts = [f"{words[at % 2]} question number {at} of about twenty tokens" for at in range(400)]
    features = [
        RequestFeatures(
            text=prompt, task=TASKS[at % len(TASKS)], input_tokens=20 + at, scores={"math": 1.0}
        )
        for at, prompt in enumerate(prompts)
    ]
    catalog, predictor = ten_models(), fitted(prompts)
    for name, policy in (
        ("TablePolicy", TablePolicy(catalog=catalog)),
        ("QualityPolicy", QualityPolicy(catalog=catalog)),
        ("QualityPolicy that looks at words", QualityPolicy(catalog=catalog, predictor=predictor)),
    ):
        found = rate(policy, features)
        print(f"{name:36}{found:9,.0f} decisions a second, {1e6 / found:.0f} µs each")


if __name__ == "__main__":
    main()
