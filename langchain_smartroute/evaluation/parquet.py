"""Reads outcomes from parquet files; needs the extra `eval`.

Text columns are read dictionary-encoded, so that a prompt in thirty rows is in memory once.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from langchain_smartroute.errors import ConfigurationError
from langchain_smartroute.evaluation.rows import (
    NEEDED,
    NUMBERS,
    TEXTS,
    Coded,
    OutcomeRows,
    seconds_of,
    text_of,
)

try:
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq
except ImportError as error:
    raise ConfigurationError(
        'parquet files need the package "pyarrow": pip install "langchain-smartroute[eval]"'
    ) from error

__all__ = ["parquet_rows"]


def parquet_rows(path: Path) -> OutcomeRows:
    """Read the rows of a file.

    Raises:
        ConfigurationError: If it cannot be read, or lacks a column.
    """
    try:
        schema = pq.read_schema(path)
        named = {_name(name): name for name in schema.names}
        missing = [name for name in NEEDED if name not in named]
        if missing:
            raise ConfigurationError(
                f"{path}: no column {missing[0]!r}; its columns are {', '.join(schema.names)}."
                " Rename or add it"
            )
        wanted = [named[name] for name in (*TEXTS, *NUMBERS) if name in named]
        coded = [named[name] for name in TEXTS if name in named]
        table = pq.read_table(path, columns=wanted, read_dictionary=coded)
    except (OSError, pa.ArrowException) as error:
        raise ConfigurationError(f"{path}: cannot be read as parquet ({error})") from error
    if not table.num_rows:
        raise ConfigurationError(f"{path}: holds no rows")
    texts = {name: _coded(table, named.get(name), table.num_rows) for name in TEXTS}
    numbers = {name: _numbers(table, named.get(name), path) for name in NUMBERS}
    return OutcomeRows(**texts, numbers=numbers).checked(str(path))


def _name(column: str) -> str:
    return "source" if column == "split_or_source" else column


def _coded(table: Any, column: str | None, count: int) -> Coded:
    if column is None:
        return Coded(codes=np.full(count, -1, np.int32), values=())
    values = table.column(column)
    if not pa.types.is_dictionary(values.type):
        if pa.types.is_nested(values.type) or pa.types.is_binary(values.type):
            values = pa.chunked_array([[text_of(value) for value in values.to_pylist()]])
        values = pc.dictionary_encode(values.cast(pa.string()))
    array = values.unify_dictionaries().combine_chunks()
    array = array.chunk(0) if isinstance(array, pa.ChunkedArray) else array
    codes = pc.fill_null(array.indices.cast(pa.int32()), -1)
    return Coded(
        codes=np.asarray(codes.to_numpy(zero_copy_only=False), np.int32),
        values=tuple(str(value) for value in array.dictionary.to_pylist()),
    )


def _numbers(table: Any, column: str | None, path: Path) -> npt.NDArray[np.float64]:
    if column is None:
        return np.full(table.num_rows, np.nan)
    values = table.column(column)
    try:
        if pa.types.is_timestamp(values.type) or pa.types.is_date(values.type):
            values = pc.divide(values.cast(pa.timestamp("us")).cast(pa.int64()), 1e6)
        elif column == "time" and not pa.types.is_primitive(values.type):
            texts = values.cast(pa.string()).to_pylist()
            return np.array([seconds_of(text) if text else np.nan for text in texts])
        return np.asarray(values.cast(pa.float64()).to_numpy(), np.float64)
    except (pa.ArrowException, ValueError) as error:
        raise ConfigurationError(f"{path}: column {column!r} holds no numbers ({error})") from error
