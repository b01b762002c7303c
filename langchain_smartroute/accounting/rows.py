"""Converts records to table rows and back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from operator import attrgetter
from typing import Any, NamedTuple

from langchain_smartroute.accounting.amounts import picos, usd
from langchain_smartroute.accounting.record import CallRecord
from langchain_smartroute.types import Usage

__all__ = [
    "DAY_US",
    "TAG",
    "CallRow",
    "day_start",
    "labels_of",
    "microseconds",
    "record_of",
    "row_of",
]

DAY_US = 86_400_000_000
"""Microseconds per day."""

TAG = "tag"
"""Name of the label for tags."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class CallRow(NamedTuple):
    """A row of the table of calls: texts, then tokens, then the rest."""

    run_id: str
    parent_run_id: str | None
    decision_id: str | None
    request_id: str
    alias: str
    model_name: str | None
    provider: str | None
    task: str | None
    outcome: str
    purpose: str
    unpriced: str | None
    price_source: str | None
    prompt: str | None
    answer: str | None
    input_tokens: int
    output_tokens: int
    cache_read_tokens: int
    cache_write_tokens: int
    cache_write_1h_tokens: int
    reasoning_tokens: int
    input_audio_tokens: int
    output_audio_tokens: int
    input_image_tokens: int
    output_image_tokens: int
    service_tier: str | None
    estimated: int
    price_date: str | None
    started_us: int
    day: int
    attempt: int
    escalated: int
    fell_back: int
    latency_us: int
    cost_pico: int | None


_TEXTS = CallRow._fields[: CallRow._fields.index("input_tokens")]
_USAGE = tuple(name for name in CallRow._fields if name.endswith("_tokens"))
_read_texts = attrgetter(*_TEXTS)
_read_usage = attrgetter(*_USAGE)


def microseconds(moment: datetime) -> int:
    """A moment as microseconds since 1970, UTC."""
    return (moment - _EPOCH) // _MICROSECOND


def day_start(day: int) -> datetime:
    """Start of a day, given as the number of days since 1970, UTC."""
    return _EPOCH + timedelta(days=day)


def row_of(record: CallRecord) -> CallRow:
    """A record as a row, without its keys and tags, which `labels_of` gives."""
    started_us = microseconds(record.started_at or datetime.now(tz=UTC))
    cost, usage, texts = record.cost_usd, record.usage, _read_texts(record)
    if not _is_plain("".join(filter(None, texts))):
        texts = tuple(map(_clean, texts))
    values = (
        *texts,
        *_read_usage(usage),
        usage.service_tier,
        int(usage.estimated),
        record.price_date.isoformat() if record.price_date else None,
        started_us,
        started_us // DAY_US,
        record.attempt,
        int(record.escalated),
        int(record.fell_back),
        round(record.latency_s * 1_000_000),
        None if cost is None else picos(cost),
    )
    return CallRow._make(values)


def labels_of(record: CallRecord) -> Iterator[tuple[str, str]]:
    """A record's caller keys and tags, as pairs of name and value."""
    for name, value in record.keys.items():
        yield _clean(name) or "", _clean(value) or ""
    for tag in record.tags:
        yield TAG, _clean(tag) or ""


def record_of(row: Mapping[str, Any], labels: Iterable[tuple[str, str]] = ()) -> CallRecord:
    """Convert a row back to a record."""
    found = list(labels)
    usage = {name: row[name] for name in _USAGE}
    return CallRecord(
        **{name: row[name] for name in _TEXTS},
        usage=Usage(**usage, service_tier=row["service_tier"], estimated=bool(row["estimated"])),
        cost_usd=None if row["cost_pico"] is None else usd(row["cost_pico"]),
        price_date=date.fromisoformat(row["price_date"]) if row["price_date"] else None,
        latency_s=row["latency_us"] / 1_000_000,
        attempt=row["attempt"],
        started_at=_EPOCH + row["started_us"] * _MICROSECOND,
        escalated=bool(row["escalated"]),
        fell_back=bool(row["fell_back"]),
        keys={name: value for name, value in found if name != TAG},
        tags=tuple(value for name, value in found if name == TAG),
    )


def _is_plain(text: str) -> bool:
    return text.isascii() and "\0" not in text


def _clean(text: str | None) -> str | None:
    """A text that every database accepts: without NUL and lone surrogates."""
    if text is None or _is_plain(text):
        return text
    return text.replace("\0", "�").encode("utf-8", "replace").decode("utf-8")
