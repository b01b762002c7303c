"""`smartroute evaluate`: how good a classifier is on sources that it has not seen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from langchain_smartroute.catalog import Catalog
from langchain_smartroute.classify import Classifier, LinearClassifier, PatternClassifier
from langchain_smartroute.cli.data_options import SEED, DataOption
from langchain_smartroute.cli.evaluate_headline import headline
from langchain_smartroute.cli.evaluate_policy import policy
from langchain_smartroute.cli.evaluate_predictor import predictor
from langchain_smartroute.cli.evaluate_promise import promise
from langchain_smartroute.cli.evaluate_quality import quality
from langchain_smartroute.cli.options import (
    CatalogOption,
    Format,
    FormatOption,
    TierName,
    TierOption,
)
from langchain_smartroute.cli.output import console, print_hanging, print_json
from langchain_smartroute.types import DIFFICULTIES

if TYPE_CHECKING:
    from langchain_smartroute.evaluation.classifier import LabelFigures

__all__ = ["evaluate"]

evaluate = typer.Typer(help="Measure on data that was not trained on.", no_args_is_help=True)


@evaluate.callback()
def _measures() -> None:
    """Measure on data that was not trained on."""


for verb in (headline, policy, predictor, promise, quality):
    evaluate.command()(verb)


@evaluate.command()
def classifier(
    data: DataOption,
    *,
    difficulty: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="JSONL with text and difficulty, not trained on."),
    ] = None,
    conversations: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="JSONL with turns and the last one's task."),
    ] = None,
    plots: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Draw PNG files into it.")
    ] = None,
    output: FormatOption = Format.TABLE,
) -> None:
    """Train without each family of sources in turn and label that family. Takes minutes.

    Difficulty and conversations are measured on the shipped classifier. Needs the extra eval.
    """
    # The extra's packages are imported in there, for this verb alone.
    from langchain_smartroute.classify.training import read_examples  # noqa: PLC0415
    from langchain_smartroute.evaluation.classifier import report_on  # noqa: PLC0415
    from langchain_smartroute.evaluation.sources import leave_sources_out  # noqa: PLC0415

    found = leave_sources_out(read_examples(data))
    report = report_on(found, seed=SEED)
    report |= _judged(difficulty, conversations)
    if plots is not None:
        from langchain_smartroute.evaluation.plots import draw_plots  # noqa: PLC0415

        report["plots"] = [str(path) for path in draw_plots(found, plots)]
    if output is Format.JSON:
        print_json(report)
    else:
        _print_report(report)


@evaluate.command()
def misleading(
    data: DataOption,
    *,
    suffixes: Annotated[
        Path, typer.Option(metavar="FILE", help="JSONL with the texts to append, as suffix.")
    ],
    difficulty: Annotated[
        Path, typer.Option(metavar="FILE", help="JSONL with text and difficulty: the hard ones.")
    ],
    weights: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="An artefact of your own; left out: the shipped one."),
    ] = None,
    catalog: CatalogOption = "default",
    tier: TierOption = TierName.BALANCED,
    output: FormatOption = Format.TABLE,
) -> None:
    """Append misleading endings to prompts and count how many then go to a dearer model.

    Uses the rows of the data that may not be trained on; all rows if there are none.
    """
    # The extra's packages are imported in there, for this verb alone.
    from langchain_smartroute.classify.training import TrainingSettings, read_examples  # noqa: PLC0415
    from langchain_smartroute.classify.training.examples import capped  # noqa: PLC0415
    from langchain_smartroute.evaluation.conversations import read_rows  # noqa: PLC0415
    from langchain_smartroute.evaluation.misleading import (  # noqa: PLC0415
        Routed,
        misleading_figures,
    )

    rated = read_rows(difficulty, text=str, difficulty=DIFFICULTIES)
    chosen = TrainingSettings()
    rows = capped(read_examples(data), most=chosen.most_of_a_source, seed=chosen.seed)
    found = misleading_figures(
        [row["suffix"] for row in read_rows(suffixes, suffix=str)],
        prompts=[e for e in rows if not e.shippable] or rows,
        hard=[row["text"] for row in rated if row["difficulty"] == "hard"],
        routed=Routed(
            classifier=LinearClassifier(weights),
            catalog=Catalog.load(catalog),
            tier=tier.tier,
        ),
    )
    if output is Format.JSON:
        print_json(found)
        return
    lines = [
        f"{len(found.shares)} ends on {found.prompts:,} prompts whose route is right without:",
        f"  to a dearer model   {found.mean:.1%} in the mean",
        f"  at worst            {found.shares[found.worst]:.1%} by {found.worst.strip()!r}",
        f"  genuine hard ones   {found.risen} of {found.hard} go to a dearer model than easy talk",
    ]
    print_hanging(lines, width=console().width)


def _judged(difficulty: Path | None, conversations: Path | None) -> dict[str, Any]:
    """What the shipped classifier makes of people's judgements."""
    from langchain_smartroute.evaluation.conversations import (  # noqa: PLC0415 - as above
        difficulty_figures,
        follow_up_accuracy,
        read_rows,
    )

    judged: dict[str, Any] = {}
    compared: dict[str, Classifier] = {
        "linear": LinearClassifier(),
        "patterns": PatternClassifier(),
    }
    if difficulty is not None:
        rows = read_rows(difficulty, text=str, difficulty=DIFFICULTIES)
        judged["difficulty"] = {
            name: difficulty_figures(rows, classifier=c, seed=SEED) for name, c in compared.items()
        }
    if conversations is not None:
        rows = read_rows(conversations, turns=list, task=str)
        judged["follow_ups"] = {
            name: (len(rows), follow_up_accuracy(rows, classifier=c, seed=SEED))
            for name, c in compared.items()
        }
    return judged


