"""Reservations on one counter as single statements of PostgreSQL.

A transaction of several statements locks the counter's row for several round trips, while all
other workers wait; a single statement locks it only while the server executes it.
"""

from __future__ import annotations

from typing import Any

from langchain_smartroute.state.commands import Hold, Settle, Standing
from langchain_smartroute.state.database import sa

__all__ = ["held_at_once", "settled_at_once"]

_HOLD = sa.text("""
WITH claimed AS (
  INSERT INTO smartroute_counters AS c (counter, spent, held, expires_ms)
  VALUES (:counter, 0, :amount, :counter_ms)
  ON CONFLICT (counter) DO UPDATE
  SET held = c.held + excluded.held, expires_ms = excluded.expires_ms
  WHERE c.spent + c.held + excluded.held <= :ceiling
  RETURNING counter
)
INSERT INTO smartroute_leases (lease, counter, amount, expires_ms)
SELECT :lease, counter, :amount, :lease_ms FROM claimed
RETURNING amount
""")
_SETTLE = sa.text("""
WITH freed AS (
  DELETE FROM smartroute_leases WHERE lease = :lease AND counter = :counter RETURNING amount
)
INSERT INTO smartroute_counters AS c (counter, spent, held, expires_ms)
VALUES (:counter, :spent, 0, :counter_ms)
ON CONFLICT (counter) DO UPDATE
SET spent = c.spent + excluded.spent,
  held = c.held - coalesce((SELECT sum(amount)::bigint FROM freed), 0),
  expires_ms = greatest(c.expires_ms, excluded.expires_ms)
RETURNING spent, held,
  EXISTS (SELECT FROM smartroute_leases WHERE lease = :lease AND counter <> :counter)
""")


def held_at_once(connection: sa.Connection, command: Hold, *, now_ms: int) -> bool:
    """Reserve on a command's single counter; returns whether it fitted."""
    (claim,) = command.claims
    if claim.amount > claim.ceiling:
        return False
    settings: dict[str, Any] = {
        "lease": command.lease,
        "counter": claim.counter,
        "amount": claim.amount,
        "ceiling": claim.ceiling,
        "counter_ms": now_ms + round(max(claim.ttl_s, command.lease_s) * 1000),
        "lease_ms": now_ms + round(command.lease_s * 1000),
    }
    return connection.execute(_HOLD, settings).one_or_none() is not None


def settled_at_once(
    connection: sa.Connection, command: Settle, *, now_ms: int
) -> tuple[Standing, bool]:
    """Settle a command's single charge.

    Returns:
        The counter's state, and whether the lease holds reservations on other counters.
    """
    (charge,) = command.charges
    settings = {
        "lease": command.lease,
        "counter": charge.counter,
        "spent": charge.amount,
        "counter_ms": now_ms + round(charge.ttl_s * 1000),
    }
    spent, held, more = connection.execute(_SETTLE, settings).one()
    return Standing(spent=spent, held=held), more
