r"""What an answer comes to: the one value that it ends with, whatever stands around it.

In this order: a value that the answer marks as its own (`\boxed{…}`, `#### …`, JSON with
an answer in it), one that it calls the answer in any of some languages, and what its last
line is or ends with. An answer that only tells has none.
"""

# ruff: noqa: RUF001, RUF002 - full-width marks are meant

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from langchain_smartroute.execution.checks.comparing.literals import NOTHING, literal_of
from langchain_smartroute.execution.checks.comparing.quantities import last_number, plainly_written

__all__ = ["final_answer", "marked_answer", "option_of", "options_of"]

_READ_CHARS = 20_000
"""How much of an answer's end is read."""

_LONGEST_LINE = 160
"""A longer last line is prose, in which no value stands out."""

_KEYS = ("final_answer", "finalanswer", "answer", "result", "output", "答案")
_THOUGHT_END = "</think>"
_HASHES = re.compile(r"^[ \t]*#{4}[ \t]*(\S[^\n]{0,400})$", re.MULTILINE)
_FENCED = re.compile(r"^\s*```(?:json)?\s*\n([\s\S]*?)\n\s*```\s*$")

_SAID = re.compile(
    r"""(?:
      (?<![^\W\d_])(?:final\s+|correct\s+)?(?:answer|output|result|option|choice)(?![^\W\d_])
        (?:\s+(?:choice|option))?(?:\s+to\s[^\n:.]{1,80})?(?:\s+(?:is|are|equals|will\s+be|would\s+be)|\s*[:=]|\s*\Z)+
    | (?<![^\W\d_])(?:antwort|ergebnis|lösung|réponse(?:\s+finale)?|résultat|respuesta(?:\s+final)?
        |resultado|resposta(?:\s+final)?|risposta(?:\s+finale)?|risultato|antwoord|odpowiedź
        |ответ|відповідь|cevap|sonuç|đáp\s+án|jawaban|उत्तर|الجواب|الإجابة)(?![^\W\d_])
        (?:\s+(?:lautet|ist|est|es|é|è|is|to|hoặc|là|adalah|है|هي|هو|равен)|\s*[:=：—])+
    | (?:最终)?(?:答案|答え|答)\s*(?:应该|应当)?\s*(?:是|为|為|选|選|は|[:：=])+
    | (?:正答|解答|正解|結論)\s*(?:は|[:：])
    | (?:정답|답)\s*(?:은|는|[:：])
    | (?:故选|应选|因此选|所以选|选择|故選|應選|选项|選項
        |(?<![候可挑精])[选選])\s*[:：]?(?=\s*[(（]?[A-J\uff21-\uff2a])
    )[\s*_:：]{0,8}""",
    re.IGNORECASE | re.VERBOSE,
)
_BOLD = re.compile(r"\*\*([^*\n]{1,100})\*\*|__([^_\n]{1,100})__")
_END_OF_SENTENCE = re.compile(
    r"(?<!\d)\.(?=\s|$)|(?<=\d)\.(?=\s+[^\W\d]|$)|[。！？\n]|;\s|!\s|\?\s"
)
_CLOSING = re.compile(
    r"^(?:let me know|i hope|hope (?:this|that)|feel free|if you (?:have|need|would|want)|please"
    r"|note|good luck|any (?:other )?questions|happy to|如果|希望|请|若|参考|注)|[!?！？]\s*$",
    re.IGNORECASE,
)
_OPTION = re.compile(
    r"(?:option|choice|answer|选项|選項|選択肢|item)?\s*(?:\(([A-Ja-j])\)|\[([A-J])\]|([A-Ja-j])"
    r"(?=[.):、：]|\s*$|\s*(?:选项|選項)))[.):、：]?(?P<rest>[^\n]{0,200})",
    re.IGNORECASE,
)
_YES_NO = re.compile(
    r"(yes|no|true|false|是|否|对|错|ja|nein|oui|non|sí|si)(?=[,.:;，。：；]|\s[-–—])",
    re.IGNORECASE,
)
_OPTIONS = re.compile(r"[A-J](?:(?:\s*[,、;/&+\s]\s*|\s*(?:and|und|et|y|和|与|及)\s*)?[A-J])+")
_LETTER = re.compile("[A-J]")
_LATEX_TEXT = re.compile(r"\\(?:text|mathrm|textbf|mathbf)\{([^{}]*)\}")
_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_COPULA = re.compile(r"(?:です|である|だ|입니다|이다)$")
_EDGES = " \t\n*_`\"'“”«»「」"


