"""Simulated models: capabilities, limits and speed."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["INPUT_KINDS", "SCHEMA_FORMATS", "SandboxModel"]

INPUT_KINDS = frozenset({"text", "image", "audio", "pdf"})
SCHEMA_FORMATS = frozenset({"json_schema", "json_mode"})


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxModel:
    """A model that the sandbox offers.

    Attributes:
        name: The API id that requests name.
        inputs: Kinds of content it accepts: `text`, `image`, `audio`, `pdf`.
        context_window: Room for prompt and answer together, in tokens.
        max_output_tokens: Limit of one answer in tokens; `None`: only the window limits it.
        tools: Whether requests may carry tools.
        structured_output: Accepted `response_format` kinds: `json_schema`, `json_mode`.
        reasoning: Whether it is a reasoning model (`reasoning_content`, `reasoning_tokens`).
        latency_s: Simulated seconds before the first byte.
        tokens_per_s: Simulated speed of a stream; `None` adds no delay.
        slips: The share of requests that it answers wrongly, with a wrong number, label or
            argument. Which ones is determined by its name and the request.

    Raises:
        ValueError: If an input or a format is unknown, or a number is out of range.

    Example:
        >>> SandboxModel(name="small", inputs=frozenset({"text", "image"})).tools
        True
    """

    name: str
    inputs: frozenset[str] = frozenset({"text"})
    context_window: int = 128_000
    max_output_tokens: int | None = None
    tools: bool = True
    structured_output: frozenset[str] = SCHEMA_FORMATS
    reasoning: bool = False
    latency_s: float = 0.0
    tokens_per_s: float | None = None
    slips: float = 0.0

    def __post_init__(self) -> None:
        """Check the values once, here."""
        if unknown := self.inputs - INPUT_KINDS:
            raise ValueError(
                f"Model {self.name!r}: unknown inputs {sorted(unknown)}; "
                f"known are {sorted(INPUT_KINDS)}."
            )
        if unknown := self.structured_output - SCHEMA_FORMATS:
            raise ValueError(
                f"Model {self.name!r}: unknown structured_output {sorted(unknown)}; "
                f"known are {sorted(SCHEMA_FORMATS)}."
            )
        if self.context_window < 1 or (self.max_output_tokens or 1) < 1:
            raise ValueError(f"Model {self.name!r}: token limits must be at least 1.")
        if self.latency_s < 0 or (self.tokens_per_s is not None and self.tokens_per_s <= 0):
            raise ValueError(f"Model {self.name!r}: latency must be >= 0 and speed > 0.")
        if not 0 <= self.slips <= 1:
            raise ValueError(f"Model {self.name!r}: slips must be a share, from 0 to 1.")
