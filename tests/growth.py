"""How the time of some work grows with its input, whatever the machine's pace."""

from __future__ import annotations

from time import thread_time

TIMES = 10
"""How many times as large the second input is."""

_MOST = 40
"""How many times as long it may take: linear work takes ten times as long, quadratic a hundred."""

_LEAST_S = 0.0005
"""Shorter times count as this: they vary too much."""


def assert_linear(work, small, large):
    """Assert that `work(large)` takes at most forty times the CPU of `work(small)`.

    Args:
        work: A function of one argument, run in this thread.
        small: Its input.
        large: An input ten times as large.
    """
    before, after = (_least_s(work, given) for given in (small, large))
    most = _MOST * max(before, _LEAST_S)
    assert after <= most, f"{after:.4f} s for {TIMES} times what took {before:.4f} s"


def _least_s(work, given):
    times = []
    for _ in range(3):
        started = thread_time()
        work(given)
        times.append(thread_time() - started)
    return min(times)
