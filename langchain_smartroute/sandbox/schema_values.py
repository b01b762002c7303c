"""Generates values that fit a JSON schema, from a text where possible.

Used for the arguments of tools and for structured output.
"""

from __future__ import annotations

import json
import re
from itertools import islice
from typing import TYPE_CHECKING, Any

from langchain_smartroute.sandbox import evidence
from langchain_smartroute.sandbox.judgements import is_spam
from langchain_smartroute.sandbox.numeric_values import fit_number
from langchain_smartroute.sandbox.text_values import TextSource

if TYPE_CHECKING:
    from collections.abc import Mapping

    from langchain_smartroute.sandbox.chat_request import ChatRequest

__all__ = ["fill", "json_object"]

_MOST_DEPTH = 8
_MOST_BRACES = 50
_NEGATED = r"\b(?:no|not|without|don'?t|never|disable|exclude)\b[^.,;!?]{0,20}"
_QUOTED_KEY = re.compile(r"['\"`](\w[\w -]{0,40})['\"`]")

Schema = dict[str, Any]


def fill(
    schema: Mapping[str, Any], text: str, given: Mapping[str, Any] | None = None
) -> dict[str, Any] | Any:
    """Generate a value that fits a schema.

    Args:
        schema: A JSON schema; `$ref` within it is followed.
        text: What the user wrote.
        given: Property → value already known for the outermost object.
    """
    return _Filler(schema, text).value(dict(schema), key="", given=given or {})


def json_object(request: ChatRequest, answer: str) -> dict[str, Any]:
    """Generate an object with the keys quoted in the prompt, or one that holds the answer."""
    text = f"{request.instructions}\n{request.last_user_text}"
    schema = _schema_in(text)
    if schema is not None:
        value = fill(schema, request.last_user_text.split("{", 1)[0])
        return value if isinstance(value, dict) else {"answer": value}
    keys = list(dict.fromkeys(_QUOTED_KEY.findall(text))) if "key" in text.lower() else []
    if not keys:
        return {"answer": answer}
    source = TextSource(request.last_user_text, ignored=frozenset(keys))
    user_text = request.last_user_text
    return {
        key: _named_number(key, user_text) or source.take(key, {"description": key}) for key in keys
    }


def _named_number(key: str, text: str) -> float | int | None:
    """The number directly after a key's name, as in `total 12.50`."""
    match = re.search(rf"\b{re.escape(key)}\b\W{{0,3}}(\d+(?:\.\d+)?)\b", text, re.IGNORECASE)
    if match is None:
        return None
    return float(match[1]) if "." in match[1] else int(match[1])


def _schema_in(text: str) -> dict[str, Any] | None:
    """The JSON schema of an object in the prompt, which is common in JSON mode."""
    decoder = json.JSONDecoder()
    for brace in islice(re.finditer(r"\{", text), _MOST_BRACES):
        try:
            value, _ = decoder.raw_decode(text, brace.start())
        except ValueError:
            continue
        if isinstance(value, dict) and isinstance(value.get("properties"), dict):
            return value
    return None


