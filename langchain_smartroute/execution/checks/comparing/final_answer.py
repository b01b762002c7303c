r"""Extracts the final answer: the value at the end of an answer.

In this order: a marked value (`\boxed{…}`, `#### …`, JSON with an answer in it), a value after
a phrase such as "the answer is" in several languages, and the value of the last line. Other
prose has none.
"""

# ruff: noqa: RUF001, RUF002 - full-width punctuation is intended

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from itertools import islice

from langchain_smartroute.execution.checks.comparing.conclusion import (
    LONGEST_LINE,
    concluded,
    last_line,
    trimmed,
    value_of_last_line,
)
from langchain_smartroute.execution.checks.comparing.displayed import on_one_line
from langchain_smartroute.execution.checks.comparing.literals import NOTHING, literal_of
from langchain_smartroute.execution.checks.comparing.number_forms import numbers_in
from langchain_smartroute.execution.checks.comparing.phrases import after_phrase, short_lines
from langchain_smartroute.execution.checks.comparing.plain import plainly_written
from langchain_smartroute.execution.checks.comparing.quantities import quantity_of
from langchain_smartroute.execution.checks.comparing.statements import statements_of
from langchain_smartroute.execution.checks.comparing.written_calls import written_calls
from langchain_smartroute.execution.checks.fences import blocks_of

__all__ = ["final_answer", "found_answer", "marked_answer"]

_READ_CHARS = 20_000
"""Number of characters read at the end of an answer."""

_MOST_IN_BOX = 20_000
_MOST_BOXES = 100
_MOST_INDENT = 40
_MOST_PRINTED = 400
_BETWEEN = 60
_BRACE = re.compile("[{}]")
_LISTED = re.compile(
    r"(?:[\s$,;、]|\\(?:[()\[\],;! ]|q?quad(?![a-zA-Z]))){0,20}"
    r"(?:(?:\\text\s?\{\s?)?(?:and|or|und|oder|et|ou|y|o|和|或)\s?\}?)?"
    r"(?:[\s$,;、]|\\(?:[()\[\],;! ]|q?quad(?![a-zA-Z]))){0,20}"
)
"""Text between two boxes that form one answer."""

_KEYS = ("final_answer", "finalanswer", "answer", "result", "output", "答案")
_THOUGHT_END = "</think>"
_JSON_BEGINS = re.compile(r"^[ \t]{0,20}[{\[](?=[ \t]{0,20}(?:\n|[\"'{\[]))", re.MULTILINE)
_HASHES = re.compile(r"^[ \t]*#{4}[ \t]*(\S[^\n]{0,400})$", re.MULTILINE)
_BARE_NUMBER = re.compile(r"[-+]?[$€£¥]?[-+]?\d[\d.,/]{0,60}\s?%?")
_LEADS = re.compile(
    r"(?:(?<!\w)(?:is|are|equals|costs|makes|has|have)\s\$?|[是为共有要花得到剩用距约需了])\Z"
)
"""Text before the number of a sentence that states a result."""


def final_answer(text: str) -> str | None:
    r"""The final answer of a text; `None`: there is none.

    Args:
        text: The answer; of a long one its last 20,000 characters are read.

    Returns:
        A short text for `same_answer`, in its original form.

    Example:
        >>> final_answer(r"So 3 + 4 makes \(\boxed{7}\).")
        '7'
        >>> final_answer("She has 12 left.\nThe final answer is: **$1,200**.")
        '$1,200'
        >>> final_answer("因此，答案是 B。")
        'B'
        >>> final_answer("I would rather go by train, as the view is fine.") is None
        True
    """
    return found_answer(text)[0]


def found_answer(text: str) -> tuple[str | None, str]:
    """The final answer of a text, with the sentence that contains it.

    Args:
        text: As for `final_answer`.

    Returns:
        The result of `final_answer`, and the sentence; the latter is empty if the value is the
        whole text, or is marked.
    """
    text = text[text.rfind(_THOUGHT_END) + len(_THOUGHT_END) :] if _THOUGHT_END in text else text
    text = text.strip()
    if not text:
        return None, ""
    if written_calls(text) is not None:
        return text, ""
    if len(text) > _READ_CHARS and (_fenced(text) or text).lstrip().startswith(("{", "[")):
        return text, ""
    end = on_one_line(_end_of(text))
    readings: tuple[tuple[Callable[[str], str | None], str], ...] = (
        (_in_json, end),
        (_boxed, text),
        (_after_hashes, end),
        (after_phrase, end),
        (_only_lines, end),
    )
    said = next((found for reading, of in readings if (found := reading(of))), None)
    value = _of_numbers(value_of_last_line(end) if said is None else said)
    counts = value is not None and value != said and any(map(str.isnumeric, value))
    return value, (last_line(end) if said is None else said) if counts else ""


