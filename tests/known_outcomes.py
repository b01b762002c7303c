"""Outcomes made by chance, with a gap that is known; for tests of evaluation and its commands."""

from __future__ import annotations

import numpy as np

from langchain_smartroute.catalog import Price

CHEAP, STRONG = "small", "large"


def price_at(low, high):
    return Price(
        input_usd_per_mtok=low, output_usd_per_mtok=high, source="a test", date="2026-11-27"
    )


def rows_by_chance(prompts, *, seed=1, gap=0.2, answers=False):
    """Two models; how much better the large one is, on top of what both find hard."""
    draws = np.random.default_rng(seed)
    for number in range(prompts):
        hard = draws.random()
        for model, strength in ((CHEAP, 0.9 - gap), (STRONG, 0.9)):
            score = float(draws.random() < strength + 0.3 * (0.5 - hard))
            row = {"prompt": f"prompt {number}", "model": model, "score": score}
            row |= {"prompt_tokens": 100, "completion_tokens": 200, "dataset": f"set {number % 2}"}
            if answers:
                row["answer"] = "right" if score else f"wrong {draws.integers(5)}"
            yield row
