"""`smartroute evaluate quality`: the quality policy beside the best single model at equal cost."""

from __future__ import annotations

from datetime import UTC, datetime
from statistics import NormalDist
from typing import TYPE_CHECKING

from langchain_smartroute.cli.data_options import SEED
from langchain_smartroute.cli.options import Format, FormatOption
from langchain_smartroute.cli.outcome_options import (
    DatasetOption,
    ModelOption,
    OutcomesOption,
    PriceOption,
    ScoresOption,
    SeedOption,
)
from langchain_smartroute.cli.output import console, print_hanging, print_json
from langchain_smartroute.errors import ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path

    from langchain_smartroute.evaluation.outcomes import OutcomeTable
    from langchain_smartroute.evaluation.singles import SetPoints

__all__ = ["quality"]

_NAMELESS = "(none)"
_BY_CHANCE = 0.025
"""How often a 95 % interval lies below a figure that is right."""


def quality(
    outcomes: OutcomesOption,
    *,
    dataset: DatasetOption = None,
    model: ModelOption = None,
    price: PriceOption = None,
    scores: ScoresOption = None,
    seed: SeedOption = SEED,
    output: FormatOption = Format.TABLE,
) -> None:
    """Sweep the quality policy's settings over every set, beside the best single model.

    Each set is split by prompt: fitted on one half, replayed on the other. The rival at a
    setting is the model that scores best on that half of those that cost no more. The pool
    of a set are its models with a --price or with costs in the outcomes.
    """
    # numpy is loaded in there, for this verb alone.
    from langchain_smartroute.evaluation.pricing import price_table  # noqa: PLC0415
    from langchain_smartroute.evaluation.singles import quality_points  # noqa: PLC0415

    prices = price_table(price or (), day=datetime.now(tz=UTC).date())
    table = _table(outcomes, dataset, model, scores)
    for name in prices:
        table.column(name)
    found = list(quality_points(table, prices=prices, seed=seed))
    if not any(each.points for each in found):
        why = "; ".join(f"{each.dataset or _NAMELESS}: {each.left_out}" for each in found)
        raise ConfigurationError(f"no set can be looked at ({why})")
    if output is Format.JSON:
        print_json(found)
        return
    _print(found)


def _table(
    outcomes: list[str],
    datasets: list[str] | None,
    models: list[str] | None,
    scores: Path | None,
) -> OutcomeTable:
    from langchain_smartroute.evaluation.reading import read_outcomes  # noqa: PLC0415 - numpy

    table = read_outcomes(*outcomes, scores=scores)
    if datasets:
        table = table.of_dataset(datasets)
    return table.only(list(dict.fromkeys(models))) if models else table


def _print(found: list[SetPoints]) -> None:
    points = [point for each in found for point in each.points]
    below = [point for point in points if point.below]
    above = sum(point.gain.low > 0 for point in points)
    surely = sum(len(each.surely_below) for each in found)
    head = f"{'set':24} {'prompts':>7} {'models':>6} {'points':>6} {'below':>5} {'surely':>6}"
    lines = [f"{head} {'above':>5} {'band':>5}"]
    for each in found:
        if each.left_out:
            lines.append(f"{each.dataset or _NAMELESS:24} left out: {each.left_out}")
            continue
        lines.append(
            f"{each.dataset or _NAMELESS:24} {each.prompts:7,} {len(each.models):6}"
            f" {len(each.points):6}"
            f" {sum(p.below for p in each.points):5} {len(each.surely_below):6}"
            f" {sum(p.gain.low > 0 for p in each.points):5} {each.band:5.1f}"
        )
        lines += [
            f"  below: {p.setting}, {p.gain} against {p.rival} at {p.cost_share:.0%} of the"
            f" dearest's cost, {p.errors:+.1f} standard errors"
            for p in each.points
            if p.below
        ]
    worst = min((point.errors for point in points), default=0.0)
    chance = _BY_CHANCE * len(points)
    sure = f"{_threshold(len(points)):+.1f} (Bonferroni, 5%)"
    lines += [
        f"{len(points):,} points, against the best single model at equal cost:",
        f"  {above:,} above it by more than their 95% interval, {len(below)} below",
        f"  {surely} below it by more than the simultaneous 95% band of their set (surely; the",
        "  band is how many standard errors wide, to hold all points of a set at once)",
        f"  up to {chance:.0f} would be below by chance if all were exactly as good; some more, as",
        "  the rival is chosen on the same prompts",
        f"  the lowest is {worst:+.1f} standard errors away; of so many it would take {sure}",
    ]
    print_hanging(lines, width=console().width)


def _threshold(count: int) -> float:
    return NormalDist().inv_cdf(0.05 / max(count, 1))
