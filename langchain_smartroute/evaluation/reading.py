"""Outcomes out of files: JSONL and CSV, parquet by way of its own module, folders of them."""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from langchain_smartroute.errors import ConfigurationError
from langchain_smartroute.evaluation.outcomes import OutcomeTable
from langchain_smartroute.evaluation.rows import NEEDED, OutcomeRows

__all__ = ["read_outcomes"]

_KINDS = (".parquet", ".csv", ".jsonl", ".jsonl.gz")


def read_outcomes(*sources: str | Path) -> OutcomeTable:
    """Read outcomes from files, folders of files, or a ledger.

    Args:
        *sources: Paths of parquet, CSV or JSONL files (JSONL also gzipped), of folders
            of such files, or the URL of a ledger. A row has `prompt`, `model` and `score`
            in [0, 1]; see `OutcomeTable.from_records` for what else it may have.

    Raises:
        ConfigurationError: Naming the file, the row and the column, and what to do.
    """
    parts = [rows for source in sources for rows in _rows_of(source)]
    return OutcomeTable.from_rows(parts)


def _rows_of(source: str | Path) -> Iterator[OutcomeRows]:
    if "://" in str(source):
        from langchain_smartroute.evaluation.scored import ledger_rows  # noqa: PLC0415 - [sql]

        yield ledger_rows(str(source))
        return
    for path in _files(Path(source)):
        yield _rows_of_file(path)


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
            f"outcomes = {str(path)!r}: unknown kind of file; give one of {', '.join(_KINDS)}"
        )
    return [path]


def _rows_of_file(path: Path) -> OutcomeRows:
    if path.name.endswith(".parquet"):
        # pyarrow is imported in there.
        from langchain_smartroute.evaluation.parquet import parquet_rows  # noqa: PLC0415

        return parquet_rows(path)
    try:
        if path.name.endswith(".csv"):
            return OutcomeRows.from_records(_csv_records(path), where=str(path))
        return OutcomeRows.from_records(_json_records(path), where=str(path))
    except OSError as error:
        raise ConfigurationError(
            f"outcomes = {str(path)!r}: cannot be read ({error.strerror})"
        ) from error
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{path}: is not UTF-8; convert it") from error


def _csv_records(path: Path) -> Iterator[Mapping[str, Any]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        missing = [name for name in NEEDED if name not in (reader.fieldnames or ())]
        if missing:
            there = ", ".join(reader.fieldnames or ()) or "none"
            raise ConfigurationError(
                f"{path}: no column {missing[0]!r}; its columns are {there}. Rename or add it"
            )
        yield from reader


def _json_records(path: Path) -> Iterator[Mapping[str, Any]]:
    opening = gzip.open if path.suffix == ".gz" else open
    with opening(path, "rt", encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            try:
                record = json.loads(line)
            except ValueError as error:
                raise ConfigurationError(f"{path}, line {number}: no JSON ({error})") from error
            if not isinstance(record, dict):
                raise ConfigurationError(f"{path}, line {number}: must be an object")
            yield record
