"""Outcomes of unusual datasets work with the same commands and without special settings."""

# ruff: noqa: RUF001 - full-width marks are meant

from __future__ import annotations

import json
import random

import pytest
from typer.testing import CliRunner

from langchain_smartroute.cli.app import app

PRICES = {"small": ".1/.4", "middle": ".2/.8", "large": "3/15"}
SHAPES = {
    "Chinese exam": lambda n: ("ABCD"[n % 4], ("故选{0}。", "答案是（{0}）", "选项：{0}")),
    "Chinese exam, several": lambda n: (
        ("AC", "ABD", "BCD")[n % 3],
        ("{0}", "{1}", "答案：{1}"),
    ),
    "LaTeX": lambda n: (
        (n, 7),
        (
            r"So \boxed{{\frac{{{0[0]}}}{{{0[1]}}}}}.",
            r"$\dfrac{{{0[0]}}}{{{0[1]}}}$",
            "{0[0]}/{0[1]}",
        ),
    ),
    "letters": lambda n: ("ABCD"[n % 4], ("({0})", "**Answer: {0}**", r"\boxed{{\text{{({0})}}}}")),
    "thousands": lambda n: (n * 1_000 + 7, ("{0:,}", "{0}", "The answer is ${0:,}.00.")),
    "full width": lambda n: (n, ("{2}", "{0}", "答案是{2}")),
    "percent": lambda n: (n, ("{0}%", "{0} %", "The final answer is {0}%.")),
    "units": lambda n: (n, ("{0} km", "{0} km", "Answer: {0} km")),
    "tool calls": lambda n: (
        n,
        (
            '{{"name": "add", "arguments": {{"a": {0}, "b": "x"}}}}',
            '{{"arguments": {{"b": "x", "a": {0}.0}}, "name": "add"}}',
            '```json\n{{"name": "add", "arguments": {{"a": {0}, "b": "x"}}}}\n```',
        ),
    ),
}


def written(value, form):
    wide = str(value).translate({48 + d: 0xFF10 + d for d in range(10)})
    return form.format(value, "、".join(str(value)), wide)


def outcomes(path, shape, rows=600):
    """Models that err by chance, whose wrong answers differ; each writes answers in its way."""
    draws = random.Random(5)  # noqa: S311 - not for secrets
    with path.open("w", encoding="utf-8") as file:
        for number in range(rows):
            value, forms = SHAPES[shape](number)
            for (model, form), share in zip(
                zip(PRICES, forms, strict=True), (0.8, 0.82, 0.93), strict=True
            ):
                right = draws.random() < share
                answer = written(value, form) if right else f"unlike {model} {number}"
                row = {"prompt": f"第{number}题 {shape}", "model": model, "score": float(right)}
                row |= {"prompt_tokens": 60, "completion_tokens": 200, "answer": answer}
                file.write(json.dumps(row, ensure_ascii=False) + "\n")


def ran(*arguments):
    prices = [part for pair in PRICES.items() for part in ("--price", "=".join(pair))]
    return CliRunner().invoke(app, [*arguments, *prices])


@pytest.mark.parametrize("shape", SHAPES)
def test_agreement_sees_the_same_answer_however_it_is_written(shape, tmp_path):
    """Two models that are right agree: about .8 × .82 of the prompts are answered cheaply."""
    outcomes(tmp_path / "o.jsonl", shape)
    found = ran(
        *("evaluate", "policy", "--outcomes", str(tmp_path / "o.jsonl"), "--strongest", "large"),
        *("--agreement", "small,middle", "--format", "json"),
    )
    assert found.exit_code == 0, found.output
    router = json.loads(found.stdout)["routers"]["agreement"]
    assert 0.55 < router["saved"][0] < 0.70
    assert router["kept"][0] > 0.97


@pytest.mark.parametrize("shape", ["Chinese exam", "tool calls"])
def test_a_promise_is_made_and_written(shape, tmp_path):
    outcomes(tmp_path / "o.jsonl", shape)
    found = ran(
        *("calibrate", "--outcomes", str(tmp_path / "o.jsonl"), "--family", "agreement"),
        *("--out", str(tmp_path / "router.toml")),
    )
    assert found.exit_code == 0, found.output
    assert "agreement" in (tmp_path / "router.toml").read_text()


def test_the_quality_policy_is_swept_on_any_set(tmp_path):
    outcomes(tmp_path / "o.jsonl", "Chinese exam")
    found = ran("evaluate", "quality", "--outcomes", str(tmp_path / "o.jsonl"), "--format", "json")
    assert found.exit_code == 0, found.output
    (only,) = json.loads(found.stdout)
    assert only["prompts"] == 300
    assert sorted(only["models"]) == sorted(PRICES)
    assert len(only["points"]) > 8
    shown = ran("evaluate", "quality", "--outcomes", str(tmp_path / "o.jsonl"))
    words = " ".join(shown.output.split())
    assert "by more than their 95% interval, 0 below" in words
    assert "0 below it by more than the simultaneous 95% band of their set" in words


@pytest.mark.parametrize("missing", ["prompt", "model", "score", "answer"])
def test_a_missing_column_is_named(missing, tmp_path):
    outcomes(tmp_path / "o.jsonl", "letters", rows=200)
    lines = [json.loads(line) for line in (tmp_path / "o.jsonl").read_text().splitlines()]
    rows = [{k: v for k, v in row.items() if k != missing} for row in lines]
    (tmp_path / "less.jsonl").write_text("\n".join(map(json.dumps, rows)))
    found = ran(
        *("calibrate", "--outcomes", str(tmp_path / "less.jsonl"), "--family", "agreement"),
        *("--out", str(tmp_path / "router.toml")),
    )
    assert found.exit_code == 1
    assert f"'{missing}'" in found.output or f" {missing}" in found.output
    assert "Traceback" not in found.output
