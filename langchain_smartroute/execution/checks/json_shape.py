"""Validates a JSON value by the common part of JSON schema.

That part is what tools and structured output use: types, required keys, properties, items,
enums, constants, closed objects, alternatives and local references. Other keywords are ignored,
so a value is never rejected by a rule that is not implemented.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["fits"]

_MOST_NODES = 1_500
_MOST_REFERENCES = 50

_TYPES: Mapping[str, type | tuple[type, ...]] = {
    "string": str,
    "integer": (int, float),
    "number": (int, float),
    "boolean": bool,
    "array": list,
    "object": dict,
    "null": type(None),
}


def fits(value: object, schema: object) -> bool:
    """Whether `value` fits the supported part of `schema`. Never raises.

    At most 1,500 values are compared; the rest is assumed to fit.

    Example:
        >>> fits({"city": "Oslo"}, {"type": "object", "required": ["city", "day"]})
        False
    """
    return _Shape(schema).holds(value, schema, depth=0)


class _Shape:
    """One validation: the root schema for references, and the remaining number of values."""

    def __init__(self, root: object) -> None:
        self._root = root
        self._left = _MOST_NODES

    def holds(self, value: object, schema: object, *, depth: int) -> bool:
        self._left -= 1
        schema = self._resolved(schema)
        if schema is False:
            return False
        if not isinstance(schema, Mapping) or self._left < 0 or depth > _MOST_REFERENCES:
            return True
        return (
            _has_type(value, schema.get("type"))
            and _is_listed(value, schema)
            and self._has_members(value, schema, depth=depth)
            and self._has_items(value, schema, depth=depth)
            and self._has_alternative(value, schema, depth=depth)
        )

    def _resolved(self, schema: object) -> object:
        for _ in range(_MOST_REFERENCES):
            reference = schema.get("$ref") if isinstance(schema, Mapping) else None
            if not isinstance(reference, str):
                return schema
            schema = self._root
            for step in reference.removeprefix("#").strip("/").split("/"):
                if step:
                    schema = schema.get(step) if isinstance(schema, Mapping) else None
        return None

    def _has_members(self, value: object, schema: Mapping[Any, Any], *, depth: int) -> bool:
        if not isinstance(value, dict):
            return True
        required = schema.get("required")
        if isinstance(required, list) and any(
            isinstance(key, str) and key not in value for key in required
        ):
            return False
        known = schema.get("properties")
        known = known if isinstance(known, Mapping) else {}
        closed = schema.get("additionalProperties") is False and "patternProperties" not in schema
        if closed and any(key not in known for key in value):
            return False
        return all(
            self.holds(value[key], part, depth=depth + 1)
            for key, part in known.items()
            if key in value
        )

    def _has_items(self, value: object, schema: Mapping[Any, Any], *, depth: int) -> bool:
        items = schema.get("items")
        if not isinstance(value, list) or not isinstance(items, Mapping):
            return True
        return all(self.holds(item, items, depth=depth + 1) for item in value[:_MOST_NODES])

    def _has_alternative(self, value: object, schema: Mapping[Any, Any], *, depth: int) -> bool:
        for keyword in ("anyOf", "oneOf", "allOf"):
            parts = schema.get(keyword)
            if isinstance(parts, list) and parts:
                held = (self.holds(value, part, depth=depth + 1) for part in parts)
                if not (all(held) if keyword == "allOf" else any(held)):
                    return False
        return True


def _has_type(value: object, wanted: object) -> bool:
    wanted = wanted if isinstance(wanted, list) else [wanted]
    names = [name for name in wanted if isinstance(name, str) and name in _TYPES]
    return len(names) < len(wanted) or any(_is_a(value, name) for name in names)


def _is_a(value: object, name: str) -> bool:
    if isinstance(value, bool) and name != "boolean":
        return False
    if name == "integer" and isinstance(value, float):
        return value.is_integer()
    return isinstance(value, _TYPES[name])


def _is_listed(value: object, schema: Mapping[Any, Any]) -> bool:
    listed = schema.get("enum")
    if isinstance(listed, list) and value not in listed:
        return False
    return "const" not in schema or bool(value == schema["const"])
