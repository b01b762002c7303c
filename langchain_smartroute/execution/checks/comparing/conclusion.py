"""Extracts the value of one line: a marked part of it, or its resulting number."""

# ruff: noqa: RUF001 - full-width punctuation is intended

from __future__ import annotations

import re

from langchain_smartroute.execution.checks.comparing.displayed import formula_of_line, is_formula
from langchain_smartroute.execution.checks.comparing.literals import NOTHING, literal_of
from langchain_smartroute.execution.checks.comparing.number_forms import (
    SCRIPTS,
    last_number,
    numbers_in,
)
from langchain_smartroute.execution.checks.comparing.options import lettered, options_of
from langchain_smartroute.execution.checks.comparing.parts import parts_of
from langchain_smartroute.execution.checks.comparing.plain import plainly_written
from langchain_smartroute.execution.checks.comparing.quantities import quantity_of
from langchain_smartroute.execution.checks.comparing.units import is_unit

__all__ = [
    "LONGEST_LINE",
    "concluded",
    "last_line",
    "trimmed",
    "value_of_last_line",
    "value_standing_out",
]

LONGEST_LINE = 160
"""Longest last line that is read, in characters; a longer one is prose."""

_MOST_CHARS = 2_000
_MOST_NUMBERS = 8
_UNIT_WORDS = 4

_BOLD = re.compile(r"\*\*([^*\n]{1,100})\*\*|__(?![a-z][a-z\d]*__)([^_\n]{1,100})__")
_END_OF_SENTENCE = re.compile(
    r"(?<!\d)\.(?=\s|$)|(?<=\d)\.(?=\s+[^\W\d]|$)|[。！？\n]|;\s|!\s|\?\s"
)
_REASON = re.compile(
    r",?\s(?:because|since)\s|[,，]?\s?因为|[,，;；]?\s?(?:理由|原因)(?:如下|是|为|[:：])|\s?【(?:解析|分析|详解|解答)】"
)
_CLOSING = re.compile(
    r"^(?:let me know|i hope|hope (?:this|that)|feel free|if you (?:have|need|would|want)|please"
    r"|note|good luck|any (?:other )?questions|happy to|如果|希望|请|若|参考|注)|[!?！？]$",
    re.IGNORECASE,
)
_YES_NO = re.compile(
    r"(yes|no|true|false|是|否|对|错|ja|nein|oui|non|sí|si)(?=[,.:;，。：；](?!\s?\d)|\s[-–—]\s)",
    re.IGNORECASE,
)
_BULLET = re.compile(r"^(?:[-*•]|\d{1,2}[.)])\s+(?=\S)")
_COPULA = re.compile(r"(?:です|である|だ|입니다|이다)$")
_EDGES = " \t\n*`\"'“”«»「」"
_EQUALS = re.compile(r"(?<![<>=!:])[=≈](?!=)")
_AND = re.compile(r"\b(?:and|or|und|oder|et|ou|y|o)\b|[,;，；和或]")
_SHOWN = re.compile(r"([\[({][^\[\](){}]{0,150}[\])}])[.。]?$")
_NOT_PLAIN = re.compile(
    rf"[^\W\d_{SCRIPTS}]#|#[^\W\d_{SCRIPTS}]"
    r"|[-+*/^<>≤≥±√×]\s?#|#\s?[-+*/^:<>≤≥±√×(]\s?#?|[<>≤≥√^|\\{}\[\]]|#'"
    r"|\bat\s(?:least|most)\b|\b(?:sin|cos|tan|cot|log|ln|lg|exp|sqrt)\s?#|\d"
    r"|第\s?#|#\s?(?:号|届|章|节|点|期|楼|路|世纪|月|日)"
    r"|\b(?:or|not|between|than|from|oder|nicht|zwischen|ou|pas|entre|или|не)\b|[不或至]|(?<![得达收拿找看])到"
    r"|#\s?[ap]\.?m\b|\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}\s#"
    r"|#(?:st|nd|rd|th)?\s(?:of\s)?(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)",
    re.IGNORECASE,
)
"""Signs by which numbers are not separate values: a formula, a date, a range, a choice."""

_NAMED_ARGUMENT = re.compile(r"\w\((?:[^()=]{0,200},)?\s?[^\W\d]\w*\s?=(?!=)")
"""The beginning of a call with a named argument."""

