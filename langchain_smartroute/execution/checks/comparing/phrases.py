"""Finds a final answer by the phrase that announces it: "the answer is", "故选", "is correct"."""

# ruff: noqa: RUF001 - full-width punctuation is intended

from __future__ import annotations

import re

from langchain_smartroute.execution.checks.comparing.conclusion import trimmed, value_standing_out
from langchain_smartroute.execution.checks.fences import blocks_of

__all__ = ["after_phrase", "short_lines"]

_SHORT_LINE = 60
_BEFORE_VALUE = re.compile(r"(?:[\s:*：]|_+(?=[\s:]))*+")
_SAID = re.compile(
    r"""(?:
      (?<![^\W\d_])(?:final\s+|correct\s+)?(?:answer|output|result|option|choice)(?![^\W\d_])
        (?:\s+(?:choice|option))?(?:\s+to\s[^\n:.]{1,80})?(?:\s+(?:is|are|equals|(?:will|would|should|must)\s+be)|\s*[:=]|\s*\Z
        |\s{1,4}(?=\$|\\[(\[]))+
    | (?:go\s+with|choose|pick|select)\s+(?=\(?[A-J]\)?[.*]{0,3}\s*\Z)
    | <answer>\s*(?=[^<\n]{1,200}</answer>)
    | (?<![^\W\d_])(?:antwort|ergebnis|lösung|réponse(?:\s+finale)?|résultat|respuesta(?:\s+final)?
        |resultado|resposta(?:\s+final)?|risposta(?:\s+finale)?|risultato|antwoord|odpowiedź
        |ответ|відповідь|cevap|sonuç|đáp\s+án|jawaban|उत्तर|الجواب|الإجابة)(?![^\W\d_])
        (?:\s+(?:lautet|ist|est|es|é|è|is|to|hoặc|là|adalah|है|هي|هو|равен)|\s*[:=：—])+
    | (?:最终)?(?:答案|答え|答)\s*(?:应该|应当)?\s*
        (?:是|为|為|选择|選擇|选(?!项)|選(?!項)|は|[:：=])+(?:选项|選項)?
    | 答案?\s{0,4}(?=[A-J]\s*(?:[。.．\n]|\Z))
    | (?:所以|因此|故|即|显然|综上)[，,：:\s]{0,4}(?=[A-J]\s*[。.．]?\s*\Z)
    | [【\[]\s*(?:最终|正确)?(?:答案|解答)\s*[】\]]\s*[:：]?
    | (?:正确|错误)的?(?:说法|结论|选项|命题)?(?:的?序号)?(?:是|有|为)\s*[:：]?
        (?=\s*[①-⑳A-J][①-⑳A-J、,，和]{0,20}\s*(?:[。.;；\n]|\Z))
    | (?:说法|判断|观点|表述|命题|陈述)\s*(?:是|为|[:：])\s*
        (?=(?:不?正确|错误|不?对|错)的?\s*[。.]?\s*\Z)
    | (?:正答|解答|正解|結論)\s*(?:は|[:：])
    | (?:정답|답)\s*(?:은|는|[:：])
    | (?:故选|应选|因此选|所以选|选择|故選|應選|选项|選項
        |(?<![候可挑精不能])[选選])\s*(?:是|为|為)?\s*[:：]?(?=\s*[(（]?[A-J\uff21-\uff2a])
    )[\s*:：]{0,8}""",
    re.IGNORECASE | re.VERBOSE,
)
_RIGHT = re.compile(
    r"(?<!\w)(?:(?:[Oo]ption|[Cc]hoice|[Aa]nswer)\s+\(?([A-J])\)?|\(([A-J])\)|([B-HJ]))\s+is"
    r"\s+(?:the\s+)?(?:correct|right|best)(?!\w)"
    r"|(?<!not )(?:[Oo]ption|[Cc]hoice)\s+\(?([A-J])\)?[.*]{0,3}\s*\Z"
)
"""An option that is called correct."""

_RIGHT_IN_CHINESE = re.compile(
    r"(?<![A-J][、,，和与及])(?<![A-Za-z])([A-J])\s*(?:选项|選項|项|項)?\s*(?:是|最)?"
    r"(?:正确|对的|符合题意|符合要求)(?!的?(?:是|有|为))"
)


def after_phrase(text: str) -> str | None:
    """The text after the last phrase such as "the answer is"."""
    found = right = None
    for match in _SAID.finditer(text):
        found = match
    for match in _RIGHT.finditer(text):
        right = match
    only = _right_in_chinese(text, 0 if found is None else found.end())
    if only is not None:
        return only
    if right is not None and (found is None or right.end() > found.end()):
        return right[1] or right[2] or right[3] or right[4]
    if found is None:
        return None
    between = _BEFORE_VALUE.match(text, found.end())
    at = found.end() if between is None else between.end()
    rest, below = text[at:], "\n" in text[found.start() : at]
    if below and rest.startswith("```"):
        block = next(blocks_of(rest), None)
        return None if block is None else block.code.strip()
    line = rest.partition("\n")[0].partition("</answer>")[0]
    several = short_lines(rest) if below else None
    return several or value_standing_out(line) or trimmed(line)


def _right_in_chinese(text: str, start: int) -> str | None:
    """The option that is called correct, if it is the only one after what was announced."""
    letters = {match[1] for match in _RIGHT_IN_CHINESE.finditer(text, start)}
    return letters.pop() if len(letters) == 1 else None


def short_lines(text: str) -> str | None:
    """The lines up to an empty one, if they are several short ones."""
    lines = [line.strip() for line in text.partition("\n\n")[0].splitlines()]
    short = all(len(line) <= _SHORT_LINE for line in lines)
    return "\n".join(lines) if len(lines) > 1 and short else None
