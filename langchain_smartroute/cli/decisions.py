"""`smartroute decisions`: explains past routing decisions from a file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from langchain_smartroute.accounting import DecisionRecord, JsonlDecisions
from langchain_smartroute.cli.options import Format, FormatOption
from langchain_smartroute.cli.output import console, print_hanging, print_json, shown_usd
from langchain_smartroute.errors import ConfigurationError

__all__ = ["decisions"]

_LISTED = 20


def decisions(
    which: Annotated[
        str | None,
        typer.Argument(
            metavar="[last|ID]",
            help="The latest one, or one by its id or the beginning of it; left out: a list.",
        ),
    ] = None,
    *,
    path: Annotated[
        Path,
        typer.Option(
            "--file",
            metavar="FILE",
            envvar="SMARTROUTE_DECISIONS",
            help="The file that the router's on_decision= names.",
        ),
    ] = Path("decisions.jsonl"),
    output: FormatOption = Format.TABLE,
) -> None:
    """Show why requests went where they went, with each candidate's price and reason."""
    records = list(JsonlDecisions(path).records())
    if which is None:
        _show_list(records[-_LISTED:], output)
        return
    record = _record_of(records, which, path)
    if output is Format.JSON:
        print_json(record.to_json())
        return
    terminal = console()
    print_hanging(_sentences(record), width=terminal.width)
    typer.echo()
    terminal.print(_candidates(record))


def _record_of(records: Sequence[DecisionRecord], which: str, path: Path) -> DecisionRecord:
    if not records:
        raise ConfigurationError(f"{path}: holds no decision yet; make a call, then look again")
    if which == "last":
        return records[-1]
    matches = [record for record in records if record.id.startswith(which)]
    exact = [record for record in matches if record.id == which]
    if len(matches) == 1 or exact:
        return (exact or matches)[-1]
    if matches:
        raise ConfigurationError(f"{which!r} begins {len(matches)} ids in {path}; give more of it")
    raise ConfigurationError(
        f"no decision {which!r} in {path}; `smartroute decisions` lists the latest, and every"
        " answer names its own in response_metadata['smartroute']['decision_id']"
    )


def _sentences(record: DecisionRecord) -> Iterator[str]:
    """A description of a request, one sentence per line."""
    yield f"Decision {record.id}, {record.at:%Y-%m-%d %H:%M:%S %Z}".rstrip()
    share = "" if record.share is None else f" ({record.share:.0%} sure, by {record.classified_by})"
    kinds = " and ".join(kind for kind in record.inputs if kind != "text")
    facts = [f"about {record.input_tokens:,} tokens"]
    facts += [f"with {kinds}"] if kinds else []
    facts += [f"{record.tools} tools"] if record.tools else []
    yield (
        f"The request looked like {record.task}{share} and {record.difficulty};"
        f" {', '.join(facts)}. The tier is {record.tier}."
    )
    if record.route is None:
        yield f"Nobody could serve it: {record.reason}."
    else:
        yield f"{record.route} was to answer first: {record.reason}."
    yield from (f"Noticed on the way: {note}." for note in record.notes)
    for attempt in record.attempts:
        why = f" ({attempt.reason})" if attempt.reason else ""
        yield (
            f"{attempt.model}: {attempt.outcome}{why} after {attempt.latency_s:.2f} s,"
            f" {shown_usd(attempt.cost_usd)}."
        )
    if record.route is None:
        return
    if record.answered_by is None:
        yield "No answer was accepted."
    elif record.answered_by != record.route:
        yield f"{record.answered_by} answered instead."
    yield _money(record)


def _money(record: DecisionRecord) -> str:
    cost = f"It cost {shown_usd(record.cost_usd)}"
    if record.baseline is None or record.baseline_cost_usd is None:
        return f"{cost}; there is nothing to compare it with."
    against = f"{cost}; {record.baseline} would have cost {shown_usd(record.baseline_cost_usd)}"
    saved = record.savings_usd
    if saved is None:
        return f"{against}."
    return f"{against}: {shown_usd(abs(saved))} {'saved' if saved >= 0 else 'more'}."


def _candidates(record: DecisionRecord) -> Table:
    table = Table(box=None, pad_edge=False, header_style="")
    for name in ("", "candidate"):
        table.add_column(name, no_wrap=True)
    table.add_column("in / out per M tokens", justify="right")
    table.add_column("estimate", justify="right")
    predicts = any(candidate.predicted_quality is not None for candidate in record.candidates)
    if predicts:
        table.add_column("predicted", justify="right")
    table.add_column("why")
    for candidate in record.candidates:
        table.add_row(
            "" if candidate.place is None else str(candidate.place),
            candidate.alias,
            f"{_rate(candidate.input_usd_per_mtok)} / {_rate(candidate.output_usd_per_mtok)}",
            shown_usd(candidate.estimated_cost_usd),
            *([_share(candidate.predicted_quality)] if predicts else []),
            f"ruled out: {candidate.reason}" if candidate.excluded else candidate.reason,
        )
    return table


def _share(quality: float | None) -> str:
    return "?" if quality is None else f"{quality:.2f}"


def _rate(amount: Decimal | None) -> str:
    return "?" if amount is None else f"${amount:f}"


def _show_list(records: Sequence[DecisionRecord], output: Format) -> None:
    if output is Format.JSON:
        print_json([record.to_json() for record in records])
        return
    table = Table(box=None, pad_edge=False, header_style="")
    for name in ("id", "at", "cost"):
        table.add_column(name, no_wrap=True)
    table.add_column("task")
    table.add_column("route → who answered")
    for record in records:
        other = "" if record.answered_by == record.route else f" → {record.answered_by or 'nobody'}"
        table.add_row(
            record.id[:8],
            f"{record.at:%m-%d %H:%M:%S}",
            shown_usd(record.cost_usd),
            f"{record.task}, {record.difficulty}",
            f"{record.route or 'nobody'}{other}",
        )
    console().print(table)