class _Filler:
    """Fills one schema from one text, using each part of the text once."""

    def __init__(self, root: Mapping[str, Any], text: str) -> None:
        self._root = root
        self._text = text
        self._lower = text.lower()
        self._numbers = evidence.numbers(text)
        self._source = TextSource(text)

    def value(
        self, schema: Schema, *, key: str, given: Mapping[str, Any] | None = None, depth: int = 0
    ) -> Any:
        """Generate a value for the schema of property `key`."""
        schema = self._resolve(schema, depth)
        options = [schema["const"]] if "const" in schema else schema.get("enum")
        if options:
            return self._one_of(options)
        kind = _kind(schema)
        if kind == "object":
            return self._object(schema, given=given or {}, depth=depth)
        if kind == "array":
            return self._array(schema, key=key, depth=depth)
        if kind in ("integer", "number"):
            return fit_number(schema, kind, self._numbers)
        if kind == "boolean":
            return self._flag(key)
        return None if kind == "null" else self._source.take(key, schema)

    def _resolve(self, schema: Schema, depth: int) -> Schema:
        """Follow references, and choose the first alternative that is not null."""
        for _ in range(_MOST_DEPTH):
            if "$ref" in schema:
                siblings = {name: part for name, part in schema.items() if name != "$ref"}
                schema = {**self._target(schema["$ref"]), **siblings}
            elif parts := schema.get("allOf"):
                siblings = {name: part for name, part in schema.items() if name != "allOf"}
                schema = _merged([self._resolve(dict(part), depth) for part in parts], siblings)
            elif options := schema.get("anyOf") or schema.get("oneOf"):
                siblings = {n: part for n, part in schema.items() if n not in ("anyOf", "oneOf")}
                schema = {**siblings, **self._option(options, deep=depth >= _MOST_DEPTH)}
            else:
                break
        return schema

    def _target(self, reference: str) -> Schema:
        node: Any = self._root
        for part in reference.removeprefix("#").strip("/").split("/"):
            name = part.replace("~1", "/").replace("~0", "~")
            node = node.get(name, {}) if isinstance(node, dict) and name else node
        return dict(node)

    def _option(self, options: list[Schema], *, deep: bool) -> Schema:
        nulls = [option for option in options if option.get("type") == "null"]
        others = [option for option in options if option.get("type") != "null"]
        return dict(nulls[0] if nulls and (deep or not others) else others[0])

    def _object(self, schema: Schema, *, given: Mapping[str, Any], depth: int) -> Schema:
        filled: Schema = {}
        required = set(schema.get("required", ()))
        properties: dict[str, Schema] = schema.get("properties") or {}
        # Properties that the text clearly has a value for are filled before the others.
        has_evidence = {
            key: self._source.has(key, self._resolve(properties[key], depth)) for key in properties
        }
        for key in sorted(properties, key=lambda name: not has_evidence[name]):
            part = properties[key]
            if key in given:
                filled[key] = given[key]
            elif key in required:
                is_filled = not _nullable(part) or (
                    depth < _MOST_DEPTH and self._mentions(key, part)
                )
                filled[key] = self.value(part, key=key, depth=depth + 1) if is_filled else None
            elif depth < _MOST_DEPTH and self._mentions(key, part):
                filled[key] = self.value(part, key=key, depth=depth + 1)
        return {key: filled[key] for key in properties if key in filled}

    def _array(self, schema: Schema, *, key: str, depth: int) -> list[Any]:
        if "prefixItems" in schema:
            return [self.value(dict(p), key=key, depth=depth + 1) for p in schema["prefixItems"]]
        min_items, max_items = schema.get("minItems", 0), schema.get("maxItems", 20)
        if depth >= _MOST_DEPTH:
            return []
        items = self._resolve(dict(schema.get("items") or {}), depth)
        kind = _kind(items)
        if items.get("enum"):
            values = [item for item in items["enum"] if self._has_phrase(str(item))]
        elif kind in ("integer", "number"):
            values = [fit_number(items, kind, self._numbers) for _ in range(len(self._numbers))]
        elif kind == "string":
            values = self._source.take_all(key, items)
        else:
            values = [self.value(items, key=key, depth=depth + 1)]
        values = values[:max_items]
        while len(values) < max(min_items, min(1, max_items)):
            values.append(self.value(items, key=key, depth=depth + 1))
        return values

    def _one_of(self, options: list[Any]) -> Any:
        """The option that the text mentions first, or that fits its sentiment, or the first one."""
        judged = self._source.judged(options)
        if judged is not None:
            return judged
        positions = [(self._place(str(option)), i) for i, option in enumerate(options)]
        mentioned = sorted((place, i) for place, i in positions if place >= 0)
        return options[mentioned[0][1]] if mentioned else options[0]

    def _flag(self, key: str) -> bool:
        if "spam" in key.lower():
            return is_spam(self._text)
        name = re.escape(key.lower().removeprefix("is_").removeprefix("has_").replace("_", " "))
        if not name:
            return False
        return bool(re.search(name, self._lower)) and not re.search(_NEGATED + name, self._lower)

    def _mentions(self, key: str, schema: Schema) -> bool:
        """Whether the text has a value for an optional property."""
        part = self._resolve(dict(schema), 0)
        spoken = key.lower().replace("_", " ").strip()
        if re.search(_NEGATED + re.escape(spoken), self._lower):
            return _kind(part) == "boolean"
        if self._has_phrase(spoken) or self._has_phrase(key):
            return True
        if part.get("enum"):
            return any(self._has_phrase(str(option)) for option in part["enum"])
        return self._source.has(key, part)

    def _has_phrase(self, phrase: str) -> bool:
        return self._place(phrase) >= 0

    def _place(self, phrase: str) -> int:
        """Position of a phrase as whole words of the text, or -1."""
        spoken = re.escape(phrase.lower()).replace("_", "[_ ]")
        if not phrase.isascii():
            return self._lower.find(phrase.lower())
        match = re.search(rf"(?<![\w]){spoken}(?![\w])", self._lower)
        return match.start() if match else -1


def _kind(schema: Schema) -> str:
    kind = schema.get("type")
    if isinstance(kind, list):
        kind = next((name for name in kind if name != "null"), "null")
    if kind is None:
        guesses = (("properties", "object"), ("items", "array"), ("prefixItems", "array"))
        kind = next((name for field, name in guesses if field in schema), "string")
    return str(kind)


def _nullable(schema: Schema) -> bool:
    kinds = [schema, *schema.get("anyOf", ()), *schema.get("oneOf", ())]
    return any(kind.get("type") == "null" or "null" in (kind.get("type") or ()) for kind in kinds)


def _merged(parts: list[Schema], siblings: Schema) -> Schema:
    merged: Schema = {}
    for part in [*parts, siblings]:
        properties = {**merged.get("properties", {}), **part.get("properties", {})}
        required = [*merged.get("required", ()), *part.get("required", ())]
        merged = {**merged, **part}
        if properties:
            merged["properties"] = properties
        if required:
            merged["required"] = required
    return merged
