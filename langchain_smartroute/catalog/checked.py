"""What every block of a catalog file has in common: frozen, and all faults told at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, ValidationError
from typing_extensions import override

from langchain_smartroute.errors import ConfigurationError

__all__ = ["Checked", "faults_of"]

_SECRET = ("api_key", "default_headers", "default_query")
"""Keys whose values are never shown."""


def faults_of(error: ValidationError, *, where: str = "") -> list[str]:
    """Turn pydantic's findings into one line each: where, which value, what to do.

    Args:
        error: What pydantic found.
        where: The block that was read, such as `models.gpt-4o`.

    Returns:
        One line per fault.
    """
    lines: list[str] = []
    for found in error.errors(include_url=False):
        key = ".".join(str(part) for part in (where, *found["loc"]) if part != "")
        cause = found.get("ctx", {}).get("error")
        if isinstance(cause, ConfigurationError):
            lines += [f"{key}.{fault}" if key else fault for fault in cause.faults]
        elif found["type"] == "missing":
            lines.append(f"{key}: is missing; add it")
        elif found["type"] == "extra_forbidden":
            shown = _shown(key, found["input"])
            lines.append(f"{key} = {shown}: unknown key; remove it or correct its name")
        else:
            lines.append(
                f"{key} = {_shown(key, found['input'])}: {found['msg']}; correct the value"
            )
    return lines


def _shown(key: str, value: Any) -> str:
    """A value for a message; what may be a key, or holds one, is not repeated."""
    if not key or any(name in key for name in _SECRET):
        return "(not shown, as it may hold a key)"
    return repr(value)


class Checked(BaseModel):
    """A frozen block whose faults come as one `ConfigurationError`."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", arbitrary_types_allowed=True, hide_input_in_errors=True
    )

    def __init__(self, **data: Any) -> None:
        try:
            super().__init__(**data)
        except ValidationError as error:
            raise ConfigurationError(*faults_of(error)) from error

    @override
    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """A copy; what was worked out from the fields once is worked out again."""
        copy = super().model_copy(update=update, deep=deep)
        for name in copy.__dict__.keys() - type(self).model_fields.keys():
            del copy.__dict__[name]
        return copy
