"""The file format of a trained classifier: a JSON header and int8 weights.

    magic (8 bytes) · header's length (4 bytes, little-endian) · header (JSON) · weights

The weights are rows of one byte per column, one row per hashed feature. The header holds
documentation (version, hash of the training data, licences, evaluation card), the parameters of
scoring (columns, scales, biases, block weights, temperatures), and the weights' SHA-256, so
that damaged files are detected.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from langchain_smartroute.errors import ConfigurationError

__all__ = ["FORMAT", "Artefact", "read_artefact"]

FORMAT = 1
"""Version of the format; incremented when older files can no longer be used."""

_MAGIC = b"SMRTLIN\n"
_LENGTH_BYTES = 4
_LISTS = ("tasks", "levels", "scales", "biases", "block_weights", "lengths", "temperatures")


@dataclass(frozen=True, slots=True, kw_only=True)
class Artefact:
    """A trained linear classifier, as stored in a file.

    Attributes:
        tasks: The tasks, one column each.
        levels: The levels of difficulty, one column each after the tasks; empty: not trained.
        bits: The number of features is 2 ** bits.
        scales: Per column, the value of one unit of its integer weights.
        biases: Bias of each column.
        block_weights: Factor of each block of features.
        lengths: Ranges of text length, by their longest text in characters; the last range is open.
        temperatures: Divisors of the tasks' scores, one per range of lengths.
        weights: Rows of int8, as bytes.
        version: Version of the trained classifier.
        card: Model card: training data (hash, rows, licences), evaluation, and other notes.

    Example:
        >>> from langchain_smartroute.classify.linear import read_shipped
        >>> read_shipped().artefact.tasks[:3]
        ('code', 'classification', 'reasoning')
    """

    tasks: tuple[str, ...]
    levels: tuple[str, ...]
    bits: int
    scales: tuple[float, ...]
    biases: tuple[float, ...]
    block_weights: tuple[float, ...]
    lengths: tuple[int, ...]
    temperatures: tuple[float, ...]
    weights: bytes = field(repr=False)
    version: str = ""
    card: Mapping[str, Any] = field(default_factory=dict)

    @property
    def columns(self) -> int:
        """Number of columns of the weights."""
        return len(self.tasks) + len(self.levels)

    def to_bytes(self) -> bytes:
        """Serialize the artefact."""
        header = {
            "format": FORMAT,
            "version": self.version,
            "tasks": self.tasks,
            "levels": self.levels,
            "bits": self.bits,
            "scales": self.scales,
            "biases": self.biases,
            "block_weights": self.block_weights,
            "lengths": self.lengths,
            "temperatures": self.temperatures,
            "sha256": hashlib.sha256(self.weights).hexdigest(),
            "card": self.card,
        }
        text = json.dumps(header, ensure_ascii=True, sort_keys=True, indent=1).encode()
        return _MAGIC + len(text).to_bytes(_LENGTH_BYTES, "little") + text + self.weights


def read_artefact(content: bytes, *, name: str, blocks: Sequence[str], bits: int) -> Artefact:
    """Parse and validate a file's content.

    Args:
        content: The bytes.
        name: Name of the file in errors.
        blocks: The blocks of features that this version hashes.
        bits: This version hashes to 2 ** bits features.

    Raises:
        ConfigurationError: If it is not an artefact, is damaged, or has another version.
    """
    mend = "train it again with `smartroute train`, or leave the path out for the shipped one"
    if not content.startswith(_MAGIC):
        raise ConfigurationError(f"{name}: is no trained classifier of this package; {mend}")
    begin = len(_MAGIC) + _LENGTH_BYTES
    end = begin + int.from_bytes(content[len(_MAGIC) : begin], "little")
    try:
        header = json.loads(content[begin:end])
        format_ = header["format"]
        lists = {key: tuple(header[key]) for key in _LISTS}
        found = Artefact(
            **lists,
            bits=header["bits"],
            weights=content[end:],
            version=header["version"],
            card=header["card"],
        )
        digest = header["sha256"]
    except (ValueError, KeyError, TypeError) as error:
        raise ConfigurationError(f"{name}: its header cannot be read; {mend}") from error
    fault = _fault_of(found, digest, blocks=blocks, bits=bits)
    if format_ != FORMAT:
        fault = f"has format {format_!r}, this version reads {FORMAT}"
    if fault is not None:
        raise ConfigurationError(f"{name}: {fault}; {mend}")
    return found


def _fault_of(found: Artefact, digest: str, *, blocks: Sequence[str], bits: int) -> str | None:
    numbers = (*found.scales, *found.biases, *found.block_weights, *found.lengths)
    numbers += found.temperatures
    if not all(isinstance(n, int | float) for n in numbers) or not found.tasks:
        return "its header is damaged"
    return _misfit_of(found, digest, blocks=blocks, bits=bits)


def _misfit_of(found: Artefact, digest: str, *, blocks: Sequence[str], bits: int) -> str | None:
    if found.bits != bits or len(found.block_weights) != len(blocks):
        return f"was trained with other features (2 ** {found.bits}, {len(found.block_weights)})"
    ranges = len(found.lengths) + 1
    if {len(found.scales), len(found.biases)} != {found.columns}:
        return "its columns do not agree"
    if len(found.temperatures) != ranges or min(found.temperatures) <= 0:
        return "its temperatures are damaged"
    if len(found.weights) != found.columns << bits:
        return f"has {len(found.weights):,} bytes of weights instead of {found.columns << bits:,}"
    if hashlib.sha256(found.weights).hexdigest() != digest:
        return "its weights are damaged (SHA-256 differs)"
    return None
