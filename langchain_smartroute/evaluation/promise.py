"""Choosing a setting so that a promise holds: learn, then test.

Settings are tried from the safest on, each by a valid test of "this one keeps too little";
the first that cannot be ruled out ends the search (fixed-sequence testing within "Learn
then Test", Angelopoulos, Bates, Candès, Jordan and Lei, arXiv 2110.01052). So the chance
that the chosen setting keeps too little is at most one minus the confidence, whatever the
data look like and however many settings there are.

The test bets against the hypothesis (Waudby-Smith and Ramdas, "Estimating means of bounded
random variables by betting", arXiv 2010.09686): it is valid for any sample size, and adapts
to the variance, which is small because the comparison is paired. The stakes are those of who
has a goal and a deadline (Browne, "Reaching goals by a deadline: digital options and
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

__all__ = ["Chosen", "betting_p_values", "choose_setting", "prompts_needed"]

_Floats = npt.NDArray[np.float64]

_FIRST_VARIANCE = 0.1
"""As where a tenth of the prompts tells two answers apart."""

_FIRST_COUNT = 20
"""How many prompts that first variance counts for: the stakes of a few prompts are no guess."""

_BOLDEST = 0.9
_TURNS = 32
"""How often stakes change; more turns cost more time and showed no more."""

_LOST = 6.0
"""The standard errors that bets lose on the way, times the root of the number of prompts: they
are not infinitely small, and stakes follow a variance that is not known. So it was seen on
halves of MMLU (RouteLLM) and MMLU-Pro."""

_SCORES = np.linspace(-9.0, 6.0, 1_501)
_LOG_CHANCES = np.array([math.log(0.5 * math.erfc(-z / math.sqrt(2))) for z in _SCORES.tolist()])
_SLOPES = np.exp(-(_SCORES**2) / 2 - _LOG_CHANCES) / math.sqrt(2 * math.pi)
"""How fast the logarithm of a chance of success rises with its score, at those chances."""

_AT_ONCE = 8
"""How many settings are tested in one go."""

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


def _aimed(level: float, size: int) -> float:
    """The standard errors that a gambler aims at, so that a promise is also seen to hold.

    What is kept in the long run is looked at on some prompts, which have chance of their
    own: a setting that is just good enough here was lucky, and is as unlucky elsewhere.
    Where all prompts are halved, the half that is judged falls short of a setting that
    passed by c standard errors with a chance of P(Z > c / √2); at the level itself
    (c = 1.28 for .1) that would be .18. So passing is to take √2 times as many, which is
    a goal beyond what the level asks; the room between covers what bets lose on the way.
    """
    needed = NormalDist().inv_cdf(1 - level)
    return max(needed, math.sqrt(2) * needed - _LOST / math.sqrt(size))


def betting_p_values(values: _Floats, *, low: float, level: float) -> _Floats:
    """P-values of "the mean is at most 0", a column each.

    A gambler stakes on the mean being above 0, a part of the capital at a time that
    depends on what was seen before alone. If the hypothesis holds, the capital is not
    expected to grow, so that it ends up x times as large has a chance of at most 1 / x
    (Markov). Whatever the stakes are, the test is valid; these are those of who wants to
    have multiplied the capital by `1 / level`, and somewhat more, by the last draw.
    Where the mean is 0 and bets are small, no other stakes reach a goal as often.

    Args:
        values: A row per draw, in an order that does not depend on them; independent, or
            exchangeable, and none below `low`.
        low: The least that a value can be; below 0.
        level: The level that the stakes aim at, such as 0.1; the test is valid at all.

    Example:
        >>> import numpy as np
        >>> values = np.full((200, 1), 0.1)
        >>> bool(betting_p_values(values, low=-1, level=0.1)[0] < 0.1)
        True
    """
    size, columns = values.shape
    start = math.log(NormalDist().cdf(-_aimed(level, size)))
    # The logarithm of the capital, as a share of the goal.
    capital = np.full(columns, start)
    sums, squares = np.zeros(columns), np.zeros(columns)
    ends = np.unique(np.round(np.linspace(0, size, _TURNS + 1)).astype(int)).tolist()
    for begin, end in pairwise(ends):
        seen = begin + _FIRST_COUNT
        means = sums / seen
        strayed = squares - 2 * means * sums + begin * means**2
        spread = (_FIRST_COUNT * _FIRST_VARIANCE + strayed) / seen
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
        confidence: Confidence of the promise, such as 0.9.
        seed: Seed of the order in which prompts are looked at.

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
        found = betting_p_values(kept, low=-keep, level=level)
        p_values += found.reshape(-1, models.shape[1]).max(axis=1).tolist()
        if max(p_values) > level:
            break
    passed = next((n for n, p in enumerate(p_values) if p > level), len(p_values))
    p_values = p_values[: passed + 1]
    return Chosen(setting=passed, p_values=tuple(p_values), slack=tuple(slack.tolist()))


def prompts_needed(
    quality: _Floats, strongest: _Floats, *, keep: float, confidence: float
) -> int | None:
    """About how many prompts would show a setting to keep enough, if it does as it seems to.

    The mean has to lie as many standard errors above none as passing takes.

    Args:
        quality: A setting's quality on each prompt.
        strongest: The strongest model's.
        keep: The share to keep.
        confidence: Confidence of the promise, in (0, 1).

    Returns:
        Prompts; `None` where the setting seems to keep too little, or hardly more than
        enough, so that no number would do.
    """
    kept = quality - keep * strongest
    mean, spread = float(kept.mean()), float(kept.std())
    if mean <= 0:
        return None
    errors = math.sqrt(2) * NormalDist().inv_cdf(confidence)
    needed = (errors * spread / mean) ** 2
    return int(needed) + 1 if needed < _MOST_PROMPTS else None