def marked_answer(text: str) -> str | None:
    r"""The value that a text marks as its answer; `None`: there is none.

    Example:
        >>> marked_answer(r"\boxed{\frac{1}{2}}"), marked_answer("故选B。"), marked_answer("5 km")
        ('\\frac{1}{2}', 'B', None)
    """
    end = on_one_line(_end_of(text))
    return _in_fence(end) or _boxed(text) or _after_hashes(end) or after_phrase(end)


def _end_of(text: str) -> str:
    """The end of a long text, from the start of a line if possible."""
    if len(text) <= _READ_CHARS:
        return text
    end = text[-_READ_CHARS:]
    return end[end.find("\n") + 1 :]


def _fenced(text: str) -> str | None:
    """Content of a text that is a single fence of JSON or without a language."""
    text = text.strip()
    if not (text.startswith("```") and text.endswith("```")):
        return None
    language, line_ends, inner = text[3:-3].partition("\n")
    known = language.strip() in ("", "json") and bool(line_ends)
    return inner.strip() if known and inner[-_MOST_INDENT:].rstrip(" \t").endswith("\n") else None


def _in_fence(text: str) -> str | None:
    """Content of a text that is a single fence of JSON."""
    inner = _fenced(text)
    return inner if inner is not None and inner.startswith(("{", "[")) else None


def _in_json(text: str) -> str | None:
    inner = _fenced(text) or _shown(text) or text
    if not inner.startswith(("{", "[")):
        return None
    value = literal_of(inner)
    if value is NOTHING:
        return inner if inner.startswith("{") and inner.endswith("}") else None
    if not isinstance(value, Mapping):
        return inner
    by_name = {str(key).casefold().replace(" ", "_"): found for key, found in value.items()}
    found = next((by_name[key] for key in _KEYS if key in by_name), NOTHING)
    if found is NOTHING:
        return inner
    return found if isinstance(found, str) else repr(found)


def _shown(text: str) -> str | None:
    """The only fence of an answer if it holds JSON, else the lines of JSON at its end."""
    if "```" in text:
        blocks = [block.code.strip() for block in islice(blocks_of(text), 2)]
        known = len(blocks) == 1 and blocks[0].startswith(("{", "["))
        return blocks[0] if known and literal_of(blocks[0]) is not NOTHING else None
    begun = _JSON_BEGINS.search(text) if text.endswith(("}", "]")) else None
    return text[begun.start() :].strip() if begun else None


def _boxed(text: str) -> str | None:
    r"""Content of the last `\boxed` and of those listed with it; braces are matched.

    An unclosed or long box holds the rest of the text; with too many boxes the whole text is
    returned.
    """
    found: list[str] = []
    end = len(text)
    while len(found) <= _MOST_BOXES:
        start = max(text.rfind("\\boxed{", 0, end), text.rfind("\\fbox{", 0, end))
        if start < 0:
            break
        inside = text.index("{", start) + 1
        closed = _closed(text, inside)
        if found and (closed is None or not _is_one_list(text, closed + 1, end)):
            break
        found.append(text[inside:closed].strip())
        end = start
    return text if len(found) > _MOST_BOXES else ", ".join(reversed(found)) or None


def _is_one_list(text: str, start: int, end: int) -> bool:
    between = text[start : min(end, start + _BETWEEN)]
    return start <= end and _LISTED.fullmatch(between) is not None


def _closed(text: str, start: int) -> int | None:
    """Position after the brace that closes the one before `start`."""
    depth = 1
    for brace in _BRACE.finditer(text, start, start + _MOST_IN_BOX):
        depth += 1 if brace[0] == "{" else -1
        if not depth:
            return brace.start()
    return None


def _after_hashes(text: str) -> str | None:
    """The text after `####` in the last line; in other lines it may be a heading."""
    found = None
    for match in _HASHES.finditer(text):
        value = trimmed(match[1])
        last = not text[match.end() :].strip()
        if value and (last or _BARE_NUMBER.fullmatch(value)):
            found = value
    return found


def _of_numbers(value: str | None) -> str | None:
    """A value, or the result of its numbers where one line has several."""
    if value is None or len(value) > LONGEST_LINE or any(c in value for c in "\n=<>≤≥"):
        return value
    if quantity_of(value) is not None or literal_of(value) is not NOTHING:
        return value
    if statements_of(value) is not None:
        return value
    numbers = numbers_in(plain := plainly_written(value))
    said = len(numbers) > 1 or (numbers and _LEADS.search(plain, 0, numbers[0].start()))
    return (concluded(value) or value) if said else value


def _only_lines(text: str) -> str | None:
    """A text of a few short lines without a sentence, such as a program's output."""
    if len(text) > _MOST_PRINTED or any(mark in text for mark in ("\n\n", "```", "\n$")):
        return None
    several = short_lines(text)
    ends = (".", "。", "!", "?", ":", "：")
    told = several is not None and any(line.endswith(ends) for line in several.splitlines())
    return None if told else several
