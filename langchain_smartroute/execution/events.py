"""Parts of a stream's events, as parsed JSON of which nothing is certain."""

from __future__ import annotations

from typing import Any

__all__ = ["first_choice", "first_delta"]


def first_choice(chunk: Any) -> dict[str, Any] | None:
    """The first choice of a chunk; `None`: it has none."""
    choices = chunk.get("choices") if isinstance(chunk, dict) else None
    choice = choices[0] if isinstance(choices, list) and choices else None
    return choice if isinstance(choice, dict) else None


def first_delta(chunk: Any) -> dict[str, Any] | None:
    """What a chunk adds to its first choice; `None`: it has none."""
    choice = first_choice(chunk)
    delta = choice.get("delta") if choice is not None else None
    return delta if isinstance(delta, dict) else None
