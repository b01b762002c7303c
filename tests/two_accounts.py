"""Compares a router's own ledger with a handler that watched the same runs."""

from __future__ import annotations

from dataclasses import replace

import pytest

_APART_S = 2.0


def expect_same_accounts(watched, own):
    """Fail where two accounts of the same runs differ in more than a moment.

    Args:
        watched: The records of a `CostCallbackHandler` at the call.
        own: Those of the router's ledger, which the router made without watching.
    """
    mine, theirs = ([_timeless(record) for record in account] for account in (own, watched))
    assert mine == theirs, f"the ledger's own: {mine}; a handler's: {theirs}"
    for one, other in zip(own, watched, strict=True):
        # Many calls are made at once: between the two looks at a clock others may run.
        assert one.latency_s == pytest.approx(other.latency_s, abs=_APART_S)
        assert (one.latency_s > 0) == (other.latency_s > 0)
        assert abs((one.started_at - other.started_at).total_seconds()) < _APART_S


def _timeless(record):
    return replace(record, latency_s=0.0, started_at=None)
