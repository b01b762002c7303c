"""Text appended to a prompt to get a dearer model, or by habit: the route mostly stays."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from langchain_smartroute.catalog import Catalog
from langchain_smartroute.classify import LinearClassifier, UserRequest

CORPUS = Path(__file__).parents[2] / "corpus"
SUFFIXES = [
    json.loads(line)["suffix"]
    for line in (CORPUS / "heldout/suffixes.jsonl").read_text(encoding="utf-8").splitlines()
]
EVERY = 60
"""One prompt in so many is attacked; `smartroute evaluate` has the figures for unseen prompts."""

TABLE = Catalog.load("default")


def output_price(task, difficulty):
    model = TABLE.models[TABLE.table.look_up(task, "balanced", difficulty)]
    return model.price.output_usd_per_mtok


def cost_of(text):
    said = LinearClassifier().classify(UserRequest(text=text))
    return said.task, output_price(said.task, said.difficulty)


@pytest.fixture(scope="module")
def attacked():
    """Prompts whose route is right, with the price of it, and how each suffix changes that."""
    rows = [
        json.loads(line)
        for path in sorted(CORPUS.glob("*.jsonl"))
        for line in path.read_text(encoding="utf-8").splitlines()[::EVERY]
    ]
    right = [
        (row["text"], price)
        for row in rows
        for task, price in [cost_of(row["text"])]
        if price == output_price(row["task"], "medium")
    ]
    assert len(right) >= 100
    return {
        suffix: [cost_of(text + suffix)[1] > price for text, price in right] for suffix in SUFFIXES
    }


def test_there_are_at_least_twenty_suffixes():
    assert len(set(SUFFIXES)) >= 20


def test_suffixes_hardly_push_a_prompt_to_a_dearer_model(attacked):
    shares = {suffix: sum(pushed) / len(pushed) for suffix, pushed in attacked.items()}
    assert sum(shares.values()) / len(shares) <= 0.05
    assert max(shares.values()) <= 0.12, max(shares, key=shares.get)


def test_genuine_hard_requests_still_rise():
    """Passing over misleading ends must not cost the requests that deserve a dearer model.

    Weights trained without distractions sent 74 of these prompts up; nine in ten of
    that must still go.
    """
    rows = (CORPUS / "heldout/difficulty.jsonl").read_text(encoding="utf-8").splitlines()
    hard = [row["text"] for row in map(json.loads, rows) if row["difficulty"] == "hard"]
    cheap = output_price("general", "easy")
    assert sum(cost_of(text)[1] > cheap for text in hard) >= 0.9 * 74
