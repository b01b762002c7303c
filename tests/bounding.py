"""An attempt's bounds around what a test runs, as the router sets them around a call."""

from __future__ import annotations

from contextlib import contextmanager

from langchain_smartroute.execution.bounds import attempt_bounds


@contextmanager
def bound_by(bounds):
    token = attempt_bounds.set(bounds)
    try:
        yield
    finally:
        attempt_bounds.reset(token)
