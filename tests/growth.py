"""How the time of some work grows with its input, whatever the machine's pace."""

from __future__ import annotations

from time import thread_time

TIMES = 10
"""How many times as large the second input is."""

_MOST = 40
"""How many times as long it may take: linear work takes ten times as long, quadratic a hundred."""


def assert_linear(work, small, large, *, repeats=3, least_s=0.0005):
    """Assert that `work(large)` takes at most forty times the CPU of `work(small)`.

    Args:
        work: A function of one argument, run in this thread.
        small: Its input.
        large: An input ten times as large.
        repeats: How often each is measured; the least counts.
        least_s: Shorter times count as this: they vary too much.
    """
    before, after = (_least_s(work, given, repeats) for given in (small, large))
    most = _MOST * max(before, least_s)
    assert after <= most, f"{after:.4f} s for {TIMES} times what took {before:.4f} s"


def _least_s(work, given, repeats):
    times = []
    for _ in range(repeats):
        started = thread_time()
        work(given)
        times.append(thread_time() - started)
    return min(times)
