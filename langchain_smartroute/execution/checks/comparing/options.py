"""Recognises options of multiple-choice questions: one letter or several."""

# ruff: noqa: RUF001 - full-width punctuation is intended

from __future__ import annotations

import re

from langchain_smartroute.execution.checks.comparing.plain import plainly_written

__all__ = ["lettered", "option_of", "options_of"]

_MOST_CHARS = 400
_MOST_LISTED = 160

_OPTION = re.compile(
    r"(?:(?:the\s+)?(?:correct\s+|right\s+)?(?:option|choice|answer)(?:\s+is)?|选项|選項|選択肢|item)?"
    r"\s*(?:\(\s*([A-Ja-j])\s*\)|\[([A-J])\]|([A-Ja-j])"
    r"(?=[.):、：]|\s*$|\s*(?:选项|選項|项|項|是?正确|是?对的|符合)|\s*\(\s*[\u4e00-\u9fff]))"
    r"[.):、：]?(?P<rest>[^\n]{0,200})",
    re.IGNORECASE,
)
_REASONED = re.compile(
    r"(?:\(([A-J])\)|([A-J]))(?:\s*[,，;；]?\s*(?:because|since|as|weil|car|porque|因为|由于)(?!\w)"
    r"|\s*(?:选项|選項|项|項)?\s*是?(?:正确|对的|符合)|。)"
)
"""A letter followed by a reason."""

_JUDGED = r"\s*(?:选项|選項|项|項)?\s*(?:是|都|也)?(?:不?正确|错误|不?对|错)"
_SEVERAL_JUDGED = re.compile(rf"{_JUDGED}[^A-J]{{0,100}}[A-J]{_JUDGED}")
"""Text after an option's letter if both it and another one are called right or wrong."""

_ONE = r"(?:[A-J](?![)\]])|\([A-J]\)|\[[A-J]\])"
_OPTIONS = re.compile(
    rf"{_ONE}(?:(?:\s*[,、;/&+\s]\s*)?(?:\.?\s*(?:and|und|et|y|和|与|及)\s*)?{_ONE})+"
)
_ANOTHER = re.compile(
    r"[)\]]?\s*(?:[.:]?\s*(?:[,、;/&+，]|(?:and|or|und|oder|et|ou|y|o)\b|[和与及或])\s*[(\[]?|[:：]\s*)"
    r"[A-J](?![^\W\d_])",
    re.IGNORECASE,
)
"""Text after an option's letter if another option is named as well."""

_CIRCLED = re.compile(r"[①-⑳](?:\s*[、,，;；和与及]?\s*[①-⑳])*")
_LETTER = re.compile("[A-J]")
_EDGES = " \t\n*_`\"'“”«»「」【】$"


def option_of(text: str) -> str | None:
    """The letter of the option in a text, in upper case; `None`: there is none.

    Args:
        text: More than 400 characters are not an option.

    Example:
        >>> option_of("(b) Paris"), option_of("B"), option_of("Berlin")
        ('B', 'B', None)
    """
    found = None if len(text) > _MOST_CHARS else _one_option(_plain(text))
    return None if found is None else (found[1] or found[2] or found[3]).upper()


def options_of(text: str) -> str | None:
    """The letters of several options, in their order; `None`: the text is something else.

    Example:
        >>> options_of("A、C、D"), options_of("A and C"), options_of("ABD"), options_of("A cab")
        ('ACD', 'AC', 'ABD', None)
    """
    if len(text) > _MOST_LISTED:
        return None
    if _CIRCLED.fullmatch(text.strip(_EDGES + ".。")):
        return "".join(c for c in text if "①" <= c <= "⑳")
    plain = _plain(text).strip(_EDGES + ".。")
    return "".join(_LETTER.findall(plain)) if _OPTIONS.fullmatch(plain) else None


def lettered(line: str) -> str | None:
    """The option at the start of a line; `None`: the letter has another meaning.

    Example:
        >>> lettered("(A) Paris"), lettered("B, because it is cold"), lettered("C. elegans")
        ('A', 'B', None)
    """
    if len(line) > _MOST_CHARS:
        return None
    plain = _plain(line)
    found = _one_option(plain)
    if found is not None and (found[1] or found[2] or not found["rest"].strip(" .。")):
        return (found[1] or found[2] or found[3]).upper()
    reasoned = _REASONED.match(plain)
    if reasoned is None or _SEVERAL_JUDGED.match(plain, reasoned.end(2 if reasoned[2] else 1)):
        return None
    return reasoned[1] or reasoned[2]


def _one_option(plain: str) -> re.Match[str] | None:
    """The option that a text begins with, if no other one is named with it."""
    found = _OPTION.fullmatch(plain)
    end = 0 if found is None else max(map(found.end, (1, 2, 3)))
    if found is None or _ANOTHER.match(plain, end) or _SEVERAL_JUDGED.match(plain, end):
        return None
    return found


def _plain(text: str) -> str:
    return plainly_written(text).strip(_EDGES)
