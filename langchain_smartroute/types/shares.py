"""Rounding of shares, so that a platform's last bits do not show in a decision."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["rounded_shares"]


def rounded_shares(shares: Mapping[str, float], *, parts: int) -> dict[str, float]:
    """Round shares half up, several times as fast as with `round`.

    Args:
        shares: Name → share, in [0, 1].
        parts: Number of steps from 0 to 1, such as 10,000 for four decimals.

    Returns:
        Name → share, a whole number of steps.

    Example:
        >>> from langchain_smartroute.types import rounded_shares
        >>> rounded_shares({"code": 2 / 3, "math": 1 / 3}, parts=100)
        {'code': 0.67, 'math': 0.33}
    """
    return {name: int(share * parts + 0.5) / parts for name, share in shares.items()}
