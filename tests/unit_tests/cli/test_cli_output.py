from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from types import MappingProxyType

import pytest

from langchain_smartroute.cli.output import print_hanging, print_json, shown_usd
from langchain_smartroute.evaluation import Interval
from langchain_smartroute.types import Usage


@dataclass
class Share:
    value: float


def test_money_is_shown_to_the_last_digit_and_never_in_powers_of_ten():
    assert shown_usd(Decimal("0.00000001")) == "$0.00000001"
    assert shown_usd(Decimal(0)) == "$0"
    assert shown_usd(None) == "unknown"


def test_json_keeps_money_exact_and_what_is_unknown_null(capsys):
    value = {
        "cost": Decimal("1E-7"),
        "unknown": None,
        "day": date(2026, 11, 23),
        "inputs": frozenset({"text", "image"}),
        "scores": MappingProxyType({"code": 1.0}),
        "usage": Usage(input_tokens=3),
        "text": "日本語",
    }
    print_json(value)
    written = capsys.readouterr().out
    assert "日本語" in written
    found = json.loads(written)
    assert found["cost"] == "0.0000001"
    assert found["unknown"] is None
    assert found["day"] == "2026-11-23"
    assert found["inputs"] == ["image", "text"]
    assert found["scores"] == {"code": 1.0}
    assert found["usage"]["input_tokens"] == 3


def test_a_long_laid_out_line_is_broken_between_words_and_indented(capsys):
    print_hanging(["  name  one two three four", "plain words only here", ""], width=16)
    assert capsys.readouterr().out.splitlines() == [
        "  name  one two",
        "      three four",
        "plain words only",
        "here",
        "",
    ]


def test_a_float_that_json_cannot_say_is_null(capsys):
    """`NaN` is no JSON: other programs could not read the whole."""
    spread = Interval(float("nan"), 0.5, float("inf"))
    print_json({"kept": spread, "of": [Share(value=float("nan"))]})
    found = json.loads(capsys.readouterr().out, parse_constant=pytest.fail)
    assert found == {"kept": [None, 0.5, None], "of": [{"value": None}]}
