"""The base of all blocks of a catalog file: frozen, and with all errors reported together."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from difflib import get_close_matches
from types import MappingProxyType
from typing import Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails
from typing_extensions import override

from langchain_smartroute.errors import ConfigurationError

__all__ = ["Checked", "faults_of"]

_MOST_NAMES = 32
"""So many names are listed for an unknown one."""

_SECRET = ("api_key", "default_headers", "default_query")
"""Keys whose values are never shown."""


_UNKNOWN = ("extra_forbidden", "unexpected_keyword_argument")

_WORDS = {
    "Input should be": "must be",
    "Value error, ": "",
    "an instance of Sequence": "a list",
    "an instance of Mapping": "a mapping",
    "a valid dictionary": "a mapping",
    "a valid tuple": "a list",
    "a valid date or datetime": "a date such as 2026-11-23",
}
"""Pydantic's error type → message in this package's style."""

_SECRET_NAME = re.compile(r"key|token|secret|passw|auth|bearer|credential|header", re.IGNORECASE)
_SECRET_VALUE = re.compile(r"(?=\S*\d)\S{16,}|sk-\S*")


def faults_of(
    error: ValidationError,
    *,
    where: str = "",
    known: Collection[str] = (),
    elsewhere: Mapping[str, str] = MappingProxyType({}),
) -> list[str]:
    """Convert pydantic's errors to one line each: location, value, advice.

    Args:
        error: Pydantic's error.
        where: The block that was read, such as `models.gpt-4o`.
        known: The names that there are, one of which an unknown one may be meant to be; as a
            mapping, to fields that may have an example.
        elsewhere: Unknown name → where the setting belongs.

    Returns:
        One line per fault. A value that may be a key is not in it.
    """
    lines: list[str] = []
    for found in _each_once(error.errors(include_url=False)):
        key = ".".join(str(part) for part in (where, *found["loc"]) if part != "")
        cause = found.get("ctx", {}).get("error")
        if isinstance(cause, ConfigurationError):
            lines += [f"{key}.{fault}" if key else fault for fault in cause.faults]
        elif found["type"] == "missing":
            lines.append(f"{key}: is missing; add it")
        elif found["type"] in _UNKNOWN:
            # The names that there are inside a value are not known here.
            mend = elsewhere.get(key) or _quoted(found)
            mend = mend or _mend(key, known if len(found["loc"]) == 1 else ())
            lines.append(f"{key}{_shown_unknown(key, found['input'])}: unknown key; {mend}")
        else:
            message = found["msg"]
            for theirs, ours in _WORDS.items():
                message = message.replace(theirs, ours)
            message += _such_as(key, known) if message.endswith(" a mapping") else ""
            lines.append(f"{key} = {_shown(key, found['input'])}: {message}; correct the value")
    return lines


def _each_once(errors: list[ErrorDetails]) -> list[ErrorDetails]:
    """One finding for a value that may be of several kinds; pydantic has one for each kind."""
    found: dict[tuple[int | str, ...], ErrorDetails] = {}
    for error in errors:
        *whole, kind = error["loc"] or ("",)
        if not re.fullmatch(r"literal\[.*\]|callable", str(kind)):
            found[error["loc"]] = error
            continue
        other = found.get(tuple(whole))
        if other is None:
            found[tuple(whole)] = {**error, "loc": tuple(whole)}
        else:
            words = error["msg"].removeprefix("Input should be ")
            other["msg"] = f"{other['msg'].replace(' or ', ', ')} or {words}"
    return list(found.values())


def _such_as(name: str, known: Collection[str]) -> str:
    """An example of a setting, where its field has one."""
    field = known.get(name) if isinstance(known, Mapping) else None
    examples = getattr(field, "examples", None)
    return f", such as {examples[0]}" if examples else ""


def _quoted(found: ErrorDetails) -> str:
    """Advice for `[models.llama-3.1]`, which TOML reads as `llama-3` with a table `1`."""
    name = str(found["loc"][-1])
    dotted = name[:1].isdigit() and isinstance(found["input"], Mapping)
    return 'a name with a dot needs quotes, as in [models."llama-3.1"]' if dotted else ""


def _mend(name: str, known: Collection[str]) -> str:
    near = get_close_matches(name, known, n=1)
    near += [key for key in known if key.startswith(f"{name}_") or key.endswith(f"_{name}")]
    if near:
        return f"did you mean {near[0]}?"
    if 0 < len(known) <= _MOST_NAMES:
        return f"remove it or use one of {', '.join(sorted(known))}"
    return "remove it or correct its name"


def _shown(key: str, value: Any) -> str:
    """A value for a message, without values that may be or contain a key."""
    if not key or any(name in key for name in _SECRET):
        return "(not shown, as it may hold a key)"
    return repr(value)


def _shown_unknown(name: str, value: Any) -> str:
    """The value of an unknown name, which may be a misspelt `api_key` or a header with one."""
    plain = isinstance(value, str | int | float | bool)
    if not plain or _SECRET_NAME.search(name) or _SECRET_VALUE.search(str(value)):
        return ""
    return f" = {value!r}"


class Checked(BaseModel):
    """A frozen block whose faults come as one `ConfigurationError`."""

    only_in_files: ClassVar[tuple[str, ...]] = ()
    """Keys that a file may have besides, which are read before the block is made."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", arbitrary_types_allowed=True, hide_input_in_errors=True
    )

    def __init__(self, **data: Any) -> None:
        try:
            super().__init__(**data)
        except ValidationError as error:
            known = [*type(self).model_fields, *type(self).only_in_files]
            faults = faults_of(error, known=known, elsewhere=type(self).elsewhere())
            raise ConfigurationError(*faults) from error

    @classmethod
    def elsewhere(cls) -> Mapping[str, str]:
        """Unknown name → what to write instead of it; only looked at after a fault."""
        return MappingProxyType({})

    @override
    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """A copy, with cached values computed again."""
        copy = super().model_copy(update=update, deep=deep)
        for name in copy.__dict__.keys() - type(self).model_fields.keys():
            del copy.__dict__[name]
        return copy