_YEAR = re.compile(r"(?<!\d)\d{4}\s?年")
_BOLD_MARKS = re.compile(r"\*\*(?!\d)|(?<!\d)\*\*")
_LABEL = re.compile(r"[^\W\d_]{2}[^:：\n]{0,60}[:：]")
_IS = "is|are|equals?|becomes?|makes?"
_VERB = re.compile(rf"(?<!\w)(?:{_IS}|ist|sind|est|es|son)\s|[是为]")
_CLAIM = re.compile(
    rf"(?<!\w)(?P<verb>{_IS}|was|were|be|made|gets?|got|has|have|had|costs?|earns?|needs?|takes?"
    r"|took|pays?|paid|spends?|spent|saves?|saved|uses?|used|totals?|weighs?"
    r"|(?:comes?|came|amounts?) to)(?!\w)"
    r"(?P<direct>\s(?:(?:about|approximately|around|exactly|only|now|still|a|the|total|of|equal|to)"
    r"\s){0,4}(?=(?:US\s?)?[$€£¥₹₽₩]?\s?[-+]?\d))?",
    re.IGNORECASE,
)
"""A verb that may introduce a result, and whether a number follows directly."""

_PLURAL = frozenset({"are", "were", "have"})
"""Verbs after which the subject's number may be the result: "3 of them are 5 years old"."""

_LEADING = re.compile(
    r"^(?:so|thus|hence|therefore|then|所以|因此|故|即)(?!\w)[,，:]?\s*", re.IGNORECASE
)
_SO = re.compile(r"\b(?:so|thus|therefore|hence|then|which)\b", re.IGNORECASE)
_MONEY = re.compile(r"(?:US\s?\$|[$€£¥₹₽₩])\s?[-+]?$")
_WORD = re.compile(r"\s?[-/]?\s?(?:[^\W\d_]+(?:[²³]|\^[23])?|[%‰°¢](?:[CF]\b)?)")


def value_of_last_line(text: str) -> str | None:
    """The value of the last line of a text, without closing words.

    Several numbers form one value together, with their units. Of a formula, a date or a range
    the whole is the value.

    Example:
        >>> value_of_last_line("Total = 5 + 6 = 11 apples."), value_of_last_line("It is 5 km.")
        ('11', '5 km')
        >>> value_of_last_line("So $64 for 16 glasses."), value_of_last_line("It is 2x + 3.")
        ('$64, 16', '2x + 3')
    """
    lines = _lines_of(text)
    line = lines[-1] if lines else ""
    if len(line) > LONGEST_LINE:
        last = _last_sentence(line)
        if len(lines) > 1 and not any(character.isnumeric() for character in line[-20:]):
            return None
        return (concluded(last) if len(last) <= LONGEST_LINE else None) or last_number(line)
    if is_formula(_LEADING.sub("", line)):
        return _LEADING.sub("", line).rstrip(" .。")
    return value_standing_out(line) or formula_of_line(line) or concluded(line) or _short(line)


def last_line(text: str) -> str:
    """The line that `value_of_last_line` reads; of a long one its last sentence."""
    lines = _lines_of(text)
    line = lines[-1] if lines else ""
    return line if len(line) <= LONGEST_LINE else _last_sentence(line)[-LONGEST_LINE:]


def _lines_of(text: str) -> list[str]:
    """The lines of a text up to the last that is no closing word, without its bullet."""
    lines = [line.strip() for line in text.splitlines() if line.strip(" \t*_`#>-$|~")]
    while len(lines) > 1 and _CLOSING.search(lines[-1]):
        lines.pop()
    return [*lines[:-1], _BULLET.sub("", lines[-1])] if lines else []


def _last_sentence(line: str) -> str:
    return _END_OF_SENTENCE.split(line[-_MOST_CHARS:].rstrip(" .。"))[-1].strip()


def value_standing_out(line: str) -> str | None:
    """The value of a line that is one as a whole, in bold, or as an option."""
    if len(line) > _MOST_CHARS:
        return None
    if options_of(line) is not None:
        return line.strip(_EDGES + ".。")
    bold = list(_BOLD.finditer(line))
    if len(bold) == 1:
        inner = _in_bold(line, bold[0])
        if inner is not None:
            return inner
    rest = trimmed(line) or ""
    yes_no = _YES_NO.match(rest)
    if yes_no is not None:
        return yes_no[1]
    return lettered(rest) or (rest if options_of(rest) is not None else None)


def trimmed(line: str) -> str | None:
    """A line without markup around its value, and without text after its sentence."""
    quoted = line.strip(" \t\n*`.。,;")
    if quoted.startswith(("'", '"')) and isinstance(literal_of(quoted), str):
        # A quoted string of a program, of which every letter counts.
        return quoted
    line = line.strip(_EDGES)
    if literal_of(line) is NOTHING and parts_of(line, chinese=False) is None:
        line = _END_OF_SENTENCE.split(line, maxsplit=1)[0]
        line = _REASON.split(line, maxsplit=1)[0]
    line = line.strip(_EDGES + ",;:，；：")
    for opened, closed in (("\\(", "\\)"), ("\\[", "\\]"), ("$", "$")):
        inner = line[len(opened) : -len(closed)]
        if line.startswith(opened) and line.endswith(closed) and inner and opened not in inner:
            line = inner.strip()
    return _COPULA.sub("", line).strip() or None