def final_answer(text: str) -> str | None:
    r"""The value that an answer ends with; `None`: none stands out.

    Args:
        text: The answer; of a long one its last 20,000 characters are read.

    Returns:
        A short text to be compared by `same_answer`, as it stands there.

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
    text = text[-_READ_CHARS:]
    text = text[text.rfind(_THOUGHT_END) + len(_THOUGHT_END) :] if _THOUGHT_END in text else text
    text = text.strip()
    if not text:
        return None
    readings: tuple[Callable[[str], str | None], ...] = (
        _in_json,
        _boxed,
        _after_hashes,
        _after_phrase,
        _in_last_line,
    )
    return next((found for reading in readings if (found := reading(text))), None)


def marked_answer(text: str) -> str | None:
    r"""The value that a text marks or calls its answer; `None`: it does not.

    Example:
        >>> marked_answer(r"\boxed{\frac{1}{2}}"), marked_answer("故选B。"), marked_answer("5 km")
        ('\\frac{1}{2}', 'B', None)
    """
    text = text[-_READ_CHARS:]
    readings = (_in_fence, _boxed, _after_hashes, _after_phrase)
    return next((found for reading in readings if (found := reading(text))), None)


def option_of(text: str) -> str | None:
    """The letter of the option that a text names, in upper case; `None`: it names none.

    Example:
        >>> option_of("(b) Paris"), option_of("B"), option_of("Berlin")
        ('B', 'B', None)
    """
    plain = _LATEX_TEXT.sub(r"\1", text.translate(_FULL_WIDTH))
    found = _OPTION.fullmatch(plain.strip(_EDGES))
    if found is None:
        return None
    return (found[1] or found[2] or found[3]).upper()


def options_of(text: str) -> str | None:
    """The letters of several options, in their order; `None`: a text is something else.

    Example:
        >>> options_of("A、C、D"), options_of("A and C"), options_of("ABD"), options_of("A cab")
        ('ACD', 'AC', 'ABD', None)
    """
    if len(text) > _LONGEST_LINE:
        return None
    plain = _LATEX_TEXT.sub(r"\1", text.translate(_FULL_WIDTH)).strip(_EDGES + ".。")
    return "".join(_LETTER.findall(plain)) if _OPTIONS.fullmatch(plain) else None


def _in_fence(text: str) -> str | None:
    """What a whole fence of JSON holds."""
    found = _FENCED.match(text)
    return found[1].strip() if found and found[1].lstrip().startswith(("{", "[")) else None


def _in_json(text: str) -> str | None:
    fenced = _FENCED.match(text)
    inner = (fenced[1] if fenced else text).strip()
    if not inner.startswith("{"):
        return None
    value = literal_of(inner)
    if not isinstance(value, Mapping):
        return None
    by_name = {str(key).casefold().replace(" ", "_"): found for key, found in value.items()}
    found = next((by_name[key] for key in _KEYS if key in by_name), value)
    return _written(found)


def _boxed(text: str) -> str | None:
    r"""What the last `\boxed` holds; braces inside it are counted."""
    start = max(text.rfind("\\boxed{"), text.rfind("\\fbox{"))
    if start < 0:
        return None
    start = text.index("{", start) + 1
    depth = 1
    for at in range(start, len(text)):
        depth += {"{": 1, "}": -1}.get(text[at], 0)
        if not depth:
            return text[start:at].strip() or None
    return None


def _after_hashes(text: str) -> str | None:
    found = _HASHES.findall(text)
    return _trimmed(found[-1]) if found else None


def _after_phrase(text: str) -> str | None:
    """What follows the last phrase that calls it the answer."""
    found = None
    for match in _SAID.finditer(text):
        found = match
    if found is None:
        return None
    rest = text[found.end() :].lstrip(" \t\n:*_")
    line = rest.partition("\n")[0]
    return _value_in(line) or _trimmed(line)


def _in_last_line(text: str) -> str | None:
    lines = [line.strip() for line in text.splitlines() if line.strip(" \t*_`#>-$|~")]
    while len(lines) > 1 and _CLOSING.search(lines[-1]):
        lines.pop()
    line = lines[-1] if lines else ""
    if len(line) > _LONGEST_LINE:
        number = last_number(line)
        return number if len(lines) == 1 or _ends_with_number(line) else None
    return _value_in(line) or last_number(line) or _short(line)


def _value_in(line: str) -> str | None:
    """The value of a line that is one, or has one in bold or as an option."""
    bold = _BOLD.findall(line)
    if len(bold) == 1:
        inner = _trimmed("".join(bold[0]).strip(": "))
        if inner and not inner.casefold().startswith(("answer", "note", "explanation")):
            return inner
    trimmed = _trimmed(line) or ""
    said = _YES_NO.match(trimmed)
    if said is not None:
        return said[1]
    option = _OPTION.fullmatch(trimmed)
    if option is not None and (option[1] or option[2] or not option["rest"].strip()):
        return option_of(trimmed)
    return None


def _trimmed(line: str) -> str | None:
    """A line without marks around its value and without what follows its sentence."""
    line = line.strip(_EDGES)
    if literal_of(line) is NOTHING:
        line = _END_OF_SENTENCE.split(line, maxsplit=1)[0]
    line = line.strip(_EDGES + ",;:，；：")
    for opened, closed in (("\\(", "\\)"), ("\\[", "\\]"), ("$", "$")):
        if line.startswith(opened) and line.endswith(closed) and len(line) > len(opened + closed):
            line = line[len(opened) : -len(closed)].strip()
    return _COPULA.sub("", line).strip() or None


def _short(line: str) -> str | None:
    """A line of a few words is itself a value; a sentence is none."""
    words = plainly_written(line).split()
    trimmed = _trimmed(line)
    return trimmed if trimmed and len(words) <= 6 and len(line) <= 60 else None  # noqa: PLR2004 - a label, a name, a date


def _ends_with_number(line: str) -> bool:
    return any(character.isnumeric() for character in line[-20:])


def _written(value: Any) -> str | None:
    if value is None:
        return None
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
