"""Money as integers, for storage and counters."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Context, Decimal

__all__ = ["PICO", "picos", "usd"]

PICO = 10**12
"""Money is stored in whole units of 10⁻¹² US dollars."""

_EXACT = Context(prec=60)
_SHIFT = Decimal(12)


def picos(amount: Decimal) -> int:
    """An amount in US dollars as whole units of 10⁻¹², rounded half to even.

    Exact for prices of up to six decimals per million tokens.
    """
    scaled = _EXACT.scaleb(amount, _SHIFT)
    return int(scaled.to_integral_value(rounding=ROUND_HALF_EVEN))


def usd(units: int) -> Decimal:
    """Whole units of 10⁻¹² as US dollars, without trailing zeros."""
    amount = _EXACT.divide(Decimal(units), Decimal(PICO)).normalize(_EXACT)
    return amount or Decimal(0)
