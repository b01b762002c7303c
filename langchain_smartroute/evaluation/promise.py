"""Choosing a setting so that a promise holds: learn, then test.

Settings are tried from the safest on, each by a valid test of "this one keeps too little";
the first that cannot be ruled out ends the search (fixed-sequence testing within "Learn
then Test", Angelopoulos, Bates, Candès, Jordan and Lei, arXiv 2110.01052). So the chance
that the chosen setting keeps too little is at most one minus the confidence, whatever the
data look like and however many settings there are.

The test bets against the hypothesis (Waudby-Smith and Ramdas, "Estimating means of bounded
random variables by betting", arXiv 2010.09686): it is valid for any sample size, and adapts
to the variance, which is small because the comparison is paired.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from langchain_smartroute.errors import ConfigurationError

__all__ = ["Chosen", "betting_p_values", "choose_setting", "prompts_needed"]

_Floats = npt.NDArray[np.float64]

_FIRST_VARIANCE = 0.25
_BOLDEST = 0.9
_STRICTER = 0.75
"""The part of the level that is tested at, so that a promise is also seen to hold.

What is kept in the long run is looked at on some prompts, which have chance of their own:
a setting that is just good enough there was lucky, and is as unlucky elsewhere. Where all
prompts are halved, the half that is judged falls short of a setting that passed at level
`a` in up to P(Z > c / √2) of the splits, c being the standard errors that passing takes:
for a bet on many prompts P(Z > c) = a / 2 + P(Z > √(2 ln 1 / a)). At a = .1 that is .14,
at .075 it is .12."""

_MOST_PROMPTS = 1_000_000
"""What would take more can as well not be shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """Which setting of a family was chosen.

    Attributes:
        setting: Its number in the family; 0: always the strongest.
        p_values: Of each setting that was tested, in order; the last one may have failed.
        slack: Mean of what each setting keeps above what was promised, against the
            strongest model, in points of quality; negative: it keeps too little.
    """

    setting: int
    p_values: tuple[float, ...]
    slack: tuple[float, ...]


def betting_p_values(values: _Floats, *, low: float, high: float, level: float) -> _Floats:
    """P-values of "the mean is at most 0", a column each.

    A gambler stakes on the mean being above 0, a part of the capital at a time that
    depends on what was seen before alone. If the hypothesis holds, the capital is not
    expected to grow, so that it ever multiplies by x has a chance of at most 1 / x
    (Ville). The stakes are those of Waudby-Smith and Ramdas, equation 26, which aim at
    the sample size and follow the variance seen so far.

    Args:
        values: A row per draw, in an order that does not depend on them; independent, or
            exchangeable, within [low, high].
        low: The least that a value can be.
        high: The most.
        level: The level that the stakes aim at, such as 0.1; the test is valid at all.

    Example:
        >>> import numpy as np
        >>> values = np.full((200, 1), 0.1)
        >>> bool(betting_p_values(values, low=-1, high=1, level=0.1)[0] < 0.01)
        True
    """
    size, width = len(values), high - low
    scaled, null = (values - low) / width, -low / width
    counts = np.arange(1, size + 1)[:, None]
    means = (0.5 + np.cumsum(scaled, axis=0)) / (counts + 1)
    spread = (_FIRST_VARIANCE + np.cumsum((scaled - means) ** 2, axis=0)) / (counts + 1)
    before = np.vstack([np.full((1, values.shape[1]), _FIRST_VARIANCE), spread[:-1]])
    stakes = np.sqrt(2 * math.log(1 / level) / (size * np.maximum(before, 1e-12)))
    stakes = np.minimum(stakes, _BOLDEST / null)
    capital = np.cumsum(np.log1p(stakes * (scaled - null)), axis=0).max(axis=0)
    found: _Floats = np.exp(-np.maximum(capital, 0.0))
    return found


def choose_setting(
    quality: _Floats, models: _Floats, *, keep: float, confidence: float, seed: int
) -> Chosen:
    """The cheapest setting for which the promise holds.

    The promise is against every model of the pool, so it does not matter which of them
    is truly the strongest: the worst of the p-values counts.

    Args:
        quality: A row per prompt of the calibration split and a column per setting, from
            the safest on. The first is always the strongest model; it is not tested, as
            it keeps what it is compared to.
        models: A column per model of the pool.
        keep: The share of the strongest model's quality to keep, such as 0.95.
        confidence: Of the promise, such as 0.9.
        seed: Of the order in which prompts are looked at.

    Raises:
        ConfigurationError: For a share or a confidence outside (0, 1).
    """
    for name, value in (("keep", keep), ("confidence", confidence)):
        if not 0 < value < 1:
            raise ConfigurationError(f"{name} = {value!r}: must lie between 0 and 1, as 0.95 does")
    level = _STRICTER * (1 - confidence)
    order = np.random.default_rng(seed).permutation(len(quality))
    means = models.mean(axis=0)
    slack = quality.mean(axis=0) - keep * means.max()
    p_values: list[float] = []
    for setting in range(1, quality.shape[1]):
        kept = quality[order, setting, None] - keep * models[order]
        found = betting_p_values(kept, low=-keep, high=1.0, level=level)
        p_values.append(float(found.max()))
        if p_values[-1] > level:
            break
    passed = sum(p <= level for p in p_values)
    return Chosen(setting=passed, p_values=tuple(p_values), slack=tuple(slack.tolist()))


def prompts_needed(
    quality: _Floats, strongest: _Floats, *, keep: float, confidence: float
) -> int | None:
    """About how many prompts would show a setting to keep enough, if it does as it seems to.

    The capital of a gambler who knows mean m and standard deviation s grows by m² / 2s²
    a prompt, and has to reach log(1 / level).

    Args:
        quality: A setting's quality on each prompt.
        strongest: The strongest model's.
        keep: The share to keep.
        confidence: Of the promise.

    Returns:
        Prompts; `None` where the setting seems to keep too little, or hardly more than
        enough, so that no number would do.
    """
    kept = quality - keep * strongest
    mean, spread = float(kept.mean()), float(kept.std())
    if mean <= 0:
        return None
    needed = 2 * math.log(1 / (_STRICTER * (1 - confidence))) * (spread / mean) ** 2
    return int(needed) + 1 if needed < _MOST_PROMPTS else None
