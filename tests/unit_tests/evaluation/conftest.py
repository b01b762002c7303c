"""Outcomes to replay: a few by hand, many by chance, public ones where there are any."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from known_outcomes import CHEAP, STRONG, price_at, rows_by_chance

from langchain_smartroute.evaluation import OutcomeTable, read_outcomes

ROOT = Path(__file__).parents[3]
DATA = Path(os.environ.get("SMARTROUTE_DATA", ROOT.parent / "shared" / "data")) / "outcomes"


@pytest.fixture
def table():
    """Three prompts by hand: both right, only the large one, only the small one."""
    rows = [
        ("both", CHEAP, 1, "4"),
        ("both", STRONG, 1, "4.0"),
        ("hard", CHEAP, 0, "5"),
        ("hard", STRONG, 1, "7"),
        ("odd", CHEAP, 1, "yes"),
        ("odd", STRONG, 0, "no"),
    ]
    return OutcomeTable.from_records(
        {
            "prompt": prompt,
            "model": model,
            "score": score,
            "answer": answer,
            "dataset": prompt,
            "prompt_tokens": 1_000,
            "completion_tokens": 500,
            "latency_s": 1 if model == CHEAP else 3,
        }
        for prompt, model, score, answer in rows
    ).priced({CHEAP: price_at("0.15", "0.60"), STRONG: price_at("3", "15")})


@pytest.fixture
def by_chance():
    found = OutcomeTable.from_records(rows_by_chance(600))
    return found.priced({CHEAP: price_at("0.15", "0.60"), STRONG: price_at("3", "15")})


@pytest.fixture(scope="session")
def public():
    """Name → a file of public outcomes; skips where it is absent."""

    def read(name):
        path = DATA / f"{name}.parquet"
        if not path.is_file():
            pytest.skip(f"{path.name} is not here; set SMARTROUTE_DATA")
        return read_outcomes(path)

    return read
