"""What grows, and that its measurement means what it says."""

from __future__ import annotations

import pytest

from langchain_smartroute.bench.scaling import SIZES, bench_scaling


def test_each_size_of_what_grows_is_measured_beside_the_smallest():
    found = list(
        bench_scaling({"messages": (1, 200), "records": (0, 50), "stored records": (0, 50)})
    )
    assert [(scale.what, scale.size) for scale in found] == [
        ("messages", 1),
        ("messages", 200),
        ("records", 0),
        ("records", 50),
        ("stored records", 0),
        ("stored records", 50),
    ]
    assert [scale.each_us is None for scale in found] == [True, False] * 3
    first, second = found[:2]
    assert second.each_us == pytest.approx((second.cpu_us - first.cpu_us) / 199)


@pytest.mark.parametrize("what", ["models", "rules"])
def test_time_grows_with_size_but_not_quadratically(what):
    """Ten times as many cost more, and at most thirty times as much: linear, generously."""
    few, many = SIZES[what][-2:]
    small, large = bench_scaling({what: (few, many)})
    assert small.cpu_us < large.cpu_us < 30 * small.cpu_us
