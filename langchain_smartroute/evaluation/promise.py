"""Choosing a setting so that a promise holds: learn, then test.

Settings are tried from the safest on, each by a valid test of "this one keeps too little";
the first that cannot be ruled out ends the search (fixed-sequence testing within "Learn
then Test", Angelopoulos, Bates, Candès, Jordan and Lei, arXiv 2110.01052). So the chance
that the chosen setting keeps too little is at most one minus the confidence, whatever the
data look like and however many settings there are.

The test bets against the hypothesis (Waudby-Smith and Ramdas, "Estimating means of bounded
random variables by betting", arXiv 2010.09686): it is valid for any sample size, and adapts
to the variance, which is small because the comparison is paired. The stakes are optimal for
reaching a goal by a deadline (Browne, "Reaching goals by a deadline: digital options and
continuous-time active portfolio management", Advances in Applied Probability 31, 1999): all
that counts is what the capital is after the last prompt.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from langchain_smartroute.errors import ConfigurationError

__all__ = ["HALVES", "Chosen", "betting_p_values", "choose_setting", "prompts_needed"]

_Floats = npt.NDArray[np.float64]

_FIRST_VARIANCE = 0.1
"""Assumed variance at the start: that of two answers that differ on a tenth of the prompts."""

_FIRST_COUNT = 20
"""How many prompts that assumed variance counts as, so that few prompts do not decide alone."""

HALVES = 2.0
"""Random errors between two halves of the prompts, the one calibrated on and the other."""

_BOLDEST = 0.9
_TURNS = 32
"""How often stakes are updated; more often takes longer and did not gain power."""

_LOST = 6.0
"""Power lost by betting, in standard errors times the square root of the number of prompts:
bets are not infinitesimal, and the variance is estimated. Measured on halves of MMLU (RouteLLM)
and MMLU-Pro."""

_SCORES = np.linspace(-9.0, 6.0, 1_501)
_LOG_CHANCES = np.array([math.log(0.5 * math.erfc(-z / math.sqrt(2))) for z in _SCORES.tolist()])
_SLOPES = np.exp(-(_SCORES**2) / 2 - _LOG_CHANCES) / math.sqrt(2 * math.pi)
"""Derivative of the logarithm of the normal distribution function, at those probabilities."""

_AT_ONCE = 8
"""How many settings are tested at a time."""

_MOST_PROMPTS = 1_000_000
"""Where a test needs more prompts than this, no number counts as enough."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """The chosen setting of a family.

    Attributes:
        setting: Its index in the family; 0: always the strongest.
        p_values: P-value of each setting that was tested, in order; the last one may have failed.
        slack: Mean quality of each setting above the promised share of the strongest model's
            quality; negative: the setting keeps too little.
    """

    setting: int
    p_values: tuple[float, ...]
    slack: tuple[float, ...]


def _aimed(level: float, size: int, chances: float) -> float:
    """The target of the bets in standard errors, so that a promise also holds on new prompts.

    A promise about the long run is judged on a sample that has a random error of its own. Where
    all prompts are halved, a setting that passed by c standard errors on one half falls short
    on the other half with probability P(Z > c / √2); at the level itself (c = 1.28 for .1) that
    would be .18. So passing takes √2 times as many standard errors, or √chances where there are
    more; this margin also covers the power that is lost by betting.
    """
    needed = NormalDist().inv_cdf(1 - level)
    return max(needed, math.sqrt(chances) * needed - _LOST / math.sqrt(size))


def betting_p_values(
    values: _Floats, *, low: float, level: float, chances: float = HALVES
) -> _Floats:
    """P-values of "the mean is at most 0", a column each.

    The test bets on the mean being above 0, with a share of the capital that depends on earlier
    values alone. Under the hypothesis the expected capital does not grow, so the probability
    that it ends up x times as large is at most 1 / x (Markov's inequality). The test is valid
    for any stakes; these maximise the probability that the capital has grown to `1 / level`,
    plus a margin, after the last value.

    Args:
        values: A row per prompt and a column per test, rows in an order that does not depend on
            the values; independent or exchangeable, and none below `low`.
        low: Lower bound of the values; below 0.
        level: The level that the stakes are chosen for, such as 0.1; the test is valid at any
            level.
        chances: Number of equal random errors that passing is to make up for.

    Example:
        >>> import numpy as np
        >>> values = np.full((200, 1), 0.1)
        >>> bool(betting_p_values(values, low=-1, level=0.1)[0] < 0.1)
        True
    """
    size, columns = values.shape
    start = math.log(NormalDist().cdf(-_aimed(level, size, chances)))
    # Logarithm of the ratio of capital to goal.
    capital = np.full(columns, start)
    sums, squares = np.zeros(columns), np.zeros(columns)
    ends = np.unique(np.round(np.linspace(0, size, _TURNS + 1)).astype(int)).tolist()
    for begin, end in pairwise(ends):
        seen = begin + _FIRST_COUNT
        means = sums / seen
        deviations = squares - 2 * means * sums + begin * means**2
        spread = (_FIRST_COUNT * _FIRST_VARIANCE + deviations) / seen
        stakes = np.interp(capital, _LOG_CHANCES, _SLOPES)
        stakes /= np.sqrt(np.maximum(spread, 1e-12) * (size - begin))
        stakes = np.where(capital < 0, np.minimum(stakes, _BOLDEST / -low), 0.0)
        drawn = values[begin:end]
        capital = capital + np.log1p(stakes * drawn).sum(axis=0)
        sums = sums + drawn.sum(axis=0)
        squares = squares + (drawn**2).sum(axis=0)
    found: _Floats = np.exp(-np.maximum(capital - start, 0.0))
    return found


def choose_setting(
    quality: _Floats,
    models: _Floats,
    *,
    keep: float,
    confidence: float,
    seed: int,
    chances: float = HALVES,
) -> Chosen:
    """The cheapest setting for which the promise holds.

    The promise is tested against every model of the pool and the largest p-value counts, so it
    does not matter which of them is truly the strongest.

    Args:
        quality: A row per prompt of the calibration split and a column per setting, from
            the safest on. The first is "always the strongest model" and is not tested.
        models: Quality with a column per model of the pool.
        keep: The share of the strongest model's quality to keep, such as 0.95.
        confidence: Confidence of the promise, such as 0.9.
        seed: Seed of the order of the prompts.
        chances: The family's.

    Raises:
        ConfigurationError: For a share or a confidence outside (0, 1).
    """
    for name, value in (("keep", keep), ("confidence", confidence)):
        if not 0 < value < 1:
            raise ConfigurationError(f"{name} = {value!r}: must lie between 0 and 1, as 0.95 does")
    level = 1 - confidence
    order = np.random.default_rng(seed).permutation(len(quality))
    means = models.mean(axis=0)
    slack = quality.mean(axis=0) - keep * means.max()
    p_values: list[float] = []
    for begin in range(1, quality.shape[1], _AT_ONCE):
        some = quality[order, begin : begin + _AT_ONCE, None]
        kept = (some - keep * models[order, None, :]).reshape(len(order), -1)
        found = betting_p_values(kept, low=-keep, level=level, chances=chances)
        p_values += found.reshape(-1, models.shape[1]).max(axis=1).tolist()
        if max(p_values) > level:
            break
    passed = next((n for n, p in enumerate(p_values) if p > level), len(p_values))
    p_values = p_values[: passed + 1]
    return Chosen(setting=passed, p_values=tuple(p_values), slack=tuple(slack.tolist()))


def prompts_needed(
    quality: _Floats,
    strongest: _Floats,
    *,
    keep: float,
    confidence: float,
    chances: float = HALVES,
) -> int | None:
    """About how many prompts the test needs for a setting, if its measured quality is right.

    The mean has to lie as many standard errors above 0 as the test needs to pass.

    Args:
        quality: The setting's quality on each prompt.
        strongest: The strongest model's.
        keep: The share to keep.
        confidence: Confidence of the promise, in (0, 1).
        chances: The family's.

    Returns:
        Number of prompts; `None` where the setting keeps too little, or hardly more than
        enough, so that no number would be enough.
    """
    kept = quality - keep * strongest
    mean, spread = float(kept.mean()), float(kept.std())
    if mean <= 0:
        return None
    errors = math.sqrt(chances) * NormalDist().inv_cdf(confidence)
    # Capital grows no faster than by the boldest stakes, however small the spread.
    fastest = -math.log(1 - confidence) / math.log1p(_BOLDEST / keep * mean)
    needed = max((errors * spread / mean) ** 2, fastest)
    return int(needed) + 1 if needed < _MOST_PROMPTS else None
