"""Reads outcomes from a ledger: records with their prompt, and scores of their answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing
from typing import Any

from langchain_smartroute.accounting import CallRecord
from langchain_smartroute.accounting.schema import MIGRATIONS
from langchain_smartroute.accounting.sql import SqlLedger
from langchain_smartroute.errors import ConfigurationError
from langchain_smartroute.evaluation.rows import OutcomeRows, score_of
from langchain_smartroute.execution.checks.comparing import final_answer
from langchain_smartroute.state.database import Database

__all__ = ["Scored", "ledger_rows"]

Scored = tuple[str, str | None]
"""Id of a decision or run, and the alias that gave the scored answer."""

_SCORE = "score"
_ANSWERED = ("accepted", "rejected")


def ledger_rows(url: str, *, scores: Mapping[Scored, float] | None = None) -> OutcomeRows:
    """Read the scored answers of a ledger.

    Args:
        url: URL of the ledger's database.
        scores: (Id of a decision or run, alias that answered or `None` for the returned answer)
            → score in [0, 1]. A record's own key `score` is used as well.

    Raises:
        ConfigurationError: If no record has both a prompt and a score, with advice on how to
            record them.
        StorageError: If there is no ledger at that URL; none is made.
    """
    with closing(Database(url, read_only=True)) as database:
        database.prepare("ledger", MIGRATIONS)
    ledger = SqlLedger(url)
    try:
        records = list(ledger.records())
    finally:
        ledger.close()
    known = scores or {}
    answers = [r for r in records if r.purpose == "answer" and r.outcome in _ANSWERED]
    with_prompt = [r for r in answers if r.prompt is not None]
    rows = list(_rows(with_prompt, known))
    if rows:
        return OutcomeRows.from_records(rows, where="ledger")
    if not with_prompt:
        raise ConfigurationError(
            f"ledger: {len(answers):,} answers and none with its prompt; keep prompts with"
            " redact=… of the router or of CostCallbackHandler"
        )
    told = f"ledger: {len(with_prompt):,} answers with prompts and none with a score"
    if known:
        raise ConfigurationError(
            f"{told}: each of the {len(known):,} scores is of another answer; give those that"
            " on_feedback= kept of this ledger's"
        )
    raise ConfigurationError(
        f"{told}; give a file of scores with --scores, a row of decision_id and score each"
    )


def _rows(records: list[CallRecord], scores: Mapping[Scored, float]) -> Iterator[dict[str, Any]]:
    for record in records:
        score = _score(record, scores)
        if score is None:
            continue
        yield {
            "prompt": record.prompt,
            "model": record.alias,
            "score": score,
            "dataset": record.task,
            "answer": None if record.answer is None else final_answer(record.answer),
            "prompt_tokens": record.usage.input_tokens,
            "completion_tokens": record.usage.output_tokens,
            "cost_usd": record.cost_usd,
            "latency_s": record.latency_s,
            "time": None if record.started_at is None else record.started_at.timestamp(),
        }


def _score(record: CallRecord, scores: Mapping[Scored, float]) -> float | None:
    """A record's score: by run, by decision and model, or the decision's returned answer's."""
    decision = record.decision_id or ""
    found = scores.get((record.run_id, None), scores.get((decision, record.alias)))
    if found is None and record.outcome == "accepted":
        own = record.keys.get(_SCORE)
        return scores.get((decision, None)) if own is None else _own_score(record.run_id, own)
    return found


def _own_score(run_id: str, told: str) -> float:
    score = score_of(told)
    if score is None:
        raise ConfigurationError(
            f"ledger: the key score of run {run_id} is {told!r}, no number from 0 to 1; give the"
            " right one with --scores, a row of run_id and score"
        )
    return score
