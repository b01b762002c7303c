"""How many decisions a second of one core makes: `python tests/benchmarks/decisions_per_second.py`.

Ten priced candidates, features that are worked out already (as in a replay), the CPU time
of this process, seven rounds in turn. `smartroute bench all --with
tests/benchmarks/decisions_per_second.py` puts it beside all figures.
"""

from __future__ import annotations

import sys
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
from langchain_smartroute.bench.figure_pages import shown_spread
from langchain_smartroute.bench.figures import Figure, tell

ROUNDS, DECISIONS = 7, 2_000
TABLE, COLUMN = "Deciding alone", "decisions a second"
NOTE = "Features at hand, ten priced candidates; CPU time, seven rounds of 2,000 decisions in turn."
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


def rate(policy, features, decisions) -> float:
    options = RouteOptions()
    started = time.process_time()
    for at in range(decisions):
        policy.decide(features[at % len(features)], options, decision_id="1")
    return decisions / (time.process_time() - started)


def main(arguments: list[str]) -> None:
    rounds, decisions = (1, 20) if "--quick" in arguments else (ROUNDS, DECISIONS)
    words = ("contract", "integral")
    prompts = [f"{words[at % 2]} question number {at} of about twenty tokens" for at in range(400)]
    features = [
        RequestFeatures(
            text=prompt, task=TASKS[at % len(TASKS)], input_tokens=20 + at, scores={"math": 1.0}
        )
        for at, prompt in enumerate(prompts)
    ]
    catalog, predictor = ten_models(), fitted(prompts)
    policies = {
        "TablePolicy": TablePolicy(catalog=catalog),
        "QualityPolicy": QualityPolicy(catalog=catalog),
        "QualityPolicy that looks at words": QualityPolicy(catalog=catalog, predictor=predictor),
    }
    found: dict[str, list[float]] = {name: [] for name in policies}
    for _ in range(rounds):
        for name, policy in policies.items():
            found[name].append(rate(policy, features, decisions))
    figures = [
        Figure(table=TABLE, row=name, column=COLUMN, samples=tuple(several))
        for name, several in found.items()
    ]
    if "--figures" in arguments:
        tell(figures, notes={TABLE: NOTE})
        return
    for figure in figures:
        print(f"{figure.row:36}{shown_spread(figure)} decisions a second")


if __name__ == "__main__":
    main(sys.argv[1:])