def _print_report(report: Mapping[str, Any]) -> None:
    for name, part in report["parts"].items():
        _print_figures(name, part)
    lines = ["", "Coarse accuracy without learning:"]
    lines += [f"  {name}  {share}" for name, share in report["baselines"].items()]
    for heading in ("languages", "families"):
        lines += ["", f"By {heading}: prompts, accuracy, coarse accuracy"]
        lines += [f"  {k:<24}{n:>6}  {a}  {b}" for k, (n, a, b) in report[heading].items()]
    print_hanging(lines, width=console().width)
    _print_confusion(report["tasks"], report["confusion"])
    print_hanging(_judgement_lines(report), width=console().width)


def _print_figures(name: str, part: LabelFigures) -> None:
    lines = (
        "",
        f"{name}: n = {part.count:,}",
        f"  accuracy            {part.accuracy}",
        f"  macro-F1            {part.macro_f1}",
        f"  coarse accuracy     {part.coarse_accuracy}",
        f"  coarse macro-F1     {part.coarse_macro_f1}",
        f"  surest half, coarse {part.surest_half:.3f}",
        f"  calibration error   {part.calibration_error:.3f}",
    )
    print_hanging(lines, width=console().width)


def _print_confusion(tasks: Iterable[str], counts: Iterable[Iterable[int]]) -> None:
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), title="labelled \\ predicted")
    names = list(tasks)
    for heading in ("", *(name[:6] for name in names)):
        table.add_column(heading, justify="right", no_wrap=True)
    for name, row in zip(names, counts, strict=True):
        table.add_row(name, *map(str, row))
    console().print(table)


def _judgement_lines(report: Mapping[str, Any]) -> list[str]:
    lines: list[str] = []
    for name, part in report.get("difficulty", {}).items():
        lines += [
            "",
            f"difficulty, {name}: n = {part.count}",
            f"  rank correlation    {part.correlation}",
            f"  of length alone     {part.length_correlation}",
            f"  same level          {part.accuracy}",
            f"  easy/medium/hard as {' '.join(map(str, part.confusion))}",
        ]
    for name, (count, share) in report.get("follow_ups", {}).items():
        lines += ["", f"follow-ups, {name}: n = {count}, right {share}"]
    return [*lines, *(f"drawn: {path}" for path in report.get("plots", ()))]
