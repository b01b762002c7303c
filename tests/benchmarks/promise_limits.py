"""What a calibration with a promise could save at most, whatever test it used.

    python tests/benchmarks/promise_limits.py routellm.parquet gsm8k \
        gpt-4-1106-preview=10/30 mistralai/Mixtral-8x7B-Instruct-v0.1=.24/.24

Same prompts, settings and halves as `smartroute evaluate promise --apart`, but a setting
passes where what it keeps lies c standard errors above the promise, as if the spread were known
and the normal distribution held, which is about what the best test of that level could do. Two
c are tried: the one that the level asks (1.28 for 90 %), and √2 times as much, which a promise
has to have to be seen to hold on the other half, whose own chance is as large.
"""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path
from statistics import NormalDist

import numpy as np

from langchain_smartroute.cli.calibrating import CalibrationInput, preparation
from langchain_smartroute.evaluation import read_outcomes, strongest_model
from langchain_smartroute.evaluation.pricing import price_table

KEEP, CONFIDENCE, SPLITS, SEEDS = 0.95, 0.9, 1_000, (5, 6, 21, 22, 23, 24)


def passed(kept, errors):
    """The number of the last setting before the first that does not pass."""
    enough = kept.mean(axis=0) >= errors * kept.std(axis=0) / np.sqrt(len(kept))
    enough[0] = True
    return int(np.argmin(enough)) - 1 if not enough.all() else len(enough) - 1


def tried(ready, seed, errors):
    """Shares of splits in which the promise held, and what was saved and possible."""
    made, found = {}, []
    draws, half = np.random.default_rng(seed), len(ready.table) // 2
    for _ in range(SPLITS):
        order = draws.permutation(len(ready.table))
        here, there = order[:half], order[half:]
        strongest = strongest_model(ready.table.rows(here))
        if strongest not in made:
            family = ready.build(strongest, here)
            made[strongest] = family.quality, family.cost_usd
        quality, cost = made[strongest]
        best = ready.table.score[:, ready.table.column(strongest)]
        chosen = passed(quality[here] - KEEP * best[here, None], errors)
        saved = 1 - cost[there].mean(axis=0) / cost[there, 0].mean()
        enough = quality[there].mean(axis=0) >= KEEP * ready.table.score[there].mean(axis=0).max()
        found.append((enough[chosen], saved[chosen], max(saved[enough], default=0.0)))
    held, saved, possible = np.array(found).T
    return held.mean(), np.median(saved), np.median(possible)


def main():
    path, dataset, *prices = sys.argv[1:]
    known = price_table(prices, day=date(2026, 11, 27))
    table = read_outcomes(path).of_dataset([dataset]).only(list(known)).priced(known)
    level = NormalDist().inv_cdf(CONFIDENCE)
    for seed in SEEDS:
        data = CalibrationInput(
            table=table, prices=known, seed=seed, beside=Path("unwritten.toml"), apart=True
        )
        ready = preparation(data, "quality")(seed)
        for errors in (level, level * 2**0.5):
            held, saved, possible = tried(ready, seed, errors)
            print(
                f"seed {seed:2}  c = {errors:.2f}  held {held:.1%}"
                f"  saved {saved:.1%} of {possible:.1%} possible"
            )


if __name__ == "__main__":
    main()
