"""`smartroute train`: from labelled prompts to a classifier's artefact."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from langchain_smartroute.cli.data_options import DataOption
from langchain_smartroute.cli.options import Format, FormatOption
from langchain_smartroute.cli.output import console, print_hanging, print_json
from langchain_smartroute.errors import ConfigurationError

__all__ = ["train"]


def train(
    data: DataOption,
    *,
    out: Annotated[Path, typer.Option(metavar="FILE", help="Where to write the artefact.")],
    version: Annotated[
        str, typer.Option("--name", metavar="TEXT", help="The artefact's name.")
    ] = "own",
    output: FormatOption = Format.TABLE,
) -> None:
    """Train the linear classifier; the same prompts give the same bytes. Needs the extra eval.

    Rows with `"shippable": false` are left out. Tasks of your own become tasks too.
    """
    # The extra's packages are imported in there, for this verb alone.
    from langchain_smartroute.classify.training import read_examples  # noqa: PLC0415
    from langchain_smartroute.classify.training.train import train as learn  # noqa: PLC0415

    artefact = learn(read_examples(data), version=version)
    content = artefact.to_bytes()
    try:
        out.write_bytes(content)
    except OSError as error:
        raise ConfigurationError(
            f"out = {str(out)!r}: cannot be written ({error.strerror}); choose another"
        ) from error
    if output is Format.JSON:
        print_json({"file": str(out), "bytes": len(content), **artefact.card})
        return
    found, tried = artefact.card["data"], artefact.card["evaluation"]
    lines = (
        f"{out}: {len(content):,} bytes, {len(artefact.tasks)} tasks.",
        f"{found['prompts']:,} prompts of {len(found['sources'])} sources.",
        f"{tried['accuracy']:.1%} right on what was not trained on ({tried['how']}).",
        f'Use it: SmartRouterRunnable(classifier=LinearClassifier("{out}"), …)',
    )
    print_hanging(lines, width=console().width)
