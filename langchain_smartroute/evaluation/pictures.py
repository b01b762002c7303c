"""Writes plots as PNG files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from langchain_smartroute.errors import StorageError

__all__ = ["write_pictures"]

_DPI = 120


def write_pictures(drawn: Mapping[str, Any], folder: Path) -> list[Path]:
    """Write figures into a folder, which is made if it is missing.

    Args:
        drawn: Name of each file → the figure.
        folder: The folder.

    Returns:
        Paths of the files written.

    Raises:
        StorageError: If they cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, figure in drawn.items():
            figure.savefig(folder / name, dpi=_DPI)
    except OSError as error:
        raise StorageError(
            f"{folder}: plots cannot be written there ({error.strerror}); name another folder"
        ) from error
    return [folder / name for name in drawn]
