"""Reads outcomes from files (JSONL, CSV, parquet), folders of files, and ledgers."""

from __future__ import annotations

import csv
import gzip
import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from langchain_smartroute.errors import ConfigurationError
from langchain_smartroute.evaluation.outcomes import OutcomeTable
from langchain_smartroute.evaluation.rows import NEEDED, OutcomeRows, score_of

__all__ = ["read_outcomes"]

_DELIMITERS = ",;\t"
"""Of the columns of a CSV file; that which is most frequent in the first line separates them."""

_MOST_CHARS = 100_000_000
"""Of a field of a CSV file."""

_KINDS = (".parquet", ".csv", ".jsonl", ".jsonl.gz")


def read_outcomes(*sources: str | Path, scores: str | Path | None = None) -> OutcomeTable:
    """Read outcomes from files, folders of files, or a ledger.

    Args:
        *sources: Paths of parquet, CSV or JSONL files (JSONL also gzipped), of folders
            of such files, or the URL of a ledger. A row has `prompt`, `model` and `score`
            in [0, 1]; see `OutcomeTable.from_records` for what else it may have.
        scores: For ledgers: a CSV or JSONL file of `decision_id` (or `run_id`), `score` and,
            where it is not the returned answer's, `model`, as `on_feedback` writes it.

    Raises:
        ConfigurationError: Naming the file, the row and the column, and what to do.
    """
    scores_by_key = {} if scores is None else _scores(Path(scores))
    parts = [rows for source in sources for rows in _rows_of(source, scores_by_key)]
    return OutcomeTable.from_rows(parts)


def _rows_of(
    source: str | Path, scores: Mapping[tuple[str, str | None], float]
) -> Iterator[OutcomeRows]:
    if "://" in str(source):
        # This module imports SQLAlchemy.
        from langchain_smartroute.evaluation.scored import ledger_rows  # noqa: PLC0415

        yield ledger_rows(str(source), scores=scores)
        return
    for path in _files(Path(source)):
        yield _rows_of_file(path)


def _scores(path: Path) -> dict[tuple[str, str | None], float]:
    """Read a file of scores: id and model → score."""
    if not path.is_file():
        raise ConfigurationError(f"scores = {str(path)!r}: there is no such file")
    wanted = ("score",)
    records = _csv_records(path, wanted) if path.suffix == ".csv" else _json_records(path)
    found: dict[tuple[str, str | None], float] = {}
    with _faults_of(path):
        for number, record in enumerate(records, 1):
            name, score = (
                record.get("decision_id") or record.get("run_id"),
                score_of(record.get("score")),
            )
            if not name or score is None:
                raise ConfigurationError(
                    f"{path}, row {number}: needs decision_id or run_id, and a score from 0 to 1"
                )
            found[str(name), record.get("model") or None] = score
    return found


def _files(path: Path) -> list[Path]:
    if path.is_dir():
        found = sorted(file for file in path.iterdir() if file.name.endswith(_KINDS))
        if not found:
            raise ConfigurationError(
                f"outcomes = {str(path)!r}: the folder holds no {', '.join(_KINDS)} files"
            )
        return found
    if not path.is_file():
        raise ConfigurationError(f"outcomes = {str(path)!r}: there is no such file or folder")
    if not path.name.endswith(_KINDS):
        raise ConfigurationError(
            f"outcomes = {str(path)!r}: unknown kind of file; give one of {', '.join(_KINDS)}, or"
            " a ledger by its URL, such as sqlite:///costs.db"
        )
    return [path]


def _rows_of_file(path: Path) -> OutcomeRows:
    if path.name.endswith(".parquet"):
        # This module imports pyarrow.
        from langchain_smartroute.evaluation.parquet import parquet_rows  # noqa: PLC0415

        return parquet_rows(path)
    with _faults_of(path):
        if path.name.endswith(".csv"):
            return OutcomeRows.from_records(_csv_records(path, NEEDED), where=str(path))
        return OutcomeRows.from_records(_json_records(path), where=str(path))


@contextmanager
def _faults_of(path: Path) -> Iterator[None]:
    """What is wrong with a file of texts, as an error that says what to do."""
    try:
        yield
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{path}: is not UTF-8; convert it") from error
    except csv.Error as error:
        raise ConfigurationError(f"{path}: no CSV ({error}); give JSON lines") from error
    except (EOFError, zlib.error) as error:
        raise ConfigurationError(f"{path}: is cut or damaged ({error}); write it again") from error
    except OSError as error:
        why = error.strerror or error
        raise ConfigurationError(f"outcomes = {str(path)!r}: cannot be read ({why})") from error


def _csv_records(path: Path, needed: Sequence[str]) -> Iterator[Mapping[str, Any]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        # A prompt may be longer than the module's default of 131,072.
        csv.field_size_limit(max(csv.field_size_limit(), _MOST_CHARS))
        delimiter = max(_DELIMITERS, key=file.readline().count)
        file.seek(0)
        reader = csv.DictReader(file, delimiter=delimiter)
        missing = [name for name in needed if name not in (reader.fieldnames or ())]
        if missing:
            there = ", ".join(reader.fieldnames or ()) or "none"
            raise ConfigurationError(
                f"{path}: no column {missing[0]!r}; its columns are {there}. Rename or add it"
            )
        yield from reader


def _json_records(path: Path) -> Iterator[Mapping[str, Any]]:
    opening = gzip.open if path.suffix == ".gz" else open
    with opening(path, "rt", encoding="utf-8-sig") as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            try:
                record = json.loads(line)
            except (ValueError, RecursionError) as error:
                raise ConfigurationError(f"{path}, line {number}: no JSON ({error})") from error
            if not isinstance(record, dict):
                raise ConfigurationError(f"{path}, line {number}: must be an object")
            yield record
