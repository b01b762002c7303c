"""Chooses the tools that an answer calls, and their arguments."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from langchain_smartroute.sandbox import evidence
from langchain_smartroute.sandbox.schema_values import fill

if TYPE_CHECKING:
    from langchain_smartroute.sandbox.chat_request import ChatRequest, Tool

__all__ = ["choose_calls"]

_WORD_IN_NAME = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[^\W\d_a-zA-Z]+")
_TELLS_NOTHING_TEXT = """
a about all an and any apply are as at be by calculate calculates call current data do fetch
find for from function get gets getter given has if in information input into is it its list
look lookup me my new of on or output own perform please query result results return returns
run set some takes that the their these this to tool up use used user using value what when
which with you your
"""
_TELLS_NOTHING = frozenset(_TELLS_NOTHING_TEXT.split())
_NAMED, _NAME_WORD, _DESCRIPTION_WORD = 100, 3, 1
_LEAST_DESCRIPTION_WORDS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class _Match:
    """How well a tool matches a message: matching words of its name and description, and where."""

    tool: Tool
    score: int
    name_words: frozenset[str]
    position: int


def choose_calls(request: ChatRequest) -> list[tuple[str, dict[str, Any]]]:
    """Choose the tools to call and their arguments; empty for an answer in words.

    A tool is called once per user message, unless a call is forced.
    """
    if not request.tools or request.tool_choice == "none":
        return []
    text = request.last_user_text
    answered = {name for message in request.since_user for _, name in message.calls}
    matches = [_match(tool, text) for tool in request.tools]
    if request.tool_choice.startswith("="):
        name = request.tool_choice.removeprefix("=")
        chosen = [match for match in matches if match.tool.name == name][:1]
    else:
        fresh = [match for match in matches if match.tool.name not in answered]
        chosen = _asked_for(fresh)
        if not chosen and request.tool_choice == "required":
            chosen = [max(fresh or matches, key=lambda match: match.score)]
    if not request.parallel_tool_calls:
        chosen = chosen[:1]
    parts = _parts(text, chosen)
    return [(m.tool.name, _arguments(m.tool, text, parts[m.tool.name])) for m in chosen]


def _match(tool: Tool, text: str) -> _Match:
    stems = [evidence.stem(word) for word in evidence.words(text)]
    named = text.lower().find(tool.name.lower())
    if named >= 0:
        own = frozenset({tool.name})
        return _Match(tool=tool, score=_NAMED, name_words=own, position=named)
    in_name = {evidence.stem(word.lower()) for word in _WORD_IN_NAME.findall(tool.name)}
    described = {evidence.stem(word) for word in evidence.words(tool.description)}
    shared = (in_name - _TELLS_NOTHING) & set(stems)
    also = (described - _TELLS_NOTHING - in_name) & set(stems)
    also = {word for word in also if len(word) > 1}
    also |= _bigrams(tool.description) & _bigrams(text)
    score = _NAME_WORD * len(shared)
    if shared or len(also) >= _LEAST_DESCRIPTION_WORDS or any(not w.isascii() for w in also):
        score += _DESCRIPTION_WORD * len(also)
    places = [text.lower().find(word) for word in shared or also]
    position = min((place for place in places if place >= 0), default=len(text))
    return _Match(tool=tool, score=score, name_words=frozenset(shared), position=position)


def _bigrams(text: str) -> set[str]:
    """Pairs of adjacent Chinese or Japanese characters, which are often words."""
    return {a + b for a, b in pairwise(text) if min(a, b) >= "\u3040" and (a + b).isalpha()}


def _asked_for(matches: list[_Match]) -> list[_Match]:
    """The tools that the message asks for, in its order.

    Where the message mentions tools by name, only those are called. Otherwise each must have a
    word in its name that no better match has used.
    """
    ranked = sorted((m for m in matches if m.score), key=lambda match: -match.score)
    named = [match for match in ranked if match.score == _NAMED]
    if named:
        longest = {m.tool.name for m in named}
        named = [m for m in named if not _is_part(m, longest, named)]
        return sorted(named, key=lambda match: match.position)
    chosen: list[_Match] = []
    claimed: set[str] = set()
    for match in ranked:
        if match.name_words - claimed:
            chosen.append(match)
            claimed |= match.name_words
    return sorted(chosen or ranked[:1], key=lambda match: match.position)


def _is_part(match: _Match, names: set[str], matches: list[_Match]) -> bool:
    """Whether a name was found only within a longer name (`sum` in `sum_all`)."""
    longer = {name for name in names if name != match.tool.name and match.tool.name in name}
    return any(other.tool.name in longer and other.position == match.position for other in matches)


def _parts(text: str, chosen: list[_Match]) -> dict[str, str]:
    """The part of the message for each tool: from its word to the next tool's."""
    if len(chosen) < 2:  # noqa: PLR2004 - nothing to divide
        return {match.tool.name: text for match in chosen}
    ends = [match.position for match in chosen[1:]] + [len(text)]
    pairs = zip(chosen, ends, strict=True)
    return {match.tool.name: text[match.position : end] for match, end in pairs}


def _arguments(tool: Tool, text: str, part: str) -> dict[str, Any]:
    schema = {"type": "object", **tool.parameters}
    properties = list(schema.get("properties") or {})
    written = _written_call(tool.name, text, properties)
    if written is not None:
        return dict(fill({**schema, "required": schema.get("required", [])}, "", written))
    plain = re.sub(re.escape(tool.name), " ", part, flags=re.IGNORECASE)
    return dict(fill(schema, plain))


def _written_call(name: str, text: str, properties: list[str]) -> dict[str, Any] | None:
    """The arguments of a call written out in the message, such as `name(3, unit="km")`."""
    start = re.search(rf"\b{re.escape(name)}\s*\(", text)
    if start is None:
        return None
    for end in (match.end() for match in re.finditer(r"\)", text[start.end() :])):
        try:
            call = ast.parse("f(" + text[start.end() : start.end() + end], mode="eval").body
        except (SyntaxError, ValueError):
            continue
        return _literals(call, properties) if isinstance(call, ast.Call) else None
    return None


def _literals(call: ast.Call, properties: list[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    pairs = [*zip(properties, call.args, strict=False)]
    pairs += [(word.arg, word.value) for word in call.keywords if word.arg in properties]
    for name, node in pairs:
        try:
            found[name] = ast.literal_eval(node)
        except (ValueError, TypeError):
            found[name] = ast.unparse(node)
    return found