def concluded(line: str) -> str | None:
    """The resulting numbers of a line: those after the last equals sign, else all.

    Example:
        >>> concluded("It takes 3 hours and 20 minutes."), concluded("It takes long.")
        ('3 hours, 20 minutes', None)
    """
    plain = plainly_written(_BOLD_MARKS.sub("", line).strip(_EDGES)).strip(_EDGES)
    whole = plain.rstrip(" .。")
    labelled = _LABEL.match(whole)
    if literal_of(whole) is not NOTHING or (quantity_of(whole) is not None and not labelled):
        return whole
    if _NAMED_ARGUMENT.search(plain):
        return whole
    signs = list(_EQUALS.finditer(plain))
    rest = plain[signs[-1].end() :].strip(_EDGES + ".。") if signs else whole
    if (
        len(signs) > 1
        and _AND.search(plain, signs[0].end(), signs[-1].start())
        and not _SO.search(plain, signs[-2].end(), signs[-1].start())
    ):
        # Several equations, of which the last does not follow from the others.
        rest = whole
    rest = _claimed(rest)
    numbers = numbers_in(rest)
    if not numbers:
        return None
    shown = _SHOWN.search(rest)
    if shown is not None:
        row = "," in shown[1] and numbers[0].start() > shown.start()
        if row or literal_of(shown[1]) is not NOTHING:
            return shown[1]
    values, at, left = [], 0, ""
    for number in numbers:
        end = _with_unit(rest, number.start(), number.end())
        money = _MONEY.search(rest[at : number.start()])
        begin = at + money.start() if money else number.start()
        left += rest[at:begin] + "#"
        values.append(rest[begin:end])
        at = end
    if _YEAR.search(rest) or len(numbers) > _MOST_NUMBERS or _NOT_PLAIN.search(left + rest[at:]):
        verbs = list(_VERB.finditer(rest))
        return rest[verbs[0].end() :] if len(verbs) == 1 else rest
    return values[-1] if _are_one(values) else ", ".join(values)


def _are_one(values: list[str]) -> bool:
    """Whether it is one number that is said again: "5 + 7 = 12, so there are 12 apples"."""
    *before, last = [quantity_of(value) for value in values]
    return all(last and v and v.value == last.value and v.units <= last.units for v in before)


def _claimed(sentence: str) -> str:
    """The statement about a subject with numbers of its own: $10 in "20 % of $50 is $10".

    Only for a single subject and a verb directly followed by a number: "18 eggs are left after
    4 days" and "x is 3 and y is 4" are not changed.
    """
    verbs = list(_CLAIM.finditer(sentence))
    if len(verbs) != 1 or verbs[0]["direct"] is None or verbs[0]["verb"].lower() in _PLURAL:
        return sentence
    return sentence[verbs[0].end() :]


def _in_bold(line: str, bold: re.Match[str]) -> str | None:
    """The bold part, if it is the value: not a label, and not a word next to the number."""
    raw = bold[1] or bold[2]
    before, after = line[: bold.start()], line[bold.end() :].strip(_EDGES + ",;.。!！")
    label = raw.rstrip().endswith((":", "：")) or after.startswith((":", "：", "="))
    if label and after.strip(":：= "):
        return None
    inner = trimmed(raw.strip(": "))
    if not inner or inner.casefold().startswith(("answer", "note", "explanation")):
        return None
    if quantity_of(inner) is not None:
        money = _MONEY.search(before)
        counted = f"{inner} {after}"
        return (money[0] if money else "") + counted[: _with_unit(counted, 0, len(inner))]
    elsewhere = any(c.isnumeric() for c in before + after)
    at_edge = not before.strip(_EDGES) or not after or literal_of(inner) is not NOTHING
    return inner if at_edge and not elsewhere else None


def _with_unit(text: str, start: int, end: int) -> int:
    """End of the unit after a number: as far as all words are units."""
    best = end
    for _ in range(_UNIT_WORDS):
        word = _WORD.match(text, end)
        if word is None:
            break
        end = word.end()
        found = quantity_of(text[start:end])
        if found is not None and all(map(is_unit, found.units)):
            best = end
    return best


def _short(line: str) -> str | None:
    """A line of a few words as a value; `None` for a sentence."""
    words = plainly_written(line).split()
    rest = trimmed(line)
    if rest is None or not any(map(str.isalnum, rest)):
        return None
    return rest if len(words) <= 6 and len(line) <= 60 else None  # noqa: PLR2004 - a label, a name, a date
