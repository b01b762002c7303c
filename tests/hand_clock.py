"""A clock that goes on only when a test says so."""

from __future__ import annotations


class Clock:
    """Monotonic seconds, moved by hand."""

    def __init__(self, now=500.0):
        self.now = now

    def __call__(self):
        return self.now

    def passes(self, seconds):
        self.now += seconds
